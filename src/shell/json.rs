//! The document of a `credential_process` (AWS SDKs and Tools Reference Guide, "Process credential
//! provider").

use super::{CannotCarry, Change, Grammar, Rendered, buffer, posix, sets, text};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure: |_| String::new(),
    word: posix::GRAMMAR.word,
};

/// The document's keys and their variables. It contains nothing else.
const KEYS: [(&str, &str); 4] = [
    ("AccessKeyId", "AWS_ACCESS_KEY_ID"),
    ("SecretAccessKey", "AWS_SECRET_ACCESS_KEY"),
    ("SessionToken", "AWS_SESSION_TOKEN"),
    ("Expiration", "AWS_CREDENTIAL_EXPIRATION"),
];

fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    out.extend_from_slice(b"{\"Version\":1");
    for (key, variable) in KEYS {
        for (name, value) in sets(changes).filter(|(name, _)| *name == variable) {
            out.extend_from_slice(format!(",\"{key}\":").as_bytes());
            quote(&mut out, text(name, value)?);
        }
    }
    out.extend_from_slice(b"}\n");
    Ok(out.into())
}

/// A JSON string. Control characters were refused earlier.
pub(super) fn quote(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    for byte in value.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}
