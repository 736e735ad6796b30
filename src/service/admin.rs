//! `AdminService`: the operator's calls.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::access::Caller;
use super::convert::{self, RequestError};
use super::shared::Shared;
use super::status::CallError;
use crate::event::{Class, Kind};
use crate::pb;

/// The longest claims of a ledger statement.
const CLAIMS_BYTES_MAX: usize = 16 * 1024;

/// The service.
pub(super) struct AdminEdge(pub(super) Arc<Shared>);

#[tonic::async_trait]
impl pb::admin_service_server::AdminService for AdminEdge {
    async fn get_status(
        &self,
        request: Request<pb::GetStatusRequest>,
    ) -> Result<Response<pb::GetStatusResponse>, Status> {
        let ledger = &self.0.ledger;
        operator(&request, "/skillpass.v1.AdminService/GetStatus", &self.0)?;
        let size = *ledger.size().borrow();
        let published_size = ledger.published().borrow().checkpoint.size;
        let keys = ledger.trust().status_keys();
        Ok(Response::new(pb::GetStatusResponse {
            origin: ledger.origin().to_owned(),
            size,
            published_size,
            vkeys: ledger.vkeys().iter().map(ToString::to_string).collect(),
            status_jwks: keys.iter().map(|(_, key)| key.to_jwk().to_string()).collect(),
        }))
    }

    async fn append_ledger_statement(
        &self,
        request: Request<pb::AppendLedgerStatementRequest>,
    ) -> Result<Response<pb::AppendLedgerStatementResponse>, Status> {
        operator(&request, "/skillpass.v1.AdminService/AppendLedgerStatement", &self.0)?;
        let acknowledged = append_own(&self.0, request.into_inner()).await?;
        let acknowledgement = Some(convert::acknowledgement(&acknowledged));
        Ok(Response::new(pb::AppendLedgerStatementResponse { acknowledgement }))
    }
}

async fn append_own(
    shared: &Shared,
    request: pb::AppendLedgerStatementRequest,
) -> Result<crate::ledger::Acknowledgement, CallError> {
    let pb::AppendLedgerStatementRequest { kind, claims_json } = request;
    // The genesis is written once by `init`, Erased entries by erasures alone.
    let kind = Kind::from_name(&kind)
        .filter(|kind| kind.class() == Class::Ledger && !matches!(kind, Kind::LedgerFounded | Kind::Erased))
        .ok_or(RequestError::NotALedgerKind)?;
    convert::bounded("claims_json", &claims_json, CLAIMS_BYTES_MAX)?;
    let claims = convert::object("claims_json", &claims_json)?;
    Ok(shared.ledger.append_own(kind, claims).await?)
}

fn operator<T>(request: &Request<T>, method: &str, shared: &Shared) -> Result<(), CallError> {
    Ok(Caller::of(request.metadata(), method, &shared.ledger)?.operator()?)
}
