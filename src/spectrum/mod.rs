//! Spectra: eigenvalues of the Hessian with the initial signal of each mode.
//!
//! | where from | how |
//! |---|---|
//! | numbers in memory | [`Spectrum::new`] |
//! | a file (npy, npz, csv, json) | [`read_spectrum`] |
//! | a power law, finite or infinite | [`PowerLaw::spectrum`] |
//! | a kernel matrix with a target | [`crate::kernel::KernelProblem::spectrum`] |
//! | a word of the command line, any of these | [`LoadedSpectrum::from_word`] |

mod compression;
mod file;
mod fit;
mod fit_window;
mod from_kernel;
mod gauss;
mod load;
mod modes;
mod null_space;
mod power_law;
mod power_law_nodes;
mod power_sum;
mod source;

pub use compression::CompressedSpectrum;
pub use file::{
    EigenvaluesOf, FileProblem, FileSpectrum, GivenNumbers, GivenSignal, SpectrumFileError,
    SpectrumFormat, read_spectrum, read_spectrum_bytes,
};
pub use fit::{
    CONFIDENCE, Estimate, ExponentFit, FIT_MINIMUM, FitError, FitOptions, SpectrumFit, TailEnd,
    eigenvalue_exponent_of_density, fit_eigenvalues, fit_signal, fit_spectrum,
};
pub use load::{IDX_LIMIT, LoadError, LoadedSpectrum};
pub use modes::{Spectrum, SpectrumError};
pub use power_law::{MODES_LIMIT, PowerLaw, PowerLawError, SignalLaw};
pub use power_law_nodes::EXPLICIT_LIMIT;
pub use source::{ExactPowerLaw, SourceError, SpectrumSource};
