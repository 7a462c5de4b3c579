//! From Enter to the statements: one round trip, since the connection is there already.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use awsmfa_test_support::{Accounts, Emulator, Outcome, find_tool, say};
use pty_process::blocking::{Command, open};

use crate::line::Stage;

const ROUND_TRIP: Duration = Duration::from_millis(100);

/// A way to a port of this machine on which a round trip takes its time, the one that opens a TCP
/// connection too. It ends with the process.
fn long_way_to(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            let (client_too, server_too) =
                (client.try_clone().unwrap(), server.try_clone().unwrap());
            carry(client, server, ROUND_TRIP);
            carry(server_too, client_too, Duration::ZERO);
        }
    });
    here
}

/// Carries bytes one way, each half a round trip later; the first of all later still.
fn carry(mut from: TcpStream, mut to: TcpStream, before_the_first: Duration) {
    let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
    let begin = Instant::now() + before_the_first;
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let due = Instant::now().max(begin) + ROUND_TRIP / 2;
            if sender.send((due, buffer[..length].to_vec())).is_err() {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                return;
            }
        }
        // A side that has left already needs no farewell.
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}

/// Runs a program at a terminal of its own, answers its question when it is `ready`, and tells how
/// long it ran from then on.
fn from_enter(
    program: &Path,
    arguments: &[&str],
    variables: &BTreeMap<String, String>,
    code: &str,
    ready: impl Fn(),
) -> Duration {
    let (mut pty, pts) = open().unwrap();
    let mut child = Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(variables)
        .stdout(File::options().write(true).open("/dev/null").unwrap())
        .spawn(pts)
        .unwrap();
    let mut shown = String::new();
    while !shown.contains("MFA code for") {
        let mut buffer = [0; 1024];
        let read = pty.read(&mut buffer);
        let length = read.unwrap_or_else(|error| panic!("{error}, after {shown}"));
        shown.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    ready();
    let enter = Instant::now();
    pty.write_all(format!("{code}\r").as_bytes()).unwrap();
    let status = child.wait().unwrap();
    let took = enter.elapsed();
    assert!(status.success(), "{}: {shown}", program.display());
    took
}

#[test]
fn enter_costs_one_round_trip() {
    let mut stage = Stage::https(Emulator::start(Accounts::standard()));
    let port = stage
        .emulator
        .https_url()
        .rsplit_once(':')
        .unwrap()
        .1
        .parse()
        .unwrap();
    stage.set(
        "AWS_ENDPOINT_URL",
        format!("https://localhost:{}", long_way_to(port)),
    );
    stage.home.write_config(
        "[default]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         [profile dev]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         role_arn = arn:aws:iam::111122223333:role/dev\nsource_profile = default\n",
    );
    let code = || stage.emulator.device("alice").code();

    let ours = Path::new(env!("CARGO_BIN_EXE_awsmfa"));
    // What else the machine does can only add to it.
    let took = (0..5).map(|_| {
        stage.emulator.clear_log();
        stage.emulator.forget_codes();
        from_enter(
            ours,
            &["env", "--shell", "sh"],
            &stage.variables,
            &code(),
            || {
                let is_done = || {
                    stage
                        .emulator
                        .log()
                        .entries
                        .first()
                        .is_some_and(|e| e.outcome == Outcome::Done)
                };
                while !is_done() {
                    thread::sleep(Duration::from_millis(5));
                }
                thread::sleep(ROUND_TRIP);
            },
        )
    });
    let took = took.min().unwrap();
    say(&format!(
        "awsmfa env: {took:?} from Enter to the statements, round trip {ROUND_TRIP:?}"
    ));

    if let Some(aws) = find_tool("aws") {
        let arguments = ["sts", "get-caller-identity", "--profile", "dev"];
        let took = from_enter(&aws, &arguments, &stage.variables, &code(), || {
            thread::sleep(ROUND_TRIP);
        });
        say(&format!(
            "aws sts get-caller-identity --profile dev: {took:?} from Enter to the answer"
        ));
    }
    assert!(took >= ROUND_TRIP, "{took:?}: the way is not long");
    assert!(
        took <= ROUND_TRIP.mul_f64(1.3),
        "{took:?} from Enter to the statements"
    );
}
