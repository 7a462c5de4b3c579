//! Regions and the settings of the profile, which is removed during the session.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;

use awsmfa_test_support::{Run, Stage, python_with_botocore};

use crate::Pairs;
use crate::switching::ALICE;

const PROFILE: &str = "[default]
region = eu-central-1
mfa_serial = arn:aws:iam::123456789012:mfa/alice
[profile dev]
role_arn = arn:aws:iam::111122223333:role/dev
source_profile = default
";

/// A starting environment, arguments, and the values of the two variables in the session.
type RegionCase<'a> = (Pairs<'a>, &'a [&'a str], [Option<&'a str>; 2]);

/// The values of these variables in a session.
fn in_session(
    start: &[(&str, &str)],
    config: &str,
    arguments: &[&str],
    name: &str,
) -> Option<String> {
    let mut stage = Stage::with_files(config, ALICE);
    stage.set_all(start);
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&[arguments, &[code.as_str()]].concat());
    let held = stage.get(name).map(str::to_owned);
    stage.unset();
    assert_eq!(stage.variables, before);
    held
}

#[test]
fn both_region_variables_hold_the_effective_region() {
    let region = ("AWS_REGION", "us-west-2");
    let default_region = ("AWS_DEFAULT_REGION", "sa-east-1");
    let cases: &[RegionCase<'_>] = &[
        (&[], &[], [Some("eu-central-1"); 2]),
        (&[region], &[], [Some("us-west-2"); 2]),
        (&[default_region], &[], [Some("sa-east-1"); 2]),
        (
            &[region, default_region],
            &[],
            [Some("us-west-2"), Some("sa-east-1")],
        ),
        (
            &[("AWS_REGION", ""), default_region],
            &[],
            [Some("sa-east-1"); 2],
        ),
        (
            &[region],
            &["--region", "ap-south-1"],
            [Some("ap-south-1"); 2],
        ),
        // The source's region is never inherited.
        (&[], &["-p", "dev"], [None; 2]),
        (&[("AWS_REGION", "")], &["-p", "dev"], [Some(""), None]),
    ];
    for (start, arguments, [region, default_region]) in cases {
        for (name, expected) in [
            ("AWS_REGION", region),
            ("AWS_DEFAULT_REGION", default_region),
        ] {
            let held = in_session(start, PROFILE, arguments, name);
            assert_eq!(held.as_deref(), *expected, "{start:?} {arguments:?} {name}");
        }
    }
}

#[test]
fn requests_are_signed_for_the_effective_region() {
    for (start, arguments, signed) in [
        (None, &[][..], "eu-central-1"),
        (Some("us-west-2"), &[], "us-west-2"),
        (Some("us-west-2"), &["--region", "ap-south-1"], "ap-south-1"),
        (None, &["-p", "dev"], "us-east-1"),
        // The device's ARN decides if the region is in another partition.
        (Some("us-gov-west-1"), &[], "us-east-1"),
    ] {
        let mut stage = Stage::with_files(PROFILE, ALICE);
        if let Some(region) = start {
            stage.set("AWS_REGION", region);
        }
        let code = stage.code();
        stage.env(&[arguments, &[code.as_str()]].concat());
        let log = stage.emulator.log();
        assert_eq!(
            log.entries[0].region.as_deref(),
            Some(signed),
            "{start:?} {arguments:?}"
        );
    }
}

#[test]
fn the_profiles_settings_go_with_the_session() {
    let config = |line: &str| PROFILE.replacen("region = eu-central-1", line, 1);
    let url = "http://127.0.0.1:9/of-the-profile";
    for (line, name, value) in [
        (
            "use_fips_endpoint = false",
            "AWS_USE_FIPS_ENDPOINT",
            Some("false"),
        ),
        (
            "use_dualstack_endpoint = false",
            "AWS_USE_DUALSTACK_ENDPOINT",
            Some("false"),
        ),
        ("region = eu-central-1", "AWS_USE_FIPS_ENDPOINT", None),
    ] {
        assert_eq!(
            in_session(&[], &config(line), &[], name).as_deref(),
            value,
            "{line}"
        );
    }
    // A variable that is set stays.
    let held = in_session(
        &[("AWS_USE_FIPS_ENDPOINT", "false")],
        &config("use_fips_endpoint = true"),
        &[],
        "AWS_USE_FIPS_ENDPOINT",
    );
    assert_eq!(held.as_deref(), Some("false"));
    let set = in_session(
        &[],
        &config(&format!("endpoint_url = {url}")),
        &[],
        "AWS_ENDPOINT_URL",
    );
    assert_ne!(set.as_deref(), Some(url));
}

