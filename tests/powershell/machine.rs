//! A machine with AWS, alice's files and awsmfa on PATH, where PowerShell runs scripts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use awsmfa_test_support::{Accounts, Emulator, TestHome, find_tool, without_terminal};

const AWSMFA: &str = env!("CARGO_BIN_EXE_awsmfa");

/// Loads the function.
pub(crate) const LOAD: &str = "awsmfa init powershell | Out-String | iex";

/// The executables of `PowerShell` that this machine should have.
const NAMES: &[&str] = if cfg!(windows) {
    &["powershell.exe", "pwsh.exe"]
} else {
    &["pwsh"]
};

/// Those that it has.
pub(crate) fn powershells() -> impl Iterator<Item = PathBuf> {
    NAMES.iter().filter_map(|name| find_tool(name))
}

pub(crate) struct Machine {
    pub(crate) emulator: Emulator,
    pub(crate) home: TestHome,
    pub(crate) powershell: PathBuf,
}

/// How a script ended and what it printed, each line trimmed.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Machine {
    pub(crate) fn with(powershell: PathBuf) -> Self {
        Self {
            emulator: Emulator::start(Accounts::standard()),
            home: TestHome::standard(),
            powershell,
        }
    }

    /// Runs a script in a file. Each `<code>` in it becomes another code.
    pub(crate) fn file(&self, script: &str) -> Ran {
        self.home.write("script.ps1", self.with_codes(script));
        self.run(&["-NoProfile", "-NonInteractive", "-File", "script.ps1"])
    }

    /// The same, as text.
    pub(crate) fn command(&self, script: &str) -> Ran {
        let script = self.with_codes(script);
        self.run(&["-NoProfile", "-NonInteractive", "-Command", &script])
    }

    pub(crate) fn run(&self, options: &[&str]) -> Ran {
        let mut command = without_terminal(&self.powershell);
        command.args(options);
        self.prepare(&mut command);
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            // Every call names the emulator as the STS endpoint.
            let lines = text.lines().filter(|line| !line.contains("STS endpoint: "));
            lines.map(|line| line.trim().to_owned() + "\n").collect()
        };
        Ran {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The code that lasts longest comes last.
    fn with_codes(&self, script: &str) -> String {
        let device = self.emulator.device("alice");
        let pieces = script.split("<code>");
        let mut codes: Vec<String> = pieces.clone().skip(1).map(|_| device.code()).collect();
        let code_after = |piece: &str| piece.to_owned() + &codes.pop().unwrap_or_default();
        pieces.map(code_after).collect()
    }

    fn prepare(&self, command: &mut Command) {
        command
            .env_clear()
            .envs(self.environment())
            .env("AWS_PROFILE", "default")
            // Without it roles note that the region of [default] counts.
            .env("AWS_REGION", "us-east-1")
            .current_dir(self.home.path())
            .stdin(Stdio::null());
    }

    #[cfg(unix)]
    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        let bin = Path::new(AWSMFA).parent().unwrap();
        let mut environment = self.home.env_with(bin, &self.emulator.http_url());
        for (name, value) in [
            ("POWERSHELL_TELEMETRY_OPTOUT", "1"),
            // Scripts that run for a second start faster without it.
            ("DOTNET_TieredPGO", "0"),
        ] {
            environment.insert(name.to_owned(), value.to_owned());
        }
        environment
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    }

    #[cfg(windows)]
    pub(crate) fn environment(&self) -> Vec<(OsString, OsString)> {
        let bin = Path::new(AWSMFA).parent().unwrap();
        awsmfa_test_support::windows_environment(&self.home, &[bin], &self.emulator.http_url())
    }
}

/// Runs a script in each PowerShell, from a file, and checks what it prints.
#[track_caller]
pub(crate) fn in_each(script: &str, expected: &[&str]) {
    for powershell in powershells() {
        let ran = Machine::with(powershell).file(script);
        ran.assert_prints(expected);
    }
}

/// The same for a script that succeeds and shows no error.
#[track_caller]
pub(crate) fn in_each_quietly(script: &str, expected: &[&str]) {
    for powershell in powershells() {
        let ran = Machine::with(powershell).file(script);
        ran.assert_prints(expected);
        assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran:#?}");
    }
}

impl Ran {
    #[track_caller]
    pub(crate) fn assert_prints(&self, expected: &[&str]) {
        let lines: Vec<&str> = self.stdout.lines().collect();
        assert_eq!(lines, expected, "{self:#?}");
    }
}
