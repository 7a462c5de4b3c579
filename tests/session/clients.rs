//! Other clients use the session, and awsmfa talks to another server.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use awsmfa_test_support::{Accounts, Run, Stage, find_tool, tools_folder};

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
