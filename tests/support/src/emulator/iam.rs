//! IAM: the calls about MFA devices.

use chrono::{DateTime, SecondsFormat, Utc};

use super::accounts::{MfaDevice, User};
use super::constraints::{Constraints, word};
use super::refusal::Refusal;
use super::request::Request;
use super::state::{Caller, Identity, State};
use super::xml::element;

/// How many devices a user may have.
const DEVICES_OF_A_USER: usize = 8;

/// How many devices a page lists. IAM may list fewer than a hundred even if there are more.
const PAGE: usize = 2;

pub(crate) fn carry_out(
    state: &mut State,
    action: &str,
    request: &Request,
    caller: &Caller,
) -> Result<String, Refusal> {
    // Sessions without MFA may not call IAM at all.
    if caller.temporary && caller.mfa_at.is_none() && matches!(caller.identity, Identity::User(_)) {
        return Err(Refusal::invalid_token());
    }
    match action {
        "ListMFADevices" => list_mfa_devices(state, request, caller),
        "ListVirtualMFADevices" => list_virtual_mfa_devices(state, request, caller),
        "CreateVirtualMFADevice" => create_virtual_mfa_device(state, request, caller),
        "EnableMFADevice" => enable_mfa_device(state, request, caller),
        "DeactivateMFADevice" => deactivate_mfa_device(state, request, caller),
        "DeleteVirtualMFADevice" => delete_virtual_mfa_device(state, request, caller),
        _ => Err(Refusal::unknown_action(request)),
    }
}

fn list_mfa_devices(state: &State, request: &Request, caller: &Caller) -> Result<String, Refusal> {
    let named = request.param("UserName");
    let user = match (&caller.identity, named) {
        (Identity::User(user), None) => user,
        (Identity::Role { .. }, None) => {
            return Err(Refusal::validation(
                "Must specify userName when calling with non-User credentials",
            ));
        }
        (_, Some(name)) => user_of_account(state, caller, name)?,
    };
    authorize_on_user(caller, "ListMFADevices", user)?;
    let mut members = String::new();
    for device in &user.devices {
        members += "<member>";
        members += &element("UserName", &user.name);
        members += &element("SerialNumber", &device.serial);
        members += &element("EnableDate", &time(device.enabled));
        members += "</member>";
    }
    Ok(format!(
        "<MFADevices>{members}</MFADevices><IsTruncated>false</IsTruncated>"
    ))
}

fn list_virtual_mfa_devices(
    state: &State,
    request: &Request,
    caller: &Caller,
) -> Result<String, Refusal> {
    let start = device_arn(caller, "");
    authorize(caller, "ListVirtualMFADevices", &format!("{start}*"))?;
    let status = request.param("AssignmentStatus").unwrap_or("Any");
    let users = state.accounts.users.iter();
    let assigned = users.flat_map(|user| user.devices.iter().map(move |it| (it, Some(user))));
    let unassigned = state.accounts.unassigned.iter().map(|it| (it, None));
    let devices: Vec<(&MfaDevice, Option<&User>)> = assigned
        .chain(unassigned)
        .filter(|(device, _)| device.serial.starts_with(&start))
        .filter(|(_, user)| match status {
            "Assigned" => user.is_some(),
            "Unassigned" => user.is_none(),
            _ => true,
        })
        .collect();
    let begin = request.param("Marker").and_then(|it| it.parse().ok());
    let begin: usize = begin.unwrap_or_default();
    let mut members = String::new();
    for (device, user) in devices.iter().skip(begin).take(PAGE) {
        members += "<member>";
        members += &element("SerialNumber", &device.serial);
        if let Some(user) = user {
            members += &element("EnableDate", &time(device.enabled));
            let user = element("UserName", &user.name) + &element("Arn", &user.arn());
            members += "<User>";
            members += &user;
            members += "</User>";
        }
        members += "</member>";
    }
    let end = begin + PAGE;
    let is_truncated = end < devices.len();
    let mut page = format!("<VirtualMFADevices>{members}</VirtualMFADevices>");
    page += &element("IsTruncated", &is_truncated.to_string());
    if is_truncated {
        page += &element("Marker", &end.to_string());
    }
    Ok(page)
}

