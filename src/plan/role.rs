//! A role to be assumed, and what AWS takes as the names that go with it.

use std::time::Duration;

/// A role on the way, in the order in which they are assumed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hop {
    /// `role_arn`
    pub role_arn: String,
    /// Where the role is named, for messages.
    pub place: String,
    /// `external_id`
    pub external_id: Option<String>,
    /// `role_session_name`
    pub role_session_name: Option<String>,
    /// `duration_seconds`
    pub duration: Option<Duration>,
}

/// What AWS demands of an `ExternalId`.
pub const EXTERNAL_ID_RULE: &str = "needs 2 to 1224 letters, digits or characters of _+=,.@:/-";

/// Whether AWS takes a text as `ExternalId`.
#[must_use]
pub fn is_external_id(id: &str) -> bool {
    (2..=1224).contains(&id.len())
        && id
            .bytes()
            .all(|byte| is_role_session_name_byte(byte) || b":/".contains(&byte))
}

/// What AWS demands of a `RoleSessionName`.
pub const ROLE_SESSION_NAME_RULE: &str = "needs 2 to 64 letters, digits or characters of _+=,.@-";

/// Whether AWS takes a text as `RoleSessionName`.
#[must_use]
pub fn is_role_session_name(name: &str) -> bool {
    (2..=64).contains(&name.len()) && name.bytes().all(is_role_session_name_byte)
}

fn is_role_session_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

/// A user's name fitted to what AWS takes as `RoleSessionName`.
#[must_use]
pub fn fit_role_session_name(name: &str) -> String {
    let mut fitted: String = name
        .chars()
        .map(|c| match u8::try_from(c) {
            Ok(byte) if is_role_session_name_byte(byte) => c,
            _ => '-',
        })
        .take(64)
        .collect();
    while fitted.len() < 2 {
        fitted.push('-');
    }
    fitted
}
