//! `awsmfa complete`: what may stand next in a command line, for the scripts of `awsmfa init`.
//!
//! clap's engine knows the verbs and options from the same place as the parser and the help; what
//! stands here are the values that it cannot know.

use std::borrow::Cow;
use std::ffi::OsString;

use clap::CommandFactory as _;
use clap_complete::engine::{self, CompletionCandidate};

use super::{Failure, Output, shell_of};
use crate::cli::{Cli, Complete};
use crate::environment::Environment;
use crate::error::Error;
use crate::shell::{Kind, SHELLS};
use crate::world::World;

/// Runs the verb: a line for each candidate, its help after a tab.
pub fn run(options: &Complete) -> Result<Output, Failure> {
    let shell = options.shell.as_deref().map(|name| shell_of(Some(name)));
    let shell = shell.transpose()?;
    let words: Vec<OsString> = options
        .before
        .iter()
        .cloned()
        .chain([OsString::from(&options.word)])
        .collect();
    let last = words.len() - 1;
    let candidates = engine::complete(&mut Cli::command(), words, last, None);
    let mut lines = String::new();
    for candidate in candidates.map_err(Error::Setup)? {
        let Some(value) = candidate.get_value().to_str() else {
            continue;
        };
        // It would be more than one line to the script.
        if value.contains(|c: char| c.is_control()) {
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
    Ok(Output::text(lines))
}

/// The names of the profiles; none where the files cannot be read.
#[must_use]
pub fn profiles() -> Vec<CompletionCandidate> {
    let world = World::new(Environment::of_this_process());
    let names = world.files().map(|files| {
        files
            .profile_names()
            .map(CompletionCandidate::new)
            .collect()
    });
    names.unwrap_or_default()
}

/// The names of the shells.
#[must_use]
pub fn shells() -> Vec<CompletionCandidate> {
    let shells = SHELLS.iter().filter(|row| row.kind == Kind::Shell);
    shells
        .map(|row| CompletionCandidate::new(row.name))
        .collect()
}

/// The names of all rows.
#[must_use]
pub fn shells_and_formats() -> Vec<CompletionCandidate> {
    let rows = SHELLS.iter();
    rows.map(|row| CompletionCandidate::new(row.name)).collect()
}
