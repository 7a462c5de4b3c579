//! The command line. Its doc comments are the help.

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCandidates;

use crate::candidates;
use crate::commands::{
    captured, complete, device, doctor, env, exec, init, profiles, status, unset,
};
use crate::duration;
use crate::value::Value;

/// Trade an MFA code for a temporary AWS session in your shell
#[derive(Debug, Parser)]
#[command(
    name = "awsmfa",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    after_help = EXAMPLES
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The verbs. Only the options of the one that runs are built.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
#[allow(clippy::large_enum_variant)] // There is one of it.
pub enum Command {
    /// Print the statements that start a session in the calling shell
    Env(env::Args),
    /// Print the statements that end the session and restore what it replaced
    Unset(unset::Args),
    /// Run one command, or a shell, in a session and leave your shell as it is
    Exec(exec::Args),
    /// Show this shell's session and the time left
    Status(status::Args),
    /// List the profiles and how each can start a session
    Profiles(profiles::Args),
    /// Check everything a session needs, without using a code
    Doctor(doctor::Args),
    /// List, enroll and remove your MFA devices
    Device(device::Args),
    /// Print the shell function and completions (no more eval)
    Init(init::Args),
    /// Print what can come next in a command line, for the scripts of awsmfa init
    #[command(hide = true)]
    Complete(complete::Args),
    /// Print for what captures the function of awsmfa init; 0 nothing does, 3 printed
    #[command(hide = true)]
    Captured(captured::Args),
}

const EXAMPLES: &str = "\
Examples:
  eval \"$(awsmfa env 123456)\"      start a session: bash, zsh, sh
  awsmfa env 123456 | source       the same in fish
  eval \"$(awsmfa unset)\"           end it
  eval \"$(awsmfa init bash)\"       in ~/.bashrc; then: awsmfa env 123456
  awsmfa doctor                    find out why a session does not start";

/// How a list is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

// How statements are printed. A doc comment would replace the help of the verbs.
#[derive(Debug, Args)]
pub struct StatementOptions {
    /// Shell syntax to print [default: detected]
    #[arg(short, long, value_name = "SHELL", add = ArgValueCandidates::new(candidates::shells_and_formats))]
    pub shell: Option<String>,
    /// Print even if standard output is a terminal
    #[arg(long)]
    pub print_secrets: bool,
}

// The session that `env` and `exec` start.
#[derive(Clone, Debug, Default, Args)]
#[allow(clippy::doc_markdown)] // The help shows these comments as they are.
pub struct SessionOptions {
    /// Profile and MFA code, in any order: six digits are the code, - reads it from standard input, any
    /// other word is the profile; the code is prompted for if omitted
    #[arg(value_name = "PROFILE|CODE", add = ArgValueCandidates::new(candidates::profiles))]
    pub words: Vec<Value>,
    /// Profile in the shared AWS files, even one named like a code
    #[arg(short, long, value_name = "NAME", add = ArgValueCandidates::new(candidates::profiles))]
    pub profile: Option<String>,
    /// MFA device: ARN or serial number; defaults to mfa_serial, then AWS_MFA_SERIAL, then the user's
    /// only device
    #[arg(long, value_name = "ARN")]
    pub serial: Option<String>,
    /// Session lifetime: 90m, 12h, 1h30m or seconds [default: 12h, 1h for a role; AWSMFA_DURATION applies
    /// to MFA sessions only]
    #[arg(short, long, value_name = "DURATION", value_parser = duration::parse)]
    pub duration: Option<Duration>,
    /// Lifetime of the MFA session behind a role; defaults to AWSMFA_SESSION_DURATION, then
    /// AWSMFA_DURATION, then 12h
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub session_duration: Option<Duration>,
    /// Role to assume instead of the profile's; '' for no role: the user's own session
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// Name of the role session; defaults to role_session_name, then the IAM user's name
    #[arg(long, value_name = "NAME")]
    pub role_session_name: Option<String>,
    /// External ID that the role's trust policy requires
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Send the code with AssumeRole itself and keep no MFA session; such a role session carries no MFA
    /// context; AWSMFA_NO_SESSION=true means the same
    #[arg(long)]
    pub no_session: bool,
    /// Do nothing if the current session for the same target has more than this left; defaults to
    /// AWSMFA_RENEW_WITHIN
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub renew_within: Option<Duration>,
    /// Program that prints the code; defaults to mfa_process, then AWSMFA_CODE_COMMAND
    #[arg(long, value_name = "CMD")]
    pub code_command: Option<String>,
    /// Region of the STS endpoint; also exported
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_code() {
        let cli = Cli::try_parse_from(["awsmfa", "env", "135790"]).unwrap();
        let shown = format!("{cli:?}");
        assert!(!shown.contains("135790"), "{shown}");
    }
}
