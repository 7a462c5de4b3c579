//! No instance metadata is asked for anything, whatever the environment leaves out.

use awsmfa_test_support::{Accounts, Emulator, find_tool, without_terminal};

use crate::line::Stage;

#[test]
fn every_connection_is_to_the_endpoint() {
    let Some(strace) = find_tool("strace") else {
        return;
    };
    let mut stage = Stage::https(Emulator::start(Accounts::standard()));
    let https = stage.emulator.https_url().replace("localhost", "127.0.0.1");
    let port = https.rsplit_once(':').unwrap().1.to_owned();
    stage.set("AWS_ENDPOINT_URL", https);
    stage.variables.remove("AWS_EC2_METADATA_DISABLED");
    stage
        .home
        .write_config("[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n");
    let code = || stage.emulator.device("alice").code();
    let role = "arn:aws:iam::111122223333:role/dev";
    for arguments in [
        vec!["env", "--shell", "sh", &code()],
        vec!["env", "--shell", "sh", "--role-arn", role, &code()],
        vec!["exec", &code(), "--", "true"],
        vec!["doctor"],
        vec!["profiles"],
        vec!["status", "--format", "prompt"],
        vec!["unset", "--shell", "sh"],
    ] {
        let trace = stage.home.path().join("trace");
        let output = without_terminal(&strace)
            .args(["-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o"])
            .arg(&trace)
            .arg(env!("CARGO_BIN_EXE_awsmfa"))
            .args(&arguments)
            .env_clear()
            .envs(&stage.variables)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            matches!(output.status.code(), Some(0 | 3)),
            "{arguments:?}: {told}"
        );
        let trace = std::fs::read_to_string(trace).unwrap();
        let connections: Vec<&str> = trace.lines().filter(|line| line.contains("sin")).collect();
        let calls = !matches!(arguments[0], "profiles" | "status" | "unset");
        assert_eq!(!connections.is_empty(), calls, "{arguments:?}");
        for connection in connections {
            assert!(
                connection.contains(&format!("htons({port})")) && connection.contains("127.0.0.1"),
                "{arguments:?}: {connection}"
            );
        }
    }
}
