//! The API references' constraints on parameters, and the `ValidationError` that lists violations.

use super::refusal::Refusal;

/// The violations so far.
#[derive(Default)]
pub(crate) struct Constraints(Vec<String>);

impl Constraints {
    pub(crate) fn present(&mut self, name: &str, value: Option<&str>) {
        if value.is_none() {
            self.0.push(format!(
                "Value null at '{name}' failed to satisfy constraint: Member must not be null"
            ));
        }
    }

    pub(crate) fn length(
        &mut self,
        name: &str,
        value: Option<&str>,
        (shortest, longest): (usize, usize),
    ) {
        let Some(value) = value else { return };
        let length = value.chars().count();
        if length > longest {
            let constraint = format!("Member must have length less than or equal to {longest}");
            self.fail(name, value, &constraint);
        }
        if length < shortest {
            let constraint = format!("Member must have length greater than or equal to {shortest}");
            self.fail(name, value, &constraint);
        }
    }

    /// Only characters that are `allowed`; `pattern` is how the API reference writes them.
    pub(crate) fn pattern(
        &mut self,
        name: &str,
        value: Option<&str>,
        pattern: &str,
        allowed: impl Fn(char) -> bool,
    ) {
        if let Some(value) = value.filter(|value| !value.chars().all(allowed)) {
            let constraint = format!("Member must satisfy regular expression pattern: {pattern}");
            self.fail(name, value, &constraint);
        }
    }

    /// A number of seconds; `None` if absent or not a valid number.
    pub(crate) fn seconds(
        &mut self,
        name: &str,
        value: Option<&str>,
        (least, most): (u64, u64),
    ) -> Option<u64> {
        let value = value?;
        let Ok(seconds) = value.parse() else {
            self.fail(name, value, "Member must be an integer");
            return None;
        };
        if seconds < least {
            self.fail(
                name,
                value,
                &format!("Member must have value greater than or equal to {least}"),
            );
        }
        if seconds > most {
            self.fail(
                name,
                value,
                &format!("Member must have value less than or equal to {most}"),
            );
        }
        Some(seconds)
    }

    /// The parameters for an MFA device.
    pub(crate) fn mfa(&mut self, serial: Option<&str>, code: Option<&str>) {
        self.length("serialNumber", serial, (9, 256));
        self.pattern("serialNumber", serial, r"[\w+=/:,.@-]*", |c| {
            word(c) || "+=/:,.@-".contains(c)
        });
        self.length("tokenCode", code, (6, 6));
        self.pattern("tokenCode", code, r"[\d]*", |c| c.is_ascii_digit());
    }

    pub(crate) fn finish(self) -> Result<(), Refusal> {
        let failed = self.0;
        match failed.len() {
            0 => Ok(()),
            1 => Err(Refusal::validation(format!(
                "1 validation error detected: {}",
                failed[0]
            ))),
            n => Err(Refusal::validation(format!(
                "{n} validation errors detected: {}",
                failed.join("; ")
            ))),
        }
    }

    fn fail(&mut self, name: &str, value: &str, constraint: &str) {
        self.0.push(format!(
            "Value '{value}' at '{name}' failed to satisfy constraint: {constraint}"
        ));
    }
}

/// `\w` in AWS's patterns.
pub(crate) fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
