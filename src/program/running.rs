//! A program that runs: reading what it prints, and ending it where awsmfa ends first.

use std::io;
use std::process::{Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, ChildStdout};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use super::tree;
use crate::prompt::Modes;

/// More than any code or key: a program that prints more has gone wrong.
pub(super) const LONGEST_OUTPUT: usize = 64 * 1024;

/// What an ended program wrote is in the pipe already; nobody waits longer for a child of its own that
/// keeps the pipe open.
const MOMENT: Duration = Duration::from_millis(20);

/// How long a signal that ends a program and awsmfa may take to be heard.
const SIGNAL: Duration = Duration::from_millis(100);

/// What is to be ended with awsmfa.
struct Entry {
    id: u32,
    /// How the terminal was before the program began. Not every program puts that back, and one that
    /// is ended cannot.
    modes: Option<Modes>,
}

impl Entry {
    /// The program has ended.
    fn leave_terminal(self) {
        if let Some(modes) = self.modes {
            modes.restore();
        }
    }

    fn end(self) {
        tree::end(self.id);
        self.leave_terminal();
    }
}

/// The programs that run now. A signal may come at any time, so they are known to the whole process.
static RUNNING: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<Entry>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends all programs that run, with their descendants, and lets none start any more.
pub fn end_all() {
    let mut programs = running();
    programs.drain(..).for_each(Entry::end);
    std::mem::forget(programs);
}

/// Why a program's output cannot be had.
pub(super) enum Failure {
    TooMuch,
    Io(io::Error),
}

/// A program that runs. Dropped before its end, it is ended with its descendants.
pub(super) struct Running {
    child: Child,
    stdout: ChildStdout,
    id: u32,
}

impl Running {
    /// Starts a command whose standard output is a pipe.
    pub(super) fn start(command: Command) -> io::Result<Self> {
        let modes = Modes::now();
        // Held, so that a signal finds every program that was started.
        let mut programs = running();
        let mut child = tokio::process::Command::from(command).spawn()?;
        let (Some(id), Some(stdout)) = (child.id(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        programs.push(Entry { id, modes });
        Ok(Self { child, stdout, id })
    }

    /// What it prints until it ends, and how it ends; `None` where the system does not keep that.
    pub(super) async fn output(
        mut self,
    ) -> Result<(Zeroizing<Vec<u8>>, Option<ExitStatus>), Failure> {
        // It never grows, which would leave copies behind.
        let mut printed = Zeroizing::new(Vec::with_capacity(LONGEST_OUTPUT + 1));
        let mut is_open = true;
        let ended = loop {
            tokio::select! {
                biased;
                ended = self.child.wait() => break ended,
                more = read(&mut self.stdout, &mut printed), if is_open => is_open = more?,
            }
        };
        if let Some(program) = self.take() {
            program.leave_terminal();
        }
        if ended
            .as_ref()
            .is_ok_and(|status| status.code().is_none_or(|code| code > 128))
        {
            // A key at the terminal sends a signal to awsmfa, too, which then has the word.
            sleep(SIGNAL).await;
        }
        while is_open && let Ok(more) = timeout(MOMENT, read(&mut self.stdout, &mut printed)).await
        {
            is_open = more?;
        }
        match ended {
            Ok(status) => Ok((printed, Some(status))),
            Err(error) if is_without_status(&error) => Ok((printed, None)),
            Err(error) => Err(Failure::Io(error)),
        }
    }

    fn take(&self) -> Option<Entry> {
        let mut programs = running();
        let index = programs.iter().position(|program| program.id == self.id)?;
        Some(programs.swap_remove(index))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(program) = self.take() {
            program.end();
        }
    }
}

/// Reads on; says whether there may be more.
async fn read(from: &mut ChildStdout, to: &mut Vec<u8>) -> Result<bool, Failure> {
    let room = LONGEST_OUTPUT + 1 - to.len();
    let count = from.take(room as u64).read_buf(to).await;
    let count = count.map_err(Failure::Io)?;
    if to.len() > LONGEST_OUTPUT {
        return Err(Failure::TooMuch);
    }
    Ok(count > 0)
}

/// Where a parent ignores SIGCHLD, as some do, the system keeps no status of a child that has ended.
#[cfg(unix)]
fn is_without_status(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::CHILD.raw_os_error())
}

#[cfg(windows)]
fn is_without_status(_: &io::Error) -> bool {
    false
}
