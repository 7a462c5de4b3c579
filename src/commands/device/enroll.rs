//! `awsmfa device enroll`: creates a virtual device, shows its secret at the terminal, enables it with
//! two codes, and waits until STS knows it. Until it is enabled, every way out deletes it again.

use std::cell::Cell;
use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::picture::Picture;
use super::{Client, LISTING, Output, PAGE, User, UserOptions};
use crate::context::Context;
use crate::error::Error;
use crate::prompt::{PromptError, TRIES, Terminal};
use crate::signals::clean_up::CleanUp;
use crate::sts::api::Mfa;
use crate::sts::iam::{MfaDevice, Seed};
use crate::sts::refusal::{Cause, Refusal};
use crate::text;
use crate::token_code::TokenCode;

const EXAMPLES: &str = "\
Examples:
  awsmfa device enroll
  awsmfa device enroll alice-phone --profile work";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Name of the device; unique in the account [default: the IAM user's name]
    #[arg(value_name = "NAME", value_parser = device_name)]
    pub name: Option<String>,
    #[command(flatten)]
    pub user: UserOptions,
}

/// IAM's pattern for the name of a virtual device (IAM API reference, `CreateVirtualMFADevice`); with the
/// rest of the ARN it must not be longer than a `SerialNumber`.
fn device_name(text: &str) -> Result<String, &'static str> {
    const LONGEST: usize = 200;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b);
    if text.is_empty() || text.len() > LONGEST || !text.bytes().all(allowed) {
        return Err("IAM allows 1 to 200 letters, digits and _+=,.@- in the name of a device");
    }
    Ok(text.to_owned())
}

/// How many devices a user may have (IAM user guide, "IAM and AWS STS quotas").
const MOST_DEVICES: usize = 8;

/// The pauses while IAM is still changing a device, or the connection is bad.
const PAUSES: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// The pause between two questions to STS, and how many to ask: each counts as a try of a code.
const STS_PAUSE: Duration = Duration::from_millis(4500);
const STS_TRIES: usize = 5;

/// How long the clean-up may take: a little less than a signal waits for it.
const UNDO_LIMIT: Duration = Duration::from_millis(4500);

/// How far the device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// There is none, or it is somebody else's.
    Nothing,
    /// AWS may have created it.
    Creating,
    /// It exists, and may be enabled by now.
    Created,
    Enabled,
}

struct Enrolment<'a> {
    client: &'a Client,
    user: &'a User,
    name: &'a str,
    serial: String,
    /// Whether the name was free before, so that a device of this name is the new one.
    was_free: bool,
    /// Whether the terminal knows colours at all.
    has_colours: bool,
    progress: Cell<Progress>,
    clean_up: CleanUp,
}

pub(super) async fn run(options: &Args, context: &Context) -> Result<Output, Error> {
    Terminal::open().map_err(no_terminal)?;
    let client = Client::new(&options.user, context).await?;
    // That host gets a code.
    if let Some(endpoint) = client.aws.endpoint().notice() {
        text::note(&endpoint);
    }
    let user = client.user().await?;
    let name = options.name.as_deref().unwrap_or(&user.name);
    let serial = user.device(name);
    let was_free = check_room(&client, &user, name, &serial).await?;
    let line = format!("Creating the MFA device {serial} for {}.", user.name);
    say(line).await.map_err(no_terminal)?;
    let enrolment = Enrolment {
        client: &client,
        user: &user,
        name,
        serial,
        was_free,
        has_colours: context
            .environment()
            .get("TERM")
            .is_none_or(|kind| kind.as_bytes() != b"dumb"),
        progress: Cell::new(Progress::Nothing),
        clean_up: CleanUp::begin(),
    };
    let code = enrolment.run().await?;
    // It is enabled, so there is nothing to delete any more.
    let serial = enrolment.serial.clone();
    drop(enrolment);
    await_sts(&client, &serial, &code).await;
    say_how_to_use(&client, serial).await.map_err(no_terminal)?;
    Ok(Output::default())
}

fn no_terminal(problem: PromptError) -> Error {
    Error::new(format!("cannot enroll an MFA device: {problem}"))
        .hint("run it at a terminal: the QR code must be seen, and nothing else may get the secret")
        .source(problem)
}

/// Shows lines at the terminal, on another thread: a terminal may be stopped, and signals must get
/// through.
async fn say(lines: String) -> Result<(), PromptError> {
    Terminal::in_background(move |terminal| lines.lines().try_for_each(|line| terminal.say(line)))
        .await
}

