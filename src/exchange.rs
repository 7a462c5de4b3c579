//! The exchange: a code for a session, and that session for role sessions.

use std::fmt::{self, Write as _};
use std::time::Duration;

use chrono::TimeDelta;

use crate::clock;
use crate::code_source::CodeSource;
use crate::device::{ask_for_device, check_owner, choose_device};
use crate::duration::{self, CHAINED};
use crate::environment::{Place, Setting};
use crate::error::Error;
use crate::memory::{CurrentSession, Memory, MfaSession, NewSession, Owner};
use crate::plan::Plan;
use crate::plan::role::{Hop, fit_role_session_name};
use crate::plan::source::KeysFrom;
use crate::program::{Program, Purpose};
use crate::prompt::Terminal;
use crate::session::{Keys, Session};
use crate::sts::api::{Aws, Caller, Mfa, RoleRequest, Signer};
use crate::sts::arn::Arn;
use crate::sts::credential_process;
use crate::sts::refusal::{Cause, Refusal};
use crate::text;
use crate::token_code::TokenCode;

/// A failure, and what the next try can use.
#[derive(Debug)]
pub struct ExchangeFailure {
    pub error: Error,
    /// A new MFA session.
    pub kept: Option<Box<MfaSession>>,
    /// The code that was used for it.
    pub spent: Option<TokenCode>,
}

impl<E: Into<Error>> From<E> for ExchangeFailure {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            kept: None,
            spent: None,
        }
    }
}

/// A call that AWS refused, and its purpose.
struct Refused {
    /// "while assuming the role …"
    during: String,
    /// Where the role is configured.
    place: Option<Place>,
    refusal: Refusal,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = self.refusal.to_string();
        match cause.strip_suffix(')') {
            Some(cause) => write!(f, "{cause}, {}", self.during)?,
            None => write!(f, "{cause} ({}", self.during)?,
        }
        if let Some(place) = &self.place {
            write!(f, "; {place}")?;
        }
        f.write_str(")")
    }
}

impl Refused {
    /// Adds what signed the call.
    fn with(mut self, signer: impl fmt::Display) -> Self {
        // Writing to a String cannot fail.
        let _ = write!(self.during, " with {signer}");
        self
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let message = refused.to_string();
        let mut error = Self::from(refused.refusal);
        error.message = message;
        error
    }
}

#[derive(Debug)]
pub struct Exchange<'a> {
    plan: &'a Plan,
    aws: &'a Aws,
    codes: CodeSource,
    /// A kept MFA session, which makes a code unnecessary.
    kept: Option<MfaSession>,
    /// The device, once known.
    serial: Option<String>,
    /// The user's ARN, once known.
    user_arn: Option<String>,
    /// The last code that AWS accepted, now or earlier in this shell.
    spent: Option<TokenCode>,
    /// Whether the keys were checked while the user typed.
    keys_checked: bool,
    /// Whether AWS has rejected a code as wrong, and so accepted the device.
    device_accepted: bool,
}

impl<'a> Exchange<'a> {
    /// An exchange with the codes from `codes`. A code that the user gave always creates a new MFA
    /// session.
    #[must_use]
    pub fn new(plan: &'a Plan, memory: &Memory, aws: &'a Aws, codes: CodeSource) -> Self {
        let known = live_mfa_session(plan, memory);
        let is_code_given = matches!(codes, CodeSource::Given(_));
        let kept = kept_mfa_session(plan, memory).filter(|_| !is_code_given);
        Self {
            plan,
            aws,
            codes,
            kept: kept.cloned(),
            serial: plan.serial.as_ref().map(|serial| serial.text.clone()),
            user_arn: known.and_then(|mfa| mfa.owner.user_arn.clone()),
            spent: memory.spent.clone(),
            keys_checked: false,
            device_accepted: false,
        }
    }

    /// Starts the session of the plan.
    pub async fn run(mut self) -> Result<NewSession, ExchangeFailure> {
        if self.plan.sends_code_with_role() {
            let (owner, session) = self.send_code().await?;
            let session = self.further_roles(session).await?;
            return Ok(self.new_session(owner, session, None));
        }
        if let Some(kept) = self.kept.take() {
            match self.first_role(&kept.session).await {
                Ok(session) => {
                    let session = self.further_roles(session).await?;
                    return Ok(self.through_mfa_session(kept, session));
                }
                Err(refused)
                    if refused.refusal.wants_fresh_mfa() && kept.session.is_old(clock::now()) =>
                {
                    self.announce_code(refused.with("the MFA session kept in this shell"))?;
                }
                Err(refused) => return Err(refused.into()),
            }
        }
        let (owner, session) = self.send_code().await?;
        let fresh = MfaSession { owner, session };
        let session = match self.first_role(&fresh.session).await {
            Ok(session) => self.further_roles(session).await,
            Err(refused) => Err(refused.into()),
        };
        match session {
            Ok(session) => Ok(self.through_mfa_session(fresh, session)),
            Err(error) => Err(ExchangeFailure {
                error,
                kept: Some(Box::new(fresh)),
                spent: self.spent,
            }),
        }
    }

