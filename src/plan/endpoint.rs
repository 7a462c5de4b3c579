//! Which STS answers: region, partition, and the settings that lead elsewhere.

use crate::environment::{self, Environment};
use crate::error::Error;
use crate::files::profile::{Profile, Setting};
use crate::memory::OWNER_ENDPOINT_URL;
use crate::sts::api::Endpoint;
use crate::sts::arn::{default_region, partition_of};

/// What decides about the endpoint.
#[derive(Debug)]
pub struct Deciding<'a> {
    /// `--region`
    pub region: Option<&'a str>,
    /// An ARN of the device or a role, whose partition settles doubts.
    pub arn: Option<(&'a str, &'a str)>,
    /// The environment before awsmfa.
    pub before: &'a Environment,
    /// The target profile.
    pub profile: Option<&'a Profile<'a>>,
    /// The endpoint of STS that the session to be repeated was started at.
    pub recorded_url: Option<&'a str>,
}

/// An endpoint, and where it was decided.
#[derive(Debug)]
pub struct Decided {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Where the region stands.
    pub region_place: String,
    /// Where the URL of STS stands, if there is one.
    pub sts_url_place: Option<String>,
}

impl Deciding<'_> {
    /// Decides. `sts_regional_endpoints` and `AWS_STS_REGIONAL_ENDPOINTS` change nothing: the region's
    /// own endpoint is asked, as by the AWS SDK for Rust, since sessions of the global one are not good
    /// in every region (AWS SDKs reference guide, "AWS STS Regional endpoints").
    pub fn decide(&self) -> Result<Decided, Error> {
        let recorded = self.recorded_url.map(|url| Setting {
            text: url.to_owned(),
            place: OWNER_ENDPOINT_URL.to_owned(),
        });
        let sts_url = self.url("sts", "AWS_ENDPOINT_URL_STS")?.or(recorded);
        let iam_url = self.url("iam", "AWS_ENDPOINT_URL_IAM")?;
        let fips = self.is_on(&environment::USE_FIPS_ENDPOINT.name, "use_fips_endpoint")?;
        let dualstack = self.is_on(
            &environment::USE_DUALSTACK_ENDPOINT.name,
            "use_dualstack_endpoint",
        )?;
        for url in [&sts_url, &iam_url].into_iter().flatten() {
            check_url(url)?;
            if let Some(setting) = fips.as_ref().or(dualstack.as_ref()) {
                return Err(Error::new(format!(
                    "{} names an endpoint, and {} asks for another one of AWS's",
                    url.place, setting.place
                ))
                .hint("remove one of the two"));
            }
        }
        let region = self.region()?;
        Ok(Decided {
            region_place: region.place,
            sts_url_place: sts_url.as_ref().map(|url| url.place.clone()),
            endpoint: Endpoint {
                region: region.text,
                sts_url: sts_url.map(|url| url.text),
                iam_url: iam_url.map(|url| url.text),
                fips: fips.is_some(),
                dualstack: dualstack.is_some(),
            },
        })
    }

    fn region(&self) -> Result<Setting, Error> {
        if let (Some(region), Some((arn, partition))) = (self.region, self.arn)
            && partition_of(region) != partition
        {
            return Err(Error::usage(format!(
                "--region {region} is in the partition {}, {arn} in {partition}",
                partition_of(region)
            ))
            .hint(format!(
                "name a region of {partition}, like {}, or leave --region out",
                default_region(partition)
            )));
        }
        let found = match self.region {
            Some(region) => Some(Setting {
                text: region.to_owned(),
                place: "--region".to_owned(),
            }),
            None => self
                .variable(&environment::REGION.name)?
                .or(self.variable(&environment::DEFAULT_REGION.name)?)
                .or_else(|| self.profile.and_then(|profile| profile.get("region"))),
        };
        if let Some(Setting { text, place }) = &found
            && !is_region(text)
        {
            let problem = format!("= {text:?} is not the name of a region");
            return Err(Error::at(place, &problem).hint("write it like eu-central-1"));
        }
        let partition = self.arn.map(|(_, partition)| partition);
        let fits = |region: &Setting| partition.is_none_or(|its| partition_of(&region.text) == its);
        Ok(found.filter(fits).unwrap_or_else(|| {
            let partition = partition.unwrap_or("aws");
            Setting {
                text: default_region(partition).to_owned(),
                place: format!("the default of the partition {partition}"),
            }
        }))
    }

    /// Where the URL of a service is configured, unless that is to be ignored.
    fn url(&self, service: &str, variable: &str) -> Result<Option<Setting>, Error> {
        let ignored = self.is_on(
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            "ignore_configured_endpoint_urls",
        )?;
        if ignored.is_some() {
            return Ok(None);
        }
        let of_profile = || self.profile?.endpoint_url(service);
        Ok(self
            .variable(variable)?
            .or(self.variable(&environment::ENDPOINT_URL.name)?)
            .or_else(of_profile))
    }

    /// Where a switch is turned on.
    fn is_on(&self, variable: &str, key: &str) -> Result<Option<Setting>, Error> {
        let setting = self
            .variable(variable)?
            .or_else(|| self.profile.and_then(|profile| profile.get(key)));
        Ok(setting.filter(|setting| setting.text.eq_ignore_ascii_case("true")))
    }

    fn variable(&self, name: &str) -> Result<Option<Setting>, Error> {
        Ok(self.before.text(name)?.map(|text| Setting {
            text: text.to_owned(),
            place: name.to_owned(),
        }))
    }
}

/// The SDK would show the whole request, code included, in its complaint about a bad one.
fn check_url(url: &Setting) -> Result<(), Error> {
    match url::Url::parse(&url.text) {
        Ok(parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
            // It is not repeated.
            Err(Error::new(format!(
                "{} holds a user or a password, which an endpoint of AWS does not take",
                url.place
            ))
            .hint("write it without what stands before the @, like https://host:port"))
        }
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => Ok(()),
        _ => Err(
            Error::new(format!("{} is not a URL like https://host:port", url.place))
                .hint("correct it, or remove it to use AWS's own endpoint"),
        ),
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
