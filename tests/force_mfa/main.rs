//! docs/force-mfa.md: evaluates its policies for every call of awsmfa, and checks every row of its
//! tables.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod iam;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use awsmfa_test_support::{missing, tools_folder};
use iam::{Policy, Request, Verdict, evaluate};
use serde_json::{Value, json};

const GET_CALLER_IDENTITY: &str = "sts:GetCallerIdentity";
const GET_SESSION_TOKEN: &str = "sts:GetSessionToken";
const ASSUME_ROLE: &str = "sts:AssumeRole";
const LIST_MFA_DEVICES: &str = "iam:ListMFADevices";
const LIST_VIRTUAL_MFA_DEVICES: &str = "iam:ListVirtualMFADevices";
const CREATE_VIRTUAL_MFA_DEVICE: &str = "iam:CreateVirtualMFADevice";
const ENABLE_MFA_DEVICE: &str = "iam:EnableMFADevice";
const DEACTIVATE_MFA_DEVICE: &str = "iam:DeactivateMFADevice";
const DELETE_VIRTUAL_MFA_DEVICE: &str = "iam:DeleteVirtualMFADevice";
const RESYNC_MFA_DEVICE: &str = "iam:ResyncMFADevice";
const ANYTHING_ELSE: &str = "s3:ListAllMyBuckets";

/// The verbs that call AWS, and the actions that each may need.
const VERBS: &[(&str, &[&str])] = &[
    (
        "env",
        &[
            GET_CALLER_IDENTITY,
            LIST_MFA_DEVICES,
            GET_SESSION_TOKEN,
            ASSUME_ROLE,
        ],
    ),
    (
        "exec",
        &[
            GET_CALLER_IDENTITY,
            LIST_MFA_DEVICES,
            GET_SESSION_TOKEN,
            ASSUME_ROLE,
        ],
    ),
    ("doctor", &[GET_CALLER_IDENTITY, LIST_MFA_DEVICES]),
    ("device list", &[LIST_MFA_DEVICES]),
    (
        "device enroll",
        &[
            GET_CALLER_IDENTITY,
            LIST_MFA_DEVICES,
            CREATE_VIRTUAL_MFA_DEVICE,
            // Whether the name is free.
            LIST_VIRTUAL_MFA_DEVICES,
            ENABLE_MFA_DEVICE,
            // Waits until STS knows the device.
            GET_SESSION_TOKEN,
            // Cleans up.
            DELETE_VIRTUAL_MFA_DEVICE,
        ],
    ),
    (
        "device remove",
        &[
            GET_CALLER_IDENTITY,
            LIST_MFA_DEVICES,
            LIST_VIRTUAL_MFA_DEVICES,
            DEACTIVATE_MFA_DEVICE,
            DELETE_VIRTUAL_MFA_DEVICE,
        ],
    ),
];

const USERS: [&str; 2] = ["open.json", "strict.json"];
const ROLES: [&str; 2] = ["role-trust.json", "role-trust-age.json"];
const ACCOUNT: &str = "111122223333";

/// The credentials that sign a request.
#[derive(Clone, Copy)]
enum Signer {
    AccessKeys,
    /// The console without MFA.
    SessionWithoutMfa,
    /// The age in seconds.
    MfaSession(u32),
    /// `AssumeRole` with a code.
    AccessKeysAndCode,
    /// A role session has no user name and, as documented, no MFA.
    RoleSession,
}

const KEYS_ALONE: [Signer; 2] = [Signer::AccessKeys, Signer::SessionWithoutMfa];

fn context(signer: Signer) -> BTreeMap<&'static str, String> {
    let (user, mfa, age) = match signer {
        Signer::AccessKeys => (true, None, None),
        Signer::SessionWithoutMfa => (true, Some(false), None),
        Signer::MfaSession(age) => (true, Some(true), Some(age)),
        Signer::AccessKeysAndCode => (true, Some(true), Some(0)),
        Signer::RoleSession => (false, Some(false), None),
    };
    let user = user.then(|| ("aws:username", "sam".to_owned()));
    let mfa = mfa.map(|mfa| ("aws:multifactorauthpresent", mfa.to_string()));
    let age = age.map(|age| ("aws:multifactorauthage", age.to_string()));
    [user, mfa, age].into_iter().flatten().collect()
}