    /// Sends codes until AWS accepts one: for an MFA session, or with the first role itself.
    async fn send_code(&mut self) -> Result<(Owner, Session), Error> {
        self.codes.check()?;
        if let Some(role) = &self.plan.recorded_role {
            text::note(role);
        }
        let keys = long_term_keys(self.plan).await?;
        let serial = self.serial(&keys).await?;
        loop {
            let code = self.unspent_code(&keys, &serial).await?;
            let mfa = Mfa {
                serial: &serial,
                code: &code,
            };
            let session = if self.plan.sends_code_with_role() {
                self.learn_user(Signer::User(&keys)).await?;
                self.assume_role(0, Caller::User(&keys, mfa)).await
            } else {
                self.mfa_session(&keys, mfa).await
            };
            match session {
                Ok(session) => {
                    self.spent = Some(code);
                    return Ok((self.owner(&keys), session));
                }
                Err(refusal) => self.handle_refused_code(&keys, mfa, refusal).await?,
            }
        }
    }

    async fn mfa_session(&mut self, keys: &Keys, mfa: Mfa<'_>) -> Result<Session, Refusal> {
        let aws = self.aws;
        let exchange = aws.get_session_token(keys, self.plan.mfa_duration, mfa);
        let session = if self.needs_user_name() {
            let identity = aws.get_caller_identity(Signer::User(keys));
            let (session, identity) = tokio::join!(exchange, identity);
            self.user_arn = identity.ok().map(|identity| identity.arn);
            session?
        } else {
            exchange.await?
        };
        mention_short_life(&session, self.plan.mfa_duration);
        Ok(session)
    }

    /// Assumes the first role, or returns the MFA session if there is no role. Nothing else uses the MFA
    /// session.
    async fn first_role(&mut self, mfa: &Session) -> Result<Session, Refused> {
        self.learn_user(Signer::Session(mfa)).await?;
        match self.plan.hops.first() {
            Some(hop) => {
                let assumed = self.assume_role(0, Caller::Session(mfa)).await;
                assumed.map_err(|refusal| refused_role(hop, refusal))
            }
            None => Ok(mfa.clone()),
        }
    }

    /// Assumes the other roles, each with the session of the one before.
    async fn further_roles(&self, mut session: Session) -> Result<Session, Error> {
        for (index, hop) in self.plan.hops.iter().enumerate().skip(1) {
            let assumed = self.assume_role(index, Caller::Session(&session)).await;
            session = assumed.map_err(|refusal| refused_role(hop, refusal))?;
        }
        Ok(session)
    }

    async fn assume_role(&self, index: usize, caller: Caller<'_>) -> Result<Session, Refusal> {
        let hop = &self.plan.hops[index];
        let is_last = index + 1 == self.plan.hops.len();
        let wanted = if is_last {
            self.plan.role_duration
        } else {
            hop.duration.unwrap_or(CHAINED)
        };
        let request = RoleRequest {
            role_arn: &hop.role_arn.text,
            session_name: &self.session_name(hop),
            external_id: hop.external_id.as_deref(),
            duration: match caller {
                Caller::User(..) => wanted,
                Caller::Session(_) => wanted.min(CHAINED),
            },
        };
        self.aws.assume_role(caller, request).await
    }

    /// A code that was not used in this shell before: each works once, and AWS counts the tries.
    async fn unspent_code(&mut self, keys: &Keys, serial: &str) -> Result<TokenCode, Error> {
        const SPENT: &str = "this MFA code was already used in this shell; each works once";
        loop {
            let code = self.code_and_key_check(keys, serial).await?;
            if self.spent.as_ref() != Some(&code) {
                return Ok(code);
            }
            if !self.codes.reject(&code) {
                let hint = "wait until the device shows the next code";
                return Err(Error::new(SPENT).hint(hint));
            }
            self.codes.explain(SPENT);
        }
    }

