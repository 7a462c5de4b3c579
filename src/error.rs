//! The error type of a run. An error is created where the fault is found, together with its hint.

use std::error::Error as StdError;
use std::fmt;

use clap::error::{ContextKind, ContextValue};

pub const USAGE: u8 = 2;
pub const FAILED: u8 = 1;
/// `exec`: the command exists but is not executable.
pub const NOT_EXECUTABLE: u8 = 126;
/// `exec`: no such command.
pub const NOT_FOUND: u8 = 127;
/// The run is for a program that awsmfa itself started, and needs that program again. Tells the awsmfa
/// that started it, so that the user reads of it once.
pub const CALLS_ITSELF: u8 = 115;

/// Why a run failed. Message, hint and source must not contain a secret or a code.
#[derive(Debug)]
pub struct Error {
    pub exit: u8,
    pub message: String,
    /// AWS's own sentence and the request ID, where AWS refused a call.
    pub aws: Option<Box<str>>,
    /// What the user can do about it.
    pub hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// Another process has printed it.
    pub is_told: bool,
}

impl Error {
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            exit: FAILED,
            message: message.into(),
            aws: None,
            hint: None,
            source: None,
            is_told: false,
        }
    }

    /// An error in the command line.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(message).exit(USAGE)
    }

    #[must_use]
    pub fn exit(self, exit: u8) -> Self {
        Self { exit, ..self }
    }

    #[must_use]
    pub fn aws(self, aws: Option<String>) -> Self {
        Self {
            aws: aws.map(String::into_boxed_str),
            ..self
        }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Sets the cause, which is printed below the message.
    #[must_use]
    pub fn source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            source: Some(source.into()),
            ..self
        }
    }

    /// The process lacks something that every run needs, such as signal handlers.
    #[must_use]
    pub fn setup(source: std::io::Error) -> Self {
        Self::new("the process cannot be set up").source(source)
    }

    /// The causes by their `Display` text: `Debug` may contain secrets.
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        std::iter::successors(StdError::source(self), |&error| error.source())
            .map(ToString::to_string)
            .collect()
    }

    /// clap's own error, which brings its own layout.
    #[must_use]
    pub fn parse_error(&self) -> Option<&clap::Error> {
        self.source.as_ref()?.downcast_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.source.as_deref()?;
        Some(source)
    }
}

impl From<clap::Error> for Error {
    /// Drops clap's text for an unexpected word, which may be a code.
    fn from(error: clap::Error) -> Self {
        let unexpected = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
        let mut words = unexpected.into_iter().filter_map(|kind| error.get(kind));
        let is_digits = |word: &ContextValue| matches!(word, ContextValue::String(word) if word.bytes().all(|b| b.is_ascii_digit()));
        if words.any(is_digits) {
            Self::usage("unexpected digits").hint(
                "give the code once, after env or exec, in one word or in quotes: awsmfa env 123456, \
                 awsmfa env \"123 456\"",
            )
        } else {
            Self::usage("the command line cannot be parsed").source(error)
        }
    }
}
