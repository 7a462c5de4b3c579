//! A crash does not write memory to disk.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use awsmfa_test_support::{TestHome, missing};
use rustix::process::{Pid, Signal, kill_process};

/// A program without a limit on dumps that waits for standard input.
fn waiting(home: &TestHome, program: &str, arguments: &[&str]) -> Child {
    Command::new("/bin/sh")
        .args(["-c", "ulimit -c unlimited && exec \"$@\"", "sh", program])
        .args(arguments)
        .env_clear()
        .envs(home.env("http://127.0.0.1:9"))
        .current_dir(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Aborts the child once it is `program` and sleeps, which it first does at standard input.
fn killed(mut child: Child, program: &str) -> ExitStatus {
    let stat = format!("/proc/{}/stat", child.id());
    let begin = Instant::now();
    while !fs::read_to_string(&stat)
        .unwrap()
        .contains(&format!("({program}) S "))
    {
        assert!(
            begin.elapsed() < Duration::from_mins(1),
            "{program} does not wait"
        );
        thread::sleep(Duration::from_millis(10));
    }
    kill_process(Pid::from_child(&child), Signal::ABORT).unwrap();
    child.wait().unwrap()
}

#[test]
fn awsmfa_dumps_no_core_and_its_child_may() {
    let home = TestHome::standard();
    let control = killed(waiting(&home, "/bin/cat", &[]), "cat");
    if !control.core_dumped() {
        return missing("a system that dumps cores");
    }
    let awsmfa = env!("CARGO_BIN_EXE_awsmfa");
    let ours = killed(waiting(&home, awsmfa, &["env", "-s", "sh", "-"]), "awsmfa");
    assert_eq!(ours.signal(), Some(Signal::ABORT.as_raw()));
    assert!(!ours.core_dumped());
}
