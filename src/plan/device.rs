//! The MFA device, if something names one, and checks of it.

use super::variable;
use crate::environment::{Environment, Setting};
use crate::error::Error;
use crate::memory::Target;
use crate::plan::chain::Chain;
use crate::plan::role::Hop;
use crate::sts::arn::Arn;

pub(super) fn device(
    target: &Target,
    chain: &Chain<'_>,
    environment: &Environment,
) -> Result<Option<Setting>, Error> {
    let mut profiles = chain.profiles.iter();
    let device = match &target.serial {
        Some(serial) => Some(Setting::from_option("--serial", serial)),
        None => profiles.find_map(|profile| profile.get_as_written("mfa_serial")),
    };
    let device = match device {
        Some(device) => Some(device),
        None => environment.setting(variable::SERIAL)?,
    };
    let Some(device) = device else {
        return Ok(None);
    };
    match problem_of_serial(&device.text) {
        None => Ok(Some(device)),
        Some(problem) => Err(device.error(problem).hint(
            "write the ARN of a virtual device (arn:aws:iam::123456789012:mfa/name) or a hardware token's \
             serial number",
        )),
    }
}

/// Why a text cannot be a `SerialNumber` for STS (AWS STS API reference: 9 to 256 characters of
/// `[\w+=/:,.@-]`).
pub(crate) fn problem_of_serial(serial: &str) -> Option<&'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=/:,.@-".contains(&b);
    if serial.is_empty() {
        Some("is empty")
    } else if !(9..=256).contains(&serial.len()) || !serial.bytes().all(allowed) {
        Some("is not the serial number of an MFA device")
    } else if serial.starts_with("arn:") {
        match Arn::parse(serial) {
            None => Some("is not a complete ARN"),
            Some(arn) if arn.is_security_key() => Some(
                "is a security key, which does not work with STS: use a device that shows codes",
            ),
            Some(arn) if !arn.resource.starts_with("mfa/") => {
                Some("is not the ARN of an MFA device")
            }
            Some(_) => None,
        }
    } else {
        None
    }
}

/// The ARN of the device or of a role; all of them are in one partition.
pub(super) fn any_arn<'a>(
    device: Option<&'a Setting>,
    hops: &'a [Hop],
) -> Result<Option<&'a str>, Error> {
    let roles = hops.iter().map(|hop| &hop.role_arn);
    let settings = device.into_iter().chain(roles);
    let mut arns = settings.filter_map(|setting| Some((setting, Arn::parse(&setting.text)?)));
    let Some((first, first_arn)) = arns.next() else {
        return Ok(None);
    };
    match arns.find(|(_, arn)| arn.partition != first_arn.partition) {
        None => Ok(Some(&first.text)),
        Some((other, _)) => Err(Error::new(format!(
            "{} = {} and {} = {} are in different partitions",
            first.place, first.text, other.place, other.text
        ))
        .hint("name a device and roles of one partition")),
    }
}

/// Compares the account of the device with the account that the source profile states.
pub(super) fn check_account(device: Option<&Setting>, chain: &Chain<'_>) -> Result<(), Error> {
    let source = chain
        .profiles
        .last()
        .filter(|_| chain.source.profile.is_some());
    let ours = source.and_then(|profile| profile.get("aws_account_id"));
    let named = device.and_then(|device| Some((device, Arn::parse(&device.text)?)));
    if let (Some(ours), Some((device, arn))) = (ours, named)
        && ours.text != arn.account
    {
        return Err(Error::new(format!(
            "{} = {} is in the account {}, the keys are in {} ({})",
            device.place, device.text, arn.account, ours.text, ours.place
        ))
        .hint("name a device of the user whose keys are used: --serial, mfa_serial"));
    }
    Ok(())
}
