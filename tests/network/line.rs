//! The evaluating line of a user, in a shell of its own.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use awsmfa_test_support::{Emulator, TestHome, without_terminal};

/// What `eval` saw.
pub(crate) struct Seen {
    /// The exit status after `eval`.
    pub(crate) status: String,
    /// Whether the environment is the one before.
    pub(crate) unchanged: bool,
    /// What standard error showed, without what differs from run to run.
    pub(crate) told: String,
    /// How long it took.
    pub(crate) took: Duration,
}

const LINE: &str = r#"
before=$(env)
eval "$("$AWSMFA_UNDER_TEST" env --shell sh "$@" 2>"$HOME/told")"
status=$?
[ "$before" = "$(env)" ] && unchanged=yes || unchanged=no
echo "$status $unchanged"
"#;

/// A home, an emulator and the variables of one line.
pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) home: TestHome,
    pub(crate) variables: BTreeMap<String, String>,
    /// Text that differs from run to run, and what stands for it.
    pub(crate) redacted: Vec<(String, &'static str)>,
}

impl Stage {
    /// The standard accounts over HTTPS, with the CA in `AWS_CA_BUNDLE`.
    pub(crate) fn https(emulator: Emulator) -> Self {
        let home = TestHome::standard();
        let mut variables = home.env(&emulator.https_url());
        let ca = emulator.write_ca(home.path());
        variables.insert("AWS_CA_BUNDLE".to_owned(), ca.display().to_string());
        let exe = env!("CARGO_BIN_EXE_awsmfa").to_owned();
        variables.insert("AWSMFA_UNDER_TEST".to_owned(), exe);
        let redacted = vec![(home.path().display().to_string(), "[HOME]")];
        Self {
            emulator,
            home,
            variables,
            redacted,
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.variables.insert(name.to_owned(), value.into());
        self
    }

    /// Evaluates `awsmfa env` with these arguments.
    pub(crate) fn eval(&self, arguments: &[&str]) -> Seen {
        let begin = Instant::now();
        let output = without_terminal("/bin/sh")
            .args(["-c", LINE, "sh"])
            .args(arguments)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let took = begin.elapsed();
        let printed = String::from_utf8(output.stdout).unwrap();
        let (status, unchanged) = printed.trim().split_once(' ').unwrap();
        let told = std::fs::read_to_string(self.home.path().join("told")).unwrap();
        Seen {
            status: status.to_owned(),
            unchanged: unchanged == "yes",
            told: self.redact(&told),
            took,
        }
    }

    /// Runs awsmfa without a shell around it; gives the exit code and what it printed.
    pub(crate) fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = without_terminal(env!("CARGO_BIN_EXE_awsmfa"))
            .args(arguments)
            .env_clear()
            .envs(&self.variables)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes| self.redact(&String::from_utf8(bytes).unwrap());
        let code = output.status.code().unwrap();
        (code, text(output.stdout), text(output.stderr))
    }

    pub(crate) fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (from, to) in &self.redacted {
            text = text.replace(from, to);
        }
        redact_numbers(&text)
    }
}

/// Ports and request IDs.
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
