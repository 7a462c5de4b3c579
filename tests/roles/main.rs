//! Keys, profiles, devices and roles with the emulator: one code for many roles, the environment as the
//! only memory, and the messages if something cannot work.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

mod asks;
mod devices;
mod endpoints;
mod inside;
mod kept;
mod live;
mod long;
mod other_keys;
mod renewing;
mod sequences;
mod settings;
mod sources;
mod starts;
mod switching;
mod users;

use std::fmt::Write as _;

/// The variables of a case.
type Pairs<'a> = &'a [(&'a str, &'a str)];

/// One paragraph per case: its name and the message.
fn listed(shown: &[(&str, String)]) -> String {
    let mut list = String::new();
    for (case, shown) in shown {
        // Writing to a String cannot fail.
        let _ = writeln!(list, "## {case}\n{shown}");
    }
    list
}
