//! Conventions and arrangements on qualifications of education: UNESCO's, and those of CAMES.

use jiff::civil::date;

use super::super::source::{Certainty, Since, Source};
use super::{BLANK, InForce, Instrument, InstrumentKind, Membership, Parties, Party};

const NO_RIGHT: &str = "higher education; gives no right to practise; parties are not stored";

/// A convention of UNESCO: in force, and its parties not stored.
const fn convention(
    id: &'static str,
    title: &'static str,
    signed: &'static str,
    in_force: InForce,
) -> Instrument {
    Instrument {
        id,
        title,
        kind: InstrumentKind::Convention,
        signed,
        in_force,
        parties: Parties::Some(&[]),
        note: NO_RIGHT,
        certainty: Certainty::NeedsCheck,
        source: Source {
            title: "UNESCO, list of recognition conventions; days from general knowledge",
            url: Some("https://www.unesco.org/en/higher-education/recognition"),
            as_of: "2023",
        },
        ..BLANK
    }
}

const fn from(year: i16, month: i8, day: i8) -> InForce {
    InForce::From(Since::Exactly(date(year, month, day)))
}

const fn party_since(country: &'static str, since: Since) -> Party {
    Party { country, membership: Membership::Party(since) }
}
const fn in_2019(country: &'static str) -> Party {
    party_since(country, Since::Attested(date(2019, 1, 1)))
}

// The members of the council, as in the list of regions.
#[rustfmt::skip]
const CAMES: &[Party] = &[
    in_2019("BF"), in_2019("BI"), in_2019("BJ"), in_2019("CD"), in_2019("CF"), in_2019("CG"), in_2019("CI"), in_2019("CM"),
    in_2019("GA"), in_2019("GN"), in_2019("GQ"), in_2019("GW"), in_2019("MG"), in_2019("ML"), in_2019("NE"), in_2019("RW"),
    in_2019("SN"), in_2019("TD"), in_2019("TG"),
];

pub(super) const INSTRUMENTS: &[Instrument] = &[
    Instrument {
        note: "higher education; recognition unless substantial differences are shown, reasons and appeal are owed; \
               no right to practise",
        parties: Parties::Some(&[
            party_since("DE", Since::Exactly(date(2007, 10, 1))),
            party_since("IT", Since::Exactly(date(2010, 12, 1))),
            party_since("CH", Since::Exactly(date(1999, 2, 1))),
        ]),
        certainty: Certainty::Sure,
        source: Source {
            title: "Federal Law Gazette of Austria on the scope of the convention (deposits of 23 August 2007 and \
                    6 October 2010); Swiss SR 0.414.8",
            url: Some("https://www.coe.int/en/web/conventions/full-list?module=treaty-detail&treatynum=165"),
            as_of: "2013-06-03",
        },
        ..convention(
            "unesco-coe/lisbon-1997",
            "Convention on the Recognition of Qualifications concerning Higher Education in the European Region (ETS 165)",
            "1997-04-11",
            from(1999, 2, 1),
        )
    },
    Instrument {
        note: "higher education; gives no right to practise; parties are not stored, so membership is unknown",
        certainty: Certainty::Sure,
        source: Source {
            title: "UNESCO, Global Convention, adopted 25 November 2019, in force 5 March 2023; general knowledge",
            url: Some("https://www.unesco.org/en/higher-education/global-convention"),
            as_of: "2023",
        },
        ..convention(
            "unesco/global-convention-2019",
            "Global Convention on the Recognition of Qualifications concerning Higher Education",
            "2019-11-25",
            from(2023, 3, 5),
        )
    },
    convention(
        "unesco/latin-america-1974",
        "Regional Convention on Higher Education Studies in Latin America and the Caribbean (Mexico City)",
        "1974-07-19",
        InForce::NotStored,
    ),
    convention(
        "unesco/mediterranean-1976",
        "International Convention on Higher Education Studies in the Arab and European States bordering on the Mediterranean (Nice)",
        "1976-12-17",
        InForce::NotStored,
    ),
    convention(
        "unesco/arab-1978",
        "Convention on Higher Education Studies in the Arab States (Paris)",
        "1978-12-22",
        InForce::NotStored,
    ),
    convention(
        "unesco/europe-1979",
        "Convention on Higher Education Studies in the States belonging to the Europe Region (Paris)",
        "1979-12-21",
        InForce::NotStored,
    ),
    convention(
        "unesco/africa-1981",
        "Regional Convention on Higher Education Studies in the African States (Arusha)",
        "1981-12-05",
        InForce::NotStored,
    ),
    convention(
        "unesco/asia-pacific-1983",
        "Regional Convention on Higher Education Studies in Asia and the Pacific (Bangkok)",
        "1983-12-16",
        InForce::NotStored,
    ),
    convention(
        "unesco/asia-pacific-2011",
        "Asia-Pacific Regional Convention on Qualifications in Higher Education (Tokyo)",
        "2011-11-26",
        from(2018, 2, 1),
    ),
    convention(
        "unesco/africa-2014",
        "Revised Convention on Higher Education in African States (Addis Ababa)",
        "2014-12-12",
        from(2019, 12, 15),
    ),
    Instrument {
        parties: Parties::All(CAMES),
        note: "a diploma is recognised or found equivalent in the member states only if it is on the council's own list, which is not \
               stored; it gives no right to practise",
        source: Source {
            title: "CAMES, programme on recognition and equivalence of diplomas; members from general knowledge",
            url: Some("https://www.lecames.org"),
            as_of: "2019",
        },
        ..convention(
            "cames/pred",
            "CAMES programme on the recognition and equivalence of diplomas (PRED)",
            "1972",
            InForce::From(Since::Attested(date(2019, 1, 1))),
        )
    },
];
