//! The errors of a run: what is printed, the hint, the exit code.

use std::error::Error as StdError;
use std::ffi::OsStr;
use std::io;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::exchange::ExchangeError;
use crate::plan::PlanError;
use crate::shell::CannotCarry;
use crate::shell::detect::AskedFromWsl;
use crate::sts::proxy::BadProxy;
use crate::sts::trust::BadCaBundle;

/// The command line is wrong.
pub const USAGE: u8 = 2;
/// Anything else.
pub const FAILED: u8 = 1;
/// `exec`: the command is there and cannot be executed.
pub const NOT_EXECUTABLE: u8 = 126;
/// `exec`: there is no such command.
pub const NOT_FOUND: u8 = 127;

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line cannot be parsed; clap has the words.
    #[error("{0}")]
    Parse(clap::Error),
    /// Digits in a place that is none for them, which are not repeated: they may be a code.
    #[error("digits stand where no MFA code is expected")]
    StrayDigits,
    /// No such shell.
    #[error("no shell is called {name}")]
    UnknownShell {
        /// What was given.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// The shell cannot be told.
    #[error(transparent)]
    AskedFromWsl(#[from] AskedFromWsl),
    /// Standard output is a terminal: nothing would evaluate the statements.
    #[error("this prints secrets for the shell to evaluate, and standard output is a terminal")]
    NotEvaluated {
        /// The line to type.
        line: String,
    },
    /// A format that is no shell was asked for something that only a shell can do.
    #[error("{format} is a format, not a shell: it has no way to unset a variable")]
    FormatCannotUnset {
        /// Its name.
        format: &'static str,
    },
    /// `init` of a format.
    #[error("{format} is a format, not a shell: it has no functions")]
    FormatHasNoFunction {
        /// Its name.
        format: &'static str,
    },
    /// What is wanted.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The trust store.
    #[error(transparent)]
    CaBundle(#[from] BadCaBundle),
    /// The proxy.
    #[error(transparent)]
    Proxy(#[from] BadProxy),
    /// The TLS library.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The exchange.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// A value that the shell cannot carry.
    #[error(transparent)]
    CannotCarry(#[from] CannotCarry),
    /// `exec` without a command.
    #[error("exec needs a command after --")]
    NoCommand,
    /// `exec` of something that is no program.
    #[error("{0} cannot be executed")]
    NotExecutable(String),
    /// `exec` of something that is not there.
    #[error("there is no command {0}")]
    NotFound(String),
    /// A signal.
    #[error("interrupted ({0})")]
    Interrupted(&'static str),
    /// The runtime or the signal handlers cannot be had.
    #[error("the process cannot be set up")]
    Setup(#[source] io::Error),
}

impl From<clap::Error> for Error {
    /// clap would repeat the word that it does not expect.
    fn from(error: clap::Error) -> Self {
        let unexpected = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
        let mut words = unexpected.into_iter().filter_map(|kind| error.get(kind));
        let is_digits = |word: &ContextValue| matches!(word, ContextValue::String(word) if word.bytes().all(|b| b.is_ascii_digit()));
        if words.any(is_digits) {
            Self::StrayDigits
        } else if lacks_command(&error) {
            Self::NoCommand
        } else {
            Self::Parse(error)
        }
    }
}

/// Whether `exec` has no command, or one that does not stand after `--`.
fn lacks_command(error: &clap::Error) -> bool {
    let usage = error.get(ContextKind::Usage).map(ToString::to_string);
    let is_exec = usage.is_some_and(|usage| usage.contains("awsmfa exec"));
    is_exec
        && match (error.kind(), error.get(ContextKind::InvalidArg)) {
            (ErrorKind::MissingRequiredArgument, _) => true,
            (ErrorKind::UnknownArgument, Some(ContextValue::String(word))) => {
                !word.starts_with('-')
            }
            _ => false,
        }
}

impl Error {
    /// The system did not start the command of `exec`.
    #[must_use]
    pub fn cannot_execute(program: &OsStr, error: &io::Error) -> Self {
        let program = program.to_string_lossy().into_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound(program),
            _ => Self::NotExecutable(program),
        }
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Parse(_)
            | Self::StrayDigits
            | Self::UnknownShell { .. }
            | Self::NotEvaluated { .. }
            | Self::FormatCannotUnset { .. }
            | Self::FormatHasNoFunction { .. }
            | Self::NoCommand => USAGE,
            Self::NotExecutable(_) => NOT_EXECUTABLE,
            Self::NotFound(_) => NOT_FOUND,
            Self::Plan(error) if error.is_usage() => USAGE,
            Self::Exchange(ExchangeError::Code(error)) if error.is_usage() => USAGE,
            _ => FAILED,
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Parse(_) | Self::Setup(_) | Self::Tls(_) => None,
            Self::StrayDigits => Some(
                "give the code once, after env or exec, in one word or in quotes: awsmfa env 123456, \
                 awsmfa env \"123 456\""
                    .to_owned(),
            ),
            Self::Proxy(error) => Some(error.hint()),
            Self::NoCommand => Some("write it after --: awsmfa exec 123456 -- aws s3 ls".to_owned()),
            Self::NotExecutable(_) => {
                Some("no code was spent; make it executable: chmod +x".to_owned())
            }
            Self::NotFound(_) => Some("no code was spent; check its name and PATH".to_owned()),
            Self::UnknownShell { known, .. } => Some(format!("the shells are {known}")),
            Self::AskedFromWsl(_) => Some(
                "install the Linux build of awsmfa inside WSL, or name the shell: --shell bash"
                    .to_owned(),
            ),
            Self::NotEvaluated { line } => Some(format!("type {line}")),
            Self::FormatCannotUnset { .. } => Some("name a shell: --shell bash".to_owned()),
            Self::FormatHasNoFunction { .. } => Some("name a shell: awsmfa init bash".to_owned()),
            Self::Plan(error) => Some(error.hint()),
            Self::CaBundle(_) => {
                Some("name a file with PEM certificates there, or take the setting away".to_owned())
            }
            Self::Exchange(error) => error.hint(),
            Self::CannotCarry(error) => {
                Some(format!("change {} or unset it, then try again", error.name))
            }
            Self::Interrupted(_) => Some("nothing was changed".to_owned()),
        }
    }

    /// The causes, each once, by their own words: Debug text may hold secrets.
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        std::iter::successors(self.source(), |&error| error.source())
            .map(ToString::to_string)
            .collect()
    }
}
