//! One circle for one step: what [`super::dropped`] finds out, without the roots of every mode.
//!
//! A map over hyperparameters asks for the loss at one step t. The circle then only has to satisfy
//! `t (s1 + ln R) >= 34`; it is put at (45 + ln t)/t, as near to the dominant multiplier as that allows, where
//! hardly any multiplier but the slow real ones lies inside. For the poles inside, no roots are needed:
//! with w = R^-1 v the cubic of a mode is `v^3 + c1 v^2 + c2 v + c3`, and if abs(c3) < 1 one step of the Schur-Cohn
//! recursion leaves a quadratic with as many roots outside the unit circle,
//!
//! ```text
//! A v^2 + B v + C,   A = 1 - c3^2,   B = c1 - c2 c3,   C = c2 - c1 c3.
//! ```
//!
//! If abs(C) < A at most one is there, a real one, and that is not negative for `B < A + C`. Both are asked for with a margin of
//! rounding: near abs(beta) = 1 all three roots come close to 1 and A, B, C say nothing.
//! That a positive pole z_p <= R is one of those that z U enters at +infinity follows from R1 > 0:
//!
//! ```text
//! R1(z)/z^2 >= h(z) - 2 b m^2,   h(z) = (1/z + b)^2 (1 + b^2 z^2),   h' = 2 (1 + b z)(b^3 - z^-3)
//! ```
//!
//! with m the largest abs(a - 1 - b) of all modes: h falls up to z = 1/b, so it is enough to look at R. Where one of these
//! sufficient conditions fails there is no circle from here, and the long way decides.

use super::super::recurrence::denominator_in_z;
use super::dropped::{Circle, count};
use super::kernel::ModeTable;
use pulp::Arch;

/// t (s1 + ln R) - ln t: beside the loss, |L~| on the circle may be of order t.
const WANTED: f64 = 45.0;
/// ln R + s1 of the widest circle.
const WIDEST: f64 = 1.1;
/// The share of the way from the dominant multiplier to abs(beta) that a circle may take.
const NOT_TO_MOMENTUM: f64 = 0.9;
/// Rounding of A, B and C.
const MARGIN: f64 = 16.0 * f64::EPSILON;
/// Width of the equal parts of the half circle.
const PART: f64 = 0.45;

/// The circle for steps from `step` on, if the sufficient conditions hold.
pub(super) fn circle(
    table: &ModeTable,
    multiplicities: &[f64],
    s1: f64,
    step: f64,
) -> Option<Circle> {
    let p = table.parameters();
    let (b, g) = (p.momentum, p.noise_tau());
    let mut gap = (WANTED + step.ln()) / step;
    if b != 0.0 {
        gap = gap.min(NOT_TO_MOMENTUM * (s1 - b.abs().ln()));
    }
    if !(gap * step >= super::SAFE && gap <= WIDEST) {
        return None;
    }
    let log_radius = gap - s1;
    let radius = log_radius.exp();
    if b > 0.0 {
        // The farthest from 1 + b is the smallest or the largest; signal-only nodes do no harm.
        let a = table.rates();
        let farthest = (a[0] - 1.0 - b).abs().max((a[a.len() - 1] - 1.0 - b).abs());
        let h = (1.0 / radius + b).powi(2) * (1.0 + (b * radius).powi(2));
        if radius >= 1.0 / b || h <= 2.0 * b * farthest * farthest {
            return None;
        }
    }
    Arch::new()
        .dispatch(Check {
            rates: table.rates(),
            multiplicities,
            momentum: b,
            noise_tau: g,
            radius,
        })
        .then(|| count(table, log_radius, angles(gap), 0))?
        .map(|largest| Circle {
            log_radius,
            largest,
        })
}

/// [`no_other_root_outside`] of every mode with a multiplicity.
struct Check<'a> {
    rates: &'a [f64],
    multiplicities: &'a [f64],
    momentum: f64,
    noise_tau: f64,
    radius: f64,
}

impl pulp::NullaryFnOnce for Check<'_> {
    type Output = bool;

    #[inline(always)]
    fn call(self) -> bool {
        let (b, g) = (self.momentum, self.noise_tau);
        // Without a way out of the loop, so that it becomes vector code.
        let pairs = self.rates.iter().zip(self.multiplicities);
        pairs.fold(true, |fine, (&a, &m)| {
            fine & (no_other_root_outside(denominator_in_z(a, b, g), self.radius) | (m == 0.0))
        })
    }
}

/// Whether at most one root of `w^3 + s1 w^2 + s2 w + s3` has modulus above 1/R, a real positive one.
#[inline(always)]
fn no_other_root_outside([s1, s2, s3]: [f64; 3], radius: f64) -> bool {
    let (c1, c2) = (s1 * radius, s2 * radius * radius);
    let c3 = s3 * radius * radius * radius;
    let a = 1.0 - c3 * c3;
    let (b, c) = (c1 - c2 * c3, c2 - c1 * c3);
    let margin = MARGIN * (1.0 + c1.abs() + c2.abs());
    (c3.abs() < 1.0 - MARGIN) & (c.abs() < a - margin) & (b < a + c - margin)
}

