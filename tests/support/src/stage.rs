//! A machine for one test: AWS, a user's home and environment, and the programs that run there.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::{NamedTempFile, TempDir};

use crate::emulator::accounts::Accounts;
use crate::emulator::{Config, Emulator};
use crate::home::{TestHome, variables};
use crate::run::Run;
use crate::shells::REAL_SHELLS;
use crate::terminal::{self, Terminal};
use crate::tool::{awsmfa, without_terminal};

pub type Variables = BTreeMap<String, String>;

/// AWS, a home, and the environment of the programs.
pub struct Stage {
    pub emulator: Emulator,
    pub home: TestHome,
    /// The whole environment of a program.
    pub variables: Variables,
    /// A folder outside the home, since awsmfa must leave the home unchanged.
    folder: TempDir,
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

impl Stage {
    /// The standard accounts and alice's home.
    #[must_use]
    pub fn new() -> Self {
        Self::with(Accounts::standard())
    }

    /// Like [`Self::new`], with other accounts or another certificate.
    #[must_use]
    pub fn with(config: impl Into<Config>) -> Self {
        let emulator = Emulator::start(config);
        let home = TestHome::standard();
        let folder = TempDir::with_prefix("awsmfa-out-").expect("a temporary folder");
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).expect("a new folder");
        symlink(awsmfa(), bin.join("awsmfa")).expect("a new link");
        let mut variables = home.env_with(&bin, &emulator.http_url());
        for (name, value) in [
            ("OUT", folder.path().to_str().expect("a path in UTF-8")),
            ("TERM", "xterm-256color"),
        ] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        Self {
            emulator,
            home,
            variables,
            folder,
        }
    }

    /// The standard accounts with these AWS files.
    #[must_use]
    pub fn with_files(config: &str, credentials: &str) -> Self {
        let stage = Self::new();
        stage.home.write_config(config);
        stage.home.write_credentials(credentials);
        stage
    }

    /// Appends to the config file.
    pub fn add_config(&self, text: &str) {
        let file = self.home.path().join(".aws/config");
        let config = fs::read_to_string(file).expect("the config file");
        self.home.write_config(&format!("{config}\n{text}"));
    }

    /// Serves AWS over HTTPS, with its CA in `AWS_CA_BUNDLE`.
    #[must_use]
    pub fn over_https(mut self) -> Self {
        self.set("AWS_ENDPOINT_URL", self.emulator.https_url());
        let ca = self.emulator.write_ca(self.folder.path());
        self.set("AWS_CA_BUNDLE", ca.to_str().expect("a path in UTF-8"));
        self
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    pub fn set_all(&mut self, variables: &[(&str, &str)]) -> &mut Self {
        for (name, value) in variables {
            self.set(name, *value);
        }
        self
    }

    /// Removes a variable and returns its value.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        self.variables.remove(name)
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The variables whose names begin with `AWS_`.
    #[must_use]
    pub fn aws(&self) -> Variables {
        let mut variables = self.variables.clone();
        variables.retain(|name, _| name.starts_with("AWS_"));
        variables
    }

    /// The names of the bookkeeping variables that are set.
    #[must_use]
    pub fn records(&self) -> Vec<&str> {
        let names = self.variables.keys().map(String::as_str);
        names.filter(|name| name.starts_with("AWSMFA_")).collect()
    }

    /// The role of this shell's session.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.get("AWSMFA_ROLE_ARN")
    }

    /// A code of alice's device that AWS accepts.
    #[must_use]
    pub fn code(&self) -> String {
        self.emulator.device("alice").code()
    }

    /// Wrong codes for alice's device, all different.
    #[must_use]
    pub fn wrong_codes<const N: usize>(&self) -> [String; N] {
        self.emulator.device("alice").wrong_codes()
    }

    /// How many requests reached AWS, and how many of them had a code.
    #[must_use]
    pub fn requests(&self) -> (usize, usize) {
        let log = self.emulator.log();
        (log.entries.len(), log.count_with_token_code())
    }

