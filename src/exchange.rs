//! The exchange: a code for a session, and that session for the sessions of roles.

mod device;
mod error;

use std::time::Duration;

use chrono::TimeDelta;

use crate::clock;
use crate::code_source::CodeSource;
use crate::duration::{self, CHAINED};
use crate::error::Error;
use crate::memory::{CurrentSession, Memory, MfaSession, NewSession, Owner};
use crate::plan::Plan;
use crate::plan::role::{Hop, fit_role_session_name};
use crate::plan::source::{KeysFrom, Source};
use crate::prompt::Terminal;
use crate::session::{Keys, Session};
use crate::sts::api::{Aws, Caller, Mfa, RoleRequest, Signer};
use crate::sts::arn::Arn;
use crate::sts::credential_process;
use crate::sts::refusal::{Cause, Refusal};
use crate::text;
use crate::token_code::TokenCode;

use device::choose_device;
pub(crate) use device::{check_owner, without_security_keys};
pub use error::ExchangeError;

/// A code that was used in this shell before.
const SPENT: &str = "this MFA code was used in this shell before, and each works once";

/// A failure, and what is to be kept all the same.
#[derive(Debug)]
pub struct Failure {
    /// Why.
    pub error: ExchangeError,
    /// A fresh MFA session, for which a code was spent.
    pub keep: Option<MfaSession>,
    /// That code.
    pub spent: Option<TokenCode>,
}

impl<E: Into<ExchangeError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            keep: None,
            spent: None,
        }
    }
}

/// One exchange.
#[derive(Debug)]
pub struct Exchange<'a> {
    plan: &'a Plan,
    aws: &'a Aws,
    codes: CodeSource,
    /// The MFA session that spares the code.
    kept: Option<MfaSession>,
    /// The device, once it is known.
    serial: Option<String>,
    /// The user's ARN, once it is known.
    user_arn: Option<String>,
    /// The code that was spent last, in this exchange or before it in this shell.
    spent: Option<TokenCode>,
    /// Whether the keys were checked while the user typed.
    checked: bool,
    /// Whether AWS has called a code wrong, and so accepted the device.
    device_accepted: bool,
}

impl<'a> Exchange<'a> {
    /// An exchange of what `codes` gives; `code_given` makes a fresh MFA session in any case.
    #[must_use]
    pub fn new(
        plan: &'a Plan,
        memory: &Memory,
        aws: &'a Aws,
        codes: CodeSource,
        code_given: bool,
    ) -> Self {
        let known = live_mfa_session(plan, memory);
        let kept = kept_mfa_session(plan, memory).filter(|_| !code_given);
        Self {
            plan,
            aws,
            codes,
            kept: kept.cloned(),
            serial: plan.serial.as_ref().map(|serial| serial.text.clone()),
            user_arn: known.and_then(|mfa| mfa.owner.user_arn.clone()),
            spent: memory.spent.clone(),
            checked: false,
            device_accepted: false,
        }
    }

    /// Gets the session that is wanted.
    pub async fn run(mut self) -> Result<NewSession, Failure> {
        if self.kept.is_none() || self.plan.sends_code_with_role() {
            self.codes.check()?;
        }
        if self.plan.sends_code_with_role() {
            return self.role_with_code().await;
        }
        if let Some(kept) = self.kept.take() {
            match self.through_roles(kept).await {
                Err((0, Failure { error, .. })) if error.wants_fresh_mfa() => {
                    if self.codes.check().is_err() {
                        return Err(ExchangeError::KeptSession(Box::new(error)).into());
                    }
                    text::note(&format!("{error}; trying again with a fresh MFA session"));
                }
                Err((_, Failure { error, .. })) => return Err(error.into()),
                Ok(started) => return Ok(started),
            }
        }
        let fresh = self.fresh_mfa_session().await?;
        let started = self.through_roles(fresh).await;
        started.map_err(|(_, failure)| failure)
    }

