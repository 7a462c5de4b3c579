//! Trades an MFA code for a temporary AWS session and prints the statements that put it into the
//! shell that asked.

pub mod aws;
pub mod shell;
pub mod value;
