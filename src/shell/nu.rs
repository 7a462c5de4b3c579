//! Nushell, which loads a JSON record into its environment.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, json, sets, text, unsets};

/// See [`Grammar`].
pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    // `load-env` fails by itself on the nothing that a failed command leaves.
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
        json::quote(&mut out, text(name, value)?);
        out.push(b',');
    }
    if !changes.is_empty() {
        out.pop();
    }
    out.extend_from_slice(b"}\n");
    Ok(out.into())
}

/// Nushell's strings in quotation marks have JSON's escapes.
fn word(word: &str) -> String {
    let mut out = Vec::new();
    json::quote(&mut out, word);
    String::from_utf8_lossy(&out).into_owned()
}
