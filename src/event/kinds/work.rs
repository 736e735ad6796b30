//! Work experience, placements abroad, return, and what workers say of themselves.

use super::shared::{
    DESTINATION_COUNTRY, ESCO_URI, EVIDENCE, INSTRUMENT, ISCO08, ISSUING_COUNTRY, LEARNING_SETTING,
    NAME_CHARACTERS, ORIGIN_COUNTRY, OTHER_HASH, SENTENCES, SOURCE, SUB, TITLE, by_body, by_holder,
};
use crate::event::ClaimError;
use crate::event::claim::{ClaimSpec, Present, Shape, no_rule, optional, required};
use crate::event::kind::{KindSpec, LegalEffect, Section};

const STARTED_ON: ClaimSpec = required("started_on", Shape::Date, "First day.", "2019-03-01");
const STAGE: ClaimSpec = optional("stage", Shape::Text(60), "The stage of the programme.", "stage 1");
const PLACEMENT: ClaimSpec =
    required("placement", Shape::Hash, "The hash of the PlacementStarted statement.", OTHER_HASH);

pub(in crate::event) static WORK_EXPERIENCE_ATTESTED: KindSpec = by_body(
    Some(Section::Work),
    LegalEffect::Informative,
    Some("ended_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE.said("What a passport shows, by language (BCP 47).", "Bricklayer"),
        ISCO08.required(),
        ESCO_URI,
        STARTED_ON,
        required("ended_on", Shape::Date, "Last day, or the day up to which it is attested.", "2022-11-30"),
        optional(
            "employer",
            Shape::Text(NAME_CHARACTERS),
            "The employer, if not the issuer.",
            "construction contractor, QA (demo)",
        ),
        optional(
            "employer_form",
            Shape::Choice(&["ENTERPRISE", "HOUSEHOLD", "INFORMAL"]),
            "What sort of employer; of a household or an informal employer another body should confirm it.",
            "ENTERPRISE",
        )
        .decisive(),
        optional(
            "work_country",
            Shape::Country,
            "Where the work was done, if not in `issuing_country`.",
            "QA",
        ),
        optional(
            "fte_percent",
            Shape::Integer(1, 100),
            "Share of full-time work in percent; 100 if absent.",
            "100",
        ),
        optional(
            "duties",
            SENTENCES,
            "What the worker did, one sentence each.",
            "built walls of block and brick",
        ),
        LEARNING_SETTING.said("Learning at work counts as informal unless it was organised.", "INFORMAL"),
        INSTRUMENT,
        SOURCE,
        EVIDENCE,
    ],
    period_rule,
);

fn period_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    present.in_order("started_on", "ended_on")
}

pub(in crate::event) static PLACEMENT_STARTED: KindSpec = by_body(
    Some(Section::Work),
    LegalEffect::Informative,
    Some("started_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE.said("What a passport shows, by language (BCP 47).", "Placement as nursing assistant"),
        ISCO08.required().said("The occupation of the placement: an ISCO-08 code of 1 to 4 digits.", "5321"),
        ESCO_URI.said("The occupation, more closely: its ESCO URI.", ""),
        STARTED_ON.said("First day.", "2024-11-04"),
        optional("planned_end", Shape::Date, "The day it is planned to end.", "2027-11-03"),
        ORIGIN_COUNTRY.required(),
        DESTINATION_COUNTRY.required(),
        optional(
            "employer",
            Shape::Text(NAME_CHARACTERS),
            "The employer, if not the issuer.",
            "hospital, DE (demo)",
        ),
        optional(
            "programme",
            Shape::Text(NAME_CHARACTERS),
            "The programme.",
            "nurse placement programme DE-PH",
        ),
        STAGE,
        INSTRUMENT,
        SOURCE,
        EVIDENCE,
    ],
    placement_rule,
);

fn placement_rule(present: &Present<'_>) -> Result<(), ClaimError> {
    present.in_order("started_on", "planned_end")
}

