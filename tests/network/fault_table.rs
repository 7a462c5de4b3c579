//! The table of faults.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use awsmfa_test_support::{Accounts, Certificate, Fault, Stage};

use crate::proxy::{ForwardProxy, Manner};

/// The expected result of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The line fails and sets nothing.
    Fails,
    /// The session starts.
    Succeeds,
}

struct Row {
    name: &'static str,
    /// The time limit in seconds, with room for a slow machine.
    within: u64,
    /// How often the code must be sent, exactly.
    codes: usize,
    end: End,
    stage: Box<dyn FnOnce() -> Stage + Send>,
}

/// A row with a fault of the emulator, over HTTPS.
fn fault(name: &'static str, within: u64, fault: Fault) -> Row {
    row(name, within, 1, move || {
        let stage = good();
        stage.emulator.inject(fault);
        stage
    })
}

fn row(
    name: &'static str,
    within: u64,
    codes: usize,
    stage: impl FnOnce() -> Stage + Send + 'static,
) -> Row {
    Row {
        name,
        within,
        codes,
        end: End::Fails,
        stage: Box::new(stage),
    }
}

impl Row {
    fn succeeds(self) -> Self {
        Self {
            end: End::Succeeds,
            ..self
        }
    }
}

fn good() -> Stage {
    Stage::new().over_https()
}

fn certificate(name: &'static str, certificate: Certificate) -> Row {
    row(name, 4, 0, move || Stage::with(certificate).over_https())
}

/// A stage whose endpoint is behind this proxy.
fn by_proxy(manner: Manner, user: &str) -> Stage {
    let mut stage = good();
    let proxy = ForwardProxy::start(manner);
    let address = format!("http://{user}127.0.0.1:{}", proxy.port);
    stage.set("HTTPS_PROXY", address);
    stage
}

/// A socket with a port, at which nothing listens yet.
fn bound() -> OwnedFd {
    let (family, kind) = (
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::STREAM,
    );
    let socket = rustix::net::socket(family, kind, None).unwrap();
    let any = std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 0);
    rustix::net::bind(&socket, &any).unwrap();
    socket
}

/// A port where nothing listens; it stays bound, so that no other program can use it.
fn refused_port() -> u16 {
    let socket = TcpListener::from(bound());
    let port = socket.local_addr().unwrap().port();
    std::mem::forget(socket);
    port
}

const HANG: u64 = 16;
const AT_ONCE: u64 = 10;

/// What AWS may do, or what responds in its place.
fn answers() -> Vec<Row> {
    let error = |status, code: &str| Fault::Error {
        status,
        code: code.to_owned(),
        message: "Please look\u{9b}2J\nelsewhere.".to_owned(),
    };
    vec![
        fault("hang before the answer", HANG, Fault::HangBeforeAnswer),
        fault("hang in the answer", HANG, Fault::HangMidAnswer),
        fault("reset after the request", AT_ONCE, Fault::ResetAfterRequest),
        fault("captive portal, 200", AT_ONCE, Fault::Html(200)),
        fault("HTML, 503", AT_ONCE, Fault::Html(503)),
        fault(
            "internal error, 500",
            AT_ONCE,
            error(500, "InternalFailure"),
        ),
        fault(
            "unavailable, 503",
            AT_ONCE,
            error(503, "ServiceUnavailable"),
        ),
        fault("an error unheard of", AT_ONCE, error(400, "Teapot")),
        fault("throttling", AT_ONCE, Fault::Throttling),
        fault("region disabled", AT_ONCE, Fault::RegionDisabled),
        fault("clock an hour behind", AT_ONCE, Fault::ClockSkew(3600)),
        fault("clock an hour ahead", AT_ONCE, Fault::ClockSkew(-3600)),
        fault("truncated answer", AT_ONCE, Fault::TruncatedBody),
        fault("answer of ten million bytes", AT_ONCE, Fault::HugeBody),
        fault("malformed XML", AT_ONCE, Fault::MalformedXml),
        fault("empty answer, 200", AT_ONCE, Fault::EmptyBody(200)),
        fault("empty answer, 502", AT_ONCE, Fault::EmptyBody(502)),
        fault(
            "slow, 3 s",
            AT_ONCE + 3,
            Fault::Delay(Duration::from_secs(3)),
        )
        .succeeds(),
    ]
}

