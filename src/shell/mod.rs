//! The shells: a row in [`SHELLS`] for each, and a grammar for each syntax.

mod cmd;
pub mod detect;
mod dotenv;
mod elvish;
mod fish;
mod github;
mod json;
mod nu;
mod posix;
mod powershell;
mod processes;
pub mod reader;
mod tcsh;
mod tmux;
mod xonsh;

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::error::Error;
use crate::value::Value;

/// One change to the environment of the calling shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Export a variable with this value.
    Set(Cow<'static, str>, Value),
    /// Remove a variable; no error if it is not set.
    Unset(Cow<'static, str>),
}

impl Change {
    /// Sets a variable to this value, or removes it.
    #[must_use]
    pub fn new(name: Cow<'static, str>, value: Option<Value>) -> Self {
        match value {
            Some(value) => Self::Set(name, value),
            None => Self::Unset(name),
        }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Set(name, _) | Self::Unset(name) => name,
        }
    }
}

/// The result of rendering a list of changes.
#[derive(Debug, Default)]
pub struct Rendered {
    /// For standard output, to be evaluated by the calling shell. Never empty for a shell.
    pub statements: Zeroizing<Vec<u8>>,
    /// For standard error, before the statements.
    pub announcement: Zeroizing<Vec<u8>>,
}

impl From<Zeroizing<Vec<u8>>> for Rendered {
    fn from(statements: Zeroizing<Vec<u8>>) -> Self {
        Self {
            statements,
            announcement: Zeroizing::default(),
        }
    }
}

/// A value that a shell syntax cannot carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {problem}")]
pub struct CannotCarry {
    pub name: String,
    /// The rest of the sentence: "contains a line break, which tcsh cannot carry".
    pub problem: String,
}

impl From<CannotCarry> for Error {
    fn from(refused: CannotCarry) -> Self {
        Self::new(refused.to_string()).hint(format!(
            "change {} or unset it, then try again",
            refused.name
        ))
    }
}

/// How one family of shells writes statements.
#[derive(Debug)]
pub struct Grammar {
    /// Writes the changes, each variable at most once: removals first, then values. Refuses a value that
    /// would not arrive byte for byte. For an empty list a shell gets its no-op statement. A format only
    /// writes values, no removals.
    pub render: fn(&[Change]) -> Result<Rendered, CannotCarry>,
    /// The statement that makes the evaluating line fail, with this status if the shell allows it; empty
    /// if the line fails anyway.
    pub failure: fn(status: u8) -> String,
    /// One word of a command, quoted for the shell's user.
    pub word: fn(&str) -> String,
}

/// Who reads the statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A shell evaluates them and can undo them later.
    Shell,
    /// A server keeps them for the shells that it starts, which can undo them.
    Server,
    /// A program reads values, so there is no bookkeeping and nothing to unset.
    Format,
}

#[derive(Debug)]
pub struct Shell {
    /// The value of `--shell`.
    pub name: &'static str,
    /// Other values of `--shell` for it.
    pub aliases: &'static [&'static str],
    /// Further names of its executable, without `.exe` and version.
    pub executables: &'static [&'static str],
    pub kind: Kind,
    /// The line that a user types, with `{}` in place of the command.
    pub line: &'static str,
    pub grammar: &'static Grammar,
    /// The function that replaces the line; `None` for a format.
    pub function: Option<Function>,
}

/// What `awsmfa init` prints for a shell: the function `awsmfa`, and completions if the shell supports
/// them.
#[derive(Debug)]
pub struct Function {
    /// Files in `shells/`, to be concatenated.
    pub scripts: &'static [&'static str],
    /// The line that loads it from the shell's rc file; nu and cmd load it from a separate file.
    pub load: &'static str,
}

macro_rules! function {
    ($load:literal, $($file:literal),+) => {
        Some(Function {
            scripts: &[$(include_str!(concat!("../../shells/", $file))),+],
            load: $load,
        })
    };
}

