//! Each function works in its shell: a session starts and ends, failures fail and change only what is
//! kept, and everything else goes to the program unchanged.

use awsmfa::shell::{Kind, SHELLS, Shell, by_name};
use awsmfa_test_support::{RealShell, Run, Stage, assert_each_row_is_run, find_tool};

use crate::stage::{STALE, dumped, secrets, stage};

/// The syntax of a shell. `CALL` is a command, `NAME` a name.
struct Real {
    name: &'static str,
    /// The first lines.
    prelude: &'static str,
    /// Loads the function, if the line of the table does not work in a script.
    load: Option<&'static str>,
    /// Runs a command and records its status, even if it fails.
    note: &'static str,
    /// Whether a failure has the program's status rather than another one that is not 0.
    keeps_status: bool,
    /// Runs a command with its output in a file.
    capture: &'static str,
}

const POSIX: Real = Real {
    name: "dash",
    prelude: "set -eu",
    load: None,
    note: "if CALL; then bin/note NAME 0; else bin/note NAME $?; fi",
    keeps_status: true,
    capture: "CALL > NAME",
};

/// A test for each shell, and the list of them.
macro_rules! in_each {
    ($($test:ident: $real:expr;)+) => {
        $(#[test]
        fn $test() {
            prove(&$real);
        })+

        const PROVEN: &[&str] = &[$($real.name),+];
    };
}

in_each! {
    bash: Real { name: "bash", ..POSIX };
    zsh: Real { name: "zsh", ..POSIX };
    dash: POSIX;
    ksh: Real { name: "ksh", ..POSIX };
    mksh: Real { name: "mksh", ..POSIX };
    busybox: Real { name: "busybox", ..POSIX };
    yash: Real { name: "yash", ..POSIX };
    fish: Real {
        name: "fish",
        prelude: "",
        note: "CALL; bin/note NAME $status",
        ..POSIX
    };
    tcsh: Real {
        name: "tcsh",
        prelude: "",
        note: "CALL\nbin/note NAME $status",
        ..POSIX
    };
    xonsh: Real {
        name: "xonsh",
        prelude: "$XONSH_SUBPROC_CMD_RAISE_ERROR = False\n$XONSH_SUBPROC_RAISE_ERROR = False",
        note: "_p = ![CALL]\nbin/note NAME @(_p.rtn)",
        ..POSIX
    };
    nu: Real {
        name: "nu",
        prelude: "",
        load: Some("source awsmfa.nu"),
        note: "try { CALL; bin/note NAME 0 } catch {|e| bin/note NAME 1 }",
        keeps_status: false,
        capture: "CALL | save NAME",
    };
    // The function is added to the editor's names for typed lines, so these lines are typed.
    elvish: Real {
        name: "elvish",
        prelude: "",
        note: "try { CALL; bin/note NAME 0 } catch e { bin/note NAME 1 }",
        keeps_status: false,
        ..POSIX
    };
    powershell: Real {
        name: "pwsh",
        prelude: "Set-StrictMode -Version Latest",
        note: "try { CALL } catch { }\nbin/note NAME $LASTEXITCODE",
        ..POSIX
    };
}

#[test]
fn every_shell_of_the_table_is_here() {
    let shells = SHELLS.iter().filter(|shell| shell.kind == Kind::Shell);
    assert_each_row_is_run(
        shells.map(|shell| shell.name),
        &[PROVEN, &[crate::cmd::CMD]].concat(),
    );
}

fn prove(real: &Real) {
    let shell = RealShell::named(real.name);
    if !shell.is_installed() {
        return;
    }
    let stage = stage();
    let run = run(real, shell, &stage);
    let notes = stage.written("notes");
    let told = format!("{}: {run:?}\nnotes: {notes}", real.name);
    check_statuses(real, &notes, &told);
    check_environments(&stage, &told);

    let args = "<a  b><it's><\"*\"><$HOME><--shell><x>";
    assert_eq!(stage.written("args.out"), args, "{told}");
    let explicit = stage.written("explicit");
    assert!(explicit.contains("set -eg AWS_SESSION_TOKEN"), "{told}");
    assert!(
        stage.written("help").contains("Usage: awsmfa env"),
        "{told}"
    );
    assert!(stage.written("status").contains("\"live\""), "{told}");

    for secret in secrets(&dumped(&stage, "session")) {
        for seen in [&run.stdout, &run.stderr] {
            assert!(!seen.contains(secret.as_str()), "a secret is shown; {told}");
        }
    }
}

/// Runs all checks.
fn run(real: &Real, shell: &RealShell, stage: &Stage) -> Run {
    let row = by_name(shell.row).unwrap();
    let function = row.function.as_ref().unwrap();
    let load = real.load.unwrap_or(function.load);
    let steps = steps(real, row, stage);
    // Loading it twice is harmless.
    let script = [real.prelude, load, load, &steps].join("\n");
    match real.name {
        "elvish" => return type_into_elvish(stage, &format!("{load}\n{load}"), &steps),
        "nu" => _ = stage.write("awsmfa.nu", function.scripts.concat()),
        _ => {}
    }
    stage.script(shell.command, &script)
}

/// Runs a script in an interactive elvish, as if typed.
pub(crate) fn type_into_elvish(stage: &Stage, rc: &str, script: &str) -> Run {
    stage.write(
        "rc.elv",
        format!("{rc}\nset edit:prompt = {{ print READY }}\n"),
    );
    stage.write("script.elv", format!("{script}\nexit\n"));
    let typed = "spawn -noecho elvish -rc rc.elv\nset timeout 60\nexpect READY\n\
                 send \"eval (slurp < script.elv)\\r\"\nexpect eof";
    stage.script(&["expect"], typed)
}

