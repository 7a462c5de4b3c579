//! Verifies Signature Version 4 of a request with AWS's own signer.

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use chrono::{DateTime, Duration, NaiveDateTime, Utc};

use super::refusal::Refusal;
use super::request::Request;
use super::xml::Service;

/// The format of the header `X-Amz-Date`.
pub(crate) const AMZ_DATE: &str = "%Y%m%dT%H%M%SZ";

/// How far a signature's time may differ from AWS's.
const TOLERANCE: Duration = Duration::minutes(5);

/// The parsed header `Authorization`.
pub(crate) struct Authorization<'r> {
    pub(crate) access_key_id: &'r str,
    date: &'r str,
    pub(crate) region: &'r str,
    service: &'r str,
    signed_headers: Vec<&'r str>,
    signature: &'r str,
}

impl<'r> Authorization<'r> {
    pub(crate) fn parse(header: &'r str) -> Result<Self, Refusal> {
        let incomplete = || {
            Refusal::new(
                400,
                "IncompleteSignature",
                format!("Authorization header is not complete. Authorization={header}"),
            )
        };
        let fields = header
            .strip_prefix("AWS4-HMAC-SHA256")
            .ok_or_else(incomplete)?;
        let field = |name: &str| {
            fields
                .split(',')
                .find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
                .ok_or_else(incomplete)
        };
        let credential: Vec<_> = field("Credential")?.split('/').collect();
        let &[access_key_id, date, region, service, "aws4_request"] = credential.as_slice() else {
            return Err(incomplete());
        };
        Ok(Self {
            access_key_id,
            date,
            region,
            service,
            signed_headers: field("SignedHeaders")?.split(';').collect(),
            signature: field("Signature")?,
        })
    }

    /// Whether this secret signed `request` for `service` around `now`.
    pub(crate) fn verify(
        &self,
        request: &Request,
        service: Service,
        secret: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        if self.service != service.name() {
            return Err(Refusal::signature(format!(
                "Credential should be scoped to correct service: '{}'. ",
                service.name()
            )));
        }
        let Some((date, signed_at)) = request.header("x-amz-date").and_then(|date| {
            let time = NaiveDateTime::parse_from_str(date, AMZ_DATE).ok()?;
            Some((date, time.and_utc()))
        }) else {
            return Err(Refusal::new(
                400,
                "IncompleteSignature",
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
            ));
        };
        if !date.starts_with(self.date) {
            return Err(Refusal::signature(format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date \
                 from HTTP: '{}' != '{}', from '{date}'.",
                self.date,
                date.split('T').next().unwrap_or_default(),
            )));
        }
        if signed_at < now - TOLERANCE {
            return Err(Refusal::signature_expired(signed_at, now, TOLERANCE));
        }
        if signed_at > now + TOLERANCE {
            return Err(Refusal::signature_not_yet_current(
                signed_at, now, TOLERANCE,
            ));
        }
        if self.signed_headers.contains(&"host")
            && self.recompute(request, secret, signed_at).as_deref() == Some(self.signature)
        {
            Ok(())
        } else {
            Err(Refusal::wrong_signature())
        }
    }

    /// The signature that `secret` gives over the headers which the client lists as signed; `None` if
    /// the request cannot be signed at all.
    fn recompute(&self, request: &Request, secret: &str, time: DateTime<Utc>) -> Option<String> {
        let mut headers = Vec::new();
        for &name in &self.signed_headers {
            let values = request.parts.headers.get_all(name);
            values.iter().next()?;
            for value in values {
                headers.push((name, value.to_str().ok()?));
            }
        }
        // A session token that is signed is already among the signed headers, so it is not needed here.
        let identity = Credentials::from_keys(self.access_key_id, secret, None).into();
        let mut settings = SigningSettings::default();
        settings.excluded_headers = None;
        if self.signed_headers.contains(&"x-amz-content-sha256") {
            // Sign the true hash of the body, not the one that the client sent.
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(time.into())
            .settings(settings)
            .build()
            .ok()?
            .into();
        let signable = SignableRequest::new(
            request.parts.method.as_str(),
            request.parts.uri.to_string(),
            headers.into_iter(),
            SignableBody::Bytes(&request.body),
        )
        .ok()?;
        let (_, signature) = sign(signable, &params).ok()?.into_parts();
        Some(signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIAL: &str = "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request";
    const SIGNATURE: &str = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";

    /// The request to IAM that the AWS General Reference signs step by step ("Signature Version 4
    /// signing process", complete example), with one thing changed.
    fn verify(
        query: &str,
        content_type: &str,
        body: &'static str,
        signed: &str,
    ) -> Result<(), Refusal> {
        let (parts, ()) = hyper::Request::get(format!("/?{query}"))
            .header("host", "iam.amazonaws.com")
            .header("content-type", content_type)
            .header("x-amz-date", "20150830T123600Z")
            .body(())
            .expect("a request")
            .into_parts();
        let request = Request::new(parts, body.into());
        let header = format!(
            "AWS4-HMAC-SHA256 Credential={CREDENTIAL}, SignedHeaders={signed}, Signature={SIGNATURE}"
        );
        let now = NaiveDateTime::parse_from_str("20150830T124000Z", AMZ_DATE).expect("a time");
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        Authorization::parse(&header)?.verify(&request, Service::Iam, secret, now.and_utc())
    }

    #[test]
    fn the_documented_signature_and_nothing_else() {
        let query = "Action=ListUsers&Version=2010-05-08";
        let content_type = "application/x-www-form-urlencoded; charset=utf-8";
        let signed = "content-type;host;x-amz-date";
        assert_eq!(verify(query, content_type, "", signed), Ok(()));
        let wrong = Err(Refusal::wrong_signature());
        assert_eq!(
            verify(
                "Action=ListRoles&Version=2010-05-08",
                content_type,
                "",
                signed
            ),
            wrong
        );
        assert_eq!(verify(query, "text/plain", "", signed), wrong);
        assert_eq!(verify(query, content_type, "UserName=bob", signed), wrong);
        assert_eq!(verify(query, content_type, "", "host;x-amz-date"), wrong);
        assert_eq!(
            verify(query, content_type, "", "content-type;x-amz-date"),
            wrong
        );
        assert_eq!(
            verify(
                query,
                content_type,
                "",
                "content-type;host;x-amz-date;x-none"
            ),
            wrong
        );
    }
}
