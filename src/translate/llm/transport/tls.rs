//! TLS: whom a session believes that it talks to the provider.
//!
//! Invariant: a certificate is always checked, against the authorities of the operating system or against those of
//! `insightflow.ca_file` alone. A configuration of our own is handed to the HTTP client, so that nothing of the process
//! decides: no default provider of cryptography, no key log, no environment but that of the system's certificates
//! (`SSL_CERT_FILE`, `SSL_CERT_DIR` of the postmaster).

use crate::error::{Error, Result};
use crate::translate::llm::server_file::{self, Access};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// A configuration that trusts a file's certificates, or the system's. It takes some milliseconds to make: keep it.
///
/// # Errors
/// 22023 when there is nobody to trust. It does not name the file.
pub fn config(ca_file: Option<&str>) -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            for certificate in read(path)? {
                roots
                    .add(certificate)
                    .map_err(|error| unusable(format!("A certificate is not valid: {error}.")))?;
            }
        }
        None => {
            // Certificates that cannot be read are left out: the others are enough, or none is.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        return Err(match ca_file {
            Some(_) => unusable("The file holds no certificate."),
            None => Error::question("the operating system trusts no certificate authority").with_hint(
                "Install its certificates (ca-certificates), or let a superuser set insightflow.ca_file.",
            ),
        });
    }
    let cryptography = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(cryptography)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn read(path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let text = server_file::read(path, Access::Any, 4 * 1024 * 1024).map_err(unusable)?;
    CertificateDer::pem_slice_iter(&text)
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| unusable("The file is not in PEM format."))
}

fn unusable(why: impl Into<String>) -> Error {
    Error::question("insightflow.ca_file is not usable").with_detail(why)
}
