//! Kinds of bodies and what each may be authorised to state at all: the default matrix of the field.
//! An authorisation may narrow it, never widen it.

use super::error::Refusal;
use crate::event::Kind;

macro_rules! issuer_kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A kind of body.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum IssuerKind {
            $($(#[$doc])* $variant,)*
        }

        impl IssuerKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As written in `issuer_kind`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

issuer_kinds! {
    /// Teaches.
    TrainingProvider = "TRAINING_PROVIDER",
    /// Employs.
    Employer = "EMPLOYER",
    /// Tests.
    AssessmentBody = "ASSESSMENT_BODY",
    /// Awards qualifications.
    AwardingBody = "AWARDING_BODY",
    /// Decides on access to a regulated profession.
    CompetentAuthority = "COMPETENT_AUTHORITY",
    /// ENIC-NARIC and the like.
    RecognitionCentre = "RECOGNITION_CENTRE",
    /// Owns a framework.
    QualificationsAuthority = "QUALIFICATIONS_AUTHORITY",
    /// Places and advises.
    PublicEmploymentService = "PUBLIC_EMPLOYMENT_SERVICE",
    /// Owns occupational standards of a sector.
    SectorSkillsBody = "SECTOR_SKILLS_BODY",
    /// Bargaining or parity fund.
    JointFund = "JOINT_FUND",
    /// Union.
    WorkersOrganisation = "WORKERS_ORGANISATION",
    /// Employers' federation.
    EmployersOrganisation = "EMPLOYERS_ORGANISATION",
    /// Sends or receives migrant workers for a state.
    LabourMigrationAuthority = "LABOUR_MIGRATION_AUTHORITY",
    /// UNESCO, ILO, IOM and the like.
    InternationalOrganisation = "INTERNATIONAL_ORGANISATION",
    /// Joint committee of an agreement.
    MonitoringCommittee = "MONITORING_COMMITTEE",
    /// Recruits; never states anything.
    Intermediary = "INTERMEDIARY",
}

impl IssuerKind {
    /// By name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether a body of this kind may be authorised to state `kind`.
    #[expect(clippy::too_many_lines, clippy::match_same_arms, reason = "one matrix, read row by row")]
    pub fn may_state(self, kind: Kind) -> bool {
        use IssuerKind as I;
        if self == I::Intermediary {
            return false;
        }
        match kind {
            // Whoever meets the worker may open a passport, bind a key, confirm a paper, resolve a dispute, and must be
            // able to correct what it stated itself.
            Kind::PassportOpened
            | Kind::HolderKeyBound
            | Kind::HolderKeyRecoveryConfirmed
            | Kind::PassportsJoined
            | Kind::DocumentAuthenticated
            | Kind::DisputeResolved
            | Kind::Revoked
            | Kind::Suspended
            | Kind::Reinstated
            | Kind::Corrected
            | Kind::Superseded => true,
            // The first of the two is an authority, so that a lost key never turns on two private bodies.
            Kind::HolderKeyRecoveryRequested => matches!(
                self,
                I::CompetentAuthority
                    | I::LabourMigrationAuthority
                    | I::QualificationsAuthority
                    | I::PublicEmploymentService
                    | I::InternationalOrganisation
            ),
            Kind::TrainingCompleted => matches!(
                self,
                I::TrainingProvider
                    | I::Employer
                    | I::AwardingBody
                    | I::SectorSkillsBody
                    | I::JointFund
                    | I::WorkersOrganisation
                    | I::EmployersOrganisation
                    | I::InternationalOrganisation
            ),
            // A recognition centre by structured interview, where papers are lost.
            Kind::SkillAssessed => !matches!(
                self,
                I::WorkersOrganisation
                    | I::EmployersOrganisation
                    | I::LabourMigrationAuthority
                    | I::PublicEmploymentService
                    | I::MonitoringCommittee
            ),
            Kind::UnitAchieved | Kind::QualificationAwarded => matches!(
                self,
                I::AwardingBody | I::TrainingProvider | I::SectorSkillsBody | I::QualificationsAuthority
            ),
            Kind::PriorLearningIdentified | Kind::PriorLearningDocumented => true,
            Kind::PriorLearningAssessed | Kind::LanguageCertified => matches!(
                self,
                I::AssessmentBody
                    | I::AwardingBody
                    | I::TrainingProvider
                    | I::SectorSkillsBody
                    | I::QualificationsAuthority
                    | I::CompetentAuthority
                    | I::RecognitionCentre
                    | I::JointFund
            ),
            Kind::PriorLearningCertified => matches!(
                self,
                I::AssessmentBody
                    | I::AwardingBody
                    | I::SectorSkillsBody
                    | I::QualificationsAuthority
                    | I::CompetentAuthority
            ),
            Kind::WorkExperienceAttested => matches!(
                self,
                I::Employer | I::WorkersOrganisation | I::EmployersOrganisation | I::LabourMigrationAuthority
            ),
            // Those who stand beside the worker, or above the employer: never another employer.
            Kind::ExperienceConfirmed => self.confirms_work(),
            Kind::RecognitionApplied | Kind::RecognitionDecided | Kind::CompensationMeasureCompleted => {
                matches!(
                    self,
                    I::CompetentAuthority
                        | I::RecognitionCentre
                        | I::AwardingBody
                        | I::QualificationsAuthority
                        | I::InternationalOrganisation
                )
            }
            Kind::LicenceGranted
            | Kind::LicenceRenewed
            | Kind::LicenceSuspended
            | Kind::LicenceReinstated
            | Kind::LicenceRevoked => self == I::CompetentAuthority,
            // A committee of an arrangement keeps its register, e.g. of ASEAN engineers.
            Kind::RegisterEntered => matches!(self, I::CompetentAuthority | I::MonitoringCommittee),
            // The social partners of the collective agreement, each for itself.
            Kind::LeaveGranted | Kind::LeaveEnded | Kind::ReintegrationDecided => {
                matches!(self, I::Employer | I::WorkersOrganisation)
            }
            Kind::GapIdentified | Kind::TrainingRecommended => {
                matches!(self, I::AssessmentBody | I::CompetentAuthority | I::PublicEmploymentService)
            }
            Kind::QualificationsPassportIssued => matches!(
                self,
                I::InternationalOrganisation | I::RecognitionCentre | I::QualificationsAuthority
            ),
            Kind::FundingDecided | Kind::FundingPaid => matches!(
                self,
                I::Employer | I::JointFund | I::PublicEmploymentService | I::LabourMigrationAuthority
            ),
            Kind::PlacementStarted | Kind::StageChanged | Kind::PlacementEnded => matches!(
                self,
                I::Employer
                    | I::LabourMigrationAuthority
                    | I::PublicEmploymentService
                    | I::TrainingProvider
                    | I::InternationalOrganisation
            ),
            Kind::ReturnRecorded => matches!(
                self,
                I::LabourMigrationAuthority
                    | I::PublicEmploymentService
                    | I::WorkersOrganisation
                    | I::InternationalOrganisation
                    | I::CompetentAuthority
            ),
            Kind::StandardPublished => matches!(
                self,
                I::SectorSkillsBody
                    | I::QualificationsAuthority
                    | I::AwardingBody
                    | I::AssessmentBody
                    | I::CompetentAuthority
                    | I::JointFund
            ),
            Kind::FrameworkPublished | Kind::ReferencingPublished | Kind::ReferencingSuperseded => {
                matches!(self, I::QualificationsAuthority | I::InternationalOrganisation)
            }
            // Agreements are registered by who concludes them: states, their services, social partners.
            Kind::AgreementRegistered => matches!(
                self,
                I::LabourMigrationAuthority
                    | I::PublicEmploymentService
                    | I::CompetentAuthority
                    | I::WorkersOrganisation
                    | I::EmployersOrganisation
                    | I::InternationalOrganisation
                    | I::MonitoringCommittee
            ),
            Kind::MonitoringMeetingHeld => self == I::MonitoringCommittee,
            Kind::ResolutionEndorsed => matches!(
                self,
                I::LabourMigrationAuthority
                    | I::PublicEmploymentService
                    | I::CompetentAuthority
                    | I::QualificationsAuthority
                    | I::WorkersOrganisation
                    | I::EmployersOrganisation
            ),
            Kind::ProfessionRegulated => self == I::CompetentAuthority,
            // The worker's own, the ledger's own, and what follows from an authorisation rather than being listed in it.
            _ => false,
        }
    }
}

impl IssuerKind {
    /// Whether what such a body says of someone's work is independent of the employer.
    pub fn confirms_work(self) -> bool {
        matches!(
            self,
            Self::WorkersOrganisation
                | Self::JointFund
                | Self::LabourMigrationAuthority
                | Self::PublicEmploymentService
                | Self::InternationalOrganisation
        )
    }

    /// Whether such a body may decide so on recognition for study (ACADEMIC) or work (PROFESSIONAL). A competent authority
    /// decides on access to its profession, an awarding body on access to its studies; a recognition centre decides on
    /// studies and gives an opinion on professions.
    pub(super) fn may_decide(self, recognition_kind: &str, decision: Option<&str>) -> Result<(), Refusal> {
        let statement_only = self == Self::RecognitionCentre && recognition_kind == "PROFESSIONAL";
        let excluded = match self {
            Self::CompetentAuthority => recognition_kind == "ACADEMIC",
            Self::AwardingBody => recognition_kind == "PROFESSIONAL",
            _ => statement_only && decision.is_some_and(|decision| decision != "COMPARABILITY_STATEMENT"),
        };
        if !excluded {
            return Ok(());
        }
        Err(Refusal::RecognitionExcluded {
            issuer_kind: self.name(),
            recognition_kind: recognition_kind.to_owned(),
            statement_only,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_competent_authorities_grant_licences() {
        for &issuer_kind in IssuerKind::ALL {
            let may = issuer_kind.may_state(Kind::LicenceGranted);
            assert_eq!(may, issuer_kind == IssuerKind::CompetentAuthority, "{}", issuer_kind.name());
        }
    }

    #[test]
    fn unions_attest_training_and_experience_but_never_a_qualification_or_licence() {
        let union = IssuerKind::WorkersOrganisation;
        assert!(union.may_state(Kind::TrainingCompleted) && union.may_state(Kind::WorkExperienceAttested));
        assert!(!union.may_state(Kind::QualificationAwarded) && !union.may_state(Kind::LicenceGranted));
    }

    #[test]
    fn intermediaries_state_nothing() {
        assert!(Kind::all().iter().all(|&kind| !IssuerKind::Intermediary.may_state(kind)));
    }
}
