//! r_L: the radius of convergence of the loss's generating function.
//!
//! | regime | r_L |
//! |---|---|
//! | stable | 1 |
//! | inside the noiseless edge, U(1) > 1 | the root of z U(z) = 1 in (0, 1), where z U increases (Lemma 1) |
//! | beyond it, with noise | the root of z U(z) = 1 in (0, z_p), z_p the smallest positive zero of any S_k, at most 1 |
//! | beyond it, without noise | z_p |
//!
//! z_p is a zero of S at lambda_max: as a polynomial in a, S = c0 + c1 a + c2 a^2 has c0, c1 > 0 on
//! (0, 1), so its zero appears at the largest a first.
//!
//! The equation is solved as 1/(z U) = 1, by Newton's iteration kept inside a bracket, in e = 1 - z
//! where the root lies above 1/2 and in z below: both r_L and 1 - r_L come out with full relative
//! accuracy, down to 1 - r_L of 1e-290.

use crate::closed_form::per_mode;
use crate::generating::recurrence::denominator_in_z;
use crate::generating::sums;
use crate::generating::{Modes, Parameters, Point};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;

use super::verdict::{Domain, Verdict, domain, judge};

/// The smallest e (or z) that is looked at.
const TINY: f64 = 1e-290;
/// Evaluations before giving up; the bracket halves at least every third.
const MAX_STEPS: usize = 1000;

/// The middle of a bracket: geometric while the ends differ in scale.
fn middle(low: f64, high: f64) -> f64 {
    if low > 0.0 && high > 4.0 * low {
        low.sqrt() * high.sqrt()
    } else {
        low + 0.5 * (high - low)
    }
}

/// The root of an increasing function, negative at `low` and positive at `high`: Newton's step
/// where it stays inside the bracket, the middle where it does not or where the bracket shrinks too
/// slowly. `f` returns value and slope.
fn increasing_root(f: impl Fn(f64) -> (f64, f64), mut low: f64, mut high: f64) -> f64 {
    let mut x = middle(low, high);
    let mut since_halved = 0;
    let mut width = (high - low, high / low);
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
        if high - low <= 0.5 * width.0 && (high / low <= 4.0 || high / low <= width.1.sqrt()) {
            width = (high - low, high / low);
            since_halved = 0;
        } else {
            since_halved += 1;
        }
        let newton = x - value / slope;
        // An infinite slope (overflow far from the root) says nothing about being close.
        let close = slope.is_finite() && (newton - x).abs() <= 2.0 * f64::EPSILON * x;
        if close && newton >= low && newton <= high {
            return newton;
        }
        x = if newton > low && newton < high && since_halved < 3 {
            newton
        } else {
            since_halved = 0;
            middle(low, high)
        };
    }
    middle(low, high)
}

