//! The ways to leave the prompt: each fails the evaluating line, sends no code and leaves the terminal
//! as it was.

use awsmfa_test_support::Stage;
use awsmfa_test_support::terminal::{CTRL_BACKSLASH, CTRL_C, CTRL_D, Terminal};

use crate::{ENDPOINT, FAILURE, PROMPT};

use rustix::process::Signal;

/// What is shown after leaving the prompt in this way.
#[track_caller]
fn shown_after(leave: impl FnOnce(&mut Terminal)) -> String {
    let stage = Stage::new();
    let mut terminal = stage.ask(&[]);
    terminal.expect(PROMPT);
    stage.emulator.wait_for_answers("GetCallerIdentity", 1);
    leave(&mut terminal);
    assert_eq!(terminal.wait().code(), Some(1), "{}", terminal.shown());
    assert_eq!(terminal.stdout(), FAILURE);
    terminal.assert_modes_unchanged();
    stage.assert_no_code_sent();
    let shown = terminal.shown().strip_prefix(ENDPOINT).unwrap();
    shown.trim_start().to_owned()
}

/// The user knows what it does.
#[test]
fn ctrl_c() {
    let shown = shown_after(|terminal| terminal.send(CTRL_C));
    assert_eq!(shown, format!("{PROMPT}^C\r\n"));
}

#[test]
fn ctrl_c_after_some_digits() {
    let shown = shown_after(|terminal| {
        terminal.send("123");
        terminal.expect("123");
        terminal.send(CTRL_C);
    });
    assert_eq!(shown, format!("{PROMPT}123^C\r\n"));
}

#[test]
fn ctrl_d() {
    let shown = shown_after(|terminal| terminal.send(CTRL_D));
    assert_eq!(shown, format!("{PROMPT}\r\nawsmfa: no code entered\r\n"));
}

#[test]
fn an_empty_line() {
    let shown = shown_after(|terminal| terminal.enter(" "));
    assert_eq!(shown, format!("{PROMPT} \r\nawsmfa: no code entered\r\n"));
}

#[test]
fn ctrl_c_after_a_refused_code() {
    let stage = Stage::new();
    let [wrong] = stage.wrong_codes();
    let mut terminal = stage.ask(&[]);
    terminal.expect(PROMPT);
    terminal.enter(&wrong);
    terminal.expect("used before\r\n");
    terminal.expect(PROMPT);
    terminal.send(CTRL_C);
    assert_eq!(terminal.wait().code(), Some(1));
    assert!(
        terminal.shown().ends_with(&format!("{PROMPT}^C\r\n")),
        "{}",
        terminal.shown()
    );
    assert_eq!(terminal.stdout(), FAILURE);
}

#[test]
fn ctrl_backslash() {
    let shown = shown_after(|terminal| terminal.send(CTRL_BACKSLASH));
    assert!(shown.contains("interrupted (SIGQUIT)"), "{shown}");
}

#[test]
fn a_signal() {
    for (signal, name) in [
        (Signal::TERM, "SIGTERM"),
        (Signal::HUP, "SIGHUP"),
        (Signal::QUIT, "SIGQUIT"),
    ] {
        let shown = shown_after(|terminal| terminal.signal(signal));
        assert!(shown.contains(&format!("interrupted ({name})")), "{shown}");
    }
    // Like Ctrl-C.
    let shown = shown_after(|terminal| terminal.signal(Signal::INT));
    assert_eq!(shown, format!("{PROMPT}\r\n"));
}

#[test]
fn hang_up() {
    let stage = Stage::new();
    let mut terminal = stage.ask(&[]);
    terminal.expect(PROMPT);
    terminal.hang_up();
    assert_eq!(terminal.wait().code(), Some(1));
    assert_eq!(terminal.stdout(), FAILURE);
    stage.assert_no_code_sent();
}

#[test]
fn ctrl_c_while_the_code_is_on_its_way() {
    let stage = Stage::new();
    let mut terminal = stage.ask(&[]);
    terminal.expect(PROMPT);
    stage.emulator.wait_for_answers("GetCallerIdentity", 1);
    stage
        .emulator
        .inject(awsmfa_test_support::Fault::HangBeforeAnswer);
    terminal.enter(&stage.code());
    stage.emulator.wait_for_answers("GetSessionToken", 1);
    terminal.send(CTRL_C);
    assert_eq!(terminal.wait().code(), Some(1));
    let end = "^C\r\nawsmfa: interrupted; the code may have been used\r\n";
    assert!(terminal.shown().ends_with(end), "{}", terminal.shown());
    assert_eq!(terminal.stdout(), FAILURE);
    terminal.assert_modes_unchanged();
}
