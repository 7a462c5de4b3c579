//! Session lifetimes.

use std::time::Duration;

use super::variable;
use crate::duration::{self, CHAINED, DEFAULT_MFA_SESSION, MFA_SESSION, ROLE_SESSION};
use crate::environment::{Environment, Place};
use crate::error::Error;
use crate::memory::Target;
use crate::plan::role::Hop;

/// The lifetimes, checked against AWS's limits.
pub(super) struct Durations {
    /// Of the MFA session.
    pub(super) mfa: Duration,
    /// Of the last role's session.
    pub(super) role: Duration,
    /// For the user.
    pub(super) notices: Vec<String>,
}

/// The lifetimes from the options, otherwise from the profile or the variables.
pub(super) fn durations(
    target: &Target,
    hops: &[Hop],
    no_session: bool,
    environment: &Environment,
) -> Result<Durations, Error> {
    // The lifetime of the session in the shell; without a role that is the MFA session itself.
    let of_target = |bounds| {
        let given = target.duration;
        let checked = given.map(|given| check(bounds, &Place::Option("--duration"), given));
        checked.transpose()
    };
    let of_variables = || {
        let behind_role = match hops {
            [] => None,
            _ => duration_variable(environment, variable::SESSION_DURATION)?,
        };
        let given = match behind_role {
            Some(given) => Some(given),
            None => duration_variable(environment, variable::DURATION)?,
        };
        match given {
            Some((given, place)) => check(MFA_SESSION, &place, given),
            None => Ok(DEFAULT_MFA_SESSION),
        }
    };
    let Some(hop) = hops.last() else {
        return Ok(Durations {
            mfa: match of_target(MFA_SESSION)? {
                Some(given) => given,
                None => of_variables()?,
            },
            role: CHAINED,
            notices: Vec::new(),
        });
    };
    let mfa = match target.session_duration {
        Some(given) => check(MFA_SESSION, &Place::Option("--session-duration"), given)?,
        None => of_variables()?,
    };
    let asked = of_target(ROLE_SESSION)?.or(hop.duration).unwrap_or(CHAINED);
    let mut notices = Vec::new();
    let role = if asked > CHAINED && hops.len() > 1 {
        notices.push(format!(
            "{} is cut to an hour: AWS allows no more for role chaining",
            duration::in_words(asked)
        ));
        CHAINED
    } else {
        if asked > CHAINED && !no_session {
            notices.push(format!(
                "for {} the code goes with AssumeRole itself; it gives no MFA session for other roles",
                duration::in_words(asked)
            ));
        }
        asked
    };
    Ok(Durations { mfa, role, notices })
}

fn check(bounds: duration::Bounds, place: &Place, given: Duration) -> Result<Duration, Error> {
    bounds.check(given).map_err(|problem| {
        let error = place.failure(format!("{place}: {problem}"));
        error.hint("write it like 45m, 12h or 3600")
    })
}

/// A lifetime from a variable, and the variable's name.
pub(super) fn duration_variable(
    environment: &Environment,
    name: &str,
) -> Result<Option<(Duration, Place)>, Error> {
    let Some(setting) = environment.setting(name)? else {
        return Ok(None);
    };
    match duration::parse(&setting.text) {
        Ok(duration) => Ok(Some((duration, setting.place))),
        Err(problem) => Err(setting.error(&format!("is {problem}"))),
    }
}
