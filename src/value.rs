//! Values of environment variables, all treated as secrets.

use std::ffi::{OsStr, OsString};
use std::fmt;

use zeroize::Zeroizing;

/// The value of an environment variable.
///
/// Any value may be a secret, so there is no `Display`, `Debug` omits the content, and the bytes are
/// wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Value(Zeroizing<Vec<u8>>);

impl Value {
    /// On Unix the bytes of the environment; on Windows the platform's encoding
    /// ([`OsStr::as_encoded_bytes`]), which is UTF-8 if the value is valid Unicode.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if it is valid Unicode.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The value in the system's form. Outside Unix, invalid Unicode is replaced.
    #[must_use]
    pub fn to_os_string(&self) -> OsString {
        #[cfg(unix)]
        {
            std::os::unix::ffi::OsStringExt::from_vec(self.0.to_vec())
        }
        #[cfg(not(unix))]
        {
            String::from_utf8_lossy(&self.0).into_owned().into()
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.as_bytes().to_vec()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text.into_bytes()))
    }
}

impl From<OsString> for Value {
    fn from(text: OsString) -> Self {
        Self(Zeroizing::new(text.into_encoded_bytes()))
    }
}

impl From<&OsStr> for Value {
    fn from(text: &OsStr) -> Self {
        Self(Zeroizing::new(text.as_encoded_bytes().to_vec()))
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Value(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn debug_shows_nothing() {
        let value = Value::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        assert_eq!(format!("{value:?}"), "Value(…)");
    }
}
