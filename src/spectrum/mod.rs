//! Spectra: eigenvalues of the Hessian with the initial signal of each mode.

mod modes;

pub use modes::{Spectrum, SpectrumError};