/// Checks that there is room for a device of this name, as far as the user may know. Returns whether the
/// name is free for sure.
async fn check_room(client: &Client, user: &User, name: &str, serial: &str) -> Result<bool, Error> {
    let (own, all) = tokio::join!(
        client.aws.mfa_devices(client.signer()),
        client.aws.virtual_mfa_devices(client.signer()),
    );
    let denied = |refusal: &Refusal| matches!(refusal.cause, Cause::Denied(_));
    match own {
        Ok(own) if own.len() >= MOST_DEVICES => {
            return Err(too_many(user));
        }
        Err(refusal) if !denied(&refusal) => {
            return Err(client.refused(LISTING, refusal));
        }
        _ => {}
    }
    match all {
        Ok(all) => match all.into_iter().find(|device| device.serial == serial) {
            Some(device) => Err(taken(serial, name, device.user.as_deref())),
            None => Ok(true),
        },
        Err(refusal) if denied(&refusal) => Ok(false),
        Err(refusal) => Err(client.refused("while listing the virtual MFA devices", refusal)),
    }
}

fn too_many(user: &User) -> Error {
    let name = &user.name;
    Error::new(format!(
        "{name} has {MOST_DEVICES} MFA devices already, the most that IAM allows"
    ))
    .hint("remove one first: awsmfa device remove")
}

/// Device names are unique in the account, so it may be a colleague's.
fn taken(serial: &str, name: &str, user: Option<&str>) -> Error {
    let other = format!("choose another name: awsmfa device enroll {name}-2");
    let message = format!("there is an MFA device {serial} already");
    match user {
        Some(user) => Error::new(format!("{message}, enabled for {user}")).hint(other),
        None => Error::new(format!("{message}, enabled for nobody")).hint(format!(
            "{other}; if it is left over from you, remove it: awsmfa device remove {name}"
        )),
    }
}

