//! The memory of awsmfa: what it replaced in the environment, for whom, and how to restore it.
//!
//! Everything here works on values: it reads an [`Environment`] and returns a list of changes. Keys and
//! token belong to awsmfa only while `AWS_ACCESS_KEY_ID` is the recorded one. Any other variable belongs
//! to awsmfa while it is as awsmfa left it.

mod msys;
mod record;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::environment::{self, Content, Environment, Setting, VARIABLES, Variable};
use crate::session::{Session, format_time};
use crate::shell::Change;
use crate::sts::arn::Arn;
use crate::token_code::TokenCode;
use crate::value::Value;

pub use msys::exclude_secrets;
pub(crate) use record::OWNER_ENDPOINT_URL;
use record::{
    KeysOf, MAX_MFA_SESSIONS, Record, is_unchanged, keys_of, malformed_ids, mark, read_current,
    read_mfa_sessions, read_plain, read_spent, record_names, variables,
};
pub use record::{is_for_child, is_record, replaced_variable};

/// The IAM user that a session belongs to, identified by the long-term keys that started it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The profile with the keys; `None` for keys from the environment.
    pub source_profile: Option<String>,
    pub source_key_id: String,
    /// The user's ARN, if a call has returned it.
    pub user_arn: Option<String>,
    /// The STS endpoint, if it is not AWS's own.
    pub endpoint_url: Option<String>,
}

/// The options of a session, which a bare `awsmfa env` repeats.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// `None` for the keys of the environment.
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
    /// `--serial`, or the device that was found if nothing names one.
    pub serial: Option<String>,
    /// `--region`
    pub region: Option<String>,
    /// `--no-session`
    pub no_session: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MfaSession {
    pub owner: Owner,
    pub session: Session,
}

/// The session that awsmfa put into the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentSession {
    pub owner: Owner,
    pub target: Target,
    /// The role of the session; `None` for the user's own MFA session.
    pub role_arn: Option<String>,
    /// The account of the session, if known.
    pub account_id: Option<String>,
    pub expiration: Option<DateTime<Utc>>,
}

impl CurrentSession {
    /// The name as the user typed it, the role's or the profile's; otherwise the owner's.
    #[must_use]
    pub fn name(&self) -> String {
        let arn_name = |arn: &str| Arn::parse(arn).map(|arn| arn.name().to_owned());
        let target = &self.target;
        let named_role = target.role_arn.as_deref().and_then(arn_name);
        named_role
            .or_else(|| target.profile.clone())
            .or_else(|| self.role_arn.as_deref().and_then(arn_name))
            .or_else(|| self.owner.user_arn.as_deref().and_then(arn_name))
            .unwrap_or_else(|| self.owner.source_key_id.clone())
    }

    /// The name for a prompt, without characters that a shell would expand there.
    #[must_use]
    pub fn prompt_name(&self) -> String {
        let is_plain = |c: char| c.is_alphanumeric() || "-_.@+=,/ ".contains(c);
        let name = self.name();
        name.chars()
            .map(|c| if is_plain(c) { c } else { '_' })
            .collect()
    }
}

/// What the environment says about awsmfa's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// The session that awsmfa set, while its access key ID is still there.
    pub current: Option<CurrentSession>,
    /// The variable that makes the current session unusable: its secret or token was changed or removed.
    pub altered: Option<&'static Variable>,
    /// Whether the keys of a session were replaced or removed since.
    pub has_other_keys: bool,
    /// The kept MFA sessions, newest first: behind a role, of other users, or from a failed try.
    kept: Vec<MfaSession>,
    /// The current session, if it is itself its user's MFA session.
    plain: Option<MfaSession>,
    /// The code that was used last in this shell.
    pub spent: Option<TokenCode>,
    /// The variables of the bookkeeping whose access key ID cannot be one; such a session is not used.
    pub malformed: Vec<String>,
    /// The environment as it was before awsmfa, with what was changed since.
    pub before: Environment,
}

/// What `awsmfa env` puts into the environment.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub session: Session,
    pub current: CurrentSession,
    /// The MFA session behind a role, if there is one.
    pub mfa: Option<MfaSession>,
    /// The code that was used last.
    pub spent: Option<TokenCode>,
    pub settings: Settings,
}

