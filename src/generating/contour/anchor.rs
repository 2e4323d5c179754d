//! The anchor s1 = -ln z1 of the contour: z1 the smallest positive root of z U(z) = 1.
//!
//! | regime | where z1 is looked for |
//! |---|---|
//! | a zero z_p of S in (0, 1] | (0, z_p) |
//! | U(1) > 1 | (0, 1), as e = 1 - z |
//! | U(1) <= 1 | (1, z_p), as x = z - 1, z_p the first zero of S beyond 1 |
//!
//! As a polynomial in a, S has c0 < 0 beyond z = 1, so that the first zero appears at the smallest
//! or the largest a. The loss is never negative, so its slowest multiplier 1/z1 is real and
//! positive (Pringsheim). Any other s1 would give the same integral; a wrong *root* is found out by
//! the count of zeros in `dropped`.

use super::super::recurrence::denominator_in_z;
use super::super::root::{
    TINY, dominant_root_below, increasing_root, quadratic_roots, smallest_pole,
};
use super::super::sums;
use super::super::{Modes, Parameters, Point};
use crate::closed_form::from_edge;
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;

/// The largest z that is looked at: a loss that falls faster than 1e-6 a step needs no contour.
const FURTHEST: f64 = 1e6;

/// z1, for gamma > 0; `None` if there is no root up to z = 1e6.
pub(super) fn anchor(spectrum: &Spectrum, parameters: &Hyperparameters) -> Option<Point<f64>> {
    // Nodes that carry signal alone (half of a compressed spectrum) have no part in U.
    let coupled;
    let spectrum = if spectrum.multiplicities().iter().all(|m| *m > 0.0) {
        spectrum
    } else {
        let pairs = spectrum.eigenvalues().iter().zip(spectrum.multiplicities());
        let (l, m): (Vec<f64>, Vec<f64>) = pairs.filter(|(_, m)| **m > 0.0).unzip();
        if l.is_empty() {
            return None;
        }
        coupled = Spectrum::from_nodes(l, m, None, false, false);
        &coupled
    };
    let pole = smallest_pole(spectrum, parameters);
    if pole.is_some() {
        return dominant_root_below(spectrum, parameters, pole);
    }
    let p: Parameters<f64> = parameters.into();
    let modes = Modes::new(spectrum.eigenvalues(), spectrum.multiplicities(), &[]).ok()?;
    let at_one = sums::values(&p, &modes, &Point::from_complement(0.0));
    if at_one.noise > 1.0 {
        let root = dominant_root_below(spectrum, parameters, None);
        return Some(root.unwrap_or_else(|| Point::from_complement(0.0)));
    }
    let smallest = spectrum.eigenvalues()[spectrum.len() - 1];
    let ends = [smallest, spectrum.largest()].map(|l| first_pole_beyond_one(&p, l));
    let pole = match ends {
        [Some(x), Some(y)] => Some(x.min(y)),
        [Some(x), None] | [None, Some(x)] => Some(x),
        [None, None] => None,
    };
    let x = if let Some(pole) = pole {
        // (z_p - z)(z U - 1) is nearly a straight line where the root lies close to the pole, as it
        // does for finite spectra; 1 - 1/(z U) bends sharply there.
        let product = |x: f64| {
            let point = Point::from_complement(-x);
            let v = sums::values(&p, &modes, &point);
            let (gap, excess) = (pole - x, point.z() * v.noise - 1.0);
            (gap * excess, gap * v.coupling_derivative(&point) - excess)
        };
        increasing_root(product, TINY, pole)
    } else {
        // 1 - 1/(z U) rises from 1 - 1/U(1) < 0.
        let excess = |x: f64| {
            let point = Point::from_complement(-x);
            let v = sums::values(&p, &modes, &point);
            let coupling = point.z() * v.noise;
            let slope = v.coupling_derivative(&point) / coupling / coupling;
            (1.0 - 1.0 / coupling, slope)
        };
        let mut high = 1e-3;
        while excess(high).0 < 0.0 {
            high *= 2.0;
            if high > FURTHEST {
                return None;
            }
        }
        increasing_root(excess, TINY, high)
    };
    Some(Point::from_complement(-x))
}

/// x = z - 1 of the smallest zero of S in (1, 1e6), if any.
fn first_pole_beyond_one(p: &Parameters<f64>, eigenvalue: f64) -> Option<f64> {
    let (b, g) = (p.momentum, p.noise_tau());
    let a = p.learning_rate * eigenvalue;
    let d = from_edge::distance(from_edge::edge(b), p.learning_rate, eigenvalue);
    let form = |x: f64| sums::form(p, &Point::from_complement(-x));
    let value = |x: f64| from_edge::at(&form(x).denominator, a, d);
    let slope = |x: f64| from_edge::at(&form(x).denominator_derivative, a, d);
    // Between the zeros of S' = s1 + 2 s2 z + 3 s3 z^2, S is monotone.
    let [s1, s2, s3] = denominator_in_z(a, b, g);
    let mut breaks: Vec<f64> = quadratic_roots(3.0 * s3, 2.0 * s2, s1)
        .into_iter()
        .map(|z| z - 1.0)
        .filter(|x| *x > 0.0 && *x < FURTHEST)
        .collect();
    breaks.push(FURTHEST);
    breaks.sort_by(f64::total_cmp);
    let mut left = TINY;
    for right in breaks {
        if value(right) <= 0.0 {
            let f = |x: f64| (-value(x), -slope(x));
            return Some(increasing_root(f, left, right));
        }
        left = right;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_without_momentum_has_its_exact_root() {
        // b = 0: z U = 1 at 1/z = (1-a)^2 - g a^2 + gamma m a^2.
        for (a, m, gamma, tau) in [
            (0.1, 1.0, 0.5, 0.0),
            (1e-9, 3.0, 1.0, 1.0),
            (0.5, 1.0, 1.0, 1.0),
            (1.0, 1.0, 0.5, 0.0),
            (0.3, 40.0, 1.0, 1.0),
        ] {
            let s = Spectrum::from_nodes(vec![1.0], vec![m], None, false, false);
            let h = Hyperparameters::new(a, 0.0, gamma, tau).unwrap();
            let e = anchor(&s, &h).unwrap().e();
            // 1 - w over -w, with w the multiplier.
            let noise = gamma * (m - tau) * a * a;
            let fall = a * (2.0 - a) - noise;
            let exact = -fall / (1.0 - fall);
            assert!((e / exact - 1.0).abs() < 1e-13, "{a} {m}: {e} {exact}");
        }
    }

    #[test]
    fn a_pole_that_is_not_there_is_not_found() {
        // b = 0, g = 1, a = 1: S = 1 + z.
        let p = |learning_rate, noise_amplitude| Parameters {
            learning_rate,
            momentum: 0.0,
            noise_amplitude,
            tau: 1.0,
        };
        assert_eq!(first_pole_beyond_one(&p(1.0, 1.0), 1.0), None);
        // b = 0, g = 0: S = 1 - z (1-a)^2.
        let x = first_pole_beyond_one(&p(0.5, 0.0), 1.0).unwrap();
        assert!((x - 3.0).abs() < 1e-14);
    }
}
