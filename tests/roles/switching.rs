//! One code, then any role of the same user.

use std::time::{Duration, Instant};

use awsmfa_test_support::{Fault, Role, Run, Stage, Trust, find_tool};

pub(crate) const DEV: &str = "arn:aws:iam::111122223333:role/dev";
const ADMIN: &str = "arn:aws:iam::111122223333:role/admin";
const AUDIT: &str = "arn:aws:iam::444455556666:role/audit";
const CHAINED: &str = "arn:aws:iam::444455556666:role/chained";

#[test]
fn one_code_then_four_roles_and_back() {
    let mut stage = Stage::new();
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    assert_eq!(stage.role(), Some(DEV));
    let end = stage.get("AWS_CREDENTIAL_EXPIRATION").unwrap();
    assert!(end.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(end).is_ok());
    for (profile, role) in [("admin", ADMIN), ("audit", AUDIT), ("chained", CHAINED)] {
        stage.env(&["-p", profile]);
        assert_eq!(stage.role(), Some(role));
    }
    stage.env(&["-p", "default"]);
    assert_eq!(stage.role(), None);
    let own = stage.get("AWS_ACCESS_KEY_ID").unwrap().to_owned();
    stage.env(&["-p", "fresh"]);
    stage.env(&["-p", "default"]);
    assert_eq!(stage.get("AWS_ACCESS_KEY_ID"), Some(own.as_str()));

    let log = stage.emulator.log();
    assert_eq!(log.count_with_token_code(), 1, "{:?}", log.actions());
    assert_eq!(log.count("GetSessionToken"), 1);
    assert_eq!(log.count("GetCallerIdentity"), 1, "the name is asked once");
    assert_eq!(log.count("AssumeRole"), 6, "a chain of two has two");
    for entry in log.entries.iter().filter(|e| e.action == "AssumeRole") {
        assert_eq!(entry.role_session_name.as_deref(), Some("alice"));
        assert_eq!(entry.duration_seconds.as_deref(), Some("3600"));
        let audit = entry.role_arn.as_deref() == Some(AUDIT);
        assert_eq!(entry.external_id.as_deref(), audit.then_some("Example-7"));
    }

    stage.unset();
    assert_eq!(stage.variables, before);
}

/// Clients that print the user they are signed in as.
const CLIENTS: [&[&str]; 2] = [
    &[
        "aws",
        "sts",
        "get-caller-identity",
        "--query",
        "Arn",
        "--output",
        "text",
    ],
    &[
        "python3",
        "-c",
        "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])",
    ],
];

#[test]
fn the_aws_cli_and_boto3_see_each_identity() {
    // The Python with boto3 comes with the AWS CLI.
    if find_tool("aws").is_none() {
        return;
    }
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&[&code]);
    for (profile, arn) in [
        ("dev", "arn:aws:sts::111122223333:assumed-role/dev/alice"),
        (
            "audit",
            "arn:aws:sts::444455556666:assumed-role/audit/alice",
        ),
        ("default", "arn:aws:iam::123456789012:user/alice"),
    ] {
        stage.env(&["-p", profile]);
        for client in CLIENTS {
            let run = Run::execute(&mut stage.command(client));
            run.assert_quiet_success();
            assert_eq!(run.stdout.trim(), arn, "{client:?}");
            assert!(stage.emulator.log().last().session_token, "not the keys");
        }
    }
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
    stage.assert_clean_home();
}

#[test]
fn the_users_name_costs_no_round_trip() {
    const DELAY: Duration = Duration::from_secs(3);
    let mut stage = Stage::new();
    stage
        .emulator
        .inject(Fault::Delay(DELAY).on("GetSessionToken"));
    stage
        .emulator
        .inject(Fault::Delay(DELAY).on("GetCallerIdentity"));
    let code = stage.code();
    let begin = Instant::now();
    stage.env(&["-p", "dev", &code]);
    let took = begin.elapsed();
    assert!(took >= DELAY && took < 2 * DELAY, "{took:?}");
    let log = stage.emulator.log();
    assert_eq!(log.count("GetCallerIdentity"), 1);
    assert_eq!(log.last().role_session_name.as_deref(), Some("alice"));
}

