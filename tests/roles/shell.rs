//! A shell session as a test sees it: an environment, in which awsmfa is called and whose output
//! a real `sh` evaluates.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use awsmfa_test_support::{Accounts, Emulator, TestHome, variables, without_terminal};

/// Variables of AWS and awsmfa by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// Names and values of a case.
pub(crate) type Pairs<'a> = &'a [(&'a str, &'a str)];

/// An emulator, a home and an environment.
pub(crate) struct Shell {
    pub(crate) emulator: Emulator,
    pub(crate) home: TestHome,
    pub(crate) env: Variables,
}

/// What one call printed.
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Shell {
    /// alice's shell, with the standard accounts.
    pub(crate) fn standard() -> Self {
        let emulator = Emulator::start(Accounts::standard());
        let home = TestHome::standard();
        let env = home.env(&emulator.http_url());
        Self {
            emulator,
            home,
            env,
        }
    }

    /// The same with files of its own.
    pub(crate) fn with_files(config: &str, credentials: &str) -> Self {
        let shell = Self::standard();
        shell.home.write_config(config);
        shell.home.write_credentials(credentials);
        shell
    }

    /// A fresh code of alice's device.
    pub(crate) fn code(&self) -> String {
        self.emulator.device("alice").code()
    }

    /// Runs awsmfa without a terminal, and evaluates nothing.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(&awsmfa(&self.env, arguments))
    }

    /// Runs `awsmfa env` or `unset` and evaluates what it prints.
    pub(crate) fn eval(&mut self, arguments: &[&str]) -> Said {
        let (verb, rest) = arguments.split_first().unwrap();
        let arguments = [&[*verb, "--shell", "sh"], rest].concat();
        let said = self.run(&arguments);
        self.env = evaluated(&self.env, &said.stdout);
        said
    }

    /// [`Self::eval`] of `env`, which is to succeed; gives what it told on standard error.
    #[track_caller]
    pub(crate) fn env(&mut self, arguments: &[&str]) -> String {
        let said = self.eval(&[&["env"], arguments].concat());
        assert_eq!(said.status, 0, "{arguments:?}: {}", said.stderr);
        said.stderr
    }

    /// [`Self::eval`] of `env`, which is to fail with 1; gives what it told on standard error.
    #[track_caller]
    pub(crate) fn env_fails(&mut self, arguments: &[&str]) -> String {
        let said = self.eval(&[&["env"], arguments].concat());
        assert_eq!(said.status, 1, "{arguments:?}: {}", said.stderr);
        said.stderr
    }

    #[track_caller]
    pub(crate) fn unset(&mut self) {
        let said = self.eval(&["unset"]);
        assert_eq!(said.status, 0, "{}", said.stderr);
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.env.get(name).map(String::as_str)
    }

    /// The variables that begin with `AWS_`.
    pub(crate) fn aws(&self) -> Variables {
        let mut variables = self.env.clone();
        variables.retain(|name, _| name.starts_with("AWS_"));
        variables
    }

    /// The variables that begin with `AWSMFA_`.
    pub(crate) fn records(&self) -> Vec<&str> {
        let names = self.env.keys().map(String::as_str);
        names.filter(|name| name.starts_with("AWSMFA_")).collect()
    }

    /// How many requests reached the emulator, and how many of them presented a code.
    pub(crate) fn requests(&self) -> (usize, usize) {
        let log = self.emulator.log();
        (log.entries.len(), log.count_with_token_code())
    }

    /// The role whose session is in place.
    pub(crate) fn role_in_place(&self) -> Option<&str> {
        self.get("AWSMFA_ROLE_ARN")
    }
}

impl Said {
    /// Standard error with what differs from run to run taken out.
    pub(crate) fn told(&self, shell: &Shell) -> String {
        stable(&self.stderr, shell)
    }
}

/// A text with what differs from run to run taken out.
pub(crate) fn stable(text: &str, shell: &Shell) -> String {
    let home = shell.home.path().to_str().unwrap();
    text.replace(home, "~")
        .replace(&shell.emulator.http_url(), "http://STS")
}

/// Runs awsmfa with this environment and no controlling terminal.
pub(crate) fn awsmfa(env: &Variables, arguments: &[&str]) -> Output {
    without_terminal(env!("CARGO_BIN_EXE_awsmfa"))
        .args(arguments)
        .env_clear()
        .envs(env)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn said(output: &Output) -> Said {
    Said {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}

/// The environment after a real `sh` has evaluated the statements.
fn evaluated(env: &Variables, statements: &str) -> Variables {
    let mut sh = Command::new("/bin/sh")
        .args(["-c", r#"eval "$(cat)"; exec env -0"#])
        .env_clear()
        .envs(env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = sh.stdin.take().unwrap();
    stdin.write_all(statements.as_bytes()).unwrap();
    drop(stdin);
    let output = sh.wait_with_output().unwrap();
    assert!(output.status.success());
    let mut after = variables(&String::from_utf8(output.stdout).unwrap());
    // What the shell itself exports.
    after.retain(|name, _| env.contains_key(name) || name.starts_with("AWS"));
    after
}

/// One line for each: what was tried, and what was told.
pub(crate) fn listed(told: &[(&str, String)]) -> String {
    let mut list = String::new();
    for (case, told) in told {
        // Writing to a String cannot fail.
        let _ = writeln!(list, "## {case}\n{told}");
    }
    list
}
