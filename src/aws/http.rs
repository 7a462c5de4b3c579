//! The one HTTP client of the process: one connector serves every request, so that a connection that
//! was made early is there later.

use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector as SdkConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use chrono::TimeDelta;
use http::{HeaderValue, Uri, header};
use http_body_util::Limited;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{CertificateError, ClientConfig, OtherError};
use tower_service::Service;

use super::proxy::{Proxies, Shown};
use super::refusal::offset_by_date;
use super::trust::{Trust, Untrusted};
use crate::clock;
use crate::report;

/// The time for a connection, TLS and a proxy's tunnel included: a person waits for it.
const CONNECT: Duration = Duration::from_secs(5);

/// What waits longer than this says so.
const SLOW: Duration = Duration::from_secs(1);

/// More than the longest answer of STS and IAM by far.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// There is no connection, so nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host} {problem}")]
pub struct Unreached {
    /// The endpoint's host.
    pub host: String,
    /// Why.
    pub problem: Problem,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No address for the name.
    #[error("cannot be found: there is no address for this name ({0})")]
    Name(String),
    /// Nothing listens there, or the network does not lead there.
    #[error("cannot be reached ({0})")]
    Connect(String),
    /// No connection in time.
    #[error("cannot be reached: no connection within {} s", CONNECT.as_secs())]
    TimedOut,
    /// The certificate.
    #[error("shows a certificate that is not trusted: {0}")]
    Untrusted(Untrusted),
    /// Something else in the TLS handshake.
    #[error("cannot be talked to securely ({0})")]
    Tls(String),
    /// The proxy cannot be reached.
    #[error("cannot be reached: the proxy {proxy} gives no connection ({problem})")]
    Proxy {
        /// Its address, without user and password.
        proxy: String,
        /// Why.
        problem: String,
    },
    /// The proxy wants to know who asks.
    #[error("cannot be reached: the proxy {proxy} wants a user and a password, or other ones")]
    ProxyAuthorization {
        /// Its address, without user and password.
        proxy: String,
    },
}

/// The client.
#[derive(Debug, Clone)]
pub struct Http {
    authorities: String,
    connector: Arc<Connector>,
}

impl Http {
    /// A client that goes by these proxies and trusts these authorities. Certificates of the platform
    /// are loaded when the first connection needs them.
    pub fn new(proxies: Proxies, trust: Trust) -> Result<Self, rustls::Error> {
        let authorities = trust.place().to_owned();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let dial = Dial {
            tcp,
            tls: Arc::new(trust.client_config()?),
            proxies: proxies.clone(),
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(dial);
        Ok(Self {
            authorities,
            connector: Arc::new(Connector {
                client,
                proxies,
                told: Mutex::new(Told {
                    asked: None,
                    may_speak: true,
                    has_spoken: false,
                    clock_offset: None,
                }),
            }),
        })
    }

    /// The client as the SDK takes it.
    pub(super) fn for_sdk(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(ForSdk(Arc::clone(&self.connector)));
        http_client_fn(move |_, _| connector.clone())
    }

    /// Waits for a call, and says once what is waited for where that takes long.
    pub(super) async fn wait_for<T>(&self, call: impl Future<Output = T>) -> T {
        tokio::pin!(call);
        loop {
            match tokio::time::timeout(SLOW, &mut call).await {
                Ok(done) => return done,
                Err(_) => self.connector.say_what_is_waited_for(),
            }
        }
    }

    /// How far this machine's clock is ahead of the one of who answered last.
    #[must_use]
    pub fn clock_offset(&self) -> Option<TimeDelta> {
        self.connector.told().clock_offset
    }

    /// The proxy on the way to the host that was asked last.
    #[must_use]
    pub fn proxy(&self) -> Option<Shown> {
        let told = self.connector.told();
        self.connector.proxies.shown(told.asked.as_ref()?)
    }

    /// Which authorities are trusted, in words.
    #[must_use]
    pub fn authorities(&self) -> &str {
        &self.authorities
    }

    /// The address that was asked last, like `https://sts.eu-central-1.amazonaws.com`.
    #[must_use]
    pub fn asked(&self) -> Option<String> {
        let told = self.connector.told();
        Some(bare(told.asked.as_ref()?))
    }

    /// Whether what is slow may say so; not while a question stands at the terminal.
    pub fn may_speak(&self, may: bool) {
        self.connector.told().may_speak = may;
    }
}

#[derive(Debug)]
struct Connector {
    client: Client<Dial, SdkBody>,
    proxies: Proxies,
    told: Mutex<Told>,
}

/// What the user is told, of what is waited for and what was found.
#[derive(Debug)]
struct Told {
    asked: Option<Uri>,
    may_speak: bool,
    has_spoken: bool,
    clock_offset: Option<TimeDelta>,
}

#[derive(Debug)]
struct ForSdk(Arc<Connector>);

impl SdkConnector for ForSdk {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move { connector.send(request).await })
    }
}

impl Connector {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say_what_is_waited_for(&self) {
        let mut told = self.told();
        if let Some(asked) = told.asked.as_ref().map(host)
            && told.may_speak
            && !told.has_spoken
        {
            told.has_spoken = true;
            report::note(&format!("waiting for {asked} …"));
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let mut request = request
            .try_into_http1x()
            .map_err(|error| ConnectorError::user(error.into()))?;
        self.told().asked = Some(request.uri().clone());
        // Through a tunnel the credentials went before; else they go with the request.
        if request.uri().scheme_str() == Some("http")
            && let Some(proxy) = self.proxies.intercept(request.uri())
            && let Some(credentials) = proxy.basic_auth()
        {
            let headers = request.headers_mut();
            headers.insert(header::PROXY_AUTHORIZATION, credentials.clone());
        }
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| ConnectorError::io(error.into()))?;
        let date = answer.headers().get(header::DATE);
        let date = date.and_then(|date| date.to_str().ok());
        self.told().clock_offset = date.and_then(|date| offset_by_date(date, clock::now()));
        let answer = answer.map(|body| SdkBody::from_body_1_x(Limited::new(body, LONGEST_ANSWER)));
        HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
    }
}

