//! A failure is visible even through `eval`, whose status does not depend on the command inside.

use std::process::Command;
use std::time::{Duration, Instant};

use awsmfa_test_support::{Fault, Run, Stage, find_tool, posix_shells};

/// Long enough for a loaded machine, and short enough not to look like a hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// A line that evaluates a command, in a script that stops at the first failure.
fn stopping(command: &str) -> String {
    format!("set -e\neval \"$({command})\"\necho on\n")
}

#[track_caller]
fn assert_stopped(run: &Run, code: i32, why: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{why} {run:?}");
}

/// Runs it in every POSIX shell, and in fish, whose pipe has its own status. Returns the number of
/// shells.
fn assert_stops_everywhere(stage: &Stage, command: &str, code: i32, says: &str) -> usize {
    let posix_shells = posix_shells();
    for shell in &posix_shells {
        let run = stage.script(shell, &stopping(command));
        assert_stopped(&run, code, &format!("{shell:?} {command}"));
        assert!(run.stderr.contains(says), "{shell:?} {run:?}");
        run.assert_no_secret_told(&stage.variables["CODE"]);
    }
    if find_tool("fish").is_none() {
        return posix_shells.len();
    }
    let script = format!("{command} | source; or exit 9; echo on");
    let run = stage.script(&["fish", "--no-config"], &script);
    assert_stopped(&run, 9, &format!("fish {command}"));
    assert!(run.stderr.contains(says), "fish {run:?}");
    run.assert_no_secret_told(&stage.variables["CODE"]);
    posix_shells.len() + 1
}

fn stage_with_code() -> Stage {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.set("CODE", code);
    stage.keep_fish_out_of_the_home();
    stage
}

#[test]
fn a_code_that_this_shell_has_spent() {
    let stage = stage_with_code();
    let again = stopping("awsmfa env $CODE");
    for first in ["awsmfa env $CODE", "awsmfa env -p audit $CODE"] {
        stage.emulator.forget_codes();
        stage.emulator.clear_log();
        let script = format!("eval \"$({first})\"\n{again}");
        let run = stage.script(&["bash", "--norc"], &script);
        assert_stopped(&run, 1, first);
        assert!(run.stderr.contains("already used in this shell"), "{run:?}");
        assert_eq!(stage.emulator.log().count_with_token_code(), 1, "{first}");
    }
}

#[test]
fn a_reused_code() {
    let stage = stage_with_code();
    let first = stage.script(&["bash", "--norc"], "eval \"$(awsmfa env $CODE)\"");
    first.assert_quiet_success();
    stage.emulator.clear_log();
    let shells = assert_stops_everywhere(&stage, "awsmfa env $CODE", 1, "wrong or was used before");
    assert_eq!(stage.emulator.log().count_with_token_code(), shells);
    stage.assert_clean_home();
}

/// Other tests, above and in tests/shells, show that the statement fails in every shell.
#[test]
fn what_the_command_line_gets_wrong() {
    let stage = stage_with_code();
    for (command, says) in [
        ("awsmfa env 12345", "an MFA code has six digits"),
        ("awsmfa env -x $CODE", "-x"),
        ("awsmfa unset --shell nonsense", "unknown shell nonsense"),
        ("awsmfa nonsense", "nonsense"),
        ("awsmfa", "Usage"),
    ] {
        let run = stage.script(&["bash", "--norc"], &stopping(command));
        assert_stopped(&run, 2, command);
        assert!(run.stderr.contains(says), "{run:?}");
        run.assert_no_secret_told(&stage.variables["CODE"]);
    }
    assert_eq!(stage.emulator.log().actions(), [""; 0]);
}

#[cfg(debug_assertions)]
#[test]
fn a_panic() {
    let mut stage = stage_with_code();
    stage.set("AWSMFA_TEST_PANIC", "1");
    for command in ["awsmfa env $CODE", "awsmfa unset"] {
        assert_stops_everywhere(&stage, command, 1, "a bug in awsmfa");
    }
}

/// Evaluates a command that leaves its process ID in `OUT/pid`.
fn stopping_with_pid(args: &str) -> String {
    stopping(&format!(
        "sh -c 'echo $$ > \"$OUT/pid\"; exec awsmfa env --shell sh {args}'"
    ))
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(stage: &Stage, name: &str) {
    let pid = stage.written("pid");
    let sent = Command::new("kill").args(["-s", name, pid.trim()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_signal_while_aws_does_not_answer() {
    for name in ["TERM", "INT", "QUIT"] {
        let stage = stage_with_code();
        stage.emulator.inject(Fault::HangBeforeAnswer);
        let begin = Instant::now();
        let mut command = stage.script_command(&["bash", "--norc"], &stopping_with_pid("$CODE"));
        let child = command.spawn().unwrap();
        wait_until("a request", || !stage.emulator.log().entries.is_empty());
        signal(&stage, name);
        let run = Run::wait(child);
        assert_stopped(&run, 1, name);
        let says = format!("awsmfa: interrupted (SIG{name}); the code may have been used\n");
        assert_eq!(run.stderr, says);
        run.assert_no_secret_told(&stage.variables["CODE"]);
        assert!(begin.elapsed() < PATIENCE);
    }
}

/// It is a failure if nobody receives the statements.
#[test]
fn a_full_standard_output() {
    if !std::path::Path::new("/dev/full").exists() {
        awsmfa_test_support::missing("/dev/full");
        return;
    }
    let stage = stage_with_code();
    for command in ["awsmfa env $CODE", "awsmfa unset", "awsmfa profiles"] {
        let script = format!("set -e\n{command} >/dev/full\necho on\n");
        let run = stage.script(&["bash", "--norc"], &script);
        assert_stopped(&run, 1, command);
        assert!(run.stderr.contains("standard output"), "{run:?}");
        assert!(run.stderr.contains("No space left"), "{run:?}");
        run.assert_no_secret_told(&stage.variables["CODE"]);
    }
}
