//! Runs the code command and `credential_process`.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::environment::{Environment, Place, Setting};
use crate::error::{CALLS_ITSELF, Error, FAILED};
#[cfg(unix)]
use crate::shlex::split;
use crate::value::Value;

use running::{NoOutput, Running};
#[cfg(windows)]
use windows_words::split;

#[cfg(test)]
mod against_botocore;
mod interpreter;
mod running;
mod tree;
#[cfg(any(windows, test))]
mod windows_words;

pub(crate) use interpreter::missing_interpreter;
pub use running::end_all;

/// The places of the running programs, one per line, so that a program that calls awsmfa for itself
/// fails instead of looping.
const RUNNING: &str = "AWSMFA_RUNNING";

/// The environment of programs: the one before awsmfa, without awsmfa's variables except [`RUNNING`].
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The differences from this process's environment.
    changes: Vec<(String, Option<Value>)>,
    /// The places of the programs that called this process, directly or not.
    running: Vec<String>,
}

impl Surroundings {
    #[must_use]
    pub fn new(environment: &Environment, before: &Environment) -> Self {
        let is_ours = |name: &str| name.starts_with("AWSMFA_");
        let removed = environment
            .names()
            .filter(|name| is_ours(name) || before.get(name).is_none())
            .map(|name| (name.to_owned(), None));
        let restored = before
            .names()
            .filter(|name| !is_ours(name) && before.get(name) != environment.get(name))
            .map(|name| (name.to_owned(), before.get(name).cloned()));
        let running = environment.get(RUNNING).and_then(Value::as_str);
        Self {
            changes: removed.chain(restored).collect(),
            running: running.map_or_else(Vec::new, |places| {
                places.lines().map(str::to_owned).collect()
            }),
        }
    }

    /// Whether the program configured at this place called this process. One from an option or a
    /// variable cannot call itself, since neither is passed on.
    fn is_running(&self, place: &Place) -> bool {
        matches!(place, Place::File(place) if self.running.contains(place))
    }

    fn apply(&self, command: &mut Command, place: &Place) {
        for (name, value) in &self.changes {
            match value {
                Some(value) => command.env(name, value.to_os_string()),
                None => command.env_remove(name),
            };
        }
        let mut running = self.running.clone();
        running.push(place.to_string());
        command.env(RUNNING, running.join("\n"));
    }
}

/// The purpose of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Prints a code. Its command line is for the system's shell.
    Code,
    /// Prints keys. Its command line is split into words and started without a shell, as in the AWS CLI.
    Keys,
}

/// A program that prints a code or keys. Its command line may contain a secret, so messages name the
/// place where it is configured.
#[derive(Debug)]
pub struct Program {
    purpose: Purpose,
    setting: Setting,
    surroundings: Surroundings,
}

impl Program {
    #[must_use]
    pub fn new(purpose: Purpose, setting: Setting, surroundings: Surroundings) -> Self {
        Self {
            purpose,
            setting,
            surroundings,
        }
    }

    /// Where its command line is configured: an option, a variable, or a line of a file.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.setting.place
    }

    /// Its command line, not to be shown.
    pub(crate) fn line(&self) -> &str {
        &self.setting.text
    }

    fn error(&self, problem: &str) -> Error {
        Error::new(format!("{} {problem}", self.setting.place))
    }

    /// The error for a program that did not print a code or keys.
    #[must_use]
    pub fn bad_output(&self, problem: &str) -> Error {
        self.error(problem).hint(match self.purpose {
            Purpose::Code => "it must print one code of six digits",
            Purpose::Keys => {
                "it must print a JSON object with Version 1 and an IAM user's AccessKeyId and SecretAccessKey"
            }
        })
    }

    /// Runs the program and returns its output.
    pub async fn output(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        if self.surroundings.is_running(&self.setting.place) {
            return Err(self.calls_itself().exit(CALLS_ITSELF));
        }
        let mut command = self.command()?;
        self.surroundings.apply(&mut command, &self.setting.place);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit());
        let name = command.get_program().to_string_lossy().into_owned();
        let running = Running::start(command).map_err(|error| self.cannot_start(&name, error))?;
        let (printed, status) = running.output().await.map_err(|failure| match failure {
            NoOutput::TooMuch => self.bad_output("printed more than 64 KiB"),
            NoOutput::Io(error) => self.error("cannot be read").source(error),
        })?;
        match status {
            Some(status) if status.code() == Some(CALLS_ITSELF.into()) => {
                let mut error = self.calls_itself();
                error.is_told = true;
                // This run may be for such a program, too.
                let is_outermost = self.surroundings.running.is_empty();
                Err(error.exit(if is_outermost { FAILED } else { CALLS_ITSELF }))
            }
            Some(status) if !status.success() => {
                let hint = "run the program by hand to see why it fails";
                Err(self.error(&format!("failed ({status})")).hint(hint))
            }
            _ => Ok(printed),
        }
    }

    fn calls_itself(&self) -> Error {
        let hint = "let the program use another profile, one that does not need this program";
        self.error("calls awsmfa for itself").hint(hint)
    }

    fn command(&self) -> Result<Command, Error> {
        let line = self.setting.text.as_str();
        if self.purpose == Purpose::Code {
            return Ok(shell_command(line));
        }
        let words = split(line).map_err(|problem| {
            let hint = "quote its words as for a shell";
            self.error(problem).hint(hint)
        })?;
        let Some((program, arguments)) = words.split_first() else {
            let hint = "name a program, or remove the line";
            return Err(self.error("is empty").hint(hint));
        };
        let mut command = Command::new(program);
        command.args(arguments);
        Ok(command)
    }

    fn cannot_start(&self, name: &str, error: io::Error) -> Error {
        // The value of a variable may be a secret.
        let shown = match name.split_once('=') {
            Some((variable, _)) => format!("{variable}=…"),
            None => name.to_owned(),
        };
        let problem = |problem: &str| self.error(&format!("cannot run {shown}: {problem}"));
        if error.kind() != io::ErrorKind::NotFound {
            return self.error(&format!("cannot run {shown}")).source(error);
        }
        if let Some(interpreter) = missing_interpreter(Path::new(name)) {
            return problem(&interpreter.problem()).hint(interpreter.hint());
        }
        problem("program not found").hint(if name.contains(['~', '$', '=']) {
            // The AWS CLI expands nothing, either.
            "only a shell expands that: credential_process = sh -c '…'"
        } else {
            "check its path, and PATH"
        })
    }
}

#[cfg(unix)]
fn shell_command(line: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]);
    shell
}

#[cfg(windows)]
fn shell_command(line: &str) -> Command {
    use std::os::windows::process::CommandExt as _;
    let mut shell = Command::new("cmd.exe");
    shell.arg("/C").raw_arg(format!("\"{line}\""));
    shell
}