    /// The code for an MFA session of the user's own.
    async fn fresh_mfa_session(&mut self) -> Result<MfaSession, ExchangeError> {
        let keys = keys_of(&self.plan.source).await?;
        let serial = self.serial(&keys).await?;
        let aws = self.aws;
        loop {
            let code = self.code(&keys, &serial).await?;
            let mfa = Mfa {
                serial: &serial,
                code: &code,
            };
            let exchange = aws.get_session_token(&keys, self.plan.mfa_duration, mfa);
            let session = if self.needs_user_name() {
                let (session, identity) =
                    tokio::join!(exchange, aws.get_caller_identity(Signer::User(&keys)));
                self.user_arn = identity.ok().map(|identity| identity.arn);
                session
            } else {
                exchange.await
            };
            match session {
                Ok(session) => {
                    mention_short_life(&session, self.plan.mfa_duration);
                    self.spent = Some(code.clone());
                    return Ok(MfaSession {
                        owner: self.owner(&keys),
                        session,
                    });
                }
                Err(refusal) => {
                    self.ask_again(&keys, mfa, refusal, "no MFA session")
                        .await?;
                }
            }
        }
    }

    /// The code for a role, with `AssumeRole` itself; other roles may follow.
    async fn role_with_code(mut self) -> Result<NewSession, Failure> {
        let keys = keys_of(&self.plan.source).await?;
        let serial = self.serial(&keys).await?;
        let hop = &self.plan.hops[0];
        let session = loop {
            let code = self.code(&keys, &serial).await?;
            self.learn_user(Signer::User(&keys)).await?;
            let session_name = self.session_name(hop);
            let mfa = Mfa {
                serial: &serial,
                code: &code,
            };
            let request = RoleRequest {
                role_arn: &hop.role_arn.text,
                session_name: &session_name,
                external_id: hop.external_id.as_deref(),
                duration: self.duration_of(0),
            };
            match self
                .aws
                .assume_role(Caller::User(&keys, mfa), request)
                .await
            {
                Ok(session) => {
                    self.spent = Some(code.clone());
                    break session;
                }
                Err(refusal) => {
                    self.ask_again(&keys, mfa, refusal, &no_session_of(hop))
                        .await?;
                }
            }
        };
        let session = self.next_roles(session, 1).await.map_err(|(_, e)| e)?;
        Ok(self.start(self.owner(&keys), session, None))
    }

    /// From an MFA session to what is wanted: the session of the last role, or itself. A failure comes
    /// with the index of the role.
    async fn through_roles(&mut self, mfa: MfaSession) -> Result<NewSession, (usize, Failure)> {
        let assumed = match self.learn_user(Signer::Session(&mfa.session)).await {
            Ok(()) => self.next_roles(mfa.session.clone(), 0).await,
            Err(error) => Err((0, error)),
        };
        match assumed {
            Ok(session) => {
                let mut owner = mfa.owner.clone();
                owner.user_arn = owner.user_arn.or(self.user_arn.clone());
                let behind = (!self.plan.hops.is_empty()).then(|| MfaSession {
                    owner: owner.clone(),
                    ..mfa
                });
                Ok(self.start(owner, session, behind))
            }
            Err((index, error)) => {
                let failure = Failure {
                    error,
                    keep: Some(mfa),
                    spent: self.spent.clone(),
                };
                Err((index, failure))
            }
        }
    }

    /// Assumes the roles from the given one on. A failure comes with the index of the role.
    async fn next_roles(
        &mut self,
        mut session: Session,
        from: usize,
    ) -> Result<Session, (usize, ExchangeError)> {
        for index in from..self.plan.hops.len() {
            session = self
                .next_role(&session, index)
                .await
                .map_err(|error| (index, error))?;
        }
        Ok(session)
    }

    async fn next_role(
        &mut self,
        session: &Session,
        index: usize,
    ) -> Result<Session, ExchangeError> {
        let hop = &self.plan.hops[index];
        let session_name = self.session_name(hop);
        let request = RoleRequest {
            role_arn: &hop.role_arn.text,
            session_name: &session_name,
            external_id: hop.external_id.as_deref(),
            duration: self.duration_of(index).min(CHAINED),
        };
        let assumed = self.aws.assume_role(Caller::Session(session), request);
        assumed.await.map_err(|refusal| ExchangeError::Refused {
            what: no_session_of(hop),
            refusal,
        })
    }

    /// How long the session of a role is asked for.
    fn duration_of(&self, index: usize) -> Duration {
        if index + 1 == self.plan.hops.len() {
            self.plan.role_duration
        } else {
            self.plan.hops[index].duration.unwrap_or(CHAINED)
        }
    }

