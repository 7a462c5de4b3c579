//! What `unset` must restore, computed without reading awsmfa's bookkeeping.

use std::collections::{BTreeMap, BTreeSet};

type Variables = BTreeMap<String, String>;

/// Keys and tokens. They belong together: the old ones would not match keys that were set since, so
/// `unset` restores none of them next to such keys.
const KEYS: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
];

/// The environment before awsmfa, and as awsmfa left it. A variable with any other value is the user's.
#[derive(Debug, Clone)]
pub struct Owed {
    before: Variables,
    left: Variables,
}

impl Owed {
    /// An environment in which no session was started.
    #[must_use]
    pub fn new(environment: &Variables) -> Self {
        Self {
            before: without_records(environment),
            left: without_records(environment),
        }
    }

    /// What `unset` leaves of this environment.
    #[must_use]
    pub fn after_unset(&self, environment: &Variables) -> Variables {
        let current = without_records(environment);
        let has_other_keys = current.get(KEYS[0]) != self.left.get(KEYS[0]);
        let is_keys = |name: &str| name == KEYS[1] && current.contains_key(KEYS[0]);
        let names = current.keys().chain(self.left.keys());
        let names: BTreeSet<&String> = names.chain(self.before.keys()).collect();
        let owed = names.into_iter().filter_map(|name| {
            let [before, left, now] =
                [&self.before, &self.left, &current].map(|variables| variables.get(name));
            let is_awsmfas = now == left && left != before;
            let owed = match is_awsmfas {
                true if has_other_keys && is_keys(name) => now,
                true if has_other_keys && KEYS.contains(&name.as_str()) => None,
                true => before,
                false => now,
            };
            Some((name.clone(), owed?.clone()))
        });
        owed.collect()
    }

    /// Records that `env` turned `environment` into `after`.
    pub fn started(&mut self, environment: &Variables, after: &Variables) {
        self.before = self.after_unset(environment);
        self.left = without_records(after);
    }
}

/// The variables without awsmfa's own.
#[must_use]
pub fn without_records(variables: &Variables) -> Variables {
    let mut variables = variables.clone();
    variables.retain(|name, _| !name.starts_with("AWSMFA_"));
    variables
}
