//! What session is wanted: the options, the environment and the shared files made into one answer,
//! with all that can be checked before a code is asked for or sent.

use std::time::Duration;

use crate::cli::SessionOptions;
use crate::context::Context;
use crate::duration::{self, CHAINED};
use crate::environment::{self, Environment, VARIABLES};
use crate::error::Error;
use crate::files::profile::Setting;
use crate::memory::{CurrentSession, Owner, Settings, Target};
use crate::plan::chain::{Chain, KeysFrom, Source};
use crate::plan::endpoint::Deciding;
use crate::plan::role::Hop;
use crate::sts::api::Endpoint;
use crate::sts::arn::Arn;

use device::{check_account, device, partition};
use durations::durations;

pub mod chain;
mod device;
mod durations;
pub mod endpoint;
pub mod role;
#[cfg(test)]
mod tests;

/// Options that a person would set once, as environment variables.
mod variable {
    pub(super) const SERIAL: &str = "AWS_MFA_SERIAL";
    pub(super) const DURATION: &str = "AWSMFA_DURATION";
    pub(super) const SESSION_DURATION: &str = "AWSMFA_SESSION_DURATION";
    pub(super) const ROLE_SESSION_NAME: &str = "AWSMFA_ROLE_SESSION_NAME";
    pub(super) const NO_SESSION: &str = "AWSMFA_NO_SESSION";
    pub(super) const RENEW_WITHIN: &str = "AWSMFA_RENEW_WITHIN";
    pub(super) const CODE_COMMAND: &str = "AWSMFA_CODE_COMMAND";
}

/// The session that is wanted.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What was asked for, to be remembered.
    pub target: Target,
    /// Where the long-term keys are.
    pub source: Source,
    /// The roles on the way, the first to be assumed first.
    pub hops: Vec<Hop>,
    /// The device, where it is named; else AWS is asked.
    pub serial: Option<String>,
    /// A program that prints the code, which may hold a secret itself: it is told by its place.
    pub code_command: Option<Setting>,
    /// Send the code with `AssumeRole` itself.
    pub no_session: bool,
    /// How long the MFA session is to live.
    pub mfa_duration: Duration,
    /// How long the last role's session is to live, an hour if nobody says.
    pub role_duration: Duration,
    /// Leave a session alone that lives longer than this.
    pub renew_within: Option<Duration>,
    /// Where the calls go.
    pub endpoint: Endpoint,
    /// Where the settings stand, to be told.
    pub places: Places,
    /// The CA bundle for the calls.
    pub ca_bundle: Option<Setting>,
    /// What the profile gives for variables that are not set.
    pub settings: Settings,
    /// What the user should know, for standard error.
    pub notices: Vec<String>,
}

/// Where settings stand: an option, a variable, or a line of a file.
#[derive(Debug, Clone)]
pub struct Places {
    /// The long-term keys.
    pub keys: String,
    /// The device, if it is named.
    pub serial: Option<String>,
    /// The region.
    pub region: String,
    /// The URL of STS, if there is one.
    pub sts_url: Option<String>,
}

impl Plan {
    /// Works out what is wanted.
    pub fn new(options: &SessionOptions, context: &Context) -> Result<Self, Error> {
        match find_base(options, context)? {
            Some(base) => Self::from_base(base, options, context),
            None => Err(no_source(context)?),
        }
    }

