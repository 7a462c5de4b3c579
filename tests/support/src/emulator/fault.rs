//! Trouble on demand, between the emulator and its client.

use std::time::Duration;

/// What goes wrong.
///
/// Where an answer gets lost on its way the request has been carried out, so a code it presented
/// is spent; where something else answers in AWS's place it has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Carried out, then silence.
    HangBeforeAnswer,
    /// Carried out, then half the answer and silence.
    HangMidAnswer,
    /// Carried out, then the connection is reset.
    ResetAfterRequest,
    /// Carried out, then half the answer and the connection is closed.
    TruncatedBody,
    /// A new connection is reset before a byte is read; which action it was for is not known, so
    /// [`Injection::on`] does not hold it back.
    ResetOnConnect,
    /// A page of a captive portal or proxy with this status.
    Html(u16),
    /// This status and no body.
    EmptyBody(u16),
    /// Status 200 and XML that ends in the wrong tag.
    MalformedXml,
    /// Status 200 and ten million bytes that are no XML.
    HugeBody,
    /// An error in AWS's shape.
    Error {
        /// HTTP status.
        status: u16,
        /// AWS's error code.
        code: String,
        /// The message beside it.
        message: String,
    },
    /// AWS's `Throttling`, status 400.
    Throttling,
    /// AWS's `RegionDisabledException`, status 403.
    RegionDisabled,
    /// The request is carried out and answered, but later.
    Delay(Duration),
    /// AWS's clock differs from this machine's by so many seconds, ahead where positive: the
    /// header `Date` and the age of signatures, not the codes of devices.
    ClockSkew(i64),
}

impl Fault {
    /// Limits it to one action.
    #[must_use]
    pub fn on(self, action: &str) -> Injection {
        Injection::from(self).on(action)
    }

    /// Limits it to the next `requests` that it meets.
    #[must_use]
    pub fn times(self, requests: usize) -> Injection {
        Injection::from(self).times(requests)
    }
}

/// A fault and the requests it is meant for.
#[derive(Clone, Debug)]
pub struct Injection {
    fault: Fault,
    action: Option<String>,
    remaining: Option<usize>,
}

impl From<Fault> for Injection {
    fn from(fault: Fault) -> Self {
        Self {
            fault,
            action: None,
            remaining: None,
        }
    }
}

impl Injection {
    /// Limits it to one action.
    #[must_use]
    pub fn on(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }

    /// Limits it to the next `requests` that it meets.
    #[must_use]
    pub fn times(mut self, requests: usize) -> Self {
        self.remaining = Some(requests);
        self
    }

    fn is_for(&self, action: &str) -> bool {
        self.action.as_deref().is_none_or(|only| only == action)
    }

    /// Its fault, unless it was met often enough.
    fn take(&mut self) -> Option<Fault> {
        match &mut self.remaining {
            Some(0) => return None,
            Some(remaining) => *remaining -= 1,
            None => {}
        }
        Some(self.fault.clone())
    }
}

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Injections(Vec<Injection>);

/// What one request meets.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    pub(crate) delay: Duration,
    pub(crate) clock_skew: i64,
    pub(crate) fault: Option<Fault>,
}

impl Injections {
    pub(crate) fn add(&mut self, injection: Injection) {
        self.0.push(injection);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Delays and skews add up; of the others the one injected first wins.
    pub(crate) fn meet(&mut self, action: &str) -> Trouble {
        let mut trouble = Trouble::default();
        for injection in &mut self.0 {
            let adds_up = matches!(injection.fault, Fault::Delay(_) | Fault::ClockSkew(_));
            let concerns_it = injection.is_for(action)
                && injection.fault != Fault::ResetOnConnect
                && (adds_up || trouble.fault.is_none());
            if !concerns_it {
                continue;
            }
            match injection.take() {
                Some(Fault::Delay(delay)) => trouble.delay += delay,
                Some(Fault::ClockSkew(seconds)) => trouble.clock_skew += seconds,
                Some(fault) => trouble.fault = Some(fault),
                None => {}
            }
        }
        trouble
    }

    /// Whether a new connection is to be reset.
    pub(crate) fn meet_connection(&mut self) -> bool {
        self.0
            .iter_mut()
            .filter(|injection| injection.fault == Fault::ResetOnConnect)
            .any(|injection| injection.take().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_injection_keeps_to_its_action_and_its_number() {
        let mut injections = Injections::default();
        injections.add(Fault::Throttling.on("AssumeRole").times(1));
        injections.add(Fault::Delay(Duration::from_millis(5)).into());
        assert_eq!(injections.meet("GetSessionToken").fault, None);
        let trouble = injections.meet("AssumeRole");
        assert_eq!(trouble.fault, Some(Fault::Throttling));
        assert_eq!(trouble.delay, Duration::from_millis(5));
        assert_eq!(injections.meet("AssumeRole").fault, None);
    }
}
