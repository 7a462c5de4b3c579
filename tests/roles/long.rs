//! Lifetimes of role sessions, and sending the code with `AssumeRole` itself.

use awsmfa::clock;
use awsmfa_test_support::{Entry, Stage};

use crate::switching::ALICE;

fn assumed(stage: &Stage) -> Vec<Entry> {
    let entries = stage.emulator.log().entries.into_iter();
    entries.filter(|e| e.action == "AssumeRole").collect()
}

fn seconds(entries: &[Entry]) -> Vec<&str> {
    let seconds = entries
        .iter()
        .map(|entry| entry.duration_seconds.as_deref());
    seconds.map(Option::unwrap).collect()
}

#[test]
fn a_longer_role_of_one_hop_takes_the_code_itself() {
    let mut stage = Stage::new();
    let code = stage.code();
    let told = stage.env(&["-p", "admin", "-d", "4h", &code]);
    assert!(
        told.contains("the code goes with AssumeRole itself"),
        "{told}"
    );
    assert!(told.contains("gives no MFA session"), "{told}");
    let assumed = assumed(&stage);
    assert_eq!(seconds(&assumed), ["14400"]);
    assert!(assumed[0].token_code.is_some() && !assumed[0].session_token);
    assert_eq!(assumed[0].role_session_name.as_deref(), Some("alice"));
    assert_eq!(stage.emulator.log().count("GetSessionToken"), 0);
    let records = stage.records();
    assert!(
        !records.iter().any(|name| name.starts_with("AWSMFA_MFA_")),
        "{records:?}"
    );

    // Bare `env` asks for the same role and lifetime, so it needs a code.
    let told = stage.env_fails(&[]);
    assert!(told.contains("no MFA code"), "{told}");
}

#[test]
fn a_longer_role_keeps_the_mfa_session_that_is_there() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    let program = format!("echo {}", stage.code());
    let told = stage.env(&["-p", "admin", "-d", "4h", "--code-command", &program]);
    assert!(told.contains("gives no MFA session"), "{told}");
    stage.env(&["-p", "dev"]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
}

#[test]
fn duration_seconds_of_the_profile_is_the_same_wish() {
    let mut stage = Stage::with_files(
        "[default]
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile admin]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = default
duration_seconds = 7200
[profile short]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = default
duration_seconds = 1800
",
        ALICE,
    );
    let code = stage.code();
    let told = stage.env(&["-p", "admin", &code]);
    assert!(
        told.contains("for 2h the code goes with AssumeRole itself"),
        "{told}"
    );
    assert_eq!(seconds(&assumed(&stage)), ["7200"]);

    // Half an hour is possible behind an MFA session, and the option wins.
    stage.emulator.clear_log();
    let code = stage.code();
    assert_eq!(stage.env(&["-p", "short", &code]), "");
    assert_eq!(stage.env(&["-p", "short", "-d", "20m"]), "");
    assert_eq!(seconds(&assumed(&stage)), ["1800", "1200"]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
}

#[test]
fn in_a_longer_chain_an_hour_is_all() {
    let mut stage = Stage::new();
    let code = stage.code();
    let told = stage.env(&["-p", "chained", "-d", "4h", &code]);
    assert!(told.contains("4h is cut to an hour"), "{told}");
    let assumed = assumed(&stage);
    assert_eq!(seconds(&assumed), ["3600", "3600"]);
    assert!(assumed.iter().all(|entry| entry.token_code.is_none()));
    assert!(
        stage.get("AWSMFA_MFA_1_SESSION_TOKEN").is_some(),
        "the MFA session is kept"
    );
}

#[test]
fn a_role_on_the_way_gets_an_hour_at_most_too() {
    let mut stage = Stage::with_files(
        "[default]
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default
duration_seconds = 7200
[profile chained]
role_arn = arn:aws:iam::444455556666:role/chained
source_profile = dev
duration_seconds = 1800
",
        ALICE,
    );
    let code = stage.code();
    assert_eq!(stage.env(&["-p", "chained", &code]), "");
    assert_eq!(seconds(&assumed(&stage)), ["3600", "1800"]);
}

#[test]
fn no_session_is_the_exchange_in_one_call() {
    for by_variable in [false, true] {
        let mut stage = Stage::new();
        let code = stage.code();
        if by_variable {
            stage.set("AWSMFA_NO_SESSION", "1");
            stage.env(&["-p", "dev", &code]);
        } else {
            stage.env(&["-p", "dev", "--no-session", &code]);
        }
        let log = stage.emulator.log();
        assert_eq!(log.count("GetSessionToken"), 0);
        assert_eq!(log.count_with_token_code(), 1);
        assert_eq!(log.last().duration_seconds.as_deref(), Some("3600"));
        assert_eq!(stage.get("AWSMFA_MFA_1_SESSION_TOKEN"), None);
        // Bare `env` repeats the same exchange.
        let code = stage.code();
        stage.env(&[&code]);
        assert_eq!(stage.emulator.log().count("GetSessionToken"), 0);
    }
}

#[test]
fn the_help_says_what_no_session_costs() {
    let run = Stage::new().awsmfa(&["env", "--help"]);
    let help = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("carries no MFA context"), "{help}");
}

#[test]
fn no_session_in_a_chain_sends_the_code_to_the_first_role() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "chained", "--no-session", &code]);
    let assumed = assumed(&stage);
    let coded: Vec<bool> = assumed.iter().map(|e| e.token_code.is_some()).collect();
    assert_eq!(coded, [true, false]);
}

#[test]
fn the_variable_for_the_duration_is_for_mfa_sessions_only() {
    let mut stage = Stage::new();
    stage.set("AWSMFA_DURATION", "20h");
    let code = stage.code();
    let told = stage.env(&["-p", "dev", &code]);
    assert_eq!(told, "awsmfa: region of [default] counts in this session\n");
    let log = stage.emulator.log();
    let seconds: Vec<_> = log
        .entries
        .iter()
        .filter_map(|entry| entry.duration_seconds.as_deref())
        .collect();
    assert_eq!(seconds, ["72000", "3600"]);
    let code = stage.code();
    stage.env(&["-p", "dev", "--session-duration", "8h", &code]);
    let log = stage.emulator.log();
    let of_mfa = log.entries.iter().rfind(|e| e.action == "GetSessionToken");
    assert_eq!(of_mfa.unwrap().duration_seconds.as_deref(), Some("28800"));
}

#[test]
fn the_root_users_hour_is_said() {
    let mut stage = Stage::new();
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").root = true);
    let code = stage.code();
    let told = stage.env(&[&code]);
    assert!(
        told.contains("AWS gave 1h") && told.contains("in place of 12h"),
        "{told}"
    );
    assert!(told.contains("root user"), "{told}");
    let end = stage.get("AWS_CREDENTIAL_EXPIRATION").unwrap();
    let end = chrono::DateTime::parse_from_rfc3339(end).unwrap();
    assert!(end.to_utc() - clock::now() <= chrono::TimeDelta::hours(1));
}
