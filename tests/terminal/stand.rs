//! What each test stands on: an emulator, a home, and awsmfa started between them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::time::{Duration, Instant};

use awsmfa_test_support::{Accounts, Emulator, TestHome};
use pty_process::blocking::Command;

use crate::pty::Terminal;

/// The binary under test.
pub(crate) const AWSMFA: &str = env!("CARGO_BIN_EXE_awsmfa");

/// The prompt for alice's device.
pub(crate) const PROMPT: &str = "MFA code for arn:aws:iam::123456789012:mfa/alice: ";

/// What makes `eval` fail in bash.
pub(crate) const FAILURE: &str = "(exit 1);\n";

pub(crate) struct Stand {
    pub(crate) emulator: Emulator,
    pub(crate) home: TestHome,
}

impl Stand {
    pub(crate) fn new() -> Self {
        Self::with(Accounts::standard(), TestHome::standard())
    }

    pub(crate) fn with(accounts: Accounts, home: TestHome) -> Self {
        let emulator = Emulator::start(accounts);
        Self { emulator, home }
    }

    /// The whole environment of a program: awsmfa is in PATH, as it is for its users.
    pub(crate) fn env(&self) -> BTreeMap<String, String> {
        let folder = Path::new(AWSMFA).parent().unwrap();
        let mut env = self.home.env_with(folder, &self.emulator.http_url());
        env.insert("TERM".to_owned(), "xterm-256color".to_owned());
        env
    }

    /// A program with that environment and nothing else.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, program: S, args: &[&str]) -> Command {
        Command::new(program)
            .args(args)
            .env_clear()
            .envs(self.env())
    }

    /// `awsmfa env --shell bash` with more arguments.
    pub(crate) fn env_command(&self, args: &[&str]) -> Command {
        self.command(AWSMFA, &["env", "--shell", "bash"]).args(args)
    }

    /// The same at a terminal, with its statements captured.
    pub(crate) fn ask(&self, args: &[&str]) -> Terminal {
        Terminal::capturing(self.env_command(args))
    }

    pub(crate) fn code(&self) -> String {
        self.emulator.device("alice").code()
    }

    pub(crate) fn wrong_codes<const N: usize>(&self) -> [String; N] {
        self.emulator.device("alice").wrong_codes()
    }

    /// Waits until the emulator has answered so many requests of this action.
    pub(crate) fn wait_for_answers(&self, action: &str, count: usize) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let log = self.emulator.log();
            let answered = log.entries.iter().filter(|entry| {
                entry.action == action && entry.outcome != awsmfa_test_support::Outcome::Pending
            });
            if answered.count() >= count {
                return;
            }
            assert!(Instant::now() < end, "no {action}: {:?}", log.actions());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[track_caller]
    pub(crate) fn assert_no_code_sent(&self) {
        assert_eq!(self.emulator.log().count_with_token_code(), 0);
    }
}
