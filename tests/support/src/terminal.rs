//! A terminal with a program: what a user types, what is shown, how the program ends.

use std::fs::File;
use std::io::{Read, Seek, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use pty_process::Size;
pub use pty_process::blocking::Command;
use pty_process::blocking::Pty;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take before the test fails; far more than a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often to check whether the program has ended.
const STEP: Duration = Duration::from_millis(10);

pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";
pub const CTRL_BACKSLASH: &str = "\x1c";
pub const ENTER: &str = "\r";

/// The question for the cursor's position, and the answer: the top left corner.
const CURSOR_QUERY: &str = "\x1b[6n";
const CURSOR_REPORT: &str = "\x1b[1;1R";

/// A terminal and the program that leads its session.
pub struct Terminal {
    /// `None` after a hang-up.
    pty: Option<Pty>,
    /// Kept open: a moment in which no program has the terminal open would look like its end.
    _program_end: OwnedFd,
    child: Child,
    /// Everything shown so far.
    shown: String,
    /// The first bytes of a character whose others have not come yet.
    unread: Vec<u8>,
    /// How much of it the test has already matched.
    looked_at: usize,
    /// How many times a program has asked for the cursor's position.
    cursor_queries: usize,
    /// The terminal modes before the program began.
    modes: String,
    /// The file for standard output, if that is not the terminal.
    stdout: Option<File>,
}

impl Terminal {
    /// Starts a program whose standard output is the terminal, too.
    #[must_use]
    pub fn showing(command: Command, columns: u16) -> Self {
        Self::start(command, columns, None)
    }

    /// Starts a program whose standard output is captured, as by `$(…)`.
    #[must_use]
    pub fn capturing(command: Command) -> Self {
        let stdout = tempfile::tempfile().unwrap();
        let command = command.stdout(stdout.try_clone().unwrap());
        Self::start(command, 120, Some(stdout))
    }

    fn start(command: Command, columns: u16, stdout: Option<File>) -> Self {
        crate::signals::begin_at_their_defaults();
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(24, columns)).unwrap();
        let modes = modes(&pty);
        let program_end = pts.as_fd().try_clone_to_owned().unwrap();
        let child = command.spawn(pts).unwrap();
        Self {
            pty: Some(pty),
            _program_end: program_end,
            child,
            shown: String::new(),
            unread: Vec::new(),
            looked_at: 0,
            cursor_queries: 0,
            modes,
            stdout,
        }
    }

    pub fn send(&mut self, text: &str) {
        let pty = self.pty.as_mut().expect("a terminal");
        pty.write_all(text.as_bytes()).unwrap();
    }

    pub fn enter(&mut self, line: &str) {
        self.send(line);
        self.send(ENTER);
    }

    /// Waits until `text` is shown, after the last match; returns what was shown before it.
    pub fn expect(&mut self, text: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.shown[self.looked_at..].find(text) {
                let before = self.shown[self.looked_at..][..at].to_owned();
                self.looked_at += at + text.len();
                return before;
            }
            self.read_on();
            assert!(
                Instant::now() < end,
                "not shown: {text:?}, but\n{}",
                self.shown
            );
        }
    }

    /// Like [`Self::expect`]; `None` if the program ends before.
    pub fn expect_or_end(&mut self, text: &str) -> Option<String> {
        loop {
            let has_ended = self.child.try_wait().unwrap().is_some();
            let more = self.read_on();
            if self.shown[self.looked_at..].contains(text) {
                return Some(self.expect(text));
            }
            if has_ended && !more {
                return None;
            }
        }
    }

    pub fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            let ended = self.child.try_wait().unwrap();
            let more = self.read_on();
            match ended {
                Some(status) if !more => return status,
                _ => {}
            }
            assert!(Instant::now() < end, "still running:\n{}", self.shown);
        }
    }

    /// Everything shown so far.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// What the program has written to its captured standard output.
    pub fn stdout(&mut self) -> String {
        let mut text = String::new();
        let file = self.stdout.as_mut().expect("captured standard output");
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    /// Checks that echo, line editing and so on are as they were before the program began.
    #[track_caller]
    pub fn assert_modes_unchanged(&self) {
        assert_eq!(modes(self.pty.as_ref().expect("a terminal")), self.modes);
    }

    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Closes the terminal, as a closed window or a lost connection does.
    pub fn hang_up(&mut self) {
        drop(self.pty.take());
    }

    /// Reads what is shown, or waits a moment for it; returns whether there was anything.
    fn read_on(&mut self) -> bool {
        let Some(pty) = &mut self.pty else {
            std::thread::sleep(STEP);
            return false;
        };
        let step = Timespec::try_from(STEP).unwrap();
        let mut fds = [PollFd::new(&*pty, PollFlags::IN)];
        if poll(&mut fds, Some(&step)).unwrap() == 0 {
            return false;
        }
        let mut bytes = [0; 4096];
        let count = pty.read(&mut bytes).unwrap();
        self.unread.extend_from_slice(&bytes[..count]);
        // The rest of a character may come with the next read.
        let whole = match str::from_utf8(&self.unread) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.unread.len(),
        };
        let text: Vec<u8> = self.unread.drain(..whole).collect();
        self.shown.push_str(&String::from_utf8_lossy(&text));
        let queries = self.shown.matches(CURSOR_QUERY).count();
        for _ in self.cursor_queries..queries {
            self.send(CURSOR_REPORT);
        }
        self.cursor_queries = queries;
        true
    }
}

impl Drop for Terminal {
    /// Leaves nothing running after a failed test.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn modes(pty: &Pty) -> String {
    format!("{:?}", rustix::termios::tcgetattr(pty).unwrap())
}