    /// What the user should know of a code before it is typed.
    fn purpose(&self) -> Vec<String> {
        let endpoint = self.aws.endpoint().notice();
        let role = self.plan.recorded_role.clone();
        endpoint.into_iter().chain(role).collect()
    }

    /// The next code. While the user types, checks the keys on the connection that the exchange will
    /// use, so that the user learns of a problem before typing a code.
    async fn code_and_key_check(&mut self, keys: &Keys, serial: &str) -> Result<TokenCode, Error> {
        let aws = self.aws;
        if self.keys_checked || !matches!(self.codes, CodeSource::Terminal { .. }) {
            return self.codes.next(serial, self.purpose()).await;
        }
        let checking = async {
            let identity = aws.get_caller_identity(Signer::User(keys)).await;
            let checked = match identity {
                Ok(identity) => check_owner(serial, &identity).map(|()| identity),
                Err(refusal) => Err(refused(STARTING, refusal).with(&self.plan.source).into()),
            };
            if checked.is_err() {
                Terminal::take_back();
            }
            checked
        };
        let asking = async {
            aws.http().set_notes_allowed(false);
            let code = self.codes.next(serial, self.purpose()).await;
            aws.http().set_notes_allowed(true);
            code
        };
        let (identity, code) = tokio::try_join!(checking, asking)?;
        self.user_arn = Some(identity.arn);
        self.keys_checked = true;
        Ok(code)
    }

    /// Says that AWS no longer accepts a kept MFA session, unless no code can be had.
    fn announce_code(&self, refused: Refused) -> Result<(), Error> {
        if self.codes.check().is_err() {
            return Err(Error::from(refused).hint(
                "give a fresh code (awsmfa env 123456): the role may want a younger one by \
                 aws:MultiFactorAuthAge; if that does not help, see its trust policy and external ID",
            ));
        }
        text::note(&format!("{refused}; trying again with a fresh MFA session"));
        Ok(())
    }

    /// Decides whether to try another code after a refused one.
    async fn handle_refused_code(
        &mut self,
        keys: &Keys,
        mfa: Mfa<'_>,
        mut refusal: Refusal,
    ) -> Result<(), Error> {
        match refusal.cause {
            Cause::WrongCode => {
                self.device_accepted = true;
                if self.codes.reject(mfa.code) {
                    self.codes.explain(&refusal.to_string());
                    return Ok(());
                }
            }
            Cause::Device if self.device_accepted => refusal.cause = Cause::TooManyTries,
            Cause::Device => {
                let user = self.user_or_key_id(keys);
                let (user, devices) = tokio::join!(user, self.aws.list_mfa_devices(keys));
                let devices = devices.unwrap_or_default();
                if !devices.iter().any(|device| device == mfa.serial) {
                    let error = not_the_users_device(mfa.serial, &user, &devices);
                    return Err(error.aws(refusal.aws));
                }
                refusal.cause = Cause::TooManyTries;
            }
            _ => {}
        }
        let with_role = self.plan.sends_code_with_role();
        let refused = match self.plan.hops.first() {
            Some(hop) if with_role => refused_role(hop, refusal),
            _ => refused(STARTING, refusal),
        };
        Err(refused.with(&self.plan.source).into())
    }

    /// The ARN of the user with these keys, or the key ID if AWS does not say.
    async fn user_or_key_id(&self, keys: &Keys) -> String {
        if let Some(arn) = &self.user_arn {
            return arn.clone();
        }
        let identity = self.aws.get_caller_identity(Signer::User(keys)).await;
        identity.map_or_else(|_| keys.access_key_id.clone(), |identity| identity.arn)
    }

    /// The device of the plan, the user's only one, or the user's choice.
    async fn serial(&mut self, keys: &Keys) -> Result<String, Error> {
        if let Some(serial) = &self.serial {
            return Ok(serial.clone());
        }
        let source = &self.plan.source;
        let refused =
            |refusal| refused("while listing the user's MFA devices", refusal).with(source);
        let serial = match self.aws.list_mfa_devices(keys).await {
            Ok(listed) => choose_device(listed, source).await?,
            Err(refusal) if matches!(refusal.cause, Cause::Denied(_)) => {
                let identity = self.aws.get_caller_identity(Signer::User(keys)).await;
                let user = identity.ok().map(|identity| identity.arn);
                ask_for_device(refused(refusal).into(), user.as_deref(), source).await?
            }
            Err(refusal) => return Err(refused(refusal).into()),
        };
        self.serial = Some(serial.clone());
        Ok(serial)
    }

