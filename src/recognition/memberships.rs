//! Which country belonged to which region, when. Membership opens no arrangement by itself: an arrangement binds its own
//! parties.

use jiff::civil::{Date, date};

use super::source::{Certainty, Since, Source};

/// A group of countries.
#[derive(Debug, Clone, Copy)]
pub struct Region {
    /// Its id, e.g. `ecowas`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether every member is listed.
    pub whole: bool,
    /// How sure the list is.
    pub certainty: Certainty,
    /// Where it was read.
    pub source: Source,
    /// Its members.
    members: &'static [Member],
}

/// One country's membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Alpha-2.
    pub country: &'static str,
    /// From when.
    pub since: Since,
    /// The last day, where it left.
    pub until: Option<Date>,
    /// From when its rights are suspended, where they are.
    pub suspended: Option<Date>,
}

/// What is known of a country and a region on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberAnswer {
    /// A member.
    Member,
    /// A member whose rights are suspended.
    Suspended,
    /// No member on that day.
    NotAMember,
    /// Not stored.
    Unknown,
}

impl MemberAnswer {
    /// As printed in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Member => "MEMBER",
            Self::Suspended => "SUSPENDED",
            Self::NotAMember => "NOT_A_MEMBER",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl Region {
    /// Its members, past ones included.
    pub fn members(&self) -> impl Iterator<Item = &'static Member> {
        self.members.iter()
    }

    /// Whether `country` was a member on `day`.
    pub fn member(&self, country: &str, day: Date) -> MemberAnswer {
        let Some(member) = self.members.iter().find(|member| member.country == country) else {
            return if self.whole { MemberAnswer::NotAMember } else { MemberAnswer::Unknown };
        };
        if member.until.is_some_and(|until| day > until) {
            return MemberAnswer::NotAMember;
        }
        match member.since.held_on(day) {
            Some(true) if member.suspended.is_some_and(|from| day >= from) => MemberAnswer::Suspended,
            Some(true) => MemberAnswer::Member,
            Some(false) => MemberAnswer::NotAMember,
            None => MemberAnswer::Unknown,
        }
    }
}

const fn on(country: &'static str, year: i16, month: i8, day: i8) -> Member {
    Member { country, since: Since::Exactly(date(year, month, day)), until: None, suspended: None }
}
const fn attested(country: &'static str, year: i16, month: i8, day: i8) -> Member {
    Member { country, since: Since::Attested(date(year, month, day)), until: None, suspended: None }
}
const fn left(member: Member, year: i16, month: i8, day: i8) -> Member {
    Member { until: Some(date(year, month, day)), ..member }
}
/// The study's list of members, of 2019.
const fn listed(country: &'static str) -> Member {
    attested(country, 2019, 1, 1)
}
const fn general(title: &'static str, url: &'static str, as_of: &'static str) -> Source {
    Source { title, url: Some(url), as_of }
}

