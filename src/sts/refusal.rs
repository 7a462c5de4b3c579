//! Why a call to AWS gave no session: causes, sentences and hints in place of the SDK's errors,
//! whose own text may hold the answer's body and so a secret.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use http_body_util::LengthLimitError;

use super::connection::{ConnectError, Unreached, chain};
use crate::clock;
use crate::duration;
use crate::text::tame;

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `sts:GetSessionToken`
    GetSessionToken,
    /// `sts:AssumeRole`
    AssumeRole,
    /// `sts:GetCallerIdentity`
    GetCallerIdentity,
    /// `iam:ListMFADevices`
    ListMfaDevices,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GetSessionToken => "sts:GetSessionToken",
            Self::AssumeRole => "sts:AssumeRole",
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
            Self::ListMfaDevices => "iam:ListMFADevices",
        })
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub cause: Cause,
    /// The ID under which AWS's support finds the request.
    pub request_id: Option<String>,
}

/// Why a call failed. The texts of AWS that tell them apart were seen on its servers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The code is wrong, or was used before.
    #[error("the MFA code is wrong or was used before")]
    WrongCode,
    /// The device is not this user's, or was tried too often.
    #[error("the MFA device is not one of this user's, or too many codes were tried with it")]
    Device,
    /// The device is locked for a while: codes were refused before that it accepted the name of.
    #[error("too many codes were tried with the MFA device, so AWS looks at none for a while")]
    TooManyTries,
    /// The role wants MFA and none was given.
    #[error("MFA is needed for this call")]
    MfaMissing,
    /// `GetSessionToken` with the keys of a session.
    #[error("the keys are those of a temporary session, which cannot start another")]
    SessionKeys,
    /// A role behind a session for longer than an hour.
    #[error("a role that is assumed by a temporary session lives an hour at most")]
    TooLongForChaining,
    /// Longer than the role allows.
    #[error("the role does not allow sessions as long as this")]
    TooLongForRole,
    /// The clock of this machine is off.
    #[error("the clock of this machine is {}", offset_in_words(*.0))]
    Clock(Option<TimeDelta>),
    /// The secret access key does not go with the access key ID.
    #[error("the secret access key does not belong to the access key ID")]
    WrongSecret,
    /// The access key is not known.
    #[error("AWS does not know the access key")]
    UnknownKey,
    /// The session is over.
    #[error("the session has expired")]
    Expired,
    /// `AssumeRole` was denied.
    #[error("the role may not be assumed this way")]
    RoleRefused,
    /// Another call was denied.
    #[error("the user has no permission for {0}")]
    Denied(Operation),
    /// STS is not active in the region.
    #[error("the region is not enabled for this account")]
    RegionDisabled,
    /// Too many calls.
    #[error("AWS answers that there are too many requests")]
    Throttled,
    /// Any other error that AWS names.
    #[error("AWS answers {code}{}", .message.as_deref().map(|m| format!(": {m}")).unwrap_or_default())]
    Service {
        /// The error code.
        code: String,
        /// The message, where it is safe to repeat.
        message: Option<String>,
    },
    /// An answer that does not come from AWS, or not whole.
    #[error("the answer (HTTP status {0}) is not one of AWS's")]
    NotAws(u16),
    /// A server error.
    #[error("AWS answers that something is wrong on its side (HTTP status {0})")]
    Server(u16),
    /// An answer without the credentials that it should hold.
    #[error("the answer of AWS is incomplete")]
    Incomplete,
    /// An answer much longer than any of AWS's.
    #[error("the answer is too long to be one of AWS's")]
    TooLong,
    /// The proxy wants to know who asks, and says so in place of AWS.
    #[error("the proxy wants a user and a password, or other ones")]
    ProxyAuthorization,
    /// There is no connection, so nothing was sent.
    #[error("{0}")]
    Unreached(Box<Unreached>),
    /// No answer in time.
    #[error("AWS did not answer in time")]
    TimedOut,
    /// The connection broke.
    #[error("the connection broke off before the answer ({0})")]
    Broken(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cause)?;
        if let (Cause::Server(_) | Cause::Service { .. } | Cause::Throttled, Some(id)) =
            (&self.cause, &self.request_id)
        {
            write!(f, " (request {id})")?;
        }
        Ok(())
    }
}

