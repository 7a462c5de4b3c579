//! Amazon Resource Names, and the partitions of ARNs and regions.

/// The parts of an ARN that awsmfa uses (AWS General Reference, "Amazon Resource Names").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-us-gov`, `aws-cn`, …
    pub partition: &'a str,
    /// `iam`, `sts`, …
    pub service: &'a str,
    /// Twelve digits.
    pub account: &'a str,
    /// The rest after the account: `mfa/alice`, `role/path/dev`.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Parses an ARN.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (_region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        (arn == "arn" && !partition.is_empty() && is_account && !resource.is_empty()).then_some(
            Self {
                partition,
                service,
                account,
                resource,
            },
        )
    }

    /// The last part of the resource: the name of a user, role or device without its path.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.resource
            .rsplit_once('/')
            .map_or(self.resource, |(_, name)| name)
    }

    /// Whether this is a role, such as `arn:aws:iam::111122223333:role/dev`.
    #[must_use]
    pub fn is_role(&self) -> bool {
        self.service == "iam" && self.resource.starts_with("role/") && !self.name().is_empty()
    }

    /// Whether this is a security key, which does not work with STS (IAM user guide, "FIDO security
    /// key").
    #[must_use]
    pub fn is_security_key(&self) -> bool {
        self.resource.starts_with("u2f/") || self.resource.starts_with("fido")
    }
}

/// A partition of AWS.
struct Partition {
    name: &'static str,
    /// The prefix of its regions.
    prefix: &'static str,
    /// The region whose STS to use if none is configured.
    region: &'static str,
    /// The ends of its host names.
    hosts: [&'static str; 2],
}

const fn partition(
    name: &'static str,
    prefix: &'static str,
    region: &'static str,
    hosts: [&'static str; 2],
) -> Partition {
    Partition {
        name,
        prefix,
        region,
        hosts,
    }
}

/// The commercial one is last, since its regions have no common prefix.
#[rustfmt::skip]
static PARTITIONS: [Partition; 8] = [
    partition("aws-cn", "cn-", "cn-north-1", ["amazonaws.com.cn", "api.amazonwebservices.com.cn"]),
    partition("aws-us-gov", "us-gov-", "us-gov-west-1", ["amazonaws.com", "api.aws"]),
    partition("aws-iso", "us-iso-", "us-iso-east-1", ["c2s.ic.gov", "api.aws.ic.gov"]),
    partition("aws-iso-b", "us-isob-", "us-isob-east-1", ["sc2s.sgov.gov", "api.aws.scloud"]),
    partition("aws-iso-e", "eu-isoe-", "eu-isoe-west-1", ["cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"]),
    partition("aws-iso-f", "us-isof-", "us-isof-south-1", ["csp.hci.ic.gov", "api.aws.hci.ic.gov"]),
    partition("aws-eusc", "eusc-", "eusc-de-east-1", ["amazonaws.eu", "api.amazonwebservices.eu"]),
    partition("aws", "", "us-east-1", ["amazonaws.com", "api.aws"]),
];

fn of_region(region: &str) -> &'static Partition {
    let region = without_fips(region).unwrap_or(region);
    let mut partitions = PARTITIONS.iter();
    let found = partitions.find(|partition| region.starts_with(partition.prefix));
    found.unwrap_or(&PARTITIONS[PARTITIONS.len() - 1])
}

/// The partition of a region.
#[must_use]
pub fn partition_of(region: &str) -> &'static str {
    of_region(region).name
}

/// The region whose STS to use if none is configured.
#[must_use]
pub fn default_region(partition: &str) -> &'static str {
    let mut partitions = PARTITIONS.iter();
    let found = partitions.find(|its| its.name == partition);
    found.unwrap_or_else(|| of_region("")).region
}

