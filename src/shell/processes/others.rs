//! Other systems: processes from sysinfo; descriptors only on macOS.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::PathBuf;

use sysinfo::{Process, ProcessRefreshKind, ProcessesToUpdate, UpdateKind};

#[cfg(target_os = "macos")]
use super::File;
use super::{Pid, Processes};

pub(in crate::shell) struct System(RefCell<Option<sysinfo::System>>);

impl Default for System {
    fn default() -> Self {
        Self(RefCell::new(sysinfo::System::new().ok()))
    }
}

impl System {
    fn process<T>(&self, pid: Pid, ask: impl FnOnce(&Process) -> Option<T>) -> Option<T> {
        let pid = sysinfo::Pid::from_u32(pid);
        let mut system = self.0.borrow_mut();
        let system = system.as_mut()?;
        if system.process(pid).is_none() {
            let wanted = ProcessRefreshKind::nothing()
                .with_exe(UpdateKind::Always)
                .with_cmd(UpdateKind::Always);
            system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, wanted);
        }
        ask(system.process(pid)?)
    }
}

impl Processes for System {
    fn own(&self) -> Option<Pid> {
        Some(std::process::id())
    }

    fn parent(&self, pid: Pid) -> Option<Pid> {
        self.process(pid, |it| it.parent().map(sysinfo::Pid::as_u32))
    }

    fn exe(&self, pid: Pid) -> Option<PathBuf> {
        self.process(pid, |it| it.exe().map(PathBuf::from))
    }

    fn argv(&self, pid: Pid) -> Vec<OsString> {
        self.process(pid, |it| Some(it.cmd().to_vec()))
            .unwrap_or_default()
    }

    fn name(&self, pid: Pid) -> OsString {
        self.process(pid, |it| Some(it.name().to_owned()))
            .unwrap_or_default()
    }

    #[cfg(target_os = "macos")]
    fn output(&self) -> Option<File> {
        super::macos::file(std::process::id(), 1)
    }

    #[cfg(target_os = "macos")]
    fn descriptor(&self, pid: Pid, number: u32) -> Option<File> {
        super::macos::file(pid, number.try_into().ok()?)
    }

    #[cfg(target_os = "macos")]
    fn keeps_another(&self, pid: Pid, output: File) -> bool {
        super::macos::keeps_another(pid, output)
    }

    #[cfg(target_os = "macos")]
    fn reads(&self, pid: Pid, pipe: File) -> Option<bool> {
        super::macos::reads(pid, pipe)
    }
}
