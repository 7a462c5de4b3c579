//! Who reads standard output. That process decides which statements it gets, and whether it gets
//! any.

use std::sync::OnceLock;

use super::Shell;
use super::detect::{is_wsl, recognise};
use super::processes::{FileKind, Processes, System};
use crate::error::Error;

/// How far up to look: past `sudo`, `timeout`, `xargs`, `make` and whatever they are wrapped in.
const LEVELS: usize = 10;

/// A shell of Linux, inside WSL, asks the Windows program. Which one it is cannot be seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct AskedFromWsl;

/// The shell that asks for statements; None where no shell can be seen.
pub fn asking() -> Result<Option<&'static Shell>, Error> {
    static ASKING: OnceLock<Result<Option<&'static Shell>, AskedFromWsl>> = OnceLock::new();
    let asking = ASKING.get_or_init(|| asking_among(&System::new()));
    asking.map_err(|AskedFromWsl| {
        Error::new("a shell inside WSL asks the Windows program")
            .hint("install the Linux build of awsmfa inside WSL, or name the shell: --shell bash")
    })
}

/// The nearest ancestor that reads standard output, if that is a shell. If it is another program,
/// the outermost shell below it, which that program runs. Where no ancestor reads it, the nearest shell.
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

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::{AskedFromWsl, asking_among};
    use crate::shell::processes::testing::{Fake, FakeProcess, file, process};
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
        // A wrapper script only passes it on.
        assert_eq!(asking(vec![dash(), fish().reading(PIPE)]), Some("fish"));
        assert_eq!(
            asking(vec![dash(), bash(), sudo(), fish().reading(PIPE)]),
            Some("fish")
        );
        // A program that reads it runs a shell for itself, or none: then it passes it on.
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
        // Nothing above reads it, or nothing that can be seen.
        assert_eq!(asking(vec![dash(), fish()]), Some("sh"));
        assert_eq!(asking(vec![dash(), fish().hidden()]), Some("sh"));
        assert_eq!(asking(vec![]), None);
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
}