impl StdError for Refusal {}

impl Refusal {
    /// An answer without what it should hold.
    #[must_use]
    pub fn incomplete() -> Self {
        Self {
            cause: Cause::Incomplete,
            request_id: None,
        }
    }

    /// A clock that is so far ahead of AWS's, or behind where negative, that requests are refused.
    #[must_use]
    pub fn clock(offset: TimeDelta) -> Self {
        Self {
            cause: Cause::Clock(Some(offset)),
            request_id: None,
        }
    }

    /// What an error of the SDK means.
    pub fn from_sdk<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let answer = error.raw_response();
        let status = answer.map(|raw| raw.status().as_u16());
        let cause = match error {
            SdkError::ServiceError(_) if is_html(answer) => Cause::NotAws(status.unwrap_or(0)),
            SdkError::ServiceError(service) => {
                let error = service.err();
                by_code(
                    operation,
                    error.code(),
                    error.message(),
                    status.unwrap_or(0),
                )
            }
            SdkError::TimeoutError(_) => Cause::TimedOut,
            SdkError::DispatchFailure(failure) => failure.as_connector_error().map_or_else(
                || Cause::Broken(String::new()),
                |error| by_connection(error),
            ),
            SdkError::ResponseError(_) => by_reading(error, status.unwrap_or(0)),
            _ => Cause::Incomplete,
        };
        let cause = match cause {
            Cause::Clock(None) => {
                let date = answer.and_then(|answer| answer.headers().get("date"));
                Cause::Clock(date.and_then(|date| offset_by_date(date, clock::now())))
            }
            cause => cause,
        };
        Self {
            cause,
            request_id: error.request_id().map(str::to_owned),
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.cause {
            Cause::WrongCode => {
                "wait until the device shows the next code: each works once".to_owned()
            }
            Cause::Device => {
                "check the serial number (--serial, mfa_serial, AWS_MFA_SERIAL); after many wrong codes \
                 wait three minutes"
                    .to_owned()
            }
            Cause::TooManyTries => "wait three minutes, then try with a fresh code".to_owned(),
            Cause::MfaMissing => "give a code: awsmfa env 123456".to_owned(),
            Cause::SessionKeys => "name a profile with long-term keys: --profile NAME".to_owned(),
            Cause::TooLongForChaining => "ask for an hour at most: --duration 1h".to_owned(),
            Cause::TooLongForRole => {
                "ask for less (--duration 1h), or let an administrator raise the role's maximum session \
                 duration"
                    .to_owned()
            }
            Cause::Clock(_) => "set the clock of this machine right, then try again".to_owned(),
            Cause::WrongSecret => {
                "check the secret access key of the source (the whole of it, without blanks)".to_owned()
            }
            Cause::UnknownKey => {
                "check that the access key exists and is active, and that the region is of its partition \
                 and enabled for the account"
                    .to_owned()
            }
            Cause::Expired => "start a new one: awsmfa env".to_owned(),
            Cause::RoleRefused => {
                "check the role's ARN, its trust policy (the user as principal, the external ID, \
                 aws:MultiFactorAuthPresent, aws:MultiFactorAuthAge) and the user's permission for \
                 sts:AssumeRole"
                    .to_owned()
            }
            Cause::Denied(Operation::ListMfaDevices) => {
                "name the device: --serial ARN, mfa_serial in the profile, or AWS_MFA_SERIAL".to_owned()
            }
            Cause::Denied(_) => "ask an administrator for the permission".to_owned(),
            Cause::RegionDisabled => {
                "use another region (--region), or let an administrator enable this one".to_owned()
            }
            Cause::Throttled => "wait a minute, then try again".to_owned(),
            Cause::Service { .. } | Cause::Server(_) | Cause::Incomplete | Cause::Broken(_) => {
                "try again with the next code; if it stays, see https://health.aws.amazon.com".to_owned()
            }
            Cause::NotAws(_) => {
                "look for a captive portal or a proxy that answers in place of AWS, and check \
                 AWS_ENDPOINT_URL"
                    .to_owned()
            }
            Cause::TooLong => "check AWS_ENDPOINT_URL: something else than AWS answers there".to_owned(),
            Cause::TimedOut => "check the network and the proxy, then try again with the next code".to_owned(),
            Cause::ProxyAuthorization => hint_of(&ConnectError::ProxyAuthorization {
                proxy: String::new(),
            }),
            Cause::Unreached(unreached) => hint_of(&unreached.problem),
        }
    }

