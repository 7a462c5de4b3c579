//! From a profile to the keys that it stands on, and the roles between: `role_arn` and
//! `source_profile` as the AWS CLI follows them.

use std::fmt;
use std::time::Duration;

use crate::duration::ROLE_SESSION;
use crate::environment::{ACCESS_KEY_ID, Environment, SECRET_ACCESS_KEY, SESSION_TOKEN};
use crate::error::Error;
use crate::files::ini::IniFile;
use crate::files::profile::{Profile, Setting};
use crate::files::shared::SharedFiles;
use crate::plan::role::{
    EXTERNAL_ID_RULE, Hop, ROLE_SESSION_NAME_RULE, is_external_id, is_role_session_name,
};
use crate::session::{Keys, is_temporary};
use crate::sts::arn::Arn;
use crate::value::Value;

/// Where long-term keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The profile that holds them; `None` for the environment.
    pub profile: Option<String>,
    /// How to get at them.
    pub keys: KeysFrom,
}

/// How to get at long-term keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeysFrom {
    /// They are here.
    Known(Keys),
    /// The profile's `credential_process`, which runs only where the keys are needed.
    Process {
        /// The command line.
        command: String,
        /// Where it stands, for messages.
        place: String,
    },
}

impl Source {
    /// Keys of the environment.
    #[must_use]
    pub fn in_environment(keys: Keys) -> Self {
        Self {
            profile: None,
            keys: KeysFrom::Known(keys),
        }
    }

    /// The access key ID, where it is known without running a program.
    #[must_use]
    pub fn access_key_id(&self) -> Option<&str> {
        match &self.keys {
            KeysFrom::Known(keys) => Some(&keys.access_key_id),
            KeysFrom::Process { .. } => None,
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

/// A profile followed to its keys.
#[derive(Debug)]
pub struct Chain<'f> {
    /// The keys at its end.
    pub source: Source,
    /// The roles between, the first to be assumed first.
    pub hops: Vec<Hop>,
    /// The profiles passed, the target first.
    pub profiles: Vec<Profile<'f>>,
}

impl Chain<'_> {
    /// A key's value in the nearest profile that has it, the target first.
    #[must_use]
    pub fn nearest(&self, key: &str) -> Option<Setting> {
        let mut profiles = self.profiles.iter();
        profiles.find_map(|profile| profile.get(key))
    }

    /// Keys without a profile.
    #[must_use]
    pub fn without_profiles(source: Source) -> Self {
        Self {
            source,
            hops: Vec::new(),
            profiles: Vec::new(),
        }
    }
}

impl Profile<'_> {
    /// Whether there is anything that should lead to credentials.
    fn leads_somewhere(&self) -> bool {
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
        .any(|key| self.has(key))
    }

    fn long_term_keys(&self) -> Result<Option<Keys>, Error> {
        let (id, secret) = (
            self.get("aws_access_key_id"),
            self.get_as_written("aws_secret_access_key")
                .map(|setting| setting.place)
                .zip(self.value("aws_secret_access_key")),
        );
        let half = |place: &str, missing| {
            Error::new(format!("{place} is there without {missing}"))
                .hint(format!("add {missing} to the profile"))
        };
        // botocore's two names for the token.
        let token = ["aws_session_token", "aws_security_token"];
        let token = token.iter().find_map(|key| self.get(key));
        match (id, secret) {
            (None, None) => Ok(None),
            (Some(id), None) => Err(half(&id.place, "aws_secret_access_key")),
            (None, Some((place, _))) => Err(half(&place, "aws_access_key_id")),
            (Some(id), Some(_)) if token.is_some() || is_temporary(&id.text) => {
                let place = token.unwrap_or(id).place;
                Err(Error::new(format!(
                    "{place} is that of a temporary session, which cannot start another"
                ))
                .hint(
                    "name a profile with long-term keys (an access key ID that starts with AKIA)",
                ))
            }
            (Some(id), Some((_, secret_access_key))) => Ok(Some(Keys {
                access_key_id: id.text,
                secret_access_key,
            })),
        }
    }

