#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::memory::OWNER_ENDPOINT_URL;
use crate::testing::{environment, files};

/// The inputs of a case: `--region`, an ARN, the variables, the lines of the profile, and the rest of
/// the config file.
#[derive(Default)]
struct Case<'a> {
    region: Option<&'a str>,
    arn: Option<&'a str>,
    variables: &'a [(&'a str, &'a str)],
    profile: &'a str,
    sections: &'a str,
    recorded: Option<&'a str>,
}

impl Case<'_> {
    fn endpoint(&self) -> Result<Endpoint, Error> {
        let files = files(
            &format!("[profile x]\n{}\n{}", self.profile, self.sections),
            "",
        );
        let lookup = Lookup {
            environment: &environment(self.variables),
            profile: Some(&Profile::find(&files, "x").unwrap()),
        };
        let recorded = self.recorded;
        let recorded = recorded.map(|url| Setting::from_variable(OWNER_ENDPOINT_URL, url));
        endpoint(lookup, self.region, self.arn, recorded)
    }

    #[track_caller]
    fn assert_region(&self, region: &str) {
        assert_eq!(self.endpoint().unwrap().region.text, region);
    }

    #[track_caller]
    fn assert_urls(&self, sts: Option<&str>, iam: Option<&str>) {
        let endpoint = self.endpoint().unwrap();
        let iam_url = endpoint.iam_url.as_ref().map(|url| url.text.as_str());
        assert_eq!((endpoint.sts_url(), iam_url), (sts, iam));
    }
}

const REGION: (&str, &str) = ("AWS_REGION", "us-west-2");
const DEFAULT_REGION: (&str, &str) = ("AWS_DEFAULT_REGION", "sa-east-1");

#[test]
fn the_region_is_the_first_that_is_named() {
    let profile = "region = eu-central-1";
    let of = |region, variables| Case {
        region,
        variables,
        profile,
        ..Case::default()
    };
    of(Some("ap-south-1"), &[REGION, DEFAULT_REGION]).assert_region("ap-south-1");
    of(None, &[DEFAULT_REGION, REGION]).assert_region("us-west-2");
    of(None, &[DEFAULT_REGION]).assert_region("sa-east-1");
    of(None, &[("AWS_REGION", ""), DEFAULT_REGION]).assert_region("sa-east-1");
    of(None, &[]).assert_region("eu-central-1");
    Case::default().assert_region("us-east-1");
}

#[test]
fn an_arn_settles_the_partition() {
    let gov = Some("arn:aws-us-gov:iam::123456789012:mfa/alice");
    let of = |region, variables| Case {
        region,
        arn: gov,
        variables,
        ..Case::default()
    };
    of(None, &[]).assert_region("us-gov-west-1");
    of(None, &[REGION]).assert_region("us-gov-west-1");
    of(None, &[("AWS_REGION", "us-gov-east-1")]).assert_region("us-gov-east-1");
    of(Some("us-gov-east-1"), &[REGION]).assert_region("us-gov-east-1");
    let refused = of(Some("us-east-1"), &[]).endpoint().unwrap_err();
    assert_eq!(
        refused.message,
        "--region us-east-1 is in the partition aws, arn:aws-us-gov:iam::123456789012:mfa/alice in \
         aws-us-gov"
    );
    assert!(refused.hint.unwrap().contains("us-gov-west-1"));
}

#[test]
fn what_is_no_region_is_refused_with_its_place() {
    for region in [
        "EU",
        "eu central 1",
        "a.b",
        "x/y",
        "-x",
        "x-",
        "é",
        &*"x".repeat(64),
    ] {
        let variables = [("AWS_REGION", region)];
        let case = Case {
            variables: &variables,
            ..Case::default()
        };
        let error = case.endpoint().unwrap_err().to_string();
        assert!(error.starts_with("AWS_REGION = "), "{error}");
    }
    let case = Case {
        profile: "region = E",
        ..Case::default()
    };
    let error = case.endpoint().unwrap_err().to_string();
    assert!(
        error.starts_with("profile x, config line 2: region = "),
        "{error}"
    );
}

const STS: (&str, &str) = ("AWS_ENDPOINT_URL_STS", "http://sts:1");
const IAM: (&str, &str) = ("AWS_ENDPOINT_URL_IAM", "http://iam:1");
const ANY: (&str, &str) = ("AWS_ENDPOINT_URL", "http://any:1");
const OF_PROFILE: &str = "services = local\nendpoint_url = http://profile:1";
const SERVICES: &str = "[services local]\nsts =\n  endpoint_url = http://service:1";

#[test]
fn the_url_of_the_service_comes_before_the_common_one_and_variables_before_the_file() {
    let of = |variables, sections| Case {
        variables,
        profile: OF_PROFILE,
        sections,
        ..Case::default()
    };
    of(&[STS, IAM, ANY], SERVICES).assert_urls(Some("http://sts:1"), Some("http://iam:1"));
    of(&[ANY], SERVICES).assert_urls(Some("http://any:1"), Some("http://any:1"));
    of(&[], SERVICES).assert_urls(Some("http://service:1"), Some("http://profile:1"));
    let without_services = Case {
        profile: "endpoint_url = http://profile:1",
        ..Case::default()
    };
    without_services.assert_urls(Some("http://profile:1"), Some("http://profile:1"));
    Case::default().assert_urls(None, None);
}

