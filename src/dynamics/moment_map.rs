//! The exact map of second moments, (4) of Proposition 1 and (55) of Proposition 6:
//!
//! ```text
//! M' = A M A^T + gamma alpha^2 [[Sigma, Sigma], [Sigma, Sigma]],   A = [[I - alpha H, beta I], [-alpha H, beta I]]
//! ```
//!
//! | symbol | meaning |
//! |---|---|
//! | M = [[C, J], [J^T, V]] | second moments of (Delta w, v); of (Delta f, v_out) in output space |
//! | H | the Hessian; in output space the kernel matrix K = Gram/N, or `Gram diag(p)` for points of weights p_i |
//! | Sigma | the noise covariance at C, from [`crate::noise`] |
//!
//! In blocks, with B = I - alpha H:
//! `C' = B C B + beta (B J + J^T B) + beta^2 V + N`, `J' = -alpha B C H + beta B J - alpha beta J^T H + beta^2 V + N`,
//! `V' = alpha^2 H C H - alpha beta (H J + J^T H) + beta^2 V + N`, `N = gamma alpha^2 Sigma`.
//! (for `Gram diag(p)`, which is not symmetric, the right factors H are transposed).
//! J has rows Delta w and columns v: `J = E[Delta w v^T]`.

use crate::noise::{Dense, ShapeError};
use crate::number::Ring;

/// alpha, beta and gamma of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepCoefficients<T> {
    /// alpha.
    pub learning_rate: T,
    /// beta.
    pub momentum: T,
    /// gamma.
    pub noise_amplitude: T,
}

/// The second moments C, J, V of position and velocity, all `d x d` (or `N x N`).
#[derive(Debug, Clone, PartialEq)]
pub struct SecondMoments<T> {
    /// `C = E[Delta w Delta w^T]`.
    pub positions: Dense<T>,
    /// `J = E[Delta w v^T]`.
    pub mixed: Dense<T>,
    /// `V = E[v v^T]`.
    pub velocities: Dense<T>,
}

impl<T: Ring> SecondMoments<T> {
    /// Moments C with velocity zero: J = V = 0.
    pub fn at_rest(positions: Dense<T>) -> Self {
        let zero = Dense::zeros(positions.rows(), positions.columns());
        Self {
            positions,
            mixed: zero.clone(),
            velocities: zero,
        }
    }

    /// One step of (4) with the operator `h` (H, or K in output space) and the covariance `sigma`
    /// of the state before the step.
    ///
    /// # Errors
    /// Shapes that differ.
    pub fn step(
        &self,
        h: &Dense<T>,
        coefficients: &StepCoefficients<T>,
        sigma: &Dense<T>,
    ) -> Result<Self, ShapeError> {
        let StepCoefficients {
            learning_rate: alpha,
            momentum: beta,
            noise_amplitude: gamma,
        } = coefficients;
        // With P = alpha H the drift of a state (w, v) is u = -P w + beta v, then w' = w + u,
        // v' = u. Hence V' = E[u u^T], J' = E[w u^T] + V', C' = C + E[w u^T] + E[u w^T] + V'.
        let p = h.scaled(alpha);
        let p_c = p.times(&self.positions)?;
        let p_j = p.times(&self.mixed)?.scaled(beta);
        let drift_square = p_c
            .times(&p.transposed())?
            .minus(&p_j)?
            .minus(&p_j.transposed())?
            .plus(&self.velocities.scaled(&beta.square()))?;
        let noise = sigma.scaled(&(gamma.clone() * alpha.square()));
        // C and V are symmetric; in floats an antisymmetric rounding error would grow from step to
        // step, even where the moments themselves contract.
        let velocities = drift_square.plus(&noise)?.mirrored();
        // E[w u^T] = -C P + beta J.
        let cross = self.mixed.scaled(beta).minus(&p_c.transposed())?;
        let mixed = cross.plus(&velocities)?;
        let positions = self
            .positions
            .plus(&cross.transposed())?
            .plus(&mixed)?
            .mirrored();
        Ok(Self {
            positions,
            mixed,
            velocities,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_dimension_is_the_congruence_by_hand() {
        // H = 1/2, alpha = 1, beta = 1/2, no noise, (C, J, V) = (4, 2, 8):
        // A = [[1/2, 1/2], [-1/2, 1/2]], M' = A M A^T = [[4, 1], [1, 2]].
        let one = |x: f64| Dense::new(1, 1, vec![x]).unwrap();
        let state = SecondMoments {
            positions: one(4.0),
            mixed: one(2.0),
            velocities: one(8.0),
        };
        let coefficients = StepCoefficients {
            learning_rate: 1.0,
            momentum: 0.5,
            noise_amplitude: 1.0,
        };
        let next = state.step(&one(0.5), &coefficients, &one(0.0)).unwrap();
        assert_eq!(
            next,
            SecondMoments {
                positions: one(4.0),
                mixed: one(1.0),
                velocities: one(2.0)
            }
        );
    }

    #[test]
    fn an_operator_of_another_size_is_refused() {
        let state = SecondMoments::at_rest(Dense::<f64>::identity(2));
        let coefficients = StepCoefficients {
            learning_rate: 1.0,
            momentum: 0.0,
            noise_amplitude: 1.0,
        };
        let h = Dense::identity(3);
        assert!(state.step(&h, &coefficients, &Dense::identity(2)).is_err());
        let h = Dense::identity(2);
        assert!(state.step(&h, &coefficients, &Dense::identity(3)).is_err());
    }
}
