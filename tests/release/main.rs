//! How awsmfa reaches its users: `install.sh`, the contents of a release, and the GitHub Action.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod action;
mod from_checkout;
mod from_release;
mod machine;
mod packages;
mod server;
