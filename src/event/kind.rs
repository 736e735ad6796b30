//! The kinds of event: their names and what follows from the name alone.

use super::claim::{ClaimSpec, Members};
use super::kinds::{
    assessment, counsel, funding, identity, institution, learning, leave, ledger, licence, publication,
    recognition, refugee, standing, work,
};
use super::suggest::closest;

/// What `vct` starts with.
const VCT_PREFIX: &str = "urn:skillpass:v1:";

/// Whose stream an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// class 0
    Ledger,
    /// class 1
    Institution,
    /// class 2
    Person,
}

impl Class {
    /// The byte in an entry.
    pub fn byte(self) -> u8 {
        match self {
            Self::Ledger => 0,
            Self::Institution => 1,
            Self::Person => 2,
        }
    }

    /// The inverse.
    pub fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Ledger),
            1 => Some(Self::Institution),
            2 => Some(Self::Person),
            _ => None,
        }
    }
}

/// Part of a passport.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Section {
    /// Training and qualifications.
    Training,
    /// Assessments and languages.
    Assessment,
    /// Work experience.
    Work,
    /// Recognition decisions.
    Recognition,
    /// Registration and licences.
    Licence,
    /// What the worker says of themselves.
    SelfDeclared,
}

impl Section {
    /// As in `verify --json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Assessment => "assessment",
            Self::Work => "work",
            Self::Recognition => "recognition",
            Self::Licence => "licence",
            Self::SelfDeclared => "self_declared",
        }
    }
}

/// What a record does in law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LegalEffect {
    /// It informs.
    Informative,
    /// It is the result of an assessment, an award included.
    Assessment,
    /// An authority decided.
    RecognitionDecision,
    /// It entitles to practise.
    RightToPractise,
}

impl LegalEffect {
    /// As in `verify --json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Informative => "informative",
            Self::Assessment => "assessment",
            Self::RecognitionDecision => "recognition_decision",
            Self::RightToPractise => "right_to_practise",
        }
    }
}

/// Who signs a kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signer {
    /// A body authorised for it.
    Body,
    /// The worker, with the holder key (`iss` = did:jwk).
    Holder,
    /// The ledger itself.
    Ledger,
}

/// All that is known of a kind but its name.
#[derive(Debug)]
pub struct KindSpec {
    /// Whose stream.
    pub class: Class,
    /// Who signs.
    pub signer: Signer,
    /// Where a passport shows it.
    pub section: Option<Section>,
    /// What it does in law, at most.
    pub legal_effect: LegalEffect,
    /// The claim that holds the award date.
    pub award_date: Option<&'static str>,
    /// Whether the holder's key travels in `cnf`.
    pub binds_key: bool,
    /// Its claims and the rules between them.
    pub members: Members,
}

macro_rules! kinds {
    ($($name:ident $doc:literal $spec:path;)*) => {
        /// Every kind of event.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Kind {
            $(#[doc = $doc] $name,)*
        }

        impl Kind {
            /// Every kind, in the order `skillpass kinds` prints.
            pub fn all() -> &'static [Kind] {
                &[$(Kind::$name,)*]
            }

            /// By bare name, e.g. `TrainingCompleted`.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $(stringify!($name) => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// The bare name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// What it says, in one sentence.
            pub fn doc(self) -> &'static str {
                match self {
                    $(Self::$name => $doc,)*
                }
            }

            /// All else that is known of it.
            pub fn spec(self) -> &'static KindSpec {
                match self {
                    $(Self::$name => &$spec,)*
                }
            }
        }
    };
}

