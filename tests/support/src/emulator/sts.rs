//! STS: `GetSessionToken`, `AssumeRole` and `GetCallerIdentity`.

use chrono::{DateTime, Duration, SecondsFormat, Utc};

use super::accounts::{MfaCondition, Role};
use super::constraints::{Constraints, word};
use super::refusal::Refusal;
use super::request::Request;
use super::session::{Principal, Session};
use super::state::{Caller, Identity, State, assumed_role_arn};
use super::xml::element;

/// The limit for the root user and for role chaining, and the default of `AssumeRole`.
const HOUR: u64 = 3600;

pub(crate) fn get_session_token(
    state: &mut State,
    request: &Request,
    caller: &Caller,
) -> Result<String, Refusal> {
    let Identity::User(user) = &caller.identity else {
        return Err(Refusal::session_credentials());
    };
    if caller.temporary {
        return Err(Refusal::session_credentials());
    }
    let mut constraints = Constraints::default();
    let duration = request.param("DurationSeconds");
    let duration = constraints.seconds("durationSeconds", duration, (900, 129_600));
    constraints.mfa(request.param("SerialNumber"), request.param("TokenCode"));
    constraints.finish()?;

    let mfa_at = verify_mfa(state, request, caller)?;
    let mut duration = duration.unwrap_or(43_200);
    if user.root {
        duration = duration.min(HOUR);
    }
    let principal = Principal::User { arn: user.arn() };
    Ok(mint(state, principal, duration, mfa_at))
}

pub(crate) fn assume_role(
    state: &mut State,
    request: &Request,
    caller: &Caller,
) -> Result<String, Refusal> {
    let mut constraints = Constraints::default();
    let role_arn = request.param("RoleArn");
    constraints.present("roleArn", role_arn);
    constraints.length("roleArn", role_arn, (20, 2048));
    let name = request.param("RoleSessionName");
    constraints.present("roleSessionName", name);
    constraints.length("roleSessionName", name, (2, 64));
    constraints.pattern("roleSessionName", name, r"[\w+=,.@-]*", |c| {
        word(c) || "+=,.@-".contains(c)
    });
    let external_id = request.param("ExternalId");
    constraints.length("externalId", external_id, (2, 1224));
    constraints.pattern("externalId", external_id, r"[\w+=,.@:\/-]*", |c| {
        word(c) || "+=,.@:/-".contains(c)
    });
    let duration = request.param("DurationSeconds");
    let duration = constraints.seconds("durationSeconds", duration, (900, 43_200));
    constraints.mfa(request.param("SerialNumber"), request.param("TokenCode"));
    constraints.finish()?;
    let (role_arn, name) = (role_arn.unwrap_or_default(), name.unwrap_or_default());
    if !role_arn.starts_with("arn:") {
        return Err(Refusal::validation(format!("{role_arn} is invalid")));
    }

    // AWS checks the code before the trust policy, so a wrong code looks different from a denied role.
    let mfa_at = verify_mfa(state, request, caller)?.or(caller.mfa_at);
    if matches!(&caller.identity, Identity::User(user) if user.root) {
        return Err(Refusal::access_denied(
            "Roles may not be assumed by root accounts.",
        ));
    }
    let role = state
        .role(role_arn)
        .filter(|role| trusts(role, caller, mfa_at, external_id, state.session_time()))
        .cloned()
        .ok_or_else(|| Refusal::not_authorized(&caller.arn(), "sts:AssumeRole", role_arn))?;

    let duration = duration.unwrap_or(HOUR);
    if caller.temporary && duration > HOUR {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining",
        ));
    }
    if duration > role.max_session_seconds {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let principal = Principal::Role {
        arn: role.arn(),
        session_name: name.to_owned(),
    };
    // A role session has no MFA context, however the role was assumed.
    let credentials = mint(state, principal, duration, None);
    let user = format!(
        "{}{}",
        element("AssumedRoleId", &format!("{}:{name}", role.id())),
        element("Arn", &assumed_role_arn(&role, name)),
    );
    Ok(format!(
        "{credentials}<AssumedRoleUser>{user}</AssumedRoleUser>"
    ))
}

pub(crate) fn get_caller_identity(caller: &Caller) -> String {
    let id = match &caller.identity {
        Identity::User(user) => user.id(),
        Identity::Role { role, session_name } => format!("{}:{session_name}", role.id()),
    };
    element("Arn", &caller.arn()) + &element("UserId", &id) + &element("Account", caller.account())
}

/// Uses up the request's token code, if it has one; returns the session time of that.
fn verify_mfa(
    state: &mut State,
    request: &Request,
    caller: &Caller,
) -> Result<Option<DateTime<Utc>>, Refusal> {
    let (serial, code) = match (request.param("SerialNumber"), request.param("TokenCode")) {
        (None, None) => return Ok(None),
        (Some(serial), Some(code)) => (serial, code),
        _ => return Err(Refusal::half_of_mfa()),
    };
    let Identity::User(user) = &caller.identity else {
        return Err(Refusal::device_not_validated());
    };
    let device = user
        .devices
        .iter()
        .find(|device| device.serial == serial && device.known_to_sts <= Utc::now())
        .ok_or_else(Refusal::device_not_validated)?;
    state.verifier.verify(device, code, Utc::now())?;
    Ok(Some(state.session_time()))
}

/// Whether the role's trust policy allows the caller.
fn trusts(
    role: &Role,
    caller: &Caller,
    mfa_at: Option<DateTime<Utc>>,
    external_id: Option<&str>,
    now: DateTime<Utc>,
) -> bool {
    let (arn, name) = match &caller.identity {
        Identity::User(user) => (user.arn(), Some(user.name.as_str())),
        Identity::Role { role, .. } => (role.arn(), None),
    };
    let principal = role.trust.principals.iter().any(|principal| {
        *principal == arn || principal == caller.account() || Some(principal.as_str()) == name
    });
    let mfa = match role.trust.mfa {
        MfaCondition::None => true,
        MfaCondition::Present => mfa_at.is_some(),
        MfaCondition::MaxAge(seconds) => {
            mfa_at.is_some_and(|mfa_at| now - mfa_at <= Duration::seconds(seconds.cast_signed()))
        }
    };
    let external_id =
        role.trust.external_id.is_none() || role.trust.external_id.as_deref() == external_id;
    principal && mfa && external_id
}

/// Creates credentials and returns their XML.
fn mint(
    state: &mut State,
    principal: Principal,
    seconds: u64,
    mfa_at: Option<DateTime<Utc>>,
) -> String {
    let life = Duration::seconds(seconds.cast_signed());
    let ends = state.session_time() + life;
    let session = state.sessions.mint(principal, ends, mfa_at);
    let Session {
        access_key_id,
        secret,
        token,
        ..
    } = &session;
    // `advance` does not move the client's clock, so the expiration is by that clock.
    let expiration = (Utc::now() + life).to_rfc3339_opts(SecondsFormat::Secs, true);
    format!(
        "<Credentials>{}{}{}{}</Credentials>",
        element("AccessKeyId", access_key_id),
        element("SecretAccessKey", secret),
        element("SessionToken", token),
        element("Expiration", &expiration),
    )
}
