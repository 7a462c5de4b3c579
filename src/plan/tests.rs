#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use clap::Parser;

use super::*;
use crate::cli::{Cli, Command};
use crate::environment::VARIABLES;
use crate::error::USAGE;
use crate::memory::{Memory, NewSession};
use crate::plan::source::KeysFrom;
use crate::testing::{
    ALICE, BOB, BOBS_KEYS, DEVICE, KEYS, apply, environment, files, in_session, keys, new_session,
    owner,
};

const DEV: &str = "arn:aws:iam::111122223333:role/dev";
const ADMIN: &str = "arn:aws:iam::111122223333:role/admin";

/// alice in `default`, bob in `bob`, and roles that alice assumes.
fn config() -> String {
    format!(
        "[default]
region = eu-central-1
mfa_serial = {DEVICE}
{KEYS}
[profile bob]
{BOBS_KEYS}
[profile dev]
role_arn = {DEV}
source_profile = default
external_id = of-the-profile
role_session_name = of-the-profile
[profile admin]
role_arn = {ADMIN}
source_profile = default
duration_seconds = 7200
[profile chained]
role_arn = {ADMIN}
source_profile = dev
"
    )
}

fn wanted_in(environment: &Environment, config: &str, arguments: &[&str]) -> Result<Plan, Error> {
    let command = ["awsmfa", "env"].iter().chain(arguments);
    let Command::Env(env) = Cli::try_parse_from(command).unwrap().command else {
        unreachable!("the verb is env");
    };
    let context = Context::with_files(environment.clone(), files(config, ""));
    Plan::new(&env.session, &context)
}

#[track_caller]
fn plan(variables: &[(&str, &str)], arguments: &[&str]) -> Plan {
    wanted_in(&environment(variables), &config(), arguments).unwrap()
}

fn problem(variables: &[(&str, &str)], config: &str, arguments: &[&str]) -> Error {
    wanted_in(&environment(variables), config, arguments).unwrap_err()
}

const BOBS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", BOB),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
];

/// The environment in a session of bob, started with his profile.
fn bobs_session() -> Environment {
    let target = Target {
        profile: Some("bob".to_owned()),
        ..Target::default()
    };
    in_session(&environment(&[]), target, &owner(Some("bob"), BOB), None)
}

fn with(mut environment: Environment, variables: &[(&str, &str)]) -> Environment {
    for (name, value) in variables {
        environment.put(name, Some((*value).into()));
    }
    environment
}

#[test]
fn the_keys_come_from_the_first_match() {
    let profile = |name| ("AWS_PROFILE", name);
    let default_profile = |name| ("AWS_DEFAULT_PROFILE", name);
    let clean = || environment(&[]);
    let foreign = [
        ("AWS_ACCESS_KEY_ID", "ASIAI44QH8DHBEXAMPLE"),
        BOBS[1],
        ("AWS_SESSION_TOKEN", "t"),
    ];
    let cases: &[(Environment, &[&str], &str)] = &[
        (clean(), &[], "default"),
        (clean(), &["-p", "bob"], "bob"),
        (with(clean(), &[profile("bob")]), &[], "bob"),
        (with(clean(), &[default_profile("bob")]), &[], "bob"),
        (
            with(clean(), &[profile("default"), default_profile("bob")]),
            &[],
            "default",
        ),
        (
            with(clean(), &[profile(""), default_profile("bob")]),
            &[],
            "bob",
        ),
        (
            with(clean(), &[profile("bob")]),
            &["-p", "default"],
            "default",
        ),
        (with(clean(), &BOBS), &[], "env"),
        (with(clean(), &BOBS), &["-p", "default"], "default"),
        (
            with(with(clean(), &BOBS), &[profile("default")]),
            &[],
            "default",
        ),
        (with(clean(), &foreign), &[], "default"),
        // In a session: first what was set since, then what the session records.
        (bobs_session(), &[], "bob"),
        (bobs_session(), &["-p", "default"], "default"),
        (with(bobs_session(), &[profile("default")]), &[], "default"),
        (
            with(bobs_session(), &[default_profile("default")]),
            &[],
            "default",
        ),
        (with(bobs_session(), &[profile("")]), &[], "bob"),
        // Another program's session keys are set, so the bookkeeping does not count.
        (with(bobs_session(), &foreign), &[], "default"),
    ];
    for (index, (environment, arguments, source)) in cases.iter().enumerate() {
        let plan = wanted_in(environment, &config(), arguments).unwrap();
        let found = plan.source.profile.as_deref().unwrap_or("env");
        assert_eq!(found, *source, "case {index}");
    }
}

