//! A profile of the shared files, whose settings know their place.

use crate::environment::{Place, Setting};
use crate::error::Error;
use crate::files::ini::{IniFile, IniValue};
use crate::files::shared::{SectionView, SharedFiles};
use crate::value::Value;

const ENDPOINT_URL: &str = "endpoint_url";

#[derive(Debug, Clone)]
pub struct Profile<'f> {
    pub name: String,
    pub(crate) files: &'f SharedFiles,
    section: SectionView<'f>,
}

impl<'f> Profile<'f> {
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

    /// A key's value, for the keys that count for the AWS CLI even without one: an empty one is an error.
    pub fn get_filled(&self, key: &str) -> Result<Option<Setting>, Error> {
        let setting = self.secret(key)?.map(|(value, place)| Setting {
            text: value.as_str().unwrap_or_default().to_owned(),
            place,
        });
        Ok(setting)
    }

    /// The same profile with what the config file alone says.
    #[must_use]
    pub fn in_config(&self) -> Self {
        Self {
            section: self.section.in_config(),
            ..self.clone()
        }
    }

    /// The same profile with what the credentials file alone says.
    #[must_use]
    pub fn in_credentials(&self) -> Self {
        Self {
            section: self.section.in_credentials(),
            ..self.clone()
        }
    }

    /// A key's secret value and its place. An empty one is an error.
    pub fn secret(&self, key: &str) -> Result<Option<(Value, Place)>, Error> {
        let Some((value, file)) = self.section.get(key) else {
            return Ok(None);
        };
        let (line, problem) = match value {
            IniValue::Plain(value, line) if !value.is_empty() => {
                return Ok(Some((value, self.place(key, file, line))));
            }
            IniValue::Plain(_, line) => (line, "is empty"),
            IniValue::Nested(nested) => (
                nested.first().map_or(0, |(.., line)| *line),
                "has indented lines in place of a value",
            ),
        };
        Err(self.place(key, file, line).error(problem))
    }

    /// The endpoint of a service: `endpoint_url` in the profile's `[services …]` section, or else the
    /// profile's own (AWS SDKs reference guide, "Service-specific endpoints").
    pub fn endpoint_url(&self, service: &str) -> Result<Option<Setting>, Error> {
        let mut endpoints = self.service_endpoints()?.into_iter();
        let of_service = endpoints.find(|(name, _)| name == service);
        Ok(of_service
            .map(|(_, url)| url)
            .or_else(|| self.get(ENDPOINT_URL)))
    }

    /// The endpoints in the profile's `[services …]` section, by the section's keys. As in the AWS CLI,
    /// a missing section or an entry of another form is an error.
    pub fn service_endpoints(&self) -> Result<Vec<(String, Setting)>, Error> {
        let Some(named) = self.get("services") else {
            return Ok(Vec::new());
        };
        let name = &named.text;
        let services = self.files.services(name).ok_or_else(|| {
            Error::new(format!(
                "{} = {name}, but there is no section [services {name}]",
                named.place
            ))
            .hint("correct the name, add the section, or remove the line")
        })?;
        let mut endpoints = Vec::new();
        for service in services.keys() {
            match services.get(&service) {
                Some((IniValue::Nested(entries), file)) => {
                    let url = entries.into_iter().find(|(key, ..)| key == ENDPOINT_URL);
                    let url = url.filter(|(_, value, _)| !value.is_empty());
                    let url = url.and_then(|(_, value, line)| {
                        let place = in_section(name, file, line, &service);
                        Some(Setting {
                            text: value.as_str()?.to_owned(),
                            place,
                        })
                    });
                    endpoints.extend(url.map(|url| (service.into_owned(), url)));
                }
                Some((IniValue::Plain(_, line), file)) => {
                    return Err(in_section(name, file, line, &service)
                        .error("has no indented lines below it")
                        .hint(format!(
                            "write {service} =, and below it, indented: {ENDPOINT_URL} = https://…"
                        )));
                }
                None => {}
            }
        }
        Ok(endpoints)
    }

    /// Whether the profile has this key, with a value or with nested keys.
    #[must_use]
    pub fn has_key(&self, key: &str) -> bool {
        self.section.get(key).is_some()
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

fn in_section(services: &str, file: &IniFile, line: usize, service: &str) -> Place {
    let file = file.path().display();
    Place::File(format!(
        "services {services}, {file} line {line}: {service}"
    ))
}
