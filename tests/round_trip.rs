//! The round trip on values: whatever the environment was, `env` any number of times and then
//! `unset` give it back, with what the user changed in between.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use awsmfa::environment::{
    ACCESS_KEY_ID, Content, Environment, Place, Setting, VARIABLES, Variable,
};
use awsmfa::memory::{
    CurrentSession, Memory, MfaSession, NewSession, Owner, Settings, Target, unset_all,
};
use awsmfa::session::Session;
use awsmfa::shell::Change;
use awsmfa::token_code::TokenCode;
use awsmfa::value::Value;
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

fn without_records(plain: &Plain) -> Plain {
    let mut plain = plain.clone();
    plain.retain(|name, _| !name.starts_with("AWSMFA_"));
    plain
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

/// An environment, perhaps with the remains of another session's records.
fn start_of_all() -> impl Strategy<Value = Plain> {
    let records: Vec<&'static str> = VARIABLES
        .iter()
        .flat_map(|v| [&*v.replaced, &*v.given])
        .chain([
            "AWSMFA_KEY_ID",
            "AWSMFA_TARGET_PROFILE",
            "AWSMFA_MFA_SESSION_TOKEN",
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
    /// A failed role, whose MFA session is kept.
    Keep(MfaSession, TokenCode),
    /// `unset`, in the middle of it all.
    Unset,
    /// The user sets or unsets a variable.
    Edit(&'static str, Option<String>),
}

fn session() -> impl Strategy<Value = Session> {
    (
        "ASIA[A-Z2-7]{16}",
        "[A-Za-z0-9+/]{40}",
        "[A-Za-z0-9+/=]{60}",
        1_800_000_000i64..1_900_000_000,
    )
        .prop_map(|(access_key_id, secret, token, seconds)| Session {
            access_key_id,
            secret_access_key: Value::from(secret),
            session_token: Value::from(token),
            expiration: DateTime::<Utc>::from_timestamp(seconds, 0).unwrap(),
        })
}

fn owner() -> impl Strategy<Value = Owner> {
    let arn = Just("arn:aws:iam::123456789012:user/alice".to_owned());
    (
        option::of("[a-z]{1,5}"),
        option::of(arn),
        option::of(Just("http://127.0.0.1:5000".to_owned())),
    )
        .prop_map(|(source_profile, user_arn, endpoint_url)| Owner {
            source_profile,
            source_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            user_arn,
            endpoint_url,
        })
}

fn mfa() -> impl Strategy<Value = MfaSession> {
    (owner(), session()).prop_map(|(owner, session)| MfaSession { owner, session })
}

fn settings() -> impl Strategy<Value = Settings> {
    let of_a_key = || option::of("[a-z]{2}-south-1");
    let keys: BTreeSet<&str> = VARIABLES.iter().filter_map(|v| v.profile_key()).collect();
    let profile = keys.into_iter().map(|key| (Just(key), of_a_key()));
    let profile = profile.collect::<Vec<_>>();
    (option::of("[a-z]{2}-north-1"), profile).prop_map(|(forced_region, profile)| {
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
        Settings {
            forced_region,
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

fn code() -> impl Strategy<Value = TokenCode> {
    "[0-9]{6}".prop_map(|digits| TokenCode::parse(&digits).unwrap())
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => start().prop_map(|start| Step::NewSession(Box::new(start))),
        1 => (mfa(), code()).prop_map(|(mfa, code)| Step::Keep(mfa, code)),
        1 => Just(Step::Unset),
        2 => (name(), option::of(value())).prop_map(|(name, value)| Step::Edit(name, value)),
    ]
}

/// What the table of the contract says a session's environment holds, for the variables that the
/// profile may have a say in.
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
    let of_setting = |name| (name, filled(name).or(of_profile(name)).or(held(name)));
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
        if let Content::Setting(_) = variable.content {
            told.push(of_setting(&variable.name));
        }
    }
    told
}

/// Whether each of these values stands only where a log scrubber looks, and at most once.
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

/// What `unset` owes the user, told without looking at the records: the environment before awsmfa,
/// in which a variable that is not as awsmfa left it counts as the user's.
struct Owed {
    before: Plain,
    left: Plain,
}

impl Owed {
    fn new(plain: &Plain) -> Self {
        Self {
            before: without_records(plain),
            left: without_records(plain),
        }
    }

    fn now(&self, current: &Plain) -> Plain {
        let current = without_records(current);
        if current.get(&*ACCESS_KEY_ID.name) != self.left.get(&*ACCESS_KEY_ID.name) {
            return current;
        }
        let mut owed = self.before.clone();
        for variable in VARIABLES {
            let (now, left) = (current.get(&*variable.name), self.left.get(&*variable.name));
            if now != left {
                match now {
                    Some(now) => owed.insert(variable.name.clone().into_owned(), now.clone()),
                    None => owed.remove(&*variable.name),
                };
            }
        }
        owed
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn unset_gives_back_what_was(first in start_of_all(), steps in vec(step(), 1..8)) {
        let mut plain = first.clone();
        // A record that happens to fit the keys in place would count; start from one that does not.
        plain.remove("AWSMFA_KEY_ID");
        let mut owed = Owed::new(&plain);
        for step in &steps {
            let now = environment(&plain);
            match step {
                Step::NewSession(start) => {
                    owed.before = owed.now(&plain);
                    apply(&Memory::read(&now).start(&now, start), &mut plain);
                    owed.left = without_records(&plain);

                    prop_assert_eq!(
                        plain.get("AWS_ACCESS_KEY_ID"),
                        Some(&start.session.access_key_id)
                    );
                    for (name, value) in told_by_the_table(&owed.before, start) {
                        prop_assert_eq!(plain.get(name), value.as_ref(), "{}", name);
                    }
                    let behind = start.mfa.iter().map(|mfa| &mfa.session);
                    for session in std::iter::once(&start.session).chain(behind) {
                        prop_assert!(is_kept_by_name(&plain, &session.secret_access_key));
                        prop_assert!(is_kept_by_name(&plain, &session.session_token));
                    }
                    let memory = Memory::read(&environment(&plain));
                    prop_assert_eq!(memory.current.as_ref(), Some(&start.current));
                    prop_assert_eq!(&memory.spent, &start.spent);
                    let behind = start.mfa.as_ref().map_or(&start.session, |mfa| &mfa.session);
                    prop_assert_eq!(&memory.mfa.unwrap().session, behind);
                }
                Step::Keep(mfa, code) => {
                    let before = without_records(&plain);
                    if plain.get(&*ACCESS_KEY_ID.name) != owed.left.get(&*ACCESS_KEY_ID.name) {
                        owed = Owed::new(&plain);
                    }
                    apply(&Memory::keep(&now, mfa, Some(code)), &mut plain);
                    prop_assert_eq!(without_records(&plain), before);
                    let memory = Memory::read(&environment(&plain));
                    prop_assert_eq!(memory.mfa.as_ref(), Some(mfa));
                    prop_assert_eq!(memory.spent.as_ref(), Some(code));
                }
                Step::Unset => {
                    let expected = owed.now(&plain);
                    apply(&Memory::read(&now).unset(&now), &mut plain);
                    prop_assert_eq!(&plain, &expected);
                    owed = Owed::new(&plain);
                }
                Step::Edit(name, Some(value)) => {
                    plain.insert((*name).to_owned(), value.clone());
                }
                Step::Edit(name, None) => {
                    plain.remove(*name);
                }
            }
        }
        let expected = owed.now(&plain);
        let now = environment(&plain);
        apply(&Memory::read(&now).unset(&now), &mut plain);
        prop_assert_eq!(&plain, &expected, "no record stays and nothing else changes");

        let again = environment(&plain);
        prop_assert_eq!(Memory::read(&again).unset(&again), vec![], "it may run twice");
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
        prop_assert_eq!(memory.mfa.unwrap().session, start.session);
        match edit {
            Some(edit) => plain.insert(name.to_owned(), edit),
            None => plain.remove(name),
        };
        prop_assert_eq!(Memory::read(&environment(&plain)).mfa, None);
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
