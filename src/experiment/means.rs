//! Means over seeds at recorded steps, from the rows of a journal, and the bands that plots show.

use crate::dynamics::sampled::LossStatistics;

/// The statistics at each of `count` steps; rows hold the losses of runs, run after run.
pub(super) fn of_rows(rows: &[Vec<f64>], count: usize) -> Vec<LossStatistics> {
    let runs: Vec<&[f64]> = rows.iter().flat_map(|row| row.chunks(count)).collect();
    let at = |k: usize| -> Vec<f64> { runs.iter().map(|run| run[k]).collect() };
    (0..count).map(|k| LossStatistics::of(&at(k))).collect()
}

/// Two standard errors either way, over a unit; a lower end that is not positive is the smallest that a
/// logarithmic axis takes. No width where one run leaves the error unknown.
pub(super) fn band(statistics: &[LossStatistics], unit: f64) -> Vec<(f64, f64)> {
    let of = |s: &LossStatistics| {
        let half = if s.standard_error.is_finite() {
            2.0 * s.standard_error
        } else {
            0.0
        };
        ((s.mean - half).max(1e-300) / unit, (s.mean + half) / unit)
    };
    statistics.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_cut_from_rows_and_their_band_is_two_standard_errors() {
        // Runs (1, 4) and (3, 8), then (2, 6): means 2 and 6, variances 1 and 4, three runs.
        let rows = [vec![1.0, 4.0, 3.0, 8.0], vec![2.0, 6.0]];
        let statistics = of_rows(&rows, 2);
        assert_eq!((statistics[0].mean, statistics[1].mean), (2.0, 6.0));
        let [first, second] = band(&statistics, 2.0)[..] else {
            panic!("two steps")
        };
        let half = 1.0 / 3f64.sqrt();
        assert!((first.0 - (1.0 - half)).abs() < 1e-12 && (first.1 - (1.0 + half)).abs() < 1e-12);
        assert!((second.1 - (3.0 + 2.0 * half)).abs() < 1e-12);
        let alone = of_rows(&[vec![5.0]], 1);
        assert_eq!(band(&alone, 1.0), [(5.0, 5.0)]);
    }
}
