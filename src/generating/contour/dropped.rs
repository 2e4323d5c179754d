//! What the hyperbola leaves out: a circle inside which every multiplier is real and positive.
//!
//! Every multiplier 1/z of the loss is a zero of `G = 1 - z U(z)`. The contour keeps those on the
//! positive real axis and drops the rest. On a circle |z| = R that crosses no singularity,
//!
//! ```text
//! L_t = (residues inside) + (1/2 pi i) int_{|z| = R} L~(z) z^(-t-1) dz,
//! ```
//!
//! and if all zeros of G inside are real and positive, the last term, at most `max |L~| R^-t`, is
//! what is dropped. The zeros inside are counted by the argument principle:
//!
//! ```text
//! winding of G = Z - P = (Z_real - P_real) + (Z_other - P_other)
//! ```
//!
//! | term | from |
//! |---|---|
//! | winding | the change of arg G along the upper half circle, refined until G turns less than 1 rad a step |
//! | P_real, P_other | the roots w = 1/z = 1 - v of S of each eigenvalue, from its cubic in v: see `cubic_from_one` |
//! | Z_real - P_real | at positive poles z U rises to +infinity (R1 > 0 there, (121)), so zeros and poles alternate, a zero first: 1 if G(R) < 0, else 0 |
//!
//! A circle counts as good if that leaves Z_other = 0. Sampling makes this an estimate, not a proof.

use super::super::Point;
use super::hyperbola::complement;
use super::kernel::{C, ModeTable};
use crate::closed_form::per_mode::zu_derivative_numerator_factorised;
use crate::number::Complex;

/// Gaps tried, ln R + s1: the largest, the factor between two, the smallest.
const GAPS: [f64; 3] = [1.1, 0.7, 1e-7];
/// Evaluations of G on one circle before it is given up.
const BUDGET: usize = 4000;
/// Equal parts of the half circle to begin with.
const PARTS: usize = 24;

/// A circle that encloses nothing but positive multipliers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Circle {
    /// ln R.
    pub(super) log_radius: f64,
    /// The largest |L~| seen on it.
    pub(super) largest: f64,
}

/// A root w = 1/z of S of one eigenvalue.
#[derive(Debug, Clone, Copy)]
struct Multiplier {
    value: C,
    /// Real, positive and with R1 > 0: a pole of z U that it enters at +infinity.
    rising: bool,
    log_modulus: f64,
}

/// `v^3 + s1 v^2 + s2 v + s3` with the roots v = 1 - w of one eigenvalue; a d = a (2 (1 + b) - a).
///
/// ```text
/// (v - (1 - b)) (v^2 - c v + a d) - g a^2 (1 - v)(1 + b - v),   c = 2 (1 + b) - (1 + b - a)^2
/// ```
///
/// Near |b| = 1 two or three of the roots w lie near 1: the coefficients in w hold them to the square or cube root of eps, those
/// in v to their own last digits.
fn cubic_from_one(a: f64, ad: f64, b: f64, g: f64) -> [f64; 3] {
    let (below, above) = (1.0 - b, 1.0 + b);
    let c = if b >= 0.0 {
        2.0 * below + 4.0 * a - (below + a) * (below + a)
    } else {
        2.0 * above - (above - a) * (above - a)
    };
    let h = g * a * a;
    [
        -(c + below + h),
        ad + c * below + h * (1.0 + above),
        -(ad * below + h * above),
    ]
}

/// The real root of `w^3 + s1 w^2 + s2 w + s3` on the side where s3 says there is one.
fn real_root([s1, s2, s3]: [f64; 3]) -> f64 {
    if s3 == 0.0 {
        return 0.0;
    }
    let value = |w: f64| ((w + s1) * w + s2) * w + s3;
    let slope = |w: f64| (3.0 * w + 2.0 * s1) * w + s2;
    let bound = 1.0 + s1.abs().max(s2.abs()).max(s3.abs());
    let (mut low, mut high) = if s3 < 0.0 {
        (0.0, bound)
    } else {
        (-bound, 0.0)
    };
    let mut w = -s3.cbrt();
    for _ in 0..200 {
        let f = value(w);
        if f < 0.0 {
            low = w;
        } else {
            high = w;
        }
        let newton = w - f / slope(w);
        let next = if newton > low && newton < high {
            newton
        } else {
            0.5 * (low + high)
        };
        if (next - w).abs() <= f64::EPSILON * w.abs() {
            return next;
        }
        w = next;
    }
    w
}

