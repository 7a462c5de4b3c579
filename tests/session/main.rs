//! The main use from end to end: the program in real shells, with real clients, against an emulator of
//! AWS that checks signatures and codes.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accounts;
mod bad_input;
mod clients;
mod endless;
mod exec;
mod failure;
mod guard;
#[cfg(target_os = "linux")]
mod interrupted;
mod no_code;
#[cfg(target_os = "linux")]
mod nothing_on_disk;
mod profiles;
#[cfg(target_os = "linux")]
mod programs;
#[cfg(target_os = "linux")]
mod prompt_cost;
mod recipes;
mod status;
mod streams;
mod tame;
mod tmux;
#[cfg(target_os = "linux")]
mod unseen;
mod words;
