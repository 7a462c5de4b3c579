//! An emulator of AWS on loopback, a home folder with AWS files, and an environment for them.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::path::Path;

use awsmfa_test_support::{Accounts, Emulator, TestHome};

/// Replaces the AWS CLI if it is not installed: the same call, signed by curl.
const CURL_AS_AWS: &str = r#"#!/bin/sh
exec curl --silent --show-error --fail --aws-sigv4 aws:amz:us-east-1:sts \
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    --header "X-Amz-Security-Token: $AWS_SESSION_TOKEN" \
    --data 'Action=GetCallerIdentity&Version=2011-06-15' "$AWS_ENDPOINT_URL/"
"#;

/// The parts that both demos share. Dropping it removes the folders.
pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) home: TestHome,
    /// A folder of programs, first on PATH.
    pub(crate) programs: TestHome,
    pub(crate) environment: BTreeMap<String, String>,
}

impl Stage {
    /// A stage for this `awsmfa`.
    pub(crate) fn new(awsmfa: &Path) -> Result<Self, Box<dyn Error>> {
        let emulator = Emulator::start(Accounts::standard());
        let home = TestHome::standard();
        let programs = TestHome::new();
        let mut environment = home.env(&emulator.http_url());
        let folder = awsmfa.parent().ok_or("a binary without a folder")?;
        let mut path = vec![programs.path().to_owned(), folder.to_owned()];
        path.extend(std::env::split_paths(&environment["PATH"]));
        let path = std::env::join_paths(path)?;
        environment.insert("PATH".to_owned(), path.to_string_lossy().into_owned());
        if awsmfa_test_support::optional_tool("aws").is_none() {
            make_executable(&programs.write("aws", CURL_AS_AWS))?;
        }
        Ok(Self {
            emulator,
            home,
            programs,
            environment,
        })
    }

    /// The requests to the emulator.
    #[expect(clippy::print_stdout, reason = "a demonstration shows what happens")]
    pub(crate) fn print_log(&self) {
        println!("\nWhat AWS saw:");
        for entry in &self.emulator.log().entries {
            let code = entry.token_code.as_deref();
            let code = code.map(|code| format!(" with the code {code}"));
            let code = code.unwrap_or_default();
            println!("  {}{code}: {:?}", entry.action, entry.outcome);
        }
    }
}

#[cfg(unix)]
pub(crate) fn make_executable(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(crate) fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}
