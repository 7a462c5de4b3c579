//! The batch file for cmd, run by wine. Another batch file in place of the program records its
//! arguments, since wine does not wait for Linux programs. Before version 10 wine's `call` loses the
//! status, too.

use std::fs;
use std::process::{Command, Stdio};

use awsmfa::shell::by_name;
use awsmfa_test_support::{TestHome, find_tool, skip, tools_folder, tools_path};

/// The program that runs the scripts.
pub(crate) const CMD: &str = "wine";

/// Prints statements for `env --shell cmd`, otherwise its arguments.
const PROGRAM: &str = "@if not \"%~1\"==\"env\" goto args\n\
                       @if not \"%~3\"==\"--shell\" goto args\n\
                       @if not \"%~4\"==\"cmd\" goto args\n\
                       @echo set \"AWS_TEST=%~2\"\n\
                       @echo cmd /d /c exit 3\n\
                       @cmd /d /c exit 3\n\
                       @goto :eof\n\
                       :args\n\
                       @echo args %* end\n\
                       @cmd /d /c exit 5\n";

fn run(script: &str) -> Option<String> {
    let wine = find_tool(CMD)?;
    let home = TestHome::new();
    let function = by_name("cmd")
        .unwrap()
        .function
        .as_ref()
        .unwrap()
        .scripts
        .concat();
    let function = function.replace("awsmfa.exe", "call program.bat");
    for (name, text) in [
        ("awsmfa.bat", &*function),
        ("program.bat", PROGRAM),
        ("inner.bat", "@call awsmfa.bat %*\n@echo back\n"),
        ("script.bat", script),
    ] {
        fs::write(home.path().join(name), text.replace('\n', "\r\n")).unwrap();
    }
    let output = Command::new(wine)
        .args(["cmd", "/d", "/c", "script.bat"])
        .current_dir(home.path())
        .env_clear()
        .env("PATH", tools_path())
        .env("HOME", home.path())
        .env("WINEPREFIX", tools_folder().join("wine"))
        .env("WINEDEBUG", "-all")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    Some(text.replace('\r', "").replace("  end", " end"))
}

#[test]
fn what_is_not_evaluated_passes_through() {
    let cases = [
        ("status", "args status end"),
        ("env --help", "args env --help end"),
        (
            "env \"a  b\" --shell fish",
            "args env \"a  b\" --shell fish end",
        ),
        ("env --shell=fish", "args env --shell=fish end"),
        (
            "exec 123456 -- x --shell y",
            "args exec 123456 -- x --shell y end",
        ),
    ];
    // In one script, since wine takes seconds to start.
    let script = cases.map(|(words, _)| format!("@call awsmfa.bat {words}\n"));
    // With `call`, cmd returns to the batch file, and from there to the outer one.
    let nested = "@call inner.bat exec 1 -- x\n@echo outer\n";
    if let Some(output) = run(&(script.concat() + nested)) {
        let lines: Vec<&str> = output.lines().collect();
        let seen = cases.map(|(_, seen)| seen);
        assert_eq!(
            lines,
            [&seen[..], &["args exec 1 -- x end", "back", "outer"]].concat()
        );
    }
}

#[test]
fn what_is_evaluated_sets_variables_and_statuses_are_kept() {
    let can = run("@for /f \"delims=\" %%i in ('echo set \"PROBE=x\"') do @%%i\n@echo %PROBE%\n");
    if can.is_none_or(|output| output != "x\n") {
        skip("a cmd that runs `for /f … do @%i`, as wine's does since version 10");
        return;
    }
    let script = "@call awsmfa.bat env 123456\n@echo status %errorlevel%, %AWS_TEST%\n";
    assert_eq!(run(script).as_deref(), Some("status 3, 123456\n"));
    let script = "@call awsmfa.bat status\n@echo status %errorlevel%\n";
    assert_eq!(run(script).as_deref(), Some("args status end\nstatus 5\n"));
}
