//! A forward proxy on loopback.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

/// How a proxy treats its clients.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Requires alice's password, `p@ss` (Basic, RFC 7617).
    Password,
    /// Refuses every tunnel with 403.
    Refuses,
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
