//! Each function does its work in its shell: a session starts and ends, failures fail and change
//! nothing but what is kept, and all else goes to the program as it was written.

use awsmfa::shell::by_name;

use crate::place::Place;

/// How a shell is spoken to. `CALL` stands for a command, `NAME` for a name.
struct Real {
    row: &'static str,
    command: &'static [&'static str],
    file: &'static str,
    /// What stands before all else.
    prelude: &'static str,
    /// Makes the function known, where the line of the table cannot stand in a script.
    load: Option<&'static str>,
    /// Runs a command and notes its status, going on where it fails.
    note: &'static str,
    /// Whether the status is the program's own, or some other that is not 0.
    keeps_status: bool,
    /// Runs a command that writes to a file.
    capture: &'static str,
    dump: &'static str,
}

/// Elvish's prompt, for `expect` to wait for.
pub(crate) const READY: &str = "set edit:prompt = { print READY }\n";

const POSIX: Real = Real {
    row: "sh",
    command: &[],
    file: "script",
    prelude: "set -eu",
    load: None,
    note: "if CALL; then ./note NAME 0; else ./note NAME $?; fi",
    keeps_status: true,
    capture: "CALL > NAME",
    dump: "./dump NAME",
};

#[test]
fn bash() {
    prove(&Real {
        row: "bash",
        command: &["bash", "--norc"],
        ..POSIX
    });
}

#[test]
fn zsh() {
    prove(&Real {
        row: "zsh",
        command: &["zsh", "-f"],
        ..POSIX
    });
}

#[test]
fn dash() {
    prove(&Real {
        command: &["dash"],
        ..POSIX
    });
}

#[test]
fn ksh() {
    prove(&Real {
        row: "ksh",
        command: &["ksh"],
        ..POSIX
    });
}

#[test]
fn mksh() {
    prove(&Real {
        command: &["mksh"],
        ..POSIX
    });
}

#[test]
fn busybox() {
    prove(&Real {
        command: &["busybox", "sh"],
        ..POSIX
    });
}

#[test]
fn yash() {
    prove(&Real {
        command: &["yash"],
        ..POSIX
    });
}

#[test]
fn fish() {
    prove(&Real {
        row: "fish",
        command: &["fish", "--no-config"],
        prelude: "",
        note: "CALL; ./note NAME $status",
        ..POSIX
    });
}

#[test]
fn tcsh() {
    prove(&Real {
        row: "tcsh",
        command: &["tcsh", "-f"],
        prelude: "",
        note: "CALL\n./note NAME $status",
        ..POSIX
    });
}

#[test]
fn xonsh() {
    prove(&Real {
        row: "xonsh",
        command: &["xonsh", "--no-rc"],
        file: "script.xsh",
        prelude: "$XONSH_SUBPROC_CMD_RAISE_ERROR = False\n$RAISE_SUBPROC_ERROR = False",
        note: "_p = ![CALL]\n./note NAME @(_p.rtn)",
        ..POSIX
    });
}

#[test]
fn nu() {
    prove(&Real {
        row: "nu",
        command: &["nu", "--no-config-file"],
        prelude: "",
        load: Some("source awsmfa.nu"),
        note: "try { CALL; ./note NAME 0 } catch {|e| ./note NAME 1 }",
        keeps_status: false,
        capture: "CALL | save NAME",
        ..POSIX
    });
}

/// What is added to its editor's names is there for the lines that are typed, so they are typed.
#[test]
fn elvish() {
    prove(&Real {
        row: "elvish",
        command: &["expect"],
        prelude: "",
        note: "try { CALL; ./note NAME 0 } catch e { ./note NAME 1 }",
        keeps_status: false,
        ..POSIX
    });
}

#[test]
fn powershell() {
    prove(&Real {
        row: "powershell",
        command: &["pwsh", "-NoProfile", "-NonInteractive", "-File"],
        file: "script.ps1",
        prelude: "Set-StrictMode -Version Latest",
        note: "CALL\n./note NAME $LASTEXITCODE",
        ..POSIX
    });
}

