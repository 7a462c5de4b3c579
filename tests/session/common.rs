//! A stage for one test: AWS, a user's home, and programs run there without a terminal.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use awsmfa_test_support::{Accounts, Emulator, TestHome, without_terminal};
use tempfile::TempDir;

/// The environment of a process.
pub(crate) type Environment = BTreeMap<String, String>;

/// AWS, a home, and the environment that programs there see.
pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) home: TestHome,
    pub(crate) environment: Environment,
    /// Where scripts and what they write are, outside the home.
    folder: TempDir,
}

impl Stage {
    /// The standard accounts and home, `awsmfa` in PATH, `OUT` for what scripts write.
    pub(crate) fn new() -> Self {
        let emulator = Emulator::start(Accounts::standard());
        let home = TestHome::standard();
        let folder = TempDir::with_prefix("awsmfa-out-").unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_awsmfa"));
        let mut environment = home.env_with(binary.parent().unwrap(), &emulator.http_url());
        let out = folder.path().to_str().unwrap().to_owned();
        environment.insert("OUT".to_owned(), out);
        Self {
            emulator,
            home,
            environment,
            folder,
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// A code of alice's device that AWS accepts.
    pub(crate) fn code(&self) -> String {
        self.emulator.device("alice").code()
    }

    /// fish makes folders for itself at every start.
    pub(crate) fn keep_fish_out_of_the_home(&mut self) {
        let elsewhere = self.out("fish").to_str().unwrap().to_owned();
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            self.set(name, elsewhere.clone());
        }
    }

    /// A path in `OUT`.
    pub(crate) fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What a script wrote there.
    pub(crate) fn written(&self, name: &str) -> String {
        let path = self.out(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A program with nothing but this environment and no terminal.
    pub(crate) fn command(&self, program: &[impl AsRef<OsStr>]) -> Command {
        let mut command = without_terminal(&program[0]);
        command
            .args(&program[1..])
            .env_clear()
            .envs(&self.environment)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs `awsmfa` from a plain shell, so that the one in which the tests were started does not
    /// matter.
    pub(crate) fn awsmfa(&self, args: &[&str]) -> Run {
        Run::of(self.awsmfa_command(args))
    }

    pub(crate) fn awsmfa_command(&self, args: &[&str]) -> Command {
        let shell = ["sh", "-c", "awsmfa \"$@\"; exit $?", "sh"];
        self.command(&[&shell, args].concat())
    }

    /// Runs a script that stands in a file, by a shell and its options.
    pub(crate) fn script(&self, shell: &[&str], text: &str) -> Run {
        Run::of(self.script_command(shell, text))
    }

    pub(crate) fn script_command(&self, shell: &[&str], text: &str) -> Command {
        let mut file = tempfile::Builder::new()
            .prefix("script-")
            .tempfile_in(self.folder.path())
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let (_, path) = file.keep().unwrap();
        let path = path.to_str().unwrap();
        self.command(&[shell, &[path]].concat())
    }

    /// Nothing but the two AWS files is in the home.
    #[track_caller]
    pub(crate) fn assert_clean_home(&self) {
        assert_eq!(
            self.home.listing(),
            [".aws/", ".aws/config", ".aws/credentials"]
        );
    }
}

/// What came of a program.
#[derive(Debug)]
pub(crate) struct Run {
    /// The exit code; 128 and the signal's number where one ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(mut command: Command) -> Self {
        Self::ended(&command.output().unwrap())
    }

    /// Waits for a program that was started.
    pub(crate) fn wait(child: Child) -> Self {
        Self::ended(&child.wait_with_output().unwrap())
    }

    fn ended(output: &Output) -> Self {
        let status = output.status;
        Self {
            code: status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap()),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// It succeeded and said nothing on standard error.
    #[track_caller]
    pub(crate) fn assert_quiet_success(&self) {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{self:?}");
    }

    /// Neither keys nor this code are told to whoever reads standard error.
    #[track_caller]
    pub(crate) fn assert_no_secret_told(&self, code: &str) {
        for secret in [Accounts::ALICE_SECRET, Accounts::BOB_SECRET, code] {
            assert!(!self.stderr.contains(secret), "{}", self.stderr);
        }
    }
}

/// The command lines of the shells of POSIX's kind that are installed, without their users'
/// settings.
pub(crate) fn posix_shells() -> Vec<&'static [&'static str]> {
    let all: [&[&str]; 7] = [
        &["bash", "--norc"],
        &["zsh", "-f"],
        &["dash"],
        &["ksh"],
        &["mksh"],
        &["busybox", "sh"],
        &["yash", "--norcfile"],
    ];
    all.into_iter()
        .filter(|shell| awsmfa_test_support::find_tool(shell[0]).is_some())
        .collect()
}
