//! A failure is loud even through `eval`, whose own status says nothing of the command inside.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use awsmfa_test_support::{Fault, Run, Stage, find_tool, posix_shells};

/// Long enough for a loaded machine, short enough not to look like a hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// A line that evaluates a command in a script that stops at the first failure.
fn stopping(command: &str) -> String {
    format!("set -e\neval \"$({command})\"\necho on\n")
}

#[track_caller]
fn assert_stopped(run: &Run, code: i32, why: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{why} {run:?}");
}

/// In every shell of POSIX's kind, and in fish, whose pipe has a status of its own. Gives the
/// number of shells.
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
        assert!(run.stderr.contains("used in this shell before"), "{run:?}");
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

/// That the statement fails in every shell is shown above and in tests/shells.
#[test]
fn what_the_command_line_gets_wrong() {
    let stage = stage_with_code();
    for (command, says) in [
        ("awsmfa env 12345", "an MFA code has six digits"),
        ("awsmfa env -x $CODE", "-x"),
        (
            "awsmfa unset --shell nonsense",
            "no shell is called nonsense",
        ),
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
        assert_stops_everywhere(&stage, command, 1, "a defect of awsmfa");
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

/// A shell at a terminal that is the test's to type at.
struct AtTerminal {
    child: Child,
    shown: String,
}

impl AtTerminal {
    fn start(stage: &Stage, script: &str) -> Option<Self> {
        find_tool("script")?;
        std::fs::write(stage.out("at-terminal"), script).unwrap();
        let line = "bash --norc \"$OUT/at-terminal\"";
        let mut command = stage.command(&["script", "-qefc", line, "/dev/null"]);
        let child = command.stdin(Stdio::piped()).spawn().unwrap();
        Some(Self {
            child,
            shown: String::new(),
        })
    }

    /// Reads what is shown until it ends so.
    fn expect(&mut self, end: &str) {
        let stdout = self.child.stdout.as_mut().unwrap();
        let mut byte = [0];
        while !self.shown.ends_with(end) {
            let read = stdout.read(&mut byte).unwrap();
            assert_eq!(read, 1, "ended with {:?}", self.shown);
            self.shown.push(char::from(byte[0]));
        }
    }

    fn press(&mut self, keys: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(keys.as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    /// Everything that was shown, and the exit code.
    fn end(mut self) -> (String, i32) {
        // Only its end closes the terminal.
        let mut stdin = self.child.stdin.take();
        let rest = Run::wait(self.child);
        stdin.take();
        (self.shown + &rest.stdout, rest.code)
    }
}

#[test]
fn a_signal_or_a_key_while_the_terminal_is_asked() {
    for (what, shown_at_the_end) in [
        ("TERM", "interrupted (SIGTERM)"),
        ("INT", ""),
        ("QUIT", "interrupted (SIGQUIT)"),
        ("Ctrl-C", ""),
        ("Ctrl-D", "no code entered"),
    ] {
        let stage = Stage::new();
        let script = "trap 'stty -a > \"$OUT/stty\"' EXIT\n".to_owned() + &stopping_with_pid("");
        let Some(mut terminal) = AtTerminal::start(&stage, &script) else {
            return;
        };
        terminal.expect("MFA code for arn:aws:iam::123456789012:mfa/alice: ");
        match what {
            "Ctrl-C" => terminal.press("\u{3}"),
            "Ctrl-D" => terminal.press("\u{4}"),
            name => signal(&stage, name),
        }
        let (shown, code) = terminal.end();
        assert!(!shown.contains("\non"), "{what}: {shown}");
        assert!(shown.contains(shown_at_the_end), "{what}: {shown}");
        // Ctrl-C ends the shell as well, in its own way.
        assert!(
            code == 1 || what == "Ctrl-C" && code == 130,
            "{what}: {code}"
        );
        let settings = stage.written("stty");
        assert!(settings.contains(" echo "), "{what}: {settings}");
        assert!(settings.contains(" icanon "), "{what}: {settings}");
        assert_eq!(stage.emulator.log().count_with_token_code(), 0);
    }
}

#[test]
fn a_terminal_instead_of_eval_spends_no_code() {
    let stage = stage_with_code();
    for (command, line) in [
        ("awsmfa env 123456", "eval \"$(awsmfa env 123456)\""),
        ("awsmfa unset", "eval \"$(awsmfa unset)\""),
    ] {
        let Some(terminal) = AtTerminal::start(&stage, &format!("{command}\n")) else {
            return;
        };
        let (shown, code) = terminal.end();
        assert_eq!(code, 1, "{shown}");
        assert!(shown.contains(line), "{shown}");
        assert!(!shown.contains("MFA code for"), "{shown}");
    }
    assert_eq!(stage.emulator.log().actions(), [""; 0]);

    let all_the_same = "awsmfa env --print-secrets \"$CODE\"\n";
    let Some(terminal) = AtTerminal::start(&stage, all_the_same) else {
        return;
    };
    let (shown, code) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains(" AWS_SESSION_TOKEN='"), "{shown}");
}

/// Statements that nobody receives are a failure.
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
