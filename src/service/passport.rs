//! `PassportService`: read, export, verify, follow, erase; who may look, who looked, who is kept out.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::access;
use super::convert::{self, RequestError};
use super::follow::Followed;
use super::shared::Shared;
use super::status::CallError;
use super::{disputes, erase, export, grants, protect, seen, shares, verify, watch};
use crate::ledger::Ledger;
use crate::passport::{Passport, View};
use crate::pb;

/// The service.
pub(super) struct PassportEdge(pub(super) Arc<Shared>);

#[tonic::async_trait]
impl pb::passport_service_server::PassportService for PassportEdge {
    async fn get_passport(
        &self,
        request: Request<pb::GetPassportRequest>,
    ) -> Result<Response<pb::GetPassportResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.PassportService/GetPassport")?;
        Ok(Response::new(self.get(caller, request.into_inner()).await?))
    }

    async fn export_passport(
        &self,
        request: Request<pb::ExportPassportRequest>,
    ) -> Result<Response<pb::ExportPassportResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.PassportService/ExportPassport")?;
        Ok(Response::new(export::export_passport(&self.0, caller, request.into_inner()).await?))
    }

    async fn verify_passport(
        &self,
        request: Request<pb::VerifyPassportRequest>,
    ) -> Result<Response<pb::VerifyPassportResponse>, Status> {
        Ok(Response::new(verify::verify_passport(&self.0, request.into_inner()).await?))
    }

    type WatchPassportStream = Followed<pb::WatchPassportResponse>;

    async fn watch_passport(
        &self,
        request: Request<pb::WatchPassportRequest>,
    ) -> Result<Response<Self::WatchPassportStream>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.PassportService/WatchPassport")?;
        let pb::WatchPassportRequest { worker, from_revision } = request.into_inner();
        Ok(Response::new(watch::start(&self.0, caller, &worker, from_revision).await?))
    }

    async fn erase_passport(
        &self,
        request: Request<pb::ErasePassportRequest>,
    ) -> Result<Response<pb::ErasePassportResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.PassportService/ErasePassport")?;
        Ok(Response::new(erase::erase(&self.0, &caller, request.into_inner()).await?))
    }

    async fn deposit_grant(
        &self,
        request: Request<pb::DepositGrantRequest>,
    ) -> Result<Response<pb::DepositGrantResponse>, Status> {
        self.0.admit_peer(&request)?;
        Ok(Response::new(grants::deposit(&self.0, request.into_inner()).await?))
    }

    async fn list_grants(
        &self,
        request: Request<pb::ListGrantsRequest>,
    ) -> Result<Response<pb::ListGrantsResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.PassportService/ListGrants")?;
        Ok(Response::new(grants::list(&self.0, caller, request.into_inner()).await?))
    }

    async fn revoke_grant(
        &self,
        request: Request<pb::RevokeGrantRequest>,
    ) -> Result<Response<pb::RevokeGrantResponse>, Status> {
        let caller = self.0.changer(&request, "/skillpass.v1.PassportService/RevokeGrant")?;
        Ok(Response::new(grants::revoke(&self.0, caller, request.into_inner()).await?))
    }

    async fn open_assistance(
        &self,
        request: Request<pb::OpenAssistanceRequest>,
    ) -> Result<Response<pb::OpenAssistanceResponse>, Status> {
        self.0.admit_peer(&request)?;
        Ok(Response::new(grants::open_assistance(&self.0, request.into_inner()).await?))
    }

    async fn list_access(
        &self,
        request: Request<pb::ListAccessRequest>,
    ) -> Result<Response<pb::ListAccessResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.PassportService/ListAccess")?;
        Ok(Response::new(seen::list(&self.0, caller, request.into_inner()).await?))
    }

    async fn get_protection(
        &self,
        request: Request<pb::GetProtectionRequest>,
    ) -> Result<Response<pb::GetProtectionResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.PassportService/GetProtection")?;
        Ok(Response::new(protect::get(&self.0, caller, request.into_inner()).await?))
    }

    async fn change_protection(
        &self,
        request: Request<pb::ChangeProtectionRequest>,
    ) -> Result<Response<pb::ChangeProtectionResponse>, Status> {
        let caller = self.0.changer(&request, "/skillpass.v1.PassportService/ChangeProtection")?;
        Ok(Response::new(protect::change(&self.0, caller, request.into_inner()).await?))
    }

    async fn list_disputes(
        &self,
        request: Request<pb::ListDisputesRequest>,
    ) -> Result<Response<pb::ListDisputesResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.PassportService/ListDisputes")?;
        Ok(Response::new(disputes::list(&self.0, caller, request.into_inner()).await?))
    }

    async fn create_share(
        &self,
        request: Request<pb::CreateShareRequest>,
    ) -> Result<Response<pb::CreateShareResponse>, Status> {
        let caller = self.0.changer(&request, "/skillpass.v1.PassportService/CreateShare")?;
        Ok(Response::new(shares::create(&self.0, caller, request.into_inner()).await?))
    }

    async fn list_shares(
        &self,
        request: Request<pb::ListSharesRequest>,
    ) -> Result<Response<pb::ListSharesResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.PassportService/ListShares")?;
        Ok(Response::new(shares::list(&self.0, caller, request.into_inner()).await?))
    }

    async fn revoke_share(
        &self,
        request: Request<pb::RevokeShareRequest>,
    ) -> Result<Response<pb::RevokeShareResponse>, Status> {
        let caller = self.0.changer(&request, "/skillpass.v1.PassportService/RevokeShare")?;
        Ok(Response::new(shares::revoke(&self.0, caller, request.into_inner()).await?))
    }

    async fn open_share(
        &self,
        request: Request<pb::OpenShareRequest>,
    ) -> Result<Response<pb::OpenShareResponse>, Status> {
        self.0.admit_peer(&request)?;
        Ok(Response::new(shares::open(&self.0, request.into_inner()).await?))
    }
}

