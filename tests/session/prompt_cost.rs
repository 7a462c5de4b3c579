//! The cost of `awsmfa status --format prompt` for a prompt, in instructions: time would depend on what
//! else the machine does.

use std::process::Command;

use awsmfa_test_support::{Run, Stage, find_tool, say};

/// The limit of a debug build. A release build needs far fewer; its figure is the one to quote.
const INSTRUCTIONS: u64 = 5_000_000;

/// Counted by callgrind.
fn instructions(command: &mut Command) -> u64 {
    let run = Run::execute(command);
    let collected = run.stderr.split("Collected : ").nth(1);
    let digits = collected.and_then(|rest| rest.lines().next());
    digits
        .and_then(|digits| digits.trim().parse().ok())
        .unwrap_or_else(|| panic!("{run:?}"))
}

#[test]
fn is_that_of_a_small_program() {
    if find_tool("valgrind").is_none() {
        return;
    }
    let mut stage = Stage::new();
    stage.env(&[&stage.code()]);
    let count = |program: &[&str]| {
        let valgrind = [
            "valgrind",
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
        ];
        instructions(&mut stage.command(&[&valgrind, program].concat()))
    };
    let awsmfa = env!("CARGO_BIN_EXE_awsmfa");
    let prompt = count(&[awsmfa, "status", "--format", "prompt"]);
    let nothing = count(&["/bin/true"]);
    if !cfg!(debug_assertions) {
        say(&format!(
            "status --format prompt: {prompt} instructions, /bin/true: {nothing}"
        ));
    }
    assert!(prompt < INSTRUCTIONS, "{prompt}");
}
