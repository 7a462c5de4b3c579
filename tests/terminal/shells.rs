//! In real interactive shells: leaving the prompt leaves the shell running, with echo and without a
//! session, and the next try works.

use awsmfa_test_support::terminal::{CTRL_C, CTRL_D, Terminal};
use awsmfa_test_support::{Accounts, Stage, find_tool};

use crate::PROMPT;

pub(crate) struct Shell {
    pub(crate) name: &'static str,
    pub(crate) options: &'static [&'static str],
    pub(crate) start: &'static str,
    pub(crate) save_modes: &'static str,
    /// Prints `state:`, the status of the line before, whether the modes are the saved ones, and the
    /// access key.
    pub(crate) state: &'static str,
}

pub(crate) const BASH: Shell = Shell {
    name: "bash",
    options: &["--norc", "--noprofile", "-i"],
    start: "eval \"$(awsmfa env)\"",
    save_modes: "modes=$(stty -g)",
    state: "s=$?; [ \"$modes\" = \"$(stty -g)\" ]; \
            echo \"state:$((s != 0)),$?,${AWS_ACCESS_KEY_ID:-none}.\"",
};

pub(crate) const ZSH: Shell = Shell {
    name: "zsh",
    options: &["-f", "-i"],
    ..BASH
};

pub(crate) const FISH: Shell = Shell {
    name: "fish",
    options: &[
        "--no-config",
        "-i",
        "-C",
        "function fish_prompt; echo 'ready> '; end",
    ],
    start: "awsmfa env | source",
    save_modes: "set modes (stty -g)",
    state: "set s $status; test \"$modes\" = (stty -g); \
            echo \"state:\"(test $s -ne 0; and echo 1; or echo 0)\",$status,\"\
            (set -q AWS_ACCESS_KEY_ID; and echo $AWS_ACCESS_KEY_ID; or echo none).",
};

fn leaves_the_shell_as_it_was(shell: &Shell) {
    if find_tool(shell.name).is_none() {
        return;
    }
    let stage = Stage::new();
    let command = stage.terminal_command(&[&[shell.name], shell.options].concat());
    let mut terminal = Terminal::showing(command.env("PS1", "ready> "), 120);
    terminal.expect("ready> ");
    terminal.enter(shell.save_modes);
    for key in [CTRL_C, CTRL_D] {
        terminal.expect("ready> ");
        terminal.enter(shell.start);
        terminal.expect(PROMPT);
        terminal.send("12");
        terminal.expect("12");
        terminal.send(key);
        if key == CTRL_D {
            // With text on the line, the first one only submits the text; the second one ends the input.
            terminal.send(CTRL_D);
            terminal.expect("not an MFA code");
            terminal.expect(PROMPT);
            terminal.send(CTRL_D);
        }
        terminal.expect("ready> ");
        terminal.enter(shell.state);
        terminal.expect("state:1,0,none.");
    }
    stage.assert_no_code_sent();
    terminal.expect("ready> ");
    terminal.enter(shell.start);
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    terminal.expect("ready> ");
    terminal.enter(shell.state);
    terminal.expect("state:0,0,ASIA");
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
    assert!(!terminal.shown().contains(Accounts::ALICE_SECRET));
}

#[test]
fn bash() {
    leaves_the_shell_as_it_was(&BASH);
}

#[test]
fn zsh() {
    leaves_the_shell_as_it_was(&ZSH);
}

#[test]
fn fish() {
    leaves_the_shell_as_it_was(&FISH);
}
