//! The calls to STS with AWS's SDK; iam.rs has those to IAM.

use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_sts::config::SharedCredentialsProvider;
use aws_sdk_sts::config::StalledStreamProtectionConfig;
use aws_sdk_sts::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use aws_sdk_sts::types::Credentials as StsCredentials;
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use chrono::DateTime;
use http::Uri;
use url::{Host, Url};

use super::arn::is_own_sts;
use super::http::Http;
use super::refusal::{Cause, Operation, Refusal};
use crate::clock;
use crate::environment::Setting;
use crate::session::{Keys, Session, format_time};
use crate::signals;
use crate::token_code::TokenCode;
use crate::value::Value;

/// Where the calls go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The region of the endpoint and of the signatures.
    pub region: Setting,
    /// From `AWS_ENDPOINT_URL_STS` and the like; `None` for AWS's own endpoint.
    pub sts_url: Option<Setting>,
    /// The same for IAM.
    pub iam_url: Option<Setting>,
    /// `use_fips_endpoint`
    pub fips: bool,
    /// `use_dualstack_endpoint`
    pub dualstack: bool,
}

impl Endpoint {
    /// `None` for AWS's own endpoint.
    #[must_use]
    pub fn sts_url(&self) -> Option<&str> {
        Some(&self.sts_url.as_ref()?.text)
    }

    /// Names the STS host and its setting if the host is not AWS's own, since that host gets the code:
    /// `STS endpoint: sts.lab.test by AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        let url = self.sts_url.as_ref()?;
        Some(format!(
            "STS endpoint: {} by {}",
            foreign_host(&url.text)?,
            url.place
        ))
    }
}

/// The host of an STS URL, if it is not AWS's own or the requests are not encrypted.
#[must_use]
pub fn foreign_host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host()?;
    let is_loopback = match &host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    match url.scheme() {
        "http" if !is_loopback => Some(format!("{host} (http, not encrypted)")),
        "https" if is_own_sts(&host.to_string()) => None,
        _ => Some(host.to_string()),
    }
}

/// How long to wait for a response, including the connection: a person is waiting.
const ATTEMPT: Duration = Duration::from_secs(12);

/// The pauses before sending a request again, if that is allowed. No attempt begins after [`ATTEMPT`],
/// so all of them together take at most 24 s.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];

/// A device and its code.
#[derive(Debug, Clone, Copy)]
pub struct Mfa<'a> {
    /// The ARN of a virtual device, or the serial number of a hardware token.
    pub serial: &'a str,
    pub code: &'a TokenCode,
}

/// The parameters of `AssumeRole`.
#[derive(Debug, Clone, Copy)]
pub struct RoleRequest<'a> {
    pub role_arn: &'a str,
    /// 2 to 64 characters of `[\w+=,.@-]`.
    pub session_name: &'a str,
    pub external_id: Option<&'a str>,
    pub duration: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The ARN of the user, the root user or the role session.
    pub arn: String,
    /// Twelve digits.
    pub account: String,
}

#[derive(Debug, Clone)]
pub struct Aws {
    http: Http,
    endpoint: Endpoint,
}

impl Aws {
    #[must_use]
    pub fn new(http: Http, endpoint: Endpoint) -> Self {
        Self { http, endpoint }
    }

    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The address of STS, as the SDK finds it.
    pub async fn sts_uri(&self) -> Option<Uri> {
        let endpoint = &self.endpoint;
        let params = Params::builder()
            .region(endpoint.region.text.clone())
            .use_fips(endpoint.fips && endpoint.sts_url.is_none())
            .use_dual_stack(endpoint.dualstack && endpoint.sts_url.is_none())
            .set_endpoint(endpoint.sts_url().map(str::to_owned))
            .build();
        let resolver = DefaultResolver::new();
        let found = resolver.resolve_endpoint(&params.ok()?).await;
        found.ok()?.url().parse().ok()
    }

    #[must_use]
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Calls `sts:GetSessionToken` with a code; does not send it again once AWS may have seen it.
    pub async fn get_session_token(
        &self,
        keys: &Keys,
        duration: Duration,
        mfa: Mfa<'_>,
    ) -> Result<Session, Refusal> {
        let operation = Operation::GetSessionToken;
        let client = self.sts(Signer::User(keys).credentials());
        let call = async || {
            let call = client
                .get_session_token()
                .duration_seconds(seconds(duration))
                .serial_number(mfa.serial)
                .token_code(mfa.code.digits());
            let answer = call.send().await;
            let secrets = [mfa.code.digits()];
            let answer = answer.map_err(|error| Refusal::from_sdk(operation, &secrets, &error))?;
            session(answer.credentials)
        };
        sends_code(self.repeated(call, Refusal::was_never_sent)).await
    }

    /// Calls `sts:AssumeRole` with a session, or with long-term keys and a code; does not send the code
    /// again once AWS may have seen it.
    pub async fn assume_role(
        &self,
        caller: Caller<'_>,
        request: RoleRequest<'_>,
    ) -> Result<Session, Refusal> {
        let operation = Operation::AssumeRole;
        let (signer, mfa) = match caller {
            Caller::Session(session) => (Signer::Session(session), None),
            Caller::User(keys, mfa) => (Signer::User(keys), Some(mfa)),
        };
        let client = self.sts(signer.credentials());
        let call = async || {
            let call = client
                .assume_role()
                .role_arn(request.role_arn)
                .role_session_name(request.session_name)
                .set_external_id(request.external_id.map(str::to_owned))
                .duration_seconds(seconds(request.duration))
                .set_serial_number(mfa.map(|mfa| mfa.serial.to_owned()))
                .set_token_code(mfa.map(|mfa| mfa.code.digits().to_owned()));
            let answer = call.send().await;
            let secrets = [signer.token(), mfa.map_or("", |mfa| mfa.code.digits())];
            let answer = answer.map_err(|error| Refusal::from_sdk(operation, &secrets, &error))?;
            session(answer.credentials)
        };
        if mfa.is_some() {
            sends_code(self.repeated(call, Refusal::was_never_sent)).await
        } else {
            self.repeated(call, Refusal::may_pass).await
        }
    }

