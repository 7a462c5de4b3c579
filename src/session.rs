//! Keys and sessions.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::value::Value;

/// Long-term keys of an IAM user or of the root user: they carry no session token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The access key ID, which is no secret.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Value,
}

/// Temporary credentials from STS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The access key ID, which is no secret.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: Value,
    /// The session token.
    pub session_token: Value,
    /// When it was asked for, where that is known.
    pub started: Option<DateTime<Utc>>,
    /// When STS stops accepting it.
    pub expiration: DateTime<Utc>,
}

/// What is left of a session counts as nothing below this.
pub const TOO_LITTLE: TimeDelta = TimeDelta::minutes(1);

/// A role that is refused to a younger session is not refused for its age.
const YOUNG: TimeDelta = TimeDelta::minutes(5);

impl Session {
    /// Whether its age may be why a role is refused (`aws:MultiFactorAuthAge`).
    #[must_use]
    pub fn is_old(&self, now: DateTime<Utc>) -> bool {
        self.started.is_none_or(|started| now - started > YOUNG)
    }

    /// Whether it can still be worked with: less than a minute left counts as expired.
    #[must_use]
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.expiration - now >= TOO_LITTLE
    }
}

/// RFC 3339 in UTC to the second, as botocore and starship read it.
#[must_use]
pub fn format_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads what [`format_time`] wrote, and any other RFC 3339 time.
#[must_use]
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.with_timezone(&Utc))
}

/// Whether an access key ID is that of temporary credentials (IAM user guide, "Unique identifier
/// prefixes").
#[must_use]
pub fn is_temporary(access_key_id: &str) -> bool {
    access_key_id.starts_with("ASIA")
}
