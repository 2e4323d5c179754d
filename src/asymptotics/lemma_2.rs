//! Lemma 2: sums over power laws, and the behaviour of U and V near z = 1 that follows from it.
//!
//! For `a_k >= 0` with `sum_{l >= k} a_l = K k^-kappa (1 + o(1))`, `lambda_k = Lambda k^-nu (1 + o(1))`:
//!
//! ```text
//! sum_{l >= k} a_l lambda_l^s = (1 + o(1)) K Lambda^s zeta/(zeta+s) k^(-kappa - nu s),        s >= 0      (132)
//! sum_k a_k/(e + lambda_k)^s  = (1 + o(1)) K Lambda^-zeta Gamma(zeta+1) Gamma(s-zeta)/Gamma(s) e^(zeta-s),
//!                                                                              s > zeta, e -> 0+        (133)
//! ```
//!
//! With `e = 1 - z`, `x = 2 alpha_eff Lambda` and a term of U or V near (z, lambda) = (1, 0):
//!
//! ```text
//! S ~ (1-b)^2 (1+b) y,   y = e + 2 alpha_eff lambda
//! U-term ~ gamma alpha_eff^2 lambda^2/y,   V-term ~ signal/y                                (151), (152)
//! their derivatives in z: the same with y^2 for y                                           (153), (154)
//! (z U)' ~ gamma x^(1/nu) Gamma(2-1/nu) Gamma(1/nu)/(4 nu) e^(-1/nu),      nu > 1/2                 (159)
//! V'     ~ K x^-zeta Gamma(zeta+1) Gamma(2-zeta) e^-(2-zeta),              zeta < 2                 (160)
//! V      ~ K x^-zeta Gamma(zeta+1) Gamma(1-zeta) e^-(1-zeta),              zeta < 1                 (189)
//! z U    ~ gamma x^(1/nu) Gamma(2-1/nu) Gamma(1/nu-1)/(4 nu) e^-(1/nu-1),  1/2 < nu < 1             (174)
//! ```
//!
//! The last four are computed from (133), not written again: U sums `a_k = lambda_k^2`, whose tails
//! have exponent 2 nu - 1 and scale Lambda^2/(2 nu - 1).

use super::error::positive;
use super::{AsymptoticsError, TailLaw};
use crate::generating::{Point, Values};
use crate::number::{Field, Ring};
use statrs::function::gamma::{gamma, ln_gamma};

/// (132): what `sum_{l >= k} a_l lambda_l^s` tends to, for `a_l` with the tails of `tail`.
///
/// # Errors
/// s < 0, or k < 1.
///
/// # What this does not mean
/// The statement is about k -> infinity; how soon the tails are power laws is not in it.
pub fn tail_with_power_132(tail: &TailLaw, s: f64, k: f64) -> Result<f64, AsymptoticsError> {
    if !(s >= 0.0 && s.is_finite()) {
        return Err(AsymptoticsError::LemmaExponent {
            s,
            range: "[0, infinity)",
        });
    }
    if !(k >= 1.0 && k.is_finite()) {
        return Err(AsymptoticsError::Argument {
            name: "mode k",
            value: k,
            range: "[1, infinity)",
        });
    }
    let zeta = tail.zeta();
    let constant = tail.signal_scale() * tail.eigenvalue_scale().powf(s) * (zeta / (zeta + s));
    Ok(constant * k.powf(-tail.signal_exponent() - tail.eigenvalue_exponent() * s))
}

/// The limit of (133): `K Lambda^-zeta Gamma(zeta+1) Gamma(s-zeta)/Gamma(s)`.
///
/// # Errors
/// s at most zeta, where the sum stays finite as e -> 0 (s < zeta) or grows like a logarithm.
///
/// # What this does not mean
/// Nothing about the speed: the head of the spectrum is off by `e^(s-zeta)` relative.
pub fn resolvent_limit_133(tail: &TailLaw, s: f64) -> Result<f64, AsymptoticsError> {
    let zeta = tail.zeta();
    if !(s > zeta && s.is_finite()) {
        return Err(AsymptoticsError::LemmaExponent {
            s,
            range: "(zeta, infinity)",
        });
    }
    // Both quotients of gammas stay in range where the gammas do not.
    let quotient = if s < 100.0 {
        gamma(zeta + 1.0) * gamma(s - zeta) / gamma(s)
    } else {
        (ln_gamma(zeta + 1.0) + ln_gamma(s - zeta) - ln_gamma(s)).exp()
    };
    Ok(tail.signal_scale() * tail.eigenvalue_scale().powf(-zeta) * quotient)
}

/// (133) at a small e > 0: what `sum_k a_k/(e + lambda_k)^s` is close to.
///
/// # Errors
/// As [`resolvent_limit_133`], and e that is not positive.
pub fn resolvent_sum_133(tail: &TailLaw, s: f64, e: f64) -> Result<f64, AsymptoticsError> {
    if !(e > 0.0 && e.is_finite()) {
        return Err(AsymptoticsError::Argument {
            name: "e = 1 - z",
            value: e,
            range: "(0, infinity)",
        });
    }
    Ok(resolvent_limit_133(tail, s)? * e.powf(tail.zeta() - s))
}

