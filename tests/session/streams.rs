//! The statements on standard output: complete or not there at all, suitable for the usual ways of
//! evaluating them, and harmless if there is nothing to do.

use awsmfa_test_support::{Outcome, Run, Stage, Variables, find_tool, posix_shells};

/// A shell must not evaluate half of them after a crash, so there is one write and nothing before it.
#[cfg(target_os = "linux")]
#[test]
fn statements_come_in_one_write() {
    let stage = Stage::new();
    let code = stage.code();
    let env = |more: &[&'static str]| [&["env", "--shell", "sh", code.as_str()], more].concat();
    for (args, code) in [
        (env(&["-p", "dev"]), 0),
        // Already used.
        (env(&[]), 1),
        (env(&["--nonsense"]), 2),
        (vec!["unset", "--shell", "sh"], 0),
        (vec!["unset", "--shell", "sh", "--all"], 0),
        (vec!["profiles"], 0),
    ] {
        let Some((calls, run)) = stage.traced("write,writev", &args) else {
            return;
        };
        assert_eq!(run.code, code, "{args:?} {run:?}");
        let to_stdout =
            |call: &&String| call.starts_with("write(1,") || call.starts_with("writev(1,");
        let writes = calls.iter().filter(to_stdout).count();
        assert_eq!(writes, 1, "{args:?}: {calls:?}");
        assert!(to_stdout(&calls.last().unwrap()), "{args:?}: {calls:?}");
    }
}

/// AWS denies the role after the code was used: the MFA session is kept, and the line fails.
#[test]
fn statements_before_the_one_that_fails_are_evaluated() {
    let mut stage = Stage::new();
    stage.set("CODE", stage.code());
    let script = "\
        env -0 > \"$OUT/before\"\n\
        if eval \"$(awsmfa env -p audit --external-id wrong \"$CODE\")\"; then exit 8; fi\n\
        env -0 > \"$OUT/failed\"\n\
        eval \"$(awsmfa env -p audit)\" && echo on\n";
    for shell in posix_shells() {
        stage.emulator.forget_codes();
        stage.emulator.clear_log();
        let run = stage.script(shell, script);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (0, "on\n"),
            "{shell:?} {run:?}"
        );
        assert_eq!(
            session_of(stage.dumped("failed")),
            session_of(stage.dumped("before"))
        );
        let log = stage.emulator.log();
        assert_eq!(log.count_with_token_code(), 1, "{shell:?}");
        assert_eq!(log.last().outcome, Outcome::Done, "{shell:?}");
    }
}

/// Everything except awsmfa's bookkeeping and `_`, which the shell sets.
fn session_of(mut session: Variables) -> Variables {
    session.retain(|name, _| !name.starts_with("AWSMFA_") && name != "_");
    session
}

#[test]
fn eval_without_quotes() {
    let mut stage = Stage::new();
    stage.set("CODE", stage.code());
    let script = "\
        set -eu\n\
        env -0 | sort -z > \"$OUT/before\"\n\
        eval $(awsmfa env $CODE)\n\
        printf %s \"${AWS_ACCESS_KEY_ID%%????????????????}\"\n\
        eval $(awsmfa unset)\n\
        env -0 | sort -z > \"$OUT/after\"\n\
        eval $(awsmfa env 12345)\n\
        echo on\n";
    for shell in posix_shells() {
        stage.emulator.forget_codes();
        let run = stage.script(shell, script);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (2, "ASIA"),
            "{shell:?} {run:?}"
        );
        assert_eq!(stage.written("after"), stage.written("before"), "{shell:?}");
    }
}

const NOTHING_TO_END: &str = "awsmfa: no awsmfa session in this shell; nothing to undo\n";

#[test]
fn unset_may_run_twice_and_in_a_trap() {
    let mut stage = Stage::new();
    stage.set("CODE", stage.code());
    let script = "\
        set -eu\n\
        env -0 | sort -z > \"$OUT/before\"\n\
        trap 'eval \"$(awsmfa unset)\"; env -0 | sort -z > \"$OUT/after\"' EXIT\n\
        eval \"$(awsmfa env \"$CODE\")\"\n\
        eval \"$(awsmfa unset)\"\n";
    for shell in posix_shells() {
        stage.emulator.forget_codes();
        let run = stage.script(shell, script);
        assert_eq!(
            (run.code, run.stderr.as_str()),
            (0, NOTHING_TO_END),
            "{shell:?} {run:?}"
        );
        assert_eq!(stage.written("after"), stage.written("before"), "{shell:?}");
    }
}

/// awsmfa must not remove keys that something else has set since.
#[test]
fn unset_leaves_the_keys_of_others() {
    let mut stage = Stage::new();
    stage.set("CODE", stage.code());
    let script = "\
        set -eu\n\
        env -0 > \"$OUT/before\"\n\
        eval \"$(awsmfa env \"$CODE\")\"\n\
        export AWS_ACCESS_KEY_ID=AKIAI44QH8DHBEXAMPLE\n\
        env -0 > \"$OUT/during\"\n\
        awsmfa status > \"$OUT/status\" || echo $?\n\
        eval \"$(awsmfa unset)\"\n\
        env -0 > \"$OUT/after\"\n\
        eval \"$(awsmfa unset --all)\"\n\
        env -0 > \"$OUT/after-all\"\n";
    let run = stage.script(&["bash", "--norc"], script);
    assert_eq!((run.code, run.stdout.as_str()), (0, "3\n"), "{run:?}");
    let status = stage.written("status");
    assert!(status.contains("not from awsmfa"), "{status}");

    let after = stage.dumped("after");
    let books = after.keys().filter(|name| name.starts_with("AWSMFA_"));
    assert_eq!(books.count(), 0);
    let during = stage.dumped("during");
    let mut expected = session_of(stage.dumped("before"));
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        expected.insert(name.to_owned(), during[name].clone());
    }
    assert_eq!(session_of(after), expected);

    let cleared = stage.dumped("after-all");
    for name in [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ] {
        assert!(!cleared.contains_key(name), "{name}");
    }
}

/// A script may be piped into a shell; then awsmfa must not read that standard input.
#[test]
fn standard_input_stays_the_scripts() {
    if find_tool("bash").is_none() {
        return;
    }
    let mut stage = Stage::new();
    stage.set("CODE", stage.code());
    let script = "eval \"$(awsmfa env \"$CODE\")\"\necho on\n";
    let run = Run::with_input(&mut stage.command(&["bash", "--norc"]), script);
    run.assert_quiet_success();
    assert_eq!(run.stdout, "on\n");
}