#[test]
fn the_profiles_endpoint_and_ca_bundle_are_used_and_exported() {
    let mut stage = Stage::new();
    let ca = stage.emulator.write_ca(stage.home.path());
    let url = stage.emulator.https_url();
    stage.variables.remove("AWS_ENDPOINT_URL");
    stage.home.write_config(&format!(
        "[default]
mfa_serial = arn:aws:iam::123456789012:mfa/alice
endpoint_url = {url}
ca_bundle = {}
",
        ca.display()
    ));
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&[&code]);
    assert!(stage.emulator.log().last().tls);
    assert_eq!(stage.get("AWS_ENDPOINT_URL"), Some(url.as_str()));
    assert_eq!(stage.get("AWS_CA_BUNDLE"), ca.to_str());
    // A bare `env` repeats the endpoint, for a role, too.
    stage.env(&["--role-arn", "arn:aws:iam::111122223333:role/dev"]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
    stage.unset();
    assert_eq!(stage.variables, before);
}

#[test]
fn a_url_that_the_profile_ignores_is_not_asked() {
    let (proxy, hosts) = proxy();
    let mut stage = Stage::with_files(
        "[default]
mfa_serial = arn:aws:iam::123456789012:mfa/alice
endpoint_url = http://127.0.0.1:9
ignore_configured_endpoint_urls = true
",
        ALICE,
    );
    stage.variables.remove("AWS_ENDPOINT_URL");
    stage.set("HTTPS_PROXY", &proxy);
    stage.env_fails(&["123456"]);
    assert_eq!(hosts.recv().unwrap(), "sts.us-east-1.amazonaws.com:443");
}

#[test]
fn the_account_follows_the_session_where_it_is_set() {
    let account = ("AWS_ACCOUNT_ID", "999988887777");
    for (start, arguments, held) in [
        (&[][..], &[][..], None),
        (&[account], &[], Some("123456789012")),
        (&[account], &["-p", "dev"], Some("111122223333")),
    ] {
        let found = in_session(start, PROFILE, arguments, "AWS_ACCOUNT_ID");
        assert_eq!(found.as_deref(), held, "{start:?} {arguments:?}");
    }
    // The serial number of a hardware token does not name the account.
    let mut stage = Stage::with_files("[default]\nmfa_serial = GAHT12345678\n", ALICE);
    stage.emulator.edit(|accounts| {
        accounts.user("alice").devices[0].serial = "GAHT12345678".to_owned();
    });
    stage.set("AWS_ACCOUNT_ID", "999988887777");
    let before = stage.variables.clone();
    let code = stage.code();
    stage.env(&[&code]);
    assert_eq!(stage.get("AWS_ACCOUNT_ID"), None);
    stage.unset();
    assert_eq!(stage.variables, before);
}

/// A proxy that records the requested hosts and refuses them.
fn proxy() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (asked, hosts) = mpsc::channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = String::new();
            BufReader::new(&connection).read_line(&mut request).unwrap();
            let host = request.split(' ').nth(1).unwrap_or_default().to_owned();
            // The receiver is gone when the test is over.
            let _ = asked.send(host);
            let _ = connection.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        }
    });
    (url, hosts)
}

