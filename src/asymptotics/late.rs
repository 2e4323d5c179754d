//! Exact losses at late times, as the limits of this module are checked with: between two steps, and the
//! sum on the left of (26).
//!
//! ```text
//! sum_{s=1}^t s L_s = sum_{s<=a} s L_s + int_a^t s L(s) ds + (t L_t - a L_a)/2 + O(L_a)        (Euler, Maclaurin)
//! ```
//!
//! with a = 2,000, the first terms by iteration, the integral in ln s by Gauss and Legendre's rule with five points on
//! panels at most 1.2 long, L(s) between two steps being a power of s.

use crate::dynamics::{CurveError, SeRecursion};
use crate::generating::contour::{ContourRefusal, LossContour};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;

/// Terms summed one by one.
const FIRST: u32 = 2000;
/// The longest panel in ln s.
const PANEL: f64 = 1.2;
/// Gauss and Legendre's points and weights on [-1, 1].
const RULE: [[f64; 2]; 5] = [
    [-0.906_179_845_938_664, 0.236_926_885_056_189_1],
    [-0.538_469_310_105_683_1, 0.478_628_670_499_366_5],
    [0.0, 0.568_888_888_888_888_9],
    [0.538_469_310_105_683_1, 0.478_628_670_499_366_5],
    [0.906_179_845_938_664, 0.236_926_885_056_189_1],
];

/// The loss at a time that need not be whole: between two steps a power of t.
///
/// # Errors
/// As [`LossContour::at`].
pub fn loss_between_steps(contour: &LossContour, t: f64) -> Result<f64, ContourRefusal> {
    let (before, after) = (t.floor(), t.ceil());
    let first = contour.at(before)?.value();
    if before == after {
        return Ok(first);
    }
    let last = contour.at(after)?.value();
    Ok(between(t, [before, after], [first, last]))
}

fn between(t: f64, [before, after]: [f64; 2], [first, last]: [f64; 2]) -> f64 {
    if before == after {
        return first;
    }
    let share = (t / before).ln() / (after / before).ln();
    first * (last / first).powf(share)
}

/// `sum_{s=1}^t s L_s`, the left side of (26), at each of `ends`: ascending whole numbers above 2,000.
///
/// The relative error is about 1e-8, that of the quadrature; up to 1e5 it is compared with plain iteration
/// in the tests.
///
/// # Errors
/// No signal, an infinite Tr H^2, what [`LossContour::at`] refuses (an end that is not whole or too early among
/// it).
pub fn weighted_loss_sums(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    ends: &[f64],
) -> Result<Vec<f64>, CurveError> {
    let mut run = SeRecursion::new(spectrum, parameters)?;
    let mut head = 0.0;
    for s in 1..=FIRST {
        head += f64::from(s) * run.step();
    }
    let first = f64::from(FIRST);
    let contour = LossContour::new(spectrum, parameters)?;
    let mut sums = Vec::with_capacity(ends.len());
    let start = first * contour.at(first)?.value();
    let (mut integral, mut from) = (0.0, first);
    for &to in ends {
        if to <= from {
            return Err(ContourRefusal::TooEarly {
                step: to,
                needed: from + 1.0,
            }
            .into());
        }
        let length = (to / from).ln();
        let panels = (length / PANEL).ceil();
        let width = length / panels;
        let points: Vec<[f64; 2]> = (0..panels as u32)
            .flat_map(|panel| {
                let centre = from.ln() + (f64::from(panel) + 0.5) * width;
                RULE.map(|[x, w]| [(centre + 0.5 * width * x).exp(), 0.5 * width * w])
            })
            .collect();
        let steps: Vec<f64> = points
            .iter()
            .flat_map(|[t, _]| [t.floor(), t.ceil()])
            .collect();
        let losses = contour.curve(&steps);
        for ([t, w], pair) in points.iter().zip(losses.chunks(2)) {
            let [before, after] = [pair[0].clone()?.value(), pair[1].clone()?.value()];
            integral += w * t * t * between(*t, [t.floor(), t.ceil()], [before, after]);
        }
        let end = to * contour.at(to)?.value();
        sums.push(head + integral + 0.5 * (end - start));
        from = to;
    }
    Ok(sums)
}
