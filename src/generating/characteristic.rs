//! Convergence without noise (Appendix H): the two roots of one eigenvalue.
//!
//! ```text
//! (Delta w; v)' = [[1 - a, b], [-a, b]] (Delta w; v),   a = alpha lambda, b = beta           (248)
//! x^2 - (1 + b - a) x + b = 0                                                                (249)
//! x_(1,2) = 1/2 [1 + b - a +- sqrt((1 + b - a)^2 - 4 b)],   x_1 x_2 = b                      (250)
//! both |x| < 1   iff   -1 < b < 1 and 0 < a < 2 (1 + b)                                      (251)
//! ```
//!
//! The roots are complex iff b > 0 and `(1 - sqrt b)^2 < a < (1 + sqrt b)^2`; then `|x| = sqrt b`. At
//! a = 0 one root is 1: the null space does not move, and it is not part of the loss.

use crate::moment::{HyperparameterError, Hyperparameters};
use crate::number::{Complex, Ring};
use crate::spectrum::{Spectrum, SpectrumError};
use thiserror::Error;

/// Why there is no verdict on convergence without noise.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ConvergenceError {
    /// alpha or beta.
    #[error(transparent)]
    Hyperparameter(#[from] HyperparameterError),
    /// The eigenvalues: none positive, not finite, or negative beyond rounding.
    #[error(transparent)]
    Spectrum(#[from] SpectrumError),
}

/// What the two roots are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootKind {
    /// Two different real roots.
    Real,
    /// One double real root.
    Double,
    /// A complex pair of modulus sqrt(b).
    Complex,
}

/// The kind of the roots, by the sign of `(1 + b - a)^2 - 4 b`: exact over exact numbers.
pub fn root_kind<T: Ring + PartialOrd>(a: &T, b: &T) -> RootKind {
    let sum = T::one() + b.clone() - a.clone();
    let discriminant = sum.square() - T::from_integer(4) * b.clone();
    if discriminant > T::zero() {
        RootKind::Real
    } else if discriminant < T::zero() {
        RootKind::Complex
    } else {
        RootKind::Double
    }
}

/// (251) for one eigenvalue: `-1 < b < 1` and `0 < a < 2 (1 + b)`; exact over exact numbers.
pub fn contracts<T: Ring + PartialOrd>(a: &T, b: &T) -> bool {
    let edge = T::from_integer(2) * (T::one() + b.clone());
    *b > -T::one() && *b < T::one() && *a > T::zero() && *a < edge
}

/// (250), the root of larger modulus first. In f64, without cancellation between the two terms.
pub fn characteristic_roots(a: f64, b: f64) -> [Complex<f64>; 2] {
    let sum = 1.0 + b - a;
    // (1 + b - a)^2 - 4 b = (1 - b - a)^2 - 4 a b.
    let discriminant = (1.0 - b - a) * (1.0 - b - a) - 4.0 * a * b;
    if discriminant < 0.0 {
        let half = 0.5 * (-discriminant).sqrt();
        return [
            Complex::new(0.5 * sum, half),
            Complex::new(0.5 * sum, -half),
        ];
    }
    let large = 0.5 * (sum + discriminant.sqrt().copysign(sum));
    let small = if large == 0.0 { 0.0 } else { b / large };
    [Complex::real(large), Complex::real(small)]
}

/// The larger of the moduli of the roots: the factor a step of this eigenvalue's error.
pub fn spectral_radius(a: f64, b: f64) -> f64 {
    let [first, second] = characteristic_roots(a, b);
    first.modulus().max(second.modulus())
}

/// How heavy ball without noise behaves on a spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoiselessConvergence {
    /// Whether (251) holds for every positive eigenvalue.
    pub converges: bool,
    /// `max |x|^2` over the positive eigenvalues, >= 0: the loss behaves like its t-th power, up to a
    /// polynomial. Below 1 iff `converges`, up to rounding.
    pub loss_factor: f64,
    /// The eigenvalue that decides it.
    pub slowest_eigenvalue: f64,
}

