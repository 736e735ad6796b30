//! What the ledger says of itself. It names bodies, keys and witnesses; it never names a worker.

use super::institution::{
    BODY, BODY_NAME, COMPROMISED_SINCE, ISSUER_KIND, JURISDICTIONS, JWK, KEY_REASON, KID, compromise_rule,
};
use super::shared::in_clear;
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Members, Present, Shape, no_rule, optional, required};
use crate::event::kind::{Class, KindSpec};

const KEYS: Shape = Shape::List(&Shape::Jwk, 8);
const USE: ClaimSpec = required(
    "use",
    Shape::Choice(&["log", "status"]),
    "`log` signs checkpoints and ledger statements, `status` signs standing and head tokens.",
    "status",
);

pub(in crate::event) static LEDGER_FOUNDED: KindSpec = in_clear(
    Class::Ledger,
    &[
        optional("sub", Shape::IssuerUri, "`https://` and the origin.", "https://ledger.example.invalid"),
        required(
            "origin",
            Shape::Text(200),
            "The origin line of its checkpoints (C2SP tlog-checkpoint).",
            "ledger.example.invalid",
        ),
        required(
            "ledger_id",
            Shape::Bytes16,
            "16 random bytes, so that no two ledgers begin alike.",
            "AAECAwQFBgcICQoLDA0ODw",
        ),
        required("log_keys", KEYS, "Its first checkpoint keys.", JWK.example),
        required(
            "status_keys",
            KEYS,
            "Its first status keys.",
            "PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw",
        ),
        required("entry_version", Shape::Integer(1, 255), "The version of its entries.", "1"),
        optional(
            "succeeds",
            Shape::Object(&SUCCEEDED),
            "The ledger whose place it takes, and where that ended.",
            "",
        ),
    ],
    founded_rule,
);

/// The most entries that JSON numbers tell apart.
const SIZE_MAX: i64 = (1 << 53) - 1;

static SUCCEEDED: Members = Members {
    claims: &[
        required("origin", Shape::Text(200), "Its origin, which signs nothing more.", "old.example.invalid"),
        required("size", Shape::Integer(1, SIZE_MAX), "Entries of its last checkpoint.", "1234"),
        required(
            "root",
            Shape::Hash,
            "Root hash of its last checkpoint.",
            "kLJdSbCAXnMSmRQTnlkKfD0dKYV7r2fz4jBCvpdJvA0",
        ),
    ],
    rule: no_rule,
};

fn founded_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    let succeeded = present.claims.get("succeeds").and_then(|succeeds| succeeds.get("origin")?.as_str());
    if succeeded.is_some() && succeeded == present.text("origin") {
        let message = "a successor has another origin: one origin has one history";
        return Err(ClaimError::new("succeeds", "SUCCEEDS_ITSELF", message));
    }
    match (present.text("sub"), present.text("origin")) {
        (Some(sub), Some(origin)) if sub.strip_prefix("https://") != Some(origin) => Err(ClaimError::new(
            "sub",
            "SUBJECT_NOT_ORIGIN",
            format!("`sub` is `https://` and the origin, https://{origin}"),
        )),
        _ => Ok(()),
    }
}

pub(in crate::event) static AUTHORITY_ESTABLISHED: KindSpec = in_clear(
    Class::Ledger,
    &[
        BODY.said("The root authority's issuer identifier.", "https://authority.example"),
        BODY_NAME.said("The authority's name.", "labour migration authority, PH (demo)"),
        ISSUER_KIND.said("The kind of body.", "LABOUR_MIGRATION_AUTHORITY"),
        JURISDICTIONS.said("The jurisdictions it is the root for (ISO 3166-1 alpha-2).", "PH"),
        JWK.said("Its first public Ed25519 key (RFC 8037).", JWK.example),
    ],
    no_rule,
);

pub(in crate::event) static LEDGER_KEY_ADDED: KindSpec = in_clear(Class::Ledger, &[USE, JWK], no_rule);

pub(in crate::event) static LEDGER_KEY_ENDED: KindSpec =
    in_clear(Class::Ledger, &[USE, KID, KEY_REASON, COMPROMISED_SINCE], compromise_rule);

pub(in crate::event) static WITNESS_NAMED: KindSpec = in_clear(
    Class::Ledger,
    &[
        required("name", Shape::Text(200), "The witness's name, as in its key.", "witness.example.invalid"),
        required(
            "vkey",
            Shape::VerifierKey,
            "The witness's verifier key (C2SP signed-note).",
            "witness.example.invalid+35e185f0+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
        ),
    ],
    no_rule,
);

pub(in crate::event) static ERASED: KindSpec = in_clear(
    Class::Ledger,
    &[optional(
        "basis",
        Shape::Choice(&["HOLDER_REQUEST", "ORDER"]),
        "What the erasure rests on; not whose.",
        "HOLDER_REQUEST",
    )],
    no_rule,
);
