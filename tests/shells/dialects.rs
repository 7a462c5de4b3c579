//! What each shell can carry, written down again independently of the code under test.

use crate::values::LONGEST;

/// Whether the row must carry this value; it must refuse every other.
pub(crate) fn carries(row: &str, value: &[u8]) -> bool {
    if value.iter().any(|&b| b < b' ' || b == 0x7f) {
        return false;
    }
    if cfg!(target_os = "linux") && value.len() > LONGEST {
        return false;
    }
    let is_text = str::from_utf8(value).is_ok();
    match row {
        "bash" | "zsh" | "sh" | "ksh" | "fish" | "xonsh" | "elvish" => true,
        "tcsh" => value.is_ascii() || value.len() < 3000,
        "nu" | "json" | "github" | "powershell" | "tmux" => is_text,
        "cmd" => {
            value.is_ascii() && !value.iter().any(|b| b"\"%!".contains(b)) && value.len() < 8000
        }
        "dotenv" => value
            .iter()
            .all(|&b| b.is_ascii_alphanumeric() || b"+/=:.,@_%-".contains(&b)),
        _ => panic!("what does {row} carry?"),
    }
}

/// Parses statements into variables and values, with `None` for a removal. Returns `None` for
/// PowerShell, which parses its own in `real` and in tests/powershell.
pub(crate) fn decode(row: &str, statements: &[u8]) -> Option<Vec<(String, Option<Vec<u8>>)>> {
    Some(match row {
        "powershell" => {
            assert!(statements.is_ascii(), "the console's code page changes it");
            assert_eq!(lines(statements).count(), 1, "iex gets line by line");
            return None;
        }
        "bash" | "zsh" | "sh" | "ksh" => posix(statements),
        "fish" => commands(statements, fish_word)
            .into_iter()
            .filter_map(|words| match words_of(&words).as_slice() {
                ["set", "-eg", name] => Some(((*name).to_owned(), None)),
                ["set", "-gx", name, _] => Some(((*name).to_owned(), Some(words[3].clone()))),
                ["true"] | ["set", "-qUx", _] | ["and", "echo", ..] => None,
                other => panic!("{other:?}"),
            })
            .collect(),
        "tcsh" => commands(statements, tcsh_word)
            .into_iter()
            .map(|words| match words_of(&words).as_slice() {
                ["unsetenv", name] => ((*name).to_owned(), None),
                ["setenv", name, _] => ((*name).to_owned(), Some(words[2].clone())),
                other => panic!("{other:?}"),
            })
            .collect(),
        "elvish" => commands(statements, elvish_word)
            .into_iter()
            .filter_map(|words| match words_of(&words).as_slice() {
                ["unset-env", name] => Some(((*name).to_owned(), None)),
                ["set-env", name, _] => Some(((*name).to_owned(), Some(words[2].clone()))),
                ["nop"] => None,
                other => panic!("{other:?}"),
            })
            .collect(),
        "xonsh" => xonsh(statements),
        "cmd" => lines(statements)
            .filter(|line| line != b"cmd /d /c exit 0")
            .map(|line| {
                let inner = line
                    .strip_prefix(b"set \"")
                    .and_then(|rest| rest.strip_suffix(b"\""))
                    .expect("a line of set");
                let (name, value) = split(inner, b'=');
                (name, Some(value).filter(|value| !value.is_empty()))
            })
            .collect(),
        "nu" => {
            let record: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(statements).expect("a record");
            record
                .into_iter()
                .map(|(name, value)| (name, value.as_str().map(|text| text.as_bytes().to_vec())))
                .collect()
        }
        "json" => {
            let record: serde_json::Map<String, serde_json::Value> =
                serde_json::from_slice(statements).expect("a document");
            assert_eq!(record["Version"], 1);
            record
                .into_iter()
                .filter_map(|(key, value)| {
                    let name = match key.as_str() {
                        "AccessKeyId" => "AWS_ACCESS_KEY_ID",
                        "SecretAccessKey" => "AWS_SECRET_ACCESS_KEY",
                        "SessionToken" => "AWS_SESSION_TOKEN",
                        "Expiration" => "AWS_CREDENTIAL_EXPIRATION",
                        _ => return None,
                    };
                    Some((
                        name.to_owned(),
                        value.as_str().map(|text| text.as_bytes().to_vec()),
                    ))
                })
                .collect()
        }
        // It quotes as POSIX's shells do.
        "tmux" => lines(statements)
            .filter(|line| line != b"# nothing to do")
            .map(|line| {
                let line = String::from_utf8(line).expect("text");
                if let Some(name) = line.strip_prefix("set-environment -gu ") {
                    return (name.to_owned(), None);
                }
                let set = line.strip_prefix("set-environment -g ").expect("a command");
                let (name, quoted) = set.split_once(' ').expect("a value");
                let export = format!("\\export {name}={quoted};\n");
                posix(export.as_bytes()).remove(0)
            })
            .collect(),
        "dotenv" | "github" => lines(statements)
            .map(|line| {
                let (name, value) = split(&line, b'=');
                (name, Some(value))
            })
            .collect(),
        _ => panic!("how is {row} read?"),
    })
}

