//! Each refusal of AWS has its own cause, sentence and hint.

use awsmfa_test_support::{Accounts, Fault, Stage};

/// Prepares a refusal; returns the arguments of `env` that AWS refuses.
type Refusal = fn(&mut Stage) -> Vec<String>;

const REFUSALS: &[(&str, Refusal)] = &[
    ("wrong code", |stage| wrong_code(stage).into()),
    ("code that was used before", |stage| {
        let code = stage.code();
        // From another shell: this one would remember the code.
        let before = stage.variables.clone();
        stage.env(&[&code]);
        stage.variables = before;
        vec![code]
    }),
    ("another user's device", |stage| {
        let code = stage.emulator.device("bob").code();
        let bob = "arn:aws:iam::123456789012:mfa/bob";
        words(&["--serial", bob, &code])
    }),
    ("too many tries", |stage| {
        for _ in 0..9 {
            let [wrong] = wrong_code(stage);
            stage.env_fails(&[&wrong]);
        }
        vec![stage.code()]
    }),
    ("key unknown", |stage| {
        keys(stage, "AKIAI44QH8DHBEXAMPLF", Accounts::ALICE_SECRET);
        words(&["123456"])
    }),
    ("key inactive", |stage| {
        stage
            .emulator
            .edit(|accounts| accounts.user("alice").keys[0].active = false);
        words(&["123456"])
    }),
    ("wrong secret", |stage| {
        keys(stage, Accounts::ALICE_KEY, Accounts::BOB_SECRET);
        words(&["123456"])
    }),
    ("role refused", |stage| {
        let role = "arn:aws:iam::444455556666:role/audit";
        words(&["--role-arn", role, &stage.code()])
    }),
    (
        "role refused with a kept MFA session that is old",
        |stage| {
            stage.env(&["-p", "dev", &stage.code()]);
            stage.set("AWSMFA_MFA_1_STARTED", "2020-01-01T00:00:00Z");
            words(&["-p", "audit", "--external-id", "Example-8"])
        },
    ),
    ("listing devices denied", |stage| {
        stage
            .emulator
            .edit(|accounts| accounts.user("alice").not_allowed.push("ListMFADevices"));
        stage.home.write_config("[default]\nregion = eu-west-1\n");
        words(&["123456"])
    }),
    ("too long for the role", |stage| {
        words(&["-p", "dev", "-d", "2h", &stage.code()])
    }),
];

/// What AWS says here repeats a value.
const VALIDATION_ERRORS: &[&str] = &["too long for the role"];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn wrong_code(stage: &Stage) -> [String; 1] {
    stage.wrong_codes()
}

fn keys(stage: &Stage, id: &str, secret: &str) {
    stage.home.write_credentials(&format!(
        "[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"
    ));
}

#[test]
fn each_refusal_has_a_sentence_of_its_own() {
    let pieces = REFUSALS.iter().map(|(name, refusal)| {
        let mut stage = Stage::new();
        let arguments = refusal(&mut stage);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let told = stage.env_fails(&arguments);
        assert!(told.contains("\nhint: "), "{told}");
        let said = told.lines().filter(|line| line.starts_with("AWS: "));
        let once = usize::from(!VALIDATION_ERRORS.contains(name));
        assert_eq!(said.count(), once, "{name}: {told}");
        for secret in [Accounts::ALICE_SECRET, Accounts::BOB_SECRET] {
            assert!(!told.contains(secret), "{told}");
        }
        format!("## {name}\n{}", stage.redact(&told))
    });
    insta::assert_snapshot!(pieces.collect::<Vec<_>>().join("\n"));
}

/// An endpoint may say what it likes, and repeat what it was sent.
#[test]
fn what_aws_said_is_one_short_line_without_a_secret() {
    let mut stage = Stage::new();
    let first = stage.code();
    stage.env(&["-p", "dev", &first]);
    let (token, code) = (
        stage.get("AWSMFA_MFA_1_SESSION_TOKEN").unwrap().to_owned(),
        stage.code(),
    );
    for (secret, args) in [
        (&token, &["-p", "admin"][..]),
        (&code, &["-p", "admin", "--no-session", &code]),
    ] {
        stage.emulator.clear_faults();
        let long = "x".repeat(5000);
        let refused = Fault::Error {
            status: 403,
            code: "AccessDenied".to_owned(),
            message: format!("no: {secret} \u{9b}2J {long}\nsecond line"),
        };
        stage.emulator.inject(refused.on("AssumeRole"));
        let told = stage.env_fails(args);
        let said = told.lines().filter(|line| line.starts_with("AWS: "));
        let said: Vec<&str> = said.collect();
        assert_eq!(said.len(), 1, "{told}");
        assert!(said[0].starts_with(r"AWS: no: … \u{9b}2J xxx"), "{told}");
        assert!(said[0].contains("x… (request ID "), "{told}");
        assert!(said[0].chars().count() < 400, "{told}");
        for hidden in [secret, "second line", "\u{9b}"] {
            assert!(!told.contains(hidden), "{told}");
        }
    }
}
