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

use super::connection::{ConnectError, Unreached, with_causes};
use crate::clock;
use crate::duration;
use crate::error::Error;
use crate::text::tame;

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
    /// `iam:ListVirtualMFADevices`
    ListVirtualMfaDevices,
    /// `iam:CreateVirtualMFADevice`
    CreateVirtualMfaDevice,
    /// `iam:EnableMFADevice`
    EnableMfaDevice,
    /// `iam:DeactivateMFADevice`
    DeactivateMfaDevice,
    /// `iam:DeleteVirtualMFADevice`
    DeleteVirtualMfaDevice,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GetSessionToken => "sts:GetSessionToken",
            Self::AssumeRole => "sts:AssumeRole",
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
            Self::ListMfaDevices => "iam:ListMFADevices",
            Self::ListVirtualMfaDevices => "iam:ListVirtualMFADevices",
            Self::CreateVirtualMfaDevice => "iam:CreateVirtualMFADevice",
            Self::EnableMfaDevice => "iam:EnableMFADevice",
            Self::DeactivateMfaDevice => "iam:DeactivateMFADevice",
            Self::DeleteVirtualMfaDevice => "iam:DeleteVirtualMFADevice",
        })
    }
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub cause: Cause,
    /// AWS's own sentence and the request ID, on one line.
    pub aws: Option<String>,
    /// Whether AWS may have used up the code of the call.
    pub may_have_used_code: bool,
}

/// Why a call failed; [`Cause::words`] has the sentences.
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
    /// There is a device of this name, or it is enabled already.
    NameTaken,
    NoSuchDevice,
    TooManyDevices,
    /// A device that is enabled cannot be deleted.
    InUse,
    /// IAM has not finished an earlier change.
    Unsettled,
    /// Any other error that AWS names, with its code.
    Service(String),
    /// With the HTTP status.
    NotAws(u16),
    /// With the HTTP status.
    Server(u16),
    Incomplete,
    /// A session that has this fault.
    Unusable(String),
    TooLong,
    /// No connection, so nothing was sent.
    Unreached(Box<Unreached>),
    TimedOut,
    Broken(String),
}

impl Cause {
    /// What is wrong, and what the user can do about it.
    #[allow(clippy::too_many_lines, reason = "a table with a row for each cause")]
    fn words(&self, may_have_used_code: bool) -> (Cow<'static, str>, Cow<'static, str>) {
        let try_again = if may_have_used_code {
            "try again with the next code; if this persists, see https://health.aws.amazon.com"
        } else {
            "try again; if this persists, see https://health.aws.amazon.com"
        };
        let (what, hint): (Cow<'static, str>, &str) = match self {
            Self::WrongCode => (
                "the MFA code is wrong or was used before".into(),
                "wait until the device shows the next code: each works once",
            ),
            Self::Device => (
                "the MFA device does not belong to this user, or too many codes were tried with it"
                    .into(),
                "check the serial number (--serial, mfa_serial, AWS_MFA_SERIAL); after many wrong codes \
                 wait three minutes",
            ),
            Self::TooManyTries => (
                "too many codes were tried with the MFA device, so AWS rejects them all for a while"
                    .into(),
                "wait three minutes, then try with a fresh code",
            ),
            Self::MfaMissing => (
                "this call needs MFA".into(),
                "give a code: awsmfa env 123456",
            ),
            Self::SessionKeys => (
                "these are temporary credentials; they cannot start an MFA session".into(),
                "name a profile with long-term keys: --profile NAME",
            ),
            Self::TooLongForChaining => (
                "a role assumed with temporary credentials is limited to one hour".into(),
                "ask for an hour at most: --duration 1h",
            ),
            Self::TooLongForRole => (
                "the role does not allow sessions this long".into(),
                "ask for less (--duration 1h), or let an administrator raise the role's maximum session \
                 duration",
            ),
            Self::Clock(offset) => (
                format!("the clock of this machine is {}", offset_in_words(*offset)).into(),
                "set the clock of this machine, then try again",
            ),
            Self::WrongSecret => (
                "the secret access key does not belong to the access key ID".into(),
                "check that the secret access key is complete and has no spaces",
            ),
            Self::UnknownKey => (
                "AWS does not know the access key".into(),
                "check that the access key exists and is active, and that the region belongs to the key's \
                 partition and is enabled for the account",
            ),
            Self::Expired => (
                "the session has expired".into(),
                "start a new one: awsmfa env",
            ),
            Self::Denied(operation @ Operation::AssumeRole) => (
                format!("AWS denied {operation}").into(),
                "check the role's ARN, its trust policy (the user as principal, the external ID, \
                 aws:MultiFactorAuthPresent, aws:MultiFactorAuthAge) and the user's permission for \
                 sts:AssumeRole",
            ),
            Self::Denied(operation @ Operation::ListMfaDevices) => (
                format!("AWS denied {operation}").into(),
                "name the device: --serial ARN, mfa_serial in the profile, or AWS_MFA_SERIAL",
            ),
            Self::Denied(operation) => (
                format!("AWS denied {operation}").into(),
                "ask an administrator for the permission",
            ),
            Self::RegionDisabled => (
                "the region is not enabled for this account".into(),
                "use another region (--region), or let an administrator enable this one",
            ),
            Self::Throttled => (
                "AWS received too many requests".into(),
                "wait a minute, then try again",
            ),
            Self::NameTaken => (
                "there is an MFA device of this name already".into(),
                "choose another name",
            ),
            Self::NoSuchDevice => (
                "AWS does not know the MFA device or its user".into(),
                "list your devices: awsmfa device list",
            ),
            Self::TooManyDevices => (
                "the user or the account has as many MFA devices as IAM allows".into(),
                "remove one first: awsmfa device remove",
            ),
            Self::InUse => (
                "the MFA device is enabled for a user".into(),
                "remove it as that user: awsmfa device remove",
            ),
            Self::Unsettled => (
                "IAM is still working on an earlier change of the MFA device".into(),
                "try again in a minute",
            ),
            Self::Service(code) => (format!("AWS returned {code}").into(), try_again),
            Self::NotAws(status) => (
                format!("HTTP {status}, but not a response from AWS").into(),
                "check AWS_ENDPOINT_URL, and look for a captive portal or a proxy that answers in place \
                 of AWS",
            ),
            Self::Server(status) => (
                format!("AWS had an internal error (HTTP {status})").into(),
                try_again,
            ),
            Self::Incomplete => ("the response from AWS is incomplete".into(), try_again),
            Self::Unusable(fault) => (
                format!("the session in the response {fault}").into(),
                "check AWS_ENDPOINT_URL, and the clock of this machine",
            ),
            Self::TooLong => (
                "the response is too long to come from AWS".into(),
                "check AWS_ENDPOINT_URL: something else answers there",
            ),
            Self::Unreached(unreached) => {
                return (unreached.to_string().into(), unreached.problem.hint());
            }
            Self::TimedOut => (
                "AWS did not respond in time".into(),
                if may_have_used_code {
                    "check the network and the proxy, then try again with the next code"
                } else {
                    "check the network and the proxy, then try again"
                },
            ),
            Self::Broken(how) if how.is_empty() => ("the connection broke".into(), try_again),
            Self::Broken(how) => (format!("the connection broke ({how})").into(), try_again),
        };
        (what, hint.into())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause.words(self.may_have_used_code).0)
    }
}

