//! `install.sh`, run in a copy of the checkout with a cargo that builds nothing.

#![cfg(unix)]
#![allow(clippy::unwrap_used)] // the helpers below are no `#[test]` functions

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const BUILT: &str = "#!/bin/sh\necho the built program\n";

/// A machine for one test: a checkout, a home, and a PATH with nothing but what a POSIX system has.
struct Machine {
    root: PathBuf,
}

impl Machine {
    /// A machine without Rust.
    fn without_cargo(test: &str) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("install_script")
            .join(test);
        if root.exists() {
            fs::remove_dir_all(&root).unwrap();
        }
        for folder in ["checkout", "home", "path"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in ["install.sh", "Cargo.toml"] {
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            copy(&source, &root.join("checkout").join(file));
        }
        fs::create_dir(root.join("checkout/man")).unwrap();
        for page in ["awsmfa.1", "awsmfa-env.1"] {
            fs::write(root.join("checkout/man").join(page), ".TH\n").unwrap();
        }
        for tool in [
            "awk", "cat", "chmod", "cp", "dirname", "grep", "mkdir", "mv", "rm", "sed", "sh",
        ] {
            let found = ["/usr/bin", "/bin"]
                .iter()
                .map(|folder| Path::new(folder).join(tool))
                .find(|path| path.exists());
            symlink(found.unwrap(), root.join("path").join(tool)).unwrap();
        }
        Self { root }
    }

    /// A machine whose cargo says that it is of this version, notes its arguments, and runs `build`.
    fn with_cargo(test: &str, version: &str, build: &str) -> Self {
        let machine = Self::without_cargo(test);
        machine.write_program(
            "path/cargo",
            &format!(
                "#!/bin/sh\n\
                 if [ \"$1\" = --version ]; then echo 'cargo {version} (0123456789 2026-01-01)'; exit; fi\n\
                 printf '%s\\n' \"$PWD\" \"$@\" >'{root}/cargo-arguments'\n\
                 {build}\n",
                root = machine.root.display(),
            ),
        );
        machine
    }

    /// A machine on which all goes well.
    fn ready(test: &str) -> Self {
        let build =
            format!("mkdir -p target/release && printf '%s' '{BUILT}' >target/release/awsmfa");
        Self::with_cargo(test, "1.95.0", &build)
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    fn write_program(&self, relative: &str, text: &str) {
        let draft = self.path("draft");
        fs::write(&draft, text).unwrap();
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        copy(&draft, &self.path(relative));
    }

    /// `install.sh`, started elsewhere than in the checkout.
    fn install(&self) -> Command {
        let mut command = Command::new(self.path("checkout/install.sh"));
        command
            .env_clear()
            .env("PATH", self.path("path"))
            .env("HOME", self.path("home"))
            .env("SHELL", "/bin/bash")
            .current_dir(&self.root);
        command
    }
}

/// Copies by a process of its own: a file that this one had open for writing, while another test's
/// thread forks, could not be executed ("text file busy").
fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp")
        .arg("-p")
        .args([from, to])
        .status()
        .unwrap();
    assert!(status.success(), "cp {} {}", from.display(), to.display());
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn assert_fails(output: &Output, code: i32, message: &str) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert_eq!(text(&output.stdout), "");
    let errors = text(&output.stderr);
    assert!(errors.contains(message), "{errors:?} lacks {message:?}");
}

