//! Long-term keys and temporary sessions.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::value::Value;

/// Long-term keys of an IAM user or of the root user, without a session token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// Not secret.
    pub access_key_id: String,
    pub secret_access_key: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Not secret.
    pub access_key_id: String,
    pub secret_access_key: Value,
    pub session_token: Value,
    /// When it was requested, if known.
    pub started: Option<DateTime<Utc>>,
    pub expiration: DateTime<Utc>,
}

/// A session with less than this left counts as expired.
pub const TOO_LITTLE: TimeDelta = TimeDelta::minutes(1);

/// If a role denies a session younger than this, age is not the reason.
const YOUNG: TimeDelta = TimeDelta::minutes(5);

impl Session {
    /// Whether its age may be the reason why a role denies it (`aws:MultiFactorAuthAge`).
    #[must_use]
    pub fn is_old(&self, now: DateTime<Utc>) -> bool {
        self.started.is_none_or(|started| now - started > YOUNG)
    }

    /// Whether it can still be used; with less than a minute left it counts as expired.
    #[must_use]
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.expiration - now >= TOO_LITTLE
    }
}

/// RFC 3339 in UTC, to the second: the format that botocore and starship read.
#[must_use]
pub fn format_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Reads the output of [`format_time`], and any other RFC 3339 time.
#[must_use]
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.with_timezone(&Utc))
}

/// Whether an access key ID belongs to temporary credentials (IAM user guide, "Unique identifier
/// prefixes").
#[must_use]
pub fn is_temporary(access_key_id: &str) -> bool {
    access_key_id.starts_with("ASIA")
}
