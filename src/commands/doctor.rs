//! `awsmfa doctor`: checks everything a session needs, without using a code.

use std::fmt::{self, Write as _};

use chrono::TimeDelta;
use clap_complete::engine::ArgValueCandidates;
use serde_json::json;

use super::dotnet;
use super::start;
use super::{Failure, Output};
use crate::candidates;
use crate::cli::{ListFormat, SessionOptions};
use crate::context::Context;
use crate::device::{HINT_OF_NONE, check_owner, hint_of_unlisted, without_security_keys};
use crate::duration;
use crate::environment::{Content, Setting};
use crate::error::{Error, FAILED};
use crate::exchange::{kept_mfa_session, long_term_keys};
use crate::plan::Plan;
use crate::plan::source::{Origin, no_origin};
use crate::session::Keys;
use crate::shell;
use crate::sts::api::{Aws, Identity, Signer};
use crate::sts::refusal::{Cause, Refusal};
use crate::text::{Page, Tone};
use crate::value::Value;

const EXAMPLES: &str = "\
Examples:
  awsmfa doctor
  awsmfa doctor dev --format json

Exit codes: 0 a session can start, 1 something would stop it";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Profile in the shared AWS files
    #[arg(value_name = "PROFILE", add = ArgValueCandidates::new(candidates::profiles))]
    pub word: Option<String>,
    /// The same as PROFILE
    #[arg(short, long, value_name = "NAME", add = ArgValueCandidates::new(candidates::profiles))]
    pub profile: Option<String>,
    /// MFA device: ARN or serial number
    #[arg(long, value_name = "ARN")]
    pub serial: Option<String>,
    /// Role to assume
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// Region of the STS endpoint
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// AWS accepts signatures that differ from its clock by at most this (IAM user guide, "Elements of an
/// AWS API request signature").
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// One thing that a session needs.
struct Check {
    name: &'static str,
    /// Whether it works; `None` if it was only looked up, not tried.
    good: Option<bool>,
    text: String,
    /// The option, variable, or line of a file where it is set.
    place: Option<String>,
    /// What AWS said.
    aws: Option<String>,
    hint: Option<String>,
}

impl Check {
    /// A setting, or something that cannot be tried.
    fn note(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            name,
            good: None,
            text: text.into(),
            place: None,
            aws: None,
            hint: None,
        }
    }

    /// Something that was tried and works.
    fn good(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            good: Some(true),
            ..Self::note(name, text)
        }
    }

    fn bad(name: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            good: Some(false),
            hint: Some(hint.into()),
            ..Self::note(name, text)
        }
    }

    /// An error from the code that `env` runs, too.
    fn failed(name: &'static str, error: &Error) -> Self {
        let mut text = error.to_string();
        for cause in error.causes() {
            if !text.contains(&cause) {
                let _ = write!(text, ": {cause}");
            }
        }
        Self {
            good: Some(false),
            aws: error.aws.as_deref().map(str::to_owned),
            hint: error.hint.clone(),
            ..Self::note(name, text)
        }
    }

    fn at(self, place: &impl fmt::Display) -> Self {
        Self {
            place: Some(place.to_string()),
            ..self
        }
    }
}

pub async fn run(options: &Args, context: &Context) -> Result<Output, Failure> {
    let profile = match (&options.word, &options.profile) {
        (Some(word), Some(option)) if word != option => {
            let message = format!("two profiles given: {word}, and --profile {option}");
            return Err(Error::usage(message).hint("name one of them").into());
        }
        (word, option) => option.as_ref().or(word.as_ref()).cloned(),
    };
    let session = SessionOptions {
        profile,
        serial: options.serial.clone(),
        role_arn: options.role_arn.clone(),
        region: options.region.clone(),
        ..SessionOptions::default()
    };
    let mut checks = vec![
        Check::note("version", concat!("awsmfa ", env!("CARGO_PKG_VERSION"))),
        shell(),
    ];
    match plan(&session, context) {
        Ok((plan, place)) => {
            checks.extend(settings(&plan, place, context));
            checks.extend(other_credentials(context));
            checks.extend(tried(&plan, context).await);
        }
        Err(error) => checks.push(Check::failed("settings", &error)),
    }
    let is_well = checks.iter().all(|check| check.good != Some(false));
    // The line about `env` is true only if no check failed.
    checks.retain(|check| is_well || check.name != "env");
    let output = match options.format {
        ListFormat::Json => Output::json(&json(&checks, is_well)),
        ListFormat::Text => Output::page(page(&checks, is_well)),
    };
    Ok(Output {
        exit_code: if is_well { 0 } else { FAILED },
        ..output
    })
}

