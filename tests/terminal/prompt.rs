//! The prompt for the code, and what happens to the answers.
use awsmfa_test_support::Stage;
use awsmfa_test_support::terminal::Terminal;

use crate::{ENDPOINT, FAILURE, PROMPT};

const NOT_SIX_DIGITS: &str = "not an MFA code: six digits are needed";
const REFUSED: &str = "the MFA code is wrong or was used before";

/// Checks that the session is there and the terminal is as it was.
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
fn names_endpoint_and_device_and_shows_what_is_typed() {
    let stage = Stage::new();
    let mut terminal = stage.ask(&[]);
    let before = terminal.expect(PROMPT);
    assert_eq!(before, format!("{ENDPOINT}\r\n"));
    terminal.assert_modes_unchanged();
    let code = stage.code();
    terminal.enter(&code);
    terminal.expect(&code);
    assert_session(terminal);
}

#[test]
fn blanks_in_a_code_are_ignored() {
    let stage = Stage::new();
    let mut terminal = stage.ask(&[]);
    terminal.expect(PROMPT);
    let code = stage.code();
    terminal.enter(&format!(" {} {} ", &code[..3], &code[3..]));
    assert_session(terminal);
    let sent = stage.emulator.log().last().token_code.clone();
    assert_eq!(sent, Some(code));
}

#[test]
fn what_is_no_code_is_told_at_once_and_not_sent() {
    let stage = Stage::new();
    let mut terminal = stage.ask(&[]);
    for slip in ["12345", "\u{e9}\u{e9}\u{e9}"] {
        terminal.expect(PROMPT);
        terminal.enter(slip);
        terminal.expect(NOT_SIX_DIGITS);
    }
    terminal.expect(PROMPT);
    stage.assert_no_code_sent();
    terminal.enter(&stage.code());
    assert_session(terminal);
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
}

/// It counts as one of the three tries, like a refused code.
#[test]
fn what_is_no_code_counts_as_a_try() {
    for (refused, malformed) in [(0, 3), (1, 2)] {
        let stage = Stage::new();
        let [wrong] = stage.wrong_codes();
        let mut terminal = stage.ask(&[]);
        for _ in 0..refused {
            terminal.expect(PROMPT);
            terminal.enter(&wrong);
            terminal.expect(REFUSED);
        }
        for slip in &["1234567", "12345a", "12345"][..malformed] {
            terminal.expect(PROMPT);
            terminal.enter(slip);
            terminal.expect(NOT_SIX_DIGITS);
        }
        terminal.expect("awsmfa: no valid code in 3 tries\r\n");
        assert_eq!(terminal.wait().code(), Some(1));
        assert_eq!(terminal.stdout(), FAILURE);
        assert_eq!(stage.emulator.log().count_with_token_code(), refused);
    }
}

#[test]
fn a_wrong_code_is_asked_for_again() {
    let stage = Stage::new();
    let [wrong] = stage.wrong_codes();
    let mut terminal = stage.ask(&[]);
    terminal.expect(PROMPT);
    terminal.enter(&wrong);
    terminal.expect(REFUSED);
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    assert_session(terminal);
    assert_eq!(stage.emulator.log().count("GetCallerIdentity"), 1);
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
}

#[test]
fn a_code_that_this_shell_has_spent_is_not_sent_again() {
    let stage = Stage::new();
    let (code, next) = (stage.code(), stage.code());
    let mut terminal = stage.bash();
    terminal.enter(&format!("eval \"$(awsmfa env {code})\""));
    terminal.expect("ready> ");
    terminal.enter("eval \"$(awsmfa env)\"");
    terminal.expect(PROMPT);
    terminal.enter(&code);
    terminal.expect("already used in this shell");
    terminal.expect(PROMPT);
    terminal.enter(&next);
    terminal.expect("11h 59m left");
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
}

#[test]
fn three_wrong_codes_are_enough() {
    let stage = Stage::new();
    let mut terminal = stage.ask(&[]);
    for wrong in stage.wrong_codes::<3>() {
        terminal.expect(PROMPT);
        terminal.enter(&wrong);
        terminal.expect(REFUSED);
    }
    assert_eq!(terminal.wait().code(), Some(1));
    assert_eq!(terminal.stdout(), FAILURE);
    assert_eq!(terminal.shown().matches(PROMPT).count(), 3);
    // What AWS said is for the end, not for each try.
    let said = terminal.shown().split(REFUSED).nth(3).unwrap();
    assert!(
        said.contains("AWS: MultiFactorAuthentication failed"),
        "{said}"
    );
    assert_eq!(terminal.shown().matches("AWS: ").count(), 1);
    assert_eq!(stage.emulator.log().count_with_token_code(), 3);
    terminal.assert_modes_unchanged();
}

#[test]
fn a_refused_code_is_not_sent_again() {
    let stage = Stage::new();
    let [wrong] = stage.wrong_codes();
    let mut terminal = stage.ask(&[]);
    terminal.expect(PROMPT);
    terminal.enter(&wrong);
    terminal.expect(REFUSED);
    terminal.expect(PROMPT);
    terminal.enter(&wrong);
    terminal.expect("AWS rejected this code");
    terminal.expect(PROMPT);
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
    terminal.enter(&stage.code());
    assert_session(terminal);
}

#[test]
fn a_wrong_code_of_the_command_line_is_asked_for_again() {
    let stage = Stage::new();
    let [wrong, second, third] = stage.wrong_codes();
    let mut terminal = stage.ask(&[&wrong]);
    terminal.expect(REFUSED);
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    assert_session(terminal);

    // It counts as one of the three tries.
    stage.emulator.clear_log();
    let mut terminal = stage.ask(&[&wrong]);
    for next in [second, third] {
        terminal.expect(PROMPT);
        terminal.enter(&next);
    }
    assert_eq!(terminal.wait().code(), Some(1));
    assert_eq!(terminal.stdout(), FAILURE);
    assert_eq!(stage.emulator.log().count_with_token_code(), 3);
}

#[test]
fn a_malformed_code_of_the_command_line_is_not_asked_for_again() {
    let stage = Stage::new();
    let mut terminal = stage.ask(&["12345"]);
    assert_eq!(terminal.wait().code(), Some(2));
    assert!(terminal.shown().contains("an MFA code has six digits"));
    assert!(!terminal.shown().contains(PROMPT));
    assert_eq!(terminal.stdout(), "(exit 2);\n");
    assert!(stage.emulator.log().entries.is_empty());
}

#[test]
fn a_refusal_that_no_other_code_can_mend_is_not_asked_about() {
    let stage = Stage::new();
    let theirs = "arn:aws:iam::123456789012:mfa/bob";
    let mut terminal = stage.ask(&["--serial", theirs]);
    terminal.expect(&format!("MFA code for {theirs}: "));
    terminal.enter(&stage.code());
    assert_eq!(terminal.wait().code(), Some(1));
    let told = format!("{theirs} does not belong to arn:aws:iam::123456789012:user/alice");
    assert!(terminal.shown().contains(&told), "{}", terminal.shown());
    assert_eq!(terminal.stdout(), FAILURE);
    let log = stage.emulator.log();
    assert_eq!(log.count_with_token_code(), 1);
    assert_eq!(log.count("GetCallerIdentity"), 1);
}

#[test]
fn a_program_for_the_code_is_run_and_nothing_is_asked() {
    let stage = Stage::new();
    let program = format!("echo {}", stage.code());
    let mut terminal = stage.ask(&["--code-command", &program]);
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    assert!(!terminal.shown().contains(PROMPT), "{}", terminal.shown());
    assert_session(terminal);
}
