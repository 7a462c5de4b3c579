//! What the user reads on standard error, written here alone.

use std::io::{self, IsTerminal, Write};

/// A sentence that the user should know, whoever evaluates the statements.
pub fn note(text: &str) {
    // There is nobody left to tell that standard error is closed.
    let _ = writeln!(io::stderr(), "awsmfa: {text}");
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
            let _ = writeln!(io::stderr(), "  because: {cause}");
            told.push_str(cause);
        }
    }
    if let Some(hint) = hint {
        let _ = writeln!(io::stderr(), "hint: {hint}");
    }
}

/// Text that is shown as it is: usage errors, and what a format announces.
pub fn verbatim(text: &[u8]) {
    let _ = io::stderr().write_all(text);
}