/// 0, then steps that grow threefold from half the gap on, then equal parts up to pi.
fn angles(gap: f64) -> Vec<f64> {
    let pi = std::f64::consts::PI;
    let mut angles = vec![0.0];
    let mut angle = 0.5 * gap;
    while angle < PART {
        angles.push(angle);
        angle *= 3.0;
    }
    let from = angles[angles.len() - 1];
    let parts = ((pi - from) / PART).ceil();
    angles.extend((1..=parts as usize).map(|k| from + (pi - from) * k as f64 / parts));
    let last = angles.len() - 1;
    angles[last] = pi;
    angles
}

#[cfg(test)]
mod tests {
    use super::super::dropped::largest_circle;
    use super::*;
    use crate::moment::Hyperparameters;
    use crate::spectrum::Spectrum;

    #[test]
    fn roots_outside_are_counted_as_their_factors_say() {
        // (w - r)(w^2 - 2 m cos w + m^2), R = 1: moduli r and m.
        let cubic = |r: f64, m: f64, cos: f64| {
            let (s, p) = (-2.0 * m * cos, m * m);
            [s - r, p - r * s, -r * p]
        };
        for (r, m, cos, fine) in [
            (0.9, 0.5, 0.3, true),
            (1.1, 0.5, 0.3, true),
            (1.01, 0.9, -0.9, true),
            (-0.9, 0.9, 0.0, true),
            (-1.01, 0.5, 0.3, false),
            (0.5, 1.02, 0.4, false),
            (1.1, 1.02, 0.4, false),
        ] {
            let s = cubic(r, m, cos);
            assert_eq!(no_other_root_outside(s, 1.0), fine, "{r} {m}");
            // The same with all roots twice as large and half the radius.
            let twice = [2.0 * s[0], 4.0 * s[1], 8.0 * s[2]];
            assert_eq!(no_other_root_outside(twice, 0.5), fine, "{r} {m}");
        }
    }

    #[test]
    fn the_quick_circle_is_inside_the_largest_and_refuses_where_other_multipliers_come_in() {
        let l: Vec<f64> = (1..=60).map(|k| f64::from(k).powf(-1.5)).collect();
        let s = Spectrum::new(l.clone(), Some(l)).unwrap();
        let h = Hyperparameters::new(0.5, 0.5, 0.1, 1.0).unwrap();
        let contour = super::super::LossContour::new(&s, &h).unwrap();
        let table = ModeTable::new(&s, (&h).into());
        let s1 = contour.rate();
        let late = circle(&table, s.multiplicities(), s1, 1e4).unwrap();
        assert!((late.log_radius + s1 - (45.0 + 1e4_f64.ln()) * 1e-4).abs() < 1e-12);
        let long = largest_circle(&table, s.multiplicities(), s1).unwrap();
        assert!(long.log_radius > late.log_radius);
        // Uncoupled multipliers have modulus 1/2 here: no circle beyond them is tried.
        assert_eq!(circle(&table, s.multiplicities(), s1, 40.0), None);

        // A multiplier of -0.895 lies 0.095 below the dominant one, in ln, and a pole at -1.
        let h = Hyperparameters::new(1.0, 0.0, 1.0, 1.0).unwrap();
        let s = Spectrum::new(vec![1.0, 0.9, 0.02, 0.01], Some(vec![1.0; 4])).unwrap();
        let table = ModeTable::new(&s, (&h).into());
        assert_eq!(circle(&table, s.multiplicities(), -0.016_165, 100.0), None);
    }

    #[test]
    fn the_bound_on_r1_is_its_smallest_value() {
        let exact = |a: f64, b: f64, z: f64| {
            let value = crate::closed_form::per_mode::zu_derivative_numerator_factorised(a, b, z);
            value / z / z
        };
        for b in [0.1_f64, 0.5, 0.9] {
            let bound = |z: f64| {
                let m = 1.0 + b;
                (1.0 / z + b).powi(2) * (1.0 + (b * z).powi(2)) - 2.0 * b * m * m
            };
            let mut before = f64::INFINITY;
            for k in 0..=20 {
                let z = 1.0 + (1.0 / b - 1.0) * f64::from(k) / 20.0;
                for a in [0.0, 0.3, 1.0, 1.0 + b, 2.0 * (1.0 + b)] {
                    assert!(exact(a, b, z) >= bound(z) - 1e-12, "{a} {b} {z}");
                }
                assert!(bound(z) <= before + 1e-15);
                before = bound(z);
            }
        }
    }
}
