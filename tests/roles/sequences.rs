//! Whatever a user does in a shell, `unset` leaves it as if awsmfa had never run.

use awsmfa_test_support::{Accounts, Owed, Stage, variables};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Debug, Clone)]
enum Step {
    Env(&'static str),
    /// `exec`, and perhaps `env` of another profile inside it.
    Exec(&'static str, Option<&'static str>),
    Unset,
    /// Other keys, perhaps with a token.
    Paste(Option<&'static str>),
    Edit(&'static str, Option<&'static str>),
}

fn step() -> impl Strategy<Value = Step> {
    let profile = || select(vec!["default", "dev", "audit", "bob"]);
    let edit = select(vec![
        ("AWS_PROFILE", "audit"),
        ("AWS_DEFAULT_PROFILE", "bob"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_DEFAULT_REGION", ""),
        ("AWS_ACCOUNT_ID", "123456789012"),
        ("AWS_SECURITY_TOKEN", "stale"),
        ("AWS_SESSION_TOKEN", "stale"),
        ("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z"),
    ]);
    prop_oneof![
        3 => profile().prop_map(Step::Env),
        2 => (profile(), option::of(profile())).prop_map(|(outer, inner)| Step::Exec(outer, inner)),
        1 => Just(Step::Unset),
        1 => option::of(Just("pasted")).prop_map(Step::Paste),
        2 => (edit, any::<bool>())
            .prop_map(|((name, value), is_set)| Step::Edit(name, is_set.then_some(value))),
    ]
}

fn change(stage: &mut Stage, name: &str, value: Option<&str>) {
    match value {
        Some(value) => _ = stage.set(name, value),
        None => _ = stage.remove(name),
    }
}

fn user(profile: &str) -> &'static str {
    if profile == "bob" { "bob" } else { "alice" }
}

/// A code that this shell has not used.
fn code(stage: &Stage, profile: &str) -> String {
    stage.emulator.forget_codes();
    another_code(stage, profile)
}

fn another_code(stage: &Stage, profile: &str) -> String {
    let device = stage.emulator.device(user(profile));
    loop {
        let code = device.code();
        if stage.get("AWSMFA_SPENT_CODE") != Some(&code) {
            return code;
        }
    }
}

fn take(stage: &mut Stage, owed: &mut Owed, step: &Step) {
    match step {
        Step::Env(profile) => {
            let (earlier, code) = (stage.variables.clone(), code(stage, profile));
            stage.env(&["-p", profile, &code]);
            owed.started(&earlier, &stage.variables);
            assert_eq!(stage.awsmfa(&["status"]).code, 0);
        }
        Step::Exec(profile, inner) => {
            let inside = "set -e; awsmfa status >&2\n\
                if [ -n \"$1\" ]; then eval \"$(awsmfa env -s sh \"$1\" \"$2\")\"; awsmfa status >&2; fi\n\
                eval \"$(awsmfa unset -s sh)\"; exec env -0";
            let outer_code = code(stage, profile);
            let inner_code = inner.map_or_else(String::new, |inner| another_code(stage, inner));
            let child = stage.awsmfa(&[
                "exec",
                "-p",
                profile,
                &outer_code,
                "--",
                "sh",
                "-c",
                inside,
                "sh",
                inner.unwrap_or_default(),
                &inner_code,
            ]);
            assert_eq!(child.code, 0, "{}", child.stderr);
            let owed = owed.after_unset(&stage.variables);
            let mut child = variables(&child.stdout);
            child.retain(|name, _| name.starts_with("AWS"));
            for (name, value) in &child {
                assert_eq!(owed.get(name), Some(value), "{name} inside");
            }
        }
        Step::Unset => {
            let expected = owed.after_unset(&stage.variables);
            stage.unset();
            assert_eq!(stage.variables, expected);
            *owed = Owed::new(&stage.variables);
        }
        Step::Paste(token) => {
            stage.set("AWS_ACCESS_KEY_ID", Accounts::BOB_KEY);
            stage.set("AWS_SECRET_ACCESS_KEY", Accounts::BOB_SECRET);
            change(stage, "AWS_SESSION_TOKEN", *token);
        }
        Step::Edit(name, value) => change(stage, name, *value),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn end_as_if_awsmfa_had_never_run(steps in vec(step(), 3..9)) {
        let mut stage = Stage::new();
        let mut owed = Owed::new(&stage.variables);
        for step in &steps {
            take(&mut stage, &mut owed, step);
        }
        take(&mut stage, &mut owed, &Step::Unset);
    }
}

/// Each kind of step, whatever the random sequences have.
#[test]
fn every_step_comes_in_one_sequence() {
    let mut steps = [
        Step::Env("default"),
        Step::Exec("dev", Some("bob")),
        Step::Paste(None),
        Step::Edit("AWS_PROFILE", Some("audit")),
        Step::Env("dev"),
        Step::Exec("audit", None),
        Step::Paste(Some("pasted")),
        Step::Env("bob"),
        Step::Edit("AWS_PROFILE", None),
        Step::Unset,
    ];
    for _ in 0..2 {
        let mut stage = Stage::new();
        let mut owed = Owed::new(&stage.variables);
        for step in &steps {
            take(&mut stage, &mut owed, step);
        }
        take(&mut stage, &mut owed, &Step::Unset);
        steps.reverse();
    }
}
