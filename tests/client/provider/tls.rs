//! Certificates for the fake provider, made anew for each server.

use crate::support::unique;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose};
use std::path::PathBuf;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// What is wrong with a certificate, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Signed by the authority in `ca_file`, for localhost.
    Good,
    /// Signed by itself; `ca_file` holds another authority.
    SelfSigned,
    /// Signed by the authority, for another host.
    WrongName,
    /// Signed by the authority, and no longer valid.
    Expired,
}

/// A server's certificate and key, and a file with an authority's certificate.
pub struct Files {
    pub ca_file: PathBuf,
    chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Files {
    pub fn make(kind: Certificate) -> Files {
        let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key"))
                .expect("an authority");
        let name = match kind {
            Certificate::WrongName => "elsewhere.example",
            _ => "localhost",
        };
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        if kind == Certificate::Expired {
            parameters.not_before = rcgen::date_time_ymd(2000, 1, 1);
            parameters.not_after = rcgen::date_time_ymd(2001, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = match kind {
            Certificate::SelfSigned => parameters.self_signed(&key),
            _ => parameters.signed_by(&key, &authority),
        }
        .expect("a certificate");
        let ca_file = std::env::temp_dir().join(unique("insightflow_ca"));
        std::fs::write(&ca_file, authority.pem()).expect("a file");
        Files {
            ca_file,
            chain: vec![certificate.der().clone()],
            key: key.serialize_der(),
        }
    }

    pub fn acceptor(&self) -> TlsAcceptor {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let config = ServerConfig::builder_with_provider(Arc::new(
            tokio_rustls::rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(self.chain.clone(), key)
        .expect("a certificate");
        TlsAcceptor::from(Arc::new(config))
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.ca_file);
    }
}
