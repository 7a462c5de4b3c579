//! The table: starting environments × targets × shells. In the real shell: `env`, a client that asks AWS
//! who it is, `env` for another target, an edit, `unset`. A child process must inherit the same before
//! and after.

use std::fmt::Write as _;
use std::fs;

use awsmfa_test_support::{Accounts, Outcome, RealShell, Stage, Variables, find_tool};

use crate::Pairs;

/// Starting environments.
const STARTS: &[(&str, Pairs<'_>)] = &[
    ("clean", &[]),
    ("profile", &[("AWS_PROFILE", "bob")]),
    (
        "both profile variables",
        &[("AWS_PROFILE", "default"), ("AWS_DEFAULT_PROFILE", "bob")],
    ),
    ("long-term keys", &KEYS),
    (
        "long-term keys and a stale token",
        &[KEYS[0], KEYS[1], ("AWS_SECURITY_TOKEN", "stale token'$(x)")],
    ),
    (
        "another tool's session",
        &[
            ("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", Accounts::BOB_SECRET),
            ("AWS_SESSION_TOKEN", "another-tools"),
            ("AWS_CREDENTIAL_EXPIRATION", "2026-01-01T00:00:00+00:00"),
        ],
    ),
    ("region", &[("AWS_REGION", "us-west-2")]),
    ("default region", &[("AWS_DEFAULT_REGION", "sa-east-1")]),
    (
        "set but empty",
        &[
            ("AWS_PROFILE", ""),
            ("AWS_REGION", ""),
            ("AWS_SECURITY_TOKEN", ""),
            ("AWS_SESSION_TOKEN", ""),
            ("AWS_CA_BUNDLE", ""),
        ],
    ),
    ("account", &[("AWS_ACCOUNT_ID", "999988887777")]),
];

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", Accounts::ALICE_KEY),
    ("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET),
];

/// Targets, and the role of the session in the shell.
const TARGETS: &[(&str, Option<&str>)] = &[
    (
        "--serial arn:aws:iam::123456789012:mfa/alice -p default",
        None,
    ),
    ("-p keys", None),
    ("-p dev", Some("role/dev")),
    ("-p chained", Some("role/chained")),
    ("-p dev --no-session", Some("role/dev")),
];

/// The arguments of `env` if nothing names a source, and the user whose code it needs.
fn bare(start: &str) -> (&'static str, &'static str) {
    match start {
        "profile" => ("", "bob"),
        "long-term keys" | "long-term keys and a stale token" => {
            ("--serial arn:aws:iam::123456789012:mfa/alice", "alice")
        }
        _ => ("", "alice"),
    }
}

/// A client, signed by curl.
const IDENTITY: &str = r#"curl --silent --show-error --fail --aws-sigv4 aws:amz:us-east-1:sts \
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    --header "X-Amz-Security-Token: $AWS_SESSION_TOKEN" \
    --data 'Action=GetCallerIdentity&Version=2011-06-15' "$AWS_ENDPOINT_URL/""#;

/// The syntax of a shell.
struct Dialect {
    name: &'static str,
    /// The names of the starts to try; `None` for all.
    starts: Option<&'static [&'static str]>,
    /// The first lines of a careful script.
    prelude: &'static str,
    /// Evaluates awsmfa's output, and stops the script if that fails.
    eval: fn(&str) -> String,
    /// Sets a variable for children.
    edit: &'static str,
}

const SOME: Option<&[&str]> = Some(&["clean", "both profile variables", "set but empty"]);

const POSIX: Dialect = Dialect {
    name: "dash",
    starts: None,
    prelude: "set -eu",
    eval: |command| format!("eval \"$({command})\" || exit 9"),
    edit: "export AWS_DEFAULT_REGION=eu-north-1",
};

const DIALECTS: &[Dialect] = &[
    Dialect {
        name: "bash",
        ..POSIX
    },
    Dialect {
        name: "zsh",
        ..POSIX
    },
    POSIX,
    Dialect {
        name: "ksh",
        starts: SOME,
        ..POSIX
    },
    Dialect {
        name: "mksh",
        starts: SOME,
        ..POSIX
    },
    Dialect {
        name: "busybox",
        starts: SOME,
        ..POSIX
    },
    Dialect {
        name: "yash",
        starts: SOME,
        ..POSIX
    },
    Dialect {
        name: "fish",
        starts: None,
        prelude: "",
        eval: |command| format!("{command} | source; or exit 9"),
        edit: "set -gx AWS_DEFAULT_REGION eu-north-1",
    },
];

