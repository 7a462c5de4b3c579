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
        // The source of another profile lends its keys, even if it names a role as well.
        let lends_keys = !profiles.is_empty() && has_keys(&current);
        let role_arn = if takes_role(&current) && !lends_keys {
            current.get_filled("role_arn")?
        } else {
            None
        };
        if profiles.iter().all(|its| its.name != current.name) {
            profiles.push(current.clone());
        }
        let Some(role_arn) = role_arn else {
            break Source::from_profile(&current)?;
        };
        let role_place = role_arn.place.clone();
        hops.push(Hop::from_profile(&current, role_arn)?);
        let source_profile = current.get_filled("source_profile")?;
        match (source_profile, current.get_filled("credential_source")?) {
            (Some(next), None) => {
                let source = find(files, &next.text, Some(&next.place.to_string()))?;
                check_circle(&profiles, &source, &next.place)?;
                current = source;
            }
            (None, Some(named)) => break credential_source(&named, environment)?,
            (Some(_), Some(named)) => {
                return Err(Error::new(format!(
                    "{} excludes source_profile, which the profile {} has as well",
                    named.place, current.name
                ))
                .hint("keep one of the two"));
            }
            (None, None) => return Err(no_source(&current, &role_place)),
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
            None => "list them: awsmfa profiles".to_owned(),
        };
        let files = files.paths();
        Error::new(format!("no profile {name} in {files}{by}")).hint(hint)
    })
}

/// Whether a profile assumes a role with other credentials; web identity needs none.
pub(super) fn takes_role(profile: &Profile<'_>) -> bool {
    profile.has_key("role_arn") && !profile.has_key("web_identity_token_file")
}

fn has_keys(profile: &Profile<'_>) -> bool {
    let keys = ["aws_access_key_id", "aws_secret_access_key"];
    keys.iter().any(|key| profile.has_key(key))
}

/// The error for a role without a source.
fn no_source(profile: &Profile<'_>, role_place: &Place) -> Error {
    mfa_elsewhere(profile).unwrap_or_else(|| {
        let hint = if has_keys(profile) {
            let name = &profile.name;
            format!("to assume it with the profile's own keys, add source_profile = {name}")
        } else {
            "add source_profile = the profile with the keys of your IAM user".to_owned()
        };
        Error::new(format!(
            "{role_place} without source_profile or credential_source"
        ))
        .hint(hint)
    })
}

/// No profile on the way may come again, but one with keys may name itself.
fn check_circle(passed: &[Profile<'_>], next: &Profile<'_>, place: &Place) -> Result<(), Error> {
    let names_itself = passed.last().is_some_and(|last| last.name == next.name);
    let is_known = passed.iter().any(|profile| profile.name == next.name);
    if !is_known || (names_itself && has_keys(next)) {
        return Ok(());
    }
    let circle: Vec<&str> = passed
        .iter()
        .chain([next])
        .map(|profile| profile.name.as_str())
        .collect();
    let circle = match circle.as_slice() {
        [first, second, .., last] if circle.len() > LISTED => {
            format!("{first} → {second} → … → {last}")
        }
        _ => circle.join(" → "),
    };
    Err(Error::new(format!("{place} is circular: {circle}"))
        .hint("end the chain with a profile that has keys"))
}

fn credential_source(setting: &Setting, environment: &Environment) -> Result<Source, Error> {
    let Setting { text, place } = setting;
    if text == "Environment" {
        return Source::from_environment(environment, place);
    }
    Err(Error::new(format!(
        "{place} = {text} gives no long-term keys of an IAM user"
    ))
    .hint("use source_profile, or credential_source = Environment"))
}

/// As many profiles as an error lists.
const LISTED: usize = 5;

/// The name most similar to a mistyped one, if at least two thirds of the letters match.
fn most_similar<'f>(files: &'f SharedFiles, name: &str) -> Option<&'f str> {
    // The comparison takes as long as the product of the lengths.
    const LONGEST: usize = 100;
    if name.len() > LONGEST {
        return None;
    }
    files
        .profile_names()
        .filter(|known| known.len() <= LONGEST)
        .map(|known| (strsim::normalized_damerau_levenshtein(known, name), known))
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, known)| known)
}

/// Some names in words: `a, b, c, d, e and 12 more`.
#[must_use]
pub fn listed(names: &[String]) -> String {
    match names.split_at_checked(LISTED) {
        Some((first, more)) if !more.is_empty() => {
            format!("{} and {} more", first.join(", "), more.len())
        }
        _ => names.join(", "),
    }
}

#[cfg(test)]
mod tests;
