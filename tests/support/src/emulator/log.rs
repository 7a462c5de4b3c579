//! The log of requests that tests read.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::fault::Fault;

/// The requests in the order in which the emulator read them.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub struct Entry {
    /// `GetSessionToken`, …; method and path if it is not an AWS request.
    pub action: String,
    /// The key that claims to have signed it.
    pub access_key_id: Option<String>,
    /// Whether the request has a session token.
    pub session_token: bool,
    /// The region in the scope of the signature.
    pub region: Option<String>,
    pub token_code: Option<String>,
    pub serial_number: Option<String>,
    pub role_arn: Option<String>,
    pub role_session_name: Option<String>,
    /// As sent, valid or not.
    pub duration_seconds: Option<String>,
    pub external_id: Option<String>,
    pub user_agent: Option<String>,
    /// When the emulator read it.
    pub time: DateTime<Utc>,
    /// Requests with the same number came over one connection.
    pub connection: u64,
    /// Whether that connection was HTTPS.
    pub tls: bool,
    pub outcome: Outcome,
}

/// What the client got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet: the request is delayed or in progress.
    Pending,
    /// Success.
    Done,
    /// An AWS error with this code.
    Refused(String),
    /// An injected fault instead of the response.
    Fault(Fault),
}

impl Log {
    /// How many requests were for this action.
    #[must_use]
    pub fn count(&self, action: &str) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.action == action)
            .count()
    }

    /// How many requests had a token code.
    #[must_use]
    pub fn count_with_token_code(&self) -> usize {
        self.entries
            .iter()
            .filter(|entry| entry.token_code.is_some())
            .count()
    }

    /// The actions in order.
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
    /// If there was none.
    #[must_use]
    pub fn last(&self) -> &Entry {
        self.entries.last().expect("a request in the log")
    }
}
