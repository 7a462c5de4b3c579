//! The streams: statements go to standard output and the question to the terminal, whatever else is
//! redirected.

use std::fs::File;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{Accounts, Stage, find_tool};

use crate::{ENDPOINT, FAILURE, PROMPT};

/// A shell, with the options that skip the user's files.
const SHELLS: [(&str, &[&str]); 3] = [
    ("bash", &["--norc", "--noprofile"]),
    ("zsh", &["-f"]),
    ("fish", &["--no-config"]),
];

#[test]
fn a_terminal_gets_no_secret_but_the_line_to_type() {
    for (shell, options) in SHELLS {
        if find_tool(shell).is_none() {
            continue;
        }
        let stage = Stage::new();
        let code = stage.code();
        for (command, line) in [
            (
                "awsmfa env -p \"it's me\" --region eu-north-1; exit $status$?".to_owned(),
                match shell {
                    "fish" => r"hint: type awsmfa env -p 'it\'s me' --region eu-north-1 | source",
                    _ => r#"hint: type eval "$(awsmfa env -p 'it'\''s me' --region eu-north-1)""#,
                }
                .to_owned(),
            ),
            (
                format!("awsmfa env {code}; exit $status$?"),
                match shell {
                    "fish" => format!("hint: type awsmfa env {code} | source"),
                    _ => format!(r#"hint: type eval "$(awsmfa env {code})""#),
                },
            ),
            (
                "awsmfa unset; exit $status$?".to_owned(),
                match shell {
                    "fish" => "hint: type awsmfa unset | source".to_owned(),
                    _ => r#"hint: type eval "$(awsmfa unset)""#.to_owned(),
                },
            ),
        ] {
            // zsh knows both variables, fish only the first, bash only the second.
            let command = match shell {
                "bash" => command.replace("$status", ""),
                _ => command.replace("$?", ""),
            };
            let command = stage.terminal_command(&[&[shell], options, &["-c", &command]].concat());
            let mut terminal = Terminal::showing(command, 200);
            assert_eq!(terminal.wait().code(), Some(1), "{}", terminal.shown());
            let shown = terminal.shown();
            assert!(shown.contains(&line), "{shell}: {shown}");
            assert!(!shown.contains("MFA code for"), "{shell}: {shown}");
            assert!(!shown.contains("AWS_"), "{shell}: {shown}");
        }
        assert!(stage.emulator.log().entries.is_empty());
    }
}

#[test]
fn a_terminal_gets_the_statements_where_they_are_asked_for() {
    let stage = Stage::new();
    let mut terminal = Terminal::showing(stage.ask_command(&["--print-secrets"]), 120);
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    assert_eq!(terminal.wait().code(), Some(0));
    assert!(terminal.shown().contains(" AWS_SESSION_TOKEN='"));
    terminal.assert_modes_unchanged();
}

#[test]
fn the_question_reaches_the_terminal_past_a_redirected_standard_error() {
    let stage = Stage::new();
    let [wrong] = stage.wrong_codes();
    let errors = stage.home.write("errors", "");
    let command = stage
        .ask_command(&[])
        .stderr(File::create(&errors).unwrap());
    let mut terminal = Terminal::capturing(command);
    let before = terminal.expect(PROMPT);
    assert_eq!(before, format!("{ENDPOINT}\r\n"));
    terminal.enter(&wrong);
    terminal.expect("the MFA code is wrong or was used before");
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    assert!(terminal.stdout().contains("export AWS_ACCESS_KEY_ID='ASIA"));
    let errors = std::fs::read_to_string(errors).unwrap();
    assert_eq!(errors, format!("{ENDPOINT}\n"));
}

#[test]
fn the_question_reaches_the_terminal_past_closed_standard_input_and_error() {
    let stage = Stage::new();
    let command = stage
        .ask_command(&[])
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let mut terminal = Terminal::capturing(command);
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    assert!(terminal.stdout().contains("export AWS_ACCESS_KEY_ID='ASIA"));
}

#[test]
fn the_answer_comes_from_the_terminal_where_standard_input_is_a_pipe() {
    let stage = Stage::new();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let [wrong] = stage.wrong_codes();
    writeln!(writer, "{wrong}").unwrap();
    let mut terminal = Terminal::capturing(stage.ask_command(&[]).stdin(reader));
    terminal.expect(PROMPT);
    let code = stage.code();
    terminal.enter(&code);
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    let sent = stage.emulator.log().last().token_code.clone();
    assert_eq!(sent, Some(code));
}

/// Runs `awsmfa env` in the background of an interactive shell; returns its standard error.
fn in_the_background(stage: &Stage) -> String {
    let mut terminal = stage.bash();
    let begin = Instant::now();
    terminal.enter("awsmfa env --shell bash >~/out 2>~/errors & wait $!; echo \"ended:$?\"");
    terminal.expect("ended:1\r");
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    let read = |name| std::fs::read_to_string(stage.home.path().join(name)).unwrap();
    assert_eq!(read("out"), FAILURE);
    read("errors")
}

#[test]
fn in_the_background_it_fails_and_does_not_hang() {
    let stage = Stage::new();
    let errors = in_the_background(&stage);
    assert!(errors.contains("from the background"), "{errors}");
    stage.assert_no_code_sent();
}

#[test]
fn in_the_background_it_tells_what_is_wrong_with_the_keys() {
    let mut accounts = Accounts::standard();
    accounts.user("alice").keys[0].active = false;
    let stage = Stage::with(accounts);
    let errors = in_the_background(&stage);
    assert!(
        errors.contains("AWS does not know the access key"),
        "{errors}"
    );
}
