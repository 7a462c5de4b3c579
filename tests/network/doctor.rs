//! `awsmfa doctor`, with and without something wrong.

use awsmfa_test_support::{Accounts, Certificate, Fault, MfaDevice, Stage};

use crate::proxy::{ForwardProxy, Manner};

fn stage() -> Stage {
    Stage::new().over_https()
}

/// Returns doctor's output; checks that it uses no code and that its exit code says whether it found
/// trouble.
fn doctor(stage: &Stage, arguments: &[&str], code: i32) -> String {
    let run = stage.awsmfa(&[&["doctor"], arguments].concat());
    stage.assert_no_code_sent();
    assert_eq!(run.code, code, "{run:?}");
    let printed = stage
        .redact(&run.stdout)
        .replace(env!("CARGO_PKG_VERSION"), "[VERSION]");
    assert_eq!(
        code != 0,
        printed.contains('✗') || printed.contains("\"ok\": false")
    );
    assert!(
        !printed.contains(Accounts::ALICE_SECRET) && !printed.contains("p@ss"),
        "{printed}"
    );
    printed
}

#[test]
fn all_is_well() {
    let mut stage = stage();
    let proxy = ForwardProxy::start(Manner::Password);
    stage.set(
        "HTTPS_PROXY",
        format!("http://alice:p%40ss@127.0.0.1:{}", proxy.port),
    );
    insta::assert_snapshot!(doctor(&stage, &["dev"], 0));
}

#[test]
fn each_trouble_is_told_with_its_place_and_a_hint() {
    let mut pieces = Vec::new();
    let mut piece = |name: &str, text: String| pieces.push(format!("## {name}\n{text}"));

    let wrong = stage();
    wrong.home.write_credentials(
        "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY\n",
    );
    piece("wrong secret", doctor(&wrong, &[], 1));

    let bob = "arn:aws:iam::123456789012:mfa/bob";
    piece(
        "another user's device",
        doctor(&stage(), &["--serial", bob], 1),
    );
    let far = "arn:aws:iam::111122223333:mfa/alice";
    piece(
        "another account's device",
        doctor(&stage(), &["--serial", far], 1),
    );

    let skewed = stage();
    skewed.emulator.inject(Fault::ClockSkew(3600));
    piece("clock", doctor(&skewed, &[], 1));

    let inspected = Stage::with(Certificate::UnknownCa).over_https();
    piece("certificate", doctor(&inspected, &[], 1));

    let mut portal = stage();
    portal.emulator.inject(Fault::Html(200));
    portal.set("NO_PROXY", "*");
    piece("captive portal", doctor(&portal, &[], 1));

    let mut socks = stage();
    socks.set("ALL_PROXY", "socks5://127.0.0.1:1080");
    piece("SOCKS proxy", doctor(&socks, &[], 1));

    let mut process = stage();
    process.home.write_credentials("");
    process
        .home
        .write_config("[default]\ncredential_process = false\n");
    process.set("HTTPS_PROXY", "http://127.0.0.1:9");
    piece(
        "keys that a program does not give",
        doctor(&process, &[], 1),
    );

    let mut diverted = stage();
    diverted.remove("AWS_ENDPOINT_URL");
    diverted.home.write_config(
        "[default]\nendpoint_url = http://127.0.0.1:9\n[profile prod]\nregion = eu-central-1\n",
    );
    diverted.home.write_credentials(
        "[prod]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n",
    );
    piece("an endpoint of [default]", doctor(&diverted, &["prod"], 1));

    piece("no such profile", doctor(&stage(), &["-p", "deb"], 1));

    let none = stage();
    none.home.write_config("[default]\n");
    none.emulator
        .edit(|accounts| accounts.users[0].devices.clear());
    piece("no device", doctor(&none, &[], 1));

    insta::assert_snapshot!(pieces.join("\n"));
}

#[test]
fn a_device_need_not_be_named() {
    let stage = stage();
    stage
        .home
        .write_config("[default]\nregion = eu-central-1\n");
    let printed = doctor(&stage, &[], 0);
    assert!(
        printed.contains("✓ device    arn:aws:iam::123456789012:mfa/alice  (the user's only one)"),
        "{printed}"
    );
    stage.emulator.edit(|accounts| {
        let second = MfaDevice {
            serial: "arn:aws:iam::123456789012:mfa/second".to_owned(),
            ..accounts.users[0].devices[0].clone()
        };
        accounts.users[0].devices.push(second);
    });
    let printed = doctor(&stage, &[], 0);
    assert!(
        printed.contains("· device    env will ask which one: arn:"),
        "{printed}"
    );
}

#[test]
fn what_the_profile_gives_is_shown_with_its_place() {
    let stage = stage();
    stage
        .home
        .write_config("[default]\nca_bundle = /profile.pem\nuse_dualstack_endpoint = false\n");
    let printed = doctor(&stage, &[], 0);
    let exports = "exports   AWS_USE_DUALSTACK_ENDPOINT=false  \
                   (profile default, [HOME]/.aws/config line 3: use_dualstack_endpoint)";
    assert!(printed.contains(exports), "{printed}");
    // AWS_CA_BUNDLE is set and wins.
    assert!(!printed.contains("/profile.pem"), "{printed}");
}

/// The profile is a word, or an option; in a session neither is needed.
#[test]
fn the_profile_is_named_in_one_way() {
    let mut stage = stage();
    for arguments in [&["dev"][..], &["-p", "dev"], &["dev", "-p", "dev"]] {
        let printed = doctor(&stage, arguments, 0);
        assert!(
            printed.contains("· profile   dev\n"),
            "{arguments:?}: {printed}"
        );
    }
    stage.set("AWS_PROFILE", "dev");
    let printed = doctor(&stage, &[], 0);
    assert!(
        printed.contains("· profile   dev  (AWS_PROFILE)\n"),
        "{printed}"
    );
    let run = stage.awsmfa(&["doctor", "dev", "-p", "default"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stderr
            .contains("two profiles given: dev, and --profile default"),
        "{run:?}"
    );
}

/// The command line may contain the seed of the device.
#[test]
fn a_program_for_the_code_is_told_by_its_place() {
    let mut stage = stage();
    stage.set("AWSMFA_CODE_COMMAND", "oathtool --totp JBSWY3DPEHPK3PXP");
    let printed = doctor(&stage, &[], 0);
    assert!(
        printed.contains("· code      from a code command  (AWSMFA_CODE_COMMAND)"),
        "{printed}"
    );
    assert!(!printed.contains("JBSWY3DPEHPK3PXP"), "{printed}");
}

#[test]
fn a_program_can_read_it() {
    let printed = doctor(&stage(), &["--format", "json"], 0);
    let document: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(document["ok"], true);
    let checks = document["checks"].as_array().unwrap();
    let device = checks
        .iter()
        .find(|check| check["name"] == "device")
        .unwrap();
    assert_eq!(device["ok"], true);
    assert_eq!(device["text"], "arn:aws:iam::123456789012:mfa/alice");
    let place = device["place"].as_str().unwrap();
    assert!(
        place.ends_with("/.aws/config line 3: mfa_serial"),
        "{place}"
    );
}
