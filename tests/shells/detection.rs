//! Detection inside real shells. The test runs its own executable from each shell, since it must be a
//! child of that shell.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use awsmfa_test_support::{Run, Stage, find_tool, say, skip};

/// The executable in the shells runs this: it prints the shell that it finds.
#[test]
#[ignore = "run by the other tests, inside shells"]
#[allow(clippy::print_stdout)]
fn ask() {
    let name = awsmfa::shell::reader::asking()
        .unwrap()
        .map_or("none", |shell| shell.name);
    println!("asked by {name}.");
}

const PWSH: &[&str] = &[
    "pwsh",
    "-NoProfile",
    "-NonInteractive",
    "-File",
    "script.ps1",
];

/// A folder with the program `ask`, which becomes this executable, and with `w`, a wrapper script around
/// it like a shim.
fn stage() -> Stage {
    let mut stage = Stage::new();
    // They lie.
    stage.set_all(&[
        ("SHELL", "/usr/bin/fish"),
        ("NU_VERSION", "0.115.1"),
        ("XONSH_VERSION", "0.25.0"),
    ]);
    let ask = format!(
        "{} --ignored --exact detection::ask --nocapture --test-threads 1",
        std::env::current_exe().unwrap().display()
    );
    write(&stage.out("ask"), &format!("#!/bin/sh\nexec {ask}\n"));
    write(&stage.out("w"), "#!/bin/sh\n./ask \"$@\"\nexit $?\n");
    stage
}

