//! Certificates for HTTPS, generated at the start.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What is wrong with the HTTPS certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// Nothing: valid for localhost, 127.0.0.1 and `::1`, signed by the emulator's CA.
    #[default]
    Good,
    /// It expired in 2021.
    Expired,
    /// It is for sts.example.com.
    WrongHost,
    /// Another CA than the one in `ca_pem` signed it.
    UnknownCa,
    /// It signed itself, says that it is a CA, and is in `ca_pem`, as of local emulators.
    SelfSigned,
    /// The same for sts.example.com.
    SelfSignedWrongHost,
}

/// The server's TLS settings and the CA that a client should trust.
pub(crate) struct Tls {
    pub(crate) server: Arc<ServerConfig>,
    pub(crate) ca_pem: String,
}

impl Tls {
    pub(crate) fn new(certificate: Certificate) -> Self {
        let (ca_pem, issuer) = authority("awsmfa test CA");
        let issuer = if certificate == Certificate::UnknownCa {
            authority("Example Corp TLS inspection").1
        } else {
            issuer
        };
        let names = if matches!(
            certificate,
            Certificate::WrongHost | Certificate::SelfSignedWrongHost
        ) {
            vec!["sts.example.com".to_owned()]
        } else {
            ["localhost", "127.0.0.1", "::1"]
                .map(str::to_owned)
                .to_vec()
        };
        let mut leaf = CertificateParams::new(names).expect("good names");
        leaf.distinguished_name = rcgen::DistinguishedName::new();
        leaf.distinguished_name
            .push(DnType::CommonName, "awsmfa test server");
        leaf.use_authority_key_identifier_extension = true;
        leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        if certificate == Certificate::Expired {
            leaf.not_before = rcgen::date_time_ymd(2020, 1, 1);
            leaf.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().expect("a new key");
        let (leaf, ca_pem) = if matches!(
            certificate,
            Certificate::SelfSigned | Certificate::SelfSignedWrongHost
        ) {
            leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let leaf = leaf.self_signed(&key).expect("a certificate");
            let pem = leaf.pem();
            (leaf, pem)
        } else {
            let leaf = leaf.signed_by(&key, &issuer);
            (leaf.expect("a signed certificate"), ca_pem)
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a PKCS #8 key");
        let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .expect("a certificate for the key");
        Self {
            server: Arc::new(server),
            ca_pem,
        }
    }
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().expect("a new key");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    (pem, Issuer::new(params, key))
}
