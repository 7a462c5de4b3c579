//! A machine with AWS, alice's files and awsmfa on PATH.

use std::path::Path;
use std::process::{Command, Stdio};

use awsmfa_test_support::{Accounts, Emulator, TestHome, windows_environment};

pub(crate) struct Machine {
    pub(crate) emulator: Emulator,
    pub(crate) home: TestHome,
}

impl Machine {
    pub(crate) fn new() -> Self {
        Self {
            emulator: Emulator::start(Accounts::standard()),
            home: TestHome::standard(),
        }
    }

    /// Makes each `<code>` another code. No code is wrong, since awsmfa would ask for another one at a console.
    pub(crate) fn with_codes(&self, script: &str) -> String {
        let device = self.emulator.device("alice");
        let pieces = script.split("<code>");
        let mut codes: Vec<String> = pieces.clone().skip(1).map(|_| device.code()).collect();
        let code_after = |piece: &str| piece.to_owned() + &codes.pop().unwrap_or_default();
        pieces.map(code_after).collect()
    }

    /// Runs a program in the home, in a profile that `env` removes; returns the trimmed lines that it prints.
    /// The folder `first` in the home comes first on PATH.
    pub(crate) fn lines(&self, words: &[&str]) -> Vec<String> {
        let first = self.home.path().join("first");
        let bin = Path::new(env!("CARGO_BIN_EXE_awsmfa")).parent().unwrap();
        let url = self.emulator.http_url();
        let output = Command::new(words[0])
            .args(&words[1..])
            .current_dir(self.home.path())
            .env_clear()
            .envs(windows_environment(&self.home, &[&first, bin], &url))
            .env("AWS_PROFILE", "default")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!told.contains(Accounts::ALICE_SECRET), "{told}");
        assert!(output.status.success(), "{printed}\n{told}");
        printed.lines().map(|line| line.trim().to_owned()).collect()
    }
}
