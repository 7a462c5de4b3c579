//! Prompts at the user's terminal, which works while standard output is captured.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal, Read as _, Write as _};
use std::thread::sleep;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::sts::arn::Arn;
use crate::text;

/// In bytes; longer than any answer.
const LONGEST_ANSWER: u64 = 4096;

/// Why the terminal gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    #[error("there is no terminal to ask at")]
    NoTerminal(#[source] io::Error),
    /// The process runs in the background and may not read.
    #[error("the terminal cannot be read from the background")]
    Background,
    /// An empty line, Ctrl-D, or the terminal was closed.
    #[error("no answer")]
    NoAnswer,
    /// No answer was valid.
    #[error("no valid answer in {TRIES} tries")]
    TooManyTries,
    /// The terminal cannot be read or written.
    #[error("the terminal cannot be used")]
    Io(#[source] io::Error),
}

/// How often to ask before giving up.
pub const TRIES: usize = 3;

impl PromptError {
    /// The error if nothing was chosen; `option` makes the choice instead.
    #[must_use]
    pub fn not_chosen(self, what: &str, option: &str) -> Error {
        let error = Error::new(format!("no {what} chosen")).hint(format!("name one: {option}"));
        match self {
            // The user knows why.
            Self::NoAnswer | Self::TooManyTries => error,
            _ => error.source(self),
        }
    }
}

#[cfg(unix)]
const INPUT: &str = "/dev/tty";
#[cfg(windows)]
const INPUT: &str = "CONIN$";
#[cfg(unix)]
const OUTPUT: &str = "/dev/tty";
#[cfg(windows)]
const OUTPUT: &str = "CONOUT$";

/// The controlling terminal, opened for reading. Echo stays on: if it were off, Ctrl-C would leave the
/// shell without it. And a code is worthless within a minute.
#[derive(Debug)]
pub struct Terminal {
    input: BufReader<File>,
}

impl Terminal {
    pub fn open() -> Result<Self, PromptError> {
        let input = File::open(INPUT).map_err(PromptError::NoTerminal)?;
        // A file of that name that is not a terminal, as in Git Bash without a console or in a chroot.
        if !input.is_terminal() {
            return Err(PromptError::NoTerminal(io::ErrorKind::NotFound.into()));
        }
        Ok(Self {
            input: BufReader::new(input),
        })
    }

    /// Shows a line at the terminal. From the background that might stop this process.
    pub fn say(&self, line: &str) -> Result<(), PromptError> {
        self.wait_for_foreground()?;
        self.show(&format!("{}\n", text::tame(line)))
    }

    /// Writes to standard error if that is a terminal, otherwise to the terminal itself.
    #[allow(clippy::unused_self, reason = "there is a terminal")]
    fn show(&self, shown: &str) -> Result<(), PromptError> {
        if text::is_stderr_terminal() {
            text::write_stderr(shown.as_bytes()).map_err(PromptError::Io)
        } else {
            write_here(shown)
        }
    }

    /// Shows text at the terminal itself, as it is. Standard error may be another terminal.
    pub fn show_here(&self, shown: &str) -> Result<(), PromptError> {
        self.wait_for_foreground()?;
        write_here(shown)
    }

    /// Whether it can show characters outside ASCII, and colours.
    #[must_use]
    #[allow(clippy::unused_self, reason = "there is a terminal")]
    pub fn can_draw(&self) -> bool {
        cfg!(unix) || text::is_stderr_terminal()
    }

    /// The columns and rows, if the terminal says.
    #[must_use]
    #[allow(clippy::unused_self, reason = "there is a terminal")]
    pub fn size(&self) -> Option<(usize, usize)> {
        let output = File::options().read(true).write(true).open(OUTPUT).ok()?;
        let (columns, rows) = terminal_size::terminal_size_of(output)?;
        Some((columns.0.into(), rows.0.into()))
    }

    /// Asks a question and reads one line; an empty line is [`PromptError::NoAnswer`].
    pub fn ask(&mut self, question: &str) -> Result<Zeroizing<String>, PromptError> {
        self.wait_for_foreground()?;
        self.show(&text::tame(question))?;
        let mut line = Zeroizing::new(Vec::new());
        // In raw mode the input may never end.
        let mut input = (&mut self.input).take(LONGEST_ANSWER);
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(PromptError::Io)? == 0 {
            self.show("\n")?;
        }
        let line = Zeroizing::new(String::from_utf8_lossy(&line).into_owned());
        if line.trim().is_empty() {
            return Err(PromptError::NoAnswer);
        }
        Ok(line)
    }

    /// Lets the user choose one of several, by number, name or part of the name.
    pub fn choose(&mut self, title: &str, mut choices: Vec<String>) -> Result<String, PromptError> {
        self.say(title)?;
        for (index, choice) in choices.iter().enumerate() {
            self.say(&format!("  {}) {choice}", index + 1))?;
        }
        for _ in 0..TRIES {
            let answer = self.ask("Number or name: ")?;
            match find(answer.trim(), &choices) {
                Ok(index) => return Ok(choices.swap_remove(index)),
                Err(problem) => self.say(&problem)?,
            }
        }
        Err(PromptError::TooManyTries)
    }

    /// Asks on another thread, so that calls go on while the user types.
    pub async fn in_background<T: Send + 'static>(
        ask: impl FnOnce(&mut Self) -> Result<T, PromptError> + Send + 'static,
    ) -> Result<T, PromptError> {
        let asking = tokio::task::spawn_blocking(move || ask(&mut Self::open()?));
        asking.await.unwrap_or(Err(PromptError::NoAnswer))
    }

    /// Ends the line in which the user typed Ctrl-C. Returns whether the user can have typed it: this
    /// process is in the foreground of a terminal.
    #[must_use]
    pub fn end_line() -> bool {
        let terminal = Self::open().ok().filter(Self::is_in_foreground);
        terminal.is_some_and(|terminal| terminal.show("\n").is_ok())
    }

    /// Takes back a question: clears its line, and discards what was typed so far so that the shell does
    /// not get it. A background process has asked nothing, and touching the input would stop it.
    pub fn take_back() {
        if let Ok(terminal) = Self::open()
            && terminal.is_in_foreground()
        {
            #[cfg(unix)]
            let _ = rustix::termios::tcflush(
                terminal.input.get_ref(),
                rustix::termios::QueueSelector::IFlush,
            );
            let _ = terminal.show("\r\x1b[2K");
        }
    }

    /// Waits until this process may read: a shell may start it before putting it into the foreground,
    /// and reading too early would stop it for good.
    fn wait_for_foreground(&self) -> Result<(), PromptError> {
        const STEP: Duration = Duration::from_millis(20);
        const STEPS: u32 = 100;
        for _ in 0..STEPS {
            if self.is_in_foreground() {
                return Ok(());
            }
            sleep(STEP);
        }
        Err(PromptError::Background)
    }

    #[cfg(unix)]
    fn is_in_foreground(&self) -> bool {
        let foreground = rustix::termios::tcgetpgrp(self.input.get_ref());
        // If the system does not say, try to read.
        foreground.map_or(true, |group| group == rustix::process::getpgrp())
    }

    #[cfg(not(unix))]
    #[allow(clippy::unused_self)] // As on Unix.
    fn is_in_foreground(&self) -> bool {
        true
    }
}

