//! The covariance of the mini-batch gradient noise, exactly and in the SE approximation.
//!
//! | function | formula | equation |
//! |---|---|---|
//! | [`parameter_space`] | `Sigma = sum_i p_i <psi_i, C psi_i> psi_i psi_i^T - H C H` | (5) |
//! | [`output_space`] | `Sigma = N K diag(diag C) K - K C K`, `K = Gram/N` | (56) |
//! | [`output_space_weighted`] | the same for points drawn with weights p_i, raw kernel | (57) |
//! | [`spectrally_expressible`] | `tau_1 Tr[HC] H - tau_2 HCH` | (81), (240) |
//!
//! Everything is generic over [`Ring`](crate::number::Ring), so that tests run it at exact
//! rationals and compare with the average over all batches. These are reference forms: plain
//! triple loops. The fast numerics for kernels are [`crate::dynamics::ExactMoments`].
//!
//! The noise that enters the second moments is `gamma alpha^2 Sigma`; `gamma = (N-b)/((N-1)b)`
//! without replacement, `1/b` with replacement or for infinitely many points.

mod covariance;
mod dense;

pub use covariance::{
    hessian, output_space, output_space_weighted, parameter_space, spectrally_expressible,
};
pub use dense::{Dense, ShapeError};
