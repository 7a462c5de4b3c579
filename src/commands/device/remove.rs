//! `awsmfa device remove`: deactivates a device, and deletes it if it is a virtual one.

use std::time::Duration;

use tokio::time::sleep;

use super::{Client, Kind, Output, User, UserOptions, name_of};
use crate::context::Context;
use crate::device::without_security_keys;
use crate::error::Error;
use crate::prompt::{PromptError, Terminal};
use crate::sts::refusal::{Cause, Refusal};
use crate::text::{self, Page};

const EXAMPLES: &str = "\
Examples:
  awsmfa device remove
  awsmfa device remove alice-phone --yes";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Name, ARN or serial number of the device; chosen at the terminal if omitted
    #[arg(value_name = "NAME|ARN")]
    pub device: Option<String>,
    #[command(flatten)]
    pub user: UserOptions,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// The pauses while IAM is still changing a device.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// The device to remove.
struct Doomed {
    serial: String,
    /// Whether it is enabled for the user; otherwise it is a virtual device that is enabled for nobody.
    is_enabled: bool,
    /// Whether the user has no other device that works with STS.
    is_last: bool,
}

pub(super) async fn run(options: &Args, context: &Context) -> Result<Output, Error> {
    if !options.yes {
        Terminal::open().map_err(|problem| {
            Error::new("cannot ask whether to remove the device")
                .hint("use --yes, and name the device")
                .source(problem)
        })?;
    }
    let client = Client::new(&options.user, context).await?;
    let user = client.user().await?;
    let own = client.devices().await?;
    let own: Vec<String> = own.into_iter().map(|device| device.serial).collect();
    let doomed = find(options, &client, &user, own).await?;
    let warnings = warnings(&doomed, &user, &client, context);
    if options.yes {
        text::notes(&warnings);
    } else {
        confirm(&doomed, warnings).await?;
    }
    remove(&client, &user, &doomed).await?;
    let mut page = Page::for_stdout();
    page.line(&format!("removed the MFA device {}", doomed.serial));
    if let Some(named) = &client.plan.serial
        && named.text == doomed.serial
    {
        page.line(&format!("{} still names it", named.place));
    }
    Ok(Output::page(page))
}

/// The device that the user named or chose.
async fn find(
    options: &Args,
    client: &Client,
    user: &User,
    own: Vec<String>,
) -> Result<Doomed, Error> {
    let (usable, _) = without_security_keys(own.clone());
    let enabled = |serial: String| Doomed {
        is_enabled: true,
        is_last: usable == [serial.clone()],
        serial,
    };
    let Some(wanted) = &options.device else {
        return match own.len() {
            0 => Err(
                Error::new(format!("{} has no MFA devices", user.name)).hint(
                    "name a virtual device that is enabled for nobody: awsmfa device remove NAME",
                ),
            ),
            1 => Ok(enabled(own.into_iter().next().unwrap_or_default())),
            _ => {
                let choosing =
                    Terminal::in_background(|terminal| terminal.choose("Which MFA device?", own));
                let chosen = choosing.await;
                let serial = chosen
                    .map_err(|it| it.not_chosen("MFA device", "awsmfa device remove NAME"))?;
                Ok(enabled(serial))
            }
        };
    };
    let is_wanted = |serial: &&String| *serial == wanted || name_of(serial) == wanted;
    let found: Vec<&String> = own.iter().filter(is_wanted).collect();
    match found.as_slice() {
        [serial] => return Ok(enabled((*serial).clone())),
        [] => {}
        several => {
            let several: Vec<&str> = several.iter().map(|it| it.as_str()).collect();
            return Err(
                Error::usage(format!("several MFA devices are named {wanted}"))
                    .hint(format!("name one by its ARN: {}", several.join(", "))),
            );
        }
    }
    let serial = if wanted.starts_with("arn:") {
        wanted.clone()
    } else {
        user.device(wanted)
    };
    let not_yours = || {
        let error = Error::new(format!(
            "{wanted} is not one of {}'s MFA devices",
            user.name
        ));
        match own.as_slice() {
            [] => error.hint("list them: awsmfa device list"),
            own => error.hint(format!("{} has {}", user.name, own.join(", "))),
        }
    };
    match client.aws.virtual_mfa_devices(client.signer()).await {
        Ok(all) => match all.into_iter().find(|device| device.serial == serial) {
            Some(device) if device.user.is_none() => {}
            _ => return Err(not_yours()),
        },
        // Perhaps it is enabled for nobody; IAM deletes no other.
        Err(refusal) if matches!(refusal.cause, Cause::Denied(_)) => {}
        Err(refusal) => {
            return Err(client.refused("while listing the virtual MFA devices", refusal));
        }
    }
    Ok(Doomed {
        serial,
        is_enabled: false,
        is_last: false,
    })
}