#[test]
fn the_endpoint_follows_region_partition_fips_and_dualstack() {
    let (proxy, hosts) = proxy();
    let of_account = |partition: &str| format!("arn:{partition}:iam::123456789012:mfa/alice");
    let fips = ("AWS_USE_FIPS_ENDPOINT", "true");
    let dualstack = ("AWS_USE_DUALSTACK_ENDPOINT", "true");
    let region = |region| ("AWS_REGION", region);
    let cases: &[(&str, Pairs<'_>, &str)] = &[
        ("aws", &[], "sts.us-east-1.amazonaws.com"),
        (
            "aws",
            &[region("eu-central-1")],
            "sts.eu-central-1.amazonaws.com",
        ),
        ("aws", &[region("aws-global")], "sts.amazonaws.com"),
        ("aws", &[fips], "sts-fips.us-east-1.amazonaws.com"),
        ("aws", &[dualstack], "sts.us-east-1.api.aws"),
        (
            "aws",
            &[region("us-west-2-fips")],
            "sts-fips.us-west-2.amazonaws.com",
        ),
        (
            "aws-us-gov",
            &[region("fips-us-gov-west-1")],
            "sts.us-gov-west-1.amazonaws.com",
        ),
        ("aws-us-gov", &[], "sts.us-gov-west-1.amazonaws.com"),
        ("aws-us-gov", &[fips], "sts.us-gov-west-1.amazonaws.com"),
        (
            "aws-us-gov",
            &[region("us-gov-east-1")],
            "sts.us-gov-east-1.amazonaws.com",
        ),
        // The device's partition decides.
        (
            "aws-us-gov",
            &[region("us-east-1")],
            "sts.us-gov-west-1.amazonaws.com",
        ),
        ("aws-cn", &[], "sts.cn-north-1.amazonaws.com.cn"),
        (
            "aws-cn",
            &[region("cn-northwest-1")],
            "sts.cn-northwest-1.amazonaws.com.cn",
        ),
        ("aws-iso", &[], "sts.us-iso-east-1.c2s.ic.gov"),
        ("aws-iso-b", &[], "sts.us-isob-east-1.sc2s.sgov.gov"),
        ("aws-eusc", &[], "sts.eusc-de-east-1.amazonaws.eu"),
    ];
    for (partition, variables, host) in cases {
        let config = format!("[default]\nmfa_serial = {}\n", of_account(partition));
        let mut stage = Stage::with_files(&config, ALICE);
        stage.variables.remove("AWS_ENDPOINT_URL");
        stage.set("HTTPS_PROXY", &proxy);
        stage.set_all(variables);
        stage.env_fails(&["123456"]);
        assert_eq!(
            hosts.recv().unwrap(),
            format!("{host}:443"),
            "{partition} {variables:?}"
        );
        assert!(hosts.try_recv().is_err(), "the code is sent once");
    }
}

/// The owner of the endpoint gets the code, so it is always named.
#[test]
fn an_endpoint_that_is_not_awss_own_is_named() {
    let mut stage = Stage::with_files(PROFILE, ALICE);
    let code = stage.code();
    let run = stage.eval(&["env", &code]);
    let named = "awsmfa: STS endpoint: 127.0.0.1 by AWS_ENDPOINT_URL\n";
    assert_eq!(run.endpoints, [named], "{run:?}");
    let status = stage.awsmfa(&["status"]);
    assert!(
        status
            .stdout
            .contains("endpoint 127.0.0.1 by AWS_ENDPOINT_URL\n"),
        "{}",
        status.stdout
    );

    // A file of a hostile repository may set the record.
    let url = stage.remove("AWS_ENDPOINT_URL").unwrap();
    let status = stage.awsmfa(&["status", "--format", "json"]);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["endpoint_url"], url);
    let run = stage.eval(&["env", "000000"]);
    let named = "awsmfa: STS endpoint: 127.0.0.1 by AWSMFA_ENDPOINT_URL\n";
    assert_eq!(run.endpoints, [named], "{run:?}");
}

#[test]
fn http_beyond_this_machine_is_called_unencrypted() {
    for (url, named) in [
        (
            "http://sts.lab.invalid",
            "sts.lab.invalid (http, not encrypted)",
        ),
        ("https://sts.lab.invalid:8443/x", "sts.lab.invalid"),
        (
            "http://sts.us-east-1.amazonaws.com",
            "sts.us-east-1.amazonaws.com (http, not encrypted)",
        ),
        ("http://[::1]:9", "[::1]"),
        ("http://localhost:9", "localhost"),
    ] {
        let mut stage = Stage::with_files(PROFILE, ALICE);
        let (proxy, _) = proxy();
        stage
            .set("AWS_ENDPOINT_URL", url)
            .set("HTTP_PROXY", &proxy)
            .set("HTTPS_PROXY", &proxy);
        let run = stage.eval(&["env", "123456"]);
        let named = format!("awsmfa: STS endpoint: {named} by AWS_ENDPOINT_URL\n");
        assert_eq!(run.endpoints, [named], "{run:?}");
    }
}

