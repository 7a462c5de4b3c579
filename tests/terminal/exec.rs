//! `exec` at a terminal: awsmfa asks there, then the command has the terminal.

use awsmfa_test_support::Stage;
use awsmfa_test_support::terminal::{CTRL_C, Terminal};

use crate::PROMPT;

use std::os::unix::process::ExitStatusExt;

use rustix::process::Signal;

fn exec(stage: &Stage, script: &str) -> Terminal {
    let command = stage.terminal_command(&["awsmfa", "exec", "--", "sh", "-c", script]);
    Terminal::showing(command, 120)
}

#[test]
fn what_is_typed_after_the_code_is_read_by_the_command() {
    let stage = Stage::new();
    let mut terminal = exec(
        &stage,
        "read -r line; echo \"<$line:${AWS_ACCESS_KEY_ID%????????????????}>\"; exit 7",
    );
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    terminal.enter("for the command");
    terminal.expect("<for the command:ASIA>");
    assert_eq!(terminal.wait().code(), Some(7));
    terminal.assert_modes_unchanged();
}

#[test]
fn ctrl_c_at_the_prompt_runs_nothing() {
    let stage = Stage::new();
    let mut terminal = exec(&stage, "touch ~/ran");
    terminal.expect(PROMPT);
    terminal.send(CTRL_C);
    // As with any program, the waiting shell must see that it was interrupted.
    assert_eq!(terminal.wait().signal(), Some(Signal::INT.as_raw()));
    assert!(!stage.home.path().join("ran").exists());
    terminal.assert_modes_unchanged();
    stage.assert_no_code_sent();
}

#[test]
fn ctrl_c_ends_the_command_as_it_would_without_awsmfa() {
    let stage = Stage::new();
    let mut terminal = exec(&stage, "echo begun; exec cat");
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    terminal.expect("begun");
    terminal.send(CTRL_C);
    assert_eq!(terminal.wait().signal(), Some(Signal::INT.as_raw()));
}

#[test]
fn a_shell_is_told_that_it_nests() {
    let stage = Stage::new();
    let command = stage.terminal_command(&["awsmfa", "exec", &stage.code(), "--", "sh"]);
    let mut terminal = Terminal::showing(command, 120);
    terminal.expect("subshell with the session of default; type exit to leave it");
    terminal.enter("echo ${AWS_SESSION_TOKEN:+in a session}; exit 3");
    terminal.expect("in a session\r");
    assert_eq!(terminal.wait().code(), Some(3));
}
