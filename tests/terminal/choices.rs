//! Choosing a device if the user has several, and a profile if nothing names one.

use awsmfa_test_support::terminal::{CTRL_C, CTRL_D};
use awsmfa_test_support::{Accounts, MfaDevice, Stage};

use crate::FAILURE;

const PHONE: &str = "arn:aws:iam::123456789012:mfa/phone";
const KEY: &str = "arn:aws:iam::123456789012:u2f/user/alice/key";

/// A stage where alice has these devices besides her own, and no profile names one.
fn with_devices(more: impl IntoIterator<Item = MfaDevice>) -> Stage {
    let mut accounts = Accounts::standard();
    accounts.user("alice").devices.extend(more);
    let stage = Stage::with(accounts);
    stage
        .home
        .write_config("[default]\nregion = eu-central-1\n");
    stage
}

#[test]
fn of_a_device() {
    let stage = with_devices([MfaDevice::totp(PHONE), MfaDevice::security_key(KEY)]);
    let mut terminal = stage.ask(&[]);
    let before = terminal.expect("Which MFA device?");
    assert!(before.contains("security keys") && before.contains(KEY));
    let list = terminal.expect("Number or name: ");
    assert!(list.contains("1) arn:aws:iam::123456789012:mfa/alice"));
    assert!(list.contains(&format!("2) {PHONE}")), "{list}");
    terminal.enter("12");
    terminal.expect("no such number or name\r\n");
    terminal.expect("Number or name: ");
    terminal.enter("e");
    terminal.expect("several match: alice, phone\r\n");
    terminal.expect("Number or name: ");
    terminal.enter("2");
    terminal.expect(&format!(
        "With this line in profile default awsmfa no longer asks:\r\nmfa_serial = {PHONE}\r\n"
    ));
    terminal.expect(&format!("MFA code for {PHONE}: "));
    let mut code = None;
    stage.emulator.edit(|accounts| {
        let device = accounts.user("alice").devices[1].totp.clone();
        code = device.map(|device| device.code());
    });
    terminal.enter(&code.unwrap());
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    let log = stage.emulator.log();
    assert_eq!(log.last().serial_number.as_deref(), Some(PHONE));
    assert_eq!(log.count("ListMFADevices"), 1);
}

/// By its name, and by part of it.
#[test]
fn of_a_device_by_name() {
    let tablet = "arn:aws:iam::123456789012:mfa/phone-2";
    for (answer, chosen) in [("phone", PHONE), ("PHONE-", tablet), (tablet, tablet)] {
        let stage = with_devices([MfaDevice::totp(PHONE), MfaDevice::totp(tablet)]);
        let mut terminal = stage.ask(&[]);
        terminal.expect("Number or name: ");
        terminal.enter(answer);
        terminal.expect(&format!("MFA code for {chosen}: "));
    }
}

