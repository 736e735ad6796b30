//! What browsers load: style sheets, pictures and ES modules, inside the binary. No address names anything elsewhere.

use std::sync::LazyLock;

use crate::crypto::{hex_encode, sha256};

/// One file of `assets/`.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    /// Below `assets/`, e.g. `lib/bytes.js`: modules import one another relative to it.
    pub path: &'static str,
    /// Its bytes.
    pub text: &'static str,
}

macro_rules! assets {
    ($($path:literal),* $(,)?) => {
        &[$(Asset { path: $path, text: include_str!(concat!("assets/", $path)) }),*]
    };
}

/// Every file of `assets/`; a test sees to it that none is left out.
pub const ASSETS: &[Asset] = assets! {
    "css/base.css",
    "css/check.css",
    "css/desk.css",
    "css/slip.css",
    "css/worker.css",
    "desk/cells.js",
    "desk/changes.js",
    "desk/check.js",
    "desk/corrections.js",
    "desk/header.js",
    "desk/kinds.js",
    "desk/page.js",
    "desk/report.js",
    "desk/results.js",
    "desk/rules.js",
    "desk/run.js",
    "desk/send.js",
    "desk/sheet-step.js",
    "desk/sheet.js",
    "desk/sign-in.js",
    "desk/similar.js",
    "desk/store.js",
    "desk/traps.js",
    "desk/ui.js",
    "css/document.css",
    "icon.svg",
    "lib/api.js",
    "lib/bytes.js",
    "lib/curve.js",
    "lib/evidence.js",
    "lib/issue.js",
    "lib/jose.js",
    "lib/json.js",
    "lib/keyfile.js",
    "lib/present.js",
    "lib/qr.js",
    "lib/sdjwt.js",
    "lib/share.js",
    "lib/statement.js",
    "lib/worker.js",
    "vendor/@noble/ciphers/LICENSE",
    "vendor/@noble/ciphers/_arx.js",
    "vendor/@noble/ciphers/_poly1305.js",
    "vendor/@noble/ciphers/chacha.js",
    "vendor/@noble/ciphers/utils.js",
    "vendor/@noble/hashes/LICENSE",
    "vendor/@noble/hashes/_blake.js",
    "vendor/@noble/hashes/_md.js",
    "vendor/@noble/hashes/_u64.js",
    "vendor/@noble/hashes/argon2.js",
    "vendor/@noble/hashes/blake2.js",
    "vendor/@noble/hashes/utils.js",
    "vendor/qr/LICENSE-MIT",
    "vendor/qr/decode.js",
    "vendor/qr/index.js",
    "vendor/smol-toml/LICENSE",
    "vendor/smol-toml/date.js",
    "vendor/smol-toml/error.js",
    "vendor/smol-toml/extract.js",
    "vendor/smol-toml/parse.js",
    "vendor/smol-toml/primitive.js",
    "vendor/smol-toml/struct.js",
    "vendor/smol-toml/util.js",
    "vendor/versions.json",
    "verify/admission.js",
    "verify/authority.js",
    "verify/chain.js",
    "verify/claims.js",
    "verify/dates.js",
    "verify/dom.js",
    "verify/endorsement.js",
    "verify/entry.js",
    "verify/file.js",
    "verify/fold.js",
    "verify/foreign.js",
    "verify/holder-keys.js",
    "verify/holder.js",
    "verify/ledger.js",
    "verify/link.js",
    "verify/note.js",
    "verify/page.js",
    "verify/person.js",
    "verify/policy.js",
    "verify/question.js",
    "verify/recognition.js",
    "verify/record-check.js",
    "verify/record.js",
    "verify/report.js",
    "verify/rules.js",
    "verify/scan.js",
    "verify/show.js",
    "verify/standing.js",
    "verify/state.js",
    "verify/status-list.js",
    "verify/tokens.js",
    "verify/trust.js",
    "verify/verify.js",
    "verify/vocabulary.js",
    "verify/workerid.js",
    "worker/calls.js",
    "worker/handout.js",
    "worker/keyring.js",
    "worker/keys.js",
    "worker/lists.js",
    "worker/page.js",
    "worker/records.js",
    "worker/ui.js",
};

/// Stands in the address of every asset: another text has another address, so that browsers may keep what they have.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let parts: Vec<&[u8]> = ASSETS
        .iter()
        .flat_map(|asset| [asset.path.as_bytes(), b"\0", asset.text.as_bytes(), b"\0"])
        .collect();
    hex_encode(sha256(&parts)).chars().take(16).collect()
});

/// The part of an address that changes with what it stands for.
pub fn version() -> &'static str {
    &VERSION
}

/// The address of an asset on a server.
pub fn url(path: &str) -> String {
    format!("/assets/{}/{path}", version())
}

/// An asset by its path.
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

impl Asset {
    /// Its media type.
    pub fn media_type(&self) -> &'static str {
        match self.path.rsplit('.').next() {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("json") => "application/json",
            Some("csv") => "text/csv; charset=utf-8",
            _ => "text/plain; charset=utf-8",
        }
    }
}
