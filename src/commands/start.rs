//! The way to a session, for `env` and `exec` alike: plan, check, start.

use chrono::{DateTime, TimeDelta, Utc};

use super::summary;
use crate::cli::SessionOptions;
use crate::clock;
use crate::code_source::CodeSource;
use crate::context::Context;
use crate::error::Error;
use crate::exchange::{Exchange, Failure};
use crate::memory::NewSession;
use crate::plan::source::{self, Origin};
use crate::plan::{Plan, chain};
use crate::prompt::Terminal;
use crate::session::TOO_LITTLE;
use crate::sts::api::Aws;
use crate::sts::http::Http;
use crate::sts::proxy::Proxies;
use crate::sts::trust::Trust;
use crate::text;

/// A session that can be started: all is checked that needs no request, and no code is used yet.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) plan: Plan,
    codes: CodeSource,
    aws: Aws,
}

/// Plans the session; none if the current one is what is wanted and lasts long enough.
pub(super) async fn prepare(
    options: &SessionOptions,
    context: &Context,
) -> Result<Option<Start>, Error> {
    // The code first: a typing error is the most likely fault.
    let code = options.code.as_ref();
    let given = code
        .map(|code| CodeSource::from_argument(code.as_str().unwrap_or_default()))
        .transpose()?;
    let plan = plan(options, context).await?;
    if let Some(expiration) = satisfied(&plan, context) {
        text::mention(&format!("session still valid, {}", left(expiration)));
        return Ok(None);
    }
    let codes = given.unwrap_or_else(|| CodeSource::new(plan.code_command.as_ref()));
    let aws = aws(&plan, context)?;
    Ok(Some(Start { plan, codes, aws }))
}

impl Start {
    /// Starts the session.
    pub(super) async fn run(self, context: &Context) -> Result<NewSession, Failure> {
        text::notes(&self.plan.notices);
        let exchange = Exchange::new(&self.plan, context, &self.aws, self.codes);
        let session = exchange.run().await?;
        let region = context.memory().region(&session);
        let name = summary::name(&session.current, region.as_deref());
        text::mention(&format!("{name}, {}", left(session.session.expiration)));
        Ok(session)
    }
}

/// The client for the calls, with the configured proxy and authorities.
pub(super) fn aws(plan: &Plan, context: &Context) -> Result<Aws, Error> {
    let environment = context.environment();
    let http = Http::new(
        Proxies::from_environment(environment)?,
        Trust::new(plan.ca_bundle.as_ref(), environment)?,
    )?;
    Ok(Aws::new(http, plan.endpoint.clone()))
}

/// The plan. At a terminal, the user chooses a profile if nothing else says which keys.
async fn plan(options: &SessionOptions, context: &Context) -> Result<Plan, Error> {
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

/// When the current session expires, if it is the one that is wanted and need not be renewed yet.
fn satisfied(plan: &Plan, context: &Context) -> Option<DateTime<Utc>> {
    let within = TimeDelta::from_std(plan.renew_within?).ok()?;
    let current = context.memory().usable()?;
    let expiration = current.expiration?;
    let lives_on = expiration - clock::now() > within.max(TOO_LITTLE);
    (plan.has_same_target(current) && lives_on).then_some(expiration)
}

fn left(expiration: DateTime<Utc>) -> String {
    summary::in_words(summary::left(expiration, clock::now()))
}
