//! One computation by the contour: anchor, window, nodes, sums.

use super::gmres::{C, solve};
use super::operator::{Operator, Problem};
use super::work::LongTimeWork;
use super::{FIRST_WINDOW, LongTimeError, LongTimeLoss, NODES};
use crate::dynamics::exact::ExactMoments;
use crate::generating::contour::hyperbola::{Node, complement, single};
use crate::number::Complex;
use std::ops::ControlFlow;

/// The longest window.
const LAST_WINDOW: u64 = 4096;
/// Contour and iteration must agree to this at the window's end.
const AGREEMENT: f64 = 1e-9;
/// The share of the difference from the probe that is reported: both rules converge geometrically, and
/// six (twelve) nodes more gain a factor 1e-6 (7e-6).
const PROBE_SHARE: f64 = 1e-4;
/// Relative residual asked of GMRES at the nodes that matter most.
const TOLERANCE: f64 = 1e-13;
/// Products with T that one node may take.
const PRODUCT_LIMIT: usize = 60;

/// L(z) d omega of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Coefficient {
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

/// What contour and iteration differed by at the window's end.
pub(super) struct KnownError {
    /// ln of the absolute difference.
    pub(super) log_size: f64,
    pub(super) window: f64,
}

/// One computation. What takes long is asked of the work first, in the order in which it was done.
pub(super) struct Run<'a, 'b> {
    problem: &'b Problem<'a>,
    s1: f64,
    work: &'b mut LongTimeWork,
    /// How many contractions and nodes of the work were used.
    contractions: usize,
    nodes: usize,
    progress: &'b dyn Fn() -> ControlFlow<()>,
}

impl<'a, 'b> Run<'a, 'b> {
    pub(super) fn new(
        problem: &'b Problem<'a>,
        work: &'b mut LongTimeWork,
        progress: &'b dyn Fn() -> ControlFlow<()>,
    ) -> Self {
        Self {
            problem,
            s1: 0.0,
            work,
            contractions: 0,
            nodes: 0,
            progress,
        }
    }

    /// s1.
    pub(super) const fn anchor(&self) -> f64 {
        self.s1
    }

    /// Products with T so far.
    pub(super) const fn products(&self) -> usize {
        self.work.products
    }

    /// The loss at a step of the window.
    pub(super) fn iterated(&self, step: u64) -> f64 {
        self.work.losses[step as usize]
    }

    /// Iterates until contour and iteration agree: the window's end and the relative difference there.
    pub(super) fn window(
        &mut self,
        state: &mut ExactMoments,
        learning_rate: f64,
        momentum: f64,
        last: u64,
    ) -> Result<(u64, f64), LongTimeError> {
        if self.work.losses.is_empty() {
            self.work.losses.push(state.loss());
        }
        let mut window = FIRST_WINDOW;
        loop {
            let end = window.min(last);
            if self.work.iterations() < end {
                self.iterate(state, learning_rate, momentum, end)?;
            }
            if last <= window {
                return Ok((end, 0.0));
            }
            let t = window as f64;
            let coefficients = match self.coefficients(&single(NODES[0]), t) {
                Err(LongTimeError::Cancelled) => {
                    // The window may have to grow.
                    self.keep(state);
                    return Err(LongTimeError::Cancelled);
                }
                found => found?,
            };
            let difference = [window, window - 1, window - 3]
                .into_iter()
                .map(|step| {
                    let sum = sum(&coefficients, step as f64 / t);
                    let value =
                        (self.s1 * step as f64).exp() * sum.value / (std::f64::consts::PI * t);
                    (value / self.iterated(step) - 1.0).abs()
                })
                .fold(0.0_f64, |m, d| if d > m || d.is_nan() { d } else { m });
            if difference <= AGREEMENT {
                self.work.state.clear();
                return Ok((window, difference));
            }
            if window >= LAST_WINDOW {
                self.work.state.clear();
                return Err(LongTimeError::Unsettled { window, difference });
            }
            window *= 2;
        }
    }

    fn iterate(
        &mut self,
        state: &mut ExactMoments,
        learning_rate: f64,
        momentum: f64,
        end: u64,
    ) -> Result<(), LongTimeError> {
        let saved = std::mem::take(&mut self.work.state);
        if state.steps() < self.work.iterations() {
            if saved.is_empty() {
                // Only the losses were kept: they are computed again.
                self.work.losses.truncate(1);
            } else {
                state.restore(self.work.iterations(), &saved)?;
            }
        }
        while state.steps() < end {
            if self.pause().is_err() {
                self.keep(state);
                return Err(LongTimeError::Cancelled);
            }
            let loss = state.step(learning_rate, momentum)?;
            self.work.losses.push(loss);
        }
        Ok(())
    }

    /// Keeps the moments at the end of the losses, if they are known there.
    fn keep(&mut self, state: &ExactMoments) {
        if state.steps() == self.work.iterations() {
            self.work.state = state.state();
        }
    }

    fn pause(&self) -> Result<(), LongTimeError> {
        match (self.progress)() {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(LongTimeError::Cancelled),
        }
    }