    /// Works out what is wanted, given where the keys are.
    pub fn from_base(
        base: Base,
        options: &SessionOptions,
        context: &Context,
    ) -> Result<Self, Error> {
        let environment = context.environment();
        let before = &context.memory().before;
        let recorded_url = base
            .recorded
            .as_ref()
            .and(context.memory().current.as_ref())
            .and_then(|current| current.owner.endpoint_url.as_deref());
        let target = asked(options, base.recorded, base.profile)?;
        let mut chain = match (&target.profile, base.source) {
            (Some(name), _) => {
                chain::follow(context.files()?, before, name, base.named_by.as_deref())?
            }
            (None, Some(source)) => Chain::without_profiles(source),
            (None, None) => Chain::without_profiles(chain::environment_source(
                before,
                "the session to be repeated",
            )?),
        };
        with_role(&mut chain.hops, &target, environment)?;
        if let (true, Some(option)) = (chain.hops.is_empty(), option_of_a_role(options)) {
            return Err(
                Error::usage(format!("{option} goes with a role, and none is named"))
                    .hint("add --role-arn, or name a profile that has a role_arn"),
            );
        }

        let device = device(&target, &chain, environment)?;
        check_account(device.as_ref(), &chain)?;
        let arn = partition(device.as_ref(), &chain.hops)?;
        let endpoint = Deciding {
            region: target.region.as_deref(),
            arn: arn.as_ref().map(|(arn, its)| (arn.as_str(), its.as_str())),
            before,
            profile: chain.profiles.first(),
            recorded_url,
        }
        .decide()?;
        let places = Places {
            keys: keys_place(&chain),
            serial: device.as_ref().map(|device| device.place.clone()),
            region: endpoint.region_place,
            sts_url: endpoint.sts_url_place,
        };
        let serial = device.map(|device| device.text);
        let settings = settings(&target, &chain);
        let no_session = target.no_session || is_on(environment, variable::NO_SESSION)?;
        let durations = durations(&target, &chain.hops, no_session, environment)?;
        Ok(Self {
            serial,
            code_command: code_command(options, &chain, environment)?,
            no_session,
            mfa_duration: durations.mfa,
            role_duration: durations.role,
            renew_within: match options.renew_within {
                Some(within) => Some(within),
                None => duration_variable(environment, variable::RENEW_WITHIN)?,
            },
            endpoint: endpoint.endpoint,
            places,
            ca_bundle: ca_bundle(before, &chain)?,
            settings,
            notices: durations.notices,
            target,
            source: chain.source,
            hops: chain.hops,
        })
    }

    /// Whether an MFA or role session belongs to the user whose keys these are: same keys, or the
    /// same profile where the keys are not known without running its program; and same endpoint.
    #[must_use]
    pub fn is_of_the_same_user(&self, owner: &Owner) -> bool {
        let same_keys = match self.source.access_key_id() {
            Some(id) => owner.source_key_id == id,
            None => owner.source_profile == self.source.profile,
        };
        same_keys && owner.endpoint_url == self.endpoint.sts_url
    }

    /// Whether the session in place is what is wanted, whatever is left of its life.
    #[must_use]
    pub fn is_in_place(&self, current: &CurrentSession) -> bool {
        self.is_of_the_same_user(&current.owner)
            && current.role_arn.as_deref() == self.hops.last().map(|hop| hop.role_arn.as_str())
            && self.target.is_same(&current.target)
    }

    /// Whether the code goes with `AssumeRole` itself: asked for, or because a role behind a session
    /// would live an hour at most.
    #[must_use]
    pub fn sends_code_with_role(&self) -> bool {
        !self.hops.is_empty() && (self.no_session || self.role_duration > CHAINED)
    }
}

/// Where the search for the keys ended.
pub struct Base {
    profile: Option<String>,
    named_by: Option<String>,
    source: Option<Source>,
    recorded: Option<Target>,
}

impl Base {
    /// A profile, and the variable that names it.
    #[must_use]
    pub fn profile(name: &str, named_by: Option<&str>) -> Self {
        Self {
            profile: Some(name.to_owned()),
            named_by: named_by.map(str::to_owned),
            source: None,
            recorded: None,
        }
    }
}

/// Finds the keys by the order that the contract gives.
pub fn find_base(options: &SessionOptions, context: &Context) -> Result<Option<Base>, Error> {
    let environment = context.environment();
    let memory = context.memory();
    if let Some(name) = &options.profile {
        if name.is_empty() {
            return Err(bad_option("--profile", "is empty"));
        }
        return Ok(Some(Base::profile(name, None)));
    }
    // `env` removes these, so that in a session they were set by the user since.
    for variable in [&environment::PROFILE, &environment::DEFAULT_PROFILE] {
        if let Some(name) = environment.text(&variable.name)? {
            return Ok(Some(Base::profile(name, Some(&variable.name))));
        }
    }
    if let Some(keys) = chain::environment_keys(environment)? {
        return Ok(Some(Base {
            profile: None,
            named_by: None,
            source: Some(Source::in_environment(keys)),
            recorded: None,
        }));
    }
    if let Some(current) = &memory.current {
        return Ok(Some(Base {
            profile: current.target.profile.clone(),
            named_by: Some("the session in this shell".to_owned()),
            source: None,
            recorded: Some(current.target.clone()),
        }));
    }
    if let Some(name) = memory
        .mfa
        .as_ref()
        .and_then(|mfa| mfa.owner.source_profile.as_deref())
    {
        let named_by = Some("the MFA session kept in this shell");
        return Ok(Some(Base::profile(name, named_by)));
    }
    let has_default = chain::has_default(context.files()?);
    Ok(has_default.then(|| Base::profile("default", None)))
}

