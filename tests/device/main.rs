//! `awsmfa device`: the life of MFA devices, at a pseudo terminal against the emulator.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod endings;
mod faults;
mod life;
mod list;
mod permissions;
mod picture;
mod remove;

use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{MfaDevice, Stage, TotpDevice};

/// The device that most tests enroll.
const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";
const ALICE: &str = "arn:aws:iam::123456789012:mfa/alice";
const SECURITY_KEY: &str = "arn:aws:iam::123456789012:u2f/user/alice/key-7";
const TOKEN: &str = "GAHT12345678";

/// No profile names a device.
const NO_DEVICE_NAMED: &str = "[default]\nregion = eu-central-1\n";

/// A stage where alice has no device.
fn without_device() -> Stage {
    let stage = Stage::new();
    stage.home.write_config(NO_DEVICE_NAMED);
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").devices.clear());
    stage
}

/// A stage where alice has these devices besides her own, and no profile names one.
fn with_devices(more: impl IntoIterator<Item = MfaDevice>) -> Stage {
    let stage = Stage::new();
    stage.home.write_config(NO_DEVICE_NAMED);
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").devices.extend(more));
    stage
}

/// The serial numbers of alice's devices, and of those that are enabled for nobody.
fn devices(stage: &Stage) -> (Vec<String>, Vec<String>) {
    let serials = |devices: &[MfaDevice]| devices.iter().map(|it| it.serial.clone()).collect();
    let mut found = None;
    stage.emulator.edit(|accounts| {
        found = Some((
            serials(&accounts.user("alice").devices),
            serials(&accounts.unassigned),
        ));
    });
    found.unwrap()
}

/// `awsmfa device …` at a terminal of 80 columns and 24 rows.
fn at_terminal(stage: &Stage, args: &[&str]) -> Terminal {
    let words = [&["awsmfa", "device"], args].concat();
    Terminal::showing(stage.terminal_command(&words), 80)
}

/// The authenticator app: the device with the secret that the terminal shows as text.
fn app(shown: &str) -> TotpDevice {
    TotpDevice::from_base32(&secret(shown))
}

fn secret(shown: &str) -> String {
    let is_key = |line: &&str| {
        let is_base32 = |c: char| c.is_ascii_uppercase() || ('2'..='7').contains(&c) || c == ' ';
        line.len() == 79 && line.chars().all(is_base32)
    };
    let line = shown.lines().find(is_key).expect("the secret as text");
    line.replace(' ', "")
}

/// Types both codes of a device.
fn enter_codes(terminal: &mut Terminal, app: &TotpDevice) {
    let [first, second] = app.two_codes();
    terminal.enter(&first);
    terminal.expect("Next code: ");
    terminal.enter(&second);
}
