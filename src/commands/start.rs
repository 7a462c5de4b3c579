//! Getting the session that the options ask for, for `env` and `exec` alike.

use chrono::{DateTime, TimeDelta, Utc};

use super::summary;
use crate::cli::SessionOptions;
use crate::clock;
use crate::code_source::CodeSource;
use crate::context::Context;
use crate::error::Error;
use crate::exchange::{Exchange, ExchangeError};
use crate::memory::{MfaSession, NewSession};
use crate::plan::source::{self, Origin};
use crate::plan::{Plan, chain};
use crate::prompt::Terminal;
use crate::session::TOO_LITTLE;
use crate::sts::api::Aws;
use crate::sts::http::Http;
use crate::sts::proxy::Proxies;
use crate::sts::trust::Trust;
use crate::text;
use crate::token_code::TokenCode;

/// What came of it.
#[derive(Debug)]
pub(super) enum Obtained {
    /// The session in place is what is wanted and lives long enough.
    InPlace,
    /// A session.
    Started(Box<NewSession>),
}

/// A failure, and the MFA session for which a code was spent all the same.
#[derive(Debug)]
pub(super) struct NotObtained {
    pub(super) error: Error,
    pub(super) keep: Option<MfaSession>,
    pub(super) spent: Option<TokenCode>,
}

impl<E: Into<Error>> From<E> for NotObtained {
    fn from(error: E) -> Self {
        Self {
            error: error.into(),
            keep: None,
            spent: None,
        }
    }
}

/// Gets the session. `check` sees what is wanted before a code is asked for or sent.
pub(super) async fn obtain(
    options: &SessionOptions,
    context: &Context,
    check: impl FnOnce(&Plan) -> Result<(), Error>,
) -> Result<Obtained, NotObtained> {
    // The code is looked at first: a slip of the finger is the most likely thing to be wrong.
    let code = options.code.as_ref();
    let given = code
        .map(|code| CodeSource::new(Some(code.as_str().unwrap_or_default()), None))
        .transpose()?;
    let plan = plan(options, context).await?;
    if let Some(expiration) = satisfied(&plan, context) {
        text::mention(&format!("session still valid, {}", left(expiration)));
        return Ok(Obtained::InPlace);
    }
    let code_given = given.is_some();
    let codes = if let Some(codes) = given {
        codes
    } else {
        let command = plan.code_command.as_ref();
        let command = command.map(|command| command.text.as_str());
        CodeSource::new(None, command)?
    };
    let aws = aws(&plan, context)?;
    check(&plan)?;
    for notice in &plan.notices {
        text::note(notice);
    }
    let exchange = Exchange::new(&plan, context.memory(), &aws, codes, code_given);
    match exchange.run().await {
        Ok(start) => {
            let region = context.memory().region(&start);
            let name = summary::name(&start.current, region.as_deref());
            text::mention(&format!("{name}, {}", left(start.session.expiration)));
            Ok(Obtained::Started(Box::new(start)))
        }
        Err(failure) => Err(NotObtained {
            error: failure.error.into(),
            keep: failure.keep,
            spent: failure.spent,
        }),
    }
}

/// The calls, by the proxy and the authorities that are set.
pub(super) fn aws(plan: &Plan, context: &Context) -> Result<Aws, Error> {
    let environment = context.environment();
    let http = Http::new(
        Proxies::from_environment(environment)?,
        Trust::new(plan.ca_bundle.as_ref(), environment)?,
    )?;
    Ok(Aws::new(http, plan.endpoint.clone()))
}

/// What is wanted; where nothing says which keys, the user chooses a profile at the terminal.
async fn plan(options: &SessionOptions, context: &Context) -> Result<Plan, Error> {
    if let Some(origin) = Origin::find(options, context)? {
        return Plan::from_origin(&origin, options, context);
    }
    let profiles = chain::usable_profiles(context.files()?, &context.memory().before);
    if profiles.is_empty() || Terminal::open().is_err() {
        return Err(source::no_origin(context));
    }
    let chosen = Terminal::in_background(|terminal| terminal.choose("Which profile?", profiles));
    let chosen = chosen.await.map_err(ExchangeError::NoProfileChosen)?;
    Plan::from_origin(&Origin::profile(&chosen, None), options, context)
}

/// When the session in place ends, if it is what is wanted and need not be renewed yet.
fn satisfied(plan: &Plan, context: &Context) -> Option<DateTime<Utc>> {
    let within = TimeDelta::from_std(plan.renew_within?).ok()?;
    let current = context.memory().usable()?;
    let expiration = current.expiration?;
    let lives_on = expiration - clock::now() > within.max(TOO_LITTLE);
    (plan.is_in_place(current) && lives_on).then_some(expiration)
}

fn left(expiration: DateTime<Utc>) -> String {
    summary::in_words(summary::left(expiration, clock::now()))
}
