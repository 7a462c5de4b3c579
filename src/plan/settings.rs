//! The settings that go into the session: it must behave as if `AWS_PROFILE` were still set.
//!
//! Without `AWS_PROFILE` the SDKs read the profile `default`. So awsmfa exports the target profile's
//! settings, and refuses to start if `default` would send the session's token to another endpoint.

use std::collections::BTreeSet;

use super::endpoint::Lookup;
use crate::environment::{self, Environment, Setting, VARIABLES, Variable};
use crate::error::Error;
use crate::files::disk::HOME;
use crate::files::profile::Profile;
use crate::memory::{Settings, can_come_back};
use crate::sts::arn::partition_of;
use crate::sts::trust::{CERT_DIR, CERT_FILE};
use crate::value::Value;

const ENDPOINT_URL: &str = "endpoint_url";
const IGNORE_URLS: &str = "ignore_configured_endpoint_urls";

/// Keys that the AWS CLI or an SDK reads from a profile but from no variable.
const WITHOUT_VARIABLE: &[&str] = &[
    "api_versions",
    "cli_binary_format",
    "cli_follow_urlparam",
    "cli_history",
    "cli_timestamp_format",
    "parameter_validation",
    "s3",
    "tcp_keepalive",
];

/// What a session gets from the target profile.
#[derive(Debug)]
pub(super) struct Export {
    pub(super) settings: Settings,
    /// A setting of the profile `default` that would send the session to another endpoint.
    pub(super) diversion: Option<Setting>,
    /// Notes about the session's environment.
    pub(super) notices: Vec<String>,
}

/// Decides what to export. `default` is the profile that the SDKs read during the session; `region` is
/// the region of the calls to STS.
pub(super) fn export(
    lookup: Lookup<'_>,
    default: Option<&Profile<'_>>,
    forced_region: Option<String>,
    region: &Setting,
) -> Result<Export, Error> {
    let default = default.filter(|default| {
        lookup
            .profile
            .is_none_or(|profile| profile.name != default.name)
    });
    let mut notices = Vec::new();
    let exported = exported(lookup, &mut notices)?;
    let diversion = match default {
        Some(default) => diversion(lookup, default, &exported)?,
        None => None,
    };
    notices.extend(default.and_then(|default| taken_from_default(lookup, default)));
    notices.extend(lookup.profile.and_then(left_behind));
    notices.extend(exported_urls(lookup.environment, &exported));
    let settings = Settings {
        forced_region,
        corrected: corrected(lookup, &mut notices)?,
        of_profile: exported,
    };
    notices.extend(other_partition(lookup, &settings, region)?);
    Ok(Export {
        settings,
        diversion,
        notices,
    })
}

/// The error if the profile `default` would send the session to another endpoint.
pub(super) fn diverted(diversion: &Setting, profile: Option<&str>) -> Error {
    let target = profile.unwrap_or("the one that is used");
    Error::new(format!(
        "{} would receive the session's token: [default] applies when no profile is set",
        diversion.place
    ))
    .hint(format!(
        "move it into a profile of its own, or put {IGNORE_URLS} = true into the profile {target}"
    ))
}

/// The file with the CAs for the calls. If there is none, [`Trust`](crate::sts::trust::Trust) decides.
pub(super) fn ca_bundle(lookup: Lookup<'_>) -> Result<Option<Setting>, Error> {
    let bundle = match lookup.get(&environment::CA_BUNDLE.name, "ca_bundle")? {
        Some(bundle) => Some(bundle),
        None => lookup.environment.setting(REQUESTS_CA_BUNDLE)?,
    };
    Ok(bundle.map(|bundle| expanded(bundle, lookup.environment)))
}

/// Notes on variables for CAs that are set but empty; some programs would check nothing then.
pub(super) fn empty_ca_variables(environment: &Environment) -> Vec<String> {
    let names = [
        &*environment::CA_BUNDLE.name,
        REQUESTS_CA_BUNDLE,
        CERT_FILE,
        CERT_DIR,
    ];
    let is_empty = |name: &&str| environment.get(name).is_some_and(Value::is_empty);
    let empty = names.into_iter().filter(is_empty);
    empty
        .map(|name| format!("{name} is empty and counts as unset"))
        .collect()
}

