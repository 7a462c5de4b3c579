//! cmd of Windows, which evaluates line by line in `for /f`.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, sets, text, unsets};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure,
    word: |word| format!("\"{word}\""),
};

/// The longest line that cmd reads (Microsoft, "Command prompt line string limitation"), minus the
/// leading `@`.
const LINE_MAX: usize = 8191 - 1;

/// The last line sets the status, since removing a variable that is not set leaves it at 1. cmd has no
/// empty variables: setting one to nothing removes it.
fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    for name in unsets(changes) {
        out.extend_from_slice(format!("set \"{name}=\"\n").as_bytes());
    }
    for (name, value) in sets(changes) {
        let value = carried(name, text(name, value)?)?;
        out.extend_from_slice(format!("set \"{name}=").as_bytes());
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\"\n");
    }
    out.extend_from_slice(failure(0).as_bytes());
    Ok(out.into())
}

fn failure(status: u8) -> String {
    format!("cmd /d /c exit {status}\n")
}

/// Between quotation marks cmd changes nothing else. One way of evaluating or another expands these
/// characters or ends the string there, and the console's code page changes what is not ASCII.
fn carried<'a>(name: &str, value: &'a str) -> Result<&'a str, CannotCarry> {
    let problem = if !value.is_ascii() {
        "contains a character that is not ASCII, which cmd cannot carry".to_owned()
    } else if let Some(c) = value.chars().find(|c| matches!(c, '"' | '%' | '!')) {
        format!("contains {c}, which cmd cannot carry")
    } else if "set \"=\"".len() + name.len() + value.len() > LINE_MAX {
        "is longer than a line of cmd".to_owned()
    } else {
        return Ok(value);
    };
    Err(CannotCarry {
        name: name.to_owned(),
        problem,
    })
}
