//! The options of the new session, on top of the session to repeat and of the profile.

use crate::cli::SessionOptions;
use crate::environment::{Place, Setting};
use crate::error::Error;
use crate::memory::Target;
use crate::plan::role::{
    EXTERNAL_ID_RULE, Hop, ROLE_SESSION_NAME_RULE, is_external_id, is_role, is_role_session_name,
};
use crate::plan::source::Origin;

/// The target with checked options.
pub(super) fn target(options: &SessionOptions, origin: &Origin<'_>) -> Result<Target, Error> {
    // Names every option, so that the compiler asks whether a bare `env` repeats a new one.
    let SessionOptions {
        serial,
        duration,
        session_duration,
        role_arn,
        role_session_name,
        external_id,
        no_session,
        region,
        words: _,
        profile: _,
        renew_within: _,
        code_command: _,
    } = options;
    let mut target = match origin {
        Origin::Profile { name, .. } => Target {
            profile: Some(name.clone()),
            ..Target::default()
        },
        Origin::Environment(_) => Target::default(),
        Origin::Session(current) => current.target.clone(),
    };
    if role_arn.is_some() && target.role_arn != *role_arn {
        // These options belonged to the last role.
        target.role_session_name = None;
        target.external_id = None;
        target.duration = None;
        target.no_session = false;
        target.role_arn.clone_from(role_arn);
    }
    if let Some(name) = role_session_name
        && !is_role_session_name(name)
    {
        return Err(Place::Option("--role-session-name").error(ROLE_SESSION_NAME_RULE));
    }
    if let Some(id) = external_id
        && !is_external_id(id)
    {
        return Err(Place::Option("--external-id").error(EXTERNAL_ID_RULE));
    }
    for (option, value) in [("--serial", serial), ("--region", region)] {
        if value.as_deref() == Some("") {
            return Err(Place::Option(option).error("is empty"));
        }
    }
    target.role_session_name = role_session_name.clone().or(target.role_session_name);
    target.external_id = external_id.clone().or(target.external_id);
    target.duration = duration.or(target.duration);
    target.session_duration = session_duration.or(target.session_duration);
    target.serial = serial.clone().or(target.serial);
    target.region = region.clone().or(target.region);
    target.no_session |= no_session;
    Ok(target)
}

/// Replaces the profile's role by the one in the options.
pub(super) fn apply_role(hops: &mut Vec<Hop>, target: &Target) -> Result<(), Error> {
    match target.role_arn.as_deref() {
        // The user asked for no role: the user's own session.
        Some("") => hops.clear(),
        Some(arn) => {
            let role_arn = Setting::from_option("--role-arn", arn);
            if !is_role(arn) {
                let problem = "is not the ARN of a role, like arn:aws:iam::111122223333:role/dev";
                return Err(role_arn.error(problem));
            }
            hops.pop();
            hops.push(Hop::new(role_arn));
        }
        None => {}
    }
    if let Some(hop) = hops.last_mut() {
        hop.external_id = target.external_id.clone().or(hop.external_id.take());
        let name = target.role_session_name.clone();
        hop.role_session_name = name.or(hop.role_session_name.take());
    }
    Ok(())
}

/// Rejects options that mean nothing without a role.
pub(super) fn check_role_options(options: &SessionOptions, hops: &[Hop]) -> Result<(), Error> {
    let role_options = [
        (options.external_id.is_some(), "--external-id"),
        (options.role_session_name.is_some(), "--role-session-name"),
        (options.session_duration.is_some(), "--session-duration"),
        (options.no_session, "--no-session"),
    ];
    match role_options.iter().find(|(is_given, _)| *is_given) {
        Some((_, option)) if hops.is_empty() => Err(Error::usage(format!("{option} needs a role"))
            .hint("add --role-arn, or name a profile that has a role_arn")),
        _ => Ok(()),
    }
}
