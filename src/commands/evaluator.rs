//! Which verbs a shell evaluates, and the statement that makes the evaluating line fail. Reads the
//! unparsed arguments, because a usage error must fail in the right shell, too.

use std::ffi::OsString;

use crate::shell::{self, Kind, Shell, reader};
use crate::text;

/// Whether a shell evaluates the verb's output; `None` if the word is not a verb.
fn is_evaluated(verb: &str) -> Option<bool> {
    match verb {
        "captured" | "env" | "unset" | "init" => Some(true),
        "complete" | "device" | "doctor" | "exec" | "help" | "profiles" | "status" => Some(false),
        _ => None,
    }
}

/// The shell that evaluates the output of this run.
#[derive(Debug, Clone, Copy)]
pub struct Evaluator {
    evaluates: bool,
    starts_programs: bool,
    cleans_up: bool,
    named: Option<&'static Shell>,
}

impl Evaluator {
    /// Reads the verb and the shell from the arguments. An unknown verb counts as a mistyped `env`.
    #[must_use]
    pub fn from_arguments(args: &[OsString]) -> Self {
        let args: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
        let verb = args.first().copied();
        let named = named_shell(&args).and_then(shell::by_name);
        Self {
            evaluates: verb.and_then(is_evaluated).unwrap_or(true),
            starts_programs: matches!(verb, Some("device" | "doctor" | "exec")),
            cleans_up: verb == Some("device"),
            // `init` has no function for a format, but a shell still evaluates the output.
            named: named.filter(|row| row.kind == Kind::Shell || verb != Some("init")),
        }
    }

    /// Whether a shell evaluates the verb's output.
    #[must_use]
    pub fn evaluates(&self) -> bool {
        self.evaluates
    }

    /// Whether a signal must do more than end the process: print the failing statement, or end the
    /// programs that awsmfa started.
    #[must_use]
    pub fn needs_signals(&self) -> bool {
        self.evaluates || self.starts_programs
    }

    /// Whether to hear signals even where the system does not say which ones are ignored.
    #[must_use]
    pub fn must_hear_signals(&self) -> bool {
        self.evaluates || self.cleans_up
    }

    /// The statement that makes the evaluating line fail; empty if nothing evaluates the output.
    #[must_use]
    pub fn failure(&self, status: u8) -> String {
        if self.evaluates && !text::is_stdout_terminal() {
            let asking = || reader::asking().ok().flatten();
            let shell = self.named.or_else(asking).unwrap_or(&shell::UNSEEN);
            (shell.grammar.failure)(status)
        } else {
            String::new()
        }
    }
}

/// Whether with this option the user wants to see the output.
pub(super) fn names_output(word: &str) -> bool {
    matches!(word, "-h" | "--help" | "--print-secrets" | "--shell")
        || word.starts_with("--shell=")
        || word.starts_with("-s")
}

/// The value of `-s` or `--shell`, or the shell that `init` or the function is for.
fn named_shell<'a>(args: &[&'a str]) -> Option<&'a str> {
    match args {
        ["init", shell, ..] => return Some(shell),
        ["captured", shell, words @ ..] => return named_shell(words).or(Some(shell)),
        _ => {}
    }
    args.iter().enumerate().find_map(|(index, arg)| {
        if matches!(*arg, "-s" | "--shell") {
            return args.get(index + 1).copied();
        }
        arg.strip_prefix("--shell=")
            .or_else(|| arg.strip_prefix("-s").filter(|_| !arg.starts_with("--")))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::{is_evaluated, named_shell};
    use crate::cli::Cli;

    #[test]
    fn every_verb_says_whether_it_is_evaluated() {
        let mut command = Cli::command();
        command.build();
        for verb in command.get_subcommands() {
            let name = verb.get_name();
            assert!(is_evaluated(name).is_some(), "{name} does not say it");
        }
    }

    #[test]
    fn finds_the_shell_as_the_parser_would() {
        for args in [
            &["env", "--shell", "fish"][..],
            &["env", "--shell=fish", "--bogus"],
            &["unset", "-s", "fish"],
            &["-sfish"],
            &["init", "fish", "--bogus"],
            &["captured", "fish", "7", "", "i", "env", "--bogus"],
            &["captured", "sh", "7", "", "i", "env", "-sfish"],
        ] {
            assert_eq!(named_shell(args), Some("fish"), "{args:?}");
        }
        for args in [&["env"][..], &["env", "--serial", "x"], &["env", "--shell"]] {
            assert_eq!(named_shell(args), None, "{args:?}");
        }
    }
}
