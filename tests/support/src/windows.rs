//! The environment of programs of Windows.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::home::TestHome;

/// The whole environment for a program under test, to be used after `env_clear`: these folders before all others
/// in PATH, the AWS files of this home, AWS at `endpoint_url`, and everything else as it is, since programs of
/// Windows need most of it.
///
/// # Panics
/// If PATH cannot contain a folder.
#[must_use]
pub fn windows_environment(
    home: &TestHome,
    folders: &[&Path],
    endpoint_url: &str,
) -> Vec<(OsString, OsString)> {
    let mut environment: Vec<_> = std::env::vars_os()
        .filter(|(name, _)| {
            let upper = name.to_string_lossy().to_uppercase();
            let is_in_the_way = upper.starts_with("AWS") || upper.ends_with("_PROXY");
            // Each of the two PowerShells has modules of its own.
            !is_in_the_way && upper != "PSMODULEPATH" && upper != "PATH"
        })
        .collect();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folders.iter().map(PathBuf::from);
    let folders = folders.chain(std::env::split_paths(&path));
    let path = std::env::join_paths(folders).expect("folders that PATH can contain");
    let files = home.path().join(".aws");
    environment.extend([
        ("PATH".into(), path),
        ("AWS_CONFIG_FILE".into(), files.join("config").into()),
        (
            "AWS_SHARED_CREDENTIALS_FILE".into(),
            files.join("credentials").into(),
        ),
        ("AWS_ENDPOINT_URL".into(), endpoint_url.into()),
    ]);
    environment
}