    /// Credentials that were got elsewhere, where MFA happened too.
    fn elsewhere(&self) -> Option<Error> {
        const BROWSER: &str = "in the browser when you sign in";
        let name = &self.name;
        let signed_in =
            |command: &str| format!("{command} --profile {name}, then AWS_PROFILE={name}");
        let sso = self.get("sso_session").or(self.get("sso_start_url"));
        let (place, way, mfa, instead) = if let Some(sso) = sso {
            let way = "IAM Identity Center (SSO)";
            (sso.place, way, BROWSER, signed_in("aws sso login"))
        } else if let Some(login) = self.get("login_session") {
            (login.place, "aws login", BROWSER, signed_in("aws login"))
        } else {
            let token = self.get("web_identity_token_file")?;
            let (way, mfa) = ("a web identity token", "at the identity provider");
            let instead = format!("use it as it is: AWS_PROFILE={name}");
            (token.place, way, mfa, instead)
        };
        let message =
            format!("{place}: the credentials come from {way}, so MFA happens {mfa}, not at STS");
        Some(Error::new(message).hint(instead))
    }

    fn hop(&self, role_arn: &Setting) -> Result<Hop, Error> {
        let bad = |setting: &Setting, problem: &str| {
            Error::at(&setting.place, problem).hint("correct the value, or remove the line")
        };
        if !Arn::parse(&role_arn.text).is_some_and(|arn| arn.is_role()) {
            return Err(bad(role_arn, "is not the ARN of a role"));
        }
        let duration = self
            .get("duration_seconds")
            .map(|setting| {
                let seconds = setting
                    .text
                    .parse()
                    .map_err(|_| "is not a number of seconds".to_owned());
                seconds
                    .map(Duration::from_secs)
                    .and_then(|given| ROLE_SESSION.check(given).map_err(|e| format!("= {e}")))
                    .map_err(|problem| bad(&setting, &problem))
            })
            .transpose()?;
        let role_session_name = self.get("role_session_name");
        if let Some(name) = &role_session_name
            && !is_role_session_name(&name.text)
        {
            return Err(bad(name, ROLE_SESSION_NAME_RULE));
        }
        let external_id = self.get("external_id");
        if let Some(id) = &external_id
            && !is_external_id(&id.text)
        {
            return Err(bad(id, EXTERNAL_ID_RULE));
        }
        Ok(Hop {
            role_arn: role_arn.text.clone(),
            place: role_arn.place.clone(),
            external_id: external_id.map(|setting| setting.text),
            role_session_name: role_session_name.map(|setting| setting.text),
            duration,
        })
    }
}

/// The profile of that name.
pub fn profile<'f>(
    files: &'f SharedFiles,
    name: &str,
    named_by: Option<&str>,
) -> Result<Profile<'f>, Error> {
    let settings = files.profile(name).ok_or_else(|| {
        let by = named_by.map(|by| format!(", named by {by}"));
        let by = by.unwrap_or_default();
        let hint = match nearest(files, name) {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => "see which there are: awsmfa profiles".to_owned(),
        };
        Error::new(format!("there is no profile {name} in {}{by}", both(files))).hint(hint)
    })?;
    Ok(Profile {
        name: name.to_owned(),
        settings,
        files,
    })
}

/// The names of the profiles that lead to the keys of a user.
#[must_use]
pub fn usable_profiles(files: &SharedFiles, environment: &Environment) -> Vec<String> {
    files
        .profile_names()
        .filter(|name| follow(files, environment, name, None).is_ok())
        .map(str::to_owned)
        .collect()
}

/// Whether the profile `default` is there to be used.
#[must_use]
pub fn has_default(files: &SharedFiles) -> bool {
    profile(files, "default", None).is_ok_and(|profile| profile.leads_somewhere())
}