#[test]
fn a_session_that_began_with_keys_of_the_environment_finds_them_again() {
    let before = environment(&BOBS);
    let now = in_session(&before, Target::default(), &owner(None, BOB), None);
    let plan = wanted_in(&now, &config(), &[]).unwrap();
    assert_eq!(plan.source.profile, None);
    assert_eq!(plan.source.keys, KeysFrom::Known(keys(BOB)));
}

#[test]
fn a_session_that_failed_leaves_its_source_to_the_next_try() {
    use crate::memory::MfaSession;
    let before = environment(&[]);
    let kept = MfaSession {
        owner: owner(Some("bob"), BOB),
        session: crate::testing::session("ASIAIOSFODNN7EXAMPLE"),
    };
    let now = apply(&Memory::read(&before).keep(&before, &kept, None), &before);
    let plan = wanted_in(&now, &config(), &[]).unwrap();
    assert_eq!(plan.source.profile.as_deref(), Some("bob"));
}

#[test]
fn no_source_is_said_with_what_stands_there() {
    let session = [("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"), BOBS[1]];
    let error = problem(&session, "", &[]);
    assert!(
        error.to_string().contains("only temporary credentials"),
        "{error}"
    );
    let error = problem(&[], &format!("[profile bob]\n{BOBS_KEYS}"), &[]);
    assert!(
        error.to_string().contains("config and credentials"),
        "{error}"
    );
    assert_eq!(error.hint.unwrap(), "name a profile with --profile: bob");
}

#[test]
fn the_device_is_the_first_that_is_named() {
    let variable = [("AWS_MFA_SERIAL", "GAHT-VARIABLE")];
    let serial = |plan: Plan| plan.serial.map(|serial| serial.text);
    let of = |variables: &[_], arguments: &[_]| serial(plan(variables, arguments));
    assert_eq!(
        of(&variable, &["--serial", "GAHT-OPTION"]).as_deref(),
        Some("GAHT-OPTION")
    );
    assert_eq!(of(&variable, &[]).as_deref(), Some(DEVICE));
    assert_eq!(
        of(&variable, &["-p", "bob"]).as_deref(),
        Some("GAHT-VARIABLE")
    );
    assert_eq!(of(&[("AWS_MFA_SERIAL", "")], &["-p", "bob"]), None);
    // The source's device if the role names none, otherwise the role's.
    assert_eq!(of(&[], &["-p", "chained"]).as_deref(), Some(DEVICE));
    let nearer = config() + "mfa_serial = GAHT-OF-CHAINED\n";
    let plan = wanted_in(&environment(&[]), &nearer, &["-p", "chained"]).unwrap();
    assert_eq!(serial(plan).as_deref(), Some("GAHT-OF-CHAINED"));
}