kinds! {
    PassportOpened "A body checked a worker's identity and opened the passport." identity::PASSPORT_OPENED;
    HolderKeyBound "A body bound the worker's own key, in `cnf`, to the passport." identity::HOLDER_KEY_BOUND;
    HolderKeyChanged "The worker replaced the holder key by the new one in `cnf`, signed with the old one." identity::HOLDER_KEY_CHANGED;
    HolderKeyRecoveryRequested "The holder key is lost: an authority names the new one, in `cnf`." identity::HOLDER_KEY_RECOVERY_REQUESTED;
    HolderKeyRecoveryConfirmed "A second body, of another kind, confirmed a recovery; seven days begin." identity::HOLDER_KEY_RECOVERY_CONFIRMED;
    HolderKeyRecoveryCancelled "The worker stopped a recovery, signed with the key that is said to be lost." identity::HOLDER_KEY_RECOVERY_CANCELLED;
    HolderKeyRecovered "The recovered key in `cnf` takes the lost one's place, signed with it after the seven days." identity::HOLDER_KEY_RECOVERED;
    PassportsJoined "A body recorded, with the holder's consent, that two worker ids are one person." identity::PASSPORTS_JOINED;
    TrainingCompleted "The worker completed a course, an apprenticeship or another learning activity." learning::TRAINING_COMPLETED;
    SkillAssessed "The worker's skill was assessed against a named standard." assessment::SKILL_ASSESSED;
    UnitAchieved "The worker achieved one unit of a qualification." learning::UNIT_ACHIEVED;
    QualificationAwarded "A qualification, or part of one, was awarded." learning::QUALIFICATION_AWARDED;
    PriorLearningIdentified "Recognition of prior learning, step 1: what the worker may have learnt was identified." assessment::PRIOR_LEARNING_IDENTIFIED;
    PriorLearningDocumented "Recognition of prior learning, step 2: a portfolio of evidence was put together." assessment::PRIOR_LEARNING_DOCUMENTED;
    PriorLearningAssessed "Recognition of prior learning, step 3: the learning was assessed against a standard." assessment::PRIOR_LEARNING_ASSESSED;
    PriorLearningCertified "Recognition of prior learning, step 4: what follows from the assessment was certified." assessment::PRIOR_LEARNING_CERTIFIED;
    WorkExperienceAttested "An employer attested what the worker did there, and when." work::WORK_EXPERIENCE_ATTESTED;
    LanguageCertified "A language test was passed, with a CEFR level for each skill." assessment::LANGUAGE_CERTIFIED;
    RecognitionApplied "The worker applied for the recognition of a qualification." recognition::RECOGNITION_APPLIED;
    RecognitionDecided "An authority decided on the recognition of a qualification." recognition::RECOGNITION_DECIDED;
    CompensationMeasureCompleted "An adaptation period or aptitude test that a decision asked for was completed." recognition::COMPENSATION_MEASURE_COMPLETED;
    LicenceGranted "A competent authority granted the right to practise an occupation in its jurisdiction." licence::LICENCE_GRANTED;
    LicenceRenewed "A licence was renewed." licence::LICENCE_RENEWED;
    LicenceSuspended "A licence was suspended." licence::LICENCE_SUSPENDED;
    LicenceReinstated "A suspended licence was reinstated." licence::LICENCE_REINSTATED;
    LicenceRevoked "A licence was revoked." licence::LICENCE_REVOKED;
    RegisterEntered "A body entered the worker in a register, or attests good standing in it; that alone entitles to nothing." licence::REGISTER_ENTERED;
    PlacementStarted "A placement abroad began: a job, traineeship or programme stage." work::PLACEMENT_STARTED;
    StageChanged "A placement went on to another stage or occupation." work::STAGE_CHANGED;
    PlacementEnded "A placement ended." work::PLACEMENT_ENDED;
    ReturnRecorded "The worker returned home." work::RETURN_RECORDED;
    LeaveGranted "An employer granted leave to work abroad with the right to come back, or a union confirms it." leave::LEAVE_GRANTED;
    LeaveEnded "The leave, and with it the right to come back, ended before its time." leave::LEAVE_ENDED;
    ReintegrationClaimed "The worker claims to come back to the post after leave." leave::REINTEGRATION_CLAIMED;
    ReintegrationDecided "An employer decided on the return to the post, or a union confirms it." leave::REINTEGRATION_DECIDED;
    GapIdentified "What the worker has not shown yet for an occupation was identified." counsel::GAP_IDENTIFIED;
    TrainingRecommended "Training or a test was recommended to the worker." counsel::TRAINING_RECOMMENDED;
    QualificationsPassportIssued "A qualifications passport was issued after a structured interview; it is no formal recognition." refugee::QUALIFICATIONS_PASSPORT_ISSUED;
    SelfAssessed "The worker states a skill or experience of their own; nobody has checked it." work::SELF_ASSESSED;
    ExperienceConfirmed "A body of another kind confirmed work experience that an employer attested or the worker states." work::EXPERIENCE_CONFIRMED;
    DocumentAuthenticated "A body confirmed that a paper is genuine: with whom, how, and which scan." recognition::DOCUMENT_AUTHENTICATED;
    FundingDecided "It was decided who pays for training, tests or recognition; shown to the worker only." funding::FUNDING_DECIDED;
    FundingPaid "What was decided was paid; shown to the worker only." funding::FUNDING_PAID;
    Revoked "The issuer withdrew a statement." standing::REVOKED;
    Suspended "The issuer suspended a statement." standing::SUSPENDED;
    Reinstated "The issuer lifted the suspension of a statement." standing::REINSTATED;
    Corrected "A statement held an error; a corrected one takes its place." standing::CORRECTED;
    Superseded "A newer statement takes the place of an older one that was right in its time." standing::SUPERSEDED;
    DisputeRaised "The worker contests a statement." standing::DISPUTE_RAISED;
    DisputeResolved "A dispute about a statement was decided." standing::DISPUTE_RESOLVED;
    IssuerAuthorised "A body was authorised to state certain things, within limits." institution::ISSUER_AUTHORISED;
    AuthorisationEnded "An authorisation ended or was suspended." institution::AUTHORISATION_ENDED;
    IssuerKeyAdded "A key may sign for a body from here on." institution::ISSUER_KEY_ADDED;
    IssuerKeyEnded "A key signs for a body no longer." institution::ISSUER_KEY_ENDED;
    AuthorisationEndorsed "An employers' or workers' organisation or a public body endorsed an authorisation." institution::AUTHORISATION_ENDORSED;
    EndorsementWithdrawn "An endorsement was withdrawn for the future." institution::ENDORSEMENT_WITHDRAWN;
    EndorsementPolicySet "A root authority set which authorisations need whose endorsement before they take effect." institution::ENDORSEMENT_POLICY_SET;
    CustodianNamed "A body that closes was given a custodian, who acts on its statements from here on." institution::CUSTODIAN_NAMED;
    StandardPublished "A standard for assessment was published." institution::STANDARD_PUBLISHED;
    FrameworkPublished "An edition of a qualifications framework was published." publication::FRAMEWORK_PUBLISHED;
    ReferencingPublished "The levels of a national framework were related to those of a regional one." publication::REFERENCING_PUBLISHED;
    ReferencingSuperseded "A referencing holds no longer." publication::REFERENCING_SUPERSEDED;
    AgreementRegistered "An agreement on which recognition or a placement may rest was registered." publication::AGREEMENT_REGISTERED;
    MonitoringMeetingHeld "The committee of an agreement met." publication::MONITORING_MEETING_HELD;
    ResolutionEndorsed "One side of an agreement endorsed what its committee resolved." publication::RESOLUTION_ENDORSED;
    ProfessionRegulated "A country's law regulates an occupation, or does not." publication::PROFESSION_REGULATED;
    LedgerFounded "The ledger began: its origin, random id, keys and entry version." ledger::LEDGER_FOUNDED;
    AuthorityEstablished "The ledger named a root authority and its first key." ledger::AUTHORITY_ESTABLISHED;
    LedgerKeyAdded "The ledger added a key of its own." ledger::LEDGER_KEY_ADDED;
    LedgerKeyEnded "The ledger ended a key of its own." ledger::LEDGER_KEY_ENDED;
    WitnessNamed "The ledger named a witness that cosigns its checkpoints." ledger::WITNESS_NAMED;
    Erased "A worker's key was destroyed; it is not said whose." ledger::ERASED;
}

