//! The process: streams, signals, exit code. Errors are printed here and nowhere else.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use awsmfa::cli::{Cli, Command};
use awsmfa::commands::{Failure, Output, env, unset};
use awsmfa::environment::Environment;
use awsmfa::error::{Error, FAILED};
use awsmfa::intent::Intent;
use awsmfa::report;
use awsmfa::world::World;
use clap::Parser;
use clap::error::ErrorKind;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let intent = Intent::of(&args);
    fail_loudly_on_panic(intent);
    let world = World::new(Environment::of_this_process());
    let outcome = match parse(&args) {
        Ok(Some(cli)) => run(&cli, &world, &args),
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => Err(error.into()),
    };
    // Not by returning from main alone: a thread may still wait at the terminal.
    match outcome {
        Ok(output) => finish(&output.statements, 0),
        Err(failure) => {
            print(&failure.error);
            let code = failure.error.exit_code();
            let mut statements = failure.statements;
            statements.extend_from_slice(intent.failure(code).as_bytes());
            finish(&statements, code)
        }
    }
}

/// Parses the command line; help and version are printed and give nothing to do.
fn parse(args: &[OsString]) -> Result<Option<Cli>, Error> {
    let program = OsString::from("awsmfa");
    match Cli::try_parse_from(std::iter::once(&program).chain(args)) {
        Ok(cli) => Ok(Some(cli)),
        Err(asked)
            if matches!(
                asked.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            let _ = asked.print();
            Ok(None)
        }
        Err(error) => Err(Error::Parse(error)),
    }
}

fn run(cli: &Cli, world: &World, args: &[OsString]) -> Result<Output, Failure> {
    #[cfg(debug_assertions)]
    assert!(
        world.environment().get("AWSMFA_TEST_PANIC").is_none(),
        "the test asked for it"
    );
    match &cli.command {
        Command::Unset(options) => unset::run(options, world, args),
        Command::Env(options) => {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(Error::Setup)?;
            let outcome = runtime.block_on(async {
                tokio::select! {
                    biased;
                    signal = interrupted() => Err(signal.into()),
                    outcome = env::run(options, world, args) => outcome,
                }
            });
            // A thread may wait at the terminal, or for a name server.
            runtime.shutdown_background();
            outcome
        }
    }
}

/// Waits for a signal that would end the process without a word to the shell.
#[cfg(unix)]
async fn interrupted() -> Error {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (
        signal(SignalKind::interrupt()),
        signal(SignalKind::terminate()),
    );
    match signals {
        (Ok(mut interrupt), Ok(mut terminate)) => tokio::select! {
            _ = interrupt.recv() => Error::Interrupted("SIGINT"),
            _ = terminate.recv() => Error::Interrupted("SIGTERM"),
        },
        (Err(error), _) | (_, Err(error)) => Error::Setup(error),
    }
}

#[cfg(windows)]
async fn interrupted() -> Error {
    match tokio::signal::ctrl_c().await {
        Ok(()) => Error::Interrupted("Ctrl-C"),
        Err(error) => Error::Setup(error),
    }
}

fn print(error: &Error) {
    match error {
        Error::Parse(error) => report::verbatim(error.render().to_string().as_bytes()),
        _ => report::error(&error.to_string(), &error.causes(), error.hint().as_deref()),
    }
}

/// Writes the statements at once and ends the process.
fn finish(statements: &[u8], code: u8) -> ExitCode {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(statements).and_then(|()| stdout.flush());
    match written {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(code.max(FAILED)),
    }
}

/// A panic fails the evaluating line as any error does. What it says may hold a value, so only its
/// place is told.
fn fail_loudly_on_panic(intent: Intent) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        report::error(
            &format!("this is a defect of awsmfa ({place})"),
            &[],
            Some("please report it, with the command line and without secrets"),
        );
        finish(intent.failure(FAILED).as_bytes(), FAILED);
        end(FAILED);
    }));
}

/// Ends the process from within a panic, which has no way to return an exit code.
#[allow(clippy::disallowed_methods, clippy::exit)]
fn end(code: u8) -> ! {
    std::process::exit(i32::from(code))
}
