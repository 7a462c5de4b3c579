//! The memory of awsmfa: what it replaced in the environment, for whom, and how to put it back.
//!
//! Everything here works on values: it reads one [`Environment`] and gives a list of changes.
//! The record counts only while `AWS_ACCESS_KEY_ID` is the one it was written for; else the keys in
//! place are somebody else's, and the record is dropped.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::environment::{self, Environment, VARIABLES, Variable};
use crate::session::{Session, read_expiration, written};
use crate::shell::Change;
use crate::value::Value;

/// The access key ID that the record was written for.
const KEY_ID: &str = "AWSMFA_KEY_ID";
/// The value of [`KEY_ID`] where there was no access key; a word, since cmd and PowerShell hold
/// no empty variable.
const NO_KEY: &str = "none";

const ROLE_ARN: &str = "AWSMFA_ROLE_ARN";
const ACCOUNT_ID: &str = "AWSMFA_ACCOUNT_ID";

const TARGET_PROFILE: &str = "AWSMFA_TARGET_PROFILE";
const TARGET_ROLE_ARN: &str = "AWSMFA_TARGET_ROLE_ARN";
const TARGET_ROLE_SESSION_NAME: &str = "AWSMFA_TARGET_ROLE_SESSION_NAME";
const TARGET_EXTERNAL_ID: &str = "AWSMFA_TARGET_EXTERNAL_ID";
const TARGET_DURATION: &str = "AWSMFA_TARGET_DURATION";
const TARGET_SESSION_DURATION: &str = "AWSMFA_TARGET_SESSION_DURATION";
const TARGET_SERIAL: &str = "AWSMFA_TARGET_SERIAL";
const TARGET_REGION: &str = "AWSMFA_TARGET_REGION";
const TARGET_NO_SESSION: &str = "AWSMFA_TARGET_NO_SESSION";

const MFA_ACCESS_KEY_ID: &str = "AWSMFA_MFA_ACCESS_KEY_ID";
const MFA_SECRET_ACCESS_KEY: &str = "AWSMFA_MFA_SECRET_ACCESS_KEY";
const MFA_SESSION_TOKEN: &str = "AWSMFA_MFA_SESSION_TOKEN";
const MFA_EXPIRATION: &str = "AWSMFA_MFA_EXPIRATION";

/// The names under which an [`Owner`] is recorded.
struct OwnerNames {
    source_profile: &'static str,
    source_key_id: &'static str,
    user_arn: &'static str,
    endpoint_url: &'static str,
}

/// The endpoint of STS that the session in place was started at.
pub const OWNER_ENDPOINT_URL: &str = "AWSMFA_ENDPOINT_URL";

/// Whose the session in place is.
const OWNER: OwnerNames = OwnerNames {
    source_profile: "AWSMFA_SOURCE_PROFILE",
    source_key_id: "AWSMFA_SOURCE_KEY_ID",
    user_arn: "AWSMFA_USER_ARN",
    endpoint_url: OWNER_ENDPOINT_URL,
};

/// Whose the MFA session behind it is: another's, where the last try to assume a role failed.
const MFA_OWNER: OwnerNames = OwnerNames {
    source_profile: "AWSMFA_MFA_SOURCE_PROFILE",
    source_key_id: "AWSMFA_MFA_SOURCE_KEY_ID",
    user_arn: "AWSMFA_MFA_USER_ARN",
    endpoint_url: "AWSMFA_MFA_ENDPOINT_URL",
};

/// The names of the MFA session in the record.
const MFA_NAMES: &[&str] = &[
    MFA_ACCESS_KEY_ID,
    MFA_SECRET_ACCESS_KEY,
    MFA_SESSION_TOKEN,
    MFA_EXPIRATION,
    MFA_OWNER.source_profile,
    MFA_OWNER.source_key_id,
    MFA_OWNER.user_arn,
    MFA_OWNER.endpoint_url,
];

/// Every other name of the record but those in [`VARIABLES`].
const NAMES: &[&str] = &[
    KEY_ID,
    ROLE_ARN,
    ACCOUNT_ID,
    TARGET_PROFILE,
    TARGET_ROLE_ARN,
    TARGET_ROLE_SESSION_NAME,
    TARGET_EXTERNAL_ID,
    TARGET_DURATION,
    TARGET_SESSION_DURATION,
    TARGET_SERIAL,
    TARGET_REGION,
    TARGET_NO_SESSION,
    OWNER.source_profile,
    OWNER.source_key_id,
    OWNER.user_arn,
    OWNER.endpoint_url,
];

