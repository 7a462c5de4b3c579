//! Whatever responds in AWS's place: no panic, but a cause and a hint, and no secret in them.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use awsmfa::environment::{Environment, Setting};
use awsmfa::session::{Keys, Session};
use awsmfa::sts::api::{Aws, Endpoint, Mfa, Signer};
use awsmfa::sts::http::Http;
use awsmfa::sts::proxy::Proxies;
use awsmfa::sts::refusal::Refusal;
use awsmfa::sts::trust::Trust;
use awsmfa::token_code::TokenCode;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestRunner;

const CASES: u32 = 4000;

const SECRET: &str = "je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY";
const TOKEN: &str = "AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPTgk5TthT";

/// AWS's responses, from which the mutations start.
fn originals() -> Vec<String> {
    let session = format!(
        "<GetSessionTokenResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetSessionTokenResult>\
         <Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>\
         <SessionToken>{TOKEN}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </GetSessionTokenResult></GetSessionTokenResponse>"
    );
    let identity = "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/alice</Arn><UserId>AIDA</UserId>\
         <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";
    let refusal = |code: &str, message: &str| {
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        )
    };
    vec![
        session,
        identity.to_owned(),
        refusal(
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
        ),
        refusal(
            "SignatureDoesNotMatch",
            "Signature expired: 20261124T100000Z is now earlier than 20261124T105500Z (20261124T110000Z - 5 min.)",
        ),
        refusal(
            "ValidationError",
            "1 validation error detected: Value '123456' at 'tokenCode' failed to satisfy constraint: …",
        ),
        "<html><body>Sign in</body></html>".to_owned(),
        String::new(),
    ]
}

/// A change to a text.
#[derive(Debug, Clone)]
enum Mutation {
    Cut(Index),
    Drop(Index, Index),
    Put(Index, Vec<u8>),
    Repeat(Index, Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<Index>;
    let odd = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..8),
        select(vec![
            "<",
            "&#x1b;",
            "]]>",
            "<![CDATA[",
            "&lt;",
            "\u{9b}",
            "</Error>",
            "20261124T100000Z"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop_oneof![
        index().prop_map(Mutation::Cut),
        (index(), index()).prop_map(|(from, to)| Mutation::Drop(from, to)),
        (index(), odd).prop_map(|(at, odd)| Mutation::Put(at, odd)),
        (index(), index()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
    ]
}

fn mutated(mut text: Vec<u8>, mutations: &[Mutation]) -> Vec<u8> {
    for mutation in mutations {
        let place = |index: &Index| index.index(text.len() + 1);
        match mutation {
            Mutation::Cut(at) => text.truncate(place(at)),
            Mutation::Drop(from, to) => {
                let (from, to) = (place(from).min(place(to)), place(from).max(place(to)));
                text.drain(from..to);
            }
            Mutation::Put(at, odd) => {
                let at = place(at);
                text.splice(at..at, odd.iter().copied());
            }
            Mutation::Repeat(from, to) => {
                let (from, to) = (place(from).min(place(to)), place(from).max(place(to)));
                let piece = text[from..to].to_vec();
                text.splice(to..to, piece);
            }
        }
    }
    text
}

fn answer() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let status = select(vec![
        200u16, 200, 200, 204, 302, 400, 400, 403, 403, 407, 500, 503, 599,
    ]);
    let body = prop_oneof![
        8 => (select(originals()), proptest::collection::vec(mutation(), 0..4))
            .prop_map(|(text, mutations)| mutated(text.into_bytes(), &mutations)),
        1 => proptest::collection::vec(any::<u8>(), 0..200),
    ];
    (status, body)
}

/// A server on loopback that gives this response to every request; a test may change it.
fn server(answer: Arc<Mutex<Vec<u8>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            // The bodies are forms that end in a version or a code, and come with the head or right
            // after it.
            while let Ok(length @ 1..) = client.read(&mut buffer) {
                request.extend_from_slice(&buffer[..length]);
                if is_whole(&request) {
                    let bytes = answer.lock().unwrap().clone();
                    // A client that has left needs no response.
                    let _ = client.write_all(&bytes);
                    break;
                }
            }
        }
    });
    port
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}

