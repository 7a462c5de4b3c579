//! The round trip on values: `env` any number of times and then `unset` restore any environment, with
//! what the user changed in between.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use awsmfa::environment::{
    Content, ENDPOINT_URL, Environment, Place, Setting, VARIABLES, Variable,
};
use awsmfa::memory::{
    CurrentSession, Memory, MfaSession, NewSession, Owner, Settings, Target, is_for_child,
    is_record, unset_all,
};
use awsmfa::session::Session;
use awsmfa::shell::Change;
use awsmfa::token_code::TokenCode;
use awsmfa::value::Value;
use awsmfa_test_support::{Owed, without_records};
use chrono::{DateTime, Utc};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

type Plain = BTreeMap<String, String>;

fn environment(plain: &Plain) -> Environment {
    Environment::from_pairs(
        plain
            .iter()
            .map(|(name, value)| (name.into(), value.into())),
    )
}

fn apply(changes: &[Change], to: &mut Plain) {
    for change in changes {
        match change {
            Change::Set(name, value) => {
                to.insert(
                    name.clone().into_owned(),
                    value.as_str().unwrap().to_owned(),
                );
            }
            Change::Unset(name) => {
                to.remove(&**name);
            }
        }
    }
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("eu-central-1".to_owned()),
        Just("AKIAIOSFODNN7EXAMPLE".to_owned()),
        Just("ASIAIOSFODNN7EXAMPLE".to_owned()),
        "[ -~]{1,12}",
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    select(VARIABLES.iter().map(|v| &*v.name).collect::<Vec<_>>())
}

/// An environment, perhaps with remains of another session's bookkeeping.
fn start_of_all() -> impl Strategy<Value = Plain> {
    let records: Vec<&'static str> = VARIABLES
        .iter()
        .flat_map(|v| [&*v.replaced, &*v.given])
        .chain([
            "AWSMFA_KEY_ID",
            "AWSMFA_TARGET_PROFILE",
            "AWSMFA_MFA_1_SESSION_TOKEN",
        ])
        .collect();
    (
        vec((name(), value()), 0..12),
        vec((select(records), value()), 0..4),
    )
        .prop_map(|(plain, records)| {
            let pairs = plain.into_iter().chain(records);
            let mut plain: Plain = pairs.map(|(n, v)| (n.to_owned(), v)).collect();
            plain.insert("HOME".to_owned(), "/home/alice".to_owned());
            plain
        })
}