/// All names of the record.
fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().chain(MFA_NAMES).copied().chain(
        VARIABLES
            .iter()
            .flat_map(|variable| [variable.replaced, variable.given]),
    )
}

/// Whether a variable is awsmfa's own record, which only shells get.
#[must_use]
pub fn is_record(name: &str) -> bool {
    names().any(|known| known == name)
}

/// The IAM user that a session belongs to, by the long-term keys that it was started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The profile that holds the keys; `None` for keys from the environment.
    pub source_profile: Option<String>,
    /// The access key ID of those keys.
    pub source_key_id: String,
    /// The user's ARN, where a call has told it.
    pub user_arn: Option<String>,
    /// The endpoint of STS, where it is not AWS's own.
    pub endpoint_url: Option<String>,
}

/// What was asked for, so that a bare `awsmfa env` can ask for the same again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The profile; `None` for the keys of the environment.
    pub profile: Option<String>,
    /// `--role-arn`
    pub role_arn: Option<String>,
    /// `--role-session-name`
    pub role_session_name: Option<String>,
    /// `--external-id`
    pub external_id: Option<String>,
    /// `--duration`
    pub duration: Option<Duration>,
    /// `--session-duration`
    pub session_duration: Option<Duration>,
    /// `--serial`, or the device that was found where nothing names one.
    pub serial: Option<String>,
    /// `--region`
    pub region: Option<String>,
    /// `--no-session`
    pub no_session: bool,
}

/// An MFA session and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MfaSession {
    /// Whose it is.
    pub owner: Owner,
    /// Its credentials.
    pub session: Session,
}

/// The session that awsmfa put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Whose it is.
    pub owner: Owner,
    /// What was asked for.
    pub target: Target,
    /// The role whose session it is; `None` for an MFA session of the user's own.
    pub role_arn: Option<String>,
    /// The account of the session, where known.
    pub account_id: Option<String>,
    /// When it ends.
    pub expiration: Option<DateTime<Utc>>,
}

/// What the environment remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// The session in place, if awsmfa put it there.
    pub present: Option<Present>,
    /// The MFA session that can be had without a code: behind a role, kept from a failed try, or
    /// the session in place itself.
    pub mfa: Option<MfaSession>,
    /// The environment as it was before awsmfa, with what was changed since.
    pub before: Environment,
}

/// What is to be in place after `awsmfa env`.
#[derive(Debug, Clone)]
pub struct Start {
    /// The session for the shell.
    pub session: Session,
    /// What to remember of it.
    pub present: Present,
    /// The MFA session behind a role, if one is kept.
    pub mfa: Option<MfaSession>,
    /// What the profile gives for variables that are not set.
    pub settings: Settings,
}

/// Settings that go with a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `--region`, which wins over what is set.
    pub forced_region: Option<String>,
    /// The target profile's `region`, where none is set.
    pub region: Option<String>,
    /// `use_fips_endpoint`
    pub use_fips_endpoint: Option<String>,
    /// `use_dualstack_endpoint`
    pub use_dualstack_endpoint: Option<String>,
    /// `ca_bundle`
    pub ca_bundle: Option<String>,
    /// `endpoint_url`
    pub endpoint_url: Option<String>,
}

impl Memory {
    /// Reads what the environment remembers.
    #[must_use]
    pub fn read(environment: &Environment) -> Self {
        let counts = counts(environment);
        let mut before = environment.clone();
        if counts {
            for variable in VARIABLES {
                if is_as_left(environment, variable) {
                    before.put(variable.name, environment.get(variable.replaced).cloned());
                }
            }
        }
        for name in names() {
            before.put(name, None);
        }
        let present = counts.then(|| read_present(environment)).flatten();
        let mfa = counts
            .then(|| read_mfa(environment, present.as_ref()))
            .flatten();
        Self {
            present,
            mfa,
            before,
        }
    }

    /// The changes that bring the environment back to what it was before awsmfa.
    #[must_use]
    pub fn unset(&self, environment: &Environment) -> Vec<Change> {
        VARIABLES
            .iter()
            .filter(|v| self.before.get(v.name) != environment.get(v.name))
            .map(|v| change(v.name, self.before.get(v.name).cloned()))
            .chain(Record::default().changes(environment, names()))
            .collect()
    }

