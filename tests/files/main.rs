//! Compares our parser of the shared AWS files with botocore's, which the AWS CLI uses.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod credentials;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use awsmfa::context::Context;
use awsmfa::environment::Environment;
use awsmfa::files::disk;
use awsmfa::files::ini::{IniFile, IniValue};
use awsmfa::files::shared::{SectionView, SharedFiles};
use awsmfa::plan::chain::{follow, usable_profiles};
use awsmfa_test_support::{python_with_botocore, say};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::{Value, json};

/// How many generated pairs of files to compare, all in one Python process.
const GENERATED: usize = 500;

#[test]
fn the_odd_files_read_as_botocore_reads_them() {
    let Some(python) = python_with_botocore() else {
        return;
    };
    let odd = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/odd");
    let entries = fs::read_dir(odd)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut directories: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    directories.sort();
    let theirs = botocore_readings(&python, &directories);
    for (directory, theirs) in directories.iter().zip(&theirs) {
        assert_eq!(
            &our_reading(directory, theirs),
            theirs,
            "{}",
            directory.display()
        );
    }
    say(&format!(
        "{} odd files read as botocore does",
        directories.len()
    ));
}

#[test]
fn generated_files_read_as_botocore_reads_them() {
    let Some(python) = python_with_botocore() else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::default();
    let mut generated = || shared_file().new_tree(&mut runner).unwrap().current();
    let files: Vec<_> = (0..GENERATED)
        .map(|n| (home.path().join(n.to_string()), generated(), generated()))
        .collect();
    for (directory, config, credentials) in &files {
        fs::create_dir(directory).unwrap();
        fs::write(directory.join("config"), config).unwrap();
        fs::write(directory.join("credentials"), credentials).unwrap();
    }
    let directories: Vec<_> = files
        .iter()
        .map(|(directory, ..)| directory.clone())
        .collect();
    let theirs = botocore_readings(&python, &directories);
    for ((directory, config, credentials), theirs) in files.iter().zip(&theirs) {
        assert_eq!(
            &our_reading(directory, theirs),
            theirs,
            "config {config:?}, credentials {credentials:?}"
        );
    }
    let refused = theirs
        .iter()
        .filter(|theirs| theirs["refused"].is_string())
        .count();
    say(&format!(
        "{GENERATED} generated pairs of files read as botocore does, {refused} of them refused"
    ));
}

