//! Where the keys come from.

use std::os::unix::fs::PermissionsExt as _;

use awsmfa_test_support::Accounts;

use crate::shell::{Pairs, Shell};
use crate::switching::ALICE;

/// The keys that the requests were signed with, where they are long-term keys.
fn long_term_signers(shell: &Shell) -> Vec<String> {
    let entries = shell.emulator.log().entries.into_iter();
    let mut signers: Vec<String> = entries
        .filter(|entry| !entry.session_token)
        .filter_map(|entry| entry.access_key_id)
        .collect();
    signers.dedup();
    signers
}

/// A program that prints alice's keys and leaves a mark that it ran.
fn credential_process(shell: &Shell, more: &str) -> String {
    let mark = shell.home.path().join("ran");
    let script = format!(
        "#!/bin/sh
echo x >> {}
echo '{{\"Version\": 1, \"AccessKeyId\": \"{}\", \"SecretAccessKey\": \"{}\"{more}}}'
",
        mark.display(),
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET
    );
    let path = shell.home.write("keys", script);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, executable).unwrap();
    path.to_str().unwrap().to_owned()
}

fn runs(shell: &Shell) -> usize {
    let mark = std::fs::read_to_string(shell.home.path().join("ran"));
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
        let mut shell = Shell::standard();
        for (name, value) in *variables {
            shell.set(name, value);
        }
        let user = if *key == bob { "bob" } else { "alice" };
        let code = shell.emulator.device(user).code();
        shell.env(&[*arguments, &[code.as_str()]].concat());
        assert_eq!(
            long_term_signers(&shell),
            [*key],
            "{variables:?} {arguments:?}"
        );
    }
}

#[test]
fn in_a_session_its_source_comes_before_default() {
    let mut shell = Shell::standard();
    let code = shell.emulator.device("bob").code();
    shell.env(&["-p", "bob", &code]);
    // A profile that is set now was set since.
    let session = shell.env.clone();
    let code = shell.code();
    shell.set("AWS_PROFILE", "default");
    shell.env(&[&code]);
    assert_eq!(shell.get("AWSMFA_SOURCE_KEY_ID"), Some(Accounts::ALICE_KEY));
    assert_eq!(shell.get("AWS_PROFILE"), None);
    // Renewing: the session's own keys are in the environment, and are not in the way.
    shell.env = session;
    let code = shell.emulator.device("bob").code();
    shell.env(&[&code]);
    assert_eq!(shell.get("AWSMFA_SOURCE_KEY_ID"), Some(Accounts::BOB_KEY));
}

#[test]
fn keys_of_the_environment_renew_their_session_and_come_back() {
    let mut shell = Shell::with_files("", "");
    shell.set("AWS_ACCESS_KEY_ID", Accounts::ALICE_KEY);
    shell.set("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET);
    // botocore would send this with the keys; it is not theirs.
    shell.set("AWS_SECURITY_TOKEN", "stale");
    shell.set("AWS_MFA_SERIAL", "arn:aws:iam::123456789012:mfa/alice");
    let before = shell.env.clone();
    for _ in 0..2 {
        let code = shell.code();
        shell.env(&[&code]);
    }
    shell.env(&["--role-arn", "arn:aws:iam::111122223333:role/dev"]);
    assert_eq!(long_term_signers(&shell), [Accounts::ALICE_KEY]);
    assert_eq!(shell.emulator.log().count_with_token_code(), 2);
    shell.unset();
    assert_eq!(shell.env, before);
}

#[test]
fn session_keys_are_never_sent_to_get_session_token() {
    let session = [
        ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET),
        ("AWS_SESSION_TOKEN", "another-tools"),
    ];
    // Another tool's session: the profile is the source.
    let mut shell = Shell::standard();
    for (name, value) in session {
        shell.set(name, value);
    }
    let before = shell.env.clone();
    let code = shell.code();
    shell.env(&[&code]);
    assert_eq!(long_term_signers(&shell), [Accounts::ALICE_KEY]);
    shell.unset();
    assert_eq!(shell.env, before);

    // With no profile there is no source, and no request.
    for count in [1, 3] {
        let mut shell = Shell::with_files("", "");
        for (name, value) in session.iter().take(count).chain(&session[1..2]) {
            shell.set(name, value);
        }
        let told = shell.env_fails(&["123456"]);
        assert!(
            told.contains("only those of a temporary session in the environment"),
            "{told}"
        );
        assert_eq!(shell.requests().0, 0);
    }
}

