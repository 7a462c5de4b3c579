//! Codes that are not arguments, sessions for programs instead of shells, and `exec`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use awsmfa_test_support::{Accounts, Outcome, Run, Stage, Variables, find_tool, variables};
use serde_json::Value;

/// A stage with a code in the file that `cat "$OUT/code"` prints.
fn stage_with_code_file() -> Stage {
    let stage = Stage::new();
    fs::write(stage.out("code"), stage.code()).unwrap();
    stage
}

const PRINT_CODE: &str = "cat \"$OUT/code\"";

#[track_caller]
fn assert_started(stage: &Stage, run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains(" AWS_SESSION_TOKEN='"), "{run:?}");
    let log = stage.emulator.log();
    assert_eq!(log.actions(), ["GetSessionToken"]);
    assert_eq!(log.last().outcome, Outcome::Done);
}

#[test]
fn from_standard_input_with_a_blank_in_it() {
    let stage = Stage::new();
    let code = stage.code();
    let input = format!(" {} {}\nnot read\n", &code[..3], &code[3..]);
    let run = stage.awsmfa_with_input(&["env", "--shell", "sh", "-"], &input);
    assert_started(&stage, &run);
}

#[test]
fn what_follows_it_on_standard_input_is_for_the_command() {
    let stage = Stage::new();
    let input = format!("{}\nfor the command\n", stage.code());
    let run = stage.awsmfa_with_input(&["exec", "-", "--", "cat"], &input);
    run.assert_quiet_success();
    assert_eq!(run.stdout, "for the command\n");
}

#[test]
fn as_an_argument_with_a_blank_in_it() {
    let stage = Stage::new();
    let code = stage.code();
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    assert_started(&stage, &stage.awsmfa(&["env", "--shell", "sh", &spaced]));
}

#[test]
fn by_a_program_of_the_option_the_profile_or_the_environment() {
    let stage = stage_with_code_file();
    let by_option = ["env", "--shell", "sh", "--code-command", PRINT_CODE];
    assert_started(&stage, &stage.awsmfa(&by_option));

    let mut stage = stage_with_code_file();
    stage.set("AWSMFA_CODE_COMMAND", PRINT_CODE);
    assert_started(&stage, &stage.awsmfa(&["env", "--shell", "sh"]));

    let mut stage = stage_with_code_file();
    // The profile wins over the variable.
    stage.set("AWSMFA_CODE_COMMAND", "false");
    stage.home.write_config(&format!(
        "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\nmfa_process = {PRINT_CODE}\n"
    ));
    assert_started(&stage, &stage.awsmfa(&["env", "--shell", "sh"]));
}

/// Runs a program that prints `first` twice and then `then`; returns the codes that AWS got.
fn codes_sent(stage: &Stage, first: &str, then: &str) -> (Run, Vec<String>) {
    let program = format!(
        "echo >> \"$OUT/asked\"; [ \"$(wc -l < \"$OUT/asked\")\" -gt 2 ] && echo {then} || echo {first}"
    );
    let run = stage.awsmfa(&["env", "--shell", "sh", "--code-command", &program]);
    let entries = stage.emulator.log().entries;
    let codes = entries.into_iter().map(|entry| entry.token_code.unwrap());
    (run, codes.collect())
}

#[test]
fn a_refused_code_of_a_program_is_followed_by_its_next() {
    let stage = Stage::new();
    let wrong = stage.emulator.device("alice").wrong_code();
    let right = stage.code();
    let (run, sent) = codes_sent(&stage, &wrong, &right);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(sent, [wrong.as_str(), right.as_str()]);
    run.assert_no_secret_told(&wrong);
    run.assert_no_secret_told(&right);
}

#[test]
fn a_program_gets_one_more_try() {
    let stage = Stage::new();
    let wrong = stage.emulator.device("alice").wrong_code();
    // One more is almost certainly not a code, either.
    let other = format!("{:06}", (wrong.parse::<u32>().unwrap() + 1) % 1_000_000);
    let (run, sent) = codes_sent(&stage, &wrong, &other);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (1, "(exit 1);\n"),
        "{run:?}"
    );
    assert_eq!(sent, [wrong, other]);
}

