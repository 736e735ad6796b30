//! Who the worker is, and which key is theirs.

use super::shared::{EXAMPLE_HASH, ISSUING_COUNTRY, NAME_CHARACTERS, SUB, by_body, by_holder};
use crate::crypto::{Hash, sha256};
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Present, Shape, no_rule, optional, required};
use crate::event::kind::{KindSpec, LegalEffect};

pub(in crate::event) static PASSPORT_OPENED: KindSpec = by_body(
    None,
    LegalEffect::Informative,
    Some("identity_checked_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        required(
            "family_name",
            Shape::Text(NAME_CHARACTERS),
            "Primary identifier as in the document, in its own script; the only name of one who has one name.",
            "គំរូ",
        ),
        optional(
            "given_name",
            Shape::Text(NAME_CHARACTERS),
            "Secondary identifier as in the document, in its own script.",
            "ឯកសារ",
        ),
        required(
            "family_name_latin",
            Shape::Text(NAME_CHARACTERS),
            "The same in Latin letters, as in the document (ICAO 9303).",
            "SPECIMEN",
        ),
        optional(
            "given_name_latin",
            Shape::Text(NAME_CHARACTERS),
            "The same in Latin letters, as in the document.",
            "WORKER",
        ),
        required("birth_date", Shape::Date, "Date of birth as in the document.", "1996-02-29"),
        required(
            "document_type",
            Shape::Choice(&[
                "PASSPORT",
                "NATIONAL_ID",
                "RESIDENCE_PERMIT",
                "TRAVEL_DOCUMENT",
                "SEAFARER_IDENTITY",
                "REFUGEE_CERTIFICATE",
            ]),
            "The document that was checked.",
            "PASSPORT",
        ),
        required("document_country", Shape::Country, "The country that issued the document.", "KH"),
        required(
            "document_number_commitment",
            Shape::Hash,
            "SHA-256 over a salt that the holder keeps and the document's country, type and number; never the number itself.",
            "4LvCiQpkwTnwGR-s_YgLKCJfvRxnLDy0VpvmwgxDY9Y",
        ),
        optional("document_valid_until", Shape::Date, "The document's last day.", "2031-08-14"),
        required(
            "identity_check_method",
            Shape::Choice(&[
                "DOCUMENT_SEEN_IN_PERSON",
                "CHIP_READ",
                "VIDEO",
                "REGISTER_LOOKUP",
                "ELECTRONIC_IDENTITY",
                "INTERVIEW",
            ]),
            "How it was checked.",
            "DOCUMENT_SEEN_IN_PERSON",
        ),
        required("identity_checked_on", Shape::Date, "When it was checked.", "2024-01-15"),
    ],
    passport_rule,
);

fn passport_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    for (name, latin) in [("given_name", "given_name_latin"), ("given_name_latin", "given_name")] {
        if present.has(name) && present.lacks(latin) {
            let message = format!(
                "`{name}` is given, so `{latin}` is needed too: a name stands in both scripts or not at all"
            );
            return Err(ClaimError::new(latin, "NAME_WITHOUT_LATIN", message));
        }
    }
    present.in_order("birth_date", "identity_checked_on")?;
    present.in_order("identity_checked_on", "document_valid_until")
}

pub(in crate::event) static HOLDER_KEY_BOUND: KindSpec = KindSpec {
    binds_key: true,
    ..by_body(
        None,
        LegalEffect::Informative,
        None,
        &[
            SUB,
            ISSUING_COUNTRY,
            required(
                "method",
                Shape::Choice(&["IN_PERSON", "VIDEO", "CLAIM_CODE", "ELECTRONIC_IDENTITY"]),
                "How it was made sure that the key is the worker's.",
                "IN_PERSON",
            ),
        ],
        no_rule,
    )
};