    /// L(z) at the nodes, each solved as exactly as its weight asks.
    pub(super) fn coefficients(
        &mut self,
        nodes: &[Node],
        unit: f64,
    ) -> Result<Vec<Coefficient>, LongTimeError> {
        let size = |node: &Node| node.offset.re.exp() * node.weight.modulus();
        let largest = nodes.iter().map(size).fold(0.0, f64::max);
        let mut coefficients = Vec::with_capacity(nodes.len());
        for node in nodes {
            let solved = match self.work.nodes.get(self.nodes) {
                Some(solved) => *solved,
                None => {
                    self.pause()?;
                    let s = Complex::new(self.s1 + node.offset.re / unit, node.offset.im / unit);
                    let e = complement(s);
                    let z = Complex::new(1.0 - e.re, -e.im);
                    let mut operator = Operator::new(self.problem, z, e);
                    let r = operator.start();
                    let tolerance = (TOLERANCE * largest / size(node)).clamp(TOLERANCE, 0.1);
                    let solution = solve(|c| operator.apply(c), &r, tolerance, PRODUCT_LIMIT);
                    self.work.products += solution.products;
                    let value = operator.loss(&solution.x) * node.weight;
                    let solved = [value.re, value.im, solution.residual];
                    self.work.nodes.push(solved);
                    solved
                }
            };
            self.nodes += 1;
            let [re, im, residual] = solved;
            coefficients.push(Coefficient {
                offset: node.offset,
                value: Complex::new(re, im),
                residual,
            });
        }
        Ok(coefficients)
    }

    pub(super) fn finish(
        &mut self,
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
        let point = LongTimeLoss {
            step,
            loss: log_loss.exp(),
            log10_loss: log_loss / std::f64::consts::LN_10,
            relative_error: probe + carried + rounding + fine.residuals / fine.value,
            iterated: false,
        };
        self.work.points.push(point);
        Ok(point)
    }

    /// s1 to 1/t, from above.
    pub(super) fn find_anchor(&mut self, t: f64) -> Result<(), LongTimeError> {
        self.s1 = self.search(t)?;
        Ok(())
    }

    fn search(&mut self, t: f64) -> Result<f64, LongTimeError> {
        let width = 1.0 / t;
        if !self.contracts(0.0)? {
            // Unstable: the root lies at some e in (0, 1).
            let (mut low, mut high) = (0.0, width.min(0.5));
            while high < 1.0 && !self.contracts(high)? {
                low = high;
                high = (2.0 * high).min(1.0);
            }
            while high - low > width * (1.0 - high).max(1e-3) {
                let middle = f64::midpoint(low, high);
                if self.contracts(middle)? {
                    high = middle;
                } else {
                    low = middle;
                }
            }
            return Ok(-(-high.min(1.0 - 1e-12)).ln_1p());
        }
        // Stable: z = 1 + x, the last x that is before every pole and contracts.
        let (mut low, mut high) = (0.0, width);
        while high < 1e3 && self.contracts(-high)? {
            low = high;
            high *= 2.0;
        }
        if low == 0.0 {
            return Ok(0.0);
        }
        while high - low > width * (1.0 + low) {
            let middle = f64::midpoint(low, high);
            if self.contracts(-middle)? {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(-low.ln_1p())
    }

    /// Whether z = 1 - e is before every pole and the spectral radius of T(z) is below 1, by power
    /// iteration from a positive vector (an estimate).
    fn contracts(&mut self, e: f64) -> Result<bool, LongTimeError> {
        let answer = match self.work.contractions.get(self.contractions) {
            Some(answer) => *answer,
            None => {
                self.pause()?;
                let answer = self.power_iteration(e);
                self.work.contractions.push(answer);
                answer
            }
        };
        self.contractions += 1;
        Ok(answer)
    }

    fn power_iteration(&mut self, e: f64) -> bool {
        let z = 1.0 - e;
        // z = 1 is a pole of the null space alone, which T does not see.
        if e < 0.0 && self.problem.null_space_holds_loss() {
            return false;
        }
        if !Operator::before_every_pole(self.problem, z, e) {
            return false;
        }
        if self.problem.noise_amplitude == 0.0 || z == 0.0 {
            return true;
        }
        let mut operator = Operator::new(self.problem, Complex::real(z), Complex::real(e));
        let vector = &mut self.work.vector;
        if vector.is_empty() {
            let n = self.problem.pairs.basis().len() / self.problem.rates.len();
            *vector = vec![1.0 / n as f64; n];
        }
        let mut radius = f64::NAN;
        for _ in 0..20 {
            let complex: Vec<C> = vector.iter().map(|x| Complex::real(*x)).collect();
            let next = operator.apply(&complex);
            self.work.products += 1;
            let now: f64 = next.iter().map(|c| c.re.abs()).sum();
            if now == 0.0 || !now.is_finite() {
                return now == 0.0;
            }
            *vector = next.iter().map(|c| c.re.abs() / now).collect();
            let settled = (now - radius).abs() < 1e-4 * (now - 1.0).abs().max(1e-3);
            radius = now;
            if settled {
                break;
            }
        }
        radius < 1.0
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
