//! `awsmfa captured`: what the function of `awsmfa init` does with what `env` or `unset` will print. It
//! asks by a first call, since only another process can see who reads its output.

use std::ffi::OsString;

use super::evaluator::names_output;
use super::guard::line_to_type;
use super::{Failure, Output, shell_of};
use crate::error::Error;
use crate::shell::reader::{self, Caller, Captured};
use crate::text;
use crate::value::Value;

/// The status that lets the function act on its shell.
const ACT: u8 = 3;

/// Tell the function of awsmfa init whether its output is captured: 0 yes, 3 no
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub struct Args {
    /// Shell syntax that the function evaluates
    pub shell: String,
    /// Process ID of the shell: $$
    pub pid: u32,
    /// The same, or another number in a subshell; empty where the shell does not know
    pub own: String,
    /// Options of the shell: $-
    #[arg(allow_hyphen_values = true)]
    pub flags: String,
    /// The words that the user typed
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<Value>,
}

/// Runs the verb.
pub fn run(options: &Args, args: &[OsString]) -> Result<Output, Failure> {
    let words = args
        .get(args.len() - options.words.len()..)
        .unwrap_or_default();
    // Whoever names the shell, or asks for help, wants to see what is printed.
    if words.iter().filter_map(|it| it.to_str()).any(names_output) {
        return Ok(status(0));
    }
    let caller = Caller {
        shell: options.pid,
        is_subshell: (!options.own.is_empty()).then(|| options.own != options.pid.to_string()),
        is_interactive: options.flags.contains('i'),
    };
    match reader::captured(caller) {
        Captured::Yes => Ok(status(0)),
        Captured::No { is_subshell } => {
            if is_subshell {
                let what = match words.first() {
                    Some(verb) if verb == "unset" => "the shell around it keeps its session",
                    _ => "the session ends with it",
                };
                text::note(&format!("this is a subshell; {what}"));
            }
            Ok(status(ACT))
        }
        Captured::Unseen => {
            let command = ["command".into(), "awsmfa".into()];
            let line = line_to_type(shell_of(Some(&options.shell))?, command.iter().chain(words));
            Err(Error::new("cannot see whether this output is captured")
                .hint(format!("type {line}"))
                .into())
        }
    }
}

fn status(exit_code: u8) -> Output {
    Output {
        exit_code,
        ..Output::script("")
    }
}
