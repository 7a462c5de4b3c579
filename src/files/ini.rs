//! One shared AWS file, config or credentials, read as the AWS CLI reads it.
//!
//! The CLI uses botocore's `configloader` on Python's `RawConfigParser`, which differs from the AWS SDK
//! for Rust: `:` separates like `=`, an indented line continues the value above, `[DEFAULT]` adds its
//! keys to every section, and one odd line makes the whole file invalid. A profile must mean the same
//! here as there, so this parser accepts and rejects the same files; `tests/files` compares the two.
//!
//! The text is scanned once and kept; an entry stores the positions of its key and value. Values are
//! built on demand, so that a file with thousands of profiles costs only its scan.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::Error;
use crate::value::Value;

/// One shared file. Its text is wiped on drop.
pub struct IniFile {
    path: PathBuf,
    text: Zeroizing<String>,
    /// The first is `[DEFAULT]`, even if the file has none.
    sections: Vec<Section>,
}

/// The value of a key. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IniValue {
    /// `key = value` and its line. It may continue on indented lines, which then end in `\n` each.
    Plain(Value, usize),
    /// `key =` followed by indented lines of `key = value`. The keys are as written, each once.
    Nested(Vec<(String, Value, usize)>),
}

/// A section of one file; see [`IniFile::sections`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionId(usize);

struct Section {
    name: Range<usize>,
    line: usize,
    entries: Vec<Entry>,
    /// The entries by their keys, for a search in a large section.
    by_key: HashMap<String, usize>,
}

/// Up to so many entries it is faster to compare them all.
const SMALL: usize = 32;

struct Entry {
    /// As written, not yet in lower case.
    key: Range<usize>,
    /// From the delimiter to the end of the value's last line.
    value: Range<usize>,
    line: usize,
}

const DEFAULTS: SectionId = SectionId(0);

impl IniFile {
    /// Parses a file's content; an empty one has no sections. `path` is for messages only.
    pub fn parse(path: &Path, content: Zeroizing<Vec<u8>>) -> Result<Self, Error> {
        let text = text_of(path, content)?;
        let mut scan = Scan::new(path);
        for line in text.split_inclusive('\n') {
            scan.read(line)?;
        }
        let mut file = Self {
            path: path.to_owned(),
            sections: scan.sections,
            text,
        };
        file.index();
        file.check_duplicates()?;
        file.check_nested()?;
        Ok(file)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The sections with their names as written between the brackets, in the order of the file, without
    /// `[DEFAULT]`.
    #[must_use]
    pub fn sections(&self) -> impl DoubleEndedIterator<Item = (SectionId, &str)> {
        let named = self.sections.iter().enumerate().skip(1);
        named.map(|(index, section)| (SectionId(index), &self.text[section.name.clone()]))
    }

    /// The keys of a section in lower case, with those from `[DEFAULT]` last.
    pub fn keys(&self, section: SectionId) -> impl Iterator<Item = Cow<'_, str>> {
        let own = self.entries(section).iter();
        let inherited = self.entries(DEFAULTS).iter();
        let inherited =
            inherited.filter(move |entry| self.find(section, &self.key(entry)).is_none());
        own.chain(inherited).map(|entry| self.key(entry))
    }

    /// The value of a key in a section, or in `[DEFAULT]` if the section has none.
    #[must_use]
    pub fn get(&self, section: SectionId, key: &str) -> Option<IniValue> {
        let entry = self
            .find(section, key)
            .or_else(|| self.find(DEFAULTS, key))?;
        Some(if self.is_nested(entry) {
            let mut nested: Vec<(String, Value, usize)> = Vec::new();
            for (line, text) in self.nested_lines(entry) {
                let (key, value) = text.split_once('=').unwrap_or((text, ""));
                let (key, value) = (strip(key), Value::from(strip(value)));
                match nested.iter_mut().find(|(known, ..)| known == key) {
                    Some((_, earlier, its_line)) => (*earlier, *its_line) = (value, line),
                    None => nested.push((key.to_owned(), value, line)),
                }
            }
            IniValue::Nested(nested)
        } else {
            // Reserve enough for the whole value: a buffer that grows leaves half a secret behind.
            let mut value = String::with_capacity(entry.value.len());
            value.push_str(self.first_line(entry));
            for (_, line) in self.continuation_lines(entry) {
                value.push('\n');
                value.push_str(line);
            }
            IniValue::Plain(Value::from(value), entry.line)
        })
    }

    fn index(&mut self) {
        for section in &mut self.sections {
            if section.entries.len() > SMALL {
                let keys = section.entries.iter();
                let keys = keys.map(|entry| lower(&self.text[entry.key.clone()]).into_owned());
                section.by_key = keys.zip(0..).collect();
            }
        }
    }

