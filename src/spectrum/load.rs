//! From a [`SpectrumSource`] to a spectrum with everything that has to be said about it.

use super::file::{EigenvaluesOf, GivenNumbers, SpectrumFileError, read_spectrum};
use super::power_law::{PowerLaw, SignalLaw};
use super::source::{ExactPowerLaw, SourceError, SpectrumSource};
use super::{Spectrum, SpectrumError};
use crate::kernel::{
    Dataset, ImportedKernel, KernelError, KernelProblem, bike_dataset, cifar_dataset_from_file,
    digits_from_files, imported_jacobian_from_files, imported_kernel_from_files, mnist_dataset,
    sgemm_dataset_from_file,
};
use thiserror::Error;

/// The largest N of `idx:IMAGES,LABELS:N`: the dense eigenproblem is O(N^3) time and 40 N^2 bytes.
pub const IDX_LIMIT: usize = 20_000;

/// Why a spectrum could not be loaded.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The word is not understood.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file is not a spectrum.
    #[error(transparent)]
    File(#[from] SpectrumFileError),
    /// The shipped data or their kernel.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// A kernel without a spectrum.
    #[error(transparent)]
    Spectrum(#[from] SpectrumError),
    /// The eigenvalues of laws and shipped kernels are always the Hessian's.
    #[error(
        "eigenvalues-of kernel applies to files only: the eigenvalues of {0} are the Hessian's already"
    )]
    NotAFile(String),
}

/// A spectrum and what belongs beside it in every output.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedSpectrum {
    /// Eigenvalues of the Hessian, with signal where known.
    pub spectrum: Spectrum,
    /// One line: what this is.
    pub description: String,
    /// The conventions that the numbers depend on, one sentence each.
    pub conventions: Vec<String>,
    /// What was changed or looks odd, one sentence each.
    pub warnings: Vec<String>,
    /// N for `--dataset-size`: the number of points of a kernel, also of a file's whose eigenvalues
    /// were divided by it; `None` is infinite.
    pub default_dataset_size: Option<u64>,
    /// The law, if it is one.
    pub power_law: Option<PowerLaw>,
    /// Its parameters exactly as written.
    pub exact_power_law: Option<Box<ExactPowerLaw>>,
    /// The kernel, if there is one.
    pub kernel: Option<KernelProblem>,
    /// The points that the kernel is of, where they are known: what a network trains on.
    pub dataset: Option<Dataset>,
    /// The numbers of a file as they stand there; `None` for laws and kernels.
    pub given: Option<Box<GivenNumbers>>,
    /// Estimate (not a proof) of the relative error of sums over the nodes; `None` where every
    /// mode is listed.
    pub quadrature_error: Option<f64>,
}

const SIGNAL: &str =
    "signal is lambda_k C_kk,0, and losses have the factor 1/2: L_0 = 1/2 sum signal";
const HESSIAN: &str = "eigenvalues are those of the Hessian, = of K = Theta/N";

impl LoadedSpectrum {
    /// Parses a SPECTRUM word and loads what it names.
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn from_word(word: &str, eigenvalues_of: EigenvaluesOf) -> Result<Self, LoadError> {
        word.parse::<SpectrumSource>()?.load(eigenvalues_of)
    }

    fn new(spectrum: Spectrum, description: String, eigenvalues: String) -> Self {
        let mut conventions = vec![eigenvalues];
        if spectrum.signal().is_some() {
            conventions.push(SIGNAL.to_owned());
        }
        Self {
            spectrum,
            description,
            conventions,
            warnings: Vec::new(),
            default_dataset_size: None,
            power_law: None,
            exact_power_law: None,
            kernel: None,
            dataset: None,
            given: None,
            quadrature_error: None,
        }
    }
}

