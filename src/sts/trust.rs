//! The certificate authorities that awsmfa trusts.
//!
//! If `AWS_CA_BUNDLE`, `ca_bundle` or `REQUESTS_CA_BUNDLE` names a file, only that file counts, as in the
//! AWS CLI; otherwise `SSL_CERT_FILE` and `SSL_CERT_DIR`, then the platform's store. There is no built-in list: it would
//! override the platform's distrust of a CA.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore,
    SignatureScheme,
};
use x509_cert::der::Decode;

use crate::environment::{Environment, Setting};
use crate::error::Error;
use crate::files;

pub(crate) const CERT_FILE: &str = "SSL_CERT_FILE";
pub(crate) const CERT_DIR: &str = "SSL_CERT_DIR";

#[derive(Debug, Clone)]
pub struct Trust {
    authorities: Authorities,
    place: String,
}

#[derive(Debug, Clone)]
enum Authorities {
    /// Only these.
    Bundle(Vec<CertificateDer<'static>>),
    /// Those of `SSL_CERT_FILE`, and the files in these folders of `SSL_CERT_DIR`.
    Named(Vec<CertificateDer<'static>>, Vec<PathBuf>),
    Platform,
}

/// A certificate that is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}{}", .issuer.as_deref().map(|issuer| format!(", issued by {issuer}")).unwrap_or_default())]
pub struct Untrusted {
    pub reason: String,
    /// The name of the authority at the end of the received chain.
    pub issuer: Option<String>,
    /// Whether another authority would help.
    pub unknown_issuer: bool,
    /// The setting for the trusted authorities.
    pub place: String,
}

impl Trust {
    /// The authorities of `ca_bundle`, otherwise those of the platform.
    pub fn new(ca_bundle: Option<&Setting>, environment: &Environment) -> Result<Self, Error> {
        if let Some(Setting { text: path, place }) = ca_bundle {
            let file = Path::new(path);
            return Ok(Self {
                authorities: if file.is_dir() {
                    Authorities::Named(Vec::new(), vec![file.to_owned()])
                } else {
                    Authorities::Bundle(read_bundle(file, place)?)
                },
                place: format!("{place} = {path}"),
            });
        }
        let named = |name| environment.os_text(name).filter(|value| !value.is_empty());
        let file = named(CERT_FILE).map(PathBuf::from);
        let folders = named(CERT_DIR);
        let in_file = match &file {
            Some(path) => read_bundle(path, &CERT_FILE)?,
            None => Vec::new(),
        };
        let named = |name, value: &Option<OsString>| {
            let value = value.as_ref()?;
            Some(format!("{name} = {}", value.display()))
        };
        let file = file.map(PathBuf::into_os_string);
        let places = [named(CERT_FILE, &file), named(CERT_DIR, &folders)];
        let places: Vec<String> = places.into_iter().flatten().collect();
        Ok(if places.is_empty() {
            Self {
                authorities: Authorities::Platform,
                place: "the platform's trust store".to_owned(),
            }
        } else {
            let folders = folders.unwrap_or_default();
            let folders = std::env::split_paths(&folders);
            Self {
                authorities: Authorities::Named(
                    in_file,
                    folders
                        .filter(|folder| !folder.as_os_str().is_empty())
                        .collect(),
                ),
                place: places.join(", "),
            }
        })
    }

    /// The setting for the authorities, in words.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The TLS client with these authorities.
    pub(super) fn client_config(self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier {
            provider: Arc::clone(&provider),
            trust: self,
            loaded: OnceLock::new(),
        };
        Ok(ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth())
    }
}

/// Leaves the decisions to webpki. Its own part: it loads the authorities late, names the issuer, and trusts
/// a self-signed certificate that is itself among the authorities, as OpenSSL does.
struct Verifier {
    provider: Arc<CryptoProvider>,
    trust: Trust,
    loaded: OnceLock<Loaded>,
}

struct Loaded {
    certificates: Vec<CertificateDer<'static>>,
    /// `None` if no certificate is usable as an authority.
    webpki: Option<Arc<WebPkiServerVerifier>>,
}

impl Verifier {
    fn load(&self) -> Loaded {
        let certificates = match &self.trust.authorities {
            Authorities::Bundle(certificates) => certificates.clone(),
            Authorities::Named(certificates, folders) => {
                let in_folders = folders.iter().flat_map(|folder| in_folder(folder));
                certificates.iter().cloned().chain(in_folders).collect()
            }
            Authorities::Platform => platform(bundle_file().as_deref()),
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates.iter().cloned());
        let provider = Arc::clone(&self.provider);
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Loaded {
            certificates,
            webpki: webpki.ok(),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let check = |verifier: &WebPkiServerVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        };
        let loaded = self.loaded.get_or_init(|| self.load());
        let problem = if loaded.certificates.iter().any(|its| its == end_entity)
            && is_self_signed(end_entity)
        {
            match check_alone(end_entity, server_name, now) {
                Ok(()) => return Ok(ServerCertVerified::assertion()),
                Err(problem) => problem,
            }
        } else {
            match loaded.webpki.as_deref().map(check) {
                Some(Ok(verified)) => return Ok(verified),
                Some(Err(rustls::Error::InvalidCertificate(problem))) => problem,
                Some(Err(error)) => return Err(error),
                None => CertificateError::UnknownIssuer,
            }
        };
        let last = intermediates.last().unwrap_or(end_entity);
        let untrusted = Untrusted {
            reason: reason(&problem),
            issuer: issuer(last),
            unknown_issuer: problem == CertificateError::UnknownIssuer,
            place: self.trust.place.clone(),
        };
        Err(CertificateError::Other(OtherError(Arc::new(untrusted))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").finish_non_exhaustive()
    }
}

/// Whether a certificate names itself as its issuer.
fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    let parsed = x509_cert::Certificate::from_der(certificate);
    parsed.is_ok_and(|it| it.tbs_certificate().issuer() == it.tbs_certificate().subject())
}

/// Checks name and time of a certificate that is trusted itself.
fn check_alone(
    certificate: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), CertificateError> {
    let parsed = ParsedCertificate::try_from(certificate);
    let parsed = parsed.map_err(|_| CertificateError::BadEncoding)?;
    match verify_server_name(&parsed, name) {
        Ok(()) => {}
        Err(rustls::Error::InvalidCertificate(problem)) => return Err(problem),
        Err(_) => return Err(CertificateError::NotValidForName),
    }
    let validity = x509_cert::Certificate::from_der(certificate);
    let validity = validity.map_err(|_| CertificateError::BadEncoding)?;
    let validity = validity.tbs_certificate().validity();
    let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
    if now.as_secs() < seconds(validity.not_before) {
        Err(CertificateError::NotValidYet)
    } else if now.as_secs() > seconds(validity.not_after) {
        Err(CertificateError::Expired)
    } else {
        Ok(())
    }
}

fn reason(problem: &CertificateError) -> String {
    match problem {
        CertificateError::UnknownIssuer => "its issuer is not known".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet".to_owned()
        }
        CertificateError::NotValidForNameContext { presented, .. } if !presented.is_empty() => {
            let names = presented.iter().map(|name| bare_name(name));
            format!("it is for {}", names.collect::<Vec<_>>().join(", "))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name".to_owned()
        }
        CertificateError::BadSignature => "its signature is wrong".to_owned(),
        CertificateError::Revoked => "it was revoked".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not for servers".to_owned()
        }
        CertificateError::BadEncoding => "it is malformed".to_owned(),
        // The library has only names of its own for the rest.
        _ => "it does not fit the rules for certificates of servers".to_owned(),
    }
}

/// `sts.example.com` from `DnsName("sts.example.com")`.
fn bare_name(presented: &str) -> &str {
    let inner = presented
        .split_once('(')
        .map_or(presented, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"')
}

/// The name of the authority that signed a certificate, in the form of RFC 4514.
fn issuer(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = x509_cert::Certificate::from_der(certificate).ok()?;
    Some(certificate.tbs_certificate().issuer().to_string())
}

/// Reads the whole bundle, so that a broken one is an error before a code is used.
fn read_bundle(
    path: &Path,
    place: &impl fmt::Display,
) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bad = |problem| {
        Error::new(format!(
            "{place}: the CA bundle {} {problem}",
            path.display()
        ))
        .hint("name a file with PEM certificates there, or take the setting away")
    };
    let bytes = files::read(path).map_err(|error| bad("cannot be read").source(error))?;
    usable(&bytes).ok_or_else(|| bad("has no usable certificate in PEM form"))
}

/// The certificates in a PEM file, perhaps after the byte order mark that editors on Windows write.
fn in_pem(
    pem: &[u8],
) -> impl Iterator<Item = Result<CertificateDer<'static>, rustls::pki_types::pem::Error>> {
    let pem = pem.strip_prefix(b"\xef\xbb\xbf").unwrap_or(pem);
    CertificateDer::pem_slice_iter(pem)
}