#[test]
fn without_a_terminal_it_fails_at_once_and_names_the_ways() {
    let stage = Stage::new();
    let begin = Instant::now();
    let run = stage.awsmfa(&["env", "--shell", "sh"]);
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (1, "(exit 1);\n"),
        "{run:?}"
    );
    for way in [
        "there is no terminal to ask at",
        "awsmfa env 123456",
        "awsmfa env -",
        "--code-command",
    ] {
        assert!(run.stderr.contains(way), "{run:?}");
    }
    // After a refused code from the command line, awsmfa does not ask for another, either.
    let wrong = stage.emulator.device("alice").wrong_code();
    let run = stage.awsmfa(&["env", "--shell", "sh", &wrong]);
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (1, "(exit 1);\n"),
        "{run:?}"
    );
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
    assert_eq!(stage.emulator.log().entries.len(), 1);
}

const KEYS_AND_END: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
];

#[test]
fn formats_for_programs_keep_no_books() {
    let stage = Stage::new();
    let run = stage.awsmfa(&["env", "--shell", "json", &stage.code()]);
    assert_eq!(run.code, 0, "{run:?}");
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let keys: Vec<&String> = document.as_object().unwrap().keys().collect();
    let expected = [
        "AccessKeyId",
        "Expiration",
        "SecretAccessKey",
        "SessionToken",
        "Version",
    ];
    assert_eq!(keys, expected);
    assert_eq!(document["Version"], 1);

    for format in ["dotenv", "github"] {
        let run = stage.awsmfa(&["env", "--shell", format, &stage.code()]);
        assert_eq!(run.code, 0, "{run:?}");
        let lines = run.stdout.lines().map(|line| line.split_once('=').unwrap());
        let names: Vec<&str> = lines.clone().map(|(name, _)| name).collect();
        let regions = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        assert_eq!(names, [&KEYS_AND_END[..], &regions].concat(), "{format}");

        let announced: Vec<&str> = run.stderr.lines().collect();
        let secrets = lines.filter(|(name, _)| name.contains("SECRET") || name.contains("TOKEN"));
        let masks: Vec<String> = secrets.map(|(_, it)| format!("::add-mask::{it}")).collect();
        assert_eq!(masks.len(), 2);
        if format == "github" {
            assert_eq!(announced, masks);
        } else {
            assert_eq!(announced, [""; 0]);
        }
    }
}

/// A named profile without a secret on disk: the AWS CLI asks awsmfa.
#[test]
fn as_the_credential_process_of_the_aws_cli() {
    if find_tool("aws").is_none() {
        return;
    }
    let stage = stage_with_code_file();
    stage.home.write_config(
        "[profile alice-keys]\n\
         mfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         [profile alice]\n\
         region = eu-central-1\n\
         credential_process = awsmfa env --shell json -p alice-keys --code-command 'cat code'\n",
    );
    stage.home.write_credentials(&format!(
        "[alice-keys]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET
    ));
    for around in ["", "AWS_PROFILE=alice "] {
        let profile = if around.is_empty() {
            " --profile alice"
        } else {
            ""
        };
        let ask =
            format!("{around}aws sts get-caller-identity --query Arn --output text{profile}\n");
        let run = stage.script(&["bash", "--norc"], &ask);
        run.assert_quiet_success();
        assert_eq!(run.stdout, "arn:aws:iam::123456789012:user/alice\n");
        fs::write(stage.out("code"), stage.code()).unwrap();
    }
    stage.assert_clean_home();
}

/// The environment of exec's command.
fn environment_of_child(stage: &Stage, args: &[&str]) -> Variables {
    let args = [&["exec"], args, &["--", "env", "-0"]].concat();
    let run = stage.awsmfa(&args);
    run.assert_quiet_success();
    variables(&run.stdout)
}

#[test]
fn exec_gives_the_child_the_session_and_no_other_secret() {
    let mut stage = Stage::new();
    stage.set("AWS_PROFILE", "default");
    stage.set("AWS_SECURITY_TOKEN", "stale");
    let child = environment_of_child(&stage, &[&stage.code()]);
    assert!(!child.values().any(|value| value == "stale"));
    assert_eq!(child["AWSMFA_KEY_ID"], child["AWS_ACCESS_KEY_ID"]);
    for name in KEYS_AND_END {
        assert!(!child[name].is_empty(), "{name}");
    }
    for name in ["AWS_PROFILE", "AWS_SECURITY_TOKEN"] {
        assert!(!child.contains_key(name), "{name}");
    }
    assert_eq!(child["AWS_REGION"], "eu-central-1");
    assert_eq!(child["HOME"], stage.variables["HOME"]);
    stage.assert_clean_home();
}