#[test]
fn a_url_with_blanks_around_it_is_used_and_exported_without() {
    for (before, after) in [(" ", ""), ("", " "), (" ", " ")] {
        let mut stage = Stage::with_files(PROFILE, ALICE);
        let url = stage.emulator.http_url();
        stage.set("AWS_ENDPOINT_URL", format!("{before}{url}{after}"));
        let s3 = "http://127.0.0.1:9";
        stage.set("AWS_ENDPOINT_URL_S3", format!("{before}{s3}{after}"));
        let start = stage.variables.clone();
        for _ in 0..2 {
            let code = stage.code();
            let told = stage.env(&[&code]);
            assert!(
                told.contains("removed the blanks around the URL in AWS_ENDPOINT_URL until unset"),
                "{told}"
            );
            assert_eq!(stage.get("AWS_ENDPOINT_URL"), Some(&*url));
            assert_eq!(stage.get("AWS_ENDPOINT_URL_S3"), Some(s3));
        }
        stage.unset();
        assert_eq!(stage.variables, start);
    }
}

/// Files that were written on Windows have them. No dialect gives a line end or a tab back.
#[test]
fn a_url_loses_a_line_end_or_a_tab() {
    for (before, after) in [("", "\r"), ("\t", ""), ("  ", "")] {
        let mut stage = Stage::with_files(PROFILE, ALICE);
        let url = stage.emulator.http_url();
        let mut start = stage.variables.clone();
        stage.set("AWS_ENDPOINT_URL", format!("{before}{url}{after}"));
        let code = stage.code();
        let told = stage.env(&[&code]);
        assert!(
            told.contains("removed the blanks around the URL in AWS_ENDPOINT_URL\n"),
            "{told}"
        );
        stage.unset();
        start.insert("AWS_ENDPOINT_URL".to_owned(), url);
        assert_eq!(stage.variables, start);
    }
}

#[test]
fn a_url_wins_over_fips_and_dualstack() {
    let mut stage = Stage::with_files(PROFILE, ALICE);
    stage
        .set("AWS_USE_FIPS_ENDPOINT", "true")
        .set("AWS_USE_DUALSTACK_ENDPOINT", "true");
    let code = stage.code();
    stage.env(&[&code]);
    assert_eq!(stage.emulator.log().count_with_token_code(), 1);
}

/// What the AWS CLI refuses as an endpoint, and what it takes.
#[test]
fn urls_are_judged_as_by_botocore() {
    const SCRIPT: &str = "
import json, sys
from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url
for url in json.load(sys.stdin):
    try:
        good = is_valid_endpoint_url(url) or is_valid_ipv6_endpoint_url(url)
    except Exception:
        good = False
    print(bool(good))
";
    let Some(python) = python_with_botocore() else {
        return;
    };
    let urls = [
        "http://127.0.0.1:1",
        "https://localhost:1/x",
        "http://[::1]:1",
        "https://sts.lab.test",
        "HTTP://LOCALHOST:1",
        "http://localhost.:1",
        "https://a-b.c1",
        "http:host",
        "http:\\\\host",
        "{}",
        "http://",
        "http:///x",
        "http://a_b",
        "http://-a",
        "http://a-",
        "http://a..b",
        "localhost:1",
        "http://a b",
        "nonsense",
        "https://${HOST}",
    ];
    let mut command = std::process::Command::new(python);
    command
        .args(["-c", SCRIPT])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let input = serde_json::Value::from(urls.to_vec()).to_string();
    let run = Run::with_input(&mut command, &input);
    let theirs: Vec<bool> = run.stdout.lines().map(|line| line == "True").collect();
    assert_eq!(theirs.len(), urls.len(), "{run:?}");
    let mut stage = Stage::with_files(PROFILE, ALICE);
    for (url, theirs) in urls.into_iter().zip(theirs) {
        stage.set("AWS_ENDPOINT_URL", url);
        // Doctor judges the settings, and says so before it asks anybody.
        let run = stage.awsmfa(&["doctor", "--format", "json"]);
        let judged = run.stdout.contains("is not a URL like https://host:port");
        assert_eq!(!judged, theirs, "{url}: {}", run.stdout);
    }
}