    fn entries(&self, section: SectionId) -> &[Entry] {
        &self.sections[section.0].entries
    }

    fn find(&self, section: SectionId, key: &str) -> Option<&Entry> {
        let Section {
            entries, by_key, ..
        } = &self.sections[section.0];
        if entries.len() > SMALL {
            return by_key.get(key).map(|&index| &entries[index]);
        }
        entries.iter().find(|entry| self.key(entry) == key)
    }

    fn key(&self, entry: &Entry) -> Cow<'_, str> {
        lower(&self.text[entry.key.clone()])
    }

    fn first_line(&self, entry: &Entry) -> &str {
        let value = &self.text[entry.value.clone()];
        strip(value.split_once('\n').map_or(value, |(first, _)| first))
    }

    /// The lines of a value after the first and their numbers, without comments.
    fn continuation_lines(&self, entry: &Entry) -> impl Iterator<Item = (usize, &str)> {
        let lines = (entry.line..).zip(self.text[entry.value.clone()].split('\n'));
        let lines = lines.skip(1).map(|(line, text)| (line, strip(text)));
        lines.filter(|(_, text)| !is_comment(text))
    }

    fn is_nested(&self, entry: &Entry) -> bool {
        self.text[entry.value.clone()].contains('\n') && self.first_line(entry).is_empty()
    }

    fn nested_lines(&self, entry: &Entry) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.continuation_lines(entry);
        let lines = lines.flat_map(|(line, text)| {
            text.split(is_line_break)
                .map(move |part| (line, strip(part)))
        });
        lines.filter(|(_, text)| !text.is_empty())
    }

    fn check_duplicates(&self) -> Result<(), Error> {
        let mut names: Vec<_> = self.sections[1..]
            .iter()
            .map(|section| (self.text[section.name.clone()].into(), section.line))
            .collect();
        if let Some((line, name, first)) = repeated(&mut names) {
            let problem =
                format!("the section [{name}] appears twice in the file, first in line {first}");
            let hint = "put the keys of both under one header";
            return Err(broken(&self.path, line, &problem, hint));
        }
        for section in &self.sections {
            names.clear();
            names.extend(
                section
                    .entries
                    .iter()
                    .map(|entry| (self.key(entry), entry.line)),
            );
            if let Some((line, key, first)) = repeated(&mut names) {
                let section = match section.line {
                    0 => "DEFAULT",
                    _ => &self.text[section.name.clone()],
                };
                let problem =
                    format!("the key {key} appears twice in [{section}], first in line {first}");
                let hint = "keep one of the two lines";
                return Err(broken(&self.path, line, &problem, hint));
            }
        }
        Ok(())
    }

    fn check_nested(&self) -> Result<(), Error> {
        for (index, section) in self.sections.iter().enumerate() {
            for entry in section.entries.iter().filter(|entry| self.is_nested(entry)) {
                let mut lines = self.nested_lines(entry);
                let Some((line, _)) = lines.find(|(_, text)| !text.contains('=')) else {
                    continue;
                };
                let key = self.key(entry);
                // A value that every section overrides is never read.
                let is_read = SectionId(index) != DEFAULTS
                    || self
                        .sections()
                        .any(|(section, _)| self.find(section, &key).is_none());
                if is_read {
                    let problem =
                        format!("the indented line below the key {key} is not key = value");
                    let hint = "write each indented line as key = value, or put the value on the line of its key";
                    return Err(broken(&self.path, line, &problem, hint));
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for IniFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IniFile")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The state between two lines.
struct Scan<'p> {
    path: &'p Path,
    /// Where the next line starts, in bytes, and the number of the last line.
    offset: usize,
    line: usize,
    sections: Vec<Section>,
    current: Option<usize>,
    /// Whether the current section has a key that an indented line would continue.
    in_value: bool,
    /// The indentation of the last key or header, in characters.
    indent: usize,
}

impl<'p> Scan<'p> {
    fn new(path: &'p Path) -> Self {
        let defaults = Section {
            name: 0..0,
            line: 0,
            entries: Vec::new(),
            by_key: HashMap::new(),
        };
        Self {
            path,
            offset: 0,
            line: 0,
            sections: vec![defaults],
            current: None,
            in_value: false,
            indent: 0,
        }
    }

    fn read(&mut self, line: &str) -> Result<(), Error> {
        let from_text = line.trim_start_matches(is_space);
        let start = self.offset + line.len() - from_text.len();
        let text = from_text.trim_end_matches(is_space);
        self.offset += line.len();
        self.line += 1;
        if text.is_empty() || is_comment(text) {
            return Ok(());
        }
        let indent = line.chars().take_while(|&c| is_space(c)).count();
        if self.in_value && indent > self.indent {
            let entries = self
                .current
                .map(|section| &mut self.sections[section].entries);
            if let Some(entry) = entries.and_then(|entries| entries.last_mut()) {
                entry.value.end = start + text.len();
            }
            return Ok(());
        }
        self.indent = indent;
        if let Some(name) = header(text) {
            self.open(start + 1, name);
            return Ok(());
        }
        match self.current {
            None if text.starts_with('[') => Err(self.broken_header()),
            None => Err(self.broken(
                "a line comes before the first [section]",
                "put a header such as [default] above the line, or start it with # to make it a comment",
            )),
            Some(section) => self.add(section, start, text),
        }
    }

    fn open(&mut self, start: usize, name: &str) {
        self.in_value = false;
        if name == "DEFAULT" {
            // May occur several times.
            self.current = Some(DEFAULTS.0);
            return;
        }
        self.current = Some(self.sections.len());
        self.sections.push(Section {
            name: start..start + name.len(),
            line: self.line,
            // Enough for most sections, so one allocation.
            entries: Vec::with_capacity(8),
            by_key: HashMap::new(),
        });
    }

    fn add(&mut self, section: usize, start: usize, text: &str) -> Result<(), Error> {
        let Some(delimiter) = text.bytes().position(|b| b == b'=' || b == b':') else {
            return Err(if text.starts_with('[') {
                self.broken_header()
            } else {
                self.broken(
                    "the line is neither a [section] nor key = value",
                    "write it as key = value, indent it if it continues the value above, or start it with # to \
                     make it a comment",
                )
            });
        };
        let key = strip(&text[..delimiter]);
        if key.is_empty() {
            return Err(self.broken(
                "the line has no key before its = or :",
                "write the line as key = value",
            ));
        }
        self.in_value = true;
        self.sections[section].entries.push(Entry {
            key: start..start + key.len(),
            value: start + delimiter + 1..start + text.len(),
            line: self.line,
        });
        Ok(())
    }

    fn broken_header(&self) -> Error {
        self.broken(
            "a section header without a name or without its closing ]",
            "write the header as [name]",
        )
    }

    fn broken(&self, problem: &str, hint: &str) -> Error {
        broken(self.path, self.line, problem, hint)
    }
}

/// The error for a file that the AWS CLI rejects, too. The problem must not repeat a value or a stray
/// line, since either may be a secret.
fn broken(path: &Path, line: usize, problem: &str, hint: &str) -> Error {
    let path = path.display();
    Error::new(format!("{path}, line {line}: {problem}")).hint(hint)
}

/// The first line that repeats a name, the name, and the line that had it first.
fn repeated<'n>(names: &mut [(Cow<'n, str>, usize)]) -> Option<(usize, Cow<'n, str>, usize)> {
    names.sort_unstable();
    let pairs = names.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let first = pairs.min_by_key(|pair| pair[1].1)?;
    Some((first[1].1, first[0].0.clone(), first[0].1))
}

