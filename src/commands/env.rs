//! `awsmfa env`: the statements that start a session.

use std::ffi::OsString;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::{Failure, Output, must_be_evaluated, render, shell_of};
use crate::aws::api::Aws;
use crate::aws::http;
use crate::bookkeeping::{Memory, Owner, Present, Start, is_record};
use crate::cli::{Env, SessionOptions};
use crate::clock;
use crate::codes::Codes;
use crate::duration;
use crate::error::Error;
use crate::exchange::{Exchange, ExchangeError};
use crate::prompt::Terminal;
use crate::report;
use crate::session::Session;
use crate::shell::{Change, Kind, Shell};
use crate::wanted::{Wanted, WantedError};
use crate::world::World;

/// Runs the verb.
pub async fn run(options: &Env, world: &World, args: &[OsString]) -> Result<Output, Failure> {
    let shell = shell_of(options.statements.shell.as_deref())?;
    must_be_evaluated(shell, options.statements.print_secrets, args)?;
    let session = &options.session;
    // The code is looked at first: a slip of the finger is the most likely thing to be wrong.
    let given = given_code(session)?;
    let wanted = wanted(session, world).await?;
    let (memory, environment) = (world.memory(), world.environment());
    if let Some(expiration) = satisfied(&wanted, memory) {
        report::mention(&format!("the session lives on, {}", until(expiration)));
        return Ok(render(shell, &[])?);
    }
    let codes = match given {
        Some(code) => code,
        None => Codes::of(None, wanted.code_command.as_deref()).map_err(ExchangeError::from)?,
    };
    let ca_bundle = wanted.ca_bundle.as_deref().map(Path::new);
    let aws = Aws::new(http::client(ca_bundle)?, wanted.endpoint.clone());
    check_that_shell_can_carry(shell, world, &wanted)?;

    for notice in &wanted.notices {
        report::note(notice);
    }
    let code_given = session.code.is_some();
    let exchange = Exchange::new(&wanted, memory, &aws, codes, code_given);
    match exchange.run().await {
        Ok(start) => {
            report::mention(&description(&start));
            let changes = memory.start(environment, &start);
            Ok(render(shell, &for_shell(shell, changes))?)
        }
        Err(failure) => {
            let mut kept = Output::default();
            if let (Some(mfa), Kind::Shell) = (&failure.keep, shell.kind) {
                report::note(
                    "the MFA session is kept in this shell: the next try needs no code while it lives",
                );
                kept = render(shell, &Memory::keep(environment, mfa))?;
            }
            Err(Failure {
                error: Box::new(failure.error.into()),
                statements: kept.statements,
            })
        }
    }
}

fn given_code(options: &SessionOptions) -> Result<Option<Codes>, ExchangeError> {
    let code = options.code.as_deref();
    Ok(code.map(|code| Codes::of(Some(code), None)).transpose()?)
}

/// What is wanted; where nothing says which keys, the user chooses a profile at the terminal.
async fn wanted(options: &SessionOptions, world: &World) -> Result<Wanted, Error> {
    match Wanted::of(options, world) {
        Err(WantedError::NoSource { profiles, .. })
            if !profiles.is_empty() && Terminal::open().is_ok() =>
        {
            let choices = profiles.clone();
            let chosen = Terminal::in_background(move |terminal| {
                terminal.choose("Which profile?", &choices)
            });
            let chosen = chosen.await.map_err(ExchangeError::NoProfileChosen)?;
            let options = SessionOptions {
                profile: Some(profiles[chosen].clone()),
                ..options.clone()
            };
            Ok(Wanted::of(&options, world)?)
        }
        wanted => Ok(wanted?),
    }
}

/// When the session in place ends, if it is what is wanted and need not be renewed yet.
fn satisfied(wanted: &Wanted, memory: &Memory) -> Option<DateTime<Utc>> {
    let within = chrono::TimeDelta::from_std(wanted.renew_within?).ok()?;
    let present = memory.present.as_ref()?;
    let expiration = present.expiration?;
    (wanted.is_in_place(present) && expiration - clock::now() > within).then_some(expiration)
}

/// Renders statements with a stand-in for the session, so that a value of the environment or the
/// profile that the shell cannot carry is refused before a code is spent.
fn check_that_shell_can_carry(shell: &Shell, world: &World, wanted: &Wanted) -> Result<(), Error> {
    let stand_in = || "stand-in".to_owned();
    let start = Start {
        session: Session {
            access_key_id: stand_in(),
            secret_access_key: stand_in().into(),
            session_token: stand_in().into(),
            expiration: clock::now(),
        },
        present: Present {
            owner: Owner {
                source_profile: wanted.source.profile.clone(),
                source_key_id: stand_in(),
                user_arn: None,
                endpoint_url: wanted.endpoint.sts_url.clone(),
            },
            target: wanted.target.clone(),
            role_arn: None,
            expiration: None,
        },
        mfa: None,
        settings: wanted.settings.clone(),
    };
    let changes = world.memory().start(world.environment(), &start);
    (shell.grammar.render)(&for_shell(shell, changes))?;
    Ok(())
}

/// Only shells keep books.
fn for_shell(shell: &Shell, mut changes: Vec<Change>) -> Vec<Change> {
    if shell.kind == Kind::Format {
        changes.retain(|change| !is_record(change.name()));
    }
    changes
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
    let minutes = std::time::Duration::from_mins(left.as_secs().div_ceil(60));
    format!("{} left", duration::in_words(minutes))
}
