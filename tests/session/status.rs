//! The output of `awsmfa status`, word for word.

use awsmfa_test_support::Stage;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// A shell with the session of a profile that expires then, in a time zone without summer time.
fn in_session(profile: &str, end: DateTime<Utc>) -> Stage {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.set("AWS_REGION", "eu-central-1");
    stage.env(&["-p", profile, &code]);
    stage.set("TZ", "IST-5:30");
    stage.set("AWS_CREDENTIAL_EXPIRATION", end.to_rfc3339());
    stage
}

/// A time as people read it, in that zone.
fn local(time: DateTime<Utc>) -> String {
    let local = |time: DateTime<Utc>| time + TimeDelta::minutes(330);
    let is_today = local(time).date_naive() == local(awsmfa::clock::now()).date_naive();
    let format = if is_today { "%H:%M" } else { "%a %d %b %H:%M" };
    local(time).format(format).to_string()
}

fn kept_until(stage: &Stage) -> String {
    let end = stage.get("AWSMFA_MFA_1_EXPIRATION").unwrap();
    local(end.parse().unwrap())
}

#[track_caller]
fn assert_status(stage: &Stage, code: i32, expected: &str) {
    let run = stage.awsmfa(&["status"]);
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (code, expected, ""));
}

#[test]
fn of_a_role() {
    let end = awsmfa::clock::now() + TimeDelta::seconds(59 * 60 + 50);
    let stage = in_session("dev", end);
    let (until, kept) = (local(end), kept_until(&stage));
    let expected = format!(
        "dev (role dev in 111122223333, eu-central-1), 59m left, until {until}\n  \
           role     arn:aws:iam::111122223333:role/dev\n  \
           user     arn:aws:iam::123456789012:user/alice\n  \
           endpoint 127.0.0.1 by AWS_ENDPOINT_URL\n  \
           renew    awsmfa env\n  \
           MFA      kept until {kept}: roles up to 1h need no code\n"
    );
    assert_status(&stage, 0, &expected);
}

#[test]
fn of_a_user() {
    let end = awsmfa::clock::now() + TimeDelta::seconds(59);
    let stage = in_session("default", end);
    let until = local(end);
    let run = stage.awsmfa(&["status"]);
    let left = run
        .stdout
        .split([',', ' '])
        .find(|word| word.ends_with('s'));
    let seconds: u32 = left.unwrap().trim_end_matches('s').parse().unwrap();
    assert!((30..=59).contains(&seconds), "{run:?}");
    let expected = format!(
        "default (123456789012, eu-central-1), {seconds}s left, until {until}\n  \
           endpoint 127.0.0.1 by AWS_ENDPOINT_URL\n  \
           renew    awsmfa env (needs a code)\n"
    );
    assert_eq!((run.code, run.stdout), (0, expected));
}

#[test]
fn of_what_is_over() {
    let end = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut stage = in_session("dev", end);
    stage.set("AWSMFA_MFA_1_EXPIRATION", "2026-01-01T00:00:00Z");
    stage.remove("AWS_REGION");
    stage.remove("AWS_DEFAULT_REGION");
    let expected = "dev (role dev in 111122223333), expired, Thu 01 Jan 05:30\n  \
           role     arn:aws:iam::111122223333:role/dev\n  \
           user     arn:aws:iam::123456789012:user/alice\n  \
           endpoint 127.0.0.1 by AWS_ENDPOINT_URL\n  \
           renew    awsmfa env (needs a code)\n";
    assert_status(&stage, 4, expected);
}

#[test]
fn without_a_session() {
    let mut stage = Stage::new();
    let expected = "no awsmfa session in this shell\n  \
           endpoint 127.0.0.1 by AWS_ENDPOINT_URL\n";
    assert_status(&stage, 3, expected);
    stage.remove("AWS_ENDPOINT_URL");
    assert_status(&stage, 3, "no awsmfa session in this shell\n");
    stage.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    let expected = "no awsmfa session in this shell\n\
                    ! the AWS keys in this shell are not from awsmfa\n";
    assert_status(&stage, 3, expected);
}

/// With it, a bare `env` would start a session of that profile.
#[test]
fn with_a_profile_that_was_set_since() {
    let end = "2099-06-01T12:00:00Z".parse().unwrap();
    let mut stage = in_session("default", end);
    stage.set("AWS_PROFILE", "bob");
    let told = stage.awsmfa(&["status"]).stdout;
    assert!(told.contains("until Mon 01 Jun 17:30"), "{told}");
    assert!(!told.contains("renew"), "{told}");
    let warning =
        "! AWS_PROFILE is set: awsmfa and some programs use that profile, not this session\n";
    assert!(told.ends_with(warning), "{told}");
}

#[test]
fn for_programs() {
    let end = "2099-06-01T12:00:00Z".parse().unwrap();
    let stage = in_session("dev", end);
    let run = stage.awsmfa(&["status", "--format", "json"]);
    let mut status: Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(status["seconds_left"].take().as_u64() > Some(2_000_000_000));
    assert!(status["mfa_session_expiration"].take().is_string());
    let expected = serde_json::json!({
        "state": "live",
        "profile": "dev",
        "role_arn": "arn:aws:iam::111122223333:role/dev",
        "user_arn": "arn:aws:iam::123456789012:user/alice",
        "account": "111122223333",
        "account_id": "111122223333",
        "region": "eu-central-1",
        "endpoint_url": stage.emulator.http_url(),
        "source_profile": "default",
        "expires_at": "2099-06-01T12:00:00Z",
        "expiration": "2099-06-01T12:00:00Z",
        "seconds_left": null,
        "mfa_session_expiration": null,
        "warnings": [],
    });
    assert_eq!(status, expected);
}
