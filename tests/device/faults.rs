//! Each call to IAM fails in turn: the device is enabled in the end, or none is left.

use awsmfa_test_support::{Fault, Injection, MfaDevice, Stage};

use crate::{ALICE, PHONE, app, at_terminal, devices, enter_codes, with_devices};

fn refused(status: u16, code: &str) -> Fault {
    Fault::Error {
        status,
        code: code.to_owned(),
        message: "a reason of AWS's".to_owned(),
    }
}

fn unmodifiable() -> Fault {
    refused(409, "EntityTemporarilyUnmodifiable")
}

/// Enrolls a device, as far as the fault allows; returns the exit code and the screen.
fn enroll(stage: &Stage, fault: Injection) -> (Option<i32>, String) {
    stage.emulator.inject(fault);
    let mut terminal = at_terminal(stage, &["enroll", "phone"]);
    let end = loop {
        // Either it asks, or it has ended.
        if let Some(page) = terminal.expect_or_end("First code: ") {
            enter_codes(&mut terminal, &app(&page));
        } else {
            break terminal.wait().code();
        }
    };
    (end, terminal.shown().to_owned())
}

#[test]
fn what_passes_is_overcome() {
    let lost = Fault::ResetAfterRequest;
    for fault in [
        lost.clone().on("ListMFADevices").times(1),
        Fault::Throttling.on("ListVirtualMFADevices").times(1),
        Fault::Throttling.on("CreateVirtualMFADevice").times(1),
        lost.clone().on("CreateVirtualMFADevice").times(1),
        Fault::TruncatedBody.on("CreateVirtualMFADevice").times(1),
        Fault::EmptyBody(500).on("CreateVirtualMFADevice").times(1),
        unmodifiable().on("EnableMFADevice").times(2),
        refused(404, "NoSuchEntity").on("EnableMFADevice").times(1),
        Fault::Throttling.on("EnableMFADevice").times(1),
        lost.on("EnableMFADevice").times(1),
        Fault::TruncatedBody.on("EnableMFADevice").times(1),
        Fault::EmptyBody(503).on("EnableMFADevice").times(1),
    ] {
        let what = format!("{fault:?}");
        let stage = with_devices([]);
        let (code, shown) = enroll(&stage, fault);
        assert_eq!(code, Some(0), "{what}: {shown}");
        let both = vec![ALICE.to_owned(), PHONE.to_owned()];
        assert_eq!(devices(&stage), (both, vec![]), "{what}: {shown}");
    }
}

#[test]
fn what_lasts_leaves_no_device() {
    let lost = Fault::ResetAfterRequest;
    for (fault, says, deletes) in [
        (
            Fault::Throttling.on("GetCallerIdentity"),
            "too many requests",
            0,
        ),
        (
            Fault::Throttling.on("ListMFADevices"),
            "too many requests",
            0,
        ),
        (
            lost.clone().on("ListVirtualMFADevices"),
            "the connection broke",
            0,
        ),
        (
            refused(409, "LimitExceeded").on("CreateVirtualMFADevice"),
            "as many MFA devices as IAM allows",
            0,
        ),
        // It may be a colleague's.
        (
            refused(409, "EntityAlreadyExists").on("CreateVirtualMFADevice"),
            "mfa/phone already",
            0,
        ),
        (lost.on("CreateVirtualMFADevice"), "the connection broke", 2),
        (
            refused(409, "LimitExceeded").on("EnableMFADevice"),
            "alice has 8 MFA devices already",
            1,
        ),
        (
            refused(409, "EntityAlreadyExists").on("EnableMFADevice"),
            "of this name already",
            1,
        ),
        (
            unmodifiable().on("EnableMFADevice"),
            "IAM is still working on an earlier change",
            1,
        ),
    ] {
        let what = format!("{fault:?}");
        let stage = with_devices([]);
        let (code, shown) = enroll(&stage, fault);
        assert_eq!(code, Some(1), "{what}: {shown}");
        assert!(shown.contains(says), "{what}: {shown}");
        assert!(!shown.contains("left"), "{what}: {shown}");
        assert_eq!(devices(&stage), (vec![ALICE.to_owned()], vec![]), "{what}");
        let log = stage.emulator.log();
        assert_eq!(log.count("DeleteVirtualMFADevice"), deletes, "{what}");
    }
}

/// Without the list, it may be a colleague's.
#[test]
fn a_lost_response_is_not_settled_where_the_name_may_have_been_taken() {
    let stage = with_devices([]);
    let denied = "ListVirtualMFADevices";
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").not_allowed.push(denied));
    let lost = Fault::ResetAfterRequest.on("CreateVirtualMFADevice");
    let (code, shown) = enroll(&stage, lost);
    assert_eq!(code, Some(1), "{shown}");
    let told = format!("the MFA device {PHONE} may be left; remove it: awsmfa device remove phone");
    assert!(shown.contains(&told), "{shown}");
    let log = stage.emulator.log();
    assert_eq!(log.count("CreateVirtualMFADevice"), 1);
    assert_eq!(log.count("DeleteVirtualMFADevice"), 0);
}

#[test]
fn the_clean_up_overcomes_what_passes() {
    for fault in [
        unmodifiable().on("DeleteVirtualMFADevice").times(1),
        Fault::Throttling.on("DeleteVirtualMFADevice").times(1),
        Fault::ResetAfterRequest
            .on("DeleteVirtualMFADevice")
            .times(1),
    ] {
        let what = format!("{fault:?}");
        let stage = with_devices([]);
        stage.emulator.inject(fault);
        let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
        terminal.expect("First code: ");
        terminal.enter("");
        assert_eq!(terminal.wait().code(), Some(1));
        let shown = terminal.shown();
        assert!(
            shown.contains("deleted the new MFA device again"),
            "{what}: {shown}"
        );
        assert_eq!(devices(&stage), (vec![ALICE.to_owned()], vec![]), "{what}");
    }
}

#[test]
fn removal_overcomes_what_passes() {
    for action in ["DeactivateMFADevice", "DeleteVirtualMFADevice"] {
        for fault in [
            unmodifiable(),
            Fault::Throttling,
            Fault::ResetAfterRequest,
            Fault::TruncatedBody,
            Fault::EmptyBody(500),
        ] {
            let what = format!("{action} {fault:?}");
            let stage = with_devices([MfaDevice::totp(PHONE)]);
            stage.emulator.inject(fault.on(action).times(1));
            let run = stage.awsmfa(&["device", "remove", "phone", "--yes"]);
            assert_eq!(run.code, 0, "{what}: {run:?}");
            assert_eq!(devices(&stage), (vec![ALICE.to_owned()], vec![]), "{what}");
        }
    }
}
