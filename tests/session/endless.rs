//! Endless input does not fill the memory.

use std::fs::{self, File};
use std::process::Command;

use awsmfa_test_support::{Run, Stage};

/// Runs `env` in a process that may use 256 MiB of memory.
fn env(stage: &Stage, args: &str) -> Run {
    let line = format!("ulimit -v 262144; exec awsmfa env --shell sh {args}");
    Run::execute(&mut stage.command(&["sh", "-c", &line]))
}

#[track_caller]
fn assert_fails(run: &Run, code: i32, says: &str) {
    let failure = format!("(exit {code});\n");
    assert_eq!(
        (run.code, run.stdout.as_str()),
        (code, failure.as_str()),
        "{run:?}"
    );
    assert!(run.stderr.contains(says), "{run:?}");
}

#[test]
fn standard_input() {
    let stage = Stage::new();
    assert_fails(&env(&stage, "- </dev/zero"), 2, "MFA code");
}

#[test]
fn a_bundle_of_certificates() {
    for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        let mut stage = Stage::new();
        stage.set(variable, "/dev/zero");
        let run = env(&stage, "123456");
        assert_fails(&run, 1, variable);
        assert!(run.stderr.contains("larger than 16 MiB"), "{run:?}");
    }
    let stage = Stage::new();
    stage
        .home
        .write_config("[default]\nca_bundle = /dev/zero\n");
    assert_fails(&env(&stage, "123456"), 1, "ca_bundle");
    assert_eq!(stage.emulator.log().actions(), [""; 0]);
}

/// The AWS CLI treats something that is not a file as missing.
#[test]
fn a_shared_file() {
    for (name, variable) in [
        ("config", "AWS_CONFIG_FILE"),
        ("credentials", "AWS_SHARED_CREDENTIALS_FILE"),
    ] {
        let mut stage = Stage::new();
        let path = stage.out(name).display().to_string();
        let sparse = File::create(&path).unwrap();
        sparse.set_len(8 << 30).unwrap();
        stage.set(variable, path.as_str());
        let run = env(&stage, "123456");
        assert_fails(&run, 1, "larger than 16 MiB");
        assert!(run.stderr.contains(&path), "{run:?}");
        let fifo = Command::new("mkfifo").arg(stage.out("fifo")).status();
        assert!(fifo.unwrap().success());
        for endless in ["/dev/zero", stage.out("fifo").to_str().unwrap()] {
            stage.set(variable, endless);
            assert_fails(&env(&stage, "-p nobody 123456"), 1, "profile nobody");
        }
    }
}

/// Among certificates that are good.
#[test]
fn a_folder_of_certificates() {
    let mut stage = Stage::new().over_https();
    let ca = stage.remove("AWS_CA_BUNDLE").unwrap();
    let folder = stage.out("certificates");
    fs::create_dir(&folder).unwrap();
    fs::rename(ca, folder.join("ca.pem")).unwrap();
    let sparse = File::create(folder.join("sparse.pem")).unwrap();
    sparse.set_len(8 << 30).unwrap();
    let fifo = Command::new("mkfifo").arg(folder.join("fifo")).status();
    assert!(fifo.unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", folder.join("zero")).unwrap();
    stage.set("SSL_CERT_DIR", folder.to_str().unwrap());
    let run = env(&stage, &stage.code());
    assert_eq!(run.code, 0, "{run:?}");
}
