//! Compares the words of generated command lines with botocore's, which the AWS CLI uses.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::hash::{BuildHasher as _, RandomState};
use std::io::Write as _;
use std::process::{Command, Stdio};

use awsmfa_test_support::{python_with_botocore, say};
use serde_json::{Value, json};

use super::windows_words;
use crate::shlex;

/// How many lines to compare, all in one Python process.
const LINES: usize = 4000;

/// What lines are made of: what a splitter looks at, more often than what it does not.
const PIECES: &[&str] = &[
    " ",
    " ",
    "\t",
    "\n",
    "\r",
    "\\",
    "\\",
    "\\",
    "\"",
    "\"",
    "\"",
    "'",
    "'",
    "''",
    "\"\"",
    "a",
    "b",
    "#",
    "$x",
    "&",
    ";",
    "=",
    "é",
    "\u{a0}",
    "\u{2028}",
    "\u{b}",
    "\u{c}",
    "C:\\",
    "https://v/a?b",
];

fn lines(seed: u64) -> Vec<String> {
    let mut state = seed | 1;
    let mut next = |below: usize| {
        // Xorshift (Marsaglia 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    let mut line = || {
        let length = next(16);
        (0..length).map(|_| PIECES[next(PIECES.len())]).collect()
    };
    (0..LINES).map(|_| line()).collect()
}

#[test]
fn lines_are_split_as_botocore_splits_them() {
    const SCRIPT: &str = "
import json, sys
from botocore.compat import compat_shell_split
def words(line, platform):
    try:
        return compat_shell_split(line, platform)
    except ValueError:
        return None
lines = json.load(sys.stdin)
json.dump([[words(line, 'linux'), words(line, 'win32')] for line in lines], sys.stdout)
";
    let Some(python) = python_with_botocore() else {
        return;
    };
    let seed = RandomState::new().hash_one(());
    let lines = lines(seed);
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(json!(lines).to_string().as_bytes())
        .unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let theirs: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(theirs.len(), LINES);
    let ours = |line: &str| json!([shlex::split(line).ok(), windows_words::split(line).ok()]);
    let pairs = lines.iter().zip(&theirs);
    let different: Vec<_> = pairs
        .filter(|(line, theirs)| ours(line) != **theirs)
        .map(|(line, theirs)| format!("{line:?}: {}, not {theirs}", ours(line)))
        .collect();
    assert!(
        different.is_empty(),
        "seed {seed}, {} differences:\n{}",
        different.len(),
        different.join("\n")
    );
    let refused = theirs.iter().filter(|both| both[0].is_null()).count();
    say(&format!(
        "{LINES} command lines split as botocore does, {refused} of them refused (seed {seed})"
    ));
}
