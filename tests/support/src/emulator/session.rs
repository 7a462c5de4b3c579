//! Temporary credentials and what AWS remembers of them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) access_key_id: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) principal: Principal,
    /// When it expires, by the clock that [`super::Emulator::advance`] moves.
    pub(crate) ends: DateTime<Utc>,
    /// When MFA was used for it, by the same clock; `None` for a role session.
    pub(crate) mfa_at: Option<DateTime<Utc>>,
}

/// Who sent a request. The accounts have the rest, which a test may have edited since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    User { arn: String },
    Role { arn: String, session_name: String },
}

/// All sessions by access key ID.
#[derive(Default)]
pub(crate) struct Sessions(HashMap<String, Session>);

impl Sessions {
    pub(crate) fn get(&self, access_key_id: &str) -> Option<&Session> {
        self.0.get(access_key_id)
    }

    /// Creates credentials for `principal`.
    pub(crate) fn mint(
        &mut self,
        principal: Principal,
        ends: DateTime<Utc>,
        mfa_at: Option<DateTime<Utc>>,
    ) -> Session {
        let token_length = match principal {
            Principal::User { .. } => 364,
            Principal::Role { .. } => 876,
        };
        let session = Session {
            access_key_id: format!("ASIA{}", random(BASE32, 16)),
            secret: random(BASE64, 40),
            token: token(token_length),
            principal,
            ends,
            mfa_at,
        };
        self.0
            .insert(session.access_key_id.clone(), session.clone());
        session
    }
}

const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Begins like AWS's tokens and always contains each of `+ / =`.
fn token(length: usize) -> String {
    let begin = "IQoJb3JpZ2luX2VjE+/";
    format!("{begin}{}==", random(BASE64, length - begin.len() - 2))
}

fn random(alphabet: &[u8], length: usize) -> String {
    (0..length)
        .map(|_| char::from(alphabet[fastrand::usize(..alphabet.len())]))
        .collect()
}
