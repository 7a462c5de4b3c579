//! The process: streams, signals, exit code. Errors are printed here and nowhere else.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use awsmfa::cli::{Cli, Command};
use awsmfa::commands::evaluator::Evaluator;
use awsmfa::commands::{
    Failure, Output, complete, doctor, env, exec, init, profiles, status, unset,
};
use awsmfa::context::Context;
use awsmfa::environment::Environment;
use awsmfa::error::{Error, FAILED};
use awsmfa::prompt::Terminal;
use awsmfa::text;
use clap::Parser;
use clap::error::ErrorKind;

fn main() -> ExitCode {
    forbid_core_dumps();
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let evaluator = Evaluator::from_arguments(&args);
    fail_loudly_on_panic(evaluator);
    let context = Context::new(Environment::of_this_process());
    let outcome = match parse(&args) {
        Ok(Some(cli)) => run(&cli, &context, &args),
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(output) => finish(&output.text, output.exit_code),
        Err(failure) => {
            print(&failure.error);
            let code = failure.error.exit;
            let mut statements = failure.statements;
            if failure.is_evaluated {
                statements.extend_from_slice(evaluator.failure(code).as_bytes());
            }
            finish(&statements, code)
        }
    }
}

/// A dump of the memory would put secrets on disk. The command of `exec` starts dumpable again, by
/// `execve` itself. Elsewhere than on Linux no dump is written unless the user asks the system for it.
fn forbid_core_dumps() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
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
        Err(error) => Err(error.into()),
    }
}

fn run(cli: &Cli, context: &Context, args: &[OsString]) -> Result<Output, Failure> {
    #[cfg(debug_assertions)]
    assert!(
        context.environment().get("AWSMFA_TEST_PANIC").is_none(),
        "the test asked for it"
    );
    match &cli.command {
        Command::Env(options) => wait_for(until_signal(context, env::run(options, context, args))),
        Command::Unset(options) => unset::run(options, context, args),
        Command::Exec(options) => {
            // Nobody evaluates its output. A signal that the user lets it ignore, as by nohup, is
            // ignored by the command too as long as there is no handler.
            let command = wait_for(exec::run(options, context))?;
            Err(become_command(command).into())
        }
        Command::Status(options) => Ok(status::run(options, context)),
        Command::Doctor(options) => wait_for(doctor::run(options, context)),
        Command::Init(options) => init::run(options),
        Command::Profiles(options) => profiles::run(options, context),
        Command::Complete(options) => complete::run(options),
    }
}

/// Runs a verb that waits for others.
fn wait_for<T>(verb: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::setup)?;
    let outcome = runtime.block_on(verb);
    // A thread may wait at the terminal, or for a name server.
    runtime.shutdown_background();
    outcome
}

/// A verb, until it is done or a signal comes.
async fn until_signal<T>(
    context: &Context,
    verb: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        signal = signal() => Err(interrupted(context, signal?).into()),
        outcome = verb => outcome,
    }
}

/// Who typed Ctrl-C knows what it does, but not whether the code was used.
fn interrupted(context: &Context, signal: &str) -> Error {
    let is_typed = signal == INTERRUPT && Terminal::end_line();
    let by = if is_typed {
        String::new()
    } else {
        format!(" ({signal})")
    };
    match context.code_sent().get() {
        true => Error::new(format!("interrupted{by}; the code may have been used")),
        false if is_typed => Error::silent(),
        false => Error::new(format!("interrupted{by}")),
    }
}

/// Becomes the command of `exec`; comes back only if that fails.
#[cfg(unix)]
fn become_command(mut command: std::process::Command) -> Error {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    exec::cannot_execute(command.get_program(), &error)
}

/// Runs the command of `exec` and ends with its exit code.
#[cfg(windows)]
fn become_command(mut command: std::process::Command) -> Error {
    match command.status() {
        Ok(status) => end(status.code().unwrap_or(i32::from(FAILED))),
        Err(error) => exec::cannot_execute(command.get_program(), &error),
    }
}

/// The signal of Ctrl-C.
#[cfg(unix)]
const INTERRUPT: &str = "SIGINT";
#[cfg(windows)]
const INTERRUPT: &str = "Ctrl-C";

/// Waits for a signal that would end the process without a word to the shell.
#[cfg(unix)]
async fn signal() -> Result<&'static str, Error> {
    use tokio::signal::unix::SignalKind;
    tokio::select! {
        signal = heard(SignalKind::hangup(), "SIGHUP") => signal,
        signal = heard(SignalKind::interrupt(), INTERRUPT) => signal,
        signal = heard(SignalKind::quit(), "SIGQUIT") => signal,
        signal = heard(SignalKind::terminate(), "SIGTERM") => signal,
    }
}

#[cfg(unix)]
async fn heard(
    kind: tokio::signal::unix::SignalKind,
    name: &'static str,
) -> Result<&'static str, Error> {
    let mut signal = tokio::signal::unix::signal(kind).map_err(Error::setup)?;
    signal.recv().await;
    Ok(name)
}

#[cfg(windows)]
async fn signal() -> Result<&'static str, Error> {
    tokio::signal::ctrl_c().await.map_err(Error::setup)?;
    Ok(INTERRUPT)
}

fn print(error: &Error) {
    match error.parse_error() {
        Some(error) => text::usage(&error.render().to_string()),
        None if error.message.is_empty() => {}
        None => text::error(&error.message, &error.causes(), error.hint.as_deref()),
    }
}

/// Writes the statements at once and gives the exit code.
#[allow(clippy::disallowed_methods, reason = "this is the place")]
fn finish(statements: &[u8], code: u8) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(statements).and_then(|()| stdout.flush());
    match written {
        Ok(()) => ExitCode::from(code),
        Err(error) => {
            let hint = "nothing was changed; let standard output be read to its end";
            text::error(
                "standard output cannot be written",
                &[error.to_string()],
                Some(hint),
            );
            ExitCode::from(code.max(FAILED))
        }
    }
}

/// A panic fails the evaluating line as any error does. What it says may hold a value, so only its
/// place is told.
fn fail_loudly_on_panic(evaluator: Evaluator) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        text::error(
            &format!("this is a defect of awsmfa ({place})"),
            &[],
            Some("please report it, with the command line and without secrets"),
        );
        finish(evaluator.failure(FAILED).as_bytes(), FAILED);
        end(i32::from(FAILED));
    }));
}

/// Ends the process where an exit code cannot be returned: in a panic, and with a child's own.
#[allow(clippy::disallowed_methods, clippy::exit)]
fn end(code: i32) -> ! {
    std::process::exit(code)
}
