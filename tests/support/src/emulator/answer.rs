//! Responses, and how much of them arrives.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use hyper::http::response::Builder;
use hyper::{Response, StatusCode};
use tokio::time::Sleep;

use super::accounts::Accounts;
use super::fault::Fault;
use super::refusal::Refusal;
use super::xml::{self, Service};

const TEN_MILLION: usize = 10_000_000;

/// How long to keep the connection open after half a response, so that the half arrives.
const HALF_ARRIVES: Duration = Duration::from_millis(50);

/// A response, before any fault changes it.
pub(crate) struct Page {
    status: u16,
    content_type: &'static str,
    body: Bytes,
}

impl Page {
    pub(crate) fn xml(status: u16, body: String) -> Self {
        Self {
            status,
            content_type: "text/xml",
            body: body.into(),
        }
    }

    pub(crate) fn plain(status: u16, body: &'static str) -> Self {
        Self {
            status,
            content_type: "text/plain",
            body: Bytes::from_static(body.as_bytes()),
        }
    }

    fn html(status: u16) -> Self {
        Self {
            status,
            content_type: "text/html; charset=utf-8",
            body: Bytes::from_static(
                b"<!DOCTYPE html>\n<html><head><title>Welcome to Example Guest Wi-Fi</title></head>\
                  <body><p>Please accept our terms &amp; conditions.<br></body></html>\n",
            ),
        }
    }

    /// The response of something in AWS's place, or `None` if this fault lets AWS respond.
    pub(crate) fn instead(fault: &Fault, service: Service, request_id: &str) -> Option<Self> {
        let refused =
            |refusal: &Refusal| Self::xml(refusal.status, xml::error(service, refusal, request_id));
        Some(match fault {
            Fault::Html(status) => Self::html(*status),
            Fault::EmptyBody(status) => Self::plain(*status, ""),
            Fault::MalformedXml => {
                Self::xml(200, "<Response><Result><Credentials></Response>".into())
            }
            Fault::HugeBody => Self::xml(200, "A".repeat(TEN_MILLION)),
            Fault::Error {
                status,
                code,
                message,
            } => refused(&Refusal::new(*status, code, message)),
            Fault::Throttling => refused(&Refusal::throttling()),
            Fault::RegionDisabled => refused(&Refusal::region_disabled(Accounts::ACCOUNT)),
            Fault::HangBeforeAnswer
            | Fault::HangMidAnswer
            | Fault::ResetAfterRequest
            | Fault::TruncatedBody
            | Fault::ResetOnConnect
            | Fault::Delay(_)
            | Fault::ClockSkew(_) => return None,
        })
    }

    pub(crate) fn whole(self, head: Builder) -> io::Result<Response<Answer>> {
        self.response(head, End::Complete)
    }

    /// Half the page, then silence or the end of the connection.
    pub(crate) fn half(self, head: Builder, hang: bool) -> io::Result<Response<Answer>> {
        let end = if hang {
            End::Hang
        } else {
            End::Cut(Box::pin(tokio::time::sleep(HALF_ARRIVES)))
        };
        self.response(head, end)
    }

    fn response(self, head: Builder, end: End) -> io::Result<Response<Answer>> {
        let length = self.body.len();
        let sent = match end {
            End::Complete => self.body,
            End::Hang | End::Cut(_) => self.body.slice(..length / 2),
        };
        let status = StatusCode::from_u16(self.status).map_err(io::Error::other)?;
        head.status(status)
            .header("content-type", self.content_type)
            .body(Answer {
                data: Some(sent).filter(|data| !data.is_empty()),
                missing: length as u64,
                end,
            })
            .map_err(io::Error::other)
    }
}

/// A body that may end before its announced length.
pub(crate) struct Answer {
    data: Option<Bytes>,
    /// Bytes announced but not sent.
    missing: u64,
    end: End,
}

enum End {
    Complete,
    Hang,
    Cut(Pin<Box<Sleep>>),
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(data) = self.data.take() {
            self.missing -= data.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match &mut self.end {
            End::Complete => Poll::Ready(None),
            End::Hang => Poll::Pending,
            End::Cut(half_arrives) => {
                ready!(half_arrives.as_mut().poll(context));
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.missing == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.missing)
    }
}
