//! Why a call to AWS failed: causes, sentences and hints. The text of the SDK's errors is not used,
//! since it may contain the response's body and so a secret.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sts::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use http_body_util::LengthLimitError;

use super::connection::{ConnectError, PROXY_AUTHORIZATION, Unreached, chain};
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

/// Why a call failed; [`Cause::words`] says it in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    WrongCode,
    Device,
    /// AWS accepted the device before, so [`Cause::Device`] means this.
    TooManyTries,
    MfaMissing,
    SessionKeys,
    TooLongForChaining,
    TooLongForRole,
    /// This machine's clock is wrong, by this much if AWS says so.
    Clock(Option<TimeDelta>),
    WrongSecret,
    UnknownKey,
    Expired,
    Denied(Operation),
    RegionDisabled,
    Throttled,
    /// Any other error that AWS names.
    Service {
        code: String,
        /// The message, where it is safe to repeat.
        message: Option<String>,
    },
    /// With the HTTP status.
    NotAws(u16),
    /// With the HTTP status.
    Server(u16),
    Incomplete,
    TooLong,
    ProxyAuthorization,
    /// No connection, so nothing was sent.
    Unreached(Box<Unreached>),
    TimedOut,
    Broken(String),
}

impl Cause {
    /// What is wrong, and what the user can do about it.
    #[allow(clippy::too_many_lines, reason = "a table with a row for each cause")]
    fn words(&self) -> (Cow<'static, str>, Cow<'static, str>) {
        const NEXT_CODE: &str =
            "try again with the next code; if it stays, see https://health.aws.amazon.com";
        let (what, hint): (Cow<'static, str>, &str) = match self {
            Self::WrongCode => (
                "the MFA code is wrong or was used before".into(),
                "wait until the device shows the next code: each works once",
            ),
            Self::Device => (
                "the MFA device is not one of this user's, or too many codes were tried with it"
                    .into(),
                "check the serial number (--serial, mfa_serial, AWS_MFA_SERIAL); after many wrong codes \
                 wait three minutes",
            ),
            Self::TooManyTries => (
                "too many codes were tried with the MFA device, so AWS looks at none for a while"
                    .into(),
                "wait three minutes, then try with a fresh code",
            ),
            Self::MfaMissing => (
                "MFA is needed for this call".into(),
                "give a code: awsmfa env 123456",
            ),
            Self::SessionKeys => (
                "the keys are those of a temporary session, which cannot start another".into(),
                "name a profile with long-term keys: --profile NAME",
            ),
            Self::TooLongForChaining => (
                "a role that is assumed by a temporary session lives an hour at most".into(),
                "ask for an hour at most: --duration 1h",
            ),
            Self::TooLongForRole => (
                "the role does not allow sessions as long as this".into(),
                "ask for less (--duration 1h), or let an administrator raise the role's maximum session \
                 duration",
            ),
            Self::Clock(offset) => (
                format!("the clock of this machine is {}", offset_in_words(*offset)).into(),
                "set the clock of this machine right, then try again",
            ),
            Self::WrongSecret => (
                "the secret access key does not belong to the access key ID".into(),
                "check the secret access key of the source (the whole of it, without blanks)",
            ),
            Self::UnknownKey => (
                "AWS does not know the access key".into(),
                "check that the access key exists and is active, and that the region is of its partition \
                 and enabled for the account",
            ),
            Self::Expired => (
                "the session has expired".into(),
                "start a new one: awsmfa env",
            ),
            Self::Denied(Operation::AssumeRole) => (
                "the role may not be assumed this way".into(),
                "check the role's ARN, its trust policy (the user as principal, the external ID, \
                 aws:MultiFactorAuthPresent, aws:MultiFactorAuthAge) and the user's permission for \
                 sts:AssumeRole",
            ),
            Self::Denied(operation @ Operation::ListMfaDevices) => (
                format!("the user has no permission for {operation}").into(),
                "name the device: --serial ARN, mfa_serial in the profile, or AWS_MFA_SERIAL",
            ),
            Self::Denied(operation) => (
                format!("the user has no permission for {operation}").into(),
                "ask an administrator for the permission",
            ),
            Self::RegionDisabled => (
                "the region is not enabled for this account".into(),
                "use another region (--region), or let an administrator enable this one",
            ),
            Self::Throttled => (
                "AWS answers that there are too many requests".into(),
                "wait a minute, then try again",
            ),
            Self::Service {
                code,
                message: None,
            } => (format!("AWS answers {code}").into(), NEXT_CODE),
            Self::Service {
                code,
                message: Some(message),
            } => (format!("AWS answers {code}: {message}").into(), NEXT_CODE),
            Self::NotAws(status) => (
                format!("the answer (HTTP status {status}) is not one of AWS's").into(),
                "look for a captive portal or a proxy that answers in place of AWS, and check \
                 AWS_ENDPOINT_URL",
            ),
            Self::Server(status) => (
                format!("AWS answers that something is wrong on its side (HTTP status {status})")
                    .into(),
                NEXT_CODE,
            ),
            Self::Incomplete => ("the answer of AWS is incomplete".into(), NEXT_CODE),
            Self::TooLong => (
                "the answer is too long to be one of AWS's".into(),
                "check AWS_ENDPOINT_URL: something else than AWS answers there",
            ),
            Self::ProxyAuthorization => (
                "the proxy wants a user and a password, or other ones".into(),
                PROXY_AUTHORIZATION,
            ),
            Self::Unreached(unreached) => {
                return (unreached.to_string().into(), unreached.problem.hint());
            }
            Self::TimedOut => (
                "AWS did not answer in time".into(),
                "check the network and the proxy, then try again with the next code",
            ),
            Self::Broken(how) => (
                format!("the connection broke off before the answer ({how})").into(),
                NEXT_CODE,
            ),
        };
        (what, hint.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause.words().0)?;
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
    /// An answer without what it should contain.
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
        self.cause.words().1.into_owned()
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

    /// Whether the trouble may be over within a second.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        let passing = matches!(
            self.cause,
            Cause::Broken(_) | Cause::Server(_) | Cause::Throttled
        );
        passing || self.was_never_sent()
    }

    /// Whether AWS may no longer accept the session that signed the call, so that a new code may help.
    #[must_use]
    pub fn wants_fresh_mfa(&self) -> bool {
        matches!(
            self.cause,
            Cause::Expired
                | Cause::Denied(Operation::AssumeRole)
                | Cause::UnknownKey
                | Cause::MfaMissing
        )
    }
}