/// The shell that `env` would print for.
fn shell() -> Check {
    match shell::reader::asking() {
        Ok(Some(shell)) => Check::note("shell", shell.name),
        Ok(None) => Check::note("shell", "unknown; env prints sh syntax, or set --shell"),
        Err(error) => Check::failed("shell", &error),
    }
}

/// The plan, and what names the profile.
fn plan(options: &SessionOptions, context: &Context) -> Result<(Plan, Option<String>), Error> {
    let origin = Origin::find(options, context)?.ok_or_else(|| no_origin(context))?;
    let place = match &origin {
        // The user has just typed it.
        Origin::Profile { .. } if options.profile.is_some() => None,
        Origin::Profile { named_by, .. } => Some(
            named_by
                .clone()
                .unwrap_or_else(|| "no profile set".to_owned()),
        ),
        Origin::Session(_) => Some("the session in this shell".to_owned()),
        Origin::Environment(_) => None,
    };
    let plan = Plan::from_origin(&origin, options, context)?;
    plan.check_default_profile()?;
    Ok((plan, place))
}

fn settings(plan: &Plan, profile_place: Option<String>, context: &Context) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(profile) = &plan.target.profile {
        checks.push(Check {
            place: profile_place,
            ..Check::note("profile", profile)
        });
    }
    for hop in &plan.hops {
        checks.push(Check::note("role", &hop.role_arn.text).at(&hop.role_arn.place));
    }
    let region = &plan.endpoint.region;
    checks.push(Check::note("region", &region.text).at(&region.place));
    if let Some(url) = &plan.endpoint.sts_url {
        checks.push(Check::note("endpoint", &url.text).at(&url.place));
    }
    let before = &context.memory().before;
    for (variable, setting) in &plan.settings.of_profile {
        let is_unset = before.get(&variable.name).is_none_or(Value::is_empty);
        if is_unset && matches!(variable.content, Content::ProfileKey(_)) {
            let text = format!("{}={}", variable.name, setting.text);
            checks.push(Check::note("exports", text).at(&setting.place));
        }
    }
    if let Some(command) = &plan.code_command {
        checks.push(Check::note("code", "from a code command").at(&command.place));
    }
    let notices = plan.notices.iter().chain(&plan.session_notices);
    checks.extend(notices.map(|notice| Check::note("note", notice)));
    checks
}

/// The credentials that some programs use instead of the session.
fn other_credentials(context: &Context) -> Option<Check> {
    let (text, place) = dotnet::warning(context).ok()??;
    Some(Check {
        place: Some(place.to_string()),
        hint: Some(dotnet::HINT.to_owned()),
        ..Check::note("note", text)
    })
}

/// The checks that need AWS, and what `env` would do then.
async fn tried(plan: &Plan, context: &Context) -> Vec<Check> {
    let aws = match start::aws(plan, context).await {
        Ok(aws) => aws,
        Err(error) => return vec![Check::failed("network", &error)],
    };
    let keys = match long_term_keys(plan).await {
        Ok(keys) => keys,
        Err(error) => return vec![Check::failed("keys", &error)],
    };
    let key = match plan.source.access_key_id() {
        Some(id) => Check::note("keys", id),
        None => Check::good("keys", &keys.access_key_id),
    };
    let mut checks = vec![key.at(&plan.source.place)];
    let calls = calls(&aws, plan, &keys).await;
    // The proxy depends on the host, which is known now.
    checks.push(match aws.http().proxy() {
        Some(proxy) => Check::note("proxy", proxy.address).at(&proxy.variable),
        None => Check::note("proxy", "none"),
    });
    checks.push(Check::note("CA", aws.http().authorities()));
    checks.extend(calls);
    checks.push(Check::note("env", would_do(plan, context)));
    checks
}

/// The checks by AWS: whose keys they are, the clock, the devices.
async fn calls(aws: &Aws, plan: &Plan, keys: &Keys) -> Vec<Check> {
    let identity = aws.get_caller_identity(Signer::User(keys)).await;
    let mut checks = vec![Check::good(
        "network",
        aws.http().asked().unwrap_or_default(),
    )];
    let clock = aws.http().clock_offset().map(clock_check);
    match &identity {
        Ok(identity) => {
            checks.extend(clock);
            checks.push(Check::good("identity", &identity.arn));
            let devices = aws.list_mfa_devices(keys).await;
            checks.push(device(plan, identity, devices));
        }
        Err(refusal) => match &refusal.cause {
            Cause::Clock(_) => checks.extend(clock),
            Cause::Unreached(_)
            | Cause::TimedOut
            | Cause::Broken(_)
            | Cause::NotAws(_)
            | Cause::TooLong => {
                return vec![Check::failed("network", &refusal.clone().into())];
            }
            _ => {
                checks.extend(clock);
                checks.push(Check::failed("identity", &refusal.clone().into()));
            }
        },
    }
    checks
}

