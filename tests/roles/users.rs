//! MFA sessions of several users in one shell.

use awsmfa::clock;
use awsmfa_test_support::Stage;
use chrono::DateTime;

#[test]
fn each_is_kept_and_used_for_its_own_roles() {
    let mut stage = Stage::new();
    stage.add_config(
        "[profile bobs]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = bob
",
    );
    stage
        .emulator
        .edit(|accounts| accounts.role("dev").trust.principals.push("bob".to_owned()));
    let before = stage.variables.clone();

    // Another user's session replaces a plain session, which comes back without a code.
    let (alice, bob) = (stage.code(), stage.emulator.device("bob").code());
    stage.env(&["-p", "default", &alice]);
    let alices = stage.get("AWS_ACCESS_KEY_ID").map(str::to_owned);
    stage.env(&["-p", "bob", &bob]);
    let bobs = stage.get("AWS_ACCESS_KEY_ID").map(str::to_owned);
    stage.env(&["-p", "default"]);
    assert_eq!(stage.get("AWS_ACCESS_KEY_ID"), alices.as_deref());
    stage.env(&["-p", "bobs"]);
    stage.env(&["-p", "dev"]);
    stage.env(&["-p", "bob"]);
    assert_eq!(stage.get("AWS_ACCESS_KEY_ID"), bobs.as_deref());
    stage.env(&["-p", "admin"]);

    let log = stage.emulator.log();
    assert_eq!(log.count_with_token_code(), 2, "{:?}", log.actions());
    let users: Vec<_> = log
        .entries
        .iter()
        .filter_map(|entry| entry.role_session_name.as_deref())
        .collect();
    assert_eq!(users, ["bob", "alice", "alice"]);
    stage.unset();
    assert_eq!(stage.variables, before);
}

#[test]
fn the_start_is_recorded() {
    let mut stage = Stage::new();
    let begin = clock::now() - chrono::TimeDelta::seconds(1);
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    let started = stage.get("AWSMFA_MFA_1_STARTED").unwrap();
    let time = DateTime::parse_from_rfc3339(started).unwrap();
    assert!(begin <= time && time <= clock::now(), "{time}");

    // If the current session is an MFA session itself, it is as old as its code.
    stage.set("AWSMFA_MFA_1_STARTED", "2020-01-01T00:00:00Z");
    stage.env(&["-p", "default"]);
    assert_eq!(stage.get("AWSMFA_STARTED"), Some("2020-01-01T00:00:00Z"));
    stage.env(&["-p", "dev"]);
    assert_eq!(
        stage.get("AWSMFA_MFA_1_STARTED"),
        Some("2020-01-01T00:00:00Z")
    );
}
