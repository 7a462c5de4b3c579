//! Statements are for a shell: if none evaluates them, they would put secrets on the screen or in a log.

use std::borrow::Cow;
use std::ffi::OsString;

use super::Failure;
use crate::error::Error;
use crate::shell::{Shell, reader};
use crate::text;

/// Fails if no shell would evaluate the output, and shows the line that the user meant to type.
pub(super) fn must_be_evaluated(
    shell: &Shell,
    print_secrets: bool,
    verb_prints: &str,
    args: &[OsString],
) -> Result<(), Failure> {
    let is_terminal = text::is_stdout_terminal();
    // json is for programs, which start awsmfa through a shell, too.
    let is_log = || shell.name != "json" && reader::is_forgotten();
    if print_secrets || !(is_terminal || is_log()) {
        return Ok(());
    }
    let place = if is_terminal {
        "to the screen"
    } else {
        "where this shell itself prints, such as a log"
    };
    let error = Error::new(format!(
        "nothing printed: the output {verb_prints} and would go {place}"
    ));
    let line = line_to_type(shell, ["awsmfa".into()].iter().chain(args));
    let hint = match &shell.function {
        Some(function) => format!(
            "type {line}, or load the function that makes this unnecessary: {}",
            function.load
        ),
        None => format!("type {line}"),
    };
    Err(Failure {
        is_evaluated: false,
        ..error.hint(hint).into()
    })
}

/// The line with which the user's shell evaluates this command. It omits the code, since that is still good
/// and others can read a log.
pub(super) fn line_to_type<'a>(shell: &Shell, words: impl Iterator<Item = &'a OsString>) -> String {
    let words: Vec<Cow<'_, str>> = words.map(|word| word.to_string_lossy()).collect();
    let is_hidden = |word: &str| !text::is_stdout_terminal() && is_code(word);
    let words: Vec<&str> = words
        .iter()
        .map(|word| if is_hidden(word) { "CODE" } else { word })
        .collect();
    shell.line_for(&shell.command_line(&words))
}

/// Whether a word looks like a code.
fn is_code(word: &str) -> bool {
    let digits = word.bytes().filter(|b| !matches!(b, b' ' | b'-'));
    digits.clone().count() == 6 && digits.clone().all(|b| b.is_ascii_digit())
}
