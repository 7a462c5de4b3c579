//! The clock; nothing else reads it.

use chrono::{DateTime, Utc};

#[must_use]
#[allow(clippy::disallowed_methods)]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}
