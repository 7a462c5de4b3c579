//! What AWS refuses, each with a cause, a sentence and a hint of its own.

use awsmfa_test_support::{AccessKey, Accounts, Emulator};

use crate::line::Stage;

fn stage() -> Stage {
    Stage::https(Emulator::start(Accounts::standard()))
}

fn keys(stage: &Stage, id: &str, secret: &str) {
    stage.home.write_credentials(&format!(
        "[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"
    ));
}

/// What a refused line tells.
fn told(stage: &Stage, arguments: &[&str]) -> String {
    let seen = stage.eval(arguments);
    assert_eq!(seen.status, "1", "{}", seen.told);
    assert!(seen.told.contains("\nhint: "), "{}", seen.told);
    for secret in [Accounts::ALICE_SECRET, Accounts::BOB_SECRET] {
        assert!(!seen.told.contains(secret), "{}", seen.told);
    }
    seen.told
}

#[test]
fn each_refusal_has_a_sentence_of_its_own() {
    let mut pieces: Vec<String> = Vec::new();
    let mut piece = |name: &str, told: String| pieces.push(format!("## {name}\n{told}"));
    let alice = |stage: &Stage| stage.emulator.device("alice");

    let this = stage();
    piece("wrong code", told(&this, &[&alice(&this).wrong_code()]));

    let this = stage();
    let code = alice(&this).code();
    assert_eq!(this.eval(&[&code]).status, "0");
    piece("code that was used before", told(&this, &[&code]));

    let this = stage();
    let code = this.emulator.device("bob").code();
    let bob = "arn:aws:iam::123456789012:mfa/bob";
    piece(
        "another user's device",
        told(&this, &["--serial", bob, &code]),
    );

    let this = stage();
    for _ in 0..9 {
        this.eval(&[&alice(&this).wrong_code()]);
    }
    piece("too many tries", told(&this, &[&alice(&this).code()]));

    let this = stage();
    let key = "arn:aws:iam::123456789012:u2f/user/alice/key";
    let seen = this.eval(&["--serial", key, "123456"]);
    assert_eq!(seen.status, "2");
    piece("security key", seen.told);

    let this = stage();
    keys(&this, "AKIAI44QH8DHBEXAMPLF", Accounts::ALICE_SECRET);
    piece("key unknown", told(&this, &["123456"]));

    let this = stage();
    this.emulator.edit(|accounts| {
        let key = &mut accounts.users[0].keys[0];
        *key = AccessKey {
            active: false,
            ..key.clone()
        };
    });
    piece("key inactive", told(&this, &["123456"]));

    let this = stage();
    keys(&this, Accounts::ALICE_KEY, Accounts::BOB_SECRET);
    piece("wrong secret", told(&this, &["123456"]));

    let this = stage();
    keys(&this, "ASIAIOSFODNN7EXAMPLE", Accounts::ALICE_SECRET);
    piece("session keys", told(&this, &["123456"]));

    let this = stage();
    let role = "arn:aws:iam::444455556666:role/audit";
    piece(
        "role refused",
        told(&this, &["--role-arn", role, &alice(&this).code()]),
    );

    let this = stage();
    let code = alice(&this).code();
    piece(
        "too long for the role",
        told(&this, &["-p", "dev", "-d", "2h", &code]),
    );

    insta::assert_snapshot!(pieces.join("\n"));
}
