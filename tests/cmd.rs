//! The real cmd of Windows, with README's line and with the batch file of `init`. tests/shells and tests/init
//! use wine's.

#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    reason = "Windows' programs need the environment that the test has"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use awsmfa::shell::by_name;
use awsmfa_test_support::{Accounts, Emulator, TestHome};

/// Runs a batch file and returns the lines that it prints. Each `<code>` in it becomes another code. No code is
/// wrong, since awsmfa would ask for another one at a console.
fn lines(first_on_path: &[(&str, &str)], script: &str) -> Vec<String> {
    let emulator = Emulator::start(Accounts::standard());
    let device = emulator.device("alice");
    let home = TestHome::standard();
    let mut pieces = script.split("<code>");
    let mut text = pieces.next().unwrap().to_owned();
    for piece in pieces {
        text += &device.code();
        text += piece;
    }
    let write = |name: &str, text: &str| home.write(name, text.replace('\n', "\r\n"));
    write("script.bat", &text);
    for (name, text) in first_on_path {
        write(&format!("first/{name}"), text);
    }
    let mut command = Command::new("cmd.exe");
    for (name, _) in std::env::vars_os() {
        let upper = name.to_string_lossy().to_uppercase();
        if upper.starts_with("AWS") || upper.ends_with("_PROXY") {
            command.env_remove(&name);
        }
    }
    let program = Path::new(env!("CARGO_BIN_EXE_awsmfa"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = [home.path().join("first"), program.parent().unwrap().into()]
        .into_iter()
        .chain(std::env::split_paths(&path))
        .collect();
    let files = home.path().join(".aws");
    let output = command
        .args(["/d", "/c", "script.bat"])
        .current_dir(home.path())
        .env("PATH", std::env::join_paths(folders).unwrap())
        .env("AWS_CONFIG_FILE", files.join("config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", files.join("credentials"))
        .env("AWS_ENDPOINT_URL", emulator.http_url())
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

/// A session, its status, its end and a failure, each with this line.
fn life(line: &str) -> String {
    let by = |verb: &str| line.replace("VERB", verb);
    format!(
        "@echo off\n\
         {}\n\
         echo %errorlevel% %AWS_ACCESS_KEY_ID:~0,4%, profile %AWS_PROFILE%.\n\
         awsmfa.exe status >nul\n\
         echo status %errorlevel%\n\
         {}\n\
         if not defined AWS_ACCESS_KEY_ID echo %errorlevel%, profile %AWS_PROFILE%\n\
         {}\n\
         echo status %errorlevel%\n\
         exit /b 0\n",
        by("env <code>"),
        by("unset"),
        by("env 12345")
    )
}

const LIFE: [&str; 4] = [
    "0 ASIA, profile .",
    "status 0",
    "0, profile default",
    "status 2",
];

const FOR: &str = "for /f \"delims=\" %%i in ('awsmfa VERB') do @%%i";

fn batch_file() -> String {
    let function = by_name("cmd").unwrap().function.as_ref();
    function.unwrap().scripts.concat()
}

#[test]
fn by_the_line_of_the_table() {
    assert_eq!(lines(&[], &life(FOR)), LIFE);
}

#[test]
fn by_the_batch_file() {
    let function = batch_file();
    let first = [("awsmfa.bat", &*function)];
    assert_eq!(lines(&first, &life("call awsmfa VERB")), LIFE);
}

/// README's line works beside the batch file.
#[test]
fn by_the_line_of_the_table_with_the_batch_file() {
    let function = batch_file();
    let first = [("awsmfa.bat", &*function)];
    assert_eq!(lines(&first, &life(FOR)), LIFE);
}

/// In a batch file that another one calls, and in a block.
#[test]
fn nested() {
    let function = batch_file();
    let first = [
        ("awsmfa.bat", &*function),
        ("inner.bat", "@call awsmfa %*\n@exit /b %errorlevel%\n"),
    ];
    let script = "@echo off\n\
                  if exist script.bat (\n\
                  call inner env <code>\n\
                  )\n\
                  echo %errorlevel% %AWS_ACCESS_KEY_ID:~0,4%\n\
                  call inner env 12345\n\
                  echo %errorlevel%\n\
                  call awsmfa exec --renew-within 15m -- cmd /d /c exit 7\n\
                  echo %errorlevel%\n\
                  exit /b 0\n";
    assert_eq!(lines(&first, script), ["0 ASIA", "2", "7"]);
}
