//! `cargo run --example demo` at a terminal: it ends by itself and leaves nothing behind.

use std::path::Path;

use awsmfa_test_support::cargo;
use awsmfa_test_support::terminal::{CTRL_C, Command, Terminal};
use rustix::process::Signal;
use tempfile::TempDir;

/// The demo, with a temporary folder for everything that it creates.
fn demo() -> (Terminal, TempDir) {
    let built = cargo()
        .args([
            "build",
            "--quiet",
            "--locked",
            "--bin",
            "awsmfa",
            "--example",
            "demo",
        ])
        .status()
        .unwrap();
    assert!(built.success());

    let folder = TempDir::with_prefix("awsmfa-demo-").unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_awsmfa"))
        .parent()
        .unwrap()
        .join("examples/demo");
    let command = Command::new(program).env("TMPDIR", folder.path());
    (Terminal::showing(command, 100), folder)
}

#[track_caller]
fn assert_empty(folder: &TempDir) {
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn ends_by_itself() {
    let (mut terminal, folder) = demo();
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    let shown = terminal.shown();
    assert!(shown.contains("wrong or was used before"), "{shown}");
    assert!(shown.contains("What AWS saw:"), "{shown}");
    assert_empty(&folder);
}

#[test]
fn cleans_up_on_a_signal() {
    let ctrl_c = |terminal: &mut Terminal| terminal.send(CTRL_C);
    let terminate = |terminal: &mut Terminal| terminal.signal(Signal::TERM);
    for (end, code) in [(&ctrl_c as &dyn Fn(&mut Terminal), 130), (&terminate, 143)] {
        let (mut terminal, folder) = demo();
        terminal.expect("An emulator of AWS listens");
        end(&mut terminal);
        let status = terminal.wait();
        assert_eq!(status.code(), Some(code), "{}", terminal.shown());
        assert_empty(&folder);
    }
}