pub(in crate::event) static HOLDER_KEY_CHANGED: KindSpec = KindSpec {
    binds_key: true,
    ..by_holder(
        None,
        None,
        &[
            SUB,
            required(
                "reason",
                Shape::Choice(&["NEW_DEVICE", "ROUTINE", "SUSPECTED_COMPROMISE"]),
                "Why the key changed.",
                "NEW_DEVICE",
            ),
        ],
        no_rule,
    )
};

const CHECKED_HOW: ClaimSpec = required(
    "method",
    Shape::Choice(&["IN_PERSON", "VIDEO", "ELECTRONIC_IDENTITY"]),
    "How it was made sure that the passport's worker asks for it.",
    "IN_PERSON",
);
const REQUEST: ClaimSpec =
    required("request", Shape::Hash, "The hash of the HolderKeyRecoveryRequested statement.", EXAMPLE_HASH)
        .decisive();

pub(in crate::event) static HOLDER_KEY_RECOVERY_REQUESTED: KindSpec = KindSpec {
    binds_key: true,
    ..by_body(
        None,
        LegalEffect::Informative,
        None,
        &[
            SUB,
            ISSUING_COUNTRY,
            required(
                "reason",
                Shape::Choice(&["LOST", "STOLEN", "DESTROYED", "WITHDRAWN"]),
                "What became of the old key.",
                "LOST",
            ),
            CHECKED_HOW,
        ],
        no_rule,
    )
};

pub(in crate::event) static HOLDER_KEY_RECOVERY_CONFIRMED: KindSpec =
    by_body(None, LegalEffect::Informative, None, &[SUB, ISSUING_COUNTRY, REQUEST, CHECKED_HOW], no_rule);

pub(in crate::event) static HOLDER_KEY_RECOVERY_CANCELLED: KindSpec =
    by_holder(None, None, &[SUB, REQUEST], no_rule);

pub(in crate::event) static HOLDER_KEY_RECOVERED: KindSpec =
    KindSpec { binds_key: true, ..by_holder(None, None, &[SUB, REQUEST], no_rule) };

/// The longest consent: a compact JWS that names a body and two workers.
const CONSENT_CHARACTERS: usize = 1500;

pub(in crate::event) static PASSPORTS_JOINED: KindSpec = by_body(
    None,
    LegalEffect::Informative,
    None,
    &[
        SUB,
        ISSUING_COUNTRY,
        required(
            "other",
            Shape::WorkerId,
            "The other worker id of the same person; its passport holds the counterpart of this statement.",
            "wkr_3ge5s76x3nesvqgybtfdy7tzkzr",
        )
        .decisive(),
        CHECKED_HOW.said("How it was made sure that both are one person's.", "IN_PERSON"),
        required(
            "consent",
            Shape::Text(CONSENT_CHARACTERS),
            "The holder's consent, a `skillpass-join+jwt` signed with this passport's holder key.",
            "eyJhbGciOiJFZERTQSIsInR5cCI6InNraWxscGFzcy1qb2luK2p3dCJ9.e30.AAAA",
        )
        .decisive(),
    ],
    joined_rule,
);

fn joined_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    if present.has("sub") && present.text("sub") == present.text("other") {
        return Err(ClaimError::new("other", "SAME_WORKER", "a passport cannot be joined with itself"));
    }
    Ok(())
}

/// What stands in `document_number_commitment`. The salt is made by whoever opens the passport and kept by the holder
/// alone (it is printed on the claim slip): with it, and only with it, a verifier can compare a document shown in person.
///
/// `country` is alpha-2, `kind` a `document_type`, `number` the document's number in upper case without spaces.
pub fn document_number_commitment(salt: &[u8; 16], country: &str, kind: &str, number: &str) -> Hash {
    sha256(&[b"skillpass/v1 document\n", salt, document_text(country, kind, number).as_bytes()])
}

/// One document in one spelling: its country, type and number. What a commitment and the index of documents are made of.
pub fn document_text(country: &str, kind: &str, number: &str) -> String {
    let number: String = number.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    // Country and type hold no `|`, so that no two triples give the same text.
    format!("{country}|{kind}|{number}")
}
