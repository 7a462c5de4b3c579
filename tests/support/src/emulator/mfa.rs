//! Verification of token codes.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Duration, Utc};

use super::accounts::MfaDevice;
use super::refusal::Refusal;
use crate::totp::{STEP_SECONDS, TOLERATED_STEPS};

/// How many verifications one device may have within [`WINDOW`]; after that AWS responds as if the
/// serial number were wrong.
const VERIFICATIONS: usize = 9;
const WINDOW: Duration = Duration::minutes(3);

/// The history of each device, by serial number.
#[derive(Default)]
pub(crate) struct Verifier(HashMap<String, Ledger>);

#[derive(Default)]
struct Ledger {
    used_steps: BTreeSet<u64>,
    verifications: Vec<DateTime<Utc>>,
}

impl Verifier {
    /// Accepts a code of `device` that is valid at `now` and was not used before.
    pub(crate) fn verify(
        &mut self,
        device: &MfaDevice,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let Some(totp) = &device.totp else {
            return Err(Refusal::device_not_validated());
        };
        let ledger = self.0.entry(device.serial.clone()).or_default();
        ledger.verifications.retain(|&time| now - time < WINDOW);
        if ledger.verifications.len() >= VERIFICATIONS {
            return Err(Refusal::device_not_validated());
        }
        ledger.verifications.push(now);

        let step = now.timestamp().unsigned_abs() / STEP_SECONDS;
        let fresh = (step - TOLERATED_STEPS..=step + TOLERATED_STEPS)
            .find(|step| !ledger.used_steps.contains(step) && totp.code_of_step(*step) == code);
        match fresh {
            Some(step) => {
                ledger.used_steps.insert(step);
                Ok(())
            }
            None => Err(Refusal::invalid_code()),
        }
    }

    /// Whether the codes are of consecutive steps and valid at `now`. Both are used up then.
    pub(crate) fn verify_two(
        &mut self,
        device: &MfaDevice,
        (first, second): (&str, &str),
        now: DateTime<Utc>,
    ) -> bool {
        let Some(totp) = &device.totp else {
            return false;
        };
        let step = now.timestamp().unsigned_abs() / STEP_SECONDS;
        let found = (step - TOLERATED_STEPS..step + TOLERATED_STEPS).find(|&step| {
            totp.code_of_step(step) == first && totp.code_of_step(step + 1) == second
        });
        if let Some(step) = found {
            let ledger = self.0.entry(device.serial.clone()).or_default();
            ledger.used_steps.extend([step, step + 1]);
        }
        found.is_some()
    }

    /// A new device of this name has no history.
    pub(crate) fn forget_device(&mut self, serial: &str) {
        self.0.remove(serial);
    }

    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_good_for_two_steps_either_way_and_once() {
        let device = MfaDevice::totp("arn:aws:iam::123456789012:mfa/alice");
        let totp = device.totp.clone().expect("a virtual device");
        let mut verifier = Verifier::default();
        let now = DateTime::from_timestamp(1_800_000_015, 0).expect("a time");
        let step = 1_800_000_015 / STEP_SECONDS;
        let mut try_step = |step| verifier.verify(&device, &totp.code_of_step(step), now);
        assert_eq!(try_step(step - 3), Err(Refusal::invalid_code()));
        assert_eq!(try_step(step - 2), Ok(()));
        assert_eq!(try_step(step - 2), Err(Refusal::invalid_code()));
        assert_eq!(try_step(step + 2), Ok(()));
        assert_eq!(try_step(step + 3), Err(Refusal::invalid_code()));
        assert_eq!(try_step(step), Ok(()));
    }

    #[test]
    fn the_tenth_verification_in_three_minutes_looks_like_a_wrong_serial() {
        let device = MfaDevice::totp("arn:aws:iam::123456789012:mfa/alice");
        let totp = device.totp.clone().expect("a virtual device");
        let mut verifier = Verifier::default();
        let now = Utc::now();
        for _ in 0..9 {
            let refusal = verifier.verify(&device, &totp.wrong_code(), now);
            assert_eq!(refusal, Err(Refusal::invalid_code()));
        }
        let good = totp.code();
        assert_eq!(
            verifier.verify(&device, &good, now),
            Err(Refusal::device_not_validated())
        );
        let later = now + WINDOW;
        let step = later.timestamp().unsigned_abs() / STEP_SECONDS;
        assert_eq!(
            verifier.verify(&device, &totp.code_of_step(step), later),
            Ok(())
        );
    }
}
