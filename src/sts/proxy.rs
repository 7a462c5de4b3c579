//! The proxy that the environment names, by the rules of the AWS CLI (Python's
//! `urllib.request.getproxies_environment`): the variable in lower case wins over the one in upper
//! case, and one that is set to nothing means no proxy. Only the proxy of a destination is judged.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use crate::environment::{Environment, not_text};
use crate::error::Error;
use crate::value::Value;

/// The variables that name a proxy in the AWS CLI; `ALL_PROXY` counts if neither variable of the scheme is
/// set.
const HTTPS: [&str; 2] = ["https_proxy", "HTTPS_PROXY"];
const HTTP: [&str; 2] = ["http_proxy", "HTTP_PROXY"];
const ALL: [&str; 2] = ["all_proxy", "ALL_PROXY"];
const NO: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The proxies of the environment.
#[derive(Clone)]
pub struct Proxies {
    https: Option<Named>,
    http: Option<Named>,
    exceptions: Vec<Exception>,
}

/// A variable that names a proxy, and its value, which may contain a password.
#[derive(Clone)]
struct Named {
    variable: &'static str,
    value: Value,
}

/// The proxy for a destination.
pub(super) struct Proxy {
    pub(super) intercept: Intercept,
    pub(super) shown: Shown,
}

/// A proxy to be shown, without user and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `http://proxy.example.com:3128`
    pub address: String,
    /// The variable that names it.
    pub variable: &'static str,
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.address, self.variable)
    }
}

impl Proxies {
    /// Reads the variables.
    #[must_use]
    pub fn from_environment(environment: &Environment) -> Self {
        let first = |variables: [&'static str; 2]| {
            let mut named = variables.into_iter().filter_map(|variable| {
                let value = environment.get(variable)?.clone();
                Some(Named { variable, value })
            });
            named.next()
        };
        let list = first(NO).and_then(|no| Some(no.value.as_str()?.to_owned()));
        Self {
            https: first(HTTPS).or_else(|| first(ALL)),
            http: first(HTTP).or_else(|| first(ALL)),
            exceptions: list.as_deref().map(exceptions).unwrap_or_default(),
        }
    }

    /// The proxy for a destination; an error if it cannot be used.
    pub(super) fn find(&self, destination: &Uri) -> Result<Option<Proxy>, Error> {
        let is_http = destination.scheme_str() == Some("http");
        let named = if is_http { &self.http } else { &self.https };
        let Some(named) = named else {
            return Ok(None);
        };
        let host = destination.host().unwrap_or_default();
        let port = destination.port_u16();
        let port = port.unwrap_or(if is_http { 80 } else { 443 });
        if self.exceptions.iter().any(|it| it.covers(host, port)) {
            return Ok(None);
        }
        let url = named.url(if is_http { HTTP[1] } else { HTTPS[1] }, host)?;
        Ok(url.and_then(|url| Proxy::new(named.variable, url, destination)))
    }

    /// Checks the proxy for a destination, before any request.
    pub fn check(&self, destination: &Uri) -> Result<(), Error> {
        self.find(destination).map(drop)
    }

    /// The proxy for a destination, to be shown.
    #[must_use]
    pub fn shown(&self, destination: &Uri) -> Option<Shown> {
        Some(self.find(destination).ok()??.shown)
    }
}

impl fmt::Debug for Proxies {
    /// Without the password that a URL may contain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies").finish_non_exhaustive()
    }
}

impl Named {
    /// The address; `None` if the variable is empty. `right` is the variable where an HTTP proxy for the
    /// host belongs.
    fn url(&self, right: &str, host: &str) -> Result<Option<Url>, Error> {
        let variable = self.variable;
        let text = self.value.as_str().ok_or_else(|| not_text(variable))?;
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let url = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("http://{text}"))
        };
        match url {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Some(url)),
            Ok(url) if url.has_host() => Err(Error::new(format!(
                "{variable}: a {} proxy is not supported",
                url.scheme().to_uppercase()
            ))
            .hint(format!(
                "name an HTTP proxy ({right}=http://proxy.example.com:3128), or list {host} in NO_PROXY"
            ))),
            // It is not repeated: it may contain a password.
            _ => Err(
                Error::new(format!("{variable} is not the address of a proxy")).hint(
                    "write it like http://proxy.example.com:3128, a user and password percent-encoded before \
                     the host (http://user:pass%40word@…)",
                ),
            ),
        }
    }
}

