//! The whole life of a device, and what `enroll` asks.

use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{MfaDevice, Stage};

use crate::{PHONE, app, at_terminal, devices, enter_codes, with_devices, without_device};

#[test]
fn enrolled_used_chosen_and_removed() {
    let mut stage = without_device();
    // The first device, named like the user.
    let mut terminal = at_terminal(&stage, &["enroll"]);
    terminal.expect("Creating the MFA device arn:aws:iam::123456789012:mfa/alice for alice.\r\n");
    let page = terminal.expect("First code: ");
    let first = app(&page);
    enter_codes(&mut terminal, &first);
    terminal.expect(
        "To use it, put this line into profile default:\r\n\
         mfa_serial = arn:aws:iam::123456789012:mfa/alice\r\n",
    );
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    terminal.assert_modes_unchanged();
    assert_eq!(devices(&stage).0, ["arn:aws:iam::123456789012:mfa/alice"]);

    // `env` finds it.
    stage.emulator.forget_codes();
    stage.env(&[&first.code()]);

    // A second one, by the session of the first.
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    let page = terminal.expect("First code: ");
    let phone = app(&page);
    enter_codes(&mut terminal, &phone);
    terminal.expect(&format!("mfa_serial = {PHONE}\r\n"));
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    let create = stage.emulator.log().entries.into_iter();
    let signed: Vec<bool> = create
        .filter(|entry| entry.action == "CreateVirtualMFADevice")
        .map(|entry| entry.session_token)
        .collect();
    assert_eq!(signed, [false, true]);

    // `env` asks which one.
    stage.unset();
    stage.emulator.forget_codes();
    let mut terminal = stage.ask(&[]);
    terminal.expect("Number or name: ");
    terminal.enter("phone");
    terminal.expect(&format!("MFA code for {PHONE}: "));
    terminal.enter(&phone.code());
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());

    for (name, left) in [("phone", 1), ("alice", 0)] {
        let mut terminal = at_terminal(&stage, &["remove", name]);
        terminal.expect("(virtual)? [y/N] ");
        terminal.enter("y");
        terminal.expect("removed the MFA device arn:");
        assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
        assert_eq!(devices(&stage).0.len(), left);
    }
    assert_eq!(devices(&stage), (vec![], vec![]));
    stage.assert_clean_home();
}

#[test]
fn codes_are_asked_for_until_two_are_consecutive() {
    let stage = without_device();
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    let page = terminal.expect("First code: ");
    let app = app(&page);
    let [first, second] = app.two_codes();
    terminal.enter("12345");
    terminal.expect("six digits");
    terminal.expect("First code: ");
    // The same code twice does not reach AWS.
    terminal.enter(&first);
    terminal.expect("takes up to 30s");
    terminal.expect("Next code: ");
    terminal.enter(&first);
    terminal.expect("This is the same code: wait for the next one.\r\n");
    terminal.expect("Next code: ");
    assert_eq!(stage.emulator.log().count("EnableMFADevice"), 0);
    // AWS rejects what are no neighbours.
    terminal.enter(&app.wrong_code());
    terminal.expect("AWS rejected these codes.");
    terminal.expect("First code: ");
    terminal.enter(&first);
    terminal.expect("Next code: ");
    terminal.enter(&second);
    terminal.expect(&format!("mfa_serial = {PHONE}\r\n"));
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    assert_eq!(devices(&stage).0, [PHONE]);
}

#[test]
fn a_device_that_is_never_confirmed_is_deleted() {
    let stage = without_device();
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    let page = terminal.expect("First code: ");
    let wrong = app(&page).wrong_codes::<2>();
    for round in 0..3 {
        terminal.enter(&wrong[0]);
        terminal.expect("Next code: ");
        terminal.enter(&wrong[1]);
        if round < 2 {
            terminal.expect("First code: ");
        }
    }
    assert_eq!(terminal.wait().code(), Some(1));
    let shown = terminal.shown();
    assert!(
        shown.contains("deleted the new MFA device again"),
        "{shown}"
    );
    assert!(shown.contains("the MFA code is wrong"), "{shown}");
    assert_eq!(devices(&stage), (vec![], vec![]));
}

