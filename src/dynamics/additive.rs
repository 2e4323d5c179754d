//! Additive gradient noise (Appendix G): gradients `grad L + xi_t`, xi_t independent with covariance Q.
//!
//! ```text
//! M_(t+1) = A M_t A^T + alpha^2 [[Q, Q], [Q, Q]]                                            (243)
//! M_t     = M_inf + noiseless dynamics of M_0 - M_inf,   M_inf = A M_inf A^T + alpha^2 [[Q, Q], [Q, Q]]     (244), (245)
//! ```
//!
//! In the eigenbasis of H, with a = alpha lambda_k, c = alpha lambda_l, b = beta, for every b in (-1, 1):
//!
//! ```text
//! C_kl = alpha^2 (1 - b^2) Q_kl/D,   D = (1 - b)^2 [(1 + b)(a + c) - a c] + b (a - c)^2
//! V_kl = (a + c) C_kl/(1 + b),       J_kl = (V_kl - c C_kl)/(1 - b)
//! L_inf = alpha (1 + b)/(2 (1 - b)) sum_k Q_kk/(2 (1 + b) - alpha lambda_k)
//! ```
//!
//! At b = 0 these are `C_kl = alpha Q_kl/(lambda_k + lambda_l - alpha lambda_k lambda_l)` (246) and
//! `L_inf = alpha/2 sum_k Q_kk/(2 - alpha lambda_k)` (247). Unlike the noise of mini-batches, which
//! vanishes with the loss, this leaves a loss that never vanishes, and it leaves the rate alone.

use super::moment_map::{SecondMoments, StepCoefficients};
use crate::kernel::{KernelError, symmetric_eigen};
use crate::noise::checks::{positive_semi_definite, symmetric};
use crate::noise::{Dense, NoiseError, ShapeError};
use crate::number::Field;
use thiserror::Error;

/// Why there is no stationary state.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum AdditiveError {
    /// Q does not fit the eigenvalues.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// Q is no covariance: not finite, not symmetric, or not positive semi-definite.
    #[error(transparent)]
    Covariance(#[from] NoiseError),
    /// No modes.
    #[error("additive noise needs at least one eigenvalue, got none")]
    Empty,
    /// H without eigenpairs.
    #[error(transparent)]
    Eigen(#[from] KernelError),
    /// beta outside (-1, 1).
    #[error("momentum must lie in (-1, 1)")]
    Momentum,
    /// alpha is not positive.
    #[error("learning rate must be positive")]
    LearningRate,
    /// lambda_k <= 0.
    #[error(
        "mode {mode} has an eigenvalue that is not positive: noise makes its second moment grow without bound, so leave out the null space"
    )]
    NullSpace {
        /// Position, from 0.
        mode: usize,
    },
    /// (251) does not hold.
    #[error(
        "mode {mode}: the learning rate must be below 2 (1 + momentum)/eigenvalue (251), or the noise has no stationary state"
    )]
    Unstable {
        /// Position, from 0.
        mode: usize,
    },
}

/// Heavy ball with additive noise, in the eigenbasis of H.
#[derive(Debug, Clone, PartialEq)]
pub struct AdditiveNoise<T> {
    eigenvalues: Vec<T>,
    covariance: Dense<T>,
    learning_rate: T,
    momentum: T,
}

impl<T: Field + PartialOrd> AdditiveNoise<T> {
    /// From the eigenvalues lambda_k > 0 (any order) and Q in their eigenbasis, symmetric and positive
    /// semi-definite. Units: Q is the covariance of one gradient, so `alpha^2 Q` that of a step.
    ///
    /// # Errors
    /// No eigenvalues; Q of another size or no covariance (exactly over exact numbers, to rounding in
    /// f64); alpha <= 0; beta outside (-1, 1); an eigenvalue <= 0; alpha outside (251).
    pub fn new(
        eigenvalues: Vec<T>,
        covariance: Dense<T>,
        learning_rate: T,
        momentum: T,
    ) -> Result<Self, AdditiveError> {
        if eigenvalues.is_empty() {
            return Err(AdditiveError::Empty);
        }
        covariance.square_of("Q against the eigenvalues", eigenvalues.len())?;
        positive_semi_definite("Q", &covariance)?;
        let (zero, one) = (T::zero(), T::one());
        if !(momentum > -one.clone() && momentum < one) {
            return Err(AdditiveError::Momentum);
        }
        // Positive, so that a NaN is refused too.
        let positive = |x: &T| *x > zero;
        if !positive(&learning_rate) {
            return Err(AdditiveError::LearningRate);
        }
        let edge = T::from_integer(2) * (T::one() + momentum.clone());
        for (mode, lambda) in eigenvalues.iter().enumerate() {
            if !positive(lambda) {
                return Err(AdditiveError::NullSpace { mode });
            }
            let room = edge.clone() - learning_rate.clone() * lambda.clone();
            if !positive(&room) {
                return Err(AdditiveError::Unstable { mode });
            }
        }
        Ok(Self {
            eigenvalues,
            covariance: covariance.mirrored(),
            learning_rate,
            momentum,
        })
    }

