//! The noise along trajectories: Theorem 1 (1), the exact Sigma_t, which SE noises are covariances.

use super::random_models::{Draws, diagonal, orthogonal, ratio, shape, worse};
use super::{Check, VerifyError};
use crate::dynamics::{
    ExactMoments, SecondMoments, Space, StepCoefficients, exact_noise_along, generalised_trajectory,
};
use crate::noise::{
    Dense, NoiseTensor, SeParameters, checks::positive_semi_definite, diagonal_in,
    spectrally_expressible,
};
use crate::number::{Rational, Ring, rational_to_f64};

/// The largest relative distance in f64.
const LIMIT: f64 = 1e-11;

/// Spectra, states and parameters of [`se_covariance`].
const MODELS: usize = 3125;

/// The checks of this file.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    Ok(vec![
        Check::timed(
            "theorem-1-measures",
            "Theorem 1 (1): eigenvalues and the first spectral measure decide all later ones for tensors of the SE family, and for no tensor beside it",
            "4 parameters, 3 points, 3 steps over Q: rotations, reflections, elements off the diagonal; 36 tensors that differ from a member by 1/1000, and mini-batches",
            || {
                let member = decided(&member(None)?)?;
                let beside = tensors_beside()?;
                let word = format!(
                    "member {}, {beside} of 37 others",
                    if member { "yes" } else { "NO" }
                );
                Ok((member && beside == 0, word, Vec::new()))
            },
        )?,
        Check::timed(
            "exact-noise",
            "the exact noise along the exact trajectory is the covariance of the gradients of all batches after all sequences of batches",
            "3 modes, 4 points, batches of 2, 3 steps: enumeration over Q against f64, in both spaces; limit 1e-11",
            || {
                let worst = exact_noise(1)?;
                Ok((worst <= LIMIT, format!("{worst:.1e} relative"), Vec::new()))
            },
        )?,
        Check::timed(
            "se-covariance",
            "the SE noise is a covariance for every C iff tau_2 <= tau_1 and, with two positive eigenvalues, tau_1 >= 0",
            "3,125 spectra, states and parameters in corners over Q: elimination against a witness of rank one",
            || {
                let wrong = se_covariance(&ratio(0, 1))?;
                Ok((
                    wrong == 0,
                    format!("{wrong} of {MODELS} models disagree"),
                    Vec::new(),
                ))
            },
        )?,
    ])
}

/// (80) for N = 3, with the entries of one pair of index pairs moved by 1/1000.
fn member(moved: Option<[[usize; 2]; 2]>) -> Result<NoiseTensor<Rational>, VerifyError> {
    let tensor =
        NoiseTensor::spectrally_expressible(3, &ratio(3, 4), &ratio(-1, 2)).map_err(shape)?;
    NoiseTensor::from_fn(3, |[i, j, k, l]| {
        let at = [[i.min(j), i.max(j)], [k.min(l), k.max(l)]];
        let extra = i64::from(moved == Some(at));
        tensor.entry([i, j, k, l]) + ratio(extra, 1000)
    })
    .map_err(shape)
}

/// How many tensors outside the family have decided measures all the same.
fn tensors_beside() -> Result<usize, VerifyError> {
    let pairs: Vec<[usize; 2]> = (0..3).flat_map(|i| (i..3).map(move |j| [i, j])).collect();
    let mut count = usize::from(decided(&NoiseTensor::sgd(3).map_err(shape)?)?);
    for first in &pairs {
        for second in &pairs {
            count += usize::from(decided(&member(Some([*first, *second]))?)?);
        }
    }
    Ok(count)
}

