//! Programs that tests run and that may be missing.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `tests/install` puts what it installs: `AWSMFA_TEST_TOOLS`, or `target/tools` in the checkout.
#[must_use]
pub fn tools_folder() -> PathBuf {
    match std::env::var_os("AWSMFA_TEST_TOOLS") {
        Some(folder) => folder.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools"),
    }
}

/// The program under test; cargo sets this variable for the tests of its package.
#[cfg(unix)]
pub(crate) fn awsmfa() -> PathBuf {
    let path = std::env::var_os("CARGO_BIN_EXE_awsmfa");
    path.expect("a test that cargo runs").into()
}

/// cargo, run in the checkout. Removes the variables that the outer cargo sets for its package, since
/// they would make it rebuild everything.
#[must_use]
pub fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."));
    for (name, _) in std::env::vars_os() {
        let shown = name.to_string_lossy();
        if shown.starts_with("CARGO_MANIFEST_") || shown.starts_with("CARGO_PKG_") {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// PATH with the installed tools first.
///
/// # Panics
/// If a folder in PATH cannot be joined to others.
#[must_use]
pub fn tools_path() -> OsString {
    let tools = tools_folder();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [tools.join("bin"), tools.join("venv/bin")]
        .into_iter()
        .chain(std::env::split_paths(&path));
    std::env::join_paths(folders).expect("folders that PATH can hold")
}

/// The full path of a program among the installed tools or in PATH, if it is there; nobody needs to
/// install it.
#[must_use]
pub fn optional_tool(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&tools_path())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// The full path of a program among the installed tools or in PATH.
///
/// If it is missing, says so, and the caller skips. With `AWSMFA_REQUIRE_SHELLS=1` that is a failure,
/// except for PowerShell, which `tests/install` cannot install everywhere.
///
/// # Panics
/// If it is missing and required.
#[must_use]
pub fn find_tool(name: &str) -> Option<PathBuf> {
    let found = optional_tool(name);
    match (&found, name) {
        (None, "pwsh") => skip(name),
        (None, _) => missing(name),
        _ => {}
    }
    found
}

/// A Python with botocore. `None`, with a message, if there is none; a failure if all tools are
/// required.
///
/// # Panics
/// If there is none and it is required.
#[must_use]
pub fn python_with_botocore() -> Option<PathBuf> {
    let ours = tools_folder().join("venv/bin/python3");
    let python = [ours, "python3".into()].into_iter().find(|python| {
        let import = Command::new(python)
            .args(["-c", "import botocore"])
            .output();
        import.is_ok_and(|output| output.status.success())
    });
    if python.is_none() {
        missing("a python3 with botocore");
    }
    python
}

/// A program without a controlling terminal, so that nothing prompts whoever runs the tests.
///
/// Without setsid, as on macOS, the program keeps the terminal; run the tests without one there.
#[must_use]
pub fn without_terminal(program: impl AsRef<OsStr>) -> Command {
    let Some(setsid) = optional_tool("setsid") else {
        return Command::new(program);
    };
    let mut command = Command::new(setsid);
    command.arg("--wait").arg(program);
    command
}

/// Says that a test is skipped because something is missing.
///
/// # Panics
/// With `AWSMFA_REQUIRE_SHELLS=1`.
pub fn missing(what: &str) {
    let required = std::env::var("AWSMFA_REQUIRE_SHELLS").is_ok_and(|value| value == "1");
    assert!(!required, "{what} is missing and AWSMFA_REQUIRE_SHELLS=1");
    skip(what);
}

/// Says that a test is skipped because something optional is missing. `tests/run` repeats it in its
/// summary, which it reads from the file `AWSMFA_SKIPPED`.
///
/// # Panics
/// If that file cannot be written.
pub fn skip(what: &str) {
    say(&format!("SKIPPED: {what} is missing"));
    if let Some(file) = std::env::var_os("AWSMFA_SKIPPED") {
        let mut file = OpenOptions::new().append(true).open(file).expect("a file");
        file.write_all(format!("{what}\n").as_bytes())
            .expect("room in it");
    }
}

/// Prints to standard error past the test harness, which hides the `eprintln!` output of a passing test.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
