//! A role to assume, and AWS's rules for its parameters.

use std::time::Duration;

use crate::duration::ROLE_SESSION;
use crate::environment::Setting;
use crate::error::Error;
use crate::files::profile::Profile;
use crate::sts::arn::Arn;

/// A role on the way to the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    pub role_arn: Setting,
    pub external_id: Option<String>,
    pub role_session_name: Option<String>,
    pub duration: Option<Duration>,
}

impl Hop {
    /// A role without further settings.
    #[must_use]
    pub fn new(role_arn: Setting) -> Self {
        Self {
            role_arn,
            external_id: None,
            role_session_name: None,
            duration: None,
        }
    }

    /// The role of a profile.
    pub fn from_profile(profile: &Profile<'_>, role_arn: Setting) -> Result<Self, Error> {
        if !is_role(&role_arn.text) {
            return Err(role_arn.error("is not the ARN of a role"));
        }
        let duration = profile.get("duration_seconds");
        let duration = duration.as_ref().map(seconds).transpose()?;
        let role_session_name = profile.get("role_session_name");
        if let Some(name) = &role_session_name
            && !is_role_session_name(&name.text)
        {
            return Err(name.error(ROLE_SESSION_NAME_RULE));
        }
        let external_id = profile.get("external_id");
        if let Some(id) = &external_id
            && !is_external_id(&id.text)
        {
            return Err(id.error(EXTERNAL_ID_RULE));
        }
        Ok(Self {
            role_arn,
            external_id: external_id.map(|setting| setting.text),
            role_session_name: role_session_name.map(|setting| setting.text),
            duration,
        })
    }
}

/// `duration_seconds`, checked against AWS's limits.
fn seconds(setting: &Setting) -> Result<Duration, Error> {
    let seconds = setting.text.parse().map(Duration::from_secs);
    let seconds = seconds.map_err(|_| setting.error("is not a number of seconds"))?;
    let checked = ROLE_SESSION.check(seconds);
    checked.map_err(|problem| setting.error(&format!("= {problem}")))
}

/// Whether a text is the ARN of a role.
#[must_use]
pub fn is_role(text: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| arn.is_role())
}

pub const EXTERNAL_ID_RULE: &str = "needs 2 to 1224 letters, digits or characters of _+=,.@:/-";

#[must_use]
pub fn is_external_id(id: &str) -> bool {
    (2..=1224).contains(&id.len())
        && id
            .bytes()
            .all(|byte| is_role_session_name_byte(byte) || b":/".contains(&byte))
}

pub const ROLE_SESSION_NAME_RULE: &str = "needs 2 to 64 letters, digits or characters of _+=,.@-";

#[must_use]
pub fn is_role_session_name(name: &str) -> bool {
    (2..=64).contains(&name.len()) && name.bytes().all(is_role_session_name_byte)
}

fn is_role_session_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte)
}

/// A user's name, changed to fit AWS's rule for `RoleSessionName`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_aws_takes() {
        for (name, fitted) in [
            ("alice", "alice"),
            ("a.b@example.com", "a.b@example.com"),
            ("q", "q-"),
            ("", "--"),
            ("jörg meier", "j-rg-meier"),
        ] {
            assert_eq!(fit_role_session_name(name), fitted);
            assert!(is_role_session_name(&fit_role_session_name(name)));
        }
        assert_eq!(fit_role_session_name(&"x".repeat(99)), "x".repeat(64));
        for bad in ["", "x", "a b", "a/b", &*"x".repeat(65)] {
            assert!(!is_role_session_name(bad), "{bad}");
        }
        assert!(is_external_id("a:/b") && !is_external_id("x") && !is_external_id("a b"));
    }
}
