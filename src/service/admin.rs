//! `AdminService`: the operators' calls.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tonic::{Request, Response, Status};

use super::access::Caller;
use super::convert::{self, RequestError};
use super::flows;
use super::shared::Shared;
use super::status::CallError;
use crate::crypto::PublicKey;
use crate::event::Kind;
use crate::ledger::{
    Ledger, LedgerKeyEnd, LedgerKeyUse, OPERATOR_NAME_BYTES_MAX, Operator, Resolution, Review,
    ReviewedPassport, Role,
};
use crate::pb;
use crate::projection::{self, PortfolioUse};
use crate::tlog::VerifierKey;
use crate::trust::KeyOfLedger;

/// The longest claims of a ledger statement.
const CLAIMS_BYTES_MAX: usize = 16 * 1024;
/// How long a change of keys waits for its checkpoint.
const CHECKPOINT_WAIT: Duration = Duration::from_secs(10);
/// The longest thumbprint looked at.
const KID_BYTES_MAX: usize = 64;

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

    async fn list_ledger_keys(
        &self,
        request: Request<pb::ListLedgerKeysRequest>,
    ) -> Result<Response<pb::ListLedgerKeysResponse>, Status> {
        status_reader(&request, "/skillpass.v1.AdminService/ListLedgerKeys", &self.0)?;
        let ledger = &self.0.ledger;
        let keys = ledger.own_keys().iter().map(|key| own_key(ledger.origin(), key)).collect();
        Ok(Response::new(pb::ListLedgerKeysResponse { keys }))
    }

    async fn add_ledger_key(
        &self,
        request: Request<pb::AddLedgerKeyRequest>,
    ) -> Result<Response<pb::AddLedgerKeyResponse>, Status> {
        root(&request, "/skillpass.v1.AdminService/AddLedgerKey", &self.0)?;
        let use_ = LedgerKeyUse::from_name(&request.into_inner().r#use);
        let use_ = use_.ok_or_else(|| CallError::from(RequestError::UnknownValue("use")))?;
        let ledger = &self.0.ledger;
        let (key, acknowledged) = ledger.add_own_key(use_).await.map_err(CallError::from)?;
        published(&self.0, acknowledged.leaf).await;
        let kid = key.thumbprint();
        let key =
            ledger.own_keys().iter().find(|known| known.kid == kid).map(|key| own_key(ledger.origin(), key));
        let acknowledgement = Some(convert::acknowledgement(&acknowledged));
        Ok(Response::new(pb::AddLedgerKeyResponse { key, acknowledgement }))
    }

    async fn end_ledger_key(
        &self,
        request: Request<pb::EndLedgerKeyRequest>,
    ) -> Result<Response<pb::EndLedgerKeyResponse>, Status> {
        root(&request, "/skillpass.v1.AdminService/EndLedgerKey", &self.0)?;
        let pb::EndLedgerKeyRequest { kid, reason, compromised_since } = request.into_inner();
        convert::bounded("kid", &kid, KID_BYTES_MAX).map_err(CallError::from)?;
        let end = match (reason.as_str(), compromised_since) {
            ("RETIRED", None) => LedgerKeyEnd::Retired,
            ("LOST", None) => LedgerKeyEnd::Lost,
            ("COMPROMISED", Some(since)) => LedgerKeyEnd::Compromised(since),
            ("RETIRED" | "LOST" | "COMPROMISED", _) => {
                return Err(CallError::from(RequestError::CompromiseForm).into());
            }
            _ => return Err(CallError::from(RequestError::UnknownValue("reason")).into()),
        };
        let acknowledged = self.0.ledger.end_own_key(&kid, end).await.map_err(CallError::from)?;
        published(&self.0, acknowledged.leaf).await;
        let acknowledgement = Some(convert::acknowledgement(&acknowledged));
        Ok(Response::new(pb::EndLedgerKeyResponse { acknowledgement }))
    }

    async fn rotate_keyring(
        &self,
        request: Request<pb::RotateKeyringRequest>,
    ) -> Result<Response<pb::RotateKeyringResponse>, Status> {
        admin(&request, "/skillpass.v1.AdminService/RotateKeyring", &self.0)?;
        let escrowed = request.into_inner().escrowed.try_into();
        let escrowed = escrowed.map_err(|_| CallError::from(RequestError::UnknownValue("escrowed")))?;
        let rotated = self.0.heavy(move |ledger| ledger.rotate_keyring(&escrowed)).await?;
        let generation = rotated.map_err(CallError::from)?;
        tracing::info!(generation, "the keyring was rotated");
        Ok(Response::new(pb::RotateKeyringResponse { generation }))
    }

    async fn list_reviews(
        &self,
        request: Request<pb::ListReviewsRequest>,
    ) -> Result<Response<pb::ListReviewsResponse>, Status> {
        admin(&request, "/skillpass.v1.AdminService/ListReviews", &self.0)?;
        let pb::ListReviewsRequest { ended_too, after } = request.into_inner();
        let reviews = self.0.heavy(move |ledger| ledger.reviews(after, ended_too)).await?;
        let reviews = reviews.map_err(CallError::from)?.into_iter().map(review).collect();
        Ok(Response::new(pb::ListReviewsResponse { reviews }))
    }

    async fn list_shared_portfolios(
        &self,
        request: Request<pb::ListSharedPortfoliosRequest>,
    ) -> Result<Response<pb::ListSharedPortfoliosResponse>, Status> {
        admin(&request, "/skillpass.v1.AdminService/ListSharedPortfolios", &self.0)?;
        let work = |ledger: &Ledger, goes_on: &dyn Fn() -> bool| {
            let Some(shared) = projection::shared_portfolios(ledger, goes_on)? else { return Ok(None) };
            // As with flows: a look at everybody leaves a trace, and names nobody.
            tracing::info!(
                portfolios = shared.len(),
                "the operator looked for portfolios of several persons"
            );
            let portfolio = |(portfolio_hash, uses): (String, Vec<PortfolioUse>)| {
                let passport = |one: PortfolioUse| pb::ReviewedPassport {
                    worker: one.worker.to_string(),
                    issuer: one.issuer,
                    recorded_at: one.recorded_at,
                };
                pb::SharedPortfolio { portfolio_hash, passports: uses.into_iter().map(passport).collect() }
            };
            let portfolios = shared.into_iter().map(portfolio).collect();
            Ok(Some(pb::ListSharedPortfoliosResponse { portfolios }))
        };
        Ok(Response::new(self.0.report("portfolios", String::new(), work).await?))
    }

    async fn resolve_review(
        &self,
        request: Request<pb::ResolveReviewRequest>,
    ) -> Result<Response<pb::ResolveReviewResponse>, Status> {
        admin(&request, "/skillpass.v1.AdminService/ResolveReview", &self.0)?;
        let pb::ResolveReviewRequest { id, resolution } = request.into_inner();
        let resolution = Resolution::from_name(&resolution)
            .ok_or(CallError::from(RequestError::UnknownValue("resolution")))?;
        let resolved = self.0.heavy(move |ledger| ledger.resolve_review(id, resolution)).await?;
        resolved.map_err(CallError::from)?;
        Ok(Response::new(pb::ResolveReviewResponse {}))
    }
}

