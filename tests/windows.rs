//! The main job in the shells of Windows: a session starts and ends, a failure fails the line, and
//! the shell is told by its process.

#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    reason = "Windows' programs need the environment that the test has"
)]

use std::path::Path;
use std::process::{Command, Stdio};

use awsmfa_test_support::{Accounts, Emulator, TestHome, TotpDevice, optional_tool, skip};

const AWSMFA: &str = env!("CARGO_BIN_EXE_awsmfa");

const POWERSHELL: &[&str] = &[
    "-NoProfile",
    "-NonInteractive",
    "-ExecutionPolicy",
    "Bypass",
    "-File",
];

/// AWS, a home with alice's files, and a folder for scripts.
struct Machine {
    emulator: Emulator,
    device: TotpDevice,
    home: TestHome,
}

impl Machine {
    fn new() -> Self {
        let emulator = Emulator::start(Accounts::standard());
        Self {
            device: emulator.device("alice"),
            emulator,
            home: TestHome::standard(),
        }
    }

    /// Runs a script, in which CODE stands for a code each time, and gives the lines that it prints.
    /// No code is wrong: at a console awsmfa would ask for another.
    fn lines(&self, shell: &[&str], file: &str, script: &str) -> Vec<String> {
        let mut pieces = script.split("CODE");
        let mut text = pieces.next().unwrap().to_owned();
        for piece in pieces {
            text += &self.device.code();
            text += piece;
        }
        self.home.write(file, text.replace('\n', "\r\n"));
        let mut command = Command::new(shell[0]);
        for (name, _) in std::env::vars_os() {
            let upper = name.to_string_lossy().to_uppercase();
            let is_in_the_way = upper.starts_with("AWS") || upper.ends_with("_PROXY");
            // Each of the two PowerShells has modules of its own.
            if is_in_the_way || upper == "PSMODULEPATH" {
                command.env_remove(&name);
            }
        }
        let folder = Path::new(AWSMFA).parent().unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
        let files = self.home.path().join(".aws");
        let output = command
            .args(&shell[1..])
            .arg(file)
            .current_dir(self.home.path())
            .env("PATH", std::env::join_paths(folders).unwrap())
            .env("AWS_CONFIG_FILE", files.join("config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", files.join("credentials"))
            .env("AWS_ENDPOINT_URL", self.emulator.http_url())
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

/// Runs the same in Windows' own PowerShell and in the newer one.
fn in_both_powershells(script: &str, expected: &[&str]) {
    for program in ["powershell.exe", "pwsh.exe"] {
        if optional_tool(program).is_none() {
            skip(program);
            continue;
        }
        let machine = Machine::new();
        let shell = [&[program], POWERSHELL].concat();
        let lines = machine.lines(&shell, "script.ps1", script);
        assert_eq!(lines, expected, "{program}");
    }
}

#[test]
fn powershell() {
    in_both_powershells(
        "Set-StrictMode -Version Latest\n\
         awsmfa env 'CODE' | iex\n\
         \"$($env:AWS_ACCESS_KEY_ID.Substring(0, 4)), profile $(Test-Path Env:AWS_PROFILE)\"\n\
         awsmfa status | Out-Null\n\
         \"status $LASTEXITCODE\"\n\
         awsmfa unset | Out-String | iex\n\
         \"key $(Test-Path Env:AWS_ACCESS_KEY_ID), profile $env:AWS_PROFILE\"\n\
         try { awsmfa env 12345 | iex; 'on' } catch { 'stopped' }\n\
         exit 0\n",
        &[
            "ASIA, profile False",
            "status 0",
            "key False, profile default",
            "stopped",
        ],
    );
}

#[test]
fn the_function_of_powershell() {
    in_both_powershells(
        "Set-StrictMode -Version Latest\n\
         awsmfa init powershell | Out-String | iex\n\
         awsmfa env CODE\n\
         \"$($env:AWS_ACCESS_KEY_ID.Substring(0, 4)), status $LASTEXITCODE\"\n\
         awsmfa exec --renew-within 15m '--' cmd /d /c 'exit 7'\n\
         \"status $LASTEXITCODE\"\n\
         awsmfa unset\n\
         \"key $(Test-Path Env:AWS_ACCESS_KEY_ID), profile $env:AWS_PROFILE\"\n\
         awsmfa env 12345\n\
         \"status $LASTEXITCODE\"\n\
         exit 0\n",
        &[
            "ASIA, status 0",
            "status 7",
            "key False, profile default",
            "status 2",
        ],
    );
}

#[test]
fn cmd() {
    let machine = Machine::new();
    let lines = machine.lines(
        &["cmd.exe", "/d", "/c"],
        "script.bat",
        "@echo off\n\
         for /f \"delims=\" %%i in ('awsmfa env CODE') do @%%i\n\
         echo %AWS_ACCESS_KEY_ID:~0,4%, profile %AWS_PROFILE%.\n\
         awsmfa status >nul\n\
         echo status %errorlevel%\n\
         for /f \"delims=\" %%i in ('awsmfa unset') do @%%i\n\
         if not defined AWS_ACCESS_KEY_ID echo no key, profile %AWS_PROFILE%\n\
         for /f \"delims=\" %%i in ('awsmfa env 12345') do @%%i\n\
         echo status %errorlevel%\n\
         exit /b 0\n",
    );
    let expected = [
        "ASIA, profile .",
        "status 0",
        "no key, profile default",
        "status 2",
    ];
    assert_eq!(lines, expected);
}
