//! Which stream goes where: statements to standard output, the question to the terminal, whatever
//! else is redirected.

use std::fs::File;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use awsmfa_test_support::{Accounts, find_tool, without_terminal};

use crate::pty::Terminal;
use crate::stand::{AWSMFA, FAILURE, PROMPT, Stand};

/// A shell, with what keeps it from reading the files of a user.
const SHELLS: [(&str, &[&str]); 3] = [
    ("bash", &["--norc", "--noprofile"]),
    ("zsh", &["-f"]),
    ("fish", &["--no-config"]),
];

#[test]
fn a_terminal_gets_no_secret_but_the_line_to_type() {
    for (shell, options) in SHELLS {
        let Some(program) = find_tool(shell) else {
            continue;
        };
        let stand = Stand::new();
        let code = stand.code();
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
            let command = stand.command(&program, options).args(["-c", &command]);
            let mut terminal = Terminal::showing(command, 200);
            assert_eq!(terminal.wait().code(), Some(2), "{}", terminal.shown());
            let shown = terminal.shown();
            assert!(shown.contains(&line), "{shell}: {shown}");
            assert!(!shown.contains("MFA code for"), "{shell}: {shown}");
            assert!(!shown.contains("AWS_"), "{shell}: {shown}");
        }
        assert!(stand.emulator.log().entries.is_empty());
    }
}

#[test]
fn a_terminal_gets_the_statements_where_they_are_asked_for() {
    let stand = Stand::new();
    let mut terminal = Terminal::showing(stand.env_command(&["--print-secrets"]), 120);
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    assert_eq!(terminal.wait().code(), Some(0));
    assert!(terminal.shown().contains(" AWS_SESSION_TOKEN='"));
    terminal.assert_modes_unchanged();
}

#[test]
fn the_question_reaches_the_terminal_past_a_redirected_standard_error() {
    let stand = Stand::new();
    let [wrong] = stand.wrong_codes();
    let errors = stand.home.write("errors", "");
    let command = stand
        .env_command(&[])
        .stderr(File::create(&errors).unwrap());
    let mut terminal = Terminal::capturing(command);
    terminal.expect(PROMPT);
    terminal.enter(&wrong);
    terminal.expect("the MFA code is wrong or was used before");
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    assert!(terminal.stdout().contains("export AWS_ACCESS_KEY_ID='ASIA"));
    let errors = std::fs::read_to_string(errors).unwrap();
    assert!(!errors.contains(PROMPT), "{errors}");
}

#[test]
fn the_question_reaches_the_terminal_past_closed_standard_input_and_error() {
    let stand = Stand::new();
    let command = stand
        .env_command(&[])
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let mut terminal = Terminal::capturing(command);
    terminal.expect(PROMPT);
    terminal.enter(&stand.code());
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    assert!(terminal.stdout().contains("export AWS_ACCESS_KEY_ID='ASIA"));
}

#[test]
fn the_answer_comes_from_the_terminal_where_standard_input_is_a_pipe() {
    let stand = Stand::new();
    let (reader, mut writer) = std::io::pipe().unwrap();
    let [wrong] = stand.wrong_codes();
    writeln!(writer, "{wrong}").unwrap();
    let mut terminal = Terminal::capturing(stand.env_command(&[]).stdin(reader));
    terminal.expect(PROMPT);
    let code = stand.code();
    terminal.enter(&code);
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    let sent = stand.emulator.log().last().token_code.clone();
    assert_eq!(sent, Some(code));
}

#[test]
fn without_a_terminal_it_fails_at_once() {
    let stand = Stand::new();
    let output = without_terminal(AWSMFA)
        .args(["env", "--shell", "bash"])
        .env_clear()
        .envs(stand.env())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), FAILURE);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("there is no terminal to ask at"),
        "{errors}"
    );
    assert!(errors.contains("awsmfa env 123456"), "{errors}");
    assert!(stand.emulator.log().entries.is_empty());
}

/// Runs `awsmfa env` in the background of an interactive shell; gives what its standard error says.
fn in_the_background(stand: &Stand) -> String {
    let bash = find_tool("bash").expect("bash");
    let command = stand.command(bash, &["--norc", "--noprofile", "-i"]);
    let mut terminal = Terminal::showing(command.env("PS1", "ready> "), 120);
    terminal.expect("ready> ");
    let begin = Instant::now();
    terminal.enter("awsmfa env --shell bash >~/out 2>~/errors & wait $!; echo \"ended:$?\"");
    terminal.expect("ended:1\r");
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    let read = |name| std::fs::read_to_string(stand.home.path().join(name)).unwrap();
    assert_eq!(read("out"), FAILURE);
    read("errors")
}

#[test]
fn in_the_background_it_fails_and_does_not_hang() {
    let stand = Stand::new();
    let errors = in_the_background(&stand);
    assert!(errors.contains("from the background"), "{errors}");
    stand.assert_no_code_sent();
}

#[test]
fn in_the_background_it_tells_what_is_wrong_with_the_keys() {
    let mut accounts = Accounts::standard();
    accounts.user("alice").keys[0].active = false;
    let stand = Stand::with(accounts, awsmfa_test_support::TestHome::standard());
    let errors = in_the_background(&stand);
    assert!(
        errors.contains("AWS does not know the access key"),
        "{errors}"
    );
}
