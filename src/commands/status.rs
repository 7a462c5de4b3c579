//! `awsmfa status`: this shell's session and the time left. Reads only the environment, neither AWS nor
//! a file.

use std::time::Duration;

use chrono::{DateTime, Local, Utc};
use serde_json::{Value, json};

use super::{Output, summary};
use crate::clock;
use crate::context::Context;
use crate::duration;
use crate::environment::{self, Environment};
use crate::memory::{CurrentSession, MfaSession, OWNER_ENDPOINT_URL};
use crate::session::format_time;
use crate::sts::api::foreign_host;
use crate::text::{Page, Tone};

const EXAMPLES: &str = "\
Examples:
  awsmfa status
  awsmfa status --format json
  PS1='$(awsmfa status --format prompt) $ '    in ~/.bashrc

Exit codes: 0 valid, 3 none, 4 expired";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How the session is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For a prompt; empty if there is no session.
    Prompt,
}

/// A session with less than this left is about to expire.
const SOON: Duration = Duration::from_mins(15);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Live(Duration),
    Expired,
    None,
}

impl State {
    fn exit_code(self) -> u8 {
        match self {
            Self::Live(_) => 0,
            Self::None => 3,
            Self::Expired => 4,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Live(_) => "live",
            Self::Expired => "expired",
            Self::None => "none",
        }
    }
}

#[must_use]
pub fn run(options: &Args, context: &Context) -> Output {
    let current = context.memory().usable();
    let state = state(current, clock::now());
    let output = match options.format {
        Format::Prompt => {
            let mut page = Page::default();
            if let Some(current) = current {
                page.add(Tone::Plain, &prompt(current, state));
            }
            Output::page(page)
        }
        Format::Json => Output::json(&json(context, current, state)),
        Format::Text => Output::page(page(context, current, state)),
    };
    Output {
        exit_code: state.exit_code(),
        ..output
    }
}

fn state(current: Option<&CurrentSession>, now: DateTime<Utc>) -> State {
    let Some(current) = current else {
        return State::None;
    };
    let left = current.expiration.map(|end| summary::left(end, now));
    match left {
        Some(left) if !left.is_zero() => State::Live(left),
        _ => State::Expired,
    }
}

/// `dev 11h42m`, with a mark if the session is about to expire.
fn prompt(current: &CurrentSession, state: State) -> String {
    let name = current.prompt_name();
    match state {
        State::Live(left) => {
            let mark = if left < SOON { "!" } else { "" };
            let left = duration::rounded_down(left).replace(' ', "");
            format!("{name} {left}{mark}")
        }
        State::Expired | State::None => format!("{name} expired!"),
    }
}

/// The region that programs in the session use.
fn region(environment: &Environment) -> Option<&str> {
    let names = [&environment::REGION.name, &environment::DEFAULT_REGION.name];
    let mut regions = names
        .into_iter()
        .filter_map(|name| environment.get(name)?.as_str());
    regions.find(|region| !region.is_empty())
}

fn json(context: &Context, current: Option<&CurrentSession>, state: State) -> Value {
    let seconds_left = match state {
        State::Live(left) => Some(left.as_secs()),
        State::Expired => Some(0),
        State::None => None,
    };
    let account = current.and_then(|current| current.account_id.as_deref());
    let expiration = current.and_then(|current| current.expiration);
    let expiration = expiration.map(format_time);
    let mfa = mfa_session(context, current);
    json!({
        "state": state.name(),
        "profile": current.and_then(|current| current.target.profile.as_deref()),
        "role_arn": current.and_then(|current| current.role_arn.as_deref()),
        "user_arn": current.and_then(|current| current.owner.user_arn.as_deref()),
        "account": account,
        "account_id": account,
        "region": current.and(region(context.environment())),
        "endpoint_url": current.and_then(|current| current.owner.endpoint_url.as_deref()),
        "source_profile": current.and_then(|current| current.owner.source_profile.as_deref()),
        "expires_at": expiration,
        "expiration": expiration,
        "seconds_left": seconds_left,
        "mfa_session_expiration": mfa.map(|mfa| format_time(mfa.session.expiration)),
        "warnings": warnings(context, current),
    })
}