const REQUESTS_CA_BUNDLE: &str = "REQUESTS_CA_BUNDLE";

fn expanded(path: Setting, environment: &Environment) -> Setting {
    match with_home(&path.text, environment) {
        Some(text) => Setting { text, ..path },
        None => path,
    }
}

/// A path that begins with `~`, with the user's home in its place.
fn with_home(path: &str, environment: &Environment) -> Option<String> {
    let below = path.strip_prefix('~')?;
    if !below.is_empty() && !below.starts_with(std::path::is_separator) {
        return None;
    }
    let home = environment.text(HOME).ok().flatten()?;
    Some(format!("{home}{below}"))
}

/// The variables that programs would not accept as they are, in the form in which they count here.
fn corrected(
    lookup: Lookup<'_>,
    notices: &mut Vec<String>,
) -> Result<Vec<(Variable, Setting)>, Error> {
    let mut corrected = Vec::new();
    let bundle = &environment::CA_BUNDLE;
    if let Some(path) = lookup.environment.setting(&bundle.name)?
        && let Some(path) = with_home(&path.text, lookup.environment)
    {
        corrected.push((
            bundle.clone(),
            Setting::from_variable(bundle.name.clone(), path),
        ));
    }
    for name in lookup.environment.names() {
        if !name.starts_with(&*environment::ENDPOINT_URL.name) {
            continue;
        }
        let (Some(variable), Some(url)) = (
            environment::variable(name),
            lookup.environment.setting(name)?,
        ) else {
            continue;
        };
        let trimmed = url.text.trim();
        if trimmed != url.text && !trimmed.is_empty() {
            let until = if can_come_back(&Value::from(url.text.as_str())) {
                " until unset"
            } else {
                ""
            };
            notices.push(format!(
                "removed the blanks around the URL in {name}{until}"
            ));
            corrected.push((variable.into_owned(), Setting::from_variable(name, trimmed)));
        }
    }
    Ok(corrected)
}

/// The variables to set, with the profile's values.
fn exported(
    lookup: Lookup<'_>,
    notices: &mut Vec<String>,
) -> Result<Vec<(Variable, Setting)>, Error> {
    let Some(profile) = lookup.profile else {
        return Ok(Vec::new());
    };
    // Do not export a URL that the profile says to ignore.
    let ignores_urls = lookup.ignores_urls()?;
    let mut exported: Vec<(Variable, Setting)> = VARIABLES
        .iter()
        .filter(|row| !(ignores_urls && row.profile_key() == Some(ENDPOINT_URL)))
        .filter_map(|&row| Some((row.clone(), profile.get(row.profile_key()?)?)))
        .map(|(row, setting)| {
            if row == environment::CA_BUNDLE {
                (row, expanded(setting, lookup.environment))
            } else {
                (row, setting)
            }
        })
        .collect();
    let is_settled = lookup
        .environment
        .text(&environment::ENDPOINT_URL.name)?
        .is_some();
    for (service, url) in profile.service_endpoints()? {
        let name = service_variable(&service);
        match environment::variable(&name) {
            None => notices.push(format!(
                "{} has no variable: it is not part of the session",
                url.place
            )),
            Some(_) if is_settled || ignores_urls => {}
            Some(variable) => exported.push((variable.into_owned(), url)),
        }
    }
    Ok(exported)
}

fn service_variable(service: &str) -> String {
    format!(
        "{}_{}",
        environment::ENDPOINT_URL.name,
        service.to_ascii_uppercase()
    )
}

