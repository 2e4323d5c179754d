//! What to change: the smallest stable batch size at a given learning rate and momentum.
//!
//! U(1) increases with gamma and gamma decreases with the batch size, so a bisection over whole
//! batch sizes finds the first stable one (without replacement: gamma = (N - b)/((N - 1) b)).

use super::{Verdict, judge};
use crate::moment::{Hyperparameters, noise_amplitude_of_batch};
use crate::spectrum::Spectrum;

/// What would make a run stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// The smallest batch size whose verdict is stable; `None` if no batch size is stable, or
    /// none up to 2^40 for infinite data.
    pub smallest_stable_batch_size: Option<u64>,
}

/// The largest batch size tried for infinite data.
const LARGEST: u64 = 1 << 40;

/// Bisects over batch sizes of a dataset of `dataset_size` points (`None`: infinite data).
pub fn advise(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    dataset_size: Option<u64>,
) -> Advice {
    let stable = |batch: u64| {
        noise_amplitude_of_batch(batch, dataset_size)
            .and_then(|gamma| {
                Hyperparameters::new(
                    parameters.learning_rate(),
                    parameters.momentum(),
                    gamma,
                    parameters.tau(),
                )
            })
            .is_ok_and(|p| judge(spectrum, &p).verdict == Verdict::Stable)
    };
    let (mut low, mut high) = (0, dataset_size.unwrap_or(LARGEST));
    if !stable(high) {
        return Advice {
            smallest_stable_batch_size: None,
        };
    }
    // low is unstable (or 0), high is stable.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if stable(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Advice {
        smallest_stable_batch_size: Some(high),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power_law() -> Spectrum {
        Spectrum::new((1..=200).map(|k| f64::from(k).powf(-1.5)).collect(), None).unwrap()
    }

    #[test]
    fn the_batch_size_advised_is_stable_and_one_less_is_not() {
        let spectrum = power_law();
        let run = |b: u64| {
            let gamma = noise_amplitude_of_batch(b, Some(1000)).unwrap();
            judge(
                &spectrum,
                &Hyperparameters::new(1.2, 0.5, gamma, 1.0).unwrap(),
            )
            .verdict
        };
        let p = Hyperparameters::new(1.2, 0.5, 1.0, 1.0).unwrap();
        let best = advise(&spectrum, &p, Some(1000))
            .smallest_stable_batch_size
            .unwrap();
        assert!(best > 1);
        assert_eq!(run(best), Verdict::Stable);
        assert_eq!(run(best - 1), Verdict::Unstable);
    }

    #[test]
    fn beyond_the_noiseless_edge_no_batch_size_helps() {
        let p = Hyperparameters::new(3.5, 0.5, 1.0, 1.0).unwrap();
        assert_eq!(
            advise(&power_law(), &p, Some(1000)).smallest_stable_batch_size,
            None
        );
        assert_eq!(
            advise(&power_law(), &p, None).smallest_stable_batch_size,
            None
        );
    }
}