#[test]
fn installs_into_the_home_and_says_what_to_do_next() {
    let machine = Machine::ready("home");
    let output = machine.install().output().unwrap();
    assert!(output.status.success(), "{output:?}");

    let bindir = machine.path("home/.local/bin");
    let program = bindir.join("awsmfa");
    assert_eq!(fs::read_to_string(&program).unwrap(), BUILT);
    assert_eq!(
        fs::metadata(&program).unwrap().permissions().mode() & 0o777,
        0o755
    );
    assert_eq!(
        fs::read_dir(&bindir).unwrap().count(),
        1,
        "a temporary file was left behind"
    );
    assert_eq!(
        text(&output.stdout),
        format!(
            "Installed {program}\n\n\
             {bindir} is not on PATH. Add this line to ~/.bashrc and open a new shell:\n  \
             export PATH='{bindir}':\"$PATH\"\n\n\
             Start a session with the code of your MFA device, and end it:\n  \
             eval \"$(awsmfa env 123456)\"\n  \
             eval \"$(awsmfa unset)\"\n\n\
             With this line in ~/.bashrc, awsmfa env 123456 alone does it, and Tab completes:\n  \
             eval \"$(awsmfa init bash)\"\n",
            program = program.display(),
            bindir = bindir.display(),
        )
    );

    let checkout = machine.path("checkout");
    let arguments = fs::read_to_string(machine.path("cargo-arguments")).unwrap();
    assert_eq!(
        arguments.lines().collect::<Vec<_>>(),
        [
            checkout.to_str().unwrap(),
            "build",
            "--release",
            "--locked",
            "--package",
            "awsmfa-env",
            "--bin",
            "awsmfa",
            "--target-dir",
            checkout.join("target").to_str().unwrap(),
        ]
    );
}

#[test]
fn the_lines_fit_the_shell() {
    let machine = Machine::ready("shells");
    let start = "eval \"$(awsmfa env 123456)\"";
    for (shell, file, start, init) in [
        (
            "/usr/bin/fish",
            "config.fish",
            "awsmfa env 123456 | source",
            "\n  awsmfa init fish | source\n",
        ),
        (
            "/bin/zsh",
            "~/.zshrc",
            start,
            "\n  eval \"$(awsmfa init zsh)\"\n",
        ),
        ("/bin/ksh", "~/.profile", start, ""),
    ] {
        let output = machine.install().env("SHELL", shell).output().unwrap();
        let advice = text(&output.stdout);
        assert!(
            advice.contains(file) && advice.contains(start) && advice.contains(init),
            "{shell}: {advice}"
        );
        assert_eq!(
            advice.contains("init"),
            !init.is_empty(),
            "{shell}: {advice}"
        );
    }
    let output = machine.install().env_remove("SHELL").output().unwrap();
    assert!(text(&output.stdout).contains("~/.profile"), "{output:?}");
}

#[test]
fn the_line_for_path_works_whatever_prefix_holds() {
    let machine = Machine::ready("odd");
    let prefix = machine.path("it's $HOME `x` \\n \"odd\"");
    let output = machine.install().env("PREFIX", &prefix).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let advice = text(&output.stdout);
    let line = advice
        .lines()
        .find(|line| line.contains("export PATH="))
        .unwrap();
    let found = Command::new("/bin/sh")
        .args(["-c", &format!("{line}; awsmfa")])
        .output()
        .unwrap();
    assert_eq!(text(&found.stdout), "the built program\n", "{line}");
}

