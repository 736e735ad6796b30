//! Where a worker on a corridor finds support: unions and joint committees that an agreement between them names. Bodies,
//! never persons.

use super::source::{Certainty, Source};

/// One point of support.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contact {
    /// Country of origin, alpha-2.
    pub origin: &'static str,
    /// Country of destination, alpha-2.
    pub destination: &'static str,
    /// Where the body is, alpha-2.
    pub country: &'static str,
    /// The body.
    pub body: &'static str,
    /// What it rests on.
    pub basis: &'static str,
    /// How sure the row is.
    pub certainty: Certainty,
    /// Where it was read.
    pub source: Source,
}

const STUDY: Source =
    Source { title: "ILO study on skills recognition of migrant workers", url: None, as_of: "2019" };

const CONTACTS: &[Contact] = &[
    Contact {
        origin: "NP",
        destination: "BH",
        country: "NP",
        body: "General Federation of Nepalese Trade Unions (GEFONT)",
        basis: "agreement between unions of Nepal and Bahrain, ACTRAV model",
        certainty: Certainty::Sure,
        source: STUDY,
    },
    Contact {
        origin: "NP",
        destination: "BH",
        country: "BH",
        body: "General Federation of Bahrain Trade Unions",
        basis: "agreement between unions of Nepal and Bahrain; the Bahraini side from general knowledge",
        certainty: Certainty::NeedsCheck,
        source: STUDY,
    },
    Contact {
        origin: "PH",
        destination: "DE",
        country: "DE",
        body: "ver.di, service workers' union",
        basis: "member of the joint committee of the agreement on nurses",
        certainty: Certainty::Sure,
        source: STUDY,
    },
    Contact {
        origin: "PH",
        destination: "DE",
        country: "PH",
        body: "Public Services Labor Independent Confederation (PSLINK)",
        basis: "member of the joint committee of the agreement on nurses",
        certainty: Certainty::Sure,
        source: STUDY,
    },
];

/// Every stored contact.
pub fn contacts() -> impl Iterator<Item = &'static Contact> {
    CONTACTS.iter()
}

/// Those of one corridor; none stored is no proof that there is none.
pub fn contacts_on(origin: &str, destination: &str) -> impl Iterator<Item = &'static Contact> {
    CONTACTS.iter().filter(move |row| row.origin == origin && row.destination == destination)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corridor_has_its_own_contacts() {
        assert!(contacts_on("NP", "BH").any(|row| row.body.contains("GEFONT")));
        assert_eq!(contacts_on("BH", "NP").count(), 0, "the other way is another corridor");
        assert_eq!(contacts_on("NP", "QA").count(), 0);
    }
}
