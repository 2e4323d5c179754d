//! U, V and S of one eigenvalue in its distance from the noiseless edge: what the sums in `f64` evaluate.
//!
//! | symbol | meaning |
//! |---|---|
//! | a, b, g, e, z | as in [`super::per_mode`], z = 1 - e |
//! | d | 2 (1 + b) - a, the distance from the noiseless edge (251) |
//!
//! ```text
//! y = 1 - b z = (1 - b) + b e     w = 1 - b^2 z = (1 - b)(1 + b) + b^2 e     x = 1 + b z = (1 + b) - b e
//! S = y e w + z y a d + g z x a^2
//! V numerator = y w + 2 b z a                                                     b >= 0
//!             = (1 + b)^3 - b (3 (1 + b) + 2 b^2) e + b^3 e^2 - 2 b z d           b < 0
//! ```
//!
//! Near the edge `2 (1 + b) z y a` and `-z y a^2`, and for b < 0 `y w` and `2 b z a`, cancel; near |b| = 1 so do 1 and
//! b z. Here nothing cancels for 0 < z < 1: 1 + b and 1 - b are exact near |b| = 1, and d of [`distance`] is exact up to one
//! rounding.

use crate::number::Ring;

/// What the sums at one z need, beside the modes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FromEdge<T> {
    /// (c0, c1, c2): `S = c0 + c1 a d + c2 a^2`.
    pub denominator: [T; 3],
    /// The same for dS/dz.
    pub denominator_derivative: [T; 3],
    /// 1 + b z, the numerator of every term of U.
    pub noise: T,
    /// (v0, v1): the numerator of V is `v0 + v1 m`, m = d for negative b, else a.
    pub signal: [T; 2],
    /// The same for its derivative in z.
    pub signal_derivative: [T; 2],
}

impl<T: Ring> FromEdge<T> {
    /// The coefficients at z = 1 - e; `negative` says whether b < 0, that is whether the numerator of V is taken in d.
    #[inline(always)]
    pub fn new(b: T, g: T, z: T, e: T, negative: bool) -> Self {
        let two = T::from_integer(2);
        let three = T::from_integer(3);
        let (above, below) = (T::one() + b.clone(), T::one() - b.clone());
        let be = b.clone() * e.clone();
        let b2 = b.square();
        let y = below.clone() + be.clone();
        let w = below * above.clone() + b.clone() * be.clone();
        let x = above.clone() - be;
        let zb = two.clone() * b.clone() * z.clone();
        let fall = b2.clone() * e.clone() + w.clone();
        let denominator = [
            y.clone() * e.clone() * w.clone(),
            z.clone() * y.clone(),
            g.clone() * z.clone() * x.clone(),
        ];
        let denominator_derivative = [
            -(b.clone() * e.clone() * w.clone()) - y.clone() * fall,
            T::one() - zb.clone(),
            g * (T::one() + zb.clone()),
        ];
        let (signal, signal_derivative) = if negative {
            let linear = b.clone() * (three.clone() * above.clone() + two.clone() * b2.clone());
            let b3 = b2 * b.clone();
            let v0 = above.square() * above.clone() - linear * e.clone() + b3.clone() * e.square();
            let slope = three * b.clone() * above + two.clone() * b3 * z;
            ([v0, -zb], [slope, -(two * b)])
        } else {
            let slope = -(b.clone() * w.clone()) - b2 * y.clone();
            ([y * w, zb], [slope, two * b])
        };
        Self {
            denominator,
            denominator_derivative,
            noise: x,
            signal,
            signal_derivative,
        }
    }
}

/// `c0 + c1 a d + c2 a^2`.
#[inline(always)]
pub fn at<T: Ring>([c0, c1, c2]: &[T; 3], a: T, d: T) -> T {
    c0.clone() + a.clone() * (c1.clone() * d + c2.clone() * a)
}

/// 2 (1 + b) in two parts whose sum is exact, for |b| < 1.
#[inline(always)]
pub fn edge(b: f64) -> [f64; 2] {
    let high = 1.0 + b;
    [2.0 * high, 2.0 * (b - (high - 1.0))]
}

/// d = 2 (1 + b) - alpha lambda, the product of the two numbers as given: `edge` is that of [`edge`].
#[inline(always)]
pub fn distance(edge: [f64; 2], learning_rate: f64, eigenvalue: f64) -> f64 {
    (-learning_rate).mul_add(eigenvalue, edge[0]) + edge[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rational, rational_from_f64, rational_to_f64};

    #[test]
    fn the_distance_keeps_its_digits_where_a_rounded_product_loses_all() {
        for (b, rate, l) in [
            (-0.999_999, 5.405_405_405_394_595e-6, 0.37),
            (0.3, 2.6 / 0.7, 0.7),
            (-0.3, 1.4 / 0.9, 0.9),
            (0.999_999, 3.999_998 / 1.1, 1.1),
        ] {
            let q = |x: f64| -> Rational { rational_from_f64(x).unwrap() };
            let two = q(2.0);
            let exact = two.clone() + two * q(b) - q(rate) * q(l);
            let found = q(distance(edge(b), rate, l));
            let off = rational_to_f64(&((found - exact.clone()) / exact.clone())).abs();
            assert!(off <= 2.0 * f64::EPSILON, "{b}: {off:e}");
            let rounded = q(2.0 * (1.0 + b) - rate * l);
            let lost = rational_to_f64(&((rounded - exact.clone()) / exact)).abs();
            assert!(lost > 1e-9, "{b}: nothing to lose here");
        }
    }
}
