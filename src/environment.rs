//! The environment of the process, read once, and the variables that awsmfa sets or removes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;

use crate::error::Error;
use crate::value::Value;

/// A variable that awsmfa sets or removes in the calling shell, with the names of its bookkeeping. The
/// names are owned if they are known only at run time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub name: Cow<'static, str>,
    /// The variable that keeps its earlier value during a session.
    pub replaced: Cow<'static, str>,
    /// The variable that records the value from awsmfa; a digest if the value is secret.
    pub given: Cow<'static, str>,
    pub content: Content,
}

/// The value of a variable during a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    AccessKeyId,
    SecretAccessKey,
    SessionToken,
    Expiration,
    Region,
    /// The session's account, if the variable was set before.
    AccountId,
    /// The target profile's value for this key, if the variable was not set before.
    ProfileKey(&'static str),
    /// Unset, because some SDKs would use it instead of the session.
    Removed,
}

impl Variable {
    /// Whether the variable counts as unset while it is empty; most others are set then.
    #[must_use]
    pub fn is_unset_by_empty(&self) -> bool {
        self.content == Content::Region || *self == CA_BUNDLE
    }

    /// The profile key with the same meaning.
    #[must_use]
    pub fn profile_key(&self) -> Option<&'static str> {
        match self.content {
            Content::Region => Some("region"),
            Content::ProfileKey(key) => Some(key),
            _ => None,
        }
    }
}

/// The variable of this name if awsmfa may set or remove it: it is in the table, or it is the endpoint
/// of an AWS service.
#[must_use]
pub fn variable(name: &str) -> Option<Cow<'static, Variable>> {
    if let Some(row) = VARIABLES.iter().find(|row| row.name == name) {
        return Some(Cow::Borrowed(row));
    }
    let service = name.strip_prefix("AWS_ENDPOINT_URL_")?;
    let is_service = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if service.is_empty() || !service.bytes().all(is_service) {
        return None;
    }
    Some(Cow::Owned(Variable {
        name: Cow::Owned(name.to_owned()),
        replaced: Cow::Owned(format!("{REPLACED}{name}")),
        given: Cow::Owned(format!("{GIVEN}{name}")),
        content: Content::ProfileKey("services"),
    }))
}

/// Whether a variable contains a secret. Log scrubbers recognise it by its name, too.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    name.contains("SECRET") || name.contains("TOKEN")
}

pub const REPLACED: &str = "AWSMFA_REPLACED_";
pub const GIVEN: &str = "AWSMFA_GIVEN_";

macro_rules! variables {
    ($($row:ident = $name:literal, $content:expr;)*) => {
        $(
            pub static $row: Variable = Variable {
                name: Cow::Borrowed($name),
                replaced: Cow::Borrowed(concat!("AWSMFA_REPLACED_", $name)),
                given: Cow::Borrowed(concat!("AWSMFA_GIVEN_", $name)),
                content: $content,
            };
        )*
        /// Every AWS variable that awsmfa sets or removes. It never touches any other, whatever the
        /// bookkeeping says.
        pub static VARIABLES: &[&Variable] = &[$(&$row),*];
    };
}

variables! {
    ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID", Content::AccessKeyId;
    SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY", Content::SecretAccessKey;
    SESSION_TOKEN = "AWS_SESSION_TOKEN", Content::SessionToken;
    CREDENTIAL_EXPIRATION = "AWS_CREDENTIAL_EXPIRATION", Content::Expiration;
    REGION = "AWS_REGION", Content::Region;
    DEFAULT_REGION = "AWS_DEFAULT_REGION", Content::Region;
    PROFILE = "AWS_PROFILE", Content::Removed;
    DEFAULT_PROFILE = "AWS_DEFAULT_PROFILE", Content::Removed;
    SECURITY_TOKEN = "AWS_SECURITY_TOKEN", Content::Removed;
    USE_FIPS_ENDPOINT = "AWS_USE_FIPS_ENDPOINT", Content::ProfileKey("use_fips_endpoint");
    USE_DUALSTACK_ENDPOINT = "AWS_USE_DUALSTACK_ENDPOINT", Content::ProfileKey("use_dualstack_endpoint");
    CA_BUNDLE = "AWS_CA_BUNDLE", Content::ProfileKey("ca_bundle");
    ENDPOINT_URL = "AWS_ENDPOINT_URL", Content::ProfileKey("endpoint_url");
    ACCOUNT_ID = "AWS_ACCOUNT_ID", Content::AccountId;
    IGNORE_CONFIGURED_ENDPOINT_URLS = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", Content::ProfileKey("ignore_configured_endpoint_urls");
    DEFAULT_OUTPUT = "AWS_DEFAULT_OUTPUT", Content::ProfileKey("output");
    RETRY_MODE = "AWS_RETRY_MODE", Content::ProfileKey("retry_mode");
    MAX_ATTEMPTS = "AWS_MAX_ATTEMPTS", Content::ProfileKey("max_attempts");
    DEFAULTS_MODE = "AWS_DEFAULTS_MODE", Content::ProfileKey("defaults_mode");
    STS_REGIONAL_ENDPOINTS = "AWS_STS_REGIONAL_ENDPOINTS", Content::ProfileKey("sts_regional_endpoints");
    SDK_UA_APP_ID = "AWS_SDK_UA_APP_ID", Content::ProfileKey("sdk_ua_app_id");
    REQUEST_CHECKSUM_CALCULATION = "AWS_REQUEST_CHECKSUM_CALCULATION", Content::ProfileKey("request_checksum_calculation");
    RESPONSE_CHECKSUM_VALIDATION = "AWS_RESPONSE_CHECKSUM_VALIDATION", Content::ProfileKey("response_checksum_validation");
    ACCOUNT_ID_ENDPOINT_MODE = "AWS_ACCOUNT_ID_ENDPOINT_MODE", Content::ProfileKey("account_id_endpoint_mode");
    SIGV4A_SIGNING_REGION_SET = "AWS_SIGV4A_SIGNING_REGION_SET", Content::ProfileKey("sigv4a_signing_region_set");
    DISABLE_REQUEST_COMPRESSION = "AWS_DISABLE_REQUEST_COMPRESSION", Content::ProfileKey("disable_request_compression");
    REQUEST_MIN_COMPRESSION_SIZE_BYTES = "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", Content::ProfileKey("request_min_compression_size_bytes");
    ENDPOINT_DISCOVERY_ENABLED = "AWS_ENDPOINT_DISCOVERY_ENABLED", Content::ProfileKey("endpoint_discovery_enabled");
    AUTH_SCHEME_PREFERENCE = "AWS_AUTH_SCHEME_PREFERENCE", Content::ProfileKey("auth_scheme_preference");
    DISABLE_HOST_PREFIX_INJECTION = "AWS_DISABLE_HOST_PREFIX_INJECTION", Content::ProfileKey("disable_host_prefix_injection");
    S3_DISABLE_EXPRESS_SESSION_AUTH = "AWS_S3_DISABLE_EXPRESS_SESSION_AUTH", Content::ProfileKey("s3_disable_express_session_auth");
    S3_USE_ARN_REGION = "AWS_S3_USE_ARN_REGION", Content::ProfileKey("s3_use_arn_region");
    S3_US_EAST_1_REGIONAL_ENDPOINT = "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT", Content::ProfileKey("s3_us_east_1_regional_endpoint");
    S3_DISABLE_MULTIREGION_ACCESS_POINTS = "AWS_S3_DISABLE_MULTIREGION_ACCESS_POINTS", Content::ProfileKey("s3_disable_multiregion_access_points");
    PAGER = "AWS_PAGER", Content::ProfileKey("cli_pager");
    CLI_AUTO_PROMPT = "AWS_CLI_AUTO_PROMPT", Content::ProfileKey("cli_auto_prompt");
}

