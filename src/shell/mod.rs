//! The shells: one row each in [`SHELLS`], one grammar for each way of writing statements.

mod posix;

use zeroize::Zeroizing;

use crate::value::Value;

/// One change to the environment of the calling shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Export a variable with this value.
    Set(&'static str, Value),
    /// Remove a variable; no error where it is not set.
    Unset(&'static str),
}

/// What a row renders for one list of changes.
#[derive(Debug, Default)]
pub struct Rendered {
    /// For standard output: what the calling shell evaluates. Never empty for a shell.
    pub statements: Zeroizing<Vec<u8>>,
    /// For standard error, before the statements are written.
    pub announcement: Zeroizing<Vec<u8>>,
}

/// A value that a dialect cannot carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {problem}")]
pub struct CannotCarry {
    /// The variable.
    pub name: &'static str,
    /// What is in its value, as the rest of the sentence: "holds a line break, which tcsh cannot carry".
    pub problem: String,
}

/// How one family of shells writes statements.
#[derive(Debug)]
pub struct Grammar {
    /// Writes the changes, in order; refuses what the dialect cannot carry byte for byte.
    /// An empty list gives the dialect's statement that does nothing.
    pub render: fn(&[Change]) -> Result<Rendered, CannotCarry>,
    /// The statement that makes the evaluating line fail with this status where the shell allows it.
    pub failure: fn(status: u8) -> String,
}

/// A row of the table.
#[derive(Debug)]
pub struct Shell {
    /// The value of `--shell`.
    pub name: &'static str,
    /// Other accepted values of `--shell`.
    pub aliases: &'static [&'static str],
    /// Names of executables, without `.exe`, that are this shell, beside `name` and `aliases`.
    pub executables: &'static [&'static str],
    /// The line that a user types, with `{}` where the command stands.
    pub line: &'static str,
    /// Its way of writing statements.
    pub grammar: &'static Grammar,
}

/// Every shell that awsmfa speaks.
pub static SHELLS: &[Shell] = &[Shell {
    name: "bash",
    aliases: &[],
    executables: &[],
    line: r#"eval "$({})""#,
    grammar: &posix::GRAMMAR,
}];
