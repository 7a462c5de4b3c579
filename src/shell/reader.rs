//! Finds the process that reads standard output. It decides which statements to print, and whether to
//! print any.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Shell;
use super::detect::{is_shell, is_wsl, recognise};
use super::processes::{File, FileKind, Pid, Processes, System};
use crate::error::Error;
use crate::text::is_stdout_terminal;

/// How many ancestors to look at: enough for `sudo`, `timeout`, `xargs`, `make` and their wrappers.
const LEVELS: usize = 10;

/// Where tcsh keeps its standard output while it runs a command (`FSHOUT` in its `sh.h`).
const TCSH_OUT: u32 = 17;

/// How long the members of a pipeline take to close the pipe ends that they do not need.
const SETTLED: Duration = Duration::from_millis(20);

/// How long to wait for a busy one.
const PATIENCE: Duration = Duration::from_secs(2);

thread_local! {
    /// The processes above this one do not change while it runs.
    static SYSTEM: System = System::default();
}

/// A Linux shell inside WSL asks the Windows program, which cannot see which shell that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct AskedFromWsl;

/// The shell that asks for statements; `None` if no shell is visible.
pub fn asking() -> Result<Option<&'static Shell>, Error> {
    static ASKING: OnceLock<Result<Option<&'static Shell>, AskedFromWsl>> = OnceLock::new();
    let asking = ASKING.get_or_init(|| SYSTEM.with(asking_among));
    asking.map_err(|AskedFromWsl| {
        Error::new("a WSL shell started the Windows build of awsmfa")
            .hint("install the Linux build of awsmfa inside WSL, or name the shell: --shell bash")
    })
}

/// The program of the nearest shell above this process.
#[must_use]
pub fn calling_program() -> Option<PathBuf> {
    SYSTEM.with(calling_program_among)
}

fn calling_program_among(processes: &impl Processes) -> Option<PathBuf> {
    let ancestors = processes.ancestors().take(LEVELS);
    let mut programs = ancestors.filter_map(|pid| processes.exe(pid));
    programs.find(|program| is_shell(program))
}

/// The nearest ancestor that reads standard output, if it is a shell. If it is another program, the
/// outermost shell below it, which that program runs. If no ancestor reads it, the nearest shell.
fn asking_among(processes: &impl Processes) -> Result<Option<&'static Shell>, AskedFromWsl> {
    let output = processes.output();
    let mut pipe = output.filter(|output| output.kind == FileKind::Pipe);
    let (mut nearest, mut outermost) = (None, None);
    for pid in processes.ancestors().take(LEVELS) {
        let exe = processes.exe(pid);
        if nearest.is_none() && exe.as_deref().is_some_and(is_wsl) {
            return Err(AskedFromWsl);
        }
        let shell = recognise(processes, pid, exe.as_deref());
        if pipe.is_some_and(|pipe| processes.reads(pid, pipe) == Some(true)) {
            if let Some(asking) = shell.or(outermost) {
                return Ok(Some(asking));
            }
            pipe = None;
        }
        nearest = nearest.or(shell);
        outermost = shell.or(outermost);
        if pipe.is_none() && nearest.is_some() {
            break;
        }
    }
    Ok(nearest)
}

/// Whether standard output is the asking shell's own and no shell reads it, as with a log or a CI
/// runner: the user forgot to evaluate the output.
#[must_use]
pub fn is_forgotten() -> bool {
    SYSTEM.with(is_forgotten_among) == Some(true)
}

/// `None` if the shell or its output is not visible.
fn is_forgotten_among(processes: &impl Processes) -> Option<bool> {
    let output = processes.output()?;
    let ancestors = || processes.ancestors().take(LEVELS);
    let shell_of = |pid| recognise(processes, pid, processes.exe(pid).as_deref());
    let (asking, shell) = ancestors().find_map(|pid| Some((pid, shell_of(pid)?)))?;
    // In ksh `$(…)` reads a file.
    if shell.name == "ksh" && output.kind == FileKind::Unlinked {
        return Some(false);
    }
    let number = if shell.name == "tcsh" { TCSH_OUT } else { 1 };
    for pid in std::iter::successors(Some(asking), |&pid| forked_by(processes, pid)) {
        if processes.descriptor(pid, number)? != output {
            return Some(false);
        }
        // Many shells redirect their own output while a command runs, and keep the original. They do
        // that only for files: a copy of the shell writes to a pipe.
        let is_file = !matches!(output.kind, FileKind::Pipe | FileKind::Socket);
        if is_file && processes.keeps_another(pid, output) {
            return Some(false);
        }
    }
    let mut shells = ancestors().filter(|&pid| shell_of(pid).is_some());
    Some(!shells.any(|pid| processes.reads(pid, output) == Some(true)))
}

