//! Which credentials a profile means: random profiles, followed by us and by botocore.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use awsmfa::cli::SessionOptions;
use awsmfa::context::Context;
use awsmfa::environment::Environment;
use awsmfa::error::Error;
use awsmfa::plan::chain::{Chain, follow};
use awsmfa::plan::source::{KeysFrom, Origin};
use awsmfa_test_support::{python_with_botocore, say};
use serde_json::{Value, json};

use crate::botocore_answers;

/// How many graphs are followed; `AWSMFA_GRAPHS` says another number, `AWSMFA_SEED` repeats a run.
const GRAPHS: u64 = 400;

/// Two files and the AWS variables.
#[derive(Debug, Clone)]
struct Graph {
    config: String,
    credentials: String,
    environment: Vec<(&'static str, &'static str)>,
}

#[test]
fn random_profiles_mean_the_credentials_that_botocore_takes() {
    let Some(python) = python_with_botocore() else {
        return;
    };
    let now = u64::try_from(awsmfa::clock::now().timestamp()).unwrap();
    let seed = number("AWSMFA_SEED").unwrap_or(now);
    let count = number("AWSMFA_GRAPHS").unwrap_or(GRAPHS);
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let home = tempfile::tempdir().unwrap();
    let graphs: Vec<_> = (0..count)
        .map(|n| {
            let graph = Graph::new(&mut random);
            let directory = home.path().join(n.to_string());
            fs::create_dir(&directory).unwrap();
            fs::write(directory.join("config"), &graph.config).unwrap();
            fs::write(directory.join("credentials"), &graph.credentials).unwrap();
            (directory, graph)
        })
        .collect();
    let lines = graphs.iter().map(|(directory, graph)| {
        let environment: serde_json::Map<_, _> = graph
            .environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        json!({"directory": directory, "environment": environment}).to_string()
    });
    let theirs = botocore_answers(&python, "botocore_credentials.py", lines);
    let mut wrong = String::new();
    let (mut taken, mut refused, mut by_design) = (0, 0, 0);
    for ((directory, graph), theirs) in graphs.iter().zip(&theirs) {
        let context = context(directory, graph);
        let ours = [by_name(&context), by_environment(&context)];
        for (how, ours) in ["profile", "environment"].into_iter().zip(ours) {
            let theirs = expected(how, graph, theirs);
            match judge(&theirs, &ours) {
                Ok(()) => match theirs {
                    Expected::Answer(_) => taken += 1,
                    Expected::Refused(_) => refused += 1,
                    Expected::Design(_) | Expected::Other => by_design += 1,
                },
                Err(problem) => {
                    writeln!(
                        wrong,
                        "{how}: {problem}\nconfig:\n{}credentials:\n{}{:?}\n",
                        graph.config, graph.credentials, graph.environment
                    )
                    .unwrap();
                }
            }
        }
    }
    let summary = format!(
        "{count} graphs of profiles, AWSMFA_SEED={seed}: {taken} taken and {refused} refused as by botocore, {by_design} \
         refused by design"
    );
    assert!(wrong.is_empty(), "{summary}\n{wrong}");
    assert!(taken > count / 8 && refused > count / 8, "{summary}");
    say(&summary);
}

/// What is to come of a graph.
#[derive(Debug)]
enum Expected {
    /// These roles, and this source.
    Answer(Value),
    /// botocore refuses it, too.
    Refused(#[expect(dead_code, reason = "shown by Debug")] String),
    /// botocore takes it, and we refuse it: such credentials cannot start an MFA session. The message has
    /// one of these words.
    Design(&'static [&'static str]),
    /// Not compared.
    Other,
}

