//! The values that completions offer and clap does not know.

use clap_complete::engine::CompletionCandidate;

use crate::context::Context;
use crate::environment::Environment;
use crate::shell::{Kind, SHELLS};

/// The names of the profiles; empty if the files cannot be read.
#[must_use]
pub fn profiles() -> Vec<CompletionCandidate> {
    let context = Context::new(Environment::from_process());
    let names = context.files().map(|files| {
        files
            .profile_names()
            .map(CompletionCandidate::new)
            .collect()
    });
    names.unwrap_or_default()
}

#[must_use]
pub fn shells() -> Vec<CompletionCandidate> {
    let shells = SHELLS.iter().filter(|row| row.kind == Kind::Shell);
    shells
        .map(|row| CompletionCandidate::new(row.name))
        .collect()
}

#[must_use]
pub fn shells_and_formats() -> Vec<CompletionCandidate> {
    let rows = SHELLS.iter();
    rows.map(|row| CompletionCandidate::new(row.name)).collect()
}
