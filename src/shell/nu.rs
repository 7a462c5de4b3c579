//! Nushell, which loads a JSON record into its environment. The PowerShell function reads the same
//! record.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, json, sets, text, unsets};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    // After a failed command `load-env` gets nothing, which fails anyway.
    failure: |_| String::new(),
    word,
};

/// `null` removes a variable.
fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    out.push(b'{');
    for name in unsets(changes) {
        out.extend_from_slice(format!("\"{name}\":null,").as_bytes());
    }
    for (name, value) in sets(changes) {
        out.extend_from_slice(format!("\"{name}\":").as_bytes());
        quote(&mut out, text(name, value)?);
        out.push(b',');
    }
    if !changes.is_empty() {
        out.pop();
    }
    out.extend_from_slice(b"}\n");
    Ok(out.into())
}

/// A JSON string in ASCII, since PowerShell decodes a program's output by the console's code page.
fn quote(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend_from_slice(&[b'\\', c as u8]),
            ' '..='~' => out.push(c as u8),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
        }
    }
    out.push(b'"');
}

/// Nushell's double-quoted strings have JSON's escapes.
fn word(word: &str) -> String {
    let mut out = Vec::new();
    json::quote(&mut out, word);
    String::from_utf8_lossy(&out).into_owned()
}