/// A configured value and its place, which messages about it name.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    pub text: String,
    pub place: Place,
}

/// Where a value is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Option(&'static str),
    Variable(String),
    /// A key of a profile, such as `profile dev, /home/alice/.aws/config line 12: region`.
    File(String),
    /// Not configured: the default, or how it was found.
    Default(String),
}

impl Setting {
    pub fn from_option(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            place: Place::Option(name),
        }
    }

    pub fn from_variable(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            place: Place::Variable(name.into()),
        }
    }

    /// Whether a switch is on, as the AWS CLI reads it.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.text.eq_ignore_ascii_case("true")
    }

    /// The error for an invalid value.
    #[must_use]
    pub fn error(&self, problem: &str) -> Error {
        self.place.error(problem)
    }
}

impl Place {
    /// The error for an invalid value: `problem` continues the sentence that begins with the place.
    #[must_use]
    pub fn error(&self, problem: &str) -> Error {
        let hint = match self {
            Self::Option(name) => {
                format!("correct it, or leave it out; awsmfa env --help tells what {name} is for")
            }
            Self::Variable(name) => format!("correct it, or unset {name}"),
            Self::File(_) | Self::Default(_) => "correct the value, or remove the line".to_owned(),
        };
        self.failure(format!("{self} {problem}")).hint(hint)
    }

    /// An error with this message; a usage error if the place is an option.
    #[must_use]
    pub fn failure(&self, message: String) -> Error {
        match self {
            Self::Option(_) => Error::usage(message),
            _ => Error::new(message),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Option(name) => name,
            Self::Variable(place) | Self::File(place) | Self::Default(place) => place,
        })
    }
}

impl fmt::Debug for Setting {
    /// Omits the text: a URL or a code command may contain a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment {
    variables: BTreeMap<String, Value>,
}

impl Environment {
    /// Reads the environment of this process; nothing else does.
    #[must_use]
    #[allow(clippy::disallowed_methods)]
    pub fn from_process() -> Self {
        Self::from_pairs(std::env::vars_os())
    }

    /// An environment of these pairs, without names that are not Unicode, since awsmfa reads none of
    /// those. On Windows, where names are case-insensitive, they are stored in upper case.
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

    /// The value of a variable, even an empty one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// The text of a variable; an empty one counts as not set, as in the AWS CLI.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Error> {
        match self.get(name) {
            None => Ok(None),
            Some(value) if value.is_empty() => Ok(None),
            Some(value) => match value.as_str() {
                Some(text) => Ok(Some(text)),
                None => Err(not_text(name)),
            },
        }
    }

    /// A variable as a setting; an empty one counts as not set.
    pub fn setting(&self, name: &str) -> Result<Option<Setting>, Error> {
        let text = self.text(name)?;
        Ok(text.map(|text| Setting::from_variable(name, text)))
    }

    /// The value in the system's encoding, for paths.
    #[must_use]
    pub fn os_text(&self, name: &str) -> Option<OsString> {
        self.get(name).map(Value::to_os_string)
    }

    /// Sets or removes a variable in this copy.
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

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().map(String::as_str)
    }
}

/// The error for a value that is not Unicode where text is needed.
pub(crate) fn not_text(name: &str) -> Error {
    Error::new(format!("the value of {name} is not valid Unicode"))
        .hint("set it to text, or unset it")
}