/// Waits until a checkpoint under the changed keys is out, so that whoever looks next sees it; not for ever.
async fn published(shared: &Shared, leaf: u64) {
    let mut watched = shared.ledger.published();
    let covering = watched.wait_for(|published| published.checkpoint.size > leaf);
    // Recorded it is in any case; a ledger that publishes nothing has stopped, and says so elsewhere.
    let _ = tokio::time::timeout(CHECKPOINT_WAIT, covering).await;
}

fn own_key(origin: &str, key: &KeyOfLedger) -> pb::LedgerKey {
    let vkey = (key.use_ == LedgerKeyUse::Log.as_str()).then(|| VerifierKey::log(origin, &key.key).ok());
    pb::LedgerKey {
        r#use: key.use_.to_owned(),
        kid: key.kid.clone(),
        jwk: key.key.to_jwk().to_string(),
        vkey: vkey.flatten().map(|vkey| vkey.to_string()),
        added: key.added,
        ended: key.ended,
    }
}

fn review(from: Review) -> pb::Review {
    let Review { id, opened, earlier, resolution } = from;
    pb::Review {
        id,
        opened: Some(reviewed(opened)),
        earlier: earlier.into_iter().map(reviewed).collect(),
        resolution: resolution.map(|resolution| resolution.as_str().to_owned()),
    }
}

fn reviewed(from: ReviewedPassport) -> pb::ReviewedPassport {
    let ReviewedPassport { worker, issuer, recorded_at } = from;
    pb::ReviewedPassport { worker: worker.to_string(), issuer, recorded_at }
}

async fn append_own(
    shared: &Shared,
    request: pb::AppendLedgerStatementRequest,
) -> Result<crate::ledger::Acknowledgement, CallError> {
    let pb::AppendLedgerStatementRequest { kind, claims_json } = request;
    // The genesis is written once by `init`, Erased entries by erasures alone; keys have calls of their own, which make and
    // destroy the private halves.
    let kind = Kind::from_name(&kind)
        .filter(|kind| matches!(kind, Kind::AuthorityEstablished | Kind::WitnessNamed))
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

/// For what a desk of the operator's with the role `admin` may, or an authority that the root named so.
fn admin<T>(request: &Request<T>, method: &str, shared: &Shared) -> Result<(), CallError> {
    Ok(caller(request, method, shared)?.operator(Role::Admin)?)
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