/// A setting of the profile `default` that names an endpoint where profile and environment name none, or
/// that disables the profile's endpoint.
fn diversion(
    lookup: Lookup<'_>,
    default: &Profile<'_>,
    exported: &[(Variable, Setting)],
) -> Result<Option<Setting>, Error> {
    let ignored_by_default = default.get(IGNORE_URLS).filter(Setting::is_true);
    let decides = lookup.get(
        &environment::IGNORE_CONFIGURED_ENDPOINT_URLS.name,
        IGNORE_URLS,
    )?;
    match (decides, ignored_by_default) {
        (Some(decides), _) if decides.is_true() => return Ok(None),
        (None, Some(ignored)) => {
            let has_url = exported
                .iter()
                .any(|(variable, _)| variable.name.starts_with(&*environment::ENDPOINT_URL.name));
            return Ok(Some(ignored).filter(|_| has_url));
        }
        _ => {}
    }
    let is_settled = |name: &str| -> Result<bool, Error> {
        Ok(lookup.environment.text(name)?.is_some()
            || exported.iter().any(|(variable, _)| variable.name == name))
    };
    if is_settled(&environment::ENDPOINT_URL.name)? {
        return Ok(None);
    }
    for (service, url) in default.service_endpoints()? {
        if !is_settled(&service_variable(&service))? {
            return Ok(Some(url));
        }
    }
    Ok(default.get(ENDPOINT_URL))
}

/// Notes the settings of the profile `default` that count in the session, because neither the profile
/// nor the environment has them.
fn taken_from_default(lookup: Lookup<'_>, default: &Profile<'_>) -> Option<String> {
    let is_open = |variable: &Variable, key: &str| {
        let value = lookup.environment.get(&variable.name);
        let is_set = value.is_some_and(|it| !(it.is_empty() && variable.is_unset_by_empty()));
        !is_set && lookup.profile.is_none_or(|profile| !profile.has(key))
    };
    let mut keys: Vec<&str> = Vec::new();
    for variable in VARIABLES {
        if let Some(key) = variable.profile_key()
            && !matches!(key, ENDPOINT_URL | IGNORE_URLS)
            && default.has(key)
            && !keys.contains(&key)
            && is_open(variable, key)
        {
            keys.push(key);
        }
    }
    // Each of the two region variables counts for both.
    let has_region = [&environment::REGION, &environment::DEFAULT_REGION]
        .iter()
        .any(|row| {
            lookup
                .environment
                .get(&row.name)
                .is_some_and(|it| !it.is_empty())
        });
    keys.retain(|key| !(has_region && *key == "region"));
    let verb = if keys.len() == 1 { "counts" } else { "count" };
    (!keys.is_empty()).then(|| format!("{} of [default] {verb} in this session", keys.join(", ")))
}

/// Notes the profile's settings that no variable can carry.
fn left_behind(profile: &Profile<'_>) -> Option<String> {
    let keys: Vec<&str> = WITHOUT_VARIABLE
        .iter()
        .copied()
        .filter(|key| profile.has_key(key))
        .collect();
    (!keys.is_empty()).then(|| {
        format!(
            "no variable for {} of the profile {}: not part of the session",
            keys.join(", "),
            profile.name
        )
    })
}

/// Notes the endpoints that the session sets: they override the profile in other commands.
fn exported_urls(environment: &Environment, exported: &[(Variable, Setting)]) -> Option<String> {
    let names: BTreeSet<&str> = exported
        .iter()
        .map(|(variable, _)| &*variable.name)
        .filter(|name| name.starts_with(&*environment::ENDPOINT_URL.name))
        .filter(|name| environment.get(name).is_none())
        .collect();
    let names: Vec<&str> = names.into_iter().collect();
    (!names.is_empty()).then(|| {
        format!(
            "this session sets {}, also for commands with --profile",
            names.join(", ")
        )
    })
}

/// Notes a region that is in another partition than the session.
fn other_partition(
    lookup: Lookup<'_>,
    settings: &Settings,
    region: &Setting,
) -> Result<Option<String>, Error> {
    if settings.forced_region.is_some() {
        return Ok(None);
    }
    let configured = match lookup.environment.setting(&environment::REGION.name)? {
        Some(region) => Some(region),
        None => lookup.get(&environment::DEFAULT_REGION.name, "region")?,
    };
    let ours = partition_of(&region.text);
    Ok(configured
        .filter(|configured| partition_of(&configured.text) != ours)
        .map(|configured| {
            format!(
                "{} = {} is in the partition {}, the session in {ours}",
                configured.place,
                configured.text,
                partition_of(&configured.text)
            )
        }))
}
