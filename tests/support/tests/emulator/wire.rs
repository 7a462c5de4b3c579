//! Connections, TLS, the clock and faults, tested with curl.

use std::time::{Duration, Instant};

use crate::client::{Answer, Client};
use awsmfa_test_support::{Accounts, Certificate, Emulator, Fault, Outcome, TestHome, find_tool};

const PARTIAL_FILE: i32 = 18;
const TIMED_OUT: i32 = 28;
const RECEIVE_ERROR: i32 = 56;
const UNTRUSTED: i32 = 60;

fn standard() -> Option<Emulator> {
    find_tool("curl")?;
    Some(Emulator::start(Accounts::standard()))
}

fn whoami(client: &Client) -> Answer {
    client.sts("GetCallerIdentity", &[])
}

fn with_fault(emulator: &Emulator, fault: &Fault, seconds: &str) -> Answer {
    emulator.clear_faults();
    emulator.inject(fault.clone());
    let answer = whoami(&Client::alice(emulator).with_options(&["--max-time", seconds]));
    emulator.clear_faults();
    answer
}

#[test]
fn answers_that_do_not_arrive() {
    let Some(emulator) = standard() else { return };
    for (fault, seconds, exit, status) in [
        (Fault::HangBeforeAnswer, "2", TIMED_OUT, 0),
        (Fault::HangMidAnswer, "2", TIMED_OUT, 200),
        (Fault::TruncatedBody, "10", PARTIAL_FILE, 200),
        (Fault::ResetAfterRequest, "10", RECEIVE_ERROR, 0),
    ] {
        let answer = with_fault(&emulator, &fault, seconds);
        assert_eq!(answer.exit, exit, "{fault:?}: {answer:?}");
        assert_eq!(answer.status, status, "{fault:?}: {answer:?}");
        assert!(
            !answer.body.ends_with("</GetCallerIdentityResponse>\n"),
            "{fault:?}"
        );
        assert_eq!(emulator.log().last().outcome, Outcome::Fault(fault));
    }
    let requests = emulator.log().entries.len();
    let answer = with_fault(&emulator, &Fault::ResetOnConnect, "10");
    // It is a matter of timing whether connecting, writing or reading fails.
    assert!(
        answer.status == 0 && ![0, TIMED_OUT].contains(&answer.exit),
        "{answer:?}"
    );
    assert_eq!(emulator.log().entries.len(), requests);
    assert_eq!(whoami(&Client::alice(&emulator)).status, 200);
}

#[test]
fn other_answers_than_aws_would_give() {
    let Some(emulator) = standard() else { return };
    let portal = with_fault(&emulator, &Fault::Html(200), "10");
    assert!(
        portal.status == 200 && portal.body.contains("<!DOCTYPE html>"),
        "{portal:?}"
    );
    let empty = with_fault(&emulator, &Fault::EmptyBody(503), "10");
    assert_eq!((empty.status, empty.body.as_str()), (503, ""));
    let malformed = with_fault(&emulator, &Fault::MalformedXml, "10");
    assert_eq!((malformed.status, malformed.exit), (200, 0));
    let huge = with_fault(&emulator, &Fault::HugeBody, "10");
    assert_eq!(huge.body.len(), 10_000_000);
    let throttled = with_fault(&emulator, &Fault::Throttling, "10");
    throttled.assert_error(400, "Throttling", "Rate exceeded");
    let disabled = with_fault(&emulator, &Fault::RegionDisabled, "10");
    assert_eq!(
        (disabled.status, disabled.text("Code").as_str()),
        (403, "RegionDisabledException")
    );
    let error = Fault::Error {
        status: 500,
        code: "InternalFailure".to_owned(),
        message: "<oops>".to_owned(),
    };
    let error = with_fault(&emulator, &error, "10");
    error.assert_error(500, "InternalFailure", "<oops>");
    assert_eq!(error.text("Type"), "Receiver");
}

#[test]
fn faults_keep_to_their_action_and_number() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    emulator.inject(Fault::Throttling.on("GetSessionToken").times(1));
    assert_eq!(whoami(&alice).status, 200);
    assert_eq!(alice.sts("GetSessionToken", &[]).status, 400);
    assert_eq!(alice.sts("GetSessionToken", &[]).status, 200);
    emulator.inject(Fault::Delay(Duration::from_millis(300)).times(1));
    let begin = Instant::now();
    assert_eq!(whoami(&alice).status, 200);
    assert!(begin.elapsed() >= Duration::from_millis(300));
}