/// The roots of S of one eigenvalue, as v = 1 - w of the multipliers w.
fn roots_of_mode(a: f64, ad: f64, b: f64, g: f64) -> [C; 3] {
    let s = cubic_from_one(a, ad, b, g);
    let r = real_root(s);
    // Deflate from the side that is stable for a root of this size.
    let (linear, constant) = if r != 0.0 && r.abs().powi(3) >= s[2].abs() {
        let constant = -s[2] / r;
        ((constant - s[1]) / r, constant)
    } else {
        let linear = s[0] + r;
        (linear, s[1] + r * linear)
    };
    let discriminant = 0.25 * linear * linear - constant;
    let [x, y] = if discriminant >= 0.0 {
        let large = -0.5 * linear - discriminant.sqrt().copysign(linear);
        let small = if large == 0.0 { 0.0 } else { constant / large };
        [Complex::real(large), Complex::real(small)]
    } else {
        let im = (-discriminant).sqrt();
        [
            Complex::new(-0.5 * linear, im),
            Complex::new(-0.5 * linear, -im),
        ]
    };
    [Complex::real(r), x, y]
}

fn multipliers(table: &ModeTable, multiplicities: &[f64]) -> Vec<Multiplier> {
    let p = table.parameters();
    let (b, g) = (p.momentum, p.noise_tau());
    let mut list = Vec::new();
    let mut before = f64::NAN;
    for ((&a, &ad), &m) in table.rates().iter().zip(table.inner()).zip(multiplicities) {
        // Equal eigenvalues share their poles; signal-only nodes have none in U.
        if a == before || m == 0.0 {
            continue;
        }
        before = a;
        for v in roots_of_mode(a, ad, b, g) {
            let value = Complex::real(1.0) - v;
            if value == Complex::real(0.0) {
                continue;
            }
            let rising = value.im == 0.0
                && value.re > 0.0
                && zu_derivative_numerator_factorised(a, b, value.re.recip()) > 0.0;
            list.push(Multiplier {
                value,
                rising,
                // ln |1 - v|, with the digits of v.
                log_modulus: 0.5 * (v.norm_squared() - 2.0 * v.re).ln_1p(),
            });
        }
    }
    list
}

/// The largest good circle found, from `ln R + s1 = 1.1` downwards to 1e-7.
pub(super) fn largest_circle(table: &ModeTable, multiplicities: &[f64], s1: f64) -> Option<Circle> {
    let all = multipliers(table, multiplicities);
    let mut logs: Vec<f64> = all.iter().map(|m| -m.log_modulus).collect();
    logs.sort_by(f64::total_cmp);
    let [mut gap, factor, smallest] = GAPS;
    // The circle never needs to reach |beta|: uncoupled multipliers gather there.
    let momentum = table.parameters().momentum.abs();
    if momentum > 0.0 {
        gap = gap.min(0.98 * (s1 - momentum.ln())).max(smallest);
    }
    while gap >= smallest {
        let log_radius = widest_hole(&logs, gap * 0.85 - s1, gap - s1);
        if let Some(largest) = good(table, &all, log_radius) {
            return Some(Circle {
                log_radius,
                largest,
            });
        }
        gap *= factor;
    }
    None
}

/// The middle of the widest stretch of [low, high] without an entry of the sorted list.
fn widest_hole(sorted: &[f64], low: f64, high: f64) -> f64 {
    let first = sorted.partition_point(|&x| x <= low);
    let last = sorted.partition_point(|&x| x < high);
    let mut edge = low;
    let mut best = (0.0, 0.5 * (low + high));
    for &next in sorted[first..last].iter().chain(std::iter::once(&high)) {
        if next - edge > best.0 {
            best = (next - edge, 0.5 * (edge + next));
        }
        edge = next;
    }
    best.1
}

/// One look at the circle: its angle, G and |L~|.
#[derive(Clone, Copy)]
struct Sample {
    angle: f64,
    gap: C,
    loss: f64,
}

/// max |L~| on the circle if no zero of G but real positive ones lies inside.
fn good(table: &ModeTable, all: &[Multiplier], log_radius: f64) -> Option<f64> {
    let inside = |m: &&Multiplier| m.log_modulus + log_radius > 0.0;
    let others = all.iter().filter(inside).filter(|m| !m.rising).count() as i64;
    // Real positive poles that fall to -infinity: zeros and poles need not alternate.
    let falling = |m: &Multiplier| !m.rising && m.value.im == 0.0 && m.value.re > 0.0;
    if all.iter().filter(inside).any(falling) {
        return None;
    }
    count(table, log_radius, starting_angles(all, log_radius), others)
}

