//! The problems of the figures: synthetic power laws, MNIST, bike sharing, and what comes by path.
//!
//! Maps and edges use spectra in units of their largest eigenvalue, lambda_max = 1: their learning
//! rates are alpha lambda_max. Synthetic spectra are the paper's: `lambda_k = k^-nu`,
//! `lambda_k C_kk,0 = c k^(-kappa-1)` with c such that L_0 = 1/2.

use super::ExperimentError;
use crate::kernel::{Dataset, KernelProblem, bike_dataset, digits_from_files, mnist_dataset};
use crate::spectrum::{
    EigenvaluesOf, PowerLaw, SignalLaw, Spectrum, read_spectrum,
};
use std::path::PathBuf;

/// Data that are not shipped, by path.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// MNIST images and labels (idx, plain or gzip), up to 10,000 and more.
    pub mnist: Option<[PathBuf; 2]>,
    /// The SGEMM table (csv, plain or gzip).
    pub sgemm: Option<PathBuf>,
    /// Spectrum (eigenvalues and signal) of an empirical tangent kernel, such as ResNet-18 on CIFAR-10.
    pub resnet_spectrum: Option<PathBuf>,
    /// The same of MobileNet-V2.
    pub mobilenet_spectrum: Option<PathBuf>,
}

/// Points with what has to be said about them.
#[derive(Debug, Clone)]
pub struct Points {
    /// Short name for titles.
    pub name: String,
    /// The data.
    pub dataset: Dataset,
    /// Which subset, in a sentence.
    pub note: String,
}

impl Sources {
    /// `n` MNIST digits: a subset with equal numbers per class from the files given, else the first
    /// `n` of the 1,000 shipped.
    ///
    /// # Errors
    /// Files that cannot be read, or have too few digits of some class.
    pub fn mnist(&self, n: usize) -> Result<Points, ExperimentError> {
        match &self.mnist {
            Some([images, labels]) => {
                let all = digits_from_files(images, labels, None)?;
                let chosen = balanced(&all, n).ok_or_else(|| ExperimentError::TooFew {
                    name: images.display().to_string(),
                    needed: n,
                })?;
                let note = format!(
                    "MNIST: {n} digits, {} of each class, the first in {}",
                    n / 10,
                    images.file_name().unwrap_or_default().to_string_lossy()
                );
                Ok(Points { name: format!("MNIST, N = {n}"), dataset: chosen, note })
            }
            None => {
                let n = n.min(1000);
                let dataset = mnist_dataset(n as u64)?;
                let note = format!(
                    "MNIST: the first {n} shipped digits, not class-balanced (the paper takes equal numbers per class: give --mnist-images and --mnist-labels)"
                );
                Ok(Points { name: format!("MNIST, N = {n}"), dataset, note })
            }
        }
    }

    /// `n` rows of the bike-sharing table.
    ///
    /// # Errors
    /// `n` beyond the table.
    pub fn bike(n: usize) -> Result<Points, ExperimentError> {
        let dataset = bike_dataset(n as u64)?;
        let note = format!("Bike Sharing: {n} rows of hour.csv in a fixed random order, 12 standardised features, target the raw count");
        Ok(Points { name: format!("Bike Sharing, N = {n}"), dataset, note })
    }
}

/// The first n/10 digits of each class, in the order of the file; `None` if a class has too few or
/// n is not a multiple of ten.
fn balanced(all: &Dataset, n: usize) -> Option<Dataset> {
    let each = n / 10;
    let mut counts = [0usize; 10];
    let (d, mut features, mut target) = (all.dimension(), Vec::new(), Vec::new());
    for (k, &label) in all.target().iter().enumerate() {
        let class = label as usize;
        if class < 10 && counts[class] < each {
            counts[class] += 1;
            features.extend_from_slice(&all.features()[k * d..(k + 1) * d]);
            target.push(label);
        }
    }
    if each == 0 || n % 10 != 0 || counts.iter().any(|&c| c < each) {
        return None;
    }
    Dataset::new(features, d, target).ok()
}

/// A spectrum in units of its largest eigenvalue, with its size and name.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Short name for titles.
    pub name: String,
    /// lambda_max = 1.
    pub spectrum: Spectrum,
    /// N of the batches; `None` is infinite.
    pub dataset_size: Option<u64>,
    /// lambda_max before, Hessian's.
    pub largest_eigenvalue: f64,
}

impl Problem {
    /// The finite power law of the paper's synthetic data.
    ///
    /// # Errors
    /// Exponents out of range.
    pub fn synthetic(nu: f64, kappa: f64, modes: u64) -> Result<Self, ExperimentError> {
        let sum: f64 = (1..=modes).map(|k| (k as f64).powf(-kappa - 1.0)).sum();
        let law = PowerLaw::new(nu, Some(kappa))?
            .with_modes(modes)?
            .with_signal(SignalLaw::Terms, 1.0 / sum)?;
        Ok(Self {
            name: format!("ν = {nu}, κ = {kappa}"),
            spectrum: law.spectrum().0,
            dataset_size: Some(modes),
            largest_eigenvalue: 1.0,
        })
    }

    /// The tangent kernel of points.
    ///
    /// # Errors
    /// A kernel without a spectrum.
    pub fn of_kernel(name: &str, kernel: &KernelProblem) -> Result<Self, ExperimentError> {
        let largest = kernel.eigenvalues().first().copied().unwrap_or(f64::NAN);
        let scaled = kernel.eigenvalues().iter().map(|l| l / largest).collect();
        Ok(Self {
            name: name.to_owned(),
            spectrum: Spectrum::new(scaled, Some(kernel.signal().to_vec()))?,
            dataset_size: Some(kernel.dataset_size() as u64),
            largest_eigenvalue: largest,
        })
    }

    /// A spectrum from a file.
    ///
    /// # Errors
    /// A file that is not a spectrum.
    pub fn from_file(name: &str, path: &std::path::Path) -> Result<Self, ExperimentError> {
        let read = read_spectrum(path, EigenvaluesOf::Hessian)?;
        let largest = read.spectrum.largest();
        let scaled = read.spectrum.eigenvalues().iter().map(|l| l / largest).collect();
        let signal = read.spectrum.signal().map(<[f64]>::to_vec);
        Ok(Self {
            name: name.to_owned(),
            spectrum: Spectrum::new(scaled, signal)?,
            dataset_size: Some(read.entries as u64),
            largest_eigenvalue: largest,
        })
    }

    /// L_0; 1 without signal.
    pub fn initial_loss(&self) -> f64 {
        self.spectrum.initial_loss().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_balanced_subset_takes_the_first_of_each_class() {
        let target: Vec<f64> = (0..40).map(|k| f64::from(k % 10)).collect();
        let features = (0..40).map(f64::from).collect();
        let all = Dataset::new(features, 1, target).unwrap();
        let some = balanced(&all, 20).unwrap();
        assert_eq!(some.len(), 20);
        assert_eq!(some.features()[19], 19.0);
        assert!(balanced(&all, 50).is_none(), "five of each class are not there");
        assert!(balanced(&all, 25).is_none(), "25 is not ten equal numbers");
    }

    #[test]
    fn the_synthetic_problem_has_loss_one_half_and_unit_largest_eigenvalue() {
        let p = Problem::synthetic(1.5, 0.75, 1000).unwrap();
        assert!((p.initial_loss() - 0.5).abs() < 1e-12);
        assert_eq!((p.spectrum.largest(), p.spectrum.len()), (1.0, 1000));
        assert!(Problem::synthetic(-1.0, 0.75, 10).is_err());
    }
}
