//! The real shells that the tests run.

use crate::tool::find_tool;

/// An installed shell.
#[derive(Debug)]
pub struct RealShell {
    /// Its row in awsmfa's table of shells.
    pub row: &'static str,
    /// The executable, with the options that skip the user's settings. A script file follows.
    pub command: &'static [&'static str],
    /// The file extension that a script needs.
    pub extension: &'static str,
}

const fn real(row: &'static str, command: &'static [&'static str]) -> RealShell {
    RealShell {
        row,
        command,
        extension: "",
    }
}

/// Every shell that the tests run; the first entry represents its row.
pub const REAL_SHELLS: &[RealShell] = &[
    real("bash", &["bash", "--norc"]),
    real("zsh", &["zsh", "-f"]),
    real("sh", &["dash"]),
    real("sh", &["mksh"]),
    real("sh", &["busybox", "sh"]),
    real("sh", &["yash", "--norcfile"]),
    real("ksh", &["ksh"]),
    real("fish", &["fish", "--no-config"]),
    real("tcsh", &["tcsh", "-f"]),
    real("elvish", &["elvish", "-norc"]),
    real("nu", &["nu", "--no-config-file"]),
    RealShell {
        extension: ".xsh",
        ..real("xonsh", &["xonsh", "--no-rc"])
    },
    RealShell {
        extension: ".ps1",
        ..real(
            "powershell",
            &["pwsh", "-NoProfile", "-NonInteractive", "-File"],
        )
    },
    // wine's cmd stands in for the one of Windows.
    RealShell {
        extension: ".bat",
        ..real("cmd", &["wine", "cmd", "/d", "/c"])
    },
];

impl RealShell {
    /// The shell of this name.
    ///
    /// # Panics
    /// If the list has no such shell.
    #[must_use]
    pub fn named(executable: &str) -> &'static Self {
        let mut shells = REAL_SHELLS.iter();
        shells
            .find(|shell| shell.name() == executable)
            .unwrap_or_else(|| panic!("the tests run no {executable}"))
    }

    #[must_use]
    pub fn name(&self) -> &'static str {
        self.command[0]
    }

    /// Whether it is installed; [`find_tool`] says what happens if not.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        find_tool(self.name()).is_some()
    }
}

/// The installed shells with POSIX syntax.
#[must_use]
pub fn posix_shells() -> Vec<&'static [&'static str]> {
    REAL_SHELLS
        .iter()
        .filter(|shell| ["bash", "zsh", "sh", "ksh"].contains(&shell.row))
        .filter(|shell| shell.is_installed())
        .map(|shell| shell.command)
        .collect()
}

/// Checks that each row of awsmfa's table has a real shell, and that `run` lists all real shells of the row.
///
/// # Panics
/// If one is missing.
pub fn assert_each_row_is_run<'r>(rows: impl IntoIterator<Item = &'r str>, run: &[&str]) {
    for row in rows {
        let mut shells = REAL_SHELLS.iter().filter(|shell| shell.row == row);
        let first = shells.next();
        assert!(first.is_some(), "{row} is not in REAL_SHELLS");
        for name in first.into_iter().chain(shells).map(RealShell::name) {
            assert!(run.contains(&name), "no test runs {row} in {name}");
        }
    }
}
