//! `RecognitionService`: published relations between levels. Pure answers from reference data with sources.

use tonic::{Request, Response, Status};

use super::status::CallError;
use crate::pb;

/// The service.
pub(super) struct RecognitionEdge;

#[tonic::async_trait]
impl pb::recognition_service_server::RecognitionService for RecognitionEdge {
    async fn relate_level(
        &self,
        _request: Request<pb::RelateLevelRequest>,
    ) -> Result<Response<pb::RelateLevelResponse>, Status> {
        Err(CallError::NotFound("relation").into())
    }
}
