//! The dynamics (4) with the noise of a fixed 4-tensor (8), for Theorem 1 (= Theorem 3).
//!
//! Theorem 1: the spectral measures of all M_t depend on the model through its eigenvalues and the
//! initial measure only, iff the tensor is in the SE family (80), iff the trajectory does not change
//! under Psi -> Psi O for all O in O(N).

use super::moment_map::{SecondMoments, StepCoefficients};
use crate::noise::{Dense, NoiseTensor, ShapeError};
use crate::number::Ring;

/// The states M_0, M_1, .. of (4) with the Jacobian Psi (d x N) and the tensor R: one more than there
/// are entries in `schedule`.
///
/// # Errors
/// Psi without N columns; moments that are not d x d.
///
/// # What this does not mean
/// A tensor outside the family may give a Sigma that is no covariance: then C need not stay positive
/// semi-definite.
pub fn generalised_trajectory<T: Ring>(
    jacobian: &Dense<T>,
    tensor: &NoiseTensor<T>,
    initial: SecondMoments<T>,
    schedule: &[StepCoefficients<T>],
) -> Result<Vec<SecondMoments<T>>, ShapeError> {
    let h = jacobian.times(&jacobian.transposed())?;
    let mut states = vec![initial.clone()];
    let mut state = initial;
    for coefficients in schedule {
        let sigma = tensor.covariance(jacobian, &state.positions)?;
        state = state.step(&h, coefficients, &sigma)?;
        states.push(state.clone());
    }
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jacobian_of_another_width_is_refused() {
        let start = SecondMoments::at_rest(Dense::<f64>::identity(2));
        let step = [StepCoefficients {
            learning_rate: 0.1,
            momentum: 0.0,
            noise_amplitude: 1.0,
        }];
        let tensor = NoiseTensor::sgd(3).unwrap();
        let run = |columns| {
            generalised_trajectory(&Dense::zeros(2, columns), &tensor, start.clone(), &step)
        };
        assert_eq!(run(3).map(|states| states.len()), Ok(2));
        assert!(run(2).is_err());
    }
}
