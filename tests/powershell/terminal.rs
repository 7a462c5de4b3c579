//! At a terminal, with the module `PSReadLine` and without.

use awsmfa_test_support::Accounts;
use awsmfa_test_support::terminal::{CTRL_C, Command, ENTER, Terminal};

use crate::machine::{LOAD, Machine, powershells};

const ASKS: &str = "MFA code for arn:aws:iam::123456789012:mfa/alice: ";

/// Says whether the terminal modes are as before, and whose keys the shell has. The typed line does not
/// contain the text that it prints.
const SAY: &str = "\"said\" + \":$($modes -eq (stty -g)),$env:AWS_ACCESS_KEY_ID\"";

#[test]
fn with_psreadline() {
    a_person_is_asked("");
}

#[test]
fn without_psreadline() {
    a_person_is_asked("Remove-Module PSReadLine;");
}

/// By each line that starts a session: Ctrl-C at the prompt, then a code.
fn a_person_is_asked(first: &str) {
    for powershell in powershells() {
        let machine = Machine::with(powershell);
        let start = format!("{first} $modes = stty -g; function prompt {{ 'rea' + 'dy> ' }}");
        let command = Command::new(&machine.powershell)
            .args(["-NoLogo", "-NoProfile", "-NoExit", "-Command", &start])
            .env_clear()
            .envs(machine.environment())
            .env("TERM", "xterm-256color")
            .current_dir(machine.home.path());
        let mut terminal = Terminal::showing(command, 160);
        let lines = [("$null", "awsmfa env | iex"), (LOAD, "awsmfa env")];
        for (codes_sent, (load, line)) in lines.into_iter().enumerate() {
            terminal.expect("ready> ");
            terminal.enter(load);
            terminal.expect("ready> ");
            terminal.enter(line);
            terminal.expect(ASKS);
            terminal.send(CTRL_C);
            terminal.expect("ready> ");
            terminal.enter(SAY);
            terminal.expect("said:True,\r\n");
            assert_eq!(machine.emulator.log().count_with_token_code(), codes_sent);

            terminal.expect("ready> ");
            terminal.enter(line);
            terminal.expect(ASKS);
            terminal.send(&machine.emulator.device("alice").code());
            terminal.send(ENTER);
            terminal.expect("ready> ");
            terminal.enter(SAY);
            terminal.expect("said:True,ASIA");
            terminal.expect("ready> ");
            terminal.enter(&line.replace("env", "unset"));
        }
        terminal.expect("ready> ");
        terminal.enter("exit");
        assert!(terminal.wait().success());
        let history = ".local/share/powershell/PSReadLine/ConsoleHost_history.txt";
        let history =
            std::fs::read_to_string(machine.home.path().join(history)).unwrap_or_default();
        for shown in [terminal.shown(), &history] {
            assert!(!shown.contains(Accounts::ALICE_SECRET));
        }
    }
}
