//! The terminal of the user: questions go there while standard output is captured.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::thread::sleep;
use std::time::Duration;

use crate::text;

/// Why the terminal gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// There is none.
    #[error("there is no terminal to ask at")]
    NoTerminal(#[source] io::Error),
    /// The process was started in the background and may not read.
    #[error("the terminal cannot be read from the background")]
    Background,
    /// Ctrl-D, or the terminal went away.
    #[error("no answer was given")]
    EndOfFile,
    /// It cannot be read or written.
    #[error("the terminal cannot be used")]
    Io(#[source] io::Error),
}

#[cfg(unix)]
const INPUT: &str = "/dev/tty";
#[cfg(windows)]
const INPUT: &str = "CONIN$";
#[cfg(unix)]
const OUTPUT: &str = "/dev/tty";
#[cfg(windows)]
const OUTPUT: &str = "CONOUT$";

/// The controlling terminal, opened for reading. Echo stays as it is: Ctrl-C would leave a shell
/// without it, and a code is worth nothing a minute later.
#[derive(Debug)]
pub struct Terminal {
    input: BufReader<File>,
}

impl Terminal {
    /// Opens the terminal.
    pub fn open() -> Result<Self, PromptError> {
        let input = File::open(INPUT).map_err(PromptError::NoTerminal)?;
        // A file of that name that is no terminal: Git Bash without a console, a chroot.
        if !input.is_terminal() {
            return Err(PromptError::NoTerminal(io::ErrorKind::NotFound.into()));
        }
        Ok(Self {
            input: BufReader::new(input),
        })
    }

    /// Shows a line at the terminal.
    pub fn say(&self, line: &str) -> Result<(), PromptError> {
        self.show(&format!("{}\n", text::tame(line)))
    }

    /// Writes to standard error if that is a terminal, else to the terminal itself.
    #[allow(clippy::unused_self, reason = "there is a terminal")]
    fn show(&self, shown: &str) -> Result<(), PromptError> {
        let written = if text::is_stderr_terminal() {
            text::write_stderr(shown.as_bytes())
        } else {
            File::options()
                .write(true)
                .open(OUTPUT)
                .and_then(|mut output| output.write_all(shown.as_bytes()))
        };
        written.map_err(PromptError::Io)
    }

    /// Asks a question and reads one line.
    pub fn ask(&mut self, question: &str) -> Result<String, PromptError> {
        self.wait_for_foreground()?;
        self.show(&text::tame(question))?;
        let mut line = String::new();
        match self.input.read_line(&mut line) {
            Ok(0) => {
                self.show("\n")?;
                Err(PromptError::EndOfFile)
            }
            Ok(_) => Ok(line),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(String::new()),
            Err(error) => Err(PromptError::Io(error)),
        }
    }

    /// Lets the user choose one of several.
    pub fn choose(&mut self, title: &str, mut choices: Vec<String>) -> Result<String, PromptError> {
        self.say(title)?;
        for (index, choice) in choices.iter().enumerate() {
            self.say(&format!("  {}) {choice}", index + 1))?;
        }
        loop {
            let answer = self.ask(&format!("Number, 1 to {}: ", choices.len()))?;
            match answer.trim().parse::<usize>() {
                Ok(number) if (1..=choices.len()).contains(&number) => {
                    return Ok(choices.swap_remove(number - 1));
                }
                _ => {}
            }
        }
    }

    /// Asks on another thread, so that a signal is heard and calls go on while the user types.
    pub async fn in_background<T: Send + 'static>(
        ask: impl FnOnce(&mut Self) -> Result<T, PromptError> + Send + 'static,
    ) -> Result<T, PromptError> {
        let asking = tokio::task::spawn_blocking(move || ask(&mut Self::open()?));
        asking.await.unwrap_or(Err(PromptError::EndOfFile))
    }

    /// Takes a question back that is not to be answered any more: its line is cleared, and what was
    /// typed so far does not reach the shell. In the background nothing was asked, and touching the
    /// input would stop this process.
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

    /// Waits until this process may read: a shell may start it before it puts it in the foreground,
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
        // Where the system does not tell, reading tells.
        foreground.map_or(true, |group| group == rustix::process::getpgrp())
    }

    #[cfg(not(unix))]
    #[allow(clippy::unused_self)] // As on Unix.
    fn is_in_foreground(&self) -> bool {
        true
    }
}
