//! Every error of the profiles, roles, devices and regions: it names the profile, the key and the
//! file, no request is sent, and nothing changes.

#![allow(clippy::too_many_lines, reason = "tables of cases")]

use awsmfa_test_support::Stage;

use crate::switching::ALICE;
use crate::{Pairs, listed};

/// A case: its name, the config file, the credentials file, variables, arguments, the exit code.
type Case<'a> = (&'a str, &'a str, &'a str, Pairs<'a>, &'a [&'a str], i32);

const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
";

const DEV: &str = "role_arn = arn:aws:iam::111122223333:role/dev\n";

/// Runs the cases; gives what was told.
fn told(cases: &[Case<'_>]) -> String {
    let mut told = Vec::new();
    for (case, config, credentials, variables, arguments, status) in cases {
        let mut stage = Stage::with_files(config, credentials);
        stage.set_all(variables);
        let before = stage.variables.clone();
        let run = stage.eval(&[&["env"], *arguments, &["123456"]].concat());
        assert_eq!(run.code, *status, "{case}: {}", run.stderr);
        assert_eq!(stage.requests(), (0, 0), "{case}: {}", run.stderr);
        assert_eq!(stage.variables, before, "{case}");
        told.push((*case, stage.redact(&run.stderr)));
    }
    listed(&told)
}

fn profile(name: &str, lines: &str) -> String {
    format!("[profile {name}]\n{lines}")
}

#[test]
fn of_profiles() {
    let p = &["-p", "x"][..];
    let circle = profile("x", &format!("{DEV}source_profile = y\n"))
        + &profile("y", &format!("{DEV}source_profile = z\n"))
        + &profile("z", &format!("{DEV}source_profile = x\n"));
    let of_x = |lines: &str| profile("x", lines);
    let lost = of_x(&format!("{DEV}source_profile = defualt\n"));
    let itself = of_x(&format!("{DEV}source_profile = x\n"));
    let told = told(&[
        ("no such profile", "", ALICE, &[], p, 1),
        (
            "a near name",
            &profile("staging", KEYS),
            "",
            &[],
            &["-p", "stagin"],
            1,
        ),
        (
            "named by a variable",
            "",
            ALICE,
            &[("AWS_PROFILE", "x")],
            &[],
            1,
        ),
        ("a source that is not there", &lost, ALICE, &[], p, 1),
        ("a circle", &circle, "", &[], p, 1),
        ("itself without keys", &itself, "", &[], p, 1),
        ("no keys", &of_x("region = eu-central-1\n"), "", &[], p, 1),
        (
            "half a pair",
            &of_x("aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"),
            "",
            &[],
            p,
            1,
        ),
        (
            "the other half",
            "",
            "[x]\naws_secret_access_key = secret\n",
            &[],
            p,
            1,
        ),
        (
            "half a pair in the environment",
            "",
            ALICE,
            &[("AWS_ACCESS_KEY_ID", "AKIAI44QH8DHBEXAMPLE")],
            &[],
            1,
        ),
        (
            "a session token",
            "",
            &format!("[x]\n{KEYS}aws_session_token = token\n"),
            &[],
            p,
            1,
        ),
        (
            "session keys",
            "",
            &format!("[x]\n{}", KEYS.replace("AKIA", "ASIA")),
            &[],
            p,
            1,
        ),
        ("SSO", &of_x("sso_session = corp\n"), "", &[], p, 1),
        (
            "SSO of old",
            &of_x("sso_start_url = https://example.awsapps.com/start\n"),
            "",
            &[],
            p,
            1,
        ),
        (
            "aws login",
            &of_x("login_session = arn:aws:iam::123456789012:user/alice\n"),
            "",
            &[],
            p,
            1,
        ),
        (
            "web identity",
            &of_x(&format!("{DEV}web_identity_token_file = /token\n")),
            "",
            &[],
            p,
            1,
        ),
        (
            "a role through SSO",
            &(of_x(&format!("{DEV}source_profile = s\n")) + &profile("s", "sso_session = corp\n")),
            "",
            &[],
            p,
            1,
        ),
        ("a role without a source", &of_x(DEV), "", &[], p, 1),
        (
            "credential_source without a user",
            &of_x(&format!("{DEV}credential_source = Ec2InstanceMetadata\n")),
            "",
            &[],
            p,
            1,
        ),
        (
            "credential_source without keys",
            &of_x(&format!("{DEV}credential_source = Environment\n")),
            "",
            &[],
            p,
            1,
        ),
        ("nothing at all", "", "", &[], &[], 1),
        (
            "nothing that is named",
            &profile("staging", KEYS),
            "",
            &[],
            &[],
            1,
        ),
        ("an empty name", "", ALICE, &[], &["-p", ""], 2),
    ]);
    insta::assert_snapshot!(told);
}

#[test]
fn of_roles_and_durations() {
    let p = &["-p", "x"][..];
    let role = |lines: &str| profile("x", &format!("source_profile = default\n{lines}"));
    let arn = &["--role-arn", "arn:aws:iam::111122223333:role/dev"][..];
    let told = told(&[
        (
            "no role's ARN",
            &role("role_arn = arn:aws:iam::111122223333:user/dev\n"),
            ALICE,
            &[],
            p,
            1,
        ),
        (
            "a bad session name",
            &role(&format!("{DEV}role_session_name = a b\n")),
            ALICE,
            &[],
            p,
            1,
        ),
        (
            "a bad external ID",
            &role(&format!("{DEV}external_id = x\n")),
            ALICE,
            &[],
            p,
            1,
        ),
        (
            "no duration",
            &role(&format!("{DEV}duration_seconds = long\n")),
            ALICE,
            &[],
            p,
            1,
        ),
        (
            "a duration too short",
            &role(&format!("{DEV}duration_seconds = 60\n")),
            ALICE,
            &[],
            p,
            1,
        ),
        ("--role-arn", "", ALICE, &[], &["--role-arn", "dev"], 2),
        (
            "--role-session-name",
            "",
            ALICE,
            &[],
            &[arn, &["--role-session-name", "ä"]].concat(),
            2,
        ),
        (
            "--external-id",
            "",
            ALICE,
            &[],
            &[arn, &["--external-id", "x y"]].concat(),
            2,
        ),
        (
            "--external-id without a role",
            "",
            ALICE,
            &[],
            &["--external-id", "xy"],
            2,
        ),
        (
            "--no-session without a role",
            "",
            ALICE,
            &[],
            &["--no-session"],
            2,
        ),
        (
            "-d beyond a role's range",
            "",
            ALICE,
            &[],
            &[arn, &["-d", "13h"]].concat(),
            2,
        ),
        (
            "-d beyond a session's range",
            "",
            ALICE,
            &[],
            &["-d", "37h"],
            2,
        ),
        (
            "--session-duration",
            "",
            ALICE,
            &[],
            &[arn, &["--session-duration", "5m"]].concat(),
            2,
        ),
        (
            "AWSMFA_DURATION out of range",
            "",
            ALICE,
            &[("AWSMFA_DURATION", "37h")],
            &[],
            1,
        ),
        (
            "AWSMFA_DURATION that is none",
            "",
            ALICE,
            &[("AWSMFA_DURATION", "long")],
            &[],
            1,
        ),
        (
            "AWSMFA_NO_SESSION",
            "",
            ALICE,
            &[("AWSMFA_NO_SESSION", "perhaps")],
            arn,
            1,
        ),
        (
            "AWSMFA_ROLE_SESSION_NAME",
            "",
            ALICE,
            &[("AWSMFA_ROLE_SESSION_NAME", "a b")],
            arn,
            1,
        ),
    ]);
    insta::assert_snapshot!(told);
}

#[test]
fn of_devices_and_accounts() {
    let default = |lines: &str| format!("[default]\n{lines}");
    let gov = profile(
        "x",
        "source_profile = default\nrole_arn = arn:aws-us-gov:iam::111122223333:role/dev\n",
    );
    let alices = "mfa_serial = arn:aws:iam::123456789012:mfa/alice\n";
    let told = told(&[
        ("empty", &default("mfa_serial =\n"), ALICE, &[], &[], 1),
        ("--serial empty", "", ALICE, &[], &["--serial", ""], 2),
        (
            "no serial number",
            &default("mfa_serial = my phone\n"),
            ALICE,
            &[],
            &[],
            1,
        ),
        (
            "not whole",
            &default("mfa_serial = arn:aws:iam::123456789012\n"),
            ALICE,
            &[],
            &[],
            1,
        ),
        (
            "a user",
            &default("mfa_serial = arn:aws:iam::123456789012:user/alice\n"),
            ALICE,
            &[],
            &[],
            1,
        ),
        (
            "a security key",
            &default("mfa_serial = arn:aws:iam::123456789012:u2f/user/alice/k\n"),
            ALICE,
            &[],
            &[],
            1,
        ),
        (
            "AWS_MFA_SERIAL",
            "",
            ALICE,
            &[("AWS_MFA_SERIAL", "phone")],
            &[],
            1,
        ),
        (
            "another account",
            &default(&format!("{alices}aws_account_id = 444455556666\n")),
            ALICE,
            &[],
            &[],
            1,
        ),
        (
            "another partition",
            &(default(alices) + &gov),
            ALICE,
            &[],
            &["-p", "x"],
            1,
        ),
    ]);
    insta::assert_snapshot!(told);
}

#[test]
fn of_regions_and_endpoints() {
    let default = |line: &str| {
        format!("[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n{line}\n")
    };
    let no_url = ("AWS_ENDPOINT_URL", "");
    let services =
        default("services = local") + "[services local]\nsts =\n  endpoint_url = nonsense\n";
    let told = told(&[
        ("--region", "", ALICE, &[], &["--region", "eu central"], 2),
        ("--region empty", "", ALICE, &[], &["--region", ""], 2),
        ("AWS_REGION", "", ALICE, &[("AWS_REGION", "EU")], &[], 1),
        (
            "region",
            &default("region = eu-central-1.evil.example"),
            ALICE,
            &[],
            &[],
            1,
        ),
        (
            "of another partition",
            &default(""),
            ALICE,
            &[],
            &["--region", "cn-north-1"],
            2,
        ),
        (
            "a URL and FIPS",
            &default("use_fips_endpoint = true"),
            ALICE,
            &[],
            &[],
            1,
        ),
        (
            "AWS_ENDPOINT_URL_STS",
            "",
            ALICE,
            &[("AWS_ENDPOINT_URL_STS", "localhost:1")],
            &[],
            1,
        ),
        (
            "endpoint_url",
            &default("endpoint_url = file:///x"),
            ALICE,
            &[no_url],
            &[],
            1,
        ),
        ("[services]", &services, ALICE, &[no_url], &[], 1),
    ]);
    insta::assert_snapshot!(told);
}
