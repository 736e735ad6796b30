//! QR codes (ISO/IEC 18004) as a path for SVG: black on white whatever the scheme of the page.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// The white around a code that scanners need, in modules.
const QUIET: usize = 4;

/// A code, ready to draw in a box of `size` by `size`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr {
    /// Width and height in modules, the white around it included.
    pub size: usize,
    /// The dark modules, as the `d` of an SVG path.
    pub path: String,
}

impl Qr {
    /// The code of a text: with medium error correction if it fits, else with low; `None` for a text that no code holds.
    #[expect(clippy::arithmetic_side_effects, reason = "a code has at most 177 modules a side")]
    pub fn of(text: &str) -> Option<Self> {
        let mut levels = [EcLevel::M, EcLevel::L].into_iter();
        let code = levels.find_map(|level| QrCode::with_error_correction_level(text, level).ok())?;
        let width = code.width();
        let mut path = String::new();
        for (y, row) in code.to_colors().chunks(width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|one, two| one == two) {
                if run.first() == Some(&Color::Dark) {
                    // Writing to a String cannot fail.
                    let _ = write!(path, "M{} {}h{}v1h-{2}z", x + QUIET, y + QUIET, run.len());
                }
                x += run.len();
            }
        }
        Some(Self { size: width + 2 * QUIET, path })
    }
}

#[cfg(test)]
mod tests {
    use super::Qr;

    #[test]
    fn a_code_is_drawn_inside_its_white_margin() {
        let code = Qr::of("https://ledger.example.invalid/v#x").unwrap();
        // The finder pattern in the corner is seven dark modules wide.
        assert!(code.path.starts_with("M4 4h7v1h-7z"), "{}", code.path);
        assert!(code.size > 21);
    }

    #[test]
    fn a_statement_fits_and_what_no_code_holds_is_refused() {
        assert_eq!(Qr::of(&"x".repeat(2_953)).unwrap().size, 177 + 8);
        assert!(Qr::of(&"x".repeat(2_954)).is_none());
    }
}
