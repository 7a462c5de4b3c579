//! Follows a profile through `role_arn` and `source_profile` to the keys, as the AWS CLI does.

use crate::context::Context;
use crate::environment::{Environment, Place, Setting};
use crate::error::Error;
use crate::files::profile::Profile;
use crate::files::shared::SharedFiles;
use crate::plan::role::Hop;
use crate::plan::source::{self, Origin, Source, mfa_elsewhere};

/// A profile followed to its keys.
#[derive(Debug)]
pub struct Chain<'f> {
    pub source: Source,
    /// The roles to assume, in order.
    pub hops: Vec<Hop>,
    /// The profiles on the way, the target first.
    pub profiles: Vec<Profile<'f>>,
    /// The profile whose settings count: the target, or the one that the SDKs read next to keys from the
    /// environment.
    pub settings: Option<Profile<'f>>,
}

impl<'f> Chain<'f> {
    /// Follows the origin to its keys.
    pub fn new(origin: &Origin<'_>, context: &'f Context) -> Result<Self, Error> {
        let before = &context.memory().before;
        let follow =
            |name: &str, named_by: Option<&str>| follow(context.files()?, before, name, named_by);
        match origin {
            Origin::Profile { name, named_by } => follow(name, named_by.as_deref()),
            Origin::Environment(keys) => {
                Self::from_environment(Source::in_environment(keys.clone()), context)
            }
            Origin::Session(current) => {
                if let Some(name) = &current.target.profile {
                    return follow(name, Some("the session in this shell"));
                }
                let source = Source::from_environment(before, "the session to be repeated")?;
                Self::from_environment(source, context)
            }
        }
    }

    /// Keys from the environment. The SDKs read a profile next to them, of which only the settings
    /// count.
    fn from_environment(source: Source, context: &'f Context) -> Result<Self, Error> {
        let before = &context.memory().before;
        let settings = match source::named_profile(before)? {
            Some((name, variable)) => Some(find(context.files()?, name, Some(variable))?),
            None => Profile::find(context.files()?, "default"),
        };
        Ok(Self {
            source,
            hops: Vec::new(),
            profiles: Vec::new(),
            settings,
        })
    }

    /// A key's value in the nearest profile that has it, the target first.
    #[must_use]
    pub fn nearest(&self, key: &str) -> Option<Setting> {
        let mut profiles = self.profiles.iter();
        profiles.find_map(|profile| profile.get(key))
    }
}

/// The names of the profiles with which a session can start.
#[must_use]
pub fn usable_profiles(files: &SharedFiles, environment: &Environment) -> Vec<String> {
    files
        .profile_names()
        .filter(|name| follow(files, environment, name, None).is_ok())
        .map(str::to_owned)
        .collect()
}

/// Follows a profile to its keys. `environment` is the one before awsmfa, for `credential_source =
/// Environment`.
pub fn follow<'f>(
    files: &'f SharedFiles,
    environment: &Environment,
    name: &str,
    named_by: Option<&str>,
) -> Result<Chain<'f>, Error> {
    let mut profiles: Vec<Profile<'f>> = Vec::new();
    let mut hops = Vec::new();
    let mut current = find(files, name, named_by)?;
    let source = loop {
        let names_itself = profiles
            .last()
            .is_some_and(|last| last.name == current.name);
        // A profile that is another one's source provides its keys, even if it also names a role.
        let lends_keys = !profiles.is_empty() && current.has("aws_access_key_id");
        let role_arn = current
            .get("role_arn")
            .filter(|_| !lends_keys && !names_itself);
        if !names_itself {
            profiles.push(current.clone());
        }
        let Some(role_arn) = role_arn else {
            break Source::from_profile(&current)?;
        };
        let role_place = role_arn.place.clone();
        hops.push(Hop::from_profile(&current, role_arn)?);
        if let Some(next) = current.get("source_profile") {
            current = find(files, &next.text, Some(&next.place.to_string()))?;
            check_circle(&profiles, &current, &next.place)?;
        } else if let Some(source) = current.get("credential_source") {
            break credential_source(&source, environment)?;
        } else {
            return Err(mfa_elsewhere(&current).unwrap_or_else(|| {
                Error::new(format!(
                    "{role_place} is there without source_profile or credential_source"
                ))
                .hint("add source_profile = the profile that holds the keys of your IAM user")
            }));
        }
    };
    hops.reverse();
    Ok(Chain {
        source,
        hops,
        settings: profiles.first().cloned(),
        profiles,
    })
}

/// The profile of that name; `named_by` is for the error.
pub(crate) fn find<'f>(
    files: &'f SharedFiles,
    name: &str,
    named_by: Option<&str>,
) -> Result<Profile<'f>, Error> {
    Profile::find(files, name).ok_or_else(|| {
        let by = named_by.map(|by| format!(", named by {by}"));
        let by = by.unwrap_or_default();
        let hint = match most_similar(files, name) {
            Some(similar) => format!("did you mean {similar}?"),
            None => "see which there are: awsmfa profiles".to_owned(),
        };
        let files = files.paths();
        Error::new(format!("there is no profile {name} in {files}{by}")).hint(hint)
    })
}

/// A profile may name itself as its source, but no profile before it on the way.
fn check_circle(passed: &[Profile<'_>], next: &Profile<'_>, place: &Place) -> Result<(), Error> {
    let mut before_last = passed.iter().rev().skip(1);
    if !before_last.any(|profile| profile.name == next.name) {
        return Ok(());
    }
    let circle: Vec<&str> = passed
        .iter()
        .chain([next])
        .map(|profile| profile.name.as_str())
        .collect();
    let circle = circle.join(" → ");
    Err(
        Error::new(format!("{place} leads round in a circle: {circle}"))
            .hint("let the last of them name a profile that has keys"),
    )
}

fn credential_source(setting: &Setting, environment: &Environment) -> Result<Source, Error> {
    let Setting { text, place } = setting;
    if text == "Environment" {
        return Source::from_environment(environment, place);
    }
    Err(Error::new(format!(
        "{place} = {text} gives no keys of an IAM user with an MFA device"
    ))
    .hint("use source_profile, or credential_source = Environment"))
}

/// The name most similar to a mistyped one, if at least two thirds of the letters match.
fn most_similar<'f>(files: &'f SharedFiles, name: &str) -> Option<&'f str> {
    files
        .profile_names()
        .map(|known| (strsim::normalized_damerau_levenshtein(known, name), known))
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests;