    /// The changes that put a session in place of whatever the environment holds.
    #[must_use]
    pub fn start(&self, environment: &Environment, start: &Start) -> Vec<Change> {
        let mut record = Record::default();
        record.text(KEY_ID, Some(&start.session.access_key_id));
        record.present(&start.present);
        if let Some(mfa) = &start.mfa {
            record.mfa(mfa);
        }
        let mut changes = Vec::new();
        for (variable, value) in wanted(&self.before, start) {
            let earlier = self.before.get(variable.name);
            if value.as_ref() != earlier {
                record.value(variable.replaced, earlier.cloned());
                record.value(variable.given, value.as_ref().map(|v| mark(variable, v)));
            }
            // A shell may hold more than it exports: what makes the session is always said.
            if ALWAYS_SAID.contains(&variable.name)
                || value.as_ref() != environment.get(variable.name)
            {
                changes.push(change(variable.name, value));
            }
        }
        changes.extend(record.changes(environment, names()));
        changes
    }

    /// The changes that keep an MFA session for the next try and leave all else as it is.
    #[must_use]
    pub fn keep(environment: &Environment, mfa: &MfaSession) -> Vec<Change> {
        let mut record = Record::default();
        record.value(KEY_ID, Some(key_id(environment)));
        record.mfa(mfa);
        if counts(environment) {
            record.changes(environment, MFA_NAMES.iter().copied().chain([KEY_ID]))
        } else {
            record.changes(environment, names())
        }
    }
}

/// The variables of the session in place, for formats that want them whole.
#[must_use]
pub fn in_place(environment: &Environment) -> Vec<Change> {
    VARIABLES
        .iter()
        .filter(|v| !RIVALS.contains(v))
        .filter_map(|v| Some(Change::Set(v.name, environment.get(v.name)?.clone())))
        .collect()
}

/// The changes that let the session in place count again where something was set since that would
/// win over it; none where nothing was.
#[must_use]
pub fn reinstate(environment: &Environment) -> Vec<Change> {
    RIVALS
        .iter()
        .filter_map(|v| Some((v, environment.get(v.name)?.clone())))
        .flat_map(|(v, value)| [Change::Unset(v.name), Change::Set(v.replaced, value)])
        .collect()
}

/// Variables that one SDK or another takes in place of the session.
const RIVALS: &[&Variable] = &[
    &environment::PROFILE,
    &environment::DEFAULT_PROFILE,
    &environment::SECURITY_TOKEN,
];

/// The changes of `unset --all`: what [`Memory::unset`] does, and no AWS credentials stay, of
/// whatever origin.
#[must_use]
pub fn unset_all(environment: &Environment) -> Vec<Change> {
    let restored = Memory::read(environment).unset(environment);
    restored
        .into_iter()
        .filter(|change| !CREDENTIALS.contains(&change.name()))
        .chain(CREDENTIALS.iter().map(|name| Change::Unset(name)))
        .collect()
}

/// The variables that hold credentials.
const CREDENTIALS: &[&str] = &[
    environment::ACCESS_KEY_ID.name,
    environment::SECRET_ACCESS_KEY.name,
    environment::SESSION_TOKEN.name,
    environment::SECURITY_TOKEN.name,
    environment::CREDENTIAL_EXPIRATION.name,
];

/// Variables whose state makes the session.
const ALWAYS_SAID: &[&str] = &[
    environment::ACCESS_KEY_ID.name,
    environment::SECRET_ACCESS_KEY.name,
    environment::SESSION_TOKEN.name,
    environment::CREDENTIAL_EXPIRATION.name,
    environment::PROFILE.name,
    environment::DEFAULT_PROFILE.name,
    environment::SECURITY_TOKEN.name,
];