/// Settings that come with a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// `--region`, which overrides the variables.
    pub forced_region: Option<String>,
    /// Variables whose value counts in another form: a URL without the blanks around it, a path without `~`.
    pub corrected: Vec<(Variable, Setting)>,
    /// The target profile's values for variables with a profile key.
    pub of_profile: Vec<(Variable, Setting)>,
}

impl Settings {
    /// The target profile's value for a variable.
    fn of_profile(&self, variable: &Variable) -> Option<Value> {
        value_of(&self.of_profile, variable)
    }

    /// The value of a variable in the form in which it counts.
    fn corrected(&self, variable: &Variable) -> Option<Value> {
        value_of(&self.corrected, variable)
    }
}

/// Whether each shell can set a variable to this value again: statements are lines of words.
#[must_use]
pub(crate) fn can_come_back(value: &Value) -> bool {
    let bytes = value.as_bytes();
    !bytes.iter().any(u8::is_ascii_control) && !bytes.windows(2).any(|pair| pair == b"  ")
}

fn value_of(settings: &[(Variable, Setting)], variable: &Variable) -> Option<Value> {
    let (_, setting) = settings.iter().find(|(its, _)| its == variable)?;
    Some(Value::from(setting.text.as_str()))
}

impl Owner {
    /// Whether both are the same user, as far as awsmfa knows without asking AWS.
    fn is_same_user(&self, other: &Self) -> bool {
        let same_profile =
            self.source_profile.is_some() && self.source_profile == other.source_profile;
        (same_profile || self.source_key_id == other.source_key_id)
            && self.endpoint_url == other.endpoint_url
    }
}

impl MfaSession {
    #[must_use]
    pub fn is_of(&self, owner: &Owner) -> bool {
        self.owner.is_same_user(owner)
    }
}

impl Memory {
    /// Reads the bookkeeping from the environment.
    #[must_use]
    pub fn read(environment: &Environment) -> Self {
        let keys = keys_of(environment);
        let has_other_keys = keys == KeysOf::Others;
        let current = (keys == KeysOf::Session)
            .then(|| read_current(environment))
            .flatten();
        let mut unchanged = variables(environment);
        unchanged.retain(|it| keys != KeysOf::NoSession && is_unchanged(environment, it));
        let session = [&environment::SECRET_ACCESS_KEY, &environment::SESSION_TOKEN];
        let mut altered = session
            .into_iter()
            .filter(|&variable| !unchanged.iter().any(|it| **it == *variable));
        let altered = current.as_ref().and_then(|_| altered.next());
        Self {
            has_other_keys,
            kept: if has_other_keys {
                Vec::new()
            } else {
                read_mfa_sessions(environment)
            },
            plain: current
                .as_ref()
                .filter(|_| altered.is_none())
                .and_then(|current| read_plain(environment, current)),
            current,
            altered,
            spent: read_spent(environment).filter(|_| !has_other_keys),
            malformed: malformed_ids(environment),
            before: before(environment, keys, &unchanged),
        }
    }

    /// The current session, unless it is unusable.
    #[must_use]
    pub fn usable(&self) -> Option<&CurrentSession> {
        self.current.as_ref().filter(|_| self.altered.is_none())
    }

    /// The MFA sessions, one per user: the kept ones, and the current session if it is one.
    pub fn mfa_sessions(&self) -> impl Iterator<Item = &MfaSession> {
        let of_its_own = self.plain.as_ref().filter(|plain| {
            let mut kept = self.kept.iter();
            !kept.any(|kept| kept.is_of(&plain.owner))
        });
        self.kept.iter().chain(of_its_own)
    }

    /// The changes that restore the environment before awsmfa.
    #[must_use]
    pub fn unset(&self, environment: &Environment) -> Vec<Change> {
        let mut changes = self.restore(environment);
        changes.extend(Record::default().changes(environment));
        changes
    }

    fn restore(&self, environment: &Environment) -> Vec<Change> {
        variables(environment)
            .iter()
            .filter(|v| self.before.get(&v.name) != environment.get(&v.name))
            .map(|v| Change::new(v.name.clone(), self.before.get(&v.name).cloned()))
            .collect()
    }

