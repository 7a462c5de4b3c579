//! The man pages in man/ match the command line. `AWSMFA_WRITE_MAN=1 cargo test --test man` rewrites
//! them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test is told by the environment to write"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use awsmfa::cli::Cli;
use clap::CommandFactory;

/// Every page by its file name.
fn pages() -> BTreeMap<String, Vec<u8>> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = BTreeMap::new();
    for (name, command) in with_verbs("awsmfa".to_owned(), command) {
        let mut page = Vec::new();
        // Without a date, so that the pages change only with the command line.
        let man = clap_mangen::Man::new(command.display_name(&name))
            .title(&name)
            .source("awsmfa")
            .date("");
        man.render(&mut page).unwrap();
        // The examples have columns, which man would otherwise reflow.
        let page = String::from_utf8(page).unwrap();
        let page = page.replacen(".SH EXTRA\nExamples:\n", ".SH EXAMPLES\n.nf\n", 1);
        pages.insert(format!("{name}.1"), page.into_bytes());
    }
    pages
}

/// A command and the verbs below it, by the names of their pages.
fn with_verbs(name: String, command: clap::Command) -> Vec<(String, clap::Command)> {
    let verbs = command.get_subcommands();
    let verbs = verbs.filter(|verb| !verb.is_hide_set() && verb.get_name() != "help");
    let below: Vec<_> = verbs
        .flat_map(|verb| with_verbs(format!("{name}-{}", verb.get_name()), verb.clone()))
        .collect();
    std::iter::once((name, command)).chain(below).collect()
}

#[test]
fn the_pages_are_those_of_the_command_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let pages = pages();
    if std::env::var_os("AWSMFA_WRITE_MAN").is_some() {
        for (name, page) in &pages {
            fs::write(folder.join(name), page).unwrap();
        }
    }
    let mut there: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort();
    assert_eq!(there, pages.keys().cloned().collect::<Vec<_>>());
    for (name, page) in &pages {
        let is = fs::read(folder.join(name)).unwrap();
        assert!(
            is == *page,
            "{name} is stale: AWSMFA_WRITE_MAN=1 cargo test --test man"
        );
    }
}
