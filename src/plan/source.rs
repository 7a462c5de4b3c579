//! The user whose keys start the session.

use std::fmt;

use crate::cli::SessionOptions;
use crate::context::Context;
use crate::environment::{
    self, ACCESS_KEY_ID, Environment, Place, SECRET_ACCESS_KEY, SESSION_TOKEN,
};
use crate::error::Error;
use crate::files::profile::Profile;
use crate::memory::CurrentSession;
use crate::plan::chain;
use crate::session::{Keys, check_access_key_id, is_temporary};
use crate::value::Value;

/// Where to start looking for the keys: the first match, in the order of precedence.
#[derive(Debug)]
pub enum Origin<'c> {
    Profile {
        name: String,
        /// The variable, or whatever else names it.
        named_by: Option<String>,
    },
    Environment(Keys),
    /// The session in this shell, to repeat it.
    Session(&'c CurrentSession),
}

impl<'c> Origin<'c> {
    /// Finds the origin, if there is any.
    pub fn find(
        options: &SessionOptions,
        context: &'c Context,
    ) -> Result<Option<Origin<'c>>, Error> {
        let (environment, memory) = (context.before_new_session(), context.memory());
        if let Some(name) = &options.profile {
            if name.is_empty() {
                return Err(Place::Option("--profile").error("is empty"));
            }
            return Ok(Some(Self::profile(name, None)));
        }
        // `env` removes these variables, so in a session the user has set them since.
        if let Some((name, variable)) = named_profile(environment)? {
            let profile = Profile::find(context.files()?, name);
            let keys = match profile {
                Some(profile) if !leads_to_credentials(&profile) => environment_keys(environment)?,
                _ => None,
            };
            let profile = Self::profile(name, Some(variable));
            return Ok(Some(keys.map_or(profile, Self::Environment)));
        }
        if let Some(keys) = environment_keys(environment)? {
            return Ok(Some(Self::Environment(keys)));
        }
        if let Some(current) = &memory.current {
            return Ok(Some(Self::Session(current)));
        }
        let kept = memory.mfa_sessions().next();
        if let Some(name) = kept.and_then(|mfa| mfa.owner.source_profile.as_deref()) {
            let named_by = "the MFA session kept in this shell";
            return Ok(Some(Self::profile(name, Some(named_by))));
        }
        let default = Profile::find(context.files()?, "default");
        let default = default.filter(leads_to_credentials);
        Ok(default.map(|default| Self::profile(&default.name, None)))
    }

    #[must_use]
    pub fn profile(name: &str, named_by: Option<&str>) -> Self {
        Self::Profile {
            name: name.to_owned(),
            named_by: named_by.map(str::to_owned),
        }
    }
}

/// The profile that the environment names, and the variable that does.
pub(super) fn named_profile(
    environment: &Environment,
) -> Result<Option<(&str, &'static str)>, Error> {
    for variable in [&environment::PROFILE, &environment::DEFAULT_PROFILE] {
        if let Some(name) = environment.text(&variable.name)? {
            return Ok(Some((name, &variable.name)));
        }
    }
    Ok(None)
}

/// The error if [`Origin::find`] finds nothing.
#[must_use]
pub fn no_origin(context: &Context) -> Error {
    let files = match context.files() {
        Ok(files) => files,
        Err(error) => return error,
    };
    let keys = if has_session_keys(context.before_new_session()) {
        "only temporary credentials in"
    } else {
        "none in"
    };
    let profiles = chain::usable_profiles(files, &context.memory().before);
    let hint = if profiles.is_empty() {
        "put the keys of an IAM user into a profile with: aws configure".to_owned()
    } else {
        format!(
            "name a profile with --profile: {}",
            chain::listed(&profiles)
        )
    };
    Error::new(format!(
        "no long-term keys: {keys} the environment, and no profile default in {}",
        files.paths()
    ))
    .hint(hint)
}

/// Whether a profile has a key that should lead to credentials.
fn leads_to_credentials(profile: &Profile<'_>) -> bool {
    let keys = [
        "aws_access_key_id",
        "credential_process",
        "sso_account_id",
        "sso_role_name",
        "login_session",
    ];
    let has_key = keys.iter().any(|key| profile.has_key(key));
    has_key || chain::takes_role(profile) || profile.has("web_identity_token_file")
}

/// The source of the long-term keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `None` for keys in the environment.
    pub profile: Option<String>,
    pub keys: KeysFrom,
    pub place: Place,
}

/// How to get long-term keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysFrom {
    Known(Keys),
    /// The command line of a `credential_process`, which runs only when the keys are needed.
    Process(String),
}

impl Source {
    #[must_use]
    pub fn in_environment(keys: Keys) -> Self {
        Self {
            profile: None,
            keys: KeysFrom::Known(keys),
            place: Place::Variable(ACCESS_KEY_ID.name.to_string()),
        }
    }

