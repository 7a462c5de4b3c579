//! Undoes ignored signals, which the programs under test would inherit from whoever runs the tests.

use std::process::Command;
use std::sync::Once;

use tokio::signal::unix::{SignalKind, signal};

/// Makes every program started from here on begin with all signals at their defaults.
///
/// `nohup`, and a shell without job control that starts a background job, leave signals ignored, and
/// children inherit that. A caught signal is back at its default after exec, so this catches each signal
/// that is ignored and does nothing about it.
pub(crate) fn begin_at_their_defaults() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .expect("a runtime");
        let _entered = runtime.enter();
        for (name, kind) in [
            ("HUP", SignalKind::hangup()),
            ("INT", SignalKind::interrupt()),
            ("QUIT", SignalKind::quit()),
            ("TERM", SignalKind::terminate()),
        ] {
            if is_ignored(name) {
                // It stays caught although nothing listens.
                drop(signal(kind).expect("a signal that can be caught"));
            }
        }
    });
}

/// Asks a shell: it cannot change a signal that was ignored when it started (POSIX, "trap"), so it
/// survives.
fn is_ignored(name: &str) -> bool {
    let script = format!("ulimit -c 0; kill -{name} $$");
    let ended = Command::new("/bin/sh").args(["-c", &script]).status();
    ended.expect("sh").success()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTER: &str =
        "trap '' HUP INT QUIT TERM; exec \"$0\" --ignored --exact signals::tests::asked";

    #[test]
    fn what_the_caller_ignores_a_program_does_not() {
        let this = std::env::current_exe().unwrap();
        let outer = Command::new("/bin/sh")
            .arg("-c")
            .arg(OUTER)
            .arg(this)
            .output();
        let outer = outer.unwrap();
        assert!(outer.status.success(), "{outer:?}");
    }

    #[test]
    #[ignore = "run by the other test, with signals ignored"]
    fn asked() {
        let names = ["HUP", "INT", "QUIT", "TERM"];
        assert_eq!(names.map(is_ignored), [true; 4]);
        begin_at_their_defaults();
        assert_eq!(names.map(is_ignored), [false; 4]);
    }
}
