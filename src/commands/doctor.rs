//! `awsmfa doctor`: what a session needs, checked without spending a code.

use std::fmt::{self, Write as _};

use chrono::TimeDelta;
use clap_complete::engine::ArgValueCandidates;
use serde_json::json;

use super::start;
use super::{Failure, Output};
use crate::candidates;
use crate::cli::{ListFormat, SessionOptions};
use crate::context::Context;
use crate::device::{check_owner, without_security_keys};
use crate::duration;
use crate::environment::{Content, Setting};
use crate::error::{Error, FAILED};
use crate::exchange::{kept_mfa_session, long_term_keys};
use crate::plan::Plan;
use crate::session::Keys;
use crate::sts::api::{Aws, Identity, Signer};
use crate::sts::refusal::{Cause, Refusal};
use crate::text::{Page, Tone};
use crate::value::Value;

const EXAMPLES: &str = "\
Examples:
  awsmfa doctor
  awsmfa doctor -p dev --format json

Exit codes: 0 a session can be started, 1 something would stop it";

/// Check, without spending a code, everything that a session needs
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The profile of the shared AWS files
    #[arg(short, long, value_name = "NAME", add = ArgValueCandidates::new(candidates::profiles))]
    pub profile: Option<String>,
    /// The MFA device: its ARN, or the serial number of a hardware token
    #[arg(long, value_name = "ARN")]
    pub serial: Option<String>,
    /// The role that is to be assumed
    #[arg(long, value_name = "ARN")]
    pub role_arn: Option<String>,
    /// The region of the STS endpoint
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// AWS takes signatures that are at most this old or young (IAM user guide, "Elements of an AWS API
/// request signature").
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// One thing that a session needs.
struct Check {
    name: &'static str,
    /// Whether it is as it must be; `None` where it cannot be told or does not matter.
    good: Option<bool>,
    text: String,
    /// The option, the variable, or the line of a file that decides.
    place: Option<String>,
    hint: Option<String>,
}

impl Check {
    fn good(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            name,
            good: Some(true),
            text: text.into(),
            place: None,
            hint: None,
        }
    }

    fn unclear(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            good: None,
            ..Self::good(name, text)
        }
    }

    fn bad(name: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            good: Some(false),
            hint: Some(hint.into()),
            ..Self::good(name, text)
        }
    }

    fn at(self, place: &impl fmt::Display) -> Self {
        Self {
            place: Some(place.to_string()),
            ..self
        }
    }
}

/// Runs the verb.
pub async fn run(options: &Args, context: &Context) -> Result<Output, Failure> {
    let checks = checks(options, context).await;
    let is_well = checks.iter().all(|check| check.good != Some(false));
    let output = match options.format {
        ListFormat::Json => Output::json(&json(&checks, is_well)),
        ListFormat::Text => Output::page(page(&checks, is_well)),
    };
    Ok(Output {
        exit_code: if is_well { 0 } else { FAILED },
        ..output
    })
}

async fn checks(options: &Args, context: &Context) -> Vec<Check> {
    let options = SessionOptions {
        profile: options.profile.clone(),
        serial: options.serial.clone(),
        role_arn: options.role_arn.clone(),
        region: options.region.clone(),
        ..SessionOptions::default()
    };
    let plan = match Plan::new(&options, context) {
        Ok(plan) => plan,
        Err(error) => return vec![failed("settings", &error)],
    };
    let mut checks = settings(&plan, context);
    let aws = match start::aws(&plan, context) {
        Ok(aws) => aws,
        Err(error) => {
            checks.push(failed("network", &error));
            return checks;
        }
    };
    match long_term_keys(&plan.source).await {
        Ok(keys) => {
            checks.push(Check::good("keys", keys.access_key_id.clone()).at(&plan.source.place));
            checks.extend(calls(&aws, &plan, &keys).await);
        }
        Err(error) => checks.push(failed("keys", &error)),
    }
    checks.extend(way(&aws));
    checks.push(Check::unclear("env", would_do(&plan, context)));
    checks
}

/// An error of the same code that `env` runs.
fn failed(name: &'static str, error: &Error) -> Check {
    let mut text = error.to_string();
    for cause in error.causes() {
        if !text.contains(&cause) {
            let _ = write!(text, ": {cause}");
        }
    }
    Check {
        good: Some(false),
        hint: error.hint.clone(),
        ..Check::good(name, text)
    }
}

fn settings(plan: &Plan, context: &Context) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(profile) = &plan.target.profile {
        checks.push(Check::good("profile", profile));
    }
    for hop in &plan.hops {
        checks.push(Check::good("role", &hop.role_arn.text));
    }
    let region = &plan.endpoint.region;
    checks.push(Check::good("region", &region.text).at(&region.place));
    if let Some(url) = &plan.endpoint.sts_url {
        checks.push(Check::good("endpoint", &url.text).at(&url.place));
    }
    let before = &context.memory().before;
    for (variable, setting) in &plan.settings.of_profile {
        let is_unset = before.get(&variable.name).is_none_or(Value::is_empty);
        if is_unset && matches!(variable.content, Content::ProfileKey(_)) {
            let text = format!("{}={}", variable.name, setting.text);
            checks.push(Check::good("exports", text).at(&setting.place));
        }
    }
    if let Some(command) = &plan.code_command {
        checks.push(Check::good("code", "printed by a program").at(&command.place));
    }
    checks
}

