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

use super::exact::{ExactMoments, ExactMomentsError};
use crate::generating::contour::hyperbola::{Node, complement, decade, single};
use crate::moment::HyperparameterError;
use crate::number::Complex;
use gmres::{C, solve};
use operator::{Operator, Problem};
use std::ops::ControlFlow;
use thiserror::Error;

/// Steps that are iterated in any case.
const FIRST_WINDOW: u64 = 64;
/// The longest window.
const LAST_WINDOW: u64 = 4096;
/// Contour and iteration must agree to this at the window's end.
const AGREEMENT: f64 = 1e-9;
/// Nodes of the rule for one step and of its probe.
const NODES: [usize; 2] = [14, 8];
/// Nodes of the rule for a decade and of its probe.
const DECADE_NODES: [usize; 2] = [32, 20];
/// The share of the difference from the probe that is reported: both rules converge geometrically, and
/// six (twelve) nodes more gain a factor 1e-6 (7e-6).
const PROBE_SHARE: f64 = 1e-4;
/// Relative residual asked of GMRES at the nodes that matter most.
const TOLERANCE: f64 = 1e-13;
/// Products with T that one node may take.
const PRODUCT_LIMIT: usize = 60;
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

/// L(z) d omega of a node.
#[derive(Debug, Clone, Copy)]
struct Coefficient {
    offset: C,
    value: C,
    /// Relative residual of the solver.
    residual: f64,
}

/// A quadrature sum, the sum of moduli, and that of moduli times residuals.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    value: f64,
    moduli: f64,
    residuals: f64,
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
        if let Some(pair) = steps.windows(2).find(|w| w[0] >= w[1]) {
            let (previous, step) = (pair[0], pair[1]);
            return Err(LongTimeError::Order { step, previous });
        }
        let problem = self.problem();
        let last = steps.last().copied().unwrap_or(0);
        let mut run = Run {
            problem: &problem,
            s1: 0.0,
            products: 0,
            progress,
        };
        let mut iterated = vec![self.exact.loss()];
        let mut state = self.exact.clone();
        let mut window = FIRST_WINDOW;
        // Relative to the loss at the window's end.
        let mut difference = 0.0;
        if last > FIRST_WINDOW {
            run.s1 = run.anchor(last as f64)?;
        }
        loop {
            while state.steps() < window.min(last) {
                iterated.push(state.step(self.learning_rate, self.momentum)?);
                run.pause()?;
            }
            if last <= window {
                break;
            }
            let t = window as f64;
            let coefficients = run.coefficients(&single(NODES[0]), t)?;
            difference = [window, window - 1, window - 3]
                .into_iter()
                .map(|step| {
                    let known = iterated[step as usize];
                    let sum = sum(&coefficients, step as f64 / t);
                    let value =
                        (run.s1 * step as f64).exp() * sum.value / (std::f64::consts::PI * t);
                    (value / known - 1.0).abs()
                })
                .fold(0.0_f64, |m, d| if d > m || d.is_nan() { d } else { m });
            if difference <= AGREEMENT {
                break;
            }
            if window >= LAST_WINDOW {
                return Err(LongTimeError::Unsettled { window, difference });
            }
            window *= 2;
        }
        let end = iterated.len() as u64 - 1;
        let early = steps.partition_point(|&step| step <= end);
        let mut points: Vec<LongTimeLoss> = steps[..early]
            .iter()
            .map(|&step| LongTimeLoss {
                step,
                loss: iterated[step as usize],
                log10_loss: iterated[step as usize].log10(),
                relative_error: 0.0,
                iterated: true,
            })
            .collect();
        let known = KnownError {
            log_size: (difference * iterated[end as usize]).ln(),
            window: end as f64,
        };
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
            products: run.products,
            anchor: run.s1,
        })
    }
}

/// What contour and iteration differed by at the window's end.
struct KnownError {
    /// ln of the absolute difference.
    log_size: f64,
    window: f64,
}

struct Run<'a, 'b> {
    problem: &'b Problem<'a>,
    s1: f64,
    products: usize,
    progress: &'b dyn Fn() -> ControlFlow<()>,
}

impl Run<'_, '_> {
    fn pause(&self) -> Result<(), LongTimeError> {
        match (self.progress)() {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(LongTimeError::Cancelled),
        }
    }

    /// L(z) at the nodes, each solved as exactly as its weight asks.
    fn coefficients(
        &mut self,
        nodes: &[Node],
        unit: f64,
    ) -> Result<Vec<Coefficient>, LongTimeError> {
        let size = |node: &Node| node.offset.re.exp() * node.weight.modulus();
        let largest = nodes.iter().map(size).fold(0.0, f64::max);
        let mut coefficients = Vec::with_capacity(nodes.len());
        for node in nodes {
            self.pause()?;
            let s = Complex::new(self.s1 + node.offset.re / unit, node.offset.im / unit);
            let e = complement(s);
            let z = Complex::new(1.0 - e.re, -e.im);
            let mut operator = Operator::new(self.problem, z, e);
            let r = operator.start();
            let tolerance = (TOLERANCE * largest / size(node)).clamp(TOLERANCE, 0.1);
            let solution = solve(|c| operator.apply(c), &r, tolerance, PRODUCT_LIMIT);
            self.products += solution.products;
            coefficients.push(Coefficient {
                offset: node.offset,
                value: operator.loss(&solution.x) * node.weight,
                residual: solution.residual,
            });
        }
        Ok(coefficients)
    }

