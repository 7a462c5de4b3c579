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
use crate::session::{Keys, is_temporary};
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
            let has_settings_only = profile.is_some_and(|it| !leads_to_credentials(&it));
            let keys = environment_keys(environment)?.filter(|_| has_settings_only);
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
    Error::new(format!(
        "no keys to start a session with: {keys} the environment, and no profile default in {}",
        files.paths()
    ))
    .hint(hint)
}

/// Whether a profile has a key that should lead to credentials.
fn leads_to_credentials(profile: &Profile<'_>) -> bool {
    [
        "role_arn",
        "aws_access_key_id",
        "credential_process",
        "sso_session",
        "sso_start_url",
        "web_identity_token_file",
        "login_session",
    ]
    .iter()
    .any(|key| profile.has(key))
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
                "{wanted_by} takes the keys from the environment, which holds no long-term keys"
            ))
            .hint(
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of an IAM user, or name a profile: \
                 --profile NAME",
            )
        })?;
        Ok(Self::in_environment(keys))
    }

    /// A profile's own keys.
    pub fn from_profile(profile: &Profile<'_>) -> Result<Self, Error> {
        if let Some(error) = mfa_elsewhere(profile) {
            return Err(error);
        }
        let (keys, place) = if let Some((keys, place)) = profile_keys(profile)? {
            (KeysFrom::Known(keys), place)
        } else if let Some(process) = profile.get("credential_process") {
            (KeysFrom::Process(process.text), process.place)
        } else {
            return Err(Error::new(format!(
                "the profile {} has neither keys nor a credential_process in {}",
                profile.name,
                profile.files.paths()
            ))
            .hint(
                "add aws_access_key_id and aws_secret_access_key, or name another profile: --profile NAME",
            ));
        };
        Ok(Self {
            profile: Some(profile.name.clone()),
            keys,
            place,
        })
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

/// The long-term keys in a profile, and the place of their ID.
fn profile_keys(profile: &Profile<'_>) -> Result<Option<(Keys, Place)>, Error> {
    let half = |place: &Place, missing| {
        Error::new(format!("{place} is there without {missing}"))
            .hint(format!("add {missing} to the profile"))
    };
    let id = profile.get("aws_access_key_id");
    let (id, secret) = match (id, profile.secret("aws_secret_access_key")) {
        (None, None) => return Ok(None),
        (Some(id), None) => return Err(half(&id.place, "aws_secret_access_key")),
        (None, Some((_, place))) => return Err(half(&place, "aws_access_key_id")),
        (Some(id), Some((secret, _))) => (id, secret),
    };
    // botocore's two names for the token.
    let token = ["aws_session_token", "aws_security_token"];
    let token = token.iter().find_map(|key| profile.secret(key));
    if token.is_some() || is_temporary(&id.text) {
        let place = token.map_or(id.place, |(_, place)| place);
        return Err(Error::new(format!(
            "{place} is that of a temporary session, which cannot start another"
        ))
        .hint("name a profile with long-term keys (an access key ID that starts with AKIA)"));
    }
    let keys = Keys {
        access_key_id: id.text,
        secret_access_key: secret,
    };
    Ok(Some((keys, id.place)))
}

/// The error for a profile with another source of credentials, where MFA happens, too.
pub(super) fn mfa_elsewhere(profile: &Profile<'_>) -> Option<Error> {
    const BROWSER: &str = "in the browser when you sign in";
    let name = &profile.name;
    let signed_in = |command: &str| format!("{command} --profile {name}, then AWS_PROFILE={name}");
    let sso = profile.get("sso_session").or(profile.get("sso_start_url"));
    let (setting, way, mfa, instead) = if let Some(sso) = sso {
        let way = "IAM Identity Center (SSO)";
        (sso, way, BROWSER, signed_in("aws sso login"))
    } else if let Some(login) = profile.get("login_session") {
        (login, "aws login", BROWSER, signed_in("aws login"))
    } else {
        let token = profile.get("web_identity_token_file")?;
        let (way, mfa) = ("a web identity token", "at the identity provider");
        (
            token,
            way,
            mfa,
            format!("use it as it is: AWS_PROFILE={name}"),
        )
    };
    let place = setting.place;
    let message =
        format!("{place}: the credentials come from {way}, so MFA happens {mfa}, not at STS");
    Some(Error::new(message).hint(instead))
}

/// The long-term keys in an environment; `None` for the keys of a session.
pub fn environment_keys(environment: &Environment) -> Result<Option<Keys>, Error> {
    let id = environment.text(&ACCESS_KEY_ID.name)?;
    let secret = environment.text(&SECRET_ACCESS_KEY.name)?;
    let half = |set, missing| {
        Error::new(format!("{set} is set and {missing} is not"))
            .hint(format!("set {missing} too, or unset {set}"))
    };
    match (id, secret) {
        (None, None) => Ok(None),
        _ if has_session_keys(environment) => Ok(None),
        (Some(_), None) => Err(half(&ACCESS_KEY_ID.name, &SECRET_ACCESS_KEY.name)),
        (None, Some(_)) => Err(half(&SECRET_ACCESS_KEY.name, &ACCESS_KEY_ID.name)),
        (Some(id), Some(secret)) => Ok(Some(Keys {
            access_key_id: id.to_owned(),
            secret_access_key: Value::from(secret),
        })),
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
        for (half, told) in [
            (
                id,
                "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not",
            ),
            (
                secret,
                "AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not",
            ),
        ] {
            assert_eq!(of(&[half]), Err(told.to_owned()));
        }
    }
}
