//! The same work for many rows, on every core.

/// The results of `work`, in the order of the items. A panic in it is passed on.
pub(super) fn on_all_cores<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = items.len().div_ceil(threads).max(1);
    let (mut items, mut results) = (items.into_iter(), Vec::new());
    std::thread::scope(|scope| {
        let mut at_work = Vec::with_capacity(threads);
        for _ in 0..threads {
            let lot: Vec<T> = items.by_ref().take(share).collect();
            at_work.push(scope.spawn(|| lot.into_iter().map(&work).collect::<Vec<R>>()));
        }
        for one in at_work {
            results.extend(one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for count in [0, 1, 2, 3, 1000] {
            let items: Vec<usize> = (0..count).collect();
            let expected: Vec<usize> = items.iter().map(|item| item * 2).collect();
            assert_eq!(on_all_cores(items, |item| item * 2), expected);
        }
    }
}
