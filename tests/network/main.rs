//! What the network and AWS can do to an exchange: each fault ends in time, fails the evaluating line,
//! sets nothing, and spends a code once at most.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod doctor;
mod fault_table;
mod line;
mod proxy;