/// What each variable is to hold while a session is in place, given what it held before.
fn wanted(before: &Environment, start: &Start) -> Vec<(&'static Variable, Option<Value>)> {
    let Start {
        session, settings, ..
    } = start;
    let held = |variable: &Variable| before.get(variable.name).filter(|v| !v.is_empty());
    // One that is set stays; else it is the profile's.
    let or_setting = |variable: &Variable, setting: &Option<String>| {
        held(variable)
            .cloned()
            .or_else(|| setting.clone().map(Value::from))
            .or_else(|| before.get(variable.name).cloned())
    };
    let region = |variable: &Variable, other: &Variable| match &settings.forced_region {
        Some(forced) => Some(Value::from(forced.clone())),
        None => held(variable)
            .or(held(other))
            .cloned()
            .or_else(|| or_setting(variable, &settings.region)),
    };
    let account_id = before
        .get(environment::ACCOUNT_ID.name)
        .and(start.present.account_id.clone())
        .map(Value::from);
    vec![
        (
            &environment::ACCESS_KEY_ID,
            Some(Value::from(session.access_key_id.clone())),
        ),
        (
            &environment::SECRET_ACCESS_KEY,
            Some(session.secret_access_key.clone()),
        ),
        (
            &environment::SESSION_TOKEN,
            Some(session.session_token.clone()),
        ),
        (
            &environment::CREDENTIAL_EXPIRATION,
            Some(Value::from(written(session.expiration))),
        ),
        (
            &environment::REGION,
            region(&environment::REGION, &environment::DEFAULT_REGION),
        ),
        (
            &environment::DEFAULT_REGION,
            region(&environment::DEFAULT_REGION, &environment::REGION),
        ),
        (&environment::PROFILE, None),
        (&environment::DEFAULT_PROFILE, None),
        (&environment::SECURITY_TOKEN, None),
        (
            &environment::USE_FIPS_ENDPOINT,
            or_setting(&environment::USE_FIPS_ENDPOINT, &settings.use_fips_endpoint),
        ),
        (
            &environment::USE_DUALSTACK_ENDPOINT,
            or_setting(
                &environment::USE_DUALSTACK_ENDPOINT,
                &settings.use_dualstack_endpoint,
            ),
        ),
        (
            &environment::CA_BUNDLE,
            or_setting(&environment::CA_BUNDLE, &settings.ca_bundle),
        ),
        (
            &environment::ENDPOINT_URL,
            or_setting(&environment::ENDPOINT_URL, &settings.endpoint_url),
        ),
        (&environment::ACCOUNT_ID, account_id),
    ]
}

