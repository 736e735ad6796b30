//! The classifications that records and rules refer to: ISCO-08 with its skill levels, ISCED 2011, ISCED-F 2013, CEFR. Broad
//! groups only; whole files are read by `reference import`.

use super::source::Source;

/// One code of a classification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The code, as text.
    pub code: &'static str,
    /// Its title.
    pub title: &'static str,
}

/// ISCO-08, volume 1.
pub const ISCO_08: Source = Source {
    title: "ILO, International Standard Classification of Occupations 2008 (ISCO-08), volume 1",
    url: Some("https://isco.ilo.org"),
    as_of: "2012",
};
/// ISCED 2011.
pub const ISCED_11: Source = Source {
    title: "UNESCO Institute for Statistics, International Standard Classification of Education 2011",
    url: Some("https://isced.uis.unesco.org"),
    as_of: "2012",
};
/// ISCED-F 2013.
pub const ISCED_F: Source = Source {
    title: "UNESCO Institute for Statistics, ISCED Fields of Education and Training 2013, appendix I",
    url: Some("https://isced.uis.unesco.org"),
    as_of: "2014",
};
/// CEFR.
pub const CEFR: Source = Source {
    title: "Council of Europe, Common European Framework of Reference for Languages, companion volume",
    url: Some("https://www.coe.int/en/web/common-european-framework-reference-languages"),
    as_of: "2020",
};

// A code a line, as the classifications print them.
#[rustfmt::skip]
const OCCUPATIONS: &[(&str, &str)] = &[
    ("0", "Armed forces occupations"),
    ("01", "Commissioned armed forces officers"),
    ("02", "Non-commissioned armed forces officers"),
    ("03", "Armed forces occupations, other ranks"),
    ("1", "Managers"),
    ("11", "Chief executives, senior officials and legislators"),
    ("12", "Administrative and commercial managers"),
    ("13", "Production and specialised services managers"),
    ("14", "Hospitality, retail and other services managers"),
    ("2", "Professionals"),
    ("21", "Science and engineering professionals"),
    ("22", "Health professionals"),
    ("23", "Teaching professionals"),
    ("24", "Business and administration professionals"),
    ("25", "Information and communications technology professionals"),
    ("26", "Legal, social and cultural professionals"),
    ("3", "Technicians and associate professionals"),
    ("31", "Science and engineering associate professionals"),
    ("32", "Health associate professionals"),
    ("33", "Business and administration associate professionals"),
    ("34", "Legal, social, cultural and related associate professionals"),
    ("35", "Information and communications technicians"),
    ("4", "Clerical support workers"),
    ("41", "General and keyboard clerks"),
    ("42", "Customer services clerks"),
    ("43", "Numerical and material recording clerks"),
    ("44", "Other clerical support workers"),
    ("5", "Service and sales workers"),
    ("51", "Personal service workers"),
    ("52", "Sales workers"),
    ("53", "Personal care workers"),
    ("54", "Protective services workers"),
    ("6", "Skilled agricultural, forestry and fishery workers"),
    ("61", "Market-oriented skilled agricultural workers"),
    ("62", "Market-oriented skilled forestry, fishery and hunting workers"),
    ("63", "Subsistence farmers, fishers, hunters and gatherers"),
    ("7", "Craft and related trades workers"),
    ("71", "Building and related trades workers, excluding electricians"),
    ("72", "Metal, machinery and related trades workers"),
    ("73", "Handicraft and printing workers"),
    ("74", "Electrical and electronic trades workers"),
    ("75", "Food processing, wood working, garment and other craft and related trades workers"),
    ("8", "Plant and machine operators, and assemblers"),
    ("81", "Stationary plant and machine operators"),
    ("82", "Assemblers"),
    ("83", "Drivers and mobile plant operators"),
    ("9", "Elementary occupations"),
    ("91", "Cleaners and helpers"),
    ("92", "Agricultural, forestry and fishery labourers"),
    ("93", "Labourers in mining, construction, manufacturing and transport"),
    ("94", "Food preparation assistants"),
    ("95", "Street and related sales and service workers"),
    ("96", "Refuse workers and other elementary workers"),
];

#[rustfmt::skip]
const EDUCATION: &[(&str, &str)] = &[
    ("0", "Early childhood education"),
    ("1", "Primary education"),
    ("2", "Lower secondary education"),
    ("3", "Upper secondary education"),
    ("4", "Post-secondary non-tertiary education"),
    ("5", "Short-cycle tertiary education"),
    ("6", "Bachelor's or equivalent level"),
    ("7", "Master's or equivalent level"),
    ("8", "Doctoral or equivalent level"),
];

