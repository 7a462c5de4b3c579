//! Other clients use the session, and awsmfa talks to another server.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use awsmfa_test_support::{Accounts, Run, Stage, find_tool, skip, tools_folder};

const USER: &str = "arn:aws:iam::123456789012:user/alice";

/// Prints the user that the AWS CLI is signed in as.
const AWS_CLI: &str = "aws sts get-caller-identity --query Arn --output text";

/// Prints the user that the AWS SDK for JavaScript is signed in as.
const JAVASCRIPT: &str = "node -e '\
    const { STSClient, GetCallerIdentityCommand } = require(\"@aws-sdk/client-sts\");\
    new STSClient({}).send(new GetCallerIdentityCommand({})).then((it) => console.log(it.Arn));'";

/// Starts a session in bash and lets a client ask who it is; standard error must be empty.
fn who_am_i(stage: &mut Stage, client: &str) {
    assert_eq!(who_am_i_with_notes(stage, client), "");
}

/// Like [`who_am_i`], and returns standard error.
fn who_am_i_with_notes(stage: &mut Stage, client: &str) -> String {
    let code = stage.code();
    stage.set("CODE", code);
    let script = format!("set -eu\neval \"$(awsmfa env \"$CODE\")\"\n{client}\n");
    let run = stage.script(&["bash", "--norc"], &script);
    assert_eq!((run.code, run.stdout.trim_end()), (0, USER), "{run:?}");
    let log = stage.emulator.log();
    assert_eq!(log.actions(), ["GetSessionToken", "GetCallerIdentity"]);
    assert!(log.last().session_token, "the session, not the keys");
    run.stderr
}

/// This SDK lets a profile win over keys in the environment.
#[test]
fn the_javascript_sdk_although_a_profile_was_set() {
    let modules = tools_folder().join("npm/node_modules");
    if find_tool("node").is_none() {
        return;
    }
    if !modules.join("@aws-sdk/client-sts").exists() {
        awsmfa_test_support::missing("@aws-sdk/client-sts");
        return;
    }
    let mut stage = Stage::new();
    stage.set("NODE_PATH", modules.to_str().unwrap());
    stage.set("AWS_PROFILE", "default");
    who_am_i(&mut stage, JAVASCRIPT);
}

#[test]
fn over_https_with_a_ca_of_its_own() {
    if find_tool("aws").is_none() {
        return;
    }
    let mut stage = Stage::new().over_https();
    who_am_i(&mut stage, AWS_CLI);
    let log = stage.emulator.log();
    assert!(log.entries.iter().all(|entry| entry.tls));
}

/// The CA is in the profile, which `env` removes.
#[test]
fn over_https_with_the_ca_of_the_profile() {
    if find_tool("aws").is_none() {
        return;
    }
    let mut stage = Stage::new();
    stage.variables.remove("AWS_ENDPOINT_URL");
    let ca = stage.emulator.write_ca(&stage.out("."));
    stage.home.write_config(&format!(
        "[profile secure]\n\
         aws_access_key_id = {}\n\
         aws_secret_access_key = {}\n\
         mfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         region = eu-west-1\n\
         ca_bundle = {}\n\
         endpoint_url = {}\n",
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET,
        ca.display(),
        stage.emulator.https_url()
    ));
    stage.set("AWS_PROFILE", "secure");
    let noted = who_am_i_with_notes(&mut stage, AWS_CLI);
    assert!(
        noted.starts_with("awsmfa: this session sets AWS_ENDPOINT_URL,"),
        "{noted}"
    );
    let regions: Vec<_> = stage.emulator.log().entries;
    let regions: Vec<_> = regions
        .iter()
        .map(|entry| entry.region.as_deref())
        .collect();
    assert_eq!(regions, [Some("eu-west-1"), Some("eu-west-1")]);
}

/// What `[default]` adds to bob's keys or has instead, and whether the AWS SDK for .NET 3 then uses it although
/// the environment has a session.
const DEFAULTS: &[(&str, bool)] = &[
    ("KEYS", true),
    ("KEYS\nregion = eu-west-1\nmfa_serial =", true),
    (
        "KEYS\nmfa_serial = arn:aws:iam::123456789012:mfa/bob",
        false,
    ),
    ("credential_process = ./keys", true),
    ("KEYS\ncredential_process = ./keys", false),
    (
        "role_arn = arn:aws:iam::111122223333:role/dev\nsource_profile = alice",
        true,
    ),
    (
        "KEYS\nrole_arn = arn:aws:iam::111122223333:role/dev\nsource_profile = alice",
        false,
    ),
    ("KEYS\nsso_session = my", false),
    ("region = eu-west-1", false),
];

