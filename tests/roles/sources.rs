//! The source of the keys.

use std::os::unix::fs::PermissionsExt as _;

use awsmfa_test_support::{Accounts, Stage};

use crate::Pairs;
use crate::switching::ALICE;

/// The long-term keys that signed requests.
fn long_term_signers(stage: &Stage) -> Vec<String> {
    let entries = stage.emulator.log().entries.into_iter();
    let mut signers: Vec<String> = entries
        .filter(|entry| !entry.session_token)
        .filter_map(|entry| entry.access_key_id)
        .collect();
    signers.dedup();
    signers
}

/// A program that prints alice's keys and records that it ran.
fn credential_process(stage: &Stage, more: &str) -> String {
    let mark = stage.home.path().join("ran");
    let script = format!(
        "#!/bin/sh
echo x >> {}
echo '{{\"Version\": 1, \"AccessKeyId\": \"{}\", \"SecretAccessKey\": \"{}\"{more}}}'
",
        mark.display(),
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET
    );
    let path = stage.home.write("keys", script);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, executable).unwrap();
    path.to_str().unwrap().to_owned()
}

fn runs(stage: &Stage) -> usize {
    let mark = std::fs::read_to_string(stage.home.path().join("ran"));
    mark.map_or(0, |text| text.lines().count())
}