#[test]
fn configured_urls_can_be_ignored() {
    let variable = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let case = Case {
        variables: &[STS, ANY, variable],
        profile: OF_PROFILE,
        sections: SERVICES,
        ..Case::default()
    };
    case.assert_urls(None, None);
    let case = Case {
        variables: &[STS],
        profile: "ignore_configured_endpoint_urls = TRUE",
        ..Case::default()
    };
    case.assert_urls(None, None);
    let case = Case {
        variables: &[STS, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")],
        profile: "ignore_configured_endpoint_urls = true",
        ..Case::default()
    };
    case.assert_urls(Some("http://sts:1"), None);
}

#[test]
fn the_recorded_url_is_the_last_resort_for_sts_and_none_for_iam() {
    let recorded = Some("http://recorded:1");
    let case = Case {
        recorded,
        ..Case::default()
    };
    case.assert_urls(recorded, None);
    let case = Case {
        recorded,
        variables: &[STS],
        ..Case::default()
    };
    case.assert_urls(Some("http://sts:1"), None);
}

/// With its text, which tells a template that nobody filled in from a slip.
#[test]
fn a_bad_url_is_refused_with_its_text() {
    for url in [
        "localhost:1",
        "nonsense",
        "file:///x",
        "http://",
        "http:///x",
        "ftp://x",
        "data:,x",
        "http:host",
        "http:\\\\host",
        "http://a b",
        "{}",
        "https://${HOST}",
        "http://a_b:1",
        "http://-a",
    ] {
        let variables = [("AWS_ENDPOINT_URL", url)];
        let by_variable = Case {
            variables: &variables,
            ..Case::default()
        };
        let recorded = Case {
            recorded: Some(url),
            ..Case::default()
        };
        for (case, place) in [
            (by_variable, "AWS_ENDPOINT_URL"),
            (recorded, "AWSMFA_ENDPOINT_URL"),
        ] {
            let error = case.endpoint().unwrap_err().to_string();
            assert_eq!(
                error,
                format!("{place} is not a URL like https://host:port: {url}")
            );
        }
    }
    let long = format!("x{}", "y".repeat(1000));
    let variables = [("AWS_ENDPOINT_URL", long.as_str())];
    let case = Case {
        variables: &variables,
        ..Case::default()
    };
    let error = case.endpoint().unwrap_err().to_string();
    assert!(error.ends_with("yyy…") && error.len() < 200, "{error}");
}

#[test]
fn a_password_in_a_url_is_neither_used_nor_told() {
    for (url, told) in [
        (
            "http://alice:p%40ss@127.0.0.1:4566",
            "AWS_ENDPOINT_URL has a user or a password, which no endpoint of AWS takes: ***@127.0.0.1:4566",
        ),
        (
            "http:alice:p%40ss@127.0.0.1:4566",
            "AWS_ENDPOINT_URL has a user or a password, which no endpoint of AWS takes: ***@127.0.0.1:4566",
        ),
        (
            "alice:p%40ss@x@127.0.0.1",
            "AWS_ENDPOINT_URL is not a URL like https://host:port: ***@127.0.0.1",
        ),
    ] {
        let case = Case {
            variables: &[("AWS_ENDPOINT_URL", url)],
            ..Case::default()
        };
        let error = case.endpoint().unwrap_err();
        assert_eq!(error.message, told);
        assert!(!format!("{error:?}").contains("p%40ss"));
    }
}

#[test]
fn blanks_and_line_ends_around_a_url_do_not_count() {
    for url in [" http://any:1", "http://any:1\r", "\thttp://any:1 \n"] {
        let case = Case {
            variables: &[("AWS_ENDPOINT_URL", url)],
            ..Case::default()
        };
        case.assert_urls(Some("http://any:1"), Some("http://any:1"));
    }
}

#[test]
fn a_region_may_stand_for_a_fips_endpoint() {
    for (region, plain) in [
        ("fips-us-gov-west-1", "us-gov-west-1"),
        ("us-west-2-fips", "us-west-2"),
    ] {
        let case = Case {
            variables: &[("AWS_REGION", region)],
            ..Case::default()
        };
        let endpoint = case.endpoint().unwrap();
        assert_eq!((&*endpoint.region.text, endpoint.fips), (plain, true));
    }
    let gov = Case {
        arn: Some("arn:aws-us-gov:iam::123456789012:mfa/alice"),
        variables: &[("AWS_REGION", "fips-us-gov-west-1")],
        ..Case::default()
    };
    gov.assert_region("us-gov-west-1");
}

#[test]
fn fips_and_dualstack_are_switches_of_their_own() {
    let of = |variables, profile| Case {
        variables,
        profile,
        ..Case::default()
    };
    let switches = |case: Case<'_>| {
        let endpoint = case.endpoint().unwrap();
        (endpoint.fips, endpoint.dualstack)
    };
    assert_eq!(switches(Case::default()), (false, false));
    assert_eq!(switches(of(&[], "use_fips_endpoint = true")), (true, false));
    assert_eq!(
        switches(of(&[], "use_dualstack_endpoint = True")),
        (false, true)
    );
    let off = [("AWS_USE_FIPS_ENDPOINT", "false")];
    assert_eq!(
        switches(of(&off, "use_fips_endpoint = true")),
        (false, false)
    );
    let on = [
        ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ("AWS_USE_FIPS_ENDPOINT", "true"),
    ];
    assert_eq!(switches(of(&on, "")), (true, true));
    // A URL wins, as in the AWS CLI.
    of(&[on[0], on[1], ANY], "").assert_urls(Some("http://any:1"), Some("http://any:1"));
}
