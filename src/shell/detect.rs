//! Which shell is asking: the nearest ancestor process that is a shell of the table.
//!
//! `SHELL` names the login shell, and variables such as `NU_VERSION` are inherited by shells that
//! they are not true of, so the processes are asked. The executable tells; the process's own name
//! does not, since in a `#!` script it is the script's.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System, UpdateKind};

use super::{Kind, SHELLS, Shell};
use crate::error::Error;

/// How far up to look: past `sudo`, `timeout`, `xargs`, `make` and whatever they are wrapped in.
const LEVELS: usize = 10;

/// The shell that started this process, directly or through other programs.
pub fn detect() -> Result<Option<&'static Shell>, Error> {
    nearest(ancestors())
}

/// Whether a program is a shell of the table, by its name.
#[must_use]
pub fn is_shell(program: &Path) -> bool {
    by_executable(&stem(&program.to_string_lossy())).is_some()
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

fn nearest(ancestors: impl Iterator<Item = Process>) -> Result<Option<&'static Shell>, Error> {
    for process in ancestors.take(LEVELS) {
        if is_wsl(&process) {
            // Which one it is cannot be seen from here.
            return Err(
                Error::new("a shell inside WSL asks the Windows program").hint(
                    "install the Linux build of awsmfa inside WSL, or name the shell: --shell bash",
                ),
            );
        }
        if let Some(shell) = recognise(&process) {
            return Ok(Some(shell));
        }
    }
    Ok(None)
}

