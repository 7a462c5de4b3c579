//! The device: named, listed by IAM, or missing.

use awsmfa_test_support::{MfaDevice, Stage};

use crate::switching::ALICE;

const NO_DEVICE_NAMED: &str = "[default]\nregion = eu-central-1\n";
const OTHER: &str = "arn:aws:iam::123456789012:mfa/other";
const SECURITY_KEY: &str = "arn:aws:iam::123456789012:u2f/user/alice/key-7";

fn stage() -> Stage {
    Stage::with_files(NO_DEVICE_NAMED, ALICE)
}

fn serials(stage: &Stage) -> Vec<String> {
    let entries = stage.emulator.log().entries.into_iter();
    entries.filter_map(|entry| entry.serial_number).collect()
}

#[test]
fn the_only_device_is_found_and_security_keys_are_left_out() {
    let mut stage = stage();
    let key = MfaDevice::security_key(SECURITY_KEY);
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").devices.insert(0, key));
    let code = stage.code();
    let told = stage.env(&[&code]);
    assert!(
        told.contains("ignored security keys") && told.contains(SECURITY_KEY),
        "{told}"
    );
    let log = stage.emulator.log();
    assert_eq!(log.actions(), ["ListMFADevices", "GetSessionToken"]);
    assert_eq!(serials(&stage), ["arn:aws:iam::123456789012:mfa/alice"]);
}

#[test]
fn a_device_that_was_found_is_remembered() {
    let mut stage = stage();
    let code = stage.code();
    stage.env(&[&code]);
    // A new listing would have two to choose from.
    stage.emulator.edit(|accounts| {
        let devices = &mut accounts.user("alice").devices;
        devices.push(MfaDevice::totp(OTHER));
    });
    let code = stage.code();
    stage.env(&[&code]);
    assert_eq!(stage.emulator.log().count("ListMFADevices"), 1);
    assert_eq!(serials(&stage), ["arn:aws:iam::123456789012:mfa/alice"; 2]);
}

#[test]
fn a_profile_whose_device_cannot_be_used_is_listed_so() {
    let files = format!("[default]\nmfa_serial = {SECURITY_KEY}\n");
    let stage = Stage::with_files(&files, ALICE);
    let run = stage.awsmfa(&["profiles", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(list[0]["usable"], false, "{list}");
    let problem = list[0]["problem"].as_str().unwrap();
    assert!(problem.contains("security key"), "{problem}");
}

#[test]
fn a_device_that_is_named_is_not_looked_for() {
    let mut stage = stage();
    stage.emulator.edit(|accounts| {
        let devices = &mut accounts.user("alice").devices;
        *devices = vec![MfaDevice::totp("GAHT12345678"), MfaDevice::totp(OTHER)];
    });
    // The variable, and a hardware token, whose serial number is not an ARN.
    stage.set("AWS_MFA_SERIAL", "GAHT12345678");
    let code = stage.code();
    stage.env(&[&code]);
    // The profile's key wins over the variable, and the option over both.
    stage
        .home
        .write_config(&format!("[default]\nmfa_serial = {OTHER}\n"));
    stage.env_fails(&["111111"]);
    let code = stage.code();
    stage.env(&["--serial", "GAHT12345678", &code]);
    // Bare `env` repeats the device, too.
    let code = stage.code();
    stage.env(&[&code]);
    let hardware = "GAHT12345678";
    assert_eq!(serials(&stage), [hardware, OTHER, hardware, hardware]);
    assert_eq!(stage.emulator.log().count("ListMFADevices"), 0);
}

#[test]
fn the_nearest_device_along_the_chain_is_taken_and_the_code_goes_to_the_first_hop() {
    let config = |of_chained: &str, of_dev: &str| {
        format!(
            "[default]
mfa_serial = {OTHER}
[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default
{of_dev}
[profile chained]
role_arn = arn:aws:iam::444455556666:role/chained
source_profile = dev
{of_chained}
"
        )
    };
    let near = "mfa_serial = arn:aws:iam::123456789012:mfa/alice";
    for files in [config(near, "mfa_serial = GAHT12345678"), config("", near)] {
        let mut stage = Stage::with_files(&files, ALICE);
        let code = stage.code();
        stage.env(&["-p", "chained", &code]);
        assert_eq!(serials(&stage), ["arn:aws:iam::123456789012:mfa/alice"]);
        assert!(stage.emulator.log().entries[0].token_code.is_some());
    }
}

#[test]
fn what_cannot_be_settled_without_a_terminal_is_said() {
    let mut told = Vec::new();
    for (case, devices) in [
        (
            "several",
            vec![MfaDevice::totp(OTHER), MfaDevice::totp("GAHT12345678")],
        ),
        ("none", Vec::new()),
        (
            "security keys only",
            vec![MfaDevice::security_key(SECURITY_KEY)],
        ),
    ] {
        let mut stage = stage();
        stage
            .emulator
            .edit(|accounts| accounts.user("alice").devices = devices);
        let before = stage.variables.clone();
        let run = stage.eval(&["env", "123456"]);
        assert_eq!((run.code, stage.requests()), (1, (1, 0)), "{case}");
        assert_eq!(stage.variables, before);
        told.push((case, stage.redact(&run.stderr)));
    }
    let mut stage = stage();
    stage
        .emulator
        .edit(|accounts| accounts.user("alice").not_allowed.push("ListMFADevices"));
    let run = stage.eval(&["env", "123456"]);
    // The second request is for the account and the user's name.
    assert_eq!((run.code, stage.requests()), (1, (2, 0)));
    told.push(("denied", stage.redact(&run.stderr)));
    let told = crate::listed(&told);
    insta::assert_snapshot!(told);
}

#[test]
fn the_program_for_the_code_is_the_nearest_too() {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.home.write_config(&format!(
        "[default]
mfa_serial = arn:aws:iam::123456789012:mfa/alice
mfa_process = echo {code}
[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default
"
    ));
    stage.set("AWSMFA_CODE_COMMAND", "echo 000000");
    stage.env(&["-p", "dev"]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
}
