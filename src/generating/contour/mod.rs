//! L_t at any step by inverting its generating function on a hyperbola.
//!
//! ```text
//! t L_t = [z^(t-1)] L'(z) = (1/2 pi i) int z L'(z) e^(s t) ds,     z = e^-s
//! ```
//!
//! The derivative is what keeps the *relative* accuracy where L_t falls as a power of t. The
//! hyperbola is anchored at the smallest positive root of z U(z) = 1, so that the factor `e^(s1 t)`
//! of exponential decay or divergence comes out of the integral and is kept as an exponent.
//!
//! | file | what |
//! |---|---|
//! | `kernel` | the six complex sums over the modes |
//! | `hyperbola` | nodes and weights, for one step and for a decade of steps |
//! | `anchor` | the real root |
//! | `dropped` | the multipliers that the contour leaves out, and a bound on their share |
//! | `quick` | the same for one step of many hyperparameters |
//!
//! The relative error of a value is *estimated* as
//!
//! ```text
//! max(0.1 |L(n) - L(n')| / L, 1e-12)      n, n' = 14, 12 nodes (a decade: 32, 26)
//! + eps * (4 |s1| t + sum (8 |parts| (1 + |s1/(s - s1)|) + 8 |term| |z U|/|1 - z U|) / |sum term|)
//!                                                                       rounding and conditioning
//! + 2 t ds1                                                              rounding moves the root itself
//! + 2 max|L~| R^-t / L                    what is dropped
//! ```
//!
//! with |parts| the moduli of what U', V and V' are added up from in a term, and ds1 = 8 eps gamma (1 + b z) sum m a^2 (|c0| + |c1 a d| + |c2| a^2)/S^2/(z U)' at the root, c and d those of
//! [`from_edge`]: near a pole the terms of S cancel. The probe runs on the compressed spectrum where that
//! changes U and V by less than 1e-12: what the compression changes then counts as truncation. A step is refused
//! where `t (s1 + ln R) < 34`, where t < 32 (iterating is cheaper), where what is dropped exceeds 1e-9, or where
//! the estimate exceeds 1/2.

mod anchor;
mod dropped;
pub(crate) mod hyperbola;
mod kernel;
mod quick;

use super::{Parameters, Point, sums};
use crate::closed_form::from_edge;
use crate::moment::Hyperparameters;
use crate::number::Complex;
use crate::spectrum::{CompressedSpectrum, Spectrum};
use dropped::Circle;
use hyperbola::{DECADE_RULES, Node, SINGLE_RULES, complement};
use kernel::{C, ModeTable};
use thiserror::Error;

/// Steps below this are not inverted: the contour would leave |Im s| < pi.
pub const FIRST_STEP: f64 = 32.0;
/// t (s1 + ln R) must reach this: what is dropped is then below 2e-15.
const SAFE: f64 = 34.0;
/// What may be dropped, relative.
const DROPPED_LIMIT: f64 = 1e-9;
/// The smallest truncation error that is ever reported, relative.
const TRUNCATION_FLOOR: f64 = 1e-12;
/// The share of the difference of node counts that is reported.
const PROBE_SHARE: f64 = 0.1;
/// A relative error beyond which a value says nothing.
const WORTHLESS: f64 = 0.5;
/// Steps in one decade from which one contour for the decade is cheaper than one for each.
const WORTH_A_DECADE: usize = 3;

/// Why a loss was not computed by the contour; iterating is right in all cases.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ContourRefusal {
    /// The spectrum carries no initial moments.
    #[error("the spectrum has no signal, and without signal there is no loss to compute")]
    NoSignal,
    /// gamma = 0: the loss is an explicit sum.
    #[error("there is no noise: the loss is the explicit sum of (249), no contour is needed")]
    NoNoise,
    /// Tr H^2 is infinite and there is noise.
    #[error("sum lambda_k^2 diverges: with noise the loss is infinite after one step")]
    InfiniteTraceOfSquare,
    /// No real root of z U = 1 was found.
    #[error("no positive root of z U(z) = 1 was found below z = 1e6 to anchor the contour at")]
    NoAnchor,
    /// No circle without other multipliers.
    #[error(
        "a multiplier off the positive real axis lies within 1e-7 of the dominant one, in ln: the contour would drop it"
    )]
    NoCircle,
    /// The step is too early.
    #[error(
        "the contour serves steps from {needed:.0} on here (other multipliers have not died out before), got {step:.0}"
    )]
    TooEarly {
        /// The step.
        step: f64,
        /// The first step that would do.
        needed: f64,
    },
    /// The step is no whole number.
    #[error("steps are whole numbers, got {0}")]
    NotWhole(f64),
    /// What is dropped is too large beside the loss.
    #[error(
        "at step {step:.0} the dropped multipliers may hold {share:.1e} of the loss, beyond 1e-9"
    )]
    Dropped {
        /// The step.
        step: f64,
        /// Their share, bounded by the circle.
        share: f64,
    },
    /// The sum is not a positive number, or its estimated relative error is above 1/2.
    #[error("at step {0:.0} rounding leaves nothing of the contour integral")]
    Rounding(f64),
}

