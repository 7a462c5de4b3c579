//! The clock, read here alone.

use chrono::{DateTime, Utc};

/// The time now.
#[must_use]
#[allow(clippy::disallowed_methods)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
