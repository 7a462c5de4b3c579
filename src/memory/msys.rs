//! Secrets under MSYS, the system of Git Bash. It rewrites values that begin with `/` into paths of Windows
//! for native programs, except those of variables that `MSYS2_ENV_CONV_EXCL` names: a list of prefixes,
//! separated by `;`.

use super::is_record;
use super::record::MSYS_EXCLUSIONS;
use crate::environment::{Environment, is_secret, variable};
use crate::shell::Change;
use crate::value::Value;

const EXCLUSIONS: &str = "MSYS2_ENV_CONV_EXCL";
/// Set by MSYS.
const SYSTEM: &str = "MSYSTEM";
const SEPARATOR: &str = ";";

/// Takes out of the list what an earlier call added. In a POSIX shell under MSYS, adds the variables with secrets
/// as these changes leave them, while there is a session.
pub fn exclude_secrets(environment: &Environment, is_posix: bool, changes: &mut Vec<Change>) {
    let adds = is_posix && environment.get(SYSTEM).is_some_and(|it| !it.is_empty());
    let list = environment.get(EXCLUSIONS);
    let is_text = list.is_none_or(|list| list.as_str().is_some());
    if !is_text || !(adds || environment.get(MSYS_EXCLUSIONS).is_some()) {
        return;
    }
    let split = |name| {
        let list = environment.get(name).and_then(Value::as_str);
        list.into_iter().flat_map(|list| list.split(SEPARATOR))
    };
    let mut entries: Vec<&str> = split(EXCLUSIONS).collect();
    for added in split(MSYS_EXCLUSIONS) {
        if let Some(at) = entries.iter().rposition(|entry| *entry == added) {
            entries.remove(at);
        }
    }
    let after = names_after(environment, changes);
    let adds = adds && after.iter().any(|name| is_record(name));
    let is_covered = |name: &str| {
        let mut prefixes = entries.iter().filter(|entry| !entry.is_empty());
        prefixes.any(|entry| *entry == "*" || name.starts_with(entry))
    };
    let added: Vec<String> = after
        .into_iter()
        .filter(|name| adds && is_secret(name) && !is_covered(name))
        .collect();
    entries.extend(added.iter().map(String::as_str));

    let wanted = (!entries.is_empty()).then(|| Value::from(entries.join(SEPARATOR)));
    changes.retain(|change| change.name() != MSYS_EXCLUSIONS);
    let record = (!added.is_empty()).then(|| Value::from(added.join(SEPARATOR)));
    for (name, value) in [(EXCLUSIONS, wanted), (MSYS_EXCLUSIONS, record)] {
        if value.as_ref() != environment.get(name) {
            changes.push(Change::new(name.into(), value));
        }
    }
}

/// awsmfa's variables, and those that it sets, as these changes leave them.
fn names_after(environment: &Environment, changes: &[Change]) -> Vec<String> {
    let is_changed = |name: &str| changes.iter().any(|change| change.name() == name);
    let set = changes.iter().filter_map(|change| match change {
        Change::Set(name, _) => Some(&**name),
        Change::Unset(_) => None,
    });
    let kept = environment.names().filter(|name| !is_changed(name));
    kept.chain(set)
        .filter(|name| *name != MSYS_EXCLUSIONS && (is_record(name) || variable(name).is_some()))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::environment;

    const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "/secret");
    const KEY_ID: (&str, &str) = ("AWSMFA_KEY_ID", "ASIAIOSFODNN7EXAMPLE");

    /// The list after these changes of this environment, and after `unset` there, which removes the session.
    fn lists(variables: &[(&str, &str)], set: &[(&str, &str)]) -> [Option<String>; 2] {
        let mut now = environment(variables);
        let set: Vec<Change> = set
            .iter()
            .map(|(name, value)| Change::Set((*name).to_owned().into(), Value::from(*value)))
            .collect();
        let session = ["AWS_SECRET_ACCESS_KEY", "AWSMFA_KEY_ID", MSYS_EXCLUSIONS];
        let unset = session.map(|name| Change::Unset(name.into())).to_vec();
        [set, unset].map(|mut changes| {
            exclude_secrets(&now, true, &mut changes);
            for change in changes {
                match change {
                    Change::Set(name, value) => now.put(&name, Some(value)),
                    Change::Unset(name) => now.put(&name, None),
                }
            }
            let list = now.get(EXCLUSIONS).and_then(Value::as_str);
            list.map(str::to_owned)
        })
    }

    #[test]
    fn secrets_are_excluded_during_a_session() {
        let own = |list| {
            let msys = [(SYSTEM, "MINGW64"), (EXCLUSIONS, list)];
            lists(&msys, &[SECRET, KEY_ID])
        };
        let some = |list: &str| Some(list.to_owned());
        assert_eq!(
            lists(&[(SYSTEM, "MINGW64")], &[SECRET, KEY_ID]),
            [some("AWS_SECRET_ACCESS_KEY"), None]
        );
        assert_eq!(own(""), [some(";AWS_SECRET_ACCESS_KEY"), some("")]);
        assert_eq!(own("B"), [some("B;AWS_SECRET_ACCESS_KEY"), some("B")]);
        assert_eq!(own("B;"), [some("B;;AWS_SECRET_ACCESS_KEY"), some("B;")]);
        // They are prefixes of names.
        assert_eq!(own("*"), [some("*"), some("*")]);
        assert_eq!(own("AWS_"), [some("AWS_"), some("AWS_")]);
        let ours = "AWS_SECRET_ACCESS_KEY";
        assert_eq!(own(ours), [some(ours), some(ours)]);
    }

    #[test]
    fn nothing_is_excluded_elsewhere_or_without_a_session() {
        assert_eq!(lists(&[], &[SECRET, KEY_ID]), [None, None]);
        assert_eq!(lists(&[(SYSTEM, "")], &[SECRET, KEY_ID]), [None, None]);
        assert_eq!(lists(&[(SYSTEM, "MSYS")], &[SECRET]), [None, None]);
    }

    #[test]
    fn only_what_was_added_is_taken_out() {
        let before = [
            (SYSTEM, "MINGW64"),
            (EXCLUSIONS, "B;AWS_SECRET_ACCESS_KEY;C"),
            (MSYS_EXCLUSIONS, "AWS_SECRET_ACCESS_KEY;AWS_SESSION_TOKEN"),
        ];
        // A second session, then the end.
        let [during, after] = lists(&before, &[SECRET, KEY_ID]);
        assert_eq!(during.as_deref(), Some("B;C;AWS_SECRET_ACCESS_KEY"));
        assert_eq!(after.as_deref(), Some("B;C"));
    }
}
