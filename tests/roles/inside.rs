//! Inside `exec`: the child knows its session and gets no other secret.

use awsmfa_test_support::{Accounts, Stage, Variables, variables};

/// The environment of exec's child.
#[track_caller]
fn child(stage: &Stage, arguments: &[&str]) -> Variables {
    let said = stage.awsmfa(&[&["exec"], arguments, &["--", "env", "-0"]].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
    let mut child = variables(&said.stdout);
    // Drop the few variables that sh itself adds.
    child.retain(|name, _| stage.variables.contains_key(name) || name.starts_with("AWS"));
    child
}

/// The stage of a user inside `exec`.
fn inside(mut stage: Stage, arguments: &[&str]) -> Stage {
    stage.variables = child(&stage, arguments);
    stage
}

fn with_own_keys() -> Stage {
    let mut stage = Stage::new();
    stage.set_all(&[
        ("AWS_ACCESS_KEY_ID", Accounts::BOB_KEY),
        ("AWS_SECRET_ACCESS_KEY", Accounts::BOB_SECRET),
        ("AWS_PROFILE", "default"),
        ("AWS_SECURITY_TOKEN", "stale"),
    ]);
    stage
}

#[test]
fn no_secret_but_the_sessions_is_there() {
    let mut stage = with_own_keys();
    let code = stage.code();
    // The MFA session behind the role stays in the outer shell.
    stage.env(&["-p", "audit", &code]);
    let secrets = [
        "AWSMFA_MFA_1_SECRET_ACCESS_KEY",
        "AWSMFA_MFA_1_SESSION_TOKEN",
    ]
    .map(|name| stage.variables[name].clone());
    for arguments in [&["-p", "dev"][..], &["--renew-within", "5m"]] {
        let child = child(&stage, arguments);
        for (name, value) in child.iter().filter(|(name, _)| name.starts_with("AWSMFA_")) {
            assert!(!name.starts_with("AWSMFA_REPLACED_"), "{name}");
            assert!(!name.starts_with("AWSMFA_MFA_"), "{name}");
            assert_ne!(name, "AWSMFA_SPENT_CODE");
            let known = [Accounts::BOB_SECRET, "stale", &code];
            let sessions = [&child["AWS_SECRET_ACCESS_KEY"], &child["AWS_SESSION_TOKEN"]];
            let mut all = known.into_iter();
            assert!(!all.any(|secret| value == secret), "{name}");
            assert!(
                !secrets.contains(value) && !sessions.contains(&value),
                "{name}"
            );
        }
    }
}

#[test]
fn status_and_the_prompt_know_the_session() {
    let stage = Stage::new();
    let code = stage.code();
    let stage = inside(stage, &["-p", "dev", &code]);
    let status = stage.awsmfa(&["status"]);
    assert_eq!(status.code, 0, "{}", status.stdout);
    assert!(status.stdout.contains("role/dev"), "{}", status.stdout);
    let prompt = stage.awsmfa(&["status", "--format", "prompt"]);
    assert!(prompt.stdout.starts_with("dev "), "{}", prompt.stdout);
}

#[test]
fn unset_ends_the_session_and_restores_nothing() {
    let stage = with_own_keys();
    let mut expected = stage.variables.clone();
    let code = stage.code();
    let mut stage = inside(stage, &["-p", "dev", "--region", "eu-west-1", &code]);
    assert_eq!(stage.get("AWS_REGION"), Some("eu-west-1"));
    stage.unset();
    expected.retain(|name, _| {
        ![
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_PROFILE",
            "AWS_SECURITY_TOKEN",
        ]
        .contains(&name.as_str())
    });
    assert_eq!(stage.variables, expected);
    assert_eq!(stage.awsmfa(&["status"]).code, 3);
}

#[test]
fn env_judges_the_environment_without_the_session() {
    let stage = Stage::new();
    stage.add_config(
        "[profile west]
region = eu-west-1
\
         role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default
",
    );
    let code = stage.code();
    let mut stage = inside(stage, &["-p", "default", &code]);
    assert_eq!(stage.get("AWS_REGION"), Some("eu-central-1"));
    // The current session is the MFA session, so a role of the same user needs no code.
    stage.env(&["-p", "west"]);
    assert_eq!(stage.get("AWS_REGION"), Some("eu-west-1"));
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
    stage.unset();
    assert_eq!(stage.get("AWS_REGION"), None);
    assert_eq!(stage.records(), [""; 0]);
}

#[test]
fn a_bare_env_repeats_the_target() {
    let stage = Stage::new();
    let code = stage.code();
    let mut stage = inside(stage, &["-p", "audit", &code]);
    let code = stage.code();
    stage.env(&[&code]);
    assert!(stage.role().unwrap().ends_with("role/audit"));
}