/// Whether the response is a page for a browser, which AWS never sends.
fn is_html(answer: Option<&HttpResponse>) -> bool {
    let kind = answer.and_then(|answer| answer.headers().get("content-type"));
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

const DENIED: &[&str] = &["AccessDenied", "AccessDeniedException"];
const INVALID: &[&str] = &["ValidationError"];
const TOO_OFTEN: &[&str] = &[
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
];

/// AWS's error codes, a part of the message, and the cause. The first matching row counts. The messages
/// were observed at AWS. [`by_code`] adds what a row cannot know.
static MEANINGS: &[(&[&str], &str, Cause)] = &[
    (DENIED, "invalid MFA one time pass code", Cause::WrongCode),
    (DENIED, "unable to validate MFA code", Cause::Device),
    (
        DENIED,
        "must provide both MFA serial number",
        Cause::MfaMissing,
    ),
    (DENIED, "with session credentials", Cause::SessionKeys),
    (DENIED, "", Cause::Denied(Operation::AssumeRole)),
    (INVALID, "role chaining", Cause::TooLongForChaining),
    (INVALID, "MaxSessionDuration", Cause::TooLongForRole),
    (&["SignatureDoesNotMatch"], "Signature ", Cause::Clock(None)),
    (&["SignatureDoesNotMatch"], "", Cause::WrongSecret),
    (&["IncompleteSignature"], "", Cause::WrongSecret),
    (
        &["RequestTimeTooSkewed", "RequestExpired"],
        "",
        Cause::Clock(None),
    ),
    (&["InvalidClientTokenId"], "", Cause::UnknownKey),
    (&["UnrecognizedClientException"], "", Cause::UnknownKey),
    (
        &["ExpiredToken", "ExpiredTokenException"],
        "",
        Cause::Expired,
    ),
    (&["RegionDisabledException"], "", Cause::RegionDisabled),
    (TOO_OFTEN, "", Cause::Throttled),
];

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
    let row = MEANINGS
        .iter()
        .find(|(codes, part, _)| codes.contains(&code) && text.contains(part));
    match row {
        Some((.., Cause::Denied(_))) => Cause::Denied(operation),
        Some((.., Cause::Clock(_))) => Cause::Clock(offset(text)),
        Some((.., cause)) => cause.clone(),
        None if status >= 500 => Cause::Server(status),
        None => Cause::Service {
            code: code.to_owned(),
            // A validation error repeats what was sent, a token code perhaps.
            message: (code != "ValidationError" && !text.is_empty()).then(|| printable(text)),
        },
    }
}

/// Why there was no response: no connection, or a broken one.
fn by_connection(error: &(dyn StdError + 'static)) -> Cause {
    if let Some(unreached) = chain(error).find_map(|error| error.downcast_ref::<Unreached>()) {
        return Cause::Unreached(Box::new(unreached.clone()));
    }
    let innermost = chain(error).last().map(ToString::to_string);
    Cause::Broken(printable(&innermost.unwrap_or_default()))
}

/// Why a response could not be read or parsed.
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

/// How far this machine's clock is ahead of AWS's, from a text such as `Signature expired:
/// 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)`: the first time is
/// this machine's and the last is AWS's.
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

/// How far this machine's clock is ahead of the server's, from the header `Date` (RFC 9110, section
/// 6.6.1).
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
    // AWS refuses only from five minutes on, so seconds do not matter.
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
            Cause::Denied(Operation::AssumeRole)
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
            cause.words().0,
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
            cause.words().0,
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
        assert_eq!(cause.words().0, "AWS answers ValidationError");
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
