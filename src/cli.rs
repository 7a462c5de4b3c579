//! The command line. Its doc comments are the help.

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCandidates;

use crate::candidates;
use crate::commands::{complete, doctor, env, exec, init, profiles, status, unset};
use crate::duration;
use crate::value::Value;

/// Trades an MFA code for a temporary AWS session and prints the statements that put it into the
/// shell that asked.
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

/// The verbs.
#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant)] // There is one of it.
pub enum Command {
    Env(env::Args),
    Unset(unset::Args),
    Exec(exec::Args),
    Status(status::Args),
    Profiles(profiles::Args),
    Doctor(doctor::Args),
    Init(init::Args),
    Complete(complete::Args),
}

const EXAMPLES: &str = "\
Examples:
  eval \"$(awsmfa env 123456)\"      start a session: bash, zsh, sh
  awsmfa env 123456 | source       the same in fish
  eval \"$(awsmfa unset)\"           end it
  eval \"$(awsmfa init bash)\"       in ~/.bashrc; then: awsmfa env 123456
  awsmfa doctor                    what keeps a session from starting?";

/// How a list is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// How statements are printed.
#[derive(Debug, Args)]
pub struct StatementOptions {
    /// The dialect of the statements; else it is detected from the parent process
    #[arg(short, long, value_name = "SHELL", add = ArgValueCandidates::new(candidates::shells_and_formats))]
    pub shell: Option<String>,
    /// Print to a terminal all the same
    #[arg(long)]
    pub print_secrets: bool,
}

/// The session that `env` and `exec` start.
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
    /// The MFA device: its ARN, or the serial number of a hardware token; else mfa_serial in the profile,
    /// AWS_MFA_SERIAL, or the one that the user has
    #[arg(long, value_name = "ARN")]
    pub serial: Option<String>,
    /// How long the session in the shell lives: 90m, 12h, 1h30m or seconds; AWSMFA_DURATION says it for
    /// MFA sessions
    #[arg(short, long, value_name = "DURATION", value_parser = duration::parse)]
    pub duration: Option<Duration>,
    /// How long the MFA session behind a role lives; else AWSMFA_SESSION_DURATION
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub session_duration: Option<Duration>,
    /// Assume this role, in place of one that the profile names; an empty one means none, the user's
    /// own session
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// The name of the role's session; else role_session_name in the profile,
    /// AWSMFA_ROLE_SESSION_NAME, or the name of the IAM user
    #[arg(long, value_name = "NAME")]
    pub role_session_name: Option<String>,
    /// The external ID that the role's trust policy asks for
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Send the code with AssumeRole itself and keep no MFA session; a role session that is started
    /// this way carries no MFA context; AWSMFA_NO_SESSION=true means the same
    #[arg(long)]
    pub no_session: bool,
    /// Do nothing while the current session of the same target lives longer than this; else
    /// AWSMFA_RENEW_WITHIN
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub renew_within: Option<Duration>,
    /// A program that prints the code; else mfa_process in the profile, or AWSMFA_CODE_COMMAND
    #[arg(long, value_name = "CMD")]
    pub code_command: Option<String>,
    /// The region of the STS endpoint, which is exported too
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
