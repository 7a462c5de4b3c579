//! What the user reads on standard error, written here alone.

use std::io::{self, IsTerminal, Write};

/// A sentence that the user should know, whoever evaluates the statements.
pub fn note(text: &str) {
    line("awsmfa: ", text);
}

/// Writes a line. It may repeat what stands in a variable, a file or an answer: control characters,
/// which a terminal would obey, are shown as escapes.
fn line(start: &str, text: &str) {
    let mut line = start.to_owned();
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line.push('\n');
    // There is nobody left to tell that standard error is closed.
    let _ = io::stderr().write_all(line.as_bytes());
}

/// A sentence for a person who looks on; a script is not bothered with it.
pub fn mention(text: &str) {
    if io::stderr().is_terminal() {
        note(text);
    }
}

/// An error, its causes, and what to do about it.
pub fn error(message: &str, causes: &[String], hint: Option<&str>) {
    note(message);
    let mut told = message.to_owned();
    for cause in causes {
        if !told.contains(cause.as_str()) {
            line("  because: ", cause);
            told.push_str(cause);
        }
    }
    if let Some(hint) = hint {
        line("hint: ", hint);
    }
}

/// Text that is shown as it is: usage errors, and what a format announces.
pub fn verbatim(text: &[u8]) {
    let _ = io::stderr().write_all(text);
}
