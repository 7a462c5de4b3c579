//! `awsmfa profiles`: every profile, what it is, and whether `env` can use it.

use serde_json::{Value, json};

use super::{Failure, Output};
use crate::cli::{ListFormat, SessionOptions};
use crate::context::Context;
use crate::error::Error;
use crate::files::profile::Profile;
use crate::plan::Plan;
use crate::plan::chain::{self, Chain};
use crate::text::{self, Page};

const EXAMPLES: &str = "\
Examples:
  awsmfa profiles
  awsmfa profiles --format json";

/// List the profiles, and whether and how each can start a session
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// For people or for programs
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// A line of the list.
struct Row {
    name: String,
    kind: String,
    region: Option<String>,
    serial: Option<String>,
    /// Why `env` cannot use it.
    problem: Option<Error>,
}

/// Runs the verb.
pub fn run(options: &Args, context: &Context) -> Result<Output, Failure> {
    let files = context.files()?;
    let rows: Vec<Row> = files
        .profile_names()
        .filter_map(|name| Some(row(&Profile::find(files, name)?, context)))
        .collect();
    Ok(match options.format {
        ListFormat::Text => Output::page(page(&rows)),
        ListFormat::Json => Output::json(&json(&rows)),
    })
}

/// What `env` itself would find about a profile.
fn row(profile: &Profile<'_>, context: &Context) -> Row {
    let setting = |key| profile.get(key).map(|setting| setting.text);
    let before = &context.memory().before;
    let chain = chain::follow(profile.files, before, &profile.name, None);
    let options = SessionOptions {
        profile: Some(profile.name.clone()),
        ..SessionOptions::default()
    };
    let (serial, problem) = match Plan::new(&options, context) {
        Ok(plan) => (plan.serial.map(|serial| serial.text), None),
        Err(problem) => (setting("mfa_serial"), Some(problem)),
    };
    Row {
        name: profile.name.clone(),
        kind: chain.map_or_else(|_| broken_kind(profile), |chain| kind(&chain)),
        region: setting("region"),
        serial,
        problem,
    }
}

fn kind(chain: &Chain<'_>) -> String {
    let source = match (&chain.source.profile, chain.source.access_key_id()) {
        (Some(_), Some(_)) => "keys",
        (Some(_), None) => "process",
        (None, _) => "keys in the environment",
    };
    if chain.hops.is_empty() {
        return source.to_owned();
    }
    let via: Vec<&str> = chain
        .profiles
        .iter()
        .skip(1)
        .map(|p| p.name.as_str())
        .collect();
    if via.is_empty() {
        format!("role via its own {source}")
    } else {
        format!("role via {}", via.join(", "))
    }
}

fn broken_kind(profile: &Profile<'_>) -> String {
    let kinds = [
        ("sso_session", "SSO"),
        ("sso_start_url", "SSO"),
        ("login_session", "aws login"),
        ("web_identity_token_file", "web identity"),
        ("role_arn", "role"),
        ("aws_access_key_id", "keys"),
    ];
    let kind = kinds.iter().find(|(key, _)| profile.get(key).is_some());
    kind.map_or("settings only", |(_, kind)| kind).to_owned()
}

/// A table, or a paragraph for each profile where the table is wider than the terminal.
fn page(rows: &[Row]) -> Page {
    let mut page = Page::for_stdout();
    if rows.is_empty() {
        page.line("there are no profiles");
        return page;
    }
    let cells: Vec<[String; 5]> = rows.iter().map(cells).collect();
    let table = table(&cells);
    let widest = table.iter().map(|line| line.chars().count()).max();
    let lines = match page.columns() {
        Some(columns) if widest > Some(columns) => paragraphs(&cells),
        _ => table,
    };
    for line in &lines {
        page.line(line);
    }
    page
}

fn cells(row: &Row) -> [String; 5] {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let cells = [
        row.name.clone(),
        row.kind.clone(),
        or_dash(&row.region),
        row.serial.clone().unwrap_or_else(|| match &row.problem {
            None => "asked of AWS".to_owned(),
            Some(_) => "-".to_owned(),
        }),
        match &row.problem {
            None => "yes".to_owned(),
            Some(problem) => format!("no: {problem}"),
        },
    ];
    cells.map(|cell| text::tame(&cell).into_owned())
}

fn table(cells: &[[String; 5]]) -> Vec<String> {
    let header = ["PROFILE", "KIND", "REGION", "MFA DEVICE", "USABLE"].map(str::to_owned);
    let lines: Vec<&[String; 5]> = std::iter::once(&header).chain(cells).collect();
    let width = |column: usize| lines.iter().map(|l| l[column].chars().count()).max();
    let widths: Vec<usize> = (0..4).map(|column| width(column).unwrap_or(0)).collect();
    let lines = lines.iter().map(|[name, kind, region, serial, usable]| {
        format!(
            "{name:<0$}  {kind:<1$}  {region:<2$}  {serial:<3$}  {usable}",
            widths[0], widths[1], widths[2], widths[3]
        )
    });
    lines.collect()
}

fn paragraphs(cells: &[[String; 5]]) -> Vec<String> {
    let lines = cells
        .iter()
        .flat_map(|[name, kind, region, serial, usable]| {
            [
                name.clone(),
                format!("  kind    {kind}"),
                format!("  region  {region}"),
                format!("  device  {serial}"),
                format!("  usable  {usable}"),
            ]
        });
    lines.collect()
}

fn json(rows: &[Row]) -> Value {
    let profiles: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "kind": row.kind,
                "region": row.region,
                "mfa_serial": row.serial,
                "usable": row.problem.is_none(),
                "problem": row.problem.as_ref().map(ToString::to_string),
            })
        })
        .collect();
    profiles.into()
}
