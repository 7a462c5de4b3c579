//! The emulator as clients of AWS meet it.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test that cannot be set up has failed"
)]

mod aws_cli;
mod client;
mod rules;
mod wire;