/// Whether models with the same eigenvalues and the same first measure have the same measures of C, J
/// and V at every step.
fn decided(tensor: &NoiseTensor<Rational>) -> Result<bool, VerifyError> {
    let axes = orthogonal(4, true)?;
    let roots = [ratio(1, 1), ratio(2, 3), ratio(1, 2)];
    let stretch = Dense::from_fn(4, 3, |a, k| {
        if a == k {
            roots[k].clone()
        } else {
            ratio(0, 1)
        }
    });
    let schedule: Vec<_> = [(1, 3), (-1, 2), (2, 3)]
        .iter()
        .map(|&(top, bottom)| StepCoefficients {
            learning_rate: ratio(1, 3),
            momentum: ratio(top, bottom),
            noise_amplitude: ratio(1, 2),
        })
        .collect();
    let measures = |phi: &Dense<Rational>, off: Rational| -> Result<Vec<Rational>, VerifyError> {
        let psi = axes
            .times(&stretch)
            .and_then(|x| x.times(&phi.transposed()))
            .map_err(shape)?;
        let inner = Dense::from_fn(4, 4, |i, j| {
            if i == j {
                ratio(i as i64 + 1, 1)
            } else {
                off.clone()
            }
        });
        let c = axes
            .times(&inner)
            .and_then(|x| x.times(&axes.transposed()))
            .map_err(shape)?;
        let states = generalised_trajectory(&psi, tensor, SecondMoments::at_rest(c), &schedule)
            .map_err(shape)?;
        let mut all = Vec::new();
        for state in &states {
            for a in [&state.positions, &state.mixed, &state.velocities] {
                all.extend(diagonal_in(&axes, a).map_err(shape)?);
            }
        }
        Ok(all)
    };
    let reference = measures(&Dense::identity(3), ratio(0, 1))?;
    let turn = orthogonal(3, true)?;
    let models = [
        (turn.clone(), ratio(1, 3)),
        (turn.transposed(), ratio(-1, 4)),
        (orthogonal(3, false)?, ratio(1, 5)),
        (Dense::identity(3), ratio(1, 2)),
    ];
    for (phi, off) in models {
        if measures(&phi, off)? != reference {
            return Ok(false);
        }
    }
    Ok(true)
}

/// One step of the true update from (w, v) with the gradient g: `v' = beta v - alpha g`.
fn moved(
    [w, v]: &[Vec<Rational>; 2],
    g: &[Rational],
    alpha: &Rational,
    beta: &Rational,
) -> [Vec<Rational>; 2] {
    let next: Vec<Rational> = (v.iter().zip(g))
        .map(|(v, g)| beta * v - alpha * g)
        .collect();
    [w.iter().zip(&next).map(|(w, v)| w + v).collect(), next]
}

/// The largest distance of Sigma_kk from the enumeration, relative to the largest component of its
/// step; the enumeration is multiplied by `factor` (1, unless a test wants it wrong).
fn exact_noise(factor: i64) -> Result<f64, VerifyError> {
    const BATCHES: [[usize; 2]; 6] = [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]];
    let roots = [ratio(3, 2), ratio(1, 1), ratio(2, 3)];
    let phi = orthogonal(4, true)?;
    // psi(x_i) = 2 (r_k Phi_ik)_k has H = diag(r_k^2).
    let psi = Dense::from_fn(4, 3, |i, k| ratio(2, 1) * &roots[k] * phi.entry(i, k));
    let start = vec![ratio(1, 1), ratio(-2, 3), ratio(5, 4)];
    let (alpha, beta) = (ratio(1, 3), ratio(1, 4));
    let gradient = |w: &[Rational], points: &[usize]| -> Vec<Rational> {
        let share = ratio(1, points.len() as i64);
        let mut sum = vec![ratio(0, 1); 3];
        for &i in points {
            let output = (0..3).fold(ratio(0, 1), |s, k| s + psi.entry(i, k) * &w[k]);
            for (k, slot) in sum.iter_mut().enumerate() {
                *slot += &share * &output * psi.entry(i, k);
            }
        }
        sum
    };
    let mut paths = vec![[start.clone(), vec![ratio(0, 1); 3]]];
    let mut expected = Vec::new();
    for _ in 0..4 {
        let mut sum = vec![ratio(0, 1); 3];
        let mut next = Vec::new();
        for state in &paths {
            let mean = gradient(&state[0], &[0, 1, 2, 3]);
            for batch in &BATCHES {
                let g = gradient(&state[0], batch);
                for (slot, (g, m)) in sum.iter_mut().zip(g.iter().zip(&mean)) {
                    *slot += (g - m).square();
                }
                next.push(moved(state, &g, &alpha, &beta));
            }
        }
        // gamma = (4 - 2)/(3 * 2) = 1/3.
        let scale = ratio(3 * factor, next.len() as i64);
        expected.push(
            sum.iter()
                .map(|x| rational_to_f64(&(x * &scale)))
                .collect::<Vec<f64>>(),
        );
        paths = next;
    }
    let jacobian = Dense::from_fn(3, 4, |k, i| 0.5 * rational_to_f64(&psi.entry(i, k)));
    let residual: Vec<f64> = (0..4)
        .map(|i| {
            let output = (0..3).fold(ratio(0, 1), |s, k| s + psi.entry(i, k) * &start[k]);
            rational_to_f64(&output)
        })
        .collect();
    let mut worst = 0.0;
    for space in [Space::Output, Space::Parameter] {
        let mut moments = ExactMoments::of_jacobian(&jacobian, &residual, 2).map_err(shape)?;
        let found = exact_noise_along(&mut moments, 1.0 / 3.0, 0.25, &[0, 1, 2, 3], space)
            .map_err(shape)?;
        for (noise, expected) in found.iter().zip(&expected) {
            let unit = |k: usize| match space {
                Space::Output => rational_to_f64(&roots[k].square()),
                Space::Parameter => 1.0,
            };
            let values: Vec<f64> = (0..3).map(|k| unit(k) * expected[k]).collect();
            let largest = values.iter().copied().fold(0.0, f64::max);
            for (x, y) in noise.components().iter().zip(&values) {
                worst = worse(worst, (x - y).abs() / largest);
            }
        }
    }
    Ok(worst)
}

