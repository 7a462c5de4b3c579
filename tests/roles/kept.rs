//! The kept MFA session: how long, for whom, and what remains if AWS denies a role.

use awsmfa::clock;
use awsmfa_test_support::{Accounts, Fault, Stage};

use crate::switching::ALICE;

const HOUR: i64 = 3600;

#[test]
fn a_role_past_its_hour_is_renewed_without_a_code_while_the_mfa_session_lives() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    let first = stage.get("AWS_ACCESS_KEY_ID").unwrap().to_owned();
    stage.emulator.advance(2 * HOUR);
    stage.env(&[]);
    assert_ne!(stage.get("AWS_ACCESS_KEY_ID"), Some(first.as_str()));
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);

    // After twelve hours AWS refuses the MFA session, and there is nobody to ask for a code.
    stage.emulator.advance(12 * HOUR);
    start_kept(&mut stage, 12 * HOUR);
    let before = stage.variables.clone();
    let told = stage.env_fails(&[]);
    assert!(told.contains("aws:MultiFactorAuthAge"), "{told}");
    assert!(told.contains("the session has expired"), "{told}");
    assert_eq!(stage.variables, before);
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);

    let code = stage.code();
    stage.env(&[&code]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
}

#[test]
fn a_role_that_wants_a_younger_code_says_so_and_a_program_is_asked_for_one() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    stage.emulator.advance(901);
    start_kept(&mut stage, 901);
    let before = stage.variables.clone();
    let told = stage.env_fails(&["-p", "fresh"]);
    assert!(told.contains("aws:MultiFactorAuthAge"), "{told}");
    assert!(told.contains("role/fresh"), "{told}");
    assert_eq!(stage.variables, before);

    let program = format!("echo {}", stage.code());
    let told = stage.env(&["-p", "fresh", "--code-command", &program]);
    assert!(
        told.contains("trying again with a fresh MFA session"),
        "{told}"
    );
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
    // Now the new session is the kept one.
    stage.env(&["-p", "audit"]);
    stage.env(&["-p", "fresh"]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
}

#[test]
fn a_young_mfa_session_is_not_blamed_for_a_refused_role() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    let before = stage.variables.clone();
    let program = format!("echo {}", stage.code());
    let refused = [
        "-p",
        "audit",
        "--external-id",
        "Example-8",
        "--code-command",
        &program,
    ];
    for (seconds, codes) in [(0, 1), (290, 1), (310, 2)] {
        stage.variables = before.clone();
        start_kept(&mut stage, seconds);
        let told = stage.env_fails(&refused);
        assert_eq!(
            stage.emulator.log().count_with_token_code(),
            codes,
            "{seconds} s: {told}"
        );
        assert!(told.contains("role/audit"), "{told}");
    }
    // The current session may be the MFA session itself.
    stage.variables = before;
    stage.env(&["-p", "default"]);
    let told = stage.env_fails(&refused);
    assert!(!told.contains("fresh MFA session"), "{told}");
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
}

/// Makes the MFA session look this old.
fn start_kept(stage: &mut Stage, seconds: i64) {
    let started = clock::now() - chrono::TimeDelta::seconds(seconds);
    stage.set("AWSMFA_MFA_1_STARTED", started.to_rfc3339());
}

#[test]
fn less_than_a_minute_counts_as_expired() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    for (left, asks) in [(90, false), (50, true)] {
        stage.emulator.clear_log();
        let end = clock::now() + chrono::TimeDelta::seconds(left);
        stage.set("AWSMFA_MFA_1_EXPIRATION", end.to_rfc3339());
        let run = stage.awsmfa(&["env", "--shell", "sh"]);
        assert_eq!(run.code, i32::from(asks), "{left} s left: {}", run.stderr);
        let sent = stage.requests().0;
        assert_eq!(sent, usize::from(!asks), "{left} s left");
    }
}

#[test]
fn a_refused_role_keeps_the_session_that_the_code_paid_for() {
    for start in [
        &[][..],
        &[("AWS_PROFILE", "audit"), ("AWS_REGION", "eu-west-1")],
    ] {
        let mut stage = Stage::new();
        stage.set_all(start);
        let before = stage.variables.clone();
        let (aws, code) = (stage.aws(), stage.code());
        let wrong = ["-p", "audit", "--external-id", "Example-8", &code];
        let told = stage.env_fails(&wrong);
        assert!(told.contains("the next try needs no code"), "{told}");
        assert!(told.contains("role/audit"), "{told}");
        assert_eq!(stage.aws(), aws, "the variables of AWS are as they were");
        assert!(stage.get("AWSMFA_MFA_1_SESSION_TOKEN").is_some());

        let kept = stage.variables.clone();
        let run = stage.eval(&["unset"]);
        assert_eq!(
            run.stderr,
            "awsmfa: removed the MFA session used to switch roles\n"
        );
        assert_eq!(stage.variables, before, "unset after the failure");

        stage.variables = kept;
        stage.env(&["-p", "audit"]);
        assert_eq!(stage.emulator.log().count_with_token_code(), 1);
        stage.unset();
        assert_eq!(stage.variables, before, "unset after the next try");
    }
}