/// botocore's answer, but for what we decide otherwise by design.
fn expected(how: &str, graph: &Graph, theirs: &Value) -> Expected {
    let has = |name| {
        graph
            .environment
            .iter()
            .any(|(known, value)| *known == name && !value.is_empty())
    };
    // A profile that the environment names wins over the keys there, if it leads to any; botocore takes the
    // keys. Keys of a session do not count.
    if how == "environment" && has("AWS_ACCESS_KEY_ID") {
        let leads = |answer: &Value| answer["source"] != json!(["none"]);
        if has("AWS_PROFILE") && leads(&theirs["profile"]) {
            return expected("profile", graph, theirs);
        }
        if has("AWS_SESSION_TOKEN")
            || graph
                .environment
                .contains(&("AWS_ACCESS_KEY_ID", TEMPORARY))
        {
            return Expected::Other;
        }
    }
    let theirs = &theirs[how];
    if let Some(class) = theirs["refused"].as_str() {
        return Expected::Refused(class.to_owned());
    }
    let source = theirs["source"].as_array().unwrap();
    let text = |n: usize| source.get(n).and_then(Value::as_str).unwrap_or_default();
    let is_shape = |id: &str| id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match text(0) {
        "none" => Expected::Refused("none".to_owned()),
        "sso" => Expected::Design(&["SSO"]),
        "login" => Expected::Design(&["aws login"]),
        "web" => Expected::Design(&["web identity"]),
        "keys" | "environment" if text(1).is_empty() => {
            Expected::Design(&["is empty", "is not set"])
        }
        "keys" | "environment" if !is_shape(text(1)) => Expected::Design(&["not an access key ID"]),
        "keys" | "environment" if text(2).is_empty() => {
            Expected::Design(&["is empty", "is not set"])
        }
        // AWS_SECURITY_TOKEN, which `env` removes, is not taken for the token of keys.
        "environment" if text(3) == "security" => Expected::Other,
        "keys" | "environment" if !text(3).is_empty() || text(1).starts_with("ASIA") => {
            Expected::Design(&["temporary", "no long-term keys"])
        }
        _ => Expected::Answer(theirs.clone()),
    }
}

fn judge(expected: &Expected, ours: &Result<Value, Error>) -> Result<(), String> {
    let is_right = match (expected, ours) {
        (Expected::Answer(theirs), Ok(ours)) => theirs == ours,
        (Expected::Refused(_), Err(_)) | (Expected::Other, _) => true,
        (Expected::Design(words), Err(error)) => {
            words.iter().any(|word| error.message.contains(word))
        }
        _ => false,
    };
    if is_right {
        Ok(())
    } else {
        Err(format!("expected {expected:?}, got {ours:?}"))
    }
}

fn by_name(context: &Context) -> Result<Value, Error> {
    let chain = follow(context.files()?, context.environment(), "x", None)?;
    Ok(described(&chain))
}

fn by_environment(context: &Context) -> Result<Value, Error> {
    let origin = Origin::find(&SessionOptions::default(), context)?;
    let origin = origin.ok_or_else(|| Error::new("no origin"))?;
    Ok(described(&Chain::new(&origin, context)?))
}

/// In the form of `botocore_credentials.py`.
fn described(chain: &Chain<'_>) -> Value {
    let roles: Vec<_> = chain.hops.iter().map(|hop| &hop.role_arn.text).collect();
    let source = match (&chain.source.keys, &chain.source.profile) {
        (KeysFrom::Process(command), _) => json!(["process", command]),
        (KeysFrom::Known(keys), profile) => {
            let kind = if profile.is_some() {
                "keys"
            } else {
                "environment"
            };
            json!([
                kind,
                keys.access_key_id,
                keys.secret_access_key.as_str(),
                ""
            ])
        }
    };
    json!({"roles": roles, "source": source})
}

fn context(directory: &Path, graph: &Graph) -> Context {
    let files = [
        ("AWS_CONFIG_FILE", directory.join("config")),
        ("AWS_SHARED_CREDENTIALS_FILE", directory.join("credentials")),
    ];
    let files = files.map(|(name, path)| (name.into(), path.into_os_string()));
    let variables = graph.environment.iter();
    let variables = variables.map(|(name, value)| (name.into(), value.into()));
    Context::new(Environment::from_pairs(files.into_iter().chain(variables)))
}

#[allow(clippy::disallowed_methods, reason = "a run is repeated by its seed")]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

const TEMPORARY: &str = "ASIAIOSFODNN7EXAMPLE";

/// A generator of numbers, which a seed repeats (Marsaglia's xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap()
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.next() % 100 < percent
    }

    fn one_of<'v, V: ?Sized>(&mut self, values: &[&'v V]) -> &'v V {
        values[self.next() % values.len()]
    }
}

