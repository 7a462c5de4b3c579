//! The bookkeeping variables: writing and reading them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{CurrentSession, MfaSession, Owner, Target};
use crate::environment::{self, Environment, GIVEN, REPLACED, VARIABLES, Variable, is_secret};
use crate::session::{Session, format_time, is_access_key_id, parse_time};
use crate::shell::Change;
use crate::token_code::TokenCode;
use crate::value::Value;

/// All of awsmfa's variables begin with this.
const PREFIX: &str = "AWSMFA_";

/// The access key ID of the session that the bookkeeping is about.
const KEY_ID: &str = "AWSMFA_KEY_ID";
const ROLE_ARN: &str = "AWSMFA_ROLE_ARN";
const ACCOUNT_ID: &str = "AWSMFA_ACCOUNT_ID";
/// For the functions that show the session in a prompt without starting a program: its name, and when it
/// expires in seconds since 1970.
const PROMPT_NAME: &str = "AWSMFA_PROMPT_NAME";
const EXPIRES: &str = "AWSMFA_EXPIRES";
/// When the code was used for the current session, if that is an MFA session.
const STARTED_AT: &str = "AWSMFA_STARTED";
/// The STS endpoint at which the current session was started.
pub(crate) const OWNER_ENDPOINT_URL: &str = "AWSMFA_ENDPOINT_URL";

/// The code that was used last: it works once, so sending it again is pointless. It is no longer secret,
/// and log scrubbers should not mask its six digits wherever they appear.
const SPENT_CODE: &str = "AWSMFA_SPENT_CODE";

/// What awsmfa added to the list of variables that MSYS leaves alone.
pub(super) const MSYS_EXCLUSIONS: &str = "AWSMFA_MSYS2_ENV_CONV_EXCL";

/// The names of an MFA session's variables: this, the number of its place, and `_`.
const MFA: &str = "AWSMFA_MFA_";
/// The places for kept MFA sessions.
const PLACES: RangeInclusive<usize> = 1..=MAX_MFA_SESSIONS;
pub(super) const MAX_MFA_SESSIONS: usize = 8;

const SOURCE_PROFILE: &str = "SOURCE_PROFILE";
const SOURCE_KEY_ID: &str = "SOURCE_KEY_ID";
const USER_ARN: &str = "USER_ARN";
const ENDPOINT_URL: &str = "ENDPOINT_URL";
const ACCESS_KEY_ID: &str = "ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "SECRET_ACCESS_KEY";
const SESSION_TOKEN: &str = "SESSION_TOKEN";
const STARTED: &str = "STARTED";
const EXPIRATION: &str = "EXPIRATION";

/// The variables of an [`Owner`], after `AWSMFA_` or the prefix of an MFA session.
const OWNER: [&str; 4] = [SOURCE_PROFILE, SOURCE_KEY_ID, USER_ARN, ENDPOINT_URL];
/// The other variables of an MFA session.
const MFA_SESSION: [&str; 5] = [
    ACCESS_KEY_ID,
    SECRET_ACCESS_KEY,
    SESSION_TOKEN,
    STARTED,
    EXPIRATION,
];

/// The variables of the current session, except its owner and target.
const CURRENT: [&str; 6] = [
    KEY_ID,
    ROLE_ARN,
    ACCOUNT_ID,
    STARTED_AT,
    PROMPT_NAME,
    EXPIRES,
];

/// An option that a bare `env` repeats.
struct TargetRow {
    name: &'static str,
    /// Whether a different value means a different session.
    distinguishes: bool,
    write: fn(&Target) -> Option<String>,
    read: fn(&mut Target, &str),
}

macro_rules! target {
    ($($name:literal, $field:ident, $distinguishes:expr;)*) => {
        &[$(TargetRow {
            name: $name,
            distinguishes: $distinguishes,
            write: |target| target.$field.write(),
            read: |target, text| target.$field = OptionValue::read(text),
        }),*]
    };
}

const ANOTHER_SESSION: bool = true;
const THE_SAME_SESSION: bool = false;

