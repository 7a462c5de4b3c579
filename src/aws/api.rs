//! The calls to AWS, with the official SDK: three of STS and one of IAM.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_sdk_sts::types::Credentials as StsCredentials;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use chrono::DateTime;

use super::refusal::{Operation, Refusal};
use crate::session::{Keys, Session};
use crate::token_code::TokenCode;
use crate::value::Value;

/// Where the calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The region whose STS answers and that requests are signed for.
    pub region: String,
    /// `AWS_ENDPOINT_URL_STS` and its like, where it is not AWS's own.
    pub sts_url: Option<String>,
    /// The same for IAM.
    pub iam_url: Option<String>,
    /// `use_fips_endpoint`
    pub fips: bool,
    /// `use_dualstack_endpoint`
    pub dualstack: bool,
}

/// The time that AWS has for a connection and for an answer: a person waits for it.
const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(15);
const OPERATION: Duration = Duration::from_secs(30);

/// A device and the code that it shows.
#[derive(Debug, Clone, Copy)]
pub struct Mfa<'a> {
    /// The ARN of a virtual device, or the serial number of a hardware token.
    pub serial: &'a str,
    /// The code.
    pub code: &'a TokenCode,
}

/// What `AssumeRole` is asked for.
#[derive(Debug, Clone, Copy)]
pub struct RoleRequest<'a> {
    /// The role.
    pub role_arn: &'a str,
    /// 2 to 64 characters of `[\w+=,.@-]`.
    pub session_name: &'a str,
    /// What the trust policy may ask for.
    pub external_id: Option<&'a str>,
    /// How long the session is to live.
    pub duration: Duration,
}

/// Who the keys belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The ARN of the user, the root user or the role's session.
    pub arn: String,
    /// Twelve digits.
    pub account: String,
}

/// The calls.
#[derive(Debug, Clone)]
pub struct Aws {
    http: SharedHttpClient,
    endpoint: Endpoint,
}

impl Aws {
    /// Calls that go to this endpoint by this client.
    #[must_use]
    pub fn new(http: SharedHttpClient, endpoint: Endpoint) -> Self {
        Self { http, endpoint }
    }

    /// Where the calls go.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// `sts:GetSessionToken` with a code. The request is sent once: a code that AWS may have seen
    /// is not sent again.
    pub async fn get_session_token(
        &self,
        keys: &Keys,
        duration: Duration,
        mfa: Mfa<'_>,
    ) -> Result<Session, Refusal> {
        let answer = self
            .sts(long_term(keys), 1)
            .get_session_token()
            .duration_seconds(seconds(duration))
            .serial_number(mfa.serial)
            .token_code(mfa.code.digits())
            .send()
            .await
            .map_err(|error| Refusal::of(Operation::GetSessionToken, &error))?;
        session(Operation::GetSessionToken, answer.credentials)
    }

    /// `sts:AssumeRole` with a session, or with long-term keys and a code, which is sent once.
    pub async fn assume_role(
        &self,
        caller: Caller<'_>,
        request: RoleRequest<'_>,
    ) -> Result<Session, Refusal> {
        let (credentials, mfa) = match caller {
            Caller::Session(session) => (temporary(session), None),
            Caller::User(keys, mfa) => (long_term(keys), Some(mfa)),
        };
        let attempts = if mfa.is_some() { 1 } else { ATTEMPTS };
        let answer = self
            .sts(credentials, attempts)
            .assume_role()
            .role_arn(request.role_arn)
            .role_session_name(request.session_name)
            .set_external_id(request.external_id.map(str::to_owned))
            .duration_seconds(seconds(request.duration))
            .set_serial_number(mfa.map(|mfa| mfa.serial.to_owned()))
            .set_token_code(mfa.map(|mfa| mfa.code.digits().to_owned()))
            .send()
            .await
            .map_err(|error| Refusal::of(Operation::AssumeRole, &error))?;
        session(Operation::AssumeRole, answer.credentials)
    }

