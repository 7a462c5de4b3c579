//! Keys, profiles, devices and roles against the emulator: one code for many roles, the
//! environment as the only memory, and what is told where it does not go.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

mod devices;
mod endpoints;
mod errors;
mod kept;
mod long;
mod renewing;
mod shell;
mod sources;
mod starts;
mod switching;
