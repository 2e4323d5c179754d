//! The parameters (tau_1, tau_2) of the SE noise `tau_1 Tr[HC] H - tau_2 H C H`.
//!
//! | tau | model | exact as |
//! |---|---|---|
//! | (1, 1) | translation invariant (Proposition 2), uncorrelated losses (D.2) | spectral measure |
//! | (1, -1) | Gaussian features | operator |
//! | (N/(N+2), (2-N)/(N+2)) | average of the true noise over Haar-random Phi at fixed H and C | operator |
//!
//! They enter only as gamma tau_1 and gamma tau_2, so everything beyond this module uses
//! `gamma <- gamma tau_1`, `tau <- tau_2/tau_1` (Section 3.9).

use super::checks::count;
use super::error::NoiseError;
use crate::number::{Field, Rational, Ring};

/// (tau_1, tau_2).
#[derive(Debug, Clone, PartialEq)]
pub struct SeParameters<T> {
    /// tau_1.
    pub tau_1: T,
    /// tau_2.
    pub tau_2: T,
}

/// Moments that show that the SE noise is no covariance: C of rank one on mode `moment_mode` gives
/// a negative component `noise_mode`.
#[derive(Debug, Clone, PartialEq)]
pub struct NegativeComponent<T> {
    /// The mode l with C = u_l u_l^T.
    pub moment_mode: usize,
    /// The mode k with Sigma_kk < 0.
    pub noise_mode: usize,
    /// Sigma_kk < 0.
    pub component: T,
}

impl<T: Ring + PartialOrd> SeParameters<T> {
    /// `Sigma_kk` for `C = u_l u_l^T`: `tau_1 lambda_k lambda_l - [k = l] tau_2 lambda_k^2` (109).
    fn component(&self, eigenvalues: &[T], k: usize, l: usize) -> T {
        let mean_field = self.tau_1.clone() * eigenvalues[k].clone() * eigenvalues[l].clone();
        if k == l {
            mean_field - self.tau_2.clone() * eigenvalues[k].square()
        } else {
            mean_field
        }
    }

    /// A negative component of the noise for some positive semi-definite C, or `None` if there is
    /// none: the noise is a covariance for every C iff `tau_2 <= tau_1` and, with two positive
    /// eigenvalues, `tau_1 >= 0`.
    ///
    /// Rank-one moments on a mode suffice: Sigma_kk is linear in the numbers C_ll >= 0. For the whole
    /// operator the condition is the same: with `G = H^(1/2) C H^(1/2)` it is
    /// `H^(1/2) (tau_1 Tr[G] - tau_2 G) H^(1/2)`, and an eigenvalue of G lies in [0, Tr G].
    ///
    /// `eigenvalues` are lambda_k >= 0; modes with lambda_k = 0 carry no noise.
    pub fn negative_component(&self, eigenvalues: &[T]) -> Option<NegativeComponent<T>> {
        let modes = 0..eigenvalues.len();
        modes
            .clone()
            .flat_map(|l| modes.clone().map(move |k| (k, l)))
            .map(|(k, l)| NegativeComponent {
                moment_mode: l,
                noise_mode: k,
                component: self.component(eigenvalues, k, l),
            })
            .find(|found| found.component < T::zero())
    }
}

impl<T: Field> SeParameters<T> {
    /// `(gamma tau_1, tau_2/tau_1)`: the noise amplitude and tau of Section 4 on; `None` if
    /// tau_1 = 0. For tau_1 < 0 the first is negative: no noise amplitude of a covariance on two modes.
    pub fn rescaled(&self, gamma: &T) -> Option<(T, T)> {
        self.tau_1.invertible().then(|| {
            (
                gamma.clone() * self.tau_1.clone(),
                self.tau_2.clone() / self.tau_1.clone(),
            )
        })
    }
}

/// The average of the true noise (5) over all models with the same H and C (Phi uniform on O(N)), as
/// SE parameters: `(N/(N+2), (2-N)/(N+2))`.
///
/// A row of Phi is uniform on the sphere, where `E[x_k^2 x_a x_b] = (d_ab + 2 d_ak d_bk)/(N (N+2))`;
/// put into (68) this gives the two numbers, which tend to (1, -1) as N grows. At N = 1 both are 1/3:
/// there is no noise, and `tau_1 Tr[HC] H = tau_2 H C H`.
///
/// # Errors
/// No points.
pub fn haar_average(points: usize) -> Result<SeParameters<Rational>, NoiseError> {
    if points == 0 {
        return Err(NoiseError::Range {
            what: "the number of points",
            range: "at least 1",
        });
    }
    let n: Rational = count(points);
    let two: Rational = Ring::from_integer(2);
    let bottom = &n + &two;
    Ok(SeParameters {
        tau_1: &n / &bottom,
        tau_2: (two - n) / bottom,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::parse_rational;

    fn taus(tau_1: &str, tau_2: &str) -> SeParameters<Rational> {
        SeParameters {
            tau_1: parse_rational(tau_1).unwrap(),
            tau_2: parse_rational(tau_2).unwrap(),
        }
    }

    #[test]
    fn the_noise_is_a_covariance_iff_tau_2_is_at_most_tau_1() {
        let lambda = ["1", "1/2", "0"].map(|x| parse_rational(x).unwrap());
        for (tau_1, tau_2) in [("1", "1"), ("1", "-1"), ("1", "0"), ("0", "-3")] {
            assert_eq!(taus(tau_1, tau_2).negative_component(&lambda), None);
        }
        let beyond = taus("1", "1.01").negative_component(&lambda).unwrap();
        assert_eq!((beyond.moment_mode, beyond.noise_mode), (0, 0));
        assert_eq!(beyond.component, parse_rational("-0.01").unwrap());
        let negative = taus("-1", "-2").negative_component(&lambda).unwrap();
        assert_ne!(negative.moment_mode, negative.noise_mode);
    }

    #[test]
    fn rescaling_keeps_both_products() {
        let gamma = parse_rational("1/3").unwrap();
        let (g, tau) = taus("1/2", "-1/4").rescaled(&gamma).unwrap();
        assert_eq!(g, parse_rational("1/6").unwrap());
        assert_eq!(tau, parse_rational("-1/2").unwrap());
        assert_eq!(taus("0", "-1").rescaled(&gamma), None);
        assert_eq!(haar_average(2), Ok(taus("1/2", "0")));
        assert_eq!(haar_average(1), Ok(taus("1/3", "1/3")));
        assert!(haar_average(0).is_err());
    }
}
