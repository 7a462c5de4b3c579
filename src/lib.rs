//! Trades an MFA code for a temporary AWS session and prints the statements that put it into the
//! shell that asked.

pub mod aws;
pub mod bookkeeping;
pub mod candidates;
pub mod chain;
pub mod cli;
pub mod clock;
pub mod codes;
pub mod commands;
pub mod duration;
pub mod endpoint;
pub mod environment;
pub mod error;
pub mod exchange;
pub mod intent;
pub mod profile;
pub mod prompt;
pub mod report;
pub mod role;
pub mod session;
pub mod shell;
#[cfg(test)]
mod testing;
pub mod token_code;
pub mod value;
pub mod wanted;
pub mod world;
