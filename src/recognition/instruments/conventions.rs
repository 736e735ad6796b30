//! Conventions, recommendations and EU law.

use jiff::civil::date;

use super::super::source::{Certainty, Since, Source};
use super::{Instrument, InstrumentKind, Membership, Parties, Party};

const ILO: Source = Source {
    title: "ILO, NORMLEX, list of instruments",
    url: Some("https://www.ilo.org/normlex"),
    as_of: "2019",
};

/// A convention or recommendation that a decision may cite as its background; ratifications are not stored.
const fn standard(
    id: &'static str,
    title: &'static str,
    kind: InstrumentKind,
    signed: &'static str,
    source: Source,
) -> Instrument {
    Instrument {
        id,
        title,
        kind,
        occupations: &[],
        signed,
        in_force: None,
        parties: Parties::Some(&[]),
        note: "cited as a norm; ratifications are not stored",
        certainty: Certainty::Sure,
        source,
    }
}

const fn ilo_convention(id: &'static str, title: &'static str, year: &'static str) -> Instrument {
    standard(id, title, InstrumentKind::Convention, year, ILO)
}

const fn party_since(country: &'static str, since: Since) -> Party {
    Party { country, membership: Membership::Party(since) }
}

pub(super) const INSTRUMENTS: &[Instrument] = &[
    Instrument {
        note: "higher education; recognition unless substantial differences are shown, reasons and appeal are owed; \
               no right to practise",
        in_force: Some(Since::Exactly(date(1999, 2, 1))),
        parties: Parties::Some(&[
            party_since("DE", Since::Exactly(date(2007, 10, 1))),
            party_since("IT", Since::Exactly(date(2010, 12, 1))),
            party_since("CH", Since::Exactly(date(1999, 2, 1))),
        ]),
        ..standard(
            "unesco-coe/lisbon-1997",
            "Convention on the Recognition of Qualifications concerning Higher Education in the European Region (ETS 165)",
            InstrumentKind::Convention,
            "1997-04-11",
            Source {
                title: "Federal Law Gazette of Austria on the scope of the convention (deposits of 23 August 2007 and \
                        6 October 2010); Swiss SR 0.414.8",
                url: Some(
                    "https://www.coe.int/en/web/conventions/full-list?module=treaty-detail&treatynum=165",
                ),
                as_of: "2013-06-03",
            },
        )
    },
    Instrument {
        note: "higher education; parties are not stored, so membership is unknown",
        in_force: Some(Since::Exactly(date(2023, 3, 5))),
        ..standard(
            "unesco/global-convention-2019",
            "Global Convention on the Recognition of Qualifications concerning Higher Education",
            InstrumentKind::Convention,
            "2019-11-25",
            Source {
                title: "UNESCO, Global Convention, adopted 25 November 2019, in force 5 March 2023; general knowledge",
                url: Some("https://www.unesco.org/en/higher-education/global-convention"),
                as_of: "2023",
            },
        )
    },
    ilo_convention(
        "ilo/c087",
        "Freedom of Association and Protection of the Right to Organise Convention",
        "1948",
    ),
    ilo_convention("ilo/c097", "Migration for Employment Convention (Revised)", "1949"),
    ilo_convention("ilo/c142", "Human Resources Development Convention", "1975"),
    Instrument {
        note: "article 14(b): a state may regulate the recognition of foreign occupational qualifications; \
               ratifications are not stored",
        ..ilo_convention("ilo/c143", "Migrant Workers (Supplementary Provisions) Convention", "1975")
    },
    standard(
        "ilo/r086",
        "Migration for Employment Recommendation (Revised)",
        InstrumentKind::Recommendation,
        "1949",
        ILO,
    ),
    standard("ilo/r151", "Migrant Workers Recommendation", InstrumentKind::Recommendation, "1975", ILO),
    Instrument {
        note: "part VI, 12: recognition and certification of skills, also for migrant workers",
        ..standard(
            "ilo/r195",
            "Human Resources Development Recommendation",
            InstrumentKind::Recommendation,
            "2004",
            ILO,
        )
    },
    Instrument {
        parties: Parties::NotStates,
        note: "levels of qualifications, never of single skills; confers no right",
        ..standard(
            "eu/eqf-2017",
            "Council Recommendation of 22 May 2017 on the European Qualifications Framework (2017/C 189/03)",
            InstrumentKind::Recommendation,
            "2017-05-22",
            Source {
                title: "Official Journal of the European Union, 2017/C 189/03",
                url: Some("https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:32017H0615(01)"),
                as_of: "2017-05-22",
            },
        )
    },
    Instrument {
        in_force: Some(Since::Exactly(date(2005, 10, 20))),
        parties: Parties::NotStates,
        note: "recognition of qualifications of one member state in another; third-country qualifications come under \
               it only once recognised in a member state and after three years of practice there (article 3(3))",
        ..standard(
            "eu/directive-2005-36",
            "Directive 2005/36/EC on the recognition of professional qualifications",
            InstrumentKind::Legislation,
            "2005-09-07",
            Source {
                title: "Official Journal of the European Union, L 255, 30 September 2005",
                url: Some("https://eur-lex.europa.eu/eli/dir/2005/36"),
                as_of: "2013-11-20",
            },
        )
    },
    Instrument {
        occupations: &["2221", "2262", "2264"],
        parties: Parties::NotStates,
        note: "European professional card: general-care nurses, pharmacists, physiotherapists, mountain guides and real \
               estate agents only; the last two have no ISCO group of their own and are not stored",
        certainty: Certainty::NeedsCheck,
        ..standard(
            "eu/epc-2015-983",
            "Commission Implementing Regulation (EU) 2015/983 on the European Professional Card",
            InstrumentKind::Legislation,
            "2015-06-24",
            Source {
                title: "Official Journal of the European Union, L 159, 25 June 2015",
                url: Some("https://eur-lex.europa.eu/eli/reg_impl/2015/983"),
                as_of: "2015-06-24",
            },
        )
    },
];
