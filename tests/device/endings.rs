//! Signals and closed terminals while a device is being made: none is left behind.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use awsmfa_test_support::terminal::{CTRL_BACKSLASH, CTRL_C, CTRL_D, Terminal};
use awsmfa_test_support::{Fault, Stage};
use rustix::process::Signal;

use crate::{PHONE, app, at_terminal, devices, enter_codes, without_device};

#[derive(Debug, Clone, Copy)]
enum Ending {
    Sent(Signal),
    Typed(&'static str, Signal),
    /// Ctrl-D, which is no signal.
    EndOfInput,
    HangUp,
}

const ENDINGS: [Ending; 8] = [
    Ending::Sent(Signal::HUP),
    Ending::Sent(Signal::INT),
    Ending::Sent(Signal::QUIT),
    Ending::Sent(Signal::TERM),
    Ending::Typed(CTRL_C, Signal::INT),
    Ending::Typed(CTRL_BACKSLASH, Signal::QUIT),
    Ending::EndOfInput,
    Ending::HangUp,
];

/// Ends it, and checks how it ended.
fn end(terminal: &mut Terminal, ending: Ending) {
    let signal = match ending {
        Ending::Sent(signal) => {
            terminal.signal(signal);
            Some(signal)
        }
        Ending::Typed(key, signal) => {
            terminal.send(key);
            Some(signal)
        }
        Ending::EndOfInput => {
            terminal.send(CTRL_D);
            None
        }
        Ending::HangUp => {
            terminal.hang_up();
            assert!(!terminal.wait().success());
            return;
        }
    };
    let status = terminal.wait();
    match signal {
        Some(signal) => assert_eq!(
            status.signal(),
            Some(signal.as_raw()),
            "{}",
            terminal.shown()
        ),
        None => assert_eq!(status.code(), Some(1), "{}", terminal.shown()),
    }
}

#[test]
fn at_each_prompt() {
    for ending in ENDINGS {
        for prompt in ["First code: ", "Next code: "] {
            let stage = without_device();
            let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
            let page = terminal.expect("First code: ");
            assert_eq!(devices(&stage).1, [PHONE]);
            if prompt == "Next code: " {
                terminal.enter(&app(&page).code());
                terminal.expect(prompt);
            }
            let begin = Instant::now();
            end(&mut terminal, ending);
            assert!(begin.elapsed() < Duration::from_secs(10), "{ending:?}");
            assert_eq!(devices(&stage), (vec![], vec![]), "{ending:?} {prompt}");
            if !matches!(ending, Ending::HangUp) {
                let shown = terminal.shown();
                let told = "awsmfa: deleted the new MFA device again: it was not enabled\r\n";
                assert!(shown.contains(told), "{ending:?} {prompt}: {shown}");
                terminal.assert_modes_unchanged();
            }
        }
    }
}

/// AWS has created it, but the response has not come.
#[test]
fn while_the_device_is_created() {
    for ending in [
        Ending::Sent(Signal::TERM),
        Ending::Typed(CTRL_C, Signal::INT),
    ] {
        let stage = without_device();
        stage
            .emulator
            .inject(Fault::HangBeforeAnswer.on("CreateVirtualMFADevice"));
        let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
        stage.emulator.wait_for_answers("CreateVirtualMFADevice", 1);
        end(&mut terminal, ending);
        assert_eq!(devices(&stage), (vec![], vec![]), "{}", terminal.shown());
    }
}

/// It is enabled, and only the response is missing: IAM deletes no such device, and the user is told.
#[test]
fn while_the_device_is_enabled() {
    let stage = without_device();
    stage
        .emulator
        .inject(Fault::HangBeforeAnswer.on("EnableMFADevice"));
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    let page = terminal.expect("First code: ");
    enter_codes(&mut terminal, &app(&page));
    stage.emulator.wait_for_answers("EnableMFADevice", 1);
    end(&mut terminal, Ending::Typed(CTRL_C, Signal::INT));
    assert_eq!(devices(&stage).0, [PHONE]);
    let told = format!("the MFA device {PHONE} is enabled; remove it: awsmfa device remove phone");
    assert!(terminal.shown().contains(&told), "{}", terminal.shown());
}

/// From then on there is nothing to clean up.
#[test]
fn while_it_waits_for_sts() {
    let stage = without_device();
    stage
        .emulator
        .edit(|accounts| accounts.sts_learns_after = chrono::Duration::seconds(60));
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    let page = terminal.expect("First code: ");
    enter_codes(&mut terminal, &app(&page));
    terminal.expect(&format!("Enabled {PHONE}."));
    stage.emulator.wait_for_answers("GetSessionToken", 1);
    end(&mut terminal, Ending::Typed(CTRL_C, Signal::INT));
    assert_eq!(devices(&stage).0, [PHONE]);
    assert_eq!(stage.emulator.log().count("DeleteVirtualMFADevice"), 0);
}

fn with_a_slow_deletion() -> (Stage, Terminal) {
    let stage = without_device();
    let slow = Fault::Delay(Duration::from_mins(1));
    stage.emulator.inject(slow.on("DeleteVirtualMFADevice"));
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    terminal.expect("First code: ");
    terminal.send(CTRL_C);
    let begin = Instant::now();
    while stage.emulator.log().count("DeleteVirtualMFADevice") == 0 {
        assert!(begin.elapsed() < Duration::from_secs(10), "no deletion");
        std::thread::sleep(Duration::from_millis(10));
    }
    (stage, terminal)
}

#[test]
fn a_second_one_ends_at_once_and_names_what_is_left() {
    let (stage, mut terminal) = with_a_slow_deletion();
    let begin = Instant::now();
    terminal.send(CTRL_C);
    let status = terminal.wait();
    assert_eq!(status.signal(), Some(Signal::INT.as_raw()));
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "{:?}",
        begin.elapsed()
    );
    let told = format!("the MFA device {PHONE} is left; remove it: awsmfa device remove phone");
    assert!(terminal.shown().contains(&told), "{}", terminal.shown());
    terminal.assert_modes_unchanged();
    assert_eq!(devices(&stage).1, [PHONE]);
}

#[test]
fn a_deletion_that_hangs_is_given_up() {
    let (_stage, mut terminal) = with_a_slow_deletion();
    assert_eq!(terminal.wait().signal(), Some(Signal::INT.as_raw()));
    let told = format!("the MFA device {PHONE} may be left; remove it: awsmfa device remove phone");
    assert!(terminal.shown().contains(&told), "{}", terminal.shown());
}
