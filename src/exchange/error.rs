//! Why an exchange gives no session, and what the user can do about it.

use crate::error::{Error, FAILED};
use crate::prompt::PromptError;
use crate::sts::refusal::Refusal;

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Any other fault.
    #[error(transparent)]
    Other(#[from] Error),
    /// A call failed.
    #[error("{what}: {refusal}")]
    Refused {
        /// What was tried: "no MFA session for the keys of the profile dev".
        what: String,
        /// Why it failed.
        refusal: Refusal,
    },
    /// The MFA session that was kept did not do, and there is no fresh code.
    #[error("the MFA session kept in this shell is of no more use: {0}")]
    KeptSession(Box<ExchangeError>),
    /// The user has no device.
    #[error("the IAM user of {whose} has no MFA device that STS can use{}", if *.security_keys { ", only security keys" } else { "" })]
    NoDevice {
        /// Where the user's keys are.
        whose: String,
        /// There are devices, but none that shows codes.
        security_keys: bool,
    },
    /// The user has several.
    #[error("the IAM user of {whose} has several MFA devices: {}", .devices.join(", "))]
    SeveralDevices {
        /// Where the user's keys are.
        whose: String,
        /// Their serial numbers.
        devices: Vec<String>,
    },
    /// The terminal gave no choice of a device.
    #[error("no MFA device was chosen: {0}")]
    NoChoice(#[source] PromptError),
    /// The terminal gave no choice of a profile.
    #[error("no profile was chosen: {0}")]
    NoProfileChosen(#[source] PromptError),
    /// AWS does not take the device for one of the user's.
    #[error(
        "{what}: the MFA device {serial} is not one of {user}{}",
        if devices.is_empty() { ", or too many codes were tried with it" } else { "" }
    )]
    OtherDevice {
        /// What was tried.
        what: String,
        /// The device.
        serial: String,
        /// The ARN of the user whose keys were used, or the keys' ID where AWS did not say.
        user: String,
        /// The devices that the user has, where they may be listed.
        devices: Vec<String>,
    },
    /// The device is of another account than the user.
    #[error("the MFA device {serial} is in another account than {user}, whose keys these are")]
    OtherAccount {
        /// The device.
        serial: String,
        /// The user's ARN.
        user: String,
    },
}

impl ExchangeError {
    /// Whether a session that was used is of no more use, so that a fresh code may help.
    pub(super) fn wants_fresh_mfa(&self) -> bool {
        matches!(self, Self::Refused { refusal, .. } if refusal.wants_fresh_mfa())
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Other(error) => error.hint.clone(),
            Self::Refused { refusal, .. } => Some(refusal.hint()),
            Self::KeptSession(_) => Some(
                "give a fresh code (awsmfa env 123456): the role may want a younger one by \
                 aws:MultiFactorAuthAge; if that does not help, see its trust policy and external ID"
                    .to_owned(),
            ),
            Self::NoDevice { .. } => Some(
                "add a virtual device or a hardware token in the IAM console, or name one: --serial"
                    .to_owned(),
            ),
            Self::SeveralDevices { .. } => {
                Some("name one: --serial, mfa_serial in the profile, or AWS_MFA_SERIAL".to_owned())
            }
            Self::NoProfileChosen(_) => Some("name one: --profile NAME".to_owned()),
            Self::NoChoice(_) => Some("name one: --serial ARN".to_owned()),
            Self::OtherDevice { devices, .. } if devices.is_empty() => Some(
                "check the serial number (--serial, mfa_serial, AWS_MFA_SERIAL) and whose keys these are; \
                 after many wrong codes wait three minutes"
                    .to_owned(),
            ),
            Self::OtherDevice { devices, .. } => Some(format!(
                "the user has {}: name it with --serial, mfa_serial or AWS_MFA_SERIAL, or use the keys of \
                 the device's user",
                devices.join(", ")
            )),
            Self::OtherAccount { .. } => {
                Some("name a device of that user: --serial, mfa_serial".to_owned())
            }
        }
    }
}

impl From<ExchangeError> for Error {
    fn from(error: ExchangeError) -> Self {
        let exit = match &error {
            ExchangeError::Other(error) => error.exit,
            _ => FAILED,
        };
        let mut converted = Self::new(error.to_string()).exit(exit);
        converted.hint = error.hint();
        match error {
            ExchangeError::Other(error) => error,
            ExchangeError::NoChoice(cause) | ExchangeError::NoProfileChosen(cause) => {
                converted.source(cause)
            }
            _ => converted,
        }
    }
}
