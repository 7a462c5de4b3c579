//! The library behind the `awsmfa` binary. It is internal: only the binary and the tests use it.
#![doc(hidden)]

pub mod candidates;
pub mod cli;
pub mod clock;
pub mod code_source;
pub mod commands;
pub mod context;
mod device;
pub mod duration;
pub mod environment;
pub mod error;
pub mod exchange;
pub mod files;
pub mod memory;
pub mod plan;
pub mod program;
pub mod prompt;
pub mod session;
pub mod shell;
mod shlex;
pub mod signals;
pub mod sts;
#[cfg(test)]
mod testing;
pub mod text;
pub mod token_code;
pub mod value;
pub mod words;
