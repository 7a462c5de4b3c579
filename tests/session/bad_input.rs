//! Mistakes that awsmfa finds before it sends anything. Each has a message that names the mistake, a
//! hint, an exit code, and a failing line; there is no request, and nothing changes.

use std::fmt::Write as _;

use awsmfa_test_support::{Accounts, Stage};

const CODE: &str = "135790";

/// A row: something wrong in or around `awsmfa env --shell sh … 135790`.
struct Bad {
    what: &'static str,
    args: Vec<&'static str>,
    /// The differences from the standard stage.
    around: Vec<Around>,
    exit: i32,
}

enum Around {
    Config(String),
    Credentials(String),
    Set(&'static str, &'static str),
    Unset(&'static str),
}

/// A mistake on the command line.
fn usage(what: &'static str, args: &[&'static str]) -> Bad {
    Bad {
        what,
        args: [args, &[CODE]].concat(),
        around: Vec::new(),
        exit: 2,
    }
}

/// A mistake in files or variables.
fn found(what: &'static str) -> Bad {
    Bad {
        exit: 1,
        ..usage(what, &[])
    }
}

/// A mistake in the profile x.
fn found_in_x(what: &'static str, lines: &str) -> Bad {
    found(what)
        .args(&["-p", "x"])
        .config(&format!("{DEFAULT}[profile x]\n{lines}"))
}