/// max |L~| on the circle if the winding of G, with `others` poles inside that are not real and
/// positive, leaves no zero inside but real positive ones; `angles` (sorted, 0 to pi) to begin with.
pub(super) fn count(
    table: &ModeTable,
    log_radius: f64,
    mut angles: Vec<f64>,
    others: i64,
) -> Option<f64> {
    let mut evaluations = 0;
    let mut sample = |angle: f64| {
        evaluations += 1;
        let e = complement(Complex::new(-log_radius, -angle));
        // On the real axis exactly, so that G is real there.
        let e = if angle == 0.0 || angle == std::f64::consts::PI {
            Complex::real(e.re)
        } else {
            e
        };
        let point = Point::from_complement(e);
        let [noise, signal] = table.noise_and_signal(&point);
        let gap = Complex::real(1.0) - point.z() * noise;
        let sample = Sample {
            angle,
            gap,
            loss: signal.modulus() / (2.0 * gap.modulus()),
        };
        let finite = sample.loss.is_finite() && gap.norm_squared() > 0.0;
        (evaluations <= BUDGET && finite).then_some(sample)
    };
    angles.reverse();
    let mut from = sample(angles.pop()?)?;
    let sign_at_r = from.gap.re;
    let mut largest = from.loss;
    let mut turn = 0.0;
    // A stack of angles still to come, and of looks already taken there; G must turn and grow
    // little between neighbours.
    let mut taken: Vec<Sample> = Vec::new();
    while let Some(next) = angles.pop() {
        let to = match taken.pop() {
            Some(sample) if sample.angle == next => sample,
            Some(other) => {
                taken.push(other);
                sample(next)?
            }
            None => sample(next)?,
        };
        largest = largest.max(to.loss);
        let ratio = to.gap / from.gap;
        let (size, angle) = (ratio.modulus(), ratio.im.atan2(ratio.re));
        let middle = 0.5 * (from.angle + next);
        if (angle.abs() > 1.0 || !(0.3..=3.3).contains(&size))
            && middle > from.angle
            && middle < next
        {
            taken.push(to);
            angles.push(next);
            angles.push(middle);
            continue;
        }
        turn += angle;
        from = to;
    }
    let winding = turn / std::f64::consts::PI;
    if (winding - winding.round()).abs() > 1e-3 {
        return None;
    }
    let real = i64::from(sign_at_r < 0.0);
    let other_zeros = winding.round() as i64 - real + others;
    (other_zeros == 0).then_some(largest)
}

/// 0, pi, equal parts, a geometric run towards the real axis and the angles of nearby multipliers.
fn starting_angles(all: &[Multiplier], log_radius: f64) -> Vec<f64> {
    let pi = std::f64::consts::PI;
    let mut angles: Vec<f64> = (0..=PARTS).map(|k| pi * k as f64 / PARTS as f64).collect();
    let mut nearest = 1.0_f64;
    let mut runs = 0;
    for m in all {
        let distance = (m.log_modulus + log_radius).abs();
        if m.rising {
            nearest = nearest.min(distance);
        } else if distance < 0.1 && runs < 400 {
            runs += 1;
            let angle = m.value.im.abs().atan2(m.value.re);
            angles.extend([angle - 0.5 * distance, angle, angle + 0.5 * distance]);
        }
    }
    let mut step = 0.5 * nearest.max(1e-12);
    while step < 0.2 {
        angles.push(step);
        step *= 2.0;
    }
    angles.retain(|a| (0.0..=pi).contains(a));
    angles.sort_by(f64::total_cmp);
    angles.dedup();
    if let Some(last) = angles.last_mut() {
        *last = pi;
    }
    angles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::Hyperparameters;
    use crate::spectrum::Spectrum;

    fn circle(l: Vec<f64>, h: &Hyperparameters, s1: f64) -> Option<Circle> {
        let q = vec![1.0; l.len()];
        let s = Spectrum::new(l, Some(q)).unwrap();
        let table = ModeTable::new(&s, h.into());
        largest_circle(&table, s.multiplicities(), s1)
    }

    #[test]
    fn roots_of_a_mode_are_those_of_the_heavy_ball() {
        // g = 0: b, x1^2, x2^2 with x1 + x2 = 1 + b - a, x1 x2 = b.
        for (a, b) in [
            (0.1_f64, 0.2_f64),
            (1.7, 0.5),
            (0.5, -0.4),
            (3.0, 0.9),
            (1e-9, 0.3),
        ] {
            let ad = a * (2.0 * (1.0 + b) - a);
            let roots = roots_of_mode(a, ad, b, 0.0).map(|v| Complex::real(1.0) - v);
            let sum = 1.0 + b - a;
            let trace = roots[0].re + roots[1].re + roots[2].re;
            assert!((trace - (sum * sum - 2.0 * b + b)).abs() < 1e-13);
            let product = roots[0] * roots[1] * roots[2];
            assert!((product.re - b * b * b).abs() < 1e-13 && product.im.abs() < 1e-13);
        }
    }

    #[test]
    fn a_circle_beyond_the_multiplier_that_noise_makes_is_refused() {
        // The multiplier -0.895 (eigenvalues of the 12 x 12 operator) limits the circle to 1/0.895.
        let h = Hyperparameters::new(1.0, 0.0, 1.0, 1.0).unwrap();
        let found = circle(vec![1.0, 0.9, 0.02, 0.01], &h, 0.02).unwrap();
        assert!(found.log_radius < -(0.895_f64.ln()), "{found:?}");
        assert!(found.log_radius > 0.02);
    }

    #[test]
    fn the_widest_hole_is_found() {
        assert_eq!(widest_hole(&[0.0, 1.0, 1.5, 3.0, 9.0], 0.5, 3.5), 2.25);
        assert_eq!(widest_hole(&[], 1.0, 2.0), 1.5);
    }
}
