//! A verb that cleans up before a signal ends the process.

use std::future::poll_fn;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

/// How long a verb may clean up.
pub const LIMIT: Duration = Duration::from_secs(5);

/// What the verb and the thread that hears signals tell each other.
struct State {
    is_begun: bool,
    is_interrupted: bool,
    waker: Option<Waker>,
    /// What is left behind if the process ends now, and how to remove it.
    left: Option<String>,
}

static STATE: Mutex<State> = Mutex::new(State {
    is_begun: false,
    is_interrupted: false,
    waker: None,
    left: None,
});
static DONE: Condvar = Condvar::new();

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Until this is dropped, a signal waits for the verb.
#[derive(Debug)]
pub struct CleanUp(());

impl CleanUp {
    #[must_use]
    pub fn begin() -> Self {
        state().is_begun = true;
        Self(())
    }

    /// Says what is left behind if the process ends now.
    #[allow(clippy::unused_self, reason = "it has begun")]
    pub fn set_left(&self, left: Option<String>) {
        state().left = left;
    }

    /// Waits for a signal.
    pub async fn interrupted(&self) {
        poll_fn(|context| {
            let mut state = state();
            if state.is_interrupted {
                return Poll::Ready(());
            }
            state.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl Drop for CleanUp {
    fn drop(&mut self) {
        state().is_begun = false;
        DONE.notify_all();
    }
}

/// Tells the verb that a signal came; returns whether there is one that cleans up.
pub(super) fn request() -> bool {
    let mut state = state();
    state.is_interrupted = true;
    if let Some(waker) = state.waker.take() {
        waker.wake();
    }
    state.is_begun
}

/// Waits until the verb has cleaned up; returns whether it has, within [`LIMIT`].
pub(super) fn wait() -> bool {
    let waiting = DONE.wait_timeout_while(state(), LIMIT, |state| state.is_begun);
    let (state, _) = waiting.unwrap_or_else(PoisonError::into_inner);
    !state.is_begun
}

/// What is left behind if the process ends now.
pub(super) fn left() -> Option<String> {
    state().left.clone()
}
