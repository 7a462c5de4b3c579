//! The question for the code, and what becomes of the answers.

use crate::pty::Terminal;
use crate::stand::{FAILURE, PROMPT, Stand};

const NOT_SIX_DIGITS: &str = "not an MFA code: six digits are needed";
const REFUSED: &str = "the MFA code is wrong or was used before";

/// The session is there, and the terminal is as it was.
#[track_caller]
fn assert_session(mut terminal: Terminal) {
    let status = terminal.wait();
    assert_eq!(status.code(), Some(0), "{}", terminal.shown());
    let statements = terminal.stdout();
    assert!(
        statements.contains("export AWS_ACCESS_KEY_ID='ASIA"),
        "{} statements and no key",
        statements.lines().count()
    );
    terminal.assert_modes_unchanged();
}

#[test]
fn names_the_device_and_shows_what_is_typed() {
    let stand = Stand::new();
    let mut terminal = stand.ask(&[]);
    terminal.expect(PROMPT);
    terminal.assert_modes_unchanged();
    let code = stand.code();
    terminal.enter(&code);
    terminal.expect(&code);
    assert_session(terminal);
}

#[test]
fn blanks_in_a_code_are_ignored() {
    let stand = Stand::new();
    let mut terminal = stand.ask(&[]);
    terminal.expect(PROMPT);
    let code = stand.code();
    terminal.enter(&format!(" {} {} ", &code[..3], &code[3..]));
    assert_session(terminal);
    let sent = stand.emulator.log().last().token_code.clone();
    assert_eq!(sent, Some(code));
}

#[test]
fn what_is_no_code_is_told_at_once_and_not_sent() {
    let stand = Stand::new();
    let mut terminal = stand.ask(&[]);
    for slip in ["12345", "1234567", "12345a", "", "\u{e9}\u{e9}\u{e9}"] {
        terminal.expect(PROMPT);
        terminal.enter(slip);
        terminal.expect(NOT_SIX_DIGITS);
    }
    terminal.expect(PROMPT);
    stand.assert_no_code_sent();
    terminal.enter(&stand.code());
    assert_session(terminal);
    assert_eq!(stand.emulator.log().count_with_token_code(), 1);
}

#[test]
fn a_wrong_code_is_asked_for_again() {
    let stand = Stand::new();
    let [wrong] = stand.wrong_codes();
    let mut terminal = stand.ask(&[]);
    terminal.expect(PROMPT);
    terminal.enter(&wrong);
    terminal.expect(REFUSED);
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    assert_session(terminal);
    assert_eq!(stand.emulator.log().count("GetCallerIdentity"), 1);
    assert_eq!(stand.emulator.log().count_with_token_code(), 2);
}

#[test]
fn a_code_that_this_shell_has_spent_is_not_sent_again() {
    let stand = Stand::new();
    let (code, next) = (stand.code(), stand.code());
    let bash = ["--norc", "--noprofile", "--noediting", "-i"];
    let command = stand.command("/bin/bash", &bash).env("PS1", "ready> ");
    let mut terminal = Terminal::showing(command, 120);
    terminal.expect("ready> ");
    terminal.enter(&format!("eval \"$(awsmfa env {code})\""));
    terminal.expect("ready> ");
    terminal.enter("eval \"$(awsmfa env)\"");
    terminal.expect(PROMPT);
    terminal.enter(&code);
    terminal.expect("used in this shell before");
    terminal.expect(PROMPT);
    terminal.enter(&next);
    terminal.expect("12h left");
    assert_eq!(stand.emulator.log().count_with_token_code(), 2);
}

#[test]
fn three_wrong_codes_are_enough() {
    let stand = Stand::new();
    let mut terminal = stand.ask(&[]);
    for wrong in stand.wrong_codes::<3>() {
        terminal.expect(PROMPT);
        terminal.enter(&wrong);
        terminal.expect(REFUSED);
    }
    assert_eq!(terminal.wait().code(), Some(1));
    assert_eq!(terminal.stdout(), FAILURE);
    assert_eq!(terminal.shown().matches(PROMPT).count(), 3);
    assert_eq!(stand.emulator.log().count_with_token_code(), 3);
    terminal.assert_modes_unchanged();
}

#[test]
fn a_refused_code_is_not_sent_again() {
    let stand = Stand::new();
    let [wrong] = stand.wrong_codes();
    let mut terminal = stand.ask(&[]);
    terminal.expect(PROMPT);
    terminal.enter(&wrong);
    terminal.expect(REFUSED);
    terminal.expect(PROMPT);
    terminal.enter(&wrong);
    terminal.expect("This code was refused already");
    terminal.expect(PROMPT);
    assert_eq!(stand.emulator.log().count_with_token_code(), 1);
    terminal.enter(&stand.code());
    assert_session(terminal);
}

#[test]
fn a_wrong_code_of_the_command_line_is_asked_for_again() {
    let stand = Stand::new();
    let [wrong, second, third] = stand.wrong_codes();
    let mut terminal = stand.ask(&[&wrong]);
    terminal.expect(REFUSED);
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    assert_session(terminal);

    // It counts as one of the three tries.
    stand.emulator.clear_log();
    let mut terminal = stand.ask(&[&wrong]);
    for next in [second, third] {
        terminal.expect(PROMPT);
        terminal.enter(&next);
    }
    assert_eq!(terminal.wait().code(), Some(1));
    assert_eq!(terminal.stdout(), FAILURE);
    assert_eq!(stand.emulator.log().count_with_token_code(), 3);
}

#[test]
fn a_malformed_code_of_the_command_line_is_not_asked_for_again() {
    let stand = Stand::new();
    let mut terminal = stand.ask(&["12345"]);
    assert_eq!(terminal.wait().code(), Some(2));
    assert!(terminal.shown().contains(NOT_SIX_DIGITS));
    assert!(!terminal.shown().contains(PROMPT));
    assert_eq!(terminal.stdout(), "(exit 2);\n");
    assert!(stand.emulator.log().entries.is_empty());
}

#[test]
fn a_refusal_that_no_other_code_can_mend_is_not_asked_about() {
    let stand = Stand::new();
    let theirs = "arn:aws:iam::123456789012:mfa/bob";
    let mut terminal = stand.ask(&["--serial", theirs]);
    terminal.expect(&format!("MFA code for {theirs}: "));
    terminal.enter(&stand.code());
    assert_eq!(terminal.wait().code(), Some(1));
    let told = format!("{theirs} is not one of arn:aws:iam::123456789012:user/alice");
    assert!(terminal.shown().contains(&told), "{}", terminal.shown());
    assert_eq!(terminal.stdout(), FAILURE);
    let log = stand.emulator.log();
    assert_eq!(log.count_with_token_code(), 1);
    assert_eq!(log.count("GetCallerIdentity"), 1);
}

#[test]
fn a_program_for_the_code_is_run_and_nothing_is_asked() {
    let stand = Stand::new();
    let program = format!("echo {}", stand.code());
    let mut terminal = stand.ask(&["--code-command", &program]);
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    assert!(!terminal.shown().contains(PROMPT), "{}", terminal.shown());
    assert_session(terminal);
}
