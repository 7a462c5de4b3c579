//! The two shared AWS files as one set of profiles.
//!
//! The rules are botocore's (`configloader` and `Session.full_config`): in the config file a profile is
//! `[default]`, or two words of which the first starts with `profile`; in the credentials file the name
//! of a section is the name of the profile. If both files have a key, the credentials file wins.

use std::borrow::Cow;
use std::collections::HashMap;

use super::ini::{IniFile, IniValue, SectionId};
use crate::shlex;

#[derive(Debug)]
pub struct SharedFiles {
    config: IniFile,
    credentials: IniFile,
    profiles: Vec<ProfileSections>,
    by_name: HashMap<String, usize>,
    services: HashMap<String, SectionId>,
}

#[derive(Debug)]
struct ProfileSections {
    name: String,
    config: Option<SectionId>,
    credentials: Option<SectionId>,
}

/// The keys of one profile, or of one `[services …]` section.
#[derive(Debug, Clone, Copy)]
pub struct SectionView<'f> {
    files: &'f SharedFiles,
    config: Option<SectionId>,
    credentials: Option<SectionId>,
}

impl SharedFiles {
    #[must_use]
    pub fn new(config: IniFile, credentials: IniFile) -> Self {
        let mut files = Self {
            config,
            credentials,
            profiles: Vec::new(),
            by_name: HashMap::new(),
            services: HashMap::new(),
        };
        for (section, header) in files.config.sections() {
            if let Some(name) = second_word(header, "services") {
                files.services.insert(name, section);
            }
            let name = match header {
                "default" => Some(header.to_owned()),
                _ => second_word(header, "profile"),
            };
            if let Some(name) = name {
                // If two sections name one profile, the later one replaces the earlier one completely.
                profile_at(&mut files.profiles, &mut files.by_name, &name).config = Some(section);
            }
        }
        for (section, name) in files.credentials.sections() {
            profile_at(&mut files.profiles, &mut files.by_name, name).credentials = Some(section);
        }
        files
    }

    /// The names of the profiles: those in the config file in its order, then those that are only in the
    /// credentials file.
    pub fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.profiles.iter().map(|profile| profile.name.as_str())
    }

    #[must_use]
    pub fn profile(&self, name: &str) -> Option<SectionView<'_>> {
        let profile = &self.profiles[*self.by_name.get(name)?];
        Some(SectionView {
            files: self,
            config: profile.config,
            credentials: profile.credentials,
        })
    }

    /// The `[services NAME]` section of the config file, which a profile's key `services` names.
    #[must_use]
    pub fn services(&self, name: &str) -> Option<SectionView<'_>> {
        let section = *self.services.get(name)?;
        Some(SectionView {
            files: self,
            config: Some(section),
            credentials: None,
        })
    }

    /// The paths of the two files, for messages.
    #[must_use]
    pub fn paths(&self) -> String {
        format!(
            "{} and {}",
            self.config.path().display(),
            self.credentials.path().display()
        )
    }
}

impl<'f> SectionView<'f> {
    /// The value of a key, and the file that it is from.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<(IniValue, &'f IniFile)> {
        let [config, credentials] = self.sections();
        [credentials, config]
            .into_iter()
            .flatten()
            .find_map(|(file, section)| Some((file.get(section, key)?, file)))
    }

    /// The keys in lower case, each once.
    #[must_use]
    pub fn keys(&self) -> Vec<Cow<'f, str>> {
        let mut keys: Vec<Cow<'f, str>> = Vec::new();
        for (file, section) in self.sections().into_iter().flatten() {
            let known = keys.len();
            for key in file.keys(section) {
                if !keys[..known].contains(&key) {
                    keys.push(key);
                }
            }
        }
        keys
    }

    /// What the config file alone says.
    #[must_use]
    pub fn in_config(self) -> Self {
        Self {
            credentials: None,
            ..self
        }
    }

    /// What the credentials file alone says.
    #[must_use]
    pub fn in_credentials(self) -> Self {
        Self {
            config: None,
            ..self
        }
    }

    fn sections(&self) -> [Option<(&'f IniFile, SectionId)>; 2] {
        [
            self.config.map(|section| (&self.files.config, section)),
            self.credentials
                .map(|section| (&self.files.credentials, section)),
        ]
    }
}

