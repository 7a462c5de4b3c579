//! awsmfa at a real terminal, with the emulator in AWS's place: a user types, and the test looks at
//! what is shown, what reaches AWS, and the state in which the terminal is left.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod choices;
mod demo;
mod display;
mod endings;
mod exec;
mod identity_check;
mod kept_session;
mod picture;
mod prompt;
mod prompts;
mod pty;
mod shells;
mod stand;
mod streams;