impl PassportEdge {
    async fn get(
        &self,
        caller: access::Caller,
        request: pb::GetPassportRequest,
    ) -> Result<pb::GetPassportResponse, CallError> {
        let pb::GetPassportRequest { worker, view, known_at, valid_at } = request;
        let view = view_of(view)?;
        let now = self.0.ledger.known_now();
        let known_at = known_at.unwrap_or(now);
        let valid_at =
            convert::date("valid_at", valid_at.as_deref())?.unwrap_or_else(|| convert::day_of(now));
        let project = move |ledger: &Ledger, caller: access::Caller, readable: access::Readable| {
            let trust = ledger.trust();
            let (view, known_at) = (view.narrower(readable.scope.view), readable.scope.known_until(known_at));
            let joined = readable.joined(ledger, &caller, Some(known_at), "GetPassport")?;
            let project = |readable: access::Readable| {
                let (worker, scope) = (readable.worker, readable.scope.clone());
                let mut passport = Passport::project(worker, &readable.uncut(), &trust, known_at, valid_at);
                scope.cut(&mut passport);
                passport
            };
            let mut passport = project(readable);
            for other in joined {
                passport.join(project(other));
            }
            Ok(passport.to_text(view))
        };
        let passport_json = access::read_worker_and(&self.0, caller, &worker, "GetPassport", project).await?;
        Ok(pb::GetPassportResponse { passport_json })
    }
}

/// Whose eyes.
pub(super) fn view_of(view: i32) -> Result<View, RequestError> {
    match pb::View::try_from(view) {
        // Whoever does not ask sees the least.
        Ok(pb::View::Unspecified | pb::View::Employer) => Ok(View::Employer),
        Ok(pb::View::Home) => Ok(View::Home),
        Ok(pb::View::Holder) => Ok(View::Holder),
        Err(_) => Err(RequestError::UnknownValue("view")),
    }
}
