//! A file server on loopback, in place of the one with the releases.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Its files by path, and the requested paths. It runs until the test ends.
pub(crate) struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start(files: BTreeMap<String, Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that leaves early is not the server's fault.
                let _ = answer(&stream.unwrap(), &files, &log);
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(
    mut stream: &TcpStream,
    files: &BTreeMap<String, Vec<u8>>,
    log: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    log.lock().unwrap().push(path.to_owned());
    // GitHub redirects a download to another address.
    if let Some(rest) = path.strip_prefix("/releases/") {
        write!(stream, "HTTP/1.1 302 Found\r\nLocation: /stored/{rest}\r\n")?;
        return write!(stream, "Content-Length: 0\r\nConnection: close\r\n\r\n");
    }
    let stored = path.strip_prefix("/stored/");
    let Some(body) = stored.and_then(|name| files.get(name)) else {
        write!(stream, "HTTP/1.1 404 Not Found\r\n")?;
        return write!(stream, "Content-Length: 0\r\nConnection: close\r\n\r\n");
    };
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n",
        body.len()
    )?;
    write!(stream, "Connection: close\r\n\r\n")?;
    stream.write_all(body)
}