#[rustfmt::skip]
const FIELDS: &[(&str, &str)] = &[
    ("00", "Generic programmes and qualifications"),
    ("001", "Basic programmes and qualifications"),
    ("002", "Literacy and numeracy"),
    ("003", "Personal skills and development"),
    ("01", "Education"),
    ("011", "Education"),
    ("02", "Arts and humanities"),
    ("021", "Arts"),
    ("022", "Humanities (except languages)"),
    ("023", "Languages"),
    ("03", "Social sciences, journalism and information"),
    ("031", "Social and behavioural sciences"),
    ("032", "Journalism and information"),
    ("04", "Business, administration and law"),
    ("041", "Business and administration"),
    ("042", "Law"),
    ("05", "Natural sciences, mathematics and statistics"),
    ("051", "Biological and related sciences"),
    ("052", "Environment"),
    ("053", "Physical sciences"),
    ("054", "Mathematics and statistics"),
    ("06", "Information and Communication Technologies (ICTs)"),
    ("061", "Information and Communication Technologies (ICTs)"),
    ("07", "Engineering, manufacturing and construction"),
    ("071", "Engineering and engineering trades"),
    ("072", "Manufacturing and processing"),
    ("073", "Architecture and construction"),
    ("08", "Agriculture, forestry, fisheries and veterinary"),
    ("081", "Agriculture"),
    ("082", "Forestry"),
    ("083", "Fisheries"),
    ("084", "Veterinary"),
    ("09", "Health and welfare"),
    ("091", "Health"),
    ("092", "Welfare"),
    ("10", "Services"),
    ("101", "Personal services"),
    ("102", "Hygiene and occupational health services"),
    ("103", "Security services"),
    ("104", "Transport services"),
];

const LANGUAGE: &[(&str, &str)] = &[
    ("PRE_A1", "before the first level"),
    ("A1", "breakthrough"),
    ("A2", "waystage"),
    ("B1", "threshold"),
    ("B2", "vantage"),
    ("C1", "effective operational proficiency"),
    ("C2", "mastery"),
];

/// The five skills, each with a level of its own.
pub const CEFR_SKILLS: [&str; 5] =
    ["listening", "reading", "spoken_interaction", "spoken_production", "writing"];

fn codes(table: &'static [(&'static str, &'static str)]) -> impl Iterator<Item = Code> {
    table.iter().map(|&(code, title)| Code { code, title })
}

/// Major and sub-major groups of ISCO-08.
pub fn occupation_groups() -> impl Iterator<Item = Code> {
    codes(OCCUPATIONS)
}

/// Levels of ISCED 2011. No level of a framework is one, and none follows from one.
pub fn education_levels() -> impl Iterator<Item = Code> {
    codes(EDUCATION)
}

/// Broad and narrow fields of ISCED-F 2013.
pub fn fields() -> impl Iterator<Item = Code> {
    codes(FIELDS)
}

/// Levels of the CEFR.
pub fn language_levels() -> impl Iterator<Item = Code> {
    codes(LANGUAGE)
}

/// The ISCO-08 skill levels of an occupation or group, by its prefix: one for what lies within a sub-major group, several
/// for a major group whose sub-major groups differ; none for what is no code of ISCO-08.
pub fn skill_levels(isco08: &str) -> &'static [u8] {
    if crate::event::vocab::check_occupation(isco08).is_err() {
        return &[];
    }
    match isco08.as_bytes() {
        [b'0'] => &[1, 2, 4],
        [b'1'] => &[3, 4],
        [b'1', b'4', ..] | [b'3', ..] => &[3],
        [b'0', b'1', ..] | [b'1' | b'2', ..] => &[4],
        [b'0', b'2', ..] | [b'4'..=b'8', ..] => &[2],
        [b'0', b'3', ..] | [b'9', ..] => &[1],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_groups_are_ten_and_forty_three_and_each_has_a_skill_level() {
        let of_length = |length| occupation_groups().filter(|group| group.code.len() == length).count();
        assert_eq!((of_length(1), of_length(2)), (10, 43));
        assert!(occupation_groups().all(|group| !skill_levels(group.code).is_empty()));
        assert_eq!((education_levels().count(), language_levels().count()), (9, 7));
    }

    #[test]
    fn skill_levels_follow_from_the_prefix() {
        for (code, levels) in [
            ("2221", &[4][..]),
            ("1411", &[3]),
            ("1120", &[4]),
            ("3221", &[3]),
            ("5321", &[2]),
            ("7112", &[2]),
            ("9313", &[1]),
            ("0210", &[2]),
            ("1", &[3, 4]),
            ("76", &[]),
            ("nurse", &[]),
        ] {
            assert_eq!(skill_levels(code), levels, "{code}");
        }
    }

    /// Against the whole classifications, where the files are at hand.
    #[test]
    fn the_groups_are_those_of_the_classifications() {
        let read = |name: &str| std::fs::read_to_string(format!("../shared/data/{name}")).ok();
        let (Some(isco), Some(isced_f)) = (read("isco08.csv"), read("isced_f_2013.csv")) else { return };
        let rows = |text: &str| -> BTreeMap<String, (String, String)> {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let row = |row: csv::StringRecord| {
                (row[0].to_owned(), (row[1].to_owned(), row.get(3).unwrap_or_default().to_owned()))
            };
            reader.records().map(|record| row(record.unwrap())).collect()
        };
        let isco = rows(&isco);
        // Commas aside, of which one edition has more.
        let bare = |title: &str| title.replace(',', "");
        for group in occupation_groups() {
            assert_eq!(bare(&isco[group.code].0), bare(group.title), "{}", group.code);
        }
        for (code, (_, levels)) in &isco {
            let levels: Vec<u8> = levels.split('|').map(|level| level.parse().unwrap()).collect();
            assert_eq!(skill_levels(code), levels, "{code}");
        }
        let isced_f = rows(&isced_f);
        for field in fields() {
            assert_eq!(isced_f[field.code].0, field.title, "{}", field.code);
        }
    }
}
