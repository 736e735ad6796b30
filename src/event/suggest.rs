//! "Did you mean …?": the nearest of a few known names.

/// The candidate within one to three edits, depending on the length, if there is one.
pub(super) fn closest(typed: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    // Longer texts are no typing error of ours, and the cost grows with the square of the length.
    if typed.len() > 64 {
        return None;
    }
    let typed = typed.to_ascii_lowercase();
    let limit = match typed.len() {
        0..5 => 1,
        5..9 => 2,
        _ => 3,
    };
    candidates
        .map(|candidate| (distance(&typed, &candidate.to_ascii_lowercase()), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance over bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i.saturating_add(1);
        for (cell, y) in row.iter_mut().skip(1).zip(b.bytes()) {
            let here = diagonal.saturating_add(usize::from(x != y)).min(left.min(*cell).saturating_add(1));
            diagonal = *cell;
            *cell = here;
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i.saturating_add(1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_within_a_few_edits_are_suggested() {
        assert_eq!((distance("", "abc"), distance("kitten", "sitting"), distance("same", "same")), (3, 3, 0));
        let names = ["awarding_date", "title", "sub"];
        assert_eq!(closest("award_date", names.into_iter()), Some("awarding_date"));
        assert_eq!(closest("awarding_dat", names.into_iter()), Some("awarding_date"));
        assert_eq!(closest("Titel", names.into_iter()), Some("title"));
        assert_eq!(closest("iat", names.into_iter()), None);
    }
}