fn clock_check(offset: TimeDelta) -> Check {
    if offset.abs() >= CLOCK_TOLERANCE {
        let refusal = Refusal::from(Cause::Clock(Some(offset)));
        return Check::failed("clock", &refusal.into());
    }
    let off = |offset: TimeDelta| duration::in_words(offset.abs().to_std().unwrap_or_default());
    // The header has whole seconds, and the response took some time.
    match offset.num_seconds() {
        -2..=2 => Check::good("clock", "in sync"),
        3.. => Check::good("clock", format!("{} ahead of AWS", off(offset))),
        _ => Check::good("clock", format!("{} behind AWS", off(offset))),
    }
}

/// Whether the user has a device that works with STS.
fn device(plan: &Plan, identity: &Identity, listed: Result<Vec<String>, Refusal>) -> Check {
    let usable = listed.map(|listed| without_security_keys(listed).0);
    let Some(Setting { text, place }) = &plan.serial else {
        return unnamed_device(identity, usable);
    };
    let check = match (check_owner(text, identity), usable) {
        (Err(error), _) => Check::failed("device", &error),
        (Ok(()), Ok(listed)) if listed.contains(text) => Check::good("device", text),
        (Ok(()), Ok(listed)) => Check::bad(
            "device",
            format!("{text} is not one of {}", identity.arn),
            hint_of_devices(&listed),
        ),
        (Ok(()), Err(refusal)) => Check::note("device", format!("{text}, not checked: {refusal}")),
    };
    check.at(place)
}

fn unnamed_device(identity: &Identity, listed: Result<Vec<String>, Refusal>) -> Check {
    let listed = match listed {
        Ok(listed) => listed,
        Err(refusal) => {
            let check = Check::bad(
                "device",
                format!("none set, and listing them failed: {refusal}"),
                hint_of_unlisted(Some(&identity.arn)),
            );
            return Check {
                aws: refusal.aws,
                ..check
            };
        }
    };
    match listed.as_slice() {
        [] => Check::bad("device", "no device that shows codes", hint_of_devices(&[])),
        [only] => Check::good("device", only).at(&"the user's only one"),
        several => Check::note(
            "device",
            format!("env will ask which one: {}", several.join(", ")),
        ),
    }
}

fn hint_of_devices(listed: &[String]) -> String {
    if listed.is_empty() {
        HINT_OF_NONE.to_owned()
    } else {
        format!("the user's devices: {}", listed.join(", "))
    }
}

/// What `env` would do now.
fn would_do(plan: &Plan, context: &Context) -> String {
    let mut steps = Vec::new();
    if plan.sends_code_with_role() {
        steps.push("send the code with AssumeRole itself".to_owned());
    } else if kept_mfa_session(plan, context.memory()).is_some() {
        steps.push("use the MFA session in this shell, without a code".to_owned());
    } else {
        let life = duration::in_words(plan.mfa_duration);
        steps.push(format!("ask for a code and start an MFA session of {life}"));
    }
    for (index, hop) in plan.hops.iter().enumerate() {
        let is_last = index + 1 == plan.hops.len();
        steps.push(if is_last {
            let life = duration::in_words(plan.role_duration);
            format!("assume {} for {life}", hop.role_arn.text)
        } else {
            format!("assume {}", hop.role_arn.text)
        });
    }
    format!("would {}", steps.join(", then "))
}

fn json(checks: &[Check], is_well: bool) -> serde_json::Value {
    let checks: Vec<_> = checks
        .iter()
        .map(|check| {
            json!({
                "name": check.name,
                "ok": check.good,
                "text": check.text,
                "place": check.place,
                "aws": check.aws,
                "hint": check.hint,
            })
        })
        .collect();
    json!({ "ok": is_well, "checks": checks })
}

fn page(checks: &[Check], is_well: bool) -> Page {
    let mut page = Page::for_stdout();
    for check in checks {
        let (mark, tone) = match check.good {
            Some(true) => ("✓", Tone::Good),
            Some(false) => ("✗", Tone::Bad),
            None => ("·", Tone::Plain),
        };
        let mut text = format!(" {:<9} {}", check.name, check.text);
        if let Some(place) = &check.place {
            // Writing to a String cannot fail.
            let _ = write!(text, "  ({place})");
        }
        page.wrapped(12, &[(tone, mark), (Tone::Plain, &text)]);
        let below = [("AWS", &check.aws), ("hint", &check.hint)];
        for (name, text) in below {
            if let Some(text) = text {
                let line = format!("{:12}{name}: {text}", "");
                page.wrapped(12, &[(Tone::Plain, &line)]);
            }
        }
    }
    if !is_well {
        page.line("");
        page.line("awsmfa env would fail.");
    }
    page
}
