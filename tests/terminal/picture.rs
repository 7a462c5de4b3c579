//! The picture in README: a real session at a real terminal. `AWSMFA_DRAW=1 cargo test --test terminal
//! picture` draws it; otherwise the test compares it with what is shown now.

#![allow(
    clippy::disallowed_methods,
    reason = "the test is told by the environment to draw"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{Stage, find_tool};

use crate::PROMPT;

const READY: &str = "$ ";
const LINE_HEIGHT: usize = 22;
const MARGIN: usize = 24;

#[test]
fn is_what_a_terminal_shows() {
    if find_tool("aws").is_none() {
        return;
    }
    let stage = Stage::new();
    let command = stage
        .terminal_command(&["bash", "--norc", "--noprofile", "--noediting", "-i"])
        .env("PS1", READY)
        .env("BASH_SILENCE_DEPRECATION_WARNING", "1");
    let mut terminal = Terminal::showing(command, 100);
    let identity = "aws sts get-caller-identity --query Arn --output text";

    terminal.expect(READY);
    terminal.enter("eval \"$(awsmfa env)\"");
    terminal.expect(PROMPT);
    terminal.enter(&stage.code());
    for line in [
        identity,
        "eval \"$(awsmfa env -p dev)\"       # a role, without another code",
        identity,
        "awsmfa status --format prompt; echo",
        "eval \"$(awsmfa unset)\"            # and it is gone",
        "echo \"${AWS_ACCESS_KEY_ID-no session}\"",
    ] {
        terminal.expect(READY);
        terminal.enter(line);
    }
    terminal.expect("\nno session");
    terminal.expect(READY);

    let shown = terminal.shown().replace('\r', "");
    let shown = shown.trim_end().trim_end_matches(READY.trim()).trim_end();
    let picture = draw(shown);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/session.svg");
    if std::env::var_os("AWSMFA_DRAW").is_some() {
        fs::write(&file, &picture).unwrap();
    }
    let drawn = fs::read_to_string(file).unwrap();
    assert_eq!(
        without_digits(&drawn),
        without_digits(&picture),
        "drawn anew by AWSMFA_DRAW=1"
    );
}

/// Codes and times left change from run to run.
fn without_digits(text: &str) -> String {
    text.replace(|c: char| c.is_ascii_digit(), "0")
}

/// Draws lines of text as an SVG in a terminal's colours.
fn draw(shown: &str) -> String {
    let lines: Vec<&str> = shown.lines().collect();
    let height = lines.len() * LINE_HEIGHT + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"820\" height=\"{height}\" \
         font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, monospace\" font-size=\"14\">\n\
         <title>A session with awsmfa in bash</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1b1f27\"/>\n"
    );
    for (index, line) in lines.iter().enumerate() {
        let y = MARGIN + index * LINE_HEIGHT + LINE_HEIGHT / 2;
        let colour = match line {
            typed if typed.starts_with(READY) => "#e6edf3",
            ours if ours.starts_with("awsmfa:") => "#7ee787",
            _ => "#9da7b3",
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{y}\" fill=\"{colour}\" xml:space=\"preserve\">{}</text>",
            line.replace('&', "&amp;").replace('<', "&lt;")
        );
    }
    svg.push_str("</svg>\n");
    svg
}
