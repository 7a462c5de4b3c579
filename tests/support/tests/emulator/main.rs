//! Tests of the emulator with real clients of AWS.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up has failed"
)]

mod aws_cli;
mod client;
mod rules;
mod wire;
