//! awsmfa checks the keys while the user types. If something is wrong with them, it takes back the
//! question and says so before a code is typed.

use std::time::Duration;

use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{Accounts, Fault, Stage};

use crate::{FAILURE, PROMPT};

/// Clears the line with the question.
const LINE_CLEARED: &str = "\r\x1b[2K";

/// Checks that awsmfa succeeds, and that it made these requests on one connection.
#[track_caller]
fn assert_ends_after(stage: &Stage, mut terminal: Terminal, actions: &[&str]) {
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    let log = stage.emulator.log();
    assert_eq!(log.actions(), actions);
    assert_eq!(log.connections(), 1);
}

#[test]
fn enter_costs_one_request_on_the_connection_of_the_check() {
    let stage = Stage::new();
    let mut terminal = stage.ask(&[]);
    terminal.expect(PROMPT);
    stage.emulator.wait_for_answers("GetCallerIdentity", 1);
    let before = stage.emulator.log().entries.len();
    assert_eq!(before, 1);
    terminal.enter(&stage.code());
    assert_ends_after(&stage, terminal, &["GetCallerIdentity", "GetSessionToken"]);
}

#[test]
fn a_code_that_is_typed_before_the_check_has_ended_waits_for_it() {
    let stage = Stage::new();
    let slow = Fault::Delay(Duration::from_secs(1));
    stage.emulator.inject(slow.on("GetCallerIdentity"));
    let mut terminal = stage.ask(&[]);
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    assert_ends_after(&stage, terminal, &["GetCallerIdentity", "GetSessionToken"]);
}

#[test]
fn a_role_costs_two_requests_on_the_same_connection() {
    let stage = Stage::new();
    let mut terminal = stage.ask(&["-p", "dev"]);
    terminal.expect(PROMPT);
    stage.emulator.wait_for_answers("GetCallerIdentity", 1);
    terminal.enter(&stage.code());
    let actions = ["GetCallerIdentity", "GetSessionToken", "AssumeRole"];
    assert_ends_after(&stage, terminal, &actions);
    let log = stage.emulator.log();
    assert_eq!(log.last().role_session_name.as_deref(), Some("alice"));
}

#[test]
fn a_role_that_takes_the_code_itself_costs_one_request() {
    let stage = Stage::new();
    let mut terminal = stage.ask(&["-p", "dev", "--no-session"]);
    terminal.expect(PROMPT);
    stage.emulator.wait_for_answers("GetCallerIdentity", 1);
    terminal.enter(&stage.code());
    assert_ends_after(&stage, terminal, &["GetCallerIdentity", "AssumeRole"]);
}

#[test]
fn a_code_that_is_given_is_checked_by_the_exchange_alone() {
    let stage = Stage::new();
    let terminal = stage.ask(&[&stage.code()]);
    assert_ends_after(&stage, terminal, &["GetSessionToken"]);
}

/// Checks that the question is asked and then taken back when the check fails, with this message.
#[track_caller]
fn assert_said_before_a_code_is_typed(stage: &Stage, why: &str) {
    // The question must come before the result of the check, as over a network.
    let slow = Fault::Delay(Duration::from_millis(500));
    stage.emulator.inject(slow.on("GetCallerIdentity"));
    let mut terminal = stage.ask(&[]);
    terminal.expect("MFA code for ");
    terminal.expect(LINE_CLEARED);
    terminal.expect(why);
    assert_eq!(terminal.wait().code(), Some(1));
    assert_eq!(terminal.stdout(), FAILURE);
    terminal.assert_modes_unchanged();
    stage.assert_no_code_sent();
}

#[test]
fn an_inactive_key() {
    let stage = Stage::new();
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").keys[0].active = false);
    assert_said_before_a_code_is_typed(&stage, "AWS does not know the access key");
}

#[test]
fn an_unknown_key() {
    let stage = Stage::new();
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").keys.clear());
    assert_said_before_a_code_is_typed(&stage, "AWS does not know the access key");
}

#[test]
fn a_wrong_secret() {
    let stage = Stage::new();
    let secret = Accounts::BOB_SECRET.to_owned();
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").keys[0].secret = secret);
    assert_said_before_a_code_is_typed(&stage, "the secret access key does not belong");
}

#[test]
fn a_wrong_clock() {
    for seconds in [3600, -3600] {
        let stage = Stage::new();
        stage.emulator.inject(Fault::ClockSkew(seconds));
        assert_said_before_a_code_is_typed(&stage, "the clock of this machine is");
    }
}

#[test]
fn a_device_of_another_account() {
    let stage = Stage::new();
    stage.home.write_config(
        "[default]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::111122223333:mfa/alice\n",
    );
    assert_said_before_a_code_is_typed(
        &stage,
        "arn:aws:iam::111122223333:mfa/alice is in another account than \
         arn:aws:iam::123456789012:user/alice",
    );
}

#[test]
fn what_was_typed_so_far_does_not_reach_the_shell() {
    let stage = Stage::new();
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").keys[0].active = false);
    let slow = Fault::Delay(Duration::from_secs(2));
    stage.emulator.inject(slow.on("GetCallerIdentity"));
    let mut terminal = stage.bash();
    terminal.enter("eval \"$(awsmfa env)\"");
    terminal.expect(PROMPT);
    terminal.send("1234");
    terminal.expect("1234");
    terminal.expect("AWS does not know the access key");
    terminal.expect("ready> ");
    terminal.enter("echo \"status:$?\"");
    terminal.expect("status:1\r");
    terminal.expect("ready> ");
    stage.assert_no_code_sent();
}
