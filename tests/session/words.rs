//! PROFILE and CODE as words: every combination of them, with and without `--profile`.

use std::fmt::Write as _;

use awsmfa::error::{FAILED, USAGE};
use awsmfa_test_support::{Accounts, Stage};

/// A word where a code may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// No word at all.
    Absent,
    /// A code, in this form: `135790` shows where its digits go.
    Code(&'static str),
    /// `-`, with a code on standard input.
    StandardInput,
    /// No code, but it looks like one.
    NearCode(&'static str),
    Empty(&'static str),
    /// The name of a profile, although it may look like a code.
    Name(&'static str),
}
use Word::{Absent, Code, Empty, Name, NearCode, StandardInput};

const WORDS: &[Word] = &[
    Absent,
    Code("135790"),
    Code("135 790"),
    Code("135-790"),
    // Two words.
    Code("135|790"),
    StandardInput,
    NearCode("12345O"),
    NearCode("O23456"),
    NearCode("1234567"),
    NearCode("12345"),
    NearCode("1234"),
    NearCode("135"),
    NearCode("135|79"),
    NearCode("12345678901"),
    NearCode("1234567890123"),
    NearCode("١٢٣٤٥٦"),
    Empty(""),
    Empty(" "),
    // Profiles that look like codes, an account, and words of letters.
    Name("12346"),
    Name("246"),
    Name("1234a"),
    Name("123456789012"),
    Name("210987654321"),
    Name("prod01"),
    Name("dev1"),
];

/// The profiles in the files.
const PROFILES: &[&str] = &[
    "default",
    "dev",
    "12346",
    "246",
    "1234a",
    "123456789012",
    "654321",
];

const PROFILE_WORDS: &[Option<&str>] = &[None, Some("dev"), Some("nosuch")];
const OPTIONS: &[Option<&str>] = &[None, Some("dev"), Some("654321")];

/// What comes of a command line.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// A session of this profile, for one code.
    Session(String),
    /// An exit code, the beginning of the message, and no request.
    Error(u8, String),
}

/// What contract and help say, without a look at the program.
fn expected(profile: Option<&str>, word: Word, option: Option<&str>) -> Outcome {
    let usage = |message: &str| Outcome::Error(USAGE, message.to_owned());
    let has_code = match word {
        Code(_) | StandardInput => true,
        NearCode(_) => return usage("an MFA code has six digits"),
        Empty(_) => return usage("a word is empty"),
        Absent | Name(_) => false,
    };
    let name = match word {
        Name(name) => Some(name),
        _ => None,
    };
    let target = match (profile, name, option) {
        (Some(_), Some(_), _) => return usage("two profiles given: "),
        (Some(word), None, Some(option)) | (None, Some(word), Some(option)) if word != option => {
            return usage(&format!(
                "two profiles given: {word}, and --profile {option}"
            ));
        }
        (word, name, option) => word.or(name).or(option).unwrap_or("default"),
    };
    if !PROFILES.contains(&target) {
        return Outcome::Error(FAILED, format!("no profile {target} in "));
    }
    if !has_code {
        return Outcome::Error(FAILED, "no MFA code: ".to_owned());
    }
    Outcome::Session(target.to_owned())
}

fn stage() -> Stage {
    let stage = Stage::new();
    let (mut config, mut credentials) = (String::new(), String::new());
    for profile in PROFILES {
        let section = if *profile == "default" {
            "[default]".to_owned()
        } else {
            format!("[profile {profile}]")
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            config,
            "{section}\nmfa_serial = arn:aws:iam::123456789012:mfa/alice"
        );
        let _ = writeln!(
            credentials,
            "[{profile}]\naws_access_key_id = {}\naws_secret_access_key = {}",
            Accounts::ALICE_KEY,
            Accounts::ALICE_SECRET
        );
    }
    stage.home.write_config(&config);
    stage.home.write_credentials(&credentials);
    stage
}

/// Runs a command line of `env` or `exec`.
fn outcome(stage: &Stage, exec: bool, words: &[&str], option: Option<&str>) -> Outcome {
    stage.emulator.forget_codes();
    let code = stage.code();
    stage.emulator.clear_log();
    let typed: Vec<String> = words
        .iter()
        .flat_map(|word| word.split('|'))
        .map(|word| word.replace("135", &code[..3]).replace("790", &code[3..]))
        .collect();
    let typed = typed.iter().map(String::as_str);
    let option = option.map(|option| ["--profile", option]);
    let (verb, command): (&[&str], &[&str]) = if exec {
        let print = "echo \"AWSMFA_TARGET_PROFILE='$AWSMFA_TARGET_PROFILE'\"";
        (&["exec"], &["--", "sh", "-c", print])
    } else {
        (&["env", "--shell", "sh"], &[])
    };
    let args: Vec<&str> = (verb.iter().copied())
        .chain(option.into_iter().flatten())
        .chain(typed)
        .chain(command.iter().copied())
        .collect();
    let run = stage.awsmfa_with_input(&args, &format!("{code}\n"));
    let (requests, codes) = stage.requests();
    if run.code == 0 {
        assert_eq!(codes, 1, "{args:?}");
        let profile = run.stdout.split("AWSMFA_TARGET_PROFILE='").nth(1);
        let profile = profile.and_then(|rest| rest.split('\'').next());
        return Outcome::Session(profile.unwrap_or("none").to_owned());
    }
    assert_eq!(requests, 0, "{args:?}");
    for half in [&code[..3], &code[3..]] {
        let shown = run.stderr.lines().next().unwrap_or_default();
        assert!(!shown.contains(half), "{args:?}: {}", run.stderr);
    }
    let message = run.stderr.strip_prefix("awsmfa: ").unwrap_or(&run.stderr);
    let message = message.lines().next().unwrap_or_default().to_owned();
    Outcome::Error(u8::try_from(run.code).unwrap(), message)
}

#[track_caller]
fn assert_comes_of(
    stage: &Stage,
    exec: bool,
    (profile, word, option): (Option<&'static str>, Word, Option<&str>),
) {
    let text = match word {
        Absent => None,
        StandardInput => Some("-"),
        Code(text) | NearCode(text) | Empty(text) | Name(text) => Some(text),
    };
    let in_order: Vec<&str> = profile.into_iter().chain(text).collect();
    let reversed: Vec<&str> = in_order.iter().rev().copied().collect();
    for words in [&in_order, &reversed] {
        let (expected, is) = (
            expected(profile, word, option),
            outcome(stage, exec, words, option),
        );
        let what = format!("{words:?} --profile {option:?}");
        match (&expected, &is) {
            (Outcome::Error(code, start), Outcome::Error(is_code, message)) => {
                assert!(
                    code == is_code && message.starts_with(start),
                    "{what}: {is:?}, not {expected:?}"
                );
            }
            _ => assert_eq!(is, expected, "{what}"),
        }
        if in_order.len() < 2 || option.is_some() {
            break;
        }
    }
}

#[test]
fn every_combination_for_env() {
    let stage = stage();
    for profile in PROFILE_WORDS {
        for word in WORDS {
            for option in OPTIONS {
                assert_comes_of(&stage, false, (*profile, *word, *option));
            }
        }
    }
}

#[test]
fn exec_reads_them_alike() {
    let stage = stage();
    for word in WORDS {
        assert_comes_of(&stage, true, (None, *word, None));
        assert_comes_of(&stage, true, (Some("dev"), *word, None));
    }
}

#[test]
fn two_codes_are_one_too_many() {
    let stage = stage();
    for words in [
        &["135790", "135790"][..],
        &["135790", "-"],
        &["-", "-"],
        &["135790", "135", "790"],
        &["dev", "135790", "-"],
    ] {
        let is = outcome(&stage, false, words, None);
        let message = "unexpected digits (two codes given)".to_owned();
        assert_eq!(is, Outcome::Error(USAGE, message), "{words:?}");
    }
}

#[test]
fn exec_without_its_dashes_is_told_what_is_missing() {
    let stage = stage();
    for (words, message, hint) in [
        (
            &["aws", "s3", "ls"][..],
            "two profiles given: aws, s3",
            "awsmfa exec -- aws s3 ls",
        ),
        (
            &["dev", "make", "all"],
            "two profiles given: dev, make",
            "awsmfa exec dev -- make all",
        ),
        (&["make"], "no profile make in ", "awsmfa exec -- make"),
        (
            &["dev"],
            "no command, and standard input is not a terminal",
            "awsmfa exec 123456 -- aws s3 ls",
        ),
        (
            &["-"],
            "no command, and standard input is not a terminal",
            "awsmfa exec 123456 -- aws s3 ls",
        ),
        (
            &[],
            "no command, and standard input is not a terminal",
            "awsmfa exec 123456 -- aws s3 ls",
        ),
        (
            &["--"],
            "no command after --",
            "awsmfa exec 123456 -- aws s3 ls; is a variable empty?",
        ),
        (
            &["dev", "--"],
            "no command after --",
            "is a variable empty?",
        ),
    ] {
        let run = stage.awsmfa(&[&["exec"], words].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(
            run.stderr.starts_with(&format!("awsmfa: {message}")),
            "{run:?}"
        );
        assert!(run.stderr.trim_end().ends_with(hint), "{run:?}");
        assert_eq!(stage.requests(), (0, 0));
    }
}
