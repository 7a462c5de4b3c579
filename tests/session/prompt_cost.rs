//! What a prompt pays for `awsmfa status --format prompt`, beside a program that does nothing.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use awsmfa_test_support::{find_tool, say, variables};

use crate::common::Stage;

const PROMPT: [&str; 3] = ["status", "--format", "prompt"];

/// Instructions of a debug build; a release build takes fewer.
const INSTRUCTIONS: u64 = 5_000_000;

/// How often each is started; the quickest counts, for other programs only ever add to it.
const STARTS: usize = 40;

/// A stage in whose environment a session lives.
fn in_session() -> Stage {
    let mut stage = Stage::new();
    stage.set("CODE", stage.code());
    let script = "eval \"$(awsmfa env \"$CODE\")\"; env -0 > \"$OUT/session\"";
    stage
        .script(&["bash", "--norc"], script)
        .assert_quiet_success();
    stage.environment = variables(&stage.written("session"));
    stage
}

fn command(stage: &Stage, program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .envs(&stage.environment)
        .stdin(Stdio::null());
    command
}

fn quickest(stage: &Stage, program: &str, args: &[&str]) -> Duration {
    let starts = (0..STARTS).map(|_| {
        let begin = Instant::now();
        let output = command(stage, program, args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        begin.elapsed()
    });
    starts.min().unwrap()
}

/// As callgrind counts them.
fn instructions(stage: &Stage, valgrind: &str, program: &str, args: &[&str]) -> u64 {
    let tool = [
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        program,
    ];
    let output = command(stage, valgrind, &[&tool, args].concat())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let collected = told.split("Collected : ").nth(1);
    let digits = collected.and_then(|rest| rest.lines().next());
    digits
        .and_then(|digits| digits.trim().parse().ok())
        .unwrap_or_else(|| panic!("{told}"))
}

#[test]
fn is_that_of_a_small_program() {
    let stage = in_session();
    let awsmfa = env!("CARGO_BIN_EXE_awsmfa");
    let shown = command(&stage, awsmfa, &PROMPT).output().unwrap();
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), "default 12h");

    let (ours, nothing) = (
        quickest(&stage, awsmfa, &PROMPT),
        quickest(&stage, "/bin/true", &[]),
    );
    let ratio = ours.as_secs_f64() / nothing.as_secs_f64();
    say(&format!(
        "status --format prompt: {ours:?}, /bin/true: {nothing:?}, ratio {ratio:.1}"
    ));
    assert!(ratio < 10.0, "{ratio}");

    let Some(valgrind) = find_tool("valgrind") else {
        return;
    };
    let valgrind = valgrind.to_str().unwrap();
    let ours = instructions(&stage, valgrind, awsmfa, &PROMPT);
    let nothing = instructions(&stage, valgrind, "/bin/true", &[]);
    say(&format!(
        "status --format prompt: {ours} instructions, /bin/true: {nothing}"
    ));
    assert!(ours < INSTRUCTIONS, "{ours}");
}