/// The region that an old name for a FIPS endpoint means, `us-west-2-fips` or `fips-us-gov-west-1`.
#[must_use]
pub fn without_fips(region: &str) -> Option<&str> {
    region
        .strip_prefix("fips-")
        .or_else(|| region.strip_suffix("-fips"))
}

/// Whether a host is an STS endpoint of AWS, such as `sts.REGION.amazonaws.com`. Other names in
/// `amazonaws.com` may belong to anybody's bucket or machine.
#[must_use]
pub fn is_own_sts(host: &str) -> bool {
    if host == "sts.amazonaws.com" {
        return true;
    }
    let name = host
        .strip_prefix("sts.")
        .or_else(|| host.strip_prefix("sts-fips."));
    let Some((region, end)) = name.and_then(|name| name.split_once('.')) else {
        return false;
    };
    of_region(region).hosts.contains(&end) && looks_like_region(region)
}

/// Whether this is like `eu-central-1`, and not `s3-eu-central-1`, which would be the host of a bucket.
fn looks_like_region(region: &str) -> bool {
    let parts: Vec<&str> = region.split('-').collect();
    let is = |part: &str, kind: fn(&u8) -> bool| !part.is_empty() && part.bytes().all(|b| kind(&b));
    match parts.as_slice() {
        [area, middle @ .., number] if !middle.is_empty() => {
            is(area, u8::is_ascii_lowercase)
                && middle.iter().all(|part| is(part, u8::is_ascii_lowercase))
                && is(number, u8::is_ascii_digit)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_devices_and_roles() {
        let device = Arn::parse("arn:aws:iam::123456789012:mfa/path/alice").unwrap();
        assert_eq!((device.partition, device.account), ("aws", "123456789012"));
        assert_eq!(device.name(), "alice");
        assert!(!device.is_security_key() && !device.is_role());
        assert!(
            Arn::parse("arn:aws-cn:iam::123456789012:role/a/b")
                .unwrap()
                .is_role()
        );
        assert!(
            Arn::parse("arn:aws:iam::123456789012:u2f/user/alice/key")
                .unwrap()
                .is_security_key()
        );
        assert_eq!(
            Arn::parse("arn:aws:iam::123456789012:root").unwrap().name(),
            "root"
        );
    }

    #[test]
    fn a_hardware_serial_is_no_arn() {
        for text in [
            "GAHT12345678",
            "",
            "arn:aws:iam::12:mfa/x",
            "arn:aws:iam::123456789012:",
            "xrn:aws:iam::123456789012:mfa/x",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_partition_has_a_region_of_its_own() {
        for partition in &PARTITIONS {
            assert_eq!(partition_of(partition.region), partition.name);
            assert_eq!(default_region(partition.name), partition.region);
        }
        assert_eq!(partition_of("eu-central-1"), "aws");
        assert_eq!(default_region("aws"), "us-east-1");
    }

    #[test]
    fn hosts_of_aws_are_told_from_those_of_its_customers() {
        for host in [
            "sts.amazonaws.com",
            "sts.eu-central-1.amazonaws.com",
            "sts-fips.us-east-1.amazonaws.com",
            "sts.us-east-1.api.aws",
            "sts.us-gov-west-1.amazonaws.com",
            "sts.cn-north-1.amazonaws.com.cn",
            "sts.eusc-de-east-1.amazonaws.eu",
        ] {
            assert!(is_own_sts(host), "{host}");
        }
        for host in [
            "sts.lab.test",
            "localhost",
            "amazonaws.com",
            // Hosts of buckets.
            "sts.s3.amazonaws.com",
            "sts.s3-us-west-2.amazonaws.com",
            "sts.eu-central-1.s3.amazonaws.com",
            "sts.us-east-1.amazonaws.com.lab.test",
            "sts.us-east-1.amazonaws.com.cn",
            "mysts.us-east-1.amazonaws.com",
            "ec2-203-0-113-25.compute-1.amazonaws.com",
        ] {
            assert!(!is_own_sts(host), "{host}");
        }
    }
}
