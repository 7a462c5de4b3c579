//! Elvish.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, bytes, quoted_word, sets, unsets};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure: |status| format!("fail 'awsmfa: failed with status {status}';\n"),
    word: |word| quoted_word(quote, word),
};

fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    for name in unsets(changes) {
        out.extend_from_slice(format!("unset-env {name}; ").as_bytes());
    }
    for (name, value) in sets(changes) {
        out.extend_from_slice(format!("set-env {name} ").as_bytes());
        quote(&mut out, bytes(name, value)?);
        out.extend_from_slice(b"; ");
    }
    out.extend_from_slice(b"nop;\n");
    Ok(out.into())
}

/// Between quotation marks only `\` is special. Source text must be UTF-8, so other bytes are written as
/// escapes.
fn quote(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'"');
    for chunk in value.utf8_chunks() {
        for &byte in chunk.valid().as_bytes() {
            if matches!(byte, b'\\' | b'"') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        for byte in chunk.invalid() {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        }
    }
    out.push(b'"');
}