#[test]
fn what_cannot_be_a_device_is_refused() {
    for serial in [
        "",
        "phone",
        "my phone 1234",
        "arn:aws:iam::123456789012:user/alice",
        "arn:aws:iam::1234:mfa/alice",
        "arn:aws:iam::123456789012:u2f/user/alice/k",
        "arn:aws:iam::123456789012:fido-security-key/k",
        &*"x".repeat(257),
    ] {
        let config = format!("[default]\n{KEYS}mfa_serial = {serial}\n");
        let error = problem(&[], &config, &[]).to_string();
        assert!(
            error.starts_with("profile default, config line 4: mfa_serial is "),
            "{error}"
        );
    }
    let other = format!("[default]\n{KEYS}mfa_serial = {DEVICE}\naws_account_id = 444455556666\n");
    assert_eq!(
        problem(&[], &other, &[]).to_string(),
        format!(
            "profile default, config line 4: mfa_serial = {DEVICE} is in the account 123456789012, the keys \
             are in 444455556666 (profile default, config line 5: aws_account_id)"
        )
    );
    let gov = ["--role-arn", "arn:aws-us-gov:iam::123456789012:role/dev"];
    let error = problem(&[], &config(), &gov).to_string();
    assert!(error.ends_with("are in different partitions"), "{error}");
}

#[test]
fn durations_and_who_names_them() {
    let hours = Duration::from_hours;
    let minutes = Duration::from_mins;
    let mfa = ("AWSMFA_DURATION", "8h");
    let behind = ("AWSMFA_SESSION_DURATION", "9h");
    let of = |variables: &[_], arguments: &[_]| {
        let plan = plan(variables, arguments);
        (plan.mfa_duration, plan.role_duration)
    };
    // The user's own session.
    assert_eq!(of(&[], &[]).0, hours(12));
    assert_eq!(of(&[], &["-d", "36h"]).0, hours(36));
    assert_eq!(of(&[mfa, behind], &[]).0, hours(8));
    assert_eq!(of(&[mfa], &["-d", "1h"]).0, hours(1));
    // A role and the MFA session behind it.
    assert_eq!(of(&[], &["-p", "dev"]), (hours(12), hours(1)));
    assert_eq!(of(&[mfa], &["-p", "dev"]), (hours(8), hours(1)));
    assert_eq!(of(&[mfa, behind], &["-p", "dev"]), (hours(9), hours(1)));
    assert_eq!(
        of(&[], &["-p", "dev", "-d", "30m", "--session-duration", "2h"]),
        (hours(2), minutes(30))
    );
    assert_eq!(of(&[], &["-p", "admin"]).1, hours(2));
    assert_eq!(of(&[], &["-p", "admin", "-d", "20m"]).1, minutes(20));
}

#[test]
fn longer_than_an_hour_takes_the_code_or_is_cut() {
    let of = |arguments: &[_]| {
        let plan = plan(&[], arguments);
        (plan.sends_code_with_role(), plan.notices.join("\n"))
    };
    assert_eq!(of(&["-p", "dev"]), (false, String::new()));
    assert_eq!(of(&["-p", "dev", "-d", "1h"]), (false, String::new()));
    assert_eq!(of(&["-p", "dev", "--no-session"]), (true, String::new()));
    for arguments in [&["-p", "dev", "-d", "4h"][..], &["-p", "admin"]] {
        let (sends, notice) = of(arguments);
        assert!(sends && notice.contains("gives no MFA session"), "{notice}");
    }
    let (sends, notice) = of(&["-p", "chained", "-d", "4h"]);
    assert!(
        !sends && notice.contains("4h is cut to an hour"),
        "{notice}"
    );
    assert_eq!(
        plan(&[], &["-p", "chained", "-d", "4h"]).role_duration,
        CHAINED
    );
}

#[test]
fn durations_out_of_range_are_usage_where_an_option_said_them() {
    for (variables, arguments, usage) in [
        (&[][..], &["-d", "14m"][..], true),
        (&[], &["-d", "37h"], true),
        (&[], &["-p", "dev", "-d", "13h"], true),
        (&[], &["-p", "dev", "--session-duration", "37h"], true),
        (&[("AWSMFA_DURATION", "37h")], &[], false),
        (&[("AWSMFA_DURATION", "soon")], &[], false),
        (&[("AWSMFA_SESSION_DURATION", "1m")], &["-p", "dev"], false),
        (&[("AWSMFA_RENEW_WITHIN", "soon")], &[], false),
    ] {
        let error = problem(variables, &config(), arguments);
        assert_eq!(error.exit == USAGE, usage, "{error}");
    }
}

