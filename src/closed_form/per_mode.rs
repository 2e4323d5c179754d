//! U, V and S of one eigenvalue, free of cancellation near z = 1: the functions all numerics call.
//!
//! | symbol | meaning | range |
//! |---|---|---|
//! | a | alpha lambda_k | > 0 |
//! | b | momentum beta | (-1, 1) |
//! | g | gamma tau | real |
//! | e | 1 - z, passed itself so that no digit is lost as z -> 1 | real or complex |
//! | z | 1 - e, passed beside it | |
//!
//! With y = 1 - b z:
//!
//! ```text
//! S(a, b, g, z) = c0 + c1 a + c2 a^2,
//!     c0 = y e (1 - b^2 z),   c1 = 2 (1 + b) z y,   c2 = g z (1 + b z) - z y
//! U-term numerator = 1 + b z
//! V-term numerator = y (1 - b^2 z) + 2 a b z
//! ```
//!
//! so that `U(z) = gamma sum a_k^2 (1 + b z)/S_k` and `V(z) = sum lambda_k C_kk,0 (V numerator)/S_k`
//! ((18), (20) and Section 4.1 with `z = 1 - e`). They are generic over [`Ring`]: a test
//! instantiates them at polynomials and compares with the derivation from the moment operator.

use crate::number::Ring;

/// The coefficients (c0, c1, c2) of S as a polynomial in a.
///
/// They depend on (b, g, z) only, so a sum over modes computes them once.
#[inline(always)]
pub fn denominator_coefficients<T: Ring>(b: T, g: T, z: T, e: T) -> [T; 3] {
    let bz = b.clone() * z.clone();
    let y = T::one() - bz.clone();
    let c0 = y.clone() * e * (T::one() - b.clone() * bz.clone());
    let c1 = T::from_integer(2) * (T::one() + b) * z.clone() * y.clone();
    let c2 = g * z.clone() * (T::one() + bz) - z * y;
    [c0, c1, c2]
}

/// `S = c0 + a (c1 + a c2)`.
#[inline(always)]
pub fn denominator<T: Ring>(coefficients: &[T; 3], a: T) -> T {
    let [c0, c1, c2] = coefficients.clone();
    c0 + a.clone() * (c1 + a * c2)
}

/// The derivatives in z of the coefficients of [`denominator_coefficients`]:
/// `S' = c0' + c1' a + c2' a^2`.
#[inline(always)]
pub fn denominator_derivative_coefficients<T: Ring>(b: T, g: T, z: T, e: T) -> [T; 3] {
    let two = T::from_integer(2);
    let bz = b.clone() * z;
    let y = T::one() - bz.clone();
    let w = T::one() - b.clone() * bz.clone();
    let c0 = -(b.clone() * e.clone() * w.clone()) - y * (w + b.square() * e);
    let c1 = two.clone() * (T::one() + b) * (T::one() - two.clone() * bz.clone());
    let c2 = g * (T::one() + two.clone() * bz.clone()) - (T::one() - two * bz);
    [c0, c1, c2]
}

/// The numerator of every term of U: `1 + b z`.
#[inline(always)]
pub fn noise_numerator<T: Ring>(b: T, z: T) -> T {
    T::one() + b * z
}

/// The numerator of a term of V as `(v0, v1)`: `v0 + v1 a = (1 - b z)(1 - b^2 z) + 2 b z a`.
#[inline(always)]
pub fn signal_numerator_coefficients<T: Ring>(b: T, z: T) -> [T; 2] {
    let bz = b.clone() * z;
    let v0 = (T::one() - bz.clone()) * (T::one() - b * bz.clone());
    [v0, T::from_integer(2) * bz]
}

/// The derivatives in z of [`signal_numerator_coefficients`].
#[inline(always)]
pub fn signal_numerator_derivative_coefficients<T: Ring>(b: T, z: T) -> [T; 2] {
    let bz = b.clone() * z;
    let v0 = -(b.clone() * (T::one() - b.clone() * bz.clone())) - b.square() * (T::one() - bz);
    [v0, T::from_integer(2) * b]
}

