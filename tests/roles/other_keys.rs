//! Keys from elsewhere replace those of a session in the same shell.

use awsmfa_test_support::{Accounts, Stage, Variables};

/// Replaces the session's keys as a user would, perhaps with a token.
fn paste(variables: &mut Variables, token: Token) {
    let keys = [
        ("AWS_ACCESS_KEY_ID", Accounts::BOB_KEY),
        ("AWS_SECRET_ACCESS_KEY", Accounts::BOB_SECRET),
    ];
    variables.extend(keys.map(|(name, value)| (name.to_owned(), value.to_owned())));
    match token {
        Token::Left => {}
        Token::Removed => _ = variables.remove("AWS_SESSION_TOKEN"),
        Token::Pasted => {
            variables.insert("AWS_SESSION_TOKEN".to_owned(), "pasted".to_owned());
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Token {
    Left,
    Removed,
    Pasted,
}

/// An environment with the user's settings, and the same environment in a session.
fn in_session() -> (Variables, Stage) {
    let mut stage = Stage::new();
    stage.set_all(&[
        ("AWS_PROFILE", "default"),
        ("AWS_DEFAULT_REGION", ""),
        ("AWS_SECURITY_TOKEN", "stale"),
        ("AWS_ACCOUNT_ID", "999999999999"),
    ]);
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&["-p", "dev", "--region", "eu-west-1", &code]);
    (before, stage)
}

#[test]
fn unset_keeps_them_and_restores_the_rest() {
    for token in [Token::Left, Token::Removed, Token::Pasted] {
        let (mut expected, mut stage) = in_session();
        paste(&mut stage.variables, token);
        let status = stage.awsmfa(&["status"]);
        assert_eq!(status.code, 3, "{}", status.stdout);
        assert!(
            status.stdout.contains("keys in this shell are not"),
            "{}",
            status.stdout
        );

        let told = stage.unset();
        assert!(told.contains("restored AWS_PROFILE=default"), "{told}");
        paste(&mut expected, token);
        // It belongs to the keys from before.
        expected.remove("AWS_SECURITY_TOKEN");
        assert_eq!(stage.variables, expected, "{token:?}");
    }
}

#[test]
fn keys_that_were_cleared_do_not_come_back() {
    let mut stage = Stage::new();
    stage.set("AWS_ACCESS_KEY_ID", Accounts::ALICE_KEY);
    stage.set("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET);
    stage.set("AWS_PROFILE", "dev");
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&[&code]);
    for cleared in [
        &["AWS_ACCESS_KEY_ID"][..],
        &[
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ],
    ] {
        let session = stage.variables.clone();
        for name in cleared {
            stage.remove(name);
        }
        stage.unset();
        let mut expected = before.clone();
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            expected.remove(name);
        }
        assert_eq!(stage.variables, expected, "{cleared:?}");
        stage.variables = session;
    }
}

#[test]
fn a_new_session_is_judged_on_what_unset_would_leave() {
    let (mut expected, mut stage) = in_session();
    paste(&mut stage.variables, Token::Left);
    // AWS_PROFILE is back before the new session is planned, as if awsmfa had never run.
    let code = stage.emulator.device("alice").code();
    stage.env(&[&code]);
    assert_eq!(stage.role(), None);
    assert_eq!(stage.get("AWSMFA_TARGET_PROFILE"), Some("default"));
    assert_eq!(stage.get("AWS_REGION"), Some("eu-central-1"));

    stage.unset();
    paste(&mut expected, Token::Removed);
    expected.remove("AWS_SECURITY_TOKEN");
    assert_eq!(stage.variables, expected);
}

/// Without a profile, the pasted keys start the new session, and awsmfa's own token does not count.
#[test]
fn pasted_keys_start_a_session_of_their_user() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    paste(&mut stage.variables, Token::Left);
    let code = stage.emulator.device("bob").code();
    stage.env(&["--serial", "arn:aws:iam::123456789012:mfa/bob", &code]);
    assert_eq!(stage.get("AWSMFA_SOURCE_KEY_ID"), Some(Accounts::BOB_KEY));
}

#[test]
fn a_refused_role_leaves_what_unset_would_leave() {
    let (mut expected, mut stage) = in_session();
    paste(&mut stage.variables, Token::Left);
    let code = stage.code();
    let wrong = ["-p", "audit", "--external-id", "Example-8", &code];
    let told = stage.env_fails(&wrong);
    assert!(told.contains("the next try needs no code"), "{told}");
    assert!(told.contains("restored AWS_PROFILE=default"), "{told}");
    paste(&mut expected, Token::Removed);
    expected.remove("AWS_SECURITY_TOKEN");
    let aws = |variables: &Variables| {
        let mut variables = variables.clone();
        variables.retain(|name, _| !name.starts_with("AWSMFA_"));
        variables
    };
    assert_eq!(aws(&stage.variables), expected);
    assert_eq!(stage.awsmfa(&["status"]).code, 3);
    stage.env(&["-p", "audit"]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
    stage.unset();
    assert_eq!(stage.variables, expected);
}

#[test]
fn a_session_whose_secret_or_token_was_changed_is_not_live() {
    for (name, value) in [
        ("AWS_SESSION_TOKEN", None),
        ("AWS_SESSION_TOKEN", Some("")),
        ("AWS_SESSION_TOKEN", Some("other")),
        ("AWS_SECRET_ACCESS_KEY", None),
        ("AWS_SECRET_ACCESS_KEY", Some("other")),
    ] {
        let (_, mut stage) = in_session();
        match value {
            Some(value) => _ = stage.set(name, value),
            None => _ = stage.remove(name),
        }
        let status = stage.awsmfa(&["status"]);
        assert_eq!(status.code, 3, "{name} {value:?}");
        assert!(status.stdout.contains(name), "{}", status.stdout);
        let prompt = stage.awsmfa(&["status", "--format", "prompt"]);
        assert_eq!((prompt.code, prompt.stdout.as_str()), (3, ""));
        let json = stage.awsmfa(&["status", "--format", "json"]);
        assert_eq!(json.code, 3);
        assert!(json.stdout.contains("\"none\""), "{}", json.stdout);

        // It starts a new session for the same target.
        stage.emulator.clear_log();
        stage.env(&["--renew-within", "15m"]);
        assert_eq!(stage.emulator.log().actions(), ["AssumeRole"]);
        assert!(stage.role().unwrap().ends_with("role/dev"));
        assert_eq!(stage.awsmfa(&["status"]).code, 0);
    }
}