    /// The environment's long-term keys, for a setting that says that they are there.
    pub fn from_environment(
        environment: &Environment,
        wanted_by: impl fmt::Display,
    ) -> Result<Self, Error> {
        let keys = environment_keys(environment)?.ok_or_else(|| {
            Error::new(format!(
                "{wanted_by} takes the keys from the environment, which has no long-term keys"
            ))
            .hint(
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of an IAM user, or name a profile: \
                 --profile NAME",
            )
        })?;
        Ok(Self::in_environment(keys))
    }

    /// A profile's own keys, in botocore's order (`create_credential_resolver`).
    pub fn from_profile(profile: &Profile<'_>) -> Result<Self, Error> {
        let source = |keys, place| Self {
            profile: Some(profile.name.clone()),
            keys,
            place,
        };
        let is_sso = profile.has_key("sso_account_id") || profile.has_key("sso_role_name");
        if let Some(error) = Elsewhere::Web.error(profile) {
            return Err(error);
        }
        if let Some(error) = Elsewhere::Sso.error(profile).filter(|_| is_sso) {
            return Err(error);
        }
        if let Some((keys, place)) = keys_in_file(&profile.in_credentials())? {
            return Ok(source(KeysFrom::Known(keys), place));
        }
        if let Some(error) = Elsewhere::Login.error(profile) {
            return Err(error);
        }
        if let Some(process) = profile.get_filled("credential_process")? {
            return Ok(source(KeysFrom::Process(process.text), process.place));
        }
        if let Some((keys, place)) = keys_in_file(&profile.in_config())? {
            return Ok(source(KeysFrom::Known(keys), place));
        }
        Err(Elsewhere::Sso
            .error(profile)
            .unwrap_or_else(|| no_keys(profile)))
    }

