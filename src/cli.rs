//! The command line. Its doc comments are the help.

use std::ffi::OsString;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::engine::ArgValueCandidates;

use crate::candidates;
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
    /// Print the statements that start a session in the calling shell
    #[command(after_help = ENV_EXAMPLES)]
    Env(Env),
    /// Print the statements that end a session and put back what was there
    #[command(after_help = UNSET_EXAMPLES)]
    Unset(Unset),
    /// Run one command inside a session; the shell gets nothing
    #[command(after_help = EXEC_EXAMPLES)]
    Exec(Exec),
    /// Say what session this shell holds, and for how long
    #[command(after_help = STATUS_EXAMPLES)]
    Status(Status),
    /// List the profiles, and whether and how each can start a session
    #[command(after_help = PROFILES_EXAMPLES)]
    Profiles(Profiles),
    /// Check, without spending a code, everything that a session needs
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(Doctor),
    /// Print a shell function that spares the eval, with completions
    #[command(after_help = INIT_EXAMPLES)]
    Init(Init),
    /// Print what may stand next in a command line, for the scripts of awsmfa init
    #[command(hide = true)]
    Complete(Complete),
}

const EXAMPLES: &str = "\
Examples:
  eval \"$(awsmfa env 123456)\"      start a session: bash, zsh, sh
  awsmfa env 123456 | source       the same in fish
  eval \"$(awsmfa unset)\"           end it
  eval \"$(awsmfa init bash)\"       in ~/.bashrc; then: awsmfa env 123456
  awsmfa doctor                    what keeps a session from starting?";

const ENV_EXAMPLES: &str = "\
Examples:
  eval \"$(awsmfa env 123456)\"      bash, zsh, sh
  awsmfa env 123456 | source       fish
  awsmfa env 123456 | iex          PowerShell
  eval \"$(awsmfa env -p dev)\"      a profile, its role too; asks for the code
  eval \"$(awsmfa env)\"             the same session anew
  eval \"$(awsmfa env --renew-within 15m)\"
                                   only where less than 15 minutes are left

Exit codes: 0 done, 1 failed, 2 wrong usage";

const UNSET_EXAMPLES: &str = "\
Examples:
  eval \"$(awsmfa unset)\"           bash, zsh, sh
  awsmfa unset | source            fish
  awsmfa unset | iex               PowerShell";

const EXEC_EXAMPLES: &str = "\
Examples:
  awsmfa exec 123456 -- aws s3 ls
  awsmfa exec -p dev -- make deploy                     asks for the code
  pass otp aws | awsmfa exec - -- make deploy           reads the code
  awsmfa exec '--' make deploy                          PowerShell

Exit codes: the command's own; 126 it cannot be executed, 127 it is not found";

const STATUS_EXAMPLES: &str = "\
Examples:
  awsmfa status
  awsmfa status --format json
  PS1='$(awsmfa status --format prompt) $ '    in ~/.bashrc

Exit codes: 0 a session lives, 3 there is none, 4 it has expired";

const PROFILES_EXAMPLES: &str = "\
Examples:
  awsmfa profiles
  awsmfa profiles --format json";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  awsmfa doctor
  awsmfa doctor -p dev --format json

Exit codes: 0 a session can be started, 1 something would stop it";

const INIT_EXAMPLES: &str = "\
Examples:
  eval \"$(awsmfa init bash)\"                   in ~/.bashrc; so for zsh, ksh, sh
  awsmfa init fish | source                   in config.fish
  awsmfa init powershell | Out-String | iex   in $PROFILE of PowerShell

Then awsmfa env 123456 is all that has to be typed, and Tab completes it.

Nushell and cmd take the function from a file:
  awsmfa init nu | save -f ~/.awsmfa.nu
      then, in config.nu: source ~/.awsmfa.nu
  awsmfa init cmd > awsmfa.bat
      in a folder before that of awsmfa.exe on PATH";

/// `awsmfa env`
#[derive(Debug, Args)]
pub struct Env {
    /// What session is wanted.
    #[command(flatten)]
    pub session: SessionOptions,
    /// How the statements are printed.
    #[command(flatten)]
    pub statements: StatementOptions,
}

/// `awsmfa unset`
#[derive(Debug, Args)]
pub struct Unset {
    /// Clear whatever AWS credentials the shell holds, not only those that awsmfa put there
    #[arg(long)]
    pub all: bool,
    /// How the statements are printed.
    #[command(flatten)]
    pub statements: StatementOptions,
}

/// `awsmfa exec`
#[derive(Debug, Args)]
pub struct Exec {
    /// What session is wanted.
    #[command(flatten)]
    pub session: SessionOptions,
    /// The command, after --
    #[arg(last = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// `awsmfa status`
#[derive(Debug, Args)]
pub struct Status {
    /// For people, for programs, or a short piece for a prompt
    #[arg(long, value_enum, default_value_t)]
    pub format: StatusFormat,
}

/// How `status` tells it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// A short piece for a prompt; nothing where there is no session.
    Prompt,
}

/// `awsmfa profiles`
#[derive(Debug, Args)]
pub struct Profiles {
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// `awsmfa doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// The profile of the shared AWS files
    #[arg(short, long, value_name = "NAME", add = ArgValueCandidates::new(candidates::profiles))]
    pub profile: Option<String>,
    /// The MFA device: its ARN, or the serial number of a hardware token
    #[arg(long, value_name = "ARN")]
    pub serial: Option<String>,
    /// The role that is to be assumed
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// The region of the STS endpoint
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// `awsmfa init`
#[derive(Debug, Args)]
pub struct Init {
    /// The shell
    #[arg(value_name = "SHELL", add = ArgValueCandidates::new(candidates::shells))]
    pub shell: String,
}

/// `awsmfa complete`
#[derive(Debug, Args)]
pub struct Complete {
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
    /// The six digits of the MFA device, "123 456" too; - reads them from standard input; asked at
    /// the terminal if missing
    #[arg(value_name = "CODE")]
    pub code: Option<Value>,
    /// The profile of the shared AWS files
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