#[test]
fn exec_ends_as_its_command_does() {
    let stage = Stage::new();
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 128 + 15)] {
        let run = stage.awsmfa(&["exec", &stage.code(), "--", "sh", "-c", script]);
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (code, ""),
            "{script} {run:?}"
        );
    }
    assert_eq!(stage.emulator.log().count("GetSessionToken"), 3);
}

/// nohup ignores SIGHUP, and a shell without job control ignores SIGINT for background jobs.
#[test]
fn exec_leaves_ignored_signals_ignored() {
    let stage = Stage::new();
    let child = "for it in HUP INT QUIT TERM; do kill -$it $$; done; echo survived";
    let script = format!(
        "trap '' HUP INT QUIT TERM\nawsmfa exec {} -- sh -c '{child}'\n",
        stage.code()
    );
    let run = stage.script(&["dash"], &script);
    run.assert_quiet_success();
    assert_eq!(run.stdout, "survived\n");
}

#[test]
fn exec_finds_out_before_a_code_is_spent_that_nothing_can_run() {
    let stage = Stage::new();
    let file = stage.out("not-executable");
    fs::write(&file, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let file = file.to_str().unwrap();
    let code = stage.code();
    for (command, exit_code) in [
        ("no-such-command", 127),
        ("/nowhere/command", 127),
        (file, 126),
        ("/", 126),
    ] {
        let run = stage.awsmfa(&["exec", &code, "--", command]);
        assert_eq!((run.code, run.stdout.as_str()), (exit_code, ""), "{run:?}");
        assert!(run.stderr.contains(command), "{run:?}");
        assert!(run.stderr.contains("\nhint: "), "{run:?}");
    }
    let run = stage.awsmfa(&["exec", &code, "--"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert_eq!(stage.emulator.log().actions(), [""; 0]);
}

#[test]
fn renew_within_a_session_asks_nothing() {
    let mut stage = stage_with_code_file();
    stage.env(&[&stage.code()]);
    let session = stage.variables.clone();
    stage.emulator.clear_log();

    let child = environment_of_child(&stage, &["--renew-within", "15m"]);
    for name in KEYS_AND_END {
        assert_eq!(child[name], session[name], "{name}");
    }

    // A code on the command line is not used.
    let code = stage.code();
    let run = stage.awsmfa(&["env", "--renew-within", "15m", &code]);
    run.assert_quiet_success();
    assert!(
        !run.stdout.trim().is_empty(),
        "a statement that does nothing"
    );
    assert!(!run.stdout.contains("AWS"), "{run:?}");
    assert_eq!(stage.emulator.log().actions(), [""; 0]);

    // A session of twelve hours has no thirteen hours left.
    let renewed = ["--renew-within", "13h", "--code-command", PRINT_CODE];
    let child = environment_of_child(&stage, &renewed);
    assert_ne!(child["AWS_ACCESS_KEY_ID"], session["AWS_ACCESS_KEY_ID"]);
    assert_eq!(stage.emulator.log().actions(), ["GetSessionToken"]);
}

/// A stage with the session of a profile in its environment.
fn in_session(profile: &str) -> Stage {
    let mut stage = Stage::new();
    let code = stage.code();
    stage.env(&["-p", profile, &code]);
    stage
}

#[test]
fn the_prompt_marks_what_ends_soon() {
    let prompt = |stage: &Stage| {
        let run = stage.awsmfa(&["status", "--format", "prompt"]);
        (run.code, run.stdout)
    };
    assert_eq!(prompt(&Stage::new()), (3, String::new()));
    let mut stage = in_session("dev");
    assert_eq!(prompt(&stage).0, 0);
    assert!(!prompt(&stage).1.contains('!'));
    let soon = awsmfa::clock::now() + chrono::Duration::seconds(14 * 60 + 50);
    stage.set("AWS_CREDENTIAL_EXPIRATION", soon.to_rfc3339());
    assert_eq!(prompt(&stage), (0, "dev 14m!".to_owned()));
    stage.set("AWS_CREDENTIAL_EXPIRATION", "2026-01-01T00:00:00Z");
    assert_eq!(prompt(&stage), (4, "dev expired!".to_owned()));
}
