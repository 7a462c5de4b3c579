//! `awsmfa status`: what session this shell holds, and for how long. It asks nobody: all is in the
//! environment.

use std::time::Duration;

use chrono::{DateTime, Local, Utc};
use serde_json::{Value, json};

use super::Output;
use crate::clock;
use crate::context::Context;
use crate::duration;
use crate::environment::{self, Environment};
use crate::memory::CurrentSession;
use crate::session::format_expiration;
use crate::sts::arn::Arn;
use crate::text::{Page, Tone};

const EXAMPLES: &str = "\
Examples:
  awsmfa status
  awsmfa status --format json
  PS1='$(awsmfa status --format prompt) $ '    in ~/.bashrc

Exit codes: 0 a session lives, 3 there is none, 4 it has expired";

/// Say what session this shell holds, and for how long
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// For people, for programs, or a short piece for a prompt
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
    /// A short piece for a prompt; nothing where there is no session.
    Prompt,
}

/// Below this a session is about to end.
const SOON: Duration = Duration::from_mins(15);

/// What a shell holds.
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

/// Runs the verb.
#[must_use]
pub fn run(options: &Args, context: &Context) -> Output {
    let current = context.memory().current.as_ref();
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
    let left = current.expiration.map(|end| (end - now).to_std());
    match left {
        Some(Ok(left)) if !left.is_zero() => State::Live(left),
        _ => State::Expired,
    }
}

/// Whose session it is, in a word: the profile, the role, or the user.
fn short_name(current: &CurrentSession) -> String {
    let arn_name = |arn: &str| Arn::parse(arn).map(|arn| arn.name().to_owned());
    let target = &current.target;
    let named_role = target.role_arn.as_deref().and_then(arn_name);
    named_role
        .or_else(|| target.profile.clone())
        .or_else(|| current.role_arn.as_deref().and_then(arn_name))
        .or_else(|| current.owner.user_arn.as_deref().and_then(arn_name))
        .unwrap_or_else(|| current.owner.source_key_id.clone())
}

/// `dev 11h42m`, with a mark where it is about to end.
fn prompt(current: &CurrentSession, state: State) -> String {
    // A prompt is shown by terminals that obey control characters, and expanded by shells.
    let name: String = short_name(current)
        .chars()
        .map(|c| {
            let is_plain = c.is_alphanumeric() || "-_.@+=,/ ".contains(c);
            if is_plain { c } else { '_' }
        })
        .collect();
    match state {
        State::Live(left) => {
            let mark = if left < SOON { "!" } else { "" };
            format!(
                "{name} {}{mark}",
                duration::to_the_minute(left).replace(' ', "")
            )
        }
        State::Expired | State::None => format!("{name} expired!"),
    }
}

fn json(context: &Context, current: Option<&CurrentSession>, state: State) -> Value {
    let expiration = current.and_then(|current| current.expiration);
    let seconds_left = match state {
        State::Live(left) => Some(left.as_secs()),
        State::Expired => Some(0),
        State::None => None,
    };
    let mfa = context.memory().mfa.as_ref();
    json!({
        "state": state.name(),
        "profile": current.and_then(|p| p.target.profile.clone()),
        "role_arn": current.and_then(|p| p.role_arn.clone()),
        "user_arn": current.and_then(|p| p.owner.user_arn.clone()),
        "account_id": current.and_then(|p| p.account_id.clone()),
        "source_profile": current.and_then(|p| p.owner.source_profile.clone()),
        "expiration": expiration.map(format_expiration),
        "seconds_left": seconds_left,
        "mfa_session_expiration": mfa.map(|mfa| format_expiration(mfa.session.expiration)),
        "warnings": warnings(context.environment(), current),
    })
}

fn page(context: &Context, current: Option<&CurrentSession>, state: State) -> Page {
    let mut page = Page::for_stdout();
    let end = current.and_then(|current| current.expiration).map(local);
    let end = end.unwrap_or_default();
    match (state, current) {
        (State::Live(left), Some(current)) => {
            let tone = if left < SOON {
                Tone::Warning
            } else {
                Tone::Good
            };
            page.add(Tone::Plain, &format!("{}: ", short_name(current)));
            page.add(tone, &format!("{} left", duration::to_the_minute(left)));
            page.line(&format!(", until {end}"));
        }
        (State::Expired, Some(current)) => {
            page.add(Tone::Plain, &format!("{}: ", short_name(current)));
            page.add(Tone::Bad, "expired");
            page.line(&format!(" at {end}"));
        }
        _ => page.line("no session of awsmfa in this shell"),
    }
    let mut detail = |label: &str, value: Option<String>| {
        if let Some(value) = value {
            page.line(&format!("  {label:<9}{value}"));
        }
    };
    if let Some(current) = current {
        detail("profile", current.target.profile.clone());
        detail("role", current.role_arn.clone());
        detail("user", current.owner.user_arn.clone());
        detail("account", current.account_id.clone());
    }
    if current.is_none_or(|current| current.role_arn.is_some())
        && let Some(mfa) = &context.memory().mfa
        && mfa.session.is_live(clock::now())
    {
        let until = local(mfa.session.expiration);
        detail("MFA", Some(format!("kept until {until}:")));
        detail("", Some("roles need no code".to_owned()));
    }
    for warning in warnings(context.environment(), current) {
        page.add(Tone::Warning, "!");
        page.line(&format!(" {warning}"));
    }
    page
}

fn warnings(environment: &Environment, current: Option<&CurrentSession>) -> Vec<String> {
    let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
    let mut warnings = Vec::new();
    if current.is_none() && is_set(&environment::ACCESS_KEY_ID.name) {
        warnings.push("the AWS keys in this shell are not from awsmfa".to_owned());
    }
    if current.is_some() {
        for variable in [&environment::PROFILE, &environment::DEFAULT_PROFILE] {
            if is_set(&variable.name) {
                warnings.push(format!(
                    "{} was set since: some programs use that profile in place of the session",
                    variable.name
                ));
            }
        }
    }
    warnings
}

/// Local time, with the day where it is not today.
fn local(time: DateTime<Utc>) -> String {
    let time = time.with_timezone(&Local);
    let today = clock::now().with_timezone(&Local).date_naive();
    if time.date_naive() == today {
        time.format("%H:%M").to_string()
    } else {
        time.format("%a %d %b %H:%M").to_string()
    }
}