impl Bad {
    fn args(mut self, args: &[&'static str]) -> Self {
        self.args = [args, &[CODE]].concat();
        self
    }

    fn without_code(mut self) -> Self {
        self.args.pop();
        self
    }

    fn with(mut self, around: Around) -> Self {
        self.around.push(around);
        self
    }

    fn config(self, text: &str) -> Self {
        self.with(Around::Config(text.to_owned()))
    }

    fn credentials(self, text: &str) -> Self {
        self.with(Around::Credentials(text.to_owned()))
    }

    fn set(self, name: &'static str, value: &'static str) -> Self {
        self.with(Around::Set(name, value))
    }

    /// Runs the row; returns the message.
    fn message(&self) -> String {
        let Self { what, exit, .. } = self;
        let mut stage = Stage::new();
        for around in &self.around {
            match around {
                Around::Config(text) => stage.home.write_config(text),
                Around::Credentials(text) => stage.home.write_credentials(text),
                Around::Set(name, value) => _ = stage.set(name, *value),
                Around::Unset(name) => _ = stage.remove(name),
            }
        }
        // An option may be given only once.
        let shell: &[&str] = if self.args.contains(&"--shell") {
            &["env"]
        } else {
            &["env", "--shell", "sh"]
        };
        let run = stage.awsmfa(&[shell, &self.args].concat());
        assert_eq!(run.code, *exit, "{what}: {run:?}");
        assert_eq!(run.stdout, format!("(exit {exit});\n"), "{what}");
        run.assert_no_secret_told(CODE);
        let help = ["\nhint: ", "try '--help'"];
        let helps = help.iter().any(|hint| run.stderr.contains(hint));
        assert!(helps, "{what}: no hint in {}", run.stderr);
        assert_eq!(stage.emulator.log().actions(), [""; 0], "{what}");
        stage.assert_clean_home();
        stage.redact(&run.stderr)
    }
}

/// Tries each row and returns all messages.
fn messages(rows: &[Bad]) -> String {
    let mut messages = String::new();
    for row in rows {
        let _ = writeln!(messages, "# {}\n{}", row.what, row.message());
    }
    messages
}

const KEYS: &str = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
";

const SESSION_KEYS: &str = "aws_access_key_id = ASIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
";

const DEFAULT: &str = "[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n";

const DEV: &str = "source_profile = default\nrole_arn = arn:aws:iam::111122223333:role/dev\n";

const DEV_ARN: &[&str] = &["--role-arn", "arn:aws:iam::111122223333:role/dev"];

#[test]
fn codes() {
    let code = |what, words: &[&'static str]| usage(what, words).without_code();
    let messages = messages(&[
        code("a code of five digits", &["12345"]),
        code("a code of seven digits", &["1234567"]),
        code("a code with letters", &["12345a"]),
        code("half a code", &["135"]),
        code("two codes", &["135790", "135791"]),
        code(
            "a code with a letter for a digit, beside a profile",
            &["default", "12345O"],
        ),
        code("an empty code", &[""]),
        code("a code in the digits of another script", &["١٢٣٤٥٦"]),
        code("a code with a dash", &["--", "-23456"]),
        code("an empty standard input", &["-"]),
        found("a program that prints no code")
            .args(&["--code-command", "echo none"])
            .without_code(),
        found("a program that fails")
            .args(&["--code-command", "exit 3"])
            .without_code(),
    ]);
    insta::assert_snapshot!(messages);
}

/// Half a code, or a whole one in the wrong place, is not repeated.
#[test]
fn stray_digits() {
    let stage = Stage::new();
    for args in [
        &["135790"][..],
        &["env", "135790", "135790"],
        &["exec", "135", "790", "135790", "--", "true"],
        &["unset", "135790"],
    ] {
        let run = stage.awsmfa(args);
        assert_eq!(run.code, 2, "{run:?}");
        let digits = ["135", "790"].iter().any(|it| run.stderr.contains(it));
        assert!(!digits, "{run:?}");
        assert!(run.stderr.contains("\nhint: give the code once"), "{run:?}");
    }
}

#[test]
fn options() {
    let role = |what, more: &[&'static str]| usage(what, &[DEV_ARN, more].concat());
    let long = &["--session-duration", "5m"];
    let messages = messages(&[
        usage("an unknown shell", &["--shell", "nonsense"]),
        usage("an unknown option", &["--nonsense"]),
        usage("an option without its value", &["--profile"]).without_code(),
        usage("an empty profile", &["--profile", ""]),
        usage("a duration that is none", &["--duration", "soon"]),
        usage("a duration that is too short", &["--duration", "5m"]),
        usage("a duration that is too long", &["--duration", "37h"]),
        role(
            "a duration that is too long for a role",
            &["--duration", "13h"],
        ),
        role(
            "a duration that is too short for the session behind a role",
            long,
        ),
        usage("a region that is none", &["--region", "evil.example/"]),
        usage("a region of another partition", &["--region", "cn-north-1"]),
        usage("an empty region", &["--region", ""]),
        usage("a role that is no ARN", &["--role-arn", "admin"]),
        usage(
            "a role that is a user",
            &["--role-arn", "arn:aws:iam::123456789012:user/alice"],
        ),
        role(
            "a role's name with a blank",
            &["--role-session-name", "my name"],
        ),
        role("an external ID of one character", &["--external-id", "x"]),
        role("an external ID with a blank", &["--external-id", "x y"]),
        usage("an external ID and no role", &["--external-id", "xy"]),
        usage("no session and no role", &["--no-session"]),
        usage("an empty serial number", &["--serial", ""]),
        usage(
            "a serial number that is none",
            &["--serial", "alice's phone"],
        ),
        usage(
            "a security key",
            &["--serial", "arn:aws:iam::123456789012:u2f/user/alice/yubi"],
        ),
        found("a device of another partition than the role").args(&[
            "-p",
            "dev",
            "--serial",
            "arn:aws-cn:iam::123456789012:mfa/alice",
        ]),
    ]);
    insta::assert_snapshot!(messages);
}

#[test]
fn profiles() {
    let circle = [("x", "y"), ("y", "z"), ("z", "x")].map(|(name, source)| {
        format!("[profile {name}]\nrole_arn = arn:aws:iam::111122223333:role/dev\nsource_profile = {source}\n")
    });
    let x = &["-p", "x"];
    let of_dev = |line: &str| format!("role_arn = arn:aws:iam::111122223333:role/dev\n{line}");
    let messages = messages(&[
        found("an unknown profile").args(x),
        found("a name that is nearly there").args(&["-p", "defualt"]),
        found("an unknown profile in AWS_PROFILE").set("AWS_PROFILE", "nobody"),
        found_in_x("an unknown source", &of_dev("source_profile = defualt\n")),
        found("source profiles in a circle")
            .args(x)
            .config(&circle.concat()),
        found_in_x(
            "a profile that is its source and has no keys",
            &of_dev("source_profile = x\n"),
        ),
        found_in_x("a profile without keys", "region = eu-central-1\n"),
        found("half of the keys")
            .credentials("[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n"),
        found("the other half")
            .args(x)
            .credentials("[x]\naws_secret_access_key = secret\n"),
        found("half of the keys in the environment").set("AWS_ACCESS_KEY_ID", Accounts::BOB_KEY),
        found("a session token")
            .credentials(&format!("[default]\n{KEYS}aws_session_token = token\n")),
        found("the keys of a session").credentials(&format!("[default]\n{SESSION_KEYS}")),
        found("the keys of a session in the environment, and no profile")
            .config("")
            .credentials("")
            .set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE")
            .set("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET)
            .set("AWS_SESSION_TOKEN", "token"),
        found_in_x("SSO", "sso_session = corp\n"),
        found_in_x(
            "SSO of old",
            "sso_start_url = https://example.awsapps.com/start\n",
        ),
        found_in_x(
            "aws login",
            "login_session = arn:aws:iam::123456789012:user/alice\n",
        ),
        found_in_x(
            "web identity",
            &of_dev("web_identity_token_file = /token\n"),
        ),
        found_in_x(
            "a role through SSO",
            &of_dev("source_profile = s\n[profile s]\nsso_session = corp\n"),
        ),
        found_in_x("a role without a source", &of_dev("")),
        found_in_x(
            "credential_source without a user",
            &of_dev("credential_source = Ec2InstanceMetadata\n"),
        ),
        found_in_x(
            "credential_source without keys",
            &of_dev("credential_source = Environment\n"),
        ),
        found("nothing at all").config("").credentials(""),
        found("no profile of the name default")
            .config(&format!("[profile staging]\n{KEYS}"))
            .credentials(""),
    ]);
    insta::assert_snapshot!(messages);
}

#[test]
fn roles_and_durations() {
    let role = |what, line: &str| found_in_x(what, &format!("{DEV}{line}\n"));
    let no_arn = "source_profile = default\nrole_arn = dev\n";
    let messages = messages(&[
        found_in_x("a role that is no ARN", no_arn),
        role("a session name with a blank", "role_session_name = a b"),
        role("an external ID of one character", "external_id = x"),
        role("a duration that is none", "duration_seconds = long"),
        role("a duration that is too short", "duration_seconds = 60"),
        found("AWSMFA_DURATION that is none").set("AWSMFA_DURATION", "soon"),
        found("AWSMFA_DURATION out of range").set("AWSMFA_DURATION", "5m"),
        found("AWSMFA_NO_SESSION")
            .args(DEV_ARN)
            .set("AWSMFA_NO_SESSION", "maybe"),
    ]);
    insta::assert_snapshot!(messages);
}

#[test]
fn devices() {
    let serial =
        |what, serial: &str| found(what).config(&format!("[default]\nmfa_serial = {serial}\n"));
    let messages = messages(&[
        serial("an empty serial number", ""),
        serial("an ARN that is not whole", "arn:aws:iam::123456789012"),
        serial("the ARN of a user", "arn:aws:iam::123456789012:user/alice"),
        found("AWS_MFA_SERIAL")
            .config("")
            .set("AWS_MFA_SERIAL", "phone"),
        found("a device of another account than the keys")
            .config(&format!("{DEFAULT}aws_account_id = 444455556666\n")),
    ]);
    insta::assert_snapshot!(messages);
}

#[test]
fn surroundings() {
    let default = |what, line: &str| found(what).config(&format!("{DEFAULT}{line}\n"));
    let services = "services = local\n[services local]\nsts =\n  endpoint_url = nonsense";
    let messages = messages(&[
        found("a broken config file").config("[default]\nregion = eu-central-1\nnonsense\n"),
        found("a broken credentials file").credentials(&format!(
            "[default\naws_secret_access_key = {}\n",
            Accounts::ALICE_SECRET
        )),
        found("no HOME").with(Around::Unset("HOME")),
        found("AWS_REGION").set("AWS_REGION", "EU"),
        default(
            "a bad region in the profile",
            "region = eu-central-1.evil.example",
        ),
        found("AWS_ENDPOINT_URL").set("AWS_ENDPOINT_URL", "127.0.0.1:5000"),
        found("AWS_ENDPOINT_URL_STS").set("AWS_ENDPOINT_URL_STS", "localhost:1"),
        default("a bad endpoint in the profile", "endpoint_url = file:///x")
            .set("AWS_ENDPOINT_URL", ""),
        default("a bad endpoint in [services]", services).set("AWS_ENDPOINT_URL", ""),
        found("an endpoint without its slashes").set("AWS_ENDPOINT_URL", "http:localhost"),
        found("an endpoint with backslashes").set("AWS_ENDPOINT_URL", "http:\\\\localhost"),
        found("an endpoint that a template left open").set("AWS_ENDPOINT_URL", "{}"),
        found("an endpoint with a password")
            .set("AWS_ENDPOINT_URL", "http//alice:p%40ss@localhost:1"),
        found("a CA bundle that is not there").set("AWS_CA_BUNDLE", "/nowhere/ca.pem"),
        found("a CA bundle without a certificate").set("AWS_CA_BUNDLE", "/dev/null"),
        found("a profile that would steer the terminal").set("AWS_PROFILE", "red\u{1b}[31m"),
        found("a value that the shell could not put back")
            .set("AWS_SECURITY_TOKEN", "two\u{8}lines"),
    ]);
    insta::assert_snapshot!(messages);
}

/// No program could be started any more in a shell that has a longer one.
#[cfg(target_os = "linux")]
#[test]
fn a_variable_that_is_too_long_for_linux() {
    const LONGEST: usize = 128 * 1024 - 1;
    for shell in ["sh", "fish", "powershell"] {
        let mut stage = Stage::new();
        // It comes back under its own name, but is remembered under a longer one.
        let longest = "x".repeat(LONGEST - "AWS_SECURITY_TOKEN=".len());
        stage.set("AWS_SECURITY_TOKEN", longest);
        let run = stage.awsmfa(&["env", "--shell", shell, CODE]);
        assert_eq!(run.code, 1, "{run:?}");
        let message = "AWS_SECURITY_TOKEN is longer than the 128 KiB that Linux allows";
        assert!(run.stderr.contains(message), "{run:?}");
        stage.assert_no_code_sent();
    }
}
