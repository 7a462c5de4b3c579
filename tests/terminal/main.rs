//! awsmfa at a real terminal, with the emulator in place of AWS: the tests type, and check what is
//! shown, what reaches AWS, and the state of the terminal afterwards.

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
mod hostile;
mod identity_check;
mod kept_session;
mod picture;
mod prompt;
mod prompts;
mod shells;
#[cfg(target_os = "linux")]
mod signals;
mod streams;

const PROMPT: &str = "MFA code for arn:aws:iam::123456789012:mfa/alice: ";

/// What names the emulator as the receiver of the code.
const ENDPOINT: &str = "awsmfa: STS endpoint: 127.0.0.1 by AWS_ENDPOINT_URL";

const FAILURE: &str = "(exit 1);\n";
