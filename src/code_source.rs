//! Where a code comes from: the command line, standard input, a program, or the user.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::environment::Setting;
use crate::error::Error;
use crate::prompt::{PromptError, TRIES, Terminal};
use crate::text;
use crate::token_code::{NotSixDigits, TokenCode};
use crate::words::GivenCode;

/// How long a program has to print another code than the refused one: a step of 30 seconds and a
/// little.
const NEXT_CODE: Duration = Duration::from_secs(35);

/// A source of codes.
#[derive(Debug)]
pub enum CodeSource {
    /// One that was given and is used once; then the terminal is asked, if there is one.
    Given(TokenCode),
    /// A program.
    Program {
        /// Its command line, for the system's shell.
        command: String,
        /// The code that AWS has refused.
        refused: Option<TokenCode>,
    },
    /// The user.
    Terminal {
        /// The codes that AWS has refused.
        refused: Vec<TokenCode>,
        /// How many codes or other lines were tried. AWS allows nine verifications per device in
        /// three minutes.
        tries: usize,
    },
}

impl CodeSource {
    /// The code of the command line, or of standard input.
    pub fn from_argument(code: GivenCode) -> Result<Self, Error> {
        match code {
            GivenCode::Digits(code) => Ok(Self::Given(code)),
            GivenCode::StandardInput => from_stdin().map(Self::Given),
        }
    }

    /// The code command, or else the terminal.
    #[must_use]
    pub fn new(command: Option<&Setting>) -> Self {
        match command {
            Some(command) => Self::Program {
                command: command.text.clone(),
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

    /// The next code for a device.
    pub async fn next(&mut self, serial: &str) -> Result<TokenCode, Error> {
        match self {
            Self::Given(code) => Ok(code.clone()),
            Self::Program { command, refused } => from_program(command, refused.as_ref()).await,
            Self::Terminal { refused, tries } => from_terminal(serial, refused, tries).await,
        }
    }

    /// Says why another code is needed, at the terminal if it is typed there: standard error may be
    /// redirected.
    pub fn explain(&self, why: &str) {
        match (self, Terminal::open()) {
            (Self::Terminal { .. }, Ok(terminal)) => {
                // A terminal that cannot be written fails when it is asked.
                let _ = terminal.say(&format!("awsmfa: {why}"));
            }
            _ => text::note(why),
        }
    }

    /// Takes a code out of use. Returns whether there can be another.
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

/// The terminal gives no code.
fn no_code(problem: PromptError) -> Error {
    const OTHER_WAYS: &str = "give the code as an argument (awsmfa env 123456), on standard input (awsmfa env -), or by a \
         program (--code-command)";
    let hint = match &problem {
        PromptError::NoAnswer => return Error::new("no code entered"),
        PromptError::TooManyTries => {
            return Error::new(format!("no valid code in {TRIES} tries"));
        }
        // mintty, in which Git Bash runs, gives Windows programs a console only with this setting.
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

/// The code command gives no code.
fn bad_command(problem: &str) -> Error {
    Error::new(format!("the program for the code {problem}"))
        .hint("check --code-command, mfa_process in the profile, and AWSMFA_CODE_COMMAND")
}

/// Reads the code's line and not a byte more: what follows is for the command of `exec`.
fn from_stdin() -> Result<TokenCode, Error> {
    let mut line = Zeroizing::new(String::new());
    let read = stdin().and_then(|input| BufReader::with_capacity(1, input).read_line(&mut line));
    read.map_err(|error| {
        Error::new("standard input gives no code")
            .hint(NotSixDigits::HINT)
            .source(error)
    })?;
    Ok(TokenCode::parse(&line)?)
}

/// Standard input without the buffer that [`io::stdin`] has.
fn stdin() -> io::Result<File> {
    #[cfg(unix)]
    let input = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let input = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned();
    input.map(File::from)
}

/// Asks until a line is a code that was not refused, as far as tries are left.
async fn from_terminal(
    serial: &str,
    refused: &[TokenCode],
    tries: &mut usize,
) -> Result<TokenCode, Error> {
    let question = format!("MFA code for {serial}: ");
    let refused = refused.to_vec();
    let left = TRIES - *tries;
    let asking = Terminal::in_background(move |terminal| {
        for used in 1..=left {
            let line = terminal.ask(&question)?;
            match TokenCode::parse(&line) {
                Ok(code) if refused.contains(&code) => {
                    terminal.say("This code was refused already: wait for the next one.")?;
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

async fn from_program(command: &str, refused: Option<&TokenCode>) -> Result<TokenCode, Error> {
    let end = Instant::now() + NEXT_CODE;
    loop {
        let code = run(command).await?;
        if Some(&code) != refused {
            return Ok(code);
        }
        if Instant::now() >= end {
            return Err(bad_command("prints the refused code again"));
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn run(command: &str) -> Result<TokenCode, Error> {
    let output = shell_command(command)
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| bad_command("cannot be run").source(error))?;
    let printed = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(bad_command(&format!("failed ({})", output.status)));
    }
    std::str::from_utf8(&printed)
        .ok()
        .and_then(|text| TokenCode::parse(text).ok())
        .ok_or_else(|| bad_command("printed something else than six digits"))
}

#[cfg(unix)]
fn shell_command(command: &str) -> tokio::process::Command {
    let mut shell = tokio::process::Command::new("sh");
    shell.args(["-c", command]);
    shell
}

#[cfg(windows)]
fn shell_command(command: &str) -> tokio::process::Command {
    let mut shell = tokio::process::Command::new("cmd.exe");
    shell.arg("/C").raw_arg(format!("\"{command}\""));
    shell
}
