//! Recognises a shell by its executable and its arguments.
//!
//! `SHELL` names the login shell, and other shells inherit variables such as `NU_VERSION`. The process
//! name does not help either: in a `#!` script it is the script's.

use std::path::Path;

use super::processes::{Pid, Processes};
use super::{Kind, SHELLS, Shell};

/// Whether a program is a shell of the table, by its name.
#[must_use]
pub fn is_shell(program: &Path) -> bool {
    by_executable(&stem(&program.to_string_lossy())).is_some()
}

/// The shell with this executable. Reads the arguments only if the executable is not enough.
pub(super) fn recognise(
    processes: &impl Processes,
    pid: Pid,
    exe: Option<&Path>,
) -> Option<&'static Shell> {
    let exe = exe.map(|path| stem(&path.to_string_lossy()));
    if let Some(exe) = exe.as_deref().filter(|&exe| exe != "busybox")
        && let Some(shell) = by_executable(exe)
    {
        return Some(shell);
    }
    let argv = processes.argv(pid);
    let argv: Vec<_> = argv.iter().map(|word| word.to_string_lossy()).collect();
    let called = argv.first().map(|word| stem(word));
    let arguments = argv.get(1..).unwrap_or_default();
    match exe.as_deref() {
        Some("busybox") => {
            let applet = match called.as_deref() {
                Some("busybox") | None => arguments.first().map(|word| stem(word)),
                _ => called,
            };
            by_executable(&applet?).filter(|shell| shell.name == "sh")
        }
        Some("dotnet") => {
            let mut programs = arguments.iter().filter(|word| word.ends_with(".dll"));
            let is_powershell = programs.next().is_some_and(|word| stem(word) == "pwsh.dll");
            is_powershell.then(|| by_executable("pwsh")).flatten()
        }
        Some(exe) if exe.starts_with("python") || exe.starts_with("pypy") => {
            runs_xonsh(&argv).then(|| by_executable("xonsh")).flatten()
        }
        Some(_) => by_executable(&called?),
        // The executable of another user's process is not readable.
        None => {
            by_executable(&called.unwrap_or_else(|| stem(&processes.name(pid).to_string_lossy())))
        }
    }
}

/// Whether this is the Windows side of WSL, which starts Windows programs for Linux.
pub(super) fn is_wsl(exe: &Path) -> bool {
    let exe = exe.to_string_lossy();
    exe.to_ascii_lowercase().ends_with(".exe")
        && matches!(&*stem(&exe), "wsl" | "wslhost" | "wslrelay" | "wslservice")
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
    // .fish-wrapped, Nix's name for the program behind its wrapper
    let stem = stem.trim_start_matches('.').trim_end_matches('_');
    let stem = stem.strip_suffix("-wrapped").unwrap_or(stem);
    // ksh93, zsh-5.9, elvish-v0.19
    let unversioned = stem.trim_end_matches(|c: char| c.is_ascii_digit() || "-.".contains(c));
    find(stem)
        .or_else(|| find(unversioned))
        .or_else(|| find(unversioned.strip_suffix("-v")?))
}

/// Whether Python runs xonsh as a script or a module, or has its title.
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

/// The last part of a path in lower case, without the `-` of a login shell, the `.exe` of Windows, or
/// Linux's ` (deleted)`.
fn stem(path: &str) -> String {
    let path = path.strip_suffix(" (deleted)").unwrap_or(path);
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let file = file.strip_prefix('-').unwrap_or(file).to_ascii_lowercase();
    file.strip_suffix(".exe").map(str::to_owned).unwrap_or(file)
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::{is_wsl, recognise};
    use crate::shell::processes::testing::{Fake, PARENT, process};

    /// Executable, arguments, name, and the expected shell.
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
        // Programs that start programs, formats, and names that only begin like a shell.
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
        ("/usr/bin/.wrapped", &["wrapped"], "wrapped", None),
        // Names in packages.
        (
            "/nix/store/x/bin/.fish-wrapped",
            &["fish"],
            "fish",
            Some("fish"),
        ),
        (
            "/nix/store/x/bin/.xonsh-wrapped_",
            &["xonsh"],
            "xonsh",
            Some("xonsh"),
        ),
        (
            "/opt/elvish-v0.19",
            &["/opt/elvish-v0.19"],
            "elvish-v0.19",
            Some("elvish"),
        ),
        ("/opt/nu-0.115.1", &["nu"], "nu", Some("nu")),
        // A loader, an emulator or a multi-call binary runs the shell as itself.
        ("/usr/bin/qemu-aarch64", &["fish"], "fish", Some("fish")),
        ("/bin/toybox", &["-sh"], "sh", Some("sh")),
        // PowerShell as a .NET program.
        (
            "/usr/share/dotnet/dotnet",
            &["dotnet", "/opt/pwsh/pwsh.dll", "-NoProfile"],
            "dotnet",
            Some("powershell"),
        ),
        (
            r"C:\Program Files\dotnet\dotnet.exe",
            &["dotnet", "exec", r"C:\pwsh\pwsh.dll"],
            "dotnet",
            Some("powershell"),
        ),
        (
            "/usr/bin/dotnet",
            &["dotnet", "Runner.Worker.dll", "pwsh.dll"],
            "dotnet",
            None,
        ),
        // busybox is the shell that it is called as.
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
        // xonsh is a Python script, module or title.
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
        // Another user's executable is not readable: take the name that it was called by, which for a
        // script is the interpreter's, and last the process name.
        ("", &["-zsh"], "zsh", Some("zsh")),
        ("", &["/bin/bash", "./fish"], "fish", Some("bash")),
        ("", &["sudo", "fish"], "sudo", None),
        ("", &[], "fish", Some("fish")),
        ("", &[], "", None),
    ];

    #[test]
    fn one_process() {
        for (exe, argv, name, expected) in CASES {
            let fake = Fake::new([process(exe, argv).named(name)]);
            let path = (!exe.is_empty()).then(|| exe.as_ref());
            let found = recognise(&fake, PARENT, path).map(|shell| shell.name);
            assert_eq!(found, *expected, "{exe} {argv:?} {name}");
        }
    }

    #[test]
    fn the_windows_end_of_wsl() {
        for wsl in [
            r"C:\Program Files\WSL\wsl.exe",
            r"C:\Windows\System32\wslhost.exe",
        ] {
            assert!(is_wsl(wsl.as_ref()), "{wsl}");
        }
        assert!(!is_wsl("/usr/bin/wsl".as_ref()));
        assert!(!is_wsl(r"C:\Windows\System32\cmd.exe".as_ref()));
    }
}
