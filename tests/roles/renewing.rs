//! `--renew-within`: free at the top of every script.

use awsmfa::clock;

use crate::shell::{Said, Shell};

fn set_end(shell: &mut Shell, seconds: i64) {
    let end = clock::now() + chrono::TimeDelta::seconds(seconds);
    shell.set("AWS_CREDENTIAL_EXPIRATION", &end.to_rfc3339());
}

/// The dialect's statement that does nothing, which is all that is printed.
fn assert_nothing(said: &Said) {
    assert_eq!(
        (said.status, said.stderr.as_str()),
        (0, ""),
        "{}",
        said.stdout
    );
    assert_eq!(said.stdout, ":;\n");
}

#[test]
fn nothing_is_asked_sent_or_changed_while_the_session_lives_longer() {
    for target in [&["-p", "dev"][..], &["-p", "default"], &[]] {
        let mut shell = Shell::standard();
        let code = shell.code();
        shell.env(&[target, &[code.as_str()]].concat());
        shell.emulator.clear_log();
        let arguments = [&["env", "-s", "sh", "--renew-within", "15m"], target].concat();
        assert_nothing(&shell.run(&arguments));
        // Not even a code is spent.
        assert_nothing(&shell.run(&[&arguments[..], &["123456"]].concat()));
        shell.set("AWSMFA_RENEW_WITHIN", "15m");
        assert_nothing(&shell.run(&[&["env", "-s", "sh"], target].concat()));
        assert_eq!(shell.requests(), (0, 0));
    }
}

#[test]
fn it_renews_where_less_is_left() {
    let mut shell = Shell::standard();
    let code = shell.code();
    shell.env(&["-p", "dev", &code]);
    let first = shell.get("AWS_ACCESS_KEY_ID").unwrap().to_owned();
    set_end(&mut shell, 14 * 60);
    shell.env(&["--renew-within", "15m"]);
    let second = shell.get("AWS_ACCESS_KEY_ID").unwrap().to_owned();
    assert_ne!(first, second);
    set_end(&mut shell, 16 * 60);
    shell.env(&["--renew-within", "15m"]);
    assert_eq!(shell.get("AWS_ACCESS_KEY_ID"), Some(second.as_str()));
    // What is left of the last minute is nothing.
    set_end(&mut shell, 50);
    shell.env(&["--renew-within", "0s"]);
    assert_ne!(shell.get("AWS_ACCESS_KEY_ID"), Some(second.as_str()));
    assert_eq!(shell.emulator.log().count_with_token_code(), 1);
}

#[test]
fn a_session_of_another_target_does_not_count() {
    let mut shell = Shell::standard();
    let code = shell.code();
    shell.env(&["-p", "dev", &code]);
    let profiles = [
        (&["-p", "admin"][..], "role/admin"),
        (&["-p", "dev", "--role-session-name", "x7"], "role/dev"),
        (&["-p", "dev", "--region", "eu-west-1"], "role/dev"),
        (
            &["--role-arn", "arn:aws:iam::111122223333:role/admin"],
            "role/admin",
        ),
    ];
    for (target, role) in profiles {
        shell.emulator.clear_log();
        shell.env(&[target, &["--renew-within", "15m"]].concat());
        assert_eq!(shell.emulator.log().count("AssumeRole"), 1, "{target:?}");
        assert!(shell.role_in_place().unwrap().ends_with(role));
    }
    // Nor does one whose keys somebody replaced.
    shell.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE");
    let told = shell.env_fails(&["-p", "dev", "--renew-within", "15m"]);
    assert!(told.contains("no MFA code"), "{told}");
}

/// Some SDKs follow a profile or a token that was set since, and not the session.
#[test]
fn what_would_win_over_the_session_in_place_is_removed() {
    let mut shell = Shell::standard();
    let code = shell.code();
    shell.env(&["-p", "dev", &code]);
    shell.set("AWS_PROFILE", "dev");
    shell.set("AWS_SECURITY_TOKEN", "stale");
    let within = ["--renew-within", "15m"];

    let listed = shell.run(&[&["env", "-s", "dotenv"], &within[..]].concat());
    assert!(listed.stdout.contains("\nAWS_SESSION_TOKEN="));
    let child = shell.run(&[&["exec"], &within[..], &["--", "env"]].concat());
    assert!(child.stdout.contains("\nAWS_SESSION_TOKEN="));
    for name in ["\nAWS_PROFILE=", "\nAWS_SECURITY_TOKEN="] {
        assert!(!listed.stdout.contains(name), "{name} for a program");
        assert!(!child.stdout.contains(name), "{name} in a child");
    }

    let set = shell.env.clone();
    shell.env(&within);
    assert_eq!(shell.get("AWS_PROFILE"), None);
    assert_eq!(shell.get("AWS_SECURITY_TOKEN"), None);
    assert_eq!(
        shell.get("AWS_ACCESS_KEY_ID"),
        set.get("AWS_ACCESS_KEY_ID").map(String::as_str)
    );
    shell.unset();
    assert_eq!(shell.get("AWS_PROFILE"), Some("dev"));
    assert_eq!(shell.get("AWS_SECURITY_TOKEN"), Some("stale"));
}

/// Who removes it has a live session all the same.
#[test]
fn the_end_is_known_without_its_variable() {
    let mut shell = Shell::standard();
    let code = shell.code();
    shell.env(&[&code]);
    for spoilt in [None, Some("tomorrow")] {
        shell.env.remove("AWS_CREDENTIAL_EXPIRATION");
        if let Some(text) = spoilt {
            shell.set("AWS_CREDENTIAL_EXPIRATION", text);
        }
        assert_eq!(shell.run(&["status"]).status, 0, "{spoilt:?}");
        assert_nothing(&shell.run(&["env", "-s", "sh", "--renew-within", "15m"]));
    }
}
