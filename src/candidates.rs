//! The values that completions offer and that clap cannot know.

use clap_complete::engine::CompletionCandidate;

use crate::context::Context;
use crate::environment::Environment;
use crate::shell::{Kind, SHELLS};

/// The names of the profiles; none where the files cannot be read.
#[must_use]
pub fn profiles() -> Vec<CompletionCandidate> {
    let context = Context::new(Environment::of_this_process());
    let names = context.files().map(|files| {
        files
            .profile_names()
            .map(CompletionCandidate::new)
            .collect()
    });
    names.unwrap_or_default()
}

/// The names of the shells.
#[must_use]
pub fn shells() -> Vec<CompletionCandidate> {
    let shells = SHELLS.iter().filter(|row| row.kind == Kind::Shell);
    shells
        .map(|row| CompletionCandidate::new(row.name))
        .collect()
}

/// The names of all rows.
#[must_use]
pub fn shells_and_formats() -> Vec<CompletionCandidate> {
    let rows = SHELLS.iter();
    rows.map(|row| CompletionCandidate::new(row.name)).collect()
}