/// The certificates in a PEM file, if all are valid and one can be an authority.
fn usable(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let certificates: Result<Vec<_>, _> = in_pem(pem).collect();
    let mut roots = RootCertStore::empty();
    certificates
        .ok()
        .filter(|all| all.iter().any(|one| roots.add(one.clone()).is_ok()))
}

/// The certificates in the files of a folder. Passes over what has none, like OpenSSL.
fn in_folder(folder: &Path) -> Vec<CertificateDer<'static>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.is_file())
        .filter_map(|path| files::read(&path).ok())
        .flat_map(|pem| in_pem(&pem).flatten().collect::<Vec<_>>())
        .collect()
}

/// The platform's authorities, from its bundle file. The platform's loader would also parse every file
/// in the folder next to it, which contains the same authorities.
fn platform(bundle_file: Option<&Path>) -> Vec<CertificateDer<'static>> {
    bundle_file
        .and_then(|file| usable(&files::read(file).ok()?))
        .unwrap_or_else(|| rustls_native_certs::load_native_certs().certs)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn bundle_file() -> Option<PathBuf> {
    openssl_probe::probe().cert_file
}

/// This platform's store is not a file.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn bundle_file() -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_loader_is_asked_where_no_bundle_can_be_used() {
        let loaded = rustls_native_certs::load_native_certs().certs;
        let broken = tempfile::NamedTempFile::new().unwrap();
        for file in [None, Some(broken.path()), Some(Path::new("/nonexistent"))] {
            assert_eq!(platform(file), loaded, "{file:?}");
        }
    }

    #[test]
    fn a_presented_name_is_told_bare() {
        assert_eq!(bare_name("DnsName(\"sts.example.com\")"), "sts.example.com");
        assert_eq!(bare_name("IpAddress(127.0.0.1)"), "127.0.0.1");
        assert_eq!(bare_name("plain"), "plain");
    }
}
