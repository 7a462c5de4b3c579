//! What the network and AWS can do to an exchange: each fault ends in time, fails the evaluating line,
//! sets nothing, and uses a code at most once.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
#[cfg(target_os = "linux")]
mod authorities;
mod diagnoses;
mod doctor;
#[cfg(target_os = "linux")]
mod dumps;
mod fault_table;
#[cfg(target_os = "linux")]
mod metadata;
mod proxy;
mod round_trips;
