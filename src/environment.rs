//! The environment of the process, read once, and the variables that awsmfa sets or removes.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::value::Value;

/// A variable that awsmfa may set or remove in the calling shell, with the names of its
/// bookkeeping.
#[derive(Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Where its earlier value waits while a session is in place.
    pub replaced: &'static str,
    /// Where the value that awsmfa gave it is recorded, as a digest if that value is a secret.
    pub given: &'static str,
    /// Whether its value is a secret.
    pub secret: bool,
}

macro_rules! variables {
    ($($constant:ident = $name:literal $($secret:ident)?;)*) => {
        $(
            #[doc = concat!("`", $name, "`")]
            pub const $constant: Variable = Variable {
                name: $name,
                replaced: concat!("AWSMFA_REPLACED_", $name),
                given: concat!("AWSMFA_GIVEN_", $name),
                secret: variables!(@secret $($secret)?),
            };
        )*
        /// Every variable of AWS that awsmfa sets or removes; no other is touched, whatever the
        /// bookkeeping says.
        pub static VARIABLES: &[&Variable] = &[$(&$constant),*];
    };
    (@secret secret) => { true };
    (@secret) => { false };
}

variables! {
    ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID";
    SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY" secret;
    SESSION_TOKEN = "AWS_SESSION_TOKEN" secret;
    CREDENTIAL_EXPIRATION = "AWS_CREDENTIAL_EXPIRATION";
    REGION = "AWS_REGION";
    DEFAULT_REGION = "AWS_DEFAULT_REGION";
    PROFILE = "AWS_PROFILE";
    DEFAULT_PROFILE = "AWS_DEFAULT_PROFILE";
    SECURITY_TOKEN = "AWS_SECURITY_TOKEN" secret;
    USE_FIPS_ENDPOINT = "AWS_USE_FIPS_ENDPOINT";
    USE_DUALSTACK_ENDPOINT = "AWS_USE_DUALSTACK_ENDPOINT";
    CA_BUNDLE = "AWS_CA_BUNDLE";
    ENDPOINT_URL = "AWS_ENDPOINT_URL";
    ACCOUNT_ID = "AWS_ACCOUNT_ID";
}

/// A variable holds something that is not Unicode text where text is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the value of {0} is not valid Unicode")]
pub struct NotText(pub String);

/// The variables of a process by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, Value>,
}

impl Environment {
    /// Reads the environment of this process, the one place that does.
    #[must_use]
    #[allow(clippy::disallowed_methods)]
    pub fn of_this_process() -> Self {
        Self::from_pairs(std::env::vars_os())
    }

    /// An environment of these pairs. Names that are not Unicode are left out: none that awsmfa
    /// reads is like that. On Windows, where names know no case, they are kept in upper case.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let variables = pairs
            .into_iter()
            .filter_map(|(name, value)| {
                let name = name.into_string().ok()?;
                let name = if cfg!(windows) {
                    name.to_ascii_uppercase()
                } else {
                    name
                };
                Some((name, Value::from(value)))
            })
            .collect();
        Self { variables }
    }

    /// The value of a variable, set but empty included.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// The text of a variable; one that is set but empty counts as not set, as for the AWS CLI.
    pub fn text(&self, name: &str) -> Result<Option<&str>, NotText> {
        match self.get(name) {
            None => Ok(None),
            Some(value) if value.is_empty() => Ok(None),
            Some(value) => match value.as_str() {
                Some(text) => Ok(Some(text)),
                None => Err(NotText(name.to_owned())),
            },
        }
    }

    /// The value of a variable as the system takes it, for paths.
    #[must_use]
    pub fn os_text(&self, name: &str) -> Option<OsString> {
        self.get(name).map(Value::to_os_string)
    }

    /// Sets a variable in this copy, or removes it.
    pub fn put(&mut self, name: &str, value: Option<Value>) {
        match value {
            Some(value) => {
                self.variables.insert(name.to_owned(), value);
            }
            None => {
                self.variables.remove(name);
            }
        }
    }

    /// The names of all variables.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }
}
