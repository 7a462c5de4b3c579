//! `cargo run --example demo`: a real bash starts a session with a code, asks AWS who it is, and ends
//! the session.

#![allow(clippy::print_stdout, reason = "a demonstration shows what happens")]

use std::error::Error;
use std::io;
use std::process::{Command, ExitCode, ExitStatus};

use crate::signals::Signals;
use crate::stage::Stage;

/// The script for bash. `show` prints a command before running it.
const SCRIPT: &str = r#"
set -eu
show() { printf '\n$ %s\n' "$*"; }

show 'echo "${AWS_SESSION_TOKEN-no session}"'
echo "${AWS_SESSION_TOKEN-no session}"

show "eval \"\$(awsmfa env $CODE)\""
eval "$(awsmfa env "$CODE")"

show 'echo "$AWS_ACCESS_KEY_ID until $AWS_CREDENTIAL_EXPIRATION"'
echo "$AWS_ACCESS_KEY_ID until $AWS_CREDENTIAL_EXPIRATION"

show 'awsmfa status'
awsmfa status

show 'aws sts get-caller-identity'
aws sts get-caller-identity

show 'eval "$(awsmfa unset)"'
eval "$(awsmfa unset)"

show 'echo "${AWS_SESSION_TOKEN-no session}"'
echo "${AWS_SESSION_TOKEN-no session}"

show "eval \"\$(awsmfa env $CODE)\"     # a code works once"
if (eval "$(awsmfa env "$CODE")"); then exit 1; else echo "exit code $?"; fi
"#;

/// Runs the script, then shows the requests to the emulator.
pub(crate) async fn run(
    mut stage: Stage,
    mut signals: Signals,
) -> Result<ExitCode, Box<dyn Error>> {
    let before = stage.home.listing();
    println!(
        "An emulator of AWS listens at {}.",
        stage.emulator.http_url()
    );
    println!("~/.aws/credentials has the keys of the IAM user alice; her MFA device shows a code.");
    let code = stage.emulator.device("alice").code();
    stage.environment.insert("CODE".to_owned(), code);

    let mut command = without_terminal("bash")?;
    command
        .args(["--norc", "-c", SCRIPT])
        .env_clear()
        .envs(&stage.environment);
    let status = match run_until_signal(command, &mut signals).await? {
        Ended::Itself(status) => status,
        Ended::By(code) => return Ok(ExitCode::from(code)),
    };

    stage.print_log();
    assert_eq!(stage.home.listing(), before, "nothing is written to disk");
    println!(
        "Files in the home folder before and after: {}",
        before.join(" ")
    );
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// How the script ended.
enum Ended {
    Itself(ExitStatus),
    /// By a signal to the demo; this is the exit code.
    By(u8),
}

async fn run_until_signal(command: Command, signals: &mut Signals) -> io::Result<Ended> {
    let mut child = tokio::process::Command::from(command).spawn()?;
    tokio::select! {
        status = child.wait() => Ok(Ended::Itself(status?)),
        code = signals.next() => {
            end_group(&child);
            child.kill().await?;
            Ok(Ended::By(code))
        }
    }
}

/// Ends everything that the script started.
#[cfg(unix)]
fn end_group(child: &tokio::process::Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let id = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(group) = id.and_then(Pid::from_raw) {
        // If it is not a group yet, it has started nothing.
        let _ = kill_process_group(group, Signal::TERM);
    }
}

#[cfg(windows)]
fn end_group(_: &tokio::process::Child) {}

/// A command without a terminal: with one, awsmfa would ask for another code and wait. This program starts
/// itself, drops the terminal, and becomes the command.
#[cfg(unix)]
fn without_terminal(program: &str) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([WITHOUT_TERMINAL, program]);
    Ok(command)
}

#[cfg(windows)]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn without_terminal(program: &str) -> io::Result<Command> {
    Ok(Command::new(program))
}

/// The first argument of the process that drops the terminal.
#[cfg(unix)]
pub(crate) const WITHOUT_TERMINAL: &str = "--without-terminal";

/// Drops the terminal and becomes the command; returns only if that fails.
#[cfg(unix)]
pub(crate) fn become_without_terminal(command: &mut Command) -> io::Error {
    use std::os::unix::process::CommandExt;
    match rustix::process::setsid() {
        Ok(_) => command.exec(),
        Err(error) => error.into(),
    }
}
