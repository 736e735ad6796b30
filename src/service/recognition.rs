//! `RecognitionService`: published relations between levels, frameworks, instruments. Answers from reference data with sources,
//! and from what this ledger's bodies have published by the day asked about.

use std::sync::Arc;

use jiff::civil::Date;
use serde_json::Value;
use tonic::{Request, Response, Status};

use super::convert::RequestError;
use super::shared::Shared;
use super::status::CallError;
use super::{assess, convert, standards, units};
use crate::pb;
use crate::projection::reference;
use crate::recognition::listing::{Table, side_by_side_json};
use crate::recognition::{Cited, InstrumentKind, relate_level_with};

/// The longest name of a level, framework, table, kind or instrument.
const NAME_BYTES_MAX: usize = 128;
/// The longest page token.
const TOKEN_BYTES_MAX: usize = 20;
/// The most rows of a page.
const PAGE_ROWS_MAX: usize = 500;
/// The rows of a page for which no size is asked.
const PAGE_ROWS_DEFAULT: usize = 100;

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
        let caller = self.0.caller(&request, method)?;
        Ok(Response::new(assess::assess(&self.0, caller, request.into_inner()).await?))
    }

    async fn list_frameworks(
        &self,
        request: Request<pb::ListFrameworksRequest>,
    ) -> Result<Response<pb::ListReferenceResponse>, Status> {
        let pb::ListFrameworksRequest { page_size, page_token, as_of } = request.into_inner();
        let rows = self.rows(Table::Frameworks, as_of.as_deref())?;
        Ok(Response::new(page(&rows, page_size, &page_token)?))
    }

    async fn list_instruments(
        &self,
        request: Request<pb::ListInstrumentsRequest>,
    ) -> Result<Response<pb::ListReferenceResponse>, Status> {
        let pb::ListInstrumentsRequest { page_size, page_token, as_of, kind } = request.into_inner();
        let mut rows = self.rows(Table::Instruments, as_of.as_deref())?;
        if let Some(kind) = kind {
            let known = InstrumentKind::from_name(&kind).ok_or(RequestError::UnknownValue("kind"));
            let known = known.map_err(CallError::from)?.name();
            rows.retain(|row| row["kind"] == known);
        }
        Ok(Response::new(page(&rows, page_size, &page_token)?))
    }

    async fn get_instrument(
        &self,
        request: Request<pb::GetInstrumentRequest>,
    ) -> Result<Response<pb::GetInstrumentResponse>, Status> {
        let pb::GetInstrumentRequest { id, as_of } = request.into_inner();
        convert::bounded("id", &id, NAME_BYTES_MAX).map_err(CallError::from)?;
        let as_of = self.day(as_of.as_deref())?;
        let found = reference::instrument_detail(&self.0.ledger.trust(), &id, as_of);
        let (built_in, published) = found.ok_or(CallError::NotFound("instrument"))?;
        let text = |row: Option<Value>| row.map(|row| row.to_string());
        Ok(Response::new(pb::GetInstrumentResponse {
            built_in_json: text(built_in),
            published_json: text(published),
        }))
    }

    async fn list_reference(
        &self,
        request: Request<pb::ListReferenceRequest>,
    ) -> Result<Response<pb::ListReferenceResponse>, Status> {
        let pb::ListReferenceRequest { table, page_size, page_token, as_of } = request.into_inner();
        let table = Table::from_name(&table).ok_or(RequestError::UnknownValue("table"));
        let rows = self.rows(table.map_err(CallError::from)?, as_of.as_deref())?;
        Ok(Response::new(page(&rows, page_size, &page_token)?))
    }

    async fn count_units(
        &self,
        request: Request<pb::CountUnitsRequest>,
    ) -> Result<Response<pb::CountUnitsResponse>, Status> {
        let method = "/skillpass.v1.RecognitionService/CountUnits";
        let caller = self.0.caller(&request, method)?;
        Ok(Response::new(units::count(&self.0, caller, request.into_inner()).await?))
    }

    async fn find_gaps(
        &self,
        request: Request<pb::FindGapsRequest>,
    ) -> Result<Response<pb::FindGapsResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.RecognitionService/FindGaps")?;
        Ok(Response::new(standards::find_gaps(&self.0, caller, request.into_inner()).await?))
    }

    async fn compare_profiles(
        &self,
        request: Request<pb::CompareProfilesRequest>,
    ) -> Result<Response<pb::CompareProfilesResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.RecognitionService/CompareProfiles")?;
        Ok(Response::new(standards::compare_profiles(&self.0, caller, request.into_inner()).await?))
    }

    async fn classify_match(
        &self,
        request: Request<pb::ClassifyMatchRequest>,
    ) -> Result<Response<pb::ClassifyMatchResponse>, Status> {
        let caller = self.0.caller(&request, "/skillpass.v1.RecognitionService/ClassifyMatch")?;
        Ok(Response::new(standards::classify_match(&self.0, caller, request.into_inner()).await?))
    }
}