impl Proxy {
    fn new(variable: &'static str, mut url: Url, destination: &Uri) -> Option<Self> {
        let matcher = Matcher::builder().all(url.to_string()).build();
        let intercept = matcher.intercept(destination)?;
        // Neither fails for a URL with a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Some(Self {
            intercept,
            shown: Shown {
                address: url.as_str().trim_end_matches('/').to_owned(),
                variable,
            },
        })
    }
}

/// An entry of `NO_PROXY`: destinations without a proxy.
#[derive(Clone)]
enum Exception {
    /// `*`
    All,
    /// `10.0.0.0/8`
    Network(IpAddr, u32),
    /// A host and those below it, perhaps at one port only.
    Host(String, Option<u16>),
}

fn exceptions(list: &str) -> Vec<Exception> {
    let entries = list.split(',').map(str::trim);
    let entries = entries.filter(|entry| !entry.is_empty());
    entries.map(Exception::parse).collect()
}

impl Exception {
    fn parse(entry: &str) -> Self {
        if entry == "*" {
            return Self::All;
        }
        if let Some((address, length)) = entry.split_once('/')
            && let (Some(address), Ok(length)) = (address_of(address), length.parse())
        {
            return Self::Network(address, length);
        }
        let (host, port) = match entry.rsplit_once(':') {
            Some((host, port)) if address_of(entry).is_none() => match port.parse() {
                Ok(port) => (host, Some(port)),
                Err(_) => (entry, None),
            },
            _ => (entry, None),
        };
        let host = host.strip_prefix('*').unwrap_or(host);
        Self::Host(host.trim_start_matches('.').to_lowercase(), port)
    }

    fn covers(&self, host: &str, at: u16) -> bool {
        let address = address_of(host);
        match self {
            Self::All => true,
            Self::Network(network, length) => {
                address.is_some_and(|address| is_in(address, *network, *length))
            }
            Self::Host(_, Some(port)) if *port != at => false,
            Self::Host(name, _) => {
                let host = host.to_lowercase();
                let above = host.strip_suffix(name.as_str());
                let is_below = above.is_some_and(|it| it.is_empty() || it.ends_with('.'));
                is_below || (address.is_some() && address == address_of(name))
            }
        }
    }
}

/// An address, in brackets or without.
fn address_of(text: &str) -> Option<IpAddr> {
    let inner = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    inner.unwrap_or(text).parse().ok()
}