const ASEAN: &[Member] = &[
    on("ID", 1967, 8, 8),
    on("MY", 1967, 8, 8),
    on("PH", 1967, 8, 8),
    on("SG", 1967, 8, 8),
    on("TH", 1967, 8, 8),
    on("BN", 1984, 1, 7),
    on("VN", 1995, 7, 28),
    on("LA", 1997, 7, 23),
    on("MM", 1997, 7, 23),
    on("KH", 1999, 4, 30),
    on("TL", 2025, 10, 26),
];
const EAC: &[Member] = &[
    on("KE", 2000, 7, 7),
    on("TZ", 2000, 7, 7),
    on("UG", 2000, 7, 7),
    on("BI", 2007, 7, 1),
    on("RW", 2007, 7, 1),
    attested("SS", 2016, 9, 5),
    attested("CD", 2022, 7, 11),
    attested("SO", 2024, 3, 4),
];
// One line a region, as its secretariat lists the members.
#[rustfmt::skip]
const SADC: &[Member] = &[
    listed("AO"), listed("BW"), listed("CD"), listed("KM"), listed("LS"), listed("MG"), listed("MU"), listed("MW"),
    listed("MZ"), listed("NA"), listed("SC"), listed("SZ"), listed("TZ"), listed("ZA"), listed("ZM"), listed("ZW"),
];
#[rustfmt::skip]
const ECOWAS: &[Member] = &[
    listed("BJ"), left(listed("BF"), 2025, 1, 28), listed("CI"), listed("CV"), listed("GH"), listed("GM"), listed("GN"),
    listed("GW"), listed("LR"), left(listed("ML"), 2025, 1, 28), left(listed("NE"), 2025, 1, 28), listed("NG"),
    listed("SL"), listed("SN"), listed("TG"),
];
#[rustfmt::skip]
const CARICOM: &[Member] = &[
    listed("AG"), listed("BB"), listed("BS"), listed("BZ"), listed("DM"), listed("GD"), listed("GY"), listed("HT"),
    listed("JM"), listed("KN"), listed("LC"), listed("MS"), listed("SR"), listed("TT"), listed("VC"),
];
#[rustfmt::skip]
const CAMES: &[Member] = &[
    listed("BF"), listed("BI"), listed("BJ"), listed("CD"), listed("CF"), listed("CG"), listed("CI"), listed("CM"),
    listed("GA"), listed("GN"), listed("GQ"), listed("GW"), listed("MG"), listed("ML"), listed("NE"), listed("RW"),
    listed("SN"), listed("TD"), listed("TG"),
];
#[rustfmt::skip]
const PIF: &[Member] = &[
    listed("AU"), listed("CK"), listed("FJ"), listed("FM"), listed("KI"), listed("MH"), listed("NC"), listed("NR"),
    listed("NU"), listed("NZ"), listed("PF"), listed("PG"), listed("PW"), listed("SB"), listed("TO"), listed("TV"),
    listed("VU"), listed("WS"),
];
#[rustfmt::skip]
const EU: &[Member] = &[
    on("BE", 1958, 1, 1), on("DE", 1958, 1, 1), on("FR", 1958, 1, 1), on("IT", 1958, 1, 1), on("LU", 1958, 1, 1),
    on("NL", 1958, 1, 1), on("DK", 1973, 1, 1), on("IE", 1973, 1, 1), left(on("GB", 1973, 1, 1), 2020, 1, 31),
    on("GR", 1981, 1, 1), on("ES", 1986, 1, 1), on("PT", 1986, 1, 1), on("AT", 1995, 1, 1), on("FI", 1995, 1, 1),
    on("SE", 1995, 1, 1), on("CY", 2004, 5, 1), on("CZ", 2004, 5, 1), on("EE", 2004, 5, 1), on("HU", 2004, 5, 1),
    on("LT", 2004, 5, 1), on("LV", 2004, 5, 1), on("MT", 2004, 5, 1), on("PL", 2004, 5, 1), on("SI", 2004, 5, 1),
    on("SK", 2004, 5, 1), on("BG", 2007, 1, 1), on("RO", 2007, 1, 1), on("HR", 2013, 7, 1),
];
/// The states of the European Economic Area outside the Union.
const EFTA_EEA: &[Member] = &[on("IS", 1994, 1, 1), on("NO", 1994, 1, 1), on("LI", 1995, 5, 1)];

const fn ehea(country: &'static str) -> Member {
    attested(country, 2020, 11, 19)
}
const fn ehea_suspended(country: &'static str) -> Member {
    Member { suspended: Some(date(2022, 4, 12)), ..ehea(country) }
}
#[rustfmt::skip]
const EHEA: &[Member] = &[
    ehea("AD"), ehea("AL"), ehea("AM"), ehea("AT"), ehea("AZ"), ehea("BA"), ehea("BE"), ehea("BG"), ehea_suspended("BY"),
    ehea("CH"), ehea("CY"), ehea("CZ"), ehea("DE"), ehea("DK"), ehea("EE"), ehea("ES"), ehea("FI"), ehea("FR"), ehea("GB"),
    ehea("GE"), ehea("GR"), ehea("HR"), ehea("HU"), ehea("IE"), ehea("IS"), ehea("IT"), ehea("KZ"), ehea("LI"), ehea("LT"),
    ehea("LU"), ehea("LV"), ehea("MD"), ehea("ME"), ehea("MK"), ehea("MT"), ehea("NL"), ehea("NO"), ehea("PL"), ehea("PT"),
    ehea("RO"), ehea("RS"), ehea_suspended("RU"), ehea("SE"), ehea("SI"), ehea("SK"), ehea("SM"), ehea("TR"), ehea("UA"),
    ehea("VA"),
];

const fn region(
    id: &'static str,
    name: &'static str,
    certainty: Certainty,
    source: Source,
    members: &'static [Member],
) -> Region {
    Region { id, name, whole: true, certainty, source, members }
}

