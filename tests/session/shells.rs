//! A session begins, a client uses it and it ends, in every shell of the main job.

use std::collections::BTreeSet;

use awsmfa_test_support::{Accounts, Stage, Variables, find_tool};

/// What AWS is asked in the session, signed by curl.
const GET_CALLER_IDENTITY: &str = r#"curl --silent --show-error --fail --aws-sigv4 aws:amz:us-east-1:sts \
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    --header "X-Amz-Security-Token: $AWS_SESSION_TOKEN" \
    --data 'Action=GetCallerIdentity&Version=2011-06-15' "$AWS_ENDPOINT_URL/""#;

/// A whole life of a session, with a second `env` in the middle, in words that every shell has.
fn life(evaluate: impl Fn(&str) -> String) -> String {
    let (first, second) = (
        evaluate("awsmfa env $CODE"),
        evaluate("awsmfa env $SECOND_CODE"),
    );
    let unset = evaluate("awsmfa unset");
    format!(
        "env -0 | sort -z > \"$OUT/before\"\n\
         {first}\n\
         env -0 | sort -z > \"$OUT/during\"\n\
         {GET_CALLER_IDENTITY} > \"$OUT/identity\"\n\
         {second}\n\
         env -0 | sort -z > \"$OUT/renewed\"\n\
         {GET_CALLER_IDENTITY} > \"$OUT/identity-again\"\n\
         {unset}\n\
         env -0 | sort -z > \"$OUT/after\"\n"
    )
}

fn posix_life() -> String {
    life(|command| format!("eval \"$({command})\""))
}

/// Runs a life from this environment, and from one that is in the way of a session.
fn live(shell: &[&str], script: &str) {
    if find_tool(shell[0]).is_none() {
        return;
    }
    live_from(Stage::new(), shell, script);

    let mut laden = Stage::new();
    for (name, value) in [
        ("AWS_PROFILE", "default"),
        ("AWS_DEFAULT_PROFILE", "bob"),
        ("AWS_SECURITY_TOKEN", "stale"),
        ("AWS_DEFAULT_REGION", ""),
        ("AWS_ACCOUNT_ID", "444455556666"),
        ("AWSMFA_DURATION", "90m"),
    ] {
        laden.set(name, value);
    }
    live_from(laden, shell, script);
}

fn live_from(mut stage: Stage, shell: &[&str], script: &str) {
    let (code, second) = (stage.code(), stage.code());
    stage.set("CODE", code);
    stage.set("SECOND_CODE", second);
    if shell[0] == "fish" {
        stage.keep_fish_out_of_the_home();
    }
    let run = stage.script(shell, script);
    run.assert_quiet_success();
    assert_eq!(run.stdout, "", "{shell:?}");

    assert_eq!(stage.written("after"), stage.written("before"), "{shell:?}");
    let before = stage.dumped("before");
    for dump in ["during", "renewed"] {
        let during = stage.dumped(dump);
        assert_session(&before, &during);
    }
    for identity in ["identity", "identity-again"] {
        let identity = stage.written(identity);
        let arn = "arn:aws:iam::123456789012:user/alice";
        assert!(identity.contains(arn), "{shell:?}: {identity}");
    }
    let actions = [
        "GetSessionToken",
        "GetCallerIdentity",
        "GetSessionToken",
        "GetCallerIdentity",
    ];
    let log = stage.emulator.log();
    assert_eq!(log.actions(), actions, "{shell:?}");
    let seconds = if stage.variables.contains_key("AWSMFA_DURATION") {
        "5400"
    } else {
        "43200"
    };
    let asked = log.entries[0].duration_seconds.as_deref();
    assert_eq!(asked, Some(seconds), "{shell:?}");
    stage.assert_clean_home();
}

/// A child has what is promised and is without what is promised; nothing else has changed.
fn assert_session(before: &Variables, during: &Variables) {
    let session: BTreeSet<&str> = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CREDENTIAL_EXPIRATION",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
    ]
    .into();
    let removed = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"];
    let mut expected = before.clone();
    expected.retain(|name, _| !removed.contains(&name.as_str()));
    if let Some(account) = expected.get_mut("AWS_ACCOUNT_ID") {
        Accounts::ACCOUNT.clone_into(account);
    }
    let mut rest = during.clone();
    rest.retain(|name, _| {
        let recorded = name.starts_with("AWSMFA_") && !before.contains_key(name);
        !session.contains(name.as_str()) && !recorded
    });
    expected.retain(|name, _| !session.contains(name.as_str()));
    assert_eq!(rest, expected);

    assert!(during["AWS_ACCESS_KEY_ID"].starts_with("ASIA"));
    for name in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        assert!(during[name].len() >= 40, "{name}");
    }
    let end = &during["AWS_CREDENTIAL_EXPIRATION"];
    let end = chrono::DateTime::parse_from_rfc3339(end).unwrap();
    assert_eq!(end.offset().local_minus_utc(), 0);
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        assert_eq!(during[name], "eu-central-1", "{name}");
    }
}

#[test]
fn bash() {
    live(&["bash", "--norc", "-eu"], &posix_life());
    live(&["bash", "--norc"], &posix_life());
}

#[test]
fn zsh() {
    live(&["zsh", "-f", "-eu"], &posix_life());
}

#[test]
fn dash() {
    live(&["dash", "-eu"], &posix_life());
}

#[test]
fn ksh() {
    live(&["ksh", "-eu"], &posix_life());
}

#[test]
fn mksh() {
    live(&["mksh", "-eu"], &posix_life());
}

#[test]
fn busybox() {
    live(&["busybox", "sh", "-eu"], &posix_life());
}

#[test]
fn yash() {
    live(&["yash", "--norcfile", "-eu"], &posix_life());
}

#[test]
fn fish() {
    let script = life(|command| format!("{command} | source; or exit"));
    live(&["fish", "--no-config"], &script);
}
