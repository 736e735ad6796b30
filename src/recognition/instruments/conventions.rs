//! Norms of the ILO and the United Nations, recommendations, and EU law.

use jiff::civil::date;

use super::super::directive;
use super::super::source::{Certainty, Since, Source};
use super::{BLANK, Clause, ClauseKind, InForce, Instrument, InstrumentKind, Parties};

const ILO: Source = Source {
    title: "ILO, NORMLEX, list of instruments; days of entry into force",
    url: Some("https://www.ilo.org/normlex"),
    as_of: "2019",
};
const UN: Source = Source {
    title: "United Nations Treaty Collection; days of entry into force",
    url: Some("https://treaties.un.org"),
    as_of: "2019",
};
const RATIFICATIONS: &str = "cited as a norm; ratifications are not stored";

/// A convention that a decision may cite as its background; ratifications are not stored.
const fn convention(
    id: &'static str,
    title: &'static str,
    signed: &'static str,
    in_force: (i16, i8, i8),
    source: Source,
) -> Instrument {
    let (year, month, day) = in_force;
    Instrument {
        id,
        title,
        kind: InstrumentKind::Convention,
        signed,
        in_force: InForce::From(Since::Exactly(date(year, month, day))),
        parties: Parties::Some(&[]),
        note: RATIFICATIONS,
        source,
        ..BLANK
    }
}

/// Advice: it binds nobody and enters into force nowhere.
const fn recommendation(
    id: &'static str,
    title: &'static str,
    signed: &'static str,
    note: &'static str,
    source: Source,
) -> Instrument {
    Instrument {
        id,
        title,
        kind: InstrumentKind::Recommendation,
        signed,
        in_force: InForce::Adopted,
        note,
        source,
        ..BLANK
    }
}

pub(super) const INSTRUMENTS: &[Instrument] = &[
    convention(
        "ilo/c087",
        "Freedom of Association and Protection of the Right to Organise Convention, 1948 (No. 87)",
        "1948",
        (1950, 7, 4),
        ILO,
    ),
    convention(
        "ilo/c097",
        "Migration for Employment Convention (Revised), 1949 (No. 97)",
        "1949",
        (1952, 1, 22),
        ILO,
    ),
    convention(
        "ilo/c142",
        "Human Resources Development Convention, 1975 (No. 142)",
        "1975",
        (1977, 7, 19),
        ILO,
    ),
    Instrument {
        clauses: &[Clause {
            kind: ClauseKind::Recognition,
            article: Some("article 14(b)"),
            says: "a state may regulate the recognition of foreign occupational qualifications, certificates and diplomas included",
        }],
        ..convention(
            "ilo/c143",
            "Migrant Workers (Supplementary Provisions) Convention, 1975 (No. 143)",
            "1975",
            (1978, 12, 9),
            ILO,
        )
    },
    recommendation(
        "ilo/r086",
        "Migration for Employment Recommendation (Revised), 1949 (No. 86)",
        "1949",
        "cited as a norm; its annex is a model agreement",
        ILO,
    ),
    recommendation(
        "ilo/r151",
        "Migrant Workers Recommendation, 1975 (No. 151)",
        "1975",
        "cited as a norm",
        ILO,
    ),
    Instrument {
        clauses: &[Clause {
            kind: ClauseKind::Recognition,
            article: Some("part VI, 12"),
            says: "recognition and certification of skills, also for migrant workers",
        }],
        ..recommendation(
            "ilo/r195",
            "Human Resources Development Recommendation, 2004 (No. 195)",
            "2004",
            "cited as a norm",
            ILO,
        )
    },
    recommendation(
        "ilo/mflm-2006",
        "ILO Multilateral Framework on Labour Migration",
        "2006",
        "principles and guidelines, non-binding; cited as a norm",
        ILO,
    ),
    convention(
        "un/iccpr",
        "International Covenant on Civil and Political Rights",
        "1966-12-16",
        (1976, 3, 23),
        UN,
    ),
    convention(
        "un/icescr",
        "International Covenant on Economic, Social and Cultural Rights",
        "1966-12-16",
        (1976, 1, 3),
        UN,
    ),
    convention(
        "un/cmw",
        "International Convention on the Protection of the Rights of All Migrant Workers and Members of Their Families",
        "1990-12-18",
        (2003, 7, 1),
        UN,
    ),
    recommendation(
        "eu/eqf-2017",
        "Council Recommendation of 22 May 2017 on the European Qualifications Framework (2017/C 189/03)",
        "2017-05-22",
        "levels of qualifications, never of single skills; confers no right",
        Source {
            title: "Official Journal of the European Union, 2017/C 189/03",
            url: Some("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32017H0615(01)"),
            as_of: "2017-05-22",
        },
    ),
    recommendation(
        "eu/validation-2012",
        "Council Recommendation of 20 December 2012 on the validation of non-formal and informal learning (2012/C 398/01)",
        "2012-12-20",
        "four phases: identification, documentation, assessment, certification; no certification without assessment",
        Source {
            title: "Official Journal of the European Union, 2012/C 398/01",
            url: Some("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32012H1222(01)"),
            as_of: "2012-12-20",
        },
    ),
    recommendation(
        "eu/vet-2020",
        "Council Recommendation of 24 November 2020 on vocational education and training",
        "2020-11-24",
        "ECVET points and tools are no longer in use since; units of learning outcomes stay",
        Source {
            title: "Council Recommendation of 24 November 2020 (2020/C 417/01); general knowledge",
            url: None,
            as_of: "2020-11-24",
        },
    ),
    Instrument {
        kind: InstrumentKind::Legislation,
        in_force: InForce::From(Since::Exactly(date(2018, 5, 22))),
        ..recommendation(
            "eu/europass-2018",
            "Decision (EU) 2018/646 on a common framework for better services for skills and qualifications (Europass)",
            "2018-04-18",
            "certificate and diploma supplements inform; they amount to no formal recognition",
            Source {
                title: "Official Journal of the European Union, L 112, 2 May 2018",
                url: Some("https://eur-lex.europa.eu/eli/dec/2018/646"),
                as_of: "2018-04-18",
            },
        )
    },
    Instrument {
        kind: InstrumentKind::Legislation,
        in_force: InForce::From(Since::Exactly(date(2005, 10, 20))),
        clauses: &[
            Clause {
                kind: ClauseKind::Recognition,
                article: Some("title III"),
                says: "automatic recognition, or the general system with compensation measures; `reference list regimes`",
            },
            Clause {
                kind: ClauseKind::GapTraining,
                article: Some("article 14"),
                says: "adaptation period of at most three years, or aptitude test",
            },
        ],
        ..recommendation(
            "eu/directive-2005-36",
            "Directive 2005/36/EC on the recognition of professional qualifications",
            "2005-09-07",
            "recognition of qualifications of one member state in another; third-country qualifications come under it only once \
             recognised in a member state and after three years of practice there (article 3(3)); some professions are excluded",
            directive::DIRECTIVE,
        )
    },
    Instrument {
        kind: InstrumentKind::Legislation,
        occupations: &["2221", "2262", "2264", "3334", "5113"],
        in_force: InForce::NotStored,
        certainty: Certainty::NeedsCheck,
        ..recommendation(
            "eu/epc-2015-983",
            "Commission Implementing Regulation (EU) 2015/983 on the European Professional Card",
            "2015-06-24",
            "European Professional Card: general-care nurses, pharmacists, physiotherapists, real estate agents and mountain \
             guides only; the codes of the last two hold other occupations too",
            directive::CARD,
        )
    },
];
