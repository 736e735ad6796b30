//! One request, one bounded answer, over HTTP/1.1: what witnesses and trust lists need. No redirects, no cookies, no pool.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::{Method, Request, Uri, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{ClientTls, Stream, TlsError};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// No http or https URL with a host.
    #[error("`{0}` is no http or https address")]
    Address(String),
    /// Nobody there, or no TLS with them.
    #[error("cannot connect: {0}")]
    Connect(std::io::Error),
    /// TLS failed.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Not HTTP, or broken off.
    #[error("the answer is no HTTP or broke off")]
    Broken,
    /// More than was asked for.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// Too slow.
    #[error("no answer within {} seconds", .0.as_secs())]
    TooSlow(Duration),
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct HttpRequest<'a> {
    /// The whole address.
    pub url: &'a str,
    /// `None`: GET; else POST with this body.
    pub body: Option<Vec<u8>>,
    /// The longest answer read.
    pub bytes_max: usize,
    /// For all of it, connecting included.
    pub time_max: Duration,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// `Content-Type`, if it is there and readable.
    pub content_type: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Makes requests. Cheap to clone.
#[derive(Debug, Clone)]
pub struct HttpClient {
    tls: ClientTls,
}

impl HttpClient {
    /// Believes the authorities in the PEM file `ca`, else those this machine trusts.
    pub fn new(ca: Option<&std::path::Path>) -> Result<Self, TlsError> {
        Ok(Self { tls: ClientTls::new(ca, None, b"http/1.1")? })
    }

    /// Asks once.
    pub async fn ask(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, HttpError> {
        let time_max = request.time_max;
        let answered = tokio::time::timeout(time_max, self.ask_patiently(request)).await;
        answered.unwrap_or(Err(HttpError::TooSlow(time_max)))
    }

    async fn ask_patiently(&self, request: HttpRequest<'_>) -> Result<HttpAnswer, HttpError> {
        let wrong = || HttpError::Address(request.url.chars().take(200).collect());
        let uri: Uri = request.url.parse().map_err(|_| wrong())?;
        let host = uri.host().ok_or_else(wrong)?;
        let is_tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((bare, port)).await.map_err(HttpError::Connect)?;
        let stream = if is_tls { self.tls.connect(host, stream).await? } else { Stream::Plain(stream) };
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|_| HttpError::Broken)?;
        let connection = tokio::spawn(connection);
        let authority = uri.authority().map(ToString::to_string).unwrap_or_default();
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let method = if request.body.is_some() { Method::POST } else { Method::GET };
        let body = Full::new(Bytes::from(request.body.unwrap_or_default()));
        let asked = Request::builder().method(method).uri(path).header(header::HOST, authority).body(body);
        let answer = sender.send_request(asked.map_err(|_| HttpError::Broken)?).await;
        let answer = answer.map_err(|_| HttpError::Broken)?;
        let status = answer.status().as_u16();
        let content_type = answer.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let bytes_max = request.bytes_max;
        let body = Limited::new(answer.into_body(), bytes_max).collect().await;
        let body = body.map_err(|error| match error.downcast::<http_body_util::LengthLimitError>() {
            Ok(_) => HttpError::TooLong(bytes_max),
            Err(_) => HttpError::Broken,
        })?;
        connection.abort();
        Ok(HttpAnswer { status, content_type, body: body.to_bytes().to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// Answers one connection with `answer`, whatever is asked.
    async fn serving(answer: &'static [u8]) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/list", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 1024];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        });
        url
    }

    async fn ask(url: &str) -> Result<HttpAnswer, HttpError> {
        let client = HttpClient::new(None).unwrap();
        client.ask(HttpRequest { url, body: None, bytes_max: 4, time_max: Duration::from_secs(20) }).await
    }

    #[tokio::test]
    async fn an_answer_is_read_up_to_its_limit() {
        let url =
            serving(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nlist").await;
        let answer = ask(&url).await.unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"list"[..]));
        assert_eq!(answer.content_type.as_deref(), Some("text/plain"));
        let url = serving(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nlists").await;
        assert!(matches!(ask(&url).await, Err(HttpError::TooLong(4))));
    }

    #[tokio::test]
    async fn what_is_no_http_is_named_so() {
        assert!(matches!(ask(&serving(b"hello\r\n\r\n").await).await, Err(HttpError::Broken)));
        assert!(matches!(ask("ftp://example.invalid/").await, Err(HttpError::Address(_))));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        assert!(matches!(ask(&nobody).await, Err(HttpError::Connect(_))));
    }

    #[tokio::test]
    async fn a_peer_that_never_answers_is_left() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let client = HttpClient::new(None).unwrap();
        let request =
            HttpRequest { url: &url, body: None, bytes_max: 4, time_max: Duration::from_millis(50) };
        assert!(matches!(client.ask(request).await, Err(HttpError::TooSlow(_))));
    }
}
