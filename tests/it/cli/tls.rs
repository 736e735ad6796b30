//! TLS as an operator sets it up and callers meet it: certificates in PEM files, a real server, the real command line.

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyIdMethod, PublicKeyData, SanType,
    SignatureAlgorithm,
};

use skillpass::net::{HttpAnswer, HttpClient, HttpError, HttpRequest};

use super::{Desk, Server, eventually};

/// A P-256 key, as rcgen and as a PEM file.
struct Key {
    secret: [u8; 32],
    signing: SigningKey,
    public: Vec<u8>,
}

impl Key {
    fn new(seed: u8) -> Self {
        let signing = SigningKey::from_slice(&[seed; 32]).unwrap();
        let public = signing.verifying_key().to_sec1_point(false).as_bytes().to_vec();
        Self { secret: [seed; 32], signing, public }
    }

    /// RFC 5915 in PEM.
    fn pem(&self) -> String {
        let head = [0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20];
        let curve = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let public = [0xa1, 0x44, 0x03, 0x42, 0x00];
        let der = [&head[..], &self.secret, &curve, &public, &self.public].concat();
        let text = skillpass::crypto::base64_encode(der);
        format!("-----BEGIN EC PRIVATE KEY-----\n{text}\n-----END EC PRIVATE KEY-----\n")
    }
}

impl PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        let signature: DerSignature = self.signing.sign(message);
        Ok(signature.as_bytes().to_vec())
    }
}

fn params(name: &str, serial: u64) -> CertificateParams {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.serial_number = Some(serial.into());
    params.key_identifier_method = KeyIdMethod::PreSpecified(vec![u8::try_from(serial).unwrap(); 20]);
    params
}

/// An authority that issues certificates into files of the desk.
pub(crate) struct Authority(Issuer<'static, Key>);

impl Authority {
    /// Its certificate is `NAME.crt`.
    pub(crate) fn new(desk: &Desk, name: &str, seed: u8) -> Self {
        let mut params = params(name, seed.into());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = Key::new(seed);
        let certificate = params.self_signed(&key).unwrap();
        desk.write(&format!("{name}.crt"), certificate.pem());
        Self(Issuer::new(params, key))
    }

    /// `NAME.crt` and `NAME.key`, for 127.0.0.1.
    pub(crate) fn issue(&self, desk: &Desk, name: &str, seed: u8) {
        let mut params = params(name, seed.into());
        params.subject_alt_names.push(SanType::IpAddress("127.0.0.1".parse().unwrap()));
        let key = Key::new(seed);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        desk.write(&format!("{name}.crt"), certificate.pem());
        desk.write(&format!("{name}.key"), key.pem());
    }
}

/// `/healthz` over https.
fn page(desk: &Desk, server: &Server, ca: &str) -> Result<HttpAnswer, HttpError> {
    let client = HttpClient::new(Some(&desk.path(ca))).unwrap();
    let url = format!("https://{}/healthz", server.pages);
    let time_max = std::time::Duration::from_secs(30);
    let request = HttpRequest { url: &url, body: None, bytes_max: 1024, time_max };
    tokio::runtime::Runtime::new().unwrap().block_on(client.ask(request))
}

fn configure(desk: &Desk, more: &str) {
    let tls = format!("data = \"ledger\"\n[tls]\ncertificate = \"server.crt\"\nkey = \"server.key\"\n{more}");
    desk.write("skillpass.toml", tls);
}

fn https(server: &Server) -> String {
    server.url.replace("http://", "https://")
}

#[test]
fn a_ledger_behind_tls_serves_those_who_believe_its_certificate_and_nobody_in_the_open() {
    let desk = Desk::new();
    desk.found();
    Authority::new(&desk, "ca", 1).issue(&desk, "server", 2);
    Authority::new(&desk, "stranger", 3);
    configure(&desk, "");
    let server = Server::start_with(&desk, &["--config", "skillpass.toml"]);
    let url = https(&server);
    desk.line(&format!("log checkpoint --ledger {url} --ca ca.crt")).ends(0);
    let stranger = desk.line(&format!("log checkpoint --ledger {url} --ca stranger.crt --json")).ends(4);
    assert_eq!(stranger.reason(), "LEDGER_UNREACHABLE");
    assert!(stranger.stderr.contains("TLS handshake failed"), "{}", stranger.stderr);
    desk.line(&format!("log checkpoint --ledger {} --json", server.url)).ends(4);
    assert_eq!(page(&desk, &server, "ca.crt").unwrap().status, 200);
    assert!(matches!(page(&desk, &server, "stranger.crt"), Err(HttpError::Tls(_))));
    assert_eq!(server.stop(), 0);
}

#[test]
fn with_a_client_authority_grpc_takes_only_its_clients() {
    let desk = Desk::new();
    desk.found();
    let ca = Authority::new(&desk, "ca", 1);
    ca.issue(&desk, "server", 2);
    let clients = Authority::new(&desk, "clients", 4);
    clients.issue(&desk, "office", 5);
    ca.issue(&desk, "other", 6);
    configure(&desk, "client_ca = \"clients.crt\"\n");
    let server = Server::start_with(&desk, &["--config", "skillpass.toml"]);
    let line = format!("log checkpoint --ledger {} --ca ca.crt", https(&server));
    desk.line(&format!("{line} --client-cert office.crt --client-key office.key")).ends(0);
    desk.line(&format!("{line} --client-cert other.crt --client-key other.key")).ends(4);
    desk.line(&line).ends(4);
    assert_eq!(server.stop(), 0);
}

#[test]
fn a_renewed_certificate_is_taken_up_without_a_restart_and_a_broken_one_changes_nothing() {
    let desk = Desk::new();
    desk.found();
    Authority::new(&desk, "ca", 1).issue(&desk, "server", 2);
    configure(&desk, "");
    let server = Server::start_with(&desk, &["--config", "skillpass.toml"]);
    let line = format!("log checkpoint --ledger {}", https(&server));
    desk.line(&format!("{line} --ca ca.crt")).ends(0);

    let certificate = desk.read("server.crt");
    desk.write("server.crt", "no certificate");
    server.hang_up();
    desk.line(&format!("{line} --ca ca.crt")).ends(0);

    desk.write("server.crt", certificate);
    Authority::new(&desk, "next", 7).issue(&desk, "server", 8);
    server.hang_up();
    eventually("the renewed certificate is shown", || desk.line(&format!("{line} --ca next.crt")).code == 0);
    desk.line(&format!("{line} --ca ca.crt")).ends(4);
    assert_eq!(server.stop(), 0);
}

#[test]
fn certificates_that_cannot_be_used_are_bad_configuration() {
    let desk = Desk::new();
    desk.found();
    Authority::new(&desk, "ca", 1).issue(&desk, "server", 2);
    desk.write("server.key", Key::new(9).pem());
    configure(&desk, "");
    let serve = "serve --config skillpass.toml --grpc 127.0.0.1:0 --http 127.0.0.1:0 --json";
    assert_eq!(desk.line(serve).ends(2).reason(), "TLS_INVALID");
    desk.write("server.key", "nothing");
    assert_eq!(desk.line(serve).ends(2).reason(), "TLS_INVALID");
}
