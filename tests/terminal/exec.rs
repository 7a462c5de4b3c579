//! `exec` at a terminal: awsmfa asks there, and leaves it to the command.

use std::os::unix::process::ExitStatusExt;

use rustix::process::Signal;

use crate::pty::{CTRL_C, Terminal};
use crate::stand::{AWSMFA, PROMPT, Stand};

fn exec(stand: &Stand, script: &str) -> Terminal {
    let command = stand.command(AWSMFA, &["exec", "--", "sh", "-c", script]);
    Terminal::showing(command, 120)
}

#[test]
fn what_is_typed_after_the_code_is_read_by_the_command() {
    let stand = Stand::new();
    let mut terminal = exec(
        &stand,
        "read -r line; echo \"<$line:${AWS_ACCESS_KEY_ID%????????????????}>\"; exit 7",
    );
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    terminal.enter("for the command");
    terminal.expect("<for the command:ASIA>");
    assert_eq!(terminal.wait().code(), Some(7));
    terminal.assert_modes_unchanged();
}

#[test]
fn ctrl_c_at_the_prompt_runs_nothing() {
    let stand = Stand::new();
    let mut terminal = exec(&stand, "touch ~/ran");
    terminal.expect(PROMPT);
    terminal.send(CTRL_C);
    // As of any program: the shell that waits for it shall see that it was interrupted.
    assert_eq!(terminal.wait().signal(), Some(Signal::INT.as_raw()));
    assert!(!stand.home.path().join("ran").exists());
    terminal.assert_modes_unchanged();
    stand.assert_no_code_sent();
}

#[test]
fn ctrl_c_ends_the_command_as_it_would_without_awsmfa() {
    let stand = Stand::new();
    let mut terminal = exec(&stand, "echo begun; exec cat");
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    terminal.expect("begun");
    terminal.send(CTRL_C);
    assert_eq!(terminal.wait().signal(), Some(Signal::INT.as_raw()));
}

#[test]
fn a_shell_is_told_that_it_nests() {
    let stand = Stand::new();
    let command = stand.command(AWSMFA, &["exec", &stand.code(), "--", "sh"]);
    let mut terminal = Terminal::showing(command, 120);
    terminal.expect("this shell is inside yours");
    terminal.enter("echo ${AWS_SESSION_TOKEN:+in a session}; exit 3");
    terminal.expect("in a session\r");
    assert_eq!(terminal.wait().code(), Some(3));
}