/// What the user should know first.
fn warnings(doomed: &Doomed, user: &User, client: &Client, context: &Context) -> Vec<String> {
    let mut warnings = Vec::new();
    if !doomed.is_enabled {
        warnings.push(format!(
            "{} is enabled for nobody; make sure that no colleague is enrolling it just now",
            doomed.serial
        ));
    }
    if doomed.is_last {
        warnings.push(format!(
            "WARNING: this is the only MFA device of {} that works with STS. Without it, awsmfa starts \
             no session, and where a policy forces MFA, only an administrator can help",
            user.name
        ));
    }
    let current = context.memory().current.as_ref();
    let recorded = current.and_then(|current| current.target.serial.as_ref());
    let configured = client.plan.serial.as_ref().map(|named| &named.text);
    if client.session.is_some() && recorded.or(configured) == Some(&doomed.serial) {
        warnings.push(
            "WARNING: this shell's session was started with it, and cannot be renewed without it"
                .to_owned(),
        );
    }
    warnings
}

async fn confirm(doomed: &Doomed, warnings: Vec<String>) -> Result<(), Error> {
    let kind = Kind::of(&doomed.serial).name();
    let question = format!("Remove the MFA device {} ({kind})? [y/N] ", doomed.serial);
    let asking = Terminal::in_background(move |terminal| {
        for warning in warnings {
            terminal.say(&warning)?;
        }
        let answer = terminal.ask(&question)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    });
    match asking.await {
        Ok(true) => Ok(()),
        Ok(false) | Err(PromptError::NoAnswer) => Err(Error::new("not removed")),
        Err(problem) => Err(Error::new("not removed").source(problem)),
    }
}

async fn remove(client: &Client, user: &User, doomed: &Doomed) -> Result<(), Error> {
    let (aws, signer, serial) = (&client.aws, client.signer(), doomed.serial.as_str());
    if doomed.is_enabled {
        let call = async || aws.deactivate_mfa_device(signer, &user.name, serial).await;
        let done = patiently(call).await;
        done.map_err(|refusal| client.refused("while deactivating the device", refusal))?;
    }
    if Kind::of(serial) != Kind::Virtual {
        return Ok(());
    }
    let call = async || aws.delete_virtual_mfa_device(signer, serial).await;
    match patiently(call).await {
        Ok(()) => Ok(()),
        Err(refusal) if refusal.cause == Cause::InUse => {
            Err(Error::new(format!("{serial} is enabled for another user")).aws(refusal.aws))
        }
        Err(refusal) => {
            let mut error = client.refused("while deleting the device", refusal);
            if doomed.is_enabled {
                error.message = format!("deactivated {serial}, but it is still there: {error}");
            }
            Err(error)
        }
    }
}

/// Calls until IAM is ready for it.
async fn patiently(call: impl AsyncFn() -> Result<(), Refusal>) -> Result<(), Refusal> {
    for pause in PAUSES {
        match call().await {
            Err(refusal) if refusal.is_unsettled() => sleep(pause).await,
            outcome => return outcome,
        }
    }
    call().await
}
