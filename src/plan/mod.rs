//! The plan of a session, from the options, the environment and the shared files. Checks everything that
//! can be checked before awsmfa asks for a code or sends one.

use std::time::Duration;

use crate::cli::SessionOptions;
use crate::context::Context;
use crate::duration::CHAINED;
use crate::environment::{Environment, Setting};
use crate::error::Error;
use crate::files::profile::Profile;
use crate::memory::{CurrentSession, OWNER_ENDPOINT_URL, Owner, Settings, Target};
use crate::program::Surroundings;
use crate::sts::api::Endpoint;

use chain::Chain;
use device::{any_arn, check_account, device};
use durations::{duration_variable, durations};
use endpoint::{Lookup, endpoint};
use role::Hop;
use source::{Origin, Source};
use target::{apply_role, check_role_options, target};

pub mod chain;
pub(crate) mod device;
mod durations;
mod endpoint;
pub mod role;
mod settings;
pub mod source;
mod target;
#[cfg(test)]
mod tests;

/// Variables for options that a person would set once.
mod variable {
    pub(super) const SERIAL: &str = "AWS_MFA_SERIAL";
    pub(super) const DURATION: &str = "AWSMFA_DURATION";
    pub(super) const SESSION_DURATION: &str = "AWSMFA_SESSION_DURATION";
    pub(super) const NO_SESSION: &str = "AWSMFA_NO_SESSION";
    pub(super) const RENEW_WITHIN: &str = "AWSMFA_RENEW_WITHIN";
    pub(super) const CODE_COMMAND: &str = "AWSMFA_CODE_COMMAND";
}

/// The plan of a session.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the user asked for; the bookkeeping records it.
    pub target: Target,
    /// The long-term keys.
    pub source: Source,
    /// The roles to assume, in order.
    pub hops: Vec<Hop>,
    /// The MFA device, if something names one; otherwise IAM lists them.
    pub serial: Option<Setting>,
    /// The environment of the programs that print code and keys.
    pub surroundings: Surroundings,
    /// A program that prints the code. Its text may contain a secret, so messages name only its place.
    pub code_command: Option<Setting>,
    /// Send the code with `AssumeRole` itself.
    pub no_session: bool,
    pub mfa_duration: Duration,
    /// The lifetime of the last role's session, by default an hour.
    pub role_duration: Duration,
    /// Do nothing if the current session has more than this left.
    pub renew_within: Option<Duration>,
    pub endpoint: Endpoint,
    pub ca_bundle: Option<Setting>,
    /// The profile's settings for variables that are not set.
    pub settings: Settings,
    /// A setting of the profile `default` that would send the session to another endpoint.
    diversion: Option<Setting>,
    /// Names a role that only the bookkeeping names, which any file with variables may set.
    pub recorded_role: Option<String>,
    /// Notes about the exchange, for standard error.
    pub notices: Vec<String>,
    /// Notes about the session's environment.
    pub session_notices: Vec<String>,
}

impl Plan {
    /// The plan for these options.
    pub fn new(options: &SessionOptions, context: &Context) -> Result<Self, Error> {
        match Origin::find(options, context)? {
            Some(origin) => Self::from_origin(&origin, options, context),
            None => Err(source::no_origin(context)),
        }
    }

