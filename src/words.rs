//! The words of `env` and `exec`: a profile and a code, in any order.

use crate::error::Error;
use crate::token_code::{NotSixDigits, TokenCode};
use crate::value::Value;

/// What the words mean. A word that is not a code is not repeated in messages, since it may be another
/// secret.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub profile: Option<String>,
    pub code: Option<GivenCode>,
}

/// The code on the command line.
#[derive(Debug, PartialEq, Eq)]
pub enum GivenCode {
    Digits(TokenCode),
    /// `-`
    StandardInput,
}

impl Words {
    /// Reads the words. `option` is the value of `--profile`; `is_profile` looks a name up in the files,
    /// and is called only if a word could be a code or a name.
    pub fn parse(
        words: &[Value],
        option: Option<&str>,
        is_profile: impl Fn(&str) -> bool,
    ) -> Result<Self, Error> {
        let mut parsed = Self::default();
        let mut names: Vec<String> = Vec::new();
        let mut rest = words.iter();
        while let Some(word) = rest.next() {
            let Some(text) = word.as_str() else {
                return Err(Error::usage("a word is not valid Unicode")
                    .hint("give a profile and a code: awsmfa env dev 123456"));
            };
            let code = if text == "-" {
                Some(GivenCode::StandardInput)
            } else if let Ok(code) = TokenCode::parse(text) {
                Some(GivenCode::Digits(code))
            } else if is_half(text) && !is_profile(text) {
                let joined = rest
                    .next()
                    .and_then(Value::as_str)
                    .filter(|next| is_half(next));
                let joined = joined.ok_or_else(mistyped)?;
                Some(GivenCode::Digits(TokenCode::parse(&format!(
                    "{text}{joined}"
                ))?))
            } else {
                None
            };
            match code {
                Some(_) if parsed.code.is_some() => return Err(two_codes()),
                Some(code) => parsed.code = Some(code),
                None if text.trim().is_empty() => {
                    return Err(Error::usage("a word is empty")
                        .hint("leave it out, or give a profile or a code; is a variable empty?"));
                }
                None if is_almost_code(text) && !is_profile(text) => return Err(mistyped()),
                None => names.push(text.to_owned()),
            }
        }
        if let [first, second, ..] = names.as_slice() {
            let (profile, command) = if is_profile(first) {
                (format!("{first} "), &names[1..])
            } else {
                (String::new(), &*names)
            };
            return Err(
                Error::usage(format!("two profiles given: {first}, {second}")).hint(format!(
                    "name one; to run a command, write it after --: awsmfa exec {profile}-- {}",
                    command.join(" ")
                )),
            );
        }
        parsed.profile = names.pop();
        if let (Some(word), Some(option)) = (&parsed.profile, option)
            && word != option
        {
            return Err(Error::usage(format!(
                "two profiles given: {word}, and --profile {option}"
            ))
            .hint("name one"));
        }
        Ok(parsed)
    }
}

