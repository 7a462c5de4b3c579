//! fish.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, bytes, quoted_word, sets, unsets};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure: |_| "false;\n".to_owned(),
    word: |word| quoted_word(quote, word),
};

/// SDKs ignore the session while these variables exist: `set -eg` cannot remove a universal one, and a
/// global one cannot hide it.
const MUST_GO: [&str; 2] = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"];

/// Always uses `-g`, so that universal variables are neither changed nor erased. Erasing a variable that
/// is not set returns 4, hence the final `true`.
fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    for name in unsets(changes) {
        out.extend_from_slice(format!("set -eg {name}; ").as_bytes());
        if MUST_GO.contains(&name) {
            out.extend_from_slice(
                format!(
                    "set -qUx {name}; and echo 'awsmfa: {name} is also an exported universal \
                     variable, which stays; remove it with: set -eU {name}' >&2; "
                )
                .as_bytes(),
            );
        }
    }
    for (name, value) in sets(changes) {
        out.extend_from_slice(format!("set -gx {name} ").as_bytes());
        quote(&mut out, bytes(name, value)?);
        out.extend_from_slice(b"; ");
    }
    out.extend_from_slice(b"true;\n");
    Ok(out.into())
}

fn quote(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'\'');
    for &byte in value {
        if matches!(byte, b'\\' | b'\'') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'\'');
}
