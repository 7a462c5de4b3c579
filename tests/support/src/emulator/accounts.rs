//! The AWS accounts that the emulator plays: users, keys, devices, roles. Every field is a test's
//! to edit, before the start or while the emulator runs.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::totp::TotpDevice;

/// The accounts, users and roles that exist.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    /// IAM users and root users.
    pub users: Vec<User>,
    /// IAM roles.
    pub roles: Vec<Role>,
}

/// A part of AWS with accounts of its own; the second field of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    /// The commercial regions, `aws`.
    Aws,
    /// `GovCloud`, `aws-us-gov`.
    UsGov,
    /// China, `aws-cn`.
    China,
}

impl Partition {
    /// The partition of a region name; none where this emulator plays no such partition.
    pub(crate) fn of_region(region: &str) -> Option<Self> {
        match region.split('-').next()? {
            "cn" => Some(Self::China),
            "us" if region.starts_with("us-gov-") => Some(Self::UsGov),
            "us" if region.starts_with("us-iso") => None,
            "af" | "ap" | "ca" | "eu" | "il" | "me" | "mx" | "sa" | "us" => Some(Self::Aws),
            _ => None,
        }
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Aws => "aws",
            Self::UsGov => "aws-us-gov",
            Self::China => "aws-cn",
        })
    }
}

/// A user with long-term keys.
#[derive(Clone, Debug)]
pub struct User {
    /// The friendly name.
    pub name: String,
    /// Twelve digits.
    pub account: String,
    /// Where the account is.
    pub partition: Partition,
    /// The account's root user: its sessions last an hour at most and it may assume no role.
    pub root: bool,
    /// Long-term keys.
    pub keys: Vec<AccessKey>,
    /// MFA devices, in the order in which IAM lists them.
    pub devices: Vec<MfaDevice>,
    /// Whether a policy allows `iam:ListMFADevices` on the user itself.
    pub may_list_mfa_devices: bool,
}

impl User {
    /// A user of the commercial partition who has one key pair, no device, and may list devices.
    #[must_use]
    pub fn new(account: &str, name: &str, access_key_id: &str, secret_access_key: &str) -> Self {
        Self {
            name: name.to_owned(),
            account: account.to_owned(),
            partition: Partition::Aws,
            root: false,
            keys: vec![AccessKey {
                id: access_key_id.to_owned(),
                secret: secret_access_key.to_owned(),
                active: true,
            }],
            devices: Vec::new(),
            may_list_mfa_devices: true,
        }
    }

    /// The same user with one more virtual device, which has the user's name.
    #[must_use]
    pub fn with_device(mut self) -> Self {
        let Self {
            partition,
            account,
            name,
            ..
        } = &self;
        let serial = format!("arn:{partition}:iam::{account}:mfa/{name}");
        self.devices.push(MfaDevice::totp(&serial));
        self
    }

    /// `arn:PARTITION:iam::ACCOUNT:user/NAME`, or `…:root`.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self {
            partition,
            account,
            name,
            ..
        } = self;
        if self.root {
            format!("arn:{partition}:iam::{account}:root")
        } else {
            format!("arn:{partition}:iam::{account}:user/{name}")
        }
    }

    /// The unique identifier: `AIDA…`, or the account for its root user.
    pub(crate) fn id(&self) -> String {
        if self.root {
            self.account.clone()
        } else {
            unique_id("AIDA", &self.name)
        }
    }
}

/// A long-term key pair.
#[derive(Clone)]
pub struct AccessKey {
    /// `AKIA…`.
    pub id: String,
    /// Forty characters.
    pub secret: String,
    /// Inactive keys are refused as if they did not exist.
    pub active: bool,
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .field("active", &self.active)
            .finish_non_exhaustive()
    }
}

/// An MFA device as IAM lists it.
#[derive(Clone, Debug)]
pub struct MfaDevice {
    /// An ARN; of a hardware token its bare serial number.
    pub serial: String,
    /// When it was enabled.
    pub enabled: DateTime<Utc>,
    /// What makes its codes; none for a security key, which cannot be used with STS.
    pub totp: Option<TotpDevice>,
}

impl MfaDevice {
    /// A device that shows codes.
    #[must_use]
    pub fn totp(serial: &str) -> Self {
        Self {
            totp: Some(TotpDevice::random()),
            ..Self::security_key(serial)
        }
    }

    /// A FIDO security key, whose serial has `:u2f/` in it.
    #[must_use]
    pub fn security_key(serial: &str) -> Self {
        Self {
            serial: serial.to_owned(),
            enabled: DateTime::UNIX_EPOCH + chrono::Duration::days(20_000),
            totp: None,
        }
    }
}

/// A role and who may assume it.
#[derive(Clone, Debug)]
pub struct Role {
    /// The friendly name.
    pub name: String,
    /// Twelve digits.
    pub account: String,
    /// Where the account is.
    pub partition: Partition,
    /// `MaxSessionDuration` in seconds, 3600 to 43200.
    pub max_session_seconds: u64,
    /// The trust policy.
    pub trust: Trust,
}

impl Role {
    /// A role of the commercial partition with sessions of an hour at most.
    #[must_use]
    pub fn new(account: &str, name: &str, trust: Trust) -> Self {
        Self {
            name: name.to_owned(),
            account: account.to_owned(),
            partition: Partition::Aws,
            max_session_seconds: 3600,
            trust,
        }
    }

    /// `arn:PARTITION:iam::ACCOUNT:role/NAME`.
    #[must_use]
    pub fn arn(&self) -> String {
        format!(
            "arn:{}:iam::{}:role/{}",
            self.partition, self.account, self.name
        )
    }

    /// The unique identifier, `AROA…`.
    pub(crate) fn id(&self) -> String {
        unique_id("AROA", &self.name)
    }
}

/// A trust policy.
#[derive(Clone, Debug)]
pub struct Trust {
    /// ARNs of users and roles, account numbers, or the friendly names of users.
    pub principals: Vec<String>,
    /// What the policy says of MFA.
    pub mfa: MfaCondition,
    /// `sts:ExternalId`, where the policy asks for one.
    pub external_id: Option<String>,
}

impl Trust {
    /// Trust in these principals, with no condition.
    #[must_use]
    pub fn in_principals<P: Into<String>>(principals: impl IntoIterator<Item = P>) -> Self {
        Self {
            principals: principals.into_iter().map(Into::into).collect(),
            mfa: MfaCondition::None,
            external_id: None,
        }
    }
}

/// What a trust policy asks about MFA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MfaCondition {
    /// Nothing.
    None,
    /// `aws:MultiFactorAuthPresent` is true.
    Present,
    /// `aws:MultiFactorAuthAge` is at most this many seconds.
    MaxAge(u64),
}

impl Accounts {
    /// The user of this name, to read or edit.
    ///
    /// # Panics
    /// Where there is none.
    pub fn user(&mut self, name: &str) -> &mut User {
        self.users
            .iter_mut()
            .find(|user| user.name == name)
            .expect("a user of this name")
    }

    /// The role of this name, to read or edit.
    ///
    /// # Panics
    /// Where there is none.
    pub fn role(&mut self, name: &str) -> &mut Role {
        self.roles
            .iter_mut()
            .find(|role| role.name == name)
            .expect("a role of this name")
    }
}

/// 21 characters, as IAM's are, the same for the same name.
fn unique_id(prefix: &str, name: &str) -> String {
    let mut id = prefix.to_owned();
    id.extend(name.chars().filter(char::is_ascii_alphanumeric).take(17));
    format!("{:X<21}", id.to_uppercase())
}
