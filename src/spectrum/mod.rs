//! Spectra: eigenvalues of the Hessian with the initial signal of each mode.

mod from_kernel;
mod gauss;
mod modes;
mod power_law;
mod power_law_nodes;
mod power_sum;

pub use modes::{Spectrum, SpectrumError};
pub use power_law::{MODES_LIMIT, PowerLaw, PowerLawError, SignalLaw};
pub use power_law_nodes::EXPLICIT_LIMIT;