impl RecognitionEdge {
    fn day(&self, as_of: Option<&str>) -> Result<Date, CallError> {
        Ok(convert::date("as_of", as_of)?.unwrap_or_else(|| convert::day_of(self.0.ledger.now_ms())))
    }

    fn rows(&self, table: Table, as_of: Option<&str>) -> Result<Vec<Value>, CallError> {
        Ok(reference::rows(&self.0.ledger.trust(), table, self.day(as_of)?))
    }

    fn relate(
        &self,
        level: &str,
        target: &str,
        as_of: Option<&str>,
    ) -> Result<pb::RelateLevelResponse, CallError> {
        convert::bounded("level", level, NAME_BYTES_MAX)?;
        convert::bounded("target", target, NAME_BYTES_MAX)?;
        let published = reference::references(&self.0.ledger.trust());
        let relation = relate_level_with(level, target, self.day(as_of)?, &published)?;
        let answer = &relation.answer;
        let source = answer.source();
        let by = source.and_then(|source| source.published.as_ref());
        Ok(pb::RelateLevelResponse {
            answer: answer.name().to_owned(),
            level: answer.level().map(str::to_owned),
            source: source.map(cited),
            as_of: source.map(|source| source.as_of.clone()),
            kind: answer.edge().map(|(_, kind)| kind.to_owned()),
            note: Some(answer.note().to_owned()).filter(|note| !note.is_empty()),
            source_title: source.map(|source| source.title.clone()),
            source_url: source.and_then(|source| source.url.clone()),
            published_by: by.map(|(issuer, _)| issuer.clone()),
            leaf_index: by.map(|(_, leaf)| *leaf),
            side_by_side_json: relation
                .side_by_side
                .as_ref()
                .map(|beside| side_by_side_json(beside).to_string()),
            from: relation.from,
            target: relation.target,
        })
    }
}

/// One page; the token is the number of rows before it.
fn page(rows: &[Value], size: u32, token: &str) -> Result<pb::ListReferenceResponse, CallError> {
    convert::bounded("page_token", token, TOKEN_BYTES_MAX)?;
    let from: usize = match token {
        "" => 0,
        token => token.parse().map_err(|_| RequestError::UnknownValue("page_token"))?,
    };
    let size = match usize::try_from(size).unwrap_or(PAGE_ROWS_MAX) {
        0 => PAGE_ROWS_DEFAULT,
        size => size.min(PAGE_ROWS_MAX),
    };
    let end = from.saturating_add(size);
    Ok(pb::ListReferenceResponse {
        rows_json: rows.iter().skip(from).take(size).map(Value::to_string).collect(),
        next_page_token: if end < rows.len() { end.to_string() } else { String::new() },
    })
}

fn cited(source: &Cited) -> String {
    match &source.url {
        Some(url) => format!("{}, {url}", source.title),
        None => source.title.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_so_many_rows() {
        let rows: Vec<Value> = (0..=PAGE_ROWS_MAX).map(Value::from).collect();
        let page = |size: usize, token: &str| {
            let page = page(&rows, size.try_into().unwrap(), token).unwrap();
            (page.rows_json.len(), page.next_page_token)
        };
        for size in [PAGE_ROWS_MAX, PAGE_ROWS_MAX + 1, u32::MAX as usize] {
            assert_eq!(page(size, ""), (PAGE_ROWS_MAX, PAGE_ROWS_MAX.to_string()), "{size}");
        }
        assert_eq!(page(0, ""), (PAGE_ROWS_DEFAULT, PAGE_ROWS_DEFAULT.to_string()));
        assert_eq!(page(1, &PAGE_ROWS_MAX.to_string()), (1, String::new()));
    }
}