    /// The variables that these changes set back to their earlier value.
    pub fn restored<'c>(
        &self,
        changes: &'c [Change],
    ) -> impl Iterator<Item = (Cow<'static, Variable>, &'c Value)> {
        changes.iter().filter_map(|change| match change {
            Change::Set(name, value) if self.before.get(name) == Some(value) => {
                Some((environment::variable(name)?, value))
            }
            _ => None,
        })
    }

    /// The changes that start a session in place of whatever the environment contains.
    #[must_use]
    pub fn start(&self, environment: &Environment, start: &NewSession) -> Vec<Change> {
        let mut record = Record::default();
        record.current(&start.current, &start.session);
        record.spent(start.spent.as_ref());
        record.mfa_sessions(self.kept_beside(start));
        let mut changes = Vec::new();
        let mut variables = variables(environment);
        let settings = &start.settings;
        for (variable, _) in settings.of_profile.iter().chain(&settings.corrected) {
            if !variables.iter().any(|its| **its == *variable) {
                variables.push(Cow::Owned(variable.clone()));
            }
        }
        for variable in &variables {
            let value = wanted(variable, &self.before, start);
            let earlier = self.before.get(&variable.name);
            // If no shell can give the earlier value back, the corrected one stays.
            let stays = settings.corrected(variable).is_some()
                && earlier.is_some_and(|earlier| !can_come_back(earlier));
            if value.as_ref() != earlier && !stays {
                let given = value.as_ref().map(|value| mark(variable, value));
                record.value(variable.replaced.clone(), earlier.cloned());
                record.value(variable.given.clone(), given);
            }
            // A shell may have variables that it does not export, so what makes up the session is always
            // set or removed.
            let makes_session = is_credential(variable) || is_rival(variable);
            if makes_session || value.as_ref() != environment.get(&variable.name) {
                changes.push(Change::new(variable.name.clone(), value));
            }
        }
        changes.extend(record.changes(environment));
        changes
    }

    /// These changes of the current session, with another region.
    #[must_use]
    pub fn in_region(&self, mut changes: Vec<Change>, region: Option<&str>) -> Vec<Change> {
        let Some(region) = region.map(Value::from) else {
            return changes;
        };
        for variable in [&environment::REGION, &environment::DEFAULT_REGION] {
            let earlier = self.before.get(&variable.name).cloned();
            let is_given = earlier.as_ref() != Some(&region);
            for (name, value) in [
                (&variable.name, Some(region.clone())),
                (&variable.replaced, earlier.filter(|_| is_given)),
                (&variable.given, is_given.then(|| mark(variable, &region))),
            ] {
                changes.retain(|change| change.name() != name);
                changes.push(Change::new(name.clone(), value));
            }
        }
        changes
    }

    /// The region of a session.
    #[must_use]
    pub fn region(&self, start: &NewSession) -> Option<String> {
        let region = wanted(&environment::REGION, &self.before, start)?;
        region.as_str().map(str::to_owned)
    }

    /// The MFA sessions to keep with a new session, newest first.
    fn kept_beside<'m>(&'m self, start: &'m NewSession) -> Vec<&'m MfaSession> {
        let is_plain = start.current.role_arn.is_none();
        let others = self.mfa_sessions().filter(|mfa| {
            let is_replaced = start.mfa.as_ref().is_some_and(|new| mfa.is_of(&new.owner));
            let is_renewed = is_plain && mfa.is_of(&start.current.owner);
            !(is_replaced || is_renewed)
        });
        let others = others.collect();
        latest(start.mfa.as_ref(), others, usize::from(is_plain))
    }

    /// The changes that keep an MFA session for the next try. Everything else stays as it is, unless
    /// other keys ended the current session.
    #[must_use]
    pub fn keep(
        &self,
        environment: &Environment,
        mfa: &MfaSession,
        spent: Option<&TokenCode>,
    ) -> Vec<Change> {
        let others = self.mfa_sessions().filter(|its| !its.is_of(&mfa.owner));
        let (current, others): (Vec<_>, Vec<_>) =
            others.partition(|its| self.plain.as_ref() == Some(its));
        let mut record = Record::default();
        record.spent(spent);
        record.mfa_sessions(latest(Some(mfa), others, current.len()));
        if self.has_other_keys {
            let mut changes = self.restore(environment);
            changes.extend(record.changes(environment));
            changes
        } else {
            record.mfa_changes(environment)
        }
    }
}

