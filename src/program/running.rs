//! A running program: reads its output, and ends it if awsmfa ends first.

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

/// Longer than any code or keys; a program that prints more has gone wrong.
pub(super) const LONGEST_OUTPUT: usize = 64 * 1024;

/// When a program has ended, its output is already in the pipe. Do not wait longer for a child of the
/// program that keeps the pipe open.
const MOMENT: Duration = Duration::from_millis(20);

/// How long awsmfa may take to notice a signal that has also ended the program.
const SIGNAL: Duration = Duration::from_millis(100);

/// A program to end together with awsmfa.
struct Entry {
    id: u32,
    /// The terminal's modes before the program began: not every program restores them, and one that is
    /// killed cannot.
    modes: Option<Modes>,
}

impl Entry {
    /// Restores the terminal after the program has ended.
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

/// The running programs. Global, since a signal may come at any time.
static RUNNING: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<Entry>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends all running programs with their descendants, and lets none start any more.
pub fn end_all() {
    let mut programs = running();
    programs.drain(..).for_each(Entry::end);
    std::mem::forget(programs);
}

/// Why there is no output.
pub(super) enum NoOutput {
    TooMuch,
    Io(io::Error),
}

/// A running program. Dropping it ends the program with its descendants.
pub(super) struct Running {
    child: Child,
    stdout: ChildStdout,
    id: u32,
}

impl Running {
    /// Starts a command and captures its standard output.
    pub(super) fn start(command: Command) -> io::Result<Self> {
        let modes = Modes::now();
        // Lock until the program is in the list, so that a signal ends it, too.
        let mut programs = running();
        let mut child = tokio::process::Command::from(command).spawn()?;
        let (Some(id), Some(stdout)) = (child.id(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        programs.push(Entry { id, modes });
        Ok(Self { child, stdout, id })
    }

    /// Its output until it ends, and its exit status; `None` if the system keeps no status.
    pub(super) async fn output(
        mut self,
    ) -> Result<(Zeroizing<Vec<u8>>, Option<ExitStatus>), NoOutput> {
        // With this capacity the buffer never grows; growing would leave copies behind.
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
            // Ctrl-C at the terminal signals awsmfa, too; let it handle that first.
            sleep(SIGNAL).await;
        }
        while is_open && let Ok(more) = timeout(MOMENT, read(&mut self.stdout, &mut printed)).await
        {
            is_open = more?;
        }
        match ended {
            Ok(status) => Ok((printed, Some(status))),
            Err(error) if is_without_status(&error) => Ok((printed, None)),
            Err(error) => Err(NoOutput::Io(error)),
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

/// Reads some output; returns whether there may be more.
async fn read(from: &mut ChildStdout, to: &mut Vec<u8>) -> Result<bool, NoOutput> {
    let room = LONGEST_OUTPUT + 1 - to.len();
    let count = from.take(room as u64).read_buf(to).await;
    let count = count.map_err(NoOutput::Io)?;
    if to.len() > LONGEST_OUTPUT {
        return Err(NoOutput::TooMuch);
    }
    Ok(count > 0)
}

/// If a parent ignores SIGCHLD, as some do, the system keeps no status of ended children.
#[cfg(unix)]
fn is_without_status(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::CHILD.raw_os_error())
}

#[cfg(windows)]
fn is_without_status(_: &io::Error) -> bool {
    false
}
