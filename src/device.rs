//! Chooses the user's MFA device.

use crate::error::Error;
use crate::plan::device::problem_of_serial;
use crate::plan::source::Source;
use crate::prompt::{PromptError, TRIES, Terminal};
use crate::sts::api::Identity;
use crate::sts::arn::Arn;
use crate::text;

/// What to do if the user has no device that shows codes.
pub(crate) const HINT_OF_NONE: &str = "get one: awsmfa device enroll; or name one: --serial";

/// Checks that a virtual device belongs to the account of its user.
pub(crate) fn check_owner(serial: &str, identity: &Identity) -> Result<(), Error> {
    match (Arn::parse(serial), Arn::parse(&identity.arn)) {
        (Some(device), Some(user))
            if (device.partition, device.account) != (user.partition, user.account) =>
        {
            let user = &identity.arn;
            Err(Error::new(format!(
                "the MFA device {serial} is in another account than {user}, whose keys are used"
            ))
            .hint("name a device of that user: --serial, mfa_serial"))
        }
        _ => Ok(()),
    }
}

/// Splits a list into devices that show codes, and security keys.
pub(crate) fn without_security_keys(listed: Vec<String>) -> (Vec<String>, Vec<String>) {
    listed
        .into_iter()
        .partition(|serial| !Arn::parse(serial).is_some_and(|arn| arn.is_security_key()))
}

/// The only device that works with STS, or the user's choice.
pub(crate) async fn choose_device(listed: Vec<String>, source: &Source) -> Result<String, Error> {
    let (mut usable, security_keys) = without_security_keys(listed);
    if !security_keys.is_empty() && !usable.is_empty() {
        text::note(&format!(
            "ignored security keys, which do not work with STS: {}",
            security_keys.join(", ")
        ));
    }
    match usable.len() {
        0 => {
            let only = if security_keys.is_empty() {
                ""
            } else {
                ", only security keys"
            };
            Err(Error::new(format!(
                "the IAM user behind {source} has no MFA device that works with STS{only}"
            ))
            .hint(HINT_OF_NONE))
        }
        1 => Ok(usable.remove(0)),
        _ if Terminal::open().is_err() => {
            let devices = usable.join(", ");
            Err(Error::new(format!(
                "the IAM user behind {source} has several MFA devices: {devices}"
            ))
            .hint("name one: --serial, mfa_serial in the profile, or AWS_MFA_SERIAL"))
        }
        _ => {
            let profile = source.profile.clone();
            let chosen = Terminal::in_background(move |terminal| {
                let serial = terminal.choose("Which MFA device?", usable)?;
                say_how_to_keep(terminal, profile.as_deref(), &serial)?;
                Ok(serial)
            });
            let chosen = chosen.await;
            chosen.map_err(|problem| problem.not_chosen("MFA device", "--serial ARN"))
        }
    }
}

/// The device that the user names where AWS denied the list. `denied` is the error without a terminal.
pub(crate) async fn ask_for_device(
    denied: Error,
    user_arn: Option<&str>,
    source: &Source,
) -> Result<String, Error> {
    let usual = usual_device(user_arn);
    if Terminal::open().is_err() {
        return Err(denied.hint(hint_of_unlisted(user_arn)));
    }
    let profile = source.profile.clone();
    let asking = Terminal::in_background(move |terminal| {
        terminal.say(&format!("awsmfa: {denied}"))?;
        terminal.say(&usual)?;
        for _ in 0..TRIES {
            let serial = terminal.ask("ARN or serial number of your MFA device: ")?;
            let serial = serial.trim();
            if let Some(problem) = problem_of_serial(serial) {
                terminal.say(&format!("This {problem}."))?;
            } else {
                say_how_to_keep(terminal, profile.as_deref(), serial)?;
                return Ok(serial.to_owned());
            }
        }
        Err(PromptError::TooManyTries)
    });
    let named = asking.await;
    named.map_err(|problem| problem.not_chosen("MFA device", "--serial ARN"))
}

/// What to do where AWS denied the list.
pub(crate) fn hint_of_unlisted(user_arn: Option<&str>) -> String {
    let usual = usual_device(user_arn);
    format!("name the device: --serial, mfa_serial in the profile, or AWS_MFA_SERIAL; {usual}")
}

/// The usual ARN, and where the console shows the right one.
fn usual_device(user_arn: Option<&str>) -> String {
    let user = user_arn.and_then(Arn::parse);
    let arn = match user.filter(|arn| arn.resource.starts_with("user/")) {
        Some(user) => {
            let (partition, account, name) = (user.partition, user.account, user.name());
            format!("arn:{partition}:iam::{account}:mfa/{name}")
        }
        None => "arn:aws:iam::ACCOUNT:mfa/NAME".to_owned(),
    };
    format!("it is usually {arn}; the IAM console shows it under Security credentials")
}

/// Shows the line that makes the question unnecessary next time.
fn say_how_to_keep(
    terminal: &Terminal,
    profile: Option<&str>,
    serial: &str,
) -> Result<(), PromptError> {
    let (place, line) = match profile {
        Some(name) => (format!("profile {name}"), format!("mfa_serial = {serial}")),
        None => (
            "the environment".to_owned(),
            format!("AWS_MFA_SERIAL={serial}"),
        ),
    };
    terminal.say(&format!("With this line in {place} awsmfa no longer asks:"))?;
    terminal.say(&line)
}