#[derive(Debug, Clone)]
enum Step {
    /// `env`
    NewSession(Box<NewSession>),
    /// `exec`, then `unset` inside
    Exec(Box<NewSession>),
    /// A role was denied after its MFA session was started; the MFA session is kept.
    Keep(MfaSession, TokenCode),
    /// `unset` before the end.
    Unset,
    /// The user sets or unsets a variable.
    Edit(&'static str, Option<String>),
    /// The user pastes keys, perhaps with a token, or removes them.
    Paste([Option<String>; 3]),
}

fn session() -> impl Strategy<Value = Session> {
    (
        "ASIA[A-Z2-7]{16}",
        "[A-Za-z0-9+/]{40}",
        "[A-Za-z0-9+/=]{60}",
        option::of(1_700_000_000i64..1_800_000_000),
        1_800_000_000i64..1_900_000_000,
    )
        .prop_map(|(access_key_id, secret, token, started, expiration)| {
            let time = |seconds| DateTime::<Utc>::from_timestamp(seconds, 0).unwrap();
            Session {
                access_key_id,
                secret_access_key: Value::from(secret),
                session_token: Value::from(token),
                started: started.map(time),
                expiration: time(expiration),
            }
        })
}

/// One of ten users at one of two endpoints, so one of twenty owners.
fn owner() -> impl Strategy<Value = Owner> {
    let arn = Just("arn:aws:iam::123456789012:user/alice".to_owned());
    (
        option::of("[a-e]"),
        "AKIAIOSFODNN[2-6]EXAMPLE",
        option::of(arn),
        option::of(Just("http://127.0.0.1:5000".to_owned())),
    )
        .prop_map(
            |(source_profile, source_key_id, user_arn, endpoint_url)| Owner {
                source_profile,
                source_key_id,
                user_arn,
                endpoint_url,
            },
        )
}

fn is_same_user(one: &Owner, other: &Owner) -> bool {
    let same_profile = one.source_profile.is_some() && one.source_profile == other.source_profile;
    (same_profile || one.source_key_id == other.source_key_id)
        && one.endpoint_url == other.endpoint_url
}

fn mfa() -> impl Strategy<Value = MfaSession> {
    (owner(), session()).prop_map(|(owner, session)| MfaSession { owner, session })
}

fn settings() -> impl Strategy<Value = Settings> {
    let of_a_key = || option::of("[a-z]{2}-south-1");
    let keys: BTreeSet<&str> = VARIABLES.iter().filter_map(|v| v.profile_key()).collect();
    let profile = keys.into_iter().map(|key| (Just(key), of_a_key()));
    let profile = profile.collect::<Vec<_>>();
    let url = option::of("http://[a-z]{3}");
    let parts = (option::of("[a-z]{2}-north-1"), url, profile);
    parts.prop_map(|(forced_region, url, profile)| {
        let profile: BTreeMap<&str, Option<String>> = profile.into_iter().collect();
        let setting = |variable: &Variable| {
            Some(Setting {
                text: profile[variable.profile_key()?].clone()?,
                place: Place::File("config line 1".to_owned()),
            })
        };
        let of_profile = VARIABLES
            .iter()
            .filter_map(|&variable| Some((variable.clone(), setting(variable)?)));
        let url = url.map(|url| Setting::from_variable(ENDPOINT_URL.name.clone(), url));
        Settings {
            forced_region,
            corrected: url
                .map(|url| (ENDPOINT_URL.clone(), url))
                .into_iter()
                .collect(),
            of_profile: of_profile.collect(),
        }
    })
}

fn target() -> impl Strategy<Value = Target> {
    let text = || option::of("[a-z0-9:/-]{1,12}");
    let seconds = || option::of((900u64..43_200).prop_map(Duration::from_secs));
    let texts = (text(), text(), text(), text(), text(), text());
    (texts, seconds(), seconds(), any::<bool>()).prop_map(
        |(texts, duration, session_duration, no_session)| {
            let (profile, role_arn, role_session_name, external_id, serial, region) = texts;
            Target {
                profile,
                role_arn,
                role_session_name,
                external_id,
                duration,
                session_duration,
                serial,
                region,
                no_session,
            }
        },
    )
}

fn start() -> impl Strategy<Value = NewSession> {
    let role_arn = option::of(Just("arn:aws:iam::111122223333:role/dev".to_owned()));
    let account_id = option::of(Just("123456789012".to_owned()));
    let ids = (role_arn, account_id, option::of(code()));
    (session(), owner(), target(), ids, mfa(), settings()).prop_map(
        |(session, owner, target, (role_arn, account_id, spent), mfa, settings)| NewSession {
            current: CurrentSession {
                owner,
                target,
                expiration: Some(session.expiration),
                role_arn: role_arn.clone(),
                account_id,
            },
            session,
            mfa: role_arn.map(|_| mfa),
            spent,
            settings,
        },
    )
}

const KEYS: [&str; 3] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

fn pasted() -> impl Strategy<Value = [Option<String>; 3]> {
    let own = Just("AKIAIOSFODNN7EXAMPLE".to_owned());
    (
        option::of(own),
        option::of("[a-z]{4}"),
        option::of("[a-z]{4}"),
    )
        .prop_map(|(id, secret, token)| [id, secret, token])
}

fn code() -> impl Strategy<Value = TokenCode> {
    "[0-9]{6}".prop_map(|digits| TokenCode::parse(&digits).unwrap())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => start().prop_map(|start| Step::NewSession(Box::new(start))),
        1 => start().prop_map(|start| Step::Exec(Box::new(start))),
        1 => (mfa(), code()).prop_map(|(mfa, code)| Step::Keep(mfa, code)),
        1 => Just(Step::Unset),
        1 => pasted().prop_map(Step::Paste),
        2 => (name(), option::of(value())).prop_map(|(name, value)| Step::Edit(name, value)),
    ]
}

