//! xonsh, with statements in Python.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, bytes, quoted_word, sets, unsets};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure: |status| format!("raise RuntimeError('awsmfa: failed with status {status}')\n"),
    word,
};

fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    for name in unsets(changes) {
        out.extend_from_slice(format!("${{...}}.pop('{name}', None); ").as_bytes());
    }
    for (name, value) in sets(changes) {
        out.extend_from_slice(format!("${name} = ").as_bytes());
        quote(&mut out, bytes(name, value)?);
        out.extend_from_slice(b"; ");
    }
    out.extend_from_slice(b"pass\n");
    Ok(out.into())
}

/// In a command, `$` is expanded even in quotes, but not in the result of a Python expression.
fn word(word: &str) -> String {
    format!("@({})", quoted_word(quote, word))
}

/// An ASCII literal. Bytes that are not UTF-8 become lone surrogates, as Python stores them in strings
/// (PEP 383).
fn quote(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'\'');
    for chunk in value.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' | '\'' => out.extend_from_slice(&[b'\\', c as u8]),
                ' '..='~' => out.push(c as u8),
                _ => out.extend_from_slice(format!("\\U{:08x}", u32::from(c)).as_bytes()),
            }
        }
        for byte in chunk.invalid() {
            out.extend_from_slice(format!("\\udc{byte:02x}").as_bytes());
        }
    }
    out.push(b'\'');
}
