//! The platform's certificate authorities, which decide where no variable and no profile names others.

use awsmfa_test_support::{Emulator, find_tool, without_terminal};

use crate::line::Stage;

/// Debian keeps each authority in a file of its own beside the bundle: to parse all of them would
/// double the cost of a run.
#[test]
fn are_read_from_the_bundle_alone() {
    let Some(strace) = find_tool("strace") else {
        return;
    };
    let mut stage = Stage::https(Emulator::start(awsmfa_test_support::Accounts::standard()));
    stage.variables.remove("AWS_CA_BUNDLE");
    let trace = stage.home.path().join("trace");
    let output = without_terminal(strace)
        .args(["-f", "-qq", "-e", "trace=openat", "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_awsmfa"))
        .args(["env", "--shell", "sh", "123456"])
        .env_clear()
        .envs(&stage.variables)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("its issuer is not known"), "{told}");
    assert!(
        told.contains("(now decides: the platform's trust store)"),
        "{told}"
    );
    let trace = std::fs::read_to_string(trace).unwrap();
    let opened: Vec<&str> = trace
        .lines()
        .filter_map(|line| line.split('"').nth(1))
        .filter(|path| path.starts_with("/etc/ssl/") || path.starts_with("/etc/pki/"))
        .collect();
    assert_eq!(opened.len(), 1, "{opened:?}");
}
