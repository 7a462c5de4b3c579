//! The HTTP side: listeners, connections, and what happens to a request.

use std::future::{pending, poll_fn};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::answer::{Answer, Page};
use super::fault::Fault;
use super::log::Outcome;
use super::refusal::Refusal;
use super::request::Request;
use super::state::State;
use super::xml::{self, Service};
use super::{iam, sts};

/// What all connections share.
pub(crate) struct Server {
    state: Mutex<State>,
    connections: AtomicU64,
}

impl Server {
    pub(crate) fn new(state: State) -> Self {
        Self {
            state: Mutex::new(state),
            connections: AtomicU64::new(0),
        }
    }

    /// A test that panics while it edits the accounts fails anyway; the lock stays usable.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts connections until the runtime ends.
    pub(crate) async fn listen(self: Arc<Self>, listener: TcpListener, tls: Option<TlsAcceptor>) {
        while let Ok((stream, _)) = listener.accept().await {
            if self.state().injections.meet_connection() {
                reset(&stream);
                continue;
            }
            let server = Arc::clone(&self);
            let connection = self.connections.fetch_add(1, Ordering::Relaxed);
            let tls = tls.clone();
            tokio::spawn(async move {
                let Some(tls) = tls else {
                    return server.serve(stream, connection, false).await;
                };
                // A client that does not trust the certificate ends the handshake, so there is no
                // request.
                if let Ok(stream) = tls.accept(stream).await {
                    server.serve(stream, connection, true).await;
                }
            });
        }
    }

    async fn serve<S: Socket>(&self, stream: S, connection: u64, tls: bool) {
        let failed = AtomicBool::new(false);
        let service = service_fn(|request: hyper::Request<Incoming>| {
            Box::pin(async {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
                let answer = self
                    .answer(&Request::new(parts, body), connection, tls)
                    .await;
                answer.inspect_err(|_| failed.store(true, Ordering::Relaxed))
            })
        });
        let mut http = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // The client may leave at any time and with any error; the log has what matters.
        let _ = poll_fn(|context| http.poll_without_shutdown(context)).await;
        let mut stream = http.into_parts().io.into_inner();
        if failed.load(Ordering::Relaxed) {
            reset(stream.tcp());
        } else {
            let _ = stream.shutdown().await;
        }
    }

    /// Responds to one request; an error resets the connection.
    async fn answer(
        &self,
        request: &Request,
        connection: u64,
        tls: bool,
    ) -> io::Result<Response<Answer>> {
        let (entry, trouble) = {
            let mut state = self.state();
            state.log.entries.push(request.log_entry(connection, tls));
            let trouble = state.injections.meet(&request.action());
            (state.log.entries.len() - 1, trouble)
        };
        tokio::time::sleep(trouble.delay).await;

        let now = Utc::now() + chrono::Duration::seconds(trouble.clock_skew);
        let request_id = request_id();
        let instead = trouble
            .fault
            .as_ref()
            .and_then(|fault| Page::instead(fault, request.service(), &request_id));
        let (page, outcome) = match instead {
            Some(page) => (page, Outcome::Done),
            None => self.carry_out(request, now, &request_id),
        };
        let outcome = trouble.fault.clone().map_or(outcome, Outcome::Fault);
        self.state().log.entries[entry].outcome = outcome;

        let head = Response::builder()
            .header("date", now.format("%a, %d %b %Y %H:%M:%S GMT").to_string())
            .header("x-amzn-requestid", request_id);
        match trouble.fault {
            Some(Fault::HangBeforeAnswer) => pending().await,
            Some(Fault::ResetAfterRequest) => Err(io::ErrorKind::ConnectionReset.into()),
            Some(Fault::HangMidAnswer) => page.half(head, true),
            Some(Fault::TruncatedBody) => page.half(head, false),
            _ => page.whole(head),
        }
    }

    /// Executes the request as AWS would.
    fn carry_out(
        &self,
        request: &Request,
        now: DateTime<Utc>,
        request_id: &str,
    ) -> (Page, Outcome) {
        let Some(action) = request.param("Action") else {
            return (
                Page::plain(200, "STS and IAM are played here.\n"),
                Outcome::Done,
            );
        };
        let service = request.service();
        match evaluate(&mut self.state(), action, request, now) {
            Ok(result) => {
                let xml = xml::response(service, action, &result, request_id);
                (Page::xml(200, xml), Outcome::Done)
            }
            Err(refusal) => {
                let xml = xml::error(service, &refusal, request_id);
                (
                    Page::xml(refusal.status, xml),
                    Outcome::Refused(refusal.code),
                )
            }
        }
    }
}

fn evaluate(
    state: &mut State,
    action: &str,
    request: &Request,
    now: DateTime<Utc>,
) -> Result<String, Refusal> {
    let caller = state.authenticate(request, now)?;
    match (request.service(), action) {
        (Service::Sts, "GetSessionToken") => sts::get_session_token(state, request, &caller),
        (Service::Sts, "AssumeRole") => sts::assume_role(state, request, &caller),
        (Service::Sts, "GetCallerIdentity") => Ok(sts::get_caller_identity(&caller)),
        (Service::Iam, _) => iam::carry_out(state, action, request, &caller),
        _ => Err(Refusal::unknown_action(request)),
    }
}

/// A connection, encrypted or not.
trait Socket: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Makes this connection end in a reset.
fn reset(stream: &TcpStream) {
    stream.set_zero_linger().expect("a socket that is open");
}

/// A UUID, like AWS's request IDs.
fn request_id() -> String {
    let digits = format!("{:032x}", fastrand::u128(..));
    [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ]
    .join("-")
}
