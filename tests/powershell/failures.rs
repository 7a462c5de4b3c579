//! What a failure does to the script around it: by each line, under each preference, in a file and as a
//! command.

use crate::machine::{LOAD, Machine, in_each, powershells};

/// A line that evaluates, and what a script does after it if it fails.
struct Row {
    line: &'static str,
    /// Whether the function is loaded.
    with_function: bool,
    ends: Ends,
}

/// Whether the script ends under the default `$ErrorActionPreference`, `Continue`.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    Always,
    /// `PowerShell` turns an exception behind a program's pipe into an error of that one statement, unless the
    /// program has written its output before `PowerShell` first looks for it.
    Sometimes,
}

const fn row(line: &'static str, with_function: bool, ends: Ends) -> Row {
    Row {
        line,
        with_function,
        ends,
    }
}

const TABLE: &[Row] = &[
    row("awsmfa VERB | iex", false, Ends::Sometimes),
    row("awsmfa VERB | Out-String | iex", false, Ends::Always),
    row("iex (awsmfa VERB | Out-String)", false, Ends::Always),
    row("iex \"$(awsmfa VERB)\"", false, Ends::Always),
    row("awsmfa VERB", true, Ends::Always),
    row("awsmfa VERB | iex", true, Ends::Always),
    row("awsmfa VERB | Out-String | iex", true, Ends::Always),
];

/// A mistyped code fails before any request.
const FAIL: &str = "env 12345";

impl Row {
    fn failing(&self) -> String {
        let load = if self.with_function { LOAD } else { "" };
        format!("{load}\n{}\n", self.line.replace("VERB", FAIL))
    }
}

/// Printed by a script that goes on.
const GOES_ON: &str = "\"goes on: $? $LASTEXITCODE $env:AWS_PROFILE\"\n";

#[test]
fn by_default() {
    for powershell in powershells() {
        let machine = Machine::with(powershell);
        for row in TABLE {
            let ran = machine.file(&(row.failing() + GOES_ON));
            let has_ended = (ran.code, &*ran.stdout) == (Some(1), "");
            let goes_on = (ran.code, &*ran.stdout) == (Some(0), "goes on: False 2 default\n");
            let is_right = has_ended || goes_on && row.ends == Ends::Sometimes;
            assert!(is_right, "{ran:#?}");
            assert!(ran.stderr.contains("an MFA code"), "{ran:#?}");
        }
        assert_eq!(machine.emulator.log().actions(), [""; 0]);
    }
}

/// The other lines end the script in any case.
#[test]
fn under_stop() {
    for powershell in powershells() {
        let machine = Machine::with(powershell);
        let stop = "$ErrorActionPreference = 'Stop'\n".to_owned();
        let ran = machine.file(&(stop + &TABLE[0].failing() + GOES_ON));
        assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:#?}");
    }
}

/// The script goes on, and the status shows the failure.
#[test]
fn under_silently_continue() {
    let script: Vec<String> = TABLE
        .iter()
        .map(|row| row.failing() + "\"goes on: $LASTEXITCODE\"\n$global:LASTEXITCODE = 0\n")
        .collect();
    let script = format!(
        "$ErrorActionPreference = 'SilentlyContinue'\n{}",
        script.concat()
    );
    in_each(&script, &vec!["goes on: 2"; TABLE.len()]);
}

#[test]
fn where_it_is_caught() {
    let script: Vec<String> = TABLE
        .iter()
        .map(|row| {
            let line = row.failing();
            format!(
                "$global:LASTEXITCODE = 0\n\
                 try {{ {line}; 'goes on' }} catch {{ \"caught $LASTEXITCODE\" }}\n"
            )
        })
        .collect();
    in_each(&script.concat(), &vec!["caught 2"; TABLE.len()]);
}

/// With `| iex` too, since it is the last line.
#[test]
fn as_a_command() {
    for powershell in powershells() {
        let machine = Machine::with(powershell);
        for row in [&TABLE[0], &TABLE[4]] {
            let ran = machine.command(&row.failing());
            assert_eq!((ran.code, &*ran.stdout), (Some(1), ""), "{ran:#?}");
        }
    }
}

/// A failure changes nothing in the shell, except that it keeps the MFA session.
#[test]
fn a_used_code_leaves_its_mfa_session() {
    let mut script = "function aws { (Get-ChildItem Env:AWS_*).Name -join ' ' }\n".to_owned();
    for row in [&TABLE[1], &TABLE[4]] {
        if row.with_function {
            // With these preferences a failing program would end the function before it reads the output.
            script += LOAD;
            script += "\n$PSNativeCommandUseErrorActionPreference = $true\n\
                       $ErrorActionPreference = 'Stop'\n";
        }
        let call = |verb: &str| row.line.replace("VERB", verb);
        script.extend([format!(
            "$before = aws\n\
             try {{ {} }} catch {{ \"$LASTEXITCODE\" }}\n\
             $before -eq (aws)\n\
             {}\n\
             \"$LASTEXITCODE $($env:AWSMFA_ROLE_ARN -replace '.*/')\"\n\
             {}\n",
            call("env -p audit --external-id Wrong <code>"),
            call("env -p audit"),
            call("unset"),
        )]);
    }
    in_each(&script, &["1", "True", "0 audit"].repeat(2));
}

/// Without a working program the function fails.
#[test]
fn a_program_that_is_missing_or_broken() {
    for powershell in powershells() {
        let machine = Machine::with(powershell);
        let name = if cfg!(windows) {
            "awsmfa.exe"
        } else {
            "awsmfa"
        };
        let program = machine.home.write(format!("bin/{name}"), "not a program");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&program, mode).unwrap();
        }
        assert!(program.exists());
        let script = format!(
            "{LOAD}\n\
             $env:PATH = \"$PWD/none\"\n\
             try {{ awsmfa env 123456; 'on' }} catch {{ \"$LASTEXITCODE $_\" }}\n\
             $env:PATH = \"$PWD/bin\"\n\
             try {{ awsmfa env 123456; 'on' }} catch {{ \"$LASTEXITCODE\" }}\n"
        );
        let ran = machine.file(&script);
        ran.assert_prints(&["127 awsmfa: the program is not on PATH", "1"]);
    }
}
