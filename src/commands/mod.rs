//! The verbs, one file each.

pub mod captured;
pub mod complete;
pub mod device;
pub mod doctor;
mod dotnet;
pub mod env;
pub mod evaluator;
pub mod exec;
mod guard;
pub mod init;
pub mod profiles;
mod start;
pub mod status;
mod summary;
pub mod unset;

use zeroize::Zeroizing;

use crate::environment::{self, Environment};
use crate::error::Error;
use crate::memory::{Memory, exclude_secrets};
use crate::shell::{self, Change, Kind, Shell, reader};
use crate::text::{self, Page};

/// The result of a verb, which `main` writes.
#[derive(Debug, Default)]
pub struct Output {
    /// For standard output, in one write.
    pub text: Zeroizing<Vec<u8>>,
    pub exit_code: u8,
}

impl Output {
    /// Text for people.
    fn page(page: Page) -> Self {
        Self::script(page)
    }

    /// A document for programs.
    fn json(document: &serde_json::Value) -> Self {
        Self::script(text::json(document))
    }

    /// Text for a shell.
    fn script(text: impl Into<Vec<u8>>) -> Self {
        Self {
            text: Zeroizing::new(text.into()),
            exit_code: 0,
        }
    }
}

/// The error of a verb, with statements to print anyway.
#[derive(Debug)]
pub struct Failure {
    pub error: Error,
    /// Statements to print before the failing one.
    pub statements: Zeroizing<Vec<u8>>,
    /// Whether a shell evaluates the output. If not, the failing statement is not printed either.
    pub is_evaluated: bool,
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            statements: Zeroizing::default(),
            is_evaluated: true,
        }
    }
}

/// The shell to print for: the named one, or the one that asks.
fn shell_of(named: Option<&str>) -> Result<&'static Shell, Error> {
    match named {
        Some(name) => shell::by_name(name).ok_or_else(|| {
            Error::usage(format!("unknown shell {name}"))
                .hint(format!("known shells: {}", shell::names()))
        }),
        None => Ok(reader::asking()?.unwrap_or_else(|| {
            text::note("no shell recognised; the output is for sh (name another with --shell)");
            &shell::UNSEEN
        })),
    }
}

/// Notes the profile and the endpoint that are set again because other keys ended a session.
fn note_other_keys(memory: &Memory, changes: &[Change]) {
    let restored = memory.restored(changes);
    let restored: Vec<String> = restored
        .filter_map(|(variable, value)| {
            let is_profile = [&environment::PROFILE, &environment::DEFAULT_PROFILE];
            let is_endpoint = variable.name.starts_with(&*environment::ENDPOINT_URL.name);
            let text = value.as_str().filter(|text| !text.is_empty())?;
            // A URL may contain a password.
            let shown = match text.rsplit_once('@') {
                Some((_, host)) if is_endpoint => format!("***@{host}"),
                _ => text.to_owned(),
            };
            (is_endpoint || is_profile.contains(&&*variable))
                .then(|| format!("{}={shown}", variable.name))
        })
        .collect();
    let mut note = "the session's AWS keys were replaced or removed since".to_owned();
    if !restored.is_empty() {
        note = format!("{note}; restored {}", restored.join(", "));
    }
    text::note(&note);
}

/// Renders changes, and prints what the format needs on standard error.
fn render(
    shell: &Shell,
    environment: &Environment,
    mut changes: Vec<Change>,
) -> Result<Output, Error> {
    if shell.kind == Kind::Shell {
        exclude_secrets(environment, shell.is_posix(), &mut changes);
    }
    let rendered = (shell.grammar.render)(&changes)?;
    text::announce(&rendered.announcement);
    Ok(Output {
        text: rendered.statements,
        exit_code: 0,
    })
}