/// Whether the first bits of two addresses are the same.
fn is_in(address: IpAddr, network: IpAddr, length: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.leading_zeros() >= length
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differing = address.to_bits() ^ network.to_bits();
            differing.leading_zeros() >= length
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        let pairs = variables.iter().map(|(n, v)| (n.into(), v.into()));
        Proxies::from_environment(&Environment::from_pairs(pairs))
    }

    fn shown(variables: &[(&str, &str)], destination: &str) -> Option<String> {
        let shown = proxies(variables).shown(&destination.parse().unwrap())?;
        Some(format!("{} by {}", shown.address, shown.variable))
    }

    const STS: &str = "https://sts.eu-central-1.amazonaws.com";

    #[test]
    fn each_kind_of_endpoint_has_its_variables() {
        let both = [
            ("HTTPS_PROXY", "http://a:1"),
            ("HTTP_PROXY", "b:2"),
            ("ALL_PROXY", "http://c:3"),
        ];
        assert_eq!(shown(&both, STS).unwrap(), "http://a:1 by HTTPS_PROXY");
        assert_eq!(
            shown(&both, "http://localhost:4566").unwrap(),
            "http://b:2 by HTTP_PROXY"
        );
        assert_eq!(shown(&both[2..], STS).unwrap(), "http://c:3 by ALL_PROXY");
        assert_eq!(shown(&both[1..2], STS), None);
    }

    #[test]
    #[cfg(unix)] // Names know no case on Windows.
    fn lower_case_wins_and_nothing_means_none() {
        let both = [("HTTPS_PROXY", "http://a:1"), ("https_proxy", "http://b:2")];
        assert_eq!(shown(&both, STS).unwrap(), "http://b:2 by https_proxy");
        assert_eq!(
            shown(&[("HTTPS_PROXY", ""), ("ALL_PROXY", "http://c:3")], STS),
            None
        );
        assert_eq!(
            shown(&[("HTTPS_PROXY", "http://a:1"), ("https_proxy", "")], STS),
            None
        );
        let cgi = [("REQUEST_METHOD", "GET"), ("HTTPS_PROXY", "http://a:1")];
        assert_eq!(shown(&cgi, STS).unwrap(), "http://a:1 by HTTPS_PROXY");
    }

    #[test]
    fn hosts_are_left_out_by_domain_wildcard_and_network() {
        for list in [
            "*",
            "amazonaws.com",
            ".amazonaws.com",
            "a, *.amazonaws.com",
            "*.eu-central-1.amazonaws.com",
        ] {
            assert_eq!(
                shown(&[("HTTPS_PROXY", "http://a:1"), ("NO_PROXY", list)], STS),
                None,
                "{list}"
            );
        }
        let networks = [
            ("HTTPS_PROXY", "http://a:1"),
            ("NO_PROXY", "10.0.0.0/8,::1"),
        ];
        assert_eq!(shown(&networks, "https://10.1.2.3"), None);
        assert_eq!(shown(&networks, "https://[::1]:4566"), None);
        assert!(shown(&networks, STS).is_some());
    }

    #[test]
    fn an_exception_may_have_a_port() {
        let at = |list, destination| {
            let variables = [("HTTP_PROXY", "http://a:1"), ("NO_PROXY", list)];
            shown(&variables, destination).is_some()
        };
        for list in ["127.0.0.1:4566", "x,127.0.0.1", "127.0.0.0/8", "*", "x,*"] {
            assert!(!at(list, "http://127.0.0.1:4566"), "{list}");
        }
        for list in ["127.0.0.1:4567", "128.0.0.0/8", "27.0.0.1", "::1", ""] {
            assert!(at(list, "http://127.0.0.1:4566"), "{list}");
        }
        for list in ["[::1]:4566", "::1", "[::1]", "::/64"] {
            assert!(!at(list, "http://[::1]:4566"), "{list}");
        }
        assert!(!at("lab.test:80", "http://sts.LAB.test"));
        assert!(at("lab.test:81", "http://sts.lab.test"));
        assert!(at("lab.test", "http://sts-lab.test"));
    }

    /// The line that desktop programs tell people to export.
    #[test]
    fn only_the_proxy_of_a_destination_is_judged() {
        let socks = ("all_proxy", "socks5://user:secret@127.0.0.1:7890");
        let good = ("https_proxy", "http://a:1");
        let sts = STS.parse().unwrap();
        assert!(proxies(&[socks, good]).check(&sts).is_ok());
        assert!(
            proxies(&[socks, ("NO_PROXY", "amazonaws.com")])
                .check(&sts)
                .is_ok()
        );
        let error = proxies(&[socks]).check(&sts).unwrap_err();
        assert_eq!(error.message, "all_proxy: a SOCKS5 proxy is not supported");
        assert_eq!(
            error.hint.unwrap(),
            "name an HTTP proxy (HTTPS_PROXY=http://proxy.example.com:3128), or list \
             sts.eu-central-1.amazonaws.com in NO_PROXY"
        );
        let bad = proxies(&[("HTTPS_PROXY", "http://user:secret@")]);
        let error = bad.check(&sts).unwrap_err();
        assert_eq!(error.message, "HTTPS_PROXY is not the address of a proxy");
        assert!(bad.check(&"http://localhost:4566".parse().unwrap()).is_ok());
    }

    #[test]
    fn user_and_password_are_sent_and_not_shown() {
        let variables = [("HTTPS_PROXY", "http://user:p%40:ss@proxy:3128")];
        assert_eq!(
            shown(&variables, STS).unwrap(),
            "http://proxy:3128 by HTTPS_PROXY"
        );
        let found = proxies(&variables).find(&STS.parse().unwrap());
        let intercept = found.unwrap().unwrap().intercept;
        assert_eq!(intercept.basic_auth().unwrap(), "Basic dXNlcjpwQDpzcw==");
        assert!(!format!("{:?}", proxies(&variables)).contains("ss"));
    }
}
