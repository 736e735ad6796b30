//! What instruments provide for: clauses, monitoring, joint committees, registers.

/// What a clause is about; the same words as in `clauses` of AgreementRegistered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClauseKind {
    /// Recognition of qualifications or skills.
    Recognition,
    /// Training that closes gaps.
    GapTraining,
    /// Tests and certificates.
    Testing,
    /// Exchange of data.
    DataSharing,
    /// Human-resource development in the country of origin.
    Hrd,
    /// Monitoring.
    Monitoring,
    /// Equal treatment.
    EqualTreatment,
    /// Who may charge what.
    Fees,
    /// The right to come back to a post.
    Reintegration,
    /// A wage class.
    WageClass,
}

impl ClauseKind {
    /// As printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recognition => "RECOGNITION",
            Self::GapTraining => "GAP_TRAINING",
            Self::Testing => "TESTING",
            Self::DataSharing => "DATA_SHARING",
            Self::Hrd => "HRD",
            Self::Monitoring => "MONITORING",
            Self::EqualTreatment => "EQUAL_TREATMENT",
            Self::Fees => "FEES",
            Self::Reintegration => "REINTEGRATION",
            Self::WageClass => "WAGE_CLASS",
        }
    }
}

/// One clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clause {
    /// What it is about.
    pub kind: ClauseKind,
    /// Which article, where it is known.
    pub article: Option<&'static str>,
    /// What it says, in short.
    pub says: &'static str,
}

/// Who starts monitoring and who pays for it; without both nobody does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Monitoring {
    /// The body that starts it.
    pub initiator: Option<&'static str>,
    /// The body that pays.
    pub payer: Option<&'static str>,
}

impl Monitoring {
    /// Whether both are named.
    pub fn is_assigned(self) -> bool {
        self.initiator.is_some() && self.payer.is_some()
    }
}

/// A joint committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committee {
    /// How often it meets, and where.
    pub meets: &'static str,
    /// Who sits in it.
    pub members: &'static [&'static str],
}

/// A register that an arrangement sets up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Register {
    /// Its abbreviation, e.g. `ACPE`.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What an entry rests on, and ends with.
    pub rests_on: &'static str,
    /// What it needs.
    pub needs: &'static str,
    /// What it does not give.
    pub limits: &'static str,
}
