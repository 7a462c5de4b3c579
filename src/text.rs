//! Text for people: errors and notes on standard error, prompts, tables on standard output. It may
//! repeat parts of files, variables and AWS's messages, so all of it goes through [`tame`].

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};

use anstyle::{AnsiColor, Style};
use serde_json::Value;

/// Escapes characters that a terminal would obey or hide. Applying it twice changes nothing more.
#[must_use]
pub fn tame(text: &str) -> Cow<'_, str> {
    if !text.contains(is_wild) {
        return Cow::Borrowed(text);
    }
    let mut tamed = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => tamed.extend(c.escape_default()),
            c if is_wild(c) => tamed.extend(c.escape_unicode()),
            c => tamed.push(c),
        }
    }
    Cow::Owned(tamed)
}

/// Control characters, characters that change the text direction, and invisible ones: the separators and
/// format characters of Unicode.
fn is_wild(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Prints a message that everybody should see, also in scripts.
pub fn note(text: &str) {
    line("awsmfa: ", text);
}

pub fn notes(texts: &[String]) {
    for text in texts {
        note(text);
    }
}

/// Prints a message only if a person reads standard error.
pub fn mention(text: &str) {
    if is_stderr_terminal() {
        note(text);
    }
}

/// Prints an error with its causes, AWS's own sentence and the hint.
pub fn error(message: &str, causes: &[String], aws: Option<&str>, hint: Option<&str>) {
    note(message);
    let mut told = message.to_owned();
    for cause in causes {
        if !told.contains(cause.as_str()) {
            line("  because: ", cause);
            told.push_str(cause);
        }
    }
    if let Some(aws) = aws {
        line("AWS: ", aws);
    }
    if let Some(hint) = hint {
        line("hint: ", hint);
    }
}

/// Prints a usage error, which clap has formatted.
pub fn usage(text: &str) {
    for text in text.lines() {
        line("", text);
    }
}

fn line(start: &str, text: &str) {
    // If standard error is closed, there is nobody left to tell.
    let _ = write_stderr(format!("{start}{}\n", tame(text)).as_bytes());
}

/// Prints commands for a program that reads the log. They contain no control characters: the formats
/// refuse such values.
pub fn announce(commands: &[u8]) {
    let _ = write_stderr(commands);
}

/// Writes text that is already tame.
#[allow(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn write_stderr(bytes: &[u8]) -> io::Result<()> {
    io::stderr().write_all(bytes)
}

/// Writes to the console, with its escape sequences turned on.
#[cfg(windows)]
#[allow(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn write_console(bytes: &[u8]) -> io::Result<()> {
    anstream::AutoStream::always_ansi(io::stderr()).write_all(bytes)
}

#[must_use]
#[allow(clippy::disallowed_methods, reason = "nothing is written")]
pub fn is_stderr_terminal() -> bool {
    io::stderr().is_terminal()
}

#[must_use]
#[allow(clippy::disallowed_methods, reason = "nothing is written")]
pub fn is_stdout_terminal() -> bool {
    io::stdout().is_terminal()
}

#[allow(clippy::disallowed_methods, reason = "nothing is written")]
fn columns() -> Option<usize> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(usize::from(width.0))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Warning,
    Bad,
}

/// Text for standard output, in colour if the terminal and the user allow it, with lines that fit the
/// terminal.
#[derive(Debug, Default)]
pub struct Page {
    text: String,
    has_colours: bool,
    columns: Option<usize>,
}

