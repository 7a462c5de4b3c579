//! `awsmfa device list`: the user's devices, and which ones work with STS.

use serde_json::{Value, json};

use super::{Client, Kind, Output, UserOptions, name_of};
use crate::cli::ListFormat;
use crate::commands::profiles::fitting;
use crate::context::Context;
use crate::error::Error;
use crate::session::format_time;
use crate::sts::iam::MfaDevice;
use crate::text::Page;

const EXAMPLES: &str = "\
Examples:
  awsmfa device list
  awsmfa device list --format json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    pub user: UserOptions,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// Why a device does not work with STS.
const NO_CODES: &str = "security keys do not work with STS: they show no codes";

struct Row {
    device: MfaDevice,
    kind: Kind,
    /// Whether `env` would use it.
    is_current: bool,
}

impl Row {
    fn problem(&self) -> Option<&'static str> {
        (self.kind == Kind::SecurityKey).then_some(NO_CODES)
    }

    fn cells(&self) -> Vec<String> {
        let mark = if self.is_current { "*" } else { " " };
        let since = self
            .device
            .enabled
            .map(|it| it.format("%Y-%m-%d").to_string());
        vec![
            format!("{mark} {}", name_of(&self.device.serial)),
            self.kind.name().to_owned(),
            since.unwrap_or_else(|| "-".to_owned()),
            if self.problem().is_none() {
                "yes"
            } else {
                "no"
            }
            .to_owned(),
            self.device.serial.clone(),
        ]
    }
}

pub(super) async fn run(options: &Args, context: &Context) -> Result<Output, Error> {
    let client = Client::new(&options.user, context).await?;
    let rows = rows(
        client.devices().await?,
        client.plan.serial.as_ref().map(|it| it.text.as_str()),
    );
    Ok(match options.format {
        ListFormat::Json => Output::json(&json(&rows)),
        ListFormat::Text => Output::page(page(&rows, &client)),
    })
}

fn rows(devices: Vec<MfaDevice>, named: Option<&str>) -> Vec<Row> {
    let mut rows: Vec<Row> = devices
        .into_iter()
        .map(|device| Row {
            kind: Kind::of(&device.serial),
            is_current: named == Some(&device.serial),
            device,
        })
        .collect();
    let mut usable = rows.iter_mut().filter(|row| row.problem().is_none());
    // Nothing names one, and there is only one.
    if let (None, Some(only), None) = (named, usable.next(), usable.next()) {
        only.is_current = true;
    }
    rows
}

fn page(rows: &[Row], client: &Client) -> Page {
    let mut page = Page::for_stdout();
    if rows.is_empty() {
        page.line("no MFA devices; get one: awsmfa device enroll");
    } else {
        let header = ["  NAME", "KIND", "SINCE", "STS", "SERIAL"];
        let mut table = vec![header.map(str::to_owned).to_vec()];
        table.extend(rows.iter().map(Row::cells));
        for line in fitting(&table, page.columns().unwrap_or(usize::MAX)) {
            page.line(&line);
        }
    }
    let mut notes = Vec::new();
    if rows.iter().any(|row| row.problem().is_some()) {
        notes.push(NO_CODES.to_owned());
    }
    let has_current = rows.iter().any(|row| row.is_current);
    match &client.plan.serial {
        Some(named) if !has_current => notes.push(format!(
            "env uses {} ({}), which is not one of these",
            named.text, named.place
        )),
        None if !has_current && rows.iter().any(|row| row.problem().is_none()) => {
            notes.push("env asks which one".to_owned());
        }
        _ => {}
    }
    if has_current {
        notes.push("* env uses this one".to_owned());
    }
    for note in notes {
        page.line(&note);
    }
    page
}

fn json(rows: &[Row]) -> Value {
    let devices = rows.iter().map(|row| {
        json!({
            "name": name_of(&row.device.serial),
            "kind": row.kind.name(),
            "serial": row.device.serial,
            "enabled_at": row.device.enabled.map(format_time),
            "usable": row.problem().is_none(),
            "problem": row.problem(),
            "current": row.is_current,
        })
    });
    devices.collect::<Vec<_>>().into()
}
