//! Exact second moments at any step, without iterating to it.
//!
//! The state of the exact recursion (55) enters its own noise only through the N numbers
//! c_t = (E Delta f_t(x_i)^2)_i. Their generating function therefore solves a linear system with N
//! unknowns, `c(z) = r(z) + T(z) c(z)` (`operator`, closed forms in `resolvent`, solved by GMRES), and
//! the loss is read off on a hyperbola around the slow multipliers:
//!
//! ```text
//! L_t = e^(s1 t)/(pi t) sum_k Im[ e^omega_k L(e^-(s1 + omega_k/t)) d omega_k ],     14 nodes
//! ```
//!
//! with the same nodes as the contour of the SE approximation (`generating::contour`).
//!
//! | part | what |
//! |---|---|
//! | anchor s1 | -ln z1, z1 the first pole or root of "spectral radius of T = 1" on z > 0, to 1/t; 0 where that is as good |
//! | window | the first steps are iterated in any case; there the contour must agree with the iteration, else the window doubles |
//! | error | *estimated*: contour against iteration at the window's end, carried to t as if it did not decay; 14 against 8 nodes, times 1e-4; residuals of the solver and rounding, times the sum of moduli |
//!
//! What the hyperbola drops (multipliers that are not positive) decays faster than the loss, so the
//! disagreement at the window's end bounds it later on: an estimate, since oscillating terms can
//! happen to vanish at the three steps that are compared.

mod gmres;
mod operator;
mod resolvent;
mod run;
mod work;

pub use work::LongTimeWork;

use super::exact::{ExactMoments, ExactMomentsError};
use crate::generating::contour::hyperbola::{decade, single};
use crate::moment::HyperparameterError;
use operator::Problem;
use run::{KnownError, Run};
use std::ops::ControlFlow;
use thiserror::Error;
use work::iterated_loss;

/// Steps that are iterated in any case.
const FIRST_WINDOW: u64 = 64;
/// Nodes of the rule for one step and of its probe.
const NODES: [usize; 2] = [14, 8];
/// Nodes of the rule for a decade and of its probe.
const DECADE_NODES: [usize; 2] = [32, 20];
/// Negative eigenvalues above this, relative to the largest, are rounding.
const NEGATIVE_LIMIT: f64 = 1e-10;
/// Steps in one decade from which one contour for the decade is cheaper than one for each.
const WORTH_A_DECADE: usize = 3;

/// Why losses at long times were not computed; iterating is right in all cases.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum LongTimeError {
    /// The moments or the hyperparameters.
    #[error(transparent)]
    Exact(#[from] ExactMomentsError),
    /// The moments were stepped already.
    #[error(
        "the moments have made {0} steps: the generating function needs them at rest, before the first"
    )]
    NotAtRest(u64),
    /// K is not positive semi-definite.
    #[error(
        "the kernel has the eigenvalue {value:e}, {share:e} of its largest: it must be positive semi-definite (limit -1e-10)"
    )]
    Negative {
        /// The most negative eigenvalue.
        value: f64,
        /// Over the largest.
        share: f64,
    },
    /// Steps that do not increase.
    #[error("steps must increase strictly: {step} after {previous}")]
    Order {
        /// The step.
        step: u64,
        /// The step before it.
        previous: u64,
    },
    /// The contour does not settle.
    #[error(
        "after {window} steps contour and iteration still differ by {difference:.1e} of the loss (limit 1e-9): oscillating multipliers have not died out; iterate instead"
    )]
    Unsettled {
        /// Steps iterated.
        window: u64,
        /// Relative difference.
        difference: f64,
    },
    /// Rounding leaves nothing.
    #[error("at step {0} rounding leaves nothing of the contour integral; iterate instead")]
    Rounding(u64),
    /// The hook asked to stop.
    #[error("the computation was cancelled")]
    Cancelled,
}

/// One loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LongTimeLoss {
    /// t.
    pub step: u64,
    /// L_t; 0 or infinite outside the range of f64.
    pub loss: f64,
    /// log10 L_t.
    pub log10_loss: f64,
    /// Estimated relative error; 0 for steps that were iterated (rounding alone).
    pub relative_error: f64,
    /// Whether the step lies in the iterated window.
    pub iterated: bool,
}

/// The losses and what they took.
#[derive(Debug, Clone, PartialEq)]
pub struct LongTimeLosses {
    /// One for each step asked for.
    pub points: Vec<LongTimeLoss>,
    /// Steps iterated.
    pub iterations: u64,
    /// Products with T(z), each about two steps' worth of arithmetic.
    pub products: usize,
    /// s1: the loss falls or grows at most as e^(s1 t) in the end; 0 if slower than the last step can tell.
    pub anchor: f64,
}

/// Exact second moments with constant learning rate and momentum, ready for any step.
///
/// ```
/// use tauber::dynamics::{ExactMoments, KernelView, LongTimeMoments};
/// let kernel = [0.5, 0.2, 0.1, 0.2, 0.4, 0.1, 0.1, 0.1, 0.3];
/// let exact = ExactMoments::new(KernelView::new(3, &kernel)?, &[1.0, -1.0, 0.5], 1)?;
/// let long = LongTimeMoments::new(exact.clone(), 0.01, 0.0)?;
/// let found = long.losses(&[1000], &|| std::ops::ControlFlow::Continue(()))?;
/// let mut iterated = exact;
/// let expected = iterated.run(0.01, 0.0, 1000)?[1000];
/// assert!((found.points[0].loss / expected - 1.0).abs() < 1e-8);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LongTimeMoments {
    exact: ExactMoments,
    learning_rate: f64,
    momentum: f64,
}

