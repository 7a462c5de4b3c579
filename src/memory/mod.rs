//! The memory of awsmfa: what it replaced in the environment, for whom, and how to put it back.
//!
//! Everything here works on values: it reads one [`Environment`] and gives a list of changes.
//! The record counts only while `AWS_ACCESS_KEY_ID` is the one it was written for; else the keys in
//! place are somebody else's, and the record is dropped.

mod record;

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::environment::{self, Content, Environment, REPLACED, Setting, VARIABLES, Variable};
use crate::session::{Session, format_expiration};
use crate::shell::Change;
use crate::token_code::TokenCode;
use crate::value::Value;

pub(crate) use record::OWNER_ENDPOINT_URL;
pub use record::is_record;
use record::{
    Record, is_for_current_key, is_unchanged, key_id, mark, names, read_current, read_mfa,
    read_spent,
};

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
pub struct CurrentSession {
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
    pub current: Option<CurrentSession>,
    /// The MFA session that can be had without a code: behind a role, kept from a failed try, or
    /// the session in place itself.
    pub mfa: Option<MfaSession>,
    /// The code that was spent last in this shell.
    pub spent: Option<TokenCode>,
    /// The environment as it was before awsmfa, with what was changed since.
    pub before: Environment,
}

/// What is to be in place after `awsmfa env`.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session for the shell.
    pub session: Session,
    /// What to remember of it.
    pub current: CurrentSession,
    /// The MFA session behind a role, if one is kept.
    pub mfa: Option<MfaSession>,
    /// The code that was spent last.
    pub spent: Option<TokenCode>,
    /// What the profile gives for variables that are not set.
    pub settings: Settings,
}

/// Settings that go with a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `--region`, which wins over what is set.
    pub forced_region: Option<String>,
    /// The target profile's value for each variable that stands for one of its keys.
    pub of_profile: Vec<(Variable, Setting)>,
}

impl Settings {
    /// The target profile's value for a variable.
    fn of_profile(&self, variable: &Variable) -> Option<Value> {
        let mut settings = self.of_profile.iter();
        let (_, setting) = settings.find(|(its, _)| its == variable)?;
        Some(Value::from(setting.text.as_str()))
    }
}

impl Memory {
    /// Reads what the environment remembers.
    #[must_use]
    pub fn read(environment: &Environment) -> Self {
        let is_for_current_key = is_for_current_key(environment);
        let mut before = environment.clone();
        if is_for_current_key {
            for variable in VARIABLES {
                if is_unchanged(environment, variable) {
                    let earlier = environment.get(&variable.replaced);
                    before.put(&variable.name, earlier.cloned());
                }
            }
        }
        for name in names() {
            before.put(name, None);
        }
        let current = is_for_current_key
            .then(|| read_current(environment))
            .flatten();
        let mfa = is_for_current_key
            .then(|| read_mfa(environment, current.as_ref()))
            .flatten();
        Self {
            current,
            mfa,
            spent: is_for_current_key
                .then(|| read_spent(environment))
                .flatten(),
            before,
        }
    }

    /// The changes that bring the environment back to what it was before awsmfa.
    #[must_use]
    pub fn unset(&self, environment: &Environment) -> Vec<Change> {
        VARIABLES
            .iter()
            .filter(|v| self.before.get(&v.name) != environment.get(&v.name))
            .map(|v| change(v, self.before.get(&v.name).cloned()))
            .chain(Record::default().changes(environment))
            .collect()
    }

    /// The changes that put a session in place of whatever the environment holds.
    #[must_use]
    pub fn start(&self, environment: &Environment, start: &NewSession) -> Vec<Change> {
        let mut record = Record::for_key_id(Value::from(start.session.access_key_id.clone()));
        record.current(&start.current);
        record.spent(start.spent.as_ref());
        if let Some(mfa) = &start.mfa {
            record.mfa(mfa);
        }
        let mut changes = Vec::new();
        for variable in VARIABLES {
            let value = wanted(variable, &self.before, start);
            let earlier = self.before.get(&variable.name);
            if value.as_ref() != earlier {
                let given = value.as_ref().map(|value| mark(variable, value));
                record.value(variable.replaced.clone(), earlier.cloned());
                record.value(variable.given.clone(), given);
            }
            // A shell may have more variables than it exports: what makes the session is always said.
            let makes_session = is_credential(variable) || is_rival(variable);
            if makes_session || value.as_ref() != environment.get(&variable.name) {
                changes.push(change(variable, value));
            }
        }
        changes.extend(record.changes(environment));
        changes
    }

