//! The scripts as files: the right shell can parse each, and each belongs to a row.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use awsmfa::shell::{Kind, SHELLS};
use awsmfa_test_support::find_tool;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/shells");

#[test]
fn files_and_rows_belong_together() {
    let files: BTreeSet<String> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    let mut used = BTreeSet::new();
    for shell in SHELLS {
        assert_eq!(
            shell.function.is_some(),
            shell.kind == Kind::Shell,
            "{}",
            shell.name
        );
        for script in shell.function.iter().flat_map(|function| function.scripts) {
            used.insert((*script).to_owned());
        }
    }
    assert!(
        files == used,
        "a file in shells/ is in no row, or the other way round"
    );
}

/// PowerShell and cmd read them in the console's code page.
#[test]
fn they_are_ascii() {
    for shell in SHELLS {
        for script in shell.function.iter().flat_map(|function| function.scripts) {
            assert!(
                script.is_ascii() && script.ends_with('\n'),
                "{}",
                shell.name
            );
        }
    }
}

#[test]
fn their_own_shells_can_read_them() {
    let checks: &[(&[&str], &str)] = &[
        (&["bash", "-n"], "awsmfa.sh"),
        (&["bash", "-n"], "awsmfa.bash"),
        (&["zsh", "-n"], "awsmfa.sh"),
        (&["zsh", "-n"], "awsmfa.zsh"),
        (&["dash", "-n"], "awsmfa.sh"),
        (&["ksh", "-n"], "awsmfa.sh"),
        (&["mksh", "-n"], "awsmfa.sh"),
        (&["busybox", "sh", "-n"], "awsmfa.sh"),
        (&["yash", "-n"], "awsmfa.sh"),
        (&["fish", "--no-execute"], "awsmfa.fish"),
        (&["tcsh", "-fn"], "awsmfa.tcsh"),
        (&["nu", "--no-config-file"], "awsmfa.nu"),
        (&["shellcheck"], "awsmfa.sh"),
        (&["shellcheck"], "awsmfa.bash"),
    ];
    for (command, file) in checks {
        let Some(program) = find_tool(command[0]) else {
            continue;
        };
        let output = Command::new(program)
            .args(&command[1..])
            .arg(Path::new(FOLDER).join(file))
            .output()
            .unwrap();
        assert!(output.status.success(), "{command:?} {file}: {output:?}");
        assert_eq!(output.stderr, b"", "{command:?} {file}: {output:?}");
    }
}
