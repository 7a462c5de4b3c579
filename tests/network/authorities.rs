//! Which certificate authorities count.

use awsmfa_test_support::{Certificate, Stage, find_tool};

/// Debian keeps each authority in a separate file next to the bundle; parsing all of them would double
/// the cost of a run.
#[test]
fn are_read_from_the_bundle_alone() {
    let mut stage = Stage::new().over_https();
    stage.remove("AWS_CA_BUNDLE");
    let Some((calls, run)) = stage.traced("openat", &["env", "--shell", "sh", "123456"]) else {
        return;
    };
    let shown = run.stderr;
    assert!(shown.contains("its issuer is not known"), "{shown}");
    assert!(
        shown.contains("(now decides: the platform's trust store)"),
        "{shown}"
    );
    let opened: Vec<&str> = calls
        .iter()
        .filter_map(|call| call.split('"').nth(1))
        .filter(|path| path.starts_with("/etc/ssl/") || path.starts_with("/etc/pki/"))
        .collect();
    assert_eq!(opened.len(), 1, "{opened:?}");
}

/// A stage over HTTPS, and the path of its CA from the home.
fn with_ca_in_home(certificate: Certificate) -> Stage {
    let mut stage = Stage::with(certificate).over_https();
    let ca = stage.remove("AWS_CA_BUNDLE").unwrap();
    stage.home.write("ca.pem", std::fs::read(ca).unwrap());
    stage
}

#[test]
fn a_path_from_the_home_is_exported_in_full_and_restored() {
    let full = |stage: &Stage| stage.home.path().join("ca.pem").display().to_string();
    let mut by_variable = with_ca_in_home(Certificate::Good);
    by_variable.set("AWS_CA_BUNDLE", "~/ca.pem");
    let mut by_profile = with_ca_in_home(Certificate::Good);
    by_profile.home.write_config(
        "[default]\nca_bundle = ~/ca.pem\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n",
    );
    for stage in [&mut by_variable, &mut by_profile] {
        let before = stage.variables.clone();
        for _ in 0..2 {
            let code = stage.code();
            stage.env(&[&code]);
            assert_eq!(stage.get("AWS_CA_BUNDLE"), Some(&*full(stage)));
        }
        stage.unset();
        assert_eq!(stage.variables, before);
    }
}

#[test]
fn requests_ca_bundle_counts_after_the_others() {
    let mut stage = with_ca_in_home(Certificate::Good);
    let ca = stage.home.path().join("ca.pem").display().to_string();
    stage.set("REQUESTS_CA_BUNDLE", &*ca);
    stage.set("SSL_CERT_FILE", "/nowhere/ca.pem");
    let code = stage.code();
    stage.env(&[&code]);
    assert_eq!(stage.get("AWS_CA_BUNDLE"), None);
    let nowhere = stage.set("AWS_CA_BUNDLE", "/nowhere/ca.pem");
    let told = nowhere.env_fails(&["123456"]);
    assert!(
        told.contains("AWS_CA_BUNDLE: the CA bundle /nowhere/ca.pem cannot be read"),
        "{told}"
    );
}

/// The AWS CLI would check no certificate, or refuse to start.
#[test]
fn an_empty_variable_counts_as_unset_and_is_noted() {
    for name in [
        "AWS_CA_BUNDLE",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
    ] {
        let mut stage = with_ca_in_home(Certificate::Good);
        stage.set(name, "");
        let told = stage.env_fails(&["123456"]);
        assert!(told.contains("its issuer is not known"), "{told}");
        assert!(
            told.contains(&format!("{name} is empty and counts as unset")),
            "{told}"
        );
        stage.assert_no_code_sent();
    }
}

#[test]
fn a_bundle_may_begin_with_a_byte_order_mark() {
    let mut stage = with_ca_in_home(Certificate::Good);
    let pem = format!("\u{feff}{}", stage.emulator.ca_pem());
    let path = stage.home.write("bom.pem", pem);
    stage.set("AWS_CA_BUNDLE", path.to_str().unwrap());
    let code = stage.code();
    stage.env(&[&code]);
}

/// The way of local emulators.
#[test]
fn a_self_signed_certificate_may_be_its_own_bundle() {
    let mut stage = Stage::with(Certificate::SelfSigned).over_https();
    let code = stage.code();
    stage.env(&[&code]);
    if find_tool("aws").is_some() {
        let run = stage.script(
            &["sh"],
            "aws sts get-caller-identity --query Account --output text",
        );
        assert_eq!((run.code, &*run.stdout), (0, "123456789012\n"), "{run:?}");
    }

    let mut stage = Stage::with(Certificate::SelfSignedWrongHost).over_https();
    let told = stage.env_fails(&["123456"]);
    assert!(told.contains("it is for sts.example.com"), "{told}");
    stage.assert_no_code_sent();
}
