//! A connection to AWS, direct or through a proxy, with TLS; and why it failed.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Uri};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use rustls::{CertificateError, ClientConfig, OtherError};
use tower_service::Service;

use super::proxy::{Proxies, Proxy, Shown};
use super::trust::Untrusted;

/// How long to wait for a connection, including TLS and a proxy's tunnel: a person is waiting.
const CONNECT: Duration = Duration::from_secs(5);

/// No connection, so nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host} {problem}")]
pub struct Unreached {
    /// The endpoint's host.
    pub host: String,
    pub problem: ConnectError,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error("cannot be found: there is no address for this name ({0})")]
    Name(String),
    /// Nothing listens there, or the network does not lead there.
    #[error("cannot be reached ({0})")]
    Connect(String),
    /// No connection in time.
    #[error("cannot be reached: no connection within {} s", CONNECT.as_secs())]
    TimedOut,
    #[error("shows a certificate that is not trusted: {0}")]
    Untrusted(Untrusted),
    /// Another error in the TLS handshake.
    #[error("cannot be talked to securely ({0})")]
    Tls(String),
    /// The variable does not name a proxy that can be used.
    #[error("cannot be reached: {problem}")]
    BadProxy { problem: String, hint: String },
    /// The proxy cannot be reached, or makes no connection.
    #[error("cannot be reached: no connection through the proxy {} ({problem})", .proxy.address)]
    Proxy { proxy: Shown, problem: String },
    /// The proxy requires a user and a password.
    #[error("cannot be reached: the proxy {} wants a user and a password, or other ones", .proxy.address)]
    ProxyAuthorization { proxy: Shown },
}

impl ConnectError {
    /// What the user can do about it.
    pub(super) fn hint(&self) -> Cow<'static, str> {
        match self {
            Self::Name(_) => {
                "check the network, the region (--region) and AWS_ENDPOINT_URL; behind a \
                 company's proxy, name it: HTTPS_PROXY=http://proxy.example.com:3128"
            }
            Self::Connect(_) | Self::TimedOut => {
                "check the network and AWS_ENDPOINT_URL; behind a company's proxy, name it: \
                 HTTPS_PROXY=http://proxy.example.com:3128"
            }
            Self::Untrusted(untrusted) if untrusted.unknown_issuer => {
                return format!(
                    "behind a proxy that opens TLS, name its CA: AWS_CA_BUNDLE=/path/to/ca.pem, or \
                     ca_bundle in the profile (now decides: {})",
                    untrusted.place
                )
                .into();
            }
            Self::Untrusted(_) => {
                "check AWS_ENDPOINT_URL, the proxy, and the clock of this machine"
            }
            Self::Tls(_) => {
                "check AWS_ENDPOINT_URL and the proxy: what answers there does not speak TLS as AWS does"
            }
            Self::BadProxy { hint, .. } => return hint.clone().into(),
            Self::Proxy { proxy, .. } => {
                return format!(
                    "check {}, and list hosts that need no proxy in NO_PROXY",
                    proxy.variable
                )
                .into();
            }
            Self::ProxyAuthorization { proxy } => {
                return format!(
                    "put them into {}, percent-encoded: http://user:password@proxy.example.com:3128",
                    proxy.variable
                )
                .into();
            }
        }
        .into()
    }
}

/// Makes the connections, direct or through a proxy.
#[derive(Debug, Clone)]
pub(super) struct Dial {
    tcp: HttpConnector,
    tls: Arc<ClientConfig>,
    proxies: Proxies,
}

type BoxError = Box<dyn StdError + Send + Sync>;