impl Enrolment<'_> {
    /// Creates and enables the device, or leaves nothing behind. Returns the last code.
    async fn run(&self) -> Result<TokenCode, Error> {
        let outcome = tokio::select! {
            outcome = self.create_and_enable() => outcome,
            () = self.clean_up.interrupted() => {
                // The user has just seen ^C.
                let _ = Terminal::end_line();
                Err(Error::new("interrupted"))
            }
        };
        if outcome.is_err() {
            self.undo().await;
        }
        outcome
    }

    async fn create_and_enable(&self) -> Result<TokenCode, Error> {
        let seed = self.create().await?;
        let label = format!("{}@{}", self.name, self.user.account);
        let has_colours = self.has_colours;
        Terminal::in_background(move |terminal| show(terminal, &label, &seed, has_colours))
            .await
            .map_err(no_codes)?;
        let mut rejected = 0;
        loop {
            let codes = Terminal::in_background(two_codes).await.map_err(no_codes)?;
            match self.enable(&codes).await {
                Ok(()) => {
                    self.set_progress(Progress::Enabled);
                    let [_, last] = codes;
                    return Ok(last);
                }
                Err(refusal) if refusal.cause == Cause::WrongCode => {
                    rejected += 1;
                    if rejected == TRIES {
                        return Err(self.client.refused("while enabling the device", refusal));
                    }
                    let line =
                        "AWS rejected these codes. Enter two others, one right after the other.";
                    say(line.to_owned()).await.map_err(no_codes)?;
                }
                Err(refusal) if refusal.cause == Cause::TooManyDevices => {
                    return Err(too_many(self.user).aws(refusal.aws));
                }
                Err(refusal) => {
                    return Err(self.client.refused("while enabling the device", refusal));
                }
            }
        }
    }

    /// Creates the device. If the response is lost, so is the secret: deletes what may be there and
    /// tries once more.
    async fn create(&self) -> Result<Seed, Error> {
        const DURING: &str = "while creating the device";
        let mut has_tried = false;
        loop {
            self.set_progress(Progress::Creating);
            let (aws, signer) = (&self.client.aws, self.client.signer());
            match aws.create_virtual_mfa_device(signer, self.name).await {
                Ok(device) => {
                    self.set_progress(Progress::Created);
                    return Ok(device.seed);
                }
                Err(refusal) if refusal.may_have_been_done() && self.was_free && !has_tried => {
                    let deleted = aws.delete_virtual_mfa_device(signer, &self.serial).await;
                    let is_gone =
                        deleted.map_or_else(|it| it.cause == Cause::NoSuchDevice, |()| true);
                    if !is_gone {
                        return Err(self.client.refused(DURING, refusal));
                    }
                    has_tried = true;
                }
                Err(refusal) => {
                    if !refusal.may_have_been_done() {
                        self.set_progress(Progress::Nothing);
                    }
                    if refusal.cause == Cause::NameTaken {
                        let aws = refusal.aws.clone();
                        return Err(taken_by_somebody(&self.serial, self.name).aws(aws));
                    }
                    return Err(self.client.refused(DURING, refusal));
                }
            }
        }
    }

    /// Enables the device. Sends the codes again where IAM is not ready for them, or where the response
    /// was lost and the device is not enabled.
    async fn enable(&self, codes: &[TokenCode; 2]) -> Result<(), Refusal> {
        let (client, user) = (self.client, &self.user.name);
        let mut may_be_enabled = false;
        let mut pauses = PAUSES.iter();
        loop {
            let signer = client.signer();
            let enabled = client
                .aws
                .enable_mfa_device(signer, user, &self.serial, codes);
            let refusal = match enabled.await {
                Ok(()) => return Ok(()),
                Err(refusal) if refusal.cause == Cause::NameTaken && may_be_enabled => {
                    return Ok(());
                }
                Err(refusal) if refusal.may_have_been_done() => {
                    may_be_enabled = true;
                    let listed = client.aws.mfa_devices(signer).await;
                    let is_ours = |devices: Vec<_>| devices.iter().any(|it| self.is_it(it));
                    if listed.is_ok_and(is_ours) {
                        return Ok(());
                    }
                    refusal
                }
                Err(refusal) if refusal.is_unsettled() || refusal.cause == Cause::NoSuchDevice => {
                    refusal
                }
                Err(refusal) => return Err(refusal),
            };
            let Some(pause) = pauses.next() else {
                return Err(refusal);
            };
            // If the terminal cannot be written, the next question fails.
            let _ = say(format!("{refusal}; trying again")).await;
            sleep(*pause).await;
        }
    }

    fn is_it(&self, device: &MfaDevice) -> bool {
        device.serial == self.serial
    }

    fn set_progress(&self, progress: Progress) {
        self.progress.set(progress);
        let is_there = matches!(progress, Progress::Creating | Progress::Created);
        self.clean_up.set_left(is_there.then(|| self.left()));
    }

    /// What is left behind, and how to remove it.
    fn left(&self) -> String {
        let is_sure = self.progress.get() == Progress::Created;
        let verb = if is_sure { "is left" } else { "may be left" };
        format!(
            "the MFA device {} {verb}; remove it: awsmfa device remove {}",
            self.serial, self.name
        )
    }

    fn enabled(&self) -> String {
        format!(
            "the MFA device {} is enabled; remove it: awsmfa device remove {}",
            self.serial, self.name
        )
    }

    /// Deletes the half-made device, and says what came of it. IAM does not delete it if it is enabled.
    async fn undo(&self) {
        let is_ours = match self.progress.get() {
            Progress::Nothing => return,
            Progress::Enabled => return text::note(&self.enabled()),
            Progress::Creating => self.was_free,
            Progress::Created => true,
        };
        if !is_ours {
            text::note(&self.left());
            return;
        }
        let deleting = async {
            loop {
                let (aws, signer) = (&self.client.aws, self.client.signer());
                match aws.delete_virtual_mfa_device(signer, &self.serial).await {
                    Err(refusal) if refusal.is_unsettled() => sleep(PAUSES[0]).await,
                    outcome => return outcome,
                }
            }
        };
        let outcome = timeout(UNDO_LIMIT, deleting).await;
        let outcome = outcome.unwrap_or_else(|_| Err(Cause::TimedOut.into()));
        match outcome {
            Ok(()) => text::note("deleted the new MFA device again: it was not enabled"),
            Err(refusal) if refusal.cause == Cause::NoSuchDevice => {}
            Err(refusal) if refusal.cause == Cause::InUse => text::note(&self.enabled()),
            Err(refusal) => {
                if refusal.may_have_been_done() {
                    self.set_progress(Progress::Creating);
                }
                let page = match refusal.cause {
                    Cause::Denied(_) => format!("; see {PAGE}"),
                    _ => String::new(),
                };
                text::note(&format!("{} ({refusal}{page})", self.left()));
            }
        }
        self.set_progress(Progress::Nothing);
    }
}

/// The name was not free: whose the device is, is not known.
fn taken_by_somebody(serial: &str, name: &str) -> Error {
    Error::new(format!("there is an MFA device {serial} already")).hint(format!(
        "choose another name: awsmfa device enroll {name}-2 (names are unique in the account)"
    ))
}

