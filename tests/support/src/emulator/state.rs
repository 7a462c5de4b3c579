//! What the emulator remembers, and who sent a request.

use chrono::{DateTime, Duration, Utc};

use super::accounts::{Accounts, Partition, Role, User};
use super::fault::Injections;
use super::log::Log;
use super::mfa::Verifier;
use super::refusal::Refusal;
use super::request::Request;
use super::session::{Principal, Sessions};
use super::sigv4::Authorization;

#[derive(Default)]
pub(crate) struct State {
    pub(crate) accounts: Accounts,
    pub(crate) sessions: Sessions,
    pub(crate) verifier: Verifier,
    pub(crate) injections: Injections,
    pub(crate) log: Log,
    /// Where the log that tests see begins.
    pub(crate) log_begin: usize,
    /// How many seconds older than by the clock sessions and MFA are.
    pub(crate) advanced: i64,
}

/// Who sent a request, once its signature is verified.
pub(crate) struct Caller {
    pub(crate) identity: Identity,
    /// Whether it used the credentials of a session.
    pub(crate) temporary: bool,
    /// When that session's MFA was used.
    pub(crate) mfa_at: Option<DateTime<Utc>>,
}

pub(crate) enum Identity {
    User(User),
    Role { role: Role, session_name: String },
}

impl Caller {
    pub(crate) fn arn(&self) -> String {
        match &self.identity {
            Identity::User(user) => user.arn(),
            Identity::Role { role, session_name } => assumed_role_arn(role, session_name),
        }
    }

    pub(crate) fn account(&self) -> &str {
        match &self.identity {
            Identity::User(user) => &user.account,
            Identity::Role { role, .. } => &role.account,
        }
    }

    pub(crate) fn partition(&self) -> Partition {
        match &self.identity {
            Identity::User(user) => user.partition,
            Identity::Role { role, .. } => role.partition,
        }
    }
}

pub(crate) fn assumed_role_arn(role: &Role, session_name: &str) -> String {
    let Role {
        partition,
        account,
        name,
        ..
    } = role;
    format!("arn:{partition}:sts::{account}:assumed-role/{name}/{session_name}")
}

impl State {
    /// The time by which sessions expire and MFA gets older.
    pub(crate) fn session_time(&self) -> DateTime<Utc> {
        Utc::now() + Duration::seconds(self.advanced)
    }

    pub(crate) fn role(&self, arn: &str) -> Option<&Role> {
        self.accounts.roles.iter().find(|role| role.arn() == arn)
    }

    /// Who signed `request`, with AWS's clock at `now`.
    pub(crate) fn authenticate(
        &self,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Result<Caller, Refusal> {
        let Some(header) = request.header("authorization") else {
            return Err(Refusal::new(
                403,
                "MissingAuthenticationToken",
                "Request is missing Authentication Token",
            ));
        };
        let authorization = Authorization::parse(header)?;
        let token = request.header("x-amz-security-token");
        let (secret, caller) = self.holder(authorization.access_key_id, token)?;
        authorization.verify(request, request.service(), &secret, now)?;
        // Each partition has its own keys.
        if Partition::of_region(authorization.region) != Some(caller.partition()) {
            return Err(Refusal::invalid_token());
        }
        Ok(caller)
    }

    /// The secret of an access key, and its owner.
    fn holder(&self, key_id: &str, token: Option<&str>) -> Result<(String, Caller), Refusal> {
        let long_term = self.accounts.users.iter().find_map(|user| {
            let key = user
                .keys
                .iter()
                .find(|key| key.id == key_id && key.active)?;
            Some((user, key))
        });
        if let Some((user, key)) = long_term {
            // A token left over from a session does not belong to this key.
            if token.is_some() {
                return Err(Refusal::invalid_token());
            }
            let caller = Caller {
                identity: Identity::User(user.clone()),
                temporary: false,
                mfa_at: None,
            };
            return Ok((key.secret.clone(), caller));
        }
        let session = self
            .sessions
            .get(key_id)
            .filter(|session| token == Some(&session.token))
            .ok_or_else(Refusal::invalid_token)?;
        if session.ends <= self.session_time() {
            return Err(Refusal::expired_token());
        }
        let caller = Caller {
            identity: self
                .identity(&session.principal)
                .ok_or_else(Refusal::invalid_token)?,
            temporary: true,
            mfa_at: session.mfa_at,
        };
        Ok((session.secret.clone(), caller))
    }

    fn identity(&self, principal: &Principal) -> Option<Identity> {
        match principal {
            Principal::User { arn } => {
                let user = self.accounts.users.iter().find(|user| user.arn() == *arn)?;
                Some(Identity::User(user.clone()))
            }
            Principal::Role { arn, session_name } => Some(Identity::Role {
                role: self.role(arn)?.clone(),
                session_name: session_name.clone(),
            }),
        }
    }
}