/// The process that forked this one without `exec`: a subshell's output is the user's choice.
fn forked_by(processes: &impl Processes, pid: Pid) -> Option<Pid> {
    let parent = processes.parent(pid)?;
    let is_copy = processes.exe(pid)? == processes.exe(parent)?
        && processes.argv(pid) == processes.argv(parent);
    is_copy.then_some(parent)
}

/// The shell that runs a function of `init`, as it describes itself.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// Its process ID; in a subshell the outer shell's.
    pub shell: u32,
    /// Whether the function runs in a subshell; `None` if the shell does not know.
    pub is_subshell: Option<bool>,
    /// Whether a person types the commands.
    pub is_interactive: bool,
}

/// Whether the shell reads what the function prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Captured {
    /// The reader gets the statements.
    Yes,
    /// The shell or subshell that runs the function gets them.
    No { is_subshell: bool },
    /// Not visible.
    Unseen,
}

/// Whether the shell that runs a function of `init` also reads the function's output, as in `$(…)`.
#[must_use]
pub fn captured(caller: Caller) -> Captured {
    SYSTEM.with(|system| {
        // In another PID namespace, /proc has other process IDs.
        let is_seen = system.own() == Some(std::process::id());
        is_seen
            .then(|| captured_among(system, caller))
            .flatten()
            .unwrap_or_else(|| guessed(caller, parent(), is_stdout_terminal(), system.output()))
    })
}

/// `None` if it is not visible.
fn captured_among(processes: &impl Processes, caller: Caller) -> Option<Captured> {
    let output = processes.output()?;
    let ancestors: Vec<Pid> = processes.ancestors().take(LEVELS).collect();
    let position = ancestors.iter().position(|&pid| pid == caller.shell);
    // If the subshell around this process has ended, its parent is another process.
    let shells = match position {
        Some(position) => &ancestors[..=position],
        None => &[caller.shell],
    };
    let Some(exe) = processes.exe(caller.shell) else {
        // ksh does not wait for the first members of a pipeline.
        let has_ended = position.is_none();
        return has_ended.then_some(Captured::No { is_subshell: true });
    };
    let is_captured = match output.kind {
        // In ksh `$(…)` reads a file.
        FileKind::Unlinked => {
            recognise(processes, caller.shell, Some(&exe)).is_some_and(|it| it.name == "ksh")
        }
        FileKind::Pipe => {
            let is_shell = |pid: &Pid| processes.exe(*pid).as_ref() == Some(&exe);
            let shells: Vec<Pid> = shells.iter().copied().filter(is_shell).collect();
            are_reading(processes, &shells, output)?
        }
        FileKind::Socket | FileKind::Other => false,
    };
    if is_captured {
        return Some(Captured::Yes);
    }
    // A wrapper script may be in between, but it is not a fork of the shell.
    let is_subshell = caller.is_subshell == Some(true)
        || position.is_none()
        || shells
            .iter()
            .any(|&pid| pid != caller.shell && forked_by(processes, pid).is_some());
    Some(Captured::No { is_subshell })
}

/// Whether one of these shells has the read end of the pipe and keeps it open.
fn are_reading(processes: &impl Processes, shells: &[Pid], pipe: File) -> Option<bool> {
    let end = Instant::now() + PATIENCE;
    sleep(SETTLED);
    loop {
        let mut reading = None;
        for &pid in shells {
            if processes.reads(pid, pipe)? {
                reading = Some(pid);
                break;
            }
        }
        match reading {
            // A shell that reads is waiting. On a loaded machine, one that does not read may be too busy to
            // have closed its end.
            Some(pid) if processes.is_busy(pid) && Instant::now() < end => sleep(SETTLED / 4),
            found => return Some(found.is_some()),
        }
    }
}

