//! `cargo run --example demo` at a terminal, and the shell that it starts: they leave nothing behind.

use std::path::Path;

use awsmfa_test_support::terminal::{CTRL_C, Command, Terminal};
use awsmfa_test_support::{cargo, optional_tool};
use rustix::process::Signal;
use tempfile::TempDir;

/// The demo, with a temporary folder for everything that it creates.
fn demo() -> (Terminal, TempDir) {
    demo_with(|command| command)
}

fn demo_with(change: impl FnOnce(Command) -> Command) -> (Terminal, TempDir) {
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
    (Terminal::showing(change(command), 100), folder)
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

/// How the shells' prompts begin there.
const PROMPT: &str = "demo ";

/// A shell for the demonstration's `shell`, and how it evaluates.
struct Shell {
    name: &'static str,
    start: &'static str,
    end: &'static str,
}

#[test]
fn shell_is_the_users_own_kind() {
    let posix = |name| Shell {
        name,
        start: "eval \"$(awsmfa env CODE)\"",
        end: "eval \"$(awsmfa unset)\"",
    };
    let fish = Shell {
        name: "fish",
        start: "awsmfa env CODE | source",
        end: "awsmfa unset | source",
    };
    for shell in [posix("bash"), posix("zsh"), fish] {
        let Some(program) = optional_tool(shell.name) else {
            continue;
        };
        let (mut terminal, folder) = demo_with(|command| {
            command
                .arg("shell")
                .env("SHELL", program)
                .env("TERM", "dumb")
        });
        terminal.expect(shell.start);
        terminal.expect(shell.end);
        terminal.expect("removes its files.");
        terminal.expect(PROMPT);
        terminal.enter("code; echo \"<>\"");
        let shown = terminal.expect("\n<>");
        // fish shows control sequences before it.
        let (_, code) = shown.trim_end().split_at(shown.trim_end().len() - 6);
        // Ctrl-C is for the shell.
        terminal.expect(PROMPT);
        // After the sleep it is the foreground program, and then it forks no more: dash loses a signal that
        // comes while it forks.
        terminal.enter("sh -c 'sleep 1; echo ready; read line'");
        terminal.expect("ready\r");
        terminal.send(CTRL_C);
        for (line, shown) in [
            (shell.start.replace("CODE", code), "left"),
            ("aws sts get-caller-identity".to_owned(), "user/alice"),
            (shell.start.replace("CODE", "dev"), "left"),
            (
                "aws sts get-caller-identity".to_owned(),
                "assumed-role/dev/alice",
            ),
        ] {
            terminal.expect(PROMPT);
            terminal.enter(&line);
            terminal.expect(shown);
        }
        terminal.expect(PROMPT);
        terminal.enter(shell.end);
        terminal.expect(PROMPT);
        terminal.enter("exit");
        terminal.expect("What AWS saw:");
        assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
        assert_empty(&folder);
    }
}

#[test]
fn shell_needs_a_terminal_and_ends_on_a_hangup() {
    let (mut terminal, folder) = demo_with(|command| {
        command
            .arg("shell")
            .stdin(std::process::Stdio::null())
            .env("SHELL", "/bin/sh")
    });
    assert_eq!(terminal.wait().code(), Some(1));
    assert!(terminal.shown().contains("needs a terminal"));
    assert_empty(&folder);

    let (mut terminal, folder) = demo_with(|command| command.arg("shell").env("SHELL", "/bin/sh"));
    terminal.expect("removes its files.");
    terminal.signal(Signal::HUP);
    assert_eq!(terminal.wait().code(), Some(129), "{}", terminal.shown());
    assert_empty(&folder);
}
