//! The spectrum of a kernel problem: lambda_k of K = Theta/N with signal (phi_k . y)^2 / N.

use super::{Spectrum, SpectrumError};
use crate::kernel::KernelProblem;

impl KernelProblem {
    /// Eigenvalues and signal as a [`Spectrum`]; the null space `|lambda| <= N eps lambda_max` keeps
    /// its share of the target as [`Spectrum::null_space_loss`].
    ///
    /// # Errors
    /// [`SpectrumError::Negative`] if K is not positive semi-definite, [`SpectrumError::Empty`] if
    /// it is zero.
    pub fn spectrum(&self) -> Result<Spectrum, SpectrumError> {
        Spectrum::new(self.eigenvalues().to_vec(), Some(self.signal().to_vec()))
    }
}
