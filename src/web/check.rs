//! `/v`: the check page, with whom it believes.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use super::Pages;
use super::pages::{frame, page};
use crate::face::{self, PageTrust, TrustSource};
use crate::trust::TrustFile;

/// The page is made anew each time: what the ledger says of itself changes.
pub(super) async fn check(State(pages): State<Arc<Pages>>, request: Request) -> Response {
    let frame = frame(&pages, &request);
    let own;
    let trust = if let Some(text) = &pages.check_trust {
        PageTrust { text, source: TrustSource::Configured }
    } else {
        own = TrustFile::of_ledger(&pages.ledger.trust()).map(|file| file.to_toml());
        match &own {
            Ok(text) => PageTrust { text, source: TrustSource::Ledger },
            Err(_) => PageTrust { text: "", source: TrustSource::Missing },
        }
    };
    let mut response = page(face::check(frame, trust));
    let camera = HeaderValue::from_static("camera=(self), microphone=(), geolocation=()");
    response.headers_mut().insert(HeaderName::from_static("permissions-policy"), camera);
    response
}