fn write_here(shown: &str) -> Result<(), PromptError> {
    // The file CONOUT$ takes text in the console's old code page.
    #[cfg(windows)]
    if text::is_stderr_terminal() {
        return text::write_console(shown.as_bytes()).map_err(PromptError::Io);
    }
    File::options()
        .write(true)
        .open(OUTPUT)
        .and_then(|mut output| output.write_all(shown.as_bytes()))
        .map_err(PromptError::Io)
}

/// The modes of the terminal, such as echo. A program that changes them may be killed before it can
/// restore them.
#[derive(Debug)]
pub struct Modes {
    #[cfg(unix)]
    terminal: Terminal,
    #[cfg(unix)]
    modes: rustix::termios::Termios,
}

impl Modes {
    /// The present modes; `None` without a terminal, and always on Windows.
    #[must_use]
    pub fn now() -> Option<Self> {
        #[cfg(unix)]
        {
            let terminal = Terminal::open().ok()?;
            let modes = rustix::termios::tcgetattr(terminal.input.get_ref()).ok()?;
            Some(Self { terminal, modes })
        }
        #[cfg(windows)]
        None
    }

    /// Restores the modes. In the background that would stop this process.
    pub fn restore(&self) {
        #[cfg(unix)]
        if self.terminal.is_in_foreground() {
            let (now, terminal) = (rustix::termios::OptionalActions::Now, &self.terminal);
            let _ = rustix::termios::tcsetattr(terminal.input.get_ref(), now, &self.modes);
        }
    }
}

/// Finds the choice for an answer: a number, a name, or a part of exactly one name. The name of an ARN
/// is its last part.
fn find(answer: &str, choices: &[String]) -> Result<usize, String> {
    fn name(choice: &str) -> &str {
        Arn::parse(choice).map_or(choice, |arn| arn.name())
    }
    if let Ok(number @ 1..) = answer.parse::<usize>()
        && number <= choices.len()
    {
        return Ok(number - 1);
    }
    let is_exact = |choice: &String| choice == answer || name(choice) == answer;
    if let Some(index) = choices.iter().position(is_exact) {
        return Ok(index);
    }
    let answer = answer.to_lowercase();
    let found: Vec<usize> = (0..choices.len())
        .filter(|&index| name(&choices[index]).to_lowercase().contains(&answer))
        .collect();
    match found.as_slice() {
        [] => Err("no such number or name".to_owned()),
        [index] => Ok(*index),
        several => {
            let names: Vec<&str> = several.iter().map(|&index| name(&choices[index])).collect();
            Err(format!("several match: {}", names.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_choice_is_named_by_number_name_or_part() {
        let choices = ["dev", "dev-eu", "team/prod", "7"].map(str::to_owned);
        for (answer, index) in [
            ("1", 0),
            ("4", 3),
            ("7", 3),
            ("dev", 0),
            ("dev-eu", 1),
            ("EU", 1),
            ("PROD", 2),
            ("team/prod", 2),
        ] {
            assert_eq!(find(answer, &choices), Ok(index), "{answer}");
        }
        assert_eq!(
            find("5", &choices),
            Err("no such number or name".to_owned())
        );
        assert_eq!(
            find("de", &choices),
            Err("several match: dev, dev-eu".to_owned())
        );
    }
}