/// Follows a profile to its keys. `environment` is the one before awsmfa, for
/// `credential_source = Environment`.
pub fn follow<'f>(
    files: &'f SharedFiles,
    environment: &Environment,
    name: &str,
    named_by: Option<&str>,
) -> Result<Chain<'f>, Error> {
    let mut profiles: Vec<Profile<'f>> = Vec::new();
    let mut hops = Vec::new();
    let mut next = (name.to_owned(), named_by.map(str::to_owned));
    let source = loop {
        let (name, named_by) = next;
        let current = profile(files, &name, named_by.as_deref())?;
        let names_itself = profiles.last().is_some_and(|last| last.name == name);
        if !names_itself && profiles.iter().any(|passed| passed.name == name) {
            let circle = profiles.into_iter().map(|passed| passed.name).chain([name]);
            let circle: Vec<String> = circle.collect();
            return Err(Error::new(format!(
                "{} leads round in a circle: {}",
                named_by.unwrap_or_default(),
                circle.join(" → ")
            ))
            .hint("let the last of them name a profile that has keys"));
        }
        // A profile that is the source of another lends its keys, even if it names a role as well.
        let lends_keys = !profiles.is_empty() && current.has("aws_access_key_id");
        let role_arn = current
            .get("role_arn")
            .filter(|_| !lends_keys && !names_itself);
        if !names_itself {
            profiles.push(current.clone());
        }
        let Some(role_arn) = role_arn else {
            break source_of(&current)?;
        };
        hops.push(current.hop(&role_arn)?);
        if let Some(source_profile) = current.get("source_profile") {
            next = (source_profile.text, Some(source_profile.place));
        } else if let Some(credential_source) = current.get("credential_source") {
            if credential_source.text != "Environment" {
                return Err(Error::new(format!(
                    "{} = {} gives no keys of an IAM user with an MFA device",
                    credential_source.place, credential_source.text
                ))
                .hint("use source_profile, or credential_source = Environment"));
            }
            break environment_source(environment, &credential_source.place)?;
        } else {
            return Err(current.elsewhere().unwrap_or_else(|| {
                Error::new(format!(
                    "{} is there without source_profile or credential_source",
                    role_arn.place
                ))
                .hint("add source_profile = the profile that holds the keys of your IAM user")
            }));
        }
    };
    hops.reverse();
    Ok(Chain {
        source,
        hops,
        profiles,
    })
}

fn source_of(profile: &Profile<'_>) -> Result<Source, Error> {
    if let Some(elsewhere) = profile.elsewhere() {
        return Err(elsewhere);
    }
    let keys = match (profile.long_term_keys()?, profile.get("credential_process")) {
        (Some(keys), _) => KeysFrom::Known(keys),
        (None, Some(process)) => KeysFrom::Process {
            command: process.text,
            place: process.place,
        },
        (None, None) => {
            return Err(Error::new(format!(
                "the profile {} has neither keys nor a credential_process in {}",
                profile.name,
                both(profile.files)
            ))
            .hint(
                "add aws_access_key_id and aws_secret_access_key, or name another profile: --profile NAME",
            ));
        }
    };
    Ok(Source {
        profile: Some(profile.name.clone()),
        keys,
    })
}

/// The long-term keys of the environment as a source.
pub fn environment_source(environment: &Environment, wanted_by: &str) -> Result<Source, Error> {
    match environment_keys(environment)? {
        Some(keys) => Ok(Source::in_environment(keys)),
        None => Err(Error::new(format!(
            "{wanted_by} takes the keys from the environment, which holds no long-term keys"
        ))
        .hint(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of an IAM user, or name a profile: --profile NAME",
        )),
    }
}

/// The long-term keys in an environment; those of a session do not count.
pub fn environment_keys(environment: &Environment) -> Result<Option<Keys>, Error> {
    let id = environment.text(&ACCESS_KEY_ID.name)?;
    let secret = environment.text(&SECRET_ACCESS_KEY.name)?;
    let half = |set, missing| {
        Error::new(format!("{set} is set and {missing} is not"))
            .hint(format!("set {missing} too, or unset {set}"))
    };
    match (id, secret) {
        (None, None) => Ok(None),
        _ if holds_session(environment) => Ok(None),
        (Some(_), None) => Err(half(&ACCESS_KEY_ID.name, &SECRET_ACCESS_KEY.name)),
        (None, Some(_)) => Err(half(&SECRET_ACCESS_KEY.name, &ACCESS_KEY_ID.name)),
        (Some(id), Some(secret)) => Ok(Some(Keys {
            access_key_id: id.to_owned(),
            secret_access_key: Value::from(secret),
        })),
    }
}

/// Whether the keys in an environment are those of a session.
#[must_use]
pub fn holds_session(environment: &Environment) -> bool {
    let set = |name| environment.get(name).filter(|value| !value.is_empty());
    set(&ACCESS_KEY_ID.name).is_some_and(|id| {
        set(&SESSION_TOKEN.name).is_some() || id.as_str().is_some_and(is_temporary)
    })
}

/// The paths of the two files, for messages.
#[must_use]
pub fn both(files: &SharedFiles) -> String {
    use crate::files::shared::WhichFile;
    let path = |which| IniFile::path(files.file(which)).display().to_string();
    format!(
        "{} and {}",
        path(WhichFile::Config),
        path(WhichFile::Credentials)
    )
}

/// The name most like a wrong one, if two of three letters at least stand where they should.
fn nearest(files: &SharedFiles, name: &str) -> Option<String> {
    files
        .profile_names()
        .map(|known| (strsim::normalized_damerau_levenshtein(known, name), known))
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests;
