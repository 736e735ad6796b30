//! National frameworks whose levels are known for sure; others wait until someone has a source.
//! One table, a framework a row.

use super::frameworks::{
    Edition, Framework, LEVELS_4, LEVELS_7, LEVELS_8, LEVELS_9, LEVELS_10, LEVELS_12, dated, edition,
};
use super::source::{Certainty, Source};

const fn read_in(title: &'static str, url: Option<&'static str>, as_of: &'static str) -> Source {
    Source { title, url, as_of }
}

const CEDEFOP: Source = read_in(
    "Cedefop, NQFs online tool, level tables, state of play 2024",
    Some("https://www.cedefop.europa.eu/en/tools/nqfs-online-tool"),
    "2024",
);
const ELM: Source = read_in(
    "European Learning Model, controlled vocabulary of NQF levels",
    Some("https://github.com/european-commission-empl/European-Learning-Model"),
    "2024",
);
const ACQF: Source =
    read_in("ACQF, inventory of national frameworks in Africa", Some("https://acqf.africa"), "2024");
const LK: Source = read_in("Nuffic, education system Sri Lanka", Some("https://www.nuffic.nl"), "2024");
const NCRF: Source = read_in(
    "Gazette notifications 8/6/2013-Invt of 27 December 2013 and 22001/01/2023/NCVET of 6 June 2023; half levels as used under \
     the National Credit Framework, not yet checked against the annexure",
    Some("https://ncvet.gov.in"),
    "2023-06-06",
);
const LISTINGS: Source = read_in("press and code listings", None, "2026");
const GENERAL: Source = read_in("general knowledge, not re-read", None, "2026");

const fn national(
    id: &'static str,
    name: &'static str,
    also: &'static [&'static str],
    editions: &'static [Edition],
    source: Source,
) -> Framework {
    Framework {
        id,
        name,
        also,
        editions,
        source,
        certainty: Certainty::Sure,
        is_national: true,
        reference_only: false,
    }
}

/// Said by a source, its text not read.
const fn unread(framework: Framework) -> Framework {
    Framework { certainty: Certainty::NeedsCheck, ..framework }
}

/// No longer, or never, its country's national framework: `country/nqf` does not mean it.
const fn partial(framework: Framework) -> Framework {
    Framework { is_national: false, ..framework }
}

