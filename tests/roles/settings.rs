//! The session behaves as with `AWS_PROFILE=<profile>`: it has the profile's settings, and those of
//! `[default]` do not replace them.

use awsmfa::environment::VARIABLES;
use awsmfa_test_support::{Accounts, Stage};

use crate::switching::ALICE;

/// Nothing listens there.
const DEAD: &str = "http://127.0.0.1:9";

const DEVICE: &str = "mfa_serial = arn:aws:iam::123456789012:mfa/alice";

/// A home whose environment has the endpoints of STS and IAM but of no other service.
fn stage(config: &str, credentials: &str) -> Stage {
    let mut stage = Stage::with_files(config, credentials);
    let url = stage.remove("AWS_ENDPOINT_URL").unwrap();
    stage.set("AWS_ENDPOINT_URL_STS", &url);
    stage.set("AWS_ENDPOINT_URL_IAM", &url);
    stage
}

fn alice_as(profile: &str) -> String {
    ALICE.replace("[default]", &format!("[{profile}]"))
}

#[test]
fn an_endpoint_of_default_is_refused_before_a_code() {
    let other = format!("[services lo]\ns3 =\n  endpoint_url = {DEAD}\n");
    for default in [
        format!("endpoint_url = {DEAD}"),
        format!("services = lo\n{other}"),
    ] {
        let config = format!("[profile prod]\n{DEVICE}\n[default]\n{default}\n");
        let mut stage = stage(&config, &alice_as("prod"));
        let before = stage.variables.clone();
        let code = stage.code();

        let told = stage.env_fails(&["-p", "prod", &code]);
        assert!(
            told.contains("profile default") || told.contains("services lo"),
            "{told}"
        );
        assert!(
            told.contains("endpoint_url") || told.contains(": s3"),
            "{told}"
        );
        assert!(
            told.contains("ignore_configured_endpoint_urls = true"),
            "{told}"
        );
        let exec = stage.awsmfa(&["exec", "-p", "prod", &code, "--", "true"]);
        assert_eq!(exec.code, 1, "{}", exec.stderr);
        stage.assert_no_code_sent();
        assert_eq!(stage.variables, before);

        // The consumer of json uses its own profile.
        let json = stage.awsmfa(&["env", "--shell", "json", "-p", "prod", &code]);
        assert_eq!(json.code, 0, "{}", json.stderr);
    }
}

#[test]
fn an_endpoint_of_default_does_not_count_where_all_are_settled() {
    let config = format!(
        "[profile prod]\n{DEVICE}\nendpoint_url = {DEAD}\n[default]\nendpoint_url = http://127.0.0.1:10\n"
    );
    let mut own = stage(&config, &alice_as("prod"));
    let code = own.code();
    let told = own.env(&["-p", "prod", &code]);
    assert_eq!(own.get("AWS_ENDPOINT_URL"), Some(DEAD));
    assert!(
        told.contains("this session sets AWS_ENDPOINT_URL"),
        "{told}"
    );

    let config = format!("[profile prod]\n{DEVICE}\n[default]\nendpoint_url = {DEAD}\n");
    let mut set = Stage::with_files(&config, &alice_as("prod"));
    let url = set.get("AWS_ENDPOINT_URL").map(str::to_owned);
    let code = set.code();
    set.env(&["-p", "prod", &code]);
    assert_eq!(set.get("AWS_ENDPOINT_URL"), url.as_deref());
}

#[test]
fn the_services_of_the_profile_come_along_and_go_again() {
    let mut stage = Stage::with_files("", &alice_as("p"));
    let url = stage.remove("AWS_ENDPOINT_URL").unwrap();
    let config = format!(
        "[profile p]\n{DEVICE}\nservices = lo\n[services lo]\nsts =\n  endpoint_url = {url}\niam =\n  endpoint_url = {url}\n\
         s3 =\n  endpoint_url = {DEAD}\ndynamodb =\n  endpoint_url = {DEAD}\n  other = 1\nno-such =\n  endpoint_url = {DEAD}\n"
    );
    stage.home.write_config(&config);
    stage.set("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:4566");
    let before = stage.variables.clone();
    let code = stage.code();

    let told = stage.env(&["-p", "p", &code]);
    assert_eq!(stage.get("AWS_ENDPOINT_URL_STS"), Some(&*url));
    assert_eq!(stage.get("AWS_ENDPOINT_URL_S3"), Some(DEAD));
    assert_eq!(
        stage.get("AWS_ENDPOINT_URL_DYNAMODB"),
        Some("http://127.0.0.1:4566")
    );
    assert!(told.contains("no-such"), "{told}");
    assert!(told.contains("AWS_ENDPOINT_URL_S3"), "{told}");
    stage.unset();
    assert_eq!(stage.variables, before);
}

#[test]
fn a_services_section_that_the_aws_cli_rejects_is_rejected_before_a_code() {
    for (services, named) in [
        (
            "",
            "services = locl, but there is no section [services locl]",
        ),
        (
            "[services locl]\nsts = http://127.0.0.1:9\n",
            "sts has no indented lines below it",
        ),
    ] {
        let config = format!("[profile p]\n{DEVICE}\nservices = locl\n{services}");
        let mut stage = Stage::with_files(&config, &alice_as("p"));
        let code = stage.code();
        let told = stage.env_fails(&["-p", "p", &code]);
        assert!(told.contains(named) && told.contains(" line "), "{told}");
        stage.assert_no_code_sent();
    }
}

