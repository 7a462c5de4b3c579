//! `--renew-within`, which costs nothing at the top of a script.

use awsmfa::clock;
use awsmfa_test_support::{Run, Stage};

fn set_end(stage: &mut Stage, seconds: i64) {
    let end = clock::now() + chrono::TimeDelta::seconds(seconds);
    stage.set("AWS_CREDENTIAL_EXPIRATION", end.to_rfc3339());
}

/// Checks that only the no-op of the shell was printed.
fn assert_nothing(run: &Run) {
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    assert_eq!(run.stdout, ":;\n");
}

#[test]
fn nothing_is_asked_sent_or_changed_while_the_session_lives_longer() {
    for target in [&["-p", "dev"][..], &["-p", "default"], &[]] {
        let mut stage = Stage::new();
        let code = stage.code();
        stage.env(&[target, &[code.as_str()]].concat());
        stage.emulator.clear_log();
        let arguments = [&["env", "-s", "sh", "--renew-within", "15m"], target].concat();
        assert_nothing(&stage.awsmfa(&arguments));
        // Not even a code is used.
        assert_nothing(&stage.awsmfa(&[&arguments[..], &["123456"]].concat()));
        stage.set("AWSMFA_RENEW_WITHIN", "15m");
        assert_nothing(&stage.awsmfa(&[&["env", "-s", "sh"], target].concat()));
        assert_eq!(stage.requests(), (0, 0));
    }
}

#[test]
fn it_renews_where_less_is_left() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    let first = stage.get("AWS_ACCESS_KEY_ID").unwrap().to_owned();
    set_end(&mut stage, 14 * 60);
    stage.env(&["--renew-within", "15m"]);
    let second = stage.get("AWS_ACCESS_KEY_ID").unwrap().to_owned();
    assert_ne!(first, second);
    set_end(&mut stage, 16 * 60);
    stage.env(&["--renew-within", "15m"]);
    assert_eq!(stage.get("AWS_ACCESS_KEY_ID"), Some(second.as_str()));
    // A session in its last minute counts as expired.
    set_end(&mut stage, 50);
    stage.env(&["--renew-within", "0s"]);
    assert_ne!(stage.get("AWS_ACCESS_KEY_ID"), Some(second.as_str()));
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
}

#[test]
fn a_session_of_another_target_does_not_count() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    let profiles = [
        (&["-p", "admin"][..], "role/admin"),
        (&["-p", "dev", "--role-session-name", "x7"], "role/dev"),
        (&["-p", "dev", "--region", "eu-west-1"], "role/dev"),
        (
            &["--role-arn", "arn:aws:iam::111122223333:role/admin"],
            "role/admin",
        ),
    ];
    for (target, role) in profiles {
        stage.emulator.clear_log();
        stage.env(&[target, &["--renew-within", "15m"]].concat());
        assert_eq!(stage.emulator.log().count("AssumeRole"), 1, "{target:?}");
        assert!(stage.role().unwrap().ends_with(role));
    }
    // Neither is a session whose keys were replaced.
    stage.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE");
    let told = stage.env_fails(&["-p", "dev", "--renew-within", "15m"]);
    assert!(told.contains("no MFA code"), "{told}");
}

/// Some SDKs use a profile or a token that was set since instead of the session.
#[test]
fn what_would_win_over_the_session_in_place_is_removed() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    stage.set("AWS_PROFILE", "dev");
    stage.set("AWS_SECURITY_TOKEN", "stale");
    let within = ["--renew-within", "15m"];

    let listed = stage.awsmfa(&[&["env", "-s", "dotenv"], &within[..]].concat());
    assert!(listed.stdout.contains("\nAWS_SESSION_TOKEN="));
    let child = stage.awsmfa(&[&["exec"], &within[..], &["--", "env"]].concat());
    assert!(child.stdout.contains("\nAWS_SESSION_TOKEN="));
    for name in ["\nAWS_PROFILE=", "\nAWS_SECURITY_TOKEN="] {
        assert!(!listed.stdout.contains(name), "{name} for a program");
        assert!(!child.stdout.contains(name), "{name} in a child");
    }

    let set = stage.variables.clone();
    stage.env(&within);
    assert_eq!(stage.get("AWS_PROFILE"), None);
    assert_eq!(stage.get("AWS_SECURITY_TOKEN"), None);
    assert_eq!(
        stage.get("AWS_ACCESS_KEY_ID"),
        set.get("AWS_ACCESS_KEY_ID").map(String::as_str)
    );
    stage.unset();
    assert_eq!(stage.get("AWS_PROFILE"), Some("dev"));
    assert_eq!(stage.get("AWS_SECURITY_TOKEN"), Some("stale"));
}

/// A user who removes the variable still has a live session.
#[test]
fn the_end_is_known_without_its_variable() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&[&code]);
    for spoilt in [None, Some("tomorrow")] {
        stage.variables.remove("AWS_CREDENTIAL_EXPIRATION");
        if let Some(text) = spoilt {
            stage.set("AWS_CREDENTIAL_EXPIRATION", text);
        }
        assert_eq!(stage.awsmfa(&["status"]).code, 0, "{spoilt:?}");
        assert_nothing(&stage.awsmfa(&["env", "-s", "sh", "--renew-within", "15m"]));
    }
}
