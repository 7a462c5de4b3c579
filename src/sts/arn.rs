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

/// Partitions, the first letters of their regions, and the region whose STS answers for those who
/// name none.
const PARTITIONS: &[(&str, &str, &str)] = &[
    ("aws-cn", "cn-", "cn-north-1"),
    ("aws-us-gov", "us-gov-", "us-gov-west-1"),
    ("aws-iso", "us-iso-", "us-iso-east-1"),
    ("aws-iso-b", "us-isob-", "us-isob-east-1"),
    ("aws-iso-e", "eu-isoe-", "eu-isoe-west-1"),
    ("aws-iso-f", "us-isof-", "us-isof-south-1"),
    ("aws-eusc", "eusc-", "eusc-de-east-1"),
];

/// The commercial partition and its default region.
const COMMERCIAL: (&str, &str) = ("aws", "us-east-1");

/// The partition of a region.
#[must_use]
pub fn partition_of(region: &str) -> &'static str {
    PARTITIONS
        .iter()
        .find(|(_, prefix, _)| region.starts_with(prefix))
        .map_or(COMMERCIAL.0, |(partition, ..)| partition)
}

/// The region whose STS answers where nobody names one.
#[must_use]
pub fn default_region(partition: &str) -> &'static str {
    PARTITIONS
        .iter()
        .find(|(name, ..)| *name == partition)
        .map_or(COMMERCIAL.1, |(.., region)| region)
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
        for (partition, _, region) in PARTITIONS {
            assert_eq!(partition_of(region), *partition);
            assert_eq!(default_region(partition), *region);
        }
        assert_eq!(partition_of("eu-central-1"), "aws");
        assert_eq!(default_region("aws"), "us-east-1");
    }
}
