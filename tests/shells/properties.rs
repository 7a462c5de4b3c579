//! A quoted value comes back byte for byte, or is refused; there is no third case.

use awsmfa::shell::{Change, SHELLS, Shell};
use awsmfa::value::Value;
use proptest::test_runner::{Config, TestRunner};

use crate::{dialects, values};

const SESSION: &str = "AWS_SESSION_TOKEN";
const OTHER: &str = "AWS_SECRET_ACCESS_KEY";

/// An environment value of any bytes.
pub(crate) fn value(bytes: &[u8]) -> Value {
    #[cfg(unix)]
    let value = std::os::unix::ffi::OsStrExt::from_bytes(bytes);
    #[cfg(unix)]
    let value: &std::ffi::OsStr = value;
    #[cfg(windows)]
    let value = String::from_utf8_lossy(bytes).into_owned();
    Value::from(value)
}

fn holds(shell: &Shell, bytes: &[u8]) {
    let value = value(bytes);
    let bytes = value.as_bytes();
    let changes = [
        Change::Unset("AWS_PROFILE".into()),
        Change::Set(SESSION.into(), value.clone()),
        Change::Set(OTHER.into(), Value::from("second")),
        Change::Unset("AWS_SECURITY_TOKEN".into()),
    ];
    let carried = dialects::carries(shell.name, bytes);
    match (shell.grammar.render)(&changes) {
        Ok(rendered) => {
            assert!(carried, "{} writes {bytes:?}", shell.name);
            let Some(mut read) = dialects::decode(shell.name, &rendered.statements) else {
                return;
            };
            read.retain(|(_, value)| value.is_some());
            read.sort();
            let mut expected = vec![
                (OTHER.to_owned(), Some(b"second".to_vec())),
                (SESSION.to_owned(), Some(bytes.to_vec())),
            ];
            if shell.name == "cmd" && bytes.is_empty() {
                expected.pop();
            }
            assert_eq!(read, expected, "{}", shell.name);
        }
        Err(refused) => {
            assert!(!carried, "{} refuses {bytes:?}", shell.name);
            assert_eq!(refused.name, SESSION);
            let text = str::from_utf8(bytes).unwrap_or_default();
            assert!(
                text.chars().count() < 3 || !refused.to_string().contains(text),
                "a secret in {refused}"
            );
        }
    }
}

#[test]
fn every_value_of_the_list_comes_back_or_is_refused() {
    for shell in SHELLS {
        for bytes in values::all() {
            holds(shell, &bytes);
        }
    }
}

#[test]
fn every_generated_value_comes_back_or_is_refused() {
    let config = Config {
        cases: 2000,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&values::generated(), |bytes| {
            for shell in SHELLS {
                holds(shell, &bytes);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn removals_are_read_back() {
    let names = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SECURITY_TOKEN"];
    for shell in SHELLS {
        let changes = names.map(|name| Change::Unset(name.into()));
        let rendered = (shell.grammar.render)(&changes).unwrap();
        let Some(mut read) = dialects::decode(shell.name, &rendered.statements) else {
            continue;
        };
        read.sort();
        let mut expected: Vec<_> = match shell.kind {
            awsmfa::shell::Kind::Shell | awsmfa::shell::Kind::Server => names
                .iter()
                .map(|name| ((*name).to_owned(), None))
                .collect(),
            awsmfa::shell::Kind::Format => vec![],
        };
        expected.sort();
        assert_eq!(read, expected, "{}", shell.name);
    }
}

#[test]
fn a_shell_never_gets_nothing_to_evaluate() {
    for shell in SHELLS {
        let rendered = (shell.grammar.render)(&[]).unwrap();
        let statements = String::from_utf8(rendered.statements.to_vec()).unwrap();
        match shell.kind {
            awsmfa::shell::Kind::Shell | awsmfa::shell::Kind::Server => {
                assert!(!statements.trim().is_empty(), "{}", shell.name);
                assert!(statements.ends_with('\n'), "{}", shell.name);
            }
            awsmfa::shell::Kind::Format => assert_eq!((shell.grammar.failure)(1), ""),
        }
        assert!(!statements.contains('\r'), "{}", shell.name);
    }
}

#[test]
fn what_cmd_cannot_read_in_one_line_is_refused() {
    let cmd = awsmfa::shell::by_name("cmd").unwrap();
    let fits = |length: usize| {
        let value = Value::from("a".repeat(length));
        (cmd.grammar.render)(&[Change::Set("A".into(), value)]).is_ok()
    };
    // @set "A=…" in 8191 characters.
    assert!(fits(8191 - 9));
    assert!(!fits(8191 - 8));
}
