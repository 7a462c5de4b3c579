//! The stage of these tests: variables that `env` replaces, and small programs for their scripts.

use awsmfa_test_support::{Stage, Variables};

/// A value with every character that shells treat specially, for a variable that `env` replaces.
pub(crate) const STALE: &str = "it's  a \"stale\" $token `x` !! \\ *";

pub(crate) fn stage() -> Stage {
    let mut stage = Stage::new();
    stage.set_all(&[("AWS_PROFILE", "default"), ("AWS_SECURITY_TOKEN", STALE)]);
    // Writes the environment of a child process to $1.
    stage.program("dump", "exec env -0 >\"$1\"");
    // Appends a status to the file `notes`.
    stage.program("note", "echo \"$*\" >>notes");
    // Records its arguments, and fails with its own status.
    stage.program("args", "printf '<%s>' \"$@\" >args.out; exit 7");
    // Removes awsmfa.
    stage.program("lose", "rm bin/awsmfa");
    stage
}

/// The variables in a dump, without those in which shells count and name what they run.
pub(crate) fn dumped(stage: &Stage, name: &str) -> Variables {
    let mut variables = stage.dumped(name);
    for own in ["_", "LAST_EXIT_CODE", "CMD_DURATION_MS"] {
        variables.remove(own);
    }
    variables
}

/// The values of a session that nothing may show.
pub(crate) fn secrets(session: &Variables) -> impl Iterator<Item = &String> {
    let is_secret = |name: &str| name.contains("SECRET") || name.contains("TOKEN");
    session
        .iter()
        .filter(move |(name, value)| is_secret(name) && !value.is_empty())
        .map(|(_, value)| value)
}