    /// `sts:GetCallerIdentity`, which needs no permission and cannot be denied.
    pub async fn get_caller_identity(&self, signer: Signer<'_>) -> Result<Identity, Refusal> {
        let operation = Operation::GetCallerIdentity;
        let credentials = match signer {
            Signer::User(keys) => long_term(keys),
            Signer::Session(session) => temporary(session),
        };
        let answer = self
            .sts(credentials, ATTEMPTS)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| Refusal::of(operation, &error))?;
        match (answer.arn, answer.account) {
            (Some(arn), Some(account)) => Ok(Identity { arn, account }),
            _ => Err(Refusal::incomplete(operation)),
        }
    }

    /// `iam:ListMFADevices` for the user whose keys these are: the serial numbers.
    pub async fn list_mfa_devices(&self, keys: &Keys) -> Result<Vec<String>, Refusal> {
        let mut config =
            aws_sdk_iam::config::Builder::from(&self.shared(long_term(keys), ATTEMPTS));
        config.set_endpoint_url(self.endpoint.iam_url.clone());
        let answer = aws_sdk_iam::Client::from_conf(config.build())
            .list_mfa_devices()
            .send()
            .await
            .map_err(|error| Refusal::of(Operation::ListMfaDevices, &error))?;
        Ok(answer
            .mfa_devices
            .into_iter()
            .map(|device| device.serial_number)
            .collect())
    }

    fn sts(&self, credentials: SharedCredentialsProvider, attempts: u32) -> aws_sdk_sts::Client {
        let mut config = aws_sdk_sts::config::Builder::from(&self.shared(credentials, attempts));
        config.set_endpoint_url(self.endpoint.sts_url.clone());
        aws_sdk_sts::Client::from_conf(config.build())
    }

    /// What the clients have in common. The region is always given: the SDK would ask the instance
    /// metadata for it. A clock that is off is told, not corrected: the correction takes a second
    /// attempt, which a request with a code does not have, and the session's end is judged by this
    /// clock later.
    fn shared(&self, credentials: SharedCredentialsProvider, attempts: u32) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.http.clone())
            .disable_clock_skew_correction(true)
            .region(Region::new(self.endpoint.region.clone()))
            .use_fips(self.endpoint.fips)
            .use_dual_stack(self.endpoint.dualstack)
            .credentials_provider(credentials)
            .retry_config(RetryConfig::standard().with_max_attempts(attempts))
            .timeout_config(timeouts())
            .sleep_impl(TokioSleep::new())
            .build()
    }
}

/// Reads the credentials of an answer.
fn session(operation: Operation, credentials: Option<StsCredentials>) -> Result<Session, Refusal> {
    let credentials = credentials.ok_or_else(|| Refusal::incomplete(operation))?;
    let session = Session {
        access_key_id: credentials.access_key_id,
        secret_access_key: Value::from(credentials.secret_access_key),
        session_token: Value::from(credentials.session_token),
        expiration: DateTime::from_timestamp(credentials.expiration.secs(), 0)
            .ok_or_else(|| Refusal::incomplete(operation))?,
    };
    if session.access_key_id.is_empty()
        || session.secret_access_key.is_empty()
        || session.session_token.is_empty()
    {
        return Err(Refusal::incomplete(operation));
    }
    Ok(session)
}

/// Who calls `AssumeRole`.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// A temporary session.
    Session(&'a Session),
    /// A user with long-term keys and a code.
    User(&'a Keys, Mfa<'a>),
}

/// Whose keys sign a request.
#[derive(Debug, Clone, Copy)]
pub enum Signer<'a> {
    /// A user's long-term keys.
    User(&'a Keys),
    /// A temporary session.
    Session(&'a Session),
}

/// Attempts for a request that carries no code.
const ATTEMPTS: u32 = 3;

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

/// `DurationSeconds`, which is checked against AWS's bounds before, in the type of the SDK.
fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

fn long_term(keys: &Keys) -> SharedCredentialsProvider {
    credentials(&keys.access_key_id, &keys.secret_access_key, None)
}

fn temporary(session: &Session) -> SharedCredentialsProvider {
    credentials(
        &session.access_key_id,
        &session.secret_access_key,
        Some(&session.session_token),
    )
}

fn credentials(id: &str, secret: &Value, token: Option<&Value>) -> SharedCredentialsProvider {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    SharedCredentialsProvider::new(Credentials::new(
        id,
        text(secret),
        token.map(text),
        None,
        "awsmfa",
    ))
}
