//! `credential_process`: long-term keys that a program of the user prints (AWS SDKs reference
//! guide, "Process credential provider").

use std::error::Error as StdError;

use aws_config::credential_process::CredentialProcessProvider;
use aws_credential_types::provider::ProvideCredentials;

use crate::session::{Keys, is_temporary};
use crate::value::Value;

/// Why the program gave no long-term keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProcessError {
    /// It failed, or printed something else.
    #[error("{place} gave no keys: {reason}")]
    Failed {
        /// Where it stands: profile, file, line and key.
        place: String,
        /// What went wrong, in the words of the SDK and the program's standard error.
        reason: String,
    },
    /// It printed the keys of a session.
    #[error("{place} gave the keys of a temporary session, which cannot start another")]
    SessionKeys {
        /// Where it stands: profile, file, line and key.
        place: String,
    },
}

/// Runs the program and reads the keys that it prints.
pub async fn run(place: &str, command: &str) -> Result<Keys, ProcessError> {
    let provider = CredentialProcessProvider::new(command.to_owned());
    let credentials = provider.provide_credentials().await.map_err(|error| {
        let reason = error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string);
        ProcessError::Failed {
            place: place.to_owned(),
            reason: reason.trim().to_owned(),
        }
    })?;
    if credentials.session_token().is_some() || is_temporary(credentials.access_key_id()) {
        return Err(ProcessError::SessionKeys {
            place: place.to_owned(),
        });
    }
    Ok(Keys {
        access_key_id: credentials.access_key_id().to_owned(),
        secret_access_key: Value::from(credentials.secret_access_key()),
    })
}
