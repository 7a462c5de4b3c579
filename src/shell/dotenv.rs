//! Lines `NAME=value` for what reads an `.env` file: docker, GitLab, the libraries named dotenv.

use super::{CannotCarry, Change, Grammar, Rendered, buffer, posix, sets, text};

/// See [`Grammar`].
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

/// Some readers take quotes, `$`, `#` and blanks literally, others do not: only what means the
/// same to all of them without quotes is written.
fn carried<'a>(name: &str, value: &'a str) -> Result<&'a str, CannotCarry> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "+/=:.,@_%-".contains(c);
    if value.chars().all(is_plain) {
        return Ok(value);
    }
    Err(CannotCarry {
        name: name.to_owned(),
        problem: "holds a character that readers of dotenv files take in different ways".to_owned(),
    })
}
