//! The process: streams, signals, exit code. Errors are printed only here.

use std::ffi::OsString;
use std::io::Write as _;
use std::mem::ManuallyDrop;
use std::process::ExitCode;
use std::time::Duration;

use awsmfa::cli::{Cli, Command};
use awsmfa::commands::evaluator::Evaluator;
use awsmfa::commands::{
    Failure, Output, captured, complete, device, doctor, env, exec, init, profiles, status, unset,
};
use awsmfa::context::Context;
use awsmfa::environment::Environment;
use awsmfa::error::{Error, FAILED, USAGE};
use awsmfa::program;
use awsmfa::prompt::Terminal;
use awsmfa::signals::{self, Signal};
use awsmfa::text;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};

fn main() -> ExitCode {
    forbid_core_dumps();
    let args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let evaluator = Evaluator::from_arguments(&args);
    fail_loudly_on_panic(evaluator);
    if evaluator.needs_signals() {
        // Without the thread, signals end the process silently.
        let _ = signals::hear(evaluator.must_hear_signals(), move |signal, is_first| {
            interrupted(signal, is_first, evaluator);
        });
    }
    let context = ManuallyDrop::new(Context::new(Environment::from_process()));
    let outcome = match parse(&args) {
        Ok(Some(cli)) => run(&cli, &context, &args),
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => Err(error.into()),
    };
    signals::leave_to_main();
    match outcome {
        Ok(output) => finish(&output.text, output.exit_code),
        Err(failure) => {
            if !failure.error.is_told {
                print(&failure.error);
            }
            let code = failure.error.exit;
            let mut statements = failure.statements;
            if failure.is_evaluated {
                statements.extend_from_slice(evaluator.failure(code).as_bytes());
            }
            finish(&statements, code)
        }
    }
}

/// A core dump would write secrets to disk. The command of `exec` is dumpable again, since `execve`
/// resets this. Other systems write no dump unless the user enables it.
fn forbid_core_dumps() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Parses the command line. For `--help` and `--version` it prints them and returns `None`.
fn parse(args: &[OsString]) -> Result<Option<Cli>, Error> {
    let program = OsString::from("awsmfa");
    // The process ends soon, so nothing frees the tree of options.
    let mut command = ManuallyDrop::new(Cli::command());
    let parsed = command
        .try_get_matches_from_mut(std::iter::once(&program).chain(args))
        .and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches))
        .map_err(|error| error.format(&mut command));
    match parsed {
        Ok(cli) => Ok(Some(cli)),
        Err(asked)
            if matches!(
                asked.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            // A pager may read slowly; a signal ends that as it ends any program.
            signals::leave_to_main();
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
        Command::Env(options) => wait_for(env::run(options, context, args)),
        Command::Unset(options) => unset::run(options, context, args),
        Command::Exec(options) => {
            let command = wait_for(exec::run(options, context, args))?;
            signals::leave_to_main();
            Err(become_command(command).into())
        }
        Command::Status(options) => Ok(status::run(options, context)),
        Command::Doctor(options) => wait_for(doctor::run(options, context)),
        Command::Device(options) => wait_for(device::run(options, context)),
        Command::Init(options) => init::run(options),
        Command::Profiles(options) => profiles::run(options, context),
        Command::Complete(options) => complete::run(options),
        Command::Captured(options) => match captured::run(options, args)? {
            Some(words) => print_captured(context, words),
            None => Ok(Output::default()),
        },
    }
}

/// Runs what the user typed as the function's words.
fn print_captured(context: &Context, words: &[OsString]) -> Result<Output, Failure> {
    let output = match parse(words)? {
        Some(cli) => run(&cli, context, words)?,
        None => Output::default(),
    };
    Ok(Output {
        exit_code: captured::PRINTED,
        ..output
    })
}

/// Runs an asynchronous verb.
fn wait_for<T>(verb: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::setup)?;
    let outcome = runtime.block_on(verb);
    // A thread may still be waiting at the terminal or for a name server.
    runtime.shutdown_background();
    outcome
}

/// Replaces this process by the command of `exec`; returns only if that fails.
#[cfg(unix)]
fn become_command(mut command: std::process::Command) -> Error {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    exec::cannot_start(command.get_program(), error)
}

/// Runs the command of `exec` and exits with its exit code.
#[cfg(windows)]
fn become_command(mut command: std::process::Command) -> Error {
    match command.status() {
        Ok(status) => end(status.code().unwrap_or(i32::from(FAILED))),
        Err(error) => exec::cannot_start(command.get_program(), error),
    }
}

/// How long `main` may take to print its output, which a pipe takes at once.
const PRINTING: Duration = Duration::from_secs(2);

/// Ends the process, and the programs it started, because of a signal. If a shell evaluates standard
/// output, the process prints the failing statement and exits; otherwise it ends by the signal itself.
fn interrupted(signal: &Signal, is_first: bool, evaluator: Evaluator) {
    if is_first {
        let statement = evaluator.failure(FAILED);
        program::end_all();
        signal.let_next_end_process();
        // First of all, since another signal would end the process without it.
        if evaluator.evaluates() {
            finish(statement.as_bytes(), FAILED);
        }
        say_interrupted(signal, evaluator);
        if evaluator.evaluates() {
            end(i32::from(FAILED));
        }
    } else if cfg!(windows) {
        // It is for the command of `exec`, and this process waits for that.
        return;
    } else if evaluator.evaluates() {
        // `main` is about to print: no output at all would be a success for the evaluating line.
        std::thread::sleep(PRINTING);
    }
    end(signal.end_process());
}

/// After Ctrl-C the user knows what happened, but not whether the code was used.
fn say_interrupted(signal: &Signal, evaluator: Evaluator) {
    let is_code_sent = signals::is_code_sent();
    if !evaluator.evaluates() && !is_code_sent {
        // The shell reports the signal.
        return;
    }
    let is_typed = signal.is_key() && Terminal::end_line() && signal.is_ctrl_c();
    let by = if is_typed {
        String::new()
    } else {
        format!(" ({})", signal.name())
    };
    if is_code_sent {
        text::note(&format!("interrupted{by}; the code may have been used"));
    } else if !is_typed {
        text::note(&format!("interrupted{by}"));
    }
}

fn print(error: &Error) {
    match error.parse_error() {
        Some(error) => text::usage(&error.render().to_string()),
        None => text::error(
            &error.message,
            &error.causes(),
            error.aws.as_deref(),
            error.hint.as_deref(),
        ),
    }
}

/// Writes the statements in one write and returns the exit code.
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
                None,
                Some(hint),
            );
            // The other codes, as of `status`, mean that the output is there.
            ExitCode::from(if code == USAGE { USAGE } else { FAILED })
        }
    }
}

/// Makes a panic fail the evaluating line, as any error does. Prints only the place, since the panic's
/// message may contain a secret.
fn fail_loudly_on_panic(evaluator: Evaluator) {
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        text::error(
            &format!("this is a bug in awsmfa ({place})"),
            &[],
            None,
            Some("please report it, with the command line and without secrets"),
        );
        program::end_all();
        finish(evaluator.failure(FAILED).as_bytes(), FAILED);
        end(i32::from(FAILED));
    }));
}

/// Exits where no exit code can be returned: in a panic, and with the exit code of a child.
#[allow(clippy::disallowed_methods, clippy::exit)]
fn end(code: i32) -> ! {
    std::process::exit(code)
}