    /// M_infinity (245); the module's head has the formulas.
    pub fn stationary(&self) -> SecondMoments<T> {
        let n = self.eigenvalues.len();
        let (b, one) = (self.momentum.clone(), T::one());
        let (plus, minus) = (one.clone() + b.clone(), one - b.clone());
        let rate = |k: usize| self.learning_rate.clone() * self.eigenvalues[k].clone();
        let scale = self.learning_rate.square() * plus.clone() * minus.clone();
        let positions = Dense::from_fn(n, n, |k, l| {
            let (a, c) = (rate(k), rate(l));
            let sum = plus.clone() * (a.clone() + c.clone()) - a.clone() * c.clone();
            let bottom = minus.square() * sum + b.clone() * (a - c).square();
            scale.clone() * self.covariance.entry(k, l) / bottom
        });
        let velocities = Dense::from_fn(n, n, |k, l| {
            (rate(k) + rate(l)) * positions.entry(k, l) / plus.clone()
        });
        let mixed = Dense::from_fn(n, n, |k, l| {
            (velocities.entry(k, l) - rate(l) * positions.entry(k, l)) / minus.clone()
        });
        SecondMoments {
            positions,
            mixed,
            velocities,
        }
    }

    /// L_infinity, the loss that never vanishes.
    pub fn stationary_loss(&self) -> T {
        let two = T::from_integer(2);
        let plus = T::one() + self.momentum.clone();
        let minus = T::one() - self.momentum.clone();
        let sum = (self.eigenvalues.iter().enumerate()).fold(T::zero(), |sum, (k, lambda)| {
            let bottom = two.clone() * plus.clone() - self.learning_rate.clone() * lambda.clone();
            sum + self.covariance.entry(k, k) / bottom
        });
        self.learning_rate.clone() * plus * sum / (two * minus)
    }

    /// One step of (243).
    ///
    /// # Errors
    /// Moments of another size.
    pub fn step(&self, moments: &SecondMoments<T>) -> Result<SecondMoments<T>, ShapeError> {
        self.advance(moments, &T::one())
    }

    /// One step without noise: the second part of (244).
    ///
    /// # Errors
    /// Moments of another size.
    pub fn noiseless_step(
        &self,
        moments: &SecondMoments<T>,
    ) -> Result<SecondMoments<T>, ShapeError> {
        self.advance(moments, &T::zero())
    }

    /// (243) is (4) with Sigma = Q and gamma = 1.
    fn advance(
        &self,
        moments: &SecondMoments<T>,
        noise_amplitude: &T,
    ) -> Result<SecondMoments<T>, ShapeError> {
        let n = self.eigenvalues.len();
        let h = Dense::from_fn(n, n, |k, l| {
            if k == l {
                self.eigenvalues[k].clone()
            } else {
                T::zero()
            }
        });
        let coefficients = StepCoefficients {
            learning_rate: self.learning_rate.clone(),
            momentum: self.momentum.clone(),
            noise_amplitude: noise_amplitude.clone(),
        };
        moments.step(&h, &coefficients, &self.covariance)
    }
}

