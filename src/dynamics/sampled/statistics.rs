//! Mean losses over seeds: standard error, confidence interval, and whether to believe them.
//!
//! With n losses x_s, mean m and central moments m_2, m_3, m_4 (divided by n):
//!
//! ```text
//! standard error = sqrt(n m_2/(n - 1))/sqrt(n),   skewness = m_3/m_2^{3/2},   excess kurtosis = m_4/m_2^2 - 3
//! ```
//!
//! Losses of noisy SGD have heavy tails (they are like products of random factors): near and
//! beyond the edge the mean is carried by few seeds, and then neither the standard error nor a
//! z-score means what it says. [`TailDiagnosis`] names three signs of that. The limits are rules
//! of thumb, not theorems:
//!
//! | sign | limit | an exponential loss at 64 seeds has about |
//! |---|---|---|
//! | largest share of one seed in the sum | max(0.2, 4/n) | 0.07 |
//! | skewness of the mean, skewness/sqrt(n) | 0.5 | 0.25 |
//! | excess kurtosis of the mean, kurtosis/n | 0.25 | 0.09 |

use statrs::distribution::{ContinuousCDF, StudentsT};
use std::fmt;

/// Seeds below which nothing can be said about tails.
const FEWEST_SEEDS: usize = 8;
const SHARE_LIMIT: f64 = 0.2;
const SKEWNESS_LIMIT: f64 = 0.5;
const KURTOSIS_LIMIT: f64 = 0.25;

/// Shape of the sample of losses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailDiagnosis {
    /// Largest loss divided by the sum of all, in [1/n, 1]; 0 when all losses are 0.
    pub largest_share: f64,
    /// Sample skewness; 0 when all losses are equal.
    pub skewness: f64,
    /// Sample excess kurtosis; 0 when all losses are equal.
    pub excess_kurtosis: f64,
    /// Number of seeds.
    pub seeds: usize,
    /// Seeds whose loss is infinite.
    pub diverged: usize,
}

/// A reason not to trust a normal z-score of the mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TailWarning {
    /// Too few seeds to judge.
    FewSeeds(usize),
    /// Some runs overflowed.
    Diverged(usize),
    /// One seed carries this share of the mean.
    LargestShare(f64),
    /// The mean is still this skewed.
    Skewness(f64),
    /// The mean has still this excess kurtosis.
    Kurtosis(f64),
}

impl fmt::Display for TailWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewSeeds(n) => write!(
                f,
                "too few seeds ({n}): at least {FEWEST_SEEDS} are needed to judge the tails"
            ),
            Self::Diverged(n) => write!(f, "{n} runs left the range of f64"),
            Self::LargestShare(share) => write!(
                f,
                "heavy tail: one seed carries {:.0}% of the mean; use more seeds or a smaller learning rate",
                100.0 * share
            ),
            Self::Skewness(skewness) => write!(
                f,
                "heavy tail: the mean over seeds has skewness {skewness:.2}; use more seeds"
            ),
            Self::Kurtosis(kurtosis) => write!(
                f,
                "heavy tail: the mean over seeds has excess kurtosis {kurtosis:.2}; use more seeds"
            ),
        }
    }
}

impl TailDiagnosis {
    /// Why a normal z-score of the mean is not trustworthy; empty when no sign was found (which
    /// does not prove that the tails are light: a sample can miss them).
    pub fn warnings(&self) -> Vec<TailWarning> {
        let n = self.seeds as f64;
        let mut warnings = Vec::new();
        if self.diverged > 0 {
            warnings.push(TailWarning::Diverged(self.diverged));
        }
        if self.seeds < FEWEST_SEEDS {
            warnings.push(TailWarning::FewSeeds(self.seeds));
            return warnings;
        }
        if self.largest_share > SHARE_LIMIT.max(4.0 / n) {
            warnings.push(TailWarning::LargestShare(self.largest_share));
        }
        let skewness = self.skewness / n.sqrt();
        if skewness.abs() > SKEWNESS_LIMIT {
            warnings.push(TailWarning::Skewness(skewness));
        }
        let kurtosis = self.excess_kurtosis / n;
        if kurtosis > KURTOSIS_LIMIT {
            warnings.push(TailWarning::Kurtosis(kurtosis));
        }
        warnings
    }
}

/// Mean and spread of the losses of many seeds at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossStatistics {
    /// Mean loss; infinite if any run is.
    pub mean: f64,
    /// Standard error of the mean; infinite for fewer than two seeds or a diverged run.
    pub standard_error: f64,
    /// Tails.
    pub tails: TailDiagnosis,
}

