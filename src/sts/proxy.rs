//! The proxy in the environment, by the rules of the AWS CLI (Python's
//! `urllib.request.getproxies_environment`): the variable in lower case wins over the one in upper case,
//! and an empty one means no proxy.

use std::fmt;
use std::sync::Arc;

use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use url::Url;

use crate::environment::{Environment, not_text};
use crate::error::Error;

/// The variables of the AWS CLI for a proxy; `ALL_PROXY` counts if neither is set.
const HTTPS: [&str; 2] = ["https_proxy", "HTTPS_PROXY"];
const HTTP: [&str; 2] = ["http_proxy", "HTTP_PROXY"];
const ALL: [&str; 2] = ["all_proxy", "ALL_PROXY"];
const NO: [&str; 2] = ["no_proxy", "NO_PROXY"];

#[derive(Clone)]
pub struct Proxies {
    matcher: Arc<Matcher>,
    https: Option<Named>,
    http: Option<Named>,
}

/// A proxy and its variable.
#[derive(Debug, Clone)]
struct Named {
    variable: &'static str,
    url: Url,
}

/// A proxy for messages, without user and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// `http://proxy.example.com:3128`
    pub address: String,
    pub variable: &'static str,
}

impl Proxies {
    /// Reads the variables.
    pub fn from_environment(environment: &Environment) -> Result<Self, Error> {
        let all = named(environment, ALL)?;
        let https = of_scheme(environment, HTTPS, all.as_ref())?;
        let http = of_scheme(environment, HTTP, all.as_ref())?;
        let no = first(environment, NO)?.map_or_else(String::new, |(_, list)| no_proxy(list));
        let text = |named: &Option<Named>| {
            let named = named.as_ref();
            named.map_or_else(String::new, |named| named.url.to_string())
        };
        Ok(Self {
            matcher: Arc::new(
                Matcher::builder()
                    .https(text(&https))
                    .http(text(&http))
                    .no(no)
                    .build(),
            ),
            https,
            http,
        })
    }

    /// The proxy for a destination.
    #[must_use]
    pub(super) fn intercept(&self, destination: &http::Uri) -> Option<Intercept> {
        self.matcher.intercept(destination)
    }

    /// The proxy for a destination, for messages.
    #[must_use]
    pub fn shown(&self, destination: &http::Uri) -> Option<Shown> {
        self.intercept(destination)?;
        let named = match destination.scheme_str() {
            Some("http") => self.http.as_ref(),
            _ => self.https.as_ref(),
        }?;
        let mut url = named.url.clone();
        // Neither fails for a URL with a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Some(Shown {
            address: url.as_str().trim_end_matches('/').to_owned(),
            variable: named.variable,
        })
    }
}

impl fmt::Debug for Proxies {
    /// Omits the URL, which may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies").finish_non_exhaustive()
    }
}

/// The first of two variables that is set, even to an empty value.
fn first<'e>(
    environment: &'e Environment,
    variables: [&'static str; 2],
) -> Result<Option<(&'static str, &'e str)>, Error> {
    for variable in variables {
        if let Some(value) = environment.get(variable) {
            let text = value.as_str().ok_or_else(|| not_text(variable))?;
            return Ok(Some((variable, text.trim())));
        }
    }
    Ok(None)
}

fn of_scheme(
    environment: &Environment,
    variables: [&'static str; 2],
    all: Option<&Named>,
) -> Result<Option<Named>, Error> {
    match first(environment, variables)? {
        Some(_) => named(environment, variables),
        None => Ok(all.cloned()),
    }
}

fn named(environment: &Environment, variables: [&'static str; 2]) -> Result<Option<Named>, Error> {
    let Some((variable, text)) =
        first(environment, variables)?.filter(|(_, text)| !text.is_empty())
    else {
        return Ok(None);
    };
    let url = if text.contains("://") {
        Url::parse(text)
    } else {
        Url::parse(&format!("http://{text}"))
    };
    match url {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
            Ok(Some(Named { variable, url }))
        }
        Ok(url) if url.has_host() => Err(Error::new(format!(
            "{variable} names a proxy of the kind {}, which awsmfa cannot use",
            url.scheme()
        ))
        .hint(format!(
            "name an HTTP proxy, set {variable} to nothing for this call, or list the host in NO_PROXY"
        ))),
        // The value is not repeated: it may contain a password.
        _ => Err(Error::new(format!("{variable} is not the address of a proxy")).hint(
            "write it like http://proxy.example.com:3128, a user and password percent-encoded before the \
             host (http://user:pass%40word@…)",
        )),
    }
}

/// Changes `*.example.com`, which many people write, into the form that hyper understands.
fn no_proxy(list: &str) -> String {
    let entries = list.split(',').map(str::trim);
    let plain = entries.map(|entry| {
        entry
            .strip_prefix('*')
            .filter(|e| !e.is_empty())
            .unwrap_or(entry)
    });
    plain.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Result<Proxies, Error> {
        let pairs = variables.iter().map(|(n, v)| (n.into(), v.into()));
        Proxies::from_environment(&Environment::from_pairs(pairs))
    }

    fn shown(variables: &[(&str, &str)], destination: &str) -> Option<String> {
        let shown = proxies(variables)
            .unwrap()
            .shown(&destination.parse().unwrap())?;
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
    fn what_is_no_http_proxy_is_told_without_its_password() {
        let socks = proxies(&[("ALL_PROXY", "socks5://user:secret@proxy:1080")]).unwrap_err();
        assert_eq!(
            socks.to_string(),
            "ALL_PROXY names a proxy of the kind socks5, which awsmfa cannot use"
        );
        let bad = proxies(&[("HTTPS_PROXY", "http://user:secret@")]).unwrap_err();
        assert_eq!(bad.to_string(), "HTTPS_PROXY is not the address of a proxy");
    }

    #[test]
    fn user_and_password_are_sent_and_not_shown() {
        let variables = [("HTTPS_PROXY", "http://user:p%40:ss@proxy:3128")];
        assert_eq!(
            shown(&variables, STS).unwrap(),
            "http://proxy:3128 by HTTPS_PROXY"
        );
        let intercept = proxies(&variables)
            .unwrap()
            .intercept(&STS.parse().unwrap())
            .unwrap();
        assert_eq!(intercept.basic_auth().unwrap(), "Basic dXNlcjpwQDpzcw==");
        assert!(!format!("{:?}", proxies(&variables).unwrap()).contains("ss"));
    }
}
