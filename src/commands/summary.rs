//! The description of a session, the same for every verb: `dev (role developer in 111122223333,
//! eu-central-1), 59m left`.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::duration;
use crate::memory::CurrentSession;
use crate::sts::arn::Arn;

/// The name, and what is known of the session.
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
    let name = current.name();
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
