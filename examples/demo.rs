//! The main use without an AWS account: `cargo run --example demo`.
//!
//! An emulator on loopback, which checks signatures and codes, takes the place of AWS. A real bash
//! starts a session with a code, asks AWS who it is, and ends the session.

#![allow(clippy::print_stdout, reason = "a demonstration shows what happens")]

use std::error::Error;
use std::io;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};

use awsmfa_test_support::{Accounts, Emulator, TestHome};

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

/// Replaces the AWS CLI if it is not installed: the same call, signed by curl.
const CURL_AS_AWS: &str = r#"#!/bin/sh
exec curl --silent --show-error --fail --aws-sigv4 aws:amz:us-east-1:sts \
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    --header "X-Amz-Security-Token: $AWS_SESSION_TOKEN" \
    --data 'Action=GetCallerIdentity&Version=2011-06-15' "$AWS_ENDPOINT_URL/"
"#;

/// The first argument of the process that gives up the terminal and then becomes the program in the
/// other arguments.
#[cfg(unix)]
const WITHOUT_TERMINAL: &str = "--without-terminal";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    #[cfg(unix)]
    {
        let mut args = std::env::args_os().skip(1);
        if args.next().is_some_and(|first| first == WITHOUT_TERMINAL) {
            let mut command = Command::new(args.next().ok_or("no program")?);
            return Err(become_without_terminal(command.args(args)).into());
        }
    }
    let awsmfa = build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let context = runtime.enter();
    // From here on a signal ends the demo through `main`, which removes the folders.
    let signals = Signals::new()?;
    drop(context);
    let emulator = Emulator::start(Accounts::standard());
    let home = TestHome::standard();
    let before = home.listing();

    println!("An emulator of AWS listens at {}.", emulator.http_url());
    println!(
        "~/.aws/credentials holds the keys of the IAM user alice; her MFA device shows a code."
    );

    let mut environment = home.env(&emulator.http_url());
    let folder = Path::new(&awsmfa)
        .parent()
        .ok_or("a binary without a folder")?;
    let mut path = vec![folder.to_owned()];
    let has_aws = awsmfa_test_support::optional_tool("aws").is_some();
    let tools = TestHome::new();
    if !has_aws {
        let aws = tools.write("bin/aws", CURL_AS_AWS);
        make_executable(&aws)?;
        path.push(tools.path().join("bin"));
    }
    path.extend(std::env::split_paths(&environment["PATH"]));
    let path = std::env::join_paths(path)?;
    environment.insert("PATH".to_owned(), path.to_string_lossy().into_owned());
    environment.insert("CODE".to_owned(), emulator.device("alice").code());

    let mut command = without_terminal("bash")?;
    command
        .args(["--norc", "-c", SCRIPT])
        .env_clear()
        .envs(environment);
    let status = match runtime.block_on(run(command, signals))? {
        Ended::Itself(status) => status,
        Ended::By(code) => return Ok(ExitCode::from(code)),
    };

    println!();
    println!("What AWS saw:");
    for entry in &emulator.log().entries {
        let code = entry
            .token_code
            .as_deref()
            .map(|code| format!(" with the code {code}"));
        println!(
            "  {}{}: {:?}",
            entry.action,
            code.unwrap_or_default(),
            entry.outcome
        );
    }
    assert_eq!(home.listing(), before, "nothing is written to disk");
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

/// Runs a command until it ends or a signal comes.
async fn run(command: Command, mut signals: Signals) -> io::Result<Ended> {
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

/// The signals that end a program at a terminal, with their exit codes.
#[cfg(unix)]
struct Signals {
    hangup: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.hangup.recv() => 129,
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}

#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) -> u8 {
        self.0.recv().await;
        130
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

/// A program without the terminal: with one, awsmfa would ask for another code and wait. This program
/// starts itself, gives up the terminal, and becomes the other program.
#[cfg(unix)]
fn without_terminal(program: &str) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([WITHOUT_TERMINAL, program]);
    Ok(command)
}

#[cfg(windows)]
fn without_terminal(program: &str) -> io::Result<Command> {
    Ok(Command::new(program))
}

#[cfg(unix)]
fn become_without_terminal(command: &mut Command) -> io::Error {
    use std::os::unix::process::CommandExt;
    match rustix::process::setsid() {
        Ok(_) => command.exec(),
        Err(error) => error.into(),
    }
}

#[cfg(windows)]
fn end_group(_: &tokio::process::Child) {}

/// `cargo run --example` builds the library but not the program. Naming the example, too, keeps the
/// features the same, so that nothing is built twice.
fn build() -> Result<String, Box<dyn Error>> {
    let built = awsmfa_test_support::cargo()
        .args(["build", "--bin", "awsmfa", "--example", "demo", "--locked"])
        .status()?;
    if !built.success() {
        return Err("awsmfa does not build".into());
    }
    let examples = std::env::current_exe()?;
    let target = examples.ancestors().nth(2).ok_or("no target folder")?;
    let program = format!("awsmfa{}", std::env::consts::EXE_SUFFIX);
    Ok(target.join(program).to_string_lossy().into_owned())
}

#[cfg(unix)]
fn make_executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}
