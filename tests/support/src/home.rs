//! A home folder for one test, and an environment in which a program sees nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::emulator::accounts::Accounts;
use crate::tool::tools_path;

/// A home folder, removed on drop.
#[derive(Debug)]
pub struct TestHome {
    folder: TempDir,
}

impl Default for TestHome {
    fn default() -> Self {
        Self::new()
    }
}

impl TestHome {
    #[must_use]
    pub fn new() -> Self {
        #[cfg(unix)]
        crate::signals::begin_at_their_defaults();
        Self {
            folder: TempDir::with_prefix("awsmfa-home-").expect("a temporary folder"),
        }
    }

    /// A home whose two AWS files describe [`Accounts::standard`]: alice's keys in `default`, bob's in
    /// `bob`, and one profile per role.
    #[must_use]
    pub fn standard() -> Self {
        let home = Self::new();
        home.write_config(Accounts::CONFIG);
        home.write_credentials(Accounts::CREDENTIALS);
        home
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `.aws/config`.
    pub fn write_config(&self, text: &str) {
        self.write(".aws/config", text);
    }

    /// Writes `.aws/credentials`.
    pub fn write_credentials(&self, text: &str) {
        self.write(".aws/credentials", text);
    }

    /// Writes a file and its parent folders; returns the full path. `path` is relative to the home.
    pub fn write(&self, path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("a path inside the home")).expect("a new folder");
        fs::write(&path, contents).expect("a new file");
        path
    }

    /// Every file and folder in the home, sorted, relative to it; folders end in `/`. Comparing two
    /// listings shows whether anything was added.
    #[must_use]
    pub fn listing(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a readable folder") {
                let entry = entry.expect("a readable entry");
                let path = entry.path();
                let name = path.strip_prefix(self.path()).expect("inside the home");
                let mut name = name.to_string_lossy().replace('\\', "/");
                if entry.file_type().expect("a file type").is_dir() {
                    name.push('/');
                    folders.push(path);
                }
                found.push(name);
            }
        }
        found.sort();
        found
    }

    /// The whole environment of a program under test (use it after `env_clear`): the tools and the
    /// caller's PATH, this home, AWS at `endpoint_url`, and no instance metadata look-up.
    #[must_use]
    pub fn env(&self, endpoint_url: &str) -> BTreeMap<String, String> {
        let home = self.path().to_str().expect("a temporary folder in UTF-8");
        let path = tools_path();
        let path = path.to_str().expect("PATH in UTF-8");
        [
            ("HOME", home),
            ("PATH", path),
            ("AWS_ENDPOINT_URL", endpoint_url),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("LC_ALL", "C.UTF-8"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    /// Like [`Self::env`], with a folder before all others in PATH.
    #[must_use]
    pub fn env_with(&self, folder: &Path, endpoint_url: &str) -> BTreeMap<String, String> {
        let mut env = self.env(endpoint_url);
        let path = format!("{}:{}", folder.display(), env["PATH"]);
        env.insert("PATH".to_owned(), path);
        env
    }
}

/// Parses the output of `env -0`.
///
/// # Panics
/// If it is something else.
#[must_use]
pub fn variables(dump: &str) -> BTreeMap<String, String> {
    dump.split_terminator('\0')
        .map(|pair| pair.split_once('=').expect("a name and a value"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listing_shows_what_was_added_anywhere() {
        let home = TestHome::new();
        assert_eq!(home.listing(), [""; 0]);
        home.write_config("[default]\n");
        home.write(".cache/deep/er", b"\xff");
        assert_eq!(
            home.listing(),
            [
                ".aws/",
                ".aws/config",
                ".cache/",
                ".cache/deep/",
                ".cache/deep/er"
            ]
        );
    }

    #[test]
    fn dropping_removes_it() {
        let home = TestHome::standard();
        let path = home.path().to_owned();
        assert!(path.join(".aws/credentials").is_file());
        drop(home);
        assert!(!path.exists());
    }
}
