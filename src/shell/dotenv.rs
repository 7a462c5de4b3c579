//! `NAME=value` lines for programs that read an `.env` file: docker, GitLab, the dotenv libraries.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, posix, sets, text};

pub(super) static GRAMMAR: Grammar = Grammar {
    render,
    failure: |_| String::new(),
    word: posix::GRAMMAR.word,
};

fn render(changes: &[Change]) -> Result<Rendered, CannotCarry> {
    let mut out = buffer(changes);
    for (name, value) in sets(changes) {
        let value = carried(name, text(name, value)?)?;
        out.extend_from_slice(format!("{name}=").as_bytes());
        out.extend_from_slice(value.as_bytes());
        out.push(b'\n');
    }
    Ok(out.into())
}

/// Readers disagree on quotes, `$`, `#` and blanks, so only values that mean the same to all of them
/// without quotes are written.
fn carried<'a>(name: &str, value: &'a str) -> Result<&'a str, CannotCarry> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+/=:.,@_%-".contains(c);
    if value.chars().all(is_plain) {
        return Ok(value);
    }
    Err(CannotCarry {
        name: name.to_owned(),
        problem: "contains a character that readers of dotenv files take in different ways"
            .to_owned(),
    })
}
