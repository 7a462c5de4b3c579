//! What asks for a code, and what AWS is called for: a table of situations and of verbs and formats.

use awsmfa::clock;
use awsmfa::session::format_time;
use awsmfa_test_support::Stage;
use chrono::TimeDelta;

/// What uses the session: arguments before and after those of the row.
const USES: &[(&str, &[&str], &[&str])] = &[
    ("env", &["env", "--shell", "sh"], &[]),
    ("exec", &["exec"], &["--", "true"]),
    ("json", &["env", "--shell", "json"], &[]),
    ("dotenv", &["env", "--shell", "dotenv"], &[]),
    ("github", &["env", "--shell", "github"], &[]),
];

/// Where the shell is before the command.
type Situation = fn(&mut Stage);

struct Row {
    name: &'static str,
    situation: Situation,
    /// `CODE` is a fresh one.
    args: &'static [&'static str],
    /// What `env` costs: `code` where a code is asked for, and the calls.
    env: &'static str,
    /// What `exec` and the formats cost.
    others: &'static str,
}

const NOTHING: &str = "";
const MFA: &str = "GetSessionToken";
const CODE_AND_MFA: &str = "code GetSessionToken";
const ROLE: &str = "AssumeRole";
const CODE_MFA_AND_ROLE: &str = "code GetSessionToken AssumeRole";
const CODE_AND_ROLE: &str = "code AssumeRole";

