//! `awsmfa complete`: the possible next words of a command line, for the scripts of `awsmfa init`.
//!
//! clap's engine takes the verbs and options from the definitions that the parser and the help use, and
//! the values from `candidates.rs`.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::CommandFactory as _;
use clap_complete::engine;

use super::{Failure, Output, shell_of};
use crate::cli::Cli;
use crate::error::Error;
use crate::text::tame;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell whose quotes the values get
    #[arg(long)]
    pub shell: Option<String>,
    /// The word that is being typed
    #[arg(long, allow_hyphen_values = true)]
    pub word: String,
    /// The words before it, awsmfa first
    #[arg(last = true)]
    pub before: Vec<OsString>,
}

/// Prints one line per candidate, with its help after a tab.
pub fn run(options: &Args) -> Result<Output, Failure> {
    let shell = options.shell.as_deref().map(|name| shell_of(Some(name)));
    let shell = shell.transpose()?;
    // After the dashes comes another program's command line, which the shell itself completes.
    if options.before.iter().any(|word| word == "--") {
        return Ok(Output::default());
    }
    // clap would offer short options where there are any, and those say little.
    let word = match options.word.as_str() {
        "-" => "--",
        word => word,
    };
    let words: Vec<OsString> = options
        .before
        .iter()
        .cloned()
        .chain([OsString::from(word)])
        .collect();
    let last = words.len() - 1;
    let candidates = engine::complete(&mut Cli::command(), words, last, None);
    let mut lines = String::new();
    for candidate in candidates.map_err(Error::setup)? {
        let Some(value) = candidate.get_value().to_str() else {
            continue;
        };
        // The script would read it as several lines, or it would steer the terminal.
        if tame(value) != value {
            continue;
        }
        lines += &shell.map_or(Cow::from(value), |shell| {
            shell.command_line(&[value]).into()
        });
        if let Some(help) = candidate.get_help() {
            lines.push('\t');
            lines += help.to_string().lines().next().unwrap_or_default();
        }
        lines.push('\n');
    }
    Ok(Output::script(lines))
}
