//! A virtual MFA device: RFC 6238 with SHA-1, six digits, thirty seconds.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use totp_rs::{Builder, Secret};

/// How long a code is shown (RFC 6238, section 5.2).
pub(crate) const STEP_SECONDS: u64 = 30;

/// A code is accepted this many steps before and after its own.
pub(crate) const TOLERATED_STEPS: u64 = 2;

/// With less than this left in a step, the oldest code could be too old when it arrives.
const ARRIVAL_SECONDS: u64 = 10;

/// A virtual MFA device. A clone is the same device.
#[derive(Clone)]
pub struct TotpDevice {
    secret: Vec<u8>,
    handed_out: Arc<Mutex<BTreeSet<u64>>>,
}

impl TotpDevice {
    /// A device with this secret; RFC 4226, section 4, recommends 160 bits.
    #[must_use]
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self {
            secret: secret.into(),
            handed_out: Arc::default(),
        }
    }

    /// A device with the secret that somebody typed, or scanned.
    ///
    /// # Panics
    /// If the text is not Base32.
    #[must_use]
    pub fn from_base32(secret: &str) -> Self {
        let secret = Secret::try_from_base32(secret).expect("Base32");
        Self::new(secret.as_bytes())
    }

    /// A device with a random secret, as long as IAM's.
    #[must_use]
    pub fn random() -> Self {
        Self::new(std::array::from_fn::<u8, 40, _>(|_| fastrand::u8(..)))
    }

    /// The secret as oathtool and authenticator apps take it (RFC 4648, no padding).
    #[must_use]
    pub fn secret_base32(&self) -> String {
        Secret::new(self.secret.clone().into()).to_base32()
    }

    /// A code that AWS accepts now and that this device has not returned before.
    ///
    /// Each code works once, for two steps either way, so five are available at any moment; a sixth call
    /// within one step waits for the next step, at most 30 s.
    #[must_use]
    pub fn code(&self) -> String {
        loop {
            let now = unix_seconds();
            let step = now / STEP_SECONDS;
            let left = STEP_SECONDS - now % STEP_SECONDS;
            // The one that is accepted longest comes first: a test may run on a slow machine.
            let mut candidates = vec![step + 2, step + 1, step, step - 1];
            if left > ARRIVAL_SECONDS {
                candidates.push(step - 2);
            }
            let mut handed_out = self.handed_out();
            if let Some(&fresh) = candidates.iter().find(|step| !handed_out.contains(step)) {
                handed_out.insert(fresh);
                return self.code_of_step(fresh);
            }
            drop(handed_out);
            std::thread::sleep(Duration::from_secs(left));
        }
    }

    /// Six digits that are not a code of this device, now or in the next minutes.
    #[must_use]
    pub fn wrong_code(&self) -> String {
        let [code] = self.wrong_codes();
        code
    }

    /// Like [`Self::wrong_code`], all different.
    #[must_use]
    pub fn wrong_codes<const N: usize>(&self) -> [String; N] {
        let step = unix_seconds() / STEP_SECONDS;
        let good: Vec<_> = (step - 10..=step + 10)
            .map(|step| self.code_of_step(step))
            .collect();
        let mut wrong = (0..1_000_000)
            .map(|number| format!("{number:06}"))
            .filter(|code| !good.contains(code));
        std::array::from_fn(|_| wrong.next().expect("there are more codes than steps"))
    }

    /// The present code and the next one, as a person types them who waits for the second. IAM and STS
    /// accept both already.
    #[must_use]
    pub fn two_codes(&self) -> [String; 2] {
        let now = unix_seconds();
        [self.code_at(now), self.code_at(now + STEP_SECONDS)]
    }

    /// The code at this time, in seconds since 1970, whether it was used or not.
    #[must_use]
    pub fn code_at(&self, unix_seconds: u64) -> String {
        Builder::new()
            .with_secret(self.secret.clone())
            .with_step_duration(STEP_SECONDS)
            .build()
            .expect("a secret of 160 bits")
            .generate(unix_seconds)
            .to_string()
    }

    pub(crate) fn code_of_step(&self, step: u64) -> String {
        self.code_at(step * STEP_SECONDS)
    }

    /// Allows codes to be returned again; the emulator forgets them at the same time.
    pub(crate) fn forget(&self) {
        self.handed_out().clear();
    }

    fn handed_out(&self) -> std::sync::MutexGuard<'_, BTreeSet<u64>> {
        self.handed_out
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the secret out of a failing test's output.
impl std::fmt::Debug for TotpDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TotpDevice").finish_non_exhaustive()
    }
}

fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970")
        .as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the SHA-1 rows; a six-digit code is the last six of the eight digits there.
    #[test]
    fn vectors_of_rfc_6238() {
        let device = TotpDevice::new(*b"12345678901234567890");
        for (time, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(device.code_at(time), code, "at {time}");
        }
    }

    #[test]
    fn base32_of_the_secret() {
        let device = TotpDevice::new(*b"12345678901234567890");
        assert_eq!(device.secret_base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn codes_are_handed_out_once_without_waiting() {
        let device = TotpDevice::random();
        let begin = SystemTime::now();
        let codes: BTreeSet<_> = (0..4).map(|_| device.code()).collect();
        assert_eq!(codes.len(), 4);
        assert!(begin.elapsed().expect("a steady clock") < Duration::from_secs(1));
        let wrong = device.wrong_code();
        assert!(wrong.len() == 6 && !codes.contains(&wrong), "{wrong}");
    }
}