/// (151), (152): what the denominator S tends to as z -> 1 and lambda -> 0,
/// `(1-b)^2 (1+b) (e + 2 alpha_eff lambda)`; `step` is alpha_eff lambda.
pub fn denominator_near_one_151(momentum: f64, e: f64, step: f64) -> f64 {
    let q = 1.0 - momentum;
    q * q * (1.0 + momentum) * (e + 2.0 * step)
}

/// (151)-(154): what one mode's terms of U, V, U' and V' tend to as z -> 1 and lambda -> 0, in
/// this order, with `y = e + 2 alpha_eff lambda`.
pub fn limit_terms_151(
    eigenvalue: f64,
    signal: f64,
    noise_amplitude: f64,
    effective: f64,
    e: f64,
) -> [f64; 4] {
    let y = e + 2.0 * effective * eigenvalue;
    let step = effective * eigenvalue;
    let noise = noise_amplitude * step * step / y;
    [noise, signal / y, noise / y, signal / y / y]
}

/// The tails of `lambda_k^2` with the eigenvalues stretched to `2 alpha_eff lambda_k`.
fn squares(nu: f64, eigenvalue_scale: f64, effective: f64) -> Result<TailLaw, AsymptoticsError> {
    positive("effective learning rate", effective)?;
    if nu.is_nan() || nu <= 0.5 {
        return Err(AsymptoticsError::ImmediateDivergence(nu));
    }
    let kappa = 2.0 * nu - 1.0;
    let scale = eigenvalue_scale * eigenvalue_scale / kappa;
    TailLaw::new(nu, kappa, 2.0 * effective * eigenvalue_scale, scale)
}

/// The tails of the signal with the eigenvalues stretched to `2 alpha_eff lambda_k`.
fn stretched(tail: &TailLaw, effective: f64) -> Result<TailLaw, AsymptoticsError> {
    positive("effective learning rate", effective)?;
    TailLaw::new(
        tail.eigenvalue_exponent(),
        tail.signal_exponent(),
        2.0 * effective * tail.eigenvalue_scale(),
        tail.signal_scale(),
    )
}

/// (159): `(z U)'` near z = 1.
///
/// # Errors
/// nu <= 1/2; gamma, Lambda, alpha_eff or e not positive.
pub fn noise_slope_159(
    nu: f64,
    eigenvalue_scale: f64,
    noise_amplitude: f64,
    effective: f64,
    e: f64,
) -> Result<f64, AsymptoticsError> {
    let sum = resolvent_sum_133(&squares(nu, eigenvalue_scale, effective)?, 2.0, e)?;
    Ok(positive("noise amplitude", noise_amplitude)? * effective * effective * sum)
}

/// (174): `z U(z)` near z = 1 for 1/2 < nu < 1, where U(1) is infinite.
///
/// # Errors
/// nu outside (1/2, 1); gamma, Lambda, alpha_eff or e not positive.
pub fn noise_coupling_174(
    nu: f64,
    eigenvalue_scale: f64,
    noise_amplitude: f64,
    effective: f64,
    e: f64,
) -> Result<f64, AsymptoticsError> {
    if !(nu > 0.5 && nu < 1.0) {
        return Err(AsymptoticsError::NotEventualDivergence(nu));
    }
    let sum = resolvent_sum_133(&squares(nu, eigenvalue_scale, effective)?, 1.0, e)?;
    Ok(positive("noise amplitude", noise_amplitude)? * effective * effective * sum)
}

/// (160): `V'` near z = 1, for zeta < 2.
///
/// # Errors
/// zeta >= 2, where V' stays finite.
pub fn signal_slope_160(tail: &TailLaw, effective: f64, e: f64) -> Result<f64, AsymptoticsError> {
    resolvent_sum_133(&stretched(tail, effective)?, 2.0, e)
}

/// (189): V near z = 1, for zeta < 1.
///
/// # Errors
/// zeta >= 1, where V stays finite or grows like a logarithm.
pub fn signal_function_189(
    tail: &TailLaw,
    effective: f64,
    e: f64,
) -> Result<f64, AsymptoticsError> {
    resolvent_sum_133(&stretched(tail, effective)?, 1.0, e)
}

/// (27) = (150): the two terms of `z L'(z)`, the generating function of `t L_t`: first "signal",
/// `z V'/(2 (1 - z U))`, second "noise", `z V (z U)'/(2 (1 - z U)^2)`.
pub fn terms_27<T: Field>(values: &Values<T>, point: &Point<T>) -> [T; 2] {
    let z = point.z();
    let gap = T::one() - z.clone() * values.noise.clone();
    let twice = <T as Ring>::from_integer(2) * gap.clone();
    let signal = z.clone() * values.signal_derivative.clone() / twice.clone();
    let noise = z * values.signal.clone() * values.coupling_derivative(point) / (twice * gap);
    [signal, noise]
}

/// (155)-(158): the exponents rho of `e^-rho` with which the two terms of (27) grow as e -> 0 for
/// nu > 1: `2 - zeta` and `1/nu` (for zeta < 1: `1/nu + 1 - zeta`, always the smaller of the two).
/// An exponent below 0 means that the term stays finite. Their comparison is the phase.
///
/// # Errors
/// nu <= 1.
pub fn orders_155(tail: &TailLaw) -> Result<[f64; 2], AsymptoticsError> {
    tail.convergent()?;
    let (nu, zeta) = (tail.eigenvalue_exponent(), tail.zeta());
    Ok([2.0 - zeta, 1.0 / nu + (1.0 - zeta).max(0.0)])
}
