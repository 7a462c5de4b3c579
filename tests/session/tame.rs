//! Text in a file, a variable or an ARN never controls the reader's terminal.

use awsmfa_test_support::{Accounts, Run, Stage};

/// A colour, a bell, a title, a C1 control, right-to-left text, a zero-width space, DEL.
const WILD: &str = "\x1b[31mred\x07\x1b]0;x\x07\u{9b}2J\u{202e}gpj\u{200b}\u{7f}";

/// Characters that no stream may contain, not even within a string of a JSON document.
fn steers(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{200b}')
}

/// Checks that neither stream controls the terminal, and that one of them contains the text.
#[track_caller]
fn assert_tame(run: &Run, args: &[&str]) {
    for stream in [&run.stdout, &run.stderr] {
        assert!(!stream.contains(steers), "{args:?}: {stream:?}");
    }
    let both = format!("{}{}", run.stdout, run.stderr);
    let shows = |escape: &str| both.to_lowercase().contains(escape);
    // clap removes the sequences that begin with ESC.
    assert!(
        shows("\\u{9b}2j") || shows("\\u009b2j"),
        "{args:?}: {run:?}"
    );
}

fn stage_with_wild_files() -> Stage {
    let stage = Stage::new();
    stage.home.write_config(&format!(
        "[default]\n\
         region = eu-central-1\n\
         mfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         [profile {WILD}]\n\
         region = eu-central-1\n\
         [profile region]\n\
         source_profile = default\n\
         role_arn = arn:aws:iam::111122223333:role/dev\n\
         region = {WILD}\n\
         [profile lost]\n\
         source_profile = no{WILD}\n\
         role_arn = arn:aws:iam::111122223333:role/dev\n"
    ));
    stage.home.write_credentials(&format!(
        "[default]\n\
         aws_access_key_id = {key}\n\
         aws_secret_access_key = {secret}\n\
         [{WILD}]\n\
         aws_access_key_id = {key}\n\
         aws_secret_access_key = {secret}\n",
        key = Accounts::ALICE_KEY,
        secret = Accounts::ALICE_SECRET,
    ));
    stage
}

#[test]
fn from_the_files_and_the_command_line() {
    let stage = stage_with_wild_files();
    let unknown = format!("no{WILD}");
    let option = format!("--{WILD}");
    let format = format!("--format={WILD}");
    for args in [
        &["profiles"][..],
        &["profiles", "--format", "json"],
        &["doctor", "-p", WILD],
        &["doctor", "-p", WILD, "--format", "json"],
        &["doctor", "-p", "region"],
        &["env", "--shell", "sh", "-p", "region", "123456"],
        &["env", "--shell", "sh", "-p", "lost", "123456"],
        &["env", "--shell", "sh", "-p", &unknown, "123456"],
        &["env", &option],
        &["status", &format],
        &["env", "--shell", WILD, "123456"],
        &["exec", "123456", "--", WILD],
        &[WILD],
    ] {
        assert_tame(&stage.awsmfa(args), args);
    }
    let list = stage.awsmfa(&["profiles", "--format", "json"]).stdout;
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list[1]["name"], WILD);
}

#[test]
fn from_the_variables() {
    let mut stage = stage_with_wild_files();
    let code = stage.code();
    stage.env(&[&code]);
    let role_arn = format!("arn:aws:iam::111122223333:role/{WILD}");
    stage.set("AWSMFA_TARGET_PROFILE", WILD);
    stage.set("AWSMFA_ROLE_ARN", role_arn);
    for args in [&["status"][..], &["status", "--format", "json"]] {
        let run = stage.awsmfa(args);
        assert_eq!(run.code, 0, "{run:?}");
        assert_tame(&run, args);
    }
    let piece = stage.awsmfa(&["status", "--format", "prompt"]).stdout;
    assert!(!piece.contains(steers), "{piece:?}");

    for (name, args) in [
        ("AWS_PROFILE", &["env", "--shell", "sh", "123456"][..]),
        ("AWS_ENDPOINT_URL", &["doctor", "-p", "default"]),
        ("AWS_REGION", &["doctor", "-p", "default"]),
        ("AWSMFA_DURATION", &["env", "--shell", "sh", "123456"]),
        (
            "AWS_CA_BUNDLE",
            &["env", "--shell", "sh", "-p", "default", "123456"],
        ),
    ] {
        let mut stage = stage_with_wild_files();
        stage.set(name, WILD);
        let run = stage.awsmfa(args);
        for stream in [&run.stdout, &run.stderr] {
            assert!(!stream.contains(steers), "{name}: {stream:?}");
        }
    }
}
