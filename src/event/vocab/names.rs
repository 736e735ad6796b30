//! The names of the kinds in the languages of the countries that workers leave and go to. For type metadata and displays;
//! nothing is decided by them.

use crate::event::Kind;

/// The languages of [`names`], in their order (BCP 47).
pub const LOCALES: [&str; 6] = ["en", "fr", "es", "ar", "hi", "tl"];

/// A kind's name in each of [`LOCALES`]; `None` for a kind that the table lacks.
pub fn names(kind: Kind) -> Option<&'static [&'static str; 6]> {
    NAMES.iter().find(|(of, _)| *of == kind).map(|(_, names)| names)
}

#[rustfmt::skip]
static NAMES: &[(Kind, [&str; 6])] = &[
    (Kind::PassportOpened, ["Skills passport opened", "Passeport de compétences ouvert", "Pasaporte de competencias abierto", "فتح جواز المهارات", "कौशल पासपोर्ट खोला गया", "Binuksan ang pasaporte ng kasanayan"]),
    (Kind::HolderKeyBound, ["Holder key bound", "Clé du titulaire liée", "Clave del titular vinculada", "ربط مفتاح حامل الجواز", "धारक की कुंजी जोड़ी गई", "Ikinabit ang susi ng may-hawak"]),
    (Kind::HolderKeyChanged, ["Holder key changed", "Clé du titulaire changée", "Clave del titular cambiada", "تغيير مفتاح حامل الجواز", "धारक की कुंजी बदली गई", "Pinalitan ang susi ng may-hawak"]),
    (Kind::HolderKeyRecoveryRequested, ["Recovery of the holder key requested", "Récupération de la clé du titulaire demandée", "Recuperación de la clave del titular solicitada", "طلب استعادة مفتاح حامل الجواز", "धारक की कुंजी की वापसी का अनुरोध", "Hiniling ang pagbawi ng susi ng may-hawak"]),
    (Kind::HolderKeyRecoveryConfirmed, ["Recovery of the holder key confirmed", "Récupération de la clé du titulaire confirmée", "Recuperación de la clave del titular confirmada", "تأكيد استعادة مفتاح حامل الجواز", "धारक की कुंजी की वापसी की पुष्टि", "Kinumpirma ang pagbawi ng susi ng may-hawak"]),
    (Kind::HolderKeyRecoveryCancelled, ["Recovery of the holder key cancelled", "Récupération de la clé du titulaire annulée", "Recuperación de la clave del titular cancelada", "إلغاء استعادة مفتاح حامل الجواز", "धारक की कुंजी की वापसी रद्द", "Kinansela ang pagbawi ng susi ng may-hawak"]),
    (Kind::HolderKeyRecovered, ["Holder key recovered", "Clé du titulaire récupérée", "Clave del titular recuperada", "استعادة مفتاح حامل الجواز", "धारक की कुंजी वापस मिली", "Nabawi ang susi ng may-hawak"]),
    (Kind::PassportsJoined, ["Passports joined", "Passeports réunis", "Pasaportes unidos", "ضم جوازي المهارات", "कौशल पासपोर्ट जोड़े गए", "Pinag-isa ang mga pasaporte"]),
    (Kind::TrainingCompleted, ["Training completed", "Formation achevée", "Formación completada", "إتمام تدريب", "प्रशिक्षण पूरा हुआ", "Natapos ang pagsasanay"]),
    (Kind::SkillAssessed, ["Skill assessed", "Compétence évaluée", "Competencia evaluada", "تقييم مهارة", "कौशल का मूल्यांकन", "Tinasa ang kasanayan"]),
    (Kind::UnitAchieved, ["Unit achieved", "Unité acquise", "Unidad superada", "اجتياز وحدة تعليمية", "इकाई पूरी की गई", "Natamo ang yunit"]),
    (Kind::QualificationAwarded, ["Qualification awarded", "Certification délivrée", "Cualificación otorgada", "منح مؤهل", "योग्यता प्रदान की गई", "Iginawad ang kuwalipikasyon"]),
    (Kind::PriorLearningIdentified, ["Prior learning identified", "Acquis antérieurs identifiés", "Aprendizaje previo identificado", "تحديد التعلم السابق", "पूर्व शिक्षा की पहचान", "Natukoy ang naunang pagkatuto"]),
    (Kind::PriorLearningDocumented, ["Prior learning documented", "Acquis antérieurs documentés", "Aprendizaje previo documentado", "توثيق التعلم السابق", "पूर्व शिक्षा का दस्तावेज़ीकरण", "Naidokumento ang naunang pagkatuto"]),
    (Kind::PriorLearningAssessed, ["Prior learning assessed", "Acquis antérieurs évalués", "Aprendizaje previo evaluado", "تقييم التعلم السابق", "पूर्व शिक्षा का मूल्यांकन", "Tinasa ang naunang pagkatuto"]),
    (Kind::PriorLearningCertified, ["Prior learning certified", "Acquis antérieurs certifiés", "Aprendizaje previo certificado", "التصديق على التعلم السابق", "पूर्व शिक्षा का प्रमाणन", "Sinertipikahan ang naunang pagkatuto"]),
    (Kind::WorkExperienceAttested, ["Work experience attested", "Expérience professionnelle attestée", "Experiencia laboral acreditada", "إثبات خبرة عمل", "कार्य अनुभव प्रमाणित", "Pinatunayan ang karanasan sa trabaho"]),
    (Kind::ExperienceConfirmed, ["Work experience confirmed", "Expérience professionnelle confirmée", "Experiencia laboral confirmada", "تأكيد خبرة عمل", "कार्य अनुभव की पुष्टि", "Kinumpirma ang karanasan sa trabaho"]),
    (Kind::LanguageCertified, ["Language certified", "Niveau de langue certifié", "Nivel de idioma certificado", "شهادة مستوى لغة", "भाषा स्तर प्रमाणित", "Sinertipikahan ang antas sa wika"]),
    (Kind::RecognitionApplied, ["Recognition applied for", "Reconnaissance demandée", "Reconocimiento solicitado", "طلب الاعتراف بمؤهل", "मान्यता के लिए आवेदन", "Nag-aplay para sa pagkilala"]),
    (Kind::RecognitionDecided, ["Recognition decided", "Décision de reconnaissance", "Decisión sobre el reconocimiento", "قرار بشأن الاعتراف بمؤهل", "मान्यता पर निर्णय", "Pasya sa pagkilala"]),
    (Kind::CompensationMeasureCompleted, ["Compensation measure completed", "Mesure de compensation accomplie", "Medida compensatoria completada", "إتمام إجراء تعويضي", "प्रतिपूरक उपाय पूरा हुआ", "Natapos ang karagdagang hakbang na hiningi"]),
    (Kind::LicenceGranted, ["Licence granted", "Autorisation d'exercer accordée", "Licencia concedida", "منح ترخيص مزاولة", "लाइसेंस दिया गया", "Ipinagkaloob ang lisensiya"]),
    (Kind::LicenceRenewed, ["Licence renewed", "Autorisation d'exercer renouvelée", "Licencia renovada", "تجديد ترخيص المزاولة", "लाइसेंस का नवीकरण", "Ni-renew ang lisensiya"]),
    (Kind::LicenceSuspended, ["Licence suspended", "Autorisation d'exercer suspendue", "Licencia suspendida", "تعليق ترخيص المزاولة", "लाइसेंस निलंबित", "Sinuspinde ang lisensiya"]),
    (Kind::LicenceReinstated, ["Licence reinstated", "Autorisation d'exercer rétablie", "Licencia restablecida", "إعادة العمل بترخيص المزاولة", "लाइसेंस बहाल", "Ibinalik ang lisensiya"]),
    (Kind::LicenceRevoked, ["Licence revoked", "Autorisation d'exercer retirée", "Licencia revocada", "سحب ترخيص المزاولة", "लाइसेंस रद्द", "Binawi ang lisensiya"]),
    (Kind::RegisterEntered, ["Entered in a register", "Inscription dans un registre", "Inscripción en un registro", "القيد في سجل مهني", "पंजिका में प्रविष्टि", "Naipasok sa rehistro"]),
    (Kind::LeaveGranted, ["Leave granted", "Congé accordé", "Permiso concedido", "منح إجازة", "अवकाश स्वीकृत", "Ipinagkaloob ang bakasyon sa trabaho"]),
    (Kind::LeaveEnded, ["Leave ended", "Congé terminé", "Permiso finalizado", "انتهاء الإجازة", "अवकाश समाप्त", "Natapos ang bakasyon sa trabaho"]),
    (Kind::ReintegrationClaimed, ["Return to the post claimed", "Retour au poste demandé", "Regreso al puesto solicitado", "طلب العودة إلى الوظيفة", "पद पर वापसी का दावा", "Hiniling ang pagbalik sa puwesto"]),
    (Kind::ReintegrationDecided, ["Return to the post decided", "Décision sur le retour au poste", "Decisión sobre el regreso al puesto", "قرار بشأن العودة إلى الوظيفة", "पद पर वापसी पर निर्णय", "Pasya sa pagbalik sa puwesto"]),
    (Kind::GapIdentified, ["Gap identified", "Lacune identifiée", "Carencia identificada", "تحديد نقص", "कमी की पहचान", "Natukoy ang kakulangan"]),
    (Kind::TrainingRecommended, ["Training recommended", "Formation recommandée", "Formación recomendada", "توصية بتدريب", "प्रशिक्षण की सिफ़ारिश", "Inirekomenda ang pagsasanay"]),
    (Kind::QualificationsPassportIssued, ["Qualifications passport issued", "Passeport des qualifications délivré", "Pasaporte de cualificaciones expedido", "إصدار جواز المؤهلات", "योग्यता पासपोर्ट जारी", "Inisyu ang pasaporte ng kuwalipikasyon"]),
    (Kind::FundingDecided, ["Funding decided", "Financement décidé", "Financiación decidida", "قرار بشأن التمويل", "वित्तपोषण पर निर्णय", "Pasya sa pagpopondo"]),
    (Kind::FundingPaid, ["Funding paid", "Financement versé", "Financiación pagada", "دفع التمويل", "वित्तपोषण का भुगतान", "Binayaran ang pondo"]),
    (Kind::PlacementStarted, ["Placement started", "Placement commencé", "Inicio de la colocación", "بدء التوظيف في الخارج", "विदेश में नियुक्ति शुरू", "Nagsimula ang trabaho sa ibang bansa"]),
    (Kind::StageChanged, ["Stage changed", "Étape changée", "Cambio de etapa", "تغيير المرحلة", "चरण बदला", "Nagbago ang yugto"]),
    (Kind::PlacementEnded, ["Placement ended", "Placement terminé", "Fin de la colocación", "انتهاء التوظيف في الخارج", "विदेश में नियुक्ति समाप्त", "Natapos ang trabaho sa ibang bansa"]),
    (Kind::ReturnRecorded, ["Return recorded", "Retour enregistré", "Retorno registrado", "تسجيل العودة", "वापसी दर्ज", "Naitala ang pag-uwi"]),
    (Kind::SelfAssessed, ["Self-assessed", "Auto-évaluation", "Autoevaluación", "تقييم ذاتي", "स्व-मूल्यांकन", "Sariling pagtatasa"]),
    (Kind::DocumentAuthenticated, ["Document authenticated", "Document authentifié", "Documento autenticado", "التحقق من صحة وثيقة", "दस्तावेज़ प्रमाणित", "Napatunayang tunay ang dokumento"]),
    (Kind::Revoked, ["Statement revoked", "Déclaration révoquée", "Declaración revocada", "سحب إفادة", "कथन रद्द किया गया", "Binawi ang pahayag"]),
    (Kind::Suspended, ["Statement suspended", "Déclaration suspendue", "Declaración suspendida", "تعليق إفادة", "कथन निलंबित किया गया", "Sinuspinde ang pahayag"]),
    (Kind::Reinstated, ["Statement reinstated", "Déclaration rétablie", "Declaración restablecida", "إعادة العمل بإفادة", "कथन बहाल किया गया", "Ibinalik ang bisa ng pahayag"]),
    (Kind::Corrected, ["Statement corrected", "Déclaration rectifiée", "Declaración corregida", "تصحيح إفادة", "कथन सुधारा गया", "Itinama ang pahayag"]),
    (Kind::Superseded, ["Statement superseded", "Déclaration remplacée", "Declaración sustituida", "استبدال إفادة", "कथन बदला गया", "Pinalitan ang pahayag"]),
    (Kind::DisputeRaised, ["Dispute raised", "Contestation soulevée", "Impugnación presentada", "تقديم اعتراض", "आपत्ति दर्ज", "Naghain ng pagtutol"]),
    (Kind::DisputeResolved, ["Dispute resolved", "Contestation tranchée", "Impugnación resuelta", "البت في اعتراض", "आपत्ति का निपटारा", "Nalutas ang pagtutol"]),
    (Kind::IssuerAuthorised, ["Issuer authorised", "Émetteur autorisé", "Emisor autorizado", "تفويض جهة إصدار", "जारीकर्ता अधिकृत", "Pinahintulutan ang tagapag-isyu"]),
    (Kind::AuthorisationEnded, ["Authorisation ended", "Fin d'une autorisation", "Autorización finalizada", "انتهاء التفويض", "अधिकार समाप्त", "Natapos ang pahintulot"]),
    (Kind::AuthorisationEndorsed, ["Authorisation endorsed", "Autorisation soutenue", "Autorización respaldada", "تأييد التفويض", "अधिकार का समर्थन", "Sinang-ayunan ang pahintulot"]),
    (Kind::EndorsementWithdrawn, ["Endorsement withdrawn", "Soutien retiré", "Respaldo retirado", "سحب التأييد", "समर्थन वापस लिया गया", "Binawi ang pagsang-ayon"]),
    (Kind::EndorsementPolicySet, ["Endorsement policy set", "Règle de soutien fixée", "Norma de respaldo fijada", "تحديد قاعدة التأييد", "समर्थन का नियम तय", "Itinakda ang patakaran sa pagsang-ayon"]),
    (Kind::CustodianNamed, ["Custodian named", "Dépositaire désigné", "Custodio designado", "تسمية جهة حافظة", "अभिरक्षक नामित", "Itinalaga ang tagapag-ingat"]),
    (Kind::IssuerKeyAdded, ["Issuer key added", "Clé d'émetteur ajoutée", "Clave del emisor añadida", "إضافة مفتاح جهة الإصدار", "जारीकर्ता की कुंजी जोड़ी गई", "Idinagdag ang susi ng tagapag-isyu"]),
    (Kind::IssuerKeyEnded, ["Issuer key ended", "Fin d'une clé d'émetteur", "Fin de una clave del emisor", "انتهاء مفتاح جهة الإصدار", "जारीकर्ता की कुंजी समाप्त", "Natapos ang bisa ng susi ng tagapag-isyu"]),
    (Kind::StandardPublished, ["Standard published", "Référentiel publié", "Norma publicada", "نشر معيار", "मानक प्रकाशित", "Nailathala ang pamantayan"]),
    (Kind::FrameworkPublished, ["Framework published", "Cadre des certifications publié", "Marco de cualificaciones publicado", "نشر إطار للمؤهلات", "योग्यता ढाँचा प्रकाशित", "Nailathala ang balangkas ng kuwalipikasyon"]),
    (Kind::ReferencingPublished, ["Referencing published", "Référencement publié", "Referenciación publicada", "نشر ربط بين أطر المؤهلات", "योग्यता ढाँचों का संदर्भण प्रकाशित", "Nailathala ang pag-uugnay ng mga antas"]),
    (Kind::ReferencingSuperseded, ["Referencing superseded", "Référencement remplacé", "Referenciación sustituida", "استبدال ربط بين أطر المؤهلات", "योग्यता ढाँचों का संदर्भण बदला गया", "Pinalitan ang pag-uugnay ng mga antas"]),
    (Kind::AgreementRegistered, ["Agreement registered", "Accord enregistré", "Acuerdo registrado", "تسجيل اتفاق", "समझौता दर्ज", "Naitala ang kasunduan"]),
    (Kind::MonitoringMeetingHeld, ["Monitoring meeting held", "Réunion de suivi tenue", "Reunión de seguimiento celebrada", "عقد اجتماع متابعة", "निगरानी बैठक हुई", "Naganap ang pulong ng pagsubaybay"]),
    (Kind::ResolutionEndorsed, ["Resolution endorsed", "Résolution approuvée", "Resolución aprobada", "إقرار توصية اللجنة", "संकल्प का अनुमोदन", "Inaprubahan ang resolusyon"]),
    (Kind::ProfessionRegulated, ["Regulation of a profession", "Réglementation d'une profession", "Regulación de una profesión", "تنظيم مهنة", "पेशे का विनियमन", "Regulasyon ng propesyon"]),
    (Kind::LedgerFounded, ["Ledger founded", "Registre fondé", "Registro fundado", "تأسيس السجل", "बही की स्थापना", "Itinatag ang talaan"]),
    (Kind::AuthorityEstablished, ["Authority established", "Autorité établie", "Autoridad establecida", "تسمية سلطة", "प्राधिकरण स्थापित", "Itinatag ang awtoridad"]),
    (Kind::LedgerKeyAdded, ["Ledger key added", "Clé du registre ajoutée", "Clave del registro añadida", "إضافة مفتاح السجل", "बही की कुंजी जोड़ी गई", "Idinagdag ang susi ng talaan"]),
    (Kind::LedgerKeyEnded, ["Ledger key ended", "Fin d'une clé du registre", "Fin de una clave del registro", "انتهاء مفتاح السجل", "बही की कुंजी समाप्त", "Natapos ang bisa ng susi ng talaan"]),
    (Kind::WitnessNamed, ["Witness named", "Témoin désigné", "Testigo designado", "تسمية شاهد", "साक्षी नामित", "Itinalaga ang saksi"]),
    (Kind::Erased, ["Records erased", "Données effacées", "Datos borrados", "محو البيانات", "अभिलेख मिटाए गए", "Binura ang mga tala"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_in_every_language() {
        let missing: Vec<&str> =
            Kind::all().iter().filter(|kind| names(**kind).is_none()).map(|kind| kind.name()).collect();
        assert!(missing.is_empty(), "add their names in {LOCALES:?} to event/vocab/names.rs: {missing:?}");
        for (at, locale) in LOCALES.iter().enumerate() {
            let mut seen = std::collections::HashMap::new();
            for (kind, names) in NAMES {
                let name = names[at];
                assert!(!name.trim().is_empty() && name == name.trim(), "{locale}: {}", kind.name());
                if let Some(other) = seen.insert(name, *kind) {
                    panic!("{locale}: {} and {} have the same name", kind.name(), other.name());
                }
            }
        }
    }

    #[test]
    fn names_are_in_the_script_of_their_language() {
        let is_in = |locale: &str, letter: char| match locale {
            "ar" => ('\u{600}'..='\u{6ff}').contains(&letter),
            "hi" => ('\u{900}'..='\u{97f}').contains(&letter),
            _ => letter.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&letter),
        };
        for (kind, names) in NAMES {
            for (locale, name) in LOCALES.iter().zip(names) {
                let wrong = name.chars().find(|c| c.is_alphabetic() && !is_in(locale, *c));
                assert_eq!(wrong, None, "{locale}: {} ({name})", kind.name());
            }
        }
    }
}