impl From<Cause> for Refusal {
    fn from(cause: Cause) -> Self {
        Self {
            cause,
            aws: None,
            may_have_used_code: false,
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.to_string())
            .aws(refusal.aws.clone())
            .hint(refusal.hint())
    }
}

impl Refusal {
    /// The meaning of an SDK error. The response may repeat `secrets` of the request.
    pub fn from_sdk<E>(
        operation: Operation,
        secrets: &[&str],
        error: &SdkError<E, HttpResponse>,
    ) -> Self
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        let answer = error.raw_response();
        let status = answer.map(|raw| raw.status().as_u16());
        let cause = match error {
            SdkError::ServiceError(_) if is_html(answer) => Cause::NotAws(status.unwrap_or(0)),
            // AWS names its errors, or at least the request; a proxy or a load balancer does neither.
            SdkError::ServiceError(service)
                if service.err().code().is_none() && error.request_id().is_none() =>
            {
                Cause::NotAws(status.unwrap_or(0))
            }
            SdkError::ServiceError(service) => {
                let error = service.err();
                let code = error.code().map(|code| without(secrets, code));
                by_code(
                    operation,
                    code.as_deref(),
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
        let aws = match (error, &cause) {
            (_, Cause::NotAws(_)) => None,
            (SdkError::ServiceError(service), _) => {
                let error_of_aws = service.err();
                said_by_aws(
                    error_of_aws.code(),
                    error_of_aws.message().unwrap_or_default(),
                    error.request_id(),
                    secrets,
                )
            }
            _ => None,
        };
        Self {
            cause,
            aws,
            may_have_used_code: false,
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        self.cause.words(self.may_have_used_code).1.into_owned()
    }

    /// Whether the request was never sent: no code can have been used, and another try may work.
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
            Cause::Broken(_) | Cause::Server(_) | Cause::NotAws(500..) | Cause::Throttled
        );
        passing || self.was_never_sent()
    }

    /// Whether AWS may have done what the call asked for, though it did not say so.
    #[must_use]
    pub fn may_have_been_done(&self) -> bool {
        matches!(
            self.cause,
            Cause::Broken(_)
                | Cause::TimedOut
                | Cause::Server(_)
                | Cause::Incomplete
                | Cause::NotAws(_)
                | Cause::TooLong
        )
    }

    /// Whether AWS will take the same call soon, and has not done it.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        matches!(self.cause, Cause::Unsettled | Cause::Throttled)
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
    (&["InvalidAuthenticationCode"], "", Cause::WrongCode),
    (&["EntityAlreadyExists"], "", Cause::NameTaken),
    (&["NoSuchEntity"], "", Cause::NoSuchDevice),
    (&["LimitExceeded"], "", Cause::TooManyDevices),
    (&["DeleteConflict"], "", Cause::InUse),
    (
        &["EntityTemporarilyUnmodifiable", "ConcurrentModification"],
        "",
        Cause::Unsettled,
    ),
];

fn by_code(operation: Operation, code: Option<&str>, message: Option<&str>, status: u16) -> Cause {
    let text = message.unwrap_or_default();
    let is_code = |code: &&str| code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
    let Some(code) = code.filter(is_code) else {
        return match status {
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
        None => Cause::Service(short(code)),
    }
}

/// AWS's own sentence and the request ID, which AWS's support asks for.
fn said_by_aws(
    code: Option<&str>,
    message: &str,
    request_id: Option<&str>,
    secrets: &[&str],
) -> Option<String> {
    // It repeats the request's values, and so perhaps a token code.
    if code.is_some_and(|code| INVALID.contains(&code)) {
        return None;
    }
    // The other lines show the signed request.
    let line = message.trim().lines().next().unwrap_or_default();
    let sentence = printable(&without(secrets, line));
    let is_id = |id: &&str| {
        (16..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match (sentence.as_str(), request_id.filter(is_id)) {
        ("", None) => None,
        ("", Some(id)) => Some(format!("request ID {id}")),
        (_, None) => Some(sentence),
        (_, Some(id)) => Some(format!("{sentence} (request ID {id})")),
    }
}

/// Why there was no response: no connection, or a broken one.
fn by_connection(error: &(dyn StdError + 'static)) -> Cause {
    if let Some(unreached) = with_causes(error).find_map(|error| error.downcast_ref::<Unreached>())
    {
        return Cause::Unreached(Box::new(unreached.clone()));
    }
    let innermost = with_causes(error).last().map(ToString::to_string);
    Cause::Broken(printable(&innermost.unwrap_or_default()))
}

/// Why a response could not be read or parsed.
fn by_reading(error: &(dyn StdError + 'static), status: u16) -> Cause {
    let broken = |error: &(dyn StdError + 'static)| {
        error.is::<hyper::Error>() || error.is::<std::io::Error>()
    };
    if with_causes(error).any(<dyn StdError>::is::<LengthLimitError>) {
        Cause::TooLong
    } else if with_causes(error).any(broken) {
        Cause::Broken("the response is cut off".to_owned())
    } else {
        Cause::NotAws(status)
    }
}

/// Text from the server: one line, tame, not too long.
fn printable(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect();
    tame(&short(line.trim())).into_owned()
}

fn without(secrets: &[&str], text: &str) -> String {
    let secrets = secrets.iter().filter(|secret| !secret.is_empty());
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "…"))
}

/// A text, cut to a limited length.
fn short(text: &str) -> String {
    const LONGEST: usize = 300;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
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
    fn each_row_of_the_table_is_reached() {
        let operation = Operation::AssumeRole;
        for (codes, part, cause) in MEANINGS {
            for code in *codes {
                let found = by_code(operation, Some(code), Some(part), 403);
                assert_eq!(found, *cause, "{code} {part}");
            }
        }
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
            cause.words(true).0,
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
            cause.words(true).0,
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
        assert_eq!(cause.words(true).0, "AWS returned ValidationError");
        let id = Some("c6104cbe-af31-11e0-8154-cbc7ccf896c7");
        assert_eq!(said_by_aws(Some("ValidationError"), text, id, &[]), None);
    }

    #[test]
    fn what_aws_said_is_one_line_without_secrets() {
        const ID: &str = "c6104cbe-af31-11e0-8154-cbc7ccf896c7";
        let said = |message, id| {
            said_by_aws(
                Some("AccessDenied"),
                message,
                Some(id),
                &["", "FwoTOKEN", "135790"],
            )
        };
        let with_id = |text: &str| Some(format!("{text} (request ID {ID})"));
        assert_eq!(said("not allowed. ", ID), with_id("not allowed."));
        assert_eq!(said("", ID), Some(format!("request ID {ID}")));
        assert_eq!(said("", ""), None);
        assert_eq!(said("no\nx-amz-security-token:secret", ID), with_id("no"));
        assert_eq!(said("a FwoTOKEN, 135790", ID), with_id("a …, …"));
        for id in ["135790", "\x1b[31m-af31-11e0-8154", &"a".repeat(65)] {
            assert_eq!(said("no", id).as_deref(), Some("no"), "{id}");
        }
    }

    #[test]
    fn text_of_the_other_end_is_tamed() {
        let printed = printable(&format!("a\x1b[31m\nb{}", "x".repeat(1000)));
        let start = "a\\u{1b}[31m b";
        assert_eq!(printed, format!("{start}{}…", "x".repeat(300 - 8)));
    }
}