impl Dial {
    pub(super) fn new(proxies: Proxies, tls: ClientConfig) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        Self {
            tcp,
            tls: Arc::new(tls),
            proxies,
        }
    }

    async fn connect(self, to: Uri) -> Result<Stream, Unreached> {
        let proxy = self.proxies.find(&to).map_err(|error| Unreached {
            host: host(&to),
            problem: ConnectError::BadProxy {
                problem: error.message,
                hint: error.hint.unwrap_or_default(),
            },
        })?;
        let connecting = async {
            match &proxy {
                None => {
                    let connection = self.with_tls(self.tcp.clone()).call(to.clone()).await;
                    connection
                        .map(|connection| Stream::new(connection, false))
                        .map_err(|error| problem_without_proxy(error.as_ref()))
                }
                Some(Proxy { intercept, shown }) => {
                    let credentials = intercept.basic_auth();
                    let connection = self.through(intercept.uri(), credentials, &to).await;
                    connection.map_err(|error| problem_with_proxy(error.as_ref(), shown.clone()))
                }
            }
        };
        let connected = tokio::time::timeout(CONNECT, connecting).await;
        let connected = connected.unwrap_or_else(|_| {
            Err(match &proxy {
                None => ConnectError::TimedOut,
                Some(proxy) => ConnectError::Proxy {
                    proxy: proxy.shown.clone(),
                    problem: format!("nothing within {} s", CONNECT.as_secs()),
                },
            })
        });
        connected.map_err(|problem| Unreached {
            host: host(&to),
            problem,
        })
    }

    /// Uses a tunnel for TLS. Sends a request without TLS to the proxy itself (RFC 9110, sections 7.3.2
    /// and 9.3.6).
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

    /// Adds TLS if the scheme is https.
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

/// A connection, direct or not.
pub(super) struct Stream {
    inner: Box<dyn Duplex>,
    /// Whether a proxy reads the requests itself.
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

/// The host of an address.
pub(super) fn host(uri: &Uri) -> String {
    uri.host().unwrap_or_default().to_owned()
}

/// An address without its final slash.
pub(super) fn bare(uri: &Uri) -> String {
    uri.to_string().trim_end_matches('/').to_owned()
}

/// An error and its causes, including the content of an [`io::Error`], which `source` omits.
pub(super) fn with_causes<'e>(
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
    with_causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn problem_without_proxy(error: &(dyn StdError + 'static)) -> ConnectError {
    if let Some(problem) = problem_of_tls(error) {
        problem
    } else if with_causes(error).any(|error| error.to_string().starts_with("dns error")) {
        ConnectError::Name(innermost(error))
    } else {
        ConnectError::Connect(innermost(error))
    }
}

fn problem_with_proxy(error: &(dyn StdError + 'static), proxy: Shown) -> ConnectError {
    if let Some(problem) = problem_of_tls(error) {
        problem
    } else if with_causes(error)
        .any(|error| error.to_string().ends_with("proxy authorization required"))
    {
        ConnectError::ProxyAuthorization { proxy }
    } else {
        let problem = match innermost(error).strip_prefix("tunnel error: ") {
            Some("unsuccessful") => "it refuses the tunnel".to_owned(),
            Some(other) => other.to_owned(),
            None => innermost(error),
        };
        ConnectError::Proxy { proxy, problem }
    }
}

fn problem_of_tls(error: &(dyn StdError + 'static)) -> Option<ConnectError> {
    let error = with_causes(error).find_map(|error| error.downcast_ref::<rustls::Error>())?;
    if let rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(other))) = error
        && let Some(untrusted) = other.downcast_ref::<Untrusted>()
    {
        return Some(ConnectError::Untrusted(untrusted.clone()));
    }
    Some(ConnectError::Tls(tls_problem(error).to_owned()))
}

/// An error of TLS in plain words; the library's own are names from its code.
fn tls_problem(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidMessage(_) => "the response is not TLS",
        rustls::Error::AlertReceived(_) => "the server ended the TLS handshake",
        rustls::Error::PeerIncompatible(_) => "no TLS version or cipher in common",
        rustls::Error::NoCertificatesPresented => "the server has no certificate",
        _ => "the TLS handshake failed",
    }
}
