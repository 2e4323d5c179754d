//! A real network: one hidden layer of ReLU neurons in the tangent-kernel parametrisation (Appendix
//! F.1), trained on a scalar target by mini-batch SGD with momentum.
//!
//! ```text
//! f(x) = n^{-1/2} sum_i c_i relu(h_i),     h_i = w_i . x / sqrt(d) + b_i
//! L_B  = 1/(2b) sum_{r in B} (f(x_r) - y_r)^2,     v' = -alpha grad L_B + beta v,     theta' = theta + v'
//! ```
//!
//! | symbol | meaning | start |
//! |---|---|---|
//! | n | width | >= 1; even if symmetric |
//! | w_i, b_i, c_i | weights, biases, amplitudes of neuron i, all trained | standard normal |
//!
//! A *symmetric* start copies the first half of the neurons with the sign of c turned: f_0 = 0 exactly,
//! and the tangent kernel is that of n/2 neurons. Velocities start at 0.
//!
//! The empirical tangent kernel `Theta_n(x, x') = <grad f(x), grad f(x')>` is an exact product of
//! Jacobians (no sampling); it tends to [`crate::kernel::ntk`] as n grows, at the rate n^{-1/2}. Training
//! of a wide network with a small learning rate is then close to [`super::sampled`] on Theta_n/N with the
//! same seed, batches and initial residual; seeds give both the same batches. "Wide" is relative to the
//! target: parameters move by about |y|/sqrt(n) each, so targets in the hundreds (bike counts, run times
//! in ms) need a width above their square, or a scaled target, to stay in that regime.
//!
//! relu has derivative 0 at 0.

mod model;
mod pass;
mod train;

pub use model::{Gradient, Network, NetworkError};
pub use train::{NetworkRunError, simulate_network};
