//! Getting the session that the options ask for, for `env` and `exec` alike.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::aws::api::Aws;
use crate::aws::http::Http;
use crate::aws::proxy::Proxies;
use crate::aws::trust::Trust;
use crate::bookkeeping::{MfaSession, Start};
use crate::cli::SessionOptions;
use crate::clock;
use crate::codes::Codes;
use crate::duration;
use crate::error::Error;
use crate::exchange::{Exchange, ExchangeError};
use crate::prompt::Terminal;
use crate::report;
use crate::session::TOO_LITTLE;
use crate::token_code::TokenCode;
use crate::wanted::{Wanted, WantedError};
use crate::world::World;

/// What came of it.
#[derive(Debug)]
pub(super) enum Obtained {
    /// The session in place is what is wanted and lives long enough.
    InPlace,
    /// A session.
    Started(Box<Start>),
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
    world: &World,
    check: impl FnOnce(&Wanted) -> Result<(), Error>,
) -> Result<Obtained, NotObtained> {
    // The code is looked at first: a slip of the finger is the most likely thing to be wrong.
    let code = options.code.as_ref();
    let given = code
        .map(|code| Codes::of(Some(code.as_str().unwrap_or_default()), None))
        .transpose()
        .map_err(ExchangeError::from)?;
    let wanted = wanted(options, world).await?;
    if let Some(expiration) = satisfied(&wanted, world) {
        report::mention(&format!("the session lives on, {}", until(expiration)));
        return Ok(Obtained::InPlace);
    }
    let code_given = given.is_some();
    let codes = if let Some(codes) = given {
        codes
    } else {
        let command = wanted.code_command.as_ref();
        let command = command.map(|command| command.text.as_str());
        Codes::of(None, command).map_err(ExchangeError::from)?
    };
    let aws = aws(&wanted, world)?;
    check(&wanted)?;
    for notice in &wanted.notices {
        report::note(notice);
    }
    let exchange = Exchange::new(&wanted, world.memory(), &aws, codes, code_given);
    match exchange.run().await {
        Ok(start) => {
            report::mention(&description(&start));
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
pub(super) fn aws(wanted: &Wanted, world: &World) -> Result<Aws, Error> {
    let ca_bundle = wanted.ca_bundle.as_ref();
    let ca_bundle = ca_bundle.map(|setting| (Path::new(&setting.text), setting.place.as_str()));
    let environment = world.environment();
    let http = Http::new(
        Proxies::of(environment)?,
        Trust::of(ca_bundle, environment)?,
    )?;
    Ok(Aws::new(http, wanted.endpoint.clone()))
}

/// What is wanted; where nothing says which keys, the user chooses a profile at the terminal.
async fn wanted(options: &SessionOptions, world: &World) -> Result<Wanted, Error> {
    match Wanted::of(options, world) {
        Err(WantedError::NoSource { profiles, .. })
            if !profiles.is_empty() && Terminal::open().is_ok() =>
        {
            let chosen =
                Terminal::in_background(|terminal| terminal.choose("Which profile?", profiles));
            let options = SessionOptions {
                profile: Some(chosen.await.map_err(ExchangeError::NoProfileChosen)?),
                ..options.clone()
            };
            Ok(Wanted::of(&options, world)?)
        }
        wanted => Ok(wanted?),
    }
}

/// When the session in place ends, if it is what is wanted and need not be renewed yet.
fn satisfied(wanted: &Wanted, world: &World) -> Option<DateTime<Utc>> {
    let within = TimeDelta::from_std(wanted.renew_within?).ok()?;
    let present = world.memory().present.as_ref()?;
    let expiration = present.expiration?;
    let lives_on = expiration - clock::now() > within.max(TOO_LITTLE);
    (wanted.is_in_place(present) && lives_on).then_some(expiration)
}

fn description(start: &Start) -> String {
    let present = &start.present;
    let whose = match (&present.role_arn, &present.target.profile) {
        (Some(role), _) => role.clone(),
        (None, Some(profile)) => format!("the profile {profile}"),
        (None, None) => "the keys in the environment".to_owned(),
    };
    format!("session of {whose}, {}", until(start.session.expiration))
}

fn until(expiration: DateTime<Utc>) -> String {
    let left = (expiration - clock::now()).to_std().unwrap_or_default();
    format!("{} left", duration::to_the_minute(left))
}
