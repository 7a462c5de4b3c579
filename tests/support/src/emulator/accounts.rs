//! The AWS accounts that the emulator plays: users, keys, devices, roles. A test may edit every field,
//! before the start or while the emulator runs.

use std::fmt;

use chrono::{DateTime, Duration, Utc};

use crate::totp::TotpDevice;

#[derive(Clone, Debug, Default)]
pub struct Accounts {
    /// IAM users and root users.
    pub users: Vec<User>,
    pub roles: Vec<Role>,
    /// Virtual MFA devices that are enabled for nobody.
    pub unassigned: Vec<MfaDevice>,
    /// How long it takes until STS knows a device that IAM has enabled.
    pub sts_learns_after: Duration,
}

/// A part of AWS with its own accounts; the second field of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Partition {
    Aws,
    UsGov,
    China,
}

impl Partition {
    /// The partition of a region name, if the emulator plays it.
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

#[derive(Clone, Debug)]
pub struct User {
    pub name: String,
    /// Twelve digits.
    pub account: String,
    pub partition: Partition,
    /// The account's root user: its sessions last one hour at most, and it may not assume a role.
    pub root: bool,
    pub keys: Vec<AccessKey>,
    /// MFA devices, in the order in which IAM lists them.
    pub devices: Vec<MfaDevice>,
    /// The actions of IAM that no policy allows; all others are allowed on the user itself and on every
    /// virtual device.
    pub not_allowed: Vec<&'static str>,
    /// The actions of IAM that a policy denies without MFA.
    pub denied_without_mfa: Vec<&'static str>,
}

impl User {
    /// A user of the commercial partition with one key pair and no device, who may manage devices.
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
            not_allowed: Vec::new(),
            denied_without_mfa: Vec::new(),
        }
    }

    /// Adds a virtual device, named like the user.
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

    /// The unique ID: `AIDA…`, or the account for the root user.
    pub(crate) fn id(&self) -> String {
        if self.root {
            self.account.clone()
        } else {
            unique_id("AIDA", &self.name)
        }
    }
}

#[derive(Clone)]
pub struct AccessKey {
    /// `AKIA…`.
    pub id: String,
    /// Forty characters.
    pub secret: String,
    /// AWS refuses inactive keys as if they did not exist.
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

#[derive(Clone, Debug)]
pub struct MfaDevice {
    /// An ARN; a hardware token's bare serial number.
    pub serial: String,
    pub enabled: DateTime<Utc>,
    /// When STS began to know it.
    pub known_to_sts: DateTime<Utc>,
    /// Generates the codes; `None` for a security key, which does not work with STS.
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

    /// A FIDO security key; its serial contains `:u2f/`.
    #[must_use]
    pub fn security_key(serial: &str) -> Self {
        let enabled = DateTime::UNIX_EPOCH + Duration::days(20_000);
        Self {
            serial: serial.to_owned(),
            enabled,
            known_to_sts: enabled,
            totp: None,
        }
    }

    /// Whether IAM created it, so that it exists without a user.
    pub(crate) fn is_virtual(&self) -> bool {
        self.serial.contains(":mfa/")
    }
}

#[derive(Clone, Debug)]
pub struct Role {
    pub name: String,
    /// Twelve digits.
    pub account: String,
    pub partition: Partition,
    /// `MaxSessionDuration` in seconds, 3600 to 43200.
    pub max_session_seconds: u64,
    pub trust: Trust,
}

impl Role {
    /// A role of the commercial partition with sessions of at most one hour.
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

    /// The unique ID, `AROA…`.
    pub(crate) fn id(&self) -> String {
        unique_id("AROA", &self.name)
    }
}

#[derive(Clone, Debug)]
pub struct Trust {
    /// ARNs of users and roles, account numbers, or names of users.
    pub principals: Vec<String>,
    pub mfa: MfaCondition,
    /// `sts:ExternalId`, if the policy requires one.
    pub external_id: Option<String>,
}

impl Trust {
    /// Trust in these principals, without conditions.
    #[must_use]
    pub fn in_principals<P: Into<String>>(principals: impl IntoIterator<Item = P>) -> Self {
        Self {
            principals: principals.into_iter().map(Into::into).collect(),
            mfa: MfaCondition::None,
            external_id: None,
        }
    }
}

/// What a trust policy requires of MFA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MfaCondition {
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
    /// If there is none.
    pub fn user(&mut self, name: &str) -> &mut User {
        self.users
            .iter_mut()
            .find(|user| user.name == name)
            .expect("a user of this name")
    }

    /// The role of this name, to read or edit.
    ///
    /// # Panics
    /// If there is none.
    pub fn role(&mut self, name: &str) -> &mut Role {
        self.roles
            .iter_mut()
            .find(|role| role.name == name)
            .expect("a role of this name")
    }
}

/// 21 characters, like IAM's IDs; the same name always gets the same one.
fn unique_id(prefix: &str, name: &str) -> String {
    let mut id = prefix.to_owned();
    id.extend(name.chars().filter(char::is_ascii_alphanumeric).take(17));
    format!("{:X<21}", id.to_uppercase())
}
