//! Faults on demand, between the emulator and its client.

use std::time::Duration;

/// What goes wrong.
///
/// If the response is lost on its way, AWS has already executed the request, so its code is used up. If
/// something else responds in AWS's place, the code is still good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Executes the request, then sends nothing.
    HangBeforeAnswer,
    /// Executes the request, then sends half the response and keeps the connection open.
    HangMidAnswer,
    /// Executes the request, then resets the connection.
    ResetAfterRequest,
    /// Executes the request, then sends half the response and closes the connection.
    TruncatedBody,
    /// Resets a new connection before reading a byte; since its action is not known yet,
    /// [`Injection::on`] does not limit it.
    ResetOnConnect,
    /// Responds with the page of a captive portal or proxy with this status.
    Html(u16),
    /// Responds with this status and no body.
    EmptyBody(u16),
    /// Responds with status 200 and XML that ends in the wrong tag.
    MalformedXml,
    /// Responds with status 200 and ten million bytes that are not XML.
    HugeBody,
    /// Responds with an error in AWS's form.
    Error {
        status: u16,
        code: String,
        message: String,
    },
    /// AWS's `Throttling`, status 400.
    Throttling,
    /// AWS's `RegionDisabledException`, status 403.
    RegionDisabled,
    /// Executes the request and responds later.
    Delay(Duration),
    /// AWS's clock differs from this machine's by so many seconds, ahead if positive. Affects the header
    /// `Date` and the age of signatures, not the devices' codes.
    ClockSkew(i64),
}

impl Fault {
    /// Limits the fault to one action.
    #[must_use]
    pub fn on(self, action: &str) -> Injection {
        Injection::from(self).on(action)
    }

    /// Limits the fault to the next `requests`.
    #[must_use]
    pub fn times(self, requests: usize) -> Injection {
        Injection::from(self).times(requests)
    }
}

/// A fault, and the requests that it affects.
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
    /// Limits the fault to one action.
    #[must_use]
    pub fn on(mut self, action: &str) -> Self {
        self.action = Some(action.to_owned());
        self
    }

    /// Limits the fault to the next `requests`.
    #[must_use]
    pub fn times(mut self, requests: usize) -> Self {
        self.remaining = Some(requests);
        self
    }

    fn is_for(&self, action: &str) -> bool {
        self.action.as_deref().is_none_or(|only| only == action)
    }

    /// Returns the fault, unless it was used up.
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

/// The faults that affect one request.
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

    /// Delays and skews add up; of the other faults the one injected first wins.
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

    /// Whether to reset a new connection.
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
