//! `RecognitionService`: published relations between levels. Pure answers from reference data with sources.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::access::Caller;
use super::shared::Shared;
use super::status::CallError;
use super::{assess, convert};
use crate::pb;
use crate::recognition::{Answer, Relation, Source, relate_level};

/// The longest name of a level or framework.
const NAME_BYTES_MAX: usize = 128;

/// The service.
pub(super) struct RecognitionEdge(pub(super) Arc<Shared>);

#[tonic::async_trait]
impl pb::recognition_service_server::RecognitionService for RecognitionEdge {
    async fn relate_level(
        &self,
        request: Request<pb::RelateLevelRequest>,
    ) -> Result<Response<pb::RelateLevelResponse>, Status> {
        let pb::RelateLevelRequest { level, target, as_of } = request.into_inner();
        Ok(Response::new(self.relate(&level, &target, as_of.as_deref())?))
    }

    async fn assess_recognition(
        &self,
        request: Request<pb::AssessRecognitionRequest>,
    ) -> Result<Response<pb::AssessRecognitionResponse>, Status> {
        let method = "/skillpass.v1.RecognitionService/AssessRecognition";
        let caller = Caller::of(request.metadata(), method, &self.0.ledger).map_err(CallError::from)?;
        Ok(Response::new(assess::assess(&self.0, caller, request.into_inner()).await?))
    }
}

impl RecognitionEdge {
    fn relate(
        &self,
        level: &str,
        target: &str,
        as_of: Option<&str>,
    ) -> Result<pb::RelateLevelResponse, CallError> {
        convert::bounded("level", level, NAME_BYTES_MAX)?;
        convert::bounded("target", target, NAME_BYTES_MAX)?;
        let as_of = convert::date("as_of", as_of)?.unwrap_or_else(|| convert::day_of(self.0.ledger.now_ms()));
        let Relation { from, target, answer } = relate_level(level, target, as_of)?;
        let source = answer.source();
        Ok(pb::RelateLevelResponse {
            answer: answer.name().to_owned(),
            level: answer.level().map(str::to_owned),
            source: source.map(cited),
            as_of: source.map(|source| source.as_of.to_owned()),
            kind: match &answer {
                Answer::Edge { kind, .. } => Some(kind.name().to_owned()),
                _ => None,
            },
            note: note(&answer).filter(|note| !note.is_empty()).map(str::to_owned),
            from,
            target,
        })
    }
}

fn note(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Edge { note, .. } | Answer::Historic { note, .. } => Some(note),
        Answer::NoPublishedRelation { detail } => Some(detail),
        Answer::NeedsCheck { note, .. } => Some(note),
        Answer::FrameworkNotReferenced { .. } | Answer::LevelBelowRange { .. } => None,
    }
}

fn cited(source: &Source) -> String {
    match source.url {
        Some(url) => format!("{}, {url}", source.title),
        None => source.title.to_owned(),
    }
}
