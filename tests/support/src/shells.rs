//! The real shells that the tests run.

use crate::tool::find_tool;

/// A shell as it is installed.
#[derive(Debug)]
pub struct RealShell {
    /// The row of awsmfa's table that is for it.
    pub row: &'static str,
    /// Its executable, and the options that keep its user's settings away. A script's file follows.
    pub command: &'static [&'static str],
    /// How the name of a script must end.
    pub extension: &'static str,
}

const fn real(row: &'static str, command: &'static [&'static str]) -> RealShell {
    RealShell {
        row,
        command,
        extension: "",
    }
}

/// Every shell that the tests run; the first of a row stands for the row.
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
    // wine's cmd stands in for Windows'.
    RealShell {
        extension: ".bat",
        ..real("cmd", &["wine", "cmd", "/d", "/c"])
    },
];

impl RealShell {
    /// The shell of this name.
    ///
    /// # Panics
    /// Where the tests know none.
    #[must_use]
    pub fn named(executable: &str) -> &'static Self {
        let mut shells = REAL_SHELLS.iter();
        shells
            .find(|shell| shell.name() == executable)
            .unwrap_or_else(|| panic!("the tests run no {executable}"))
    }

    /// Its executable.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.command[0]
    }

    /// Whether it is installed; see [`find_tool`] for where it is not.
    #[must_use]
    pub fn is_installed(&self) -> bool {
        find_tool(self.name()).is_some()
    }
}

/// The installed shells of POSIX's kind.
#[must_use]
pub fn posix_shells() -> Vec<&'static [&'static str]> {
    REAL_SHELLS
        .iter()
        .filter(|shell| ["bash", "zsh", "sh", "ksh"].contains(&shell.row))
        .filter(|shell| shell.is_installed())
        .map(|shell| shell.command)
        .collect()
}