#[test]
fn every_setting_with_a_variable_comes_along_unless_it_is_set() {
    let rows = || VARIABLES.iter().filter(|row| row.profile_key().is_some());
    let mut config = format!("[profile p]\n{DEVICE}\n");
    for key in rows().filter_map(|row| row.profile_key()) {
        let value = match key {
            "region" => "eu-central-1",
            // These would send the exchange to another server.
            "endpoint_url" | "ca_bundle" => continue,
            key if key.starts_with("use_") || key.starts_with("ignore_") => "false",
            _ => "of-the-profile",
        };
        if !config.contains(&format!("\n{key} =")) {
            config = format!("{config}{key} = {value}\n");
        }
    }
    config += "[default]\noutput = text\n";
    let mut stage = stage(&config, &alice_as("p"));
    stage.set("AWS_MAX_ATTEMPTS", "7").set("AWS_PAGER", "");
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&["-p", "p", &code]);
    for row in rows() {
        let expected = match &*row.name {
            "AWS_REGION" | "AWS_DEFAULT_REGION" => Some("eu-central-1"),
            "AWS_ENDPOINT_URL" | "AWS_CA_BUNDLE" => None,
            "AWS_MAX_ATTEMPTS" => Some("7"),
            // An empty value counts as set: no pager.
            "AWS_PAGER" => Some(""),
            name if name.starts_with("AWS_USE_") || name.starts_with("AWS_IGNORE_") => {
                Some("false")
            }
            _ => Some("of-the-profile"),
        };
        assert_eq!(stage.get(&row.name), expected, "{}", row.name);
    }
    stage.unset();
    assert_eq!(stage.variables, before);
}

#[test]
fn what_default_adds_and_what_no_variable_carries_is_noted() {
    let config = format!(
        "[profile p]\n{DEVICE}\ns3 =\n  addressing_style = path\n[default]\nregion = eu-central-1\noutput = text\n"
    );
    let mut stage = stage(&config, &alice_as("p"));
    let code = stage.code();
    let told = stage.env(&["-p", "p", &code]);
    assert!(
        told.contains("region, output of [default] count in this session"),
        "{told}"
    );
    assert!(
        told.contains("no variable for s3 of the profile p"),
        "{told}"
    );
    // Set but empty is set, and stays so in the session.
    stage.set("AWS_DEFAULT_OUTPUT", "");
    let code = stage.code();
    let told = stage.env(&["-p", "p", &code]);
    assert!(
        told.contains("region of [default] counts in this session"),
        "{told}"
    );
}

/// As in the AWS CLI, which then takes the keys from the environment.
#[test]
fn a_profile_of_settings_alone_goes_with_keys_from_the_environment() {
    let config =
        "[profile eu]\nregion = eu-central-1\noutput = text\n[default]\nregion = us-west-2\n";
    let mut stage = Stage::with_files(config, "");
    stage.set("AWS_PROFILE", "eu");
    let code = stage.code();
    let told = stage.env_fails(&[&code]);
    assert!(told.contains("profile eu"), "{told}");
    stage.assert_no_code_sent();

    stage
        .set("AWS_ACCESS_KEY_ID", Accounts::ALICE_KEY)
        .set("AWS_SECRET_ACCESS_KEY", Accounts::ALICE_SECRET);
    let before = stage.variables.clone();
    stage.env(&[&code]);
    assert_eq!(stage.get("AWS_REGION"), Some("eu-central-1"));
    assert_eq!(stage.get("AWS_DEFAULT_OUTPUT"), Some("text"));
    assert_eq!(stage.get("AWS_PROFILE"), None);
    stage.unset();
    assert_eq!(stage.variables, before);
}

/// MSYS, the system of Git Bash, rewrites values that begin with `/` unless this list has their names.
#[test]
fn under_msys_the_secrets_are_in_the_list_of_what_stays_as_it_is() {
    let mut stage = Stage::new();
    stage.set("MSYSTEM", "MINGW64");
    stage.set("MSYS2_ENV_CONV_EXCL", "MINE");
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&[&code]);
    stage.env(&["-p", "dev"]);
    let list: Vec<&str> = stage
        .get("MSYS2_ENV_CONV_EXCL")
        .unwrap()
        .split(';')
        .collect();
    assert_eq!(list[0], "MINE");
    let secrets = stage.variables.keys();
    let secrets: Vec<&String> = secrets
        .filter(|name| name.contains("SECRET") || name.contains("TOKEN"))
        .collect();
    assert!(secrets.len() >= 4, "{secrets:?}");
    for name in secrets {
        assert!(list.contains(&name.as_str()), "{name}: {list:?}");
    }
    let dotenv = stage.awsmfa(&["env", "--shell", "dotenv"]);
    assert!(!dotenv.stdout.contains("MSYS2"), "{}", dotenv.stdout);
    // Whatever shell ends the session.
    let fish = stage.awsmfa(&["unset", "--shell", "fish"]);
    let restored = "set -gx MSYS2_ENV_CONV_EXCL 'MINE';";
    assert!(fish.stdout.contains(restored), "{}", fish.stdout);
    stage.unset();
    assert_eq!(stage.variables, before);
}

#[test]
fn a_region_of_another_partition_is_noted() {
    let mut stage = Stage::with_files(&format!("[default]\n{DEVICE}\n"), ALICE);
    stage.set("AWS_REGION", "us-gov-west-1");
    let code = stage.code();
    let told = stage.env(&[&code]);
    assert!(
        told.contains(
            "AWS_REGION = us-gov-west-1 is in the partition aws-us-gov, the session in aws"
        ),
        "{told}"
    );
}
