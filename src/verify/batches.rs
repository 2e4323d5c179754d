//! Propositions 1 and 6: the maps of second moments in parameter and output space are averages of the true
//! update over all batches, in exact rationals.

use super::{Check, VerifyError};
use crate::dynamics::{SecondMoments, StepCoefficients};
use crate::noise::{Dense, hessian, output_space, parameter_space};
use crate::number::{Rational, Ring};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

type Vector = Vec<Rational>;
/// w - w* and v.
type State = [Vector; 2];

/// The checks of both propositions.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    let line = |name, claim: &str, space| {
        Check::timed(
            name,
            claim,
            "random models over Q with 2 to 5 points, every batch size and every batch, three states, momentum 1/3 and -2/5",
            || {
                let (models, wrong) = averages(space, &whole(1))?;
                let text = format!("{wrong} of {models} averages differ");
                Ok((wrong == 0, text, Vec::new()))
            },
        )
    };
    Ok(vec![
        line(
            "proposition-1",
            "one step of (4) with Sigma of (5) and gamma = (N-b)/((N-1)b) is the average over all batches",
            Space::Parameters,
        )?,
        line(
            "proposition-6",
            "one step of (55) with Sigma of (56) is the average over all batches of the residuals' moments",
            Space::Outputs,
        )?,
    ])
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    Parameters,
    Outputs,
}

fn fail(error: &dyn std::fmt::Display) -> VerifyError {
    VerifyError::part("Propositions 1 and 6")(error)
}

fn whole(x: i64) -> Rational {
    Ring::from_integer(x)
}

fn dot(x: &[Rational], y: &[Rational]) -> Rational {
    let terms = x.iter().zip(y);
    terms.fold(whole(0), |sum, (a, b)| sum + a * b)
}

/// How many averages there are and how many differ from the map, whose noise amplitude is multiplied by
/// `factor` (1, unless a test wants it wrong).
fn averages(space: Space, factor: &Rational) -> Result<(usize, usize), VerifyError> {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let (mut models, mut wrong) = (0, 0);
    for n in 2_usize..=5 {
        let mut vector = |length: usize| -> Vector {
            (0..length)
                .map(|_| whole(random.random_range(-5..=5)) / whole(random.random_range(1..=4)))
                .collect()
        };
        let features: Vec<Vector> = (0..n).map(|_| vector(2)).collect();
        let states: Vec<State> = (0..3).map(|_| [vector(2), vector(2)]).collect();
        for b in 1..=n {
            for (alpha, beta) in [
                (whole(2) / whole(3), whole(1) / whole(3)),
                (whole(3) / whole(2), whole(-2) / whole(5)),
            ] {
                let mut after = Vec::new();
                for mask in (0_u32..1 << n).filter(|mask| mask.count_ones() as usize == b) {
                    let batch = (0..n).filter(|i| mask >> i & 1 == 1);
                    let batch: Vec<&Vector> = batch.map(|i| &features[i]).collect();
                    after.extend(states.iter().map(|s| updated(s, &batch, &alpha, &beta)));
                }
                let bottom = ((n - 1) * b) as i64;
                let coefficients = StepCoefficients {
                    learning_rate: alpha,
                    momentum: beta,
                    noise_amplitude: factor * whole((n - b) as i64) / whole(bottom),
                };
                let mapped = mapped(space, &features, &states, &coefficients)?;
                models += 1;
                wrong += usize::from(moments(space, &features, &after) != mapped);
            }
        }
    }
    Ok((models, wrong))
}

/// (1): `v' = -alpha g + beta v`, `w' = w + v'`, g the gradient of the loss on the batch.
fn updated([x, v]: &State, batch: &[&Vector], alpha: &Rational, beta: &Rational) -> State {
    let share = whole(1) / whole(batch.len() as i64);
    let mut next: Vector = v.iter().map(|v| beta * v).collect();
    for psi in batch {
        let pull = alpha * &share * dot(x, psi);
        for (v, p) in next.iter_mut().zip(psi.iter()) {
            *v -= &pull * p;
        }
    }
    let moved = x.iter().zip(&next).map(|(x, v)| x + v).collect();
    [moved, next]
}

/// The averages of x x^T, x v^T and v v^T, of (w - w*, v) or of the residuals and their velocities.
fn moments(space: Space, features: &[Vector], states: &[State]) -> SecondMoments<Rational> {
    let seen: Vec<State> = states
        .iter()
        .map(|state| match space {
            Space::Parameters => state.clone(),
            Space::Outputs => [0, 1].map(|i| features.iter().map(|f| dot(f, &state[i])).collect()),
        })
        .collect();
    let size = seen[0][0].len();
    let share = whole(1) / whole(states.len() as i64);
    let average = |i: usize, j: usize| {
        Dense::from_fn(size, size, |r, c| {
            let sum = seen
                .iter()
                .fold(whole(0), |sum, s| sum + &s[i][r] * &s[j][c]);
            sum * &share
        })
    };
    SecondMoments {
        positions: average(0, 0),
        mixed: average(0, 1),
        velocities: average(1, 1),
    }
}

/// One step of (4), (5) or of (55), (56).
fn mapped(
    space: Space,
    features: &[Vector],
    states: &[State],
    coefficients: &StepCoefficients<Rational>,
) -> Result<SecondMoments<Rational>, VerifyError> {
    let n = features.len();
    let share = whole(1) / whole(n as i64);
    let before = moments(space, features, states);
    let (h, sigma) = match space {
        Space::Parameters => {
            let matrix = Dense::from_fn(n, 2, |i, k| features[i][k].clone());
            let weights = vec![share; n];
            let h = hessian(&matrix, &weights);
            (h, parameter_space(&matrix, &weights, &before.positions))
        }
        Space::Outputs => {
            let kernel = Dense::from_fn(n, n, |i, j| &share * dot(&features[i], &features[j]));
            let sigma = output_space(&kernel, &before.positions);
            (Ok(kernel), sigma)
        }
    };
    let (h, sigma) = (h.map_err(|e| fail(&e))?, sigma.map_err(|e| fail(&e))?);
    before.step(&h, coefficients, &sigma).map_err(|e| fail(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_noise_amplitude_passes_and_another_fails() {
        for space in [Space::Parameters, Space::Outputs] {
            assert_eq!(averages(space, &whole(1)).unwrap(), (28, 0));
            // Only the full batch, b = N, has no noise to get wrong.
            let (_, wrong) = averages(space, &(whole(3) / whole(4))).unwrap();
            assert_eq!(wrong, 20);
        }
    }
}