/// Keys in the environment have no profile to put a line into.
#[test]
fn of_a_device_for_keys_in_the_environment() {
    let mut stage = with_devices([MfaDevice::totp(PHONE)]);
    stage.set("AWS_ACCESS_KEY_ID", Accounts::ALICE_KEY);
    stage.set("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET);
    let mut terminal = stage.ask(&[]);
    terminal.expect("Number or name: ");
    terminal.enter("phone");
    terminal.expect(&format!("AWS_MFA_SERIAL={PHONE}\r\n"));
}

/// AWS denies the list: the user knows the device.
#[test]
fn of_a_device_that_cannot_be_listed() {
    let stage = with_devices([]);
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").not_allowed.push("ListMFADevices"));
    let mut terminal = stage.ask(&[]);
    terminal.expect("AWS denied iam:ListMFADevices (while listing the user's MFA devices");
    terminal.expect(
        "it is usually arn:aws:iam::123456789012:mfa/alice; the IAM console shows it under Security \
         credentials\r\n",
    );
    terminal.expect("ARN or serial number of your MFA device: ");
    terminal.enter(KEY);
    terminal.expect("is a security key");
    terminal.expect("ARN or serial number of your MFA device: ");
    terminal.enter("arn:aws:iam::123456789012:mfa/alice");
    terminal.expect("mfa_serial = arn:aws:iam::123456789012:mfa/alice\r\n");
    terminal.expect("MFA code for arn:aws:iam::123456789012:mfa/alice: ");
    terminal.enter(&stage.code());
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
}

#[test]
fn is_not_asked_for_where_only_one_device_can_be_used() {
    let stage = with_devices([MfaDevice::security_key(KEY)]);
    let mut terminal = stage.ask(&[]);
    let before = terminal.expect("MFA code for arn:aws:iam::123456789012:mfa/alice: ");
    assert!(before.contains(KEY), "{before}");
    assert!(!before.contains("Which MFA device?"), "{before}");
}

#[test]
fn of_a_device_that_is_not_made() {
    const HINT: &str = "awsmfa: no MFA device chosen\r\nhint: name one: --serial ARN\r\n";
    let nonsense = "x\rx\rx\r";
    for (keys, end) in [
        (CTRL_D, format!("Number or name: \r\n{HINT}")),
        ("\r", format!("Number or name: \r\n{HINT}")),
        (CTRL_C, "Number or name: ^C\r\n".to_owned()),
        (nonsense, format!("no such number or name\r\n{HINT}")),
    ] {
        let stage = with_devices([MfaDevice::totp(PHONE)]);
        let mut terminal = stage.ask(&[]);
        terminal.expect("Number or name: ");
        terminal.send(keys);
        assert_eq!(terminal.wait().code(), Some(1));
        assert!(terminal.shown().ends_with(&end), "{}", terminal.shown());
        assert_eq!(terminal.stdout(), FAILURE);
        terminal.assert_modes_unchanged();
        stage.assert_no_code_sent();
    }
}

/// Two profiles with keys, and no default.
fn without_default() -> Stage {
    let stage = Stage::new();
    stage.home.write_config(
        "[profile work]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\n\
         [profile bob]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\n",
    );
    stage.home.write_credentials(&format!(
        "[work]\naws_access_key_id = {}\naws_secret_access_key = {}\n\n\
         [bob]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET,
        Accounts::BOB_KEY,
        Accounts::BOB_SECRET
    ));
    stage
}

#[test]
fn of_a_profile() {
    let stage = without_default();
    let mut terminal = stage.ask(&[]);
    terminal.expect("Which profile?");
    let list = terminal.expect("Number or name: ");
    assert!(list.contains("  2) bob\r\n"), "{list}");
    terminal.enter("bo");
    terminal.expect("MFA code for arn:aws:iam::123456789012:mfa/bob: ");
    terminal.enter(&stage.emulator.device("bob").code());
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    let signer = stage.emulator.log().last().access_key_id.clone();
    assert_eq!(signer.as_deref(), Some(Accounts::BOB_KEY));
    // The next `env` in this shell asks no more.
    assert!(terminal.stdout().contains("AWSMFA_TARGET_PROFILE='bob'"));
}

#[test]
fn of_a_profile_that_is_not_made() {
    let stage = without_default();
    let mut terminal = stage.ask(&[]);
    terminal.expect("Number or name: ");
    terminal.send(CTRL_D);
    assert_eq!(terminal.wait().code(), Some(1));
    let shown = terminal.shown();
    assert!(shown.contains("no profile chosen"), "{shown}");
    assert!(shown.contains("--profile"), "{shown}");
    assert_eq!(terminal.stdout(), FAILURE);
    assert!(stage.emulator.log().entries.is_empty());
}

/// A name must not control the terminal that shows it.
#[test]
fn of_a_profile_with_a_wild_name() {
    let stage = Stage::with_files("", "");
    let wild = "\x1b[31mred\x07\u{202e}";
    stage.home.write_credentials(&format!(
        "[work]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n\n\
         [{wild}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n",
        key = Accounts::ALICE_KEY,
        secret = Accounts::ALICE_SECRET,
    ));
    let mut terminal = stage.ask(&[]);
    let list = terminal.expect("Number or name: ");
    assert!(
        list.contains("\\u{1b}[31mred\\u{7}\\u{202e}\r\n"),
        "{list:?}"
    );
    assert!(!list.contains(['\x1b', '\x07', '\u{202e}']), "{list:?}");
}