/// A session and its end, calls for the program, failures, and a missing program.
fn steps(real: &Real, row: &Shell, stage: &Stage) -> String {
    let device = stage.emulator.device("alice");
    stage.write("the  code", device.code());
    let dump = |to: &str| format!("bin/dump {to}");
    let call = |template: &str, to: &str, words: &[&str]| {
        let line = row.command_line(&[&["awsmfa"], words].concat());
        template.replace("NAME", to).replace("CALL", &line)
    };
    let note = |to: &str, words: &[&str]| call(real.note, to, words);
    let capture = |to: &str, words: &[&str]| call(real.capture, to, words);
    let exec = ["exec", "--renew-within", "1m", "--", "bin/args"];
    let odd = ["a  b", "it's", "\"*\"", "$HOME", "--shell", "x"];
    let refused = ["env", "-p", "audit", "--external-id", "Wrong"];
    [
        dump("before"),
        note("start", &["env", "--code-command", "cat 'the  code'"]),
        dump("session"),
        note("exec", &[&exec[..], &odd].concat()),
        capture("explicit", &["unset", "--shell", "fish"]),
        capture("help", &["env", "--help"]),
        capture("status", &["status", "--format", "json"]),
        note("usage", &["env", "12345"]),
        match real.name {
            // It runs at a terminal, where awsmfa would ask for another code.
            "elvish" => String::new(),
            _ => note("wrong", &["env", &device.wrong_code()]),
        },
        dump("failed"),
        note("end", &["unset"]),
        dump("after"),
        note("refused", &[&refused[..], &[&device.code()]].concat()),
        dump("kept"),
        note("drop", &["unset"]),
        dump("dropped"),
        "bin/lose".to_owned(),
        note("missing", &["env", "123456"]),
        dump("last"),
    ]
    .join("\n")
}

fn check_statuses(real: &Real, notes: &str, told: &str) {
    let expected = [
        ("start", 0),
        ("exec", 7),
        ("usage", 2),
        ("wrong", 1),
        ("end", 0),
        ("refused", 1),
        ("drop", 0),
        ("missing", 127),
    ];
    for (of, expected) in expected {
        if real.name == "elvish" && of == "wrong" {
            continue;
        }
        let line = notes.lines().find_map(|line| line.strip_prefix(of));
        let line = line.unwrap_or_else(|| panic!("no {of}; {told}"));
        let status: i32 = line.trim().parse().unwrap();
        if expected == 0 || real.keeps_status {
            // If something in its eval fails, tcsh loses the status.
            let as_told = if real.name == "tcsh" && of != "exec" {
                expected.min(1)
            } else {
                expected
            };
            assert_eq!(status, as_told, "{of}; {told}");
        } else {
            assert_ne!(status, 0, "{of}; {told}");
        }
    }
}

fn check_environments(stage: &Stage, told: &str) {
    let [before, session, kept] = ["before", "session", "kept"].map(|name| dumped(stage, name));
    assert_eq!(before["AWS_SECURITY_TOKEN"], STALE, "{told}");
    assert!(session["AWS_ACCESS_KEY_ID"].starts_with("ASIA"), "{told}");
    assert!(!session.contains_key("AWS_PROFILE"), "{told}");
    assert_eq!(
        dumped(stage, "failed"),
        session,
        "a failure changes nothing; {told}"
    );
    assert_eq!(dumped(stage, "after"), before, "{told}");
    // The code for a denied role is not lost.
    assert!(!kept.contains_key("AWS_ACCESS_KEY_ID"), "{told}");
    assert_eq!(kept["AWS_PROFILE"], "default", "{told}");
    let is_mfa_session = |name: &String| name.starts_with("AWSMFA_MFA_");
    assert!(kept.keys().any(is_mfa_session), "{told}");
    assert_eq!(dumped(stage, "dropped"), before, "{told}");
    assert_eq!(dumped(stage, "last"), before, "{told}");
}

/// The function captures standard output; awsmfa still asks a person for the code.
#[test]
fn a_person_is_asked_for_the_code() {
    for (row, shell) in [
        ("bash", "bash --norc"),
        ("zsh", "zsh -f"),
        ("fish", "fish --no-config"),
        ("sh", "dash"),
        ("ksh", "ksh"),
        ("sh", "mksh"),
        ("sh", "yash --norcfile"),
        ("sh", "busybox sh"),
        ("tcsh", "tcsh -f"),
    ] {
        let program = shell.split(' ').next().unwrap();
        if find_tool(program).is_none() || find_tool("expect").is_none() {
            continue;
        }
        let row = by_name(row).unwrap();
        let load = row.function.as_ref().unwrap().load;
        // README's line for the shell works with the function, too.
        for line in ["awsmfa env", &row.line_for("awsmfa env")] {
            let stage = stage();
            let typed = format!(
                "set timeout 30\n\
                 spawn -noecho {shell}\n\
                 send {{{load}}}\n\
                 send \"\\r\"\n\
                 send {{{line}}}\n\
                 send \"\\r\"\n\
                 expect \"MFA code\"\n\
                 send \"{}\\r\"\n\
                 send \"bin/dump session\\r\"\n\
                 send \"exit\\r\"\n\
                 expect eof",
                stage.code()
            );
            let seen = stage.script(&["expect"], &typed).stdout;
            assert!(!seen.contains("not found"), "{shell}: {seen}");
            let session = dumped(&stage, "session");
            assert!(session.contains_key("AWS_SESSION_TOKEN"), "{line}: {seen}");
        }
    }
}
