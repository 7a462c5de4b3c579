//! macOS: descriptors by libproc.

use proc_pidinfo::{Fd, PipeFdInfo, ProcFDInfo, ProcFDType, VnodeFdInfo};
use proc_pidinfo::{proc_pidfdinfo, proc_pidinfo_list};

use super::{File, FileKind, Pid};

/// `FREAD` of `sys/fcntl.h`, in `fi_openflags`.
const FOR_READING: u32 = 1;

/// `S_IFMT` and `S_IFREG` of `sys/stat.h`.
const TYPE: u16 = 0o170_000;
const REGULAR: u16 = 0o100_000;

pub(super) fn file(pid: Pid, descriptor: i32) -> Option<File> {
    let (pid, descriptor) = (proc_pidinfo::Pid(pid), Fd(descriptor));
    if let Ok(Some(pipe)) = proc_pidfdinfo::<PipeFdInfo>(pid, descriptor) {
        return Some(self::pipe(&pipe));
    }
    let file = proc_pidfdinfo::<VnodeFdInfo>(pid, descriptor).ok()??;
    let it = file.pvi.vi_stat;
    let is_unlinked = it.vst_mode & TYPE == REGULAR && it.vst_nlink == 0;
    Some(File {
        kind: if is_unlinked {
            FileKind::Unlinked
        } else {
            FileKind::Other
        },
        id: (it.vst_dev.into(), it.vst_ino),
    })
}

/// Whether a process has the read end of a pipe; None for another user's process.
pub(super) fn reads(pid: Pid, pipe: File) -> Option<bool> {
    let pid = proc_pidinfo::Pid(pid);
    let descriptors = proc_pidinfo_list::<ProcFDInfo>(pid).ok()?;
    if descriptors.is_empty() {
        return None;
    }
    let mut pipes = descriptors
        .iter()
        .filter(|it| it.fd_type() == Ok(ProcFDType::PIPE))
        .filter_map(|it| proc_pidfdinfo::<PipeFdInfo>(pid, it.proc_fd).ok().flatten());
    Some(pipes.any(|it| it.pfi.fi_openflags & FOR_READING != 0 && self::pipe(&it) == pipe))
}

/// Each end has a handle of its own and tells the other's.
fn pipe(pipe: &PipeFdInfo) -> File {
    let (own, other) = (pipe.pipe_info.pipe_handle, pipe.pipe_info.pipe_peerhandle);
    File {
        kind: FileKind::Pipe,
        id: (own.min(other), own.max(other)),
    }
}
