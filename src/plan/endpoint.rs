//! The STS endpoint: region, partition, and the settings that name another endpoint.

use crate::environment::{self, Environment, Place, Setting};
use crate::error::Error;
use crate::files::profile::Profile;
use crate::sts::api::Endpoint;
use crate::sts::arn::{Arn, default_region, partition_of, without_fips};

/// The environment before awsmfa, and the target profile for what the environment leaves open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lookup<'a> {
    pub(super) environment: &'a Environment,
    pub(super) profile: Option<&'a Profile<'a>>,
}

impl Lookup<'_> {
    pub(super) fn get(&self, variable: &str, key: &str) -> Result<Option<Setting>, Error> {
        let setting = self.environment.setting(variable)?;
        Ok(setting.or_else(|| self.profile?.get(key)))
    }

    /// A switch, if it is on.
    fn switch(&self, variable: &str, key: &str) -> Result<Option<Setting>, Error> {
        Ok(self.get(variable, key)?.filter(Setting::is_true))
    }

    /// The URL of a service, unless configured URLs are ignored.
    fn url(&self, service: &str, variable: &str) -> Result<Option<Setting>, Error> {
        if self.ignores_urls()? {
            return Ok(None);
        }
        let url = match self.url_variable(variable)? {
            Some(url) => Some(url),
            None => self.url_variable(&environment::ENDPOINT_URL.name)?,
        };
        match (url, self.profile) {
            (None, Some(profile)) => profile.endpoint_url(service),
            (url, _) => Ok(url),
        }
    }

    /// A URL from a variable, without the blanks and line ends around it.
    fn url_variable(&self, name: &str) -> Result<Option<Setting>, Error> {
        let setting = self.environment.setting(name)?;
        Ok(setting.map(|setting| Setting {
            text: setting.text.trim().to_owned(),
            ..setting
        }))
    }

    /// Whether to ignore configured URLs.
    pub(super) fn ignores_urls(&self) -> Result<bool, Error> {
        let switch = self.switch(
            &environment::IGNORE_CONFIGURED_ENDPOINT_URLS.name,
            "ignore_configured_endpoint_urls",
        )?;
        Ok(switch.is_some())
    }
}

/// The endpoint. `arn` is the device's or a role's; its partition decides if nothing else does.
/// `recorded_url` is the URL of the session to repeat.
///
/// `sts_regional_endpoints` and `AWS_STS_REGIONAL_ENDPOINTS` have no effect: awsmfa always uses the
/// region's own endpoint, like the AWS SDK for Rust, since sessions of the global endpoint are not valid
/// in every region (AWS SDKs reference guide, "AWS STS Regional endpoints").
pub(super) fn endpoint(
    lookup: Lookup<'_>,
    region_option: Option<&str>,
    arn: Option<&str>,
    recorded_url: Option<Setting>,
) -> Result<Endpoint, Error> {
    let sts_url = lookup.url("sts", "AWS_ENDPOINT_URL_STS")?.or(recorded_url);
    let iam_url = lookup.url("iam", "AWS_ENDPOINT_URL_IAM")?;
    let fips = lookup.switch(&environment::USE_FIPS_ENDPOINT.name, "use_fips_endpoint")?;
    let dualstack = lookup.switch(
        &environment::USE_DUALSTACK_ENDPOINT.name,
        "use_dualstack_endpoint",
    )?;
    for url in [&sts_url, &iam_url].into_iter().flatten() {
        check_url(url)?;
    }
    let mut region = region(lookup, region_option, arn)?;
    let plain = without_fips(&region.text).map(str::to_owned);
    let fips = fips.is_some() || plain.is_some();
    region.text = plain.unwrap_or(region.text);
    Ok(Endpoint {
        region,
        sts_url,
        iam_url,
        fips,
        dualstack: dualstack.is_some(),
    })
}

fn region(lookup: Lookup<'_>, option: Option<&str>, arn: Option<&str>) -> Result<Setting, Error> {
    let partition = arn.and_then(Arn::parse).map(|arn| arn.partition);
    if let (Some(region), Some(arn), Some(ours)) = (option, arn, partition)
        && partition_of(region) != ours
    {
        let theirs = partition_of(region);
        return Err(Error::usage(format!(
            "--region {region} is in the partition {theirs}, {arn} in {ours}"
        ))
        .hint(format!(
            "use a region of {ours}, like {}, or omit --region",
            default_region(ours)
        )));
    }
    let configured = match option {
        Some(region) => Some(Setting::from_option("--region", region)),
        None => match lookup.environment.setting(&environment::REGION.name)? {
            Some(region) => Some(region),
            None => lookup.get(&environment::DEFAULT_REGION.name, "region")?,
        },
    };
    if let Some(region) = &configured
        && !is_region(&region.text)
    {
        let problem = format!("= {:?} is not the name of a region", region.text);
        return Err(region
            .error(&problem)
            .hint("use a name such as eu-central-1"));
    }
    let fits = |region: &Setting| partition.is_none_or(|its| partition_of(&region.text) == its);
    Ok(configured.filter(fits).unwrap_or_else(|| {
        let partition = partition.unwrap_or("aws");
        Setting {
            text: default_region(partition).to_owned(),
            place: Place::Default(format!("the default of the partition {partition}")),
        }
    }))
}

/// Checks a URL before the SDK does: its error would show the whole request, code included.
fn check_url(url: &Setting) -> Result<(), Error> {
    let place = &url.place;
    match url::Url::parse(&url.text) {
        Ok(parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
            Err(Error::new(format!(
                "{place} has a user or a password, which no endpoint of AWS takes: {}",
                shown(&url.text)
            ))
            .hint("remove it and the @, as in https://host:port"))
        }
        Ok(parsed) if is_plain_url(&url.text) && has_host(&parsed) => Ok(()),
        _ => Err(Error::new(format!(
            "{place} is not a URL like https://host:port: {}",
            shown(&url.text)
        ))
        .hint("correct it, or remove it to use AWS's own endpoint")),
    }
}

/// Whether a text is a URL as it stands. Browsers, and the parser with them, also take `http:host` and
/// backslashes for one.
fn is_plain_url(text: &str) -> bool {
    let after = |scheme: &str| {
        let (start, rest) = text.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    };
    let rest = after("http://").or_else(|| after("https://"));
    rest.is_some_and(|rest| !rest.starts_with('/'))
        && !text.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control())
}

/// Whether a URL has a host that the AWS CLI takes: an address, or labels of letters, digits and dashes.
fn has_host(url: &url::Url) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match url.host() {
        Some(url::Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name.len() <= 255 && name.split('.').all(is_label)
        }
        address => address.is_some(),
    }
}

/// A wrong URL as messages show it: in a line, without what may be a password.
fn shown(text: &str) -> String {
    const LONGEST: usize = 100;
    let shown = match text.rsplit_once('@') {
        Some((_, after)) => format!("***@{after}"),
        None => text.to_owned(),
    };
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown,
    }
}

/// Whether a text can be a region: it becomes part of a host name.
fn is_region(text: &str) -> bool {
    text.len() <= 63
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests;
