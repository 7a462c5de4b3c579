//! What a hostile repository can set, by .envrc or .env: whoever types a code sees first where it goes, and
//! what for.

use std::fs::File;

use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{Accounts, Stage};

use crate::PROMPT;

/// What is shown before the prompt, on standard error at the terminal, and on the terminal past a
/// redirected standard error.
#[track_caller]
fn assert_seen_before_the_prompt(stage: &Stage, expected: &[String]) {
    for is_redirected in [false, true] {
        let mut command = stage.ask_command(&[]);
        if is_redirected {
            command = command.stderr(File::create(stage.out("errors")).unwrap());
        }
        let mut terminal = Terminal::capturing(command);
        let seen = terminal.expect(PROMPT);
        let lines: Vec<&str> = seen.lines().collect();
        assert_eq!(lines, expected, "redirected: {is_redirected}");
    }
    stage.assert_no_code_sent();
}

fn line(text: &str) -> String {
    format!("awsmfa: {text}")
}

/// The user's own AWS is not this server.
fn stage() -> (Stage, String) {
    let mut stage = Stage::new();
    let theirs = stage.remove("AWS_ENDPOINT_URL").unwrap();
    (stage, theirs)
}

#[test]
fn an_endpoint() {
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
        let (mut stage, theirs) = stage();
        stage.set(name, theirs);
        let endpoint = format!("STS endpoint: 127.0.0.1 by {name}");
        assert_seen_before_the_prompt(&stage, &[line(&endpoint)]);
    }
}

#[test]
fn a_config_file() {
    let (mut stage, theirs) = stage();
    let config = stage.write(
        "config",
        format!(
            "[default]\nendpoint_url = {theirs}\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n"
        ),
    );
    let config = config.to_str().unwrap();
    stage.set("AWS_CONFIG_FILE", config);
    let endpoint =
        format!("STS endpoint: 127.0.0.1 by profile default, {config} line 2: endpoint_url");
    let exported = "this session sets AWS_ENDPOINT_URL, also for commands with --profile";
    let mut terminal = stage.ask(&[]);
    let seen = terminal.expect(PROMPT).replace("\r\n", "\n");
    assert_eq!(seen, format!("{}\n{}\n", line(exported), line(&endpoint)));
    stage.assert_no_code_sent();
}

/// Nothing is typed then; the program is named before it runs.
#[test]
fn a_code_command() {
    let mut stage = Stage::new();
    stage.set("AWSMFA_CODE_COMMAND", "touch \"$OUT/ran\"; sleep 1000");
    let mut terminal = stage.ask(&[]);
    terminal.expect("awsmfa: running the code command from AWSMFA_CODE_COMMAND\r\n");
    stage.assert_no_code_sent();
}

#[test]
fn forged_bookkeeping() {
    let (mut stage, theirs) = stage();
    let role = "arn:aws:iam::111122223333:role/admin";
    stage.set_all(&[
        ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWSMFA_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        ("AWSMFA_SOURCE_KEY_ID", Accounts::ALICE_KEY),
        ("AWSMFA_SOURCE_PROFILE", "default"),
        ("AWSMFA_TARGET_PROFILE", "default"),
        ("AWSMFA_TARGET_ROLE_ARN", role),
        (
            "AWSMFA_TARGET_SERIAL",
            "arn:aws:iam::123456789012:mfa/alice",
        ),
        ("AWSMFA_ENDPOINT_URL", &theirs),
    ]);
    let seen = [
        line("STS endpoint: 127.0.0.1 by AWSMFA_ENDPOINT_URL"),
        line(&format!("role {role}, as recorded in this shell")),
    ];
    assert_seen_before_the_prompt(&stage, &seen);
}

/// A session that is forged whole is used without a code, and sends none anywhere.
#[test]
fn a_forged_mfa_session_gets_no_code() {
    let (mut stage, theirs) = stage();
    stage.set_all(&[
        ("AWSMFA_MFA_1_SOURCE_KEY_ID", Accounts::ALICE_KEY),
        ("AWSMFA_MFA_1_SOURCE_PROFILE", "default"),
        ("AWSMFA_MFA_1_ENDPOINT_URL", &theirs),
        ("AWSMFA_MFA_1_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        ("AWSMFA_MFA_1_SECRET_ACCESS_KEY", "secret"),
        ("AWSMFA_MFA_1_SESSION_TOKEN", "token"),
        ("AWSMFA_MFA_1_EXPIRATION", "2099-01-01T00:00:00Z"),
        ("AWS_ENDPOINT_URL", &theirs),
    ]);
    let run = stage.awsmfa(&["env", "-p", "dev"]);
    assert_eq!(run.code, 1, "{run:?}");
    stage.assert_no_code_sent();
    // Only signatures, which are good for that one request, have reached the server.
    let log = stage.emulator.log();
    let mut keys = log
        .entries
        .iter()
        .filter_map(|entry| entry.access_key_id.as_deref());
    assert!(keys.all(|key| key == "ASIAIOSFODNN7EXAMPLE"));
}