fn lines(statements: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let body = statements.strip_suffix(b"\n").unwrap_or(statements);
    body.split(|&b| b == b'\n')
        .filter(|line| !line.is_empty())
        .map(<[u8]>::to_vec)
}

fn split(line: &[u8], at: u8) -> (String, Vec<u8>) {
    let index = line.iter().position(|&b| b == at).expect("a separator");
    let name = String::from_utf8(line[..index].to_vec()).expect("a name");
    (name, line[index + 1..].to_vec())
}

fn words_of(words: &[Vec<u8>]) -> Vec<&str> {
    words
        .iter()
        .map(|word| str::from_utf8(word).unwrap_or("(bytes)"))
        .collect()
}

/// Splits into commands at unquoted `;` and into words at unquoted blanks. `word` takes quoted text off
/// the front and returns its length.
fn commands(statements: &[u8], word: fn(&[u8], &mut Vec<u8>) -> usize) -> Vec<Vec<Vec<u8>>> {
    let mut commands = vec![];
    let mut words: Vec<Vec<u8>> = vec![];
    let mut current: Option<Vec<u8>> = None;
    let mut rest = statements;
    while let Some(&first) = rest.first() {
        let taken = match first {
            b' ' | b'\n' | b';' => {
                words.extend(current.take());
                if first == b';' {
                    commands.push(std::mem::take(&mut words));
                }
                1
            }
            _ => word(rest, current.get_or_insert_default()),
        };
        rest = &rest[taken..];
    }
    assert!(
        words.is_empty() && current.is_none(),
        "the last command must end in a semicolon"
    );
    commands
}

/// A word, or part of one, that needs no quotes in any shell.
fn bare(rest: &[u8], out: &mut Vec<u8>) -> usize {
    assert!(
        rest[0].is_ascii_alphanumeric() || b"_-=&>:/".contains(&rest[0]),
        "unquoted {:?}",
        char::from(rest[0])
    );
    out.push(rest[0]);
    1
}

/// Text up to the closing quote; `escape` takes an escape sequence.
fn quoted(rest: &[u8], out: &mut Vec<u8>, escape: fn(&[u8], &mut Vec<u8>) -> usize) -> usize {
    let quote = rest[0];
    let mut at = 1;
    while rest[at] != quote {
        let taken = escape(&rest[at..], out);
        if taken == 0 {
            out.push(rest[at]);
            at += 1;
        }
        at += taken;
    }
    at + 1
}

