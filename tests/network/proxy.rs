//! A forward proxy on loopback, and which proxy counts.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use awsmfa::environment::Environment;
use awsmfa::sts::proxy::Proxies;
use awsmfa_test_support::{Run, python_with_botocore};
use serde_json::{Value, json};

/// How a proxy treats its clients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Requires alice's password, `p@ss` (Basic, RFC 7617).
    Password,
    /// Refuses every tunnel with 403.
    Refuses,
    /// Answers every request with 502, as a proxy does that does not reach the host.
    BadGateway,
    /// Takes the request and does not respond.
    Silent,
}

/// A running proxy. It ends with the process.
pub(crate) struct ForwardProxy {
    pub(crate) port: u16,
}

impl ForwardProxy {
    pub(crate) fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A client or server that leaves only ends its own connection.
                thread::spawn(move || serve(client, manner));
            }
        });
        Self { port }
    }
}

fn serve(client: TcpStream, manner: Manner) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let mut client = client;
    match manner {
        Manner::Silent => thread::sleep(Duration::from_mins(1)),
        Manner::BadGateway => {
            client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")?;
        }
        Manner::Refuses => {
            client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")?;
        }
        Manner::Password
            if !head
                .to_lowercase()
                .contains("proxy-authorization: basic ywxpy2u6cebzcw==") =>
        {
            let challenge = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                             proxy-authenticate: Basic realm=\"proxy\"\r\ncontent-length: 0\r\n\r\n";
            client.write_all(challenge.as_bytes())?;
        }
        Manner::Password => {
            let target = head.split(' ').nth(1).unwrap_or_default();
            if head.starts_with("CONNECT ") {
                let server = TcpStream::connect(target)?;
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
                return splice(reader, client, server);
            }
            let rest = target.strip_prefix("http://").unwrap_or_default();
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            let mut server = TcpStream::connect(authority)?;
            server.write_all(head.replacen(target, &format!("/{path}"), 1).as_bytes())?;
            return splice(reader, client, server);
        }
    }
    client.shutdown(Shutdown::Both)
}

fn splice(
    mut from_client: impl Read + Send + 'static,
    mut client: TcpStream,
    server: TcpStream,
) -> io::Result<()> {
    let mut to_server = server.try_clone()?;
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let mut server = server;
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Write)
}

/// The proxies of the environment, as the AWS CLI's botocore takes them.
#[test]
fn the_proxy_of_a_destination_is_the_one_of_the_aws_cli() {
    const SCRIPT: &str = "
import json, os, sys
from botocore.utils import get_environ_proxies
answers = []
for variables, url in json.load(sys.stdin):
    for name in list(os.environ):
        if name.lower().endswith('_proxy'):
            del os.environ[name]
    os.environ.update(variables)
    answers.append(get_environ_proxies(url).get(url.split(':')[0]))
json.dump(answers, sys.stdout)
";
    let Some(python) = python_with_botocore() else {
        return;
    };
    let urls = [
        "https://sts.eu-central-1.amazonaws.com",
        "https://localhost:4566",
        "http://localhost:4566",
        "http://127.0.0.1:4566",
        "http://sts.lab.test",
    ];
    let lists = [
        "*",
        "localhost",
        "localhost:4566",
        "localhost:80",
        "127.0.0.1",
        "127.0.0.1:4566",
        ".lab.test",
        "lab.test",
        "ab.test",
        "amazonaws.com, localhost",
        "Sts.Lab.Test",
        "",
        " , ",
        "27.0.0.1",
    ];
    let proxies = [
        vec![("https_proxy", "http://a:1"), ("http_proxy", "http://b:2")],
        vec![("HTTPS_PROXY", "http://a:1"), ("https_proxy", "")],
        vec![("HTTP_PROXY", "http://b:2")],
        vec![
            ("HTTPS_PROXY", "http://a:1"),
            ("https_proxy", "http://c:3"),
            ("all_proxy", "socks5://d:4"),
        ],
    ];
    let mut cases = Vec::new();
    for proxy in &proxies {
        for list in lists {
            for name in ["no_proxy", "NO_PROXY"] {
                let variables: Vec<(&str, &str)> =
                    proxy.iter().copied().chain([(name, list)]).collect();
                cases.extend(urls.map(|url| (variables.clone(), url)));
            }
        }
    }
    let input: Vec<Value> = cases
        .iter()
        .map(|(variables, url)| {
            let variables: serde_json::Map<_, _> = variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value)))
                .collect();
            json!([variables, url])
        })
        .collect();
    let mut command = std::process::Command::new(python);
    command
        .args(["-c", SCRIPT])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let run = Run::with_input(&mut command, &Value::from(input).to_string());
    let theirs: Vec<Option<String>> = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(theirs.len(), cases.len());
    for ((variables, url), theirs) in cases.iter().zip(theirs) {
        let pairs = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()));
        let proxies = Proxies::from_environment(&Environment::from_pairs(pairs));
        let ours = proxies
            .shown(&url.parse().unwrap())
            .map(|shown| shown.address);
        assert_eq!(
            ours,
            theirs.filter(|it| !it.is_empty()),
            "{variables:?} {url}"
        );
    }
}
