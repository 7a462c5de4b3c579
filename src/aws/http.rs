//! The one HTTP client of the process: TLS on ring, proxies from the environment, the trust store.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// The file of `AWS_CA_BUNDLE` or `ca_bundle` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BadCaBundle {
    /// The system does not let us read it.
    #[error("the CA bundle {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// There is no certificate in it, or a broken one.
    #[error("the CA bundle {} holds no usable certificate in PEM form", path.display())]
    NoCertificates {
        /// The file.
        path: PathBuf,
    },
}

/// A client that trusts the certificates of `ca_bundle` alone, or else those of the platform
/// (`SSL_CERT_FILE` and `SSL_CERT_DIR` included). They are loaded when the first connection needs
/// them. One connector serves every request, so that a connection made early is there later.
pub fn client(ca_bundle: Option<&Path>) -> Result<SharedHttpClient, BadCaBundle> {
    let trust_store = match ca_bundle {
        None => TrustStore::default(),
        Some(path) => TrustStore::empty().with_pem_certificate(read_bundle(path)?),
    };
    let connector: OnceLock<SharedHttpConnector> = OnceLock::new();
    Ok(http_client_fn(move |settings, _| {
        connector
            .get_or_init(|| {
                let builder = Connector::builder()
                    .connector_settings(settings.clone())
                    .proxy_config(ProxyConfig::from_env())
                    .tls_provider(Provider::Rustls(CryptoMode::Ring));
                let builder = match TlsContext::builder()
                    .with_trust_store(trust_store.clone())
                    .build()
                {
                    Ok(context) => builder.tls_context(context),
                    Err(_) => builder,
                };
                SharedHttpConnector::new(builder.build())
            })
            .clone()
    }))
}

/// Reads a bundle and checks what the TLS library would panic on.
fn read_bundle(path: &Path) -> Result<Vec<u8>, BadCaBundle> {
    let bytes = std::fs::read(path).map_err(|source| BadCaBundle::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(bytes),
        _ => Err(BadCaBundle::NoCertificates {
            path: path.to_owned(),
        }),
    }
}