#[test]
fn nothing_is_said_of_path_where_it_is_right() {
    let machine = Machine::ready("on_path");
    let path = format!(
        "{}:{}",
        machine.path("prefix/bin").display(),
        machine.path("path").display()
    );
    let output = machine
        .install()
        .env("PREFIX", "prefix")
        .env("PATH", path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let advice = text(&output.stdout);
    assert!(!advice.contains("PATH"), "{advice}");
}

#[test]
fn another_awsmfa_that_comes_first_is_named() {
    let machine = Machine::ready("shadowed");
    machine.write_program("path/awsmfa", "#!/bin/sh\n");
    let path = format!(
        "{}:{}",
        machine.path("path").display(),
        machine.path("prefix/bin").display()
    );
    let output = machine
        .install()
        .env("PREFIX", machine.path("prefix"))
        .env("PATH", path)
        .output()
        .unwrap();
    let expected = format!(
        "{} comes before it on PATH",
        machine.path("path/awsmfa").display()
    );
    assert!(text(&output.stdout).contains(&expected), "{output:?}");
}

#[test]
fn replaces_and_removes_what_is_installed() {
    let machine = Machine::ready("replace");
    let program = machine.path("home/.local/bin/awsmfa");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::write(&program, "an older one").unwrap();
    assert!(machine.install().output().unwrap().status.success());
    assert_eq!(fs::read_to_string(&program).unwrap(), BUILT);
    let manual = machine.path("home/.local/share/man/man1");
    assert!(manual.join("awsmfa-env.1").is_file());

    let removed = machine.install().arg("--uninstall").output().unwrap();
    assert_eq!(
        text(&removed.stdout),
        format!("Removed {}\n", program.display())
    );
    assert!(removed.status.success() && !program.exists());
    assert_eq!(fs::read_dir(&manual).unwrap().count(), 0);

    let again = machine.install().arg("--uninstall").output().unwrap();
    assert!(
        again.status.success() && text(&again.stdout).starts_with("Nothing to remove"),
        "{again:?}"
    );
}

#[test]
fn help_names_the_options() {
    let output = Machine::without_cargo("help")
        .install()
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let help = text(&output.stdout);
    assert!(
        ["PREFIX", "--uninstall", "--help"]
            .iter()
            .all(|word| help.contains(word)),
        "{help}"
    );
}

#[test]
fn usage_errors_change_nothing() {
    let machine = Machine::ready("usage");
    assert_fails(
        &machine.install().arg("--frobnicate").output().unwrap(),
        2,
        "unknown option: --frobnicate",
    );
    assert_fails(
        &machine
            .install()
            .args(["--uninstall", "--help"])
            .output()
            .unwrap(),
        2,
        "at most one option",
    );
    assert!(!machine.path("home/.local").exists());
}

#[test]
fn without_cargo_it_says_how_to_get_it() {
    let output = Machine::without_cargo("no_cargo")
        .install()
        .output()
        .unwrap();
    assert_fails(&output, 1, "cargo was not found");
    assert_fails(&output, 1, "https://rustup.rs");
}

#[test]
fn finds_the_cargo_of_rustup_that_is_not_on_path() {
    let machine = Machine::ready("rustup");
    fs::create_dir_all(machine.path("home/.cargo/bin")).unwrap();
    fs::rename(
        machine.path("path/cargo"),
        machine.path("home/.cargo/bin/cargo"),
    )
    .unwrap();
    assert!(machine.install().output().unwrap().status.success());
}

#[test]
fn an_old_rust_is_refused_before_anything_is_built() {
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    for (version, accepted) in [
        (wanted, true),
        ("2.0.0", true),
        ("1.100.0-nightly", true),
        ("1.94.0", false),
        ("0.99.9", false),
    ] {
        let build = "mkdir -p target/release && : >target/release/awsmfa";
        let machine = Machine::with_cargo(&format!("rust_{version}"), version, build);
        let output = machine.install().output().unwrap();
        assert_eq!(output.status.success(), accepted, "{output:?}");
        assert_eq!(machine.path("cargo-arguments").exists(), accepted);
        if !accepted {
            assert_fails(&output, 1, &format!("Rust {wanted} or newer is needed"));
        }
    }
}

#[test]
fn a_failed_build_leaves_the_installed_program() {
    for (name, build, message) in [
        ("fails", "exit 101", "the build failed"),
        ("empty", "true", "the build left no"),
    ] {
        let machine = Machine::with_cargo(&format!("build_{name}"), "1.95.0", build);
        let program = machine.path("home/.local/bin/awsmfa");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(&program, "an older one").unwrap();
        assert_fails(&machine.install().output().unwrap(), 1, message);
        assert_eq!(fs::read_to_string(&program).unwrap(), "an older one");
    }
}

#[test]
fn a_prefix_that_cannot_be_used_is_refused_before_the_build() {
    let machine = Machine::ready("prefix");
    fs::write(machine.path("file"), "").unwrap();
    fs::create_dir_all(machine.path("taken/bin/awsmfa")).unwrap();
    for (prefix, message) in [
        (machine.path("file"), "cannot write to"),
        (machine.path("taken"), "is a folder"),
        (machine.path("a:b"), "contains a colon"),
    ] {
        assert_fails(
            &machine.install().env("PREFIX", prefix).output().unwrap(),
            1,
            message,
        );
    }
    let homeless = machine.install().env_remove("HOME").output().unwrap();
    assert_fails(&homeless, 1, "neither HOME nor PREFIX is set");
    assert!(!machine.path("cargo-arguments").exists());
}

#[test]
fn outside_of_a_checkout_it_says_so() {
    let machine = Machine::ready("no_checkout");
    fs::remove_file(machine.path("checkout/Cargo.toml")).unwrap();
    assert_fails(
        &machine.install().output().unwrap(),
        1,
        "is not a checkout of awsmfa",
    );
}