fn page(context: &Context, current: Option<&CurrentSession>, state: State) -> Page {
    let mut page = Page::for_stdout();
    let detail = |page: &mut Page, label: &str, text: &str| {
        page.wrapped(11, &[(Tone::Plain, &format!("  {label:<9}{text}"))]);
    };
    let mfa = mfa_session(context, current);
    let mfa = mfa.filter(|mfa| mfa.session.is_live(clock::now()));
    let kept = mfa.map(|mfa| {
        let until = local(mfa.session.expiration);
        format!("kept until {until}: roles up to 1h need no code")
    });
    let environment = context.environment();
    let endpoint = endpoint(environment, current);
    if let Some(current) = current {
        let name = summary::name(current, region(environment));
        let end = current.expiration.map(local).unwrap_or_default();
        let (tone, left, end) = match state {
            State::Live(left) => {
                let tone = if left < SOON {
                    Tone::Warning
                } else {
                    Tone::Good
                };
                (tone, summary::in_words(left), format!(", until {end}"))
            }
            _ => (Tone::Bad, "expired".to_owned(), format!(", {end}")),
        };
        let name = format!("{name}, ");
        page.wrapped(
            2,
            &[(Tone::Plain, &name), (tone, &left), (Tone::Plain, &end)],
        );
        if let Some(role) = &current.role_arn {
            detail(&mut page, "role", role);
        }
        if let Some(user) = &current.owner.user_arn {
            detail(&mut page, "user", user);
        }
        if let Some(endpoint) = &endpoint {
            detail(&mut page, "endpoint", endpoint);
        }
        let kept = kept.filter(|_| current.role_arn.is_some());
        if profile_set_since(environment).next().is_none() {
            let needs_code = kept.is_none() || current.target.no_session;
            let code = if needs_code { " (needs a code)" } else { "" };
            detail(&mut page, "renew", &format!("awsmfa env{code}"));
        }
        if let Some(kept) = &kept {
            detail(&mut page, "MFA", kept);
        }
    } else {
        page.line("no awsmfa session in this shell");
        if let Some(endpoint) = &endpoint {
            detail(&mut page, "endpoint", endpoint);
        }
        if let Some(kept) = &kept {
            detail(&mut page, "MFA", kept);
        }
    }
    for warning in warnings(context, current) {
        page.wrapped(2, &[(Tone::Warning, "! "), (Tone::Plain, &warning)]);
    }
    page
}

/// The STS host for this shell's calls and its setting, if it is not AWS's own.
fn endpoint(environment: &Environment, current: Option<&CurrentSession>) -> Option<String> {
    let names = ["AWS_ENDPOINT_URL_STS", &environment::ENDPOINT_URL.name];
    let set = names.into_iter().find_map(|name| {
        let url = environment.get(name)?.as_str()?.trim();
        (!url.is_empty()).then_some((name, url))
    });
    let recorded = || Some((OWNER_ENDPOINT_URL, current?.owner.endpoint_url.as_deref()?));
    let (name, url) = set.or_else(recorded)?;
    Some(format!("{} by {name}", foreign_host(url)?))
}

/// The variables that name a profile; `env` removes them, so the user has set them since.
fn profile_set_since(environment: &Environment) -> impl Iterator<Item = &'static str> {
    let variables = [&environment::PROFILE, &environment::DEFAULT_PROFILE];
    let names = variables.into_iter().map(|variable| &*variable.name);
    names.filter(|name| is_set(environment, name))
}

fn is_set(environment: &Environment, name: &str) -> bool {
    environment.get(name).is_some_and(|value| !value.is_empty())
}

/// The MFA session of the current session's user, or the newest one.
fn mfa_session<'c>(
    context: &'c Context,
    current: Option<&CurrentSession>,
) -> Option<&'c MfaSession> {
    let of_current = |mfa: &&MfaSession| current.is_none_or(|current| mfa.is_of(&current.owner));
    context.memory().mfa_sessions().find(of_current)
}

fn warnings(context: &Context, current: Option<&CurrentSession>) -> Vec<String> {
    let (environment, memory) = (context.environment(), context.memory());
    let mut warnings = Vec::new();
    if current.is_some() {
        warnings.extend(profile_set_since(environment).map(|name| {
            format!("{name} is set: awsmfa and some programs use that profile, not this session")
        }));
    } else if let Some(variable) = memory.altered {
        warnings.push(format!(
            "{} was changed after the session started; start it again with awsmfa env",
            variable.name
        ));
    } else if is_set(environment, &environment::ACCESS_KEY_ID.name) {
        warnings.push("the AWS keys in this shell are not from awsmfa".to_owned());
    }
    if memory.has_other_keys {
        warnings.push("awsmfa unset restores what the session replaced".to_owned());
    }
    warnings
}

/// Local time, with the date unless it is today.
fn local(time: DateTime<Utc>) -> String {
    let time = time.with_timezone(&Local);
    let today = clock::now().with_timezone(&Local).date_naive();
    if time.date_naive() == today {
        time.format("%H:%M").to_string()
    } else {
        time.format("%a %d %b %H:%M").to_string()
    }
}
