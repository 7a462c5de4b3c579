//! `exec` and the formats use a live session instead of asking for a new one.

use awsmfa_test_support::Stage;

use crate::switching::{ALICE, DEV};

const CONFIG: &str = "[default]
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default
";

/// How many requests and codes a command needs; it runs without a terminal, so that a prompt would fail.
fn cost(stage: &Stage, args: &[&str]) -> (i32, (usize, usize)) {
    let (requests, codes) = stage.requests();
    let code = stage.awsmfa(args).code;
    let (requests_after, codes_after) = stage.requests();
    (code, (requests_after - requests, codes_after - codes))
}

#[test]
fn exec_and_the_formats_use_the_live_session() {
    let mut stage = Stage::with_files(CONFIG, ALICE);
    let command = ["exec", "--", "sh", "-c", "env -0 > dump"];
    let json = ["env", "--shell", "json"];
    let none = cost(&stage, &command);
    assert_eq!(
        none,
        (1, (0, 0)),
        "without a session and a terminal there is no code"
    );
    let code = stage.code();
    stage.env(&[&code]);
    let key = stage.get("AWS_ACCESS_KEY_ID").map(str::to_owned);

    for args in [
        &command[..],
        &json,
        &["env", "--shell", "dotenv"],
        &["env", "--shell", "github"],
    ] {
        assert_eq!(cost(&stage, args), (0, (0, 0)), "{args:?}");
    }
    assert_eq!(stage.dumped("dump").get("AWS_ACCESS_KEY_ID"), key.as_ref());
    // Another region is set beside the session.
    let elsewhere = [
        "exec",
        "--region",
        "eu-west-3",
        "--",
        "sh",
        "-c",
        "env -0 > dump",
    ];
    assert_eq!(cost(&stage, &elsewhere), (0, (0, 0)));
    assert_eq!(
        stage.dumped("dump").get("AWS_REGION").map(String::as_str),
        Some("eu-west-3")
    );
    // Longer than the user asked for.
    assert_eq!(
        cost(&stage, &["exec", "-d", "13h", "--", "true"]),
        (1, (0, 0))
    );
    assert_eq!(
        cost(&stage, &["exec", "-d", "1h", "--", "true"]),
        (0, (0, 0))
    );
    // A role needs no code, and a shell that asks for a session gets one.
    assert_eq!(cost(&stage, &["exec", "dev", "--", "true"]), (0, (2, 0)));
    assert_eq!(cost(&stage, &["env", "--shell", "sh"]), (1, (0, 0)));
    // A code starts a new session.
    let code = stage.code();
    assert_eq!(cost(&stage, &["exec", &code, "--", "true"]).1.1, 1);
}

#[test]
fn a_live_role_is_used_until_15_minutes_are_left() {
    let mut stage = Stage::with_files(CONFIG, ALICE);
    let code = stage.code();
    stage.env(&["dev", &code]);
    assert_eq!(stage.role(), Some(DEV));
    assert_eq!(cost(&stage, &["exec", "--", "true"]), (0, (0, 0)));
    assert_eq!(cost(&stage, &["exec", "dev", "--", "true"]), (0, (0, 0)));
    let soon = awsmfa::clock::now() + chrono::Duration::minutes(14);
    stage.set(
        "AWS_CREDENTIAL_EXPIRATION",
        awsmfa::session::format_time(soon),
    );
    assert_eq!(cost(&stage, &["exec", "--", "true"]), (0, (1, 0)));
    assert_eq!(
        cost(&stage, &["exec", "--renew-within", "5m", "--", "true"]),
        (0, (0, 0))
    );
}
