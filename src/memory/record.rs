//! The record itself: its variables, written and read.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::{CurrentSession, MfaSession, Owner, Target};
use crate::environment::{self, Environment, VARIABLES, Variable};
use crate::session::{Session, format_expiration, parse_expiration};
use crate::shell::Change;
use crate::token_code::TokenCode;
use crate::value::Value;

/// The access key ID that the record was written for.
const KEY_ID: &str = "AWSMFA_KEY_ID";
/// The value of [`KEY_ID`] where there was no access key; a word, since cmd and PowerShell hold
/// no empty variable.
const NO_KEY: &str = "none";

const ROLE_ARN: &str = "AWSMFA_ROLE_ARN";
const ACCOUNT_ID: &str = "AWSMFA_ACCOUNT_ID";

/// An option that a bare `env` repeats.
struct TargetRow {
    name: &'static str,
    /// Whether another value asks for another session, not for the same one again.
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

/// A row for each field of [`Target`].
static TARGET: &[TargetRow] = target! {
    "AWSMFA_TARGET_PROFILE", profile, ANOTHER_SESSION;
    // `Plan::is_in_place` compares the role itself, since a profile may name it.
    "AWSMFA_TARGET_ROLE_ARN", role_arn, THE_SAME_SESSION;
    "AWSMFA_TARGET_ROLE_SESSION_NAME", role_session_name, ANOTHER_SESSION;
    "AWSMFA_TARGET_EXTERNAL_ID", external_id, ANOTHER_SESSION;
    "AWSMFA_TARGET_DURATION", duration, THE_SAME_SESSION;
    "AWSMFA_TARGET_SESSION_DURATION", session_duration, THE_SAME_SESSION;
    "AWSMFA_TARGET_SERIAL", serial, THE_SAME_SESSION;
    "AWSMFA_TARGET_REGION", region, ANOTHER_SESSION;
    "AWSMFA_TARGET_NO_SESSION", no_session, ANOTHER_SESSION;
};

/// How the value of an option is recorded.
trait OptionValue {
    fn write(&self) -> Option<String>;
    fn read(text: &str) -> Self;
}

impl OptionValue for Option<String> {
    fn write(&self) -> Option<String> {
        self.clone()
    }

    fn read(text: &str) -> Self {
        Some(text.to_owned())
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
    /// Whether this asks for the same session, whatever its lifetime and device.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let mut rows = TARGET.iter().filter(|row| row.distinguishes);
        rows.all(|row| (row.write)(self) == (row.write)(other))
    }
}

const MFA_ACCESS_KEY_ID: &str = "AWSMFA_MFA_ACCESS_KEY_ID";
const MFA_SECRET_ACCESS_KEY: &str = "AWSMFA_MFA_SECRET_ACCESS_KEY";
const MFA_SESSION_TOKEN: &str = "AWSMFA_MFA_SESSION_TOKEN";
const MFA_EXPIRATION: &str = "AWSMFA_MFA_EXPIRATION";
/// The code that was spent last: it works once, so that it need not be sent again. No secret any more,
/// and no name for log scrubbers, which would mask its six digits wherever they stand.
const SPENT_CODE: &str = "AWSMFA_SPENT_CODE";

/// The names under which an [`Owner`] is recorded.
struct OwnerNames {
    source_profile: &'static str,
    source_key_id: &'static str,
    user_arn: &'static str,
    endpoint_url: &'static str,
}

/// The endpoint of STS that the session in place was started at.
pub(crate) const OWNER_ENDPOINT_URL: &str = "AWSMFA_ENDPOINT_URL";

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
    SPENT_CODE,
];

/// Every other name of the record but those in [`VARIABLES`].
const NAMES: &[&str] = &[
    KEY_ID,
    ROLE_ARN,
    ACCOUNT_ID,
    OWNER.source_profile,
    OWNER.source_key_id,
    OWNER.user_arn,
    OWNER.endpoint_url,
];

/// All names of the record.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let target = TARGET.iter().map(|row| row.name);
    let variables = VARIABLES
        .iter()
        .flat_map(|variable| [&*variable.replaced, &*variable.given]);
    let names = NAMES.iter().chain(MFA_NAMES).copied();
    names.chain(target).chain(variables)
}

/// Whether a variable is awsmfa's own record, which only shells get.
#[must_use]
pub fn is_record(name: &str) -> bool {
    names().any(|known| known == name)
}