fn posix(statements: &[u8]) -> Vec<(String, Option<Vec<u8>>)> {
    let mut changes = vec![];
    for words in commands(statements, posix_word) {
        for command in words.split(|word| word == b"&&") {
            match command[0].as_slice() {
                b":" => {}
                b"unset" => {
                    assert_eq!(command[1], b"-v");
                    for name in &command[2..] {
                        changes.push((String::from_utf8_lossy(name).into_owned(), None));
                    }
                }
                b"export" => {
                    for assignment in &command[1..] {
                        let (name, value) = split(assignment, b'=');
                        changes.push((name, Some(value)));
                    }
                }
                other => panic!("{}", String::from_utf8_lossy(other)),
            }
        }
    }
    changes
}

fn posix_word(rest: &[u8], out: &mut Vec<u8>) -> usize {
    match rest[0] {
        b'"' => quoted(rest, out, |rest, _| {
            assert!(
                !rest[0].is_ascii(),
                "a character that `\"` may leave special"
            );
            0
        }),
        b'\'' => quoted(rest, out, |_, _| 0),
        b'\\' => {
            out.push(rest[1]);
            2
        }
        _ => bare(rest, out),
    }
}

fn tcsh_word(rest: &[u8], out: &mut Vec<u8>) -> usize {
    match rest[0] {
        b'\'' => quoted(rest, out, |rest, _| {
            assert_ne!(rest[0], b'!', "history");
            0
        }),
        b'\\' => {
            out.push(rest[1]);
            2
        }
        _ => bare(rest, out),
    }
}

fn fish_word(rest: &[u8], out: &mut Vec<u8>) -> usize {
    match rest[0] {
        b'\'' => quoted(rest, out, |rest, out| match rest {
            [b'\\', c @ (b'\\' | b'\''), ..] => {
                out.push(*c);
                2
            }
            _ => 0,
        }),
        _ => bare(rest, out),
    }
}

fn elvish_word(rest: &[u8], out: &mut Vec<u8>) -> usize {
    match rest[0] {
        b'"' => quoted(rest, out, |rest, out| match rest {
            [b'\\', c @ (b'\\' | b'"'), ..] => {
                out.push(*c);
                2
            }
            [b'\\', b'x', ..] => {
                let digits = str::from_utf8(&rest[2..4]).expect("digits");
                out.push(u8::from_str_radix(digits, 16).expect("digits"));
                4
            }
            [b'\\', ..] => panic!("an escape that elvish does not know"),
            _ => 0,
        }),
        _ => bare(rest, out),
    }
}

fn xonsh(statements: &[u8]) -> Vec<(String, Option<Vec<u8>>)> {
    let text = str::from_utf8(statements).expect("text");
    assert!(text.is_ascii());
    let mut changes = vec![];
    let mut rest = text;
    while rest != "pass\n" {
        if let Some(after) = rest.strip_prefix("${...}.pop('") {
            let (name, after) = after.split_once("', None); ").expect("a removal");
            changes.push((name.to_owned(), None));
            rest = after;
        } else {
            let (name, after) = rest
                .strip_prefix('$')
                .and_then(|rest| rest.split_once(" = "))
                .expect("an assignment");
            let mut value = vec![];
            let taken = quoted(after.as_bytes(), &mut value, python_escape);
            changes.push((name.to_owned(), Some(value)));
            rest = after[taken..].strip_prefix("; ").expect("an end");
        }
    }
    changes
}

fn python_escape(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let hex = |digits: &[u8]| {
        u32::from_str_radix(str::from_utf8(digits).expect("digits"), 16).expect("digits")
    };
    match rest {
        [b'\\', c @ (b'\\' | b'\''), ..] => {
            out.push(*c);
            2
        }
        [b'\\', b'u', ..] => {
            let surrogate = hex(&rest[2..6]);
            out.push(u8::try_from(surrogate - 0xdc00).expect("PEP 383"));
            6
        }
        [b'\\', b'U', ..] => {
            let c = char::from_u32(hex(&rest[2..10])).expect("a character");
            out.extend(c.to_string().into_bytes());
            10
        }
        [b'\\', ..] => panic!("an escape that is not expected"),
        _ => 0,
    }
}