#[test]
fn the_order_of_the_contract() {
    let bob = Accounts::BOB_KEY;
    let alice = Accounts::ALICE_KEY;
    let bobs_keys = [
        ("AWS_ACCESS_KEY_ID", Accounts::BOB_KEY),
        ("AWS_SECRET_ACCESS_KEY", Accounts::BOB_SECRET),
    ];
    let profile = ("AWS_PROFILE", "bob");
    let default_profile = ("AWS_DEFAULT_PROFILE", "bob");
    let empty = ("AWS_PROFILE", "");
    let cases: &[(Pairs<'_>, &[&str], &str)] = &[
        (&[], &[], alice),
        (&[], &["-p", "bob"], bob),
        (&[profile], &[], bob),
        (&[default_profile], &[], bob),
        (&[empty, default_profile], &[], bob),
        (&[profile], &["-p", "default"], alice),
        (&[("AWS_PROFILE", "default"), default_profile], &[], alice),
        (
            &bobs_keys,
            &["--serial", "arn:aws:iam::123456789012:mfa/bob"],
            bob,
        ),
        (&bobs_keys, &["-p", "default"], alice),
        (
            &[bobs_keys[0], bobs_keys[1], ("AWS_PROFILE", "default")],
            &[],
            alice,
        ),
    ];
    for (variables, arguments, key) in cases {
        let mut stage = Stage::new();
        stage.set_all(variables);
        let user = if *key == bob { "bob" } else { "alice" };
        let code = stage.emulator.device(user).code();
        stage.env(&[*arguments, &[code.as_str()]].concat());
        assert_eq!(
            long_term_signers(&stage),
            [*key],
            "{variables:?} {arguments:?}"
        );
    }
}

#[test]
fn in_a_session_its_source_comes_before_default() {
    let mut stage = Stage::new();
    let code = stage.emulator.device("bob").code();
    stage.env(&["-p", "bob", &code]);
    // A profile that is set now was set after `env`.
    let session = stage.variables.clone();
    let code = stage.code();
    stage.set("AWS_PROFILE", "default");
    stage.env(&[&code]);
    assert_eq!(stage.get("AWSMFA_SOURCE_KEY_ID"), Some(Accounts::ALICE_KEY));
    assert_eq!(stage.get("AWS_PROFILE"), None);
    // When renewing, the session's own keys in the environment do no harm.
    stage.variables = session;
    let code = stage.emulator.device("bob").code();
    stage.env(&[&code]);
    assert_eq!(stage.get("AWSMFA_SOURCE_KEY_ID"), Some(Accounts::BOB_KEY));
}

#[test]
fn keys_of_the_environment_renew_their_session_and_come_back() {
    let mut stage = Stage::with_files("", "");
    stage.set("AWS_ACCESS_KEY_ID", Accounts::ALICE_KEY);
    stage.set("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET);
    // botocore would send this token with the keys, but it does not belong to them.
    stage.set("AWS_SECURITY_TOKEN", "stale");
    stage.set("AWS_MFA_SERIAL", "arn:aws:iam::123456789012:mfa/alice");
    let before = stage.variables.clone();
    for _ in 0..2 {
        let code = stage.code();
        stage.env(&[&code]);
    }
    stage.env(&["--role-arn", "arn:aws:iam::111122223333:role/dev"]);
    assert_eq!(long_term_signers(&stage), [Accounts::ALICE_KEY]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
    stage.unset();
    assert_eq!(stage.variables, before);
}

#[test]
fn session_keys_are_never_sent_to_get_session_token() {
    let session = [
        ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET),
        ("AWS_SESSION_TOKEN", "another-tools"),
    ];
    // The session of another tool: the profile is the source.
    let mut stage = Stage::new();
    stage.set_all(&session);
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&[&code]);
    assert_eq!(long_term_signers(&stage), [Accounts::ALICE_KEY]);
    stage.unset();
    assert_eq!(stage.variables, before);

    // Without a profile there is no source, and no request.
    for count in [1, 3] {
        let mut stage = Stage::with_files("", "");
        for (name, value) in session.iter().take(count).chain(&session[1..2]) {
            stage.set(name, *value);
        }
        let told = stage.env_fails(&["123456"]);
        assert!(
            told.contains("only temporary credentials in the environment"),
            "{told}"
        );
        assert_eq!(stage.requests().0, 0);
    }
}

#[test]
fn credential_process_is_a_source_and_runs_only_where_the_keys_are_needed() {
    let mut stage = Stage::new();
    let process = credential_process(&stage, "");
    stage.home.write_credentials("");
    stage.home.write_config(&format!(
        "[default]
mfa_serial = arn:aws:iam::123456789012:mfa/alice
credential_process = {process}
[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default
[profile admin]
role_arn = arn:aws:iam::111122223333:role/admin
source_profile = default
"
    ));
    // Without a terminal and without a code it does not even run.
    stage.env_fails(&["-p", "dev"]);
    assert_eq!(runs(&stage), 0);
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    assert_eq!(runs(&stage), 1);
    // Another role, a session that lasts long enough, and the user's own session need no keys.
    stage.env(&["-p", "admin"]);
    stage.env(&["-p", "admin", "--renew-within", "15m"]);
    stage.env(&["-p", "default"]);
    for verb in ["profiles", "status"] {
        stage.awsmfa(&[verb]).assert_quiet_success();
    }
    stage.unset();
    assert_eq!(runs(&stage), 1);
}

#[test]
fn credential_process_has_ended_before_a_code_is_asked_for() {
    let mut stage = Stage::new();
    let process = credential_process(&stage, "");
    stage.home.write_credentials("");
    stage.home.write_config(&format!(
        "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         credential_process = sh -c '{process} && sleep 0.5 && echo ended >> {}'\n",
        stage.home.path().join("ran").display()
    ));
    let mark = stage.home.path().join("ran");
    let program = format!("grep -q ended {} && echo {}", mark.display(), stage.code());
    stage.env(&["--code-command", &program]);
}

#[test]
fn a_credential_process_that_gives_no_long_term_keys_is_named() {
    let mut told = Vec::new();
    for (case, more, process) in [
        ("session keys", ", \"SessionToken\": \"token\"", None),
        ("fails", "", Some("false")),
        ("prints something else", "", Some("echo nothing")),
    ] {
        let mut stage = Stage::new();
        let printing = credential_process(&stage, more);
        let process = process.unwrap_or(&printing);
        stage.home.write_credentials("");
        stage.home.write_config(&format!(
            "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
             credential_process = {process}\n"
        ));
        let run = stage.eval(&["env", "123456"]);
        assert_eq!((run.code, stage.requests().0), (1, 0), "{case}");
        assert!(run.stderr.contains("profile default, "), "{}", run.stderr);
        told.push((case, stage.redact(&run.stderr)));
    }
    let told = crate::listed(&told);
    insta::assert_snapshot!(told);
}

#[test]
fn the_files_are_read_where_the_variables_say() {
    let mut stage = Stage::with_files("[default]\nmfa_serial = nonsense!\n", "");
    let config = stage
        .home
        .write("elsewhere/config", "[profile x]\nregion = eu-west-3\n");
    let credentials = ALICE.replace("[default]", "[x]");
    let credentials = stage.home.write("elsewhere/credentials", credentials);
    stage.set("AWS_CONFIG_FILE", config.to_str().unwrap());
    stage.set("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap());
    let code = stage.code();
    stage.env(&["-p", "x", &code]);
    assert_eq!(stage.get("AWS_REGION"), Some("eu-west-3"));
}

#[test]
fn credential_source_environment_takes_the_keys_from_before() {
    let mut stage = Stage::with_files(
        "[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
credential_source = Environment
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile admin]
role_arn = arn:aws:iam::111122223333:role/admin
credential_source = Environment
",
        "",
    );
    stage.set("AWS_ACCESS_KEY_ID", Accounts::ALICE_KEY);
    stage.set("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET);
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    stage.env(&["-p", "admin"]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
    assert!(stage.role().unwrap().ends_with("role/admin"));
    stage.unset();
    assert_eq!(stage.variables, before);
}

/// In a header of the signed request it would be a panic or a riddle.
#[test]
fn an_access_key_id_is_checked_where_it_is_read() {
    let ids = [
        "AKIAIOSFODNN7EXAMPLE\u{7f}",
        "AKIA IOSFODNN7EXAMPLE",
        "\"AKIAIOSFODNN7EXAMPLE\"",
        Accounts::ALICE_SECRET,
    ];
    for id in ids {
        let keys = format!("aws_access_key_id = {id}\naws_secret_access_key = x\n");
        let in_config = Stage::with_files(&format!("[default]\n{keys}"), "");
        let in_credentials = Stage::with_files("", &format!("[default]\n{keys}"));
        let mut in_environment = Stage::with_files("", "");
        in_environment
            .set("AWS_ACCESS_KEY_ID", id)
            .set("AWS_SECRET_ACCESS_KEY", "x");
        let by_process = Stage::with_files("", "");
        let printed = serde_json::json!({"Version": 1, "AccessKeyId": id, "SecretAccessKey": "x"})
            .to_string();
        let printed = by_process.home.write("printed", printed);
        by_process.home.write_config(&format!(
            "[default]\ncredential_process = cat {}\n",
            printed.display()
        ));
        for (stage, place) in [
            (in_config, "config line 2: aws_access_key_id is not"),
            (
                in_credentials,
                "credentials line 2: aws_access_key_id is not",
            ),
            (in_environment, "AWS_ACCESS_KEY_ID is not"),
            (
                by_process,
                "credential_process printed an AccessKeyId with characters",
            ),
        ] {
            for verb in ["env", "doctor"] {
                let args: &[&str] = if verb == "env" {
                    &["env", "123456"]
                } else {
                    &["doctor"]
                };
                let run = stage.awsmfa(args);
                let told = format!("{}{}", run.stdout, run.stderr);
                assert_eq!(run.code, 1, "{told}");
                // Lines of doctor are broken.
                assert!(
                    told.replace("\n            ", " ").contains(place),
                    "{place}: {told}"
                );
                assert!(!told.contains("defect") && !told.contains(id), "{told}");
                assert_eq!(stage.requests().0, 0);
            }
        }
    }
}

#[test]
fn a_record_whose_access_key_id_is_none_is_not_used() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    stage.set("AWSMFA_MFA_1_ACCESS_KEY_ID", "ASIA\nX-Evil: 1");
    let told = stage.env_fails(&["-p", "admin"]);
    assert!(
        told.contains("AWSMFA_MFA_1_ACCESS_KEY_ID is not an access key ID"),
        "{told}"
    );
    assert!(!told.contains("defect"), "{told}");
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
}

/// Its default is a session, which cannot start another.
#[test]
fn aws_vault_is_told_to_print_the_long_term_keys() {
    let stage = Stage::with_files("", "");
    let session = serde_json::json!({
        "Version": 1,
        "AccessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "SecretAccessKey": Accounts::ALICE_SECRET,
        "SessionToken": "token",
    });
    stage.program("aws-vault", &format!("echo '{session}'"));
    stage
        .home
        .write_config("[default]\ncredential_process = aws-vault export --format=json alice\n");
    let run = stage.awsmfa(&["env", "123456"]);
    assert!(
        run.stderr.contains(
            "hint: let aws-vault print the long-term keys: aws-vault export --no-session"
        ),
        "{}",
        run.stderr
    );
    assert_eq!(stage.requests().0, 0);
}
