//! What a person may get wrong before anything is sent: each gives a sentence that names it, a hint,
//! its exit code, and a line that fails; no request, and nothing changed.

use std::fmt::Write as _;

use awsmfa_test_support::{Accounts, Stage};

/// Something wrong.
struct Bad {
    what: &'static str,
    /// After `awsmfa env --shell sh`.
    args: &'static [&'static str],
    /// What is around it.
    around: fn(&mut Stage),
    code: i32,
    /// What the message must name.
    names: &'static str,
}

const USAGE: Bad = Bad {
    what: "",
    args: &[],
    around: |_| {},
    code: 2,
    names: "",
};

const FOUND: Bad = Bad {
    args: &["135790"],
    code: 1,
    ..USAGE
};

const CODES: &[Bad] = &[
    Bad {
        what: "a code of five digits",
        args: &["12345"],
        names: "MFA code",
        ..USAGE
    },
    Bad {
        what: "a code of seven digits",
        args: &["1234567"],
        names: "MFA code",
        ..USAGE
    },
    Bad {
        what: "a code with letters",
        args: &["12345a"],
        names: "MFA code",
        ..USAGE
    },
    Bad {
        what: "a code in two words",
        args: &["135", "790"],
        names: "awsmfa: digits stand where no MFA code is expected",
        ..USAGE
    },
    Bad {
        what: "an empty code",
        args: &[""],
        names: "MFA code",
        ..USAGE
    },
    Bad {
        what: "a code in the digits of another script",
        args: &["١٢٣٤٥٦"],
        names: "MFA code",
        ..USAGE
    },
    Bad {
        what: "a code with a dash",
        args: &["--", "-23456"],
        names: "MFA code",
        ..USAGE
    },
    Bad {
        what: "an empty standard input",
        args: &["-"],
        names: "MFA code",
        ..USAGE
    },
    Bad {
        what: "a program that prints no code",
        args: &["--code-command", "echo none"],
        code: 1,
        names: "six digits",
        ..USAGE
    },
    Bad {
        what: "a program that fails",
        args: &["--code-command", "exit 3"],
        code: 1,
        names: "exit status: 3",
        ..USAGE
    },
];

const OPTIONS: &[Bad] = &[
    Bad {
        what: "an unknown shell",
        args: &["135790", "--shell", "nonsense"],
        names: "nonsense",
        ..USAGE
    },
    Bad {
        what: "an unknown option",
        args: &["135790", "--nonsense"],
        names: "--nonsense",
        ..USAGE
    },
    Bad {
        what: "an option without its value",
        args: &["135790", "--profile"],
        names: "--profile",
        ..USAGE
    },
    Bad {
        what: "a duration that is none",
        args: &["135790", "--duration", "soon"],
        names: "--duration",
        ..USAGE
    },
    Bad {
        what: "a duration that is too short",
        args: &["135790", "--duration", "5m"],
        names: "--duration",
        ..USAGE
    },
    Bad {
        what: "a duration that is too long",
        args: &["135790", "--duration", "37h"],
        names: "--duration",
        ..USAGE
    },
    Bad {
        what: "a duration that is too long for a role",
        args: &["135790", "-p", "admin", "--duration", "13h"],
        names: "--duration",
        ..USAGE
    },
    Bad {
        what: "a region that is none",
        args: &["135790", "--region", "evil.example/"],
        names: "evil.example",
        ..USAGE
    },
    Bad {
        what: "a region of another partition",
        args: &["135790", "--region", "cn-north-1"],
        names: "cn-north-1",
        ..USAGE
    },
    Bad {
        what: "an empty region",
        args: &["135790", "--region", ""],
        names: "--region",
        ..USAGE
    },
    Bad {
        what: "a role that is no ARN",
        args: &["135790", "--role-arn", "admin"],
        names: "--role-arn",
        ..USAGE
    },
    Bad {
        what: "a role that is a user",
        args: &[
            "135790",
            "--role-arn",
            "arn:aws:iam::123456789012:user/alice",
        ],
        names: "--role-arn",
        ..USAGE
    },
    Bad {
        what: "a role's name with a blank",
        args: &["135790", "-p", "dev", "--role-session-name", "my name"],
        names: "--role-session-name",
        ..USAGE
    },
    Bad {
        what: "an external ID of one character",
        args: &["135790", "-p", "dev", "--external-id", "x"],
        names: "--external-id",
        ..USAGE
    },
    Bad {
        what: "an option that needs a role",
        args: &["135790", "--no-session"],
        names: "--no-session",
        ..USAGE
    },
    Bad {
        what: "an empty serial number",
        args: &["135790", "--serial", ""],
        names: "--serial",
        ..USAGE
    },
    Bad {
        what: "an empty profile",
        args: &["135790", "--profile", ""],
        names: "--profile",
        ..USAGE
    },
];

