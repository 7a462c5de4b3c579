//! A kept MFA session that AWS takes no more: at a terminal a fresh code is asked for, once.

use awsmfa_test_support::{MfaCondition, find_tool};

use crate::pty::Terminal;
use crate::stand::{PROMPT, Stand};

/// An interactive bash that holds a session of the role dev.
fn shell_in_dev(stand: &Stand) -> Terminal {
    let bash = find_tool("bash").expect("bash");
    let command = stand.command(bash, &["--norc", "--noprofile", "-i"]);
    let mut terminal = Terminal::showing(command.env("PS1", "ready> "), 120);
    terminal.expect("ready> ");
    terminal.enter("eval \"$(awsmfa env -p dev)\"");
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    terminal.expect("ready> ");
    terminal
}

#[test]
fn expired() {
    let stand = Stand::new();
    let mut terminal = shell_in_dev(&stand);
    // Only AWS knows: by the bookkeeping it lives.
    stand.emulator.advance(43_201);
    terminal.enter("eval \"$(awsmfa env -p admin)\"; echo \"status:$?\"");
    terminal.expect("trying again with a fresh MFA session");
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    terminal.expect("status:0\r");
    let log = stand.emulator.log();
    assert_eq!(log.count_with_token_code(), 2);
    assert!(log.last().role_arn.as_deref().unwrap().ends_with("/admin"));
}

#[test]
fn too_old_for_the_role() {
    let stand = Stand::new();
    let mut terminal = shell_in_dev(&stand);
    stand.emulator.advance(901);
    terminal.enter("eval \"$(awsmfa env -p fresh)\"; echo \"status:$?\"");
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    terminal.expect("status:0\r");
    assert_eq!(stand.emulator.log().count_with_token_code(), 2);
}

#[test]
fn a_role_that_refuses_the_fresh_one_too_is_not_asked_about_again() {
    let stand = Stand::new();
    stand.emulator.edit(|accounts| {
        accounts.role("fresh").trust.principals = vec!["bob".to_owned()];
        accounts.role("fresh").trust.mfa = MfaCondition::Present;
    });
    let mut terminal = shell_in_dev(&stand);
    terminal.enter("eval \"$(awsmfa env -p fresh)\"; echo \"status:$?\"");
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    let said = terminal.expect("status:1\r");
    assert!(said.contains("the role may not be assumed"), "{said}");
    assert!(!said.contains(PROMPT), "{said}");
    assert_eq!(stand.emulator.log().count_with_token_code(), 2);

    // The fresh session is kept all the same.
    terminal.enter("eval \"$(awsmfa env -p admin)\"; echo \"status:$?\"");
    let said = terminal.expect("status:0\r");
    assert!(!said.contains(PROMPT), "{said}");
    assert_eq!(stand.emulator.log().count_with_token_code(), 2);
}