impl SpectrumSource {
    /// Reads the file, evaluates the law or solves the kernel's eigenproblem.
    ///
    /// `eigenvalues_of` says what the eigenvalues of a file are; for laws and shipped kernels it
    /// must be [`EigenvaluesOf::Hessian`].
    ///
    /// # Errors
    /// [`LoadError`].
    pub fn load(self, eigenvalues_of: EigenvaluesOf) -> Result<LoadedSpectrum, LoadError> {
        let only_hessian = |name: &str| match eigenvalues_of {
            EigenvaluesOf::Hessian => Ok(()),
            EigenvaluesOf::Kernel { .. } => Err(LoadError::NotAFile(name.to_owned())),
        };
        match self {
            Self::File(path) => {
                let read = read_spectrum(&path, eigenvalues_of)?;
                let eigenvalues = match eigenvalues_of {
                    EigenvaluesOf::Hessian => HESSIAN.to_owned(),
                    EigenvaluesOf::Kernel { dataset_size } => format!(
                        "the file's eigenvalues are those of the kernel Theta and were divided by N = {}",
                        dataset_size.unwrap_or(read.entries as u64)
                    ),
                };
                let description = format!(
                    "{} eigenvalue{} from {}",
                    read.entries,
                    if read.entries == 1 { "" } else { "s" },
                    path.display()
                );
                let mut loaded = LoadedSpectrum::new(read.spectrum, description, eigenvalues);
                loaded.warnings = read.warnings;
                loaded.given = Some(Box::new(read.given));
                if let EigenvaluesOf::Kernel { dataset_size } = eigenvalues_of {
                    loaded.default_dataset_size = Some(dataset_size.unwrap_or(read.entries as u64));
                }
                Ok(loaded)
            }
            Self::PowerLaw { law, exact } => {
                only_hessian("power-law")?;
                Ok(power_law(law, exact))
            }
            Self::Mnist(n) => {
                only_hessian("mnist")?;
                of_points(
                    mnist_dataset(n)?,
                    format!("ReLU tangent kernel of the first {n} shipped MNIST digits"),
                )
            }
            Self::Idx {
                images,
                labels,
                points,
                balanced,
            } => {
                only_hessian("idx")?;
                let first = if balanced { None } else { asked(points) };
                let digits = digits_from_files(&images, &labels, first)?;
                let digits = chosen(digits, "idx:IMAGES,LABELS", points, balanced)?;
                let description = format!(
                    "ReLU tangent kernel of {} digits from {}",
                    digits.len(),
                    images.display()
                );
                of_points(digits, with_balance(description, balanced))
            }
            Self::Cifar {
                file,
                points,
                balanced,
            } => {
                only_hessian("cifar")?;
                let images = cifar_dataset_from_file(&file)?;
                let images = chosen(images, "cifar:FILE", points, balanced)?;
                let description = format!(
                    "ReLU tangent kernel of {} CIFAR-10 images from {}",
                    images.len(),
                    file.display()
                );
                of_points(images, with_balance(description, balanced))
            }
            Self::Sgemm { file, points } => {
                only_hessian("sgemm")?;
                let rows = sgemm_dataset_from_file(&file)?;
                let rows = chosen(rows, "sgemm:FILE", points, false)?;
                let description = format!(
                    "ReLU tangent kernel of {} rows of the SGEMM table {}",
                    rows.len(),
                    file.display()
                );
                of_points(rows, description)
            }
            Self::Kernel { theta, target } => {
                only_hessian("kernel")?;
                let imported = imported_kernel_from_files(&theta, &target)?;
                let n = imported.problem.dataset_size();
                of_import(
                    imported,
                    format!("tangent kernel of {n} points from {}", theta.display()),
                )
            }
            Self::Jacobian { jacobian, target } => {
                only_hessian("jacobian")?;
                let imported = imported_jacobian_from_files(&jacobian, &target)?;
                let n = imported.problem.dataset_size();
                of_import(
                    imported,
                    format!(
                        "kernel J J^T of the Jacobian of {n} points from {}",
                        jacobian.display()
                    ),
                )
            }
            Self::Bike(n) => {
                only_hessian("bike")?;
                of_points(
                    bike_dataset(n)?,
                    format!("ReLU tangent kernel of {n} rows of the shipped bike-sharing table"),
                )
            }
        }
    }
}

