//! The real zeros on (0, 1) behind r_L: of S at lambda_max, and of 1 - z U(z).
//!
//! The equation z U = 1 is solved as 1/(z U) = 1, by Newton's iteration kept inside a bracket, in
//! e = 1 - z where the root lies above 1/2 and in z below: both z and e come out with full relative
//! accuracy, down to e of 1e-290.

use super::recurrence::denominator_in_z;
use super::sums;
use super::{Modes, Parameters, Point};
use crate::closed_form::from_edge;
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;

/// The smallest e (or z) that is looked at.
pub(crate) const TINY: f64 = 1e-290;
/// Evaluations before giving up.
const MAX_STEPS: usize = 1000;
/// Newton steps before the bracket is halved.
const NEWTON_STEPS: usize = 8;

/// The middle of a bracket: geometric while the ends differ in scale.
fn middle(low: f64, high: f64) -> f64 {
    if low > 0.0 && high > 4.0 * low {
        low.sqrt() * high.sqrt()
    } else {
        low + 0.5 * (high - low)
    }
}

/// The root of an increasing function, negative at `low` and positive at `high`; `f` returns value and
/// slope.
///
/// Newton's step is taken where it stays inside the bracket while values fall to 0.6 of the one before (the first
/// step may cross the root), the middle of the bracket otherwise and after `NEWTON_STEPS` long ones. For a
/// convex or concave function that is Newton's iteration from one side.
pub(crate) fn increasing_root(f: impl Fn(f64) -> (f64, f64), mut low: f64, mut high: f64) -> f64 {
    let mut x = middle(low, high);
    let (mut last_value, mut last_step) = (f64::INFINITY, f64::INFINITY);
    let mut in_a_row = 0;
    for _ in 0..MAX_STEPS {
        let (value, slope) = f(x);
        if value == 0.0 {
            return x;
        }
        // NaN (on a pole) counts as "too far": poles lie on the side of `high` values of z U.
        if value > 0.0 {
            high = x;
        } else {
            low = x;
        }
        if high - low <= f64::EPSILON * high {
            break;
        }
        let newton = x - value / slope;
        let step = (newton - x).abs();
        // An infinite slope (overflow far from the root) says nothing about being close.
        if slope.is_finite() && newton >= low && newton <= high {
            let unit = f64::EPSILON * x;
            // Steps that no longer shrink are rounding.
            if step <= 2.0 * unit || (step <= 16.0 * unit && step >= 0.5 * last_step) {
                return newton;
            }
        }
        // The first step may cross the root and land further away.
        let falls = in_a_row < 2 || value.abs() <= 0.6 * last_value;
        let settling = in_a_row < NEWTON_STEPS || step <= 0.1 * x;
        if newton > low && newton < high && falls && settling {
            (last_value, last_step) = (value.abs(), step);
            in_a_row += 1;
            x = newton;
        } else {
            (last_value, last_step) = (f64::INFINITY, f64::INFINITY);
            in_a_row = 0;
            x = middle(low, high);
        }
    }
    middle(low, high)
}

/// The root of an increasing function of z between `low` and `high`, as a point; 0 where it lies below 1e-290.
fn zero_above(f: impl Fn(f64) -> (f64, f64), low: f64, high: f64) -> Point<f64> {
    let low = low.max(TINY);
    if high > low && f(low).0 < 0.0 {
        Point::at(increasing_root(f, low, high))
    } else {
        Point::at(0.0)
    }
}

/// The smallest zero of S(alpha lambda_max, b, g, z) in (0, 1), as a point; `None` if S is positive
/// there (then no S_k vanishes in (0, 1), see the module's head).
///
/// A zero where S only touches 0 (a set of parameters of measure zero) may be missed.
pub fn smallest_pole(spectrum: &Spectrum, parameters: &Hyperparameters) -> Option<Point<f64>> {
    let p: Parameters<f64> = parameters.into();
    let (b, g) = (p.momentum, p.noise_tau());
    let a = p.learning_rate * spectrum.largest();
    let d = from_edge::distance(from_edge::edge(b), p.learning_rate, spectrum.largest());
    let value = |point: &Point<f64>| from_edge::at(&sums::form(&p, point).denominator, a, d);
    // Break (0, 1] where S' = s1 + 2 s2 z + 3 s3 z^2 changes sign: between breaks S is monotone.
    let [s1, s2, s3] = denominator_in_z(a, b, g);
    let mut breaks: Vec<f64> = quadratic_roots(3.0 * s3, 2.0 * s2, s1)
        .into_iter()
        .filter(|z| *z > 0.0 && *z < 1.0)
        .collect();
    breaks.push(1.0);
    breaks.sort_by(f64::total_cmp);
    let mut left = 0.0_f64;
    for right in breaks {
        let end = if right == 1.0 {
            Point::from_complement(0.0)
        } else {
            Point::at(right)
        };
        if value(&end) < 0.0 {
            return Some(
                if right <= 0.5 || (left < 0.5 && value(&Point::at(0.5)) <= 0.0) {
                    let f = |z: f64| (-value(&Point::at(z)), f64::NAN);
                    zero_above(f, left, right.min(0.5))
                } else {
                    let f = |e: f64| (value(&Point::from_complement(e)), f64::NAN);
                    let high = (1.0 - left).min(if left < 0.5 { 0.5 } else { 1.0 });
                    Point::from_complement(increasing_root(f, end.e().max(TINY), high))
                },
            );
        }
        left = right;
    }
    None
}

/// The real roots of `a x^2 + b x + c`, without cancellation; none or fewer where they do not exist.
pub(crate) fn quadratic_roots(a: f64, b: f64, c: f64) -> Vec<f64> {
    let discriminant = b * b - 4.0 * a * c;
    if discriminant < 0.0 {
        return Vec::new();
    }
    let t = -0.5 * (b + discriminant.sqrt().copysign(b));
    [t / a, c / t]
        .into_iter()
        .filter(|x| x.is_finite())
        .collect()
}

/// The smallest root of z U(z) = 1 in (0, pole), `pole` being [`smallest_pole`] where it may exist.
///
/// `None` where there is none, and where it differs from 1 by less than 1e-290.
pub(crate) fn dominant_root_below(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    pole: Option<Point<f64>>,
) -> Option<Point<f64>> {
    let p: Parameters<f64> = parameters.into();
    let modes = Modes::new(spectrum.eigenvalues(), spectrum.multiplicities(), &[]).ok()?;
    // 1/(z U) - 1 and its slope in z; -1 beyond the pole, where the value means nothing.
    let excess = |point: &Point<f64>| {
        let v = sums::values(&p, &modes, point);
        let coupling = point.z() * v.noise;
        // Two divisions: the square may underflow.
        let slope = -v.coupling_derivative(point) / coupling / coupling;
        (1.0 / coupling - 1.0, slope)
    };
    let pole_z = pole.map_or(1.0, |point| point.z());
    if pole_z <= 0.5 || excess(&Point::at(0.5)).0 <= 0.0 {
        let f = |z: f64| {
            let (value, slope) = excess(&Point::at(z));
            (-value, -slope)
        };
        return Some(zero_above(f, 0.0, pole_z.min(0.5)));
    }
    let f = |e: f64| {
        let (value, slope) = excess(&Point::from_complement(e));
        (value, -slope)
    };
    let low = pole.map_or(TINY, |point| point.e());
    if pole.is_none() && f(low).0 >= 0.0 {
        return None;
    }
    Some(Point::from_complement(increasing_root(f, low, 0.5)))
}
