//! AWS's errors, with AWS's texts.

use chrono::{DateTime, Utc};

use super::request::Request;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    pub(crate) fn access_denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    pub(crate) fn signature(message: impl Into<String>) -> Self {
        Self::new(403, "SignatureDoesNotMatch", message)
    }

    pub(crate) fn invalid_code() -> Self {
        Self::access_denied(
            "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
        )
    }

    pub(crate) fn device_not_validated() -> Self {
        Self::access_denied(
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your \
             MFA serial number is valid and associated with this user.",
        )
    }

    pub(crate) fn half_of_mfa() -> Self {
        Self::access_denied(
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time \
             pass code.",
        )
    }

    pub(crate) fn session_credentials() -> Self {
        Self::access_denied("Cannot call GetSessionToken with session credentials")
    }

    pub(crate) fn not_authorized(caller: &str, action: &str, resource: &str) -> Self {
        Self::access_denied(format!(
            "User: {caller} is not authorized to perform: {action} on resource: {resource}"
        ))
    }

    pub(crate) fn invalid_token() -> Self {
        Self::new(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        )
    }

    pub(crate) fn expired_token() -> Self {
        Self::new(
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
        )
    }

    pub(crate) fn wrong_signature() -> Self {
        Self::signature(
            "The request signature we calculated does not match the signature you provided. Check \
             your AWS Secret Access Key and signing method. Consult the service documentation for \
             details.",
        )
    }

    pub(crate) fn signature_expired(
        signed: DateTime<Utc>,
        now: DateTime<Utc>,
        tolerance: chrono::Duration,
    ) -> Self {
        Self::signature(format!(
            "Signature expired: {} is now earlier than {} ({} - {} min.)",
            basic(signed),
            basic(now - tolerance),
            basic(now),
            tolerance.num_minutes(),
        ))
    }

    pub(crate) fn signature_not_yet_current(
        signed: DateTime<Utc>,
        now: DateTime<Utc>,
        tolerance: chrono::Duration,
    ) -> Self {
        Self::signature(format!(
            "Signature not yet current: {} is still later than {} ({} + {} min.)",
            basic(signed),
            basic(now + tolerance),
            basic(now),
            tolerance.num_minutes(),
        ))
    }

    /// IAM's 409: the request does not fit what is there.
    pub(crate) fn conflict(code: &str, message: &str) -> Self {
        Self::new(409, code, message)
    }

    pub(crate) fn no_such_entity(message: &str) -> Self {
        Self::new(404, "NoSuchEntity", message)
    }

    pub(crate) fn unknown_action(request: &Request) -> Self {
        let action = request.param("Action").unwrap_or_default();
        let version = request.param("Version").unwrap_or_default();
        let message = format!("Could not find operation {action} for version {version}");
        Self::new(400, "InvalidAction", message)
    }

    pub(crate) fn throttling() -> Self {
        Self::new(400, "Throttling", "Rate exceeded")
    }

    pub(crate) fn region_disabled(account: &str) -> Self {
        Self::new(
            403,
            "RegionDisabledException",
            format!(
                "STS is not activated in this region for account:{account}. Your account \
                 administrator can activate STS in this region using the IAM Console."
            ),
        )
    }
}

/// ISO 8601 basic format, as in the header `X-Amz-Date`.
fn basic(time: DateTime<Utc>) -> impl std::fmt::Display {
    time.format(super::sigv4::AMZ_DATE)
}