fn create_virtual_mfa_device(
    state: &mut State,
    request: &Request,
    caller: &Caller,
) -> Result<String, Refusal> {
    let name = request.param("VirtualMFADeviceName");
    let mut constraints = Constraints::default();
    constraints.present("virtualMFADeviceName", name);
    constraints.length("virtualMFADeviceName", name, (1, 226));
    constraints.pattern("virtualMFADeviceName", name, r"[\w+=,.@-]+", |c| {
        word(c) || "+=,.@-".contains(c)
    });
    constraints.finish()?;
    let serial = device_arn(caller, name.unwrap_or_default());
    authorize(caller, "CreateVirtualMFADevice", &serial)?;
    let users = state.accounts.users.iter();
    let mut devices = users
        .flat_map(|user| &user.devices)
        .chain(&state.accounts.unassigned);
    if devices.any(|device| device.serial == serial) {
        return Err(Refusal::conflict(
            "EntityAlreadyExists",
            "MFADevice entity at the same path and name already exists.",
        ));
    }
    let device = MfaDevice::totp(&serial);
    let seed = device.totp.as_ref().expect("it shows codes");
    let created = element("SerialNumber", &serial)
        + &element("Base32StringSeed", &base64(&seed.secret_base32()))
        + &element("QRCodePNG", &base64("\u{89}PNG"));
    state.verifier.forget_device(&serial);
    state.accounts.unassigned.push(device);
    Ok(format!("<VirtualMFADevice>{created}</VirtualMFADevice>"))
}

fn enable_mfa_device(
    state: &mut State,
    request: &Request,
    caller: &Caller,
) -> Result<String, Refusal> {
    let name = request.param("UserName");
    let serial = request.param("SerialNumber");
    let codes = ["AuthenticationCode1", "AuthenticationCode2"].map(|it| request.param(it));
    let mut constraints = Constraints::default();
    constraints.present("userName", name);
    constraints.present("serialNumber", serial);
    for (parameter, code) in ["authenticationCode1", "authenticationCode2"]
        .iter()
        .zip(codes)
    {
        constraints.present(parameter, code);
        constraints.length(parameter, code, (6, 6));
    }
    constraints.finish()?;
    let (name, serial) = (name.unwrap_or_default(), serial.unwrap_or_default());
    let user = user_of_account(state, caller, name)?;
    authorize_on_user(caller, "EnableMFADevice", user)?;
    if is_assigned(state, serial) {
        return Err(Refusal::conflict(
            "EntityAlreadyExists",
            "MFA Device is already in use.",
        ));
    }
    let at = position(&state.accounts.unassigned, serial)?;
    if user.devices.len() >= DEVICES_OF_A_USER {
        return Err(Refusal::conflict(
            "LimitExceeded",
            "Cannot exceed quota for MfaDevicesPerUser: 8",
        ));
    }
    let now = Utc::now();
    let codes = (codes[0].unwrap_or_default(), codes[1].unwrap_or_default());
    let device = &state.accounts.unassigned[at];
    if !state.verifier.verify_two(device, codes, now) {
        return Err(Refusal::new(
            403,
            "InvalidAuthenticationCode",
            "Authentication code for device is not valid.",
        ));
    }
    let mut device = state.accounts.unassigned.remove(at);
    device.enabled = now;
    device.known_to_sts = now + state.accounts.sts_learns_after;
    let name = name.to_owned();
    devices_of(state, caller, &name).push(device);
    Ok(String::new())
}

