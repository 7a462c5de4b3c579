//! `awsmfa unset`: the statements that end a session and restore what it replaced.

use std::ffi::OsString;

use super::guard::must_be_evaluated;
use super::{Failure, Output, note_other_keys, render, shell_of};
use crate::cli::StatementOptions;
use crate::context::Context;
use crate::error::Error;
use crate::memory::{in_other_environment, unset_all};
use crate::shell::Kind;
use crate::text;

const EXAMPLES: &str = "\
Examples:
  eval \"$(awsmfa unset)\"           bash, zsh, sh
  awsmfa unset | source            fish
  awsmfa unset | iex               PowerShell";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Clear all AWS credentials of the shell, not only those from awsmfa
    #[arg(long)]
    pub all: bool,
    /// How the statements are printed.
    #[command(flatten)]
    pub statements: StatementOptions,
}

pub fn run(options: &Args, context: &Context, args: &[OsString]) -> Result<Output, Failure> {
    let shell = shell_of(options.statements.shell.as_deref())?;
    if shell.kind == Kind::Format {
        return Err(Error::usage(format!(
            "{} is a format, not a shell: it cannot unset variables",
            shell.name
        ))
        .hint("name a shell: --shell bash")
        .into());
    }
    let print_secrets = options.statements.print_secrets;
    must_be_evaluated(shell, print_secrets, "is for the shell", args)?;
    let environment = context.environment();
    let mut changes = if options.all {
        unset_all(environment)
    } else {
        context.memory().unset(environment)
    };
    let memory = context.memory();
    if memory.has_other_keys {
        note_other_keys(memory, &changes);
    } else if !options.all && memory.current.is_none() {
        text::note(match memory.mfa_sessions().next() {
            Some(_) => "removed the MFA session used to switch roles",
            None => "no awsmfa session in this shell; nothing to undo",
        });
    }
    // Where nothing is to be undone here, the server keeps what it has.
    if shell.kind == Kind::Server && !changes.is_empty() {
        changes = in_other_environment(environment, &changes);
    }
    Ok(render(shell, environment, changes)?)
}
