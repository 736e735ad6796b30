//! Closed lists and code shapes that claims are checked against. Plain facts; each list names its source.

pub mod codes;
pub mod countries;
pub mod frameworks;
pub mod labels;
pub mod names;
mod national;
pub mod source;

/// Whether a text has the form of an ISCO-08 code; else what is wrong.
pub fn check_occupation(code: &str) -> Result<(), String> {
    codes::check_isco08(code).map_err(|(_, message)| message)
}

/// Whether a text has the form of an ISCED-F 2013 code; else what is wrong.
pub fn check_field(code: &str) -> Result<(), String> {
    codes::check_iscedf(code).map_err(|(_, message)| message)
}

/// Whether a text has the form of an ESCO URI; else what is wrong.
pub fn check_esco(uri: &str) -> Result<(), String> {
    codes::check_esco_uri(uri).map_err(|(_, message)| message)
}

/// Whether a text has the form of an instrument's id; else what is wrong.
pub fn check_instrument(id: &str) -> Result<(), String> {
    codes::check_instrument(id).map_err(|(_, message)| message)
}
