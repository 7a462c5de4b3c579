//! Lines for the file `$GITHUB_ENV` of GitHub Actions, and the commands that mask secrets in the log
//! (GitHub Docs, "Workflow commands for GitHub Actions").

use super::{CannotCarry, Change, Grammar, Rendered, buffer, posix, sets, text};
use crate::environment::is_secret;

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure: |_| String::new(),
    word: posix::GRAMMAR.word,
};

fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    let mut announcement = buffer(changes);
    for (name, value) in sets(changes) {
        let value = text(name, value)?;
        out.extend_from_slice(format!("{name}=").as_bytes());
        out.extend_from_slice(value.as_bytes());
        out.push(b'\n');
        // The runner rejects an empty mask.
        if is_secret(name) && !value.is_empty() {
            announcement.extend_from_slice(b"::add-mask::");
            quote(&mut announcement, value);
            announcement.push(b'\n');
        }
    }
    Ok(Rendered {
        statements: out,
        announcement,
    })
}

/// The runner decodes the text of a workflow command: `%25` becomes `%`.
fn quote(out: &mut Vec<u8>, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'%' => out.extend_from_slice(b"%25"),
            _ => out.push(byte),
        }
    }
}
