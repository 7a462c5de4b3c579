//! The AWS SDK for .NET 3, and with it AWS Tools for PowerShell 4, signs with the credentials of `[default]`
//! even where the environment has a session.

use crate::context::Context;
use crate::environment::{Place, Setting};
use crate::error::Error;
use crate::files::profile::Profile;
use crate::shell::{Shell, reader};

pub(super) const HINT: &str = "add mfa_serial to [default], move its credentials to a named profile, or use AWS \
                               Tools for PowerShell 5 and the AWS SDK for .NET 4";

/// What users of that SDK should know, and the place of the credentials that it uses. It takes a profile with
/// two kinds of credentials, or with an MFA device, for unusable.
pub(super) fn warning(context: &Context) -> Result<Option<(&'static str, Place)>, Error> {
    const KINDS: [&str; 5] = [
        "aws_access_key_id",
        "credential_process",
        "source_profile",
        "sso_session",
        "sso_start_url",
    ];
    let Some(default) = Profile::find(context.files()?, "default") else {
        return Ok(None);
    };
    let kinds: Vec<(&str, Setting)> = KINDS
        .iter()
        .filter_map(|key| Some((*key, default.get(key)?)))
        .collect();
    Ok(match <[_; 1]>::try_from(kinds) {
        Ok([(kind, setting)]) if !kind.starts_with("sso") && !default.has("mfa_serial") => Some((
            "AWS Tools for PowerShell 4 and the AWS SDK for .NET 3 use the credentials of [default], not the session",
            setting.place,
        )),
        _ => None,
    })
}

/// The same as a note, for the shells whose users have these tools. `PowerShell`'s function asks for another
/// shell's syntax.
pub(super) fn note(shell: &Shell, context: &Context) -> Result<Option<String>, Error> {
    let is_of_windows = |shell: &Shell| matches!(shell.name, "powershell" | "cmd");
    let asks = || reader::asking().ok().flatten().is_some_and(is_of_windows);
    if !is_of_windows(shell) && !asks() {
        return Ok(None);
    }
    let warning = warning(context)?;
    Ok(warning.map(|(text, place)| format!("{text} ({place}); {HINT}")))
}
