//! The AWS CLI, and so botocore, accepts the emulator as AWS.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

use awsmfa_test_support::{Accounts, Emulator, TestHome, find_tool};

struct Cli {
    program: PathBuf,
    env: BTreeMap<String, String>,
}

impl Cli {
    fn run(&self, arguments: &str) -> Output {
        Command::new(&self.program)
            .args(arguments.split(' '))
            .env_clear()
            .envs(&self.env)
            .output()
            .expect("the AWS CLI runs")
    }

    #[track_caller]
    fn text(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments}: {output:?}");
        String::from_utf8(output.stdout)
            .expect("UTF-8")
            .trim_end()
            .to_owned()
    }

    #[track_caller]
    fn assert_refused(&self, arguments: &str, message: &str) {
        let output = self.run(arguments);
        let error = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(
            !output.status.success() && error.contains(message),
            "{arguments}: {error}"
        );
    }
}

#[test]
fn sessions_roles_and_devices() {
    let Some(program) = find_tool("aws") else {
        return;
    };
    let emulator = Emulator::start(Accounts::standard());
    let home = TestHome::standard();
    let mut env = home.env(&emulator.http_url());
    let user = Cli {
        program: program.clone(),
        env: env.clone(),
    };
    let serial = "arn:aws:iam::123456789012:mfa/alice";

    let whoami = "sts get-caller-identity --query Arn --output text";
    assert_eq!(user.text(whoami), "arn:aws:iam::123456789012:user/alice");
    let devices = "iam list-mfa-devices --query MFADevices[].SerialNumber --output text";
    assert_eq!(user.text(devices), serial);

    let code = emulator.device("alice").code();
    let exchange = format!(
        "sts get-session-token --serial-number {serial} --token-code {code} --output text \
         --query Credentials.[AccessKeyId,SecretAccessKey,SessionToken]"
    );
    let credentials = user.text(&exchange);
    let refused = "(AccessDenied) when calling the GetSessionToken operation: \
                   MultiFactorAuthentication failed with invalid MFA one time pass code. ";
    user.assert_refused(&exchange, refused);

    let names = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
    ];
    for (name, value) in names.into_iter().zip(credentials.split('\t')) {
        env.insert(name.to_owned(), value.to_owned());
    }
    let session = Cli { program, env };
    assert_eq!(session.text(whoami), "arn:aws:iam::123456789012:user/alice");
    let assume = "sts assume-role --role-arn arn:aws:iam::111122223333:role/dev \
                  --role-session-name alice --query AssumedRoleUser.Arn --output text";
    let assume = assume.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(
        session.text(&assume),
        "arn:aws:sts::111122223333:assumed-role/dev/alice"
    );
    user.assert_refused(
        &assume,
        "is not authorized to perform: sts:AssumeRole on resource: ",
    );
    assert_eq!(emulator.log().count_with_token_code(), 2);
}

#[test]
fn https_with_the_emulators_ca() {
    let Some(program) = find_tool("aws") else {
        return;
    };
    let emulator = Emulator::start(Accounts::standard());
    let home = TestHome::standard();
    let mut env = home.env(&emulator.https_url());
    let ca = emulator.write_ca(home.path());
    env.insert(
        "AWS_CA_BUNDLE".to_owned(),
        ca.to_str().expect("UTF-8").to_owned(),
    );
    let bob = Cli { program, env }
        .text("sts get-caller-identity --profile bob --query Arn --output text");
    assert_eq!(bob, "arn:aws:iam::123456789012:user/bob");
    assert!(emulator.log().last().tls);
}
