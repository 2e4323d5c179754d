//! The problems of the figures: synthetic power laws, MNIST, bike sharing, and what comes by path.
//!
//! Maps and edges use spectra in units of their largest eigenvalue, lambda_max = 1: their learning
//! rates are alpha lambda_max. Synthetic spectra are the paper's: `lambda_k = k^-nu`,
//! `lambda_k C_kk,0 = c k^(-kappa-1)` with c such that L_0 = 1/2.

use super::ExperimentError;
use crate::kernel::{
    Dataset, KernelProblem, bike_dataset, digits_from_files, imported_kernel_from_files,
    mnist_dataset, sgemm_dataset_from_file,
};
use crate::spectrum::{PowerLaw, SignalLaw, Spectrum};
use std::path::PathBuf;

/// Data that are not shipped, by path.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// MNIST images and labels (idx, plain or gzip).
    pub mnist: Option<[PathBuf; 2]>,
    /// The SGEMM table (csv, plain or gzip).
    pub sgemm: Option<PathBuf>,
    /// Empirical tangent kernel Theta and target (npy) of ResNet-18 on CIFAR-10.
    pub resnet: Option<[PathBuf; 2]>,
    /// The same of MobileNet-V2.
    pub mobilenet: Option<[PathBuf; 2]>,
}

/// A kernel with its data, and what has to be said about them.
pub struct Points {
    /// Short name for titles.
    pub name: String,
    /// The data; `None` for a kernel from a file.
    pub dataset: Option<Dataset>,
    /// K = Theta/N with its target.
    pub kernel: KernelProblem,
    /// Which subset, in a sentence.
    pub note: String,
}

impl Points {
    /// Targets divided by their root mean square, so that L_0 = 1/2: a network of finite width is then as
    /// near to its linearisation as it is on labels.
    fn scaled(name: String, data: Dataset, note: String) -> Result<Self, ExperimentError> {
        let n = data.len() as f64;
        let rms = (data.target().iter().map(|y| y * y).sum::<f64>() / n).sqrt();
        let target = data.target().iter().map(|y| y / rms).collect();
        let dataset = Dataset::new(data.features().to_vec(), data.dimension(), target)?;
        Self::of(name, dataset, note)
    }

    fn of(name: String, dataset: Dataset, note: String) -> Result<Self, ExperimentError> {
        Ok(Self {
            name,
            kernel: dataset.ntk_problem()?,
            dataset: Some(dataset),
            note,
        })
    }
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
                let chosen = digits_from_files(images, labels, None)?.balanced(n)?;
                let note = format!(
                    "MNIST: {n} digits of {}, equal numbers of each class",
                    images.file_name().unwrap_or_default().to_string_lossy()
                );
                Points::of(format!("MNIST, N = {n}"), chosen, note)
            }
            None => {
                let n = n.min(1000);
                let dataset = mnist_dataset(n as u64)?;
                let note = format!(
                    "MNIST: the first {n} shipped digits, not class-balanced (the paper takes equal numbers per class: give --mnist-images and --mnist-labels)"
                );
                Points::of(format!("MNIST, N = {n}"), dataset, note)
            }
        }
    }

    /// `n` rows of the bike-sharing table.
    ///
    /// # Errors
    /// `n` beyond the table.
    pub fn bike(n: usize) -> Result<Points, ExperimentError> {
        let dataset = bike_dataset(n as u64)?;
        let note = format!(
            "Bike Sharing: {n} rows of hour.csv in a fixed random order, 12 standardised features, target the count divided by its root mean square"
        );
        Points::scaled(format!("Bike Sharing, N = {n}"), dataset, note)
    }

    /// `n` evenly spaced rows of the SGEMM table; `None` if it is not given.
    ///
    /// # Errors
    /// A table that cannot be read or has fewer rows.
    pub fn sgemm(&self, n: usize) -> Result<Option<Points>, ExperimentError> {
        let Some(path) = &self.sgemm else {
            return Ok(None);
        };
        let all = sgemm_dataset_from_file(path)?;
        let (rows, d) = (all.len(), all.dimension());
        if rows < n {
            return Err(ExperimentError::TooFew {
                name: path.display().to_string(),
                needed: n,
                found: rows,
            });
        }
        let chosen = || (0..n).map(|k| k * rows / n);
        let features = chosen().flat_map(|i| &all.features()[i * d..(i + 1) * d]);
        let target = chosen().map(|i| all.target()[i]).collect();
        let dataset = Dataset::new(features.copied().collect(), d, target)?;
        let note = format!(
            "SGEMM: {n} evenly spaced rows of {rows}, target the mean of four times divided by its root mean square"
        );
        Ok(Some(Points::scaled(
            format!("SGEMM, N = {n}"),
            dataset,
            note,
        )?))
    }

    /// A kernel and target from files.
    ///
    /// # Errors
    /// Files that are not a kernel with its target.
    pub fn imported(
        name: &str,
        [kernel, target]: &[PathBuf; 2],
    ) -> Result<Points, ExperimentError> {
        let problem = imported_kernel_from_files(kernel, target)?.problem;
        let n = problem.dataset_size();
        Ok(Points {
            name: format!("{name}, N = {n}"),
            dataset: None,
            kernel: problem,
            note: format!(
                "{name}: empirical tangent kernel of {n} points from a file, divided by N"
            ),
        })
    }
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

    /// L_0; 1 without signal.
    pub fn initial_loss(&self) -> f64 {
        self.spectrum.initial_loss().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_given_is_absent_and_shipped_data_say_that_they_are_not_balanced() {
        let none = Sources::default();
        assert!(none.sgemm(100).unwrap().is_none());
        let points = none.mnist(30).unwrap();
        assert!(points.note.contains("not class-balanced"));
        assert_eq!(points.kernel.dataset_size(), 30);
    }

    #[test]
    fn the_synthetic_problem_has_loss_one_half_and_unit_largest_eigenvalue() {
        let p = Problem::synthetic(1.5, 0.75, 1000).unwrap();
        assert!((p.initial_loss() - 0.5).abs() < 1e-12);
        assert_eq!((p.spectrum.largest(), p.spectrum.len()), (1.0, 1000));
        assert!(Problem::synthetic(-1.0, 0.75, 10).is_err());
    }
}
