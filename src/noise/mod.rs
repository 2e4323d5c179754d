//! The covariance of the mini-batch gradient noise, exactly and in the SE approximation.
//!
//! | function | formula | equation |
//! |---|---|---|
//! | [`parameter_space`] | `Sigma = sum_i p_i <psi_i, C psi_i> psi_i psi_i^T - H C H` | (5) |
//! | [`output_space`] | `Sigma = N K diag(diag C) K - K C K`, `K = Gram/N` | (56) |
//! | [`output_space_weighted`] | the same for points drawn with weights p_i, raw kernel | (57) |
//! | [`spectrally_expressible`] | `tau_1 Tr[HC] H - tau_2 HCH` | (81), (240) |
//!
//! Beyond these:
//!
//! | file | what | where in the paper |
//! |---|---|---|
//! | `spectral_measure` | `rho_A`: masses on the eigenvalues of H | (6), (7), (109), (110) |
//! | `spectrum` | Sigma and its components from an explicit Jacobian | (36)-(38), (68) |
//! | `extremal`, `orthogonal` | bounds, extremal models, a path between them | Proposition 7 |
//! | `torus` | translation-invariant kernels on grids | Proposition 2, (95)-(108) |
//! | `gaussian`, `uncorrelated` | two more models, and a diagnostic for any | D.2, Section 3 |
//! | `tensor`, `invariants` | noise given by a 4-tensor; which tensors are invariant | Proposition 9, (8), (80)-(92) |
//! | `se_parameters` | (tau_1, tau_2): rescaling, when it is a covariance, the Haar average | Section 3 |
//! | `distance` | how far the SE noise is from the true one | (240), (241) |
//!
//! Everything is generic over [`Ring`](crate::number::Ring), so that tests run it at exact
//! rationals and compare with the average over all batches. These are reference forms: plain
//! triple loops. The fast numerics for kernels are [`crate::dynamics::ExactMoments`].
//!
//! The noise that enters the second moments is `gamma alpha^2 Sigma`; `gamma = (N-b)/((N-1)b)`
//! without replacement, `1/b` with replacement or for infinitely many points.

pub(crate) mod checks;
mod covariance;
mod dense;
mod distance;
mod error;
mod extremal;
mod gaussian;
mod invariants;
mod orthogonal;
mod se_parameters;
mod spectral_measure;
mod spectrum;
mod tensor;
mod torus;
mod uncorrelated;

pub use covariance::{
    hessian, output_space, output_space_weighted, parameter_space, spectrally_expressible,
};
pub use dense::{Dense, ShapeError};
pub use distance::{DistanceError, TraceDistance};
pub use error::NoiseError;
pub use extremal::{ComponentRange, Realisation, component_range, realise_component};
pub use gaussian::{
    GAUSSIAN_DEGREE, GAUSSIAN_VARIABLES, gaussian_covariance, gaussian_moment, gaussian_points,
};
pub use invariants::{
    Group, INVARIANTS_LIMIT, dense_generators, dimension_of_invariants,
    dimension_of_spectrally_determined,
};
pub use orthogonal::{permutation, plane_rotation, reflection, towards_flat_column};
pub use se_parameters::{NegativeComponent, SeParameters, haar_average};
pub use spectral_measure::{Atom, SpectralMeasure, diagonal_in};
pub use spectrum::{
    NoiseSpectrum, covariance_of_jacobian, jacobian_of, output_noise_in_eigenbasis,
    spectral_components,
};
pub use tensor::{NoiseTensor, TENSOR_LIMIT};
pub use torus::{GRID_LIMIT, TorusKernel};
pub use uncorrelated::{LossCorrelation, loss_correlations};
