//! The platform's certificate authorities, used if no variable and no profile names others.

use awsmfa_test_support::Stage;

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
