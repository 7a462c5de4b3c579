//! `env` and `unset` print depending on where their output goes: statements that a shell should have
//! evaluated reach no log and no screen.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use awsmfa_test_support::{REAL_SHELLS, Run, Stage, find_tool};

/// If this is there, a session was printed.
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

/// A stage with a program `step`, a bash script in place of a step of a CI job.
fn stage(step: &str) -> Stage {
    let mut stage = Stage::new();
    stage.set("CODE", stage.code());
    stage.set("GITHUB_ENV", stage.out("github").to_str().unwrap());
    let file = stage.write("step", format!("{step}\n"));
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    // Passes the output on, as a shim does.
    stage.program("w", "awsmfa \"$@\"\nexit $?");
    // Reads the file in its arguments.
    stage.program("docker", "cat \"$3\"");
    stage
}

/// Runs a command as a CI runner does, which is not a shell and reads the output.
fn run_by_runner(stage: &Stage, command: &[&str]) -> Run {
    Run::execute(&mut stage.command(command))
}

/// Everything that a run printed or wrote to files.
fn all(stage: &Stage, run: &Run) -> String {
    let files = ["log", "github", "session.env"].map(|name| stage.out(name));
    let files = files.map(|file| fs::read_to_string(file).unwrap_or_default());
    [&[run.stdout.clone(), run.stderr.clone()], &files[..]]
        .concat()
        .concat()
}

#[track_caller]
fn assert_refused(stage: &Stage, what: &str, shown: &str) {
    assert!(!shown.contains(SECRET), "{what}: {shown}");
    assert!(!shown.contains("(exit "), "{what}: {shown}");
    assert!(
        shown.contains("nothing printed: the output"),
        "{what}: {shown}"
    );
    assert!(
        shown.contains("hint: type eval \"$(awsmfa env CODE)\"")
            || shown.contains("hint: type eval \"$(awsmfa unset)\"")
            || shown.contains("hint: type eval \"$(awsmfa env 000000)\""),
        "{what}: {shown}"
    );
    assert!(
        shown.contains("awsmfa init bash") || shown.contains("awsmfa init sh"),
        "{what}: {shown}"
    );
    assert_eq!(stage.requests(), (0, 0), "{what}");
    assert!(
        !shown.contains(stage.get("CODE").unwrap()),
        "{what}: {shown}"
    );
}

/// The runner's command, and what follows it in the step.
#[test]
fn a_step_without_eval_prints_nothing() {
    const BASH: &[&str] = &["bash", "--norc", "-e", "./step"];
    let cases: &[(&[&str], &str)] = &[
        // Like GitHub: a script in a file, a pipe to the runner.
        (BASH, "awsmfa env \"$CODE\""),
        (BASH, "awsmfa unset"),
        (BASH, "timeout 60 awsmfa env \"$CODE\""),
        (BASH, "w env \"$CODE\""),
        (BASH, "awsmfa env \"$CODE\" >&1"),
        (BASH, "bash --norc -c 'awsmfa env \"$CODE\"; exit $?'"),
        // Like Jenkins: the output goes to a file.
        (
            &["sh", "-c", "(sh -xe ./step >log 2>&1); exit $?"],
            "awsmfa env \"$CODE\"",
        ),
        // A log as well as the output.
        (
            BASH,
            "exec > >(tee log)\nawsmfa env \"$CODE\" || status=$?\nexec >&2\nexit $status",
        ),
        // Like ssh, cron and Python's shell=True.
        (&["bash", "-c", "awsmfa env \"$CODE\"; exit $?"], ""),
        (&["sh", "-c", "awsmfa env \"$CODE\"; exit $?"], ""),
        // Other redirections make no difference.
        (BASH, "awsmfa env \"$CODE\" 3>log"),
        (&["dash", "-e", "./step"], "awsmfa env \"$CODE\" 3>&1 4>log"),
        // To /dev/null: the code would be lost.
        (
            &["bash", "-c", "bash --norc ./step >/dev/null; exit $?"],
            "awsmfa env \"$CODE\"",
        ),
    ];
    for (command, step) in cases {
        let stage = stage(step);
        let run = run_by_runner(&stage, command);
        let what = format!("{command:?} {step}: {run:?}");
        assert_eq!(run.code, 1, "{what}");
        let shown = all(&stage, &run);
        // A trace shows the command with its code.
        let shown = shown.replace(&format!("+ awsmfa env {}", stage.get("CODE").unwrap()), "");
        assert_refused(&stage, &what, &shown);
    }
}

/// Each shell gets its own line.
#[test]
fn in_every_shell() {
    for shell in REAL_SHELLS {
        // Windows does not show what other processes have open.
        if shell.row == "cmd" || !shell.is_installed() {
            continue;
        }
        let stage = stage("");
        let code = stage.get("CODE").unwrap();
        // Not as the last line, which ksh would run by exec.
        let run = stage.script(shell.command, &format!("awsmfa env {code}\necho\n"));
        assert_eq!(run.stdout.trim(), "", "{shell:?}: {run:?}");
        assert!(run.stderr.contains("nothing printed"), "{shell:?}: {run:?}");
        let row = awsmfa::shell::by_name(shell.row).unwrap();
        let line = row.line_for("awsmfa env CODE");
        assert!(
            run.stderr.contains(&format!("hint: type {line}, or")),
            "{shell:?}: {run:?}"
        );
        assert_eq!(stage.requests(), (0, 0), "{shell:?}: {run:?}");
    }
}

