//! What a refusal becomes, and how much of an answer is read.

use super::*;
use crate::pb::registry_service_server::{RegistryService, RegistryServiceServer};

#[test]
fn a_ledger_that_is_down_is_exit_4_and_a_refusal_exit_1() {
    let down = from_status(&Status::unavailable("tcp connect error"), "http://x");
    assert_eq!((down.exit, &*down.reason), (Exit::Failed, "LEDGER_UNREACHABLE"));
    let mut details = tonic_types::ErrorDetails::new();
    details.set_error_info("UNKNOWN_WORKER", "skillpass", [("help".to_owned(), "open it".to_owned())]);
    let refused = Status::with_error_details(Code::NotFound, "no such worker", details);
    let refused = from_status(&refused, "http://x");
    assert_eq!(
        (refused.exit, &*refused.reason, &*refused.help),
        (Exit::Refused, "UNKNOWN_WORKER", "open it")
    );
}

/// A ledger that answers with as many bytes as it is asked for.
struct Talkative;

#[tonic::async_trait]
impl RegistryService for Talkative {
    async fn list_bodies(
        &self,
        request: Request<pb::ListBodiesRequest>,
    ) -> Result<Response<pb::ListBodiesResponse>, Status> {
        let bytes: usize = request.into_inner().kid.unwrap().parse().unwrap();
        // In front of the name stand two fields and their lengths, five bytes each.
        let body = pb::Body { name: "x".repeat(bytes - 10), ..pb::Body::default() };
        Ok(Response::new(pb::ListBodiesResponse { bodies: vec![body] }))
    }

    async fn get_body(
        &self,
        _: Request<pb::GetBodyRequest>,
    ) -> Result<Response<pb::GetBodyResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }

    async fn list_statements(
        &self,
        _: Request<pb::ListStatementsRequest>,
    ) -> Result<Response<pb::ListStatementsResponse>, Status> {
        Err(Status::unimplemented("not asked for"))
    }
}

#[tokio::test]
async fn an_answer_of_a_ledger_is_read_up_to_its_limit() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
    let server = tonic::transport::Server::builder().add_service(RegistryServiceServer::new(Talkative));
    let serving = tokio::spawn(server.serve_with_incoming(incoming));
    let client = Client::connect(&url).await.unwrap();
    let ask = async |bytes: usize| {
        let request = pb::ListBodiesRequest { kid: Some(bytes.to_string()) };
        client.registry().list_bodies(request).await.map_err(|status| client.error(&status))
    };
    assert!(ask(ANSWER_BYTES_MAX).await.is_ok());
    let error = ask(ANSWER_BYTES_MAX + 1).await.unwrap_err();
    assert_eq!(error.reason, "LEDGER_ANSWERED");
    assert!(
        error.message.contains("length too large") && error.message.contains("20971520"),
        "{}",
        error.message
    );
    serving.abort();
}