    /// Calls `sts:GetCallerIdentity`, which needs no permission and cannot be denied.
    pub async fn get_caller_identity(&self, signer: Signer<'_>) -> Result<Identity, Refusal> {
        let operation = Operation::GetCallerIdentity;
        let client = self.sts(signer.credentials());
        let call = async || {
            let answer = client.get_caller_identity().send().await;
            let secrets = [signer.token()];
            let answer = answer.map_err(|error| Refusal::from_sdk(operation, &secrets, &error))?;
            match (answer.arn, answer.account) {
                (Some(arn), Some(account)) => Ok(Identity { arn, account }),
                _ => Err(Cause::Incomplete.into()),
            }
        };
        self.repeated(call, Refusal::may_pass).await
    }

    /// Calls, and repeats the call if that is safe. The SDK's own retries would send a code again that
    /// AWS may have used up.
    pub(super) async fn repeated<T>(
        &self,
        call: impl AsyncFn() -> Result<T, Refusal>,
        may_repeat: impl Fn(&Refusal) -> bool,
    ) -> Result<T, Refusal> {
        let calls = Box::pin(async {
            let begin = Instant::now();
            for pause in PAUSES {
                match call().await {
                    Err(refusal) if may_repeat(&refusal) && begin.elapsed() < ATTEMPT => {
                        tokio::time::sleep(pause).await;
                    }
                    outcome => return outcome,
                }
            }
            call().await
        });
        self.http.wait_for(calls).await
    }

    fn sts(&self, credentials: SharedCredentialsProvider) -> aws_sdk_sts::Client {
        aws_sdk_sts::Client::new(&self.config(credentials, self.endpoint.sts_url()))
    }

    /// The settings of both clients. The region is always set: otherwise the SDK asks the instance
    /// metadata for it. A wrong clock is an error and not corrected, since awsmfa later compares this
    /// clock with the session's expiration. A URL wins over FIPS and dual stack, as in the AWS CLI.
    pub(super) fn config(
        &self,
        credentials: SharedCredentialsProvider,
        url: Option<&str>,
    ) -> SdkConfig {
        let mut config = SdkConfig::builder();
        config.set_endpoint_url(url.map(str::to_owned));
        config
            .behavior_version(BehaviorVersion::latest())
            .http_client(self.http.for_sdk())
            .disable_clock_skew_correction(true)
            .region(Region::new(self.endpoint.region.text.clone()))
            .use_fips(self.endpoint.fips && url.is_none())
            .use_dual_stack(self.endpoint.dualstack && url.is_none())
            .credentials_provider(credentials)
            .retry_config(RetryConfig::disabled())
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(ATTEMPT)
                    .build(),
            )
            // [`ATTEMPT`] already limits this, with a clear error; this error would look like a broken
            // response.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .sleep_impl(TokioSleep::new())
            .build()
    }
}

/// Makes a call with a code. From here on AWS may have used up the code, unless it refuses the call.
async fn sends_code<T>(call: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    let answer = call.await;
    signals::set_code_sent(answer.is_ok());
    answer.map_err(|refusal| Refusal {
        may_have_used_code: !refusal.was_never_sent(),
        ..refusal
    })
}

/// Reads the credentials in a response.
fn session(credentials: Option<StsCredentials>) -> Result<Session, Refusal> {
    let credentials = credentials.ok_or_else(|| Refusal::from(Cause::Incomplete))?;
    let session = Session {
        access_key_id: credentials.access_key_id,
        secret_access_key: Value::from(credentials.secret_access_key),
        session_token: Value::from(credentials.session_token),
        started: Some(clock::now()),
        expiration: DateTime::from_timestamp(credentials.expiration.secs(), 0)
            .ok_or_else(|| Refusal::from(Cause::Incomplete))?,
    };
    if session.access_key_id.is_empty()
        || session.secret_access_key.is_empty()
        || session.session_token.is_empty()
    {
        return Err(Cause::Incomplete.into());
    }
    if !session.can_be_sent() {
        return Err(Cause::Unusable("has characters that keys do not have".to_owned()).into());
    }
    if session.expiration <= clock::now() {
        let end = format_time(session.expiration);
        return Err(Cause::Unusable(format!("expired at {end}")).into());
    }
    Ok(session)
}

/// Who calls `AssumeRole`.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    Session(&'a Session),
    User(&'a Keys, Mfa<'a>),
}

/// Whose keys sign a request.
#[derive(Debug, Clone, Copy)]
pub enum Signer<'a> {
    User(&'a Keys),
    Session(&'a Session),
}

impl Signer<'_> {
    pub(super) fn credentials(self) -> SharedCredentialsProvider {
        match self {
            Self::User(keys) => credentials(&keys.access_key_id, &keys.secret_access_key, None),
            Self::Session(session) => credentials(
                &session.access_key_id,
                &session.secret_access_key,
                Some(&session.session_token),
            ),
        }
    }

    /// The only secret in a request: a session's token.
    pub(super) fn token(&self) -> &str {
        match self {
            Self::User(_) => "",
            Self::Session(session) => session.session_token.as_str().unwrap_or_default(),
        }
    }
}

/// `DurationSeconds` in the SDK's type; the plan has checked its limits.
fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
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
