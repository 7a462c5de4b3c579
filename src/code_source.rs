//! Where a code comes from: the command line, standard input, a program, or the user.

use std::fs::File;
use std::io::{self, Read as _};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::environment::Place;
use crate::error::Error;
use crate::program::Program;
use crate::prompt::{PromptError, TRIES, Terminal};
use crate::text;
use crate::token_code::{NotSixDigits, TokenCode};
use crate::words::GivenCode;

/// How long to wait for a program to print another code after a refused one: a step of 30 seconds and
/// some more.
const NEXT_CODE: Duration = Duration::from_secs(35);

/// In bytes; longer than any line with a code.
const LONGEST_LINE: usize = 1024;

#[derive(Debug)]
pub enum CodeSource {
    /// A code from the command line or standard input, used once; the next one comes from the terminal,
    /// if there is one.
    Given(TokenCode),
    Program {
        program: Program,
        /// The code that AWS refused.
        refused: Option<TokenCode>,
    },
    Terminal {
        /// The codes that AWS refused.
        refused: Vec<TokenCode>,
        /// How many lines were tried, codes or not. AWS allows nine verifications per device in three
        /// minutes.
        tries: usize,
    },
}

impl CodeSource {
    /// The code of the command line or standard input.
    pub fn from_argument(code: GivenCode) -> Result<Self, Error> {
        match code {
            GivenCode::Digits(code) => Ok(Self::Given(code)),
            GivenCode::StandardInput => from_stdin().map(Self::Given),
        }
    }

    /// The code command if there is one, otherwise the terminal.
    #[must_use]
    pub fn new(command: Option<Program>) -> Self {
        match command {
            Some(program) => Self::Program {
                program,
                refused: None,
            },
            None => Self::Terminal {
                refused: Vec::new(),
                tries: 0,
            },
        }
    }

    /// Fails early if the code must come from a terminal and there is none.
    pub fn check(&self) -> Result<(), Error> {
        match self {
            Self::Terminal { .. } => Terminal::open().map(drop).map_err(no_code),
            _ => Ok(()),
        }
    }

    /// The next code for a device. If it is typed, first shows what it is for, the `purpose`.
    pub async fn next(&mut self, serial: &str, purpose: Vec<String>) -> Result<TokenCode, Error> {
        match self {
            Self::Given(code) => Ok(code.clone()),
            Self::Program { program, refused } => from_program(program, refused.as_ref()).await,
            Self::Terminal { refused, tries } => {
                // Standard error has it already.
                let is_seen = text::is_stderr_terminal();
                let purpose = if is_seen { Vec::new() } else { purpose };
                from_terminal(serial, purpose, refused, tries).await
            }
        }
    }

    /// Says why another code is needed. If it is typed, says so at the terminal, since standard error
    /// may be redirected.
    pub fn explain(&self, why: &str) {
        match (self, Terminal::open()) {
            (Self::Terminal { .. }, Ok(terminal)) => {
                // If the terminal cannot be written, the next question fails.
                let _ = terminal.say(&format!("awsmfa: {why}"));
            }
            _ => text::note(why),
        }
    }

    /// Marks a code as refused. Returns whether there can be another.
    pub fn reject(&mut self, code: &TokenCode) -> bool {
        match self {
            Self::Given(_) if Terminal::open().is_ok() => {
                *self = Self::Terminal {
                    refused: vec![code.clone()],
                    tries: 1,
                };
                true
            }
            Self::Given(_) => false,
            Self::Terminal { refused, tries } => {
                refused.push(code.clone());
                *tries < TRIES
            }
            Self::Program { refused, .. } => refused.replace(code.clone()).is_none(),
        }
    }
}

/// The error if the terminal gave no code.
fn no_code(problem: PromptError) -> Error {
    const OTHER_WAYS: &str = "give the code as an argument (awsmfa env 123456), on standard input (awsmfa env -), or by a \
         program (--code-command)";
    let hint = match &problem {
        PromptError::NoAnswer => return Error::new("no code entered"),
        PromptError::TooManyTries => {
            return Error::new(format!("no valid code in {TRIES} tries"));
        }
        // mintty, the terminal of Git Bash, gives Windows programs a console only with this setting.
        PromptError::NoTerminal(_) if cfg!(windows) => {
            format!("{OTHER_WAYS}; in Git Bash, set MSYS=enable_pcon or use Windows Terminal")
        }
        PromptError::NoTerminal(_) | PromptError::Background | PromptError::Io(_) => {
            OTHER_WAYS.to_owned()
        }
    };
    Error::new(format!("no MFA code: {problem}"))
        .hint(hint)
        .source(problem)
}