/// Nothing says which keys.
pub fn no_source(context: &Context) -> Result<Error, Error> {
    let files = context.files()?;
    let keys = if chain::holds_session(context.environment()) {
        "only those of a temporary session in"
    } else {
        "none in"
    };
    let profiles = chain::usable_profiles(files, &context.memory().before);
    let hint = if profiles.is_empty() {
        "put the keys of an IAM user into a profile with: aws configure".to_owned()
    } else {
        format!("name a profile with --profile: {}", profiles.join(", "))
    };
    let message = format!(
        "no keys to start a session with: {keys} the environment, and no profile default in {}",
        chain::both(files)
    );
    Ok(Error::new(message).hint(hint))
}

/// The target that the options ask for, on top of the one to be repeated.
fn asked(
    options: &SessionOptions,
    recorded: Option<Target>,
    profile: Option<String>,
) -> Result<Target, Error> {
    let mut target = recorded.unwrap_or_default();
    target.profile = profile;
    if let Some(role_arn) = &options.role_arn
        && target.role_arn.as_ref() != Some(role_arn)
    {
        // Another role: what was said of the last one does not hold for it.
        target.role_session_name = None;
        target.external_id = None;
        target.duration = None;
        target.no_session = false;
        target.role_arn = Some(role_arn.clone());
    }
    if let Some(name) = &options.role_session_name
        && !role::is_role_session_name(name)
    {
        return Err(bad_option(
            "--role-session-name",
            role::ROLE_SESSION_NAME_RULE,
        ));
    }
    if let Some(id) = &options.external_id
        && !role::is_external_id(id)
    {
        return Err(bad_option("--external-id", role::EXTERNAL_ID_RULE));
    }
    if options.serial.as_deref() == Some("") {
        return Err(bad_option("--serial", "is empty"));
    }
    if options.region.as_deref() == Some("") {
        return Err(bad_option("--region", "is empty"));
    }
    let name = options.role_session_name.clone();
    target.role_session_name = name.or(target.role_session_name);
    target.external_id = options.external_id.clone().or(target.external_id);
    target.duration = options.duration.or(target.duration);
    target.session_duration = options.session_duration.or(target.session_duration);
    target.serial = options.serial.clone().or(target.serial);
    target.region = options.region.clone().or(target.region);
    target.no_session |= options.no_session;
    Ok(target)
}

/// Puts the role of the options in place of the profile's own.
fn with_role(hops: &mut Vec<Hop>, target: &Target, environment: &Environment) -> Result<(), Error> {
    match target.role_arn.as_deref() {
        // Said on purpose: no role, the user's own session.
        Some("") => hops.clear(),
        Some(arn) => {
            if !Arn::parse(arn).is_some_and(|arn| arn.is_role()) {
                let problem = "is not the ARN of a role, like arn:aws:iam::111122223333:role/dev";
                return Err(bad_option("--role-arn", problem));
            }
            hops.pop();
            hops.push(Hop {
                role_arn: arn.to_owned(),
                place: "--role-arn".to_owned(),
                ..Hop::default()
            });
        }
        None => {}
    }
    if let Some(hop) = hops.last_mut() {
        hop.external_id = target.external_id.clone().or(hop.external_id.take());
        let name = target.role_session_name.clone();
        hop.role_session_name = match name.or(hop.role_session_name.take()) {
            Some(name) => Some(name),
            None => session_name_variable(environment)?,
        };
    }
    Ok(())
}

