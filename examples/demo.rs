//! The main job on a machine without an AWS account: `cargo run --example demo`.
//!
//! An emulator of AWS on loopback, which checks signatures and codes, stands in for AWS. A real
//! bash starts a session with a code, asks who it is, and ends the session.

#![allow(clippy::print_stdout, reason = "a demonstration shows what happens")]

use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};

use awsmfa_test_support::{Accounts, Emulator, TestHome};

/// What bash runs. `show` prints a command before it is run.
const SCRIPT: &str = r#"
set -eu
show() { printf '\n$ %s\n' "$*"; }

show 'echo "${AWS_SESSION_TOKEN-no session}"'
echo "${AWS_SESSION_TOKEN-no session}"

show "eval \"\$(awsmfa env $CODE)\""
eval "$(awsmfa env "$CODE")"

show 'echo "$AWS_ACCESS_KEY_ID until $AWS_CREDENTIAL_EXPIRATION"'
echo "$AWS_ACCESS_KEY_ID until $AWS_CREDENTIAL_EXPIRATION"

show 'awsmfa status'
awsmfa status

show 'aws sts get-caller-identity'
aws sts get-caller-identity

show 'eval "$(awsmfa unset)"'
eval "$(awsmfa unset)"

show 'echo "${AWS_SESSION_TOKEN-no session}"'
echo "${AWS_SESSION_TOKEN-no session}"

show "eval \"\$(awsmfa env $CODE)\"     # a code works once"
if (eval "$(awsmfa env "$CODE")"); then exit 1; else echo "exit code $?"; fi
"#;

/// In place of the AWS CLI where there is none: the same call, signed by curl.
const CURL_AS_AWS: &str = r#"#!/bin/sh
exec curl --silent --show-error --fail --aws-sigv4 aws:amz:us-east-1:sts \
    --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    --header "X-Amz-Security-Token: $AWS_SESSION_TOKEN" \
    --data 'Action=GetCallerIdentity&Version=2011-06-15' "$AWS_ENDPOINT_URL/"
"#;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let awsmfa = build()?;
    let emulator = Emulator::start(Accounts::standard());
    let home = TestHome::standard();
    let before = home.listing();

    println!("An emulator of AWS listens at {}.", emulator.http_url());
    println!(
        "~/.aws/credentials holds the keys of the IAM user alice; her MFA device shows a code."
    );

    let mut environment = home.env(&emulator.http_url());
    let folder = Path::new(&awsmfa)
        .parent()
        .ok_or("a binary without a folder")?;
    let mut path = vec![folder.to_owned()];
    let has_aws = awsmfa_test_support::optional_tool("aws").is_some();
    let tools = TestHome::new();
    if !has_aws {
        let aws = tools.write("bin/aws", CURL_AS_AWS);
        make_executable(&aws)?;
        path.push(tools.path().join("bin"));
    }
    path.extend(std::env::split_paths(&environment["PATH"]));
    let path = std::env::join_paths(path)?;
    environment.insert("PATH".to_owned(), path.to_string_lossy().into_owned());
    environment.insert("CODE".to_owned(), emulator.device("alice").code());

    let status = Command::new("bash")
        .args(["--norc", "-c", SCRIPT])
        .env_clear()
        .envs(environment)
        .status()?;

    println!();
    println!("What AWS saw:");
    for entry in &emulator.log().entries {
        let code = entry
            .token_code
            .as_deref()
            .map(|code| format!(" with the code {code}"));
        println!(
            "  {}{}: {:?}",
            entry.action,
            code.unwrap_or_default(),
            entry.outcome
        );
    }
    assert_eq!(home.listing(), before, "nothing is written to disk");
    println!(
        "Files in the home folder before and after: {}",
        before.join(" ")
    );
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// `cargo run --example` builds the library, not the program. So that nothing is built twice, the
/// example is named too, which brings the same features, and what `cargo run` says of it is taken away.
#[allow(
    clippy::disallowed_methods,
    reason = "the demonstration hands its own environment on"
)]
fn build() -> Result<String, Box<dyn Error>> {
    let told = std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_MANIFEST_") || name.starts_with("CARGO_PKG_")
    });
    let mut cargo = Command::new(env!("CARGO"));
    for name in told {
        cargo.env_remove(name);
    }
    let built = cargo
        .args(["build", "--bin", "awsmfa", "--example", "demo", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if !built.success() {
        return Err("awsmfa does not build".into());
    }
    let examples = std::env::current_exe()?;
    let target = examples.ancestors().nth(2).ok_or("no target folder")?;
    let program = format!("awsmfa{}", std::env::consts::EXE_SUFFIX);
    Ok(target.join(program).to_string_lossy().into_owned())
}

#[cfg(unix)]
fn make_executable(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}
