//! Mutual recognition arrangements on professions: ASEAN's eight and those of the East African Community. A relation
//! between two parties only, never onwards to a third.

use jiff::civil::date;

use super::super::source::{Certainty, Since, Source};
use super::{BLANK, InForce, Instrument, InstrumentKind, Membership, Parties, Party, Register};

/// The ten governments named in the preamble of the arrangement on nursing, from the day of signature; Timor-Leste,
/// a member of ASEAN since October 2025, is not known to be a party.
const fn asean(since: Since) -> [Party; 11] {
    const fn party(country: &'static str, since: Since) -> Party {
        Party { country, membership: Membership::Party(since) }
    }
    [
        party("BN", since),
        party("KH", since),
        party("ID", since),
        party("LA", since),
        party("MY", since),
        party("MM", since),
        party("PH", since),
        party("SG", since),
        party("TH", since),
        party("VN", since),
        Party { country: "TL", membership: Membership::Open },
    ]
}

const ENGINEERING: [Party; 11] = asean(Since::Exactly(date(2005, 12, 9)));
const NURSING: [Party; 11] = asean(Since::Exactly(date(2006, 12, 8)));
const NOVEMBER_2007: [Party; 11] = asean(Since::Exactly(date(2007, 11, 19)));
const FEBRUARY_2009: [Party; 11] = asean(Since::Exactly(date(2009, 2, 26)));
const TOURISM: [Party; 11] = asean(Since::Exactly(date(2012, 11, 9)));

const GENERAL_KNOWLEDGE: Source = Source {
    title: "ASEAN Secretariat, list of mutual recognition arrangements in services; date from general knowledge",
    url: Some("https://asean.org"),
    as_of: "2019",
};
const EAC: Source = Source {
    title: "East African Community, education, science and technology: four agreements negotiated and signed",
    url: Some("https://eac.int/education/66-sector/education-science-technology"),
    as_of: "2025-11",
};

const fn arrangement(
    id: &'static str,
    title: &'static str,
    occupations: &'static [&'static str],
    signed: &'static str,
    parties: &'static [Party],
) -> Instrument {
    let in_force = match parties {
        [Party { membership: Membership::Party(since), .. }, ..] => InForce::From(*since),
        _ => InForce::Planned,
    };
    Instrument {
        id,
        title,
        kind: InstrumentKind::MutualRecognition,
        occupations,
        signed,
        in_force,
        parties: Parties::All(parties),
        note: "the host country's authority registers or licenses; the arrangement itself admits nobody to the country",
        certainty: Certainty::NeedsCheck,
        source: GENERAL_KNOWLEDGE,
        ..BLANK
    }
}

/// A register of one country's professionals that opens another's.
const fn register(
    name: &'static str,
    title: &'static str,
    rests_on: &'static str,
    needs: &'static str,
    limits: &'static str,
) -> Register {
    Register { name, title, rests_on, needs, limits }
}

const HOME_LICENCE: &str = "the licence or registration at home: it ends with it";
const HOST_REGISTER: &str = "registration by the host country's authority, under its law";

const ENGINEERS: &[Register] = &[
    register(
        "ACPE",
        "ASEAN Chartered Professional Engineer",
        HOME_LICENCE,
        "admission by the monitoring committee and the coordinating committee; renewal by continuing development; years of \
         experience not settled",
        "gives no right to practise anywhere by itself",
    ),
    register(
        "RFPE",
        "Registered Foreign Professional Engineer",
        "an ACPE entry: it ends with it",
        HOST_REGISTER,
        "works together with a designated engineer of the host country, not independently unless its authority allows it",
    ),
];
/// General knowledge, as the arrangements' rows say.
const ARCHITECTS: &[Register] = &[
    register(
        "AA",
        "ASEAN Architect",
        HOME_LICENCE,
        "admission by the monitoring committee and the ASEAN Architect Council",
        "gives no right to practise anywhere by itself",
    ),
    register(
        "RFA",
        "Registered Foreign Architect",
        "an AA entry: it ends with it",
        HOST_REGISTER,
        "as the host country's authority allows",
    ),
];
const ACCOUNTANTS: &[Register] = &[
    register(
        "ACPA",
        "ASEAN Chartered Professional Accountant",
        HOME_LICENCE,
        "admission by the monitoring committee and the coordinating committee",
        "gives no right to practise anywhere by itself",
    ),
    register(
        "RFPA",
        "Registered Foreign Professional Accountant",
        "an ACPA entry: it ends with it",
        HOST_REGISTER,
        "without signing audits and what the host country reserves",
    ),
];

const fn east_african(
    id: &'static str,
    title: &'static str,
    occupations: &'static [&'static str],
    signed: &'static str,
    parties: &'static [Party],
    source: Source,
) -> Instrument {
    Instrument {
        parties: Parties::Some(parties),
        source,
        ..arrangement(id, title, occupations, signed, parties)
    }
}

const fn eac_party(country: &'static str, since: Since) -> Party {
    Party { country, membership: Membership::Party(since) }
}
/// Partner states that joined the Community after the first agreements were signed. Which of the others are parties
/// was not read.
const JOINED_LATER: &[Party] = &[
    Party { country: "CD", membership: Membership::NotAParty },
    Party { country: "SO", membership: Membership::NotAParty },
    Party { country: "SS", membership: Membership::NotAParty },
];