/// A client of a server whose response the test decides.
struct Asking {
    answering: Arc<Mutex<Vec<u8>>>,
    aws: Aws,
    keys: Keys,
    runtime: tokio::runtime::Runtime,
}

impl Asking {
    fn new() -> Self {
        let answering = Arc::new(Mutex::new(Vec::new()));
        let port = server(Arc::clone(&answering));
        let environment = Environment::default();
        let http = Http::new(
            Proxies::from_environment(&environment),
            Trust::new(None, &environment).unwrap(),
        )
        .unwrap();
        let endpoint = Endpoint {
            region: Setting::from_variable("AWS_REGION", "eu-central-1"),
            sts_url: Some(Setting::from_variable(
                "AWS_ENDPOINT_URL",
                format!("http://127.0.0.1:{port}"),
            )),
            iam_url: None,
            fips: false,
            dualstack: false,
        };
        Self {
            answering,
            aws: Aws::new(http, endpoint),
            keys: Keys {
                access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
                secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into(),
            },
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        }
    }

    fn answer(&self, status: u16, body: &[u8]) {
        let mut bytes = format!(
            "HTTP/1.1 {status} Whatever\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        *self.answering.lock().unwrap() = bytes;
    }

    /// A call with a code is sent once; repeated calls would take longer.
    fn session(&self) -> Result<Session, Refusal> {
        let code = TokenCode::parse("123456").unwrap();
        let mfa = Mfa {
            serial: "arn:aws:iam::123456789012:mfa/alice",
            code: &code,
        };
        let call = self
            .aws
            .get_session_token(&self.keys, Duration::from_hours(1), mfa);
        self.runtime.block_on(call)
    }
}

#[test]
fn a_session_that_cannot_be_used_is_an_error() {
    let asking = Asking::new();
    let good = &originals()[0];
    asking.answer(200, good.as_bytes());
    assert!(asking.session().is_ok());
    let id = "ASIAIOSFODNN7EXAMPLE";
    let odd = "the session in the response has characters that keys do not have";
    for (from, to, told) in [
        (
            "2099-01-01",
            "2020-01-01",
            "the session in the response expired at 2020-01-01T00:00:00Z",
        ),
        (id, "ASIA&#x85;IOSFODNN7", odd),
        (id, "ASIA IOSFODNN7", odd),
        (TOKEN, "two&#10;lines", odd),
        (id, "", "the response from AWS is incomplete"),
    ] {
        asking.answer(200, good.replace(from, to).as_bytes());
        let refusal = asking.session().unwrap_err();
        assert_eq!(refusal.to_string(), told);
    }
}

#[test]
fn no_answer_makes_it_panic_or_tell_a_secret() {
    let asking = Asking::new();
    let config = ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    TestRunner::new(config)
        .run(&answer(), |(status, body)| {
            asking.answer(status, &body);
            let outcome = asking.session();
            if let Err(refusal) = outcome {
                let told = format!("{refusal}\n{}\n{refusal:?}", refusal.hint());
                for secret in [SECRET, TOKEN, "123456\n", "'123456'"] {
                    prop_assert!(!told.contains(secret), "{told}");
                }
                prop_assert!(!refusal.to_string().chars().any(char::is_control), "{told}");
                prop_assert!(!refusal.hint().is_empty());
            }
            Ok(())
        })
        .unwrap();
    // The other kind of response, unchanged.
    let identity = &originals()[1];
    asking.answer(200, identity.as_bytes());
    let identity = asking.aws.get_caller_identity(Signer::User(&asking.keys));
    let identity = asking.runtime.block_on(identity).unwrap();
    assert_eq!(identity.account, "123456789012");
    awsmfa_test_support::say(&format!("{CASES} answers end without a panic"));
}
