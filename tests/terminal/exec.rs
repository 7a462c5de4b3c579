//! `exec` at a terminal: awsmfa asks there, then the command has the terminal.

use std::fs;
use std::os::unix::process::ExitStatusExt;

use awsmfa_test_support::terminal::{CTRL_C, Terminal};
use awsmfa_test_support::{Stage, find_tool};
use rustix::process::Signal;

use crate::PROMPT;
use crate::shells::{BASH, FISH, Shell, ZSH};

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

/// `exec` without a command: the user's shell, told apart by files of its own.
fn a_shell_of_its_own(shell: &Shell) {
    let Some(program) = find_tool(shell.name) else {
        return;
    };
    let mut stage = Stage::new();
    stage.keep_fish_out_of_the_home();
    stage.set("SHELL", program.to_str().unwrap());
    stage.set("ZDOTDIR", stage.out("").to_str().unwrap());
    let (file, text) = match shell.name {
        "bash" => (stage.home.path().join(".bashrc"), "PS1='ready> '"),
        "zsh" => (stage.out(".zshrc"), "PROMPT='ready> '"),
        _ => (
            stage.out("fish/fish/config.fish"),
            "function fish_prompt; echo 'ready> '; end",
        ),
    };
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
    let run = |verb: &str| shell.start.replace("awsmfa env", verb);

    let mut terminal = Terminal::showing(stage.terminal_command(&["awsmfa", "exec"]), 120);
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    terminal.expect("subshell with the session of default; type exit to leave it");
    terminal.expect("ready> ");
    terminal.enter("awsmfa status");
    terminal.expect("default (user alice");
    terminal.expect("ready> ");
    // The session in place is the user's own, so that a role asks for no code.
    terminal.enter(&run("awsmfa env -p dev"));
    terminal.expect("dev (role dev in 111122223333");
    terminal.expect("ready> ");
    terminal.enter("awsmfa exec -- sh -c 'echo role:$AWSMFA_ROLE_ARN.'");
    terminal.expect("role:arn:aws:iam::111122223333:role/dev.");
    terminal.expect("ready> ");
    terminal.enter(&run("awsmfa unset"));
    terminal.expect("ready> ");
    terminal.enter("awsmfa status");
    terminal.expect("no awsmfa session in this shell");
    terminal.expect("ready> ");
    terminal.enter("exit 7");
    assert_eq!(terminal.wait().code(), Some(7));
    terminal.assert_modes_unchanged();
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
}

#[test]
fn bash_without_a_command() {
    a_shell_of_its_own(&BASH);
}

#[test]
fn zsh_without_a_command() {
    a_shell_of_its_own(&ZSH);
}

#[test]
fn fish_without_a_command() {
    a_shell_of_its_own(&FISH);
}

#[test]
fn sh_where_no_shell_is_set() {
    for shell in [None, Some("")] {
        let mut stage = Stage::new();
        match shell {
            Some(shell) => _ = stage.set("SHELL", shell),
            None => _ = stage.remove("SHELL"),
        }
        let command = stage.terminal_command(&["awsmfa", "exec", &stage.code()]);
        let mut terminal = Terminal::showing(command, 120);
        terminal.expect("type exit to leave it");
        terminal.enter("echo shell:$0.");
        terminal.expect("shell:/bin/sh.");
        terminal.enter("exit");
        assert_eq!(terminal.wait().code(), Some(0));
    }
}

#[test]
fn a_command_without_its_dashes_is_no_profile() {
    let mut stage = Stage::new();
    stage.set("SHELL", "/bin/sh");
    let code = stage.code();
    for args in [&["make"][..], &["make", &code], &[&code, "make"]] {
        let command = stage.terminal_command(&[&["awsmfa", "exec"], args].concat());
        let mut terminal = Terminal::showing(command, 200);
        assert_eq!(terminal.wait().code(), Some(2), "{}", terminal.shown());
        let said = terminal.shown();
        assert!(said.contains("no profile make in "), "{said}");
        assert!(said.contains("awsmfa exec -- make\r\n"), "{said}");
        assert!(!said.contains(&code), "{said}");
    }
    let command = stage.terminal_command(&["awsmfa", "exec", &code, "--"]);
    let mut terminal = Terminal::showing(command, 120);
    assert_eq!(terminal.wait().code(), Some(2));
    assert!(terminal.shown().contains("no command after --"));
    assert_eq!(stage.requests(), (0, 0));
}
