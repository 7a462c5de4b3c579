//! The programs that awsmfa starts for the code and the keys: their environment, what others see of
//! them, and what they leave behind.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Command;
use std::time::{Duration, Instant};

use awsmfa_test_support::{Accounts, Run, Stage};
use serde_json::json;

/// Far more than a run needs, even on a loaded machine.
const AT_ONCE: Duration = Duration::from_secs(20);

/// The output of `credential_process` for alice's keys.
fn keys() -> serde_json::Value {
    json!({
        "Version": 1, "AccessKeyId": Accounts::ALICE_KEY, "SecretAccessKey": Accounts::ALICE_SECRET,
    })
}

/// A stage whose keys come from this command; `$OUT/keys` contains them.
fn stage_with_credential_process(command: &str) -> Stage {
    let stage = Stage::new();
    fs::write(stage.out("keys"), keys().to_string()).unwrap();
    stage.home.write_credentials("");
    let command = command.replace(
        "$OUT",
        stage.out("").to_str().unwrap().trim_end_matches('/'),
    );
    stage.home.write_config(&format!(
        "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         credential_process = {command}\n"
    ));
    stage
}

fn env_by(stage: &Stage, code_command: &str) -> Run {
    stage.awsmfa(&["env", "--shell", "sh", "--code-command", code_command])
}

#[track_caller]
fn assert_started(run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains(" AWS_SESSION_TOKEN='"), "{run:?}");
}

/// Checks that `env` failed with this error.
#[track_caller]
fn assert_failed(run: &Run, says: &str) {
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (1, "(exit 1);\n"),
        "{run:?}"
    );
    assert!(run.stderr.contains(says), "{says}: {}", run.stderr);
    run.assert_no_secret_told("123456");
}

/// How many processes have this word in their command line.
fn running(word: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap();
    let lines = processes.filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok());
    let has_word = |line: &Vec<u8>| {
        line.split(|byte| *byte == 0)
            .any(|argument| argument == word.as_bytes())
    };
    lines.filter(has_word).count()
}

