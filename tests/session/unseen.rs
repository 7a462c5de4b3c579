//! Where no process can be seen, as in some sandboxes, awsmfa does not know which shell asks. What it
//! prints starts a session in those of POSIX's kind, and shows no secret in any other.

use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{REAL_SHELLS, RealShell, Run, Stage, find_tool, posix_shells, skip};

/// Hides /proc from a command, which follows.
const HIDDEN: &[&str] = &[
    "unshare",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    "mount -t tmpfs none /proc && exec \"$@\"",
    "sh",
];

fn can_hide(stage: &Stage) -> bool {
    if find_tool("unshare").is_none() {
        return false;
    }
    let run =
        Run::execute(&mut stage.command(&[HIDDEN, &["test", "!", "-e", "/proc/self"]].concat()));
    if run.code != 0 {
        skip("the right to hide /proc");
    }
    run.code == 0
}

#[test]
fn a_session_or_a_failure_and_no_secret() {
    for shell in REAL_SHELLS {
        // wine, .NET and Nushell do not run there.
        if ["cmd", "powershell", "nu"].contains(&shell.row) || !shell.is_installed() {
            continue;
        }
        let stage = Stage::new();
        if !can_hide(&stage) {
            return;
        }
        let row = awsmfa::shell::by_name(shell.row).unwrap();
        let script = format!("script{}", shell.extension);
        let line = row.line_for(&format!("awsmfa env {}", stage.code()));
        stage.write(&script, format!("{line}\nprintenv AWS_ACCESS_KEY_ID\n"));
        let command = [HIDDEN, shell.command, &[&script]].concat();
        let run = Run::execute(&mut stage.command(&command));
        let what = format!("{shell:?}: {run:?}");
        let is_posix = ["bash", "zsh", "sh", "ksh"].contains(&shell.row);
        assert_eq!(run.stdout.starts_with("ASIA"), is_posix, "{what}");
        assert!(run.stderr.contains("no shell recognised"), "{what}");
        for secret in ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
            assert!(!run.stderr.contains(secret), "{what}");
            assert!(!run.stdout.contains(secret), "{what}");
        }
    }
}

/// With the function loaded, a script acts on its own shell. In a subshell it could print secrets to a log, so
/// it refuses before the code is used, and the line fails.
#[test]
fn the_function_acts_or_refuses_in_a_script() {
    for shell in posix_shells() {
        let stage = Stage::new();
        if !can_hide(&stage) {
            return;
        }
        let code = stage.code();
        let script = format!(
            "eval \"$(awsmfa init sh)\"\n\
             eval \"$(awsmfa env {code})\"; echo \"status $?\"\n\
             ( awsmfa env {code} ) | grep -c AWS_SECRET_ACCESS_KEY\n\
             awsmfa env {code}; echo \"status $?\"\n\
             printenv AWS_ACCESS_KEY_ID\n"
        );
        stage.write("script", script);
        let run = Run::execute(&mut stage.command(&[HIDDEN, shell, &["script"]].concat()));
        let what = format!("{shell:?}: {run:?}");
        assert!(
            run.stdout.starts_with("status 1\n0\nstatus 0\nASIA"),
            "{what}"
        );
        let hint = "cannot see whether this output is captured\n\
                    hint: type eval \"$(command awsmfa env CODE)\"";
        assert_eq!(run.stderr.matches(hint).count(), 2, "{what}");
        assert_eq!(stage.requests().1, 1, "{what}");
    }
}

/// A person who types a capturing line gets a session. mksh does not tell a subshell that a person types: there
/// the function refuses.
#[test]
fn the_function_is_captured_at_a_prompt() {
    for shell in posix_shells() {
        if shell[0] == "mksh" {
            continue;
        }
        let stage = Stage::new();
        if !can_hide(&stage) {
            return;
        }
        let script = format!(
            "eval \"$(awsmfa init sh)\"\neval \"$(awsmfa env {})\"\nprintenv AWS_ACCESS_KEY_ID\n\
             ( awsmfa unset; printenv AWS_ACCESS_KEY_ID || echo gone )\n",
            stage.code()
        );
        stage.write("script", script);
        let command = stage.terminal_command(&[HIDDEN, shell, &["-i"]].concat());
        let mut terminal = Terminal::showing(command, 250);
        terminal.enter("PS1='rea''dy> '");
        terminal.expect("ready> ");
        terminal.enter(". ./script");
        terminal.expect("\nASIA");
        terminal.expect("\ngone");
        terminal.enter("exit");
        terminal.wait();
        assert!(
            !terminal.shown().contains("AWS_SECRET"),
            "{}",
            terminal.shown()
        );
    }
}

/// The others get the same text from a file.
#[test]
fn where_the_shell_does_not_run_no_secret_is_shown() {
    let stage = Stage::new();
    if !can_hide(&stage) {
        return;
    }
    let line = format!("awsmfa env {} >printed", stage.code());
    let run = Run::execute(&mut stage.command(&[HIDDEN, &["sh", "-c", &line]].concat()));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(stage.written("printed").contains("AWS_SECRET_ACCESS_KEY"));
    let lines = [
        ("pwsh", "Get-Content printed | iex"),
        ("pwsh", "Get-Content printed | Out-String | iex"),
        ("pwsh", "iex \"$(Get-Content printed)\""),
        ("pwsh", "iex (Get-Content -Raw printed)"),
        ("nu", "^cat printed | from json | load-env"),
    ];
    for (name, line) in lines {
        let shell = RealShell::named(name);
        if !shell.is_installed() {
            continue;
        }
        let on = if name == "nu" {
            "print on"
        } else {
            "if ($?) { 'on' }"
        };
        let script = format!("{line}\n{on}\n");
        let run = stage.script(shell.command, &script);
        assert!(!run.stdout.contains("on"), "{line}: {run:?}");
        assert_ne!(run.stderr, "", "{line}: {run:?}");
        let shown = run.stdout + &run.stderr;
        assert!(!shown.contains("AWS_SECRET_ACCESS_KEY"), "{line}: {shown}");
        assert!(!shown.contains("ASIA"), "{line}: {shown}");
    }
}
