//! PowerShell for real: `pwsh` everywhere, and on Windows also Windows PowerShell 5.1.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod completions;
mod exec;
mod failures;
mod function;
mod machine;
mod secrets;
mod sessions;
#[cfg(unix)]
mod terminal;
#[path = "../shells/values.rs"]
mod values;
mod values_come_back;