/// Whether it is the Windows end of WSL, which starts the Windows programs that Linux asks for.
fn is_wsl(process: &Process) -> bool {
    let exe = process.exe.as_ref().map(|path| path.to_string_lossy());
    exe.is_some_and(|exe| {
        exe.to_ascii_lowercase().ends_with(".exe")
            && matches!(&*stem(&exe), "wsl" | "wslhost" | "wslrelay" | "wslservice")
    })
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

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::{Process, nearest, recognise};

    fn process(exe: &str, argv: &[&str], name: &str) -> Process {
        Process {
            exe: (!exe.is_empty()).then(|| exe.into()),
            argv: argv.iter().map(Into::into).collect(),
            name: name.into(),
        }
    }

    /// Executable, arguments, name, and the shell that it is.
    type Case = (
        &'static str,
        &'static [&'static str],
        &'static str,
        Option<&'static str>,
    );

    const CASES: &[Case] = &[
        // The executable decides, whatever the process is called.
        ("/usr/bin/bash", &["bash"], "bash", Some("bash")),
        ("/usr/bin/bash", &["-bash"], "bash", Some("bash")),
        (
            "/usr/bin/bash",
            &["/bin/bash", "./fish"],
            "fish",
            Some("bash"),
        ),
        ("/usr/bin/bash", &["sh"], "sh", Some("bash")),
        ("/usr/bin/bash (deleted)", &["bash"], "bash", Some("bash")),
        ("/usr/bin/zsh", &["zsh"], "zsh", Some("zsh")),
        ("/usr/bin/zsh-5.9", &["-zsh"], "zsh", Some("zsh")),
        ("/bin/zsh5", &["zsh"], "zsh", Some("zsh")),
        ("/usr/bin/dash", &["sh"], "sh", Some("sh")),
        ("/usr/bin/mksh", &["mksh"], "mksh", Some("sh")),
        ("/usr/bin/yash", &["yash"], "yash", Some("sh")),
        ("/usr/bin/ksh93", &["ksh"], "ksh", Some("ksh")),
        ("/usr/bin/ksh2020", &["ksh"], "ksh", Some("ksh")),
        ("/usr/bin/fish", &["fish"], "fish", Some("fish")),
        ("/usr/bin/tcsh", &["-csh"], "csh", Some("tcsh")),
        ("/bin/csh", &["csh"], "csh", Some("tcsh")),
        ("/usr/bin/bsd-csh", &["csh"], "csh", Some("tcsh")),
        ("/usr/bin/elvish", &["elvish"], "elvish", Some("elvish")),
        ("/opt/nu/bin/nu", &["nu"], "nu", Some("nu")),
        (
            "/opt/microsoft/powershell/7/pwsh",
            &["pwsh"],
            "pwsh",
            Some("powershell"),
        ),
        (
            "/usr/bin/pwsh-preview",
            &["pwsh"],
            "pwsh",
            Some("powershell"),
        ),
        (
            r"C:\Windows\System32\cmd.exe",
            &["cmd"],
            "cmd.exe",
            Some("cmd"),
        ),
        (
            r"C:\WINDOWS\system32\CMD.EXE",
            &["cmd"],
            "CMD.EXE",
            Some("cmd"),
        ),
        (
            r"C:\Windows\System32\WindowsPowerShell\v1.0\PowerShell.EXE",
            &[],
            "PowerShell.EXE",
            Some("powershell"),
        ),
        (
            r"C:\Program Files\Git\usr\bin\bash.exe",
            &[],
            "",
            Some("bash"),
        ),
        // What runs programs is no shell, nor is a format, nor what only begins like one.
        ("/usr/bin/sudo", &["sudo", "bash"], "sudo", None),
        (
            "/usr/bin/timeout",
            &["timeout", "5", "bash"],
            "timeout",
            None,
        ),
        ("/usr/bin/node", &["npm run"], "node", None),
        ("/usr/bin/json", &["json"], "json", None),
        ("/usr/bin/fishnet", &["fishnet"], "fishnet", None),
        ("/usr/bin/bashful", &["bashful"], "bashful", None),
        // busybox is what it is called.
        ("/bin/busybox", &["sh"], "sh", Some("sh")),
        ("/bin/busybox", &["-ash"], "ash", Some("sh")),
        ("/bin/busybox", &["/bin/ash", "x"], "ash", Some("sh")),
        (
            "/bin/busybox",
            &["busybox", "sh", "x"],
            "busybox",
            Some("sh"),
        ),
        ("/bin/busybox", &["xargs", "sh"], "xargs", None),
        ("/bin/busybox", &["busybox", "timeout"], "busybox", None),
        ("/bin/busybox", &[], "busybox", None),
        // xonsh is a script, a module or a title of a Python.
        (
            "/usr/bin/python3.11",
            &["python3", "/usr/bin/xonsh"],
            "xonsh",
            Some("xonsh"),
        ),
        (
            "/usr/bin/python3.11",
            &["python3", "-m", "xonsh"],
            "python3",
            Some("xonsh"),
        ),
        (
            "/usr/bin/python3",
            &["python3", "-u", "-X", "dev", "/x/xonsh", "--no-rc"],
            "python3",
            Some("xonsh"),
        ),
        (
            "/usr/bin/pypy3",
            &["pypy3", "/x/xonsh"],
            "pypy3",
            Some("xonsh"),
        ),
        (
            "/usr/bin/python3.11",
            &["xonsh --no-rc"],
            "xonsh",
            Some("xonsh"),
        ),
        (
            "/usr/bin/python3.11",
            &["python3", "x.py", "xonsh"],
            "python3",
            None,
        ),
        (
            "/usr/bin/python3.11",
            &["python3", "-c", "xonsh"],
            "python3",
            None,
        ),
        ("/usr/bin/python3.11", &["python3"], "xonsh", None),
        ("/usr/bin/python3.11", &[], "python3", None),
        // Another user's executable may not be read: then the name that it was called by, which
        // in a script is the interpreter's, and last the system's name for it.
        ("", &["-zsh"], "zsh", Some("zsh")),
        ("", &["/bin/bash", "./fish"], "fish", Some("bash")),
        ("", &["sudo", "fish"], "sudo", None),
        ("", &[], "fish", Some("fish")),
        ("", &[], "", None),
    ];

    #[test]
    fn one_process() {
        for (exe, argv, name, expected) in CASES {
            let found = recognise(&process(exe, argv, name)).map(|shell| shell.name);
            assert_eq!(found, *expected, "{exe} {argv:?} {name}");
        }
    }

    #[test]
    fn the_nearest_shell_within_ten_levels() {
        let sudo = || process("/usr/bin/sudo", &["sudo"], "sudo");
        let bash = || process("/usr/bin/bash", &["bash"], "bash");
        let fish = || process("/usr/bin/fish", &["fish"], "fish");
        let name = |ancestors: Vec<Process>| {
            let found = nearest(ancestors.into_iter()).expect("not WSL");
            found.map(|shell| shell.name)
        };

        assert_eq!(name(vec![fish(), bash()]), Some("fish"));
        assert_eq!(name(vec![sudo(), sudo(), fish(), bash()]), Some("fish"));
        assert_eq!(name(vec![]), None);
        let above = |levels: usize| (0..levels).map(|_| sudo()).chain([bash()]).collect();
        assert_eq!(name(above(9)), Some("bash"));
        assert_eq!(name(above(10)), None);
    }

    #[test]
    fn no_process_above_the_shell_is_read() {
        let ancestors = [process("/usr/bin/dash", &["sh"], "sh")]
            .into_iter()
            .chain(std::iter::from_fn(|| panic!("read too far")));
        assert!(nearest(ancestors).is_ok_and(|shell| shell.is_some()));
    }

    #[test]
    fn the_windows_end_of_wsl_hides_the_shell() {
        let powershell = || process(r"C:\Windows\System32\powershell.exe", &[], "");
        for wsl in [
            r"C:\Program Files\WSL\wsl.exe",
            r"C:\Windows\System32\wslhost.exe",
        ] {
            let wsl = || process(wsl, &[], "");
            let hidden = nearest([wsl(), powershell()].into_iter());
            assert!(hidden.is_err_and(|error| error.to_string().contains("WSL")));
            let shell = nearest([powershell(), wsl()].into_iter()).expect("a shell of Windows");
            assert_eq!(shell.map(|shell| shell.name), Some("powershell"));
        }
        let wsl = process("/usr/bin/wsl", &["wsl"], "wsl");
        assert!(nearest(std::iter::once(wsl)).is_ok_and(|shell| shell.is_none()));
    }
}