#[test]
fn the_generator_makes_files_to_accept_and_to_refuse() {
    let config = ProptestConfig {
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let accepted = (0..GENERATED).filter(|_| {
        let file = shared_file().new_tree(&mut runner).unwrap().current();
        IniFile::parse(Path::new("config"), file.into_bytes().into()).is_ok()
    });
    let accepted = accepted.count();
    assert!(
        (GENERATED / 5..GENERATED * 4 / 5).contains(&accepted),
        "{accepted}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic_and_no_error_tells_a_value(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_all(&bytes);
    }

    #[test]
    fn no_text_panics(text in "\\PC*", file in shared_file()) {
        read_all(text.as_bytes());
        read_all(format!("{file}{text}\n{file}").as_bytes());
    }

    #[test]
    fn a_secret_of_a_broken_file_is_in_no_message(lines in prop::collection::vec(line_with_secret(), 1..8)) {
        if let Err(error) = IniFile::parse(Path::new("credentials"), lines.concat().into_bytes().into()) {
            let told = format!("{error} {error:?}");
            prop_assert!(!told.to_lowercase().contains("wjalr"), "{}", told);
        }
    }
}

/// Ten thousand profiles must load quickly; the limit is generous, for a debug build on a busy machine.
#[test]
fn ten_thousand_profiles_are_read_at_once() {
    let mut config = String::new();
    for n in 0..10_000 {
        write!(
            config,
            "[profile team-{n}]\nrole_arn = arn:aws:iam::123456789012:role/developer-{n}\nsource_profile = default\n\
             region = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/anna\noutput = json\n\n",
        )
        .unwrap();
    }
    let size = config.len();
    let empty = IniFile::parse(Path::new("credentials"), Vec::new().into()).unwrap();
    let bytes = config.into_bytes();
    let start = Instant::now();
    let config = IniFile::parse(Path::new("config"), bytes.into()).unwrap();
    let files = SharedFiles::new(config, empty);
    let last = files.profile("team-9999").unwrap().get("role_arn");
    let read = start.elapsed();
    let Some((IniValue::Plain(last, _), _)) = last else {
        panic!("the last profile has a role");
    };
    assert_eq!(
        last.as_str(),
        Some("arn:aws:iam::123456789012:role/developer-9999")
    );
    assert_eq!(files.profile_names().count(), 10_000);
    drop(files);
    say(&format!(
        "{size} bytes: read in {read:?}, read and wiped in {:?}",
        start.elapsed()
    ));
    assert!(read < Duration::from_secs(5), "{read:?}");
}

/// Every section has the keys of `[DEFAULT]`, and every profile is asked for dozens of keys.
#[test]
fn a_hundred_thousand_keys_in_default_cost_no_noticeable_time() {
    let mut config = "[DEFAULT]\n".to_owned();
    for n in 0..100_000 {
        writeln!(config, "key{n} = {n}").unwrap();
    }
    for n in 0..50 {
        let next = n + 1;
        write!(
            config,
            "[profile p{n}]\nrole_arn = arn:aws:iam::111122223333:role/dev\nsource_profile = p{next}\n"
        )
        .unwrap();
    }
    config +=
        "[profile p50]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = x\n";
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("config");
    fs::write(&path, config).unwrap();
    let environment = Environment::from_pairs([
        ("AWS_CONFIG_FILE".into(), path.into()),
        ("AWS_SHARED_CREDENTIALS_FILE".into(), OsString::new()),
    ]);
    let context = Context::new(environment);
    let start = Instant::now();
    let files = context.files().unwrap();
    assert_eq!(usable_profiles(files, context.environment()).len(), 51);
    let hint = follow(files, context.environment(), "p5O", None)
        .unwrap_err()
        .hint;
    assert!(hint.unwrap().starts_with("did you mean p5"));
    let took = start.elapsed();
    say(&format!("followed 51 profiles in {took:?}"));
    assert!(took < Duration::from_secs(20), "{took:?}");
}

fn botocore_readings(python: &Path, directories: &[PathBuf]) -> Vec<Value> {
    let directories = directories.iter();
    let lines = directories.map(|directory| directory.display().to_string());
    botocore_answers(python, "botocore_reading.py", lines)
}

/// What a script in this folder prints for some lines.
fn botocore_answers(
    python: &Path,
    script: &str,
    lines: impl ExactSizeIterator<Item = String>,
) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let count = lines.len();
    let mut child = Command::new(python)
        .arg(folder.join(script))
        // Decode the files as UTF-8, whatever the locale of the tests.
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for line in lines {
        writeln!(stdin, "{line}").unwrap();
    }
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), count);
    answers
}

/// Our result in the form of `botocore_reading.py`. Looks up the services sections by the names that
/// botocore found, as a profile's key `services` would.
fn our_reading(directory: &Path, theirs: &Value) -> Value {
    let variable = |name: &str| -> Option<OsString> {
        match name {
            "AWS_CONFIG_FILE" => Some(directory.join("config").into()),
            "AWS_SHARED_CREDENTIALS_FILE" => Some(directory.join("credentials").into()),
            _ => None,
        }
    };
    let Ok(files) = disk::read(variable) else {
        return json!({"refused": "ConfigParseError"});
    };
    let profiles = files.profile_names();
    let profiles = profiles.map(|name| json!([name, pairs(&files.profile(name).unwrap())]));
    let services = theirs["services"].as_array().into_iter().flatten();
    let services = services.filter_map(|service| {
        let name = service[0].as_str()?;
        Some(json!([name, pairs(&files.services(name)?)]))
    });
    json!({"profiles": profiles.collect::<Vec<_>>(), "services": services.collect::<Vec<_>>()})
}

fn pairs(settings: &SectionView<'_>) -> Value {
    let keys = settings.keys();
    keys.iter()
        .map(|key| match settings.get(key).unwrap().0 {
            IniValue::Plain(value, _) => json!([key, value.as_str().unwrap()]),
            IniValue::Nested(nested) => {
                let nested = nested.iter();
                let nested = nested.map(|(key, value, _)| json!([key, value.as_str().unwrap()]));
                json!([key, nested.collect::<Vec<_>>()])
            }
        })
        .collect()
}