    /// The next code that was not spent in this shell: each works once, and AWS counts the tries.
    async fn code(&mut self, keys: &Keys, serial: &str) -> Result<TokenCode, ExchangeError> {
        loop {
            let code = self.any_code(keys, serial).await?;
            if self.spent.as_ref() != Some(&code) {
                return Ok(code);
            }
            if !self.codes.refused(&code) {
                let hint = "wait until the device shows the next code";
                return Err(Error::new(SPENT).hint(hint).into());
            }
            self.codes.explain(SPENT);
        }
    }

    /// The next code. While the user types, the keys are checked on the connection that the exchange
    /// will use; what is wrong with them is said before a code is typed.
    async fn any_code(&mut self, keys: &Keys, serial: &str) -> Result<TokenCode, ExchangeError> {
        if self.checked || !matches!(self.codes, CodeSource::Terminal { .. }) {
            return Ok(self.codes.next(serial).await?);
        }
        let aws = self.aws;
        let checking = async {
            let identity = aws.get_caller_identity(Signer::User(keys)).await;
            let checked = identity
                .map_err(|refusal| self.plan.refused("no MFA session", refusal))
                .and_then(|identity| check_owner(serial, &identity).map(|()| identity));
            if checked.is_err() {
                Terminal::take_back();
            }
            checked
        };
        let asking = async {
            aws.http().set_notes_allowed(false);
            let code = self.codes.next(serial).await;
            aws.http().set_notes_allowed(true);
            code.map_err(ExchangeError::from)
        };
        let (identity, code) = tokio::try_join!(checking, asking)?;
        self.user_arn = Some(identity.arn);
        self.checked = true;
        Ok(code)
    }

    /// Decides what a refused code means: another try, or the end.
    async fn ask_again(
        &mut self,
        keys: &Keys,
        mfa: Mfa<'_>,
        mut refusal: Refusal,
        what: &str,
    ) -> Result<(), ExchangeError> {
        match refusal.cause {
            Cause::WrongCode => {
                self.device_accepted = true;
                if self.codes.refused(mfa.code) {
                    self.codes.explain(&refusal.to_string());
                    return Ok(());
                }
            }
            Cause::Device if self.device_accepted => refusal.cause = Cause::TooManyTries,
            Cause::Device => {
                let user = self.user_of(keys);
                let (user, devices) = tokio::join!(user, self.aws.list_mfa_devices(keys));
                let devices = devices.unwrap_or_default();
                if !devices.iter().any(|device| device == mfa.serial) {
                    return Err(ExchangeError::OtherDevice {
                        what: format!("{what} with {}", self.plan.source),
                        serial: mfa.serial.to_owned(),
                        user,
                        devices,
                    });
                }
                refusal.cause = Cause::TooManyTries;
            }
            _ => {}
        }
        Err(self.plan.refused(what, refusal))
    }

    /// The ARN of the user whose keys these are; their ID where AWS does not say.
    async fn user_of(&self, keys: &Keys) -> String {
        if let Some(arn) = &self.user_arn {
            return arn.clone();
        }
        let identity = self.aws.get_caller_identity(Signer::User(keys)).await;
        identity.map_or_else(|_| keys.access_key_id.clone(), |identity| identity.arn)
    }

    /// The device that is named, the only one that the user has, or the one that the user chooses.
    async fn serial(&mut self, keys: &Keys) -> Result<String, ExchangeError> {
        if let Some(serial) = &self.serial {
            return Ok(serial.clone());
        }
        let listed = self.aws.list_mfa_devices(keys).await;
        let listed = listed.map_err(|refusal| self.plan.refused("no MFA device", refusal))?;
        let serial = choose_device(listed, &self.plan.source).await?;
        self.serial = Some(serial.clone());
        Ok(serial)
    }

    /// Whether a role's session is to have the user's name, which nobody has told yet.
    fn needs_user_name(&self) -> bool {
        let mut hops = self.plan.hops.iter();
        self.user_arn.is_none() && hops.any(|hop| hop.role_session_name.is_none())
    }