    fn finish(
        &self,
        step: u64,
        unit: f64,
        fine: &[Coefficient],
        coarse: &[Coefficient],
        known: &KnownError,
    ) -> Result<LongTimeLoss, LongTimeError> {
        let t = step as f64;
        let [fine, coarse] = [fine, coarse].map(|c| sum(c, t / unit));
        let base = fine.value / (std::f64::consts::PI * unit);
        if !(base > 0.0 && base.is_finite()) {
            return Err(LongTimeError::Rounding(step));
        }
        let log_loss = base.ln() + self.s1 * t;
        let probe = PROBE_SHARE * ((fine.value - coarse.value) / fine.value).abs();
        let carried = (known.log_size + self.s1 * (t - known.window) - log_loss).exp();
        let rounding = f64::EPSILON * (4.0 * (self.s1 * t).abs() + 16.0 * fine.moduli / fine.value);
        Ok(LongTimeLoss {
            step,
            loss: log_loss.exp(),
            log10_loss: log_loss / std::f64::consts::LN_10,
            relative_error: probe + carried + rounding + fine.residuals / fine.value,
            iterated: false,
        })
    }

    /// s1 to 1/t, from above.
    fn anchor(&mut self, t: f64) -> Result<f64, LongTimeError> {
        let width = 1.0 / t;
        let mut vector = Vec::new();
        if !self.contracts(0.0, &mut vector)? {
            // Unstable: the root lies at some e in (0, 1).
            let (mut low, mut high) = (0.0, width.min(0.5));
            while high < 1.0 && !self.contracts(high, &mut vector)? {
                low = high;
                high = (2.0 * high).min(1.0);
            }
            while high - low > width * (1.0 - high).max(1e-3) {
                let middle = f64::midpoint(low, high);
                if self.contracts(middle, &mut vector)? {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            return Ok(-(-high.min(1.0 - 1e-12)).ln_1p());
        }
        // Stable: z = 1 + x, the last x that is before every pole and contracts.
        let (mut low, mut high) = (0.0, width);
        while high < 1e3 && self.contracts(-high, &mut vector)? {
            low = high;
            high *= 2.0;
        }
        if low == 0.0 {
            return Ok(0.0);
        }
        while high - low > width * (1.0 + low) {
            let middle = f64::midpoint(low, high);
            if self.contracts(-middle, &mut vector)? {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(-low.ln_1p())
    }

    /// Whether z = 1 - e is before every pole and the spectral radius of T(z) is below 1, by power
    /// iteration from a positive vector (an estimate).
    fn contracts(&mut self, e: f64, vector: &mut Vec<C>) -> Result<bool, LongTimeError> {
        self.pause()?;
        let z = 1.0 - e;
        // z = 1 is a pole of the null space alone, which T does not see.
        if e < 0.0 && self.problem.null_space_holds_loss() {
            return Ok(false);
        }
        if !Operator::before_every_pole(self.problem, z, e) {
            return Ok(false);
        }
        if self.problem.noise_amplitude == 0.0 || z == 0.0 {
            return Ok(true);
        }
        let mut operator = Operator::new(self.problem, Complex::real(z), Complex::real(e));
        if vector.is_empty() {
            let n = self.problem.pairs.basis().len() / self.problem.rates.len();
            *vector = vec![Complex::real(1.0 / n as f64); n];
        }
        let mut radius = f64::NAN;
        for _ in 0..20 {
            let next = operator.apply(vector);
            self.products += 1;
            let now: f64 = next.iter().map(|c| c.re.abs()).sum();
            if now == 0.0 || !now.is_finite() {
                return Ok(now == 0.0);
            }
            *vector = next
                .iter()
                .map(|c| Complex::real(c.re.abs() / now))
                .collect();
            let settled = (now - radius).abs() < 1e-4 * (now - 1.0).abs().max(1e-3);
            radius = now;
            if settled {
                break;
            }
        }
        Ok(radius < 1.0)
    }
}

/// The quadrature sum at `ratio` times the unit of the nodes.
fn sum(coefficients: &[Coefficient], ratio: f64) -> Sum {
    coefficients.iter().rev().fold(Sum::default(), |total, c| {
        let power = Complex::new(c.offset.re * ratio, c.offset.im * ratio).exp();
        let term = power * c.value;
        Sum {
            value: total.value + term.im,
            moduli: total.moduli + term.modulus(),
            residuals: total.residuals + term.modulus() * c.residual,
        }
    })
}
