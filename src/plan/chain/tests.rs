#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use super::*;
use crate::environment::Environment;
use crate::plan::source::KeysFrom;
use crate::testing::{ALICE, KEYS, environment, files};

const DEV: &str = "role_arn = arn:aws:iam::111122223333:role/dev\n";
const ADMIN: &str = "role_arn = arn:aws:iam::111122223333:role/admin\n";

/// The result of following `x`: the source's profile and key, and the names of the roles.
fn followed(config: &str, credentials: &str) -> Result<(Option<String>, String), String> {
    followed_in(&environment(&[]), config, credentials)
}

fn followed_in(
    environment: &Environment,
    config: &str,
    credentials: &str,
) -> Result<(Option<String>, String), String> {
    let files = files(config, credentials);
    let chain = follow(&files, environment, "x", None).map_err(|error| error.to_string())?;
    let roles: Vec<&str> = chain
        .hops
        .iter()
        .map(|hop| hop.role_arn.text.rsplit('/').next().unwrap())
        .collect();
    let key = chain.source.access_key_id().unwrap_or("process").to_owned();
    Ok((chain.source.profile, format!("{key} {}", roles.join(" "))))
}

fn at(profile: &str, roles: &str) -> (Option<String>, String) {
    (Some(profile.to_owned()), format!("{ALICE} {roles}"))
}

#[test]
fn keys_roles_and_chains() {
    let source = |lines: &str| format!("[profile x]\n{lines}[profile base]\n{KEYS}");
    assert_eq!(
        followed(&format!("[profile x]\n{KEYS}"), ""),
        Ok(at("x", ""))
    );
    // A profile with one half in each file.
    let credentials = format!("[x]\n{KEYS}");
    assert_eq!(
        followed("[profile x]\nregion = y\n", &credentials),
        Ok(at("x", ""))
    );
    let role = source(&format!("{DEV}source_profile = base\n"));
    assert_eq!(followed(&role, ""), Ok(at("base", "dev")));
    // The farthest role is assumed first.
    let chain = source(&format!("{ADMIN}source_profile = y\n"))
        + &format!("[profile y]\n{DEV}source_profile = base\n");
    assert_eq!(followed(&chain, ""), Ok(at("base", "dev admin")));
}

#[test]
fn a_profile_may_name_itself_and_lend_its_keys() {
    let itself = format!("[profile x]\n{DEV}{KEYS}source_profile = x\n");
    assert_eq!(followed(&itself, ""), Ok(at("x", "dev")));
    // As a source it provides its keys, whatever role it names for itself.
    let lender = format!("[profile x]\n{ADMIN}source_profile = y\n[profile y]\n{DEV}{KEYS}");
    assert_eq!(followed(&lender, ""), Ok(at("y", "admin")));
    let error = followed(&format!("[profile x]\n{DEV}source_profile = x\n"), "");
    assert!(error.unwrap_err().ends_with("is circular: x → x"));
}

#[test]
fn a_circle_is_named() {
    let config = format!(
        "[profile x]\n{DEV}source_profile = y\n[profile y]\n{DEV}source_profile = z\n\
         [profile z]\n{DEV}source_profile = y\n"
    );
    assert_eq!(
        followed(&config, "").unwrap_err(),
        "profile z, config line 9: source_profile is circular: x → y → z → y"
    );
}

#[test]
fn credential_source_and_credential_process() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", ALICE),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];
    let config = format!("[profile x]\n{DEV}credential_source = Environment\n");
    let found = followed_in(&environment(&keys), &config, "");
    assert_eq!(found, Ok((None, format!("{ALICE} dev"))));
    // A session's keys are not a user's.
    let session = [keys[0], keys[1], ("AWS_SESSION_TOKEN", "token")];
    assert!(followed_in(&environment(&session), &config, "").is_err());

    let process = "[profile x]\ncredential_process = keys --of alice\n";
    let files = files(process, "");
    let chain = follow(&files, &environment(&[]), "x", None).unwrap();
    let expected = KeysFrom::Process("keys --of alice".to_owned());
    assert_eq!(chain.source.keys, expected);
    assert_eq!(
        chain.source.place.to_string(),
        "profile x, config line 2: credential_process"
    );
    // As in the AWS CLI, it wins over keys in the config file, but not over those in the credentials file.
    let config = format!("{process}{KEYS}");
    let found = Ok((Some("x".to_owned()), "process ".to_owned()));
    assert_eq!(followed(&config, ""), found);
    assert_eq!(followed(process, &format!("[x]\n{KEYS}")), Ok(at("x", "")));
}

#[test]
fn what_is_no_pair_of_long_term_keys() {
    for (lines, place) in [
        (
            "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n",
            "aws_access_key_id without",
        ),
        (
            "aws_secret_access_key = x\n",
            "aws_secret_access_key without",
        ),
        (
            &*format!("{KEYS}aws_session_token = t\n"),
            "aws_session_token belongs to temporary",
        ),
        (
            &*format!("{KEYS}aws_security_token = t\n"),
            "aws_security_token belongs to temporary",
        ),
        (
            &*KEYS.replace("AKIA", "ASIA"),
            "aws_access_key_id belongs to temporary",
        ),
    ] {
        let error = followed("", &format!("[x]\n{lines}")).unwrap_err();
        assert!(error.starts_with("profile x, credentials line "), "{error}");
        assert!(error.contains(place), "{error}");
    }
    // A key with an empty value counts as absent.
    let empty = format!("[x]\n{KEYS}aws_session_token =\n");
    assert_eq!(followed("", &empty), Ok(at("x", "")));
}