#[test]
fn a_bare_call_repeats_the_whole_target_and_options_go_on_top() {
    let target = Target {
        profile: Some("default".to_owned()),
        role_arn: Some(DEV.to_owned()),
        role_session_name: Some("name".to_owned()),
        external_id: Some("id-7".to_owned()),
        duration: Some(Duration::from_mins(30)),
        session_duration: Some(Duration::from_hours(9)),
        serial: Some("GAHT12345678".to_owned()),
        region: Some("eu-west-1".to_owned()),
        no_session: true,
    };
    let alice = owner(Some("default"), ALICE);
    let now = in_session(&environment(&[]), target.clone(), &alice, Some(DEV));
    let of = |arguments: &[_]| wanted_in(&now, &config(), arguments).unwrap();
    let bare = of(&[]);
    assert_eq!(bare.target, target);
    assert_eq!(bare.role_duration, Duration::from_mins(30));
    assert_eq!(bare.mfa_duration, Duration::from_hours(9));
    assert_eq!(bare.serial.as_ref().unwrap().text, "GAHT12345678");
    assert_eq!(bare.endpoint.region.text, "eu-west-1");
    assert!(bare.no_session && bare.has_same_target(&world_of(&now).unwrap()));

    let longer = of(&["-d", "45m"]);
    assert_eq!(longer.target.duration, Some(Duration::from_mins(45)));
    assert_eq!(longer.target.external_id, target.external_id);
    // Another role: the options of the last one do not apply.
    let other = of(&["--role-arn", ADMIN]);
    assert_eq!(other.target.external_id, None);
    assert_eq!(other.target.role_session_name, None);
    assert_eq!(other.target.duration, None);
    assert_eq!(other.target.serial, target.serial);
    assert!(!other.no_session);
    // A profile: an entirely new target.
    assert_eq!(
        of(&["-p", "dev"]).target,
        Target {
            profile: Some("dev".to_owned()),
            ..Target::default()
        }
    );
}

fn world_of(environment: &Environment) -> Option<CurrentSession> {
    Memory::read(environment).current
}

#[test]
fn only_the_same_target_has_same_target() {
    let target = Target {
        profile: Some("dev".to_owned()),
        ..Target::default()
    };
    let alice = owner(Some("default"), ALICE);
    let now = in_session(&environment(&[]), target, &alice, Some(DEV));
    let current = world_of(&now).unwrap();
    for (arguments, current_variables) in [
        (&["-p", "dev"][..], true),
        (&[], true),
        (&["-p", "dev", "-d", "30m"], true),
        (&["-p", "admin"], false),
        (&["-p", "default"], false),
        (&["-p", "bob"], false),
        (&["-p", "dev", "--region", "eu-west-1"], false),
        (&["-p", "dev", "--external-id", "other"], false),
        (&["-p", "dev", "--role-session-name", "other"], false),
        (&["-p", "dev", "--no-session"], false),
        (&["--role-arn", ADMIN], false),
    ] {
        let plan = wanted_in(&now, &config(), arguments).unwrap();
        assert_eq!(
            plan.has_same_target(&current),
            current_variables,
            "{arguments:?}"
        );
    }
}

