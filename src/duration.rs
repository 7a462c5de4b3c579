//! Session lifetimes, as people write them.

use std::time::Duration;

/// AWS's limits for `DurationSeconds` of one operation, from its API reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The name of the lifetime, for messages.
    pub what: &'static str,
    /// In seconds.
    pub least: u64,
    /// In seconds.
    pub most: u64,
}

/// `GetSessionToken`: 15 minutes to 36 hours.
pub const MFA_SESSION: Bounds = Bounds {
    what: "an MFA session",
    least: 900,
    most: 129_600,
};

/// `AssumeRole`: 15 minutes to 12 hours; the role may allow less.
pub const ROLE_SESSION: Bounds = Bounds {
    what: "the session of a role",
    least: 900,
    most: 43_200,
};

/// `AssumeRole` from a temporary session (role chaining): at most an hour.
pub const CHAINED: Duration = Duration::from_hours(1);

/// The default of `GetSessionToken`.
pub const DEFAULT_MFA_SESSION: Duration = Duration::from_hours(12);

impl Bounds {
    /// Returns the duration if AWS accepts it, otherwise what is wrong with it.
    pub fn check(self, duration: Duration) -> Result<Duration, String> {
        if (self.least..=self.most).contains(&duration.as_secs()) {
            Ok(duration)
        } else {
            let [given, least, most] = [
                duration,
                Duration::from_secs(self.least),
                Duration::from_secs(self.most),
            ]
            .map(in_words);
            let what = self.what;
            Err(format!(
                "{given} is out of range: {what} can last {least} to {most}"
            ))
        }
    }
}

/// Reads `90m`, `12h`, `1h30m` or plain seconds.
pub fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let duration = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok().map(Duration::from_secs)
    } else {
        humantime::parse_duration(text).ok()
    };
    duration
        .filter(|duration| duration.subsec_nanos() == 0)
        .ok_or_else(|| "not a duration: write 90m, 12h, 1h30m or a number of seconds".to_owned())
}

/// `43200 s` as `12h`, `5400 s` as `1h 30m`.
#[must_use]
pub fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 3600, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let words: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if words.is_empty() {
        "0s".to_owned()
    } else {
        words.join(" ")
    }
}

/// [`in_words`], rounded down to minutes, or to seconds within the last minute.
#[must_use]
pub fn rounded_down(duration: Duration) -> String {
    let seconds = duration.as_secs();
    in_words(Duration::from_secs(match seconds {
        0..60 => seconds,
        _ => seconds - seconds % 60,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_help_promises() {
        for (text, seconds) in [
            ("90m", 5400),
            ("12h", 43_200),
            ("1h30m", 5400),
            ("1.5h", 5400),
            ("900", 900),
            (" 1h 30m ", 5400),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in ["", "h", "12x", "-5m", "500ms", "99999999999999999999"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn no_more_is_left_than_there_is() {
        for (seconds, words) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3599, "59m"),
            (43_199, "11h 59m"),
        ] {
            assert_eq!(rounded_down(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn bounds_are_aws_own() {
        for (bounds, seconds, ok) in [
            (MFA_SESSION, 899, false),
            (MFA_SESSION, 900, true),
            (MFA_SESSION, 129_600, true),
            (MFA_SESSION, 129_601, false),
            (ROLE_SESSION, 43_200, true),
            (ROLE_SESSION, 43_201, false),
        ] {
            assert_eq!(
                bounds.check(Duration::from_secs(seconds)).is_ok(),
                ok,
                "{seconds}"
            );
        }
        assert_eq!(
            MFA_SESSION.check(Duration::from_mins(1)).unwrap_err(),
            "1m is out of range: an MFA session can last 15m to 36h"
        );
    }
}
