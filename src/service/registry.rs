//! `RegistryService`: bodies, their authorisations and keys, and what they published. All of it is public.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::convert::{self, RequestError};
use super::shared::Shared;
use super::status::CallError;
use crate::event::StreamId;
use crate::pb;
use crate::projection::institutions;
use crate::statement::ISSUER_BYTES_MAX;

/// The service.
pub(super) struct RegistryEdge(pub(super) Arc<Shared>);

#[tonic::async_trait]
impl pb::registry_service_server::RegistryService for RegistryEdge {
    async fn list_bodies(
        &self,
        request: Request<pb::ListBodiesRequest>,
    ) -> Result<Response<pb::ListBodiesResponse>, Status> {
        let pb::ListBodiesRequest { kid } = request.into_inner();
        if let Some(kid) = &kid {
            convert::bounded("kid", kid, ISSUER_BYTES_MAX).map_err(CallError::from)?;
        }
        let trust = self.0.ledger.trust();
        let signs = |issuer: &str| {
            kid.as_ref().is_none_or(|kid| trust.valid_keys(issuer).iter().any(|(known, _)| known == kid))
        };
        let bodies = trust.bodies().into_iter().filter(|(issuer, _, _)| signs(issuer)).map(body).collect();
        Ok(Response::new(pb::ListBodiesResponse { bodies }))
    }

    async fn get_body(
        &self,
        request: Request<pb::GetBodyRequest>,
    ) -> Result<Response<pb::GetBodyResponse>, Status> {
        let pb::GetBodyRequest { issuer } = request.into_inner();
        convert::bounded("issuer", &issuer, ISSUER_BYTES_MAX).map_err(CallError::from)?;
        let known = self.0.ledger.trust().bodies().into_iter().find(|(known, _, _)| *known == issuer);
        let known = known.ok_or(CallError::NotFound("body"))?;
        let detail = self.0.heavy(move |ledger| institutions::body_detail(ledger, &issuer)).await?;
        let detail_json = detail.map_err(CallError::from)?.to_string();
        Ok(Response::new(pb::GetBodyResponse { body: Some(body(known)), detail_json }))
    }

    async fn list_statements(
        &self,
        request: Request<pb::ListStatementsRequest>,
    ) -> Result<Response<pb::ListStatementsResponse>, Status> {
        let stream = stream_id(request.into_inner()).map_err(CallError::from)?;
        let records = self.0.heavy(move |ledger| institutions::public_stream(ledger, stream)).await?;
        let statements = records.map_err(CallError::from)?.into_iter().map(statement).collect();
        Ok(Response::new(pb::ListStatementsResponse { statements }))
    }
}

fn body((issuer, name, issuer_kind): (String, String, String)) -> pb::Body {
    pb::Body { issuer, name, issuer_kind }
}

fn statement(record: institutions::PublicRecord) -> pb::PublicStatement {
    let institutions::PublicRecord { leaf, revision, recorded_at, statement } = record;
    pb::PublicStatement { leaf_index: leaf, revision, recorded_at, statement }
}

fn stream_id(request: pb::ListStatementsRequest) -> Result<StreamId, RequestError> {
    use pb::list_statements_request::Stream;
    let pb::ListStatementsRequest { stream } = request;
    match stream {
        Some(Stream::Institution(subject)) => {
            convert::bounded("institution", &subject, ISSUER_BYTES_MAX)?;
            Ok(StreamId::institution(&subject))
        }
        Some(Stream::Publication(subject)) => {
            convert::bounded("publication", &subject, ISSUER_BYTES_MAX)?;
            Ok(StreamId::publication(&subject))
        }
        Some(Stream::Ledger(true)) => Ok(StreamId::ledger()),
        Some(Stream::Ledger(false)) | None => Err(RequestError::Missing("stream")),
    }
}
