//! Signals that end awsmfa, wherever it waits: at a prompt, for standard input, a file, a program or the
//! network.
//!
//! A separate thread waits for them, so it does not matter where the others are stuck. Signals that the
//! caller set to ignored are not caught: caught signals are at their defaults in the command of `exec`,
//! but ignored ones must stay ignored there.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

pub use system::Signal;
use system::Signals;

use crate::text;

pub mod clean_up;

/// Which of the two ends the process: the first to set this.
static ENDING: AtomicU8 = AtomicU8::new(NOBODY);
const NOBODY: u8 = 0;
const MAIN: u8 = 1;
const SIGNAL: u8 = 2;

/// Set once AWS may have used up the code.
static IS_CODE_SENT: AtomicBool = AtomicBool::new(false);

/// Catches signals from now on. Calls `end` for the first signal, with whether it came before
/// [`leave_to_main`]. A verb that cleans up may do so before. Where the system does not say which signals
/// are ignored, it catches all of them if they `must` be heard, otherwise none.
pub fn hear(must: bool, end: impl FnOnce(&Signal, bool) + Send + 'static) -> io::Result<()> {
    let Some(signals) = Signals::catch(must)? else {
        return Ok(());
    };
    let hear = move || {
        let mut signals = signals;
        if let Some(signal) = signals.wait() {
            let is_first = is_first(SIGNAL);
            let cleans_up = is_first && clean_up::request();
            let _ = std::thread::Builder::new().spawn(move || end_later(signals, cleans_up));
            if cleans_up && !clean_up::wait() {
                note_left();
            }
            end(&signal, is_first);
        }
    };
    std::thread::Builder::new().spawn(hear).map(drop)
}

/// Ends the process at another signal: while a verb cleans up, otherwise once the first one allows it.
#[allow(clippy::exit, reason = "the process is to end")]
#[allow(clippy::disallowed_methods, reason = "the process is to end")]
fn end_later(mut signals: Signals, cleans_up: bool) {
    while let Some(signal) = signals.wait() {
        if cleans_up || signal.may_end_process() {
            note_left();
            std::process::exit(signal.end_process());
        }
    }
}

fn note_left() {
    if let Some(left) = clean_up::left() {
        text::note(&left);
    }
}

/// From now on `main` prints what there is to print, and a signal ends the process silently. Does not
/// return if a signal came first.
pub fn leave_to_main() {
    while !is_first(MAIN) {
        std::thread::park();
    }
}

fn is_first(who: u8) -> bool {
    let before = ENDING.compare_exchange(NOBODY, who, Ordering::SeqCst, Ordering::SeqCst);
    before.is_ok() || before == Err(who)
}

pub fn set_code_sent(sent: bool) {
    IS_CODE_SENT.store(sent, Ordering::SeqCst);
}

#[must_use]
pub fn is_code_sent() -> bool {
    IS_CODE_SENT.load(Ordering::SeqCst)
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
    use signal_hook::{iterator, low_level};

    pub(super) struct Signals {
        heard: iterator::Signals,
        next_ends_process: Arc<AtomicBool>,
    }

    impl Signals {
        pub(super) fn catch(must: bool) -> io::Result<Option<Self>> {
            let Some(ignored) = ignored().or(must.then_some(0)) else {
                return Ok(None);
            };
            let heard = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]
                .into_iter()
                .filter(|signal| ignored >> (signal - 1) & 1 == 0);
            Ok(Some(Self {
                heard: iterator::Signals::new(heard)?,
                next_ends_process: Arc::default(),
            }))
        }

        pub(super) fn wait(&mut self) -> Option<Signal> {
            Some(Signal {
                number: self.heard.forever().next()?,
                next_ends_process: Arc::clone(&self.next_ends_process),
            })
        }
    }

    /// The signals that the caller set to ignored, one bit each. Only Linux shows them, if there is a /proc.
    fn ignored() -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        u64::from_str_radix(bits?.trim(), 16).ok()
    }

    #[derive(Debug)]
    pub struct Signal {
        number: i32,
        next_ends_process: Arc<AtomicBool>,
    }

    impl Signal {
        #[must_use]
        pub fn name(&self) -> &'static str {
            low_level::signal_name(self.number).unwrap_or("a signal")
        }

        #[must_use]
        pub fn is_ctrl_c(&self) -> bool {
            self.number == SIGINT
        }

        /// Whether a key at the terminal sends it; the terminal then shows that key.
        #[must_use]
        pub fn is_key(&self) -> bool {
            matches!(self.number, SIGINT | SIGQUIT)
        }

        /// Makes the next signal end the process at once, in case the cleaning up takes long.
        pub fn let_next_end_process(&self) {
            self.next_ends_process.store(true, Ordering::SeqCst);
        }

        /// Whether an earlier signal has allowed that.
        pub(super) fn may_end_process(&self) -> bool {
            self.next_ends_process.load(Ordering::SeqCst)
        }

        /// Ends the process by the default action of this signal. Returns an exit code in case that has
        /// no effect.
        #[must_use]
        pub fn end_process(&self) -> i32 {
            let _ = low_level::emulate_default_handler(self.number);
            128 + self.number
        }
    }
}

#[cfg(windows)]
mod system {
    use std::io;

    pub(super) struct Signals(tokio::runtime::Runtime);

    impl Signals {
        pub(super) fn catch(_must: bool) -> io::Result<Option<Self>> {
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            Ok(Some(Self(runtime)))
        }

        pub(super) fn wait(&mut self) -> Option<Signal> {
            let heard = self.0.block_on(async { tokio::signal::ctrl_c().await });
            heard.is_ok().then_some(Signal)
        }
    }

    #[derive(Debug)]
    pub struct Signal;

    impl Signal {
        #[must_use]
        pub fn name(&self) -> &'static str {
            "Ctrl-C"
        }

        #[must_use]
        pub fn is_ctrl_c(&self) -> bool {
            true
        }

        #[must_use]
        pub fn is_key(&self) -> bool {
            true
        }

        pub fn let_next_end_process(&self) {}

        pub(super) fn may_end_process(&self) -> bool {
            false
        }

        /// The exit code of a program that was ended by Ctrl-C.
        #[must_use]
        pub fn end_process(&self) -> i32 {
            0xC000_013A_u32.cast_signed()
        }
    }
}