/// Whether the full-batch dynamics converges on the positive ones of `eigenvalues` (any order), and how
/// fast. As everywhere, `|lambda| <= N eps lambda_max` is the null space, which does not move.
///
/// (251) is also necessary for noisy SGD: its noise only adds a positive semi-definite matrix.
///
/// # Errors
/// A learning rate that is not positive and finite, or a momentum outside (-1, 1); no positive
/// eigenvalue, one that is not finite, or one that is negative beyond rounding: there the loss has no
/// minimum, and no learning rate converges.
///
/// # What this does not mean
/// Convergence without noise is no convergence of mini-batch SGD, whose edge is lower
/// ([`crate::stability`]). On an infinite spectrum with eigenvalues that tend to 0 the factor tends
/// to 1, and the loss falls slower than any exponential.
pub fn noiseless_convergence(
    eigenvalues: &[f64],
    learning_rate: f64,
    momentum: f64,
) -> Result<NoiselessConvergence, ConvergenceError> {
    Hyperparameters::new(learning_rate, momentum, 0.0, 1.0)?;
    let spectrum = Spectrum::new(eigenvalues.to_vec(), None)?;
    let mut found = NoiselessConvergence {
        converges: true,
        loss_factor: 0.0,
        slowest_eigenvalue: 0.0,
    };
    for &lambda in spectrum.eigenvalues() {
        let a = learning_rate * lambda;
        found.converges &= contracts(&a, &momentum);
        let factor = spectral_radius(a, momentum).powi(2);
        if factor > found.loss_factor || found.slowest_eigenvalue == 0.0 {
            found.loss_factor = factor;
            found.slowest_eigenvalue = lambda;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_by_hand() {
        // b = 1/2, a = 1/2: x^2 - x + 1/2, x = (1 +- i)/2. b = 0: 1 - a and 0.
        let [x, y] = characteristic_roots(0.5, 0.5);
        assert_eq!((x.re, x.im, y.im), (0.5, 0.5, -0.5));
        let [x, y] = characteristic_roots(0.25, 0.0);
        assert_eq!((x.re, y.re), (0.75, 0.0));
        // b = -1/2, a = 0: x^2 - x/2 - 1/2 = (x - 1)(x + 1/2).
        let [x, y] = characteristic_roots(0.0, -0.5);
        assert_eq!((x.re, y.re), (1.0, -0.5));
        assert_eq!(characteristic_roots(1.0, 0.0)[0].re, 0.0);
        assert_eq!(root_kind(&0.25, &0.25), RootKind::Double);
    }

    #[test]
    fn a_spectrum_converges_iff_its_largest_eigenvalue_does() {
        let inside = noiseless_convergence(&[1.0, 0.1, 0.0], 2.9, 0.5).unwrap();
        assert!(inside.converges && inside.loss_factor < 1.0);
        let outside = noiseless_convergence(&[1.0, 0.1, 0.0], 3.1, 0.5).unwrap();
        assert!(!outside.converges && outside.loss_factor > 1.0);
        assert_eq!(outside.slowest_eigenvalue, 1.0);
        assert!(noiseless_convergence(&[1.0], 0.0, 0.0).is_err());
        assert!(noiseless_convergence(&[1.0], 1.0, -1.0).is_err());
        // alpha lambda = 1 at momentum 0: both roots are 0, and the mode is still the one that decides.
        let at_once = noiseless_convergence(&[1.0], 1.0, 0.0).unwrap();
        assert_eq!(
            (at_once.loss_factor, at_once.slowest_eigenvalue),
            (0.0, 1.0)
        );
    }

    #[test]
    fn spectra_on_which_nothing_can_converge_are_refused() {
        let refused = |eigenvalues: &[f64]| match noiseless_convergence(eigenvalues, 0.5, 0.0) {
            Err(ConvergenceError::Spectrum(error)) => error.to_string(),
            other => format!("{other:?}"),
        };
        assert!(refused(&[1.0, -0.1]).contains("eigenvalue 1 is -1e-1"));
        assert!(refused(&[-1.0]).contains("negative"));
        assert!(refused(&[1.0, f64::NAN]).contains("eigenvalue 1 is NaN"));
        assert!(refused(&[f64::INFINITY]).contains("finite"));
        assert!(refused(&[]).contains("at least one positive"));
        assert!(refused(&[0.0, 0.0]).contains("at least one positive"));
        // Rounding of a zero, of either sign, is the null space.
        for zero in [0.0, -1e-17, 1e-17] {
            let found = noiseless_convergence(&[1.0, zero], 1.5, 0.0).unwrap();
            assert!(found.converges && found.slowest_eigenvalue == 1.0);
        }
    }
}
