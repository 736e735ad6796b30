//! `AdminService`: the operators' calls.

use std::sync::Arc;

use serde_json::Value;
use tonic::{Request, Response, Status};

use super::access::Caller;
use super::convert::{self, RequestError};
use super::flows;
use super::shared::Shared;
use super::status::CallError;
use crate::crypto::PublicKey;
use crate::event::{Class, Kind};
use crate::ledger::{OPERATOR_NAME_BYTES_MAX, Operator, Role};
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
        status_reader(&request, "/skillpass.v1.AdminService/GetStatus", &self.0)?;
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
        caller(&request, "/skillpass.v1.AdminService/AppendLedgerStatement", &self.0)?
            .operator(Role::Admin)
            .map_err(CallError::from)?;
        let acknowledged = append_own(&self.0, request.into_inner()).await?;
        let acknowledgement = Some(convert::acknowledgement(&acknowledged));
        Ok(Response::new(pb::AppendLedgerStatementResponse { acknowledgement }))
    }

    async fn list_operators(
        &self,
        request: Request<pb::ListOperatorsRequest>,
    ) -> Result<Response<pb::ListOperatorsResponse>, Status> {
        status_reader(&request, "/skillpass.v1.AdminService/ListOperators", &self.0)?;
        let operators = self.0.ledger.operators().into_iter().map(told).collect();
        Ok(Response::new(pb::ListOperatorsResponse { operators }))
    }

    async fn add_operator(
        &self,
        request: Request<pb::AddOperatorRequest>,
    ) -> Result<Response<pb::AddOperatorResponse>, Status> {
        root(&request, "/skillpass.v1.AdminService/AddOperator", &self.0)?;
        let operator = operator(request.into_inner())?;
        let name = operator.name.clone();
        self.0.heavy(move |ledger| ledger.add_operator(operator)).await?.map_err(CallError::from)?;
        tracing::info!(name, "an operator was named");
        Ok(Response::new(pb::AddOperatorResponse {}))
    }

    async fn remove_operator(
        &self,
        request: Request<pb::RemoveOperatorRequest>,
    ) -> Result<Response<pb::RemoveOperatorResponse>, Status> {
        root(&request, "/skillpass.v1.AdminService/RemoveOperator", &self.0)?;
        let pb::RemoveOperatorRequest { name } = request.into_inner();
        convert::bounded("name", &name, OPERATOR_NAME_BYTES_MAX).map_err(CallError::from)?;
        let removed = name.clone();
        self.0.heavy(move |ledger| ledger.remove_operator(&removed)).await?.map_err(CallError::from)?;
        tracing::info!(name, "an operator was removed");
        Ok(Response::new(pb::RemoveOperatorResponse {}))
    }

    async fn report_flows(
        &self,
        request: Request<pb::ReportFlowsRequest>,
    ) -> Result<Response<pb::ReportFlowsResponse>, Status> {
        caller(&request, "/skillpass.v1.AdminService/ReportFlows", &self.0)?
            .operator(Role::Auditor)
            .map_err(CallError::from)?;
        Ok(Response::new(flows::report(&self.0, request.into_inner()).await?))
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

fn caller<T>(request: &Request<T>, method: &str, shared: &Shared) -> Result<Caller, CallError> {
    Ok(Caller::of(request.metadata(), method, &shared.ledger)?)
}

/// What tells nothing of a person: for whoever administers, and for whoever audits.
fn status_reader<T>(request: &Request<T>, method: &str, shared: &Shared) -> Result<(), CallError> {
    let caller = caller(request, method, shared)?;
    Ok(caller.operator(Role::Auditor).or_else(|_| caller.operator(Role::Admin))?)
}

fn root<T>(request: &Request<T>, method: &str, shared: &Shared) -> Result<(), CallError> {
    Ok(caller(request, method, shared)?.root(&shared.ledger)?)
}

fn operator(request: pb::AddOperatorRequest) -> Result<Operator, CallError> {
    let pb::AddOperatorRequest { operator } = request;
    let pb::Operator { name, jwk, roles } = operator.ok_or(RequestError::Missing("operator"))?;
    convert::bounded("jwk", &jwk, CLAIMS_BYTES_MAX)?;
    let jwk = Value::Object(convert::object("jwk", &jwk)?);
    let key = PublicKey::from_jwk(&jwk).map_err(|_| RequestError::OperatorKey)?;
    let roles = roles.iter().map(|role| Role::from_name(role)).collect::<Option<_>>();
    Ok(Operator { name, key, roles: roles.ok_or(RequestError::UnknownValue("roles"))? })
}

fn told(operator: Operator) -> pb::Operator {
    let Operator { name, key, roles } = operator;
    let roles = roles.into_iter().map(|role| role.name().to_owned()).collect();
    pb::Operator { name, jwk: key.to_jwk().to_string(), roles }
}
