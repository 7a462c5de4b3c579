//! Detection inside real shells. Nothing but a process can be asked who its parent is, so each
//! shell runs this test's own executable.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use awsmfa_test_support::{find_tool, tools_path};

use crate::real::Place;

/// What the executable under the shells runs: it prints the shell that it finds.
#[test]
#[ignore = "run by the other tests, inside shells"]
#[allow(clippy::print_stdout)]
fn ask() {
    let name = awsmfa::shell::detect::detect()
        .unwrap()
        .map_or("none", |shell| shell.name);
    println!("asked by {name}.");
}

/// What `script`, in which `ASK` asks, finds when `command` runs it.
fn found(place: &str, command: &[&str], script: &str) -> Option<String> {
    let program = find_tool(command[0])?;
    let place = Place::new(&format!("detection-{place}"));
    let ask = format!(
        "{} --ignored --exact detection::ask --nocapture --test-threads 1",
        std::env::current_exe().unwrap().display()
    );
    let file = place.0.join("script");
    fs::write(&file, format!("{}\n", script.replace("ASK", &ask))).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new(program)
        .args(&command[1..])
        .current_dir(&place.0)
        .env_clear()
        .env("PATH", tools_path())
        .env("HOME", &place.0)
        // They lie.
        .env("SHELL", "/usr/bin/fish")
        .env("NU_VERSION", "0.115.1")
        .env("XONSH_VERSION", "0.25.0")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let (_, after) = text
        .split_once("asked by ")
        .unwrap_or_else(|| panic!("{output:?}"));
    Some(after.split_once('.').unwrap().0.to_owned())
}

#[test]
fn in_every_shell() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("bash", &["bash", "script"], "x=\"$(ASK)\"; echo \"$x\""),
        ("zsh", &["zsh", "-f", "script"], "x=\"$(ASK)\"; echo \"$x\""),
        ("sh", &["dash", "script"], "x=\"$(ASK)\"; echo \"$x\""),
        (
            "sh",
            &["busybox", "sh", "script"],
            "x=\"$(ASK)\"; echo \"$x\"",
        ),
        ("sh", &["yash", "script"], "x=\"$(ASK)\"; echo \"$x\""),
        ("sh", &["mksh", "script"], "x=\"$(ASK)\"; echo \"$x\""),
        ("ksh", &["ksh", "script"], "x=\"$(ASK)\"; echo \"$x\""),
        ("fish", &["fish", "script"], "ASK | cat"),
        ("fish", &["fish", "script"], "echo (ASK)"),
        ("tcsh", &["tcsh", "-f", "script"], "echo \"`ASK`\""),
        (
            "elvish",
            &["elvish", "-norc", "script"],
            "print (ASK | slurp)",
        ),
        (
            "nu",
            &["nu", "--no-config-file", "script"],
            "print (ASK | str join)",
        ),
        ("xonsh", &["xonsh", "--no-rc", "script"], "print($(ASK))"),
    ];
    for (index, (expected, command, script)) in cases.iter().enumerate() {
        if let Some(found) = found(&format!("shell-{index}"), command, script) {
            assert_eq!(found, *expected, "{command:?} {script}");
        }
    }
}

/// Scripts named after other shells, programs in between, and shells inside shells.
#[test]
fn in_every_place() {
    let cases: &[(&str, &[&str], &str)] = &[
        (
            "bash",
            &["./script"],
            "#!/bin/bash\nx=\"$(ASK)\"; echo \"$x\"",
        ),
        ("sh", &["./script"], "#!/bin/sh\nx=\"$(ASK)\"; echo \"$x\""),
        (
            "bash",
            &["bash", "script"],
            "x=\"$(timeout 60 ASK)\"; echo \"$x\"",
        ),
        (
            "bash",
            &["bash", "script"],
            "x=\"$(env A=b timeout 60 nice ASK)\"; echo \"$x\"",
        ),
        (
            "bash",
            &["bash", "script"],
            "x=\"$(echo --quiet | xargs ASK)\"; echo \"$x\"",
        ),
        (
            "bash",
            &["bash", "script"],
            "x=\"$(sudo -n ASK)\"; echo \"$x\"",
        ),
        (
            "sh",
            &["bash", "script"],
            "echo '{\"scripts\": {\"ask\": \"echo $(ASK)\"}}' > package.json\nnpm run --silent ask",
        ),
        ("fish", &["bash", "script"], "fish -c 'ASK | cat'; true"),
        (
            "bash",
            &["fish", "script"],
            "bash -c 'x=\"$(ASK)\"; echo \"$x\"'",
        ),
        (
            "sh",
            &["make", "-sf", "script"],
            "all:\n\t@x=\"$$(ASK)\"; echo \"$$x\"",
        ),
    ];
    for (index, (expected, command, script)) in cases.iter().enumerate() {
        let (program, place) = (command[0], format!("place-{index}"));
        let inside = ["sudo", "npm"]
            .into_iter()
            .find(|tool| script.contains(tool));
        if inside.is_some_and(|tool| find_tool(tool).is_none()) {
            continue;
        }
        let found = if program == "./script" {
            // The name is the kernel's to give, so that the script's stands where a shell's would.
            let wrapped = format!("cat > zsh <<'END'\n{script}\nEND\nchmod +x zsh\n./zsh; true");
            found(&place, &["dash", "script"], &wrapped)
        } else {
            found(&place, command, script)
        };
        if let Some(found) = found {
            assert_eq!(found, *expected, "{command:?} {script}");
        }
    }
}
