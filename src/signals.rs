//! The signals that end awsmfa, wherever it waits: at a prompt, for standard input, a file, a
//! program or the network.
//!
//! A thread of their own hears them, whatever the others are stuck in. Those that the caller lets
//! awsmfa ignore are left alone: the command of `exec` would find them at their defaults, as it finds
//! all that are heard.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

pub use system::Signal;
use system::Signals;

/// Who ends the process: whoever is first.
static ENDING: AtomicU8 = AtomicU8::new(NOBODY);
const NOBODY: u8 = 0;
const MAIN: u8 = 1;
const SIGNAL: u8 = 2;

/// Set once AWS may have used up the code.
static IS_CODE_SENT: AtomicBool = AtomicBool::new(false);

/// Hears signals from now on. The first one calls `end`, with whether it comes before
/// [`leave_to_main`].
pub fn hear(end: impl FnOnce(&Signal, bool) + Send + 'static) -> io::Result<()> {
    let signals = Signals::catch()?;
    let hear = move || {
        if let Some(signal) = signals.wait() {
            end(&signal, is_first(SIGNAL));
        }
    };
    std::thread::Builder::new().spawn(hear).map(drop)
}

/// From now on `main` says what there is to say, and a signal ends the process without a word. Does
/// not come back where a signal was first.
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
    use signal_hook::{flag, iterator, low_level};

    pub(super) struct Signals {
        heard: iterator::Signals,
        next_ends_process: Arc<AtomicBool>,
    }

    impl Signals {
        pub(super) fn catch() -> io::Result<Self> {
            let ignored = ignored();
            let heard = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]
                .into_iter()
                .filter(|signal| ignored >> (signal - 1) & 1 == 0);
            let next_ends_process = Arc::default();
            for signal in heard.clone() {
                flag::register_conditional_default(signal, Arc::clone(&next_ends_process))?;
            }
            Ok(Self {
                heard: iterator::Signals::new(heard)?,
                next_ends_process,
            })
        }

        pub(super) fn wait(mut self) -> Option<Signal> {
            let number = self.heard.forever().next()?;
            let next_ends_process = self.next_ends_process;
            Some(Signal {
                number,
                next_ends_process,
            })
        }
    }

    /// The signals that the caller lets this process ignore, a bit each, where the system tells: Linux.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let bits = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let bits = bits.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
        bits.unwrap_or_default()
    }

    /// A signal that came.
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

        /// Whether it is Ctrl-C's.
        #[must_use]
        pub fn is_ctrl_c(&self) -> bool {
            self.number == SIGINT
        }

        /// Whether a key at the terminal sends it, which the terminal shows.
        #[must_use]
        pub fn is_key(&self) -> bool {
            matches!(self.number, SIGINT | SIGQUIT)
        }

        /// Lets the next signal end the process by itself, should its end take long.
        pub fn let_next_end_process(&self) {
            self.next_ends_process.store(true, Ordering::SeqCst);
        }

        /// Ends the process as this signal does by itself. Gives the exit code for where it does not.
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
        pub(super) fn catch() -> io::Result<Self> {
            let runtime = tokio::runtime::Builder::new_current_thread().build()?;
            Ok(Self(runtime))
        }

        pub(super) fn wait(self) -> Option<Signal> {
            let heard = self.0.block_on(async { tokio::signal::ctrl_c().await });
            heard.is_ok().then_some(Signal)
        }
    }

    /// Ctrl-C.
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

        /// Gives the exit code of a program that Ctrl-C ends.
        pub fn end_process(&self) -> i32 {
            0xC000_013A_u32.cast_signed()
        }
    }
}
