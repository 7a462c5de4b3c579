//! Which shell is asking: the nearest ancestor process that is a shell of the table.
//!
//! `SHELL` names the login shell, and variables such as `NU_VERSION` are inherited by shells that
//! they are not true of, so the processes are asked. The executable tells; the process's own name
//! does not, since in a `#!` script it is the script's.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::{Kind, SHELLS, Shell};

/// How far up to look: past `sudo`, `timeout`, `xargs`, `make` and whatever they are wrapped in.
const LEVELS: usize = 10;

/// The shell that started this process, directly or through other programs.
#[must_use]
pub fn detect() -> Option<&'static Shell> {
    nearest(ancestors())
}

/// What is known of a process.
#[derive(Debug, Default)]
struct Process {
    /// Its executable, where it may be read: another user's may not.
    exe: Option<PathBuf>,
    /// Its arguments, with the name that it was called by.
    argv: Vec<OsString>,
    /// The name that the system gives it.
    name: OsString,
}

/// The parent, its parent and so on, each read when it is asked for.
fn ancestors() -> impl Iterator<Item = Process> {
    let mut system = System::new().ok();
    let mut read = move |pid| {
        let system = system.as_mut()?;
        system.refresh_processes_specifics(
            ProcessesToUpdate::Some(&[pid]),
            false,
            ProcessRefreshKind::nothing()
                .without_tasks()
                .with_exe(UpdateKind::Always)
                .with_cmd(UpdateKind::Always),
        );
        let process = system.process(pid)?;
        let read = Process {
            exe: process.exe().map(Path::to_owned),
            argv: process.cmd().to_vec(),
            name: process.name().to_owned(),
        };
        Some((read, process.parent()))
    };
    let own = Pid::from_u32(std::process::id());
    let mut parent = read(own).and_then(|(_, parent)| parent);
    std::iter::from_fn(move || {
        let (process, next) = read(parent?)?;
        parent = next;
        Some(process)
    })
}

fn nearest(ancestors: impl Iterator<Item = Process>) -> Option<&'static Shell> {
    ancestors
        .take(LEVELS)
        .find_map(|process| recognise(&process))
}

fn recognise(process: &Process) -> Option<&'static Shell> {
    let argv: Vec<_> = process
        .argv
        .iter()
        .map(|word| word.to_string_lossy())
        .collect();
    let called = argv.first().map(|word| stem(word));
    let exe = match &process.exe {
        Some(path) => stem(&path.to_string_lossy()),
        None => called
            .clone()
            .unwrap_or_else(|| stem(&process.name.to_string_lossy())),
    };
    let arguments = argv.get(1..).unwrap_or_default();
    if exe == "busybox" {
        let applet = match called.as_deref() {
            Some("busybox") | None => arguments.first().map(|word| stem(word)),
            _ => called,
        };
        return by_executable(&applet?).filter(|shell| shell.name == "sh");
    }
    if exe.starts_with("python") || exe.starts_with("pypy") {
        return runs_xonsh(&argv).then(|| by_executable("xonsh")).flatten();
    }
    by_executable(&exe)
}

fn by_executable(stem: &str) -> Option<&'static Shell> {
    let find = |stem: &str| {
        SHELLS
            .iter()
            .filter(|shell| shell.kind == Kind::Shell)
            .find(|shell| {
                shell.name == stem
                    || shell.aliases.contains(&stem)
                    || shell.executables.contains(&stem)
            })
    };
    // ksh93, zsh-5.9
    find(stem)
        .or_else(|| find(stem.trim_end_matches(|c: char| c.is_ascii_digit() || "-.".contains(c))))
}

/// Whether the script or module that a Python runs is xonsh, or its title says so.
fn runs_xonsh(argv: &[std::borrow::Cow<'_, str>]) -> bool {
    let Some((called, arguments)) = argv.split_first() else {
        return false;
    };
    if called.split(' ').next().map(stem).as_deref() == Some("xonsh") {
        return true;
    }
    let mut arguments = arguments.iter().map(|word| &**word);
    while let Some(argument) = arguments.next() {
        match argument {
            "-m" => return arguments.next() == Some("xonsh"),
            "-W" | "-X" => _ = arguments.next(),
            "-c" => return false,
            option if option.starts_with('-') => {}
            script => return stem(script) == "xonsh",
        }
    }
    false
}

/// The last part of a path, in small letters, without a login shell's `-`, Windows' `.exe` and
/// Linux's note that the file is gone.
fn stem(path: &str) -> String {
    let path = path.strip_suffix(" (deleted)").unwrap_or(path);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let file = file.strip_prefix('-').unwrap_or(file).to_ascii_lowercase();
    file.strip_suffix(".exe").map(str::to_owned).unwrap_or(file)
}