/// The smallest zero of S(alpha lambda_max, b, g, z) in (0, 1), as a point; `None` if S is positive
/// there (then no S_k vanishes in (0, 1), see the module's head).
///
/// A zero where S only touches 0 (a set of parameters of measure zero) may be missed.
pub fn smallest_pole(spectrum: &Spectrum, parameters: &Hyperparameters) -> Option<Point<f64>> {
    let (b, g) = (parameters.momentum(), parameters.noise_tau());
    let a = parameters.learning_rate() * spectrum.largest();
    let value = |point: &Point<f64>| {
        let c = per_mode::denominator_coefficients(b, g, point.z(), point.e());
        per_mode::denominator(&c, a)
    };
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
                    Point::at(increasing_root(f, left.max(TINY), right.min(0.5)))
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
fn quadratic_roots(a: f64, b: f64, c: f64) -> Vec<f64> {
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

/// The smallest root of z U(z) = 1 in (0, 1), as a point with e = 1 - z beside z.
///
/// `None` where there is none, as in the stable regime, and where it differs from 1 by less than
/// 1e-290. Looked for below [`smallest_pole`] when the learning rate is beyond the noiseless edge.
/// Beyond that edge with tiny gamma the root lies within gamma of the pole; the accuracy of r_L
/// itself does not suffer, that of U'(r_L) does.
pub fn dominant_root(spectrum: &Spectrum, parameters: &Hyperparameters) -> Option<Point<f64>> {
    if parameters.noise_amplitude() == 0.0 {
        return None;
    }
    let p: Parameters<f64> = parameters.into();
    let modes = Modes::new(spectrum.eigenvalues(), spectrum.multiplicities(), &[]).ok()?;
    let pole = match domain(spectrum, parameters) {
        Domain::Inside => None,
        _ => smallest_pole(spectrum, parameters),
    };
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
        let high = pole_z.min(0.5);
        return Some(Point::at(increasing_root(f, TINY, high)));
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

/// r_L in [0, 1]: 1 when stable, 0 under immediate divergence; `None` when the verdict is unknown.
///
/// The loss grows as `r_L^-t`. Prefer [`dominant_root`] where 1 - r_L matters.
pub fn convergence_radius(spectrum: &Spectrum, parameters: &Hyperparameters) -> Option<f64> {
    radius_point(spectrum, parameters, judge(spectrum, parameters).verdict).map(|point| point.z())
}

/// r_L with 1 - r_L, given the verdict.
pub(crate) fn radius_point(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    verdict: Verdict,
) -> Option<Point<f64>> {
    match verdict {
        Verdict::Stable => Some(Point::from_complement(0.0)),
        Verdict::ImmediateDivergence => Some(Point::at(0.0)),
        Verdict::Unknown => None,
        Verdict::Unstable | Verdict::EventualDivergence => {
            if parameters.noise_amplitude() == 0.0 {
                smallest_pole(spectrum, parameters)
            } else {
                // No root: eventual divergence later than 1e290 steps.
                dominant_root(spectrum, parameters).or_else(|| Some(Point::from_complement(0.0)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_minus_r_keeps_its_digits_down_to_a_billionth_of_a_billionth_of_rounding() {
        // b = 0, tau = 0, one node of m modes at a: z U = 1 at 1/z = (1-a)^2 + gamma m a^2, so
        // e = d/(1 + d) with d = a ((1 + gamma m) a - 2). With gamma m a = 3: d = a (1 + a).
        for exponent in [7, 14, 28, 100, 250] {
            let a = 0.5_f64.powi(exponent * 3);
            let s = Spectrum::from_nodes(vec![1.0], vec![3.0 / a], None, false, false);
            let h = Hyperparameters::new(a, 0.0, 1.0, 0.0).unwrap();
            let e = dominant_root(&s, &h).unwrap().e();
            let exact = a * (1.0 + a) / (1.0 + a * (1.0 + a));
            assert!((e / exact - 1.0).abs() < 1e-14, "{e} {exact}");
            assert!((convergence_radius(&s, &h).unwrap() - (1.0 - exact)).abs() <= 1e-16);
        }
    }

    #[test]
    fn a_tiny_radius_keeps_its_digits_too() {
        // The same formula with a = 1: 1/z = gamma m.
        let s = Spectrum::from_nodes(vec![1.0], vec![1e12], None, false, false);
        let h = Hyperparameters::new(1.0, 0.0, 1.0, 0.0).unwrap();
        let r = convergence_radius(&s, &h).unwrap();
        assert!((r * 1e12 - 1.0).abs() < 1e-14, "{r}");
    }

    #[test]
    fn faint_noise_beyond_the_edge_does_not_stop_the_search_early() {
        for gamma in [1e-3, 1e-12, 1e-40, 1e-200] {
            let s = Spectrum::new(vec![1.0], None).unwrap();
            let h = Hyperparameters::new(3.0, 0.0, gamma, 0.0).unwrap();
            let z = dominant_root(&s, &h).unwrap().z();
            assert!((z * (4.0 + 9.0 * gamma) - 1.0).abs() < 1e-14, "{z}");
        }
    }

    #[test]
    fn the_pole_is_that_of_the_heavy_ball_and_there_is_none_below_the_edge() {
        // g = 0, b = 0: S = 1 - z (1-a)^2.
        let s = Spectrum::new(vec![1.0, 0.5], None).unwrap();
        for a in [2.01, 2.5, 7.0] {
            let h = Hyperparameters::new(a, 0.0, 0.3, 0.0).unwrap();
            let z = smallest_pole(&s, &h).unwrap().z();
            assert!((z * (1.0 - a) * (1.0 - a) - 1.0).abs() < 1e-14, "{z}");
        }
        let h = Hyperparameters::new(1.9, 0.0, 0.3, 0.0).unwrap();
        assert!(smallest_pole(&s, &h).is_none());
    }
}
