//! A kept MFA session that AWS no longer accepts: at a terminal awsmfa asks for a new code, once.

use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{MfaCondition, Stage};

use crate::PROMPT;

/// An interactive bash with a session of the role dev.
fn shell_in_dev(stage: &Stage) -> Terminal {
    let mut terminal = stage.bash();
    terminal.enter("eval \"$(awsmfa env -p dev)\"");
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    terminal.expect("ready> ");
    terminal
}

/// Makes the MFA session look old.
fn let_it_be_old(terminal: &mut Terminal) {
    terminal.enter("export AWSMFA_MFA_1_STARTED=2020-01-01T00:00:00Z");
    terminal.expect("ready> ");
}

/// AWS's own sentence is there once, with the final error.
#[track_caller]
fn assert_denied_once(said: &str) {
    let denied = "AWS denied sts:AssumeRole (while assuming the role ";
    assert!(said.contains(denied), "{said}");
    assert_eq!(said.matches("AWS: User: arn:aws:").count(), 1, "{said}");
}

#[test]
fn expired() {
    let stage = Stage::new();
    let mut terminal = shell_in_dev(&stage);
    // Only AWS knows: by the bookkeeping it is still valid.
    stage.emulator.advance(43_201);
    let_it_be_old(&mut terminal);
    terminal.enter("eval \"$(awsmfa env -p admin)\"; echo \"status:$?\"");
    terminal.expect("trying again with a fresh MFA session");
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    terminal.expect("status:0\r");
    let log = stage.emulator.log();
    assert_eq!(log.count_with_token_code(), 2);
    assert!(log.last().role_arn.as_deref().unwrap().ends_with("/admin"));
}

#[test]
fn too_old_for_the_role() {
    let stage = Stage::new();
    let mut terminal = shell_in_dev(&stage);
    stage.emulator.advance(901);
    let_it_be_old(&mut terminal);
    terminal.enter("eval \"$(awsmfa env -p fresh)\"; echo \"status:$?\"");
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    terminal.expect("status:0\r");
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
}

#[test]
fn a_role_that_refuses_the_fresh_one_too_is_not_asked_about_again() {
    let stage = Stage::new();
    stage.emulator.edit(|accounts| {
        accounts.role("fresh").trust.principals = vec!["bob".to_owned()];
        accounts.role("fresh").trust.mfa = MfaCondition::Present;
    });
    let mut terminal = shell_in_dev(&stage);
    let_it_be_old(&mut terminal);
    terminal.enter("eval \"$(awsmfa env -p fresh)\"; echo \"status:$?\"");
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    let said = terminal.expect("status:1\r");
    assert_denied_once(&said);
    assert!(!said.contains(PROMPT), "{said}");
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);

    // The new session is kept even so.
    terminal.enter("eval \"$(awsmfa env -p admin)\"; echo \"status:$?\"");
    let said = terminal.expect("status:0\r");
    assert!(!said.contains(PROMPT), "{said}");
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
}

#[test]
fn a_young_one_is_not_blamed_for_a_refused_role() {
    let stage = Stage::new();
    let mut terminal = shell_in_dev(&stage);
    terminal.enter("eval \"$(awsmfa env -p audit --external-id Example-8)\"; echo \"status:$?\"");
    let said = terminal.expect("status:1\r");
    assert_denied_once(&said);
    assert!(!said.contains(PROMPT), "{said}");
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
}
