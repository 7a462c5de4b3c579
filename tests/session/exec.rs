//! The environment of `exec`'s command, and the messages if it cannot start.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[cfg(target_os = "linux")]
use awsmfa_test_support::skip;
use awsmfa_test_support::{Run, Stage};

fn executable(stage: &Stage, name: &str, contents: &[u8]) {
    let path = stage.out(name);
    fs::write(&path, contents).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs `exec` with something that exists but cannot start.
#[track_caller]
fn assert_cannot_start(stage: &Stage, names: &str) -> Run {
    let code = stage.code();
    let run = stage.awsmfa(&["exec", &code, "--", "./s"]);
    assert_eq!((run.code, run.stdout.as_str()), (127, ""), "{run:?}");
    let first = run.stderr.lines().next().unwrap();
    assert!(first.contains("/s: ") && first.contains(names), "{run:?}");
    // A code may have been used, so the message must not mention it.
    assert!(!run.stderr.contains("code"), "{run:?}");
    run.assert_no_secret_told(&code);
    run
}

#[test]
fn a_script_without_its_interpreter_is_found_out_before_a_code_is_used() {
    for (first_line, names, hint) in [
        ("#!/bin/sh\r\n", r"/bin/sh\r", "line endings"),
        (
            "#! /no/venv/bin/python3 -u\n",
            "/no/venv/bin/python3",
            "first line",
        ),
        ("#!no-such-interpreter", "no-such-interpreter", "first line"),
    ] {
        let stage = Stage::new();
        executable(&stage, "s", first_line.as_bytes());
        let run = assert_cannot_start(&stage, names);
        assert!(run.stderr.contains(hint), "{run:?}");
        assert_eq!(stage.emulator.log().count_with_token_code(), 0);
    }
}

/// Like a program for glibc on a system with musl.
#[cfg(target_os = "linux")]
#[test]
fn a_program_without_its_loader_is_no_command_that_does_not_exist() {
    let stage = Stage::new();
    let mut program = fs::read("/bin/true").unwrap();
    let loader = program.windows(7).position(|bytes| bytes == b"/ld-lin");
    let loader = loader.expect("the path of a loader");
    program[loader + 1..loader + 3].copy_from_slice(b"no");
    executable(&stage, "s", &program);
    let _ = assert_cannot_start(&stage, "loader");
}

#[test]
fn scripts_that_can_start_do() {
    let stage = Stage::new();
    for script in [
        "#!/bin/sh\necho it runs\n",
        "#!/usr/bin/env sh\necho it runs\n",
        "echo it runs\n",
    ] {
        executable(&stage, "s", script.as_bytes());
        let run = stage.awsmfa(&["exec", &stage.code(), "--", "./s"]);
        run.assert_quiet_success();
        assert_eq!(run.stdout, "it runs\n");
    }
}

/// The signals that a process blocks and ignores, as Linux shows them.
#[cfg(target_os = "linux")]
fn blocked_and_ignored(status: &str) -> [u64; 2] {
    // libc uses the others.
    const OURS: u64 = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 12 | 1 << 14 | 1 << 16;
    ["SigBlk:", "SigIgn:"].map(|name| {
        let mask = status.lines().find_map(|line| line.strip_prefix(name));
        u64::from_str_radix(mask.unwrap().trim(), 16).unwrap() & OURS
    })
}

#[cfg(target_os = "linux")]
#[test]
fn its_signals_are_as_the_caller_left_them() {
    for (ignored, expected) in [
        ("", 0),
        ("HUP", 1),
        ("HUP INT QUIT TERM", 0b100_0000_0000_0111),
    ] {
        let stage = Stage::new();
        let by_program = format!("--code-command=echo {}", stage.code());
        for code in [stage.code(), by_program] {
            let script = format!("trap '' PIPE {ignored}; exec \"$@\"");
            let words = [
                "sh",
                "-c",
                &script,
                "sh",
                "awsmfa",
                "exec",
                &code,
                "--",
                "cat",
                "/proc/self/status",
            ];
            let run = Run::execute(&mut stage.command(&words));
            run.assert_quiet_success();
            assert_eq!(
                blocked_and_ignored(&run.stdout),
                [0, expected],
                "{ignored} {code}"
            );
        }
    }
}

/// A sandbox may hide /proc, which alone tells the signals that are ignored.
#[cfg(target_os = "linux")]
#[test]
fn ignored_signals_stay_ignored_without_proc() {
    let stage = Stage::new();
    let in_private = |script: &str| {
        let script = format!("mount -t tmpfs none /proc || exit 99\n{script}");
        Run::execute(&mut stage.command(&["unshare", "-rm", "sh", "-c", &script]))
    };
    if in_private("true").code != 0 {
        skip("a private /proc");
        return;
    }
    let survive = "kill -HUP $$; kill -INT $$; kill -QUIT $$; kill -TERM $$; echo survived";
    let code = stage.code();
    let run = in_private(&format!(
        "trap '' HUP INT QUIT TERM\nexec awsmfa exec {code} -- sh -c '{survive}'"
    ));
    run.assert_quiet_success();
    assert_eq!(run.stdout, "survived\n");
    // What a shell evaluates says that it was interrupted.
    let run = in_private(
        "awsmfa env --shell sh --code-command 'kill -TERM $PPID; sleep 20' >$OUT/output\n\
         cat $OUT/output",
    );
    assert_eq!(run.stdout, "(exit 1);\n", "{run:?}");
}

/// A program that writes to a pipe without a reader is ended by SIGPIPE.
#[test]
fn sigpipe_ends_it() {
    let stage = Stage::new();
    let script = format!(
        "awsmfa exec {} -- yes | head -n 1; echo ${{PIPESTATUS[0]}}",
        stage.code()
    );
    let run = stage.script(&["bash", "--norc"], &script);
    run.assert_quiet_success();
    assert_eq!(run.stdout, "y\n141\n");
}

/// Whoever asked to ignore them does not want the process to end.
#[test]
fn ignored_signals_end_nothing() {
    let stage = Stage::new();
    let script = format!(
        "trap '' HUP INT QUIT TERM\n\
         awsmfa exec --code-command 'kill -HUP $PPID; kill -INT $PPID; kill -QUIT $PPID; kill -TERM $PPID; \
         echo {}' -- echo it runs\n\
         echo $?\n",
        stage.code()
    );
    let run = stage.script(&["bash", "--norc"], &script);
    run.assert_quiet_success();
    assert_eq!(run.stdout, "it runs\n0\n");
}
