//! Values that a shell could misread.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// The longest value of `AWS_SESSION_TOKEN` that a process of Linux can inherit: 128 KiB with its name and
/// the NUL after it.
pub(crate) const LONGEST: usize = 128 * 1024 - "AWS_SESSION_TOKEN=".len() - 1;

/// Every value of the list, then generated ones, always the same.
pub(crate) fn all() -> Vec<Vec<u8>> {
    let mut runner = TestRunner::deterministic();
    let generated = (0..200).filter_map(|_| {
        let tree = generated().new_tree(&mut runner).ok()?;
        Some(tree.current())
    });
    listed().into_iter().chain(generated).collect()
}

/// Random bytes, with many that shells treat specially. No NUL: an environment cannot contain one.
pub(crate) fn generated() -> impl Strategy<Value = Vec<u8>> {
    let special = r#"'"\$`!%^&|<>;#~*?[]{}(),= -+@:./"#;
    let piece = prop_oneof![
        6 => proptest::sample::select(special.chars().collect::<Vec<_>>())
            .prop_map(|c| vec![c as u8]),
        4 => "[a-zA-Z0-9]".prop_map(String::into_bytes),
        2 => any::<char>()
            .prop_filter("no environment holds NUL", |&c| c != '\0')
            .prop_map(|c| c.to_string().into_bytes()),
        1 => proptest::sample::select("‘’‚‛“”„\u{85}\u{a0}\u{2028}é😀\u{feff}".chars().collect::<Vec<_>>())
            .prop_map(|c| c.to_string().into_bytes()),
        1 => (1..=255u8).prop_map(|byte| vec![byte]),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// The values that somebody thought of.
pub(crate) fn listed() -> Vec<Vec<u8>> {
    let text = [
        // Real values.
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "arn:aws:iam::123456789012:mfa/user+tag@example.com",
        "2026-11-24T21:12:00Z",
        "",
        // Quotes.
        "'",
        "''",
        "a'b",
        "'a'",
        "'\\''",
        "\"",
        "\"\"",
        "a\"b",
        "\"'\"'",
        "'; echo hijacked; '",
        "\"; echo hijacked; \"",
        // Backslashes.
        "\\",
        "\\\\",
        "\\\\\\",
        "a\\",
        "\\'",
        "\\\"",
        "\\\\'",
        "a\\nb\\tc\\x41\\u0041\\0",
        "C:\\Users\\user\\.aws\\",
        // Expansions.
        "$",
        "$$",
        "$HOME",
        "${HOME}",
        "$(echo hijacked)",
        "`echo hijacked`",
        "$((1+1))",
        "$env:HOME",
        "$'a'",
        "!",
        "!!",
        "a!b",
        "!$",
        "%",
        "%%",
        "%PATH%",
        "%i",
        "!PATH!",
        "^",
        "^^",
        "a^b",
        "^&",
        // Operators.
        "&",
        "a & b",
        "&&",
        "|",
        "||",
        "<",
        ">",
        "<(true)",
        ";",
        "a;b",
        "(",
        ")",
        "@(a)",
        "@{a}",
        // Comments, home folders, globs, braces.
        "#",
        "a # b",
        "~",
        "~root",
        "=ls",
        "a=b",
        "*",
        "?",
        "[a-z]",
        "/*",
        "{a,b}",
        "{1..3}",
        "{}",
        "[]",
        // Blanks.
        " ",
        "   ",
        " a",
        "a ",
        "a  b",
        " a b ",
        "a b c",
        "\t",
        "a\tb",
        "\n",
        "a\nb",
        "a\n",
        "a\r\nb",
        "\r",
        "a\u{1}b",
        "\u{1b}[31m",
        "\u{7f}",
        // Look like options.
        "-",
        "--",
        "-n",
        "-e",
        "--help",
        "-x y",
        "/?",
        "+x",
        // Beyond ASCII.
        "‘a’ ‚b‛",
        "a’b",
        "“a” „b",
        "\u{85}",
        "a\u{85}b",
        "\u{a0}",
        "\u{2028}\u{2029}",
        "\u{200b}\u{feff}",
        "äöü ß é",
        "日本語",
        "😀 👩\u{200d}💻",
        "e\u{301}",
        "\u{f600}\u{f6ff}",
        "\u{10ffff}",
    ];
    let bytes: [&[u8]; 6] = [
        b"\xff",
        b"a\xffb",
        b"\xc3",
        b"\xc3\xc3\xa9",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98'",
    ];
    let long = [
        "Ab+/".repeat(1024),
        "a'b\\c!$d ".repeat(500),
        "é".repeat(4096),
        "+".repeat(LONGEST),
        "+".repeat(LONGEST + 1),
    ];
    text.iter()
        .map(|text| text.as_bytes().to_vec())
        .chain(bytes.iter().map(|bytes| bytes.to_vec()))
        .chain(long.into_iter().map(String::into_bytes))
        .collect()
}
