//! TLS by rustls (TLS 1.2 and 1.3), with graviola's pure-Rust primitives: nothing but a Rust toolchain builds it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::Stream;

/// How long a handshake may take that this side began.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A PEM file that cannot be read or holds nothing of the kind.
    #[error("{}: no {what} in PEM form can be read: {error}", .path.display())]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What was looked for.
        what: &'static str,
        /// What went wrong.
        error: rustls::pki_types::pem::Error,
    },
    /// Key and certificate do not fit, or rustls refuses them.
    #[error("{}: {error}", .path.display())]
    Refused {
        /// The certificate's file.
        path: PathBuf,
        /// Why.
        error: String,
    },
    /// The other side's name is none.
    #[error("`{0}` is no host name that a certificate can be for")]
    Name(String),
    /// The handshake failed or took too long.
    #[error("the TLS handshake failed: {0}")]
    Handshake(std::io::Error),
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls_graviola::default_provider())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |error| TlsError::Pem { path: path.to_owned(), what: "certificate", error };
    let all: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(wrong)?.collect();
    match all.map_err(wrong)? {
        none if none.is_empty() => Err(wrong(rustls::pki_types::pem::Error::NoItemsFound)),
        all => Ok(all),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| TlsError::Pem {
        path: path.to_owned(),
        what: "private key",
        error,
    })
}

fn roots(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| refused(path, &error))?;
    }
    Ok(roots)
}

fn refused(path: &Path, error: &dyn std::fmt::Display) -> TlsError {
    TlsError::Refused { path: path.to_owned(), error: error.to_string() }
}

/// What a listener shows and asks for. Cheap to clone; [`Self::reload`] acts on all clones.
#[derive(Debug, Clone)]
pub struct ServerTls(Arc<Served>);

#[derive(Debug)]
struct Served {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
    protocol: &'static [u8],
    config: RwLock<Arc<ServerConfig>>,
}

impl ServerTls {
    /// Reads certificate chain and key (PEM). With `client_ca` only clients whose certificate one of its authorities
    /// issued get through the handshake. `protocol` is the one ALPN protocol offered.
    pub fn load(
        certificate: &Path,
        key: &Path,
        client_ca: Option<&Path>,
        protocol: &'static [u8],
    ) -> Result<Self, TlsError> {
        let config = server_config(certificate, key, client_ca, protocol)?;
        Ok(Self(Arc::new(Served {
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            client_ca: client_ca.map(Path::to_owned),
            protocol,
            config: RwLock::new(Arc::new(config)),
        })))
    }

    /// Reads the files again: later handshakes use what they hold now. If they cannot be used, the old ones stay.
    pub fn reload(&self) -> Result<(), TlsError> {
        let served = &self.0;
        let config =
            server_config(&served.certificate, &served.key, served.client_ca.as_deref(), served.protocol)?;
        *served.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        Ok(())
    }

    /// The handshake of one accepted connection, within `time_max`: a peer that stalls it holds a place among the connections.
    pub async fn accept(&self, stream: TcpStream, time_max: Duration) -> Result<Stream, TlsError> {
        let config = Arc::clone(&self.0.config.read().unwrap_or_else(PoisonError::into_inner));
        let handshake = TlsAcceptor::from(config).accept(stream);
        let stream = tokio::time::timeout(time_max, handshake).await;
        let stream = stream.map_err(|_| TlsError::Handshake(std::io::ErrorKind::TimedOut.into()))?;
        Ok(Stream::Tls(Box::new(stream.map_err(TlsError::Handshake)?.into())))
    }
}

fn server_config(
    certificate: &Path,
    key: &Path,
    client_ca: Option<&Path>,
    protocol: &[u8],
) -> Result<ServerConfig, TlsError> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| refused(certificate, &error))?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots(path)?), provider()).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| refused(path, &error))?)
        }
    };
    let config = builder.with_single_cert(certificates(certificate)?, private_key(key)?);
    let mut config = config.map_err(|error| refused(certificate, &error))?;
    config.alpn_protocols = vec![protocol.to_vec()];
    Ok(config)
}

/// Whom a caller believes and what it shows.
#[derive(Debug, Clone)]
pub struct ClientTls(Arc<ClientConfig>);

impl ClientTls {
    /// `ca`: the authorities in this PEM file, else those this machine trusts. `identity`: certificate and key to show.
    pub fn new(
        ca: Option<&Path>,
        identity: Option<(&Path, &Path)>,
        protocol: &'static [u8],
    ) -> Result<Self, TlsError> {
        let roots = if let Some(path) = ca {
            roots(path)?
        } else {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            roots
        };
        let place = ca.unwrap_or(Path::new("the system's certificates"));
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| refused(place, &error))?
            .with_root_certificates(roots);
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
                .map_err(|error| refused(certificate, &error))?,
        };
        config.alpn_protocols = vec![protocol.to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// The handshake of one connection to `host`.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> Result<Stream, TlsError> {
        self.connect_within(host, stream, HANDSHAKE_MAX).await
    }

    async fn connect_within(
        &self,
        host: &str,
        stream: TcpStream,
        time_max: Duration,
    ) -> Result<Stream, TlsError> {
        // An IPv6 address stands in brackets in a URL and without them in a certificate.
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| TlsError::Name(host.to_owned()))?;
        let handshake = TlsConnector::from(Arc::clone(&self.0)).connect(name, stream);
        let stream = tokio::time::timeout(time_max, handshake).await;
        let stream = stream.map_err(|_| TlsError::Handshake(std::io::ErrorKind::TimedOut.into()))?;
        Ok(Stream::Tls(Box::new(stream.map_err(TlsError::Handshake)?.into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt as _;

    #[tokio::test]
    async fn a_server_that_stalls_the_handshake_is_left() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut stalls, _) = listener.accept().await.unwrap();
        let client = ClientTls::new(None, None, b"http/1.1").unwrap();
        let connect = client.connect_within("localhost", stream, Duration::from_millis(1));
        let left =
            tokio::time::timeout(Duration::from_secs(60), connect).await.expect("nobody waits for ever");
        let left = left.unwrap_err();
        let TlsError::Handshake(error) = left else { panic!("{left:?}") };
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
        // And the connection is given up with it.
        stalls.read_to_end(&mut Vec::new()).await.unwrap();
    }
}