/// Waits until so many processes have this word in their command line.
#[track_caller]
fn wait_until(word: &str, is_right: impl Fn(usize) -> bool) {
    let begin = Instant::now();
    loop {
        let count = running(word);
        if is_right(count) {
            return;
        }
        if begin.elapsed() > AT_ONCE {
            kill_all(word);
            panic!("{count} processes with {word}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A time for `sleep` that no other process uses.
fn long_sleep(number: u32) -> String {
    format!("{}.{number}", 100_000 + std::process::id())
}

fn kill_all(word: &str) {
    for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        if line
            .split(|byte| *byte == 0)
            .any(|it| it == word.as_bytes())
        {
            let pid = entry.file_name();
            let _ = Command::new("kill").arg("-9").arg(pid).status();
        }
    }
}

#[test]
fn what_they_say_on_standard_error_is_seen_at_once() {
    let keys = "sh -c 'echo touch your key >&2; until test -e $OUT/keys-may-end; do sleep 0.05; done; cat $OUT/keys'";
    let stage = stage_with_credential_process(keys);
    let code = "echo touch your key >&2; until test -e \"$OUT/code-may-end\"; do sleep 0.05; done; cat \"$OUT/code\"";
    fs::write(stage.out("code"), stage.code()).unwrap();
    let args = ["awsmfa", "env", "--shell", "sh", "--code-command", code];
    let mut child = stage.command(&args).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        stderr.read_line(&mut line).unwrap();
        line
    };
    assert!(next().starts_with("awsmfa: STS endpoint: "));
    for program in ["keys", "code"] {
        let line = next();
        assert_eq!(line, "touch your key\n");
        // The program continues only when the file exists, and awsmfa has shown the line before that.
        assert!(child.try_wait().unwrap().is_none());
        fs::write(stage.out(&format!("{program}-may-end")), "").unwrap();
    }
    assert_started(&Run::wait(child));
}

#[test]
fn their_standard_input_is_empty_and_the_commands_is_untouched() {
    let stage = stage_with_credential_process("sh -c 'cat >&2; cat $OUT/keys'");
    let code = format!("cat >&2; echo {}", stage.code());
    let args = ["exec", "--code-command", &code, "--", "cat"];
    let run = stage.awsmfa_with_input(&args, "l1\nl2\n");
    run.assert_quiet_success();
    assert_eq!(run.stdout, "l1\nl2\n");
}

/// No session, but what it replaced, and no bookkeeping.
#[test]
fn they_see_the_environment_as_it_was_before_awsmfa() {
    let mut stage = stage_with_credential_process("sh -c 'env -0 > $OUT/keys-see; cat $OUT/keys'");
    stage.set("CODE", stage.code());
    stage.set("NEXT", stage.code());
    stage.set("AWS_PROFILE", "default");
    stage.set("AWSMFA_DURATION", "1h");
    let script = "\
        set -e\n\
        env -0 > \"$OUT/before\"\n\
        eval \"$(awsmfa env \"$CODE\")\"\n\
        eval \"$(awsmfa env --code-command 'env -0 > \"$OUT/code-sees\"; echo \"$NEXT\"')\"\n";
    stage
        .script(&["bash", "--norc"], script)
        .assert_quiet_success();
    let own = ["_", "SHLVL", "PWD", "OLDPWD", "AWSMFA_RUNNING"];
    let read = |name: &str| {
        let mut seen = stage.dumped(name);
        seen.retain(|name, _| !own.contains(&name.as_str()));
        seen
    };
    let mut before = read("before");
    before.remove("AWSMFA_DURATION");
    assert_eq!(before["AWS_PROFILE"], "default");
    assert_eq!(read("keys-see"), before);
    assert_eq!(read("code-sees"), before);
}

#[test]
fn words_around_the_code_are_passed_over() {
    let stage = Stage::new();
    let code = stage.code();
    let (first, last) = code.split_at(3);
    for printed in [
        code.clone(),
        format!("  {first} {last}\\n\\n"),
        format!("Your code is {code}.\\nIt is good for 30 seconds.\\n"),
        format!("20261125T160854 otp={code}\\n"),
        format!("\\377 {code}"),
    ] {
        stage.emulator.forget_codes();
        let run = env_by(&stage, &format!("printf '{printed}'"));
        assert_started(&run);
        assert_eq!(stage.emulator.log().last().token_code, Some(code.clone()));
    }
    stage.emulator.clear_log();
    for printed in [
        "123456 654321",
        "1234567",
        "a12345",
        "key4123456",
        "",
        "no code",
    ] {
        let run = env_by(&stage, &format!("printf '%s\\n' '{printed}'"));
        assert_failed(&run, "--code-command");
    }
    assert_eq!(stage.emulator.log().actions(), [""; 0]);
}

#[test]
fn they_are_over_when_they_end_and_what_they_leave_behind_stays() {
    let agent = long_sleep(1);
    let stage =
        stage_with_credential_process(&format!("sh -c 'sleep {agent} 2>&- & cat $OUT/keys'"));
    let code = format!("sleep {agent} 2>&- & echo {}", stage.code());
    let begin = Instant::now();
    let run = env_by(&stage, &code);
    let took = begin.elapsed();
    assert_started(&run);
    assert!(took < AT_ONCE, "{took:?}");
    // A shell that has just forked may not be the agent yet.
    wait_until(&agent, |count| count == 2);
    kill_all(&agent);
}

#[test]
fn they_are_not_over_when_they_close_standard_output() {
    let stage = Stage::new();
    let code = format!("echo {}; exec >&-; sleep 0.2; exit 3", stage.code());
    assert_failed(&env_by(&stage, &code), "exit status: 3");
    assert_eq!(stage.emulator.log().actions(), [""; 0]);
}

#[test]
fn a_program_that_runs_when_awsmfa_ends_is_ended_with_its_descendants() {
    for (number, code) in [
        "sleep N & (sleep N; true); true",
        "trap '' TERM INT HUP QUIT; sleep N & sleep N; true",
        // It forks all the time.
        "sleep N & while :; do sleep N & sleep 0.001; kill $!; done",
    ]
    .into_iter()
    .enumerate()
    {
        let sleep = long_sleep(10 + u32::try_from(number).unwrap());
        let stage = Stage::new();
        let code = code.replace('N', &sleep);
        let args = format!(
            "echo $$ > \"$OUT/pid\"; exec awsmfa env --shell sh --code-command \"{}\"",
            code.replace('$', "\\$")
        );
        let child = stage.command(&["sh", "-c", &args]).spawn().unwrap();
        wait_until(&sleep, |count| count >= 2);
        let begin = Instant::now();
        let pid = stage.written("pid");
        let sent = Command::new("kill").arg(pid.trim()).status();
        assert!(sent.unwrap().success());
        let run = Run::wait(child);
        let took = begin.elapsed();
        assert_failed(&run, "interrupted (SIGTERM)");
        assert!(took < AT_ONCE, "{code}: {took:?}");
        // What was killed may need a moment to go.
        wait_until(&sleep, |count| count == 0);
    }
}

/// Runs a command in a process that may use 256 MiB of memory.
fn limited(stage: &Stage, args: &[&str]) -> Run {
    let shell = ["sh", "-c", "ulimit -v 262144; exec awsmfa \"$@\"", "sh"];
    Run::execute(&mut stage.command(&[&shell[..], args].concat()))
}

#[test]
fn more_than_any_of_them_prints_is_an_error_and_no_memory() {
    let stage = stage_with_credential_process("yes");
    let run = limited(&stage, &["env", "--shell", "sh", "123456"]);
    assert_failed(&run, "credential_process printed more than 64 KiB");
    let stage = Stage::new();
    let args = ["env", "--shell", "sh", "--code-command", "yes"];
    assert_failed(
        &limited(&stage, &args),
        "--code-command printed more than 64 KiB",
    );
    // A child of the program.
    let args = [
        "env",
        "--shell",
        "sh",
        "--code-command",
        "yes & sleep 600; echo 123456",
    ];
    assert_failed(
        &limited(&stage, &args),
        "--code-command printed more than 64 KiB",
    );
    assert_eq!(stage.emulator.log().actions(), [""; 0]);
}

#[test]
fn one_that_asks_awsmfa_for_its_own_profile_is_run_once() {
    for (key, command) in [
        (
            "credential_process",
            "awsmfa env --shell json -p default 123456",
        ),
        (
            "credential_process",
            "awsmfa exec -p default 123456 -- cat $OUT/keys",
        ),
        ("mfa_process", "awsmfa exec -p default -- cat $OUT/code"),
    ] {
        let stage = Stage::new();
        stage.program("counting", &format!("echo >> \"$OUT/runs\"\n{command}"));
        if key == "credential_process" {
            stage.home.write_credentials("");
        }
        stage.home.write_config(&format!(
            "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n{key} = counting\n"
        ));
        let args: &[&str] = match key {
            "mfa_process" => &["env", "--shell", "sh"],
            _ => &["env", "--shell", "sh", "123456"],
        };
        let run = stage.awsmfa(args);
        assert_failed(&run, &format!("{key} calls awsmfa for itself"));
        assert_eq!(stage.written("runs"), "\n", "{key}: {run:?}");
        assert_one_error(&run);
        assert_eq!(stage.emulator.log().actions(), [""; 0]);
    }
}

/// One message and its hint, although several processes of awsmfa fail.
#[track_caller]
fn assert_one_error(run: &Run) {
    let starts: Vec<&str> = run.stderr.lines().map(|line| &line[..6]).collect();
    assert_eq!(starts, ["awsmfa", "hint: "], "{run:?}");
}

/// Two profiles that need each other.
#[test]
fn a_longer_loop_is_one_error_too() {
    let stage = Stage::new();
    stage.home.write_credentials("");
    stage.home.write_config(
        "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         credential_process = awsmfa env --shell json -p other 123456\n\
         [profile other]\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\n\
         credential_process = awsmfa env --shell json -p default 123456\n",
    );
    let run = stage.awsmfa(&["env", "--shell", "sh", "123456"]);
    assert_failed(&run, "profile default, ");
    assert!(
        run.stderr
            .contains("credential_process calls awsmfa for itself")
    );
    assert_one_error(&run);
    let run = stage.awsmfa(&["doctor"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("calls awsmfa for itself"), "{run:?}");
}

/// A call for another profile is not a loop.
#[test]
fn one_that_asks_awsmfa_for_another_profile_is_answered() {
    let stage = Stage::new();
    let code = stage.code();
    stage.home.write_config(&format!(
        "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         mfa_process = awsmfa exec -p other -- sh -c 'echo $CODE'\n\
         [profile other]\nmfa_serial = arn:aws:iam::123456789012:mfa/bob\n\
         mfa_process = echo {}\n",
        stage.emulator.device("bob").code()
    ));
    let credentials = fs::read_to_string(stage.home.path().join(".aws/credentials")).unwrap();
    stage
        .home
        .write_credentials(&credentials.replace("[bob]", "[other]"));
    let mut stage = stage;
    stage.set("CODE", code);
    assert_started(&stage.awsmfa(&["env", "--shell", "sh"]));
    assert_eq!(stage.emulator.log().count_with_token_code(), 2);
}

#[test]
fn a_code_command_of_the_environment_is_named_before_it_runs() {
    let mut stage = Stage::new();
    let code = format!("echo it runs >&2; echo {}", stage.code());
    stage.set("AWSMFA_CODE_COMMAND", code.as_str());
    let run = stage.awsmfa(&["env", "--shell", "sh"]);
    assert_started(&run);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{run:?}");
    assert!(lines[0].contains("AWSMFA_CODE_COMMAND"), "{run:?}");
    assert_eq!(lines[1], "it runs");
}

#[test]
fn a_credential_process_gets_the_words_of_the_aws_cli() {
    let printing = r#"printf '<%s>' "$@" > "$OUT/words"; cat "$OUT/keys""#;
    for (line, words) in [
        ("https://vault/a?b=c&d=e", "<https://vault/a?b=c&d=e>"),
        ("a>b", "<a>b>"),
        ("$HOME ~ * ; # `x` $(y)", "<$HOME><~><*><;><#><`x`><$(y)>"),
        (
            r#"'a  b' "c $d" e\ f "g\"h" '' "#,
            r#"<a  b><c $d><e f><g"h><>"#,
        ),
    ] {
        let stage = stage_with_credential_process(&format!("printing {line}"));
        stage.program("printing", printing);
        let run = stage.awsmfa(&["env", "--shell", "sh", &stage.code()]);
        assert_started(&run);
        assert_eq!(stage.written("words"), words);
        assert!(!stage.out("b").exists());
    }
    let stage = stage_with_credential_process("sh -c 'cat");
    assert_failed(
        &stage.awsmfa(&["env", "--shell", "sh", "123456"]),
        "quotation mark",
    );
}

#[test]
fn a_credential_process_that_needs_a_shell_is_told_how_to_get_one() {
    for (line, names) in [
        ("~/bin/keys dev", "~/bin/keys"),
        ("$HOME/bin/keys", "$HOME/bin/keys"),
        // It may be secret.
        ("TOKEN=123456 keys", "TOKEN=…"),
    ] {
        let stage = stage_with_credential_process(line);
        let run = stage.awsmfa(&["env", "--shell", "sh", "123456"]);
        assert_failed(&run, &format!("cannot run {names}: program not found"));
        assert!(
            run.stderr.contains("credential_process = sh -c '…'"),
            "{run:?}"
        );
    }
    for line in ["no-such-program", "./no-such-program"] {
        let stage = stage_with_credential_process(line);
        let run = stage.awsmfa(&["env", "--shell", "sh", "123456"]);
        assert_failed(&run, &format!("cannot run {line}: program not found"));
        assert!(!run.stderr.contains("sh -c"), "{run:?}");
    }
}

#[test]
fn what_a_credential_process_prints_is_checked() {
    let with = |name: &str, value: serde_json::Value| {
        let mut keys = keys();
        keys[name] = value;
        keys.to_string()
    };
    let without = |name: &str| {
        let mut keys = keys();
        keys.as_object_mut().unwrap().remove(name);
        keys.to_string()
    };
    for (printed, says) in [
        (String::new(), "printed nothing"),
        ("no JSON".to_owned(), "did not print a JSON object"),
        ("[1]".to_owned(), "did not print a JSON object"),
        (with("Version", json!(2)), "a Version other than 1"),
        (with("Version", json!("1")), "a Version other than 1"),
        (without("Version"), "printed no Version"),
        (without("AccessKeyId"), "printed no AccessKeyId"),
        (with("AccessKeyId", json!("")), "printed no AccessKeyId"),
        (without("SecretAccessKey"), "printed no SecretAccessKey"),
        (
            with("SecretAccessKey", json!(7)),
            "printed no SecretAccessKey",
        ),
        (
            with("SessionToken", json!("token")),
            "temporary credentials",
        ),
        (
            with("AccessKeyId", json!("ASIAIOSFODNN7EXAMPLE")),
            "temporary credentials",
        ),
        (with("Expiration", json!("soon")), "Expiration"),
        (with("Expiration", json!("2020-01-01T00:00:00Z")), "expired"),
    ] {
        let stage = stage_with_credential_process("cat $OUT/keys");
        fs::write(stage.out("keys"), printed).unwrap();
        let run = stage.awsmfa(&["env", "--shell", "sh", "123456"]);
        assert_failed(&run, says);
        assert!(run.stderr.contains("profile default, "), "{run:?}");
        assert_eq!(stage.emulator.log().actions(), [""; 0]);
    }
    for printed in [
        with("Expiration", json!("2120-01-01T00:00:00Z")),
        with("Expiration", json!(null)),
        with("SessionToken", json!("")),
        with("SessionToken", json!(null)),
        with("AccountId", json!("123456789012")),
    ] {
        let stage = stage_with_credential_process("cat $OUT/keys");
        fs::write(stage.out("keys"), printed).unwrap();
        assert_started(&stage.awsmfa(&["env", "--shell", "sh", &stage.code()]));
    }
}

/// Some parents ignore SIGCHLD, and then the system keeps no exit status.
#[test]
fn they_work_where_sigchld_is_ignored() {
    let stage = stage_with_credential_process("cat $OUT/keys");
    let code = format!("echo {}", stage.code());
    let script = "import os, signal, sys\n\
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n\
        os.execvp('awsmfa', sys.argv[1:])\n";
    let args = [
        "python3",
        "-c",
        script,
        "awsmfa",
        "env",
        "--shell",
        "sh",
        "--code-command",
        &code,
    ];
    assert_started(&Run::execute(&mut stage.command(&args)));
}
