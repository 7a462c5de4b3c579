//! `awsmfa env`: the statements that start a session.

use std::ffi::OsString;

use super::dotnet;
use super::guard::must_be_evaluated;
use super::start::{Prepared, Reuse};
use super::{Failure, Output, note_other_keys, render, shell_of, start};
use crate::cli::{SessionOptions, StatementOptions};
use crate::clock;
use crate::context::Context;
use crate::environment::Environment;
use crate::error::Error;
use crate::exchange::ExchangeFailure;
use crate::memory::{
    CurrentSession, NewSession, Owner, current_variables, in_other_environment, is_record,
    reinstate, replaced_variable,
};
use crate::plan::Plan;
use crate::session::Session;
use crate::shell::{Change, Kind, Shell};
use crate::text;

const EXAMPLES: &str = "\
Examples:
  eval \"$(awsmfa env 123456)\"      bash, zsh, sh
  awsmfa env 123456 | source       fish
  awsmfa env 123456 | iex          PowerShell
  eval \"$(awsmfa env -p dev)\"      a profile, its role too; asks for the code
  eval \"$(awsmfa env)\"             renew the current session
  eval \"$(awsmfa env --renew-within 15m)\"
                                   only if less than 15 minutes are left

Exit codes: 0 done, 1 failed, 2 wrong usage";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// What session is wanted.
    #[command(flatten)]
    pub session: SessionOptions,
    /// How the statements are printed.
    #[command(flatten)]
    pub statements: StatementOptions,
}

pub async fn run(options: &Args, context: &Context, args: &[OsString]) -> Result<Output, Failure> {
    let shell = shell_of(options.statements.shell.as_deref())?;
    let print_secrets = options.statements.print_secrets;
    must_be_evaluated(shell, print_secrets, "has secrets", args)?;
    let (memory, environment) = (context.memory(), context.environment());
    let reuse = match shell.kind {
        Kind::Shell => Reuse::OnRequest,
        Kind::Server | Kind::Format => Reuse::Live,
    };
    let planned = match start::prepare(&options.session, context, reuse).await? {
        Prepared::New(planned) => planned,
        Prepared::Current { region } => {
            let changes = match shell.kind {
                Kind::Shell => reinstate(environment),
                Kind::Server => memory.in_region(reinstate(environment), region.as_deref()),
                Kind::Format => memory.in_region(current_variables(environment), region.as_deref()),
            };
            let changes = for_reader(shell, environment, changes);
            return Ok(render(shell, environment, changes)?);
        }
    };
    // The consumer of the JSON document uses its own profile.
    if shell.name != "json" {
        planned.plan.check_default_profile()?;
        text::notes(&planned.plan.session_notices);
        if let Some(note) = dotnet::note(shell, context)? {
            text::note(&note);
        }
    }
    check_that_shell_can_carry(shell, context, &planned.plan)?;
    match planned.start(context).await {
        Ok(session) => {
            let changes = memory.start(environment, &session);
            if memory.has_other_keys && shell.kind == Kind::Shell {
                note_other_keys(memory, &changes);
            }
            Ok(render(
                shell,
                environment,
                for_reader(shell, environment, changes),
            )?)
        }
        Err(ExchangeFailure { error, kept, spent }) => {
            let mut failure = Failure::from(error);
            if let (Some(mfa), Kind::Shell) = (&kept, shell.kind) {
                text::note("kept the MFA session in this shell; the next try needs no code");
                let changes = memory.keep(environment, mfa, spent.as_ref());
                if memory.has_other_keys {
                    note_other_keys(memory, &changes);
                }
                failure.statements = render(shell, environment, changes)?.text;
            }
            Err(failure)
        }
    }
}

/// Renders statements with placeholder credentials: if the shell cannot carry a value of the environment
/// or the profile, that is an error before a code is used.
fn check_that_shell_can_carry(shell: &Shell, context: &Context, plan: &Plan) -> Result<(), Error> {
    let stand_in = || "stand-in".to_owned();
    let start = NewSession {
        session: Session {
            access_key_id: stand_in(),
            secret_access_key: stand_in().into(),
            session_token: stand_in().into(),
            started: Some(clock::now()),
            expiration: clock::now(),
        },
        current: CurrentSession {
            owner: Owner {
                source_profile: plan.source.profile.clone(),
                source_key_id: stand_in(),
                user_arn: None,
                endpoint_url: plan.endpoint.sts_url().map(str::to_owned),
            },
            target: plan.target.clone(),
            role_arn: None,
            account_id: None,
            expiration: None,
        },
        mfa: None,
        spent: None,
        settings: plan.settings.clone(),
    };
    let changes = context.memory().start(context.environment(), &start);
    (shell.grammar.render)(&for_reader(shell, context.environment(), changes)).map_err(
        |mut refused| {
            // The user knows the variable, not the name under which awsmfa records its earlier value.
            if let Some(variable) = replaced_variable(&refused.name) {
                refused.name = variable.name.clone().into_owned();
            }
            refused
        },
    )?;
    Ok(())
}

/// The changes for what reads them: a format gets no bookkeeping, and a server has an environment of its own.
fn for_reader(shell: &Shell, environment: &Environment, mut changes: Vec<Change>) -> Vec<Change> {
    match shell.kind {
        Kind::Shell => changes,
        Kind::Server => in_other_environment(environment, &changes),
        Kind::Format => {
            changes.retain(|change| !is_record(change.name()));
            changes
        }
    }
}