#[test]
fn equal_before_and_after() {
    if find_tool("curl").is_none() {
        return;
    }
    let mut combinations = 0_usize;
    std::thread::scope(|scope| {
        let rows: Vec<_> = DIALECTS
            .iter()
            .filter(|dialect| RealShell::named(dialect.name).is_installed())
            .map(|dialect| {
                scope.spawn(|| {
                    STARTS
                        .iter()
                        .filter(|(start, _)| dialect.starts.is_none_or(|some| some.contains(start)))
                        .map(|start| row(dialect, start))
                        .sum::<usize>()
                })
            })
            .collect();
        for row in rows {
            combinations += row
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        }
    });
    println!("{combinations} combinations of start, target and shell came back equal");
    assert!(combinations > 0);
}

/// One shell in one starting environment with all targets; returns how many there were.
fn row(dialect: &Dialect, (start, variables): &(&str, Pairs<'_>)) -> usize {
    let mut stage = Stage::new();
    stage.home.write_config(&format!(
        "{}[profile keys]\nregion = ap-south-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         use_fips_endpoint = false\n",
        fs::read_to_string(stage.home.path().join(".aws/config")).unwrap()
    ));
    stage.home.write_credentials(&format!(
        "{0}[keys]\naws_access_key_id = {1}\naws_secret_access_key = {2}\n",
        fs::read_to_string(stage.home.path().join(".aws/credentials")).unwrap(),
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET
    ));
    stage.set_all(variables);
    let (of_start, user) = bare(start);
    let targets: Vec<(&str, Option<&str>, &str)> = std::iter::once((of_start, None, user))
        .chain(
            TARGETS
                .iter()
                .map(|(target, role)| (*target, *role, "alice")),
        )
        .collect();

    for targets in targets.chunks(2) {
        let mut script = format!("{}\n", dialect.prelude);
        for (index, (target, _, user)) in targets.iter().enumerate() {
            let code = stage.emulator.device(user).code();
            // Another target of the same user, which needs no code.
            let second = match *user {
                "bob" => "-p bob --region eu-west-1",
                _ => "-p audit --region eu-west-1",
            };
            let eval = |words: &str| (dialect.eval)(&format!("awsmfa {words}"));
            let lines = [
                format!("env -0 > before-{index}"),
                eval(&format!("env {target} {code}")),
                format!("env -0 > session-{index}"),
                format!("{IDENTITY} > identity-{index}"),
                if target.contains("--no-session") {
                    String::new()
                } else {
                    eval(&format!("env {second}"))
                },
                format!("env -0 > second-{index}"),
                dialect.edit.to_owned(),
                eval("unset"),
                format!("env -0 > after-{index}"),
            ];
            for line in lines {
                writeln!(script, "{line}").unwrap();
            }
        }
        let shell = RealShell::named(dialect.name).command;
        let run = stage.script(shell, &script);
        assert_eq!(run.code, 0, "{shell:?}: {run:?}\n{script}");
        assert_eq!(run.stdout, "", "{shell:?}: {run:?}");
        for (index, target) in targets.iter().enumerate() {
            let context = format!("{} in {start}, {}", dialect.name, target.0);
            check(&stage, index, target, &context);
        }
        stage.emulator.forget_codes();
    }
    if dialect.name != "fish" {
        stage.assert_clean_home();
    }
    // Every code was good, and the requests were only for codes and roles.
    let log = stage.emulator.log();
    assert!(
        log.entries
            .iter()
            .all(|entry| entry.outcome == Outcome::Done)
    );
    targets.len()
}

/// Checks the dumps of one target.
fn check(stage: &Stage, index: usize, (_, role, user): &(&str, Option<&str>, &str), context: &str) {
    let read = |name: &str| {
        let mut variables = stage.dumped(&format!("{name}-{index}"));
        // ksh sets this one for its child.
        variables.remove("_");
        variables
    };
    let session = read("session");
    for name in ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"] {
        assert_eq!(session.get(name), None, "{context}");
        assert_eq!(read("second").get(name), None, "{context}");
    }
    assert_eq!(
        not_of_aws(&session),
        not_of_aws(&read("before")),
        "{context}"
    );
    let identity = stage.written(&format!("identity-{index}"));
    let arn = match role {
        Some(role) => format!(":assumed-{role}/"),
        None => format!(":user/{user}<"),
    };
    assert!(identity.contains(&arn), "{context}: {identity}");
    let in_place = session.get("AWSMFA_ROLE_ARN").map(String::as_str);
    assert_eq!(in_place.is_some(), role.is_some(), "{context}");
    assert!(
        in_place.is_none_or(|arn| arn.ends_with(role.unwrap())),
        "{context}"
    );
    assert!(
        session["AWS_ACCESS_KEY_ID"].starts_with("ASIA"),
        "{context}"
    );

    let mut expected = read("before");
    expected.insert("AWS_DEFAULT_REGION".to_owned(), "eu-north-1".to_owned());
    assert_eq!(read("after"), expected, "{context}");
}

/// The variables that no session changes.
fn not_of_aws(variables: &Variables) -> Variables {
    let mut variables = variables.clone();
    variables.retain(|name, _| !name.starts_with("AWS"));
    variables
}
