//! The MFA session that is kept: how long, for whom, and what a refused role leaves.

use awsmfa::clock;
use awsmfa_test_support::{Accounts, Fault};

use crate::shell::Shell;
use crate::switching::ALICE;

const HOUR: i64 = 3600;

#[test]
fn a_role_past_its_hour_is_renewed_without_a_code_while_the_mfa_session_lives() {
    let mut shell = Shell::standard();
    let code = shell.code();
    shell.env(&["-p", "dev", &code]);
    let first = shell.get("AWS_ACCESS_KEY_ID").unwrap().to_owned();
    shell.emulator.advance(2 * HOUR);
    shell.env(&[]);
    assert_ne!(shell.get("AWS_ACCESS_KEY_ID"), Some(first.as_str()));
    assert_eq!(shell.emulator.log().count_with_token_code(), 1);

    // Past the MFA session's twelve hours AWS refuses it, and nobody can be asked for a code.
    shell.emulator.advance(12 * HOUR);
    let before = shell.env.clone();
    let told = shell.env_fails(&[]);
    assert!(told.contains("aws:MultiFactorAuthAge"), "{told}");
    assert!(told.contains("the session has expired"), "{told}");
    assert_eq!(shell.env, before);
    assert_eq!(shell.emulator.log().count_with_token_code(), 1);

    let code = shell.code();
    shell.env(&[&code]);
    assert_eq!(shell.emulator.log().count_with_token_code(), 2);
}

#[test]
fn a_role_that_wants_a_younger_code_says_so_and_a_program_is_asked_for_one() {
    let mut shell = Shell::standard();
    let code = shell.code();
    shell.env(&["-p", "dev", &code]);
    shell.emulator.advance(901);
    let before = shell.env.clone();
    let told = shell.env_fails(&["-p", "fresh"]);
    assert!(told.contains("aws:MultiFactorAuthAge"), "{told}");
    assert!(told.contains("role/fresh"), "{told}");
    assert_eq!(shell.env, before);

    let program = format!("echo {}", shell.code());
    let told = shell.env(&["-p", "fresh", "--code-command", &program]);
    assert!(
        told.contains("trying again with a fresh MFA session"),
        "{told}"
    );
    assert_eq!(shell.emulator.log().count_with_token_code(), 2);
    // The fresh session is the one that is kept.
    shell.env(&["-p", "audit"]);
    shell.env(&["-p", "fresh"]);
    assert_eq!(shell.emulator.log().count_with_token_code(), 2);
}

#[test]
fn less_than_a_minute_counts_as_expired() {
    let mut shell = Shell::standard();
    let code = shell.code();
    shell.env(&["-p", "dev", &code]);
    for (left, asks) in [(90, false), (50, true)] {
        shell.emulator.clear_log();
        let end = clock::now() + chrono::TimeDelta::seconds(left);
        shell.set("AWSMFA_MFA_EXPIRATION", &end.to_rfc3339());
        let said = shell.run(&["env", "--shell", "sh"]);
        assert_eq!(
            said.status,
            i32::from(asks),
            "{left} s left: {}",
            said.stderr
        );
        let sent = shell.requests().0;
        assert_eq!(sent, usize::from(!asks), "{left} s left");
    }
}

#[test]
fn a_refused_role_keeps_the_session_that_the_code_paid_for() {
    for start in [
        &[][..],
        &[("AWS_PROFILE", "audit"), ("AWS_REGION", "eu-west-1")],
    ] {
        let mut shell = Shell::standard();
        for (name, value) in start {
            shell.set(name, value);
        }
        let before = shell.env.clone();
        let (aws, code) = (shell.aws(), shell.code());
        let wrong = ["-p", "audit", "--external-id", "Example-8", &code];
        let told = shell.env_fails(&wrong);
        assert!(told.contains("the next try needs no code"), "{told}");
        assert!(told.contains("role/audit"), "{told}");
        assert_eq!(shell.aws(), aws, "the variables of AWS are as they were");
        assert!(shell.get("AWSMFA_MFA_SESSION_TOKEN").is_some());

        let kept = shell.env.clone();
        let said = shell.eval(&["unset"]);
        assert_eq!(
            said.stderr,
            "awsmfa: the MFA session that was kept for roles is dropped; nothing of AWS's is changed\n"
        );
        assert_eq!(shell.env, before, "unset after the failure");

        shell.env = kept;
        shell.env(&["-p", "audit"]);
        assert_eq!(shell.emulator.log().count_with_token_code(), 1);
        shell.unset();
        assert_eq!(shell.env, before, "unset after the next try");
    }
}

