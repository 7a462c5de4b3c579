//! `awsmfa device remove`.

use awsmfa_test_support::{MfaDevice, Stage};

use crate::{ALICE, PHONE, SECURITY_KEY, TOKEN, at_terminal, devices, with_devices};

fn removed(stage: &Stage, args: &[&str]) -> String {
    let run = stage.awsmfa(&[&["device", "remove"], args].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.starts_with("removed the MFA device "), "{run:?}");
    run.stdout + &run.stderr
}

#[test]
fn of_each_kind_by_name_arn_or_serial() {
    let more = [
        MfaDevice::totp(PHONE),
        MfaDevice::totp(TOKEN),
        MfaDevice::security_key(SECURITY_KEY),
    ];
    let stage = with_devices(more);
    for name in ["phone", TOKEN, SECURITY_KEY] {
        removed(&stage, &[name, "--yes"]);
    }
    assert_eq!(devices(&stage), (vec![ALICE.to_owned()], vec![]));
    let log = stage.emulator.log();
    assert_eq!(log.count("DeactivateMFADevice"), 3);
    assert_eq!(log.count("DeleteVirtualMFADevice"), 1);
}

#[test]
fn of_a_virtual_device_that_is_enabled_for_nobody() {
    for may_list in [true, false] {
        let stage = with_devices([]);
        stage.emulator.edit(|accounts| {
            accounts.unassigned.push(MfaDevice::totp(PHONE));
            if !may_list {
                accounts
                    .user("alice")
                    .not_allowed
                    .push("ListVirtualMFADevices");
            }
        });
        let told = removed(&stage, &["phone", "--yes"]);
        assert!(told.contains("enabled for nobody"), "{told}");
        assert_eq!(devices(&stage), (vec![ALICE.to_owned()], vec![]));
    }
}

#[test]
fn nobody_elses() {
    for name in ["bob", "nobody", "arn:aws:iam::123456789012:mfa/bob"] {
        for may_list in [true, false] {
            let stage = with_devices([]);
            if !may_list {
                let denied = "ListVirtualMFADevices";
                stage
                    .emulator
                    .edit(|accounts| accounts.user("alice").not_allowed.push(denied));
            }
            let run = stage.awsmfa(&["device", "remove", name, "--yes"]);
            assert_eq!(run.code, 1, "{run:?}");
            let mut left = 0;
            stage
                .emulator
                .edit(|accounts| left = accounts.user("bob").devices.len());
            assert_eq!(left, 1, "{run:?}");
        }
    }
}

#[test]
fn it_asks_and_warns_louder_where_it_matters() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&[&code]);
    let mut terminal = at_terminal(&stage, &["remove"]);
    let warnings = terminal.expect(&format!("Remove the MFA device {ALICE} (virtual)? [y/N] "));
    assert!(
        warnings.contains("WARNING: this is the only MFA device of alice"),
        "{warnings}"
    );
    assert!(
        warnings.contains("WARNING: this shell's session was started with it"),
        "{warnings}"
    );
    terminal.enter("n");
    assert_eq!(terminal.wait().code(), Some(1));
    assert!(
        terminal.shown().ends_with("awsmfa: not removed\r\n"),
        "{}",
        terminal.shown()
    );
    assert_eq!(devices(&stage).0, [ALICE]);

    // Not for another one.
    let stage = with_devices([MfaDevice::totp(PHONE)]);
    let mut terminal = at_terminal(&stage, &["remove"]);
    terminal.expect("Number or name: ");
    terminal.enter("phone");
    let warnings = terminal.expect("? [y/N] ");
    assert!(!warnings.contains("WARNING"), "{warnings}");
    terminal.enter("y");
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    assert_eq!(devices(&stage).0, [ALICE]);
}

#[test]
fn without_a_terminal_it_needs_yes() {
    let stage = with_devices([MfaDevice::totp(PHONE)]);
    let run = stage.awsmfa(&["device", "remove", "phone"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("--yes"), "{run:?}");
    assert_eq!(stage.requests().0, 0);
    // Which one is not said.
    let run = stage.awsmfa(&["device", "remove", "--yes"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(devices(&stage).0, [ALICE, PHONE]);
}
