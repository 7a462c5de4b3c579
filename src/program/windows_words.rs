//! The words of a `credential_process` on Windows.

use crate::shlex::NO_CLOSING_QUOTE;

/// Splits like Windows programs: backslashes escape only before a quotation mark.
pub(super) fn split(line: &str) -> Result<Vec<String>, &'static str> {
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
    use super::split;

    #[test]
    fn quotes_and_backslashes() {
        for (line, words) in [
            ("", ""),
            (" a\t b  ", "a|b"),
            (r#""C:\a b\c.exe" 'd e' "" f"#, r"C:\a b\c.exe|'d|e'||f"),
            (r#"a\\b "c\\" d\"e \\\"f g\"#, r#"a\\b|c\|d"e|\"f|g\"#),
            (r#"a"b c"d"#, "ab cd"),
            ("\"a", "lacks a closing quotation mark"),
        ] {
            let joined = split(line).map_or_else(str::to_owned, |words| words.join("|"));
            assert_eq!(joined, words, "{line}");
        }
    }
}
