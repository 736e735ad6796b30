//! Text of others, shown so that it cannot hide anything or move what stands around it.

use std::fmt::Write as _;

/// The text with every character that draws nothing, or reorders what others draw, shown by its number. Joiners stay where a script
/// needs them (Arabic, Indic), and marks of direction, which end with the element that isolates them.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut last = ' ';
    for letter in text.chars() {
        let joins = matches!(letter, '\u{200c}' | '\u{200d}') && last > '\u{2ff}' && !hides(last);
        if !joins && hides(letter) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "⟦U+{:04X}⟧", u32::from(letter));
        } else {
            shown.push(letter);
        }
        last = letter;
    }
    shown
}

/// Controls, bidirectional embeddings, overrides and isolates (UAX 9), zero-width and other invisible characters, tags (UTS 51).
fn hides(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{180e}'
        )
        || matches!(letter, '\u{200b}'..='\u{200d}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(letter, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_hides_is_shown_and_what_a_script_needs_stays() {
        assert_eq!(visible("nurse\u{202e}eludom"), "nurse⟦U+202E⟧eludom");
        assert_eq!(visible("ad\u{200b}min\n"), "ad⟦U+200B⟧min⟦U+000A⟧");
        assert_eq!(visible("a\u{200d}b\u{feff}"), "a⟦U+200D⟧b⟦U+FEFF⟧");
        for kept in ["क्\u{200d}ष", "می\u{200c}خواهم", "Świadectwo 🎓", "\u{200f}شهادة"]
        {
            assert_eq!(visible(kept), kept);
        }
    }
}