fn read_all(bytes: &[u8]) {
    let read = || IniFile::parse(Path::new("config"), bytes.to_vec().into());
    if let (Ok(config), Ok(credentials)) = (read(), read()) {
        let files = SharedFiles::new(config, credentials);
        for name in files.profile_names() {
            pairs(&files.profile(name).unwrap());
        }
    }
}

/// A file of up to a dozen lines, most of them valid.
fn shared_file() -> impl Strategy<Value = String> {
    let first = prop_oneof![9 => header(), 1 => line()];
    (first, prop::collection::vec(line(), 0..12), 0..30_u8).prop_map(|(first, lines, cut)| {
        let mut file = first + &lines.concat();
        if cut == 0 {
            file.insert(0, '\u{feff}');
        } else if cut < 10 {
            file.pop();
        }
        file
    })
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => header(),
        16 => setting(""),
        10 => (select(vec![" ", "  ", "\t", "\u{a0}", "    ", "\u{3000} "]), setting("")).prop_map(|(indent, line)| indent.to_owned() + &line),
        4 => (select(vec!["", " ", "\t", "# a", "; b = c", "  # d", "\x1c"]), end()).prop_map(|(line, end)| line.to_owned() + end),
        1 => ("[\\[\\]=: a#\\t\u{a0}\u{85}\u{2028}\\x00\\x0b\\x1dÄİ]{0,8}", end()).prop_map(|(line, end)| line + end),
    ]
}

fn header() -> impl Strategy<Value = String> {
    let indent = select(vec!["", "", "", "", " ", "\t"]);
    let kind = select(vec![
        "profile ",
        "profile ",
        "profile ",
        "profile\t",
        "",
        "",
        "services ",
        "sso-session ",
        "profilex ",
        " profile ",
        "profile",
    ]);
    let name = prop_oneof![
        4 => select(vec![
            "default", "DEFAULT", "a", "b", "dev", "x y", "\"x y\"", "'x y'", "x\\ y", "\"a\"", "'", "\\", "a]b", "é", "#",
            "\"\\a\\\"\"", "a\"b\"'c'", "''",
        ]).prop_map(str::to_owned),
        3 => "[a-z]{1,3}",
        1 => "[a-c \\t\"'\\\\\\]=#]{0,6}",
    ];
    let after = select(vec!["", "", "", "", " ", " # c", " ]"]);
    (indent, kind, name, after, end())
        .prop_map(|(indent, kind, name, after, end)| format!("{indent}[{kind}{name}]{after}{end}"))
}

fn setting(secret: &'static str) -> impl Strategy<Value = String> {
    let key = prop_oneof![
        3 => select(vec!["region", "s3", "S3", "source_profile", "É", "a b", "k\u{a0}", "İ", "ΟΣ", "[x", "x#y"]).prop_map(str::to_owned),
        6 => "[a-zA-Z]{2,3}",
    ];
    let delimiter = select(vec![
        "=",
        " = ",
        ":",
        " : ",
        "=\t",
        "\u{a0}=\u{a0}",
        "==",
        " =:",
    ]);
    let value = prop_oneof![
        3 => Just(String::new()),
        6 => select(vec!["us-east-1", "a = b", "a:b", "# x", "x # y", "x ; y", "%(a)s", "100%", "\"q\"", "[x]", "  ", "é\u{a0}"]).prop_map(str::to_owned),
        2 => "[a-z=:#; \\t\\x0b\\x0c\\x1c\\x1f\u{85}\u{2028}\\x00]{0,6}",
    ];
    (key, delimiter, value, end()).prop_map(move |(key, delimiter, value, end)| {
        format!("{key}{delimiter}{value}{secret}{end}")
    })
}

fn end() -> impl Strategy<Value = &'static str> + Clone {
    select(vec!["\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n"])
}

/// A line with a secret that no message may repeat: in a value, or out of place.
fn line_with_secret() -> impl Strategy<Value = String> {
    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    prop_oneof![
        4 => header(),
        4 => setting(SECRET),
        1 => Just(format!("{SECRET}\n")),
        1 => Just(format!("  {SECRET}\n")),
        1 => Just(format!(" = {SECRET}\n")),
        1 => Just(format!("[{SECRET}\n")),
    ]
}