/// By sending the code just used until STS says that it was used.
#[test]
fn enroll_waits_until_sts_knows_the_device() {
    let stage = without_device();
    stage
        .emulator
        .edit(|accounts| accounts.sts_learns_after = chrono::Duration::seconds(6));
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    let page = terminal.expect("First code: ");
    let app = app(&page);
    enter_codes(&mut terminal, &app);
    terminal.expect("Waiting until AWS STS knows it");
    terminal.expect(&format!("mfa_serial = {PHONE}\r\n"));
    assert_eq!(terminal.wait().code(), Some(0));
    let log = stage.emulator.log();
    let probes = log.count("GetSessionToken");
    assert!((2..=5).contains(&probes), "{probes}");
    let codes: Vec<_> = log
        .entries
        .iter()
        .filter_map(|it| it.token_code.as_ref())
        .collect();
    assert!(codes.windows(2).all(|pair| pair[0] == pair[1]));
    let shown = terminal.shown();
    assert!(!shown.contains("does not know the device yet"), "{shown}");
}

#[test]
fn what_cannot_work_is_said_before_anything_is_made() {
    let taken = MfaDevice::totp(PHONE);
    let eight = (1..8).map(|number| MfaDevice::totp(&format!("GAHT1234567{number}")));
    let cases: [(Stage, &[&str], &str); 4] = [
        (
            with_devices(eight),
            &["enroll", "phone"],
            "alice has 8 MFA devices already",
        ),
        (
            with_devices([taken.clone()]),
            &["enroll", "phone"],
            "mfa/phone already, enabled for alice",
        ),
        (
            without_device(),
            &["enroll", "bob"],
            "mfa/bob already, enabled for bob",
        ),
        (
            {
                let stage = without_device();
                stage
                    .emulator
                    .edit(|accounts| accounts.unassigned.push(taken));
                stage
            },
            &["enroll", "phone"],
            "mfa/phone already, enabled for nobody",
        ),
    ];
    for (stage, args, told) in cases {
        let before = devices(&stage);
        let mut terminal = at_terminal(&stage, args);
        assert_eq!(terminal.wait().code(), Some(1), "{}", terminal.shown());
        assert!(terminal.shown().contains(told), "{}", terminal.shown());
        assert!(terminal.shown().contains("hint: "), "{}", terminal.shown());
        assert_eq!(stage.emulator.log().count("CreateVirtualMFADevice"), 0);
        assert_eq!(devices(&stage), before);
    }
    // A name that IAM does not allow, and a missing terminal: no call at all.
    let stage = without_device();
    let mut terminal = at_terminal(&stage, &["enroll", "a phone"]);
    assert_eq!(terminal.wait().code(), Some(2), "{}", terminal.shown());
    let run = stage.awsmfa(&["device", "enroll"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("there is no terminal"), "{run:?}");
    assert_eq!(stage.requests().0, 0);
}

#[test]
fn a_root_user_is_sent_to_the_console() {
    let stage = without_device();
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").root = true);
    let mut terminal = at_terminal(&stage, &["enroll", "phone"]);
    assert_eq!(terminal.wait().code(), Some(1));
    let shown = terminal.shown();
    assert!(shown.contains(":root is not an IAM user"), "{shown}");
    assert_eq!(devices(&stage).1, [""; 0]);
}

/// The terminal shows the secret even if every stream goes elsewhere, and nothing else gets it.
#[test]
fn the_secret_goes_to_the_terminal_alone() {
    let stage = without_device();
    let (out, err) = (stage.out("stdout"), stage.out("stderr"));
    let script = format!(
        "exec awsmfa device enroll phone >{} 2>{}",
        out.display(),
        err.display()
    );
    let command = stage.terminal_command(&["sh", "-c", &script]);
    let mut terminal = Terminal::showing(command, 80);
    let page = terminal.expect("First code: ");
    let secret = crate::secret(&page);
    enter_codes(&mut terminal, &app(&page));
    terminal.expect(&format!("mfa_serial = {PHONE}\r\n"));
    assert_eq!(terminal.wait().code(), Some(0), "{}", terminal.shown());
    let streams = stage.written("stdout") + &stage.written("stderr");
    for part in [&secret[..8], &secret[56..], "otpauth", "\u{2588}"] {
        assert!(!streams.contains(part), "{streams}");
    }
    assert_eq!(stage.written("stdout"), "");
    stage.assert_clean_home();
}