/// The answer if the processes are not visible.
fn guessed(
    caller: Caller,
    parent: Option<Pid>,
    is_terminal: bool,
    output: Option<File>,
) -> Captured {
    let is_subshell = caller
        .is_subshell
        .or(parent.map(|parent| parent != caller.shell));
    // A file without a name is what `$(…)` reads in ksh. If the output is not visible either, it is most
    // likely a pipe.
    let is_pipe =
        output.is_none_or(|output| matches!(output.kind, FileKind::Pipe | FileKind::Unlinked));
    match is_subshell {
        Some(false) => Captured::No { is_subshell: false },
        _ if is_terminal => Captured::No {
            is_subshell: is_subshell == Some(true),
        },
        _ if caller.is_interactive && is_pipe => Captured::Yes,
        _ => Captured::Unseen,
    }
}

/// The parent, on systems that know it without /proc.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "Windows does not tell it")]
fn parent() -> Option<Pid> {
    Some(std::os::unix::process::parent_id())
}

/// MSYS has its own process IDs.
#[cfg(not(unix))]
fn parent() -> Option<Pid> {
    None
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::{AskedFromWsl, asking_among, calling_program_among, is_forgotten_among};
    use super::{Caller, Captured, captured_among, guessed};
    use crate::shell::processes::testing::{Fake, FakeProcess, PARENT, file, process};
    use crate::shell::processes::{File, FileKind};

    const PIPE: File = File {
        kind: FileKind::Pipe,
        id: (0, 7),
    };

    fn bash() -> FakeProcess {
        process("/usr/bin/bash", &["bash"])
    }

    fn dash() -> FakeProcess {
        process("/usr/bin/dash", &["/bin/sh", "./w"])
    }

    fn fish() -> FakeProcess {
        process("/usr/bin/fish", &["fish"])
    }

    fn sudo() -> FakeProcess {
        process("/usr/bin/sudo", &["sudo"])
    }

    fn make() -> FakeProcess {
        process("/usr/bin/make", &["make"])
    }

    fn name(fake: &Fake) -> Option<&'static str> {
        let found = asking_among(fake).expect("not WSL");
        found.map(|shell| shell.name)
    }

    #[test]
    fn what_reads_the_pipe_is_asking() {
        let asking = |ancestors: Vec<FakeProcess>| name(&Fake::new(ancestors).writing_to(PIPE));

        assert_eq!(asking(vec![bash().reading(PIPE), fish()]), Some("bash"));
        // A wrapper script only passes the output on.
        assert_eq!(asking(vec![dash(), fish().reading(PIPE)]), Some("fish"));
        assert_eq!(
            asking(vec![dash(), bash(), sudo(), fish().reading(PIPE)]),
            Some("fish")
        );
        // A program that reads the output runs a shell for that, or passes the output on.
        assert_eq!(
            asking(vec![dash(), make().reading(PIPE), fish()]),
            Some("sh")
        );
        assert_eq!(
            asking(vec![dash(), bash(), make().reading(PIPE), fish()]),
            Some("bash")
        );
        assert_eq!(asking(vec![make().reading(PIPE), fish()]), Some("fish"));
        assert_eq!(asking(vec![make().reading(PIPE)]), None);
        // No ancestor reads it, or none is visible.
        assert_eq!(asking(vec![dash(), fish()]), Some("sh"));
        assert_eq!(asking(vec![dash(), fish().hidden()]), Some("sh"));
        assert_eq!(asking(vec![]), None);
    }

    #[test]
    fn the_program_of_the_calling_shell() {
        let program = |fake: &Fake| calling_program_among(fake);
        let fake = Fake::new([sudo(), fish(), bash()]);
        assert_eq!(program(&fake), Some("/usr/bin/fish".into()));
        assert_eq!(program(&Fake::new([make()])), None);
        // Not a shell by itself: it would need its arguments.
        let dotnet = process("/usr/bin/dotnet", &["dotnet", "/opt/pwsh.dll"]);
        assert_eq!(program(&Fake::new([dotnet])), None);
    }

    #[test]
    fn what_is_no_pipe_is_for_the_nearest_shell() {
        let terminal = file(FileKind::Other, 3);
        for output in [terminal, file(FileKind::Unlinked, 3)] {
            let fake = Fake::new([sudo(), fish(), bash()]).writing_to(output);
            assert_eq!(name(&fake), Some("fish"));
            assert_eq!(fake.looked_at(), 2, "no process above the shell is read");
        }
        assert_eq!(name(&Fake::new([sudo(), fish(), bash()])), Some("fish"));
    }

    #[test]
    fn no_process_above_the_reader_is_read() {
        let fake = Fake::new([dash(), fish().reading(PIPE), bash()]).writing_to(PIPE);
        assert_eq!(name(&fake), Some("fish"));
        assert_eq!(fake.looked_at(), 2);
    }

    #[test]
    fn ten_levels_are_enough() {
        let above = |levels: usize| {
            let sudos = (0..levels).map(|_| sudo());
            Fake::new(sudos.chain([bash()]))
        };
        assert_eq!(name(&above(9)), Some("bash"));
        assert_eq!(name(&above(10)), None);
    }

    #[test]
    fn the_windows_end_of_wsl_hides_the_shell() {
        let powershell = || process(r"C:\Windows\System32\powershell.exe", &[]);
        let wsl = || process(r"C:\Program Files\WSL\wsl.exe", &[]);
        let hidden = asking_among(&Fake::new([wsl(), powershell()]));
        assert_eq!(hidden.err(), Some(AskedFromWsl));
        let shell = name(&Fake::new([powershell(), wsl()]));
        assert_eq!(shell, Some("powershell"));
    }

    #[test]
    fn the_shells_own_output_is_no_place_for_statements() {
        let forgotten = |output: File, ancestors: Vec<FakeProcess>| {
            is_forgotten_among(&Fake::new(ancestors).writing_to(output))
        };
        let log = file(FileKind::Other, 3);
        let terminal = file(FileKind::Other, 4);
        let runner = || process("/opt/runner", &["runner"]);

        // A CI step whose output goes to the runner, or to a file.
        let step = bash().writing_to(PIPE);
        assert_eq!(
            forgotten(PIPE, vec![step.clone(), runner().reading(PIPE)]),
            Some(true)
        );
        assert_eq!(
            forgotten(log, vec![bash().writing_to(log), runner()]),
            Some(true)
        );
        // Through a program, and a script in a script.
        assert_eq!(
            forgotten(PIPE, vec![sudo(), make(), step.clone(), runner()]),
            Some(true)
        );
        assert_eq!(
            forgotten(PIPE, vec![dash().writing_to(PIPE), step.clone(), runner()]),
            Some(true)
        );
        // Captured, piped or redirected by the shell.
        let at_terminal = || bash().writing_to(terminal);
        assert_eq!(
            forgotten(PIPE, vec![at_terminal().reading(PIPE)]),
            Some(false)
        );
        assert_eq!(forgotten(log, vec![at_terminal()]), Some(false));
        assert_eq!(
            forgotten(PIPE, vec![bash().writing_to(log), runner()]),
            Some(false)
        );
        // Redirected by a shell that redirects itself, and the log of a shell that does not.
        let redirecting = |output| dash().redirecting_to(output);
        assert_eq!(
            forgotten(log, vec![redirecting(log), runner()]),
            Some(false)
        );
        assert_eq!(
            forgotten(PIPE, vec![redirecting(PIPE), runner().reading(PIPE)]),
            Some(true)
        );
        let tcsh = |number| {
            let tcsh = process("/usr/bin/tcsh", &["tcsh"]);
            tcsh.writing_to(log).numbered(number)
        };
        assert_eq!(forgotten(log, vec![tcsh(17), runner()]), Some(true));
        assert_eq!(forgotten(log, vec![tcsh(1), runner()]), None);
        // A script whose output a shell evaluates, and a subshell.
        assert_eq!(
            forgotten(PIPE, vec![dash().writing_to(PIPE), fish().reading(PIPE)]),
            Some(false)
        );
        assert_eq!(forgotten(PIPE, vec![step, at_terminal()]), Some(false));
        // ksh keeps what `$(…)` reads in a file without a name.
        let unnamed = file(FileKind::Unlinked, 5);
        let ksh = process("/usr/bin/ksh93", &["ksh"]).writing_to(unnamed);
        assert_eq!(forgotten(unnamed, vec![ksh]), Some(false));
        assert_eq!(
            forgotten(unnamed, vec![bash().writing_to(unnamed)]),
            Some(true)
        );
        // No shell, or an invisible one.
        assert_eq!(forgotten(PIPE, vec![runner()]), None);
        assert_eq!(forgotten(PIPE, vec![bash().hidden()]), None);
        assert_eq!(
            is_forgotten_among(&Fake::new([bash().writing_to(PIPE)])),
            None
        );
    }

    fn caller(shell: u32) -> Caller {
        Caller {
            shell,
            is_subshell: None,
            is_interactive: false,
        }
    }

    #[test]
    fn what_the_shell_reads_is_captured() {
        let captured = |output: File, ancestors: Vec<FakeProcess>, level: u32| {
            let fake = Fake::new(ancestors).writing_to(output);
            captured_among(&fake, caller(PARENT - level))
        };
        let (here, inside) = (
            Some(Captured::No { is_subshell: false }),
            Some(Captured::No { is_subshell: true }),
        );
        let log = file(FileKind::Other, 3);
        // `$(…)`, in a fork of the shell.
        assert_eq!(
            captured(PIPE, vec![bash(), bash().reading(PIPE)], 1),
            Some(Captured::Yes)
        );
        assert_eq!(
            captured(PIPE, vec![bash().reading(PIPE), bash()], 1),
            Some(Captured::Yes)
        );
        // A CI job, a pipeline, a script whose output another shell reads.
        let runner = || process("/opt/runner", &["runner"]);
        assert_eq!(
            captured(PIPE, vec![bash(), runner().reading(PIPE)], 0),
            here
        );
        assert_eq!(captured(PIPE, vec![bash(), bash()], 1), inside);
        let script = || process("/usr/bin/bash", &["bash", "./script"]);
        assert_eq!(
            captured(PIPE, vec![script(), bash().reading(PIPE)], 0),
            here
        );
        // A wrapper script is not a subshell and does not read for one.
        assert_eq!(captured(PIPE, vec![dash(), bash()], 1), here);
        assert_eq!(captured(PIPE, vec![dash().reading(PIPE), bash()], 1), here);
        // No shell reads files and terminals, except ksh.
        assert_eq!(captured(log, vec![bash()], 0), here);
        let unnamed = file(FileKind::Unlinked, 5);
        let ksh = || process("/usr/bin/ksh93", &["ksh"]);
        assert_eq!(captured(unnamed, vec![ksh()], 0), Some(Captured::Yes));
        assert_eq!(captured(unnamed, vec![bash()], 0), here);
        // The shell knows of subshells that are not processes.
        let virtual_one = Caller {
            is_subshell: Some(true),
            ..caller(PARENT)
        };
        let fake = Fake::new([ksh()]).writing_to(log);
        assert_eq!(captured_among(&fake, virtual_one), inside);
        // The shell, or the subshell around this one, has ended.
        assert_eq!(captured(PIPE, vec![bash()], 1), inside);
        let orphan = |shell| {
            captured(
                PIPE,
                vec![bash(); 10].into_iter().chain([shell]).collect(),
                10,
            )
        };
        assert_eq!(orphan(bash()), inside);
        assert_eq!(orphan(bash().reading(PIPE)), Some(Captured::Yes));
        // Not visible: another user's, and everything on Windows, where MSYS has its own process IDs.
        assert_eq!(captured(PIPE, vec![bash().hidden()], 0), None);
        assert_eq!(captured_among(&Fake::new([bash()]), caller(7)), None);
    }

    #[test]
    fn a_copy_that_a_busy_shell_still_has_does_not_count() {
        let fake = Fake::new([bash(), bash().busy_with(PIPE, 2)]).writing_to(PIPE);
        assert_eq!(
            captured_among(&fake, caller(PARENT - 1)),
            Some(Captured::No { is_subshell: true })
        );
    }

    #[test]
    fn where_nothing_is_seen_no_secret_is_risked() {
        let guess = |is_subshell, parent, is_terminal, is_interactive| {
            let caller = Caller {
                is_subshell,
                is_interactive,
                ..caller(PARENT)
            };
            guessed(caller, parent, is_terminal, Some(PIPE))
        };
        let here = Captured::No { is_subshell: false };
        let inside = Captured::No { is_subshell: true };
        // No subshell.
        assert_eq!(guess(None, Some(PARENT), false, false), here);
        assert_eq!(guess(Some(false), None, false, false), here);
        // At a terminal.
        assert_eq!(guess(None, Some(7), true, true), inside);
        assert_eq!(guess(None, None, true, false), here);
        // A person who types, and a script.
        assert_eq!(guess(None, Some(7), false, true), Captured::Yes);
        assert_eq!(
            guess(Some(true), Some(PARENT), false, false),
            Captured::Unseen
        );
        let log = Some(file(FileKind::Other, 3));
        let typed = Caller {
            is_interactive: true,
            ..caller(PARENT)
        };
        assert_eq!(guessed(typed, Some(7), false, log), Captured::Unseen);
    }
}