/// What may prevent a connection.
fn connections() -> Vec<Row> {
    vec![
        row("reset of the connection", AT_ONCE, 0, || {
            let stage = good();
            stage.emulator.inject(Fault::ResetOnConnect);
            stage
        }),
        certificate("certificate expired", Certificate::Expired),
        certificate("certificate for another host", Certificate::WrongHost),
        certificate("certificate of an unknown CA", Certificate::UnknownCa),
        row("no TLS at the port", AT_ONCE, 0, || {
            let mut stage = good();
            let url = stage.emulator.http_url().replace("http://", "https://");
            stage.set("AWS_ENDPOINT_URL", url);
            stage
        }),
        row("no such name", 8, 0, || {
            let mut stage = good();
            stage.set("AWS_ENDPOINT_URL", format!("http://{}", unresolvable()));
            stage
        }),
        row("port refused", AT_ONCE, 0, || {
            let mut stage = good();
            stage.set(
                "AWS_ENDPOINT_URL",
                format!("https://127.0.0.1:{}", refused_port()),
            );
            stage
        }),
        row("address that nobody answers at", 9, 0, || {
            let mut stage = good();
            // A listener that never accepts and has a full queue takes no connection, either.
            stage.set(
                "AWS_ENDPOINT_URL",
                format!("https://127.0.0.1:{}", full_port()),
            );
            stage
        }),
        row("IPv6", AT_ONCE, 1, || {
            let mut stage = good();
            let url = stage.emulator.https_url().replace("localhost", "[::1]");
            stage.set("AWS_ENDPOINT_URL", url);
            stage
        })
        .succeeds(),
    ]
}

fn proxies() -> Vec<Row> {
    vec![
        row("proxy not there", AT_ONCE, 0, || {
            let mut stage = good();
            stage.set(
                "HTTPS_PROXY",
                format!("http://127.0.0.1:{}", refused_port()),
            );
            stage
        }),
        row("proxy refuses", AT_ONCE, 0, || {
            by_proxy(Manner::Refuses, "")
        }),
        row("proxy silent", 9, 0, || by_proxy(Manner::Silent, "")),
        row("proxy wants a password", AT_ONCE, 0, || {
            by_proxy(Manner::Password, "")
        }),
        row("proxy with the password", AT_ONCE, 1, || {
            by_proxy(Manner::Password, "alice:p%40ss@")
        })
        .succeeds(),
        row(
            "plain HTTP by a proxy that wants a password",
            AT_ONCE,
            0,
            || {
                let mut stage = by_proxy(Manner::Password, "");
                let proxy = stage.remove("HTTPS_PROXY").unwrap();
                let url = stage.emulator.http_url();
                stage.set("HTTP_PROXY", proxy).set("AWS_ENDPOINT_URL", url);
                stage
            },
        ),
        row(
            "plain HTTP by a proxy with the password",
            AT_ONCE,
            1,
            || {
                let mut stage = by_proxy(Manner::Password, "alice:p%40ss@");
                let proxy = stage.remove("HTTPS_PROXY").unwrap();
                let url = stage.emulator.http_url();
                stage.set("http_proxy", proxy).set("AWS_ENDPOINT_URL", url);
                stage
            },
        )
        .succeeds(),
        row("proxy left out for the host", AT_ONCE, 1, || {
            let mut stage = by_proxy(Manner::Refuses, "");
            stage.set("NO_PROXY", "example.com, *localhost");
            stage
        })
        .succeeds(),
        row(
            "plain HTTP by a proxy that does not reach AWS",
            AT_ONCE,
            0,
            || {
                let mut stage = by_proxy(Manner::BadGateway, "");
                let proxy = stage.remove("HTTPS_PROXY").unwrap();
                let url = stage.emulator.http_url();
                stage.set("HTTP_PROXY", proxy).set("AWS_ENDPOINT_URL", url);
                stage
            },
        ),
        row("SOCKS proxy beside one for HTTPS", AT_ONCE, 1, || {
            let mut stage = by_proxy(Manner::Password, "alice:p%40ss@");
            stage.set("all_proxy", "socks5://127.0.0.1:1080");
            stage
        })
        .succeeds(),
        row("proxies that are not for this host", AT_ONCE, 1, || {
            let mut stage = good();
            let url = stage.emulator.http_url();
            stage
                .set("NO_PROXY", url.trim_start_matches("http://"))
                .set("AWS_ENDPOINT_URL", url)
                .set("HTTP_PROXY", format!("http://127.0.0.1:{}", refused_port()))
                .set("HTTPS_PROXY", "socks4://127.0.0.1:1080");
            stage
        })
        .succeeds(),
        row("SOCKS proxy", AT_ONCE, 0, || {
            let mut stage = good();
            stage.set("ALL_PROXY", "socks5://alice:p%40ss@127.0.0.1:1080");
            stage
        }),
        row("proxy that is no address", AT_ONCE, 0, || {
            let mut stage = good();
            stage.set("HTTPS_PROXY", "http://alice:p%40ss@");
            stage
        }),
    ]
}

