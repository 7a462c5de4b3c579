//! action.yml, run as GitHub's runner does: it installs the awsmfa of its own version, and the later
//! steps of the job have a session.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output};

use awsmfa_test_support::{Accounts, Emulator};

use crate::from_release::{Release, Site};
use crate::machine::{assert_fails, assert_succeeds, copy, repository_file, text};
use crate::packages::yaml;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A job on a runner, up to the step that uses the action.
struct Job {
    emulator: Emulator,
    site: Site,
    action: serde_json::Value,
}

impl Job {
    fn new(test: &str) -> Option<Self> {
        let action = yaml(&repository_file("action.yml"))?;
        let mut release = Release::new(&format!("action_{test}"), VERSION);
        // Records what a process list would show of the real program.
        let log = release.machine.path("arguments");
        let program = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >>{}\nexec {} \"$@\"\n",
            log.display(),
            env!("CARGO_BIN_EXE_awsmfa"),
        );
        release.add_archive("x86_64-unknown-linux-musl", &program);
        release.list_sums();
        let site = release.serve();
        for tool in ["bash", "printf"] {
            site.machine.add_tool(tool);
        }
        let root = site.machine.path("action");
        fs::create_dir_all(root.join("packaging")).unwrap();
        for file in ["Cargo.toml", "packaging/github-action"] {
            copy(&repository_file(file), &root.join(file));
        }
        copy(&site.machine.path("install.sh"), &root.join("install.sh"));
        Some(Self {
            emulator: Emulator::start(Accounts::standard()),
            site,
            action,
        })
    }

    /// The step `uses: OWNER/awsmfa` with these inputs and alice's keys in its `env`.
    fn step(&self, inputs: &[(&str, &str)]) -> Output {
        let declared = self.action["inputs"].as_object().unwrap();
        for (name, _) in inputs {
            assert!(declared.contains_key(*name), "no input {name}");
        }
        let given: BTreeMap<&str, &str> = inputs.iter().copied().collect();
        let steps = self.action["runs"]["steps"].as_array().unwrap();
        let [step] = steps.as_slice() else {
            panic!("one step, not {}", steps.len());
        };
        assert_eq!(step["shell"], "bash");
        let machine = &self.site.machine;
        let mut command: Command = machine.command("/bin/bash");
        command
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c"])
            .arg(step["run"].as_str().unwrap())
            .env("GITHUB_ACTION_PATH", machine.path("action"))
            .env("GITHUB_ENV", machine.path("github-env"))
            .env("GITHUB_PATH", machine.path("github-path"))
            .env("RUNNER_TEMP", machine.path("runner"))
            .env("RUNNER_OS", "Linux")
            .env("AWS_ENDPOINT_URL", self.emulator.http_url())
            .env("AWS_ACCESS_KEY_ID", Accounts::ALICE_KEY)
            .env("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET)
            .env("MFA_CODE", self.emulator.device("alice").code());
        for (name, value) in step["env"].as_object().unwrap() {
            let expression = value.as_str().unwrap();
            let input = expression
                .strip_prefix("${{ inputs.")
                .and_then(|rest| rest.strip_suffix(" }}"))
                .unwrap_or_else(|| panic!("{name} is no input: {expression}"));
            assert!(declared.contains_key(input), "no input {input}");
            command.env(name, given.get(input).copied().unwrap_or_default());
        }
        command.output().unwrap()
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.site.machine.path(file)).unwrap_or_default()
    }

    /// The environment of the job's later steps.
    fn session(&self) -> BTreeMap<String, String> {
        self.read("github-env")
            .lines()
            .map(|line| line.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

#[test]
fn the_later_steps_have_a_session_and_the_program() {
    let Some(job) = Job::new("session") else {
        return;
    };
    let step = job.step(&[("code-command", "printf %s \"$MFA_CODE\"")]);
    assert_succeeds(&step);
    let session = job.session();
    assert!(session["AWS_ACCESS_KEY_ID"].starts_with("ASIA"));
    assert_eq!(job.emulator.log().count("GetSessionToken"), 1);

    let folder = job.read("github-path");
    let program = format!("{}/awsmfa", folder.trim_end());
    let version = job.site.machine.command(program).arg("--version").output();
    assert_eq!(
        text(&version.unwrap().stdout),
        format!("awsmfa {VERSION}\n")
    );
}

#[test]
fn the_inputs_reach_awsmfa() {
    let Some(job) = Job::new("inputs") else {
        return;
    };
    let role = "arn:aws:iam::111122223333:role/dev";
    let home = job.site.machine.path("home/.aws");
    fs::create_dir_all(&home).unwrap();
    let keys = format!(
        "[ci]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET,
    );
    fs::write(home.join("credentials"), keys).unwrap();
    let step = job.step(&[
        ("code-command", "printf %s \"$MFA_CODE\""),
        ("profile", "ci"),
        ("role-arn", role),
        ("region", "eu-central-1"),
        ("duration", "30m"),
    ]);
    assert_succeeds(&step);
    assert_eq!(job.session()["AWS_REGION"], "eu-central-1");
    let arguments = job.read("arguments");
    for expected in [
        "--profile\nci\n",
        "--duration\n30m\n",
        &format!("--role-arn\n{role}\n"),
    ] {
        assert!(arguments.contains(expected), "{arguments}");
    }
    assert_eq!(job.emulator.log().count("AssumeRole"), 1);
}

#[test]
fn no_secret_is_seen_in_the_log_or_in_an_argument() {
    let Some(job) = Job::new("secrets") else {
        return;
    };
    let step = job.step(&[("code-command", "printf %s \"$MFA_CODE\"")]);
    assert_succeeds(&step);
    let log = text(&step.stdout) + &text(&step.stderr);
    let (masks, seen): (Vec<&str>, Vec<&str>) = log
        .lines()
        .partition(|line| line.starts_with("::add-mask::"));
    let session = job.session();
    let secrets = session
        .iter()
        .filter(|(name, _)| name.contains("SECRET") || name.contains("TOKEN"))
        .map(|(_, value)| value.as_str());
    let mut count = 0;
    for secret in secrets
        .chain([Accounts::ALICE_SECRET])
        .filter(|secret| !secret.is_empty())
    {
        assert!(!seen.join("\n").contains(secret), "{seen:?}");
        assert!(!job.read("arguments").contains(secret));
        if secret != Accounts::ALICE_SECRET {
            assert!(
                masks.contains(&format!("::add-mask::{secret}").as_str()),
                "{masks:?}"
            );
            count += 1;
        }
    }
    assert!(count >= 2, "{session:?}");
}

#[test]
fn a_failure_fails_the_step_and_exports_nothing() {
    let Some(job) = Job::new("failure") else {
        return;
    };
    let step = job.step(&[("code-command", "exit 1")]);
    assert_fails(&step, 1, "awsmfa: ");
    assert_eq!(job.read("github-env"), "");
}
