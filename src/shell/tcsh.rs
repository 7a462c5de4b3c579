//! tcsh and csh.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, bytes, quoted_word, sets, unsets};

/// See [`Grammar`].
pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure: |_| "false;\n".to_owned(),
    word: |word| quoted_word(quote, word),
};

/// How much of a command's output tcsh reads at once. What its locale cannot decode is lost where
/// two such blocks meet, less the few bytes that it reads ahead.
const BLOCK: usize = 4096 - 16;

/// A backslash would keep a user's aliases out, but tcsh looks for no builtin of a quoted name.
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
                problem: "holds characters that are not ASCII, of which tcsh may lose some in so \
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

/// Even between quotes `!` calls the history, and some csh take `\` for an escape. Between two
/// blanks the quotes are closed and opened again: `eval` of an unquoted backquote joins words by one
/// blank.
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