/// The record while it is being written: names and values.
#[derive(Default)]
pub(super) struct Record(BTreeMap<Cow<'static, str>, Value>);

impl Record {
    /// A record for the keys with this access key ID, so far without anything else.
    pub(super) fn for_key_id(key_id: Value) -> Self {
        Self(BTreeMap::from([(KEY_ID.into(), key_id)]))
    }

    pub(super) fn value(&mut self, name: impl Into<Cow<'static, str>>, value: Option<Value>) {
        if let Some(value) = value {
            self.0.insert(name.into(), value);
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

    pub(super) fn current(&mut self, current: &CurrentSession) {
        self.owner(&OWNER, &current.owner);
        self.text(ROLE_ARN, current.role_arn.as_ref());
        self.text(ACCOUNT_ID, current.account_id.as_ref());
        for row in TARGET {
            self.value(row.name, (row.write)(&current.target).map(Value::from));
        }
    }

    pub(super) fn spent(&mut self, code: Option<&TokenCode>) {
        self.value(SPENT_CODE, code.map(|code| Value::from(code.digits())));
    }

    pub(super) fn mfa(&mut self, mfa: &MfaSession) {
        let session = &mfa.session;
        self.owner(&MFA_OWNER, &mfa.owner);
        self.text(MFA_ACCESS_KEY_ID, Some(&session.access_key_id));
        self.value(
            MFA_SECRET_ACCESS_KEY,
            Some(session.secret_access_key.clone()),
        );
        self.value(MFA_SESSION_TOKEN, Some(session.session_token.clone()));
        self.text(MFA_EXPIRATION, Some(&format_expiration(session.expiration)));
    }

    /// The changes that make the variables of the record hold this and nothing else.
    pub(super) fn changes(&self, environment: &Environment) -> Vec<Change> {
        self.changes_of(names(), environment)
    }

    /// The same for the MFA session alone; what is recorded of the session in place stays.
    pub(super) fn mfa_changes(&self, environment: &Environment) -> Vec<Change> {
        self.changes_of(MFA_NAMES.iter().copied().chain([KEY_ID]), environment)
    }

    fn changes_of(
        &self,
        names: impl Iterator<Item = &'static str>,
        environment: &Environment,
    ) -> Vec<Change> {
        names
            .filter_map(|name| match self.0.get(name) {
                Some(value) => Some(Change::Set(name.into(), value.clone())),
                None => environment.get(name).map(|_| Change::Unset(name.into())),
            })
            .collect()
    }
}

/// How a variable that awsmfa gave a value is recognised later: by that value, or by a digest of
/// it where it is a secret, which is not to stand in the environment twice.
pub(super) fn mark(variable: &Variable, value: &Value) -> Value {
    if variable.is_secret() {
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

/// The access key ID in place, as [`KEY_ID`] records it.
pub(super) fn key_id(environment: &Environment) -> Value {
    environment
        .get(&environment::ACCESS_KEY_ID.name)
        .filter(|value| !value.is_empty())
        .cloned()
        .unwrap_or_else(|| Value::from(NO_KEY))
}

/// Whether the record is of the keys in place.
pub(super) fn is_for_current_key(environment: &Environment) -> bool {
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

pub(super) fn read_spent(environment: &Environment) -> Option<TokenCode> {
    TokenCode::parse(environment.get(SPENT_CODE)?.as_str()?).ok()
}

pub(super) fn read_current(environment: &Environment) -> Option<CurrentSession> {
    environment.get(&environment::ACCESS_KEY_ID.given)?;
    let text = |name| text(environment, name);
    let mut target = Target::default();
    for row in TARGET {
        if let Some(text) = text(row.name) {
            (row.read)(&mut target, &text);
        }
    }
    Some(CurrentSession {
        owner: read_owner(environment, &OWNER)?,
        target,
        role_arn: text(ROLE_ARN),
        account_id: text(ACCOUNT_ID),
        // Removed or spoilt since, the variable is still recorded.
        expiration: [
            &environment::CREDENTIAL_EXPIRATION.name,
            &environment::CREDENTIAL_EXPIRATION.given,
        ]
        .into_iter()
        .find_map(|name| parse_expiration(&text(name)?)),
    })
}

pub(super) fn read_mfa(
    environment: &Environment,
    current: Option<&CurrentSession>,
) -> Option<MfaSession> {
    if let Some(owner) = read_owner(environment, &MFA_OWNER) {
        let value = |name| environment.get(name).cloned();
        return Some(MfaSession {
            owner,
            session: Session {
                access_key_id: text(environment, MFA_ACCESS_KEY_ID)?,
                secret_access_key: value(MFA_SECRET_ACCESS_KEY)?,
                session_token: value(MFA_SESSION_TOKEN)?,
                expiration: parse_expiration(&text(environment, MFA_EXPIRATION)?)?,
            },
        });
    }
    // Without a role the session in place is the MFA session itself, unless it was edited since.
    let current = current.filter(|current| current.role_arn.is_none())?;
    let as_given = |variable: &Variable| {
        environment
            .get(&variable.name)
            .filter(|_| is_unchanged(environment, variable))
            .cloned()
    };
    Some(MfaSession {
        owner: current.owner.clone(),
        session: Session {
            access_key_id: text(environment, &environment::ACCESS_KEY_ID.name)?,
            secret_access_key: as_given(&environment::SECRET_ACCESS_KEY)?,
            session_token: as_given(&environment::SESSION_TOKEN)?,
            expiration: parse_expiration(as_given(&environment::CREDENTIAL_EXPIRATION)?.as_str()?)?,
        },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{TARGET, Target};
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
}
