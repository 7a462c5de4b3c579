//! The output of `awsmfa profiles`, word for word.

use awsmfa_test_support::Stage;
use serde_json::{Value, json};

const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
                    aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n";

/// A stage with a profile of each kind.
fn stage() -> Stage {
    let config = "[default]\n\
        region = eu-central-1\n\
        mfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
        [profile dev]\n\
        role_arn = arn:aws:iam::111122223333:role/dev\n\
        source_profile = default\n\
        region = eu-west-1\n\
        [profile audit]\n\
        role_arn = arn:aws:iam::111122223333:role/audit\n\
        source_profile = dev\n\
        [profile vault]\n\
        credential_process = true\n\
        mfa_serial = GAHT12345678\n\
        [profile ci]\n\
        role_arn = arn:aws:iam::111122223333:role/ci\n\
        credential_source = Environment\n\
        [profile sso]\n\
        sso_session = my\n\
        sso_account_id = 444455556666\n\
        sso_role_name = admin\n\
        [profile login]\n\
        login_session = arn:aws:iam::123456789012:user/alice\n\
        [profile web]\n\
        web_identity_token_file = /tmp/token\n\
        role_arn = arn:aws:iam::111122223333:role/web\n\
        [profile eu]\n\
        region = eu-central-1\n";
    let mut stage = Stage::with_files(config, &format!("[default]\n{KEYS}"));
    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    stage
}

#[test]
fn for_people() {
    let stage = stage();
    let home = stage.home.path().to_str().unwrap();
    let list = stage.awsmfa(&["profiles"]).stdout;
    insta::assert_snapshot!(list.replace(home, "[HOME]"));
}

#[test]
fn for_programs() {
    let run = stage().awsmfa(&["profiles", "--format", "json"]);
    let mut list: Value = serde_json::from_str(&run.stdout).unwrap();
    for profile in list.as_array_mut().unwrap() {
        let is_usable = profile["usable"] == true;
        for key in ["problem", "hint"] {
            assert_eq!(profile[key].take().is_null(), is_usable, "{profile}");
        }
    }
    let kinds = |key: &str| -> Vec<Value> {
        let list = list.as_array().unwrap();
        list.iter().map(|profile| profile[key].clone()).collect()
    };
    assert_eq!(
        kinds("kind"),
        [
            "keys", "role", "role", "process", "role", "sso", "login", "web", "settings"
        ]
    );
    let expected = json!({
        "name": "audit",
        "kind": "role",
        "role_arn": "arn:aws:iam::111122223333:role/audit",
        "source_profile": "default",
        "account": "111122223333",
        "region": null,
        "mfa_serial": "arn:aws:iam::123456789012:mfa/alice",
        "current": false,
        "usable": true,
        "problem": null,
        "hint": null,
    });
    assert_eq!(list[2], expected);
    assert_eq!(kinds("current").iter().position(|it| it == true), Some(1));
}

#[test]
fn none() {
    let stage = Stage::with_files("", "");
    let run = stage.awsmfa(&["profiles"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.starts_with("no profiles in "), "{run:?}");
}