/// What AWS says: whose keys they are, what time it is, which devices there are.
async fn calls(aws: &Aws, plan: &Plan, keys: &Keys) -> Vec<Check> {
    let mut checks = Vec::new();
    let refused = |refusal: &Refusal| Check::bad("identity", refusal.to_string(), refusal.hint());
    let identity = aws.get_caller_identity(Signer::User(keys)).await;
    checks.push(Check::good(
        "network",
        aws.http().asked().unwrap_or_default(),
    ));
    match &identity {
        Ok(identity) => checks.push(Check::good("identity", &identity.arn)),
        Err(refusal) => match &refusal.cause {
            Cause::Clock(_) => {}
            Cause::Unreached(_)
            | Cause::TimedOut
            | Cause::Broken(_)
            | Cause::NotAws(_)
            | Cause::TooLong
            | Cause::ProxyAuthorization => {
                checks.pop();
                checks.push(Check::bad("network", refusal.to_string(), refusal.hint()));
                return checks;
            }
            _ => checks.push(refused(refusal)),
        },
    }
    checks.extend(aws.http().clock_offset().map(clock_check));
    if let Ok(identity) = &identity {
        let devices = aws.list_mfa_devices(keys).await;
        checks.push(device(plan, identity, devices));
    }
    checks
}

fn clock_check(offset: TimeDelta) -> Check {
    if offset.abs() >= CLOCK_TOLERANCE {
        let refusal = Refusal::clock(offset);
        return Check::bad("clock", refusal.to_string(), refusal.hint());
    }
    // The header counts whole seconds, and the answer took its time.
    match offset.num_seconds() {
        -2..=2 => Check::good("clock", "right"),
        ahead @ 3.. => Check::good("clock", format!("{ahead} s ahead of AWS's")),
        behind => Check::good("clock", format!("{} s behind AWS's", -behind)),
    }
}

/// Whether there is a device that the user's codes can come from.
fn device(plan: &Plan, identity: &Identity, listed: Result<Vec<String>, Refusal>) -> Check {
    let usable = listed.map(|listed| without_security_keys(listed).0);
    match (&plan.serial, usable) {
        (
            Some(Setting {
                text: serial,
                place,
            }),
            listed,
        ) => {
            let check = match (check_owner(serial, identity), listed) {
                (Err(error), _) => failed("device", &error),
                (Ok(()), Ok(listed)) if listed.contains(serial) => Check::good("device", serial),
                (Ok(()), Ok(listed)) => Check::bad(
                    "device",
                    format!("{serial} is not one of {}", identity.arn),
                    hint_of_devices(&listed),
                ),
                (Ok(()), Err(refusal)) => Check::unclear(
                    "device",
                    format!("{serial}; whose it is cannot be told: {refusal}"),
                ),
            };
            check.at(place)
        }
        (None, Err(refusal)) => Check::bad(
            "device",
            format!("none is named, and they cannot be listed: {refusal}"),
            "name it: --serial, mfa_serial in the profile, or AWS_MFA_SERIAL",
        ),
        (None, Ok(listed)) => match listed.as_slice() {
            [] => Check::bad(
                "device",
                "the user has none that shows codes",
                hint_of_devices(&[]),
            ),
            [only] => Check::good("device", only).at(&"the only one of the user"),
            several => Check::unclear(
                "device",
                format!("env asks at the terminal which of {}", several.join(", ")),
            ),
        },
    }
}

fn hint_of_devices(listed: &[String]) -> String {
    if listed.is_empty() {
        "add a virtual device or a hardware token in the IAM console".to_owned()
    } else {
        format!("the user has {}", listed.join(", "))
    }
}

/// The way to AWS: the proxy, and who vouches for the other end.
fn way(aws: &Aws) -> [Check; 2] {
    let proxy = match aws.http().proxy() {
        Some(proxy) => Check::good("proxy", proxy.address).at(&proxy.variable),
        None => Check::good("proxy", "none"),
    };
    [proxy, Check::good("CA", aws.http().authorities())]
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
    steps.join(", then ")
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
            None => ("·", Tone::Warning),
        };
        let place = check.place.as_ref();
        let place = place
            .map(|place| format!("  ({place})"))
            .unwrap_or_default();
        page.add(tone, mark);
        page.line(&format!(" {:<9} {}{place}", check.name, check.text));
        if let Some(hint) = &check.hint {
            page.line(&format!("  {:<9} hint: {hint}", ""));
        }
    }
    if !is_well {
        page.line("");
        page.line("awsmfa env would fail.");
    }
    page
}
