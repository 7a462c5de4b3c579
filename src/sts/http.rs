//! The only HTTP client of the process. One connector serves all requests, so that they can use a
//! connection that was made early.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector as SdkConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use chrono::TimeDelta;
use http::{Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connection::{ConnectError, Dial, Unreached, bare, host};
use super::proxy::{Proxies, Shown};
use super::refusal::offset_by_date;
use super::trust::Trust;
use crate::clock;
use crate::error::Error;
use crate::signals;
use crate::text;

/// Waiting longer than this is mentioned.
const SLOW: Duration = Duration::from_secs(1);

/// Far more than the longest response of STS and IAM.
const LONGEST_ANSWER: usize = 1024 * 1024;

#[derive(Debug, Clone)]
pub struct Http {
    authorities: String,
    connector: Arc<Connector>,
}

impl Http {
    /// A client with these proxies and authorities. The platform's certificates are loaded when the
    /// first connection needs them.
    pub fn new(proxies: Proxies, trust: Trust) -> Result<Self, Error> {
        let authorities = trust.place().to_owned();
        let tls = trust.client_config();
        let tls = tls.map_err(|error| Error::new("TLS cannot be set up").source(error))?;
        let dial = Dial::new(proxies.clone(), tls);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(dial);
        Ok(Self {
            authorities,
            connector: Arc::new(Connector {
                client,
                proxies,
                state: Mutex::new(Progress {
                    asked: None,
                    notes_allowed: true,
                    has_noted: false,
                    clock_offset: None,
                }),
            }),
        })
    }

    /// The client in the SDK's type.
    pub(super) fn for_sdk(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(SdkAdapter(Arc::clone(&self.connector)));
        http_client_fn(move |_, _| connector.clone())
    }

    /// Waits for a call, and mentions it once if it takes long.
    pub(super) async fn wait_for<T>(&self, call: impl Future<Output = T>) -> T {
        tokio::pin!(call);
        loop {
            match tokio::time::timeout(SLOW, &mut call).await {
                Ok(done) => return done,
                Err(_) => self.connector.say_what_is_waited_for(),
            }
        }
    }

    /// How far this machine's clock is ahead of the clock of the server that responded last.
    #[must_use]
    pub fn clock_offset(&self) -> Option<TimeDelta> {
        self.connector.state().clock_offset
    }

    /// The proxy for the last host.
    #[must_use]
    pub fn proxy(&self) -> Option<Shown> {
        let state = self.connector.state();
        self.connector.proxies.shown(state.asked.as_ref()?)
    }

    /// The trusted authorities, in words.
    #[must_use]
    pub fn authorities(&self) -> &str {
        &self.authorities
    }

    /// The last address, such as `https://sts.eu-central-1.amazonaws.com`.
    #[must_use]
    pub fn asked(&self) -> Option<String> {
        let state = self.connector.state();
        Some(bare(state.asked.as_ref()?))
    }

    /// Allows the note on a slow call; do not allow it while the user is at a prompt.
    pub fn set_notes_allowed(&self, may: bool) {
        self.connector.state().notes_allowed = may;
    }
}

#[derive(Debug)]
struct Connector {
    client: Client<Dial, SdkBody>,
    proxies: Proxies,
    state: Mutex<Progress>,
}

/// The state of the calls, for notes and diagnoses.
#[derive(Debug)]
struct Progress {
    asked: Option<Uri>,
    notes_allowed: bool,
    has_noted: bool,
    clock_offset: Option<TimeDelta>,
}

#[derive(Debug)]
struct SdkAdapter(Arc<Connector>);

impl SdkConnector for SdkAdapter {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move { connector.send(request).await })
    }
}

impl Connector {
    fn state(&self) -> MutexGuard<'_, Progress> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say_what_is_waited_for(&self) {
        let mut state = self.state();
        if let Some(asked) = state.asked.as_ref().map(host)
            && state.notes_allowed
            && !state.has_noted
        {
            state.has_noted = true;
            text::note(&format!("waiting for {asked} …"));
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let mut request = request
            .try_into_http1x()
            .map_err(|error| ConnectorError::user(error.into()))?;
        self.state().asked = Some(request.uri().clone());
        // Through a tunnel the credentials were sent when it was made; otherwise they go with the
        // request. An error ends the connection.
        let is_http = request.uri().scheme_str() == Some("http");
        let proxy = self.proxies.find(request.uri()).ok().flatten();
        let proxy = proxy.filter(|_| is_http);
        if let Some(credentials) = proxy.as_ref().and_then(|it| it.intercept.basic_auth()) {
            let headers = request.headers_mut();
            headers.insert(header::PROXY_AUTHORIZATION, credentials.clone());
        }
        let asked = request.uri().clone();
        if has_code(request.body()) {
            request = request.map(|body| {
                SdkBody::from_body_1_x(body.map_frame(|frame| {
                    signals::set_code_sent(true);
                    frame
                }))
            });
        }
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| ConnectorError::io(error.into()))?;
        if let Some(proxy) = proxy
            && let Some(problem) = problem_of_proxy(&answer, proxy.shown)
        {
            let unreached = Unreached {
                host: host(&asked),
                problem,
            };
            return Err(ConnectorError::io(unreached.into()));
        }
        let date = answer.headers().get(header::DATE);
        let date = date.and_then(|date| date.to_str().ok());
        self.state().clock_offset = date.and_then(|date| offset_by_date(date, clock::now()));
        let answer = answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, LONGEST_ANSWER)));
        HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
    }
}

/// What a proxy itself answers to a request without TLS. An answer of AWS names the request.
fn problem_of_proxy<B>(answer: &Response<B>, proxy: Shown) -> Option<ConnectError> {
    let status = answer.status();
    if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Some(ConnectError::ProxyAuthorization { proxy });
    }
    let is_gateway = matches!(status.as_u16(), 502..=504);
    (is_gateway && !answer.headers().contains_key("x-amzn-requestid")).then(|| {
        let problem = format!("HTTP {}", status.as_u16());
        ConnectError::Proxy { proxy, problem }
    })
}

/// Whether a request has an MFA code. Its body is read once there is a connection.
fn has_code(body: &SdkBody) -> bool {
    const PARAMETER: &[u8] = b"TokenCode=";
    let mut parts = body.bytes().unwrap_or_default().windows(PARAMETER.len());
    parts.any(|part| part == PARAMETER)
}