impl AdditiveNoise<f64> {
    /// From any symmetric positive definite H and a symmetric Q in the same basis; also returns the
    /// eigenvectors of H as columns, in which [`AdditiveNoise::stationary`] is expressed.
    ///
    /// # Errors
    /// As [`AdditiveNoise::new`]; H or Q not symmetric or not finite.
    pub fn of_hessian(
        h: &Dense<f64>,
        q: &Dense<f64>,
        learning_rate: f64,
        momentum: f64,
    ) -> Result<(Self, Dense<f64>), AdditiveError> {
        let n = h.rows();
        q.square_of("Q against the Hessian", n)?;
        symmetric("Q", q)?;
        let eigen = symmetric_eigen(h.entries(), n)?;
        let basis = Dense::new(n, n, eigen.eigenvectors_row_major)?;
        let turned = basis.transposed().times(&q.times(&basis)?)?;
        let noise = Self::new(eigen.eigenvalues, turned, learning_rate, momentum)?;
        Ok((noise, basis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(lambda: f64, rate: f64, momentum: f64) -> Result<AdditiveNoise<f64>, AdditiveError> {
        AdditiveNoise::new(vec![lambda], Dense::identity(1), rate, momentum)
    }

    #[test]
    fn one_mode_without_momentum_is_the_geometric_series() {
        // w' = (1 - 1/2) w - xi: Var = 1/(1 - 1/4) = 4/3, L = 1/2 * 1/2 * 4/3.
        let noise = one(0.5, 1.0, 0.0).unwrap();
        assert!((noise.stationary().positions.entry(0, 0) - 4.0 / 3.0).abs() < 1e-15);
        assert!((noise.stationary_loss() - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn what_is_no_covariance_is_refused() {
        let with = |entries: [f64; 4]| {
            let q = Dense::new(2, 2, entries.to_vec()).unwrap();
            AdditiveNoise::new(vec![1.0, 0.5], q, 0.5, 0.0)
        };
        assert!(with([1.0, 0.5, 0.5, 1.0]).is_ok());
        assert!(with([1.0, 1.0, 1.0, 1.0]).is_ok());
        for (entries, word) in [
            ([1.0, 0.5, 0.0, 1.0], "symmetric"),
            ([1.0, 2.0, 2.0, 1.0], "not positive semi-definite"),
            ([-1.0, 0.0, 0.0, 1.0], "not positive semi-definite"),
            ([1.0, f64::NAN, f64::NAN, 1.0], "not a finite number"),
            ([f64::INFINITY, 0.0, 0.0, 1.0], "not a finite number"),
        ] {
            let error = with(entries).unwrap_err();
            assert!(matches!(error, AdditiveError::Covariance(_)), "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
        let none = AdditiveNoise::new(Vec::new(), Dense::<f64>::zeros(0, 0), 0.5, 0.0);
        assert_eq!(none, Err(AdditiveError::Empty));
        // A Hessian in another basis: Q is looked at before it is turned.
        let h = Dense::new(2, 2, vec![1.0, 0.2, 0.2, 0.5]).unwrap();
        let q = |x: f64| Dense::new(2, 2, vec![1.0, x, 0.3, 1.0]).unwrap();
        assert!(AdditiveNoise::of_hessian(&h, &q(0.3), 0.5, 0.0).is_ok());
        assert!(AdditiveNoise::of_hessian(&h, &q(0.2), 0.5, 0.0).is_err());
        let wide = Dense::<f64>::identity(3);
        assert!(AdditiveNoise::of_hessian(&h, &wide, 0.5, 0.0).is_err());
    }

    #[test]
    fn models_without_a_stationary_state_are_refused() {
        assert_eq!(one(0.5, 1.0, 1.0), Err(AdditiveError::Momentum));
        assert_eq!(one(0.5, 0.0, 0.0), Err(AdditiveError::LearningRate));
        assert_eq!(
            one(0.0, 1.0, 0.0),
            Err(AdditiveError::NullSpace { mode: 0 })
        );
        assert_eq!(one(1.0, 3.0, 0.5), Err(AdditiveError::Unstable { mode: 0 }));
        assert_eq!(
            one(f64::NAN, 1.0, 0.5),
            Err(AdditiveError::NullSpace { mode: 0 })
        );
        let wide = AdditiveNoise::new(vec![1.0], Dense::identity(2), 1.0, 0.0);
        assert!(matches!(wide, Err(AdditiveError::Shape(_))));
        let skew = Dense::new(2, 2, vec![1.0, 0.5, 0.0, 1.0]).unwrap();
        assert!(AdditiveNoise::of_hessian(&skew, &Dense::identity(2), 0.1, 0.0).is_err());
    }
}
