//! xonsh: statements in Python.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, bytes, quoted_word, sets, unsets};

/// See [`Grammar`].
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

/// In a command, `$` is expanded in quotes too, but not in what a Python expression gives.
fn word(word: &str) -> String {
    format!("@({})", quoted_word(quote, word))
}

/// A literal in ASCII. Bytes that are no UTF-8 become the lone surrogates by which Python keeps
/// them in strings (PEP 383).
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