    /// Whether the request never left: no code can have been spent, and another try may do better.
    #[must_use]
    pub fn was_never_sent(&self) -> bool {
        let Cause::Unreached(unreached) = &self.cause else {
            return false;
        };
        matches!(
            unreached.problem,
            ConnectError::Name(_) | ConnectError::Connect(_)
        )
    }

    /// Whether the trouble may pass within a second.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        let passing = matches!(
            self.cause,
            Cause::Broken(_) | Cause::Server(_) | Cause::Throttled
        );
        passing || self.was_never_sent()
    }

    /// Whether a session that was used for the call is of no more use, so that a fresh code may help.
    #[must_use]
    pub fn wants_fresh_mfa(&self) -> bool {
        matches!(
            self.cause,
            Cause::Expired | Cause::RoleRefused | Cause::UnknownKey | Cause::MfaMissing
        )
    }
}

/// A page for a browser, which AWS never sends.
fn is_html(answer: Option<&HttpResponse>) -> bool {
    let kind = answer.and_then(|answer| answer.headers().get("content-type"));
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

fn hint_of(problem: &ConnectError) -> String {
    match problem {
        ConnectError::Name(_) => "check the network, the region (--region) and AWS_ENDPOINT_URL; behind a \
             company's proxy, name it: HTTPS_PROXY=http://proxy.example.com:3128"
            .to_owned(),
        ConnectError::Connect(_) | ConnectError::TimedOut => {
            "check the network and AWS_ENDPOINT_URL; behind a company's proxy, name it: \
             HTTPS_PROXY=http://proxy.example.com:3128"
                .to_owned()
        }
        ConnectError::Untrusted(untrusted) if untrusted.unknown_issuer => format!(
            "behind a proxy that opens TLS, name its CA: AWS_CA_BUNDLE=/path/to/ca.pem, or ca_bundle in \
             the profile (now decides: {})",
            untrusted.place
        ),
        ConnectError::Untrusted(_) => {
            "check AWS_ENDPOINT_URL, the proxy, and the clock of this machine".to_owned()
        }
        ConnectError::Tls(_) => {
            "check AWS_ENDPOINT_URL and the proxy: what answers there does not speak TLS as AWS does"
                .to_owned()
        }
        ConnectError::Proxy { .. } => {
            "check HTTPS_PROXY, and name hosts that need no proxy in NO_PROXY".to_owned()
        }
        ConnectError::ProxyAuthorization { .. } => {
            "put them into HTTPS_PROXY, percent-encoded: http://user:password@proxy.example.com:3128"
                .to_owned()
        }
    }
}

fn by_code(operation: Operation, code: Option<&str>, message: Option<&str>, status: u16) -> Cause {
    let text = message.unwrap_or_default();
    let is_code = |code: &&str| code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    let Some(code) = code.filter(is_code) else {
        return match status {
            407 => Cause::ProxyAuthorization,
            500.. => Cause::Server(status),
            _ => Cause::NotAws(status),
        };
    };
    match code {
        "AccessDenied" | "AccessDeniedException" => {
            if text.contains("invalid MFA one time pass code") {
                Cause::WrongCode
            } else if text.contains("unable to validate MFA code") {
                Cause::Device
            } else if text.contains("must provide both MFA serial number") {
                Cause::MfaMissing
            } else if text.contains("with session credentials") {
                Cause::SessionKeys
            } else if operation == Operation::AssumeRole {
                Cause::RoleRefused
            } else {
                Cause::Denied(operation)
            }
        }
        "ValidationError" if text.contains("role chaining") => Cause::TooLongForChaining,
        "ValidationError" if text.contains("MaxSessionDuration") => Cause::TooLongForRole,
        "SignatureDoesNotMatch" if text.starts_with("Signature ") => Cause::Clock(offset(text)),
        "RequestTimeTooSkewed" | "RequestExpired" => Cause::Clock(None),
        "SignatureDoesNotMatch" | "IncompleteSignature" => Cause::WrongSecret,
        "InvalidClientTokenId" | "UnrecognizedClientException" => Cause::UnknownKey,
        "ExpiredToken" | "ExpiredTokenException" => Cause::Expired,
        "RegionDisabledException" => Cause::RegionDisabled,
        "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded" => Cause::Throttled,
        _ if status >= 500 => Cause::Server(status),
        _ => Cause::Service {
            code: code.to_owned(),
            // A validation error repeats what was sent, a token code perhaps.
            message: (code != "ValidationError" && !text.is_empty()).then(|| printable(text)),
        },
    }
}

/// Why there was no answer: no connection, or one that broke.
fn by_connection(error: &(dyn StdError + 'static)) -> Cause {
    if let Some(unreached) = chain(error).find_map(|error| error.downcast_ref::<Unreached>()) {
        return Cause::Unreached(Box::new(unreached.clone()));
    }
    let innermost = chain(error).last().map(ToString::to_string);
    Cause::Broken(printable(&innermost.unwrap_or_default()))
}

/// Why an answer could not be read to its end or made sense of.
fn by_reading(error: &(dyn StdError + 'static), status: u16) -> Cause {
    let broken = |error: &(dyn StdError + 'static)| {
        error.is::<hyper::Error>() || error.is::<std::io::Error>()
    };
    if chain(error).any(<dyn StdError>::is::<LengthLimitError>) {
        Cause::TooLong
    } else if chain(error).any(broken) {
        Cause::Broken("the answer is not whole".to_owned())
    } else {
        Cause::NotAws(status)
    }
}

/// Text of the other end: one line, tame, not long, and without a token code, which an answer may
/// repeat.
fn printable(text: &str) -> String {
    const LONGEST: usize = 300;
    let mut line: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .take(LONGEST + 1)
        .collect();
    if line.chars().count() > LONGEST {
        line.pop();
        line.push('…');
    }
    tame(&without_codes(line.trim())).into_owned()
}

/// Takes the place of every run of six digits.
fn without_codes(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = &rest[start..];
        let end = digits.find(|c: char| !c.is_ascii_digit());
        let digits = &digits[..end.unwrap_or(digits.len())];
        kept.push_str(&rest[..start]);
        kept.push_str(if digits.len() == 6 { "……" } else { digits });
        rest = &rest[start + digits.len()..];
    }
    kept + rest
}

/// How far this machine's clock is ahead of AWS's, read from a text like `Signature expired:
/// 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)`, whose first
/// time is ours and whose last is AWS's.
fn offset(text: &str) -> Option<TimeDelta> {
    let times: Vec<DateTime<Utc>> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter_map(|word| NaiveDateTime::parse_from_str(word, "%Y%m%dT%H%M%SZ").ok())
        .map(|time| time.and_utc())
        .collect();
    match times.as_slice() {
        [ours, .., theirs] => Some(*ours - *theirs),
        _ => None,
    }
}

/// How far a clock is ahead of the one that wrote the header `Date` (RFC 9110, section 6.6.1).
pub(super) fn offset_by_date(date: &str, now: DateTime<Utc>) -> Option<TimeDelta> {
    let theirs = DateTime::parse_from_rfc2822(date).ok()?;
    Some(now - theirs.with_timezone(&Utc))
}

fn offset_in_words(offset: Option<TimeDelta>) -> String {
    let Some(offset) = offset else {
        return "more than five minutes off".to_owned();
    };
    let direction = if offset < TimeDelta::zero() {
        "behind"
    } else {
        "ahead of"
    };
    // AWS minds five minutes and more, so that seconds tell nothing.
    let minutes = (offset.abs() + TimeDelta::seconds(30)).num_minutes();
    let by = Duration::from_mins(minutes.unsigned_abs());
    format!("{} {direction} AWS's", duration::in_words(by))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(operation: Operation, message: &str) -> Cause {
        by_code(operation, Some("AccessDenied"), Some(message), 403)
    }

    #[test]
    fn the_texts_of_aws_are_told_apart() {
        let operation = Operation::GetSessionToken;
        assert_eq!(
            denied(
                operation,
                "MultiFactorAuthentication failed with invalid MFA one time pass code. "
            ),
            Cause::WrongCode
        );
        assert_eq!(
            denied(
                operation,
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA \
                 serial number is valid and associated with this user."
            ),
            Cause::Device
        );
        assert_eq!(
            denied(
                operation,
                "Cannot call GetSessionToken with session credentials"
            ),
            Cause::SessionKeys
        );
        assert_eq!(
            denied(
                Operation::AssumeRole,
                "User: arn:aws:iam::123456789012:user/alice is not authorized to perform: sts:AssumeRole on \
                 resource: arn:aws:iam::111122223333:role/dev"
            ),
            Cause::RoleRefused
        );
        assert_eq!(
            denied(Operation::ListMfaDevices, "User: …"),
            Cause::Denied(Operation::ListMfaDevices)
        );
    }

    #[test]
    fn a_clock_that_is_off_says_by_how_much() {
        let behind = "Signature expired: 20261124T100000Z is now earlier than 20261124T105500Z \
                      (20261124T110000Z - 5 min.)";
        let cause = by_code(
            Operation::GetSessionToken,
            Some("SignatureDoesNotMatch"),
            Some(behind),
            403,
        );
        assert_eq!(
            cause.to_string(),
            "the clock of this machine is 1h behind AWS's"
        );
        let ahead = "Signature not yet current: 20261124T120000Z is still later than 20261124T110500Z \
                     (20261124T110000Z + 5 min.)";
        let cause = by_code(
            Operation::GetSessionToken,
            Some("SignatureDoesNotMatch"),
            Some(ahead),
            403,
        );
        assert_eq!(
            cause.to_string(),
            "the clock of this machine is 1h ahead of AWS's"
        );
    }

    #[test]
    fn a_validation_error_is_not_repeated() {
        let text = "1 validation error detected: Value '123456' at 'tokenCode' failed to satisfy constraint: …";
        let cause = by_code(
            Operation::GetSessionToken,
            Some("ValidationError"),
            Some(text),
            400,
        );
        assert_eq!(cause.to_string(), "AWS answers ValidationError");
    }

    #[test]
    fn text_of_the_other_end_is_tamed() {
        let printed = printable(&format!("a\x1b[31m\nb{}", "x".repeat(1000)));
        let start = "a\\u{1b}[31m b";
        assert_eq!(printed, format!("{start}{}…", "x".repeat(300 - 8)));
        let told = "account 123456789012: 123456, x654321y";
        assert_eq!(printable(told), "account 123456789012: ……, x……y");
    }
}
