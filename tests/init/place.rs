//! A folder in which a shell finds awsmfa, the AWS files and the tests' helpers.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Output, Stdio};

use awsmfa_test_support::{Accounts, Emulator, TestHome, find_tool, variables, without_terminal};

/// The variables that a child process inherits.
pub(crate) type Environment = BTreeMap<String, String>;

/// A value with all that shells stumble over, for a variable that `env` replaces.
pub(crate) const STALE: &str = "it's  a \"stale\" $token `x` !! \\ *";

pub(crate) struct Place {
    pub(crate) home: TestHome,
    pub(crate) emulator: Emulator,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self {
            home: TestHome::standard(),
            emulator: Emulator::start(Accounts::standard()),
        };
        // Writes to $1 what a child process inherits.
        place.program("dump", "exec env -0 >\"$1\"");
        // Appends a status to the file `notes`.
        place.program("note", "echo \"$*\" >>notes");
        // Writes down its arguments, and fails in its own way.
        place.program("args", "printf '<%s>' \"$@\" >args.out; exit 7");
        // Takes awsmfa away.
        place.program("lose", "rm bin/awsmfa");
        fs::create_dir(place.home.path().join("bin")).unwrap();
        let awsmfa = env!("CARGO_BIN_EXE_awsmfa");
        symlink(awsmfa, place.home.path().join("bin/awsmfa")).unwrap();
        place
    }

    fn program(&self, name: &str, script: &str) {
        let file = self.home.write(name, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a script by a shell of its own session, so that nothing can ask at the terminal of
    /// whoever runs the tests. None where the shell is missing.
    pub(crate) fn run(&self, command: &[&str], file: &str, script: &str) -> Option<Output> {
        let program = find_tool(command[0])?;
        self.home.write(file, format!("{script}\n"));
        let output = without_terminal(program)
            .args(&command[1..])
            .arg(file)
            .current_dir(self.home.path())
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Some(output)
    }

    fn environment(&self) -> Environment {
        let bin = self.home.path().join("bin");
        let mut environment = self.home.env_with(&bin, &self.emulator.http_url());
        environment.extend(
            [
                ("AWS_PROFILE", "default"),
                ("AWS_SECURITY_TOKEN", STALE),
                ("TERM", "xterm"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        environment
    }

    /// What a dump wrote. Shells count and name what they run in a few variables of their own.
    pub(crate) fn dumped(&self, name: &str) -> Environment {
        let dumped = fs::read_to_string(self.home.path().join(name)).unwrap();
        let mut variables = variables(&dumped);
        for own in ["_", "LAST_EXIT_CODE", "CMD_DURATION_MS"] {
            variables.remove(own);
        }
        variables
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.home.path().join(name)).unwrap_or_default()
    }
}

/// The values of a session that must be seen nowhere.
pub(crate) fn secrets(session: &Environment) -> impl Iterator<Item = &String> {
    let is_secret = |name: &str| name.contains("SECRET") || name.contains("TOKEN");
    session
        .iter()
        .filter(move |(name, value)| is_secret(name) && !value.is_empty())
        .map(|(_, value)| value)
}
