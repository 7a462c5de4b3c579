//! A session starts, changes and ends by every line that a user may type.

use crate::machine::{LOAD, in_each_quietly};

/// Whose keys the shell has.
const SAY: &str = "\"$(\"$env:AWS_ACCESS_KEY_ID\" -replace '(?<=^....).*'), profile $env:AWS_PROFILE, \
                   role $($env:AWSMFA_ROLE_ARN -replace '.*/'), $LASTEXITCODE\"";

/// A session, another role, and the end.
const LIFE: [&str; 3] = [
    "ASIA, profile , role , 0",
    "ASIA, profile , role dev, 0",
    ", profile default, role , 0",
];

fn line(line: &str, verb: &str) -> String {
    format!("{}\n{SAY}\n", line.replace("VERB", verb))
}

/// The function may be loaded twice, and README's lines work with it, too. A code starts the session by the
/// first line of each kind; the other lines find it as the first one left it.
fn every_line(first: &str) {
    let program = [
        "awsmfa VERB | iex",
        "awsmfa VERB | Out-String | iex",
        "iex (awsmfa VERB | Out-String)",
    ];
    let function = [
        "awsmfa VERB",
        "awsmfa VERB | iex",
        "awsmfa VERB | Out-String | iex",
    ];
    let mut script = first.to_owned();
    let mut expected = Vec::new();
    for (load, lines) in [("", program), (&*format!("{LOAD}\n{LOAD}\n"), function)] {
        script += load;
        script += &line(lines[0], "env <code>");
        script += "$session = Get-ChildItem Env:AWS*\n";
        for (index, each) in lines.iter().enumerate() {
            if index > 0 {
                script += "$session | ForEach-Object { Set-Item \"Env:$($_.Name)\" $_.Value }\n\
                           Remove-Item Env:AWS_PROFILE\n";
                script += SAY;
                script += "\n";
            }
            script += &line(each, "env -p dev");
            script += &line(each, "unset");
            expected.extend(LIFE);
        }
    }
    in_each_quietly(&script, &expected);
}

#[test]
fn in_strict_mode() {
    every_line("Set-StrictMode -Version Latest\n");
}

#[test]
fn in_constrained_language_mode() {
    every_line("$ExecutionContext.SessionState.LanguageMode = 'ConstrainedLanguage'\n");
}