impl Kind {
    /// By `urn:skillpass:v1:<Name>`.
    pub fn from_vct(vct: &str) -> Option<Self> {
        Self::from_name(vct.strip_prefix(VCT_PREFIX)?)
    }

    /// `urn:skillpass:v1:<Name>`.
    pub fn vct(self) -> String {
        format!("{VCT_PREFIX}{}", self.name())
    }

    /// Whose stream.
    pub fn class(self) -> Class {
        self.spec().class
    }

    /// The passport section a record of this kind is shown in; `None` for kinds that act on others and for institutions.
    pub fn section(self) -> Option<Section> {
        self.spec().section
    }

    /// Its effect in law, at most; [`super::Event::legal_effect`] knows what it is in the single case.
    pub fn legal_effect(self) -> LegalEffect {
        self.spec().legal_effect
    }

    /// The claim that holds the award date, if the kind has one.
    pub fn award_date_claim(self) -> Option<&'static str> {
        self.spec().award_date
    }

    /// Signed by the worker (iss = did:jwk): `SelfAssessed`, `DisputeRaised`, `HolderKeyChanged` and the like.
    pub fn is_by_holder(self) -> bool {
        self.spec().signer == Signer::Holder
    }

    /// May stand in `kinds` of an authorisation: what bodies state about workers, and what they publish. Authorising others
    /// is bounded by `may_authorise_depth`; keys come with the authorisation; workers and the ledger need none.
    pub fn is_authorisable(self) -> bool {
        self.class() == Class::Person && self.spec().signer == Signer::Body || self.is_publication()
    }

    /// What a body publishes: its stream is the publication's, not the body's.
    pub fn is_publication(self) -> bool {
        self == Self::StandardPublished || self.is_reference()
    }

    /// A publication that answers about levels, agreements and professions are built from.
    pub fn is_reference(self) -> bool {
        matches!(
            self,
            Self::FrameworkPublished
                | Self::ReferencingPublished
                | Self::ReferencingSuperseded
                | Self::AgreementRegistered
                | Self::MonitoringMeetingHeld
                | Self::ResolutionEndorsed
                | Self::ProfessionRegulated
        )
    }

    /// A holder's key travels in `cnf`, which is required: `HolderKeyBound`, `HolderKeyChanged`,
    /// `HolderKeyRecoveryRequested`, `HolderKeyRecovered`.
    pub fn binds_key(self) -> bool {
        self.spec().binds_key
    }

    /// For the worker alone: no view but the holder's shows it, and no file says what it says.
    pub fn never_leaves(self) -> bool {
        matches!(self, Self::FundingDecided | Self::FundingPaid)
    }

    /// From here on the key in `cnf` is the holder's: `HolderKeyBound`, `HolderKeyChanged`, `HolderKeyRecovered`.
    pub fn makes_key_current(self) -> bool {
        matches!(self, Self::HolderKeyBound | Self::HolderKeyChanged | Self::HolderKeyRecovered)
    }

    /// Evidence of whose key it is: what makes a key the holder's, and what a recovery rests on.
    pub fn is_key_evidence(self) -> bool {
        self.makes_key_current()
            || matches!(self, Self::HolderKeyRecoveryRequested | Self::HolderKeyRecoveryConfirmed)
    }

    /// Acts on another statement by `target`: Revoked, Suspended, Reinstated, Corrected, Superseded.
    pub fn changes_standing(self) -> bool {
        matches!(
            self,
            Self::Revoked | Self::Suspended | Self::Reinstated | Self::Corrected | Self::Superseded
        )
    }

    /// Its right follows from the statement that `target` names: changes of standing, and `DisputeResolved`.
    pub fn acts_on_another(self) -> bool {
        self.changes_standing() || self == Self::DisputeResolved
    }

    /// Acts on a licence by `target`: `LicenceRenewed`, `LicenceSuspended`, `LicenceReinstated`, `LicenceRevoked`.
    pub fn changes_licence(self) -> bool {
        matches!(
            self,
            Self::LicenceRenewed | Self::LicenceSuspended | Self::LicenceReinstated | Self::LicenceRevoked
        )
    }

    /// Its claims, in the order of documents and spreadsheets.
    pub fn claims(self) -> &'static [ClaimSpec] {
        self.spec().members.claims
    }
}

/// A name that is no kind of event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no kind of event{}; `skillpass kinds` lists them", .suggestion.map(|s| format!(" (did you mean `{s}`?)")).unwrap_or_default())]
pub struct UnknownKind {
    name: String,
    suggestion: Option<&'static str>,
}

impl UnknownKind {
    /// For a name (or `vct`) that [`Kind::from_name`] does not know.
    pub fn new(name: &str) -> Self {
        let bare = name.strip_prefix(VCT_PREFIX).unwrap_or(name);
        let suggestion = closest(bare, Kind::all().iter().map(|kind| kind.name()));
        Self { name: bare.chars().take(64).collect(), suggestion }
    }

    /// Stable, `SCREAMING_SNAKE`.
    pub fn reason(&self) -> &'static str {
        "UNKNOWN_KIND"
    }
}