    /// Whether a role session is named after the user and the name is not known yet.
    fn needs_user_name(&self) -> bool {
        let mut hops = self.plan.hops.iter();
        self.user_arn.is_none() && hops.any(|hop| hop.role_session_name.is_none())
    }

    /// Asks AWS who the user is, if a role session needs the name.
    async fn learn_user(&mut self, signer: Signer<'_>) -> Result<(), Refused> {
        if self.needs_user_name() {
            let identity = self.aws.get_caller_identity(signer).await;
            let during = "while looking up the user's name for the role session";
            let identity =
                identity.map_err(|refusal| refused(during, refusal).with(&self.plan.source))?;
            self.user_arn = Some(identity.arn);
        }
        Ok(())
    }

    /// The name of a role session: the configured one, or the user's.
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

    /// The result of an MFA session: a role session, with the MFA session kept behind it, or the MFA
    /// session itself.
    fn through_mfa_session(&self, mut mfa: MfaSession, session: Session) -> NewSession {
        let user_arn = mfa.owner.user_arn.take();
        mfa.owner.user_arn = user_arn.or_else(|| self.user_arn.clone());
        let owner = mfa.owner.clone();
        let behind = Some(mfa).filter(|_| !self.plan.hops.is_empty());
        self.new_session(owner, session, behind)
    }

    fn new_session(&self, owner: Owner, session: Session, mfa: Option<MfaSession>) -> NewSession {
        let plan = self.plan;
        let role_arn = plan.hops.last().map(|hop| hop.role_arn.text.clone());
        // A role session is in the role's account; a user's is in the user's, like the device.
        let serial = self.serial.as_deref();
        let arns = [role_arn.as_deref(), serial, owner.user_arn.as_deref()];
        let first = arns.into_iter().flatten().find_map(Arn::parse);
        let account_id = first.map(|arn| arn.account.to_owned());
        let mut target = plan.target.clone();
        if plan.serial.is_none() {
            // Record the device that was listed or chosen, so that a bare `env` need not look it up
            // again.
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

/// The user's MFA session, if the environment has a valid one.
pub(crate) fn live_mfa_session<'m>(plan: &Plan, memory: &'m Memory) -> Option<&'m MfaSession> {
    let now = clock::now();
    memory
        .mfa_sessions()
        .find(|mfa| mfa.session.is_live(now) && plan.has_same_user(&mfa.owner))
}

/// The MFA session that makes a code unnecessary: the user's, unless it is the one to renew.
pub(crate) fn kept_mfa_session<'m>(plan: &Plan, memory: &'m Memory) -> Option<&'m MfaSession> {
    let current = memory.current.as_ref();
    let renews_it = plan.hops.is_empty() && current.is_some_and(|it| plan.has_same_target(it));
    live_mfa_session(plan, memory).filter(|_| !renews_it)
}

const STARTING: &str = "while starting an MFA session";

fn refused(during: &str, refusal: Refusal) -> Refused {
    Refused {
        during: during.to_owned(),
        place: None,
        refusal,
    }
}

fn refused_role(hop: &Hop, refusal: Refusal) -> Refused {
    let during = format!("while assuming the role {}", hop.role_arn.text);
    Refused {
        place: Some(hop.role_arn.place.clone()),
        ..refused(&during, refusal)
    }
}

/// AWS does not accept the device as one of the user's.
fn not_the_users_device(serial: &str, user: &str, devices: &[String]) -> Error {
    let error = |or: &str| {
        Error::new(format!(
            "the MFA device {serial} does not belong to {user}{or}"
        ))
    };
    if devices.is_empty() {
        return error(", or too many codes were tried with it").hint(
            "check the serial number (--serial, mfa_serial, AWS_MFA_SERIAL) and whose keys are used; \
             after many wrong codes wait three minutes",
        );
    }
    error("").hint(format!(
        "the user has {}: name it with --serial, mfa_serial or AWS_MFA_SERIAL, or use the keys of \
         the device's user",
        devices.join(", ")
    ))
}

/// Says so if AWS has silently shortened the session, as it does for the root user.
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

/// The long-term keys; may have to run a program.
pub(crate) async fn long_term_keys(plan: &Plan) -> Result<Keys, Error> {
    match &plan.source.keys {
        KeysFrom::Known(keys) => Ok(keys.clone()),
        KeysFrom::Process(command) => {
            let setting = Setting {
                text: command.clone(),
                place: plan.source.place.clone(),
            };
            let program = Program::new(Purpose::Keys, setting, plan.surroundings.clone());
            credential_process::keys(&program).await
        }
    }
}
