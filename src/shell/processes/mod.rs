//! What the system shows of this process's ancestors and their descriptors.

use std::ffi::OsString;
use std::path::PathBuf;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(not(target_os = "linux"))]
mod others;

#[cfg(target_os = "linux")]
pub(super) use linux::System;
#[cfg(not(target_os = "linux"))]
pub(super) use others::System;

pub(super) type Pid = u32;

/// The file behind a descriptor: equal for both ends of a pipe, and for two descriptors of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) kind: FileKind,
    pub(super) id: (u64, u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "not all of them can be seen there")
)]
pub(super) enum FileKind {
    Pipe,
    Socket,
    /// A regular file without a name.
    Unlinked,
    Other,
}

/// The processes of this machine. `None` means not visible: another user's process, or a system that
/// does not show descriptors.
pub(super) trait Processes {
    fn own(&self) -> Option<Pid>;
    fn parent(&self, pid: Pid) -> Option<Pid>;
    fn exe(&self, pid: Pid) -> Option<PathBuf>;
    /// The arguments after the name, or the first of them.
    fn argv(&self, pid: Pid) -> Vec<OsString>;
    /// The process name; for a `#!` script the script's.
    fn name(&self, pid: Pid) -> OsString;

    fn output(&self) -> Option<File> {
        None
    }

    /// The file behind a descriptor of another process.
    fn descriptor(&self, _pid: Pid, _number: u32) -> Option<File> {
        None
    }

    /// Whether a process has another file open for writing at 10 or above, without passing it to its
    /// children.
    fn keeps_another(&self, _pid: Pid, _output: File) -> bool {
        false
    }

    /// Whether a process has the read end of this pipe.
    fn reads(&self, _pid: Pid, _pipe: File) -> Option<bool> {
        None
    }

    /// Whether a process runs, or is ready to, rather than waiting.
    fn is_busy(&self, _pid: Pid) -> bool {
        false
    }

    /// The parent of this process, its parent, and so on.
    fn ancestors(&self) -> impl Iterator<Item = Pid> {
        std::iter::successors(self.own(), |&pid| self.parent(pid)).skip(1)
    }
}

#[cfg(test)]
pub(super) mod testing {
    //! Fake processes for tests.

    use std::cell::Cell;
    use std::ffi::OsString;
    use std::path::PathBuf;

    use super::{File, FileKind, Pid, Processes};

    /// A fake process.
    #[derive(Clone, Debug)]
    pub(in crate::shell) struct FakeProcess {
        exe: String,
        argv: Vec<OsString>,
        name: OsString,
        output: Option<File>,
        number: u32,
        keeps_another: bool,
        reads: Option<Vec<File>>,
        /// How many times to report it busy; it reads during that time.
        busy: Option<Cell<usize>>,
    }

    /// A process with this executable, empty if unreadable, and these arguments.
    pub(in crate::shell) fn process(exe: &str, argv: &[&str]) -> FakeProcess {
        FakeProcess {
            exe: exe.to_owned(),
            argv: argv.iter().map(Into::into).collect(),
            name: OsString::new(),
            output: None,
            number: 1,
            keeps_another: false,
            reads: Some(Vec::new()),
            busy: None,
        }
    }

    impl FakeProcess {
        pub(in crate::shell) fn named(self, name: &str) -> Self {
            Self {
                name: name.into(),
                ..self
            }
        }

        pub(in crate::shell) fn writing_to(self, output: File) -> Self {
            Self {
                output: Some(output),
                ..self
            }
        }

        /// Its standard output is another descriptor.
        pub(in crate::shell) fn numbered(self, number: u32) -> Self {
            Self { number, ..self }
        }

        /// It redirects its standard output while it runs a command.
        pub(in crate::shell) fn redirecting_to(self, output: File) -> Self {
            Self {
                keeps_another: true,
                ..self.writing_to(output)
            }
        }

        pub(in crate::shell) fn reading(self, pipe: File) -> Self {
            Self {
                reads: Some(vec![pipe]),
                ..self
            }
        }

        /// It will close its end of a pipe soon.
        pub(in crate::shell) fn busy_with(self, pipe: File, times: usize) -> Self {
            Self {
                busy: Some(Cell::new(times)),
                ..self.reading(pipe)
            }
        }

        /// Another user's process, with invisible descriptors.
        pub(in crate::shell) fn hidden(self) -> Self {
            Self {
                output: None,
                reads: None,
                ..self
            }
        }
    }

    pub(in crate::shell) fn file(kind: FileKind, number: u64) -> File {
        File {
            kind,
            id: (0, number),
        }
    }

    /// The ancestors of this process, its parent first, and its standard output.
    #[derive(Debug, Default)]
    pub(in crate::shell) struct Fake {
        ancestors: Vec<FakeProcess>,
        output: Option<File>,
        /// How many were looked at.
        looked_at: Cell<usize>,
    }

    const OWN: Pid = 1000;
    pub(in crate::shell) const PARENT: Pid = OWN - 1;

    impl Fake {
        pub(in crate::shell) fn new(ancestors: impl IntoIterator<Item = FakeProcess>) -> Self {
            Self {
                ancestors: ancestors.into_iter().collect(),
                ..Self::default()
            }
        }

        pub(in crate::shell) fn writing_to(self, output: File) -> Self {
            Self {
                output: Some(output),
                ..self
            }
        }

        pub(in crate::shell) fn looked_at(&self) -> usize {
            self.looked_at.get()
        }

        fn of(&self, pid: Pid) -> &FakeProcess {
            let index = (PARENT - pid) as usize;
            self.looked_at.set(self.looked_at.get().max(index + 1));
            &self.ancestors[index]
        }
    }

    impl Processes for Fake {
        fn own(&self) -> Option<Pid> {
            Some(OWN)
        }

        fn parent(&self, pid: Pid) -> Option<Pid> {
            let parent = pid - 1;
            let index = (PARENT - parent) as usize;
            (index < self.ancestors.len()).then_some(parent)
        }

        fn exe(&self, pid: Pid) -> Option<PathBuf> {
            let exists = ((PARENT - pid) as usize) < self.ancestors.len();
            let exe = &exists.then(|| self.of(pid))?.exe;
            (!exe.is_empty()).then(|| exe.into())
        }

        fn argv(&self, pid: Pid) -> Vec<OsString> {
            self.of(pid).argv.clone()
        }

        fn name(&self, pid: Pid) -> OsString {
            self.of(pid).name.clone()
        }

        fn output(&self) -> Option<File> {
            self.output
        }

        fn descriptor(&self, pid: Pid, number: u32) -> Option<File> {
            let process = self.of(pid);
            process.output.filter(|_| number == process.number)
        }

        fn keeps_another(&self, pid: Pid, _output: File) -> bool {
            self.of(pid).keeps_another
        }

        fn reads(&self, pid: Pid, pipe: File) -> Option<bool> {
            let process = self.of(pid);
            let has_closed = process.busy.as_ref().is_some_and(|it| it.get() == 0);
            Some(process.reads.as_ref()?.contains(&pipe) && !has_closed)
        }

        fn is_busy(&self, pid: Pid) -> bool {
            let Some(busy) = &self.of(pid).busy else {
                return false;
            };
            busy.set(busy.get().saturating_sub(1));
            true
        }
    }
}
