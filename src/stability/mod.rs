//! Stability: where the loss of mini-batch SGD stops converging, and how it diverges.
//!
//! | symbol | function | source |
//! |---|---|---|
//! | 2 (1+b)/lambda_max | [`noiseless_critical_learning_rate`] | (251) |
//! | U(1) | [`noise_function_at_1`] | (21) |
//! | alpha with U(1) = 1 | [`critical_learning_rate`] | Proposition 3 |
//! | lambda_crit | [`critical_regularization`] | Proposition 4 |
//! | bounds on alpha_eff | [`upper_bound_22`], [`lower_bound_23`] | (22), (23) |
//! | r_L | [`convergence_radius`] | (164) |
//! | constant of the divergence | [`divergence_constant`] | (24) = (165) |
//! | t_div | [`divergence_time`] | Section 5 |
//! | the verdict with the certificates it rests on | [`proposition_3()`] | Proposition 3, Lemma 1 |
//! | V(1) | [`signal_function_at_1`] | (20) |
//! | all of them with a verdict | [`assess`], for an infinite law [`assess_law`] | |
//! | the same, enclosed | [`rigorous::assess_rigorously`] | |
//!
//! For tau >= 0 the loss converges iff `alpha < 2 (1+b)/lambda_max` and `U(1) < 1` (Proposition 3).
//! For tau < 0 the first condition becomes `alpha lambda_max [(1-b) + gamma |tau| (1+b)] < 2 (1-b^2)`:
//! an extension of the paper's proposition, tested against spectral radii.

mod advice;
pub mod divergence;
pub mod edge;
mod error;
pub mod grid;
pub mod infinity;
mod proposition_3;
mod radius;
mod report;
pub mod rigorous;
mod verdict;

pub use advice::{Advice, advise};
pub use divergence::{divergence_constant, divergence_time};
pub(crate) use edge::checked;
pub use edge::{
    critical_learning_rate, critical_regularization, lower_bound_23, noise_function_at_1,
    noiseless_critical_learning_rate, signal_function_at_1, upper_bound_22,
};
pub use error::StabilityError;
pub use proposition_3::{Lemma, Proposition3, proposition_3};
pub(crate) use radius::radius_point;
pub use radius::{convergence_radius, dominant_root, resolves, smallest_pole};
pub use report::{StabilityReport, assess, assess_law, negative_tau_warning};
pub use verdict::{Domain, Judgement, Verdict, domain, judge};
