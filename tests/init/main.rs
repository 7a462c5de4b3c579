//! `awsmfa init`: the functions in the real shells, with an emulator in AWS's place; their
//! completions; and the table of shells held against `shells/` and README.md.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cmd;
mod completions;
mod scripts;
mod stage;
mod strict;
mod table;
mod use_in_shells;