fn authorities() -> Vec<Row> {
    vec![
        row("CA by SSL_CERT_FILE", AT_ONCE, 1, || {
            let mut stage = good();
            let ca = stage.remove("AWS_CA_BUNDLE").unwrap();
            stage.set("SSL_CERT_FILE", ca);
            stage
        })
        .succeeds(),
        row("CA by ca_bundle", AT_ONCE, 1, || {
            let mut stage = good();
            let ca = stage.remove("AWS_CA_BUNDLE").unwrap();
            stage.home.write_config(&format!(
                "[default]\nca_bundle = {ca}\nmfa_serial = arn:aws:iam::123456789012:mfa/alice\n"
            ));
            stage
        })
        .succeeds(),
        row("CA not named", AT_ONCE, 0, || {
            let mut stage = good();
            stage.remove("AWS_CA_BUNDLE");
            stage
        }),
    ]
}

/// The port of a listener with a full queue: the system drops new connections.
fn full_port() -> u16 {
    let socket = bound();
    rustix::net::listen(&socket, 0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    for _ in 0..4 {
        let soon = Duration::from_millis(50);
        if let Ok(connection) = std::net::TcpStream::connect_timeout(&address, soon) {
            std::mem::forget(connection);
        }
    }
    std::mem::forget(listener);
    address.port()
}

/// A name of 254 letters is too long (RFC 1035, section 2.3.4), so the resolver fails without asking a name
/// server.
fn unresolvable() -> String {
    let label = "a".repeat(63);
    format!("{label}.{label}.{label}.{}", &label[..62])
}

/// Removes the unresolvable name, and what the system's library says about it.
fn without_resolver(text: &str) -> String {
    let mut text = text.replace(&unresolvable(), "[NAME]");
    for says in [
        "Temporary failure in name resolution",
        "Name or service not known",
        "nodename nor servname provided, or not known",
    ] {
        text = text.replace(says, "[RESOLVER]");
    }
    text
}

/// A text without the times of signatures.
fn without_times(text: &str) -> String {
    let words = text.split_inclusive(' ').map(|word| {
        let time = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_time = time.len() == 16 && time.ends_with('Z') && &time[8..9] == "T";
        if is_time {
            word.replace(time, "[TIME]")
        } else {
            word.to_owned()
        }
    });
    words.collect()
}

/// Runs a row; returns its piece of the snapshot and the failures.
fn run(row: Row) -> (String, Vec<String>) {
    let mut stage = (row.stage)();
    let before = stage.variables.clone();
    let code = stage.code();
    let begin = Instant::now();
    let run = stage.eval(&["env", &code]);
    let took = begin.elapsed();
    let unchanged = stage.variables == before;
    let told = without_times(&without_resolver(&stage.redact(&run.stderr)));
    let mut wrong = Vec::new();
    let mut check = |holds: bool, what: &str| {
        if !holds {
            wrong.push(format!("{}: {what}\n{told}", row.name));
        }
    };
    check(
        took < Duration::from_secs(row.within),
        &format!("took {took:?}"),
    );
    let sent = stage.emulator.log().count_with_token_code();
    check(
        sent == row.codes,
        &format!("the code was sent {sent} times"),
    );
    match row.end {
        End::Fails => {
            check(run.code == 1, &format!("eval saw status {}", run.code));
            check(unchanged, "something was set");
            check(told.contains("\nhint: "), "there is no hint");
        }
        End::Succeeds => {
            check(run.code == 0, &format!("eval saw status {}", run.code));
            check(!unchanged, "nothing was set");
        }
    }
    check(!told.contains(&code), "the code was told");
    for secret in [Accounts::ALICE_SECRET, "p@ss", "p%40ss"] {
        check(!told.contains(secret), "a secret was told");
    }
    check(
        told.chars().all(|c| c == '\n' || !c.is_control()),
        "a control character was told",
    );
    let (waiting, told): (Vec<_>, Vec<_>) = told
        .lines()
        .partition(|line| line.starts_with("awsmfa: waiting for "));
    // How long the others take depends on the machine.
    if took > Duration::from_secs(3) {
        check(waiting.len() == 1, "what is slow does not say so, once");
    }
    let told = told.join("\n");
    let mut piece = format!("## {}\n", row.name);
    let _ = writeln!(
        piece,
        "{}",
        if told.is_empty() { "(nothing)" } else { &told }
    );
    (piece, wrong)
}

#[test]
fn every_fault_ends_in_time_and_spends_no_code_in_vain() {
    let rows = [answers(), connections(), proxies(), authorities()];
    let rows: Vec<Row> = rows.into_iter().flatten().collect();
    let count = rows.len();
    let running: Vec<_> = rows
        .into_iter()
        .map(|row| thread::spawn(|| run(row)))
        .collect();
    let ended = running.into_iter().map(|row| row.join().unwrap());
    let (pieces, wrong): (Vec<_>, Vec<_>) = ended.unzip();
    let wrong = wrong.concat();
    assert!(
        wrong.is_empty(),
        "{} of {count} rows:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    insta::assert_snapshot!(pieces.join("\n"));
}
