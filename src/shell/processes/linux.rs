//! Linux: reads /proc with few system calls, since every `env` pays for them.

use std::cell::{OnceCell, RefCell};
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;

use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, fstat, open, readlinkat, readlinkat_raw,
    stat, statat,
};

use super::{File, FileKind, Pid, Processes};

/// How much of a process's arguments to read: enough for the name of a script.
const ARGUMENTS: usize = 4096;

/// What was read, for whoever asks again.
#[derive(Default)]
pub(in crate::shell) struct System {
    own: OnceCell<Option<Pid>>,
    parents: RefCell<Vec<(Pid, Option<Pid>)>>,
    exes: RefCell<Vec<(Pid, Option<PathBuf>)>>,
}

fn remembered<T: Clone>(
    answers: &RefCell<Vec<(Pid, Option<T>)>>,
    pid: Pid,
    ask: impl FnOnce() -> Option<T>,
) -> Option<T> {
    if let Some((_, answer)) = answers.borrow().iter().find(|(of, _)| *of == pid) {
        return answer.clone();
    }
    let answer = ask();
    answers.borrow_mut().push((pid, answer.clone()));
    answer
}

impl Processes for System {
    /// By the numbers of this /proc, which differ from `getpid` in another PID namespace.
    fn own(&self) -> Option<Pid> {
        let ask = || link("/proc/self")?.to_str().ok()?.parse().ok();
        *self.own.get_or_init(ask)
    }

    fn parent(&self, pid: Pid) -> Option<Pid> {
        remembered(&self.parents, pid, || {
            let stat = read::<512>(&format!("/proc/{pid}/stat"))?;
            let (_, fields) = split_stat(&stat)?;
            // The field after the state. 0 is the kernel.
            let parent = fields.split(|&b| b == b' ').nth(1)?;
            let parent = str::from_utf8(parent).ok()?.parse().ok()?;
            (parent != 0).then_some(parent)
        })
    }

    fn exe(&self, pid: Pid) -> Option<PathBuf> {
        remembered(&self.exes, pid, || {
            let path = link(&format!("/proc/{pid}/exe"))?;
            Some(OsString::from_vec(path.into_bytes()).into())
        })
    }

    fn argv(&self, pid: Pid) -> Vec<OsString> {
        let read = read::<ARGUMENTS>(&format!("/proc/{pid}/cmdline")).unwrap_or_default();
        read.split_inclusive(|&b| b == 0)
            .map(|word| word.strip_suffix(b"\0").unwrap_or(word))
            .map(|word| OsStr::from_bytes(word).to_owned())
            .collect()
    }

    fn name(&self, pid: Pid) -> OsString {
        let stat = read::<512>(&format!("/proc/{pid}/stat")).unwrap_or_default();
        let (name, _) = split_stat(&stat).unwrap_or_default();
        OsStr::from_bytes(name).to_owned()
    }

    fn output(&self) -> Option<File> {
        fstat(rustix::stdio::stdout()).ok().map(|it| file(&it))
    }

    fn descriptor(&self, pid: Pid, number: u32) -> Option<File> {
        let it = stat(format!("/proc/{pid}/fd/{number}")).ok()?;
        Some(file(&it))
    }

    fn keeps_another(&self, pid: Pid, _output: File) -> bool {
        let Some(output) = link("/proc/self/fd/1") else {
            return false;
        };
        let is_kept = |number: u32, target: &[u8], rights: &dyn Fn() -> Mode| {
            let own = || link(&format!("/proc/self/fd/{number}"));
            number >= 10
                && target != output.as_bytes()
                && rights().contains(Mode::WUSR)
                && own().is_none_or(|own| own.as_bytes() != target)
        };
        any_descriptor(pid, is_kept) == Some(true)
    }

    /// Running, or waiting for a disk or memory.
    fn is_busy(&self, pid: Pid) -> bool {
        let stat = read::<512>(&format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = split_stat(&stat).and_then(|(_, fields)| fields.first().copied());
        matches!(state, Some(b'R' | b'D'))
    }

    fn reads(&self, pid: Pid, pipe: File) -> Option<bool> {
        let pipe = format!("pipe:[{}]", pipe.id.1);
        any_descriptor(pid, |_, target, rights| {
            target == pipe.as_bytes() && rights().contains(Mode::RUSR)
        })
    }
}

/// Checks descriptors by number, file and access. Reads the links without following them, since one may
/// lead to a network disk that does not respond.
fn any_descriptor(
    pid: Pid,
    is_wanted: impl Fn(u32, &[u8], &dyn Fn() -> Mode) -> bool,
) -> Option<bool> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = open(format!("/proc/{pid}/fd"), flags, Mode::empty()).ok()?;
    let mut entries = [std::mem::MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(&folder, &mut entries);
    while let Some(entry) = entries.next() {
        let entry = entry.ok()?;
        let Some(number) = entry
            .file_name()
            .to_str()
            .ok()
            .and_then(|it| it.parse().ok())
        else {
            continue;
        };
        let mut target = [0; 256];
        let Ok(length) = readlinkat_raw(&folder, entry.file_name(), &mut target) else {
            continue;
        };
        let rights = || {
            let link = statat(&folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW);
            link.map_or(Mode::empty(), |link| Mode::from(link.st_mode))
        };
        if is_wanted(number, &target[..length], &rights) {
            return Some(true);
        }
    }
    Some(false)
}

fn file(it: &Stat) -> File {
    let kind = match FileType::from_raw_mode(it.st_mode) {
        FileType::Fifo => FileKind::Pipe,
        FileType::Socket => FileKind::Socket,
        FileType::RegularFile if it.st_nlink == 0 => FileKind::Unlinked,
        _ => FileKind::Other,
    };
    File {
        kind,
        id: (it.st_dev, it.st_ino),
    }
}

fn link(path: &str) -> Option<CString> {
    readlinkat(CWD, path, Vec::new()).ok()
}

/// The start of a file in /proc.
fn read<const LENGTH: usize>(path: &str) -> Option<Vec<u8>> {
    let file = open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut start = vec![0; LENGTH];
    let length = rustix::io::read(&file, &mut start).ok()?;
    start.truncate(length);
    Some(start)
}

/// The name, which may contain blanks and parentheses, and the rest (proc(5), "stat").
fn split_stat(stat: &[u8]) -> Option<(&[u8], &[u8])> {
    let open = stat.iter().position(|&b| b == b'(')?;
    let close = stat.iter().rposition(|&b| b == b')')?;
    Some((stat.get(open + 1..close)?, stat.get(close + 2..)?))
}