#[test]
fn a_lost_answer_has_spent_the_code() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator).with_options(&["--max-time", "1"]);
    let serial = "arn:aws:iam::123456789012:mfa/alice";
    let code = emulator.device("alice").code();
    let params = [("SerialNumber", serial), ("TokenCode", code.as_str())];
    emulator.inject(Fault::EmptyBody(503).times(1));
    assert_eq!(alice.sts("GetSessionToken", &params).status, 503);
    emulator.inject(Fault::ResetAfterRequest.times(1));
    assert_eq!(alice.sts("GetSessionToken", &params).status, 0);
    let replayed = alice.sts("GetSessionToken", &params);
    assert_eq!(replayed.error().1, "AccessDenied");
    assert_eq!(emulator.log().count_with_token_code(), 3);
}

#[test]
fn a_clock_that_is_off() {
    let Some(emulator) = standard() else { return };
    let alice = Client::alice(&emulator);
    for (skew, begin, middle, end) in [
        (
            3600,
            "Signature expired: ",
            " is now earlier than ",
            " - 5 min.)",
        ),
        (
            -3600,
            "Signature not yet current: ",
            " is still later than ",
            " + 5 min.)",
        ),
    ] {
        emulator.clear_faults();
        emulator.inject(Fault::ClockSkew(skew));
        let answer = whoami(&alice);
        let (status, code, message) = answer.error();
        assert_eq!((status, code.as_str()), (403, "SignatureDoesNotMatch"));
        assert!(
            message.starts_with(begin) && message.ends_with(end),
            "{message}"
        );
        assert!(message.contains(middle), "{message}");
        assert!(
            answer.headers.to_lowercase().contains("\ndate: "),
            "{answer:?}"
        );
    }
    emulator.clear_faults();
    emulator.inject(Fault::ClockSkew(290));
    assert_eq!(whoami(&alice).status, 200);
}

#[test]
fn https_and_its_certificates() {
    if find_tool("curl").is_none() {
        return;
    }
    let home = TestHome::new();
    for certificate in [
        Certificate::Good,
        Certificate::Expired,
        Certificate::WrongHost,
        Certificate::UnknownCa,
    ] {
        let emulator = Emulator::start(certificate);
        let ca = emulator.write_ca(home.path());
        let options = ["--cacert", ca.to_str().expect("a path in UTF-8")];
        let alice = Client::alice(&emulator).with_options(&options);
        let port = emulator
            .https_url()
            .rsplit_once(':')
            .expect("a port")
            .1
            .to_owned();
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let answer = whoami(&alice.clone().at(&format!("https://{host}:{port}")));
            if certificate == Certificate::Good {
                assert_eq!(answer.status, 200, "{host}: {answer:?}");
                assert!(emulator.log().last().tls);
            } else {
                assert_eq!(
                    answer.exit, UNTRUSTED,
                    "{certificate:?} at {host}: {answer:?}"
                );
                assert!(emulator.log().entries.is_empty());
            }
        }
    }
}

#[test]
fn connections_are_kept_and_expectations_met() {
    let Some(emulator) = standard() else { return };
    let root = format!("{}/", emulator.http_url());
    let alice = Client::alice(&emulator).with_options(&["--header", "Expect: 100-continue", &root]);
    // curl repeats the signed request, once per URL, over the same connection.
    let twice = whoami(&alice);
    assert_eq!(twice.exit, 0, "{twice:?}");
    assert_eq!(
        twice.body.matches("</GetCallerIdentityResponse>").count(),
        2,
        "{twice:?}"
    );
    assert_eq!(
        (emulator.log().entries.len(), emulator.log().connections()),
        (2, 1)
    );

    emulator.clear_log();
    let mut sockets: Vec<_> = (0..20)
        .map(|_| {
            std::net::TcpStream::connect(root[7..].trim_end_matches('/')).expect("a connection")
        })
        .collect();
    for socket in &mut sockets {
        use std::io::{Read, Write};
        socket
            .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .expect("sent");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    assert_eq!(emulator.log().connections(), 20);
    assert_eq!(emulator.log().last().action, "GET /");
}