#[test]
fn credential_process_is_a_source_and_runs_only_where_the_keys_are_needed() {
    let mut shell = Shell::standard();
    let process = credential_process(&shell, "");
    shell.home.write_credentials("");
    shell.home.write_config(&format!(
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
    // No terminal and no code: it does not even run.
    shell.env_fails(&["-p", "dev"]);
    assert_eq!(runs(&shell), 0);
    let code = shell.code();
    shell.env(&["-p", "dev", &code]);
    assert_eq!(runs(&shell), 1);
    // Kept sessions, satisfied targets and the way back need no keys.
    shell.env(&["-p", "admin"]);
    shell.env(&["-p", "admin", "--renew-within", "15m"]);
    shell.env(&["-p", "default"]);
    shell.run(&["profiles"]);
    shell.run(&["status"]);
    shell.unset();
    assert_eq!(runs(&shell), 1);
}

#[test]
fn credential_process_has_ended_before_a_code_is_asked_for() {
    let mut shell = Shell::standard();
    let process = credential_process(&shell, "");
    shell.home.write_credentials("");
    shell.home.write_config(&format!(
        "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         credential_process = {process} && sleep 0.5 && echo ended >> {}\n",
        shell.home.path().join("ran").display()
    ));
    let mark = shell.home.path().join("ran");
    let program = format!("grep -q ended {} && echo {}", mark.display(), shell.code());
    shell.env(&["--code-command", &program]);
}

#[test]
fn a_credential_process_that_gives_no_long_term_keys_is_named() {
    let mut told = Vec::new();
    for (case, more, process) in [
        ("session keys", ", \"SessionToken\": \"token\"", None),
        ("fails", "", Some("false")),
        ("prints something else", "", Some("echo nothing")),
    ] {
        let mut shell = Shell::standard();
        let printing = credential_process(&shell, more);
        let process = process.unwrap_or(&printing);
        shell.home.write_credentials("");
        shell.home.write_config(&format!(
            "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
             credential_process = {process}\n"
        ));
        let said = shell.eval(&["env", "123456"]);
        assert_eq!((said.status, shell.requests().0), (1, 0), "{case}");
        assert!(said.stderr.contains("profile default, "), "{}", said.stderr);
        told.push((case, said.told(&shell)));
    }
    let told = crate::shell::listed(&told);
    insta::assert_snapshot!(told);
}

#[test]
fn the_files_are_read_where_the_variables_say() {
    let mut shell = Shell::with_files("[default]\nmfa_serial = nonsense!\n", "");
    let config = shell
        .home
        .write("elsewhere/config", "[profile x]\nregion = eu-west-3\n");
    let credentials = ALICE.replace("[default]", "[x]");
    let credentials = shell.home.write("elsewhere/credentials", credentials);
    shell.set("AWS_CONFIG_FILE", config.to_str().unwrap());
    shell.set("AWS_SHARED_CREDENTIALS_FILE", credentials.to_str().unwrap());
    let code = shell.code();
    shell.env(&["-p", "x", &code]);
    assert_eq!(shell.get("AWS_REGION"), Some("eu-west-3"));
}

#[test]
fn credential_source_environment_takes_the_keys_from_before() {
    let mut shell = Shell::with_files(
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
    shell.set("AWS_ACCESS_KEY_ID", Accounts::ALICE_KEY);
    shell.set("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET);
    let before = shell.env.clone();
    let code = shell.code();
    shell.env(&["-p", "dev", &code]);
    shell.env(&["-p", "admin"]);
    assert_eq!(shell.emulator.log().count_with_token_code(), 1);
    assert!(shell.role_in_place().unwrap().ends_with("role/admin"));
    shell.unset();
    assert_eq!(shell.env, before);
}
