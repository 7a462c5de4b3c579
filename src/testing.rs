//! Helpers of the unit tests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use zeroize::Zeroizing;

use crate::environment::Environment;
use crate::files::ini::IniFile;
use crate::files::shared::SharedFiles;
use crate::memory::{CurrentSession, Memory, MfaSession, NewSession, Owner, Settings, Target};
use crate::session::{Keys, Session, parse_time};
use crate::shell::Change;

pub(crate) const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
";
pub(crate) const ALICE: &str = "AKIAIOSFODNN7EXAMPLE";

pub(crate) const DEVICE: &str = "arn:aws:iam::123456789012:mfa/alice";

pub(crate) const BOBS_KEYS: &str = "aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY
";
pub(crate) const BOB: &str = "AKIAI44QH8DHBEXAMPLE";

/// The two shared files with this content; their paths are `config` and `credentials`.
pub(crate) fn files(config: &str, credentials: &str) -> SharedFiles {
    let parse = |name, text: &str| {
        let bytes = Zeroizing::new(text.as_bytes().to_vec());
        IniFile::parse(Path::new(name), bytes).unwrap()
    };
    SharedFiles::new(parse("config", config), parse("credentials", credentials))
}

pub(crate) fn environment(variables: &[(&str, &str)]) -> Environment {
    let pairs = variables.iter();
    Environment::from_pairs(pairs.map(|(name, value)| (name.into(), value.into())))
}

/// A session that expires in 2030.
pub(crate) fn session(access_key_id: &str) -> Session {
    Session {
        access_key_id: access_key_id.to_owned(),
        secret_access_key: "secret".into(),
        session_token: "token".into(),
        started: parse_time("2029-12-31T12:00:00Z"),
        expiration: parse_time("2030-01-01T00:00:00Z").unwrap(),
    }
}

/// The environment after `env` started a session of this user for this target.
pub(crate) fn in_session(
    before: &Environment,
    target: Target,
    owner: &Owner,
    role: Option<&str>,
) -> Environment {
    let start = new_session(target, owner, role);
    apply(&Memory::read(before).start(before, &start), before)
}

/// A session of this user for this target; with a role, it has an MFA session behind it.
pub(crate) fn new_session(target: Target, owner: &Owner, role: Option<&str>) -> NewSession {
    NewSession {
        session: session("ASIAIOSFODNN7EXAMPLE"),
        current: CurrentSession {
            owner: owner.clone(),
            target,
            role_arn: role.map(str::to_owned),
            account_id: None,
            expiration: None,
        },
        mfa: role.map(|_| MfaSession {
            owner: owner.clone(),
            session: session("ASIAI44QH8DHBEXAMPLE"),
        }),
        spent: None,
        settings: Settings::default(),
    }
}

/// The environment after these changes.
pub(crate) fn apply(changes: &[Change], before: &Environment) -> Environment {
    let mut after = before.clone();
    for change in changes {
        match change {
            Change::Set(name, value) => after.put(name, Some(value.clone())),
            Change::Unset(name) => after.put(name, None),
        }
    }
    after
}

/// The owner of a session that was started with these keys.
pub(crate) fn owner(profile: Option<&str>, key_id: &str) -> Owner {
    Owner {
        source_profile: profile.map(str::to_owned),
        source_key_id: key_id.to_owned(),
        user_arn: None,
        endpoint_url: None,
    }
}

pub(crate) fn keys(key_id: &str) -> Keys {
    Keys {
        access_key_id: key_id.to_owned(),
        secret_access_key: "secret".into(),
    }
}
