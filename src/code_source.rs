//! Where a code comes from: the command line, standard input, a program, or the user.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::process::Stdio;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::prompt::{PromptError, Terminal};
use crate::text;
use crate::token_code::{NotSixDigits, TokenCode};

/// Codes that AWS may refuse before a user at a terminal has to start again. AWS allows nine
/// verifications per device in three minutes.
const TRIES: usize = 3;

/// How long a program has to print another code than the refused one: a step of 30 seconds and a
/// little.
const NEXT_CODE: Duration = Duration::from_secs(35);

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// What was given is none.
    #[error(transparent)]
    NotSixDigits(#[from] NotSixDigits),
    /// Standard input cannot be read.
    #[error("standard input gives no code")]
    Stdin(#[source] io::Error),
    /// The terminal gives none.
    #[error("no MFA code: {0}")]
    Terminal(#[source] PromptError),
    /// The program cannot be run.
    #[error("the program for the code cannot be run")]
    CannotRun(#[source] io::Error),
    /// The program failed.
    #[error("the program for the code failed ({0})")]
    ProgramFailed(std::process::ExitStatus),
    /// The program printed something else.
    #[error("the program for the code printed something else than six digits")]
    ProgramPrinted,
    /// It was spent in this shell.
    #[error("this MFA code was used in this shell before, and each works once")]
    Spent,
    /// The program repeats a code that AWS has refused.
    #[error("the program for the code prints the refused code again")]
    SameCode,
}

impl CodeError {
    /// Whether the command line is wrong.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::NotSixDigits(_))
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Spent => "wait until the device shows the next code",
            Self::NotSixDigits(_) | Self::Stdin(_) => {
                "give the six digits that the MFA device shows now"
            }
            // mintty, in which Git Bash runs, gives programs of Windows a console only if told to.
            Self::Terminal(PromptError::NoTerminal(_)) if cfg!(windows) => {
                "give the code as an argument (awsmfa env 123456), on standard input (awsmfa env -), or by a \
                 program (--code-command); in Git Bash, set MSYS=enable_pcon or use Windows Terminal"
            }
            Self::Terminal(PromptError::NoTerminal(_) | PromptError::Background) => {
                "give the code as an argument (awsmfa env 123456), on standard input (awsmfa env -), or by a \
                 program (--code-command)"
            }
            Self::Terminal(_) => "nothing was changed; start again when you have a code",
            Self::CannotRun(_) | Self::ProgramFailed(_) | Self::ProgramPrinted | Self::SameCode => {
                "check --code-command, mfa_process in the profile, and AWSMFA_CODE_COMMAND"
            }
        }
    }
}

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
    },
}

impl CodeSource {
    /// The source for the code of the command line: a given one, `-` for standard input, or else a
    /// program or the terminal.
    pub fn new(code: Option<&str>, command: Option<&str>) -> Result<Self, CodeError> {
        match (code, command) {
            (Some("-"), _) => Ok(Self::Given(from_stdin()?)),
            (Some(code), _) => Ok(Self::Given(TokenCode::parse(code)?)),
            (None, Some(command)) => Ok(Self::Program {
                command: command.to_owned(),
                refused: None,
            }),
            (None, None) => Ok(Self::Terminal {
                refused: Vec::new(),
            }),
        }
    }

    /// Fails if the terminal will be asked and there is none, so that nothing is done in vain.
    pub fn check(&self) -> Result<(), CodeError> {
        match self {
            Self::Terminal { .. } => Terminal::open().map(drop).map_err(CodeError::Terminal),
            _ => Ok(()),
        }
    }

    /// The next code for a device.
    pub async fn next(&mut self, serial: &str) -> Result<TokenCode, CodeError> {
        match self {
            Self::Given(code) => Ok(code.clone()),
            Self::Program { command, refused } => from_program(command, refused.as_ref()).await,
            Self::Terminal { refused } => from_terminal(serial, refused).await,
        }
    }

    /// Says why another code is needed, where it is asked for: standard error may be redirected.
    pub fn explain(&self, why: &str) {
        match (self, Terminal::open()) {
            (Self::Terminal { .. }, Ok(terminal)) => {
                // A terminal that cannot be written fails when it is asked.
                let _ = terminal.say(&format!("awsmfa: {why}"));
            }
            _ => text::note(why),
        }
    }

    /// Notes that AWS refused a code; says whether another may be asked for.
    pub fn refused(&mut self, code: &TokenCode) -> bool {
        match self {
            Self::Given(_) if Terminal::open().is_ok() => {
                *self = Self::Terminal {
                    refused: vec![code.clone()],
                };
                true
            }
            Self::Given(_) => false,
            Self::Terminal { refused } => {
                refused.push(code.clone());
                refused.len() < TRIES
            }
            Self::Program { refused, .. } => refused.replace(code.clone()).is_none(),
        }
    }
}

/// Reads the code's line and not a byte more: what follows is for the command of `exec`.
fn from_stdin() -> Result<TokenCode, CodeError> {
    let mut line = Zeroizing::new(String::new());
    let read = stdin().and_then(|input| BufReader::with_capacity(1, input).read_line(&mut line));
    read.map_err(CodeError::Stdin)?;
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

async fn from_terminal(serial: &str, refused: &[TokenCode]) -> Result<TokenCode, CodeError> {
    let question = format!("MFA code for {serial}: ");
    let refused = refused.to_vec();
    let asking = Terminal::in_background(move |terminal| {
        loop {
            let line = Zeroizing::new(terminal.ask(&question)?);
            match TokenCode::parse(&line) {
                Ok(code) if refused.contains(&code) => {
                    terminal.say("This code was refused already: wait for the next one.")?;
                }
                Ok(code) => return Ok(code),
                Err(problem) => terminal.say(&problem.to_string())?,
            }
        }
    });
    asking.await.map_err(CodeError::Terminal)
}

async fn from_program(command: &str, refused: Option<&TokenCode>) -> Result<TokenCode, CodeError> {
    let end = Instant::now() + NEXT_CODE;
    loop {
        let code = run(command).await?;
        if Some(&code) != refused {
            return Ok(code);
        }
        if Instant::now() >= end {
            return Err(CodeError::SameCode);
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn run(command: &str) -> Result<TokenCode, CodeError> {
    let output = shell_command(command)
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(CodeError::CannotRun)?;
    let printed = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(CodeError::ProgramFailed(output.status));
    }
    std::str::from_utf8(&printed)
        .ok()
        .and_then(|text| TokenCode::parse(text).ok())
        .ok_or(CodeError::ProgramPrinted)
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
