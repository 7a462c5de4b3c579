//! `awsmfa profiles`: every profile, its kind, and whether `env` can use it.

use serde_json::{Value, json};

use super::{Failure, Output};
use crate::cli::{ListFormat, SessionOptions};
use crate::context::Context;
use crate::error::Error;
use crate::files::profile::Profile;
use crate::plan::Plan;
use crate::sts::arn::Arn;
use crate::text::{Page, Tone, tame};

const EXAMPLES: &str = "\
Examples:
  awsmfa profiles
  awsmfa profiles --format json";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
}

/// A profile, and what `env` itself finds about it.
struct Row {
    name: String,
    kind: &'static str,
    role_arn: Option<String>,
    /// The profile whose keys assume the role.
    source_profile: Option<String>,
    account: Option<String>,
    region: Option<String>,
    serial: Option<String>,
    /// Whether this shell's session belongs to this profile.
    is_current: bool,
    /// Why `env` cannot use it.
    problem: Option<Error>,
}

pub fn run(options: &Args, context: &Context) -> Result<Output, Failure> {
    let files = context.files()?;
    let rows: Vec<Row> = files
        .profile_names()
        .filter_map(|name| Some(Row::new(&Profile::find(files, name)?, context)))
        .collect();
    Ok(match options.format {
        ListFormat::Json => Output::json(&json(&rows)),
        ListFormat::Text if rows.is_empty() => {
            let mut page = Page::for_stdout();
            page.line(&format!("no profiles in {}", files.paths()));
            Output::page(page)
        }
        ListFormat::Text => Output::page(page(&rows)),
    })
}

impl Row {
    fn new(profile: &Profile<'_>, context: &Context) -> Self {
        let setting = |key| profile.get(key).map(|setting| setting.text);
        let options = SessionOptions {
            profile: Some(profile.name.clone()),
            ..SessionOptions::default()
        };
        let current = context.memory().current.as_ref();
        let mut row = Self {
            name: profile.name.clone(),
            kind: kind_by_keys(profile),
            role_arn: setting("role_arn"),
            source_profile: setting("source_profile"),
            account: None,
            region: setting("region"),
            serial: setting("mfa_serial"),
            is_current: current.and_then(|it| it.target.profile.as_ref()) == Some(&profile.name),
            problem: None,
        };
        match Plan::new(&options, context) {
            Ok(plan) => {
                row.kind = kind(&plan);
                row.role_arn = plan.hops.last().map(|hop| hop.role_arn.text.clone());
                row.source_profile = plan.source.profile.filter(|_| row.role_arn.is_some());
                row.serial = plan.serial.map(|serial| serial.text);
            }
            Err(problem) => row.problem = Some(problem),
        }
        let arns = [&row.role_arn, &row.serial].into_iter().flatten();
        let account = arns.map(String::as_str).find_map(Arn::parse);
        row.account = account
            .map(|arn| arn.account.to_owned())
            .or_else(|| setting("aws_account_id"))
            .or_else(|| setting("sso_account_id"));
        row
    }

    /// The cells of the table, the most important first.
    fn cells(&self) -> Vec<String> {
        let role = self.role_arn.as_deref().and_then(Arn::parse);
        let kind = match role {
            Some(role) if self.kind == "role" => format!("role {}", role.name()),
            _ => self.kind.to_owned(),
        };
        let device = match (&self.serial, &self.problem) {
            (Some(serial), _) => {
                Some(Arn::parse(serial).map_or_else(|| serial.clone(), |arn| arn.name().to_owned()))
            }
            (None, None) => Some("looked up in IAM".to_owned()),
            (None, Some(_)) => None,
        };
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let mark = if self.is_current { "*" } else { " " };
        vec![
            format!("{mark} {}", self.name),
            kind,
            or_dash(self.account.clone()),
            or_dash(self.region.clone()),
            or_dash(self.source_profile.clone()),
            or_dash(device),
        ]
    }
}

/// How `env` gets the keys.
fn kind(plan: &Plan) -> &'static str {
    match (&plan.source.profile, plan.source.access_key_id()) {
        _ if !plan.hops.is_empty() => "role",
        (None, _) => "environment",
        (Some(_), Some(_)) => "keys",
        (Some(_), None) => "process",
    }
}

