//! Splits a `credential_process` into words, as the AWS CLI does.

/// Splits a command line into words without expansions.
#[cfg(unix)]
pub(super) fn split(line: &str) -> Result<Vec<String>, &'static str> {
    posix(line)
}

/// Splits a command line into words without expansions.
#[cfg(windows)]
pub(super) fn split(line: &str) -> Result<Vec<String>, &'static str> {
    windows(line)
}

const NO_CLOSING_QUOTE: &str = "lacks a closing quotation mark";

/// Splits like a POSIX shell, without expansions, comments and operators.
#[cfg(any(unix, test))]
fn posix(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        if matches!(c, ' ' | '\t' | '\r' | '\n') {
            words.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_default();
        match c {
            '\\' => word.push(characters.next().ok_or("ends with a backslash")?),
            '\'' => loop {
                match characters.next().ok_or(NO_CLOSING_QUOTE)? {
                    '\'' => break,
                    c => word.push(c),
                }
            },
            '"' => loop {
                match characters.next().ok_or(NO_CLOSING_QUOTE)? {
                    '"' => break,
                    '\\' => match characters.next().ok_or(NO_CLOSING_QUOTE)? {
                        c @ ('"' | '\\') => word.push(c),
                        c => word.extend(['\\', c]),
                    },
                    c => word.push(c),
                }
            },
            c => word.push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Splits like Windows programs: backslashes escape only before a quotation mark.
#[cfg(any(windows, test))]
fn windows(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut is_quoted = false;
    let mut backslashes = 0;
    for c in line.chars() {
        if c == '\\' {
            backslashes += 1;
            continue;
        }
        let is_quote = c == '"';
        if is_quote || backslashes > 0 {
            let kept = if is_quote {
                backslashes / 2
            } else {
                backslashes
            };
            word.get_or_insert_default().extend(vec!['\\'; kept]);
        }
        let is_escaped = backslashes % 2 == 1;
        backslashes = 0;
        match c {
            '"' if !is_escaped => is_quoted = !is_quoted,
            ' ' | '\t' if !is_quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    if is_quoted {
        return Err(NO_CLOSING_QUOTE);
    }
    if backslashes > 0 {
        word.get_or_insert_default().extend(vec!['\\'; backslashes]);
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::{posix, windows};

    /// The words joined by `|`, or the problem.
    fn joined(words: Result<Vec<String>, &str>) -> String {
        words.map_or_else(str::to_owned, |words| words.join("|"))
    }

    #[test]
    fn on_unix() {
        for (line, words) in [
            ("", ""),
            (" a\t b\r\n", "a|b"),
            (r#"'a  b' "c $d" e\ f '' x"#, "a  b|c $d|e f||x"),
            (r#""a\"b\\c\d" 'e\'f"#, r#"a"b\c\d|e\f"#),
            ("# a>b;c&d|e", "#|a>b;c&d|e"),
            ("'a", "lacks a closing quotation mark"),
            ("\"a\\", "lacks a closing quotation mark"),
            ("a\\", "ends with a backslash"),
        ] {
            assert_eq!(joined(posix(line)), words, "{line}");
        }
    }

    #[test]
    fn on_windows() {
        for (line, words) in [
            ("", ""),
            (" a\t b  ", "a|b"),
            (r#""C:\a b\c.exe" 'd e' "" f"#, r"C:\a b\c.exe|'d|e'||f"),
            (r#"a\\b "c\\" d\"e \\\"f g\"#, r#"a\\b|c\|d"e|\"f|g\"#),
            (r#"a"b c"d"#, "ab cd"),
            ("\"a", "lacks a closing quotation mark"),
        ] {
            assert_eq!(joined(windows(line)), words, "{line}");
        }
    }
}