#[test]
fn mfa_that_happens_elsewhere_is_told_with_what_to_do() {
    for (line, hint) in [
        ("sso_session = corp", "aws sso login --profile x"),
        (
            "sso_start_url = https://example.com",
            "aws sso login --profile x",
        ),
        ("login_session = alice", "aws login --profile x"),
        ("web_identity_token_file = /token", "AWS_PROFILE=x"),
    ] {
        for role in ["", DEV] {
            let files = files(&format!("[profile x]\n{line}\n{role}"), "");
            let error = follow(&files, &environment(&[]), "x", None).unwrap_err();
            assert!(error.message.ends_with("not at STS"), "{line}: {error}");
            assert!(error.hint.as_ref().unwrap().contains(hint), "{error:?}");
        }
    }
}

#[test]
fn the_nearest_name_is_offered() {
    let files = files(
        "[profile production]\n[profile staging]\n[profile dev]\n",
        "",
    );
    let hint = |name| find(&files, name, None).unwrap_err().hint.unwrap();
    assert_eq!(hint("prodution"), "did you mean production?");
    assert_eq!(hint("stagin"), "did you mean staging?");
    assert_eq!(hint("dve"), "did you mean dev?");
    assert_eq!(hint("zzz"), "list them: awsmfa profiles");
}

#[test]
fn keys_and_token_come_from_one_file() {
    let keys = format!("[x]\n{KEYS}");
    let token = "[profile x]\naws_session_token = t\n";
    assert_eq!(followed(token, &keys), Ok(at("x", "")));
    let halves = followed(
        "[profile x]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n",
        "[x]\naws_secret_access_key = secret\n",
    );
    assert_eq!(
        halves.unwrap_err(),
        "profile x, config line 2: aws_access_key_id without aws_secret_access_key"
    );
}

#[test]
fn keys_written_after_a_sign_in_count() {
    let keys = format!("[x]\n{KEYS}");
    for config in ["login_session = alice", "sso_session = corp"] {
        let config = format!("[profile x]\n{config}\n");
        assert_eq!(followed(&config, &keys), Ok(at("x", "")), "{config}");
    }
    let account = "[profile x]\nsso_session = corp\nsso_account_id = 111122223333\n";
    assert!(followed(account, &keys).unwrap_err().contains("SSO"));
}

#[test]
fn what_the_aws_cli_rejects_is_rejected_with_its_place() {
    let base = format!("[profile base]\n{KEYS}");
    for (lines, message) in [
        (
            &*format!("{DEV}source_profile = base\ncredential_source = Environment\n"),
            "profile x, config line 4: credential_source excludes source_profile, which the profile x has as well",
        ),
        (
            "role_arn =\nsource_profile = base\n",
            "profile x, config line 2: role_arn is empty",
        ),
        (
            &*format!("{DEV}source_profile =\n"),
            "profile x, config line 3: source_profile is empty",
        ),
        (
            "credential_process =\n",
            "profile x, config line 2: credential_process is empty",
        ),
        (
            "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key =\n",
            "profile x, config line 3: aws_secret_access_key is empty",
        ),
        (
            "source_profile = base\n",
            "profile x, config line 2: source_profile counts only beside role_arn, which the profile x lacks",
        ),
    ] {
        let error = followed(&format!("[profile x]\n{lines}{base}"), "").unwrap_err();
        assert_eq!(error, message);
    }
}

#[test]
fn hints_name_the_next_step() {
    let hint = |config: &str, credentials: &str| {
        let files = files(config, credentials);
        let error = follow(&files, &environment(&[]), "x", None).unwrap_err();
        error.hint.unwrap()
    };
    let own_keys = format!("[profile x]\n{DEV}{KEYS}");
    assert!(hint(&own_keys, "").ends_with("add source_profile = x"));
    let source = "[profile x]\nsource_profile = base\n[profile base]\n";
    assert!(hint(source, "").ends_with("--profile base"));
    // aws-mfa keeps the session in NAME, and before the first one nothing.
    let session = KEYS.replace("AKIA", "ASIA");
    for session in [&*format!("{session}aws_session_token = t\n"), ""] {
        let credentials = format!("[x]\n{session}[x-long-term]\n{KEYS}");
        assert!(hint("", &credentials).ends_with("--profile x-long-term"));
    }
}

#[test]
fn an_access_key_id_of_another_shape_is_not_repeated() {
    for odd in [
        "\"AKIAIOSFODNN7EXAMPLE\"",
        "AKIA IOSFODNN7",
        "wJalr/XUtn+K7",
    ] {
        let lines = format!("aws_access_key_id = {odd}\naws_secret_access_key = x\n");
        for (config, credentials, file) in [
            (format!("[profile x]\n{lines}"), String::new(), "config"),
            (String::new(), format!("[x]\n{lines}"), "credentials"),
        ] {
            let error = followed(&config, &credentials).unwrap_err();
            let place =
                format!("profile x, {file} line 2: aws_access_key_id is not an access key ID");
            assert!(error.starts_with(&place) && !error.contains(odd), "{error}");
        }
    }
}

#[test]
fn an_error_lists_a_few_profiles() {
    let names: Vec<String> = (1..=20).map(|n| format!("p{n}")).collect();
    assert_eq!(listed(&names[..2]), "p1, p2");
    assert_eq!(listed(&names[..5]), "p1, p2, p3, p4, p5");
    assert_eq!(listed(&names), "p1, p2, p3, p4, p5 and 15 more");

    let mut config = String::new();
    for n in 0..20 {
        let next = (n + 1) % 20;
        write!(config, "[profile p{n}]\n{DEV}source_profile = p{next}\n").unwrap();
    }
    let files = files(&config, "");
    let error = follow(&files, &environment(&[]), "p0", None).unwrap_err();
    assert!(
        error.message.ends_with("circular: p0 → p1 → … → p0"),
        "{error}"
    );
}
