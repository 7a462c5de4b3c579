//! From Enter to the statements takes one round trip, since the connection is already open.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use awsmfa_test_support::terminal::Terminal;
use awsmfa_test_support::{Stage, find_tool, say};

const ROUND_TRIP: Duration = Duration::from_millis(250);

/// Forwards to a port of this machine with a slow round trip, which the TCP handshake takes, too. Ends
/// with the process.
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

/// Copies bytes one way, each half a round trip later; the first ones later still.
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
        // The other side may have left already.
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
}

/// Runs a program at a terminal, answers its question once it is `ready`, and returns how long it ran
/// after that.
fn from_enter(stage: &Stage, words: &[&str], ready: impl Fn()) -> Duration {
    let mut terminal = Terminal::capturing(stage.terminal_command(words));
    terminal.expect("MFA code for ");
    ready();
    let code = stage.code();
    let enter = Instant::now();
    terminal.enter(&code);
    let status = terminal.wait();
    let took = enter.elapsed();
    assert!(status.success(), "{words:?}: {}", terminal.shown());
    took
}

#[test]
fn enter_costs_one_round_trip() {
    let mut stage = Stage::new().over_https();
    let url = stage.emulator.https_url();
    let port = url.rsplit_once(':').unwrap().1.parse().unwrap();
    stage.set(
        "AWS_ENDPOINT_URL",
        format!("https://localhost:{}", long_way_to(port)),
    );
    stage.home.write_config(
        "[default]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         [profile dev]\nregion = eu-central-1\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n\
         role_arn = arn:aws:iam::111122223333:role/dev\nsource_profile = default\n",
    );
    // Other load can only make it slower, so one good run is proof.
    let runs = (0..10).map(|_| {
        stage.emulator.clear_log();
        stage.emulator.forget_codes();
        from_enter(&stage, &["awsmfa", "env", "--shell", "sh"], || {
            stage.emulator.wait_for_answers("GetCallerIdentity", 1);
            thread::sleep(ROUND_TRIP);
        })
    });
    let mut slow = Vec::new();
    let took = runs
        .inspect(|took| assert!(*took >= ROUND_TRIP, "{took:?}: the way is not long"))
        .find(|took| {
            slow.push(*took);
            *took < 2 * ROUND_TRIP
        });
    let took = took.unwrap_or_else(|| panic!("from Enter to the statements: {slow:?}"));
    say(&format!(
        "awsmfa env: {took:?} from Enter to the statements, round trip {ROUND_TRIP:?}"
    ));

    if find_tool("aws").is_some() {
        let words = ["aws", "sts", "get-caller-identity", "--profile", "dev"];
        let took = from_enter(&stage, &words, || thread::sleep(ROUND_TRIP));
        say(&format!(
            "{}: {took:?} from Enter to the answer",
            words.join(" ")
        ));
    }
}
