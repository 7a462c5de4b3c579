//! AWS STS and IAM on loopback, running on a separate thread.

pub(crate) mod accounts;
mod answer;
mod constraints;
pub(crate) mod fault;
mod iam;
pub(crate) mod log;
mod mfa;
mod refusal;
mod request;
mod server;
mod session;
mod sigv4;
mod standard;
mod state;
mod sts;
pub(crate) mod tls;
mod xml;

use std::net::{Ipv4Addr, Ipv6Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use accounts::Accounts;
use fault::Injection;
use log::Log;
use server::Server;
use state::State;
use tls::{Certificate, Tls};

use crate::totp::TotpDevice;

/// What an emulator starts with.
#[derive(Clone, Debug)]
pub struct Config {
    pub accounts: Accounts,
    /// The certificate for HTTPS.
    pub certificate: Certificate,
}

impl From<Accounts> for Config {
    fn from(accounts: Accounts) -> Self {
        Self {
            accounts,
            certificate: Certificate::Good,
        }
    }
}

impl From<Certificate> for Config {
    /// The standard accounts behind this certificate.
    fn from(certificate: Certificate) -> Self {
        Self {
            accounts: Accounts::standard(),
            certificate,
        }
    }
}

/// A running emulator; dropping it ends it and closes its connections.
pub struct Emulator {
    server: Arc<Server>,
    plain_port: u16,
    tls_port: u16,
    ca_pem: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Emulator {
    /// Starts an emulator on free ports of 127.0.0.1 and, if the machine has IPv6, `[::1]`.
    #[must_use]
    pub fn start(config: impl Into<Config>) -> Self {
        let Config {
            accounts,
            certificate,
        } = config.into();
        let tls = Tls::new(certificate);
        let server = Arc::new(Server::new(State {
            accounts,
            ..State::default()
        }));
        let (plain_port, plain) = listeners();
        let (tls_port, encrypted) = listeners();
        let (stop, stopped) = oneshot::channel();
        let acceptor = TlsAcceptor::from(tls.server);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let serving = Arc::clone(&server);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async move {
                let plain = plain.into_iter().map(|listener| (listener, None));
                let encrypted = encrypted
                    .into_iter()
                    .map(|listener| (listener, Some(acceptor.clone())));
                for (listener, tls) in plain.chain(encrypted) {
                    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                    tokio::spawn(Arc::clone(&serving).listen(listener, tls));
                }
                // Also ends when `stop` is dropped.
                let _ = stopped.await;
            });
        });
        Self {
            server,
            plain_port,
            tls_port,
            ca_pem: tls.ca_pem,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// `http://127.0.0.1:PORT`; the same port works on `[::1]`.
    #[must_use]
    pub fn http_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.plain_port)
    }

    /// `https://localhost:PORT`; the same port works on 127.0.0.1 and `[::1]`.
    #[must_use]
    pub fn https_url(&self) -> String {
        format!("https://localhost:{}", self.tls_port)
    }

    /// The CA that signed [`Certificate::Good`], as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Writes [`Self::ca_pem`] to `ca.pem` in this folder and returns the file's path.
    #[must_use]
    pub fn write_ca(&self, folder: &Path) -> PathBuf {
        let path = folder.join("ca.pem");
        std::fs::write(&path, &self.ca_pem).expect("a new file");
        path
    }

    /// The requests since the start, or since [`Self::clear_log`].
    #[must_use]
    pub fn log(&self) -> Log {
        let state = self.server.state();
        Log {
            entries: state.log.entries[state.log_begin..].to_vec(),
        }
    }

    /// Waits until so many requests for this action have been answered.
    ///
    /// # Panics
    /// After half a minute.
    pub fn wait_for_answers(&self, action: &str, count: usize) {
        let end = Instant::now() + Duration::from_secs(30);
        loop {
            let log = self.log();
            let of_action = log.entries.iter().filter(|entry| entry.action == action);
            let answered = of_action.filter(|entry| entry.outcome != log::Outcome::Pending);
            if answered.count() >= count {
                return;
            }
            assert!(Instant::now() < end, "no {action}: {:?}", log.actions());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts a new log.
    pub fn clear_log(&self) {
        let mut state = self.server.state();
        state.log_begin = state.log.entries.len();
    }

    /// Edits users and roles while the emulator runs.
    pub fn edit(&self, edit: impl FnOnce(&mut Accounts)) {
        edit(&mut self.server.state().accounts);
    }

    /// The first device of this user that shows codes.
    ///
    /// # Panics
    /// If there is no such user or device.
    #[must_use]
    pub fn device(&self, user: &str) -> TotpDevice {
        let mut state = self.server.state();
        let devices = &state.accounts.user(user).devices;
        devices
            .iter()
            .find_map(|device| device.totp.clone())
            .expect("a device that shows codes")
    }

    /// Makes every session, and its MFA, this many seconds older. The clock that checks signatures and
    /// codes does not move.
    pub fn advance(&self, seconds: i64) {
        self.server.state().advanced += seconds;
    }

    /// Allows all codes again and resets the count of tries, as if three quiet minutes had passed.
    pub fn forget_codes(&self) {
        let mut state = self.server.state();
        state.verifier.forget();
        let devices = state.accounts.users.iter().flat_map(|user| &user.devices);
        for device in devices.filter_map(|device| device.totp.as_ref()) {
            device.forget();
        }
    }

    /// Makes something go wrong from now on.
    pub fn inject(&self, injection: impl Into<Injection>) {
        self.server.state().injections.add(injection.into());
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.server.state().injections.clear();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already printed; the test's own assertions say the rest.
            let _ = thread.join();
        }
    }
}

/// Listeners on one port of 127.0.0.1 and `[::1]`.
fn listeners() -> (u16, Vec<TcpListener>) {
    loop {
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on 127.0.0.1");
        let port = v4.local_addr().expect("an address").port();
        let mut listeners = vec![v4];
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
            Ok(v6) => listeners.push(v6),
            // Another program has this port on `[::1]`: try another one.
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => continue,
            // No IPv6 on this machine.
            Err(_) => {}
        }
        for listener in &listeners {
            listener
                .set_nonblocking(true)
                .expect("a socket that does not block");
        }
        return (port, listeners);
    }
}
