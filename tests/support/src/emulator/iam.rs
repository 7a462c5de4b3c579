//! IAM: `ListMFADevices`.

use chrono::SecondsFormat;

use super::refusal::Refusal;
use super::request::Request;
use super::state::{Caller, Identity, State};
use super::xml::element;

pub(crate) fn list_mfa_devices(
    state: &State,
    request: &Request,
    caller: &Caller,
) -> Result<String, Refusal> {
    // Sessions without MFA may not call IAM at all.
    if caller.temporary && caller.mfa_at.is_none() && matches!(caller.identity, Identity::User(_)) {
        return Err(Refusal::invalid_token());
    }
    let named = request.param("UserName");
    let user = match (&caller.identity, named) {
        (Identity::User(user), None) => user,
        (Identity::Role { .. }, None) => {
            return Err(Refusal::validation(
                "Must specify userName when calling with non-User credentials",
            ));
        }
        (_, Some(name)) => state
            .accounts
            .users
            .iter()
            .find(|user| user.name == name && user.account == caller.account())
            .ok_or_else(|| {
                let message = format!("The user with name {name} cannot be found.");
                Refusal::new(404, "NoSuchEntity", message)
            })?,
    };
    let allowed = match &caller.identity {
        Identity::User(caller) => caller.may_list_mfa_devices && caller.arn() == user.arn(),
        Identity::Role { .. } => false,
    };
    if !allowed {
        let resource = format!(
            "user {} because no identity-based policy allows the iam:ListMFADevices action",
            user.name
        );
        let action = "iam:ListMFADevices";
        return Err(Refusal::not_authorized(&caller.arn(), action, &resource));
    }
    let mut members = String::new();
    for device in &user.devices {
        let enabled = device.enabled.to_rfc3339_opts(SecondsFormat::Secs, true);
        members += "<member>";
        members += &element("UserName", &user.name);
        members += &element("SerialNumber", &device.serial);
        members += &element("EnableDate", &enabled);
        members += "</member>";
    }
    Ok(format!(
        "<MFADevices>{members}</MFADevices><IsTruncated>false</IsTruncated>"
    ))
}
