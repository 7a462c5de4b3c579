//! `awsmfa init`: the functions in the real shells, with an emulator in place of AWS; their completions;
//! and the table of shells compared with `shells/` and README.md.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod captured;
mod cmd;
mod completions;
mod prompt_function;
mod scripts;
mod stage;
mod strict;
mod table;
mod use_in_shells;