#[test]
fn a_refused_role_inside_a_session_leaves_that_session_in_place() {
    let mut shell = Shell::standard();
    let before = shell.env.clone();
    let code = shell.code();
    shell.env(&["-p", "dev", &code]);
    let (aws, code) = (shell.aws(), shell.code());
    shell.env_fails(&["-p", "audit", "--external-id", "Example-8", &code]);
    assert_eq!(shell.aws(), aws);
    // The target of the session in place is still what a bare call repeats.
    shell.env(&[]);
    assert!(shell.role_in_place().unwrap().ends_with("role/dev"));
    assert_eq!(shell.emulator.log().count_with_token_code(), 2);
    shell.unset();
    assert_eq!(shell.env, before);
}

#[test]
fn a_kept_session_is_never_used_for_another_user_or_endpoint() {
    let mut shell = Shell::standard();
    let code = shell.code();
    shell.env(&["-p", "dev", &code]);
    shell.emulator.clear_log();

    // Another user: bob's profile, his keys in the environment, his keys in alice's profile.
    let alices = shell.env.clone();
    shell.env_fails(&["-p", "bob"]);
    shell.set("AWS_ACCESS_KEY_ID", Accounts::BOB_KEY);
    shell.set("AWS_SECRET_ACCESS_KEY", Accounts::BOB_SECRET);
    shell.env.remove("AWS_SESSION_TOKEN");
    shell.env_fails(&["--serial", "arn:aws:iam::123456789012:mfa/bob"]);
    shell.env = alices.clone();
    let bobs = ALICE
        .replace(Accounts::ALICE_KEY, Accounts::BOB_KEY)
        .replace(Accounts::ALICE_SECRET, Accounts::BOB_SECRET);
    shell.home.write_credentials(&bobs);
    shell.env_fails(&[]);
    shell.env_fails(&["-p", "dev"]);
    shell.home.write_credentials(ALICE);

    // Another endpoint, by the variable or by the profile.
    shell.set("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9");
    shell.env_fails(&["-p", "dev"]);
    assert_eq!(shell.requests(), (0, 0));

    // The same user under another profile's name is the same user.
    shell.env = alices;
    shell
        .home
        .write_credentials(&ALICE.replace("[default]", "[default]\n[other]"));
    shell.env(&["-p", "other", "--region", "eu-west-1"]);
    assert_eq!(shell.emulator.log().count_with_token_code(), 0);
}

#[test]
fn a_code_always_makes_a_fresh_session() {
    let mut shell = Shell::standard();
    for arguments in [
        &["-p", "dev"][..],
        &["-p", "admin"],
        &["-p", "default"],
        &[],
    ] {
        let kept = shell.get("AWSMFA_MFA_ACCESS_KEY_ID").map(str::to_owned);
        let code = shell.code();
        shell.emulator.clear_log();
        shell.env(&[arguments, &[code.as_str()]].concat());
        assert_eq!(shell.emulator.log().count("GetSessionToken"), 1);
        let now = shell.get("AWSMFA_MFA_ACCESS_KEY_ID");
        assert!(now.is_none() || now != kept.as_deref());
    }
    // A plain MFA session is not renewed by itself.
    let before = shell.env.clone();
    let told = shell.env_fails(&[]);
    assert!(told.contains("no MFA code"), "{told}");
    assert_eq!(shell.env, before);
}

#[test]
fn a_name_that_nobody_tells_costs_no_second_code() {
    let mut shell = Shell::standard();
    let denied = Fault::Error {
        status: 403,
        code: "AccessDenied".to_owned(),
        message: "by a firewall".to_owned(),
    };
    shell.emulator.inject(denied.on("GetCallerIdentity"));
    let (aws, code) = (shell.aws(), shell.code());
    let told = shell.env_fails(&["-p", "dev", &code]);
    assert!(told.contains("no name for the role's session"), "{told}");
    assert_eq!(shell.aws(), aws);
    shell.emulator.clear_faults();
    shell.env(&["-p", "dev"]);
    let log = shell.emulator.log();
    assert_eq!(log.count_with_token_code(), 1);
    assert_eq!(log.last().role_session_name.as_deref(), Some("alice"));
}

#[test]
fn a_chain_that_breaks_at_its_second_role_costs_one_code() {
    let mut shell = Shell::standard();
    shell.emulator.edit(|accounts| {
        accounts.role("chained").trust.principals.clear();
    });
    let code = shell.code();
    let told = shell.env_fails(&["-p", "chained", &code]);
    assert!(told.contains("role/chained"), "{told}");
    shell.emulator.edit(|accounts| {
        let dev = accounts.role("dev").arn();
        accounts.role("chained").trust.principals.push(dev);
    });
    shell.env(&["-p", "chained"]);
    assert_eq!(shell.emulator.log().count_with_token_code(), 1);
}
