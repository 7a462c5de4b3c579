//! `awsmfa captured`, the first call by the function of `awsmfa init`. If the function's output is captured,
//! it runs what the user typed; otherwise the function makes a second call and acts on its shell. The function
//! cannot see who reads the output of its shell, but another process can.

use std::ffi::OsString;

use super::evaluator::names_output;
use super::guard::line_to_type;
use super::shell_of;
use crate::error::Error;
use crate::shell::reader::{self, Caller, Captured};
use crate::text;
use crate::value::Value;

/// The exit code of a captured call that succeeded. 0 means that the function must act, since tcsh with `-e`
/// ends at any other code.
pub const PRINTED: u8 = 3;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shell syntax that the function evaluates
    pub shell: String,
    /// Process ID of the shell: $$
    pub pid: u32,
    /// The same number, another one in a subshell, or nothing if the shell does not know
    pub own: String,
    /// Options of the shell: $-, or 1 if a person types
    #[arg(allow_hyphen_values = true)]
    pub flags: String,
    /// The words that the user typed
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<Value>,
}

/// The words that the user typed, if the output is captured.
pub fn run<'a>(options: &Args, args: &'a [OsString]) -> Result<Option<&'a [OsString]>, Error> {
    let words = args.len().saturating_sub(options.words.len());
    let words = args.get(words..).unwrap_or_default();
    // With --shell or --help the user wants to see the output.
    if words.iter().filter_map(|it| it.to_str()).any(names_output) {
        return Ok(Some(words));
    }
    let caller = Caller {
        shell: options.pid,
        is_subshell: (!options.own.is_empty()).then(|| options.own != options.pid.to_string()),
        is_interactive: options.flags.contains('i') || options.flags == "1",
    };
    match reader::captured(caller) {
        Captured::Yes => Ok(Some(words)),
        Captured::No { is_subshell } => {
            if is_subshell {
                let what = match words.first() {
                    Some(verb) if verb == "unset" => "the shell around it keeps its session",
                    _ => "the session ends with it",
                };
                text::note(&format!("this is a subshell; {what}"));
            }
            Ok(None)
        }
        Captured::Unseen => {
            let command = ["command".into(), "awsmfa".into()];
            let line = line_to_type(shell_of(Some(&options.shell))?, command.iter().chain(words));
            Err(Error::new("cannot see whether this output is captured")
                .hint(format!("type {line}")))
        }
    }
}