    #[track_caller]
    pub fn assert_no_code_sent(&self) {
        assert_eq!(self.emulator.log().count_with_token_code(), 0);
    }

    /// A path in the test's folder, which is `$OUT` and the working directory of programs.
    #[must_use]
    pub fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file to that folder.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.out(name);
        fs::write(&path, contents).expect("a new file");
        path
    }

    /// What a program wrote to a file there.
    #[must_use]
    pub fn written(&self, name: &str) -> String {
        let path = self.out(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The variables that `env -0` wrote to a file there.
    #[must_use]
    pub fn dumped(&self, name: &str) -> Variables {
        variables(&self.written(name))
    }

    /// Puts a sh script on PATH.
    pub fn program(&self, name: &str, script: &str) {
        let path = self.write(&format!("bin/{name}"), format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }

    /// A program with this environment and no terminal.
    #[must_use]
    pub fn command(&self, words: &[impl AsRef<OsStr>]) -> Command {
        let mut command = without_terminal(&words[0]);
        command
            .args(&words[1..])
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Like [`Self::command`], for a [`Terminal`].
    #[must_use]
    pub fn terminal_command(&self, words: &[impl AsRef<OsStr>]) -> terminal::Command {
        terminal::Command::new(&words[0])
            .args(&words[1..])
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.folder.path())
    }

    /// Runs a script from a file with this shell and its options.
    pub fn script(&self, shell: &[&str], text: &str) -> Run {
        Run::execute(&mut self.script_command(shell, text))
    }

    /// Like [`Self::script`], without running it.
    #[must_use]
    pub fn script_command(&self, shell: &[&str], text: &str) -> Command {
        let mut real = REAL_SHELLS.iter();
        let real = real.find(|real| real.name() == shell[0]);
        let extension = real.map_or("", |real| real.extension);
        let mut file = self.file("script-", extension);
        file.write_all(text.as_bytes()).expect("a script");
        let (_, path) = file.keep().expect("a script");
        let path = path.to_str().expect("a path in UTF-8");
        self.command(&[shell, &[path]].concat())
    }

    /// Runs `awsmfa` from sh, whatever shell started the tests; evaluates nothing.
    pub fn awsmfa(&self, args: &[&str]) -> Run {
        self.awsmfa_with_input(args, "")
    }

    /// Like [`Self::awsmfa`], with `input` on standard input.
    pub fn awsmfa_with_input(&self, args: &[&str], input: &str) -> Run {
        // Write to a separate file, since awsmfa prints no secret to the standard output of the shell
        // around it. The subshell is for dash, which redirects its own output while a command runs.
        let stdout = self.file("stdout-", "");
        let path = stdout.path().to_str().expect("a path in UTF-8");
        let shell = ["sh", "-c", r#"(exec awsmfa "$@" >"$0"); exit $?"#, path];
        let run = Run::with_input(&mut self.command(&[&shell, args].concat()), input);
        assert_eq!(run.stdout, "");
        let stdout = fs::read_to_string(path).expect("what it printed");
        Run { stdout, ..run }
    }

    /// Evaluates the output of `awsmfa VERB` in sh, as a user does. Takes over the variables that the
    /// shell exports then; `code` is the status of the line.
    pub fn eval(&mut self, args: &[&str]) -> Run {
        const LINE: &str = r#"eval "$(awsmfa "$@")"; printf '%s\0' "$?"; exec env -0"#;
        let verb = [args[0], "--shell", "sh"];
        let line = [&["sh", "-c", LINE, "sh"], &verb[..], &args[1..]].concat();
        let run = Run::execute(&mut self.command(&line));
        let (code, after) = run.stdout.split_once('\0').expect("a status");
        let mut after = variables(after);
        // Drop the few variables that sh itself exports.
        after.retain(|name, _| self.variables.contains_key(name) || name.starts_with("AWS"));
        self.variables = after;
        Run {
            code: code.parse().expect("a status"),
            stdout: String::new(),
            ..run
        }
    }

    /// Runs [`Self::eval`] with `env`, which must succeed; returns standard error.
    #[track_caller]
    pub fn env(&mut self, args: &[&str]) -> String {
        self.eval_ends_with(0, &[&["env"], args].concat())
    }

    /// Runs [`Self::eval`] with `env`, which must fail with 1; returns standard error.
    #[track_caller]
    pub fn env_fails(&mut self, args: &[&str]) -> String {
        self.eval_ends_with(1, &[&["env"], args].concat())
    }

    /// Runs [`Self::eval`] with `unset`, which must succeed; returns standard error.
    #[track_caller]
    pub fn unset(&mut self) -> String {
        self.eval_ends_with(0, &["unset"])
    }

    #[track_caller]
    fn eval_ends_with(&mut self, code: i32, args: &[&str]) -> String {
        let run = self.eval(args);
        assert_eq!(run.code, code, "{args:?}: {}", run.stderr);
        run.stderr
    }

    /// Runs `awsmfa env --shell bash` at a terminal, with its statements captured.
    #[must_use]
    pub fn ask(&self, args: &[&str]) -> Terminal {
        Terminal::capturing(self.ask_command(args))
    }

    /// Like [`Self::ask`], without running it.
    #[must_use]
    pub fn ask_command(&self, args: &[&str]) -> terminal::Command {
        let words: [&str; 4] = ["awsmfa", "env", "--shell", "bash"];
        self.terminal_command(&[&words, args].concat())
    }

    /// An interactive bash at a terminal that already shows its prompt, `ready> `.
    #[must_use]
    pub fn bash(&self) -> Terminal {
        let words = ["bash", "--norc", "--noprofile", "-i"];
        let command = self.terminal_command(&words).env("PS1", "ready> ");
        let mut terminal = Terminal::showing(command, 120);
        terminal.expect("ready> ");
        terminal
    }

    /// Moves fish's folders, which it creates at every start, out of the home.
    pub fn keep_fish_out_of_the_home(&mut self) {
        let elsewhere = self.out("fish").display().to_string();
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            self.set(name, elsewhere.clone());
        }
    }

    /// Checks that the home contains only the two AWS files.
    #[track_caller]
    pub fn assert_clean_home(&self) {
        assert_eq!(
            self.home.listing(),
            [".aws/", ".aws/config", ".aws/credentials"]
        );
    }

    /// Replaces what differs from run to run: folders, ports and request IDs.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        let folder = |path: &Path| path.display().to_string();
        let text = text
            .replace(&folder(self.home.path()), "[HOME]")
            .replace(&folder(self.folder.path()), "[OUT]");
        redact_numbers(&text)
    }

    fn file(&self, prefix: &str, suffix: &str) -> NamedTempFile {
        let mut builder = tempfile::Builder::new();
        let file = builder.prefix(prefix).suffix(suffix);
        file.tempfile_in(&self.folder).expect("a new file")
    }
}

fn redact_numbers(text: &str) -> String {
    let mut redacted = String::new();
    for word in text.split_inclusive([' ', '\n', ')', '/']) {
        let bare = word.trim_end_matches([' ', '\n', ')', '/', ',', ':']);
        let rest = &word[bare.len()..];
        let is_id = bare.len() == 36 && bare.matches('-').count() == 4;
        match bare.rsplit_once(':') {
            _ if is_id => redacted.push_str("[ID]"),
            Some((host, port))
                if !host.ends_with("example.com")
                    && port.len() > 3
                    && port.bytes().all(|b| b.is_ascii_digit()) =>
            {
                redacted.push_str(host);
                redacted.push_str(":[PORT]");
            }
            _ => redacted.push_str(bare),
        }
        redacted.push_str(rest);
    }
    redacted
}