const ROWS: &[Row] = &[
    row("no session", none, &[], CODE_AND_MFA, CODE_AND_MFA),
    row(
        "no session, role",
        none,
        &["dev"],
        CODE_MFA_AND_ROLE,
        CODE_MFA_AND_ROLE,
    ),
    row("live", live, &[], CODE_AND_MFA, NOTHING),
    row(
        "under 15 minutes",
        |s| left(s, live, 14 * 60),
        &[],
        CODE_AND_MFA,
        NOTHING,
    ),
    row(
        "under a minute",
        |s| left(s, live, 50),
        &[],
        CODE_AND_MFA,
        CODE_AND_MFA,
    ),
    row(
        "expired",
        |s| left(s, live, -1),
        &[],
        CODE_AND_MFA,
        CODE_AND_MFA,
    ),
    row("role, live", role, &[], ROLE, NOTHING),
    row(
        "role, under 15 minutes",
        |s| left(s, role, 14 * 60),
        &[],
        ROLE,
        ROLE,
    ),
    row(
        "role, under a minute",
        |s| left(s, role, 50),
        &[],
        ROLE,
        ROLE,
    ),
    row("role, expired", |s| left(s, role, -1), &[], ROLE, ROLE),
    row(
        "role, live, its MFA session expired",
        mfa_over,
        &[],
        CODE_MFA_AND_ROLE,
        NOTHING,
    ),
    row(
        "role and its MFA session under 15 minutes",
        both_soon,
        &[],
        ROLE,
        ROLE,
    ),
    row(
        "role and its MFA session under a minute",
        both_at_end,
        &[],
        CODE_MFA_AND_ROLE,
        CODE_MFA_AND_ROLE,
    ),
    row("long role, live", long, &[], CODE_AND_ROLE, NOTHING),
    row(
        "long role, under 15 minutes",
        |s| left(s, long, 14 * 60),
        &[],
        CODE_AND_ROLE,
        NOTHING,
    ),
    row(
        "long role, under a minute",
        |s| left(s, long, 50),
        &[],
        CODE_AND_ROLE,
        CODE_AND_ROLE,
    ),
    row(
        "long role beside a kept MFA session, other role",
        role_then_long,
        &["dev"],
        ROLE,
        ROLE,
    ),
    row(
        "other profile: a role of this user",
        live,
        &["dev"],
        ROLE,
        ROLE,
    ),
    row(
        "other profile: from role to role",
        role,
        &["admin"],
        ROLE,
        ROLE,
    ),
    row(
        "other profile: back to the user's own session",
        role,
        &["default"],
        NOTHING,
        NOTHING,
    ),
    row(
        "other profile: the same user and target",
        live,
        &["default"],
        CODE_AND_MFA,
        NOTHING,
    ),
    row("other user", live, &["bob"], CODE_AND_MFA, CODE_AND_MFA),
    row(
        "other user with a kept MFA session",
        role_then_bob,
        &["dev"],
        ROLE,
        ROLE,
    ),
    row(
        "other region",
        live,
        &["--region", "eu-west-3"],
        NOTHING,
        NOTHING,
    ),
    row("CODE, no session", none, &["CODE"], MFA, MFA),
    row("CODE, live", live, &["CODE"], MFA, MFA),
    row(
        "CODE, role, live",
        role,
        &["CODE"],
        "GetSessionToken AssumeRole",
        "GetSessionToken AssumeRole",
    ),
    row("CODE, long role, live", long, &["CODE"], ROLE, ROLE),
    row(
        "-d as long as the session",
        live,
        &["-d", "12h"],
        CODE_AND_MFA,
        NOTHING,
    ),
    row(
        "-d longer",
        live,
        &["-d", "13h"],
        CODE_AND_MFA,
        CODE_AND_MFA,
    ),
    row("-d shorter", live, &["-d", "1h"], CODE_AND_MFA, NOTHING),
    row(
        "AWSMFA_DURATION longer",
        duration_variable,
        &[],
        CODE_AND_MFA,
        NOTHING,
    ),
    row(
        "--renew-within 15m, more left",
        live,
        &["--renew-within", "15m"],
        NOTHING,
        NOTHING,
    ),
    row(
        "--renew-within 15m, less left",
        |s| left(s, live, 14 * 60),
        &["--renew-within", "15m"],
        CODE_AND_MFA,
        CODE_AND_MFA,
    ),
    row(
        "--renew-within 5m, 14 minutes left",
        |s| left(s, live, 14 * 60),
        &["--renew-within", "5m"],
        NOTHING,
        NOTHING,
    ),
    row(
        "--renew-within 5m, role, 14 minutes left",
        |s| left(s, role, 14 * 60),
        &["--renew-within", "5m"],
        NOTHING,
        NOTHING,
    ),
    row(
        "--renew-within 15m, role, less left",
        |s| left(s, role, 14 * 60),
        &["--renew-within", "15m"],
        ROLE,
        ROLE,
    ),
    row(
        "--renew-within 0s, under a minute",
        |s| left(s, live, 50),
        &["--renew-within", "0"],
        CODE_AND_MFA,
        CODE_AND_MFA,
    ),
    row(
        "--renew-within 15m, other profile",
        live,
        &["dev", "--renew-within", "15m"],
        ROLE,
        ROLE,
    ),
    row(
        "--renew-within 15m and CODE, more left",
        live,
        &["CODE", "--renew-within", "15m"],
        NOTHING,
        NOTHING,
    ),
    row(
        "AWSMFA_RENEW_WITHIN, more left",
        renew_variable,
        &[],
        NOTHING,
        NOTHING,
    ),
    row(
        "AWSMFA_RENEW_WITHIN and CODE, more left",
        renew_variable,
        &["CODE"],
        MFA,
        MFA,
    ),
    row(
        "--no-session, live",
        live,
        &["dev", "--no-session"],
        CODE_AND_ROLE,
        CODE_AND_ROLE,
    ),
    row(
        "the token was removed",
        token_removed,
        &[],
        CODE_AND_MFA,
        CODE_AND_MFA,
    ),
];

const fn row(
    name: &'static str,
    situation: Situation,
    args: &'static [&'static str],
    env: &'static str,
    others: &'static str,
) -> Row {
    Row {
        name,
        situation,
        args,
        env,
        others,
    }
}

fn none(_: &mut Stage) {}

