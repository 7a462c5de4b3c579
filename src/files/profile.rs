//! A profile of the shared files, whose settings know where they stand.

use crate::files::shared::{SectionView, SharedFiles, Sourced};
use crate::value::Value;

/// A profile with its name.
#[derive(Debug, Clone)]
pub struct Profile<'f> {
    /// Its name.
    pub name: String,
    pub(crate) settings: SectionView<'f>,
    pub(crate) files: &'f SharedFiles,
}

/// A setting of a profile, with where it stands for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The text.
    pub text: String,
    /// `profile dev, /home/alice/.aws/config line 12: region`
    pub place: String,
}

impl Profile<'_> {
    /// A key's value; one that is empty counts as absent.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Setting> {
        self.get_as_written(key)
            .filter(|setting| !setting.text.is_empty())
    }

    /// A key's value, the empty one included.
    #[must_use]
    pub fn get_as_written(&self, key: &str) -> Option<Setting> {
        self.located(key, &self.settings.get(key)?)
    }

    /// The endpoint of a service: `endpoint_url` in the `[services …]` section that the profile
    /// names, or the profile's own (AWS SDKs reference guide, "Service-specific endpoints").
    #[must_use]
    pub fn endpoint_url(&self, service: &str) -> Option<Setting> {
        let services = self.get("services").and_then(|name| {
            let sourced = self
                .files
                .services(&name.text)?
                .nested(service, "endpoint_url")?;
            self.located("endpoint_url", &sourced)
        });
        services
            .filter(|setting| !setting.text.is_empty())
            .or_else(|| self.get("endpoint_url"))
    }

    fn located(&self, key: &str, sourced: &Sourced) -> Option<Setting> {
        let file = self.files.file(sourced.file).path().display();
        Some(Setting {
            text: sourced.value.as_str()?.to_owned(),
            place: format!("profile {}, {file} line {}: {key}", self.name, sourced.line),
        })
    }

    /// A key's value where it is a secret.
    pub(crate) fn value(&self, key: &str) -> Option<Value> {
        self.settings
            .get(key)
            .map(|sourced| sourced.value)
            .filter(|value| !value.is_empty())
    }

    /// Whether a key has a value.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}
