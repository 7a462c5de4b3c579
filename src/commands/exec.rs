//! `awsmfa exec`: runs one command in a session and leaves the shell unchanged.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::start::{Prepared, Reuse};
use super::{Failure, start};
use crate::cli::SessionOptions;
use crate::context::Context;
use crate::error::{Error, NOT_EXECUTABLE, NOT_FOUND, USAGE};
use crate::memory::{CurrentSession, is_for_child, is_record, reinstate};
use crate::plan::chain;
use crate::program::missing_interpreter;
use crate::shell::{Change, detect, reader};
use crate::text;

const EXAMPLES: &str = "\
Examples:
  awsmfa exec 123456 -- aws s3 ls
  awsmfa exec -p dev -- make deploy                     asks for the code
  pass otp aws | awsmfa exec - -- make deploy           reads the code
  awsmfa exec -p dev                                    starts a shell

Exit codes: the command's own; 126 not executable, 127 not found";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What session is wanted.
    #[command(flatten)]
    pub session: SessionOptions,
    /// Command and its arguments [default: at a terminal, your shell]
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// Gets the session, and returns the command to run in it.
pub async fn run(options: &Args, context: &Context, args: &[OsString]) -> Result<Command, Failure> {
    let command = if options.command.is_empty() {
        vec![shell_for(options, context, args)?]
    } else {
        options.command.clone()
    };
    let (name, arguments) = (&command[0], &command[1..]);
    // Find out whether the command can run before a code is used.
    let program = find(name, context)?;
    let nests = arguments.is_empty() && detect::is_shell(&program);
    let changes = match start::prepare(&options.session, context, Reuse::Live).await? {
        Prepared::Current { region } => {
            if let (true, Some(current)) = (nests, &context.memory().current) {
                mention_subshell(current);
            }
            context
                .memory()
                .in_region(reinstate(context.environment()), region.as_deref())
        }
        Prepared::New(planned) => {
            planned.plan.check_default_profile()?;
            text::notes(&planned.plan.session_notices);
            let session = planned
                .start(context)
                .await
                .map_err(|failure| failure.error)?;
            if nests {
                mention_subshell(&session.current);
            }
            context.memory().start(context.environment(), &session)
        }
    };
    let mut command = Command::new(program);
    command.args(arguments);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::arg0(&mut command, name);
    let is_kept_back = |name: &str| is_record(name) && !is_for_child(name);
    for name in context
        .environment()
        .names()
        .filter(|name| is_kept_back(name))
    {
        command.env_remove(name);
    }
    for change in changes.iter().filter(|change| !is_kept_back(change.name())) {
        match change {
            Change::Set(name, value) => command.env(&**name, value.to_os_string()),
            Change::Unset(name) => command.env_remove(&**name),
        };
    }
    Ok(command)
}

/// The shell to start where the command line has no command.
fn shell_for(options: &Args, context: &Context, args: &[OsString]) -> Result<OsString, Error> {
    const HINT: &str = "write it after --: awsmfa exec 123456 -- aws s3 ls";
    if args.iter().any(|arg| arg == "--") {
        let hint = format!("{HINT}; is a variable empty?");
        return Err(Error::usage("no command after --").hint(hint));
    }
    let words = start::words(&options.session, context)?;
    if let Some(word) = words.profile
        && let Err(error) = chain::find(context.files()?, &word, None)
    {
        let hint = error.hint.clone().unwrap_or_default();
        let hint = format!("{hint}; to run a command, write it after --: awsmfa exec -- {word}");
        return Err(error.exit(USAGE).hint(hint));
    }
    if !io::stdin().is_terminal() {
        let message = "no command, and standard input is not a terminal for a shell";
        return Err(Error::usage(message).hint(HINT));
    }
    let variable = |name: &str| {
        let value = context.environment().os_text(name);
        value.filter(|value| !value.is_empty())
    };
    let calling = || reader::calling_program().map(PathBuf::into_os_string);
    let (shell, fallback) = if cfg!(windows) {
        (calling().or_else(|| variable("ComSpec")), "cmd.exe")
    } else {
        (variable("SHELL"), "/bin/sh")
    };
    Ok(shell.unwrap_or_else(|| fallback.into()))
}

fn mention_subshell(current: &CurrentSession) {
    let name = current.name();
    text::mention(&format!(
        "subshell with the session of {name}; type exit to leave it"
    ));
}

/// Finds a program as a shell would.
fn find(name: &OsStr, context: &Context) -> Result<PathBuf, Error> {
    let path = context.environment().os_text("PATH").unwrap_or_default();
    let here = std::env::current_dir().unwrap_or_default();
    let Ok(program) = which::which_in(name, Some(&path), here) else {
        let is_path = Path::new(name).file_name() != Some(name);
        let is_there = if is_path {
            Path::new(name).exists()
        } else {
            std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
        };
        return Err(if is_there {
            not_executable(name).hint("make it executable: chmod +x")
        } else {
            not_found(name)
        });
    };
    match missing_interpreter(&program) {
        Some(interpreter) => Err(cannot_run(name, &interpreter.problem())
            .exit(NOT_FOUND)
            .hint(interpreter.hint())),
        None => Ok(program),
    }
}

fn cannot_run(program: &OsStr, problem: &str) -> Error {
    Error::new(format!("cannot run {}: {problem}", program.display()))
}

/// The error if the system did not start the command. A code may have been used.
#[must_use]
pub fn cannot_start(program: &OsStr, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound if Path::new(program).exists() => {
            cannot_run(program, "the loader that it needs does not exist").exit(NOT_FOUND)
        }
        io::ErrorKind::NotFound => not_found(program),
        _ => not_executable(program).source(error),
    }
}

fn not_found(program: &OsStr) -> Error {
    Error::new(format!("command not found: {}", program.display()))
        .exit(NOT_FOUND)
        .hint("check its spelling and PATH")
}

fn not_executable(program: &OsStr) -> Error {
    Error::new(format!("{} cannot be executed", program.display())).exit(NOT_EXECUTABLE)
}
