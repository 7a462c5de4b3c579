//! `awsmfa unset`: the statements that end a session and put back what it replaced.

use std::ffi::OsString;

use super::guard::must_be_evaluated;
use super::{Failure, Output, note_other_keys, render, shell_of};
use crate::cli::StatementOptions;
use crate::context::Context;
use crate::error::Error;
use crate::memory::unset_all;
use crate::shell::Kind;
use crate::text;

const EXAMPLES: &str = "\
Examples:
  eval \"$(awsmfa unset)\"           bash, zsh, sh
  awsmfa unset | source            fish
  awsmfa unset | iex               PowerShell";

/// Print the statements that end a session and put back what was there
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Clear whatever AWS credentials the shell holds, not only those that awsmfa put there
    #[arg(long)]
    pub all: bool,
    /// How the statements are printed.
    #[command(flatten)]
    pub statements: StatementOptions,
}

/// Runs the verb.
pub fn run(options: &Args, context: &Context, args: &[OsString]) -> Result<Output, Failure> {
    let shell = shell_of(options.statements.shell.as_deref())?;
    if shell.kind == Kind::Format {
        return Err(Error::usage(format!(
            "{} is a format, not a shell: it has no way to unset a variable",
            shell.name
        ))
        .hint("name a shell: --shell bash")
        .into());
    }
    let print_secrets = options.statements.print_secrets;
    must_be_evaluated(shell, print_secrets, "is for the shell", args)?;
    let environment = context.environment();
    let changes = if options.all {
        unset_all(environment)
    } else {
        context.memory().unset(environment)
    };
    let memory = context.memory();
    if memory.has_other_keys {
        note_other_keys(memory, &changes);
    } else if !options.all && memory.current.is_none() {
        text::note(match memory.mfa_sessions().next() {
            Some(_) => {
                "the MFA session that was kept for roles is dropped; nothing of AWS's is changed"
            }
            None => "no session of awsmfa is in place; nothing of AWS's is changed",
        });
    }
    Ok(render(shell, &changes)?)
}