impl Graph {
    fn new(random: &mut Random) -> Self {
        let mut config = String::new();
        let mut credentials = String::new();
        for name in ["x", "y", "z", "default"] {
            if random.percent(85) {
                let kind = if name == "default" { "" } else { "profile " };
                write!(config, "[{kind}{name}]\n{}", settings(random, true)).unwrap();
            }
            if random.percent(60) {
                write!(credentials, "[{name}]\n{}", settings(random, false)).unwrap();
            }
        }
        if random.percent(50) {
            config += "[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example.com\n";
        }
        Self {
            config,
            credentials,
            environment: environment(random),
        }
    }
}

/// What one of the files says about a profile.
fn settings(random: &mut Random, in_config: bool) -> String {
    const ROLES: &[&str] = &[
        "arn:aws:iam::111122223333:role/dev",
        "arn:aws:iam::111122223333:role/admin",
        "arn:aws:iam::111122223333:role/x",
        "arn:aws:iam::111122223333:role/dev",
        "",
    ];
    const IDS: &[&str] = &[
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAI44QH8DHBEXAMPLE",
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAI44QH8DHBEXAMPLE",
        "test",
        TEMPORARY,
        "",
        "\"AKIAIOSFODNN7EXAMPLE\"",
        "wJalr/XUtn",
    ];
    let mut lines = String::new();
    let mut line = |random: &mut Random, percent, key, values: &[&str]| {
        if random.percent(percent) {
            writeln!(lines, "{key} = {}", random.one_of(values)).unwrap();
        }
    };
    let (id, role) = if in_config { (20, 40) } else { (50, 5) };
    // Mostly both, sometimes half.
    let secret = if random.percent(id) {
        line(random, 95, "aws_access_key_id", IDS);
        93
    } else {
        4
    };
    let secrets = ["secret1", "secret2", "secret3", "secret4", ""];
    line(random, secret, "aws_secret_access_key", &secrets);
    line(random, 3, "aws_session_token", &["token", ""]);
    line(random, 2, "aws_security_token", &["token", ""]);
    line(random, role, "role_arn", ROLES);
    let profiles = ["x", "y", "z", "default", "y", "z", "none", ""];
    line(random, role, "source_profile", &profiles);
    let sources = [
        "Environment",
        "Environment",
        "Ec2InstanceMetadata",
        "EcsContainer",
        "environment",
        "",
    ];
    line(random, 8, "credential_source", &sources);
    line(random, 4, "web_identity_token_file", &["/token", ""]);
    line(random, 6, "sso_session", &["corp", "none", ""]);
    line(random, 4, "sso_account_id", &["111122223333", ""]);
    line(random, 4, "sso_role_name", &["dev"]);
    line(random, 5, "sso_start_url", &["https://corp.example.com"]);
    line(random, 5, "sso_region", &["us-east-1", "eu-central-1"]);
    let user = "arn:aws:iam::111122223333:user/alice";
    line(random, 5, "login_session", &[user, ""]);
    let programs = ["/bin/keys --of alice", "keys 'a b'", ""];
    line(random, 12, "credential_process", &programs);
    line(random, 20, "region", &["eu-central-1"]);
    lines
}

/// The AWS variables. The profile that they name is the one that is followed by name, so that one answer of
/// botocore serves both.
fn environment(random: &mut Random) -> Vec<(&'static str, &'static str)> {
    const ID: (&str, &str) = ("AWS_ACCESS_KEY_ID", "AKIAI44QH8DHBEXAMPLE");
    const SECRET: (&str, &str) = ("AWS_SECRET_ACCESS_KEY", "secret-of-environment");
    const KEYS: &[&[(&str, &str)]] = &[
        &[],
        &[],
        &[ID, SECRET],
        &[ID, SECRET],
        &[ID],
        &[SECRET],
        &[("AWS_ACCESS_KEY_ID", ""), SECRET],
        &[("AWS_ACCESS_KEY_ID", "AKIA IOSFODNN7"), SECRET],
        &[("AWS_ACCESS_KEY_ID", TEMPORARY), SECRET],
        &[ID, SECRET, ("AWS_SESSION_TOKEN", "token")],
        &[ID, SECRET, ("AWS_SESSION_TOKEN", "")],
        &[ID, SECRET, ("AWS_SECURITY_TOKEN", "security")],
    ];
    let mut variables = random.one_of(KEYS).to_vec();
    if random.percent(60) {
        variables.push(("AWS_PROFILE", "x"));
    }
    variables
}
