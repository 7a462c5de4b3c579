//! `awsmfa init`: the shell function that makes eval unnecessary.

use clap_complete::engine::ArgValueCandidates;

use super::{Failure, Output, shell_of};
use crate::candidates;
use crate::error::Error;

const EXAMPLES: &str = "\
Examples:
  eval \"$(awsmfa init bash)\"                   in ~/.bashrc; likewise zsh, ksh, sh
  awsmfa init fish | source                   in config.fish
  awsmfa init powershell | Out-String | iex   in $PROFILE of PowerShell

Then you type just awsmfa env 123456, and Tab completes it.

Nushell and cmd load the function from a file:
  awsmfa init nu | save -f ~/.awsmfa.nu
      then, in config.nu: source ~/.awsmfa.nu
  awsmfa init cmd > awsmfa.bat
      in a folder before that of awsmfa.exe on PATH";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Shell
    #[arg(value_name = "SHELL", add = ArgValueCandidates::new(candidates::shells))]
    pub shell: String,
}

pub fn run(options: &Args) -> Result<Output, Failure> {
    let shell = shell_of(Some(&options.shell))?;
    let function = shell.function.as_ref();
    let function = function.ok_or_else(|| {
        Error::usage(format!(
            "{} is a format, not a shell: it has no function",
            shell.name
        ))
        .hint("name a shell: awsmfa init bash")
    })?;
    Ok(Output::script(function.scripts.concat()))
}
