//! Splits a text into words like Python's `shlex.split`, which the AWS CLI uses: by the rules of a POSIX
//! shell, without expansions, comments and operators.

pub(crate) const NO_CLOSING_QUOTE: &str = "lacks a closing quotation mark";

pub(crate) fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
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

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn quotes_and_backslashes() {
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
            let joined = split(line).map_or_else(str::to_owned, |words| words.join("|"));
            assert_eq!(joined, words, "{line}");
        }
    }
}