#[test]
fn a_refused_role_inside_a_session_leaves_that_session_in_place() {
    let mut stage = Stage::new();
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    let (aws, code) = (stage.aws(), stage.code());
    stage.env_fails(&["-p", "audit", "--external-id", "Example-8", &code]);
    assert_eq!(stage.aws(), aws);
    // A bare `env` still repeats the target of the current session.
    stage.env(&[]);
    assert!(stage.role().unwrap().ends_with("role/dev"));
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
    stage.unset();
    assert_eq!(stage.variables, before);
}

#[test]
fn a_kept_session_is_never_used_for_another_user_or_endpoint() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    stage.emulator.clear_log();

    // Another user: bob's profile, his keys in the environment, his keys in alice's profile.
    let alices = stage.variables.clone();
    stage.env_fails(&["-p", "bob"]);
    stage.set("AWS_ACCESS_KEY_ID", Accounts::BOB_KEY);
    stage.set("AWS_SECRET_ACCESS_KEY", Accounts::BOB_SECRET);
    stage.variables.remove("AWS_SESSION_TOKEN");
    stage.env_fails(&["--serial", "arn:aws:iam::123456789012:mfa/bob"]);
    stage.variables = alices.clone();
    let bobs = ALICE
        .replace(Accounts::ALICE_KEY, Accounts::BOB_KEY)
        .replace(Accounts::ALICE_SECRET, Accounts::BOB_SECRET);
    stage.home.write_credentials(&bobs);
    stage.env_fails(&[]);
    stage.env_fails(&["-p", "dev"]);
    stage.home.write_credentials(ALICE);

    // Another endpoint, from the variable or from the profile.
    stage.set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9");
    stage.env_fails(&["-p", "dev"]);
    assert_eq!(stage.requests(), (0, 0));

    // The same user under the name of another profile.
    stage.variables = alices;
    stage
        .home
        .write_credentials(&ALICE.replace("[default]", "[default]\n[other]"));
    stage.env(&["-p", "other", "--region", "eu-west-1"]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 0);
}

#[test]
fn a_code_always_makes_a_fresh_session() {
    let mut stage = Stage::new();
    for arguments in [
        &["-p", "dev"][..],
        &["-p", "admin"],
        &["-p", "default"],
        &[],
    ] {
        let kept = stage.get("AWSMFA_MFA_1_ACCESS_KEY_ID").map(str::to_owned);
        let code = stage.code();
        stage.emulator.clear_log();
        stage.env(&[arguments, &[code.as_str()]].concat());
        assert_eq!(stage.emulator.log().count("GetSessionToken"), 1);
        let now = stage.get("AWSMFA_MFA_1_ACCESS_KEY_ID");
        assert!(now.is_none() || now != kept.as_deref());
    }
    // A plain MFA session is not renewed automatically.
    let before = stage.variables.clone();
    let told = stage.env_fails(&[]);
    assert!(told.contains("no MFA code"), "{told}");
    assert_eq!(stage.variables, before);
}

#[test]
fn a_name_that_nobody_tells_costs_no_second_code() {
    let mut stage = Stage::new();
    let denied = Fault::Error {
        status: 403,
        code: "AccessDenied".to_owned(),
        message: "by a firewall".to_owned(),
    };
    stage.emulator.inject(denied.on("GetCallerIdentity"));
    let (aws, code) = (stage.aws(), stage.code());
    let told = stage.env_fails(&["-p", "dev", &code]);
    assert!(told.contains("while looking up the user's name"), "{told}");
    assert_eq!(stage.aws(), aws);
    stage.emulator.clear_faults();
    stage.env(&["-p", "dev"]);
    let log = stage.emulator.log();
    assert_eq!(log.count_with_token_code(), 1);
    assert_eq!(log.last().role_session_name.as_deref(), Some("alice"));
}

#[test]
fn a_chain_that_breaks_at_its_second_role_costs_one_code() {
    let mut stage = Stage::new();
    stage.emulator.edit(|accounts| {
        accounts.role("chained").trust.principals.clear();
    });
    let code = stage.code();
    let told = stage.env_fails(&["-p", "chained", &code]);
    assert!(told.contains("role/chained"), "{told}");
    stage.emulator.edit(|accounts| {
        let dev = accounts.role("dev").arn();
        accounts.role("chained").trust.principals.push(dev);
    });
    stage.env(&["-p", "chained"]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
}
