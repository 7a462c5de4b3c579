//! awsmfa creates, writes, renames, removes or locks nothing, and no command line contains a secret;
//! checked by its system calls.

use std::fs;

use awsmfa::cli::Cli;
use awsmfa_test_support::{Accounts, Run, Stage};
use clap::CommandFactory as _;

/// Every call that creates, changes or locks a file, or stores something elsewhere; and `execve`. strace
/// skips a name with `?` that this machine's kernel does not have.
const CALLS: &str = "?open,openat,?openat2,?creat,?mkdir,mkdirat,?mknod,mknodat,?rename,\
    ?renameat,renameat2,?unlink,unlinkat,?rmdir,?link,linkat,?symlink,symlinkat,truncate,ftruncate,\
    fallocate,?chmod,fchmod,fchmodat,?chown,fchown,fchownat,utimensat,setxattr,fsetxattr,\
    memfd_create,flock,add_key,request_key,keyctl,execve,execveat";

/// The calls that would leave something behind, up to the point where the process becomes another
/// program.
fn traces_left(trace: &[String]) -> Vec<&str> {
    let mut own = trace.iter().skip_while(|line| !line.starts_with("execve("));
    own.next();
    own.map(String::as_str)
        .take_while(|line| !line.starts_with("execve("))
        .filter(|line| leaves_a_trace(line))
        .collect()
}

fn command_lines(trace: &[String]) -> Vec<&str> {
    let lines = trace.iter().map(String::as_str);
    lines.filter(|line| line.starts_with("execve(")).collect()
}

fn leaves_a_trace(line: &str) -> bool {
    let is_open = ["open(", "openat(", "openat2("]
        .iter()
        .any(|call| line.starts_with(call));
    if is_open {
        let writes = [
            "O_WRONLY",
            "O_RDWR",
            "O_CREAT",
            "O_TRUNC",
            "O_APPEND",
            "O_TMPFILE",
        ]
        .iter()
        .any(|flag| line.contains(flag));
        return writes
            && !["\"/dev/tty\"", "\"/dev/null\""]
                .iter()
                .any(|it| line.contains(it));
    }
    // The rest are signals, ends of processes, and halves of interrupted calls.
    let is_call = line.starts_with(|c: char| c.is_ascii_lowercase()) && line.contains('(');
    is_call && !line.starts_with("execve(")
}

fn assert_nothing_left(stage: &Stage, args: &[&str], code: i32) -> Option<Run> {
    let (trace, run) = stage.traced(CALLS, args)?;
    assert_eq!(run.code, code, "{args:?}: {run:?}");
    assert!(!trace.is_empty(), "strace saw nothing");
    assert_eq!(traces_left(&trace), [""; 0], "{args:?}");
    let token = run.stdout.split(['\'', '"']).filter(|word| word.len() > 39);
    let secrets: Vec<&str> = token.chain([Accounts::ALICE_SECRET]).collect();
    for line in command_lines(&trace) {
        for secret in &secrets {
            // strace shows the arguments, and only the address of the environment.
            assert!(!line.contains(secret), "{args:?}: {line}");
        }
    }
    stage.assert_clean_home();
    Some(run)
}

#[test]
fn of_any_verb() {
    let mut stage = Stage::new();
    let (code, another) = (stage.code(), stage.code());
    let calls = [
        (&["status"][..], 3),
        (&["profiles"], 0),
        (&["unset"], 0),
        (&["init", "bash"], 0),
        (&["complete", "--word", "", "--", "awsmfa", "env", "-p"], 0),
        (&["captured", "sh", "0", "", "", "env"], 0),
        (&["doctor"], 0),
        (&["device", "list"], 0),
        // There is no terminal to show the secret.
        (&["device", "enroll"], 1),
        (&["device", "remove", "nobody", "--yes"], 1),
        (&["env", "12345"], 2),
        (&["env", "--shell", "sh", &code], 0),
        // Refused by AWS.
        (&["env", "--shell", "sh", &code], 1),
        (&["exec", &another, "--", "true"], 0),
    ];
    for (args, code) in calls {
        assert_nothing_left(&stage, args, code);
    }
    for verb in Cli::command().get_subcommands() {
        let is_called = calls.iter().any(|(args, _)| args[0] == verb.get_name());
        assert!(is_called, "{} is not watched", verb.get_name());
    }

    let code = stage.code();
    stage.env(&["-p", "dev", &code]);
    assert_nothing_left(&stage, &["status"], 0);
    assert_nothing_left(&stage, &["env", "--renew-within", "15m"], 0);
    assert_nothing_left(&stage, &["env", "-p", "admin"], 0);
    assert_nothing_left(&stage, &["exec", "-p", "audit", "--", "true"], 0);
    assert_nothing_left(&stage, &["unset"], 0);
    assert_nothing_left(&stage, &["unset", "--all"], 0);
}

#[test]
fn where_a_program_gives_keys_and_code() {
    let stage = Stage::new();
    fs::write(stage.out("code"), stage.code()).unwrap();
    let (keys, code) = (stage.out("keys"), stage.out("code"));
    let document = serde_json::json!({
        "Version": 1, "AccessKeyId": Accounts::ALICE_KEY, "SecretAccessKey": Accounts::ALICE_SECRET,
    });
    fs::write(&keys, document.to_string()).unwrap();
    stage.home.write_config(&format!(
        "[default]\n\
         credential_process = cat {}\n\
         mfa_process = cat {}\n\
         mfa_serial = arn:aws:iam::123456789012:mfa/alice\n",
        keys.display(),
        code.display(),
    ));
    if let Some((trace, run)) = stage.traced(CALLS, &["env", "--shell", "sh"]) {
        assert_eq!(run.code, 0, "{run:?}");
        let left: Vec<_> = trace.iter().filter(|line| leaves_a_trace(line)).collect();
        assert_eq!(left, [""; 0]);
        let code = stage.written("code");
        assert!(command_lines(&trace).len() >= 3, "{trace:?}");
        for line in command_lines(&trace) {
            assert!(!line.contains(Accounts::ALICE_SECRET), "{line}");
            assert!(!line.contains(&format!("\"{code}\"")), "{line}");
        }
    }
}

/// Before it reads any secret.
#[test]
fn a_crash_dumps_no_memory() {
    let stage = Stage::new();
    for args in [&["env", "--shell", "sh", "12345"][..], &["status"]] {
        let Some((calls, _)) = stage.traced("prctl,connect,clone,clone3", args) else {
            return;
        };
        let first = calls
            .iter()
            .find(|call| !call.starts_with("prctl(PR_SET_NAME"));
        assert!(
            first.is_some_and(|call| call.starts_with("prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE)")),
            "{args:?}: {calls:?}"
        );
    }
}

/// Checks the trace itself: it shows what the command of `exec` writes.
#[test]
fn a_file_that_is_written_is_seen() {
    let stage = Stage::new();
    let command = "echo > \"$OUT/file\"; mkdir \"$OUT/folder\"";
    let args = ["exec", &stage.code(), "--", "sh", "-c", command];
    if let Some((trace, run)) = stage.traced(CALLS, &args) {
        assert_eq!(run.code, 0, "{run:?}");
        let seen = trace.iter().filter(|line| leaves_a_trace(line)).count();
        assert_eq!(seen, 2, "{trace:?}");
        assert_eq!(traces_left(&trace), [""; 0]);
    }
}