    /// The plan for these options, with the keys from this origin.
    pub fn from_origin(
        origin: &Origin<'_>,
        options: &SessionOptions,
        context: &Context,
    ) -> Result<Self, Error> {
        let environment = context.environment();
        let target = target(options, origin)?;
        let mut chain = Chain::new(origin, context)?;
        apply_role(&mut chain.hops, &target)?;
        check_role_options(options, &chain.hops)?;
        let serial = device(&target, &chain, environment)?;
        check_account(serial.as_ref(), &chain)?;
        let lookup = Lookup {
            environment: &context.memory().before,
            profile: chain.settings.as_ref(),
        };
        let recorded_role = match origin {
            Origin::Session(_) if options.role_arn.is_none() => target.role_arn.as_deref(),
            _ => None,
        };
        let recorded_role = recorded_role.filter(|role| !role.is_empty());
        let recorded_role =
            recorded_role.map(|role| format!("role {role}, as recorded in this shell"));
        let recorded_url = match origin {
            Origin::Session(current) => current.owner.endpoint_url.as_deref(),
            _ => None,
        };
        let endpoint = endpoint(
            lookup,
            target.region.as_deref(),
            any_arn(serial.as_ref(), &chain.hops)?,
            recorded_url.map(|url| Setting::from_variable(OWNER_ENDPOINT_URL, url)),
        )?;
        let default = Profile::find(context.files()?, "default");
        let export = settings::export(
            lookup,
            default.as_ref(),
            target.region.clone(),
            &endpoint.region,
        )?;
        let no_session = target.no_session || is_on(environment, variable::NO_SESSION)?;
        let malformed = context.memory().malformed.iter();
        let mut notices: Vec<String> = malformed
            .map(|name| format!("{name} is not an access key ID; its session is not used"))
            .collect();
        let durations = durations(&target, &chain.hops, no_session, environment)?;
        notices.extend(settings::empty_ca_variables(lookup.environment));
        notices.extend(durations.notices);
        Ok(Self {
            serial,
            surroundings: Surroundings::new(environment, &context.memory().before),
            code_command: code_command(options, &chain, environment)?,
            no_session,
            mfa_duration: durations.mfa,
            role_duration: durations.role,
            renew_within: match options.renew_within {
                Some(within) => Some(within),
                None => duration_variable(environment, variable::RENEW_WITHIN)?
                    .map(|(within, _)| within),
            },
            endpoint,
            ca_bundle: settings::ca_bundle(lookup)?,
            settings: export.settings,
            diversion: export.diversion,
            recorded_role,
            notices,
            session_notices: export.notices,
            target,
            source: chain.source,
            hops: chain.hops,
        })
    }

    /// Fails if the profile `default` would send the session to another endpoint than the target
    /// profile. Not for consumers that read only the keys: they use their own profile.
    pub fn check_default_profile(&self) -> Result<(), Error> {
        match &self.diversion {
            Some(diversion) => Err(settings::diverted(
                diversion,
                self.target.profile.as_deref(),
            )),
            None => Ok(()),
        }
    }

    /// Whether an MFA or role session belongs to the same user: same endpoint, and same keys, or same
    /// profile if a program prints the keys.
    #[must_use]
    pub fn has_same_user(&self, owner: &Owner) -> bool {
        let same_keys = match self.source.access_key_id() {
            Some(id) => owner.source_key_id == id,
            None => owner.source_profile == self.source.profile,
        };
        same_keys && owner.endpoint_url.as_deref() == self.endpoint.sts_url()
    }

    /// Whether the current session is the planned one, expired or not.
    #[must_use]
    pub fn has_same_target(&self, current: &CurrentSession) -> bool {
        self.has_same_user(&current.owner)
            && current.role_arn.as_deref() == self.hops.last().map(|hop| hop.role_arn.text.as_str())
            && self.target.is_same(&current.target)
    }

    /// Like [`Self::has_same_target`], in any region: a session is valid in all of them.
    #[must_use]
    pub fn has_same_target_in_any_region(&self, current: &CurrentSession) -> bool {
        let mut current = current.clone();
        current.target.region.clone_from(&self.target.region);
        self.has_same_target(&current)
    }

    /// Whether to send the code with `AssumeRole` itself: the user asked for it, or the role's session
    /// is to be longer than the hour that AWS allows behind an MFA session.
    #[must_use]
    pub fn sends_code_with_role(&self) -> bool {
        !self.hops.is_empty() && (self.no_session || self.role_duration > CHAINED)
    }
}

/// The program that prints the code, from the option, the nearest profile or the variable.
fn code_command(
    options: &SessionOptions,
    chain: &Chain<'_>,
    environment: &Environment,
) -> Result<Option<Setting>, Error> {
    if let Some(command) = &options.code_command {
        return Ok(Some(Setting::from_option("--code-command", command)));
    }
    match chain.nearest("mfa_process") {
        Some(command) => Ok(Some(command)),
        None => environment.setting(variable::CODE_COMMAND),
    }
}

fn is_on(environment: &Environment, name: &str) -> Result<bool, Error> {
    let Some(setting) = environment.setting(name)? else {
        return Ok(false);
    };
    match setting.text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(setting.error("is neither true nor false")),
    }
}
