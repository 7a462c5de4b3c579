//! bash, zsh, dash, ksh, mksh, busybox, yash: the grammar of POSIX sh.

use super::{CannotCarry, Change, Grammar, Rendered};

/// See [`Grammar`].
pub static GRAMMAR: Grammar = Grammar { render, failure };

fn render(_changes: &[Change]) -> Result<Rendered, CannotCarry> {
    todo!()
}

fn failure(status: u8) -> String {
    format!("(exit {status});\n")
}
