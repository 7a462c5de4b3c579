//! What the command line is meant to be, told before it is parsed: a usage error must fail the
//! evaluating line in the right shell too.

use std::ffi::OsString;

use crate::shell::{self, Kind, Shell};
use crate::text;

/// Whether something evaluates standard output, and what.
#[derive(Debug, Clone, Copy)]
pub struct Intent {
    evaluated: bool,
    named: Option<&'static Shell>,
}

/// Verbs whose output is read by a person or a program, and evaluated by nobody.
const NOT_EVALUATED: &[&str] = &["help", "exec", "status", "profiles", "doctor", "complete"];

impl Intent {
    /// Looks at the arguments: the verb, and the shell that is named.
    #[must_use]
    pub fn from_arguments(args: &[OsString]) -> Self {
        let args: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).collect();
        let verb = args.first();
        let named = named_shell(&args).and_then(shell::by_name);
        Self {
            evaluated: !verb.is_some_and(|verb| NOT_EVALUATED.contains(verb)),
            // There is no function for a format: whoever asked for one is a shell all the same.
            named: named.filter(|row| row.kind == Kind::Shell || verb != Some(&"init")),
        }
    }

    /// The statement that makes the evaluating line fail; none where nothing evaluates.
    #[must_use]
    pub fn failure(&self, status: u8) -> String {
        if self.evaluated && !text::is_stdout_terminal() {
            let shell = self
                .named
                .unwrap_or_else(|| shell::asking().unwrap_or_else(|_| shell::posix_sh()));
            (shell.grammar.failure)(status)
        } else {
            String::new()
        }
    }
}

/// The value of `-s` or `--shell`, or the shell that `init` is for.
fn named_shell<'a>(args: &[&'a str]) -> Option<&'a str> {
    if let ["init", shell, ..] = args {
        return Some(shell);
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
    use super::named_shell;

    #[test]
    fn finds_the_shell_as_the_parser_would() {
        for args in [
            &["env", "--shell", "fish"][..],
            &["env", "--shell=fish", "--bogus"],
            &["unset", "-s", "fish"],
            &["-sfish"],
            &["init", "fish", "--bogus"],
        ] {
            assert_eq!(named_shell(args), Some("fish"), "{args:?}");
        }
        for args in [&["env"][..], &["env", "--serial", "x"], &["env", "--shell"]] {
            assert_eq!(named_shell(args), None, "{args:?}");
        }
    }
}