fn deactivate_mfa_device(
    state: &mut State,
    request: &Request,
    caller: &Caller,
) -> Result<String, Refusal> {
    let serial = request.param("SerialNumber").unwrap_or_default();
    let name = request.param("UserName").unwrap_or_default();
    let user = user_of_account(state, caller, name)?;
    authorize_on_user(caller, "DeactivateMFADevice", user)?;
    let name = user.name.clone();
    let devices = devices_of(state, caller, &name);
    let at = position(devices, serial)?;
    let device = devices.remove(at);
    if device.is_virtual() {
        state.accounts.unassigned.push(device);
    }
    Ok(String::new())
}

fn delete_virtual_mfa_device(
    state: &mut State,
    request: &Request,
    caller: &Caller,
) -> Result<String, Refusal> {
    let serial = request.param("SerialNumber").unwrap_or_default();
    authorize(caller, "DeleteVirtualMFADevice", serial)?;
    if is_assigned(state, serial) {
        return Err(Refusal::conflict(
            "DeleteConflict",
            "MFA VirtualDevice in use. Must deactivate first.",
        ));
    }
    let unassigned = &mut state.accounts.unassigned;
    let at = position(unassigned, serial)?;
    unassigned.remove(at);
    Ok(String::new())
}

fn is_assigned(state: &State, serial: &str) -> bool {
    let mut assigned = state.accounts.users.iter().flat_map(|user| &user.devices);
    assigned.any(|device| device.serial == serial)
}

fn position(devices: &[MfaDevice], serial: &str) -> Result<usize, Refusal> {
    let position = devices.iter().position(|device| device.serial == serial);
    position.ok_or_else(|| {
        let why = format!("VirtualMFADevice with serial number {serial} does not exist.");
        Refusal::no_such_entity(&why)
    })
}

/// The devices of a user that is there.
fn devices_of<'s>(state: &'s mut State, caller: &Caller, name: &str) -> &'s mut Vec<MfaDevice> {
    let mut users = state.accounts.users.iter_mut();
    let user = users.find(|user| user.name == name && user.account == caller.account());
    &mut user.expect("it was there").devices
}

fn user_of_account<'s>(state: &'s State, caller: &Caller, name: &str) -> Result<&'s User, Refusal> {
    let mut users = state.accounts.users.iter();
    users
        .find(|user| user.name == name && user.account == caller.account())
        .ok_or_else(|| {
            Refusal::no_such_entity(&format!("The user with name {name} cannot be found."))
        })
}

/// The ARN of a virtual device in the caller's account.
fn device_arn(caller: &Caller, name: &str) -> String {
    let (partition, account) = (caller.partition(), caller.account());
    format!("arn:{partition}:iam::{account}:mfa/{name}")
}

/// A user may do to itself what its policies allow, and to others nothing.
fn authorize_on_user(caller: &Caller, action: &str, user: &User) -> Result<(), Refusal> {
    let resource = format!("user {}", user.name);
    if caller.arn() == user.arn() {
        authorize(caller, action, &resource)
    } else {
        Err(not_allowed(caller, action, &resource))
    }
}

fn authorize(caller: &Caller, action: &str, resource: &str) -> Result<(), Refusal> {
    let Identity::User(user) = &caller.identity else {
        return Err(not_allowed(caller, action, resource));
    };
    if caller.mfa_at.is_none() && user.denied_without_mfa.contains(&action) {
        let why = format!("{resource} with an explicit deny in an identity-based policy");
        let action = format!("iam:{action}");
        return Err(Refusal::not_authorized(&caller.arn(), &action, &why));
    }
    if user.not_allowed.contains(&action) {
        return Err(not_allowed(caller, action, resource));
    }
    Ok(())
}

fn not_allowed(caller: &Caller, action: &str, resource: &str) -> Refusal {
    let action = format!("iam:{action}");
    let why = format!("{resource} because no identity-based policy allows the {action} action");
    Refusal::not_authorized(&caller.arn(), &action, &why)
}

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// How the protocol writes bytes.
fn base64(bytes: &str) -> String {
    aws_smithy_types::base64::encode(bytes)
}