/// What the profile gives for variables that are not set.
fn settings(target: &Target, chain: &Chain<'_>) -> Settings {
    let setting = |key| chain.profiles.first()?.get(key);
    // The session removes the profile that says so, and then its URL would count.
    let ignores_url = setting("ignore_configured_endpoint_urls")
        .is_some_and(|setting| setting.text.eq_ignore_ascii_case("true"));
    let of_profile = VARIABLES
        .iter()
        .filter(|variable| !(ignores_url && **variable == &environment::ENDPOINT_URL))
        .filter_map(|&variable| Some((variable.clone(), setting(variable.profile_key()?)?)))
        .collect();
    Settings {
        forced_region: target.region.clone(),
        of_profile,
    }
}

fn keys_place(chain: &Chain<'_>) -> String {
    let profile = chain.profiles.last();
    let id = profile.and_then(|profile| profile.get("aws_access_key_id"));
    match (&chain.source.keys, id) {
        (KeysFrom::Process { place, .. }, _) => place.clone(),
        (KeysFrom::Known(_), Some(id)) if chain.source.profile.is_some() => id.place,
        (KeysFrom::Known(_), _) => environment::ACCESS_KEY_ID.name.clone().into_owned(),
    }
}

/// The CA bundle: the variable, or the target profile's.
fn ca_bundle(before: &Environment, chain: &Chain<'_>) -> Result<Option<Setting>, Error> {
    let name = &*environment::CA_BUNDLE.name;
    Ok(match before.text(name)? {
        Some(path) => Some(Setting {
            text: path.to_owned(),
            place: name.to_owned(),
        }),
        None => chain
            .profiles
            .first()
            .and_then(|profile| profile.get("ca_bundle")),
    })
}

/// The program that prints the code: the option, the nearest profile's, the variable.
fn code_command(
    options: &SessionOptions,
    chain: &Chain<'_>,
    environment: &Environment,
) -> Result<Option<Setting>, Error> {
    let named = |text: &str, place: &str| Setting {
        text: text.to_owned(),
        place: place.to_owned(),
    };
    if let Some(command) = &options.code_command {
        return Ok(Some(named(command, "--code-command")));
    }
    if let Some(command) = chain.nearest("mfa_process") {
        return Ok(Some(command));
    }
    let command = environment.text(variable::CODE_COMMAND)?;
    Ok(command.map(|command| named(command, variable::CODE_COMMAND)))
}

/// An option that was given and means nothing without a role.
fn option_of_a_role(options: &SessionOptions) -> Option<&'static str> {
    [
        (options.external_id.is_some(), "--external-id"),
        (options.role_session_name.is_some(), "--role-session-name"),
        (options.session_duration.is_some(), "--session-duration"),
        (options.no_session, "--no-session"),
    ]
    .into_iter()
    .find_map(|(given, option)| given.then_some(option))
}

fn duration_variable(
    environment: &Environment,
    name: &'static str,
) -> Result<Option<Duration>, Error> {
    let Some(text) = environment.text(name)? else {
        return Ok(None);
    };
    match duration::parse(text) {
        Ok(duration) => Ok(Some(duration)),
        Err(problem) => Err(bad_variable(name, &format!("is {problem}"))),
    }
}

fn is_on(environment: &Environment, name: &'static str) -> Result<bool, Error> {
    let text = environment.text(name)?.unwrap_or("false");
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(bad_variable(name, "is neither true nor false")),
    }
}

fn session_name_variable(environment: &Environment) -> Result<Option<String>, Error> {
    match environment.text(variable::ROLE_SESSION_NAME)? {
        Some(name) if !role::is_role_session_name(name) => Err(bad_variable(
            variable::ROLE_SESSION_NAME,
            role::ROLE_SESSION_NAME_RULE,
        )),
        name => Ok(name.map(str::to_owned)),
    }
}

fn bad_variable(name: &str, problem: &str) -> Error {
    Error::at(name, problem).hint(format!("correct it, or unset {name}"))
}

fn bad_option(name: &str, problem: &str) -> Error {
    Error::at(name, problem).hint(format!(
        "correct it, or leave it out; awsmfa env --help tells what {name} is for"
    ))
}
