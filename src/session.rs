//! Long-term keys and temporary sessions.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::error::Error;
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
    /// Whether it can be sent: neither the ID nor the token would break a header.
    #[must_use]
    pub fn can_be_sent(&self) -> bool {
        let is_word =
            |value: &Value| !value.is_empty() && value.as_bytes().iter().all(u8::is_ascii_graphic);
        is_access_key_id(&self.access_key_id)
            && is_word(&self.secret_access_key)
            && is_word(&self.session_token)
    }

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

/// Whether a text has the shape of an access key ID. Emulators use short ones, like `test`.
#[must_use]
pub fn is_access_key_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(is_plain) && !is_like_secret(text)
}

/// A secret access key has 40 letters of both cases; an ID has capital letters.
fn is_like_secret(text: &str) -> bool {
    text.len() == 40 && text.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Checks the access key ID at a place, before any request. The message does not repeat it: it may be the
/// secret.
pub fn check_access_key_id(text: &str, place: impl fmt::Display) -> Result<(), Error> {
    if is_access_key_id(text) {
        return Ok(());
    }
    let problem = if is_like_secret(text) {
        "it looks like a secret access key"
    } else {
        "it has characters other than letters, digits and _"
    };
    Err(Error::new(format!("{place} is not an access key ID: {problem}")).hint(
        "copy it again without spaces and quotes, and check that it is not swapped with the secret",
    ))
}

/// Whether an access key ID belongs to temporary credentials (IAM user guide, "Unique identifier
/// prefixes").
#[must_use]
pub fn is_temporary(access_key_id: &str) -> bool {
    access_key_id.starts_with("ASIA")
}