pub static SHELLS: &[Shell] = &[
    Shell {
        name: "bash",
        aliases: &[],
        executables: &[],
        kind: Kind::Shell,
        line: r#"eval "$({})""#,
        grammar: &posix::GRAMMAR,
        function: function!(
            r#"eval "$(awsmfa init bash)""#,
            "awsmfa.sh",
            "prompt.sh",
            "awsmfa.bash"
        ),
    },
    Shell {
        name: "zsh",
        aliases: &[],
        executables: &[],
        kind: Kind::Shell,
        line: r#"eval "$({})""#,
        grammar: &posix::GRAMMAR,
        function: function!(
            r#"eval "$(awsmfa init zsh)""#,
            "awsmfa.sh",
            "prompt.sh",
            "awsmfa.zsh"
        ),
    },
    Shell {
        name: "sh",
        aliases: &["dash", "ash", "busybox", "mksh", "yash"],
        executables: &["hush", "lksh", "oksh", "posh"],
        kind: Kind::Shell,
        line: r#"eval "$({})""#,
        grammar: &posix::GRAMMAR,
        function: function!(r#"eval "$(awsmfa init sh)""#, "awsmfa.sh"),
    },
    Shell {
        name: "ksh",
        aliases: &[],
        executables: &[],
        kind: Kind::Shell,
        // `$(…)` is a file on disk there.
        line: ". <({})",
        grammar: &posix::GRAMMAR,
        function: function!(r#"eval "$(awsmfa init ksh)""#, "awsmfa.sh", "prompt.sh"),
    },
    Shell {
        name: "fish",
        aliases: &[],
        executables: &[],
        kind: Kind::Shell,
        line: "{} | source",
        grammar: &fish::GRAMMAR,
        function: function!("awsmfa init fish | source", "awsmfa.fish"),
    },
    Shell {
        name: "powershell",
        aliases: &["pwsh"],
        executables: &["pwsh-preview"],
        kind: Kind::Shell,
        line: "{} | iex",
        grammar: &powershell::GRAMMAR,
        function: function!("awsmfa init powershell | Out-String | iex", "awsmfa.ps1"),
    },
    Shell {
        name: "cmd",
        aliases: &[],
        executables: &[],
        kind: Kind::Shell,
        line: r#"for /f "delims=" %i in ('{}') do @%i"#,
        grammar: &cmd::GRAMMAR,
        function: function!(
            "awsmfa init cmd > awsmfa.bat & rem in a folder before that of awsmfa.exe on PATH",
            "awsmfa.bat"
        ),
    },
    Shell {
        name: "nu",
        aliases: &["nushell"],
        executables: &[],
        kind: Kind::Shell,
        // The function would act and print nothing.
        line: "^{} | from json | load-env",
        grammar: &nu::GRAMMAR,
        function: function!(
            "awsmfa init nu | save -f ~/.awsmfa.nu # then, in config.nu: source ~/.awsmfa.nu",
            "awsmfa.nu"
        ),
    },
    Shell {
        name: "xonsh",
        aliases: &[],
        executables: &[],
        kind: Kind::Shell,
        line: "execx($({}))",
        grammar: &xonsh::GRAMMAR,
        function: function!("execx($(awsmfa init xonsh))", "awsmfa.xsh"),
    },
    Shell {
        name: "elvish",
        aliases: &[],
        executables: &[],
        kind: Kind::Shell,
        line: "eval ({} | slurp)",
        grammar: &elvish::GRAMMAR,
        function: function!("eval (awsmfa init elvish | slurp)", "awsmfa.elv"),
    },
    Shell {
        name: "tcsh",
        aliases: &["csh"],
        executables: &["bsd-csh"],
        kind: Kind::Shell,
        line: r#"eval "`{}`""#,
        grammar: &tcsh::GRAMMAR,
        function: function!(
            r"\awsmfa init tcsh >! ~/.awsmfa.tcsh; alias awsmfa 'source ~/.awsmfa.tcsh'",
            "awsmfa.tcsh"
        ),
    },
    Shell {
        name: "tmux",
        aliases: &[],
        executables: &[],
        kind: Kind::Server,
        line: "{} | tmux source-file -",
        grammar: &tmux::GRAMMAR,
        function: None,
    },
    Shell {
        name: "json",
        aliases: &[],
        executables: &[],
        kind: Kind::Format,
        line: "credential_process = {}",
        grammar: &json::GRAMMAR,
        function: None,
    },
    Shell {
        name: "dotenv",
        aliases: &[],
        executables: &[],
        kind: Kind::Format,
        line: "docker run --env-file <({}) IMAGE",
        grammar: &dotenv::GRAMMAR,
        function: None,
    },
    Shell {
        name: "github",
        aliases: &[],
        executables: &[],
        kind: Kind::Format,
        line: r#"{} >> "$GITHUB_ENV""#,
        grammar: &github::GRAMMAR,
        function: None,
    },
];

/// The shell if none is seen. Most shells are of POSIX's kind, and the others refuse this syntax.
pub static UNSEEN: Shell = Shell {
    name: "sh",
    aliases: &[],
    executables: &[],
    kind: Kind::Shell,
    line: r#"eval "$({})""#,
    grammar: &posix::FOR_ANY,
    function: function!(r#"eval "$(awsmfa init sh)""#, "awsmfa.sh"),
};

/// The row with this name or alias.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Shell> {
    SHELLS
        .iter()
        .find(|shell| shell.name == name || shell.aliases.contains(&name))
}

/// The names of all rows, for messages.
#[must_use]
pub fn names() -> String {
    let names: Vec<&str> = SHELLS.iter().map(|shell| shell.name).collect();
    names.join(", ")
}

impl Shell {
    /// The line that a user types to evaluate the output of `command`.
    #[must_use]
    pub fn line_for(&self, command: &str) -> String {
        self.line.replace("{}", command)
    }

    #[must_use]
    pub fn is_posix(&self) -> bool {
        [&raw const posix::GRAMMAR, &raw const posix::FOR_ANY]
            .contains(&std::ptr::from_ref(self.grammar))
    }

    /// These words as one command of this shell, quoted where needed.
    #[must_use]
    pub fn command_line(&self, words: &[&str]) -> String {
        let is_bare = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_./:".contains(&b))
        };
        words
            .iter()
            .map(|word| {
                if is_bare(word) {
                    (*word).to_owned()
                } else {
                    (self.grammar.word)(word)
                }
            })
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// An empty buffer with room for any shell's statements: a buffer that grows leaves its secrets behind
/// in memory.
///
/// # Panics
/// If a variable's name is invalid: it would be code in the statement.
fn buffer(changes: &[Change]) -> Zeroizing<Vec<u8>> {
    // PowerShell needs 8 bytes for each non-ASCII one; fish's removal with its explanation has 200.
    const PER_CHANGE: usize = 256;
    const PER_BYTE: usize = 8;
    let capacity = changes.iter().map(|change| {
        let (name, length) = match change {
            Change::Set(name, value) => (name, value.as_bytes().len()),
            Change::Unset(name) => (name, 0),
        };
        assert!(is_name(name), "{name:?} is no name of a variable");
        PER_CHANGE + PER_BYTE * (name.len() + length)
    });
    Zeroizing::new(Vec::with_capacity(PER_CHANGE + capacity.sum::<usize>()))
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|c: char| c.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn sets(changes: &[Change]) -> impl Iterator<Item = (&str, &Value)> {
    changes.iter().filter_map(|change| match change {
        Change::Set(name, value) => Some((name.as_ref(), value)),
        Change::Unset(_) => None,
    })
}

fn unsets(changes: &[Change]) -> impl Iterator<Item = &str> {
    changes.iter().filter_map(|change| match change {
        Change::Unset(name) => Some(name.as_ref()),
        Change::Set(..) => None,
    })
}

/// One word of a command, for a shell that quotes it like a value.
fn quoted_word(quote: fn(&mut Vec<u8>, &[u8]), word: &str) -> String {
    let mut out = Vec::new();
    quote(&mut out, word.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

/// The longest `NAME=VALUE` with which Linux starts a process, which has a NUL after it (`MAX_ARG_STRLEN`).
const LONGEST: usize = 128 * 1024 - 1;

/// The value for a shell that carries bytes. Control characters are refused: no shell carries all of
/// them in every way of evaluating, and AWS's values contain none. So is a value that no program could inherit:
/// the shell could not start any more.
fn bytes<'a>(name: &str, value: &'a Value) -> Result<&'a [u8], CannotCarry> {
    let bytes = value.as_bytes();
    let problem = match bytes.iter().find(|b| b.is_ascii_control()) {
        None if cfg!(target_os = "linux") && name.len() + 1 + bytes.len() > LONGEST => {
            "is longer than the 128 KiB that Linux allows"
        }
        None => return Ok(bytes),
        Some(b'\n' | b'\r') => "contains a line break",
        Some(b'\t') => "contains a tab",
        Some(_) => "contains a control character",
    };
    Err(CannotCarry {
        name: name.to_owned(),
        problem: problem.to_owned(),
    })
}

/// The value for a shell that carries text.
fn text<'a>(name: &str, value: &'a Value) -> Result<&'a str, CannotCarry> {
    str::from_utf8(bytes(name, value)?).map_err(|_| CannotCarry {
        name: name.to_owned(),
        problem: "is not valid UTF-8".to_owned(),
    })
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use std::collections::HashSet;

    use super::{Change, SHELLS, by_name};
    use crate::value::Value;

    #[test]
    fn no_name_stands_for_two_rows() {
        let mut seen = HashSet::new();
        for shell in SHELLS {
            let names = [&[shell.name], shell.aliases, shell.executables].concat();
            for name in names {
                assert!(seen.insert(name), "{name}");
            }
        }
    }

    #[test]
    fn a_row_is_found_by_name_and_alias() {
        let name = |name| by_name(name).map(|shell| shell.name);
        assert_eq!(name("bash"), Some("bash"));
        assert_eq!(name("pwsh"), Some("powershell"));
        assert_eq!(name("csh"), Some("tcsh"));
        assert_eq!(name("dash"), Some("sh"));
        assert_eq!(name("nonsense"), None);
        assert_eq!(name(""), None);
    }

    #[test]
    fn the_line_to_type_keeps_its_words() {
        let line = |name, words: &[&str]| {
            let shell = by_name(name).expect("a row");
            shell.line_for(&shell.command_line(words))
        };
        let words = ["awsmfa", "env", "-p", "it's me", "=x"];
        assert_eq!(
            line("bash", &words),
            r#"eval "$(awsmfa env -p 'it'\''s me' '=x')""#
        );
        assert_eq!(
            line("fish", &words),
            r"awsmfa env -p 'it\'s me' '=x' | source"
        );
        assert_eq!(
            line("powershell", &["awsmfa", "-p", "é’"]),
            "awsmfa -p (-join('',[char]0x00E9,'',[char]0x2019,'')) | iex"
        );
        assert_eq!(
            line("cmd", &["awsmfa", "-p", "a b"]),
            r#"for /f "delims=" %i in ('awsmfa -p "a b"') do @%i"#
        );
    }

    #[test]
    #[should_panic(expected = "no name of a variable")]
    fn a_name_that_would_be_code_is_not_written() {
        let change = Change::Set("A;B".into(), Value::from("x"));
        _ = (by_name("bash").expect("a row").grammar.render)(&[change]);
    }

    #[test]
    fn a_refusal_says_what_is_wrong() {
        let refusal = |name, value| {
            let change = Change::Set("AWS_PROFILE".into(), Value::from(value));
            (by_name(name).expect("a row").grammar.render)(&[change])
                .expect_err("a refusal")
                .to_string()
        };
        assert_eq!(refusal("bash", "a\nb"), "AWS_PROFILE contains a line break");
        assert_eq!(refusal("bash", "a\tb"), "AWS_PROFILE contains a tab");
        assert_eq!(
            refusal("fish", "a\0b"),
            "AWS_PROFILE contains a control character"
        );
        assert_eq!(
            refusal("cmd", "100%"),
            "AWS_PROFILE contains %, which cmd cannot carry"
        );
    }
}