/// A new MFA session and as many of the others as are kept; those that expire first are dropped. `current` is
/// 1 if the current session is an MFA session itself, since that counts too.
fn latest<'m>(
    new: Option<&'m MfaSession>,
    mut others: Vec<&'m MfaSession>,
    current: usize,
) -> Vec<&'m MfaSession> {
    let new: Vec<_> = new.into_iter().collect();
    while new.len() + others.len() + current > MAX_MFA_SESSIONS {
        let ends = |index: &usize| others[*index].session.expiration;
        let Some(first) = (0..others.len()).min_by_key(ends) else {
            break;
        };
        others.remove(first);
    }
    [new, others].concat()
}

/// The environment as it was before awsmfa, with what was changed since.
fn before(
    environment: &Environment,
    keys: KeysOf,
    unchanged: &[Cow<'static, Variable>],
) -> Environment {
    let mut before = environment.clone();
    let other_keys = keys == KeysOf::Others;
    let has_key = environment.get(&environment::ACCESS_KEY_ID.name).is_some();
    for variable in unchanged {
        let earlier = environment.get(&variable.replaced).cloned();
        match variable.content {
            Content::SecretAccessKey if other_keys && has_key => {}
            // The old keys and tokens would not match other keys.
            _ if other_keys && is_key(variable) => before.put(&variable.name, None),
            _ => before.put(&variable.name, earlier),
        }
    }
    for name in environment.names().filter(|name| is_record(name)) {
        before.put(name, None);
    }
    before
}

/// The changes that make another environment, which cannot be seen from here, like this one after `changes`, as far
/// as awsmfa sets, removes or records variables.
#[must_use]
pub fn in_other_environment(environment: &Environment, changes: &[Change]) -> Vec<Change> {
    let mut after = environment.clone();
    for change in changes {
        match change {
            Change::Set(name, value) => after.put(name, Some(value.clone())),
            Change::Unset(name) => after.put(name, None),
        }
    }
    let records = environment.names().chain(after.names());
    let records = records.filter(|name| is_record(name)).map(str::to_owned);
    let variables = [environment, &after].map(variables).into_iter().flatten();
    let names: BTreeSet<String> = variables
        .map(|variable| variable.name.to_string())
        .chain(records)
        .chain(record_names())
        .collect();
    names
        .into_iter()
        .map(|name| {
            let value = after.get(&name).cloned();
            Change::new(name.into(), value)
        })
        .collect()
}

/// All variables of the current session, for formats that print it whole.
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

/// The changes that make the current session count again if the user has set a variable that overrides
/// it; empty otherwise.
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

/// The changes of `unset --all`: those of [`Memory::unset`], and removal of all AWS credentials,
/// whatever their origin.
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

/// Whether some SDK uses the variable instead of the session.
fn is_rival(variable: &Variable) -> bool {
    variable.content == Content::Removed
}

/// Whether the variable is part of a set of credentials.
fn is_credential(variable: &Variable) -> bool {
    is_key(variable) || variable.content == Content::Expiration
}

/// Whether the variable is a key or a token.
fn is_key(variable: &Variable) -> bool {
    matches!(
        variable.content,
        Content::AccessKeyId | Content::SecretAccessKey | Content::SessionToken
    ) || *variable == environment::SECURITY_TOKEN
}

/// The value of a variable during a session, given the environment before awsmfa.
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
        Content::Expiration => Some(Value::from(format_time(session.expiration))),
        Content::Region => match &settings.forced_region {
            Some(forced) => Some(Value::from(forced.clone())),
            None => set(variable)
                .or_else(|| set(&environment::REGION))
                .or_else(|| set(&environment::DEFAULT_REGION))
                .or_else(|| settings.of_profile(variable))
                .or_else(as_before),
        },
        // An empty CA bundle counts as not set; any other empty variable counts as set.
        Content::ProfileKey(_) if settings.corrected(variable).is_some() => {
            settings.corrected(variable)
        }
        Content::ProfileKey(_) if *variable == environment::CA_BUNDLE => set(variable)
            .or_else(|| settings.of_profile(variable))
            .or_else(as_before),
        Content::ProfileKey(_) => as_before().or_else(|| settings.of_profile(variable)),
        Content::AccountId => as_before()
            .and(start.current.account_id.clone())
            .map(Value::from),
        Content::Removed => None,
    }
}
