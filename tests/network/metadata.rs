//! awsmfa never asks the instance metadata, whatever is missing in the environment.

use awsmfa_test_support::Stage;

#[test]
fn every_connection_is_to_the_endpoint() {
    let mut stage = Stage::new().over_https();
    let https = stage.emulator.https_url().replace("localhost", "127.0.0.1");
    let port = https.rsplit_once(':').unwrap().1.to_owned();
    stage.set("AWS_ENDPOINT_URL", https);
    stage.remove("AWS_EC2_METADATA_DISABLED");
    stage
        .home
        .write_config("[default]\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n");
    let code = || stage.code();
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
        let Some((trace, run)) = stage.traced("connect,sendto,sendmsg", &arguments) else {
            return;
        };
        assert!(matches!(run.code, 0 | 3), "{arguments:?}: {run:?}");
        let connections: Vec<&String> = trace.iter().filter(|line| line.contains("sin")).collect();
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