#[test]
fn the_same_user_is_the_same_keys_at_the_same_endpoint() {
    let of_keys = plan(&[], &[]);
    assert!(of_keys.has_same_user(&owner(Some("default"), ALICE)));
    assert!(of_keys.has_same_user(&owner(Some("another-name"), ALICE)));
    assert!(!of_keys.has_same_user(&owner(Some("default"), BOB)));
    let elsewhere = Owner {
        endpoint_url: Some("http://127.0.0.1:1".to_owned()),
        ..owner(Some("default"), ALICE)
    };
    assert!(!of_keys.has_same_user(&elsewhere));
    let there = plan(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:1")], &[]);
    assert!(there.has_same_user(&elsewhere));
    // The keys of a program are not known, so the profile decides.
    let process = "[default]\ncredential_process = keys\n";
    let process = wanted_in(&environment(&[]), process, &[]).unwrap();
    assert!(process.has_same_user(&owner(Some("default"), BOB)));
    assert!(!process.has_same_user(&owner(Some("bob"), BOB)));
}

#[test]
fn the_role_of_the_options_takes_the_place_of_the_profiles_own() {
    let of = |arguments: &[_]| plan(&[], arguments).hops;
    let arns = |hops: &[Hop]| -> Vec<String> {
        hops.iter().map(|hop| hop.role_arn.text.clone()).collect()
    };
    assert_eq!(arns(&of(&["--role-arn", ADMIN])), [ADMIN]);
    assert_eq!(arns(&of(&["-p", "dev", "--role-arn", ADMIN])), [ADMIN]);
    assert_eq!(arns(&of(&["-p", "chained", "--role-arn", DEV])), [DEV, DEV]);
    // The profile's external ID and session name belong to its own role.
    let hops = of(&["-p", "dev", "--role-arn", ADMIN]);
    assert_eq!(
        (
            hops[0].external_id.as_deref(),
            hops[0].role_session_name.as_deref()
        ),
        (None, None)
    );
    let hops = of(&["-p", "dev", "--external-id", "of-the-option"]);
    assert_eq!(hops[0].external_id.as_deref(), Some("of-the-option"));
    assert_eq!(hops[0].role_session_name.as_deref(), Some("of-the-profile"));
}

#[test]
fn options_of_a_role_need_one() {
    for arguments in [
        &["--external-id", "id"][..],
        &["--role-session-name", "name"],
        &["--session-duration", "1h"],
        &["--no-session"],
    ] {
        let error = problem(&[], &config(), arguments);
        let told = format!("{} needs a role", arguments[0]);
        assert_eq!((error.message, error.exit), (told, USAGE));
    }
    // The variable is set for good, so without a role it has no effect.
    assert!(!plan(&[("AWSMFA_NO_SESSION", "1")], &[]).sends_code_with_role());
    assert!(plan(&[("AWSMFA_NO_SESSION", "1")], &["-p", "dev"]).sends_code_with_role());
}

fn of_profile(plan: &Plan) -> Vec<(&str, &str)> {
    let of_profile = plan.settings.of_profile.iter();
    of_profile
        .map(|(variable, setting)| (&*variable.name, setting.text.as_str()))
        .collect()
}

#[test]
fn the_profiles_settings_are_the_targets_never_the_sources() {
    let config = format!(
        "[default]
{KEYS}
region = eu-central-1
use_fips_endpoint = true
ca_bundle = /source.pem
[profile dev]
role_arn = {DEV}
source_profile = default
use_dualstack_endpoint = true
ca_bundle = /target.pem
[profile url]
source_profile = default
role_arn = {DEV}
endpoint_url = http://127.0.0.1:1
[profile ignored]
source_profile = default
role_arn = {DEV}
endpoint_url = http://127.0.0.1:1
ignore_configured_endpoint_urls = true
"
    );
    let of = |arguments: &[_]| wanted_in(&environment(&[]), &config, arguments).unwrap();
    let dev = of(&["-p", "dev", "--region", "eu-west-1"]);
    assert_eq!(
        of_profile(&dev),
        [
            ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
            ("AWS_CA_BUNDLE", "/target.pem")
        ]
    );
    assert!(dev.endpoint.dualstack && !dev.endpoint.fips);
    assert_eq!(dev.settings.forced_region.as_deref(), Some("eu-west-1"));
    assert_eq!(
        of_profile(&of(&[])),
        [
            ("AWS_REGION", "eu-central-1"),
            ("AWS_DEFAULT_REGION", "eu-central-1"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_CA_BUNDLE", "/source.pem"),
        ]
    );
    let url = [("AWS_ENDPOINT_URL", "http://127.0.0.1:1")];
    assert_eq!(of_profile(&of(&["-p", "url"])), url);
    let ignored = [("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")];
    assert_eq!(of_profile(&of(&["-p", "ignored"])), ignored);
    assert_eq!(
        dev.ca_bundle.unwrap().place.to_string(),
        "profile dev, config line 12: ca_bundle"
    );
    // A variable that is set wins.
    let set = environment(&[("AWS_CA_BUNDLE", "/variable.pem")]);
    let plan = wanted_in(&set, &config, &["-p", "dev"]).unwrap();
    let ca_bundle = plan.ca_bundle.unwrap();
    assert_eq!(ca_bundle.text, "/variable.pem");
    assert_eq!(ca_bundle.place.to_string(), "AWS_CA_BUNDLE");
}

#[test]
fn every_variable_has_an_effect_and_is_restored() {
    let value = |key| match key {
        "endpoint_url" => "http://127.0.0.1:1",
        "region" => "eu-west-1",
        _ => "false",
    };
    let keys: BTreeSet<_> = VARIABLES.iter().filter_map(|v| v.profile_key()).collect();
    let keys: Vec<_> = keys
        .iter()
        .map(|key| format!("{key} = {}", value(key)))
        .collect();
    let keys = keys.join("\n");
    let plan = wanted_in(&environment(&[]), &format!("[default]\n{KEYS}{keys}"), &[]).unwrap();
    let notices = plan.session_notices.join("\n");
    assert!(!notices.contains("no variable stands for"), "{notices}");
    let start = NewSession {
        settings: plan.settings,
        ..new_session(Target::default(), &owner(None, ALICE), None)
    };
    for variable in VARIABLES {
        let name = &*variable.name;
        let unset = environment(&[]);
        let set = environment(&[(name, "before")]);
        let mut has_effect = false;
        for before in [&unset, &set] {
            let after = apply(&Memory::read(before).start(before, &start), before);
            has_effect |= after.get(name) != before.get(name);
            let restored = apply(&Memory::read(&after).unset(&after), &after);
            assert_eq!(restored.get(name), before.get(name), "{name}");
        }
        assert!(has_effect, "{name}");
        if let Some(key) = variable.profile_key() {
            let after = apply(&Memory::read(&unset).start(&unset, &start), &unset);
            assert_eq!(after.text(name).unwrap(), Some(value(key)), "{name}");
        }
    }
}

#[test]
fn the_program_for_the_code() {
    let with_process = format!("[default]\n{KEYS}mfa_process = of-the-profile\n");
    let variable = environment(&[("AWSMFA_CODE_COMMAND", "of-the-variable")]);
    let of = |config: &str, arguments: &[_]| {
        wanted_in(&variable, config, arguments)
            .unwrap()
            .code_command
            .map(|command| format!("{} by {}", command.text, command.place))
            .unwrap()
    };
    assert_eq!(
        of(&with_process, &["--code-command", "of-the-option"]),
        "of-the-option by --code-command"
    );
    assert_eq!(
        of(&with_process, &[]),
        "of-the-profile by profile default, config line 4: mfa_process"
    );
    assert_eq!(of(&config(), &[]), "of-the-variable by AWSMFA_CODE_COMMAND");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let latin = std::ffi::OsString::from_vec(vec![0xe9]);
    for name in [
        "AWS_PROFILE",
        "AWS_MFA_SERIAL",
        "AWSMFA_DURATION",
        "AWS_REGION",
    ] {
        let environment = Environment::from_pairs([(name.into(), latin.clone())]);
        let arguments: &[&str] = if name == "AWS_MFA_SERIAL" {
            &["-p", "bob"]
        } else {
            &[]
        };
        let error = wanted_in(&environment, &config(), arguments)
            .unwrap_err()
            .to_string();
        assert!(error.contains(name), "{error}");
    }
}
