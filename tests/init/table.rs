//! README's table of shells matches the program's table.

use std::fmt::Write as _;
use std::fs;

use awsmfa::shell::{Kind, SHELLS};

/// The table in README.md, between two comments.
fn table() -> String {
    let mut table =
        "| shell | start a session | end it | for `awsmfa env 123456` alone, in the rc file |\n\
                     |---|---|---|---|\n"
            .to_owned();
    for shell in SHELLS.iter().filter(|shell| shell.kind == Kind::Shell) {
        let names: Vec<&str> = [&[shell.name], shell.aliases].concat();
        let load = shell.function.as_ref().unwrap().load;
        let cells = [
            shell.line_for("awsmfa env 123456"),
            shell.line_for("awsmfa unset"),
            load.to_owned(),
        ];
        let cells = cells.map(|cell| code(&cell));
        writeln!(table, "| {} | {} |", names.join(", "), cells.join(" | ")).unwrap();
    }
    table
}

/// Code in a cell of a Markdown table (GitHub Flavored Markdown, "Tables" and "Code spans").
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

#[test]
fn readme_has_every_row() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let (_, after) = readme.split_once("<!-- shells -->\n").unwrap();
    let (found, _) = after.split_once("<!-- /shells -->").unwrap();
    assert_eq!(
        found.trim(),
        table().trim(),
        "README.md needs this table:\n{}",
        table()
    );
}
