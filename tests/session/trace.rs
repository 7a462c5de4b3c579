//! The system calls of `awsmfa`, as strace tells them.

use std::ffi::OsString;
use std::fs;

use awsmfa_test_support::find_tool;

use crate::common::{Run, Stage};

/// Runs `awsmfa`, all of its threads and children watched; gives these of their calls, one a line,
/// without the process IDs. None where strace is missing.
pub(crate) fn traced(stage: &Stage, calls: &str, args: &[&str]) -> Option<(Vec<String>, Run)> {
    find_tool("strace")?;
    let trace = stage.out("trace");
    let mut words: Vec<OsString> = ["strace", "-f", "-qq", "-s", "65536", "-e"]
        .map(OsString::from)
        .into();
    words.push(format!("trace={calls}").into());
    words.extend(["-o".into(), trace.clone().into()]);
    words.push(env!("CARGO_BIN_EXE_awsmfa").into());
    words.extend(args.iter().map(OsString::from));
    let run = Run::of(stage.command(&words));
    let text = fs::read_to_string(trace).unwrap();
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    let calls = lines.map(|(_, call)| call.trim_start().to_owned());
    Some((calls.collect(), run))
}
