//! Denied calls: the message names the action and the page.

use awsmfa_test_support::{MfaDevice, Stage};

use crate::{PHONE, app, at_terminal, devices, enter_codes, with_devices, without_device};

fn denied(stage: &Stage, action: &'static str) {
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").not_allowed.push(action));
}

#[track_caller]
fn assert_names(shown: &str, action: &str) {
    assert!(
        shown.contains(&format!("AWS denied iam:{action}")),
        "{shown}"
    );
    assert!(shown.contains("docs/force-mfa.md"), "{shown}");
}

#[test]
fn of_list_create_enable_deactivate_and_delete() {
    let stage = without_device();
    denied(&stage, "ListMFADevices");
    let run = stage.awsmfa(&["device", "list"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_names(&run.stderr, "ListMFADevices");

    let stage = without_device();
    denied(&stage, "CreateVirtualMFADevice");
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    assert_eq!(terminal.wait().code(), Some(1));
    assert_names(terminal.shown(), "CreateVirtualMFADevice");
    assert!(
        terminal
            .shown()
            .contains("start an MFA session first (awsmfa env)")
    );
    assert_eq!(stage.emulator.log().count("DeleteVirtualMFADevice"), 0);

    let stage = without_device();
    denied(&stage, "EnableMFADevice");
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    let page = terminal.expect("First code: ");
    enter_codes(&mut terminal, &app(&page));
    assert_eq!(terminal.wait().code(), Some(1));
    assert_names(terminal.shown(), "EnableMFADevice");
    assert_eq!(devices(&stage), (vec![], vec![]));

    for action in ["DeactivateMFADevice", "DeleteVirtualMFADevice"] {
        let stage = with_devices([MfaDevice::totp(PHONE)]);
        denied(&stage, action);
        let run = stage.awsmfa(&["device", "remove", "phone", "--yes"]);
        assert_eq!(run.code, 1, "{run:?}");
        assert_names(&run.stderr, action);
        let is_halfway = run.stderr.contains("deactivated arn:");
        assert_eq!(is_halfway, action == "DeleteVirtualMFADevice", "{run:?}");
    }
}

/// The device stays, and the message says which and how to remove it.
#[test]
fn of_the_clean_up() {
    let stage = without_device();
    denied(&stage, "DeleteVirtualMFADevice");
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    terminal.expect("First code: ");
    terminal.enter("");
    assert_eq!(terminal.wait().code(), Some(1));
    assert_names(terminal.shown(), "DeleteVirtualMFADevice");
    let told = format!("the MFA device {PHONE} is left; remove it: awsmfa device remove phone");
    assert!(terminal.shown().contains(&told), "{}", terminal.shown());
    assert_eq!(devices(&stage).1, [PHONE]);
}

/// A policy that allows no listing does not prevent the rest.
#[test]
fn of_the_lists() {
    let stage = without_device();
    denied(&stage, "ListMFADevices");
    denied(&stage, "ListVirtualMFADevices");
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    let page = terminal.expect("First code: ");
    enter_codes(&mut terminal, &app(&page));
    terminal.expect(&format!("mfa_serial = {PHONE}\r\n"));
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());

    // A name that is taken is never deleted.
    let stage = without_device();
    denied(&stage, "ListVirtualMFADevices");
    stage
        .emulator
        .edit(|accounts| accounts.unassigned.push(MfaDevice::totp(PHONE)));
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    assert_eq!(terminal.wait().code(), Some(1));
    let shown = terminal.shown();
    assert!(shown.contains("there is an MFA device arn:"), "{shown}");
    assert!(shown.contains("awsmfa device enroll phone-2"), "{shown}");
    assert_eq!(stage.emulator.log().count("DeleteVirtualMFADevice"), 0);
    assert_eq!(devices(&stage).1, [PHONE]);
}

/// Where a policy demands MFA, the session in this shell has it.
#[test]
fn with_the_mfa_session_of_the_shell() {
    let mut stage = Stage::new();
    stage.emulator.edit(|accounts| {
        accounts.user("alice").denied_without_mfa = vec![
            "CreateVirtualMFADevice",
            "EnableMFADevice",
            "DeactivateMFADevice",
            "DeleteVirtualMFADevice",
            "ListVirtualMFADevices",
        ];
    });
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    assert_eq!(terminal.wait().code(), Some(1));
    assert!(
        terminal.shown().contains("explicit deny"),
        "{}",
        terminal.shown()
    );

    // Even from a role's session, whose credentials have no user.
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    let page = terminal.expect("First code: ");
    enter_codes(&mut terminal, &app(&page));
    terminal.expect(&format!("mfa_serial = {PHONE}\r\n"));
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    let run = stage.awsmfa(&["device", "remove", "phone", "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(devices(&stage).1, [""; 0]);
}
