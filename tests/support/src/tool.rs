//! Programs that tests run and a machine may lack.

use std::path::PathBuf;

/// The full path of a program in PATH.
///
/// Where it is missing that is said aloud and the caller skips; where `AWSMFA_REQUIRE_SHELLS=1` it
/// is a failure.
///
/// # Panics
/// Where it is missing and required.
#[must_use]
pub fn find_tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    if found.is_none() {
        let required = std::env::var("AWSMFA_REQUIRE_SHELLS").is_ok_and(|value| value == "1");
        assert!(!required, "{name} is missing and AWSMFA_REQUIRE_SHELLS=1");
        skipped_aloud(name);
    }
    found
}

#[allow(clippy::print_stderr, reason = "a skipped test must be seen")]
fn skipped_aloud(name: &str) {
    eprintln!("SKIPPED: {name} is missing");
}