/// L_t as `mantissa * 2^exponent`, without the loss of the null space, and its relative error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScaledLoss {
    /// Positive, of order 1 up to powers of t.
    pub mantissa: f64,
    /// The power of two.
    pub exponent: i64,
    /// Estimated, see the module's head.
    pub relative_error: f64,
}

impl ScaledLoss {
    /// L_t; 0 or infinite outside the range of `f64`.
    pub fn value(&self) -> f64 {
        let exponent = self.exponent.clamp(-4000, 4000) as f64;
        let half = (0.5 * exponent).floor();
        self.mantissa * half.exp2() * (exponent - half).exp2()
    }
}

/// One spectrum with one set of hyperparameters, ready for any step.
#[derive(Debug, Clone)]
pub struct LossContour {
    table: ModeTable,
    /// The compressed spectrum, where that is good enough for the error probe.
    probe: Option<ModeTable>,
    s1: f64,
    s1_error: f64,
    circle: Circle,
}

/// A quadrature sum with its condition: `sum Im[...]` and its doubt in units of eps.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    value: f64,
    doubt: f64,
}

/// z L'(z) ds of one node (in units of 1/t), and how far rounding may be off, in units of eps.
#[derive(Debug, Clone, Copy)]
struct Coefficient {
    offset: C,
    value: C,
    doubt: f64,
}

impl LossContour {
    /// Finds the anchor and the circle; cost: some hundred evaluations on the compressed spectrum.
    ///
    /// # Errors
    /// [`ContourRefusal`], all but those of single steps.
    pub fn new(
        spectrum: &Spectrum,
        hyperparameters: &Hyperparameters,
    ) -> Result<Self, ContourRefusal> {
        Self::prepare(spectrum, hyperparameters, None)
    }

    /// The same for steps from `step` on, where a smaller circle will do: a few times faster, for maps
    /// over many hyperparameters. Give it a spectrum that is compressed already.
    ///
    /// # Errors
    /// As [`LossContour::new`].
    pub fn for_step(
        spectrum: &Spectrum,
        hyperparameters: &Hyperparameters,
        step: f64,
    ) -> Result<Self, ContourRefusal> {
        Self::prepare(spectrum, hyperparameters, Some(step))
    }

    fn prepare(
        spectrum: &Spectrum,
        hyperparameters: &Hyperparameters,
        step: Option<f64>,
    ) -> Result<Self, ContourRefusal> {
        if spectrum.signal().is_none() {
            return Err(ContourRefusal::NoSignal);
        }
        if hyperparameters.noise_amplitude() == 0.0 {
            return Err(ContourRefusal::NoNoise);
        }
        if spectrum.infinite_trace_of_square() {
            return Err(ContourRefusal::InfiniteTraceOfSquare);
        }
        // Anchor and circle need no last digits; a map has compressed its spectrum already.
        let compressed = step.is_none().then(|| CompressedSpectrum::of(spectrum));
        let (short, compression) = compressed
            .as_ref()
            .map_or((spectrum, 0.0), |c| (c.spectrum(), c.error()));
        let root = anchor::anchor(short, hyperparameters).ok_or(ContourRefusal::NoAnchor)?;
        let s1 = log_multiplier(&root);
        if !s1.is_finite() {
            return Err(ContourRefusal::NoAnchor);
        }
        let small = ModeTable::new(short, hyperparameters.into());
        let circle = step
            .and_then(|step| quick::circle(&small, short.multiplicities(), s1, step))
            .or_else(|| dropped::largest_circle(&small, short.multiplicities(), s1))
            .ok_or(ContourRefusal::NoCircle)?;
        let (table, probe) = if short.len() == spectrum.len() {
            (small, None)
        } else {
            let table = ModeTable::new(spectrum, hyperparameters.into());
            let good = compression <= TRUNCATION_FLOOR;
            (table, good.then_some(small))
        };
        Ok(Self {
            table,
            probe,
            s1,
            s1_error: root_error(short, hyperparameters, &root),
            circle,
        })
    }

