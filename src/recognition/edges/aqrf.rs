//! National frameworks and the ASEAN Qualifications Reference Framework. No level table of a report was read, so every
//! row needs a check; the AQRF is voluntary and confers no right of admission.

use jiff::civil::date;

use super::super::source::{Certainty, Since, Source};
use super::{EdgeKind, Referencing, SAME_1_TO_8};

const MALAYSIA: Source = Source {
    title: "Malaysian Qualifications Agency: referencing report accepted by the 6th AQRF Committee, Luang Prabang, 21 to 23 May 2019",
    url: Some("https://www.mqa.gov.my"),
    as_of: "2019-05-23",
};
const PHILIPPINES: Source = Source {
    title: "AQRF Referencing Report of the Philippines, 22 May 2019, accepted by the 6th AQRF Committee",
    url: Some("https://pqf.gov.ph"),
    as_of: "2019-05-23",
};
const THAILAND: Source = Source {
    title: "AQRF Referencing Report of Thailand; date of acceptance not seen",
    url: None,
    as_of: "2020",
};
const INDONESIA: Source = Source {
    title: "AQRF Referencing Report of Indonesia, final, June 2020; its level table was not seen",
    url: None,
    as_of: "2020-06",
};

const fn unread(framework: &'static str, since: Since, source: &'static Source) -> Referencing {
    Referencing {
        framework,
        target: "aqrf",
        kind: Some(EdgeKind::Referenced),
        levels: SAME_1_TO_8,
        certainty: Certainty::NeedsCheck,
        since,
        source,
        note: "the report's level table was not read; the level is the probable one; the framework confers no right of admission",
    }
}

pub(super) const REFERENCINGS: &[Referencing] = &[
    unread("my/nqf", Since::Exactly(date(2019, 5, 23)), &MALAYSIA),
    unread("ph/nqf", Since::Exactly(date(2019, 5, 23)), &PHILIPPINES),
    unread("th/nqf", Since::Attested(date(2020, 12, 31)), &THAILAND),
    Referencing {
        levels: "",
        note: "nine national levels meet eight; no level is given until the report's table is read",
        ..unread("id/nqf", Since::Attested(date(2020, 6, 30)), &INDONESIA)
    },
];