/// How many models have a verdict other than that of the condition `tau_2 <= tau_1 + slack` (0, unless a
/// test wants it wrong).
fn se_covariance(slack: &Rational) -> Result<usize, VerifyError> {
    let corners = [
        ratio(1, 1),
        ratio(1, 2),
        ratio(1, 1000),
        ratio(0, 1),
        ratio(999, 1000),
    ];
    let ones = [
        ratio(0, 1),
        ratio(1, 1),
        ratio(1, 1000),
        ratio(-1, 1000),
        ratio(-1, 1),
    ];
    let gaps = [
        ratio(0, 1),
        ratio(1, 1000),
        ratio(-1, 1000),
        ratio(2, 1),
        ratio(-3, 1),
    ];
    let mut draws = Draws::new(12);
    let mut wrong = 0;
    for at in 0..MODELS {
        let digit = |place: u32| at / 5_usize.pow(place) % 5;
        let lambda = [
            ratio(1, 1),
            corners[digit(0)].clone(),
            corners[digit(1)].clone(),
        ];
        let tau_1 = ones[digit(3)].clone();
        let tau_2 = &tau_1 + &gaps[digit(4)];
        let several = lambda.iter().filter(|l| **l > ratio(0, 1)).count() > 1;
        let allowed = tau_2 <= &tau_1 + slack && (!several || tau_1 >= ratio(0, 1));
        let h = diagonal(&lambda);
        let se = |c: &Dense<Rational>| spectrally_expressible(&h, c, &tau_1, &tau_2).map_err(shape);
        let taus = SeParameters {
            tau_1: tau_1.clone(),
            tau_2: tau_2.clone(),
        };
        let agrees = match taus.negative_component(&lambda) {
            None => {
                let c = if digit(2) % 2 == 0 {
                    draws.moments(3)?
                } else {
                    let x = draws.matrix(3, 1);
                    x.times(&x.transposed()).map_err(shape)?
                };
                allowed && positive_semi_definite("Sigma", &se(&c)?).is_ok()
            }
            Some(found) => {
                let mut one = vec![ratio(0, 1); 3];
                one[found.moment_mode] = ratio(1, 1);
                !allowed && positive_semi_definite("Sigma", &se(&diagonal(&one))?).is_err()
            }
        };
        wrong += usize::from(!agrees);
    }
    Ok(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Outcome;

    #[test]
    fn every_check_passes() {
        for check in checks().unwrap() {
            assert_eq!(check.outcome, Outcome::Passed, "{check:?}");
        }
    }

    #[test]
    fn wrong_claims_are_seen() {
        assert!(!decided(&NoiseTensor::sgd(3).unwrap()).unwrap());
        assert!(!decided(&member(Some([[0, 1], [1, 2]])).unwrap()).unwrap());
        assert!(exact_noise(2).unwrap() > 0.1);
        assert!(se_covariance(&ratio(1, 500)).unwrap() > 0);
        assert!(se_covariance(&ratio(-1, 500)).unwrap() > 0);
    }
}
