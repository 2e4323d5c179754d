//! Batches: b of N indices, uniform, in O(b) a step.
//!
//! Without replacement: a partial Fisher-Yates shuffle of a permutation that is kept between steps.
//! Whatever permutation it starts from, its first b entries after b swaps are a uniform batch.
//! Uniform integers below m come from the high half of a 64-bit product, with rejection (Lemire), so
//! that they have no bias and depend on nothing but the generator's 64-bit words.

use rand::Rng;

/// How batches are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sampling {
    /// b different points: gamma = (N - b)/((N - 1) b).
    #[default]
    WithoutReplacement,
    /// b independent points: gamma = 1/b.
    WithReplacement,
}

/// Draws batches of one size from `0..dataset_size`.
#[derive(Debug, Clone)]
pub struct BatchSampler {
    sampling: Sampling,
    permutation: Vec<u32>,
    batch: Vec<u32>,
}

impl BatchSampler {
    /// Batches of `batch_size` of `dataset_size` points; `None` when the batch is empty, larger
    /// than the dataset (without replacement), or the dataset has no 32-bit indices.
    pub fn new(dataset_size: usize, batch_size: usize, sampling: Sampling) -> Option<Self> {
        let size = u32::try_from(dataset_size).ok()?;
        let fits = sampling == Sampling::WithReplacement || batch_size <= dataset_size;
        if batch_size == 0 || size == 0 || !fits {
            return None;
        }
        Some(Self {
            sampling,
            permutation: (0..size).collect(),
            batch: vec![0; batch_size],
        })
    }

    /// The next batch.
    #[inline]
    pub fn next_batch<R: Rng>(&mut self, rng: &mut R) -> &[u32] {
        let size = self.permutation.len();
        match self.sampling {
            Sampling::WithoutReplacement => {
                let b = self.batch.len();
                for i in 0..b {
                    let j = i + below(rng, (size - i) as u64) as usize;
                    self.permutation.swap(i, j);
                }
                &self.permutation[..b]
            }
            Sampling::WithReplacement => {
                for index in &mut self.batch {
                    *index = below(rng, size as u64) as u32;
                }
                &self.batch
            }
        }
    }
}

/// A uniform integer in `0..bound`, `bound >= 1`.
#[inline]
fn below<R: Rng>(rng: &mut R, bound: u64) -> u64 {
    let mut wide = u128::from(rng.next_u64()) * u128::from(bound);
    if (wide as u64) < bound {
        let threshold = bound.wrapping_neg() % bound;
        while (wide as u64) < threshold {
            wide = u128::from(rng.next_u64()) * u128::from(bound);
        }
    }
    (wide >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::collections::BTreeMap;

    /// Chi-square of the counts of all outcomes against uniform, in standard deviations.
    fn chi_square_z(counts: &BTreeMap<Vec<u32>, u64>, outcomes: usize) -> f64 {
        let total: u64 = counts.values().sum();
        let expected = total as f64 / outcomes as f64;
        let seen: f64 = counts
            .values()
            .map(|&c| (c as f64 - expected).powi(2) / expected)
            .sum();
        let missing = (outcomes - counts.len()) as f64 * expected;
        let freedom = (outcomes - 1) as f64;
        (seen + missing - freedom) / (2.0 * freedom).sqrt()
    }

    #[test]
    fn every_subset_is_equally_likely_without_replacement() {
        let mut rng = ChaCha8Rng::from_seed([7; 32]);
        let mut sampler = BatchSampler::new(5, 2, Sampling::WithoutReplacement).unwrap();
        let mut counts = BTreeMap::new();
        for _ in 0..20_000 {
            let mut batch = sampler.next_batch(&mut rng).to_vec();
            batch.sort_unstable();
            *counts.entry(batch).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 10);
        assert!(chi_square_z(&counts, 10) < 4.0);
    }

    #[test]
    fn every_ordered_tuple_is_equally_likely_with_replacement() {
        let mut rng = ChaCha8Rng::from_seed([8; 32]);
        let mut sampler = BatchSampler::new(4, 2, Sampling::WithReplacement).unwrap();
        let mut counts = BTreeMap::new();
        for _ in 0..20_000 {
            *counts
                .entry(sampler.next_batch(&mut rng).to_vec())
                .or_insert(0) += 1;
        }
        assert!(chi_square_z(&counts, 16) < 4.0);
        // Without replacement the diagonal would be missing, and the same test must notice.
        counts.retain(|batch, _| batch[0] != batch[1]);
        assert!(chi_square_z(&counts, 16) > 100.0);
    }

    #[test]
    fn batches_that_cannot_be_drawn_are_refused() {
        assert!(BatchSampler::new(5, 0, Sampling::WithReplacement).is_none());
        assert!(BatchSampler::new(5, 6, Sampling::WithoutReplacement).is_none());
        assert!(BatchSampler::new(0, 1, Sampling::WithReplacement).is_none());
        assert!(BatchSampler::new(5, 6, Sampling::WithReplacement).is_some());
    }
}