    /// The region of a session.
    #[must_use]
    pub fn region(&self, start: &NewSession) -> Option<String> {
        let region = wanted(&environment::REGION, &self.before, start)?;
        region.as_str().map(str::to_owned)
    }

    /// The changes that keep an MFA session for the next try and leave all else as it is.
    #[must_use]
    pub fn keep(
        environment: &Environment,
        mfa: &MfaSession,
        spent: Option<&TokenCode>,
    ) -> Vec<Change> {
        let mut record = Record::for_key_id(key_id(environment));
        record.spent(spent);
        record.mfa(mfa);
        if is_for_current_key(environment) {
            record.mfa_changes(environment)
        } else {
            record.changes(environment)
        }
    }
}

/// The variables of the session in place, for formats that want them whole.
#[must_use]
pub fn current_variables(environment: &Environment) -> Vec<Change> {
    VARIABLES
        .iter()
        .filter(|v| !is_rival(v))
        .filter_map(|v| {
            Some(Change::Set(
                v.name.clone(),
                environment.get(&v.name)?.clone(),
            ))
        })
        .collect()
}

/// The changes that let the session in place count again where something was set since that would
/// win over it; none where nothing was.
#[must_use]
pub fn reinstate(environment: &Environment) -> Vec<Change> {
    VARIABLES
        .iter()
        .filter(|v| is_rival(v))
        .filter_map(|v| Some((v, environment.get(&v.name)?.clone())))
        .flat_map(|(v, value)| {
            [
                Change::Unset(v.name.clone()),
                Change::Set(v.replaced.clone(), value),
            ]
        })
        .collect()
}

/// The changes of `unset --all`: what [`Memory::unset`] does, and no AWS credentials stay, of
/// whatever origin.
#[must_use]
pub fn unset_all(environment: &Environment) -> Vec<Change> {
    let credentials = || VARIABLES.iter().filter(|v| is_credential(v));
    let restored = Memory::read(environment).unset(environment);
    restored
        .into_iter()
        .filter(|change| !credentials().any(|v| v.name == change.name()))
        .chain(credentials().map(|v| Change::Unset(v.name.clone())))
        .collect()
}

/// The variable whose earlier value is kept under this name; else the name itself.
#[must_use]
pub fn replaced_variable(name: &str) -> &str {
    name.strip_prefix(REPLACED).unwrap_or(name)
}

/// Whether one SDK or another uses the variable instead of the session.
fn is_rival(variable: &Variable) -> bool {
    variable.content == Content::Removed
}

/// Whether the variable is part of a set of credentials.
fn is_credential(variable: &Variable) -> bool {
    matches!(
        variable.content,
        Content::AccessKeyId
            | Content::SecretAccessKey
            | Content::SessionToken
            | Content::Expiration
    ) || *variable == environment::SECURITY_TOKEN
}

/// What a variable is set to during a session, given the environment before awsmfa.
fn wanted(variable: &Variable, before: &Environment, start: &NewSession) -> Option<Value> {
    let NewSession {
        session, settings, ..
    } = start;
    let set = |variable: &Variable| {
        let value = before.get(&variable.name).filter(|v| !v.is_empty());
        value.cloned()
    };
    let as_before = || before.get(&variable.name).cloned();
    match variable.content {
        Content::AccessKeyId => Some(Value::from(session.access_key_id.clone())),
        Content::SecretAccessKey => Some(session.secret_access_key.clone()),
        Content::SessionToken => Some(session.session_token.clone()),
        Content::Expiration => Some(Value::from(format_expiration(session.expiration))),
        Content::Region => match &settings.forced_region {
            Some(forced) => Some(Value::from(forced.clone())),
            None => set(variable)
                .or_else(|| set(&environment::REGION))
                .or_else(|| set(&environment::DEFAULT_REGION))
                .or_else(|| settings.of_profile(variable))
                .or_else(as_before),
        },
        Content::Setting(_) => set(variable)
            .or_else(|| settings.of_profile(variable))
            .or_else(as_before),
        Content::AccountId => as_before()
            .and(start.current.account_id.clone())
            .map(Value::from),
        Content::Removed => None,
    }
}

fn change(variable: &Variable, value: Option<Value>) -> Change {
    match value {
        Some(value) => Change::Set(variable.name.clone(), value),
        None => Change::Unset(variable.name.clone()),
    }
}
