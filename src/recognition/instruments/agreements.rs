//! Agreements between two countries or their bodies, between social partners, and between unions.

use jiff::civil::date;

use super::super::source::{Certainty, Since, Source};
use super::{
    BLANK, Clause, ClauseKind, Committee, InForce, Instrument, InstrumentKind, Membership, Monitoring,
    Parties, Party,
};

const fn both(one: &'static str, other: &'static str, since: Since) -> [Party; 2] {
    [
        Party { country: one, membership: Membership::Party(since) },
        Party { country: other, membership: Membership::Party(since) },
    ]
}

const fn clause(kind: ClauseKind, article: Option<&'static str>, says: &'static str) -> Clause {
    Clause { kind, article, says }
}

const NURSES_2013: Since = Since::Exactly(date(2013, 3, 19));
const DE_PH: [Party; 2] = both("DE", "PH", NURSES_2013);
const SCHOOLS_1970: Since = Since::Exactly(date(1970, 3, 28));
const EG_IT: [Party; 2] = both("EG", "IT", SCHOOLS_1970);
const INTERNS_2017: Since = Since::Exactly(date(2017, 10, 17));
const IN_JP: [Party; 2] = both("IN", "JP", INTERNS_2017);

const STUDY: Source =
    Source { title: "ILO study on skills recognition of migrant workers", url: None, as_of: "2019" };