/// A call of the user `sam`; `device` is the name of a virtual device.
fn call(action: &str, device: &str, signer: Signer) -> Request {
    let resource = match action {
        CREATE_VIRTUAL_MFA_DEVICE | DELETE_VIRTUAL_MFA_DEVICE => Some(format!("mfa/{device}")),
        LIST_MFA_DEVICES | ENABLE_MFA_DEVICE | DEACTIVATE_MFA_DEVICE | RESYNC_MFA_DEVICE => {
            Some("user/sam".to_owned())
        }
        ASSUME_ROLE => Some("role/dev".to_owned()),
        // The action has no resources, or the policies name none for it.
        _ => None,
    };
    let arn = resource.map(|resource| format!("arn:aws:iam::{ACCOUNT}:{resource}"));
    Request {
        action: action.to_owned(),
        resource: arn.unwrap_or_else(|| "*".to_owned()),
        account: ACCOUNT.to_owned(),
        context: context(signer),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    fs::read_to_string(root().join("docs/force-mfa").join(name)).unwrap()
}

fn of_users(name: &str) -> Policy {
    Policy::of_users(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn of_a_role(name: &str) -> Policy {
    Policy::of_a_role(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// One statement about everything, completed by `rest`.
fn about_everything(rest: &Value) -> Policy {
    let mut statement = json!({"Sid": "Any", "Action": "*", "Resource": "*"});
    let rest = rest.as_object().unwrap().clone();
    statement.as_object_mut().unwrap().extend(rest);
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    Policy::of_users(&document.to_string()).unwrap()
}

/// What an administrator has besides the policies.
fn full_access() -> Policy {
    about_everything(&json!({"Effect": "Allow"}))
}

fn page() -> String {
    fs::read_to_string(root().join("docs/force-mfa.md")).unwrap()
}

/// The cells of the first table after this heading, including the head.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = page();
    let (_, section) = page.split_once(&format!("{heading}\n")).unwrap();
    section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .filter(|line| !line.starts_with("|---"))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

fn code_spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn yes_or_no(cell: &str) -> bool {
    match cell {
        "yes" => true,
        "no" => false,
        other => panic!("neither yes nor no: {other:?}"),
    }
}

#[test]
fn the_page_names_every_file_and_no_other() {
    let folder = fs::read_dir(root().join("docs/force-mfa")).unwrap();
    let there: BTreeSet<String> = folder
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        there,
        USERS.into_iter().chain(ROLES).map(str::to_owned).collect()
    );
    let rows = table("# Policies that force MFA");
    let listed = rows.iter().skip(1).map(|row| {
        let (name, link) = row[0].split_once("](force-mfa/").unwrap();
        assert_eq!(name[1..], link[..link.len() - 1]);
        name[1..].to_owned()
    });
    assert_eq!(there, listed.collect());
}

#[test]
fn the_documents_are_policies_that_iam_takes() {
    let users = USERS.map(|name| (name, Policy::of_users(&text(name)), 6144));
    let roles = ROLES.map(|name| (name, Policy::of_a_role(&text(name)), 2048));
    for (name, policy, limit) in users.into_iter().chain(roles) {
        policy.unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = text(name);
        // IAM does not count white space.
        let length = text.chars().filter(|c| !c.is_whitespace()).count();
        assert!(length <= limit, "{name}: {length}");
        let fits = |c| matches!(c, '\n' | ' '..='~');
        assert!(text.chars().all(fits), "{name}");
    }
}

/// Moto knows IAM's grammar, botocore knows the actions, and the AWS CLI runs the page's commands with
/// moto.
#[test]
fn moto_and_botocore_accept_documents_actions_and_commands() {
    let Some(answer) = referee() else {
        return;
    };
    for kind in ["users", "roles"] {
        let refusals = answer[kind].as_array().unwrap();
        let (broken, ours) = refusals.split_last().unwrap();
        assert!(broken.is_string(), "{kind}: moto accepts a broken document");
        assert!(ours.iter().all(Value::is_null), "{kind}: {ours:?}");
    }
    let known: BTreeSet<&str> = operations(answer).collect();
    for policy in USERS.map(of_users).iter().chain(&ROLES.map(of_a_role)) {
        for denies in [false, true] {
            let named = policy.named_actions(denies);
            assert!(named.is_subset(&known), "{named:?}");
        }
    }
    let codes = answer["lines"].as_array().unwrap();
    assert!(
        codes.len() == 3 && codes.iter().all(|code| *code == 0),
        "{codes:?}"
    );
}

/// What a policy for users allows without MFA.
fn open_without_mfa(name: &str) -> BTreeSet<&'static str> {
    let always = [LIST_MFA_DEVICES, RESYNC_MFA_DEVICE, GET_SESSION_TOKEN];
    let first_device = [
        CREATE_VIRTUAL_MFA_DEVICE,
        DELETE_VIRTUAL_MFA_DEVICE,
        ENABLE_MFA_DEVICE,
        LIST_VIRTUAL_MFA_DEVICES,
    ];
    let first_device = first_device.into_iter().filter(|_| name == "open.json");
    always.into_iter().chain(first_device).collect()
}

#[test]
fn the_documents_name_these_actions_and_no_other() {
    // The policies of a role allow AssumeRole.
    let called = VERBS.iter().flat_map(|(_, actions)| *actions).copied();
    let mut granted: BTreeSet<&str> = called
        .filter(|action| ![GET_CALLER_IDENTITY, GET_SESSION_TOKEN, ASSUME_ROLE].contains(action))
        .collect();
    granted.insert(RESYNC_MFA_DEVICE);
    for name in USERS {
        assert_eq!(of_users(name).named_actions(false), granted, "{name}");
        assert_eq!(
            of_users(name).named_actions(true),
            open_without_mfa(name),
            "{name}"
        );
    }
    for name in ROLES {
        assert_eq!(
            of_a_role(name).named_actions(false),
            [ASSUME_ROLE].into(),
            "{name}"
        );
        assert!(of_a_role(name).named_actions(true).is_empty(), "{name}");
    }
}

/// Whatever AWS can do, keys alone can do only what the page says, and with MFA nothing is denied.
#[test]
fn without_mfa_nothing_else_is_open() {
    let Some(answer) = referee() else {
        return;
    };
    for name in USERS {
        let (policy, full) = (of_users(name), full_access());
        let allowed = |signer| -> BTreeSet<&str> {
            let allowed = |action: &&str| {
                evaluate(&[&policy, &full], &call(action, "sam", signer)) == Verdict::Allowed
            };
            operations(answer).filter(allowed).collect()
        };
        for signer in KEYS_ALONE.into_iter().chain([Signer::RoleSession]) {
            assert_eq!(allowed(signer), open_without_mfa(name), "{name}");
        }
        assert_eq!(
            allowed(Signer::MfaSession(0)),
            operations(answer).collect(),
            "{name}"
        );
    }
}

fn operations(answer: &Value) -> impl Iterator<Item = &str> {
    answer["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action.as_str().unwrap())
}

/// One result for all tests: the AWS CLI takes seconds to load.
fn referee() -> Option<&'static Value> {
    static ANSWER: OnceLock<Option<Value>> = OnceLock::new();
    ANSWER.get_or_init(ask_the_referee).as_ref()
}

fn ask_the_referee() -> Option<Value> {
    let python = tools_folder().join("venv/bin/python3");
    if !python.exists() {
        missing("moto");
        return None;
    }
    let broken = |name: &str| text(name).replace("2012-10-17", "2012-10-18");
    let page = page();
    let commands = page.split("```").nth(1).unwrap().lines().skip(1);
    let asked = json!({
        "users": [text(USERS[0]), text(USERS[1]), broken(USERS[0])],
        "roles": [text(ROLES[0]), text(ROLES[1]), broken(ROLES[0])],
        "services": ["iam", "sts", "s3", "ec2", "kms"],
        "lines": commands.collect::<Vec<_>>(),
    });
    let mut child = Command::new(python)
        .arg(root().join("tests/force_mfa/referee.py"))
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    serde_json::to_writer(child.stdin.take().unwrap(), &asked).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn open_and_strict_differ_in_what_needs_no_mfa_alone() {
    let [open, strict] = USERS.map(|name| serde_json::from_str::<Value>(&text(name)).unwrap());
    let (open, strict) = (
        open["Statement"].as_array().unwrap(),
        strict["Statement"].as_array().unwrap(),
    );
    let different: Vec<_> = open
        .iter()
        .zip(strict)
        .filter(|(open, strict)| open != strict)
        .collect();
    let [(open, strict)] = different[..] else {
        panic!("{different:?}");
    };
    let (mut open, mut strict) = (open.clone(), strict.clone());
    for statement in [&mut open, &mut strict] {
        assert!(
            statement
                .as_object_mut()
                .unwrap()
                .remove("NotAction")
                .is_some()
        );
    }
    assert_eq!(open, strict);
}

/// The verbs of a row of "What works", and their calls.
fn calls_of(row: &str) -> (&'static [&'static str], Vec<&'static str>) {
    let of = |verb: &str| VERBS.iter().find(|(name, _)| *name == verb).unwrap().1;
    let but = |actions: &[&'static str], left_out: &str| -> Vec<&'static str> {
        let others = actions.iter().filter(|action| **action != left_out);
        others.copied().collect()
    };
    match row.split(" (").next().unwrap() {
        "start an MFA session" => (&["env", "exec", "doctor"], but(of("env"), ASSUME_ROLE)),
        "list your devices" => (&["device list"], of("device list").to_vec()),
        "enrol a device" => (&["device enroll"], of("device enroll").to_vec()),
        "remove an enabled device" => (&["device remove"], of("device remove").to_vec()),
        "remove a device that was never enabled" => (
            &["device remove"],
            but(of("device remove"), DEACTIVATE_MFA_DEVICE),
        ),
        "assume a role" => (&["env", "exec"], vec![ASSUME_ROLE]),
        "anything else" => (&[], vec![ANYTHING_ELSE]),
        other => panic!("no such row: {other}"),
    }
}

#[test]
fn what_works_is_what_the_table_says() {
    let rows = table("## What works");
    assert_eq!(
        rows[0],
        ["", "keys alone, open", "keys alone, strict", "with MFA"]
    );
    assert_eq!(rows.len(), 8);
    let full = full_access();
    for row in &rows[1..] {
        let (_, calls) = calls_of(&row[0]);
        let check = |policy: &Policy, signer: Signer, cell: &str| {
            let verdict = |policies: &[&Policy], action: &str| {
                evaluate(policies, &call(action, "sam", signer))
            };
            // This policy allows only what concerns devices; the user's other policies allow the rest.
            let granted = |action: &str| match action {
                GET_CALLER_IDENTITY | GET_SESSION_TOKEN => true,
                ASSUME_ROLE | ANYTHING_ELSE => {
                    verdict(&[policy, &full], action) == Verdict::Allowed
                }
                _ => verdict(&[policy], action) == Verdict::Allowed,
            };
            // AWS says that no policy can deny GetSessionToken; these policies do not rely on that.
            let denied = |action: &str| {
                action != GET_CALLER_IDENTITY
                    && verdict(&[policy, &full], action) == Verdict::Denied
            };
            let yes = yes_or_no(cell);
            assert_eq!(calls.iter().all(|action| granted(action)), yes, "{row:?}");
            assert_eq!(calls.iter().any(|action| denied(action)), !yes, "{row:?}");
        };
        for (name, cell) in USERS.into_iter().zip(&row[1..]) {
            for signer in KEYS_ALONE {
                check(&of_users(name), signer, cell);
            }
            check(&of_users(name), Signer::MfaSession(100_000), &row[3]);
        }
    }
    let mut meant: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in &rows[1..] {
        let (verbs, calls) = calls_of(&row[0]);
        for verb in verbs {
            meant.entry(verb).or_default().extend(&calls);
        }
    }
    for (verb, actions) in VERBS {
        let actions: BTreeSet<&str> = actions.iter().copied().collect();
        assert!(
            actions.is_subset(&meant[verb]),
            "the rows leave out a call of {verb}"
        );
    }
}

#[test]
fn users_with_a_path_and_other_partitions_are_covered() {
    for name in USERS {
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            let text = text(name).replace("arn:aws:", &format!("arn:{partition}:"));
            let policy = Policy::of_users(&text).unwrap();
            for user in ["user/sam", "user/team/emea/sam"] {
                let mut request = call(DEACTIVATE_MFA_DEVICE, "sam", Signer::MfaSession(0));
                request.resource = format!("arn:{partition}:iam::{ACCOUNT}:{user}");
                assert_eq!(evaluate(&[&policy], &request), Verdict::Allowed, "{user}");
            }
            for other in [
                "user/samira",
                "user/sam/bob",
                "user/team/samira",
                "role/sam",
            ] {
                let mut request = call(DEACTIVATE_MFA_DEVICE, "sam", Signer::MfaSession(0));
                request.resource = format!("arn:{partition}:iam::{ACCOUNT}:{other}");
                assert_eq!(
                    evaluate(&[&policy], &request),
                    Verdict::NotAllowed,
                    "{other}"
                );
            }
        }
    }
}

#[test]
fn a_user_in_both_groups_is_under_strict() {
    let (open, strict, full) = (
        of_users("open.json"),
        of_users("strict.json"),
        full_access(),
    );
    for (_, actions) in VERBS {
        for action in *actions {
            for signer in [
                Signer::AccessKeys,
                Signer::SessionWithoutMfa,
                Signer::MfaSession(0),
            ] {
                let request = call(action, "sam", signer);
                assert_eq!(
                    evaluate(&[&open, &strict, &full], &request),
                    evaluate(&[&strict, &full], &request),
                    "{action}"
                );
            }
        }
    }
}

#[test]
fn device_names_are_what_the_table_says() {
    let rows = table("## Device names");
    let names = code_spans(&rows[0][1..].join(" "))
        .iter()
        .map(|&name| name.to_owned())
        .collect::<Vec<_>>();
    assert_eq!(names, ["sam", "sam-phone", "phone", "samira"]);
    assert_eq!(rows.len(), 5);
    for row in &rows[1..] {
        let patterns = code_spans(&row[0])
            .into_iter()
            .map(|name| format!("arn:aws:iam::*:{name}"));
        let patterns: Vec<String> = patterns.collect();
        let table = about_everything(&json!({"Effect": "Allow", "Resource": patterns}));
        for (name, cell) in names.iter().zip(&row[1..]) {
            for action in [CREATE_VIRTUAL_MFA_DEVICE, DELETE_VIRTUAL_MFA_DEVICE] {
                let request = call(action, name, Signer::MfaSession(0));
                let allowed = evaluate(&[&table], &request) == Verdict::Allowed;
                assert_eq!(allowed, yes_or_no(cell), "{row:?} {name}");
                if row[0].ends_with("(in the files)") {
                    for file in USERS {
                        let ours = evaluate(&[&of_users(file)], &request) == Verdict::Allowed;
                        assert_eq!(ours, allowed, "{file} {name}");
                    }
                }
            }
        }
    }
    let in_the_files = rows.iter().filter(|row| row[0].ends_with("(in the files)"));
    assert_eq!(in_the_files.count(), 1);
}

#[test]
fn the_operators_do_what_the_table_says() {
    let rows = table("## Why `BoolIfExists`");
    assert_eq!(
        rows[0][1..],
        ["access keys", "session without MFA", "session with MFA"]
    );
    assert_eq!(rows.len(), 5);
    let full = full_access();
    let signers = [
        Signer::AccessKeys,
        Signer::SessionWithoutMfa,
        Signer::MfaSession(0),
    ];
    for row in &rows[1..] {
        let [effect, operator, value] = code_spans(&row[0])[..] else {
            panic!("{row:?}");
        };
        let condition = json!({operator: {"aws:MultiFactorAuthPresent": value}});
        let policy = about_everything(&json!({"Effect": effect, "Condition": condition}));
        for (signer, cell) in signers.into_iter().zip(&row[1..]) {
            let request = call(ANYTHING_ELSE, "", signer);
            let expected = match (effect, evaluate(&[&policy], &request)) {
                ("Deny", Verdict::Denied) => "denied",
                ("Deny", _) => "not denied",
                ("Allow", Verdict::Allowed) => "allowed",
                _ => "not allowed",
            };
            assert_eq!(cell, expected, "{row:?}");
            if effect == "Deny" {
                let open = evaluate(&[&policy, &full], &request) == Verdict::Allowed;
                assert_eq!(open, cell == "not denied", "{row:?}");
            }
        }
    }
}

#[test]
fn roles_are_assumed_as_the_table_says() {
    let rows = table("## Roles");
    assert_eq!(rows[0][1..], ROLES);
    assert_eq!(rows.len(), 5);
    for row in &rows[1..] {
        let signer = match row[0].as_str() {
            "access keys, no code" => Signer::AccessKeys,
            "an MFA session, 5 minutes old" => Signer::MfaSession(300),
            "an MFA session, 2 hours old" => Signer::MfaSession(7200),
            "access keys and a code (`--no-session`)" => Signer::AccessKeysAndCode,
            other => panic!("no such row: {other}"),
        };
        for (name, cell) in ROLES.into_iter().zip(&row[1..]) {
            let mut request = call(ASSUME_ROLE, "", signer);
            let trusted = evaluate(&[&of_a_role(name)], &request) == Verdict::Allowed;
            assert_eq!(trusted, yes_or_no(cell), "{row:?} {name}");
            request.account = "444455556666".to_owned();
            assert_eq!(
                evaluate(&[&of_a_role(name)], &request),
                Verdict::NotAllowed,
                "{name}"
            );
        }
    }
    for name in ROLES {
        for signer in [Signer::SessionWithoutMfa, Signer::RoleSession] {
            let request = call(ASSUME_ROLE, "", signer);
            assert_eq!(
                evaluate(&[&of_a_role(name)], &request),
                Verdict::NotAllowed,
                "{name}"
            );
        }
    }
}

/// Each row of "When AWS denies a call" has a request that gets that denial.
#[test]
fn the_denials_of_the_last_table_happen() {
    let (open, strict) = (of_users("open.json"), of_users("strict.json"));
    let own = about_everything(&json!({"Effect": "Allow", "Action": "s3:*"}));
    let keys = |action| call(action, "sam", Signer::AccessKeys);
    let with_mfa = |action, device| call(action, device, Signer::MfaSession(0));
    let denials: [(&Policy, Request, Verdict); 8] = [
        (&own, keys(LIST_MFA_DEVICES), Verdict::NotAllowed),
        (&strict, keys(CREATE_VIRTUAL_MFA_DEVICE), Verdict::Denied),
        (
            &open,
            call(CREATE_VIRTUAL_MFA_DEVICE, "phone", Signer::AccessKeys),
            Verdict::NotAllowed,
        ),
        (&open, keys(DEACTIVATE_MFA_DEVICE), Verdict::Denied),
        (&strict, keys(DELETE_VIRTUAL_MFA_DEVICE), Verdict::Denied),
        (
            &strict,
            with_mfa(DELETE_VIRTUAL_MFA_DEVICE, "phone"),
            Verdict::NotAllowed,
        ),
        (&strict, keys(ASSUME_ROLE), Verdict::Denied),
        (&strict, with_mfa(ASSUME_ROLE, ""), Verdict::NotAllowed),
    ];
    let rows = table("## When AWS denies a call");
    assert_eq!(rows.len(), denials.len() + 1);
    for (row, (policy, request, verdict)) in rows[1..].iter().zip(denials) {
        assert_eq!(code_spans(&row[0]), [request.action.as_str()]);
        assert_eq!(yes_or_no(&row[1]), verdict == Verdict::Denied, "{row:?}");
        assert_eq!(evaluate(&[policy], &request), verdict, "{row:?}");
    }
}
