//! Each test that SECURITY.md names exists.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

#[test]
fn every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let named: Vec<_> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.split_once(".rs::"))
        .collect();
    assert!(named.len() > 10, "{named:?}");
    for (file, test) in named {
        let path = root.join("tests").join(file).with_extension("rs");
        let source = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
        let definition = format!("fn {test}(");
        assert!(source.contains(&definition), "{file}.rs has no {test}");
    }
}