pub(in crate::event) static STAGE_CHANGED: KindSpec = by_body(
    Some(Section::Work),
    LegalEffect::Informative,
    Some("changed_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE.said("What a passport shows, by language (BCP 47).", "Placement, stage 2"),
        PLACEMENT,
        required("changed_on", Shape::Date, "First day of the new stage.", "2025-11-03"),
        STAGE.required().said("The stage it went on to.", "stage 2"),
        ISCO08.said("The occupation from now on, if it changed.", "2221"),
        INSTRUMENT,
        SOURCE,
        EVIDENCE,
    ],
    no_rule,
);

pub(in crate::event) static PLACEMENT_ENDED: KindSpec = by_body(
    Some(Section::Work),
    LegalEffect::Informative,
    Some("ended_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE.said("What a passport shows, by language (BCP 47).", "End of placement"),
        PLACEMENT,
        required("ended_on", Shape::Date, "Last day.", "2025-11-03"),
        required(
            "reason",
            Shape::Choice(&[
                "COMPLETED",
                "ENDED_BY_WORKER",
                "ENDED_BY_EMPLOYER",
                "ENDED_BY_AGREEMENT",
                "OTHER",
            ]),
            "Why it ended.",
            "COMPLETED",
        ),
        SOURCE,
        EVIDENCE,
    ],
    no_rule,
);

pub(in crate::event) static RETURN_RECORDED: KindSpec = by_body(
    Some(Section::Work),
    LegalEffect::Informative,
    Some("returned_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        TITLE.said("What a passport shows, by language (BCP 47).", "Return home"),
        ORIGIN_COUNTRY.required().said("The home country returned to.", "NP"),
        DESTINATION_COUNTRY.required().said("The country returned from.", "QA"),
        required("returned_on", Shape::Date, "The day of return.", "2022-12-05"),
        PLACEMENT.said("The hash of the PlacementStarted statement, if there is one.", "").optional(),
        INSTRUMENT,
        SOURCE,
        EVIDENCE,
    ],
    no_rule,
);

pub(in crate::event) static SELF_ASSESSED: KindSpec = by_holder(
    Some(Section::SelfDeclared),
    Some("assessed_on"),
    &[
        SUB,
        TITLE.said("What a passport shows, by language (BCP 47).", "Mason since 2012"),
        required("assessed_on", Shape::Date, "When the worker says so.", "2017-05-02"),
        LEARNING_SETTING.said("Where it was learnt.", "INFORMAL"),
        ISCO08,
        ESCO_URI,
        optional(
            "skills",
            SENTENCES,
            "What the worker can do, one sentence each.",
            "builds stone walls;mixes mortar",
        ),
        optional("started_on", Shape::Date, "Since when.", "2012-04-01"),
        optional("ended_on", Shape::Date, "Until when.", "2017-04-30"),
        optional("work_country", Shape::Country, "Where.", "NP"),
        EVIDENCE,
    ],
    period_rule,
);

pub(in crate::event) static EXPERIENCE_CONFIRMED: KindSpec = by_body(
    None,
    LegalEffect::Informative,
    Some("confirmed_on"),
    &[
        SUB,
        ISSUING_COUNTRY,
        required(
            "record",
            Shape::Hash,
            "The hash of the WorkExperienceAttested or SelfAssessed statement.",
            OTHER_HASH,
        )
        .decisive(),
        required("confirmed_on", Shape::Date, "When.", "2022-12-15"),
        optional(
            "confirmation_method",
            Shape::Choice(&[
                "DOCUMENTS_SEEN",
                "SITE_VISITED",
                "WITNESSES_HEARD",
                "WORKER_INTERVIEWED",
                "OWN_RECORDS",
            ]),
            "How it was found out.",
            "WITNESSES_HEARD",
        ),
        SOURCE,
        EVIDENCE,
    ],
    no_rule,
);