fn profile_at<'p>(
    profiles: &'p mut Vec<ProfileSections>,
    by_name: &mut HashMap<String, usize>,
    name: &str,
) -> &'p mut ProfileSections {
    let index = *by_name.entry(name.to_owned()).or_insert(profiles.len());
    if index == profiles.len() {
        profiles.push(ProfileSections {
            name: name.to_owned(),
            config: None,
            credentials: None,
        });
    }
    &mut profiles[index]
}

/// The second word of a header with exactly two words that starts with `prefix`.
fn second_word(header: &str, prefix: &str) -> Option<String> {
    if !header.starts_with(prefix) {
        return None;
    }
    let [_, name] = <[String; 2]>::try_from(shlex::split(header).ok()?).ok()?;
    Some(name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::path::Path;

    use super::*;

    fn files(config: &str, credentials: &str) -> SharedFiles {
        let parse = |name, text: &str| {
            IniFile::parse(Path::new(name), text.as_bytes().to_vec().into()).unwrap()
        };
        SharedFiles::new(parse("config", config), parse("credentials", credentials))
    }

    #[test]
    fn a_key_of_the_credentials_file_wins() {
        let files = files(
            "[profile dev]\nregion = us-east-1\noutput = json\n",
            "[dev]\nregion = eu-west-1\n",
        );
        let dev = files.profile("dev").unwrap();
        let get = |key| dev.get(key).map(|(value, file)| (value, file.path()));
        let plain =
            |value: &str, line, file| Some((IniValue::Plain(value.into(), line), Path::new(file)));
        assert_eq!(get("region"), plain("eu-west-1", 2, "credentials"));
        assert_eq!(get("output"), plain("json", 3, "config"));
        assert_eq!(get("mfa_serial"), None);
        assert_eq!(dev.keys(), ["region", "output"]);
    }

    #[test]
    fn names_follow_the_rules_of_their_file() {
        let files = files(
            "[default]\n[profile \"x y\"]\n[foo]\n[profile a b]\n[profile b]\n",
            "[profile b]\n[b]\n[foo]\n",
        );
        let names: Vec<_> = files.profile_names().collect();
        assert_eq!(names, ["default", "x y", "b", "profile b", "foo"]);
        assert!(files.profile("profile a b").is_none());
    }

    #[test]
    fn the_later_spelling_of_a_profile_replaces_the_earlier() {
        let files = files("[profile default]\na = 1\n[default]\nb = 2\n", "");
        assert_eq!(files.profile("default").unwrap().keys(), ["b"]);
    }

    #[test]
    fn a_services_section_is_found_by_its_name() {
        let files = files(
            "[services local]\nsts =\n  endpoint_url = http://localhost\n",
            "",
        );
        let (value, _) = files.services("local").unwrap().get("sts").unwrap();
        let nested = vec![("endpoint_url".to_owned(), "http://localhost".into(), 3)];
        assert_eq!(value, IniValue::Nested(nested));
        assert!(files.services("other").is_none());
    }

    #[test]
    fn a_profile_is_two_words() {
        let cases = [
            ("profile  a\t", Some("a")),
            (r#"profile "a \" \\ \n"'b'c"#, Some(r#"a " \ \nbc"#)),
            (r"profile a\ b", Some("a b")),
            (r#"profile """#, Some("")),
            ("profile", None),
            ("profile a b", None),
            (r#"profile "a"#, None),
            ("profile 'a", None),
            (r"profile a\", None),
        ];
        for (header, name) in cases {
            assert_eq!(second_word(header, "profile").as_deref(), name, "{header}");
        }
    }
}
