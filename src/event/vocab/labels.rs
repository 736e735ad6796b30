//! Short labels of the claims about persons, in several languages. For type metadata and displays; nothing is decided by
//! them. One claim name has one label, whatever kind it stands in.

/// The languages of [`labels`], in their order (BCP 47).
pub const LABEL_LOCALES: [&str; 3] = ["en", "fr", "es"];

/// A claim's label in each of [`LABEL_LOCALES`]; `None` for a claim that the table lacks.
pub fn labels(claim: &str) -> Option<&'static [&'static str; 3]> {
    LABELS.iter().find(|(name, _)| *name == claim).map(|(_, labels)| labels)
}

#[rustfmt::skip]
static LABELS: &[(&str, [&str; 3])] = &[
    ("achieved_on", ["Achieved on", "Acquise le", "Superada el"]),
    ("achievement_id", ["Achievement identifier", "Identifiant de l'acquis", "Identificador del logro"]),
    ("activity_type", ["Type of activity", "Type d'activité", "Tipo de actividad"]),
    ("appeal_until", ["Appeal possible until", "Recours possible jusqu'au", "Recurso posible hasta"]),
    ("application", ["Application", "Demande", "Solicitud"]),
    ("applied_on", ["Applied on", "Demandé le", "Solicitado el"]),
    ("assessed_on", ["Assessed on", "Évalué le", "Evaluado el"]),
    ("assessment", ["Assessment", "Évaluation", "Evaluación"]),
    ("awarding_body", ["Awarding body", "Organisme certificateur", "Entidad otorgante"]),
    ("awarding_date", ["Awarded on", "Délivrée le", "Otorgada el"]),
    ("birth_date", ["Date of birth", "Date de naissance", "Fecha de nacimiento"]),
    ("cefr", ["CEFR levels", "Niveaux du CECR", "Niveles del MCER"]),
    ("certified_on", ["Certified on", "Certifié le", "Certificado el"]),
    ("changed_on", ["Changed on", "Changé le", "Cambiado el"]),
    ("committee", ["Committee", "Comité", "Comité"]),
    ("compensation_measure", ["Compensation measure", "Mesure de compensation", "Medida compensatoria"]),
    ("completed_on", ["Completed on", "Achevé le", "Completado el"]),
    ("completion", ["Completion", "Mode d'achèvement", "Modo de finalización"]),
    ("conditions", ["Conditions", "Conditions", "Condiciones"]),
    ("confirmation_method", ["How it was confirmed", "Mode de confirmation", "Modo de confirmación"]),
    ("confirmed_on", ["Confirmed on", "Confirmé le", "Confirmado el"]),
    ("confirmed_with", ["Confirmed with", "Confirmé auprès de", "Confirmado con"]),
    ("credit_point", ["Credit points", "Crédits", "Créditos"]),
    ("decided_on", ["Decided on", "Décidé le", "Decidido el"]),
    ("decision", ["Decision", "Décision", "Decisión"]),
    ("destination_country", ["Destination country", "Pays de destination", "País de destino"]),
    ("dispute", ["Dispute", "Contestation", "Impugnación"]),
    ("document_country", ["Issuing country of the document", "Pays de délivrance du document", "País de expedición del documento"]),
    ("document_date", ["Date of the document", "Date du document", "Fecha del documento"]),
    ("document_issuer", ["Issuer of the document", "Émetteur du document", "Emisor del documento"]),
    ("document_kind", ["Kind of document", "Nature du document", "Clase de documento"]),
    ("document_number_commitment", ["Commitment to the document number", "Engagement sur le numéro du document", "Compromiso sobre el número del documento"]),
    ("document_type", ["Type of document", "Type de document", "Tipo de documento"]),
    ("document_valid_until", ["Document valid until", "Document valable jusqu'au", "Documento válido hasta"]),
    ("documented_on", ["Documented on", "Documenté le", "Documentado el"]),
    ("duties", ["Duties", "Tâches", "Tareas"]),
    ("effective_from", ["Effective from", "Prend effet le", "Con efecto desde"]),
    ("employer", ["Employer", "Employeur", "Empleador"]),
    ("employer_form", ["Form of the employer", "Forme de l'employeur", "Forma del empleador"]),
    ("ended_on", ["Ended on", "Terminé le", "Finalizado el"]),
    ("eqf_level", ["EQF level", "Niveau CEC", "Nivel del MEC"]),
    ("esco_uri", ["ESCO occupation", "Profession ESCO", "Ocupación ESCO"]),
    ("evidence", ["Evidence", "Preuves", "Pruebas"]),
    ("evidence_count", ["Pieces of evidence", "Nombre de preuves", "Número de pruebas"]),
    ("exempted_units", ["Exempted units", "Unités dispensées", "Unidades exentas"]),
    ("family_name", ["Family name", "Nom de famille", "Apellidos"]),
    ("family_name_latin", ["Family name in Latin letters", "Nom de famille en lettres latines", "Apellidos en letras latinas"]),
    ("fte_percent", ["Share of full-time work (%)", "Quotité de temps plein (%)", "Porcentaje de jornada completa"]),
    ("given_name", ["Given name", "Prénoms", "Nombre"]),
    ("given_name_latin", ["Given name in Latin letters", "Prénoms en lettres latines", "Nombre en letras latinas"]),
    ("grade", ["Grade", "Note", "Calificación"]),
    ("granted_on", ["Granted on", "Accordée le", "Concedida el"]),
    ("grounds", ["Grounds", "Motif", "Motivo"]),
    ("id_verification", ["Identity of the candidate", "Identité du candidat", "Identidad del candidato"]),
    ("identified_on", ["Identified on", "Identifié le", "Identificado el"]),
    ("identity_check_method", ["How the identity was checked", "Mode de vérification de l'identité", "Modo de verificación de la identidad"]),
    ("identity_checked_on", ["Identity checked on", "Identité vérifiée le", "Identidad verificada el"]),
    ("instrument", ["Agreement or programme", "Accord ou programme", "Acuerdo o programa"]),
    ("isced_level", ["ISCED level", "Niveau CITE", "Nivel CINE"]),
    ("iscedf_code", ["Field of education (ISCED-F)", "Domaine d'études (CITE-F)", "Campo de educación (CINE-F)"]),
    ("isco08", ["Occupation (ISCO-08)", "Profession (CITP-08)", "Ocupación (CIUO-08)"]),
    ("issuing_country", ["Issuing country", "Pays d'émission", "País de emisión"]),
    ("language", ["Language", "Langue", "Idioma"]),
    ("learning_outcomes", ["Learning outcomes", "Acquis d'apprentissage", "Resultados de aprendizaje"]),
    ("learning_setting", ["Learning setting", "Cadre d'apprentissage", "Entorno de aprendizaje"]),
    ("legal_basis", ["Legal basis", "Base juridique", "Base jurídica"]),
    ("limit_jurisdiction", ["Valid in", "Valable dans", "Válida en"]),
    ("limit_occupation", ["Occupation or title", "Profession ou titre", "Profesión o título"]),
    ("method", ["Method", "Méthode", "Método"]),
    ("nqf_level", ["Level of the national framework", "Niveau du cadre national", "Nivel del marco nacional"]),
    ("number_commitment", ["Commitment to the licence number", "Engagement sur le numéro d'autorisation", "Compromiso sobre el número de licencia"]),
    ("origin_country", ["Country of origin", "Pays d'origine", "País de origen"]),
    ("original_language", ["Original language", "Langue originale", "Idioma original"]),
    ("outcome", ["Outcome", "Résultat", "Resultado"]),
    ("outcomes", ["Outcomes shown", "Acquis démontrés", "Resultados demostrados"]),
    ("overall", ["Overall level", "Niveau global", "Nivel global"]),
    ("placement", ["Placement", "Placement", "Colocación"]),
    ("planned_end", ["Planned end", "Fin prévue", "Fin prevista"]),
    ("portfolio_hash", ["Portfolio (hash)", "Portfolio (empreinte)", "Portafolio (huella)"]),
    ("programme", ["Programme", "Programme", "Programa"]),
    ("protected_title", ["Protected title", "Titre protégé", "Título protegido"]),
    ("provider", ["Training provider", "Organisme de formation", "Centro de formación"]),
    ("qualification", ["Qualification", "Certification", "Cualificación"]),
    ("qualification_code", ["Qualification code", "Code de la certification", "Código de la cualificación"]),
    ("is_partial_qualification", ["Partial qualification", "Certification partielle", "Cualificación parcial"]),
    ("reason", ["Reason", "Motif", "Motivo"]),
    ("reasons", ["Reasons", "Motifs", "Motivos"]),
    ("recognition_decision", ["Recognition decision", "Décision de reconnaissance", "Decisión de reconocimiento"]),
    ("recognition_kind", ["Kind of recognition", "Type de reconnaissance", "Tipo de reconocimiento"]),
    ("record", ["Record confirmed", "Déclaration confirmée", "Declaración confirmada"]),
    ("reference_occupation", ["Occupation compared with", "Profession de référence", "Profesión de referencia"]),
    ("register", ["Register", "Registre", "Registro"]),
    ("regulated", ["Regulated occupation", "Profession réglementée", "Profesión regulada"]),
    ("replacement", ["Replacement", "Remplacement", "Sustitución"]),
    ("resolution", ["Resolution", "Issue", "Resolución"]),
    ("resolved_on", ["Resolved on", "Tranchée le", "Resuelta el"]),
    ("result", ["Result", "Résultat", "Resultado"]),
    ("returned_on", ["Returned on", "Retour le", "Retorno el"]),
    ("scan_hash", ["Scan (hash)", "Numérisation (empreinte)", "Escaneo (huella)"]),
    ("scheme", ["Qualification scheme", "Dispositif de certification", "Esquema de cualificación"]),
    ("skills", ["Skills", "Compétences", "Competencias"]),
    ("source", ["On behalf of", "Au nom de", "En nombre de"]),
    ("stage", ["Stage", "Étape", "Etapa"]),
    ("standard", ["Standard", "Référentiel", "Norma"]),
    ("started_on", ["Started on", "Commencé le", "Iniciado el"]),
    ("statement", ["In the worker's own words", "Selon le travailleur", "En palabras del trabajador"]),
    ("sub", ["Worker", "Travailleur", "Trabajador"]),
    ("substantial_differences", ["Substantial differences", "Différences substantielles", "Diferencias sustanciales"]),
    ("suspended_until", ["Suspended until", "Suspendu jusqu'au", "Suspendido hasta"]),
    ("target", ["Statement concerned", "Déclaration visée", "Declaración afectada"]),
    ("test_name", ["Test", "Test", "Prueba"]),
    ("test_score", ["Score", "Score", "Puntuación"]),
    ("title", ["Title", "Intitulé", "Título"]),
    ("training_country", ["Country of training", "Pays de formation", "País de formación"]),
    ("translated_by", ["Translated by", "Traduit par", "Traducido por"]),
    ("unit_code", ["Unit code", "Code de l'unité", "Código de la unidad"]),
    ("valid_from", ["Valid from", "Valable à partir du", "Válido desde"]),
    ("valid_until", ["Valid until", "Valable jusqu'au", "Válido hasta"]),
    ("via_prior_learning", ["By recognition of prior learning", "Par validation des acquis", "Por reconocimiento de aprendizaje previo"]),
    ("volume_of_learning_hours", ["Hours of learning", "Heures d'apprentissage", "Horas de aprendizaje"]),
    ("wage_class", ["Wage class", "Classe de salaire", "Categoría salarial"]),
    ("work_country", ["Country of work", "Pays de travail", "País de trabajo"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Class, Kind};

    #[test]
    fn every_claim_about_a_person_has_a_label_in_every_language() {
        let kinds = Kind::all().iter().filter(|kind| kind.class() == Class::Person);
        let claims: std::collections::BTreeSet<&str> =
            kinds.flat_map(|kind| kind.claims()).map(|claim| claim.name).collect();
        let missing: Vec<_> = claims.iter().filter(|name| labels(name).is_none()).collect();
        assert!(missing.is_empty(), "add them in {LABEL_LOCALES:?} to event/vocab/labels.rs: {missing:?}");
        let idle: Vec<_> =
            LABELS.iter().map(|(name, _)| name).filter(|name| !claims.contains(*name)).collect();
        assert!(idle.is_empty(), "no kind makes these claims: {idle:?}");
        for (name, labels) in LABELS {
            assert!(labels.iter().all(|label| !label.is_empty() && *label == label.trim()), "{name}");
        }
    }
}
