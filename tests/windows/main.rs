//! The shells that only Windows has for real, beside PowerShell: cmd and Git Bash. tests/shells and tests/init use
//! wine's cmd.

#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cmd;
mod git_bash;
mod machine;