    /// Asks who the user is where a role's session is to have the name.
    async fn learn_user(&mut self, signer: Signer<'_>) -> Result<(), ExchangeError> {
        if self.needs_user_name() {
            let identity = self.aws.get_caller_identity(signer).await;
            let what = "no name for the role's session";
            let identity = identity.map_err(|refusal| self.plan.refused(what, refusal))?;
            self.user_arn = Some(identity.arn);
        }
        Ok(())
    }

    /// The name of a role's session: the one that is wanted, or the user's.
    fn session_name(&self, hop: &Hop) -> String {
        let user = self.user_arn.as_deref().and_then(Arn::parse);
        hop.role_session_name
            .clone()
            .unwrap_or_else(|| fit_role_session_name(user.as_ref().map_or("awsmfa", Arn::name)))
    }

    fn owner(&self, keys: &Keys) -> Owner {
        Owner {
            source_profile: self.plan.source.profile.clone(),
            source_key_id: keys.access_key_id.clone(),
            user_arn: self.user_arn.clone(),
            endpoint_url: self.plan.endpoint.sts_url().map(str::to_owned),
        }
    }

    fn start(&self, owner: Owner, session: Session, mfa: Option<MfaSession>) -> NewSession {
        let plan = self.plan;
        let role_arn = plan.hops.last().map(|hop| hop.role_arn.text.clone());
        // A role's session is of the role's account; a user's of the user's, which is the device's too.
        let serial = self.serial.as_deref();
        let arns = [role_arn.as_deref(), serial, owner.user_arn.as_deref()];
        let first = arns.into_iter().flatten().find_map(Arn::parse);
        let account_id = first.map(|arn| arn.account.to_owned());
        let mut target = plan.target.clone();
        if plan.serial.is_none() {
            // Listed by AWS, or chosen: a bare `env` need not find it again.
            target.serial.clone_from(&self.serial);
        }
        NewSession {
            current: CurrentSession {
                owner,
                target,
                role_arn,
                account_id,
                expiration: Some(session.expiration),
            },
            session,
            mfa,
            spent: self.spent.clone(),
            settings: plan.settings.clone(),
        }
    }
}

/// The user's MFA session, if the environment has one that is valid.
fn live_mfa_session<'m>(plan: &Plan, memory: &'m Memory) -> Option<&'m MfaSession> {
    let now = clock::now();
    memory
        .mfa_sessions()
        .find(|mfa| mfa.session.is_live(now) && plan.is_of_the_same_user(&mfa.owner))
}

/// The MFA session that spares the code: the user's, unless it is itself what is to be renewed.
pub(crate) fn kept_mfa_session<'m>(plan: &Plan, memory: &'m Memory) -> Option<&'m MfaSession> {
    let current = memory.current.as_ref();
    let renews_it = plan.hops.is_empty() && current.is_some_and(|it| plan.is_in_place(it));
    live_mfa_session(plan, memory).filter(|_| !renews_it)
}

/// What a refused role leaves the user without.
fn no_session_of(hop: &Hop) -> String {
    format!(
        "no session of the role {} ({})",
        hop.role_arn.text, hop.role_arn.place
    )
}

/// AWS silently shortens the sessions of a root user.
fn mention_short_life(session: &Session, asked: Duration) {
    let asked_for = TimeDelta::from_std(asked).unwrap_or(TimeDelta::MAX);
    let got = session.expiration - clock::now();
    if got + TimeDelta::minutes(5) < asked_for {
        text::note(&format!(
            "AWS gave {} in place of {}, as it does to the root user",
            duration::rounded_down((got + TimeDelta::seconds(30)).to_std().unwrap_or_default()),
            duration::in_words(asked)
        ));
    }
}

impl Plan {
    /// A refusal of a call for this session.
    fn refused(&self, what: &str, refusal: Refusal) -> ExchangeError {
        ExchangeError::Refused {
            what: format!("{what} with {}", self.source),
            refusal,
        }
    }
}

/// Gets at long-term keys, by a program perhaps.
pub(crate) async fn keys_of(source: &Source) -> Result<Keys, Error> {
    match &source.keys {
        KeysFrom::Known(keys) => Ok(keys.clone()),
        KeysFrom::Process(command) => credential_process::run(&source.place, command).await,
    }
}