    /// s1 = ln of the dominant multiplier: the loss falls or grows as e^(s1 t) in the end.
    pub const fn rate(&self) -> f64 {
        self.s1
    }

    /// The first step that the contour serves.
    pub fn first_step(&self) -> f64 {
        (SAFE / (self.s1 + self.circle.log_radius))
            .ceil()
            .max(FIRST_STEP)
    }

    /// L_t at one step (a whole number).
    ///
    /// # Errors
    /// [`ContourRefusal::TooEarly`], [`ContourRefusal::NotWhole`], [`ContourRefusal::Dropped`],
    /// [`ContourRefusal::Rounding`].
    pub fn at(&self, step: f64) -> Result<ScaledLoss, ContourRefusal> {
        self.check(step)?;
        let [fine, coarse] = self
            .pair(&SINGLE_RULES, step)
            .map(|coefficients| sum(&coefficients, 1.0));
        self.finish(step, step, fine, coarse)
    }

    /// L_t at sorted steps; decades with three or more of them share one contour.
    pub fn curve(&self, steps: &[f64]) -> Vec<Result<ScaledLoss, ContourRefusal>> {
        let mut values = Vec::with_capacity(steps.len());
        let mut rest = steps;
        while let Some(&first) = rest.first() {
            let count = rest.partition_point(|&t| t <= 10.0 * first).max(1);
            if count < WORTH_A_DECADE || self.check(first).is_err() {
                values.push(self.at(first));
                rest = &rest[1..];
                continue;
            }
            let [fine, coarse] = self.pair(&DECADE_RULES, first);
            for &t in &rest[..count] {
                let sums = [&fine, &coarse].map(|c| sum(c, t / first));
                let value = self.check(t);
                values.push(value.and_then(|()| self.finish(t, first, sums[0], sums[1])));
            }
            rest = &rest[count..];
        }
        values
    }

    fn check(&self, step: f64) -> Result<(), ContourRefusal> {
        if step.is_finite() && step.fract() != 0.0 {
            return Err(ContourRefusal::NotWhole(step));
        }
        let needed = self.first_step();
        if step >= needed && step.is_finite() {
            Ok(())
        } else {
            Err(ContourRefusal::TooEarly { step, needed })
        }
    }

    /// The rule on the whole spectrum and the probe on the compressed one.
    fn pair(&self, rules: &[Vec<Node>; 2], unit: f64) -> [Vec<Coefficient>; 2] {
        let probe = self.probe.as_ref().unwrap_or(&self.table);
        [
            self.coefficients(&self.table, &rules[0], unit),
            self.coefficients(probe, &rules[1], unit),
        ]
    }

    fn coefficients(&self, table: &ModeTable, nodes: &[Node], unit: f64) -> Vec<Coefficient> {
        let points: Vec<Point<C>> = nodes
            .iter()
            .map(|node| {
                let scaled = Complex::new(node.offset.re / unit, node.offset.im / unit);
                let s = Complex::new(self.s1 + scaled.re, scaled.im);
                Point::from_complement(complement(s))
            })
            .collect();
        let values = table.values_at(&points);
        nodes
            .iter()
            .zip(&points)
            .zip(values)
            .map(|((node, point), node_values)| {
                let v = &node_values.values;
                let (z, noise) = (point.z().modulus(), v.noise.modulus());
                let gap = (Complex::real(1.0) - point.z() * v.noise).modulus();
                let value = point.z() * v.loss_derivative(point) * node.weight;
                // L' = V'/(2 gap) + V (U + z U')/(2 gap^2), each from parts that may cancel.
                let slope = noise + z * node_values.noise_derivative_parts;
                let parts = 0.5 * z / gap
                    * node.weight.modulus()
                    * (node_values.signal_derivative_parts
                        + node_values.signal_parts * slope / gap);
                // The poles lie at s <= s1: S holds s - p to eps |s|.
                let pole = self.s1.abs() * unit / node.offset.modulus();
                Coefficient {
                    offset: node.offset,
                    value,
                    doubt: 8.0 * (1.0 + pole) * parts + 8.0 * z * noise / gap * value.modulus(),
                }
            })
            .collect()
    }

