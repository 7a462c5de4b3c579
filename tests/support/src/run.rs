//! The result of running a program.

use std::io::{ErrorKind, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};

use crate::emulator::accounts::Accounts;

/// How a program ended, and what it printed.
#[derive(Debug)]
#[must_use = "assert how it ended and what it printed"]
pub struct Run {
    /// The exit code; 128 plus the signal's number if a signal ended the program.
    pub code: i32,
    pub stdout: String,
    /// Standard error, without the lines in `endpoints`.
    pub stderr: String,
    /// The lines of standard error that name the emulator as the STS endpoint. Every run that calls it has one.
    pub endpoints: Vec<String>,
}

impl Run {
    /// Runs a program to its end.
    pub fn execute(command: &mut Command) -> Self {
        Self::wait(command.spawn().expect("a program that starts"))
    }

    /// Like [`Self::execute`], with `input` on standard input.
    pub fn with_input(command: &mut Command, input: &str) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .spawn()
            .expect("a program that starts");
        let mut stdin = child.stdin.take().expect("standard input");
        match stdin.write_all(input.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
            // The program need not read all of it.
            _ => drop(stdin),
        }
        Self::wait(child)
    }

    /// Waits for a program that is already running.
    pub fn wait(child: Child) -> Self {
        let output = child.wait_with_output().expect("a program that ends");
        let code = output
            .status
            .code()
            .or(output.status.signal().map(|it| 128 + it));
        let stderr = String::from_utf8(output.stderr).expect("text on standard error");
        let (endpoints, stderr): (Vec<_>, Vec<_>) = stderr
            .split_inclusive('\n')
            .partition(|line| line.starts_with("awsmfa: STS endpoint: "));
        Self {
            code: code.expect("a code or a signal"),
            stdout: String::from_utf8(output.stdout).expect("text on standard output"),
            stderr: stderr.concat(),
            endpoints: endpoints.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Checks that the program succeeded and printed nothing to standard error.
    #[track_caller]
    pub fn assert_quiet_success(&self) {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{self:?}");
    }

    /// Checks that standard error shows neither keys nor this code.
    #[track_caller]
    pub fn assert_no_secret_told(&self, code: &str) {
        for secret in [Accounts::ALICE_SECRET, Accounts::BOB_SECRET, code] {
            assert!(!self.stderr.contains(secret), "{}", self.stderr);
        }
    }
}
