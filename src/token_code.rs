//! The six-digit code of an MFA device.

use std::fmt;

use zeroize::Zeroizing;

use crate::error::Error;

/// A token code: exactly six digits, stored as text to keep leading zeros (AWS STS API reference,
/// `GetSessionToken`, `TokenCode`).
#[derive(Clone, PartialEq, Eq)]
pub struct TokenCode(Zeroizing<String>);

/// The text is not a token code. It is not repeated: it may be another secret, typed by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an MFA code: six digits are needed, like 123456 or \"123 456\"")]
pub struct NotSixDigits;

impl NotSixDigits {
    /// What the user can do about it.
    pub(crate) const HINT: &str = "give the six digits that the MFA device shows now";
}

impl From<NotSixDigits> for Error {
    fn from(problem: NotSixDigits) -> Self {
        Self::usage(problem.to_string()).hint(NotSixDigits::HINT)
    }
}

impl TokenCode {
    /// Reads a code; ignores dashes and blanks in and around it.
    pub fn parse(text: &str) -> Result<Self, NotSixDigits> {
        let digits: Zeroizing<String> = Zeroizing::new(
            text.chars()
                .filter(|c| !c.is_whitespace() && *c != '-')
                .collect(),
        );
        let text = text.trim();
        let is_option = text.starts_with('-') || text.ends_with('-');
        if !is_option && digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(digits))
        } else {
            Err(NotSixDigits)
        }
    }

    /// The digits, for use in a request only.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_ignored_and_leading_zeros_stay() {
        for text in [
            "012345",
            "012 345",
            "012-345",
            " 0 1 2 3 4 5 ",
            "012\u{a0}345\r",
        ] {
            assert_eq!(
                TokenCode::parse(text).unwrap().digits(),
                "012345",
                "{text:?}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "12345",
            "1234567",
            "12345a",
            "１２３４５６",
            "-12345",
            "-123456",
            "123.456",
        ] {
            assert_eq!(TokenCode::parse(text), Err(NotSixDigits), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_digit() {
        assert_eq!(
            format!("{:?}", TokenCode::parse("123456").unwrap()),
            "TokenCode(…)"
        );
    }
}