/// The user's own session.
fn live(stage: &mut Stage) {
    let code = stage.code();
    stage.env(&["default", &code]);
}

/// A role's session, its MFA session in the bookkeeping.
fn role(stage: &mut Stage) {
    let code = stage.code();
    stage.env(&["dev", &code]);
}

/// A role's session of four hours, for which the code went with `AssumeRole` itself.
fn long(stage: &mut Stage) {
    let code = stage.code();
    stage.env(&["admin", "-d", "4h", &code]);
}

fn role_then_long(stage: &mut Stage) {
    role(stage);
    long(stage);
}

fn role_then_bob(stage: &mut Stage) {
    role(stage);
    let code = stage.emulator.device("bob").code();
    stage.env(&["bob", &code]);
}

fn ends_in(stage: &mut Stage, variable: &str, seconds: i64) {
    let end = clock::now() + TimeDelta::seconds(seconds);
    assert!(stage.get(variable).is_some(), "{variable}");
    stage.set(variable, format_time(end));
}

/// The session in place has so many seconds left.
fn left(stage: &mut Stage, situation: Situation, seconds: i64) {
    situation(stage);
    ends_in(stage, "AWS_CREDENTIAL_EXPIRATION", seconds);
}

fn mfa_over(stage: &mut Stage) {
    role(stage);
    ends_in(stage, "AWSMFA_MFA_1_EXPIRATION", -1);
}

fn both_soon(stage: &mut Stage) {
    left(stage, role, 14 * 60);
    ends_in(stage, "AWSMFA_MFA_1_EXPIRATION", 14 * 60);
}

fn both_at_end(stage: &mut Stage) {
    left(stage, role, 50);
    ends_in(stage, "AWSMFA_MFA_1_EXPIRATION", 50);
}

fn duration_variable(stage: &mut Stage) {
    live(stage);
    stage.set("AWSMFA_DURATION", "20h");
}

fn renew_variable(stage: &mut Stage) {
    live(stage);
    stage.set("AWSMFA_RENEW_WITHIN", "15m");
}

fn token_removed(stage: &mut Stage) {
    live(stage);
    stage.remove("AWS_SESSION_TOKEN");
}

/// What the command costs: `code` where one is asked for, and the calls that need the user's wait.
fn cost(stage: &Stage, args: &[&str]) -> String {
    stage.emulator.forget_codes();
    stage.emulator.clear_log();
    let user = if args.contains(&"bob") {
        "bob"
    } else {
        "alice"
    };
    let device = stage.emulator.device(user);
    let mut code = device.code();
    while stage.get("AWSMFA_SPENT_CODE") == Some(&code) {
        code = device.code();
    }
    // It tells that it was asked.
    stage.program(
        "print-code",
        &format!("echo >> \"$OUT/asked\"; echo {code}"),
    );
    let args: Vec<&str> = args
        .iter()
        .map(|arg| if *arg == "CODE" { &code } else { *arg })
        .collect();
    let asked = stage.out("asked");
    let _ = std::fs::remove_file(&asked);
    let run = stage.awsmfa(&args);
    assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
    let log = stage.emulator.log();
    // Whose keys they are is asked beside the exchange.
    let calls = log
        .actions()
        .into_iter()
        .filter(|it| *it != "GetCallerIdentity");
    let asked = asked.exists().then_some("code");
    asked.into_iter().chain(calls).collect::<Vec<_>>().join(" ")
}

#[test]
fn what_asks_for_a_code() {
    let mut wrong = Vec::new();
    for row in ROWS {
        let mut stage = Stage::new();
        (row.situation)(&mut stage);
        for (name, before, after) in USES {
            let expected = if *name == "env" { row.env } else { row.others };
            let code_command: &[&str] = &["--code-command", "print-code"];
            let cost = cost(&stage, &[*before, row.args, code_command, *after].concat());
            if cost != expected {
                wrong.push(format!("{}, {name}: {cost:?}, not {expected:?}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
