//! Completions.

use crate::machine::{LOAD, in_each};

#[test]
fn verbs_options_profiles_and_shells() {
    let cases = [
        ("awsmfa unse", "unset"),
        ("awsmfa env --renew", "--renew-within"),
        ("awsmfa env -p aud", "audit"),
        ("awsmfa exec --profile chai", "chained"),
        ("awsmfa env --shell el", "elvish"),
        ("awsmfa init fi", "fish"),
        // In the middle of a line, and after another command.
        ("Get-Date; awsmfa env -p aud", "audit"),
        ("$x = awsmfa env -p aud", "audit"),
    ];
    let mut script = format!("{LOAD}\n");
    for (typed, _) in cases {
        script.extend([format!(
            "(TabExpansion2 -InputScript '{typed}' -CursorColumn {}).CompletionMatches.CompletionText -join ' '\n",
            typed.len()
        )]);
    }
    in_each(&script, &cases.map(|(_, offered)| offered));
}
