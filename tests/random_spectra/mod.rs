//! Random spectra and hyperparameters, pushed into corners.
//!
//! | what | corners it is drawn from |
//! |---|---|
//! | eigenvalues | all equal; within 1e-6 to 1e-12 of each other; a power law; a random power law; 8 or 300 decades; one that dominates; two clusters; a single mode |
//! | their scale | 1, and 1e-140 to 1e140 |
//! | momentum | near 1 and -1 to 1e-5, 0, anything between |
//! | noise amplitude | 1, and 1e-4 to 1 on a logarithmic scale |
//! | tau | 0, 1, anything between |
//! | learning rate | the edge U(1) = 1 to within 1e-12, a share of it, the noiseless edge |
#![allow(dead_code)] // each test binary uses its own part

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tauber::spectrum::Spectrum;
use tauber::stability::{critical_learning_rate, noiseless_critical_learning_rate};

/// Kinds of [`Corners::eigenvalues`].
const KINDS: usize = 9;

/// A reproducible source of settings, and how many of each kind it gave.
pub struct Corners {
    rng: ChaCha8Rng,
    /// Spectra drawn so far, by kind.
    pub drawn: [usize; KINDS],
}

impl Corners {
    pub fn new(seed: u64) -> Self {
        Self {
            rng: ChaCha8Rng::seed_from_u64(seed),
            drawn: [0; KINDS],
        }
    }

    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        self.rng.random_range(low..high)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.rng.random_range(0..n)
    }

    pub fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// `10^-x`, x between these.
    pub fn small(&mut self, low: f64, high: f64) -> f64 {
        10_f64.powf(-self.between(low, high))
    }

    /// Up to `most` eigenvalues, in no order; a single one only with `least` = 1.
    pub fn eigenvalues(&mut self, least: usize, most: usize) -> Vec<f64> {
        let kind = loop {
            let kind = self.below(KINDS);
            if least == 1 || kind != 8 {
                break kind;
            }
        };
        self.drawn[kind] += 1;
        let least = least.max(2);
        let few = 2 + self.below(6);
        let any = least + self.below(most - 1);
        let n = self.of(&[2, few, any]).clamp(least, most);
        let exponent = self.between(0.1, 5.0);
        let near = self.small(6.0, 12.0);
        let decades = self.of(&[8.0, 300.0]);
        let power = |k: usize| (k as f64).powf(-exponent);
        let scale = self.of(&[1.0, 1.0, 1.0, 0.37, 1e-140, 1e140]);
        let mut list: Vec<f64> = match kind {
            0 => vec![1.0; n],
            1 => (0..n)
                .map(|_| 1.0 + near * self.between(0.0, 1.0))
                .collect(),
            2 => (1..=n).map(power).collect(),
            3 | 4 => (1..=n).map(|k| power(k) * self.between(0.3, 1.0)).collect(),
            5 => (0..n).map(|_| self.small(0.0, decades)).collect(),
            6 => std::iter::once(1.0)
                .chain((1..n).map(|_| 1e-6 * self.between(0.1, 1.0)))
                .collect(),
            7 => (0..n)
                .map(|k| [1.0, 1e-5][k % 2] * self.between(0.9, 1.0))
                .collect(),
            _ => vec![1.0],
        };
        // 300 decades below 1e-140 are no numbers.
        if decades < 100.0 || kind != 5 {
            list.iter_mut().for_each(|l| *l *= scale);
        }
        list
    }

    /// Up to `most` eigenvalues without corners: those of a random power law.
    pub fn moderate(&mut self, most: usize) -> Vec<f64> {
        let n = 1 + self.below(most);
        let exponent = self.between(0.0, 2.5);
        let power = |k: usize| (k as f64).powf(-exponent);
        (1..=n).map(|k| power(k) * self.between(0.3, 1.0)).collect()
    }

    /// [`Self::eigenvalues`] as a [`Spectrum`] without signal.
    pub fn spectrum(&mut self, least: usize, most: usize) -> Spectrum {
        Spectrum::new(self.eigenvalues(least, most), None).unwrap()
    }

    pub fn momentum(&mut self) -> f64 {
        let near = self.small(0.1, 5.0);
        let any = self.between(-0.98, 0.98);
        self.of(&[1.0 - near, near - 1.0, any, any, 0.0])
    }

    pub fn noise_amplitude(&mut self) -> f64 {
        let any = self.small(0.0, 4.0);
        self.of(&[1.0, any, any])
    }

    pub fn tau(&mut self) -> f64 {
        let any = self.between(0.0, 1.0);
        self.of(&[0.0, 1.0, any])
    }

    /// Near the edge U(1) = 1 on either side, anywhere below or somewhat beyond the noiseless edge.
    pub fn learning_rate(
        &mut self,
        spectrum: &Spectrum,
        momentum: f64,
        noise: f64,
        tau: f64,
    ) -> f64 {
        let edge = critical_learning_rate(spectrum, momentum, noise, tau).unwrap();
        let noiseless = noiseless_critical_learning_rate(spectrum, momentum).unwrap();
        let near = self.small(0.5, 12.0);
        let share = self.between(0.01, 1.5);
        let around = self.between(0.8, 1.25);
        self.of(&[
            edge * (1.0 - near),
            edge * (1.0 + near),
            edge * around,
            noiseless * share,
        ])
    }
}

/// U(1) by (21) as printed.
pub fn printed_21(spectrum: &Spectrum, [alpha, b, g, tau]: [f64; 4]) -> f64 {
    let shift = tau - (1.0 - b) / (g * (1.0 + b));
    let x = 2.0 * (1.0 - b) / (g * alpha);
    let eigenvalues = spectrum.eigenvalues().iter();
    eigenvalues.map(|l| l / (shift * l + x)).sum()
}