    /// The access key ID, if it is known without running a program.
    #[must_use]
    pub fn access_key_id(&self) -> Option<&str> {
        match &self.keys {
            KeysFrom::Known(keys) => Some(&keys.access_key_id),
            KeysFrom::Process(_) => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.profile {
            Some(profile) => write!(f, "the keys of the profile {profile}"),
            None => f.write_str("the keys in the environment"),
        }
    }
}

const ID: &str = "aws_access_key_id";
const SECRET: &str = "aws_secret_access_key";

/// The long-term keys that one file has for a profile, and the place of their ID.
fn keys_in_file(profile: &Profile<'_>) -> Result<Option<(Keys, Place)>, Error> {
    let Some(id) = profile.get_filled(ID)? else {
        return Ok(None);
    };
    check_access_key_id(&id.text, &id.place)?;
    let Some((secret, _)) = profile.secret(SECRET)? else {
        return Err(half(&id.place, SECRET));
    };
    let tokens = ["aws_security_token", "aws_session_token"];
    let token = tokens.iter().find(|key| profile.has_key(key));
    let token = token.and_then(|key| profile.get(key));
    if token.is_some() || is_temporary(&id.text) {
        let place = token.map_or(id.place, |token| token.place);
        return Err(Error::new(format!(
            "{place} belongs to temporary credentials, which cannot start an MFA session"
        ))
        .hint(hint_of_long_term(profile).unwrap_or_else(|| {
            "name a profile with long-term keys (an access key ID that starts with AKIA)".to_owned()
        })));
    }
    let keys = Keys {
        access_key_id: id.text,
        secret_access_key: secret,
    };
    Ok(Some((keys, id.place)))
}

/// One of the two keys without the other beside it.
fn half(place: &Place, missing: &str) -> Error {
    Error::new(format!("{place} without {missing}"))
        .hint(format!("add {missing} to the profile, in the same file"))
}

/// The error for a profile that leads to no keys.
fn no_keys(profile: &Profile<'_>) -> Error {
    if let Some(secret) = profile.get(SECRET) {
        return half(&secret.place, ID);
    }
    if let Some(source) = profile.get("source_profile") {
        return Error::new(format!(
            "{} counts only beside role_arn, which the profile {} lacks",
            source.place, profile.name
        ))
        .hint(format!(
            "add role_arn, or use the source itself: --profile {}",
            source.text
        ));
    }
    Error::new(format!(
        "the profile {} has neither keys nor a credential_process in {}",
        profile.name,
        profile.files.paths()
    ))
    .hint(hint_of_long_term(profile).unwrap_or_else(|| {
        "add aws_access_key_id and aws_secret_access_key, or name another profile: --profile NAME"
            .to_owned()
    }))
}

/// aws-mfa keeps the session in the profile NAME and the user's keys in NAME-long-term.
fn hint_of_long_term(profile: &Profile<'_>) -> Option<String> {
    let name = format!("{}-long-term", profile.name);
    Profile::find(profile.files, &name)?;
    Some(format!(
        "the long-term keys are in another profile: --profile {name}"
    ))
}

/// Other sources of credentials, where MFA happens, too.
#[derive(Clone, Copy)]
enum Elsewhere {
    Web,
    Sso,
    Login,
}

impl Elsewhere {
    /// The error for a profile that has this source.
    fn error(self, profile: &Profile<'_>) -> Option<Error> {
        const BROWSER: &str = "in the browser when you sign in";
        let name = &profile.name;
        let signed_in =
            |command: &str| format!("{command} --profile {name}, then AWS_PROFILE={name}");
        let first = |keys: &[&str]| keys.iter().find_map(|key| profile.get_as_written(key));
        let (setting, way, mfa, instead) = match self {
            Self::Web => (
                profile.get("web_identity_token_file")?,
                "a web identity token",
                "at the identity provider",
                format!("use it as it is: AWS_PROFILE={name}"),
            ),
            Self::Sso => (
                first(&[
                    "sso_session",
                    "sso_start_url",
                    "sso_account_id",
                    "sso_role_name",
                ])?,
                "IAM Identity Center (SSO)",
                BROWSER,
                signed_in("aws sso login"),
            ),
            Self::Login => (
                first(&["login_session"])?,
                "aws login",
                BROWSER,
                signed_in("aws login"),
            ),
        };
        let place = setting.place;
        let message =
            format!("{place}: the credentials come from {way}, so MFA happens {mfa}, not at STS");
        Some(Error::new(message).hint(instead))
    }
}

/// The error for a role profile whose own credentials come from elsewhere.
pub(super) fn mfa_elsewhere(profile: &Profile<'_>) -> Option<Error> {
    let ways = [Elsewhere::Sso, Elsewhere::Login];
    ways.into_iter().find_map(|way| way.error(profile))
}

/// The long-term keys in an environment; `None` for the keys of a session.
pub fn environment_keys(environment: &Environment) -> Result<Option<Keys>, Error> {
    let id = environment.text(&ACCESS_KEY_ID.name)?;
    let secret = environment.text(&SECRET_ACCESS_KEY.name)?;
    match (id, secret) {
        // As for the AWS CLI: a secret alone is nothing.
        (None, _) => Ok(None),
        _ if has_session_keys(environment) => Ok(None),
        (Some(id), secret) => {
            check_access_key_id(id, &ACCESS_KEY_ID.name)?;
            let missing = || {
                let (set, missing) = (&ACCESS_KEY_ID.name, &SECRET_ACCESS_KEY.name);
                Error::new(format!("{set} is set and {missing} is not"))
                    .hint(format!("set {missing} too, or unset {set}"))
            };
            Ok(Some(Keys {
                access_key_id: id.to_owned(),
                secret_access_key: Value::from(secret.ok_or_else(missing)?),
            }))
        }
    }
}

/// Whether the environment contains the keys of a session.
fn has_session_keys(environment: &Environment) -> bool {
    let set = |name| environment.get(name).filter(|value| !value.is_empty());
    set(&ACCESS_KEY_ID.name).is_some_and(|id| {
        set(&SESSION_TOKEN.name).is_some() || id.as_str().is_some_and(is_temporary)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ALICE, environment};

    #[test]
    fn the_environments_keys() {
        let of = |variables: &[(&str, &str)]| {
            environment_keys(&environment(variables))
                .map(|keys| keys.map(|keys| keys.access_key_id))
                .map_err(|error| error.message)
        };
        let (id, secret) = (
            ("AWS_ACCESS_KEY_ID", ALICE),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        );
        let token = ("AWS_SESSION_TOKEN", "token");
        assert_eq!(of(&[id, secret]), Ok(Some(ALICE.to_owned())));
        assert_eq!(
            of(&[id, secret, ("AWS_SECURITY_TOKEN", "stale")]),
            Ok(Some(ALICE.to_owned()))
        );
        assert_eq!(
            of(&[id, secret, ("AWS_SESSION_TOKEN", "")]),
            Ok(Some(ALICE.to_owned()))
        );
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&[id, secret, token]), Ok(None));
        assert_eq!(
            of(&[("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE"), secret]),
            Ok(None)
        );
        assert_eq!(of(&[secret]), Ok(None));
        let told = "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not";
        assert_eq!(of(&[id]), Err(told.to_owned()));
        for odd in [
            "AKIAIOSFODNN7EXAMPLE\r",
            " AKIAIOSFODNN7EXAMPLE",
            "'AKIA'",
            "wJalr/XUtn",
            "je7MtGbClwBFx2Zp9Utkzh3yCo8nvbEXAMPLEKEY",
        ] {
            let error = of(&[("AWS_ACCESS_KEY_ID", odd), secret]).unwrap_err();
            assert!(
                error.starts_with("AWS_ACCESS_KEY_ID is not an access key ID"),
                "{error}"
            );
            assert!(!error.contains(odd), "{error}");
        }
    }
}