/// Makes the connections: straight, or by a proxy.
#[derive(Debug, Clone)]
struct Dial {
    tcp: HttpConnector,
    tls: Arc<ClientConfig>,
    proxies: Proxies,
}

type BoxError = Box<dyn StdError + Send + Sync>;

impl Dial {
    async fn connect(self, to: Uri) -> Result<Stream, Unreached> {
        let connecting = async {
            match self.proxies.intercept(&to) {
                None => {
                    let connection = self.with_tls(self.tcp.clone()).call(to.clone()).await;
                    connection
                        .map(|connection| Stream::new(connection, false))
                        .map_err(|error| problem_without_proxy(error.as_ref()))
                }
                Some(proxy) => {
                    let connection = self.through(proxy.uri(), proxy.basic_auth(), &to).await;
                    connection
                        .map_err(|error| problem_with_proxy(error.as_ref(), bare(proxy.uri())))
                }
            }
        };
        let connected = tokio::time::timeout(CONNECT, connecting).await;
        let connected = connected.unwrap_or_else(|_| {
            Err(match self.proxies.intercept(&to) {
                None => Problem::TimedOut,
                Some(proxy) => Problem::Proxy {
                    proxy: bare(proxy.uri()),
                    problem: format!("nothing within {} s", CONNECT.as_secs()),
                },
            })
        });
        connected.map_err(|problem| Unreached {
            host: host(&to),
            problem,
        })
    }

    /// By a tunnel for TLS; a request without TLS is given to the proxy itself (RFC 9110, sections
    /// 7.3.2 and 9.3.6).
    async fn through(
        &self,
        proxy: &Uri,
        credentials: Option<&HeaderValue>,
        to: &Uri,
    ) -> Result<Stream, BoxError> {
        let mut to_proxy = self.with_tls(self.tcp.clone());
        if to.scheme_str() == Some("http") {
            return Ok(Stream::new(to_proxy.call(proxy.clone()).await?, true));
        }
        let mut tunnel = Tunnel::new(proxy.clone(), to_proxy);
        if let Some(credentials) = credentials {
            tunnel = tunnel.with_auth(credentials.clone());
        }
        let connection = self.with_tls(tunnel).call(to.clone()).await?;
        Ok(Stream::new(connection, false))
    }

    /// TLS on top, where the scheme is https.
    fn with_tls<C>(&self, connector: C) -> HttpsConnector<C> {
        HttpsConnector::from((connector, Arc::clone(&self.tls)))
    }
}

impl Service<Uri> for Dial {
    type Response = Stream;
    type Error = Unreached;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Unreached>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unreached>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        Box::pin(self.clone().connect(to))
    }
}

trait Duplex: Read + Write + Send + Unpin {}

impl<T: Read + Write + Send + Unpin> Duplex for T {}

/// A connection, however it was made.
struct Stream {
    inner: Box<dyn Duplex>,
    /// Whether the proxy reads the requests itself.
    is_proxied: bool,
}

impl Stream {
    fn new(inner: impl Duplex + 'static, is_proxied: bool) -> Self {
        Self {
            inner: Box::new(inner),
            is_proxied,
        }
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new().proxy(self.is_proxied)
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

fn host(uri: &Uri) -> String {
    uri.host().unwrap_or_default().to_owned()
}

/// An address without the slash at its end.
fn bare(uri: &Uri) -> String {
    uri.to_string().trim_end_matches('/').to_owned()
}

/// An error and what is below it, the content of an [`io::Error`] too, which `source` leaves out.
pub(super) fn chain<'e>(
    error: &'e (dyn StdError + 'static),
) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let inside = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        match inside {
            Some(inside) => Some(inside as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn problem_without_proxy(error: &(dyn StdError + 'static)) -> Problem {
    if let Some(problem) = problem_of_tls(error) {
        problem
    } else if chain(error).any(|error| error.to_string().starts_with("dns error")) {
        Problem::Name(innermost(error))
    } else {
        Problem::Connect(innermost(error))
    }
}

fn problem_with_proxy(error: &(dyn StdError + 'static), proxy: String) -> Problem {
    if let Some(problem) = problem_of_tls(error) {
        problem
    } else if chain(error).any(|error| error.to_string().ends_with("proxy authorization required"))
    {
        Problem::ProxyAuthorization { proxy }
    } else {
        let problem = match innermost(error).strip_prefix("tunnel error: ") {
            Some("unsuccessful") => "it refuses the tunnel".to_owned(),
            Some(other) => other.to_owned(),
            None => innermost(error),
        };
        Problem::Proxy { proxy, problem }
    }
}

fn problem_of_tls(error: &(dyn StdError + 'static)) -> Option<Problem> {
    let error = chain(error).find_map(|error| error.downcast_ref::<rustls::Error>())?;
    if let rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) = error
        && let Some(untrusted) = other.downcast_ref::<Untrusted>()
    {
        return Some(Problem::Untrusted(untrusted.clone()));
    }
    Some(Problem::Tls(error.to_string()))
}
