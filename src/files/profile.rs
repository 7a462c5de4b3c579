//! A profile of the shared files, with settings that know their place.

use crate::environment::{Place, Setting};
use crate::files::ini::{IniFile, IniValue};
use crate::files::shared::{SectionView, SharedFiles};
use crate::value::Value;

/// A profile with its name.
#[derive(Debug, Clone)]
pub struct Profile<'f> {
    pub name: String,
    pub(crate) files: &'f SharedFiles,
    section: SectionView<'f>,
}

impl<'f> Profile<'f> {
    /// The profile of that name.
    #[must_use]
    pub fn find(files: &'f SharedFiles, name: &str) -> Option<Self> {
        Some(Self {
            name: name.to_owned(),
            files,
            section: files.profile(name)?,
        })
    }

    /// A key's value; an empty one counts as absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Setting> {
        self.get_as_written(key)
            .filter(|setting| !setting.text.is_empty())
    }

    /// A key's value, even an empty one.
    #[must_use]
    pub fn get_as_written(&self, key: &str) -> Option<Setting> {
        match self.section.get(key)? {
            (IniValue::Plain(value, line), file) => self.setting(key, &value, file, line),
            (IniValue::Nested(_), _) => None,
        }
    }

    /// A key's value where it is a secret, and its place.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<(Value, Place)> {
        match self.section.get(key)? {
            (IniValue::Plain(value, line), file) if !value.is_empty() => {
                let place = self.place(key, file, line);
                Some((value, place))
            }
            _ => None,
        }
    }

    /// The endpoint of a service: `endpoint_url` in the `[services …]` section that the profile
    /// names, or the profile's own (AWS SDKs reference guide, "Service-specific endpoints").
    #[must_use]
    pub fn endpoint_url(&self, service: &str) -> Option<Setting> {
        const KEY: &str = "endpoint_url";
        let of_service = || {
            let services = self.files.services(&self.get("services")?.text)?;
            let (IniValue::Nested(nested), file) = services.get(service)? else {
                return None;
            };
            let (_, value, line) = nested.into_iter().find(|(key, ..)| key == KEY)?;
            self.setting(KEY, &value, file, line)
        };
        of_service()
            .filter(|setting| !setting.text.is_empty())
            .or_else(|| self.get(KEY))
    }

    /// Whether a key has a value.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    fn setting(&self, key: &str, value: &Value, file: &IniFile, line: usize) -> Option<Setting> {
        Some(Setting {
            text: value.as_str()?.to_owned(),
            place: self.place(key, file, line),
        })
    }

    fn place(&self, key: &str, file: &IniFile, line: usize) -> Place {
        let (name, file) = (&self.name, file.path().display());
        Place::File(format!("profile {name}, {file} line {line}: {key}"))
    }
}
