//! The signals that end the demo, caught so that it can remove its folders.

use std::io;

/// Waits for SIGHUP, SIGINT and SIGTERM.
#[cfg(unix)]
pub(crate) struct Signals {
    hangup: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// From here on these signals no longer end the process.
    pub(crate) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The exit code for the next signal.
    pub(crate) async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.hangup.recv() => 129,
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }

    /// Like [`Self::next`], while a shell runs at the terminal: Ctrl-C is for the shell.
    pub(crate) async fn next_but_interrupt(&mut self) -> u8 {
        tokio::select! {
            _ = self.hangup.recv() => 129,
            _ = self.terminate.recv() => 143,
        }
    }
}

/// Waits for Ctrl-C.
#[cfg(windows)]
pub(crate) struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    /// From here on Ctrl-C no longer ends the process.
    pub(crate) fn new() -> io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    /// The exit code for the next Ctrl-C.
    pub(crate) async fn next(&mut self) -> u8 {
        self.0.recv().await;
        130
    }

    /// Nothing else ends it: Ctrl-C is for the shell.
    pub(crate) async fn next_but_interrupt(&mut self) -> u8 {
        std::future::pending().await
    }
}