#[test]
fn a_name_in_the_profile_or_the_options_wins_and_spares_the_question() {
    let mut stage = Stage::with_files(
        "[default]
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default
role_session_name = from-the-profile
",
        ALICE,
    );
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    let name = |stage: &Stage| stage.emulator.log().last().role_session_name.clone();
    assert_eq!(name(&stage).as_deref(), Some("from-the-profile"));
    stage.env(&["-p", "dev", "--role-session-name", "from-the-option"]);
    assert_eq!(name(&stage).as_deref(), Some("from-the-option"));
    // A bare `env` repeats the whole target.
    stage.env(&[]);
    assert_eq!(name(&stage).as_deref(), Some("from-the-option"));
    let code = stage.code();
    assert_eq!(stage.emulator.log().count("GetCallerIdentity"), 0);
    // It says who acts, so nothing that is set once for all decides it.
    stage.set("AWSMFA_ROLE_SESSION_NAME", "from-a-variable");
    stage.env(&["-p", "default", "--role-arn", ADMIN, &code]);
    assert_eq!(name(&stage).as_deref(), Some("alice"));
}

#[test]
fn the_name_of_a_second_role_is_the_users_too() {
    let mut stage = Stage::with_files(
        "[default]
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default
role_session_name = build-7
[profile chained]
role_arn = arn:aws:iam::444455556666:role/chained
source_profile = dev
",
        ALICE,
    );
    // alice's own session, which does not need her name.
    let code = stage.code();
    stage.env(&[&code]);
    assert_eq!(stage.emulator.log().count("GetCallerIdentity"), 0);
    stage.env(&["-p", "chained"]);
    let log = stage.emulator.log();
    let names: Vec<_> = log
        .entries
        .iter()
        .filter_map(|entry| entry.role_session_name.as_deref())
        .collect();
    assert_eq!(names, ["build-7", "alice"]);
    assert_eq!(
        stage.get("AWSMFA_USER_ARN"),
        Some("arn:aws:iam::123456789012:user/alice")
    );
}

#[test]
fn a_users_name_is_taken_without_its_path_and_fitted_to_what_aws_takes() {
    let mut stage = Stage::new();
    stage.emulator.edit(|accounts| {
        accounts.user("alice").name = "team/q".to_owned();
        let trust = Trust::in_principals(["123456789012"]);
        accounts
            .roles
            .push(Role::new("111122223333", "open", trust));
    });
    let code = stage.emulator.device("team/q").code();
    stage.env(&["--role-arn", "arn:aws:iam::111122223333:role/open", &code]);
    let log = stage.emulator.log();
    assert_eq!(log.last().role_session_name.as_deref(), Some("q-"));
}

#[test]
fn options_name_a_role_that_no_file_does() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["--role-arn", AUDIT, "--external-id", "Example-7", &code]);
    assert_eq!(stage.role(), Some(AUDIT));
    // A bare `env` repeats the whole target, including its external ID.
    stage.env(&[]);
    assert_eq!(stage.role(), Some(AUDIT));
    // Another role: the external ID was for the last one.
    stage.env(&["--role-arn", ADMIN]);
    let log = stage.emulator.log();
    assert_eq!(log.last().external_id, None);
    assert_eq!(log.count_with_token_code(), 1);
}

/// alice's keys in the profile `default`.
pub(crate) const ALICE: &str = "[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
";

#[test]
fn doctor_knows_what_needs_no_code() {
    const NO_CODE: &str = "use the MFA session in this shell, without a code";
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    for profile in ["dev", "admin", "default"] {
        let run = stage.awsmfa(&["doctor", "-p", profile]);
        assert!(run.stdout.contains(NO_CODE), "{profile}: {}", run.stdout);
    }
    // The current session is itself the one to renew.
    stage.env(&["-p", "default"]);
    let run = stage.awsmfa(&["doctor", "-p", "default"]);
    assert!(run.stdout.contains("ask for a code"), "{}", run.stdout);
}