/// To evaluate, pipe or redirect the output is the user's own choice, and so is `--print-secrets`.
#[test]
fn what_is_evaluated_or_redirected_is_printed() {
    const BASH: &[&str] = &["bash", "--norc", "-e", "./step"];
    let cases: &[(&[&str], &str)] = &[
        (
            BASH,
            "eval \"$(awsmfa env \"$CODE\")\"; printenv AWS_ACCESS_KEY_ID; echo AWS_SECRET_ACCESS_KEY",
        ),
        (BASH, "awsmfa env \"$CODE\" | cat"),
        (BASH, "{ awsmfa env \"$CODE\"; } | cat"),
        (BASH, "awsmfa env \"$CODE\" | tee log >/dev/null"),
        (
            BASH,
            "awsmfa env --shell github \"$CODE\" >>\"$GITHUB_ENV\"",
        ),
        (BASH, "awsmfa env --shell dotenv \"$CODE\" >session.env"),
        (BASH, "(awsmfa env --shell dotenv \"$CODE\") >session.env"),
        (
            BASH,
            "docker run --env-file <(awsmfa env --shell dotenv \"$CODE\") IMAGE",
        ),
        (BASH, "awsmfa env --print-secrets \"$CODE\""),
        // A script that another shell evaluates.
        (
            &[
                "bash",
                "-c",
                "x=$(sh ./step) && eval \"$x\" && env; exit $?",
            ],
            "awsmfa env \"$CODE\"; exit $?",
        ),
        // A program that reads the output: there is only that program and awsmfa.
        (&["env", "bash", "-c", "exec awsmfa env \"$CODE\""], ""),
    ];
    for (command, step) in cases {
        let stage = stage(step);
        let run = run_by_runner(&stage, command);
        let what = format!("{command:?} {step}: {run:?}");
        assert_eq!(run.code, 0, "{what}");
        assert!(all(&stage, &run).contains(SECRET), "{what}");
        assert!(!run.stderr.contains("nothing printed"), "{what}");
        assert_eq!(stage.requests().1, 1, "{what}");
    }
}

/// Many shells redirect their own output while a command runs.
#[test]
fn a_redirection_is_taken_for_one_in_every_shell() {
    const COMMAND: &str = "awsmfa env --shell dotenv CODE > session.env";
    const OF_POSIX: &[&str] = &[
        COMMAND,
        "{ awsmfa env --shell dotenv CODE; } >> session.env",
        "f() { awsmfa env --shell dotenv CODE; }; f > session.env",
    ];
    for shell in REAL_SHELLS {
        if shell.row == "cmd" || !shell.is_installed() {
            continue;
        }
        let is_posix = ["bash", "zsh", "sh", "ksh"].contains(&shell.row);
        for line in if is_posix { OF_POSIX } else { &[COMMAND] } {
            let stage = stage("");
            let line = line.replace("CODE", stage.get("CODE").unwrap());
            let line = match shell.row {
                "nu" => line.replace('>', "o>"),
                _ => line,
            };
            // ksh saves nothing before the last command.
            let end = if is_posix { "\ntrue\n" } else { "\n" };
            let run = stage.script(shell.command, &format!("{line}{end}"));
            let what = format!("{shell:?} {line}: {run:?}");
            assert_eq!(run.code, 0, "{what}");
            assert!(stage.written("session.env").contains(SECRET), "{what}");
        }
    }
}

/// json is for programs, which start awsmfa through a shell, too.
#[test]
fn json_is_printed_to_any_program() {
    let stage = stage("awsmfa env --shell json \"$CODE\"");
    let run = run_by_runner(&stage, &["sh", "./step"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("\"SecretAccessKey\""), "{run:?}");
}

/// ksh captures with a nameless file, or with a pipe.
#[test]
fn ksh_captures_in_its_own_way() {
    if find_tool("ksh").is_none() {
        return;
    }
    for line in [
        "eval \"$(awsmfa env \"$CODE\")\"",
        ". <(awsmfa env \"$CODE\")",
        "x=${ awsmfa env \"$CODE\"; }; eval \"$x\"",
    ] {
        let stage = stage(line);
        let step = format!("{line}\necho \"${{AWS_ACCESS_KEY_ID%%????????????????}}\"\n");
        let run = stage.script(&["ksh"], &step);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (0, "ASIA\n"),
            "{line}: {run:?}"
        );
    }
}

/// `script` gives its command a terminal. Its options differ outside Linux.
#[cfg(target_os = "linux")]
#[test]
fn a_recorded_terminal_shows_nothing() {
    use awsmfa_test_support::{optional_tool, terminal::Terminal};
    if optional_tool("script").is_none() {
        return;
    }
    let stage = stage("awsmfa env 000000; echo status $?");
    let command = ["script", "-qc", "bash --norc ./step", "/dev/null"];
    let mut terminal = Terminal::showing(stage.terminal_command(&command), 200);
    terminal.expect("status 1");
    terminal.wait();
    assert_refused(&stage, "script", terminal.shown());
}