impl LongTimeMoments {
    /// From moments at rest; O(1).
    ///
    /// # Errors
    /// Hyperparameters out of range, moments already stepped, a kernel with negative eigenvalues.
    pub fn new(
        exact: ExactMoments,
        learning_rate: f64,
        momentum: f64,
    ) -> Result<Self, LongTimeError> {
        let range = |error: HyperparameterError| ExactMomentsError::from(error);
        if !(learning_rate > 0.0 && learning_rate.is_finite()) {
            return Err(range(HyperparameterError::LearningRate(learning_rate)).into());
        }
        if !(momentum > -1.0 && momentum < 1.0) {
            return Err(range(HyperparameterError::Momentum(momentum)).into());
        }
        if exact.steps() > 0 {
            return Err(LongTimeError::NotAtRest(exact.steps()));
        }
        let largest = exact
            .eigenvalues()
            .iter()
            .fold(0.0_f64, |m, l| m.max(l.abs()));
        let value = exact.eigenvalues().iter().fold(0.0_f64, |m, l| m.min(*l));
        if value < -NEGATIVE_LIMIT * largest {
            let share = value / largest;
            return Err(LongTimeError::Negative { value, share });
        }
        Ok(Self {
            exact,
            learning_rate,
            momentum,
        })
    }

    fn problem(&self) -> Problem<'_> {
        let lambda = self.exact.eigenvalues();
        let largest = lambda.iter().fold(0.0_f64, |m, l| m.max(*l));
        let null = lambda.len() as f64 * f64::EPSILON * largest;
        let moving = |k: usize| lambda[k] > null;
        let gamma = self.exact.noise_amplitude();
        let f = self.exact.pairs().noise_weights();
        let scale = gamma.sqrt() * self.learning_rate;
        let select = |value: f64, k: usize| if moving(k) { value } else { 0.0 };
        let modes = 0..lambda.len();
        Problem {
            pairs: self.exact.pairs(),
            rates: modes
                .clone()
                .map(|k| select(self.learning_rate * lambda[k], k))
                .collect(),
            weights: modes.map(|k| select(scale * f[k], k)).collect(),
            loss_weights: self.exact.loss_weights(),
            momentum: self.momentum,
            noise_amplitude: gamma,
        }
    }

    /// The losses at strictly increasing `steps`; `progress` is called now and then and can cancel.
    ///
    /// # Errors
    /// See [`LongTimeError`].
    pub fn losses(
        &self,
        steps: &[u64],
        progress: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<LongTimeLosses, LongTimeError> {
        self.losses_from(steps, &mut LongTimeWork::default(), progress)
    }

    /// [`LongTimeMoments::losses`] from the work of an earlier call for the same moments and steps that
    /// was cancelled; the work then goes on, to the same losses bit by bit.
    ///
    /// # Errors
    /// See [`LongTimeError`]; after [`LongTimeError::Cancelled`] `work` has all that was computed.
    pub fn losses_from(
        &self,
        steps: &[u64],
        work: &mut LongTimeWork,
        progress: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<LongTimeLosses, LongTimeError> {
        if let Some(pair) = steps.windows(2).find(|w| w[0] >= w[1]) {
            let (previous, step) = (pair[0], pair[1]);
            return Err(LongTimeError::Order { step, previous });
        }
        let problem = self.problem();
        let last = steps.last().copied().unwrap_or(0);
        work.points.clear();
        let mut run = Run::new(&problem, work, progress);
        if last > FIRST_WINDOW {
            run.find_anchor(last as f64)?;
        }
        let mut state = self.exact.clone();
        let (end, difference) = run.window(&mut state, self.learning_rate, self.momentum, last)?;
        let known = KnownError {
            log_size: (difference * run.iterated(end)).ln(),
            window: end as f64,
        };
        let early = steps.partition_point(|&step| step <= end);
        let mut points: Vec<LongTimeLoss> = steps[..early]
            .iter()
            .map(|&step| iterated_loss(step, run.iterated(step)))
            .collect();
        let mut rest = &steps[early..];
        while let Some(&first) = rest.first() {
            let count = rest
                .partition_point(|&t| t <= first.saturating_mul(10))
                .max(1);
            let (count, rules) = if count < WORTH_A_DECADE {
                (1, NODES.map(single))
            } else {
                (count, DECADE_NODES.map(decade))
            };
            let unit = first as f64;
            let fine = run.coefficients(&rules[0], unit)?;
            let coarse = run.coefficients(&rules[1], unit)?;
            for &step in &rest[..count] {
                points.push(run.finish(step, unit, &fine, &coarse, &known)?);
            }
            rest = &rest[count..];
        }
        Ok(LongTimeLosses {
            points,
            iterations: end,
            products: run.products(),
            anchor: run.anchor(),
        })
    }
}
