//! `awsmfa env`: the statements that start a session.

use std::ffi::OsString;

use zeroize::Zeroizing;

use super::obtain::{NotObtained, Obtained, obtain};
use super::{Failure, Output, must_be_evaluated, render, shell_of};
use crate::bookkeeping::{Memory, Owner, Present, Start, in_place, is_record, reinstate};
use crate::cli::Env;
use crate::clock;
use crate::environment::VARIABLES;
use crate::error::Error;
use crate::report;
use crate::session::Session;
use crate::shell::{Change, Kind, Shell};
use crate::wanted::Wanted;
use crate::world::World;

/// Runs the verb.
pub async fn run(options: &Env, world: &World, args: &[OsString]) -> Result<Output, Failure> {
    let shell = shell_of(options.statements.shell.as_deref())?;
    must_be_evaluated(shell, options.statements.print_secrets, args)?;
    let (memory, environment) = (world.memory(), world.environment());
    let check = |wanted: &Wanted| check_that_shell_can_carry(shell, world, wanted);
    match obtain(&options.session, world, check).await {
        Ok(Obtained::InPlace) if shell.kind == Kind::Format => {
            Ok(render(shell, &in_place(environment))?)
        }
        Ok(Obtained::InPlace) => Ok(render(shell, &reinstate(environment))?),
        Ok(Obtained::Started(start)) => {
            let changes = memory.start(environment, &start);
            Ok(render(shell, &for_shell(shell, changes))?)
        }
        Err(NotObtained { error, keep, spent }) => {
            let mut statements = Zeroizing::default();
            if let (Some(mfa), Kind::Shell) = (&keep, shell.kind) {
                report::note(
                    "the MFA session is kept in this shell: the next try needs no code while it lives",
                );
                statements = render(shell, &Memory::keep(environment, mfa, spent.as_ref()))?.text;
            }
            Err(Failure {
                error: Box::new(error),
                statements,
            })
        }
    }
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
            account_id: None,
            expiration: None,
        },
        mfa: None,
        spent: None,
        settings: wanted.settings.clone(),
    };
    let changes = world.memory().start(world.environment(), &start);
    (shell.grammar.render)(&for_shell(shell, changes)).map_err(|mut refused| {
        // What is to be put back is recorded under a name of awsmfa's; the user knows the other.
        let mut replaced = VARIABLES.iter().filter(|it| it.replaced == refused.name);
        refused.name = replaced.next().map_or(refused.name, |it| it.name);
        refused
    })?;
    Ok(())
}

/// Only shells keep books.
fn for_shell(shell: &Shell, mut changes: Vec<Change>) -> Vec<Change> {
    if shell.kind == Kind::Format {
        changes.retain(|change| !is_record(change.name()));
    }
    changes
}
