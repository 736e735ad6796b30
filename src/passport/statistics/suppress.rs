//! Small cells: no number below five is shown, and none can be worked out from the total and the other cells.

/// The smallest number that is shown.
pub const SMALLEST_SHOWN: u64 = 5;

/// What is shown of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// The number.
    Shown(u64),
    /// Too small, or it would give a small one away.
    Suppressed,
}

impl Cell {
    /// The number, if it is shown.
    pub fn shown(self) -> Option<u64> {
        match self {
            Self::Shown(number) => Some(number),
            Self::Suppressed => None,
        }
    }
}

/// What to show of numbers and of their total. First every small one goes; then, while the total would give away the sum of what
/// is hidden as that of a single cell, or as a small number, the smallest that is still shown goes too; when none is left, the
/// total goes.
pub fn suppress(numbers: &[u64]) -> (Vec<Cell>, Cell) {
    let total: u64 = numbers.iter().sum();
    let mut cells: Vec<Cell> = numbers
        .iter()
        .map(|&number| if number < SMALLEST_SHOWN { Cell::Suppressed } else { Cell::Shown(number) })
        .collect();
    loop {
        let hidden = cells.iter().filter(|cell| **cell == Cell::Suppressed).count();
        let hidden_sum = total.saturating_sub(cells.iter().filter_map(|cell| cell.shown()).sum::<u64>());
        if hidden == 0 || hidden > 1 && hidden_sum >= SMALLEST_SHOWN {
            let shown = if total < SMALLEST_SHOWN { Cell::Suppressed } else { Cell::Shown(total) };
            return (cells, shown);
        }
        let smallest =
            cells.iter_mut().filter(|cell| **cell != Cell::Suppressed).min_by_key(|cell| cell.shown());
        match smallest {
            Some(cell) => *cell = Cell::Suppressed,
            None => return (cells, Cell::Suppressed),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_small_cell_takes_a_second_with_it() {
        let (cells, total) = suppress(&[3, 40, 7]);
        assert_eq!(cells, [Cell::Suppressed, Cell::Shown(40), Cell::Suppressed]);
        assert_eq!(total, Cell::Shown(50));
        assert_eq!(suppress(&[6, 7]), (vec![Cell::Shown(6), Cell::Shown(7)], Cell::Shown(13)));
        assert_eq!(suppress(&[4]), (vec![Cell::Suppressed], Cell::Suppressed));
        assert_eq!(suppress(&[]), (vec![], Cell::Suppressed));
    }

    proptest! {
        /// No small number is shown, none is the difference between the total and what is shown, and a reader who knows the rule
        /// cannot tell a single hidden cell.
        #[test]
        fn no_small_number_is_shown_or_can_be_worked_out(numbers in prop::collection::vec(0_u64..20, 0..8)) {
            let (cells, total) = suppress(&numbers);
            for (cell, number) in cells.iter().zip(&numbers) {
                prop_assert!(cell.shown().is_none_or(|shown| shown == *number && shown >= SMALLEST_SHOWN));
            }
            if let Some(total) = total.shown() {
                prop_assert_eq!(total, numbers.iter().sum::<u64>());
                prop_assert!(total >= SMALLEST_SHOWN);
                let hidden = cells.iter().filter(|cell| **cell == Cell::Suppressed).count();
                let difference = total - cells.iter().filter_map(|cell| cell.shown()).sum::<u64>();
                prop_assert!(hidden == 0 || hidden > 1 && difference >= SMALLEST_SHOWN, "{:?} {}", cells, total);
            }
        }
    }
}