const ENGINEERS_2012: Since = Since::Exactly(date(2012, 12, 7));
const VETERINARY_2016: Since = Since::Attested(date(2016, 3, 16));
const ATTESTED_2025: Since = Since::Attested(date(2025, 11, 26));

pub(super) const INSTRUMENTS: &[Instrument] = &[
    Instrument {
        certainty: Certainty::Sure,
        registers: ENGINEERS,
        source: Source {
            title: "ASEAN MRA on Engineering Services, signed 9 December 2005",
            url: Some("https://asean.org"),
            as_of: "2005-12-09",
        },
        note: "a registered foreign professional engineer works together with designated engineers of the host country, \
               not independently unless its authority allows it",
        ..arrangement(
            "asean/mra-engineering",
            "ASEAN MRA on Engineering Services",
            &["214", "215"],
            "2005-12-09",
            &ENGINEERING,
        )
    },
    Instrument {
        certainty: Certainty::Sure,
        source: Source {
            title: "ASEAN, media release by the Chair of the Economic Ministers, Cebu, 8 December 2006; preamble of the text",
            url: Some(
                "https://asean.org/media-release-issued-by-the-chair-of-asean-economic-ministers-cebu-philippines-2/",
            ),
            as_of: "2006-12-08",
        },
        note: "registered nurses with at least three years' practice in the country of origin may apply to the host \
               country's authority, whose rules apply; it admits nobody to the country",
        ..arrangement("asean/mra-nursing", "ASEAN MRA on Nursing Services", &["2221"], "2006-12-08", &NURSING)
    },
    Instrument {
        registers: ARCHITECTS,
        ..arrangement(
            "asean/mra-architecture",
            "ASEAN MRA on Architectural Services",
            &["2161"],
            "2007-11-19",
            &NOVEMBER_2007,
        )
    },
    arrangement(
        "asean/mra-surveying",
        "ASEAN Framework Arrangement for the Mutual Recognition of Surveying Qualifications",
        &["2165"],
        "2007-11-19",
        &NOVEMBER_2007,
    ),
    arrangement(
        "asean/mra-medical",
        "ASEAN MRA on Medical Practitioners",
        &["221"],
        "2009-02-26",
        &FEBRUARY_2009,
    ),
    arrangement(
        "asean/mra-dental",
        "ASEAN MRA on Dental Practitioners",
        &["2261"],
        "2009-02-26",
        &FEBRUARY_2009,
    ),
    Instrument {
        registers: ACCOUNTANTS,
        ..arrangement(
            "asean/mra-accountancy",
            "ASEAN MRA Framework on Accountancy Services (revised 2014)",
            &["2411"],
            "2009-02-26",
            &FEBRUARY_2009,
        )
    },
    Instrument {
        note: "certificates of tourism professionals; no licence is needed",
        ..arrangement("asean/mra-tourism", "ASEAN MRA on Tourism Professionals", &[], "2012-11-09", &TOURISM)
    },
    Instrument {
        in_force: InForce::From(ATTESTED_2025),
        ..east_african("eac/mra-accountancy", "EAC MRA on accountants", &["2411"], "2011", JOINED_LATER, EAC)
    },
    Instrument {
        in_force: InForce::From(ATTESTED_2025),
        ..east_african("eac/mra-architecture", "EAC MRA on architects", &["2161"], "2011", JOINED_LATER, EAC)
    },
    Instrument {
        certainty: Certainty::Sure,
        note: "Burundi and Rwanda did not sign in 2012; whether they joined since is not stored",
        ..east_african(
            "eac/mra-engineering",
            "EAC MRA on engineers",
            &["214", "215"],
            "2012-12-07",
            &[
                eac_party("KE", ENGINEERS_2012),
                eac_party("TZ", ENGINEERS_2012),
                eac_party("UG", ENGINEERS_2012),
            ],
            Source {
                title: "The New Times, Kigali, 10 December 2012: three East African countries seal agreement on engineers",
                url: Some(
                    "https://www.newtimes.co.rw/article/84748/News/three-east-african-countries-seal-agreement-on-engineers",
                ),
                as_of: "2012-12-10",
            },
        )
    },
    Instrument {
        certainty: Certainty::Sure,
        ..east_african(
            "eac/mra-veterinary",
            "EAC MRA on veterinary professionals",
            &["2250"],
            "2016",
            &[
                eac_party("KE", VETERINARY_2016),
                eac_party("RW", VETERINARY_2016),
                eac_party("UG", VETERINARY_2016),
            ],
            Source {
                title: "The Commonwealth, 16 March 2016: begins for Kenya, Rwanda and Uganda, then for the others",
                url: Some(
                    "https://thecommonwealth.org/media/news/supporting-movement-veterinary-professionals-across-east-africa",
                ),
                as_of: "2016-03-16",
            },
        )
    },
    Instrument {
        note: "planned; not signed",
        ..east_african(
            "eac/mra-pharmacy",
            "EAC MRA on pharmacists (planned)",
            &["2262"],
            "not signed",
            &[],
            EAC,
        )
    },
    Instrument {
        note: "under negotiation",
        ..east_african(
            "eac/mra-advocates",
            "EAC MRA on advocates (planned)",
            &["2611"],
            "not signed",
            &[],
            EAC,
        )
    },
    Instrument {
        note: "under negotiation",
        ..east_african(
            "eac/mra-land-surveying",
            "EAC MRA on land surveyors (planned)",
            &["2165"],
            "not signed",
            &[],
            EAC,
        )
    },
];
