//! tcsh and csh.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, bytes, quoted_word, sets, unsets};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure: |_| "false;\n".to_owned(),
    word: |word| quoted_word(quote, word),
};

/// How much of a command's output tcsh reads at once, less the few bytes that it reads ahead. It loses a
/// character outside its locale at the border between two blocks.
const BLOCK: usize = 4096 - 16;

/// A backslash would bypass the user's aliases, but tcsh does not find a builtin by a quoted name.
fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    for name in unsets(changes) {
        out.extend_from_slice(format!("unsetenv {name}; ").as_bytes());
    }
    for (name, value) in sets(changes) {
        out.extend_from_slice(format!("setenv {name} ").as_bytes());
        let value = bytes(name, value)?;
        quote(&mut out, value);
        if !value.is_ascii() && out.len() > BLOCK {
            return Err(CannotCarry {
                name: name.to_owned(),
                problem:
                    "contains characters that are not ASCII, of which tcsh may lose some in so \
                          long a line"
                        .to_owned(),
            });
        }
        out.extend_from_slice(b"; ");
    }
    if changes.is_empty() {
        out.extend_from_slice(b":; ");
    }
    out.pop();
    out.push(b'\n');
    Ok(out.into())
}

/// `!` is history expansion even in quotes, and some csh take `\` for an escape. The quotes are closed
/// and opened again between two blanks: `eval` of an unquoted backquote joins words by one blank.
fn quote(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'\'');
    for &byte in value {
        if byte == b' ' && out.ends_with(b" ") {
            out.extend_from_slice(b"''");
        }
        if matches!(byte, b'\\' | b'\'' | b'!') {
            out.extend_from_slice(&[b'\'', b'\\', byte, b'\'']);
        } else {
            out.push(byte);
        }
    }
    out.push(b'\'');
}