/// The kind of a profile that `env` cannot use, in botocore's order.
fn kind_by_keys(profile: &Profile<'_>) -> &'static str {
    let kinds = [
        ("web_identity_token_file", "web"),
        ("sso_session", "sso"),
        ("sso_start_url", "sso"),
        ("role_arn", "role"),
        ("login_session", "login"),
        ("credential_process", "process"),
        ("aws_access_key_id", "keys"),
    ];
    let kind = kinds.iter().find(|(key, _)| profile.get(key).is_some());
    kind.map_or("settings", |(_, kind)| kind)
}

/// A table that fits the terminal, followed by the reasons why profiles cannot be used.
fn page(rows: &[Row]) -> Page {
    let header = [
        "  PROFILE",
        "KIND",
        "ACCOUNT",
        "REGION",
        "SOURCE",
        "MFA DEVICE",
    ];
    let mut table = vec![header.map(str::to_owned).to_vec()];
    table.extend(rows.iter().map(Row::cells));
    let mut page = Page::for_stdout();
    for line in fitting(&table, page.columns().unwrap_or(usize::MAX)) {
        page.line(&line);
    }
    let mut problems = rows
        .iter()
        .filter_map(|row| Some((row, row.problem.as_ref()?)))
        .peekable();
    if problems.peek().is_some() {
        page.line("");
        page.line("These cannot start a session:");
    }
    for (row, problem) in problems {
        let name = format!("  {}: ", row.name);
        page.wrapped(4, &[(Tone::Bad, &name), (Tone::Plain, &problem.message)]);
    }
    page
}

/// The lines of a table, without the last columns if the terminal is too narrow.
pub(super) fn fitting(table: &[Vec<String>], columns: usize) -> Vec<String> {
    let table: Vec<Vec<_>> = table
        .iter()
        .map(|cells| cells.iter().map(|cell| tame(cell)).collect())
        .collect();
    let width = |column: usize| {
        table
            .iter()
            .map(|cells| cells[column].chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..table[0].len()).filter_map(width).collect();
    let fits = |count: &usize| widths[..*count].iter().sum::<usize>() + 2 * (count - 1) <= columns;
    let shown = (1..=widths.len()).rev().find(fits).unwrap_or(1);
    let line = |cells: &Vec<_>| {
        let cells = cells.iter().zip(&widths).take(shown);
        let cells = cells.map(|(cell, width)| format!("{cell:<width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        let line = line.trim_end();
        match line.char_indices().nth(columns) {
            Some((_, _)) => line
                .chars()
                .take(columns.saturating_sub(1))
                .chain(['…'])
                .collect(),
            None => line.to_owned(),
        }
    };
    table.iter().map(line).collect()
}

fn json(rows: &[Row]) -> Value {
    let profiles: Vec<_> = rows
        .iter()
        .map(|row| {
            json!({
                "name": row.name,
                "kind": row.kind,
                "role_arn": row.role_arn,
                "source_profile": row.source_profile,
                "account": row.account,
                "region": row.region,
                "mfa_serial": row.serial,
                "current": row.is_current,
                "usable": row.problem.is_none(),
                "problem": row.problem.as_ref().map(|problem| &problem.message),
                "hint": row.problem.as_ref().and_then(|problem| problem.hint.as_ref()),
            })
        })
        .collect();
    profiles.into()
}

#[cfg(test)]
mod tests {
    use super::fitting;

    #[test]
    fn the_last_columns_go_where_the_terminal_is_narrow() {
        let table: Vec<Vec<String>> = [["  PROFILE", "KIND", "ACCOUNT"], ["* dev", "role", "-"]]
            .map(|cells| cells.map(str::to_owned).to_vec())
            .to_vec();
        assert_eq!(
            fitting(&table, 80),
            ["  PROFILE  KIND  ACCOUNT", "* dev      role  -"]
        );
        assert_eq!(fitting(&table, 24), fitting(&table, 80));
        assert_eq!(fitting(&table, 23), ["  PROFILE  KIND", "* dev      role"]);
        assert_eq!(fitting(&table, 14), ["  PROFILE", "* dev"]);
        assert_eq!(fitting(&table, 6), ["  PRO…", "* dev"]);
    }
}