impl Page {
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "nothing is written")]
    pub fn for_stdout() -> Self {
        let choice = anstream::AutoStream::choice(&io::stdout());
        Self {
            text: String::new(),
            has_colours: choice != anstream::ColorChoice::Never,
            columns: columns(),
        }
    }

    /// The width of the terminal, if it is one.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        self.columns
    }

    pub fn line(&mut self, text: &str) {
        self.add(Tone::Plain, text);
        self.text.push('\n');
    }

    /// Adds a line that wraps between words at the width of the terminal. Continuation lines are
    /// indented by `indent`.
    pub fn wrapped(&mut self, indent: usize, spans: &[(Tone, &str)]) {
        let columns = self.columns.unwrap_or(usize::MAX);
        let mut column = 0;
        for (tone, text) in spans {
            let mut piece = String::new();
            for word in tame(text).split_inclusive(' ') {
                let width = word.trim_end_matches(' ').chars().count();
                if column + width > columns && column > indent {
                    self.add(*tone, piece.trim_end_matches(' '));
                    piece.clear();
                    self.text.truncate(self.text.trim_end_matches(' ').len());
                    self.text.push('\n');
                    self.text.push_str(&" ".repeat(indent));
                    column = indent;
                }
                piece.push_str(word);
                column += word.chars().count();
            }
            self.add(*tone, &piece);
        }
        self.text.push('\n');
    }

    /// Adds text to the current line.
    pub fn add(&mut self, tone: Tone, text: &str) {
        let text = tame(text);
        if text.is_empty() {
            return;
        }
        let colour = match tone {
            Tone::Plain => None,
            Tone::Good => Some(AnsiColor::Green),
            Tone::Warning => Some(AnsiColor::Yellow),
            Tone::Bad => Some(AnsiColor::Red),
        };
        match colour {
            Some(colour) if self.has_colours => {
                let style = Style::new().fg_color(Some(colour.into())).bold();
                // Writing to a String cannot fail.
                let _ = write!(self.text, "{style}{text}{style:#}");
            }
            _ => self.text.push_str(&text),
        }
    }
}

impl From<Page> for Vec<u8> {
    fn from(page: Page) -> Self {
        page.text.into_bytes()
    }
}

/// A document for programs, which a person may print to a terminal too.
#[must_use]
pub fn json(document: &Value) -> String {
    let text = format!("{document:#}\n");
    if !text.contains(|c| is_wild(c) && c != '\n') {
        return text;
    }
    let mut tamed = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        // Strings contain no raw line ends; the others are the layout.
        if is_wild(c) && c != '\n' {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(tamed, "\\u{unit:04x}");
            }
        } else {
            tamed.push(c);
        }
    }
    tamed
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        for (text, shown) in [
            ("\x1b[31mred\x07", "\\u{1b}[31mred\\u{7}"),
            ("a\r\n\tb\0", "a\\r\\n\\tb\\u{0}"),
            ("\u{7f}\u{85}\u{9b}2J", "\\u{7f}\\u{85}\\u{9b}2J"),
            ("\u{202e}gpj.\u{2066}", "\\u{202e}gpj.\\u{2066}"),
            ("a\u{200b}b\u{feff}\u{ad}", "a\\u{200b}b\\u{feff}\\u{ad}"),
            ("\u{2028}\u{e0041}", "\\u{2028}\\u{e0041}"),
        ] {
            assert_eq!(tame(text), shown);
            assert_eq!(tame(&tame(text)), shown);
        }
    }

    #[test]
    fn what_people_write_stays() {
        for text in [
            "dev",
            r"C:\Users\jörg",
            "προφίλ",
            "नमस्ते",
            "日本",
            "e\u{301}",
            "✓ …",
            "❤\u{fe0f}",
        ] {
            assert_eq!(tame(text), text);
        }
    }

    #[test]
    fn colours_come_from_the_page_alone() {
        let page = |has_colours| {
            let mut page = Page {
                has_colours,
                ..Page::default()
            };
            page.add(Tone::Bad, "\x1b[0mx");
            page.line("\n");
            String::from_utf8(page.into()).unwrap()
        };
        assert_eq!(page(false), "\\u{1b}[0mx\\n\n");
        assert_eq!(page(true), "\x1b[1m\x1b[31m\\u{1b}[0mx\x1b[0m\\n\n");
    }

    #[test]
    fn lines_break_between_words() {
        let page = |columns| {
            let mut page = Page {
                columns,
                ..Page::default()
            };
            page.wrapped(
                4,
                &[
                    (Tone::Plain, "✓ one "),
                    (Tone::Good, "two three four-and-five"),
                ],
            );
            String::from_utf8(page.into()).unwrap()
        };
        assert_eq!(page(None), "✓ one two three four-and-five\n");
        assert_eq!(page(Some(15)), "✓ one two three\n    four-and-five\n");
        assert_eq!(page(Some(9)), "✓ one two\n    three\n    four-and-five\n");
    }

    proptest! {
        #[test]
        fn json_is_tame_and_says_the_same(text in any::<String>()) {
            let document = Value::from(vec![text, "\x1b\u{9b}\u{7f}\u{202e}\u{e0041}\n".to_owned()]);
            let shown = json(&document);
            prop_assert!(!shown.contains(|c| is_wild(c) && c != '\n'), "{shown:?}");
            prop_assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), document);
        }
    }
}
