//! Lines for the file `$GITHUB_ENV` of GitHub Actions, and the commands that mask the secrets in
//! the log (GitHub Docs, "Workflow commands for GitHub Actions").

use super::{CannotCarry, Change, Grammar, Rendered, buffer, posix, sets, text};
use crate::environment::is_secret;

/// See [`Grammar`].
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
        // An empty mask would be an error to the runner.
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

/// What follows a workflow command is decoded: `%25` stands for `%`.
fn quote(out: &mut Vec<u8>, value: &str) {
    for byte in value.bytes() {
        match byte {
            b'%' => out.extend_from_slice(b"%25"),
            _ => out.push(byte),
        }
    }
}
