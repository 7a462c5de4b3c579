//! macOS: descriptors by libproc.

use proc_pidinfo::{Fd, PipeFdInfo, ProcFDInfo, ProcFDType, VnodeFdInfo};
use proc_pidinfo::{proc_pidfdinfo, proc_pidinfo_list};

use super::{File, FileKind, Pid};

/// `FREAD` and `FWRITE` of `sys/fcntl.h`, in `fi_openflags`.
const FOR_READING: u32 = 1;
const FOR_WRITING: u32 = 2;

/// `S_IFMT` and `S_IFREG` of `sys/stat.h`.
const TYPE: u16 = 0o170_000;
const REGULAR: u16 = 0o100_000;

pub(super) fn file(pid: Pid, number: i32) -> Option<File> {
    let (pid, number) = (proc_pidinfo::Pid(pid), Fd(number));
    if let Ok(Some(pipe)) = proc_pidfdinfo::<PipeFdInfo>(pid, number) {
        return Some(self::pipe(&pipe));
    }
    let file = proc_pidfdinfo::<VnodeFdInfo>(pid, number).ok()??;
    Some(vnode(&file))
}

/// Whether a process has the read end of a pipe; `None` for another user's process.
pub(super) fn reads(pid: Pid, pipe: File) -> Option<bool> {
    any_descriptor(pid, |_, file, flags| {
        file == pipe && flags & FOR_READING != 0
    })
}

/// Whether a process has another file open for writing, at 10 or above, that this one did not inherit.
pub(super) fn keeps_another(pid: Pid, output: File) -> bool {
    let is_kept = |number, found, flags| {
        number >= 10
            && flags & FOR_WRITING != 0
            && found != output
            && file(std::process::id(), number) != Some(found)
    };
    any_descriptor(pid, is_kept) == Some(true)
}

/// Checks pipes and files by number, file and flags.
fn any_descriptor(pid: Pid, is_wanted: impl Fn(i32, File, u32) -> bool) -> Option<bool> {
    let descriptors = proc_pidinfo_list::<ProcFDInfo>(proc_pidinfo::Pid(pid)).ok()?;
    if descriptors.is_empty() {
        return None;
    }
    let pid = proc_pidinfo::Pid(pid);
    let mut found = descriptors.iter().filter_map(|it| match it.fd_type() {
        Ok(ProcFDType::PIPE) => {
            let it_is = proc_pidfdinfo::<PipeFdInfo>(pid, it.proc_fd).ok()??;
            Some((it.proc_fd.0, self::pipe(&it_is), it_is.pfi.fi_openflags))
        }
        Ok(ProcFDType::VNODE) => {
            let it_is = proc_pidfdinfo::<VnodeFdInfo>(pid, it.proc_fd).ok()??;
            Some((it.proc_fd.0, vnode(&it_is), it_is.pfi.fi_openflags))
        }
        _ => None,
    });
    Some(found.any(|(number, file, flags)| is_wanted(number, file, flags)))
}

fn vnode(file: &VnodeFdInfo) -> File {
    let it = file.pvi.vi_stat;
    let is_unlinked = it.vst_mode & TYPE == REGULAR && it.vst_nlink == 0;
    File {
        kind: if is_unlinked {
            FileKind::Unlinked
        } else {
            FileKind::Other
        },
        id: (it.vst_dev.into(), it.vst_ino),
    }
}

/// Each end has its own handle and names the other's.
fn pipe(pipe: &PipeFdInfo) -> File {
    let (own, other) = (pipe.pipe_info.pipe_handle, pipe.pipe_info.pipe_peerhandle);
    File {
        kind: FileKind::Pipe,
        id: (own.min(other), own.max(other)),
    }
}