/// Reads the line with the code and not a byte more: the rest is for the command of `exec`.
fn from_stdin() -> Result<TokenCode, Error> {
    let mut line = Zeroizing::new(Vec::with_capacity(LONGEST_LINE));
    let mut read = || {
        let mut input = stdin()?;
        let mut byte = [0];
        while line.len() < LONGEST_LINE && input.read(&mut byte)? > 0 && byte != *b"\n" {
            line.extend(byte);
        }
        Ok(())
    };
    read().map_err(|error: io::Error| {
        Error::new("cannot read a code from standard input")
            .hint(NotSixDigits::HINT)
            .source(error)
    })?;
    let line = str::from_utf8(&line).map_err(|_| NotSixDigits)?;
    Ok(TokenCode::parse(line)?)
}

/// Standard input without the buffer of [`io::stdin`].
fn stdin() -> io::Result<File> {
    #[cfg(unix)]
    let input = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let input = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned();
    input.map(File::from)
}

/// Asks until a line is a code that was not refused, at most [`TRIES`] times.
async fn from_terminal(
    serial: &str,
    purpose: Vec<String>,
    refused: &[TokenCode],
    tries: &mut usize,
) -> Result<TokenCode, Error> {
    let question = format!("MFA code for {serial}: ");
    let refused = refused.to_vec();
    let left = TRIES - *tries;
    let asking = Terminal::in_background(move |terminal| {
        for line in purpose {
            terminal.say(&format!("awsmfa: {line}"))?;
        }
        for used in 1..=left {
            let line = terminal.ask(&question)?;
            match TokenCode::parse(&line) {
                Ok(code) if refused.contains(&code) => {
                    terminal.say("AWS rejected this code: wait for the next one.")?;
                }
                Ok(code) => return Ok((code, used)),
                Err(problem) => terminal.say(&problem.to_string())?,
            }
        }
        Err(PromptError::TooManyTries)
    });
    let (code, used) = asking.await.map_err(no_code)?;
    *tries += used;
    Ok(code)
}

async fn from_program(program: &Program, refused: Option<&TokenCode>) -> Result<TokenCode, Error> {
    if let (None, Place::Variable(name)) = (refused, program.place()) {
        text::note(&format!("running the code command from {name}"));
    }
    let end = Instant::now() + NEXT_CODE;
    loop {
        let printed = program.output().await?;
        let code = code_in(&printed).map_err(|problem| program.bad_output(problem))?;
        if Some(&code) != refused {
            return Ok(code);
        }
        if Instant::now() >= end {
            return Err(program.bad_output("printed the rejected code again"));
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// The code in a program's output: all of it, or the only group of six digits.
fn code_in(printed: &[u8]) -> Result<TokenCode, &'static str> {
    if let Some(code) = str::from_utf8(printed)
        .ok()
        .and_then(|it| TokenCode::parse(it).ok())
    {
        return Ok(code);
    }
    let words = printed.split(|byte| !byte.is_ascii_alphanumeric());
    let mut codes = words.filter_map(|word| TokenCode::parse(str::from_utf8(word).ok()?).ok());
    match (codes.next(), codes.next()) {
        (Some(code), None) => Ok(code),
        (Some(_), Some(_)) => Err("printed several groups of six digits"),
        (None, _) if printed.trim_ascii().is_empty() => Err("printed nothing"),
        (None, _) => Err("printed no group of six digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::code_in;

    #[test]
    fn a_code_may_have_words_around_it() {
        for printed in [
            "123456",
            " 123 456\n",
            "Your code is 123456.\n",
            "\x1b[1m 123456 \x1b[0m",
            "20261125T160854 otp=123456",
            "(123456)",
        ] {
            let code = code_in(printed.as_bytes()).unwrap();
            assert_eq!(code.digits(), "123456", "{printed:?}");
        }
        assert!(code_in(b"\xff 123456").is_ok());
        for (printed, problem) in [
            ("", "printed nothing"),
            (" \n", "printed nothing"),
            ("1234567", "printed no group of six digits"),
            ("a123456", "printed no group of six digits"),
            ("123456 654321", "printed several groups of six digits"),
            ("123456\n123456", "printed several groups of six digits"),
        ] {
            assert_eq!(code_in(printed.as_bytes()), Err(problem), "{printed:?}");
        }
    }
}