const REGIONS: &[Region] = &[
    region(
        "asean",
        "Association of Southeast Asian Nations",
        Certainty::Sure,
        general(
            "ASEAN Secretariat, member states; dates of accession",
            "https://asean.org/member-states",
            "2025-10-26",
        ),
        ASEAN,
    ),
    region(
        "eac",
        "East African Community",
        Certainty::Sure,
        general(
            "EAC, partner states; dates of accession",
            "https://www.eac.int/eac-partner-states",
            "2025-11",
        ),
        EAC,
    ),
    region(
        "sadc",
        "Southern African Development Community",
        Certainty::NeedsCheck,
        general(
            "SADC Secretariat, member states; general knowledge",
            "https://www.sadc.int/member-states",
            "2019",
        ),
        SADC,
    ),
    region(
        "ecowas",
        "Economic Community of West African States",
        Certainty::Sure,
        general(
            "ECOWAS Commission, member states; three withdrew with effect from 29 January 2025",
            "https://www.ecowas.int/member-states",
            "2025-01-29",
        ),
        ECOWAS,
    ),
    region(
        "caricom",
        "Caribbean Community, full members",
        Certainty::Sure,
        general(
            "CARICOM Secretariat, member states",
            "https://caricom.org/member-states-and-associate-members",
            "2019",
        ),
        CARICOM,
    ),
    region(
        "cames",
        "African and Malagasy Council for Higher Education",
        Certainty::NeedsCheck,
        general("CAMES, nineteen member states; general knowledge", "https://www.lecames.org", "2019"),
        CAMES,
    ),
    region(
        "pif",
        "Pacific Islands Forum",
        Certainty::NeedsCheck,
        general(
            "Pacific Islands Forum Secretariat, members; general knowledge",
            "https://forumsec.org",
            "2019",
        ),
        PIF,
    ),
    region(
        "eu",
        "European Union",
        Certainty::Sure,
        general(
            "European Union, treaties of accession; withdrawal agreement",
            "https://european-union.europa.eu",
            "2020-01-31",
        ),
        EU,
    ),
    region(
        "eea-efta",
        "European Economic Area, states outside the Union",
        Certainty::Sure,
        general("Agreement on the European Economic Area", "https://www.efta.int/eea", "1995-05-01"),
        EFTA_EEA,
    ),
    region(
        "ehea",
        "European Higher Education Area",
        Certainty::NeedsCheck,
        general(
            "EHEA, full members: Rome Communique 2020; rights of two suspended in 2022, day from general knowledge",
            "https://ehea.info",
            "2022-04-12",
        ),
        EHEA,
    ),
];

/// Every stored region.
pub fn regions() -> impl Iterator<Item = &'static Region> {
    REGIONS.iter()
}

/// The region with this id.
pub fn region_of(id: &str) -> Option<&'static Region> {
    REGIONS.iter().find(|region| region.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(region: &str, country: &str, year: i16, month: i8, day: i8) -> MemberAnswer {
        region_of(region).unwrap().member(country, date(year, month, day))
    }

    #[test]
    fn membership_is_answered_for_a_day() {
        assert_eq!(ask("ecowas", "BF", 2020, 6, 1), MemberAnswer::Member);
        assert_eq!(ask("ecowas", "BF", 2025, 1, 28), MemberAnswer::Member);
        assert_eq!(ask("ecowas", "BF", 2025, 1, 29), MemberAnswer::NotAMember);
        assert_eq!(ask("ecowas", "BF", 2010, 1, 1), MemberAnswer::Unknown, "attested later");
        assert_eq!(ask("eu", "GB", 2020, 1, 31), MemberAnswer::Member);
        assert_eq!(ask("eu", "GB", 2020, 2, 1), MemberAnswer::NotAMember);
        assert_eq!(ask("eu", "HR", 2013, 6, 30), MemberAnswer::NotAMember);
        assert_eq!(ask("asean", "TL", 2025, 10, 25), MemberAnswer::NotAMember);
        assert_eq!(ask("asean", "TL", 2026, 1, 1), MemberAnswer::Member);
        assert_eq!(ask("ehea", "RU", 2024, 1, 1), MemberAnswer::Suspended);
        assert_eq!(ask("cames", "GH", 2020, 1, 1), MemberAnswer::NotAMember);
    }

    #[test]
    fn the_lists_have_as_many_members_as_they_should() {
        for (id, count) in [
            ("asean", 11),
            ("eac", 8),
            ("sadc", 16),
            ("ecowas", 15),
            ("caricom", 15),
            ("cames", 19),
            ("pif", 18),
            ("eu", 28),
            ("ehea", 49),
        ] {
            let region = region_of(id).unwrap();
            let mut countries: Vec<&str> = region.members().map(|member| member.country).collect();
            countries.sort_unstable();
            countries.dedup();
            assert_eq!(countries.len(), count, "{id}");
            assert_eq!(region.members().count(), count, "{id}");
            assert!(countries.iter().all(|country| crate::event::vocab::countries::name(country).is_some()));
        }
    }
}
