//! `PassportService`: read, export, verify, follow, erase.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::access::Caller;
use super::follow::Followed;
use super::shared::Shared;
use super::status::CallError;
use super::{erase, watch};
use crate::pb;

/// The service.
pub(super) struct PassportEdge(pub(super) Arc<Shared>);

#[tonic::async_trait]
impl pb::passport_service_server::PassportService for PassportEdge {
    async fn get_passport(
        &self,
        request: Request<pb::GetPassportRequest>,
    ) -> Result<Response<pb::GetPassportResponse>, Status> {
        let _ = request;
        Err(CallError::NotAvailable.into())
    }

    async fn export_passport(
        &self,
        request: Request<pb::ExportPassportRequest>,
    ) -> Result<Response<pb::ExportPassportResponse>, Status> {
        let _ = request;
        Err(CallError::NotAvailable.into())
    }

    async fn verify_passport(
        &self,
        request: Request<pb::VerifyPassportRequest>,
    ) -> Result<Response<pb::VerifyPassportResponse>, Status> {
        let _ = request;
        Err(CallError::NotAvailable.into())
    }

    type WatchPassportStream = Followed<pb::WatchPassportResponse>;

    async fn watch_passport(
        &self,
        request: Request<pb::WatchPassportRequest>,
    ) -> Result<Response<Self::WatchPassportStream>, Status> {
        let caller = self.caller(&request, "/skillpass.v1.PassportService/WatchPassport")?;
        let pb::WatchPassportRequest { worker, from_revision } = request.into_inner();
        Ok(Response::new(watch::start(&self.0, caller, &worker, from_revision).await?))
    }

    async fn erase_passport(
        &self,
        request: Request<pb::ErasePassportRequest>,
    ) -> Result<Response<pb::ErasePassportResponse>, Status> {
        let caller = self.caller(&request, "/skillpass.v1.PassportService/ErasePassport")?;
        Ok(Response::new(erase::erase(&self.0, &caller, request.into_inner()).await?))
    }
}

impl PassportEdge {
    fn caller<T>(&self, request: &Request<T>, method: &str) -> Result<Caller, CallError> {
        Ok(Caller::of(request.metadata(), method, &self.0.ledger)?)
    }
}