/// Sorted by id.
pub(super) const NATIONAL: &[Framework] = &[
    national(
        "ae/qfe",
        "Qualifications Framework for the Emirates",
        &["QFEMIRATES"],
        &[edition("undated", LEVELS_10)],
        read_in("National Qualifications Authority, United Arab Emirates", None, "2012"),
    ),
    national("al/aqf", "Albanian Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national(
        "at/nqr",
        "Austrian National Qualifications Framework",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "au/aqf",
        "Australian Qualifications Framework",
        &[],
        &[edition("2013", LEVELS_10)],
        read_in(
            "Australian Qualifications Framework, second edition, January 2013",
            Some("https://www.aqf.edu.au"),
            "2013-01",
        ),
    ),
    national(
        "ba/bqf",
        "Qualifications Framework in Bosnia and Herzegovina",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "bd/bnqf",
        "Bangladesh National Qualifications Framework",
        &["NQF"],
        &[edition("undated", LEVELS_10)],
        read_in("National Skills Development Authority and BTEB, Bangladesh", None, "2021"),
    ),
    partial(national(
        "bd/ntvqf",
        "National Technical and Vocational Qualifications Framework, Bangladesh",
        &["NTVQF"],
        &[edition("undated", &["Pre-Voc 1", "Pre-Voc 2", "1", "2", "3", "4", "5", "6"])],
        read_in("Bangladesh Technical Education Board", None, "2012"),
    )),
    national(
        "be-dg/qdg",
        "Qualifications Framework of the German-speaking Community of Belgium",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "be-vlg/vks",
        "Flemish Qualifications Structure",
        &["FQF"],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "be-wal/cfc",
        "Qualifications Framework of the French-speaking Community of Belgium",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "bg/nqf",
        "Bulgarian Qualifications Framework",
        &[],
        &[edition("2024", &["0", "1", "2", "3", "4", "5", "6", "7", "8"])],
        CEDEFOP,
    ),
    unread(national(
        "bn/bdqf",
        "Brunei Darussalam Qualifications Framework",
        &["NQF"],
        &[edition("undated", LEVELS_8)],
        GENERAL,
    )),
    national(
        "bw/ncqf",
        "National Credit and Qualifications Framework, Botswana",
        &["NQF"],
        &[edition("undated", LEVELS_10)],
        ACQF,
    ),
    national(
        "ch/nqf-vpet",
        "Swiss Framework for Vocational and Professional Education and Training",
        &["NQF"],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "cv/qnq",
        "National Qualifications Framework of Cabo Verde",
        &["NQF"],
        &[edition("undated", LEVELS_8)],
        read_in(
            "Europass, comparison of Cabo Verde with the EQF, 2023",
            Some("https://europass.europa.eu/en/node/2036"),
            "2023",
        ),
    ),
    national(
        "cy/cyqf",
        "Cyprus Qualifications Framework",
        &[],
        &[edition("2024", &["1", "2", "3", "4", "5", "5a", "5b", "5c", "6", "7a", "7b", "7c", "8"])],
        CEDEFOP,
    ),
    national(
        "cz/nsk",
        "Czech National Register of Qualifications",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national("de/dqr", "German Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national("dk/nqf", "Danish Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national("ee/estqf", "Estonian Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national("es/mecu", "Spanish Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national(
        "fi/finqf",
        "Finnish National Framework for Qualifications",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "fr/rncp",
        "French National Framework of Vocational Qualifications",
        &[],
        &[edition("before-2019", &["V", "IV", "III", "II", "I"]), edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "gb-eng/rqf",
        "Regulated Qualifications Framework, England and Northern Ireland",
        &[],
        &[edition("2024", &["E1", "E2", "E3", "1", "2", "3", "4", "5", "6", "7", "8"])],
        ELM,
    ),
    national(
        "gb-sct/scqf",
        "Scottish Credit and Qualifications Framework",
        &[],
        &[edition("2024", LEVELS_12)],
        ELM,
    ),
    national(
        "gb-wls/cqfw",
        "Credit and Qualifications Framework for Wales",
        &[],
        &[edition("2024", &["Entry", "1", "2", "3", "4", "5", "6", "7", "8"])],
        ELM,
    ),
    national(
        "ge/nqf",
        "National Qualifications Framework of Georgia",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national("gr/hqf", "Hellenic Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national(
        "hr/croqf",
        "Croatian Qualifications Framework",
        &[],
        &[edition(
            "2024",
            &[
                "1", "2", "3", "4", "4.1", "4.2", "5", "6", "6 st", "6 sv", "7", "7.1 st", "7.1 sv", "7.2",
                "8", "8.1", "8.2",
            ],
        )],
        CEDEFOP,
    ),
    national("hu/huqf", "Hungarian Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national(
        "id/kkni",
        "Indonesian Qualifications Framework",
        &["IQF"],
        &[edition("2012", LEVELS_9)],
        read_in("Presidential Regulation 8/2012, Indonesia", None, "2012"),
    ),
    national(
        "ie/nfq",
        "Irish National Framework of Qualifications",
        &[],
        &[edition("2024", LEVELS_10)],
        CEDEFOP,
    ),
    national(
        "in/nsqf",
        "National Skills Qualifications Framework, India",
        &["NQF"],
        &[
            dated(edition("2013", LEVELS_10), "2013-12-27", Some("2023-06-05")),
            dated(
                edition("2023", &["1", "2", "2.5", "3", "3.5", "4", "4.5", "5", "5.5", "6", "6.5", "7", "8"]),
                "2023-06-06",
                None,
            ),
        ],
        NCRF,
    ),
    national(
        "is/isqf",
        "Icelandic Qualifications Framework",
        &[],
        &[edition("2024", &["1", "2", "3", "4", "5.1", "5.2", "6.1", "6.2", "7.1", "7.2"])],
        CEDEFOP,
    ),
    national(
        "it/qnq",
        "Italian National Qualifications Framework",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    unread(partial(national(
        "jp/skill-tests",
        "Trade skill tests, Japan",
        &[],
        &[edition("undated", &["basic", "3", "2", "1", "special"])],
        GENERAL,
    ))),
    national(
        "ke/knqf",
        "Kenya National Qualifications Framework",
        &["NQF"],
        &[edition("undated", LEVELS_10)],
        ACQF,
    ),
    national(
        "kh/cnqf",
        "Cambodia National Qualifications Framework",
        &["CNQF", "NQF"],
        &[edition("undated", LEVELS_8)],
        LISTINGS,
    ),
    national(
        "la/nqf",
        "Lao National Qualifications Framework",
        &[],
        &[edition("undated", LEVELS_8)],
        LISTINGS,
    ),
    national(
        "li/nqfl",
        "National Qualifications Framework of Liechtenstein",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "lk/nvq",
        "National Vocational Qualifications, Sri Lanka",
        &[],
        &[edition("undated", LEVELS_7)],
        LK,
    ),
    national("lk/slqf", "Sri Lanka Qualifications Framework", &["NQF"], &[edition("undated", LEVELS_12)], LK),
    national("ls/lqf", "Lesotho Qualifications Framework", &["NQF"], &[edition("undated", LEVELS_10)], ACQF),
    national("lt/ltqf", "Lithuanian Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national("lu/clq", "Luxembourg Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national("lv/lqf", "Latvian Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national(
        "md/nqf",
        "National Qualifications Framework of Moldova",
        &[],
        &[edition(
            "2024",
            &[
                "1.1", "1.2", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3", "3.4", "3.5", "3.6", "3.7", "3.8",
                "4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "4.7", "4.8", "4.9", "4.10", "4.11", "4.12", "5.1",
                "5.2", "5.3", "5.4", "5.5", "5.6", "5.7", "6.1", "6.2", "6.3", "6.4", "6.5", "6.6", "7.1",
                "7.2", "7.3", "7.4", "8.1", "8.2", "8.3", "8.4",
            ],
        )],
        CEDEFOP,
    ),
    national(
        "me/nqf",
        "Montenegrin Qualifications Framework",
        &[],
        &[edition("2024", &["1.1", "1.2", "2", "3", "4.1", "4.2", "5", "6", "7.1", "7.2", "8"])],
        CEDEFOP,
    ),
    national(
        "mk/nqf",
        "Macedonian Qualifications Framework",
        &[],
        &[edition("2024", &["1", "2", "3", "4", "5B", "5A", "6B", "6A", "7B", "7A", "8"])],
        CEDEFOP,
    ),
    unread(national(
        "mm/mnqf",
        "Myanmar National Qualifications Framework",
        &["NQF"],
        &[edition("undated", LEVELS_8)],
        GENERAL,
    )),
    national("mt/mqf", "Malta Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    unread(national(
        "mu/nqf",
        "National Qualifications Framework, Mauritius",
        &[],
        &[edition("undated", LEVELS_10)],
        GENERAL,
    )),
    national(
        "my/mqf",
        "Malaysian Qualifications Framework",
        &[],
        &[edition("undated", LEVELS_8)],
        read_in("Malaysian Qualifications Agency", Some("https://www.mqa.gov.my"), "2019"),
    ),
    unread(national(
        "na/nqf",
        "National Qualifications Framework, Namibia",
        &[],
        &[edition("undated", LEVELS_10)],
        GENERAL,
    )),
    national(
        "nl/nlqf",
        "Dutch Qualifications Framework",
        &[],
        &[edition("2024", &["Entry", "1", "2", "3", "4", "4+", "5", "6", "7", "8"])],
        CEDEFOP,
    ),
    national(
        "no/nkr",
        "Norwegian Qualifications Framework",
        &[],
        &[edition("2024", &["2", "3", "4", "5.1", "5.2", "6.1", "6.2", "7", "8"])],
        CEDEFOP,
    ),
    partial(national(
        "np/nstb",
        "Skill test levels of the National Skill Testing Board, Nepal",
        &[],
        &[edition("undated", LEVELS_4)],
        read_in("CTEVT, National Skill Testing Board, Nepal", None, "2024"),
    )),
    national(
        "nz/nzqcf",
        "New Zealand Qualifications and Credentials Framework",
        &["NZQF"],
        &[edition("undated", LEVELS_10)],
        read_in("New Zealand Qualifications Authority", Some("https://www.nzqa.govt.nz"), "2023"),
    ),
    national(
        "ph/pqf",
        "Philippine Qualifications Framework",
        &[],
        &[dated(edition("2018", LEVELS_8), "2018-01-16", None)],
        read_in(
            "pqf.gov.ph; Republic Act 10968 of 16 January 2018",
            Some("https://pqf.gov.ph"),
            "2018-01-16",
        ),
    ),
    national("pl/prk", "Polish Qualifications Framework", &["PQF"], &[edition("2024", LEVELS_8)], CEDEFOP),
    national(
        "pt/qnq",
        "Portuguese National Qualifications Framework",
        &["NQF"],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "ro/roqf",
        "Romanian National Qualifications Framework",
        &["CNC"],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "rs/nqfs",
        "National Qualifications Framework in Serbia",
        &[],
        &[edition("2024", &["1", "2", "3", "4", "5", "6.1", "6.2", "7.1", "7.2", "8"])],
        CEDEFOP,
    ),
    unread(national(
        "sc/nqf",
        "National Qualifications Framework, Seychelles",
        &[],
        &[edition("undated", LEVELS_10)],
        GENERAL,
    )),
    national("se/seqf", "Swedish Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national("si/sqf", "Slovenian Qualifications Framework", &[], &[edition("2024", LEVELS_10)], CEDEFOP),
    national("sk/skkr", "Slovak Qualifications Framework", &[], &[edition("2024", LEVELS_8)], CEDEFOP),
    national("sz/sqf", "Eswatini Qualifications Framework", &["NQF"], &[edition("undated", LEVELS_10)], ACQF),
    national(
        "th/nqf",
        "Thailand National Qualifications Framework",
        &[],
        &[edition("undated", LEVELS_8)],
        read_in("AQRF Referencing Report of Thailand", None, "2020"),
    ),
    national("tr/tqf", "Turkish Qualifications Framework", &["TYC"], &[edition("2024", LEVELS_8)], CEDEFOP),
    unread(national(
        "tz/nqf",
        "Tanzania Qualifications Framework",
        &["TZQF"],
        &[edition("undated", LEVELS_10)],
        GENERAL,
    )),
    national(
        "ua/nqf",
        "National Qualifications Framework of Ukraine",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "vn/vqf",
        "Vietnamese Qualifications Framework",
        &[],
        &[edition("2016", LEVELS_8)],
        read_in("Decision 1982/QD-TTg of 2016, Viet Nam", None, "2016"),
    ),
    national(
        "xk/nqf",
        "National Qualifications Framework of Kosovo",
        &[],
        &[edition("2024", LEVELS_8)],
        CEDEFOP,
    ),
    national(
        "za/nqf",
        "National Qualifications Framework, South Africa",
        &[],
        &[edition("2008", LEVELS_10)],
        read_in("SAQA; NQF Act 67 of 2008, South Africa", Some("https://www.saqa.org.za"), "2008"),
    ),
    unread(national(
        "zm/zqf",
        "Zambia Qualifications Framework",
        &["NQF"],
        &[edition("undated", LEVELS_10)],
        GENERAL,
    )),
];