/// Half of a code, typed as the device shows it: `123 456`.
fn is_half(word: &str) -> bool {
    word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a word looks like a mistyped code, such as `12345O`. Twelve digits are an account number, and
/// profiles are named after accounts.
fn is_almost_code(word: &str) -> bool {
    let characters = || word.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let count = characters().count();
    // Digits of another script count as a typing mistake, too.
    let others = characters().filter(|c| !c.is_numeric()).count();
    match others {
        0 => count != 12,
        1 => (5..=7).contains(&count),
        _ => false,
    }
}

fn mistyped() -> Error {
    Error::usage("an MFA code has six digits").hint(NotSixDigits::HINT)
}

fn two_codes() -> Error {
    Error::usage("unexpected digits (two codes given)")
        .hint("give the code once: awsmfa env 123456; a profile named like a code: --profile NAME")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::error::USAGE;

    fn parse(words: &[&str], option: Option<&str>) -> Result<Words, Error> {
        let words: Vec<Value> = words.iter().map(|word| Value::from(*word)).collect();
        let known = ["dev", "12345", "246", "1234a"];
        Words::parse(&words, option, |name| known.contains(&name))
    }

    /// Words, `--profile`, and the result.
    type Case<'a> = (
        &'a [&'a str],
        Option<&'a str>,
        Option<String>,
        Option<GivenCode>,
    );

    #[test]
    fn every_combination() {
        let digits = |text| Some(GivenCode::Digits(TokenCode::parse(text).unwrap()));
        let stdin = || Some(GivenCode::StandardInput);
        let profile = |name: &str| Some(name.to_owned());
        let cases: &[Case<'_>] = &[
            (&[], None, None, None),
            (&["135790"], None, None, digits("135790")),
            (&["135 790"], None, None, digits("135790")),
            (&["135-790"], None, None, digits("135790")),
            (&["135", "790"], None, None, digits("135790")),
            (&["-"], None, None, stdin()),
            (&["dev"], None, profile("dev"), None),
            (&["other"], None, profile("other"), None),
            (&["dev", "135790"], None, profile("dev"), digits("135790")),
            (&["135790", "dev"], None, profile("dev"), digits("135790")),
            (
                &["135", "790", "dev"],
                None,
                profile("dev"),
                digits("135790"),
            ),
            (&["dev", "-"], None, profile("dev"), stdin()),
            (&["dev"], Some("dev"), profile("dev"), None),
            (&["135790"], Some("246802"), None, digits("135790")),
            // Names of profiles that look like codes.
            (&["12345"], None, profile("12345"), None),
            (&["246", "135790"], None, profile("246"), digits("135790")),
            (&["1234a"], None, profile("1234a"), None),
            (&["123456789012"], None, profile("123456789012"), None),
            (&["prod1"], None, profile("prod1"), None),
        ];
        for (words, option, profile, code) in cases {
            let parsed = parse(words, *option).unwrap();
            assert_eq!(
                (&parsed.profile, &parsed.code),
                (profile, code),
                "{words:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_meant_is_a_usage_error() {
        for (words, option, message) in [
            (&["12345O"][..], None, "an MFA code has six digits"),
            (&["1234567"], None, "an MFA code has six digits"),
            (&["1234"], None, "an MFA code has six digits"),
            (&["135"], None, "an MFA code has six digits"),
            (&["135", "79"], None, "an MFA code has six digits"),
            (
                &["dev", "12345678901234"],
                None,
                "an MFA code has six digits",
            ),
            (&[""], None, "a word is empty"),
            (&["dev", ""], None, "a word is empty"),
            (
                &["135790", "135791"],
                None,
                "unexpected digits (two codes given)",
            ),
            (
                &["-", "135790"],
                None,
                "unexpected digits (two codes given)",
            ),
            (&["aws", "s3", "ls"], None, "two profiles given: aws, s3"),
            (
                &["dev"],
                Some("prod"),
                "two profiles given: dev, and --profile prod",
            ),
        ] {
            let error = parse(words, option).unwrap_err();
            assert_eq!((error.exit, &*error.message), (USAGE, message), "{words:?}");
            let shown = format!("{error:?}");
            assert!(
                !shown.contains("12345O") && !shown.contains("1234567"),
                "{shown}"
            );
        }
    }

    #[test]
    fn two_profiles_are_perhaps_a_command() {
        for (words, command) in [
            (&["aws", "s3", "ls"][..], "awsmfa exec -- aws s3 ls"),
            (&["135790", "aws", "s3", "ls"], "awsmfa exec -- aws s3 ls"),
            (&["dev", "aws", "s3", "ls"], "awsmfa exec dev -- aws s3 ls"),
        ] {
            let error = parse(words, None).unwrap_err();
            assert!(error.hint.unwrap().ends_with(command), "{words:?}");
        }
    }
}