/// The term of U(1) at one eigenvalue, divided by gamma and simplified by a:
/// `a (1 + b) / [(1 - b)(2 (1 + b) - a) + g a (1 + b)]`, as (numerator, denominator).
///
/// Source: (21) and S(z = 1).
#[inline(always)]
pub fn noise_term_at_one<T: Ring>(a: T, b: T, g: T) -> [T; 2] {
    let d = T::from_integer(2) * (T::one() + b.clone()) - a.clone();
    noise_term_at_one_from_edge(a, d, b, g)
}

/// The same with d = 2 (1 + b) - a beside a, for a difference that has kept its digits ([`super::from_edge::distance`]).
#[inline(always)]
pub fn noise_term_at_one_from_edge<T: Ring>(a: T, d: T, b: T, g: T) -> [T; 2] {
    let p = T::one() + b.clone();
    let numerator = a.clone() * p.clone();
    let denominator = (T::one() - b) * d + g * a * p;
    [numerator, denominator]
}

/// The term of V(1) at one eigenvalue, times a: `[2 a b + (1 - b)^2 (1 + b)] / [same denominator]`,
/// as (numerator, denominator); divide the quotient by a = alpha lambda_k.
#[inline(always)]
pub fn signal_term_at_one<T: Ring>(a: T, b: T, g: T) -> [T; 2] {
    let q = T::one() - b.clone();
    let numerator =
        T::from_integer(2) * a.clone() * b.clone() + q.square() * (T::one() + b.clone());
    let [_, denominator] = noise_term_at_one(a, b, g);
    [numerator, denominator]
}

/// One step of the second moments (x11, x12, x22) of one eigenvalue without the rank-one coupling:
///
/// ```text
/// x11' = (1-a)^2 x11 + 2 b (1-a) x12 + b^2 x22 - g a^2 x11
/// x12' = -a (1-a) x11 + b (1-2a) x12 + b^2 x22 - g a^2 x11
/// x22' = a^2 x11 - 2 a b x12 + b^2 x22 - g a^2 x11
/// ```
///
/// (11) on (c11, c12, c22), or T of Section 3.8.
#[inline(always)]
pub fn step<T: Ring>(a: T, b: T, g: T, x: [T; 3]) -> [T; 3] {
    let [x11, x12, x22] = x;
    let two = T::from_integer(2);
    // The common part of all three: a^2 x11 - 2 a b x12 + b^2 x22 - g a^2 x11 = x22'.
    let ax = a.clone() * x11.clone();
    let bx = b.clone() * x12;
    let common =
        a.clone() * (ax.clone() - two.clone() * bx.clone() - g * ax.clone()) + b.square() * x22;
    let new11 = x11 - two.clone() * ax.clone() + two * bx.clone() + common.clone();
    let new12 = bx - ax + common.clone();
    [new11, new12, common]
}

/// S in its factorised form,
/// `(1 - b z) [(1 + b z)^2 - z (1 + b - a)^2] + g a^2 z (1 + b z)` (Section 4.1).
///
/// For reading and proving; near z = 1 it cancels, so numerics use [`denominator_coefficients`].
pub fn denominator_factorised<T: Ring>(a: T, b: T, g: T, z: T) -> T {
    let bz = b.clone() * z.clone();
    let sum = T::one() + bz.clone();
    let noiseless = sum.square() - z.clone() * (T::one() + b - a.clone()).square();
    (T::one() - bz) * noiseless + g * a.square() * z * sum
}

/// R1 in its factorised form, `(1 + b^2 z^2)(1 + b z)^2 - 2 b z^2 (a - 1 - b)^2`:
/// `d/dz (z U-term) = R1/S^2` (Section 4.1, (121)).
pub fn zu_derivative_numerator_factorised<T: Ring>(a: T, b: T, z: T) -> T {
    let bz = b.clone() * z.clone();
    let square = (T::one() + bz.clone()).square();
    (T::one() + bz.square()) * square
        - T::from_integer(2) * b.clone() * z.square() * (a - T::one() - b).square()
}
