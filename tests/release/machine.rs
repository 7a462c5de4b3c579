//! A machine to install on: a home, and a PATH with only what a test puts there.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use awsmfa_test_support::find_tool;

pub(crate) const POSIX_TOOLS: &[&str] = &[
    "awk", "cat", "chmod", "cp", "dirname", "grep", "mkdir", "mv", "rm", "sed", "sh", "uname",
];

/// A separate folder for one test.
pub(crate) struct Machine {
    root: PathBuf,
}

impl Machine {
    /// A machine with only the POSIX tools.
    pub(crate) fn new(test: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("release")
            .join(test);
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        for folder in ["home", "path", "tmp"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let machine = Self { root };
        for tool in POSIX_TOOLS {
            assert!(machine.add_tool(tool), "{tool} is missing");
        }
        machine
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The path at which `install.sh` installs the program without a prefix.
    pub(crate) fn program(&self) -> PathBuf {
        self.path("home/.local/bin/awsmfa")
    }

    /// Puts the system's tool on PATH. Says so if there is none, and returns false.
    pub(crate) fn add_tool(&self, name: &str) -> bool {
        find_tool(name).is_some_and(|path| symlink(path, self.path("path").join(name)).is_ok())
    }

    pub(crate) fn write_program(&self, relative: &str, text: &str) {
        let draft = self.path("draft");
        fs::write(&draft, text).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        let to = self.path(relative);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        copy(&draft, &to);
    }

    /// A command in this machine's environment.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_clear()
            .env("PATH", self.path("path"))
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("tmp"))
            .env("SHELL", "/bin/bash")
            .current_dir(&self.root);
        command
    }

    /// Checks that a run left no temporary files.
    #[track_caller]
    pub(crate) fn assert_left_nothing_behind(&self) {
        let left: Vec<_> = fs::read_dir(self.path("tmp")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        let Ok(bin) = fs::read_dir(self.path("home/.local/bin")) else {
            return;
        };
        for entry in bin {
            assert_eq!(entry.unwrap().path(), self.program());
        }
    }
}

/// Copies in a separate process: if another test's thread forks while this process has the file open for
/// writing, executing the file fails ("text file busy").
pub(crate) fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp")
        .arg("-p")
        .args([from, to])
        .status()
        .unwrap();
    assert!(status.success(), "cp {} {}", from.display(), to.display());
}

pub(crate) fn repository_file(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
pub(crate) fn assert_succeeds(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

#[track_caller]
pub(crate) fn assert_fails(output: &Output, code: i32, message: &str) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(text(&output.stdout), "");
    let errors = text(&output.stderr);
    assert!(errors.contains(message), "{errors:?} lacks {message:?}");
}

/// Where Cargo.toml says that the releases are.
pub(crate) fn repository_url() -> &'static str {
    env!("CARGO_PKG_REPOSITORY")
}