/// One row for each field of [`Target`].
static TARGET: &[TargetRow] = target! {
    "AWSMFA_TARGET_PROFILE", profile, ANOTHER_SESSION;
    // `Plan::has_same_target` compares the role itself, since a profile may name it.
    "AWSMFA_TARGET_ROLE_ARN", role_arn, THE_SAME_SESSION;
    "AWSMFA_TARGET_ROLE_SESSION_NAME", role_session_name, ANOTHER_SESSION;
    "AWSMFA_TARGET_EXTERNAL_ID", external_id, ANOTHER_SESSION;
    "AWSMFA_TARGET_DURATION", duration, THE_SAME_SESSION;
    "AWSMFA_TARGET_SESSION_DURATION", session_duration, THE_SAME_SESSION;
    "AWSMFA_TARGET_SERIAL", serial, THE_SAME_SESSION;
    "AWSMFA_TARGET_REGION", region, ANOTHER_SESSION;
    "AWSMFA_TARGET_NO_SESSION", no_session, ANOTHER_SESSION;
};

/// How to record the value of an option.
trait OptionValue {
    fn write(&self) -> Option<String>;
    fn read(text: &str) -> Self;
}

/// The record of an empty text, as in `--role-arn ''`: cmd, and PowerShell before 7.5, have no empty
/// variables.
const EMPTY: &str = "''";

impl OptionValue for Option<String> {
    fn write(&self) -> Option<String> {
        let text = self.as_deref()?;
        Some(if text.is_empty() { EMPTY } else { text }.to_owned())
    }

    fn read(text: &str) -> Self {
        Some(if text == EMPTY { "" } else { text }.to_owned())
    }
}

impl OptionValue for Option<Duration> {
    fn write(&self) -> Option<String> {
        self.map(|duration| duration.as_secs().to_string())
    }

    fn read(text: &str) -> Self {
        text.parse().ok().map(Duration::from_secs)
    }
}

impl OptionValue for bool {
    fn write(&self) -> Option<String> {
        self.then(|| "true".to_owned())
    }

    fn read(_: &str) -> Self {
        true
    }
}

impl Target {
    /// Whether both ask for the same session, whatever its lifetime and device.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let mut rows = TARGET.iter().filter(|row| row.distinguishes);
        rows.all(|row| (row.write)(self) == (row.write)(other))
    }
}

/// Whether a variable is part of the bookkeeping, which only shells get.
#[must_use]
pub fn is_record(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return false;
    };
    recorded_variable(name).is_some()
        || is_of_mfa_session(name)
        || is_of_current(name, rest)
        || name == MSYS_EXCLUSIONS
}

/// Whether the child of `exec` gets this part of the bookkeeping: nothing secret, and nothing that
/// belongs to the shell outside.
#[must_use]
pub fn is_for_child(name: &str) -> bool {
    let rest = name.strip_prefix(PREFIX);
    rest.is_some_and(|rest| is_of_current(name, rest)) || given_variable(name).is_some()
}

fn is_of_current(name: &str, rest: &str) -> bool {
    CURRENT.contains(&name) || OWNER.contains(&rest) || TARGET.iter().any(|row| row.name == name)
}

fn is_of_mfa_session(name: &str) -> bool {
    name == SPENT_CODE
        || mfa_place_and_field(name)
            .is_some_and(|(_, field)| OWNER.contains(&field) || MFA_SESSION.contains(&field))
}

fn mfa_place_and_field(name: &str) -> Option<(usize, &str)> {
    let (place, field) = name.strip_prefix(MFA)?.split_once('_')?;
    let place = place.parse().ok().filter(|place| PLACES.contains(place))?;
    Some((place, field))
}

/// The names that the bookkeeping may have, except those about endpoints of AWS services.
pub(super) fn record_names() -> impl Iterator<Item = String> {
    let fixed = CURRENT.into_iter().chain([SPENT_CODE, MSYS_EXCLUSIONS]);
    let of_target = TARGET.iter().map(|row| row.name);
    let of_owner = OWNER.iter().map(|field| format!("{PREFIX}{field}"));
    let of_mfa_session = PLACES.flat_map(|place| {
        let fields = OWNER.iter().chain(&MFA_SESSION);
        fields.map(move |field| mfa_prefix(place) + field)
    });
    let of_variables = VARIABLES.iter().flat_map(|row| [&row.replaced, &row.given]);
    fixed
        .chain(of_target)
        .map(str::to_owned)
        .chain(of_owner)
        .chain(of_mfa_session)
        .chain(of_variables.map(ToString::to_string))
}