const DEVICES: &[Bad] = &[
    Bad {
        what: "a serial number that is none",
        args: &["135790", "--serial", "alice's phone"],
        names: "--serial",
        ..USAGE
    },
    Bad {
        what: "a security key",
        args: &[
            "135790",
            "--serial",
            "arn:aws:iam::123456789012:u2f/user/alice/yubi",
        ],
        names: "security key",
        ..USAGE
    },
    Bad {
        what: "a device of another partition than the role",
        args: &[
            "135790",
            "-p",
            "dev",
            "--serial",
            "arn:aws-cn:iam::123456789012:mfa/alice",
        ],
        names: "arn:aws:iam::111122223333:role/dev",
        ..FOUND
    },
    Bad {
        what: "an empty serial number in the profile",
        around: |stage| config(stage, "[default]\nregion = eu-central-1\nmfa_serial =\n"),
        names: ".aws/config line 3",
        ..FOUND
    },
    Bad {
        what: "a device of another account than the profile's keys",
        around: |stage| {
            config(
                stage,
                "[default]\naws_account_id = 111122223333\n\
                 mfa_serial = arn:aws:iam::123456789012:mfa/alice\n",
            );
        },
        names: "111122223333",
        ..FOUND
    },
];

const PROFILES: &[Bad] = &[
    Bad {
        what: "an unknown profile",
        args: &["135790", "-p", "defualt"],
        names: "defualt",
        ..FOUND
    },
    Bad {
        what: "an unknown profile in AWS_PROFILE",
        around: |stage| _ = stage.set("AWS_PROFILE", "nobody"),
        names: "AWS_PROFILE",
        ..FOUND
    },
    Bad {
        what: "a profile without keys",
        args: &["135790", "-p", "empty"],
        around: |stage| config(stage, "[profile empty]\nregion = eu-central-1\n"),
        names: "empty",
        ..FOUND
    },
    Bad {
        what: "a profile with half of its keys",
        around: |stage| {
            credentials(
                stage,
                "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n",
            );
        },
        names: "aws_secret_access_key",
        ..FOUND
    },
    Bad {
        what: "a profile with the keys of a session",
        around: |stage| {
            credentials(
                stage,
                "[default]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
                 aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
                 aws_session_token = token\n",
            );
        },
        names: "temporary session",
        ..FOUND
    },
    Bad {
        what: "half of the keys in the environment",
        around: |stage| _ = stage.set("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET),
        names: "AWS_ACCESS_KEY_ID",
        ..FOUND
    },
    Bad {
        what: "the keys of a session in the environment, and no profile",
        around: |stage| {
            config(stage, "");
            credentials(stage, "");
            stage.set("AWS_ACCESS_KEY_ID", "ASIAIOSFODNN7EXAMPLE");
            stage.set("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET);
            stage.set("AWS_SESSION_TOKEN", "token");
        },
        names: "temporary session",
        ..FOUND
    },
    Bad {
        what: "source profiles in a circle",
        args: &["135790", "-p", "one"],
        around: |stage| {
            config(
                stage,
                "[profile one]\nrole_arn = arn:aws:iam::111122223333:role/dev\nsource_profile = two\n\
                 [profile two]\nrole_arn = arn:aws:iam::111122223333:role/dev\nsource_profile = one\n",
            );
        },
        names: "one → two → one",
        ..FOUND
    },
    Bad {
        what: "a profile of SSO",
        args: &["135790", "-p", "sso"],
        around: |stage| config(stage, "[profile sso]\nsso_session = corp\n"),
        names: "SSO",
        ..FOUND
    },
    Bad {
        what: "a profile of a web identity",
        args: &["135790", "-p", "web"],
        around: |stage| {
            config(
                stage,
                "[profile web]\nrole_arn = arn:aws:iam::111122223333:role/dev\n\
                 web_identity_token_file = /run/token\n",
            );
        },
        names: "web identity",
        ..FOUND
    },
];

const SURROUNDINGS: &[Bad] = &[
    Bad {
        what: "a broken config file",
        around: |stage| config(stage, "[default]\nregion = eu-central-1\nnonsense\n"),
        names: ".aws/config, line 3",
        ..FOUND
    },
    Bad {
        what: "a broken credentials file",
        around: |stage| {
            let secret = Accounts::ALICE_SECRET;
            credentials(
                stage,
                &format!("[default\naws_secret_access_key = {secret}\n"),
            );
        },
        names: ".aws/credentials, line 1",
        ..FOUND
    },
    Bad {
        what: "no HOME",
        around: |stage| {
            stage.variables.remove("HOME");
        },
        names: "HOME",
        ..FOUND
    },
    Bad {
        what: "a bad duration in the environment",
        around: |stage| _ = stage.set("AWSMFA_DURATION", "soon"),
        names: "AWSMFA_DURATION",
        ..FOUND
    },
    Bad {
        what: "a duration out of range in the environment",
        around: |stage| _ = stage.set("AWSMFA_DURATION", "5m"),
        names: "AWSMFA_DURATION",
        ..FOUND
    },
    Bad {
        what: "a bad switch in the environment",
        around: |stage| _ = stage.set("AWSMFA_NO_SESSION", "maybe"),
        names: "AWSMFA_NO_SESSION",
        ..FOUND
    },
    Bad {
        what: "a bad region in the profile",
        around: |stage| config(stage, "[default]\nregion = nowhere!\n"),
        names: ".aws/config line 2",
        ..FOUND
    },
    Bad {
        what: "a bad role in the profile",
        args: &["135790", "-p", "dev"],
        around: |stage| {
            config(
                stage,
                "[profile dev]\nsource_profile = default\nrole_arn = dev\n",
            );
        },
        names: ".aws/config line 3: role_arn",
        ..FOUND
    },
    Bad {
        what: "a bad endpoint",
        around: |stage| _ = stage.set("AWS_ENDPOINT_URL", "127.0.0.1:5000"),
        names: "AWS_ENDPOINT_URL",
        ..FOUND
    },
    Bad {
        what: "a CA bundle that is not there",
        around: |stage| _ = stage.set("AWS_CA_BUNDLE", "/nowhere/ca.pem"),
        names: "/nowhere/ca.pem",
        ..FOUND
    },
    Bad {
        what: "a CA bundle without a certificate",
        around: |stage| _ = stage.set("AWS_CA_BUNDLE", "/dev/null"),
        names: "/dev/null",
        ..FOUND
    },
    Bad {
        what: "a profile with what a terminal would obey",
        around: |stage| _ = stage.set("AWS_PROFILE", "red\u{1b}[31m"),
        names: "red\\u{1b}[31m",
        ..FOUND
    },
    Bad {
        what: "a value that the shell could not put back",
        around: |stage| _ = stage.set("AWS_SECURITY_TOKEN", "two\u{8}lines"),
        names: "awsmfa: AWS_SECURITY_TOKEN",
        ..FOUND
    },
];

fn config(stage: &mut Stage, text: &str) {
    stage.home.write_config(text);
}

fn credentials(stage: &mut Stage, text: &str) {
    stage.home.write_credentials(text);
}

/// Tries each, and gives all the messages.
fn messages(table: &[Bad]) -> String {
    let mut messages = String::new();
    for bad in table {
        let mut stage = Stage::new();
        (bad.around)(&mut stage);
        let args = [&["env", "--shell", "sh"], bad.args].concat();
        // An option may stand once.
        let args = if bad.args.contains(&"--shell") {
            [&["env"], bad.args].concat()
        } else {
            args
        };
        let run = stage.awsmfa(&args);
        assert_eq!(run.code, bad.code, "{}: {run:?}", bad.what);
        let failure = format!("(exit {});\n", bad.code);
        assert_eq!(run.stdout, failure, "{}", bad.what);
        assert!(run.stderr.contains(bad.names), "{}: {run:?}", bad.what);
        run.assert_no_secret_told("135790");
        let help = ["\nhint: ", "try '--help'"];
        let helps = help.iter().any(|hint| run.stderr.contains(hint));
        assert!(helps, "{}: no hint in {}", bad.what, run.stderr);
        assert_eq!(stage.emulator.log().actions(), [""; 0], "{}", bad.what);
        stage.assert_clean_home();

        let stderr = stage.redact(&run.stderr);
        let _ = writeln!(messages, "# {}\n{stderr}", bad.what);
    }
    messages
}

#[test]
fn codes() {
    insta::assert_snapshot!(messages(CODES));
}

/// Half a code, or a whole one in the wrong place, is not repeated.
#[test]
fn stray_digits() {
    let stage = Stage::new();
    for args in [
        &["135790"][..],
        &["env", "135", "790"],
        &["exec", "135", "790", "--", "true"],
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
    insta::assert_snapshot!(messages(OPTIONS));
}

#[test]
fn devices() {
    insta::assert_snapshot!(messages(DEVICES));
}

#[test]
fn profiles() {
    insta::assert_snapshot!(messages(PROFILES));
}

#[test]
fn surroundings() {
    insta::assert_snapshot!(messages(SURROUNDINGS));
}