/// The text of a file with `\n` as the only line end, as Python opens text files.
fn text_of(path: &Path, mut content: Zeroizing<Vec<u8>>) -> Result<Zeroizing<String>, Error> {
    if content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff") {
        let problem = "the file is UTF-16, not UTF-8";
        return Err(broken(path, 1, problem, "save the file as UTF-8"));
    }
    let text = String::from_utf8(std::mem::take(&mut *content)).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let bytes = Zeroizing::new(error.into_bytes());
        let before = String::from_utf8_lossy(&bytes[..valid]);
        let line = unified(&before).split('\n').count();
        broken(
            path,
            line,
            "the text is not UTF-8",
            "save the file as UTF-8",
        )
    })?;
    let text = Zeroizing::new(text);
    if text.starts_with('\u{feff}') {
        let problem = "the file starts with a byte order mark, which the AWS CLI refuses";
        let hint = "save the file as UTF-8 without a byte order mark (BOM)";
        return Err(broken(path, 1, problem, hint));
    }
    Ok(if text.contains('\r') {
        unified(&text)
    } else {
        text
    })
}

fn unified(text: &str) -> Zeroizing<String> {
    let mut unified = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\r') {
        unified.push_str(line);
        unified.push('\n');
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    unified.push_str(rest);
    unified
}

