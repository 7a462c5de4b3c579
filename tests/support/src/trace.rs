//! The system calls of `awsmfa`, recorded by strace.

use std::ffi::OsString;
use std::fs;

use crate::run::Run;
use crate::stage::Stage;
use crate::tool::{awsmfa, find_tool};

impl Stage {
    /// Runs `awsmfa` and records these calls of all its threads and children, one per line, without
    /// process IDs. `None` if strace is missing.
    #[must_use]
    pub fn traced(&self, calls: &str, args: &[&str]) -> Option<(Vec<String>, Run)> {
        find_tool("strace")?;
        let trace = self.out("trace");
        let mut words: Vec<OsString> = ["strace", "-f", "-qq", "-s", "65536", "-e"]
            .map(OsString::from)
            .into();
        words.push(format!("trace={calls}").into());
        words.extend(["-o".into(), trace.clone().into(), awsmfa().into()]);
        words.extend(args.iter().map(OsString::from));
        let run = Run::execute(&mut self.command(&words));
        let text = fs::read_to_string(trace).expect("what strace wrote");
        let lines = text.lines().filter_map(|line| line.split_once(' '));
        let calls = lines.map(|(_, call)| call.trim_start().to_owned());
        Some((calls.collect(), run))
    }
}