    /// `L_t = e^(s1 t)/(pi t unit) sum`, with its error.
    fn finish(
        &self,
        step: f64,
        unit: f64,
        fine: Sum,
        coarse: Sum,
    ) -> Result<ScaledLoss, ContourRefusal> {
        let scale = std::f64::consts::PI * step * unit;
        let base = fine.value / scale;
        if !(base > 0.0 && base.is_finite()) {
            return Err(ContourRefusal::Rounding(step));
        }
        let truncation = PROBE_SHARE * ((fine.value - coarse.value) / fine.value).abs();
        let exponent = self.s1 * step;
        let rounding = f64::EPSILON * (4.0 * exponent.abs() + fine.doubt / fine.value)
            + 2.0 * self.s1_error * step;
        let log_dropped = (2.0 * self.circle.largest).ln()
            - step * (self.s1 + self.circle.log_radius)
            - base.ln();
        let share = log_dropped.exp();
        if share.is_nan() || share > DROPPED_LIMIT {
            return Err(ContourRefusal::Dropped { step, share });
        }
        let relative_error = truncation.max(TRUNCATION_FLOOR) + rounding + share;
        if relative_error.is_nan() || relative_error > WORTHLESS {
            return Err(ContourRefusal::Rounding(step));
        }
        let (factor, exponent) = power_of_two(self.s1, step);
        Ok(ScaledLoss {
            mantissa: base * factor,
            exponent,
            relative_error,
        })
    }
}

/// ds1: how far rounding in the sum U moves its root, in ln z.
fn root_error(spectrum: &Spectrum, hyperparameters: &Hyperparameters, root: &Point<f64>) -> f64 {
    let p: Parameters<f64> = hyperparameters.into();
    let form = sums::form(&p, root);
    let size = form.denominator.map(f64::abs);
    let edge = from_edge::edge(p.momentum);
    let [plain, sloped, sized] = sums::total(spectrum, |l, m| {
        let a = p.learning_rate * l;
        let d = from_edge::distance(edge, p.learning_rate, l);
        let size = from_edge::at(&size, a, d.abs());
        let s = from_edge::at(&form.denominator, a, d);
        // A root that rounding cannot tell from the pole: what counts is the ratio of these sums.
        let s = s.abs().max(f64::EPSILON * size).copysign(s);
        let ratio = a / s;
        let weight = m * ratio * ratio;
        let slope = from_edge::at(&form.denominator_derivative, a, d);
        [weight * s, weight * slope, weight * size]
    });
    let (b, x) = (p.momentum, form.noise);
    // (z U)'/gamma, with the S that the doubt has.
    let slope = x * plain + root.z() * (b * plain - x * sloped);
    let error = 8.0 * f64::EPSILON * x * sized / slope;
    if error.is_finite() { error.abs() } else { 0.0 }
}

/// -ln z without cancellation.
fn log_multiplier(point: &Point<f64>) -> f64 {
    if point.e().abs() < 0.5 {
        -(-point.e()).ln_1p()
    } else {
        -point.z().ln()
    }
}

/// `e^(rate step)` as a factor in [0.7, 1.5] and a power of two.
pub(crate) fn power_of_two(rate: f64, step: f64) -> (f64, i64) {
    let product = rate * step;
    let lost = rate.mul_add(step, -product);
    let exponent = (product * std::f64::consts::LOG2_E).round();
    // ln 2 in two parts: the first has 21 zero bits at its end.
    const HIGH: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    let rest = (-exponent).mul_add(HIGH, product) - exponent * LOW + lost;
    (rest.exp(), exponent as i64)
}

fn sum(coefficients: &[Coefficient], ratio: f64) -> Sum {
    // From the far, small end.
    coefficients.iter().rev().fold(Sum::default(), |total, c| {
        let power = Complex::new(c.offset.re * ratio, c.offset.im * ratio).exp();
        let term = power * c.value;
        Sum {
            value: total.value + term.im,
            doubt: total.doubt + power.modulus() * c.doubt,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_split_exactly() {
        let (factor, exponent) = power_of_two(-1e-3, 1e3);
        let whole = factor * (exponent as f64).exp2();
        assert!((whole / (-1.0_f64).exp() - 1.0).abs() < 1e-15);
        let (factor, exponent) = power_of_two(std::f64::consts::LN_2, 1e6);
        assert_eq!(exponent, 1_000_000);
        // The rounding of ln 2 itself, times 1e6.
        assert!((factor - 1.0).abs() < 1e-10);
    }
}