/// The expected values of the variables with a profile key, by the contract's table.
fn told_by_the_table(before: &Plain, start: &NewSession) -> Vec<(&'static str, Option<String>)> {
    let settings = &start.settings;
    let held = |name: &str| before.get(name).cloned();
    let of_profile = |name: &str| {
        let mut of_profile = settings.of_profile.iter();
        let (_, setting) = of_profile.find(|(variable, _)| variable.name == name)?;
        Some(setting.text.clone())
    };
    let filled = |name: &str| held(name).filter(|value| !value.is_empty());
    let (region, default_region) = ("AWS_REGION", "AWS_DEFAULT_REGION");
    let effective = settings
        .forced_region
        .clone()
        .or(filled(region))
        .or(filled(default_region))
        .or(of_profile(region));
    let of_region = |name: &'static str| {
        let stays = filled(name).filter(|_| settings.forced_region.is_none());
        (name, stays.or(effective.clone()).or(held(name)))
    };
    // An empty CA bundle counts as not set; any other empty variable counts as set.
    let own = |name: &str| match name {
        "AWS_CA_BUNDLE" => filled(name),
        _ => held(name),
    };
    let corrected = |name: &str| {
        let mut corrected = settings.corrected.iter();
        let (_, setting) = corrected.find(|(variable, _)| variable.name == name)?;
        Some(setting.text.clone())
    };
    let of_setting = |name| {
        let own = corrected(name).or(own(name));
        (name, own.or(of_profile(name)).or(held(name)))
    };
    let account = held("AWS_ACCOUNT_ID").and(start.current.account_id.clone());
    let mut told = vec![
        of_region(region),
        of_region(default_region),
        ("AWS_ACCOUNT_ID", account),
        ("AWS_PROFILE", None),
        ("AWS_DEFAULT_PROFILE", None),
        ("AWS_SECURITY_TOKEN", None),
    ];
    for variable in VARIABLES {
        if let Content::ProfileKey(_) = variable.content {
            told.push(of_setting(&variable.name));
        }
    }
    told
}

/// Whether each of these values is only in variables that log scrubbers recognise, and at most once.
fn is_kept_by_name(plain: &Plain, secret: &Value) -> bool {
    let holders: Vec<&String> = plain
        .iter()
        .filter(|(_, value)| value.as_bytes() == secret.as_bytes())
        .map(|(name, _)| name)
        .collect();
    holders.len() <= 1
        && holders
            .iter()
            .all(|name| name.contains("SECRET") || name.contains("TOKEN"))
}

fn key_id(mfa: &MfaSession) -> &str {
    &mfa.session.access_key_id
}

fn edit(plain: &mut Plain, name: &str, value: Option<&String>) {
    match value {
        Some(value) => plain.insert(name.to_owned(), value.clone()),
        None => plain.remove(name),
    };
}

