//! Windows PowerShell and the newer `pwsh`.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, sets, text, unsets};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    // An exception from `iex` behind a native program does not set LASTEXITCODE.
    failure: |status| {
        format!("$global:LASTEXITCODE = {status}; throw 'awsmfa: failed with status {status}';\n")
    },
    word,
};

/// `$null` removes a variable. An empty string sets an empty variable since PowerShell 7.5 and removes
/// it in older versions, which have none.
fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    for name in unsets(changes) {
        out.extend_from_slice(format!("$env:{name} = $null; ").as_bytes());
    }
    for (name, value) in sets(changes) {
        out.extend_from_slice(format!("$env:{name} = ").as_bytes());
        quote(&mut out, text(name, value)?);
        out.extend_from_slice(b"; ");
    }
    if changes.is_empty() {
        out.extend_from_slice(b"$null; ");
    }
    out.pop();
    out.push(b'\n');
    Ok(out.into())
}

/// In an argument, an expression needs parentheses.
fn word(word: &str) -> String {
    let mut out = Vec::new();
    quote(&mut out, word);
    let quoted = String::from_utf8_lossy(&out);
    if word.is_ascii() {
        quoted.into_owned()
    } else {
        format!("({quoted})")
    }
}

/// Only ASCII, since PowerShell decodes a program's output by the console's code page. So its other
/// single quotes (U+2018 to U+201B) never occur in the string, and only `'` must be doubled.
///
/// The pieces are joined as one list: a sum of thousands would be nested that deep, and PowerShell's
/// compiler is recursive.
fn quote(out: &mut Vec<u8>, value: &str) {
    if !value.is_ascii() {
        out.extend_from_slice(b"-join(");
    }
    out.push(b'\'');
    for c in value.chars() {
        if c == '\'' {
            out.extend_from_slice(b"''");
        } else if let Ok(byte @ ..0x80) = u8::try_from(c) {
            out.push(byte);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(format!("',[char]0x{unit:04X},'").as_bytes());
            }
        }
    }
    out.push(b'\'');
    if !value.is_ascii() {
        out.push(b')');
    }
}
