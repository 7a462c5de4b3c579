//! The description of a session, the same for every verb: `dev (role developer in 111122223333,
//! eu-central-1), 59m left`.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::duration;
use crate::memory::CurrentSession;
use crate::sts::arn::Arn;

/// The name as the user typed it, the role's or the profile's; otherwise the owner's.
pub(super) fn short_name(current: &CurrentSession) -> String {
    let arn_name = |arn: &str| Arn::parse(arn).map(|arn| arn.name().to_owned());
    let target = &current.target;
    let named_role = target.role_arn.as_deref().and_then(arn_name);
    named_role
        .or_else(|| target.profile.clone())
        .or_else(|| current.role_arn.as_deref().and_then(arn_name))
        .or_else(|| current.owner.user_arn.as_deref().and_then(arn_name))
        .unwrap_or_else(|| current.owner.source_key_id.clone())
}

/// The short name, and what is known of the session.
pub(super) fn name(current: &CurrentSession, region: Option<&str>) -> String {
    let kinds = [
        ("role", &current.role_arn),
        ("user", &current.owner.user_arn),
    ];
    let who = kinds.iter().find_map(|(kind, arn)| {
        let arn = Arn::parse(arn.as_deref()?)?;
        Some(format!("{kind} {} in {}", arn.name(), arn.account))
    });
    let known: Vec<String> = [
        who.or_else(|| current.account_id.clone()),
        region.map(str::to_owned),
    ]
    .into_iter()
    .flatten()
    .collect();
    let name = short_name(current);
    if known.is_empty() {
        name
    } else {
        format!("{name} ({})", known.join(", "))
    }
}

pub(super) fn left(expiration: DateTime<Utc>, now: DateTime<Utc>) -> Duration {
    (expiration - now).to_std().unwrap_or_default()
}

/// `11h 59m left`.
pub(super) fn in_words(left: Duration) -> String {
    format!("{} left", duration::rounded_down(left))
}