/// AWS Tools for PowerShell 4 is built on version 3.
#[test]
fn the_dotnet_sdks_and_what_doctor_says_of_them() {
    let Some(pwsh) = find_tool("pwsh") else {
        return;
    };
    let folder = std::fs::canonicalize(pwsh).unwrap();
    let folder = folder.parent().unwrap();
    let dotnet = folder.join("dotnet/dotnet");
    if !dotnet.exists() {
        return skip("dotnet beside pwsh");
    }
    let who_am_i = |stage: &Stage, version: &str| {
        let program = folder.join("aws-dotnet").join(version).join("identity.dll");
        let words = [dotnet.as_path(), &program];
        Run::execute(stage.command(&words).env("DOTNET_TieredPGO", "0")).stdout
    };
    let alice = format!(
        "[alice]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET
    );
    let mut stage = Stage::with_files("", &alice);
    let keys = format!(
        r#"echo '{{"Version": 1, "AccessKeyId": "{}", "SecretAccessKey": "{}"}}'"#,
        Accounts::BOB_KEY,
        Accounts::BOB_SECRET
    );
    stage.program("keys", &keys);
    let code = stage.code();
    stage.env(&["-p", "alice", &code]);
    for (default, is_used) in DEFAULTS {
        let default = default.replace("./keys", stage.out("bin/keys").to_str().unwrap());
        let default = default.replace(
            "KEYS",
            &format!(
                "aws_access_key_id = {}\naws_secret_access_key = {}",
                Accounts::BOB_KEY,
                Accounts::BOB_SECRET
            ),
        );
        let sso = "[sso-session my]\nsso_start_url = https://example.com\nsso_region = us-east-1\n";
        stage
            .home
            .write_config(&format!("[default]\n{default}\n{sso}"));
        assert_eq!(
            who_am_i(&stage, "3").trim_end() != USER,
            *is_used,
            "{default}"
        );
        let doctor = stage.awsmfa(&["doctor"]);
        assert_eq!(
            doctor.stdout.contains("AWS Tools for PowerShell 4"),
            *is_used,
            "{doctor:?}"
        );
        if *is_used {
            assert_eq!(who_am_i(&stage, "4").trim_end(), USER, "{default}");
        }
    }
}

/// `env` says it to the users of these tools.
#[test]
fn what_the_dotnet_sdk_uses_is_noted_in_powershell_and_cmd() {
    let credentials = format!(
        "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        Accounts::ALICE_KEY,
        Accounts::ALICE_SECRET
    );
    let stage = Stage::with_files("", &credentials);
    for (shell, is_noted) in [("powershell", true), ("cmd", true), ("sh", false)] {
        let run = stage.awsmfa(&["env", "--shell", shell, &stage.code()]);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(run.stderr.contains("mfa_serial"), is_noted, "{run:?}");
    }
}

/// moto's server with a user; it checks signatures from the fourth request on.
const MOTO: &str = r#"
import os, sys
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "3"
import boto3
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
url = "http://%s:%s" % server.get_host_and_port()
iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1",
                   aws_access_key_id="nobody", aws_secret_access_key="nothing")
iam.create_user(UserName="alice")
iam.put_user_policy(UserName="alice", PolicyName="all", PolicyDocument="""{
    "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}""")
key = iam.create_access_key(UserName="alice")["AccessKey"]
print(url, key["AccessKeyId"], key["SecretAccessKey"], flush=True)
sys.stdin.read()
"#;

/// Runs until dropped.
struct Moto {
    server: Child,
    url: String,
    key: String,
    secret: String,
}

impl Moto {
    fn start(stage: &Stage) -> Option<Self> {
        find_tool("moto_server")?;
        let mut command = stage.command(&["python3", "-c", MOTO]);
        let command = command.stdin(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(server.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let [url, key, secret] = words.try_into().unwrap();
        Some(Self {
            server,
            url,
            key,
            secret,
        })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It ends when its standard input does.
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}

#[test]
fn a_server_of_moto_accepts_the_request() {
    let mut stage = Stage::new();
    let Some(moto) = Moto::start(&stage) else {
        return;
    };
    stage.set("AWS_ENDPOINT_URL", moto.url.as_str());
    stage.set("AWS_ACCESS_KEY_ID", moto.key.as_str());
    stage.set("AWS_SECRET_ACCESS_KEY", moto.secret.as_str());
    stage.set("AWS_MFA_SERIAL", "arn:aws:iam::123456789012:mfa/alice");
    // moto checks signatures but not codes.
    let script = "set -eu\neval \"$(awsmfa env 123456)\"\nenv\n";
    let run = stage.script(&["bash", "--norc"], script);
    run.assert_quiet_success();
    assert!(run.stdout.contains("\nAWS_SESSION_TOKEN="), "{run:?}");

    stage.set("AWS_SECRET_ACCESS_KEY", Accounts::BOB_SECRET);
    let run: Run = stage.script(&["bash", "--norc"], script);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
}