pub(super) const INSTRUMENTS: &[Instrument] = &[
    Instrument {
        id: "de-ph/nurses-2013",
        title: "Agreement Concerning the Placement of Filipino Health Care Professionals in Employment Positions in the \
                Federal Republic of Germany (Triple Win)",
        kind: InstrumentKind::InterAgency,
        occupations: &["2221"],
        signed: "2013-03-19",
        in_force: InForce::From(NURSES_2013),
        parties: Parties::All(&DE_PH),
        clauses: &[
            clause(ClauseKind::EqualTreatment, None, "the same conditions as for German nurses"),
            clause(
                ClauseKind::Hrd,
                None,
                "cooperation in developing human resources in the country of origin",
            ),
            clause(ClauseKind::Monitoring, None, "a joint committee meets once a year"),
        ],
        monitoring: Monitoring { initiator: Some("joint monitoring committee"), payer: None },
        committee: Some(Committee {
            meets: "once a year, in turn in either country",
            members: &["government and employment service, DE", "government, PH", "ver.di, DE", "PSLINK, PH"],
        }),
        note: "placement by the two employment services, equal treatment, joint committee with unions of both sides; \
               recognition as a nurse is decided by the German authority, case by case",
        source: Source {
            title: "Department of Foreign Affairs, Philippines, 4 April 2016; Ako ay Pilipino, 20 March 2013 (signatories)",
            url: Some(
                "https://dfa.gov.ph/dfa-news/news-from-our-foreign-service-postsupdate/8884-labor-secretary-visits-germany-highlights-need-for-sustainable-labor-cooperation",
            ),
            as_of: "2016-04-04",
        },
        ..BLANK
    },
    Instrument {
        id: "eg-it/schools-1970",
        title: "Protocol between Italy and Egypt of 28 March 1970 on the Don Bosco technical institute, Cairo",
        kind: InstrumentKind::BindingBla,
        signed: "1970-03-28",
        in_force: InForce::From(SCHOOLS_1970),
        parties: Parties::All(&EG_IT),
        clauses: &[clause(
            ClauseKind::Recognition,
            None,
            "the institute's diplomas are valid in both countries",
        )],
        note: "diplomas of the institute are valid in both countries; each country's award stands or falls by itself; \
               the text was not read",
        certainty: Certainty::NeedsCheck,
        source: Source {
            title: "Published accounts of the institute; the protocol's text was not read",
            url: None,
            as_of: "2024",
        },
        ..BLANK
    },
    Instrument {
        id: "in-jp/titp-2017",
        title: "Memorandum of Cooperation on the Technical Intern Training Program, Japan and India",
        kind: InstrumentKind::Mou,
        signed: "2017-10-17",
        in_force: InForce::From(INTERNS_2017),
        parties: Parties::All(&IN_JP),
        clauses: &[clause(ClauseKind::Testing, None, "trade skills tests at the end of each stage")],
        note: "training at work for three to five years, then return; Japan's programme ends in April 2027",
        source: Source {
            title: "Memorandum of 17 October 2017, as described in the literature on skills partnerships",
            url: None,
            as_of: "2019",
        },
        ..BLANK
    },
    Instrument {
        id: "gh/hswu-2016",
        title: "Collective agreement of the Health Services Workers' Union of Ghana, in force from 1 January 2016",
        kind: InstrumentKind::CollectiveAgreement,
        signed: "2015-12-11",
        in_force: InForce::From(Since::Exactly(date(2016, 1, 1))),
        clauses: &[clause(
            ClauseKind::Reintegration,
            None,
            "the right to come back to the post after leave abroad; the clause's wording was not seen",
        )],
        note: "said to hold a reintegration clause; the clause's wording was not seen",
        certainty: Certainty::NeedsCheck,
        source: Source {
            title: "WageIndicator, collective agreements database, Ghana",
            url: Some("https://mywage.org/ghana"),
            as_of: "2016",
        },
        ..BLANK
    },
    Instrument {
        id: "ch/lmv",
        title: "Swiss national collective agreement for construction (Landesmantelvertrag)",
        kind: InstrumentKind::CollectiveAgreement,
        occupations: &["711", "9313"],
        signed: "2023",
        in_force: InForce::NotStored,
        clauses: &[clause(
            ClauseKind::WageClass,
            Some("article 42(2), annex 15"),
            "a branch certificate of the social partners leads to wage class A",
        )],
        note: "a wage class, never a level of a qualifications framework",
        certainty: Certainty::NeedsCheck,
        source: Source {
            title: "Swiss parity fund for construction and social partners, on the branch certificate",
            url: None,
            as_of: "2025",
        },
        ..BLANK
    },
    Instrument {
        id: "caricom/free-movement",
        title: "Revised Treaty of Chaguaramas, article 46: movement of skilled nationals, with certificates of recognition",
        kind: InstrumentKind::Convention,
        signed: "2001-07-05",
        in_force: InForce::From(Since::Attested(date(2006, 2, 4))),
        parties: Parties::Some(&[]),
        clauses: &[clause(
            ClauseKind::Recognition,
            Some("article 46"),
            "a certificate of skilled national by the receiving or the home state; holders of a CVQ are one category",
        )],
        note: "categories and parties from general knowledge; the certificate is no qualification",
        certainty: Certainty::NeedsCheck,
        source: Source {
            title: "CARICOM Secretariat, Revised Treaty of Chaguaramas; general knowledge",
            url: Some("https://caricom.org"),
            as_of: "2019",
        },
        ..BLANK
    },
    Instrument {
        id: "qa/workers-welfare-2016",
        title: "Memorandum of understanding on workers' welfare, Supreme Committee (Qatar) and Building and Wood Workers' International",
        kind: InstrumentKind::UnionAgreement,
        occupations: &["7", "8", "93"],
        signed: "2016",
        in_force: InForce::NotStored,
        note: "inspections and courses for worker representatives; gives no recognition",
        source: STUDY,
        ..BLANK
    },
    Instrument {
        id: "bh-np/unions",
        title: "Agreement between unions of Nepal (GEFONT) and Bahrain on the protection of migrant workers",
        kind: InstrumentKind::UnionAgreement,
        signed: "before 2019",
        in_force: InForce::NotStored,
        note: "support on the corridor, after the model agreement of ACTRAV; `reference list contacts`",
        certainty: Certainty::NeedsCheck,
        source: STUDY,
        ..BLANK
    },
];
