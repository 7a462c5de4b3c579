//! Which STS answers: region, partition, and the settings that lead elsewhere.

use crate::aws::api::Endpoint;
use crate::aws::arn::{default_region, partition_of};
use crate::bookkeeping::OWNER_ENDPOINT_URL;
use crate::chain::{Profile, Setting};
use crate::environment::{self, Environment, NotText};

/// Why no endpoint can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// No URL that leads anywhere.
    #[error("{place} is not a URL like https://host:port")]
    BadUrl {
        /// The variable, or the place in a file.
        place: String,
    },
    /// A region that names no region.
    #[error("{place} = {region:?} is not the name of a region")]
    BadRegion {
        /// The option, the variable, or the place in a file.
        place: String,
        /// What it says.
        region: String,
    },
    /// `--region` and the ARNs are of different partitions.
    #[error("--region {region} is in the partition {theirs}, {arn} in {ours}")]
    OtherPartition {
        /// The region.
        region: String,
        /// Its partition.
        theirs: &'static str,
        /// The device or role.
        arn: String,
        /// Its partition.
        ours: String,
    },
    /// Not text.
    #[error(transparent)]
    NotText(#[from] NotText),
}

impl EndpointError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::BadUrl { .. } => "correct it, or remove it to use AWS's own endpoint".to_owned(),
            Self::BadRegion { .. } => "write it like eu-central-1".to_owned(),
            Self::OtherPartition { ours, .. } => format!(
                "name a region of {ours}, like {}, or leave --region out",
                default_region(ours)
            ),
            Self::NotText(_) => "set it to text, or unset it".to_owned(),
        }
    }
}

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

impl Deciding<'_> {
    /// Decides.
    pub fn endpoint(&self) -> Result<Endpoint, EndpointError> {
        Ok(Endpoint {
            region: self.region()?,
            sts_url: self.url("sts", "AWS_ENDPOINT_URL_STS", self.recorded())?,
            iam_url: self.url("iam", "AWS_ENDPOINT_URL_IAM", None)?,
            fips: self.is_on(environment::USE_FIPS_ENDPOINT.name, "use_fips_endpoint")?,
            dualstack: self.is_on(
                environment::USE_DUALSTACK_ENDPOINT.name,
                "use_dualstack_endpoint",
            )?,
        })
    }

    fn region(&self) -> Result<String, EndpointError> {
        if let (Some(region), Some((arn, partition))) = (self.region, self.arn)
            && partition_of(region) != partition
        {
            return Err(EndpointError::OtherPartition {
                region: region.to_owned(),
                theirs: partition_of(region),
                arn: arn.to_owned(),
                ours: partition.to_owned(),
            });
        }
        let found = match self.region {
            Some(region) => Some(Setting {
                text: region.to_owned(),
                place: "--region".to_owned(),
            }),
            None => self
                .variable(environment::REGION.name)?
                .or(self.variable(environment::DEFAULT_REGION.name)?)
                .or_else(|| self.profile.and_then(|profile| profile.get("region"))),
        };
        if let Some(Setting { text, place }) = &found
            && !is_region(text)
        {
            return Err(EndpointError::BadRegion {
                place: place.clone(),
                region: text.clone(),
            });
        }
        let found = found.map(|setting| setting.text);
        Ok(match self.arn {
            Some((_, partition)) => found
                .filter(|region| partition_of(region) == partition)
                .unwrap_or_else(|| default_region(partition).to_owned()),
            None => found.unwrap_or_else(|| default_region("aws").to_owned()),
        })
    }

    /// The endpoint of the session to be repeated, where nothing says another.
    fn recorded(&self) -> Option<Setting> {
        self.recorded_url.map(|url| Setting {
            text: url.to_owned(),
            place: OWNER_ENDPOINT_URL.to_owned(),
        })
    }

    fn url(
        &self,
        service: &str,
        variable: &str,
        recorded: Option<Setting>,
    ) -> Result<Option<String>, EndpointError> {
        if self.is_on(
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            "ignore_configured_endpoint_urls",
        )? {
            return Ok(None);
        }
        let found = self
            .variable(variable)?
            .or(self.variable(environment::ENDPOINT_URL.name)?)
            .or_else(|| {
                self.profile
                    .and_then(|profile| profile.endpoint_url(service))
            })
            .or(recorded);
        let Some(Setting { text, place }) = found else {
            return Ok(None);
        };
        // The SDK would show the whole request, code included, in its complaint about a bad one.
        match url::Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Some(text)),
            _ => Err(EndpointError::BadUrl { place }),
        }
    }

    fn is_on(&self, variable: &str, key: &str) -> Result<bool, EndpointError> {
        let setting = self
            .variable(variable)?
            .or_else(|| self.profile.and_then(|profile| profile.get(key)));
        Ok(setting.is_some_and(|setting| setting.text.eq_ignore_ascii_case("true")))
    }

    fn variable(&self, name: &str) -> Result<Option<Setting>, NotText> {
        Ok(self.before.text(name)?.map(|text| Setting {
            text: text.to_owned(),
            place: name.to_owned(),
        }))
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
