//! Git Bash, whose system rewrites values that begin with `/` for native programs.

use std::path::{Path, PathBuf};

use awsmfa_test_support::{missing, optional_tool};

use crate::machine::Machine;

/// Not the bash on PATH, which may be that of WSL.
fn bash() -> Option<PathBuf> {
    let git = optional_tool("git.exe")?;
    let mut folders = git.ancestors();
    folders.find_map(|folder| Some(folder.join("bin/bash.exe")).filter(|bash| bash.is_file()))
}

#[test]
fn secrets_reach_native_programs_unchanged() {
    let Some(bash) = bash() else {
        return missing("Git Bash");
    };
    let machine = Machine::new();
    // cmd is a native program. MSYS would take its options for paths, too.
    let script = machine.with_codes(
        "set -eu\n\
         show() { MSYS2_ARG_CONV_EXCL='*' cmd.exe /d /c \"echo %$1%\"; }\n\
         export MSYS2_ENV_CONV_EXCL=MINE OTHER=/a/b\n\
         eval \"$(awsmfa env <code>)\"\n\
         awsmfa status >/dev/null && echo live\n\
         AWS_SECRET_ACCESS_KEY=/a/b AWS_SESSION_TOKEN=/c/d\n\
         show AWS_SECRET_ACCESS_KEY\n\
         show AWS_SESSION_TOKEN\n\
         [ \"$(show OTHER)\" = /a/b ] || echo rewritten\n\
         eval \"$(awsmfa unset)\"\n\
         echo \"$AWS_PROFILE $MSYS2_ENV_CONV_EXCL\"\n",
    );
    machine.home.write("script.sh", script);
    let bash: &Path = &bash;
    let lines = machine.lines(&[bash.to_str().unwrap(), "script.sh"]);
    assert_eq!(lines, ["live", "/a/b", "/c/d", "rewritten", "default MINE"]);
}