fn prove(real: &Real) {
    if real.row == "powershell" && awsmfa_test_support::optional_tool("pwsh").is_none() {
        // The hosted CI has it; `scripts` holds the script against a grammar of PowerShell.
        return eprintln!("SKIPPED: pwsh is missing");
    }
    let place = Place::new();
    let device = place.emulator.device("alice");
    place.home.write("the  code", device.code());
    let before = place.home.listing();
    let shell = by_name(real.row).unwrap();
    let name = real.command[0];

    let mut lines = vec![real.prelude.to_owned()];
    let load = real.load.unwrap_or(shell.function.as_ref().unwrap().load);
    if real.row != "elvish" {
        lines.extend([load.to_owned(), load.to_owned()]);
    }
    let dump = |lines: &mut Vec<String>, to: &str| lines.push(real.dump.replace("NAME", to));
    let call = |template: &str, to: &str, words: &[&str]| {
        let words = [&["awsmfa"], words].concat();
        let line = shell.command_line(&words);
        // A command's name is bare in every shell.
        template.replace("NAME", to).replace("CALL", &line)
    };
    dump(&mut lines, "before");
    let words = ["env", "--code-command", "cat 'the  code'"];
    lines.push(call(real.note, "start", &words));
    dump(&mut lines, "session");
    lines.push(call(
        real.note,
        "exec",
        &[
            "exec",
            "--renew-within",
            "1m",
            "--",
            "./args",
            "a  b",
            "it's",
            "\"*\"",
            "$HOME",
            "--shell",
            "x",
        ],
    ));
    lines.push(call(
        real.capture,
        "explicit",
        &["unset", "--shell", "fish"],
    ));
    lines.push(call(real.capture, "help", &["env", "--help"]));
    lines.push(call(
        real.capture,
        "status",
        &["status", "--format", "json"],
    ));
    lines.push(call(real.note, "usage", &["env", "12345"]));
    if real.row != "elvish" {
        // At a terminal, awsmfa would ask for another code.
        lines.push(call(real.note, "wrong", &["env", &device.wrong_code()]));
    }
    dump(&mut lines, "failed");
    lines.push(call(real.note, "end", &["unset"]));
    dump(&mut lines, "after");
    let refused = ["env", "-p", "audit", "--external-id", "Wrong"];
    let code = device.code();
    lines.push(call(
        real.note,
        "refused",
        &[&refused[..], &[&code]].concat(),
    ));
    dump(&mut lines, "kept");
    lines.push(call(real.note, "drop", &["unset"]));
    dump(&mut lines, "dropped");
    lines.push(
        "/bin/rm bin/awsmfa".replace("/bin/rm", if real.row == "nu" { "^rm" } else { "/bin/rm" }),
    );
    lines.push(call(real.note, "missing", &["env", "123456"]));
    lines.push(real.dump.replace("NAME", "last"));

    let script = lines.join("\n");
    let output = match real.row {
        "elvish" => {
            if awsmfa_test_support::find_tool("elvish").is_none() {
                return;
            }
            place
                .home
                .write("rc.elv", format!("{load}\n{load}\n{READY}"));
            place.home.write("script.elv", format!("{script}\nexit\n"));
            let typed = "spawn -noecho elvish -rc rc.elv\nset timeout 60\nexpect READY\n\
                         send \"eval (slurp < script.elv)\\r\"\nexpect eof";
            place.run(real.command, "script", typed)
        }
        "nu" => {
            let function = shell.function.as_ref().unwrap().scripts.concat();
            place.home.write("awsmfa.nu", function);
            place.run(real.command, real.file, &script)
        }
        _ => place.run(real.command, real.file, &script),
    };
    let Some(output) = output else {
        return;
    };
    let told = format!("{name}: {output:?}\nnotes: {}", place.read("notes"));

    let notes = place.read("notes");
    let status = |of: &str| -> i32 {
        let line = notes.lines().find_map(|line| line.strip_prefix(of));
        line.unwrap_or_else(|| panic!("no {of}; {told}"))
            .trim()
            .parse()
            .unwrap()
    };
    for (of, expected) in [
        ("start", 0),
        ("exec", 7),
        ("usage", 2),
        ("end", 0),
        ("refused", 1),
        ("drop", 0),
    ] {
        // Of a failure in what it evaluates, tcsh keeps that it failed.
        if expected == 0 || (real.keeps_status && !(real.row == "tcsh" && of == "usage")) {
            assert_eq!(status(of), expected, "{of}; {told}");
        } else {
            assert_ne!(status(of), 0, "{of}; {told}");
        }
    }
    if real.row != "elvish" {
        assert_ne!(status("wrong"), 0, "{told}");
    }
    assert_ne!(status("missing"), 0, "{told}");

    let (start, session) = (place.dumped("before"), place.dumped("session"));
    let key = |name: &str| place.dumped(name).get("AWS_ACCESS_KEY_ID").cloned();
    assert!(session["AWS_ACCESS_KEY_ID"].starts_with("ASIA"), "{told}");
    assert!(!session.contains_key("AWS_PROFILE"), "{told}");
    assert_eq!(
        place.dumped("failed"),
        session,
        "a failure changes nothing; {told}"
    );
    assert_eq!(place.dumped("after"), start, "{told}");
    assert_eq!(key("kept"), None, "{told}");
    let kept = place.dumped("kept");
    assert!(
        kept.keys().any(|name| name.starts_with("AWSMFA_MFA_")),
        "{told}"
    );
    assert_eq!(kept["AWS_PROFILE"], "default", "{told}");
    assert_eq!(place.dumped("dropped"), start, "{told}");
    assert_eq!(place.dumped("last"), start, "{told}");

    let args = "<a  b><it's><\"*\"><$HOME><--shell><x>";
    assert_eq!(place.read("args.out"), args, "{told}");
    assert!(
        place.read("explicit").contains("set -eg AWS_SESSION_TOKEN"),
        "{told}"
    );
    assert!(place.read("help").contains("Usage: awsmfa env"), "{told}");
    assert!(place.read("status").contains("\"live\""), "{told}");

    let seen = [output.stdout, output.stderr].concat();
    let seen = String::from_utf8_lossy(&seen);
    for secret in crate::place::secrets(&session) {
        assert!(!seen.contains(secret.as_str()), "a secret is shown; {told}");
    }
    assert_eq!(
        place.emulator.log().count_with_token_code(),
        if real.row == "elvish" { 2 } else { 3 }
    );
    let _ = before;
}
