//! bash, zsh, ksh, dash, mksh, busybox, yash: the grammar of POSIX sh.

use shell_escape::unix::escape;
use zeroize::Zeroizing;

use super::{CannotCarry, Change, Grammar, Rendered, buffer, bytes, quoted_word, sets, unsets};

/// See [`Grammar`].
pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure,
    word: |word| quoted_word(quote, word),
};

/// One command for all removals and one for all exports: each fails as a whole where a variable is
/// readonly, and `&&` keeps that failure. The backslashes keep a user's aliases out, and `-v`
/// keeps bash from removing a function of that name.
fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    let mut before: &[u8] = b"\\unset -v ";
    for name in unsets(changes) {
        out.extend_from_slice(before);
        out.extend_from_slice(name.as_bytes());
        before = b" ";
    }
    before = if out.is_empty() {
        b"\\export "
    } else {
        b" && \\export "
    };
    for (name, value) in sets(changes) {
        out.extend_from_slice(before);
        out.extend_from_slice(format!("{name}=").as_bytes());
        quote(&mut out, bytes(name, value)?);
        before = b" ";
    }
    if out.is_empty() {
        out.push(b':');
    }
    out.extend_from_slice(b";\n");
    Ok(out.into())
}

fn failure(status: u8) -> String {
    format!("(exit {status});\n")
}

/// `escape` leaves a word bare where it looks harmless, but zsh expands a bare leading `=`; and it
/// takes text only, so bytes that are no UTF-8 are quoted apart, by `"`, since zsh with `rc_quotes`
/// takes the `''` between two strings for a quote.
fn quote(out: &mut Vec<u8>, value: &[u8]) {
    if value.is_empty() {
        out.extend_from_slice(b"''");
    }
    for chunk in value.utf8_chunks() {
        if !chunk.valid().is_empty() {
            let escaped = Zeroizing::new(escape(chunk.valid().into()).into_owned());
            if escaped.starts_with('\'') {
                out.extend_from_slice(escaped.as_bytes());
            } else {
                enclose(out, b'\'', escaped.as_bytes());
            }
        }
        if !chunk.invalid().is_empty() {
            enclose(out, b'"', chunk.invalid());
        }
    }
}

fn enclose(out: &mut Vec<u8>, quote: u8, harmless: &[u8]) {
    out.push(quote);
    out.extend_from_slice(harmless);
    out.push(quote);
}