/// The variable whose earlier value is recorded under this name.
#[must_use]
pub fn replaced_variable(name: &str) -> Option<Cow<'static, Variable>> {
    environment::variable(name.strip_prefix(REPLACED)?)
}

fn recorded_variable(name: &str) -> Option<Cow<'static, Variable>> {
    replaced_variable(name).or_else(|| given_variable(name))
}

fn given_variable(name: &str) -> Option<Cow<'static, Variable>> {
    environment::variable(name.strip_prefix(GIVEN)?)
}

/// Every variable that awsmfa may have changed: the table's, and those that the bookkeeping names.
pub(super) fn variables(environment: &Environment) -> Vec<Cow<'static, Variable>> {
    let mut variables: Vec<_> = VARIABLES.iter().map(|&row| Cow::Borrowed(row)).collect();
    for variable in environment.names().filter_map(recorded_variable) {
        let is_row = matches!(variable, Cow::Borrowed(_));
        if !is_row && !variables.contains(&variable) {
            variables.push(variable);
        }
    }
    variables
}

/// The bookkeeping to write, by name.
#[derive(Default)]
pub(super) struct Record(BTreeMap<Cow<'static, str>, Value>);

impl Record {
    pub(super) fn value(&mut self, name: impl Into<Cow<'static, str>>, value: Option<Value>) {
        if let Some(value) = value {
            self.0.insert(name.into(), value);
        }
    }

    fn text(&mut self, name: impl Into<Cow<'static, str>>, text: Option<&String>) {
        self.value(name, text.cloned().map(Value::from));
    }

    fn time(&mut self, name: impl Into<Cow<'static, str>>, time: Option<DateTime<Utc>>) {
        self.value(name, time.map(|time| Value::from(format_time(time))));
    }

    fn owner(&mut self, prefix: &str, owner: &Owner) {
        let name = |field| format!("{prefix}{field}");
        self.text(name(SOURCE_PROFILE), owner.source_profile.as_ref());
        self.text(name(SOURCE_KEY_ID), Some(&owner.source_key_id));
        self.text(name(USER_ARN), owner.user_arn.as_ref());
        self.text(name(ENDPOINT_URL), owner.endpoint_url.as_ref());
    }

    pub(super) fn current(&mut self, current: &CurrentSession, session: &Session) {
        self.text(KEY_ID, Some(&session.access_key_id));
        if current.role_arn.is_none() {
            self.time(STARTED_AT, session.started);
        }
        self.owner(PREFIX, &current.owner);
        self.text(ROLE_ARN, current.role_arn.as_ref());
        self.text(ACCOUNT_ID, current.account_id.as_ref());
        self.text(PROMPT_NAME, Some(&current.prompt_name()));
        let expires = session.expiration.timestamp().to_string();
        self.text(EXPIRES, Some(&expires));
        for row in TARGET {
            self.value(row.name, (row.write)(&current.target).map(Value::from));
        }
    }

    pub(super) fn spent(&mut self, code: Option<&TokenCode>) {
        self.value(SPENT_CODE, code.map(|code| Value::from(code.digits())));
    }

    pub(super) fn mfa_sessions<'m>(&mut self, sessions: impl IntoIterator<Item = &'m MfaSession>) {
        for (place, MfaSession { owner, session }) in PLACES.zip(sessions) {
            let prefix = mfa_prefix(place);
            let name = |field| format!("{prefix}{field}");
            self.owner(&prefix, owner);
            self.text(name(ACCESS_KEY_ID), Some(&session.access_key_id));
            let secret = session.secret_access_key.clone();
            self.value(name(SECRET_ACCESS_KEY), Some(secret));
            self.value(name(SESSION_TOKEN), Some(session.session_token.clone()));
            self.time(name(STARTED), session.started);
            self.time(name(EXPIRATION), Some(session.expiration));
        }
    }

    /// The changes that make the bookkeeping contain this and nothing else.
    pub(super) fn changes(&self, environment: &Environment) -> Vec<Change> {
        self.changes_of(is_record, environment)
    }

    /// Like [`Self::changes`], for the MFA sessions only; the record of the current session stays.
    pub(super) fn mfa_changes(&self, environment: &Environment) -> Vec<Change> {
        self.changes_of(is_of_mfa_session, environment)
    }

    fn changes_of(&self, is_of_these: fn(&str) -> bool, environment: &Environment) -> Vec<Change> {
        let gone = environment
            .names()
            .filter(|name| is_of_these(name) && !self.0.contains_key(*name))
            .map(|name| Change::Unset(name.to_owned().into()));
        let set = self.0.iter();
        let set = set.map(|(name, value)| Change::Set(name.clone(), value.clone()));
        gone.chain(set).collect()
    }
}

