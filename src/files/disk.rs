//! Finds and reads the shared AWS files.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::ini::IniFile;
use super::shared::SharedFiles;
use crate::error::Error;

/// The variable for the user's home folder.
pub(crate) const HOME: &str = if cfg!(windows) { "USERPROFILE" } else { "HOME" };

/// Reads the config and the credentials file from the places that the environment names. Like botocore,
/// expands `$VARIABLE`, `${VARIABLE}` and a leading `~`.
///
/// A missing file counts as empty, and so does a path that is neither file nor directory (`/dev/null`),
/// or the empty path.
pub fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<SharedFiles, Error> {
    let read = |name, default| read_file(&path_of(name, default, &variable)?, name);
    let config = read("AWS_CONFIG_FILE", "~/.aws/config")?;
    let credentials = read("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")?;
    Ok(SharedFiles::new(config, credentials))
}

fn path_of(
    name: &'static str,
    default: &str,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, Error> {
    let given = variable(name).unwrap_or_else(|| default.into());
    let path = PathBuf::from(with_variables(given, &variable));
    if let Ok(below) = path.strip_prefix("~") {
        return match variable(HOME).filter(|home| !home.is_empty()) {
            Some(home) => Ok(PathBuf::from(home).join(below)),
            None => Err(Error::new(format!(
                "{HOME} is not set, so {} cannot be found",
                path.display()
            ))
            .hint(format!(
                "set {HOME}, or {name} to the full path of the file"
            ))),
        };
    }
    if path.as_os_str().as_encoded_bytes().starts_with(b"~") {
        return Err(Error::new(format!(
            "{name} is {}: home folders of other users are not supported",
            path.display()
        ))
        .hint(format!("set {name} to the full path")));
    }
    Ok(path)
}

/// Replaces `$NAME` and `${NAME}`; leaves a variable that is not set as it is.
fn with_variables(path: OsString, variable: impl Fn(&str) -> Option<OsString>) -> OsString {
    let Some(text) = path.to_str() else {
        return path;
    };
    let mut expanded = OsString::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push(before);
        let braced = after
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'));
        let (name, unread) = braced.unwrap_or_else(|| {
            let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            after.split_at(end.unwrap_or(after.len()))
        });
        let as_written = &rest[before.len()..rest.len() - unread.len()];
        let value = if name.is_empty() {
            None
        } else {
            variable(name)
        };
        expanded.push(value.as_deref().unwrap_or(OsStr::new(as_written)));
        rest = unread;
    }
    expanded.push(rest);
    expanded
}

fn read_file(path: &Path, variable: &'static str) -> Result<IniFile, Error> {
    let shown = path.display();
    let unreadable = |error: io::Error| {
        Error::new(format!("{shown} cannot be read"))
            .hint(format!("make {shown} readable for this user, or remove it"))
            .source(error)
    };
    let content = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(
                Error::new(format!("{shown} is a directory, not a file")).hint(format!(
                    "put a file there, or set {variable} to the path of one"
                )),
            );
        }
        Ok(metadata) if metadata.is_file() => super::read(path).map_err(unreadable)?,
        Ok(_) => Vec::new(),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Vec::new()
        }
        Err(error) => return Err(unreadable(error)),
    };
    IniFile::parse(path, Zeroizing::new(content))
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::fs;

    use super::*;

    fn environment<'e>(variables: &'e [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + 'e {
        |name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        }
    }

    #[test]
    fn a_path_is_expanded_as_botocore_does() {
        let given = |path| {
            let variables = [
                ("P", path),
                ("HOME", "/home/anna"),
                ("USER", "anna"),
                ("EMPTY", ""),
            ];
            path_of("P", "~/.aws/config", environment(&variables)).unwrap()
        };
        for (path, expanded) in [
            ("~/x", "/home/anna/x"),
            ("$HOME/x", "/home/anna/x"),
            ("/h/${USER}/$USER.$EMPTY", "/h/anna/anna."),
            ("/$NONE/${NONE}/$/${/${}", "/$NONE/${NONE}/$/${/${}"),
            ("a/~", "a/~"),
            ("", ""),
        ] {
            assert_eq!(given(path), Path::new(expanded), "{path}");
        }
        let default =
            path_of("P", "~/.aws/config", environment(&[("HOME", "/home/anna")])).unwrap();
        assert_eq!(default, Path::new("/home/anna/.aws/config"));
    }

    #[test]
    fn a_home_that_nobody_names_is_an_error() {
        for variables in [&[][..], &[("HOME", "")]] {
            let error = read(environment(variables)).unwrap_err();
            assert_eq!(
                error.to_string(),
                "HOME is not set, so ~/.aws/config cannot be found"
            );
            assert_eq!(
                error.hint.unwrap(),
                "set HOME, or AWS_CONFIG_FILE to the full path of the file"
            );
        }
        let error = read(environment(&[
            ("AWS_CONFIG_FILE", "~bob/config"),
            ("HOME", "/"),
        ]))
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "AWS_CONFIG_FILE is ~bob/config: home folders of other users are not supported"
        );
    }

    #[test]
    fn a_missing_file_is_an_empty_one() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().to_str().unwrap();
        let names = |config: &str| {
            let variables = [("HOME", home), ("AWS_CONFIG_FILE", config)];
            read(environment(&variables)).map(|files| files.profile_names().count())
        };
        for config in ["~/none", "", "/dev/null", "/dev/null/below"] {
            assert_eq!(names(config).unwrap(), 0, "{config}");
        }
        fs::write(Path::new(home).join("there"), "[default]").unwrap();
        assert_eq!(names("~/there").unwrap(), 1);
    }

    #[test]
    fn a_directory_and_a_broken_file_are_named() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().to_str().unwrap();
        let error = read(environment(&[("AWS_CONFIG_FILE", home)])).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{home} is a directory, not a file")
        );
        let broken = format!("{home}/broken");
        fs::write(&broken, "[default]\nx\n").unwrap();
        let error = read(environment(&[
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", &broken),
        ]));
        let error = error.unwrap_err().to_string();
        assert_eq!(
            error,
            format!("{broken}, line 2: the line is neither a [section] nor key = value")
        );
    }
}