fn write(program: &Path, text: &str) {
    fs::write(program, text).unwrap();
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What `./ask` finds in a script that `command` runs. `None` if the program is missing.
fn found(stage: &Stage, command: &[&str], script: &str) -> Option<String> {
    if !command[0].starts_with("./") {
        find_tool(command[0])?;
    }
    let file = command.last().unwrap();
    write(&stage.out(file), &format!("{script}\n"));
    let run = Run::execute(&mut stage.command(command));
    let text = &run.stdout;
    let (_, after) = text
        .split_once("asked by ")
        .unwrap_or_else(|| panic!("{command:?} {script}: {run:?}"));
    Some(after.split_once('.').unwrap().0.to_owned())
}

/// Checks every line, and reports all wrong ones at once.
fn check(cases: &[(&str, &[&str], &str)]) {
    let mut wrong = Vec::new();
    let stage = stage();
    for (expected, command, script) in cases {
        let inside = ["sudo", "npm", "fish", "python3", "timeout", "make"]
            .into_iter()
            .filter(|tool| script.contains(tool));
        if inside.into_iter().any(|tool| find_tool(tool).is_none()) {
            continue;
        }
        if let Some(found) = found(&stage, command, script)
            && found != *expected
        {
            wrong.push(format!("{command:?} {script}: {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn in_every_shell() {
    check(&[
        ("bash", &["bash", "script"], "x=\"$(./ask)\"; echo \"$x\""),
        ("bash", &["bash", "script"], "cat <(./ask)"),
        (
            "zsh",
            &["zsh", "-f", "script"],
            "x=\"$(./ask)\"; echo \"$x\"",
        ),
        ("sh", &["dash", "script"], "x=\"$(./ask)\"; echo \"$x\""),
        ("sh", &["dash", "script"], "echo \"`./ask`\""),
        (
            "sh",
            &["busybox", "sh", "script"],
            "x=\"$(./ask)\"; echo \"$x\"",
        ),
        ("sh", &["yash", "script"], "x=\"$(./ask)\"; echo \"$x\""),
        ("sh", &["mksh", "script"], "x=\"$(./ask)\"; echo \"$x\""),
        ("ksh", &["ksh", "script"], "x=\"$(./ask)\"; echo \"$x\""),
        ("ksh", &["ksh", "script"], "./ask | cat; true"),
        ("ksh", &["ksh", "script"], "cat <(./ask); true"),
        ("fish", &["fish", "script"], "./ask | cat; true"),
        ("fish", &["fish", "script"], "echo (./ask)"),
        ("fish", &["fish", "script"], "./ask | string collect"),
        ("tcsh", &["tcsh", "-f", "script"], "echo \"`./ask`\""),
        (
            "elvish",
            &["elvish", "-norc", "script"],
            "print (./ask | slurp)",
        ),
        (
            "nu",
            &["nu", "--no-config-file", "script"],
            "print (./ask | str join)",
        ),
        ("xonsh", &["xonsh", "--no-rc", "script"], "print($(./ask))"),
        ("powershell", PWSH, "./ask | Out-String"),
        ("powershell", PWSH, "$x = ./ask; $x"),
    ]);
}

/// The wrapper passes the output on: the shell that reads it must understand it.
#[test]
fn through_a_wrapper_script() {
    check(&[
        ("bash", &["bash", "script"], "x=\"$(./w)\"; echo \"$x\""),
        ("zsh", &["zsh", "-f", "script"], "x=\"$(./w)\"; echo \"$x\""),
        ("sh", &["dash", "script"], "x=\"$(./w)\"; echo \"$x\""),
        (
            "ksh",
            &["ksh", "script"],
            "while read -r x; do echo \"$x\"; done < <(./w)",
        ),
        ("fish", &["fish", "script"], "echo (./w)"),
        ("fish", &["fish", "script"], "./w | string collect"),
        (
            "fish",
            &["fish", "script"],
            "bash -c './ask; true' | string collect",
        ),
        (
            "fish",
            &["fish", "script"],
            "bash -c 'bash -c \"./w; true\"; true' | string collect",
        ),
        (
            "fish",
            &["fish", "script"],
            "timeout 60 sh -c './w; true' | string collect",
        ),
        (
            "fish",
            &["fish", "script"],
            "printf 'all:\\n\\t@./ask; true\\n' | make -sf - | string collect",
        ),
        (
            "fish",
            &["fish", "script"],
            "python3 -c 'import subprocess; subprocess.run([\"./w\"])' | string collect",
        ),
        // It reads the program's output and prints it.
        (
            "fish",
            &["fish", "script"],
            "python3 -c 'import subprocess; print(subprocess.check_output([\"./ask\"]).decode())' | string collect",
        ),
        ("tcsh", &["tcsh", "-f", "script"], "echo \"`./w`\""),
        (
            "elvish",
            &["elvish", "-norc", "script"],
            "print (./w | slurp)",
        ),
        (
            "nu",
            &["nu", "--no-config-file", "script"],
            "print (./w | str join)",
        ),
        ("xonsh", &["xonsh", "--no-rc", "script"], "print($(./w))"),
        ("powershell", PWSH, "./w | Out-String"),
        (
            "powershell",
            PWSH,
            "bash -c './ask; true' | ForEach-Object { $_ }",
        ),
    ]);
}

/// Programs in between, shells inside shells, and programs that read the statements themselves.
#[test]
fn in_every_place() {
    check(&[
        (
            "bash",
            &["bash", "script"],
            "x=\"$(timeout 60 ./ask)\"; echo \"$x\"",
        ),
        (
            "bash",
            &["bash", "script"],
            "x=\"$(env A=b timeout 60 nice ./ask)\"; echo \"$x\"",
        ),
        (
            "bash",
            &["bash", "script"],
            "x=\"$(echo --quiet | xargs ./ask)\"; echo \"$x\"",
        ),
        (
            "bash",
            &["bash", "script"],
            "x=\"$(sudo -n ./ask)\"; echo \"$x\"",
        ),
        (
            "sh",
            &["bash", "script"],
            "echo '{\"scripts\": {\"ask\": \"echo $(./ask)\"}}' > package.json\nnpm run --silent ask",
        ),
        (
            "fish",
            &["bash", "script"],
            "fish -c './ask | string collect'; true",
        ),
        (
            "bash",
            &["fish", "script"],
            "bash -c 'x=\"$(./ask)\"; echo \"$x\"'",
        ),
        (
            "sh",
            &["make", "-sf", "script"],
            "all:\n\t@x=\"$$(./ask)\"; echo \"$$x\"",
        ),
        // The pipe is make's, which runs a shell to fill it.
        (
            "sh",
            &["fish", "script"],
            "printf 'x := $(shell ./w; true)\\nall:\\n\\t@echo \"$(x)\"\\n' | make -sf -",
        ),
        (
            "sh",
            &["fish", "script"],
            "python3 -c 'import subprocess; print(subprocess.check_output(\"./w; true\", shell=True).decode())'",
        ),
    ]);
}

/// The kernel names the process after the script, so the name of another shell is there.
#[test]
fn in_scripts_named_after_other_shells() {
    let stage = stage();
    for (expected, text) in [
        ("bash", "#!/bin/bash\nx=\"$(./ask)\"; echo \"$x\"\n"),
        ("sh", "#!/bin/sh\nx=\"$(./ask)\"; echo \"$x\"\n"),
    ] {
        write(&stage.out("zsh"), text);
        let found = found(&stage, &["dash", "script"], "./zsh; true");
        assert_eq!(found.as_deref(), Some(expected), "{text}");
    }
}

/// Packages and .NET run shells under other names.
#[test]
fn under_names_that_packages_give() {
    let stage = stage();
    let copies: &[(&str, &str, &str, &str)] = &[
        ("fish", ".fish-wrapped", "fish", "echo (./w)"),
        ("elvish", "elvish-v0.19", "elvish", "print (./w | slurp)"),
        ("zsh", "zsh-5.9", "zsh", "x=\"$(./w)\"; echo \"$x\""),
    ];
    for (shell, copy, expected, script) in copies {
        let Some(shell) = find_tool(shell) else {
            continue;
        };
        fs::copy(shell, stage.out(copy)).unwrap();
        let found = found(&stage, &[&format!("./{copy}"), "script"], script);
        assert_eq!(found.as_deref(), Some(*expected), "{copy}");
    }
}

/// Installed as a .NET tool it is a library that dotnet runs.
#[test]
fn in_the_powershell_that_dotnet_runs() {
    let Some(pwsh) = find_tool("pwsh") else {
        return;
    };
    let folder = fs::canonicalize(pwsh).unwrap();
    let folder = folder.parent().unwrap();
    let (dotnet, library) = (folder.join("dotnet/dotnet"), folder.join("lib/pwsh.dll"));
    if !dotnet.exists() || !library.exists() {
        return skip("dotnet beside pwsh");
    }
    let stage = stage();
    let words = [&[library.to_str().unwrap()], &PWSH[1..]].concat();
    let line = format!("{} {}", dotnet.display(), words.join(" "));
    write(&stage.out("script.ps1"), "./w | Out-String\n");
    let found = found(&stage, &["bash", "script"], &line);
    assert_eq!(found.as_deref(), Some("powershell"));
}

const AWSMFA: &str = env!("CARGO_BIN_EXE_awsmfa");

/// Runs `$(…)` in bash; its standard output is what the command printed.
fn substitution(stage: &Stage, tracer: &[&str], command: &str) -> Run {
    let script = format!("x=\"$({command})\"; echo \"$x\"\n");
    write(&stage.out("script"), &script);
    let words = [tracer, &["bash", "--norc", "script"]].concat();
    Run::execute(&mut stage.command(&words))
}

/// Every `env` and `unset` pays for it: the shell that asks, and whether it reads the output.
#[test]
fn costs_few_system_calls() {
    if find_tool("strace").is_none() {
        return;
    }
    let stage = stage();
    let tracer = ["strace", "-f", "-o", "trace"];
    let run = substitution(&stage, &tracer, &format!("{AWSMFA} unset"));
    assert_eq!(run.stdout, ":;\n");
    let trace = stage.written("trace");
    let started = |line: &&str| line.contains("execve(") && line.contains(AWSMFA);
    let (pid, _) = trace
        .lines()
        .find(started)
        .unwrap()
        .split_once(' ')
        .unwrap();
    let calls: Vec<&str> = trace
        .lines()
        .filter(|line| line.starts_with(pid) && !line.contains(" resumed>"))
        .skip_while(|line| !line.contains("\"/proc/self\""))
        // Then awsmfa says that there is nothing to undo.
        .take_while(|line| !line.contains("write(2,"))
        .collect();
    say(&format!(
        "finding shell and reader: {} system calls",
        calls.len()
    ));
    assert!((5..=40).contains(&calls.len()), "{}", calls.join("\n"));
}

/// The difference between two runs that fail in the same way, of which one need not find the shell, since
/// it is named. Only a release build shows what a user pays.
#[test]
fn costs_few_instructions() {
    if find_tool("valgrind").is_none() {
        return;
    }
    let stage = stage();
    let instructions = |shell: &str| -> u64 {
        let callgrind = "valgrind --tool=callgrind --callgrind-out-file=/dev/null";
        let command = format!("{callgrind} {AWSMFA} init {shell} --bogus");
        let run = substitution(&stage, &[], &command);
        assert_eq!(run.stdout, "(exit 2);\n");
        let collected = run.stderr.split("Collected : ").nth(1);
        let digits = collected.and_then(|rest| rest.lines().next());
        digits
            .and_then(|it| it.trim().parse().ok())
            .expect(&run.stderr)
    };
    let count = instructions("nash").saturating_sub(instructions("bash"));
    let (build, limit) = if cfg!(debug_assertions) {
        ("debug", 160_000)
    } else {
        ("release", 40_000)
    };
    say(&format!(
        "finding the shell: {count} instructions in a {build} build"
    ));
    assert!(
        (1_000..=limit).contains(&count),
        "{count} in a {build} build"
    );
}
