//! Plans, checks and starts a session, for `env` and `exec`.

use std::mem::ManuallyDrop;

use chrono::{DateTime, TimeDelta, Utc};

use super::summary;
use crate::cli::SessionOptions;
use crate::clock;
use crate::code_source::CodeSource;
use crate::context::Context;
use crate::duration::{CHAINED, DEFAULT_MFA_SESSION};
use crate::error::Error;
use crate::exchange::{Exchange, ExchangeFailure, kept_mfa_session};
use crate::files::profile::Profile;
use crate::memory::{CurrentSession, Memory, NewSession};
use crate::plan::source::{self, Origin};
use crate::plan::{Plan, chain};
use crate::program::{Program, Purpose};
use crate::prompt::Terminal;
use crate::session::TOO_LITTLE;
use crate::sts::api::Aws;
use crate::sts::http::Http;
use crate::sts::proxy::Proxies;
use crate::sts::trust::Trust;
use crate::text;
use crate::words::Words;

/// A session that is ready to start: everything is checked that needs no request, and no code is used
/// yet.
#[derive(Debug)]
pub(super) struct PlannedSession {
    pub(super) plan: Plan,
    codes: CodeSource,
    /// Never freed: the process ends soon after its last call.
    aws: ManuallyDrop<Aws>,
}

/// What `env` and `exec` continue with.
#[derive(Debug)]
pub(super) enum Prepared {
    /// The current session is the wanted one and lasts long enough; `--region` goes with it.
    Current {
        region: Option<String>,
    },
    New(Box<PlannedSession>),
}

/// When to use the current session instead of a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reuse {
    /// Whenever it is live: the output goes to one consumer.
    Live,
    /// Only with `--renew-within`: the user wants a session in this shell.
    OnRequest,
}

/// What the words of the command line mean.
pub(super) fn words(options: &SessionOptions, context: &Context) -> Result<Words, Error> {
    let is_profile = |name: &str| {
        let files = context.files();
        files.is_ok_and(|files| Profile::find(files, name).is_some())
    };
    Words::parse(&options.words, options.profile.as_deref(), is_profile)
}

pub(super) async fn prepare(
    options: &SessionOptions,
    context: &Context,
    reuse: Reuse,
) -> Result<Prepared, Error> {
    // First the code, since a typing mistake is the most likely fault.
    let words = words(options, context)?;
    let given = words.code.map(CodeSource::from_argument).transpose()?;
    let options = &SessionOptions {
        profile: words.profile.or(options.profile.clone()),
        ..options.clone()
    };
    let plan = plan(options, context).await?;
    // A code starts a new session; a variable that is always set does not prevent that.
    let may_reuse = given.is_none() || options.renew_within.is_some();
    if may_reuse && let Some(expiration) = reusable(&plan, options, context, reuse) {
        text::mention(&format!("session still valid, {}", left(expiration)));
        return Ok(Prepared::Current {
            region: options.region.clone(),
        });
    }
    let codes = given.unwrap_or_else(|| {
        let command = plan.code_command.clone();
        CodeSource::new(
            command.map(|it| Program::new(Purpose::Code, it, plan.surroundings.clone())),
        )
    });
    let aws = ManuallyDrop::new(aws(&plan, context).await?);
    Ok(Prepared::New(Box::new(PlannedSession { plan, codes, aws })))
}

impl PlannedSession {
    pub(super) async fn start(self, context: &Context) -> Result<NewSession, ExchangeFailure> {
        if let Some(endpoint) = self.aws.endpoint().notice() {
            text::note(&endpoint);
        }
        text::notes(&self.plan.notices);
        let exchange = Exchange::new(&self.plan, context.memory(), &self.aws, self.codes);
        let session = exchange.run().await?;
        let region = context.memory().region(&session);
        let name = summary::name(&session.current, region.as_deref());
        text::mention(&format!("{name}, {}", left(session.session.expiration)));
        Ok(session)
    }
}

/// The client for the calls, with the configured proxy and authorities.
pub(super) async fn aws(plan: &Plan, context: &Context) -> Result<Aws, Error> {
    let environment = context.environment();
    let proxies = Proxies::from_environment(environment);
    let http = Http::new(
        proxies.clone(),
        Trust::new(plan.ca_bundle.as_ref(), environment)?,
    )?;
    let aws = Aws::new(http, plan.endpoint.clone());
    if let Some(sts) = aws.sts_uri().await {
        proxies.check(&sts)?;
    }
    Ok(aws)
}

/// The plan. At a terminal, the user chooses a profile if nothing else names one.
pub(super) async fn plan(options: &SessionOptions, context: &Context) -> Result<Plan, Error> {
    if let Some(origin) = Origin::find(options, context)? {
        return Plan::from_origin(&origin, options, context);
    }
    let profiles = chain::usable_profiles(context.files()?, &context.memory().before);
    if profiles.is_empty() || Terminal::open().is_err() {
        return Err(source::no_origin(context));
    }
    let chosen = Terminal::in_background(|terminal| terminal.choose("Which profile?", profiles));
    let chosen = chosen.await;
    let chosen = chosen.map_err(|problem| problem.not_chosen("profile", "--profile NAME"))?;
    Plan::from_origin(&Origin::profile(&chosen, None), options, context)
}

/// The current session's expiration, if it is the wanted one and need not be renewed yet.
fn reusable(
    plan: &Plan,
    options: &SessionOptions,
    context: &Context,
    reuse: Reuse,
) -> Option<DateTime<Utc>> {
    let memory = context.memory();
    let current = memory.usable()?;
    let expiration = current.expiration?;
    let limit = match (plan.renew_within, reuse) {
        (Some(within), _) => TimeDelta::from_std(within).ok()?,
        (None, Reuse::OnRequest) => return None,
        // Renewing costs no code, so do it early.
        (None, Reuse::Live) if renews_without_code(plan, memory) => RENEWED_AT,
        (None, Reuse::Live) => TOO_LITTLE,
    };
    let is_wanted = match reuse {
        Reuse::Live => {
            plan.has_same_target_in_any_region(current) && is_long_enough(options, current)
        }
        Reuse::OnRequest => plan.has_same_target(current),
    };
    let is_left = expiration - clock::now() > limit.max(TOO_LITTLE);
    (is_wanted && is_left).then_some(expiration)
}

/// With less than this left, a session is renewed if that costs no code.
const RENEWED_AT: TimeDelta = TimeDelta::minutes(15);

fn renews_without_code(plan: &Plan, memory: &Memory) -> bool {
    !plan.sends_code_with_role() && kept_mfa_session(plan, memory).is_some()
}

/// Whether the current session was requested with at least this `--duration`.
fn is_long_enough(options: &SessionOptions, current: &CurrentSession) -> bool {
    let default = match current.role_arn {
        Some(_) => CHAINED,
        None => DEFAULT_MFA_SESSION,
    };
    let asked = current.target.duration.unwrap_or(default);
    options.duration.is_none_or(|duration| duration <= asked)
}

fn left(expiration: DateTime<Utc>) -> String {
    summary::in_words(summary::left(expiration, clock::now()))
}
