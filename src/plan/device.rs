//! Which device, as far as it is named, and whether it can be the right one.

use super::variable;
use crate::environment::Environment;
use crate::error::Error;
use crate::files::profile::Setting;
use crate::memory::Target;
use crate::plan::chain::Chain;
use crate::plan::role::Hop;
use crate::sts::arn::Arn;

/// The device, as far as it is named.
pub(super) fn device(
    target: &Target,
    chain: &Chain<'_>,
    environment: &Environment,
) -> Result<Option<Setting>, Error> {
    let named = |text: &str, place: &str| Setting {
        text: text.to_owned(),
        place: place.to_owned(),
    };
    let mut profiles = chain.profiles.iter();
    let found = match &target.serial {
        Some(serial) => Some(named(serial, "--serial")),
        None => profiles.find_map(|profile| profile.get_as_written("mfa_serial")),
    };
    let found = match found {
        Some(found) => found,
        None => match environment.text(variable::SERIAL)? {
            Some(serial) => named(serial, variable::SERIAL),
            None => return Ok(None),
        },
    };
    match problem_of_serial(&found.text) {
        None => Ok(Some(found)),
        Some(problem) => Err(Error::at(&found.place, problem).hint(
            "write the ARN of a virtual device (arn:aws:iam::123456789012:mfa/name) or a hardware token's \
             serial number",
        )),
    }
}

/// What keeps a text from being a `SerialNumber` for STS (AWS STS API reference: 9 to 256
/// characters of `[\w+=/:,.@-]`).
fn problem_of_serial(serial: &str) -> Option<&'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=/:,.@-".contains(&b);
    if serial.is_empty() {
        Some("is empty")
    } else if !(9..=256).contains(&serial.len()) || !serial.bytes().all(allowed) {
        Some("is not the serial number of an MFA device")
    } else if serial.starts_with("arn:") {
        match Arn::parse(serial) {
            None => Some("is not a whole ARN"),
            Some(arn) if arn.is_security_key() => {
                Some("is a security key, which STS cannot use: it needs a device that shows codes")
            }
            Some(arn) if !arn.resource.starts_with("mfa/") => {
                Some("is not the ARN of an MFA device")
            }
            Some(_) => None,
        }
    } else {
        None
    }
}

/// An ARN of the device or a role and the partition that they all are in.
pub(super) fn partition(
    device: Option<&Setting>,
    hops: &[Hop],
) -> Result<Option<(String, String)>, Error> {
    let named = device
        .map(|device| (&device.text, &device.place))
        .into_iter()
        .chain(hops.iter().map(|hop| (&hop.role_arn, &hop.place)));
    let mut first = None;
    for (text, place) in named {
        let Some(arn) = Arn::parse(text) else {
            continue;
        };
        match first {
            None => first = Some((text, place, arn.partition)),
            Some((one, its_place, partition)) if partition != arn.partition => {
                return Err(Error::new(format!(
                    "{its_place} = {one} and {place} = {text} are in different partitions"
                ))
                .hint("name a device and roles of one partition"));
            }
            Some(_) => {}
        }
    }
    Ok(first.map(|(text, _, partition)| (text.clone(), partition.to_owned())))
}

/// Holds the device against the account that the source profile says its keys are in.
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
        .hint("name a device of the user whose keys these are: --serial, mfa_serial"));
    }
    Ok(())
}