/// The record while it is being written: names and values.
#[derive(Default)]
struct Record(BTreeMap<&'static str, Value>);

impl Record {
    fn value(&mut self, name: &'static str, value: Option<Value>) {
        if let Some(value) = value {
            self.0.insert(name, value);
        }
    }

    fn text(&mut self, name: &'static str, text: Option<&String>) {
        self.value(name, text.cloned().map(Value::from));
    }

    fn owner(&mut self, names: &OwnerNames, owner: &Owner) {
        self.text(names.source_profile, owner.source_profile.as_ref());
        self.text(names.source_key_id, Some(&owner.source_key_id));
        self.text(names.user_arn, owner.user_arn.as_ref());
        self.text(names.endpoint_url, owner.endpoint_url.as_ref());
    }

    fn present(&mut self, present: &Present) {
        let target = &present.target;
        let seconds = |d: Option<Duration>| d.map(|d| Value::from(d.as_secs().to_string()));
        self.owner(&OWNER, &present.owner);
        self.text(ROLE_ARN, present.role_arn.as_ref());
        self.text(ACCOUNT_ID, present.account_id.as_ref());
        self.text(TARGET_PROFILE, target.profile.as_ref());
        self.text(TARGET_ROLE_ARN, target.role_arn.as_ref());
        self.text(TARGET_ROLE_SESSION_NAME, target.role_session_name.as_ref());
        self.text(TARGET_EXTERNAL_ID, target.external_id.as_ref());
        self.value(TARGET_DURATION, seconds(target.duration));
        self.value(TARGET_SESSION_DURATION, seconds(target.session_duration));
        self.text(TARGET_SERIAL, target.serial.as_ref());
        self.text(TARGET_REGION, target.region.as_ref());
        self.value(
            TARGET_NO_SESSION,
            target.no_session.then(|| Value::from("true")),
        );
    }

    fn mfa(&mut self, mfa: &MfaSession) {
        let session = &mfa.session;
        self.owner(&MFA_OWNER, &mfa.owner);
        self.text(MFA_ACCESS_KEY_ID, Some(&session.access_key_id));
        self.value(
            MFA_SECRET_ACCESS_KEY,
            Some(session.secret_access_key.clone()),
        );
        self.value(MFA_SESSION_TOKEN, Some(session.session_token.clone()));
        self.text(MFA_EXPIRATION, Some(&written(session.expiration)));
    }

    /// The changes that make these names hold this record and nothing else.
    fn changes(
        &self,
        environment: &Environment,
        names: impl Iterator<Item = &'static str>,
    ) -> Vec<Change> {
        names
            .filter_map(|name| match self.0.get(name) {
                Some(value) => Some(Change::Set(name, value.clone())),
                None => environment.get(name).map(|_| Change::Unset(name)),
            })
            .collect()
    }
}

fn change(name: &'static str, value: Option<Value>) -> Change {
    match value {
        Some(value) => Change::Set(name, value),
        None => Change::Unset(name),
    }
}

/// How a variable that awsmfa gave a value is recognised later: by that value, or by a digest of
/// it where it is a secret, which is not to stand in the environment twice.
fn mark(variable: &Variable, value: &Value) -> Value {
    if variable.secret {
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

/// Whether awsmfa changed a variable and it still is as awsmfa left it.
fn is_as_left(environment: &Environment, variable: &Variable) -> bool {
    match (
        environment.get(variable.given),
        environment.get(variable.name),
    ) {
        (Some(given), Some(now)) => *given == mark(variable, now),
        (None, None) => environment.get(variable.replaced).is_some(),
        _ => false,
    }
}

/// The access key ID in place, as [`KEY_ID`] records it.
fn key_id(environment: &Environment) -> Value {
    environment
        .get(environment::ACCESS_KEY_ID.name)
        .filter(|value| !value.is_empty())
        .cloned()
        .unwrap_or_else(|| Value::from(NO_KEY))
}

/// Whether the record is of the keys in place.
fn counts(environment: &Environment) -> bool {
    environment
        .get(KEY_ID)
        .is_some_and(|recorded| *recorded == key_id(environment))
}

fn text(environment: &Environment, name: &str) -> Option<String> {
    environment
        .get(name)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

fn read_owner(environment: &Environment, names: &OwnerNames) -> Option<Owner> {
    Some(Owner {
        source_profile: text(environment, names.source_profile),
        source_key_id: text(environment, names.source_key_id)?,
        user_arn: text(environment, names.user_arn),
        endpoint_url: text(environment, names.endpoint_url),
    })
}

fn read_present(environment: &Environment) -> Option<Present> {
    environment.get(environment::ACCESS_KEY_ID.given)?;
    let text = |name| text(environment, name);
    let seconds = |name| text(name)?.parse().ok().map(Duration::from_secs);
    Some(Present {
        owner: read_owner(environment, &OWNER)?,
        target: Target {
            profile: text(TARGET_PROFILE),
            role_arn: text(TARGET_ROLE_ARN),
            role_session_name: text(TARGET_ROLE_SESSION_NAME),
            external_id: text(TARGET_EXTERNAL_ID),
            duration: seconds(TARGET_DURATION),
            session_duration: seconds(TARGET_SESSION_DURATION),
            serial: text(TARGET_SERIAL),
            region: text(TARGET_REGION),
            no_session: text(TARGET_NO_SESSION).is_some(),
        },
        role_arn: text(ROLE_ARN),
        account_id: text(ACCOUNT_ID),
        // Removed or spoilt since, the variable is still recorded.
        expiration: [
            environment::CREDENTIAL_EXPIRATION.name,
            environment::CREDENTIAL_EXPIRATION.given,
        ]
        .into_iter()
        .find_map(|name| read_expiration(&text(name)?)),
    })
}

fn read_mfa(environment: &Environment, present: Option<&Present>) -> Option<MfaSession> {
    if let Some(owner) = read_owner(environment, &MFA_OWNER) {
        let value = |name| environment.get(name).cloned();
        return Some(MfaSession {
            owner,
            session: Session {
                access_key_id: text(environment, MFA_ACCESS_KEY_ID)?,
                secret_access_key: value(MFA_SECRET_ACCESS_KEY)?,
                session_token: value(MFA_SESSION_TOKEN)?,
                expiration: read_expiration(&text(environment, MFA_EXPIRATION)?)?,
            },
        });
    }
    // Without a role the session in place is the MFA session itself, unless it was edited since.
    let present = present.filter(|present| present.role_arn.is_none())?;
    let as_given = |variable: &Variable| {
        environment
            .get(variable.name)
            .filter(|_| is_as_left(environment, variable))
            .cloned()
    };
    Some(MfaSession {
        owner: present.owner.clone(),
        session: Session {
            access_key_id: text(environment, environment::ACCESS_KEY_ID.name)?,
            secret_access_key: as_given(&environment::SECRET_ACCESS_KEY)?,
            session_token: as_given(&environment::SESSION_TOKEN)?,
            expiration: read_expiration(as_given(&environment::CREDENTIAL_EXPIRATION)?.as_str()?)?,
        },
    })
}
