//! `awsmfa device list`.

use awsmfa_test_support::{MfaDevice, Stage};
use serde_json::Value;

use crate::{ALICE, NO_DEVICE_NAMED, PHONE, SECURITY_KEY, TOKEN, with_devices, without_device};

fn stage() -> Stage {
    with_devices([
        MfaDevice::totp(TOKEN),
        MfaDevice::security_key(SECURITY_KEY),
    ])
}

fn listed(stage: &Stage) -> String {
    let run = stage.awsmfa(&["device", "list"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    run.stdout
}

#[test]
fn name_kind_serial_and_use_are_shown() {
    let stage = stage();
    assert_eq!(
        listed(&stage),
        format!(
            "  NAME          KIND          SINCE       STS  SERIAL\n\
             \u{20} alice         virtual       2024-10-04  yes  {ALICE}\n\
             \u{20} {TOKEN}  hardware      2024-10-04  yes  {TOKEN}\n\
             \u{20} key-7         security key  2024-10-04  no   {SECURITY_KEY}\n\
             security keys do not work with STS: they show no codes\n\
             env asks which one\n"
        )
    );
    assert_eq!(stage.emulator.log().actions(), ["ListMFADevices"]);
}

#[test]
fn the_device_that_env_uses_is_marked() {
    let stage = stage();
    stage
        .home
        .write_config(&format!("{NO_DEVICE_NAMED}mfa_serial = {TOKEN}\n"));
    let text = listed(&stage);
    assert!(text.contains(&format!("\n* {TOKEN}  hardware")), "{text}");
    assert!(text.contains("* env uses this one\n"), "{text}");
    // The only one that works.
    let stage = with_devices([MfaDevice::security_key(SECURITY_KEY)]);
    let text = listed(&stage);
    assert!(text.contains("\n* alice  "), "{text}");
    // None of them.
    stage
        .home
        .write_config(&format!("{NO_DEVICE_NAMED}mfa_serial = {PHONE}\n"));
    let text = listed(&stage);
    assert!(text.contains(&format!("env uses {PHONE} (")), "{text}");
    assert!(text.contains("which is not one of these\n"), "{text}");
    let text = listed(&without_device());
    assert_eq!(text, "no MFA devices; get one: awsmfa device enroll\n");
}

#[test]
fn json_has_the_same() {
    let stage = stage();
    stage
        .home
        .write_config(&format!("{NO_DEVICE_NAMED}mfa_serial = {ALICE}\n"));
    let run = stage.awsmfa(&["device", "list", "--format", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let list: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        list[0],
        serde_json::json!({
            "name": "alice", "kind": "virtual", "serial": ALICE, "enabled_at": "2024-10-04T00:00:00Z",
            "usable": true, "problem": null, "current": true,
        })
    );
    assert_eq!(
        (&list[1]["kind"], &list[1]["name"]),
        (&"hardware".into(), &TOKEN.into())
    );
    assert_eq!(list[2]["usable"], false);
    assert!(list[2]["problem"].as_str().unwrap().contains("no codes"));
    assert_eq!(list.as_array().unwrap().len(), 3);
}
