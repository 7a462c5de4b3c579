//! The shell prompts in README, in their interactive shells.

use std::fs;
use std::path::Path;

use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{Stage, find_tool};

/// The block of README in this language.
fn block(language: &str) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let from = readme.split(&format!("```{language}\n")).nth(1).unwrap();
    from.split("```").next().unwrap().to_owned()
}

fn shows_the_session(shell: &str, options: &[&str], start: &str) {
    if find_tool(shell).is_none() {
        return;
    }
    let stage = Stage::new();
    let rc = stage.home.write("rc", block(shell));
    let mut terminal =
        Terminal::showing(stage.terminal_command(&[&[shell], options].concat()), 100);
    terminal.enter(&format!(". {}; cd", rc.display()));
    terminal.enter(&start.replace("CODE", &stage.code()));
    terminal.expect("11h 59m left");
    terminal.expect("default 11h59m ");
    terminal.enter("exit");
    terminal.wait();
}

#[test]
fn bash() {
    let options = ["--norc", "--noprofile", "--noediting", "-i"];
    shows_the_session("bash", &options, "eval \"$(awsmfa env CODE)\"");
}

#[test]
fn zsh() {
    shows_the_session("zsh", &["-f", "-i", "+Z"], "eval \"$(awsmfa env CODE)\"");
}

#[test]
fn fish() {
    shows_the_session("fish", &["--no-config", "-i"], "awsmfa env CODE | source");
}
