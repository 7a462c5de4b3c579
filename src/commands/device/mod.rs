//! `awsmfa device`: lists, enrolls and removes the IAM user's MFA devices.

use clap::Subcommand;
use clap_complete::engine::ArgValueCandidates;

use super::{Failure, Output, start};
use crate::candidates;
use crate::cli::SessionOptions;
use crate::context::Context;
use crate::error::Error;
use crate::exchange::{live_mfa_session, long_term_keys};
use crate::plan::Plan;
use crate::session::{Keys, Session};
use crate::sts::api::{Aws, Signer};
use crate::sts::arn::Arn;
use crate::sts::iam::MfaDevice;
use crate::sts::refusal::{Cause, Refusal};

mod enroll;
mod list;
mod picture;
mod remove;

/// What a call was for.
const LISTING: &str = "while listing the user's MFA devices";

/// The page about permissions.
const PAGE: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/force-mfa.md");

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List your MFA devices, and which ones work with STS
    List(list::Args),
    /// Create a virtual MFA device, show its QR code, and enable it
    Enroll(enroll::Args),
    /// Deactivate an MFA device, and delete it if it is a virtual one
    Remove(remove::Args),
}

// Whose devices. A doc comment would replace the help of the verbs.
#[derive(Debug, clap::Args)]
pub struct UserOptions {
    /// Profile in the shared AWS files
    #[arg(short, long, value_name = "NAME", add = ArgValueCandidates::new(candidates::profiles))]
    pub profile: Option<String>,
}

pub async fn run(options: &Args, context: &Context) -> Result<Output, Failure> {
    let output = match &options.command {
        Command::List(options) => list::run(options, context).await,
        Command::Enroll(options) => enroll::run(options, context).await,
        Command::Remove(options) => remove::run(options, context).await,
    };
    Ok(output?)
}

/// Whose devices these are, and how to call AWS for them.
struct Client {
    plan: Plan,
    aws: Aws,
    keys: Keys,
    /// The user's MFA session in this shell. It may do what the keys alone may not.
    session: Option<Session>,
}

/// The IAM user of the keys.
struct User {
    name: String,
    partition: String,
    account: String,
}

impl Client {
    async fn new(options: &UserOptions, context: &Context) -> Result<Self, Error> {
        let options = SessionOptions {
            profile: options.profile.clone(),
            ..SessionOptions::default()
        };
        let plan = start::plan(&options, context).await?;
        let aws = start::aws(&plan, context).await?;
        let keys = long_term_keys(&plan).await?;
        let session = live_mfa_session(&plan, context.memory());
        let session = session.map(|mfa| mfa.session.clone());
        Ok(Self {
            plan,
            aws,
            keys,
            session,
        })
    }

    fn signer(&self) -> Signer<'_> {
        match &self.session {
            Some(session) => Signer::Session(session),
            None => Signer::User(&self.keys),
        }
    }

    async fn user(&self) -> Result<User, Error> {
        let identity = self.aws.get_caller_identity(self.signer()).await;
        let identity =
            identity.map_err(|refusal| self.refused("while looking up the user", refusal))?;
        let user = Arn::parse(&identity.arn).filter(|arn| arn.resource.starts_with("user/"));
        let user = user.ok_or_else(|| {
            Error::new(format!("{} is not an IAM user", identity.arn)).hint(
                "manage the devices of the root user in the IAM console, under Security credentials",
            )
        })?;
        Ok(User {
            name: user.name().to_owned(),
            partition: user.partition.to_owned(),
            account: user.account.to_owned(),
        })
    }

    async fn devices(&self) -> Result<Vec<MfaDevice>, Error> {
        let devices = self.aws.mfa_devices(self.signer()).await;
        devices.map_err(|refusal| self.refused(LISTING, refusal))
    }

    /// The error for a call that failed, and what it was for.
    fn refused(&self, during: &str, refusal: Refusal) -> Error {
        let message = format!("{refusal} ({during})");
        let hint = self.hint_of_denial(&refusal);
        let mut error = Error::from(refusal);
        error.message = message;
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// What to do about a missing permission.
    fn hint_of_denial(&self, refusal: &Refusal) -> Option<String> {
        let Cause::Denied(operation) = &refusal.cause else {
            return None;
        };
        let ask = format!("ask an administrator to allow {operation}; see {PAGE}");
        Some(match self.session {
            Some(_) => ask,
            None => format!("start an MFA session first (awsmfa env), or {ask}"),
        })
    }
}

impl User {
    /// The ARN of a virtual device with this name.
    fn device(&self, name: &str) -> String {
        let Self {
            partition, account, ..
        } = self;
        format!("arn:{partition}:iam::{account}:mfa/{name}")
    }
}

/// The name of a virtual device or a security key; the serial number of a hardware token.
fn name_of(serial: &str) -> &str {
    Arn::parse(serial).map_or(serial, |arn| arn.name())
}

/// What kind of device a serial number belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Virtual,
    Hardware,
    SecurityKey,
}

impl Kind {
    fn of(serial: &str) -> Self {
        match Arn::parse(serial) {
            Some(arn) if arn.is_security_key() => Self::SecurityKey,
            Some(arn) if arn.resource.starts_with("mfa/") => Self::Virtual,
            _ => Self::Hardware,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Virtual => "virtual",
            Self::Hardware => "hardware",
            Self::SecurityKey => "security key",
        }
    }
}
