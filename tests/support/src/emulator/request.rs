//! A request in the AWS query protocol.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::Utc;
use hyper::http::request::Parts;

use super::log::{Entry, Outcome};
use super::sigv4::Authorization;
use super::xml::Service;

pub(crate) struct Request {
    pub(crate) parts: Parts,
    pub(crate) body: Bytes,
    params: BTreeMap<String, String>,
}

impl Request {
    /// Takes the parameters from the body, or from the query of a GET.
    pub(crate) fn new(parts: Parts, body: Bytes) -> Self {
        let query = parts.uri.query().unwrap_or_default().as_bytes();
        let params = [query, &body[..]]
            .into_iter()
            .flat_map(|pairs| form_urlencoded::parse(pairs).into_owned())
            .collect();
        Self {
            parts,
            body,
            params,
        }
    }

    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name).map(String::as_str)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// The action; method and path if this is not an AWS request.
    pub(crate) fn action(&self) -> String {
        match self.param("Action") {
            Some(action) => action.to_owned(),
            None => format!("{} {}", self.parts.method, self.parts.uri.path()),
        }
    }

    /// The service, told by the API version: IAM's, otherwise STS.
    pub(crate) fn service(&self) -> Service {
        if self.param("Version") == Some("2010-05-08") {
            Service::Iam
        } else {
            Service::Sts
        }
    }

    pub(crate) fn log_entry(&self, connection: u64, tls: bool) -> Entry {
        let signed = self
            .header("authorization")
            .and_then(|value| Authorization::parse(value).ok());
        let param = |name| self.param(name).map(str::to_owned);
        Entry {
            action: self.action(),
            access_key_id: signed
                .as_ref()
                .map(|signed| signed.access_key_id.to_owned()),
            session_token: self.header("x-amz-security-token").is_some(),
            region: signed.map(|signed| signed.region.to_owned()),
            token_code: param("TokenCode"),
            serial_number: param("SerialNumber"),
            role_arn: param("RoleArn"),
            role_session_name: param("RoleSessionName"),
            duration_seconds: param("DurationSeconds"),
            external_id: param("ExternalId"),
            user_agent: self.header("user-agent").map(str::to_owned),
            time: Utc::now(),
            connection,
            tls,
            outcome: Outcome::Pending,
        }
    }
}
