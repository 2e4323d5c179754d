//! The dynamics of SGD with momentum on a quadratic loss, from exact to sampled.
//!
//! | type | what it computes | exact for | equation |
//! |---|---|---|---|
//! | [`SecondMoments`] | full second moments, any ring, parameter or output space | every model, given Sigma | (4), (55) |
//! | [`SeModes`] | SE recursion of the diagonal moments, any ring | SE noise | (65), (77) |
//! | [`SeRecursion`] | the same in f64, one fused vectorised pass a step | SE noise, up to rounding | (65) |
//! | [`ExactMoments`] | second moments averaged over all batches, f64, in the eigenbasis of K (of H) | every kernel, up to rounding | (55)-(56), (4)-(5) |
//! | [`exact_noise_along`] | the exact Sigma at chosen steps of that trajectory | every kernel, up to rounding | (5), (56) |
//! | [`LongTimeMoments`] | the same at any step, without iterating | every kernel, with an estimated error | (55)-(56) |
//! | [`MeasureDynamics`] | spectral measures of C, J, V | SE noise, degenerate H, schedules | (74)-(79) |
//! | [`AdditiveNoise`] | stationary moments and trajectory under additive noise | gradients with independent noise | (242)-(247) |
//! | [`generalised_trajectory`] | (4) with the noise of a 4-tensor | the tensor | (8), Theorem 1 |
//! | [`fit_tau`] | which tau describes noise and loss | every kernel | (240), (241) |
//! | [`sampled::simulate`] | single runs with sampled batches, many seeds | every kernel, in distribution | (47)-(49) |
//! | [`network::simulate_network`] | a one-hidden-layer ReLU network, trained | - | (1) |
//! | [`regime`] | one interface to all of them | | Appendix F.1 |
//!
//! All start from momentum 0 unless said otherwise, and all use the momentum convention of (1):
//! `v' = -alpha grad + beta v`, `w' = w + v'`.
//!
//! Losses carry the factor 1/2: `L = 1/2 Tr[H C] = 1/2 Tr[C_out]`.

mod additive;
mod aligned;
mod curve;
mod exact;
mod exact_noise;
mod generalised;
mod kernel_view;
mod lanes;
mod long_time;
mod measures;
mod moment_map;
pub mod network;
mod pair_moments;
pub mod regime;
pub mod sampled;
mod se;
mod se_modes;
mod tau_fit;

pub use additive::{AdditiveError, AdditiveNoise};
pub use curve::{CurveError, CurveMethod, LossCurve, LossPoint};
pub use exact::{ExactMoments, ExactMomentsError, Space};
pub use exact_noise::{ExactNoise, exact_noise_along, trace_distance};
pub use generalised::generalised_trajectory;
pub use kernel_view::{KernelView, KernelViewError};
pub use long_time::{LongTimeError, LongTimeLoss, LongTimeLosses, LongTimeMoments, LongTimeWork};
pub use measures::{MeasureDynamics, MeasureError};
pub use moment_map::{SecondMoments, StepCoefficients};
pub use se::{SeError, SeRecursion};
pub use se_modes::{NodeMoments, SeModes};
pub use tau_fit::{
    LossFit, NoiseQuality, TauFit, TauFitConfig, TauFitError, fit_tau, fit_tau_of_jacobian,
    fit_tau_to_losses, noise_quality,
};