fn mfa_prefix(place: usize) -> String {
    format!("{MFA}{place}_")
}

/// How to recognise later a value that awsmfa set: the value itself, or a digest if it is secret, so
/// that the secret is not in the environment twice.
pub(super) fn mark(variable: &Variable, value: &Value) -> Value {
    if is_secret(&variable.name) {
        let digest = Sha256::digest(value.as_bytes());
        Value::from(format!("sha256:{}", hex(&digest[..16])))
    } else {
        value.clone()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whether awsmfa changed a variable and nobody has changed it since.
pub(super) fn is_unchanged(environment: &Environment, variable: &Variable) -> bool {
    match (
        environment.get(&variable.given),
        environment.get(&variable.name),
    ) {
        (Some(given), Some(now)) => *given == mark(variable, now),
        (None, None) => environment.get(&variable.replaced).is_some(),
        _ => false,
    }
}

/// Whose keys the environment contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeysOf {
    /// awsmfa recorded no session.
    NoSession,
    Session,
    /// Other keys, or none: they were replaced or removed since the session started.
    Others,
}

pub(super) fn keys_of(environment: &Environment) -> KeysOf {
    match environment.get(KEY_ID) {
        None => KeysOf::NoSession,
        recorded if recorded == environment.get(&environment::ACCESS_KEY_ID.name) => {
            KeysOf::Session
        }
        Some(_) => KeysOf::Others,
    }
}

fn text(environment: &Environment, name: &str) -> Option<String> {
    environment
        .get(name)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

fn time(environment: &Environment, name: &str) -> Option<DateTime<Utc>> {
    parse_time(&text(environment, name)?)
}

fn read_owner(environment: &Environment, prefix: &str) -> Option<Owner> {
    let text = |field| text(environment, &format!("{prefix}{field}"));
    Some(Owner {
        source_profile: text(SOURCE_PROFILE),
        source_key_id: text(SOURCE_KEY_ID)?,
        user_arn: text(USER_ARN),
        endpoint_url: text(ENDPOINT_URL),
    })
}

pub(super) fn read_spent(environment: &Environment) -> Option<TokenCode> {
    TokenCode::parse(environment.get(SPENT_CODE)?.as_str()?).ok()
}

pub(super) fn read_current(environment: &Environment) -> Option<CurrentSession> {
    let text = |name| text(environment, name);
    let mut target = Target::default();
    for row in TARGET {
        if let Some(text) = text(row.name) {
            (row.read)(&mut target, &text);
        }
    }
    let expiration = &environment::CREDENTIAL_EXPIRATION;
    Some(CurrentSession {
        owner: read_owner(environment, PREFIX)?,
        target,
        role_arn: text(ROLE_ARN),
        account_id: text(ACCOUNT_ID),
        // If the variable was removed or changed, the record still has the value.
        expiration: [&expiration.name, &expiration.given]
            .into_iter()
            .find_map(|name| time(environment, name)),
    })
}

pub(super) fn read_mfa_sessions(environment: &Environment) -> Vec<MfaSession> {
    let read = |place| {
        let prefix = mfa_prefix(place);
        let name = |field| format!("{prefix}{field}");
        let value = |field| environment.get(&name(field)).cloned();
        Some(MfaSession {
            owner: read_owner(environment, &prefix)?,
            session: Session {
                access_key_id: text(environment, &name(ACCESS_KEY_ID))?,
                secret_access_key: value(SECRET_ACCESS_KEY)?,
                session_token: value(SESSION_TOKEN)?,
                started: time(environment, &name(STARTED)),
                expiration: time(environment, &name(EXPIRATION))?,
            },
        })
    };
    let places = environment.names().filter_map(mfa_place_and_field);
    let places: BTreeSet<usize> = places.map(|(place, _)| place).collect();
    let sessions = places.into_iter().filter_map(read);
    sessions.filter(|mfa| mfa.session.can_be_sent()).collect()
}

/// The access key IDs in the record that are none: somebody else wrote them.
pub(super) fn malformed_ids(environment: &Environment) -> Vec<String> {
    let is_id = |name: &&str| {
        *name == KEY_ID || matches!(mfa_place_and_field(name), Some((_, ACCESS_KEY_ID)))
    };
    let is_malformed =
        |name: &&str| text(environment, name).is_none_or(|text| !is_access_key_id(&text));
    let names = environment.names().filter(is_id).filter(is_malformed);
    names.map(str::to_owned).collect()
}

/// The current session, whose keys are unchanged, if it is itself its user's MFA session.
pub(super) fn read_plain(
    environment: &Environment,
    current: &CurrentSession,
) -> Option<MfaSession> {
    if current.role_arn.is_some() {
        return None;
    }
    let value = |variable: &Variable| environment.get(&variable.name).cloned();
    let expiration = &environment::CREDENTIAL_EXPIRATION;
    let session = Session {
        access_key_id: text(environment, &environment::ACCESS_KEY_ID.name)?,
        secret_access_key: value(&environment::SECRET_ACCESS_KEY)?,
        session_token: value(&environment::SESSION_TOKEN)?,
        started: time(environment, STARTED_AT),
        expiration: time(environment, &expiration.name)
            .filter(|_| is_unchanged(environment, expiration))?,
    };
    session.can_be_sent().then(|| MfaSession {
        owner: current.owner.clone(),
        session,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{PREFIX, TARGET, Target, is_record, record_names};
    use crate::memory::Memory;
    use crate::testing::{ALICE, apply, environment, in_session, owner};

    #[test]
    fn each_row_of_the_target_is_written_read_removed_and_compared() {
        for row in TARGET {
            let name = row.name;
            let mut target = Target::default();
            (row.read)(&mut target, "900");
            assert_eq!(
                target.is_same(&Target::default()),
                !row.distinguishes,
                "{name}"
            );

            let before = environment(&[]);
            let after = in_session(&before, target.clone(), &owner(None, ALICE), None);
            assert!(after.get(name).is_some(), "{name}");
            let memory = Memory::read(&after);
            assert_eq!(memory.current.as_ref().unwrap().target, target, "{name}");
            assert_eq!(apply(&memory.unset(&after), &after), before, "{name}");
        }
    }

    #[test]
    fn every_name_of_the_bookkeeping_is_one() {
        for name in record_names() {
            assert!(is_record(&name), "{name}");
        }
        let owner = owner(Some("default"), ALICE);
        let after = in_session(&environment(&[]), Target::default(), &owner, None);
        let names: Vec<String> = record_names().collect();
        for name in after.names().filter(|name| name.starts_with(PREFIX)) {
            assert!(names.iter().any(|it| it == name), "{name}");
        }
    }

    #[test]
    fn an_empty_option_is_recorded_where_no_variable_can_be_empty() {
        let target = Target {
            role_arn: Some(String::new()),
            ..Target::default()
        };
        let before = environment(&[]);
        let after = in_session(&before, target.clone(), &owner(None, ALICE), None);
        for name in after.names() {
            assert!(!after.get(name).unwrap().is_empty(), "{name}");
        }
        assert_eq!(Memory::read(&after).current.unwrap().target, target);
    }
}
