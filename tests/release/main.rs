//! How awsmfa reaches its users: `install.sh`, what a release contains, and the GitHub Action.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod action;
mod from_checkout;
mod from_release;
mod machine;
mod packages;
mod server;
