//! Windows' own shells: what README says for them, typed in them, with the emulator in AWS's place.

#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    reason = "Windows' programs need the environment that the test has"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use awsmfa_test_support::{Emulator, TestHome, World, optional_tool};

struct Stand {
    emulator: Emulator,
    home: TestHome,
}

impl Stand {
    fn new() -> Self {
        Self {
            emulator: Emulator::start(World::standard()),
            home: TestHome::standard(),
        }
    }

    /// A shell with awsmfa on PATH. The rest of the environment stays: Windows' programs need it.
    fn shell(&self, program: &str) -> Command {
        let folder = Path::new(env!("CARGO_BIN_EXE_awsmfa")).parent().unwrap();
        let mut path = vec![folder.to_owned()];
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let upper = name.to_string_lossy().to_ascii_uppercase();
            if upper.starts_with("AWS") {
                command.env_remove(&name);
            }
            if upper == "PATH" {
                path.extend(std::env::split_paths(&std::env::var_os(&name).unwrap()));
            }
        }
        command
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("USERPROFILE", self.home.path())
            .env("AWS_ENDPOINT_URL", self.emulator.http_url());
        command
    }

    fn code(&self) -> String {
        self.emulator.device("alice").code()
    }

    fn wrong_code(&self) -> String {
        self.emulator.device("alice").wrong_code()
    }
}

/// Each step that goes wrong ends the script with a status of its own.
fn assert_passes(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

fn in_powershell(program: &str) {
    let stand = Stand::new();
    let script = format!(
        "awsmfa env {code} | iex\n\
         if ($env:AWS_ACCESS_KEY_ID -notlike 'ASIA*') {{ exit 10 }}\n\
         if (-not (awsmfa status --format prompt)) {{ exit 11 }}\n\
         awsmfa unset | iex\n\
         if (Test-Path Env:AWS_ACCESS_KEY_ID) {{ exit 12 }}\n\
         try {{ awsmfa env {wrong} | iex; exit 13 }} catch {{ exit 0 }}\n",
        code = stand.code(),
        wrong = stand.wrong_code(),
    );
    let output = stand
        .shell(program)
        .args(["-NoProfile", "-NonInteractive", "-Command", &script])
        .output()
        .unwrap();
    assert_passes(&output);
}

#[test]
fn windows_powershell() {
    in_powershell("powershell.exe");
}

#[test]
fn powershell_7() {
    if optional_tool("pwsh.exe").is_some() {
        in_powershell("pwsh.exe");
    }
}

#[test]
fn cmd() {
    let stand = Stand::new();
    let file = stand.home.write("session.cmd", "");
    let script = format!(
        "@echo off\r\n\
         for /f \"delims=\" %%i in ('awsmfa env {code}') do @%%i\r\n\
         if errorlevel 1 exit 10\r\n\
         if not \"%AWS_ACCESS_KEY_ID:~0,4%\"==\"ASIA\" exit 11\r\n\
         for /f \"delims=\" %%i in ('awsmfa unset') do @%%i\r\n\
         if errorlevel 1 exit 12\r\n\
         if defined AWS_ACCESS_KEY_ID exit 13\r\n\
         for /f \"delims=\" %%i in ('awsmfa env {wrong}') do @%%i\r\n\
         if not errorlevel 1 exit 14\r\n\
         exit 0\r\n",
        code = stand.code(),
        wrong = stand.wrong_code(),
    );
    fs::write(&file, script).unwrap();
    let output = stand
        .shell("cmd.exe")
        .args(["/d", "/c"])
        .arg(&file)
        .output();
    assert_passes(&output.unwrap());
}