/// A number that does not fit is beyond every file, whose reader says how many it has.
fn asked(points: Option<u64>) -> Option<usize> {
    points.map(|n| usize::try_from(n).unwrap_or(usize::MAX))
}

/// The points asked for, within the limit of the dense eigenproblem.
fn chosen(
    data: Dataset,
    name: &str,
    points: Option<u64>,
    balanced: bool,
) -> Result<Dataset, LoadError> {
    let n = asked(points).unwrap_or(data.len());
    let refuse = |limit| KernelError::DatasetSize {
        name: name.to_owned(),
        limit,
        got: n as u64,
    };
    if n > IDX_LIMIT {
        return Err(refuse(IDX_LIMIT).into());
    }
    if balanced {
        return Ok(data.balanced(n)?);
    }
    Ok(data.first(n).ok_or_else(|| refuse(data.len()))?)
}

fn with_balance(mut description: String, balanced: bool) -> String {
    if balanced {
        description.push_str(", equally many of each class");
    }
    description
}

fn of_points(data: Dataset, description: String) -> Result<LoadedSpectrum, LoadError> {
    let mut loaded = kernel(data.ntk_problem()?, description)?;
    loaded.dataset = Some(data);
    Ok(loaded)
}

/// A kernel read from files, with warnings of what was repaired.
fn of_import(imported: ImportedKernel, description: String) -> Result<LoadedSpectrum, LoadError> {
    let (asymmetry, ratio) = (imported.asymmetry, imported.smallest_ratio);
    let mut loaded = kernel(imported.problem, description)?;
    if asymmetry > 0.0 {
        loaded.warnings.push(format!(
            "the kernel was made symmetric by averaging: its asymmetry was {asymmetry:.1e} of the largest entry"
        ));
    }
    if ratio < 0.0 {
        loaded.warnings.push(format!(
            "the smallest eigenvalue is {ratio:.1e} of the largest: negative by rounding, and counted as zero"
        ));
    }
    Ok(loaded)
}

fn power_law(law: PowerLaw, exact: Box<ExactPowerLaw>) -> LoadedSpectrum {
    let (spectrum, quadrature_error) = law.spectrum();
    let mut loaded = LoadedSpectrum::new(
        spectrum,
        law.to_string(),
        "eigenvalues are those of the Hessian".to_owned(),
    );
    if let Some(scale) = law.signal_scale() {
        let terms = match law.signal_law() {
            SignalLaw::Tails => "signal_scale (k^-kappa - (k+1)^-kappa)".to_owned(),
            SignalLaw::Terms => "signal_scale kappa k^(-kappa-1)".to_owned(),
        };
        loaded.conventions.push(format!(
            "signal_scale (K of the tails K k^-kappa) is {scale}; the signal of mode k is {terms}"
        ));
    }
    if loaded.spectrum.null_space_loss() > 0.0 {
        loaded.warnings.push(format!(
            "modes with eigenvalues below 1e-290 are left out; their loss of {:e} counts as never vanishing",
            loaded.spectrum.null_space_loss()
        ));
    }
    loaded.quadrature_error = quadrature_error;
    loaded.power_law = Some(law);
    loaded.exact_power_law = Some(exact);
    loaded
}

fn kernel(problem: KernelProblem, description: String) -> Result<LoadedSpectrum, LoadError> {
    let n = problem.dataset_size();
    let spectrum = problem.spectrum()?;
    let warning = spectrum.null_space_warning(n);
    let mut loaded = LoadedSpectrum::new(
        spectrum,
        description,
        format!("{HESSIAN}, not divided by the largest of them"),
    );
    loaded.warnings.extend(warning);
    loaded.default_dataset_size = Some(n as u64);
    loaded.kernel = Some(problem);
    Ok(loaded)
}