/// The environment of exec's child.
fn child_of(plain: &Plain, start: &NewSession) -> Plain {
    let now = environment(plain);
    let is_kept_back = |name: &str| is_record(name) && !is_for_child(name);
    let mut changes = Memory::read(&now).start(&now, start);
    changes.retain(|change| !is_kept_back(change.name()));
    let mut child = plain.clone();
    child.retain(|name, _| !is_kept_back(name));
    apply(&changes, &mut child);
    child
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    #[test]
    fn unset_gives_back_what_was(first in start_of_all(), steps in vec(step(), 1..10)) {
        let mut plain = first.clone();
        // Start from bookkeeping that does not match the keys; if it did by chance, it would count.
        plain.remove("AWSMFA_KEY_ID");
        let mut owed = Owed::new(&plain);
        for step in &steps {
            let now = environment(&plain);
            match step {
                Step::NewSession(start) => {
                    let expected = owed.after_unset(&plain);
                    let earlier = plain.clone();
                    apply(&Memory::read(&now).start(&now, start), &mut plain);
                    owed.started(&earlier, &plain);

                    prop_assert_eq!(
                        plain.get("AWS_ACCESS_KEY_ID"),
                        Some(&start.session.access_key_id)
                    );
                    for (name, value) in told_by_the_table(&expected, start) {
                        prop_assert_eq!(plain.get(name), value.as_ref(), "{}", name);
                    }
                    let memory = Memory::read(&environment(&plain));
                    let kept = memory.mfa_sessions().map(|mfa| &mfa.session);
                    for session in std::iter::once(&start.session).chain(kept) {
                        prop_assert!(is_kept_by_name(&plain, &session.secret_access_key));
                        prop_assert!(is_kept_by_name(&plain, &session.session_token));
                    }
                    prop_assert_eq!(memory.current.as_ref(), Some(&start.current));
                    prop_assert_eq!(memory.usable(), Some(&start.current));
                    prop_assert_eq!(&memory.spent, &start.spent);
                    let behind = start.mfa.as_ref().map_or(&start.session, |mfa| &mfa.session);
                    let mut kept = memory.mfa_sessions().map(|mfa| &mfa.session);
                    prop_assert!(kept.any(|kept| kept == behind));
                }
                Step::Exec(start) => {
                    let before = owed.after_unset(&plain);
                    let mut child = child_of(&plain, start);
                    let now = environment(&child);
                    let memory = Memory::read(&now);
                    prop_assert_eq!(memory.usable(), Some(&start.current));
                    prop_assert_eq!(memory.mfa_sessions().count(), usize::from(start.mfa.is_none()));
                    for (name, value) in child.iter().filter(|(name, _)| is_record(name)) {
                        let secret = name.contains("SECRET") || name.contains("TOKEN");
                        prop_assert!(!secret || value.starts_with("sha256:"), "{}", name);
                    }
                    let session = without_records(&child);
                    apply(&memory.unset(&now), &mut child);
                    let mut restored = session.clone();
                    restored.retain(|name, value| before.get(name) == Some(value));
                    prop_assert_eq!(&child, &restored, "the session ends, nothing is restored");
                }
                Step::Keep(mfa, code) => {
                    let memory = Memory::read(&now);
                    let expected = if memory.has_other_keys {
                        let restored = owed.after_unset(&plain);
                        owed = Owed::new(&restored);
                        restored
                    } else {
                        without_records(&plain)
                    };
                    apply(&memory.keep(&now, mfa, Some(code)), &mut plain);
                    prop_assert_eq!(without_records(&plain), expected);
                    let after = Memory::read(&environment(&plain));
                    prop_assert_eq!(after.mfa_sessions().next(), Some(mfa));
                    prop_assert_eq!(after.spent.as_ref(), Some(code));
                    prop_assert_eq!(after.current, memory.current);
                    prop_assert_eq!(after.before, memory.before);
                }
                Step::Unset => {
                    let expected = owed.after_unset(&plain);
                    apply(&Memory::read(&now).unset(&now), &mut plain);
                    prop_assert_eq!(&plain, &expected);
                    owed = Owed::new(&plain);
                }
                Step::Edit(name, value) => edit(&mut plain, name, value.as_ref()),
                Step::Paste(values) => {
                    for (name, value) in KEYS.iter().zip(values) {
                        edit(&mut plain, name, value.as_ref());
                    }
                }
            }
        }
        let expected = owed.after_unset(&plain);
        let now = environment(&plain);
        apply(&Memory::read(&now).unset(&now), &mut plain);
        prop_assert_eq!(&plain, &expected, "no record stays and nothing else changes");

        let again = environment(&plain);
        prop_assert_eq!(Memory::read(&again).unset(&again), vec![], "it may run twice");
    }

    /// As in cmd, and in PowerShell before 7.5.
    #[test]
    fn an_empty_variable_counts_as_unset_where_there_is_none(
        first in start_of_all(),
        starts in vec(start(), 1..4),
    ) {
        let mut plain = first;
        plain.remove("AWSMFA_KEY_ID");
        let with_values = |plain: &Plain| {
            let mut plain = plain.clone();
            plain.retain(|_, value| !value.is_empty());
            plain
        };
        let before = with_values(&without_records(&plain));
        for start in &starts {
            let now = environment(&plain);
            apply(&Memory::read(&now).start(&now, start), &mut plain);
            plain = with_values(&plain);
            let memory = Memory::read(&environment(&plain));
            prop_assert_eq!(memory.current.as_ref(), Some(&start.current));
        }
        let now = environment(&plain);
        apply(&Memory::read(&now).unset(&now), &mut plain);
        prop_assert_eq!(with_values(&plain), before);
    }

    #[test]
    fn a_session_that_was_edited_is_not_taken_for_an_mfa_session(
        start in start(),
        name in select(vec![
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AWS_CREDENTIAL_EXPIRATION",
        ]),
        edit in option::of(value()),
    ) {
        let mut start = start;
        start.current.role_arn = None;
        start.mfa = None;
        let mut plain = Plain::new();
        let now = environment(&plain);
        apply(&Memory::read(&now).start(&now, &start), &mut plain);
        let memory = Memory::read(&environment(&plain));
        prop_assert_eq!(&memory.mfa_sessions().next().unwrap().session, &start.session);
        match edit {
            Some(edit) => plain.insert(name.to_owned(), edit),
            None => plain.remove(name),
        };
        let memory = Memory::read(&environment(&plain));
        prop_assert_eq!(memory.mfa_sessions().next(), None);
    }

    #[test]
    fn unset_all_leaves_no_credentials(first in start_of_all(), start in start()) {
        let mut plain = first;
        let now = environment(&plain);
        apply(&Memory::read(&now).start(&now, &start), &mut plain);
        let now = environment(&plain);
        apply(&unset_all(&now), &mut plain);
        for name in plain.keys() {
            prop_assert!(!name.starts_with("AWSMFA_"), "{}", name);
            prop_assert!(
                !["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"]
                    .contains(&name.as_str()),
                "{}", name
            );
        }
    }

    #[test]
    fn any_record_is_read_without_a_panic_and_touches_this_table_only(first in start_of_all()) {
        let now = environment(&first);
        for change in Memory::read(&now).unset(&now) {
            let known = VARIABLES.iter().any(|v| v.name == change.name());
            prop_assert!(known || change.name().starts_with("AWSMFA_"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(50) })]

    #[test]
    fn of_each_user_the_newest_mfa_session_is_kept_and_eight_in_all(
        starts in vec((start(), any::<bool>()), 1..20),
    ) {
        let mut plain = Plain::new();
        let mut expected: Vec<MfaSession> = Vec::new();
        // The current session, which is never dropped, if it is an MFA session itself.
        let mut plain_one = String::new();
        for (start, is_refused) in starts {
            let now = environment(&plain);
            let memory = Memory::read(&now);
            let new = match &start.mfa {
                Some(mfa) => mfa.clone(),
                None => MfaSession {
                    owner: start.current.owner.clone(),
                    session: start.session.clone(),
                },
            };
            let changes = match &start.mfa {
                Some(mfa) if is_refused => memory.keep(&now, mfa, None),
                _ => {
                    plain_one.clear();
                    memory.start(&now, &start)
                }
            };
            apply(&changes, &mut plain);

            expected.retain(|mfa| !is_same_user(&mfa.owner, &new.owner));
            if expected.len() == 8 {
                let may_go = expected.iter().filter(|mfa| key_id(mfa) != plain_one);
                let first = may_go.min_by_key(|mfa| mfa.session.expiration).unwrap();
                let first = key_id(first).to_owned();
                expected.retain(|mfa| key_id(mfa) != first);
            }
            if start.mfa.is_none() {
                plain_one = key_id(&new).to_owned();
            }
            expected.push(new);
            let now = environment(&plain);
            let memory = Memory::read(&now);
            let mut kept: Vec<&str> = memory.mfa_sessions().map(key_id).collect();
            let mut wanted: Vec<&str> = expected.iter().map(key_id).collect();
            kept.sort_unstable();
            wanted.sort_unstable();
            prop_assert_eq!(kept, wanted);
        }
        let now = environment(&plain);
        apply(&Memory::read(&now).unset(&now), &mut plain);
        prop_assert_eq!(plain, Plain::new());
    }
}