/// Shows the secret as a QR code, if it fits, and as text. It goes to the terminal itself, wherever
/// standard error goes.
fn show(
    terminal: &mut Terminal,
    label: &str,
    seed: &Seed,
    has_colours: bool,
) -> Result<(), PromptError> {
    let secret = seed.base32().trim_end_matches('=');
    // Some apps read + as a space.
    let label = label.replace('+', "%2B");
    let uri = Zeroizing::new(format!(
        "otpauth://totp/AWS:{label}?secret={secret}&issuer=AWS"
    ));
    let size = terminal.size();
    let picture = Picture::new(&uri).filter(|_| has_colours && terminal.can_draw());
    let fits = |picture: &Picture| {
        // One row is for the question.
        size.is_some_and(|(columns, rows)| picture.columns <= columns && picture.rows < rows)
    };
    let mut page = Zeroizing::new(String::with_capacity(16 * 1024));
    match picture {
        Some(picture) if fits(&picture) => {
            page.push_str("Scan the QR code with an authenticator app, or type its key:\n");
            push_in_groups(&mut page, secret);
            page.push_str(&picture.text);
        }
        picture => {
            if let Some(Picture { columns, rows, .. }) = picture {
                let rows = rows + 1;
                // Writing to a String cannot fail.
                let _ = writeln!(
                    page,
                    "The QR code needs a terminal of {columns} columns and {rows} rows."
                );
            }
            page.push_str("Type this key into an authenticator app:\n");
            push_in_groups(&mut page, secret);
        }
    }
    terminal.show_here(&page)
}

/// Adds a line with the secret in groups of four, as people type it.
fn push_in_groups(page: &mut String, secret: &str) {
    for (index, c) in secret.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            page.push(' ');
        }
        page.push(c);
    }
    page.push('\n');
}

/// Asks for two codes in a row.
fn two_codes(terminal: &mut Terminal) -> Result<[TokenCode; 2], PromptError> {
    let first = code(terminal, "First code: ", None)?;
    terminal.say("Wait for the next code; it takes up to 30s.")?;
    let second = code(terminal, "Next code: ", Some(&first))?;
    Ok([first, second])
}

fn code(
    terminal: &mut Terminal,
    question: &str,
    before: Option<&TokenCode>,
) -> Result<TokenCode, PromptError> {
    for _ in 0..TRIES {
        match TokenCode::parse(&terminal.ask(question)?) {
            Ok(code) if Some(&code) == before => {
                terminal.say("This is the same code: wait for the next one.")?;
            }
            Ok(code) => return Ok(code),
            Err(problem) => terminal.say(&problem.to_string())?,
        }
    }
    Err(PromptError::TooManyTries)
}

fn no_codes(problem: PromptError) -> Error {
    match problem {
        PromptError::NoAnswer => Error::new("no code entered, so the device is not enabled"),
        PromptError::TooManyTries => Error::new(format!(
            "no valid code in {TRIES} tries, so the device is not enabled"
        )),
        _ => Error::new(format!("the device is not enabled: {problem}")).source(problem),
    }
}

/// Waits until STS knows the device. It does once it rejects the code as used; until then it rejects
/// the device.
async fn await_sts(client: &Client, serial: &str, code: &TokenCode) {
    const SHORTEST: Duration = Duration::from_mins(15);
    // If the terminal cannot be written, the last message fails.
    let _ = say(format!("Enabled {serial}. Waiting until AWS STS knows it…")).await;
    for number in 1..=STS_TRIES {
        let mfa = Mfa { serial, code };
        let answer = client
            .aws
            .get_session_token(&client.keys, SHORTEST, mfa)
            .await;
        match answer.map_err(|refusal| refusal.cause) {
            Ok(_) | Err(Cause::WrongCode) => return,
            Err(Cause::Device) if number < STS_TRIES => sleep(STS_PAUSE).await,
            Err(_) => break,
        }
    }
    text::note("STS does not know the device yet; try it in a minute");
}

async fn say_how_to_use(client: &Client, serial: String) -> Result<(), PromptError> {
    let profile = client.plan.source.profile.clone();
    Terminal::in_background(move |terminal| {
        let line = if let Some(name) = &profile {
            terminal.say(&format!("To use it, put this line into profile {name}:"))?;
            format!("mfa_serial = {serial}")
        } else {
            terminal.say("To use it, set this variable:")?;
            format!("AWS_MFA_SERIAL={serial}")
        };
        terminal.say(&line)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::device_name;

    #[test]
    fn names_are_those_of_iam() {
        for name in ["alice", "alice-phone", "a+b=c,d.e@f_g", &"x".repeat(200)] {
            assert_eq!(device_name(name).as_deref(), Ok(name));
        }
        for name in ["", "a b", "a/b", "jörg", "a:b", &"x".repeat(201)] {
            assert!(device_name(name).is_err(), "{name}");
        }
    }
}