impl LossStatistics {
    /// From the losses of all seeds (>= 0 or infinite). Summed in the order given.
    pub fn of(losses: &[f64]) -> Self {
        let seeds = losses.len();
        let n = seeds as f64;
        let diverged = losses.iter().filter(|x| !x.is_finite()).count();
        let largest = losses.iter().copied().fold(0.0, f64::max);
        let mut tails = TailDiagnosis {
            largest_share: 0.0,
            skewness: 0.0,
            excess_kurtosis: 0.0,
            seeds,
            diverged,
        };
        if diverged > 0 || seeds == 0 {
            return Self {
                mean: if seeds == 0 { f64::NAN } else { f64::INFINITY },
                standard_error: f64::INFINITY,
                tails,
            };
        }
        if largest == 0.0 {
            return Self {
                mean: 0.0,
                standard_error: if seeds < 2 { f64::INFINITY } else { 0.0 },
                tails,
            };
        }
        // In units of the largest loss, so that no power leaves the range of f64.
        let scaled: Vec<f64> = losses.iter().map(|x| x / largest).collect();
        let sum: f64 = scaled.iter().sum();
        let mean = sum / n;
        let central = |power: i32| scaled.iter().map(|x| (x - mean).powi(power)).sum::<f64>() / n;
        let variance = central(2);
        tails.largest_share = 1.0 / sum;
        // Equal losses differ from their mean by rounding only: no shape.
        if variance > (4.0 * f64::EPSILON * mean).powi(2) {
            tails.skewness = central(3) / variance.powf(1.5);
            tails.excess_kurtosis = central(4) / (variance * variance) - 3.0;
        }
        Self {
            mean: mean * largest,
            standard_error: if seeds < 2 {
                f64::INFINITY
            } else {
                (variance / (n - 1.0)).sqrt() * largest
            },
            tails,
        }
    }

    /// The two-sided confidence interval of the mean by Student's t with n - 1 degrees of freedom;
    /// `None` for fewer than two seeds, a diverged run, or a level outside (0, 1). It covers at
    /// its level for normal losses only: read [`TailDiagnosis::warnings`].
    pub fn confidence_interval(&self, level: f64) -> Option<[f64; 2]> {
        if !(level > 0.0 && level < 1.0 && self.standard_error.is_finite()) {
            return None;
        }
        let student = StudentsT::new(0.0, 1.0, (self.tails.seeds - 1) as f64).ok()?;
        let half = student.inverse_cdf(0.5 + 0.5 * level) * self.standard_error;
        Some([self.mean - half, self.mean + half])
    }

    /// (mean - expected)/standard error; 0 when both differences vanish. Trustworthy as a normal
    /// score only if [`TailDiagnosis::warnings`] is empty.
    pub fn z_score(&self, expected: f64) -> f64 {
        let difference = self.mean - expected;
        if difference == 0.0 {
            0.0
        } else {
            difference / self.standard_error
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1..=8: mean 4.5, sample variance 6, t_{0.975, 7} = 2.364624 (tables).
    #[test]
    fn mean_error_and_interval_of_a_known_sample() {
        let losses: Vec<f64> = (1..=8).map(f64::from).collect();
        let s = LossStatistics::of(&losses);
        assert!((s.mean - 4.5).abs() < 1e-15);
        assert!((s.standard_error - (6.0_f64 / 8.0).sqrt()).abs() < 1e-15);
        let [low, high] = s.confidence_interval(0.95).unwrap();
        assert!((high - 4.5 - 2.364_624_251 * s.standard_error).abs() < 1e-7);
        assert!((low + high - 9.0).abs() < 1e-12);
        // Uniform on n points: kurtosis -6 (n^2 + 1)/(5 (n^2 - 1)) = -26/21 for n = 8.
        assert!((s.tails.excess_kurtosis + 26.0 / 21.0).abs() < 1e-12);
        assert!(s.tails.skewness.abs() < 1e-12);
        assert!((s.tails.largest_share - 8.0 / 36.0).abs() < 1e-15);
        assert!(s.tails.warnings().is_empty());
        assert!((s.z_score(4.5 - s.standard_error) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_seed_that_carries_the_mean_is_named() {
        let mut losses = vec![1.0; 64];
        losses[17] = 1e6;
        let warnings = LossStatistics::of(&losses).tails.warnings();
        assert_eq!(warnings.len(), 3, "{warnings:?}");
        assert!(warnings[0].to_string().contains("100% of the mean"));
    }

    #[test]
    fn exponential_losses_at_64_seeds_pass() {
        // Quantiles of the exponential distribution: as typical a sample as there is.
        let losses: Vec<f64> = (0..64)
            .map(|i| -(1.0 - (f64::from(i) + 0.5) / 64.0).ln())
            .collect();
        assert!(LossStatistics::of(&losses).tails.warnings().is_empty());
        // Their sixth powers do not.
        let heavy: Vec<f64> = losses.iter().map(|x| x.powi(6)).collect();
        assert!(!LossStatistics::of(&heavy).tails.warnings().is_empty());
    }

    #[test]
    fn few_seeds_and_diverged_runs_have_no_interval() {
        let one = LossStatistics::of(&[2.0]);
        assert_eq!(one.mean, 2.0);
        assert_eq!(one.confidence_interval(0.95), None);
        assert_eq!(one.tails.warnings(), [TailWarning::FewSeeds(1)]);
        let bad = LossStatistics::of(&[1.0, f64::INFINITY]);
        assert_eq!(bad.mean, f64::INFINITY);
        assert_eq!(bad.confidence_interval(0.95), None);
        assert!(bad.tails.warnings().contains(&TailWarning::Diverged(1)));
        let good = LossStatistics::of(&[1.0, 2.0]);
        assert_eq!(good.confidence_interval(1.0), None);
        assert!(good.confidence_interval(0.9).is_some());
    }

    #[test]
    fn equal_losses_have_no_shape_and_no_error() {
        let s = LossStatistics::of(&[0.1; 64]);
        assert!(s.standard_error < 1e-17);
        assert_eq!(s.tails.excess_kurtosis, 0.0);
        let zero = LossStatistics::of(&[0.0; 64]);
        assert_eq!((zero.mean, zero.standard_error), (0.0, 0.0));
        assert_eq!(zero.z_score(0.0), 0.0);
    }
}
