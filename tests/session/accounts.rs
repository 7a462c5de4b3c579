//! Several roles at once: profiles whose `credential_process` is awsmfa, as README has them.

use std::fs;

use awsmfa_test_support::{Stage, find_tool};

const DEV: &str = "arn:aws:sts::111122223333:assumed-role/dev/alice";
const AUDIT: &str = "arn:aws:sts::444455556666:assumed-role/audit/alice";

/// Both roles by the AWS CLI, then by boto3.
const BOTH: &str = "aws sts get-caller-identity --query Arn --output text --profile dev-now\n\
                    aws sts get-caller-identity --query Arn --output text --profile audit-now\n\
                    python3 -c '\n\
                    import boto3\n\
                    sessions = [boto3.Session(profile_name=name) for name in (\"dev-now\", \"audit-now\")]\n\
                    for session in sessions:\n    \
                        print(session.client(\"sts\").get_caller_identity()[\"Arn\"])'\n";

/// A home with README's profiles. None if a client is missing.
fn stage() -> Option<Stage> {
    find_tool("aws")?;
    find_tool("python3")?;
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let (_, after) = readme.split_once("```ini\n[profile dev-now]").unwrap();
    let (profiles, _) = after.split_once("```").unwrap();
    let stage = Stage::new();
    stage.add_config(&format!("[profile dev-now]{profiles}"));
    Some(stage)
}

#[track_caller]
fn both_roles_answer(stage: &Stage) {
    let run = stage.script(&["bash", "--norc", "-eu"], BOTH);
    run.assert_quiet_success();
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines, [DEV, AUDIT, DEV, AUDIT]);
    stage.assert_clean_home();
}

#[test]
fn in_a_session_no_call_needs_a_code() {
    let Some(mut stage) = stage() else {
        return;
    };
    let code = stage.code();
    stage.env(&[&code]);
    both_roles_answer(&stage);
    let log = stage.emulator.log();
    assert_eq!(log.count_with_token_code(), 1);
    assert_eq!(log.count("AssumeRole"), 4);

    // With --profile the session's own keys do not count.
    let bob = "aws sts get-caller-identity --query Arn --output text --profile bob\n";
    let run = stage.script(&["bash", "--norc"], bob);
    assert_eq!(run.stdout, "arn:aws:iam::123456789012:user/bob\n");
}

#[test]
fn without_a_session_every_call_asks_for_a_code() {
    let Some(mut stage) = stage() else {
        return;
    };
    // The one that lasts longest comes last.
    let mut codes: Vec<String> = (0..4).map(|_| stage.code()).collect();
    codes.reverse();
    stage.write("codes", codes.join("\n") + "\n");
    stage.program("next", "head -n 1 \"$OUT/codes\"; sed -i 1d \"$OUT/codes\"");
    stage.set("AWSMFA_CODE_COMMAND", "next");
    stage.set("AWS_DEFAULT_REGION", "us-east-1");
    let run = stage.script(&["bash", "--norc", "-eu"], BOTH);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(
        (run.code, lines),
        (0, vec![DEV, AUDIT, DEV, AUDIT]),
        "{}",
        run.stderr
    );
    assert_eq!(stage.emulator.log().count_with_token_code(), 4);
}

/// README quotes what the AWS CLI and boto3 say then.
#[test]
fn the_session_is_over() {
    const SAID: &str =
        "Credentials were refreshed, but the refreshed credentials are still expired";
    let Some(mut stage) = stage() else {
        return;
    };
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.replace('\n', " ").contains(SAID));
    let code = stage.code();
    stage.env(&[&code]);
    stage.set("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z");
    let run = stage.script(&["bash", "--norc"], "aws sts get-caller-identity\n");
    assert_ne!(run.code, 0);
    assert!(run.stderr.contains(SAID), "{run:?}");
}
