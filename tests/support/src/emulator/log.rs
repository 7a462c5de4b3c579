//! What reached the emulator, for tests to read.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::fault::Fault;

/// The requests so far, in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// One for each request.
    pub entries: Vec<Entry>,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `GetSessionToken`, …; method and path where it was no AWS request.
    pub action: String,
    /// Whose signature it claims to have.
    pub access_key_id: Option<String>,
    /// Whether it came with a session token.
    pub session_token: bool,
    /// The region in the scope of the signature.
    pub region: Option<String>,
    /// The parameter `TokenCode`.
    pub token_code: Option<String>,
    /// The parameter `SerialNumber`.
    pub serial_number: Option<String>,
    /// The parameter `RoleArn`.
    pub role_arn: Option<String>,
    /// The parameter `RoleSessionName`.
    pub role_session_name: Option<String>,
    /// The parameter `DurationSeconds`, as it came.
    pub duration_seconds: Option<String>,
    /// The parameter `ExternalId`.
    pub external_id: Option<String>,
    /// The header `User-Agent`.
    pub user_agent: Option<String>,
    /// When it was read.
    pub time: DateTime<Utc>,
    /// Equal numbers came over one connection.
    pub connection: u64,
    /// Whether that connection was HTTPS.
    pub tls: bool,
    /// What the client was told.
    pub outcome: Outcome,
}

/// What the client was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet: the request is delayed or being worked on.
    Pending,
    /// What it asked for.
    Done,
    /// An error of AWS, by its code.
    Refused(String),
    /// An injected fault instead of the answer.
    Fault(Fault),
}

impl Log {
    /// How many requests asked for this action.
    #[must_use]
    pub fn count(&self, action: &str) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.action == action)
            .count()
    }

    /// How many requests presented a token code.
    #[must_use]
    pub fn count_with_token_code(&self) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.token_code.is_some())
            .count()
    }

    /// The actions in their order.
    #[must_use]
    pub fn actions(&self) -> Vec<&str> {
        self.entries
            .iter()
            .map(|entry| entry.action.as_str())
            .collect()
    }

    /// How many connections the requests came over.
    #[must_use]
    pub fn connections(&self) -> usize {
        let numbers: BTreeSet<_> = self.entries.iter().map(|entry| entry.connection).collect();
        numbers.len()
    }

    /// The latest request.
    ///
    /// # Panics
    /// Where there was none.
    #[must_use]
    pub fn last(&self) -> &Entry {
        self.entries.last().expect("a request in the log")
    }
}