/// The name in a section header, which ends at the last `]` of the line; the rest is ignored.
fn header(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

fn is_comment(text: &str) -> bool {
    text.starts_with(['#', ';'])
}

/// What Python's `str.strip` removes: Unicode white space and the four ASCII separators.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// Where Python's `str.splitlines` splits, apart from `\n`.
fn is_line_break(c: char) -> bool {
    matches!(
        c,
        '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

fn lower(key: &str) -> Cow<'_, str> {
    if key.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        Cow::Borrowed(key)
    } else {
        Cow::Owned(key.to_lowercase())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<IniFile, Error> {
        IniFile::parse(
            Path::new("/home/anna/.aws/config"),
            text.as_bytes().to_vec().into(),
        )
    }

    fn get(text: &str, key: &str) -> Option<IniValue> {
        let file = parse(text).ok()?;
        let (section, _) = file.sections().next()?;
        file.get(section, key)
    }

    fn plain(value: &str, line: usize) -> IniValue {
        IniValue::Plain(value.into(), line)
    }

    #[test]
    fn a_value_is_stripped_and_its_comment_kept() {
        let text = "; first\n[default]\n Region : us-east-1 # home\t\n";
        assert_eq!(get(text, "region"), Some(plain("us-east-1 # home", 3)));
        assert_eq!(get(text, "Region"), None);
    }

    #[test]
    fn an_indented_line_continues_the_value_whatever_it_looks_like() {
        let text = "[default]\na = 1\n  [b]\n\n  # c\n  d = 2\n\nlast = 3";
        assert_eq!(get(text, "a"), Some(plain("1\n[b]\n\nd = 2", 2)));
        assert_eq!(get(text, "last"), Some(plain("3", 8)));
    }

    #[test]
    fn nested_keys_keep_their_case_and_their_lines() {
        let text = "[default]\r\ns3 =\r\n  Style = path\r\n  # c\r\n  x=\r\n  Style = auto\r\n";
        let nested = vec![
            ("Style".to_owned(), "auto".into(), 6),
            ("x".to_owned(), "".into(), 5),
        ];
        assert_eq!(get(text, "s3"), Some(IniValue::Nested(nested)));
    }

    #[test]
    fn python_s_default_section_lends_its_keys() {
        let text = "[DEFAULT]\na = 1\nb = 2\n[default]\nb = 3\n";
        assert_eq!(get(text, "a"), Some(plain("1", 2)));
        assert_eq!(get(text, "b"), Some(plain("3", 5)));
    }

    #[test]
    fn a_broken_file_is_told_by_line_and_problem() {
        let cases: [(&[u8], &str); 11] = [
            (
                "\u{feff}[a]\n".as_bytes(),
                "1: the file starts with a byte order mark, which the AWS CLI refuses",
            ),
            (
                b"# c\r\n\rx = 1\n[a]\n",
                "3: a line comes before the first [section]",
            ),
            (
                b"[a]\n\n[b\n",
                "3: a section header without a name or without its closing ]",
            ),
            (
                b"[a\nb = 1\n",
                "1: a section header without a name or without its closing ]",
            ),
            (
                b"[a]\nwJalrXUtnFEMI\n",
                "2: the line is neither a [section] nor key = value",
            ),
            (b"[a]\n = x\n", "2: the line has no key before its = or :"),
            (
                b"[a]\nb=\n[a]\n",
                "3: the section [a] appears twice in the file, first in line 1",
            ),
            (
                b"[s]\nA=1\na=2\n",
                "3: the key a appears twice in [s], first in line 2",
            ),
            (
                b"[s]\na =\n  b = 1\n\n  c\n",
                "5: the indented line below the key a is not key = value",
            ),
            (b"[a]\r\nb = 1\rc = \xe9\n", "3: the text is not UTF-8"),
            (b"\xff\xfe[\0a\0]\0", "1: the file is UTF-16, not UTF-8"),
        ];
        for (bytes, told) in cases {
            let error = IniFile::parse(Path::new("config"), bytes.to_vec().into()).unwrap_err();
            assert_eq!(error.to_string(), format!("config, line {told}"));
            assert!(error.hint.is_some(), "{error}");
        }
    }

    #[test]
    fn the_message_names_file_and_line_and_no_value() {
        let error = parse("[profile dev]\nkey = 1\nkey = wJalrXUtnFEMI\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "/home/anna/.aws/config, line 3: the key key appears twice in [profile dev], first in line 2"
        );
        assert_eq!(error.hint.unwrap(), "keep one of the two lines");
    }

    #[test]
    fn debug_shows_no_value() {
        let file = parse("[a]\nb = wJalrXUtnFEMI\n").unwrap();
        assert_eq!(
            format!("{file:?}"),
            "IniFile { path: \"/home/anna/.aws/config\", .. }"
        );
        let setting = get("[a]\nb = wJalrXUtnFEMI\n", "b");
        assert_eq!(format!("{setting:?}"), "Some(Plain(Value(…), 2))");
    }
}
