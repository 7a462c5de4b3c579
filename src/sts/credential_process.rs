//! `credential_process`: long-term keys that a program of the user prints (AWS SDKs reference
//! guide, "Process credential provider").

use std::error::Error as StdError;

use aws_config::credential_process::CredentialProcessProvider;
use aws_credential_types::provider::ProvideCredentials;

use crate::environment::Place;
use crate::error::Error;
use crate::session::{Keys, is_temporary};
use crate::value::Value;

/// Runs the program and reads the keys that it prints.
pub async fn run(place: &Place, command: &str) -> Result<Keys, Error> {
    let failed = |problem: &str| {
        Error::new(format!("{place} gave {problem}"))
            .hint("run the program by hand to see what it prints")
    };
    let provider = CredentialProcessProvider::new(command.to_owned());
    let credentials = provider.provide_credentials().await.map_err(|error| {
        let reason = error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string);
        failed(&format!("no keys: {}", reason.trim()))
    })?;
    if credentials.session_token().is_some() || is_temporary(credentials.access_key_id()) {
        let problem = "the keys of a temporary session, which cannot start another";
        return Err(failed(problem));
    }
    Ok(Keys {
        access_key_id: credentials.access_key_id().to_owned(),
        secret_access_key: Value::from(credentials.secret_access_key()),
    })
}
