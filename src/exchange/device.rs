//! Which of a user's MFA devices shows the code.

use super::ExchangeError;
use crate::plan::source::Source;
use crate::prompt::Terminal;
use crate::sts::api::Identity;
use crate::sts::arn::Arn;
use crate::text;

/// A virtual device is of the account of its user.
pub(crate) fn check_owner(serial: &str, identity: &Identity) -> Result<(), ExchangeError> {
    match (Arn::parse(serial), Arn::parse(&identity.arn)) {
        (Some(device), Some(user))
            if (device.partition, device.account) != (user.partition, user.account) =>
        {
            Err(ExchangeError::OtherAccount {
                serial: serial.to_owned(),
                user: identity.arn.clone(),
            })
        }
        _ => Ok(()),
    }
}

/// The devices that show codes, and the security keys among those that were listed.
pub(crate) fn without_security_keys(listed: Vec<String>) -> (Vec<String>, Vec<String>) {
    listed
        .into_iter()
        .partition(|serial| !Arn::parse(serial).is_some_and(|arn| arn.is_security_key()))
}

/// The only device that STS can use, or the one that the user chooses.
pub(super) async fn choose_device(
    listed: Vec<String>,
    source: &Source,
) -> Result<String, ExchangeError> {
    let whose = source.to_string();
    let (mut usable, security_keys) = without_security_keys(listed);
    if !security_keys.is_empty() && !usable.is_empty() {
        text::note(&format!(
            "left out, since STS cannot use security keys: {}",
            security_keys.join(", ")
        ));
    }
    match usable.len() {
        0 => Err(ExchangeError::NoDevice {
            whose,
            security_keys: !security_keys.is_empty(),
        }),
        1 => Ok(usable.remove(0)),
        _ if Terminal::open().is_err() => Err(ExchangeError::SeveralDevices {
            whose,
            devices: usable,
        }),
        _ => {
            let chosen =
                Terminal::in_background(|terminal| terminal.choose("Which MFA device?", usable));
            chosen.await.map_err(ExchangeError::NoChoice)
        }
    }
}
