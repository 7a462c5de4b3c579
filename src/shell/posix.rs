//! The POSIX syntax: bash, zsh, ksh, dash, mksh, busybox, yash.

use shell_escape::unix::escape;
use zeroize::Zeroizing;

use super::{CannotCarry, Change, Grammar, Rendered, buffer, bytes, quoted_word, sets, unsets};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure,
    word: |word| quoted_word(quote, word),
};

/// For a shell that is not seen, which may be any.
pub(super) static FOR_ANY: Grammar = Grammar {
    render: render_for_any,
    failure: |status| format!("{REFUSED_BY_OTHERS}{}", failure(status)),
    word: |word| quoted_word(quote, word),
};

/// Lines that do nothing here. Every other shell fails at one of them and shows that line, some with a line or
/// two around it, so empty lines keep the secrets away.
const REFUSED_BY_OTHERS: &str = ": \"${x-}\";\n\n\ncase x in x) :;; esac;\n\n\n";

/// One command for all removals and one for all exports: each fails as a whole if a variable is
/// readonly, and `&&` keeps that failure. The backslashes bypass the user's aliases, and `-v` keeps bash
/// from removing a function of that name.
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

/// Nothing in the line with the secrets stops another shell's parser, which would show it.
fn render_for_any(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let (sets, unsets): (Vec<Change>, Vec<Change>) = changes
        .iter()
        .cloned()
        .partition(|change| matches!(change, Change::Set(..)));
    let (sets, unsets) = (render(&sets)?.statements, render(&unsets)?.statements);
    let mut out = buffer(changes);
    out.extend_from_slice(REFUSED_BY_OTHERS.as_bytes());
    out.extend_from_slice(&sets);
    out.extend_from_slice(b"case $? in 0) ");
    out.extend_from_slice(&unsets);
    out.extend_from_slice(b";; *) (exit 1);; esac;\n");
    Ok(out.into())
}

fn failure(status: u8) -> String {
    format!("(exit {status});\n")
}

/// `escape` leaves harmless words unquoted, but zsh expands a leading `=`. It accepts only text, so
/// bytes that are not UTF-8 are quoted separately, in `"`, since zsh with `rc_quotes` reads `''` between
/// two strings as a quote.
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
