//! `install.sh` in a copy of the checkout, with a fake cargo.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::machine::{Machine, assert_fails, copy, repository_file, text};

const BUILT: &str = "#!/bin/sh\necho the built program\n";

/// A machine with a checkout and without Rust.
fn without_cargo(test: &str) -> Machine {
    let machine = Machine::new(&format!("checkout_{test}"));
    fs::create_dir_all(machine.path("checkout/man")).unwrap();
    for file in ["install.sh", "Cargo.toml"] {
        copy(&repository_file(file), &machine.path("checkout").join(file));
    }
    for page in ["awsmfa.1", "awsmfa-env.1"] {
        fs::write(machine.path("checkout/man").join(page), ".TH\n").unwrap();
    }
    machine
}

/// A machine with a cargo of this version that records its arguments and runs `build`.
fn with_cargo(test: &str, version: &str, build: &str) -> Machine {
    let machine = without_cargo(test);
    machine.write_program(
        "path/cargo",
        &format!(
            "#!/bin/sh\n\
             if [ \"$1\" = --version ]; then echo 'cargo {version} (0123456789 2026-01-01)'; exit; fi\n\
             printf '%s\\n' \"$PWD\" \"$@\" >'{arguments}'\n\
             {build}\n",
            arguments = machine.path("cargo-arguments").display(),
        ),
    );
    machine
}

/// A machine on which the installation succeeds.
fn ready(test: &str) -> Machine {
    let build = format!("mkdir -p target/release && printf '%s' '{BUILT}' >target/release/awsmfa");
    with_cargo(test, "1.95.0", &build)
}

/// `install.sh`, started outside the checkout.
fn install(machine: &Machine) -> Command {
    machine.command(machine.path("checkout/install.sh"))
}

#[test]
fn installs_into_the_home_and_says_what_to_do_next() {
    let machine = ready("home");
    let output = install(&machine).output().unwrap();
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
             With this line in ~/.bashrc you type just awsmfa env 123456, and Tab completes:\n  \
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
    let machine = ready("shells");
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
        let output = install(&machine).env("SHELL", shell).output().unwrap();
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
    let output = install(&machine).env_remove("SHELL").output().unwrap();
    assert!(text(&output.stdout).contains("~/.profile"), "{output:?}");
}

#[test]
fn the_line_for_path_works_whatever_prefix_holds() {
    let machine = ready("odd");
    let prefix = machine.path("it's $HOME `x` \\n \"odd\"");
    let output = install(&machine).env("PREFIX", &prefix).output().unwrap();
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
    let machine = ready("on_path");
    let path = format!(
        "{}:{}",
        machine.path("prefix/bin").display(),
        machine.path("path").display()
    );
    let output = install(&machine)
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
    let machine = ready("shadowed");
    machine.write_program("path/awsmfa", "#!/bin/sh\n");
    let path = format!(
        "{}:{}",
        machine.path("path").display(),
        machine.path("prefix/bin").display()
    );
    let output = install(&machine)
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
    let machine = ready("replace");
    let program = machine.path("home/.local/bin/awsmfa");
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::write(&program, "an older one").unwrap();
    assert!(install(&machine).output().unwrap().status.success());
    assert_eq!(fs::read_to_string(&program).unwrap(), BUILT);
    let manual = machine.path("home/.local/share/man/man1");
    assert!(manual.join("awsmfa-env.1").is_file());

    let removed = install(&machine).arg("--uninstall").output().unwrap();
    assert_eq!(
        text(&removed.stdout),
        format!("Removed {}\n", program.display())
    );
    assert!(removed.status.success() && !program.exists());
    assert_eq!(fs::read_dir(&manual).unwrap().count(), 0);

    let again = install(&machine).arg("--uninstall").output().unwrap();
    assert!(
        again.status.success() && text(&again.stdout).starts_with("Nothing to remove"),
        "{again:?}"
    );
}

#[test]
fn help_names_the_options() {
    let output = install(&without_cargo("help"))
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let help = text(&output.stdout);
    assert!(
        ["PREFIX", "--release", "--uninstall", "--help"]
            .iter()
            .all(|word| help.contains(word)),
        "{help}"
    );
}

#[test]
fn usage_errors_change_nothing() {
    let machine = ready("usage");
    assert_fails(
        &install(&machine).arg("--frobnicate").output().unwrap(),
        2,
        "unknown option: --frobnicate",
    );
    assert_fails(
        &install(&machine)
            .args(["--uninstall", "--help"])
            .output()
            .unwrap(),
        2,
        "too many arguments",
    );
    assert!(!machine.path("home/.local").exists());
}

#[test]
fn without_cargo_it_says_how_to_get_it() {
    let output = install(&without_cargo("no_cargo")).output().unwrap();
    assert_fails(&output, 1, "cargo was not found");
    assert_fails(&output, 1, "https://rustup.rs");
}

#[test]
fn finds_the_cargo_of_rustup_that_is_not_on_path() {
    let machine = ready("rustup");
    fs::create_dir_all(machine.path("home/.cargo/bin")).unwrap();
    fs::rename(
        machine.path("path/cargo"),
        machine.path("home/.cargo/bin/cargo"),
    )
    .unwrap();
    assert!(install(&machine).output().unwrap().status.success());
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
        let machine = with_cargo(&format!("rust_{version}"), version, build);
        let output = install(&machine).output().unwrap();
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
        let machine = with_cargo(&format!("build_{name}"), "1.95.0", build);
        let program = machine.path("home/.local/bin/awsmfa");
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(&program, "an older one").unwrap();
        assert_fails(&install(&machine).output().unwrap(), 1, message);
        assert_eq!(fs::read_to_string(&program).unwrap(), "an older one");
    }
}

#[test]
fn a_prefix_that_cannot_be_used_is_refused_before_the_build() {
    let machine = ready("prefix");
    fs::write(machine.path("file"), "").unwrap();
    fs::create_dir_all(machine.path("taken/bin/awsmfa")).unwrap();
    for (prefix, message) in [
        (machine.path("file"), "cannot write to"),
        (machine.path("taken"), "is a folder"),
        (machine.path("a:b"), "contains a colon"),
    ] {
        assert_fails(
            &install(&machine).env("PREFIX", prefix).output().unwrap(),
            1,
            message,
        );
    }
    let homeless = install(&machine).env_remove("HOME").output().unwrap();
    assert_fails(&homeless, 1, "neither HOME nor PREFIX is set");
    assert!(!machine.path("cargo-arguments").exists());
}

#[test]
fn outside_of_a_checkout_it_says_so() {
    let machine = ready("no_checkout");
    fs::remove_file(machine.path("checkout/Cargo.toml")).unwrap();
    assert_fails(
        &install(&machine).output().unwrap(),
        1,
        "is not a checkout of awsmfa",
    );
}
