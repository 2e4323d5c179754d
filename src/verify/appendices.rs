//! Appendix G (additive noise) and Appendix H (convergence without noise).

use super::{Check, VerifyError};
use crate::dynamics::{AdditiveNoise, NodeMoments, SeModes, SecondMoments};
use crate::generating::characteristic::{characteristic_roots, contracts, spectral_radius};
use crate::noise::{Dense, ShapeError};
use crate::number::{Rational, Ring};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Random pairs (a, beta).
const PAIRS: usize = 20_000;

/// Spectra and noises of [`lowered`].
const CORNERS: usize = 3125;

/// The checks of the two appendices.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    Ok(vec![
        Check::timed(
            "appendix-g",
            "additive noise: the closed forms are the fixed point (245) for every momentum, and its loss is (247) at momentum 0",
            "one step of (243) over Q, momentum 0, 1/2, -2/5, 9/10, noise with correlated modes; its loss is half the trace of H C",
            || {
                let held = stationary(&whole(1))?;
                let word = if held { "exact" } else { "differs" };
                Ok((held, word.to_owned(), Vec::new()))
            },
        )?,
        Check::timed(
            "appendix-g-average",
            "additive noise: (242) averaged over all noise sequences is (243), and a trajectory is the stationary state plus noiseless dynamics (244)",
            "two modes, noise of two independent signs, 3 steps over Q, three momenta",
            || {
                let held = additive_average(&whole(1))?;
                let word = if held { "exact" } else { "differs" };
                Ok((held, word.to_owned(), Vec::new()))
            },
        )?,
        Check::timed(
            "appendix-h-boundary",
            "on the exact boundary of (251) nothing contracts, and noise with tau <= 1 only adds to every moment: (251) is necessary for noisy SGD",
            "roots and trajectories over Q for 5 momenta; 3,125 spectra and noises in corners, 4 steps over Q",
            || {
                let (boundary, lowered) = (boundary(&whole(2)), lowered(false));
                Ok((
                    boundary && lowered == 0,
                    format!(
                        "boundary {}, {lowered} of {CORNERS} models lowered",
                        if boundary { "exact" } else { "differs" }
                    ),
                    Vec::new(),
                ))
            },
        )?,
        Check::timed(
            "appendix-h",
            "both roots of an eigenvalue lie inside the circle iff -1 < beta < 1 and 0 < alpha lambda < 2 (beta + 1) (251)",
            "against powers of the 2 x 2 matrix: 20,000 random pairs, a share near corners and edges",
            || {
                let (wrong, close) = disagreements(1.0);
                let mut details = Vec::new();
                if close > 0 {
                    details.push(format!("{close} pairs within 1e-9 of the edge left out"));
                }
                Ok((
                    wrong == 0,
                    format!("{wrong} of {PAIRS} pairs disagree"),
                    details,
                ))
            },
        )?,
    ])
}

fn whole(x: i64) -> Rational {
    Ring::from_integer(x)
}

/// Whether the stationary states are fixed points with C times `factor` (1, unless a test wants it
/// wrong).
fn stationary(factor: &Rational) -> Result<bool, VerifyError> {
    let fail = VerifyError::part("appendix-g");
    let ratio = |top, bottom| whole(top) / whole(bottom);
    let eigenvalues = vec![whole(1), ratio(1, 2), ratio(1, 5)];
    let b = Dense::from_fn(3, 3, |i, j| ratio(2 * i as i64 - 3 * j as i64 + 1, 2));
    let covariance = b.times(&b.transposed()).map_err(|e| fail(&e))?;
    let mut held = true;
    for (alpha, beta) in [
        (ratio(3, 2), whole(0)),
        (ratio(5, 2), ratio(1, 2)),
        (whole(1), ratio(-2, 5)),
        (whole(3), ratio(9, 10)),
    ] {
        let model = AdditiveNoise::new(
            eigenvalues.clone(),
            covariance.clone(),
            alpha.clone(),
            beta.clone(),
        )
        .map_err(|e| fail(&e))?;
        let mut state = model.stationary();
        state.positions = state.positions.scaled(factor);
        held &= model.step(&state).map_err(|e| fail(&e))? == state;
        let twice = (eigenvalues.iter().enumerate()).fold(whole(0), |sum, (k, lambda)| {
            sum + lambda * state.positions.entry(k, k)
        });
        held &= twice == model.stationary_loss() * whole(2);
        if beta == whole(0) {
            let sum = (eigenvalues.iter().enumerate()).fold(whole(0), |sum, (k, lambda)| {
                sum + covariance.entry(k, k) / (whole(2) - &alpha * lambda)
            });
            held &= model.stationary_loss() == &alpha / whole(2) * sum;
        }
    }
    Ok(held)
}

/// Whether the average over all signs follows the map, with the noise of the map times `factor`^2 (1,
/// unless a test wants it wrong), and its distance from the stationary state follows the noiseless one.
fn additive_average(factor: &Rational) -> Result<bool, VerifyError> {
    let fail = VerifyError::part("appendix-g-average");
    let ratio = |top, bottom| whole(top) / whole(bottom);
    let eigenvalues = [whole(1), ratio(1, 3)];
    let columns = [[whole(1), ratio(-1, 2)], [ratio(2, 3), whole(2)]];
    let mut held = true;
    for (alpha, beta) in [
        (ratio(2, 3), ratio(-1, 3)),
        (ratio(3, 2), whole(0)),
        (whole(2), ratio(1, 2)),
    ] {
        let scaled = columns.each_ref().map(|b| b.each_ref().map(|x| factor * x));
        let q = Dense::from_fn(2, 2, |k, l| {
            (scaled.iter()).fold(whole(0), |sum, b| sum + &b[k] * &b[l])
        });
        let model = AdditiveNoise::new(eigenvalues.to_vec(), q, alpha.clone(), beta.clone())
            .map_err(|e| fail(&e))?;
        let mut paths = vec![[whole(1), ratio(-3, 4), ratio(1, 2), whole(0)]];
        let moments = |paths: &[[Rational; 4]]| {
            let share = ratio(1, paths.len() as i64);
            let mean = |a: usize, b: usize| {
                Dense::from_fn(2, 2, |k, l| {
                    let sum = paths
                        .iter()
                        .fold(whole(0), |s, p| s + &p[a + k] * &p[b + l]);
                    sum * &share
                })
            };
            SecondMoments {
                positions: mean(0, 0),
                mixed: mean(0, 2),
                velocities: mean(2, 2),
            }
        };
        let stationary = model.stationary();
        let rest = |x: &SecondMoments<Rational>| -> Result<_, ShapeError> {
            Ok(SecondMoments {
                positions: x.positions.minus(&stationary.positions)?,
                mixed: x.mixed.minus(&stationary.mixed)?,
                velocities: x.velocities.minus(&stationary.velocities)?,
            })
        };
        let mut state = moments(&paths);
        for _ in 0..3 {
            let mut next = Vec::new();
            for path in &paths {
                for signs in [[1, 1], [1, -1], [-1, 1], [-1, -1]] {
                    let v: [Rational; 2] = std::array::from_fn(|k| {
                        let xi =
                            whole(signs[0]) * &columns[0][k] + whole(signs[1]) * &columns[1][k];
                        &beta * &path[2 + k] - &alpha * (&eigenvalues[k] * &path[k] + xi)
                    });
                    let [first, second] = v;
                    next.push([&path[0] + &first, &path[1] + &second, first, second]);
                }
            }
            paths = next;
            let before = rest(&state).map_err(|e| fail(&e))?;
            state = model.step(&state).map_err(|e| fail(&e))?;
            held &= state == moments(&paths);
            let after = model.noiseless_step(&before).map_err(|e| fail(&e))?;
            held &= after == rest(&state).map_err(|e| fail(&e))?;
        }
    }
    Ok(held)
}

/// Whether at `a = scale (1 + b)` (2, unless a test wants it wrong) the roots are -1 and -b, nothing
/// contracts, and the error from rest is `((1 + b) (-1)^t - 2 b (-b)^t)/(1 - b)`.
fn boundary(scale: &Rational) -> bool {
    let ratio = |top, bottom| whole(top) / whole(bottom);
    let one = whole(1);
    [
        ratio(-99, 100),
        ratio(-1, 2),
        whole(0),
        ratio(1, 3),
        ratio(9, 10),
    ]
    .iter()
    .all(|b| {
        let edge = scale * (&one + b);
        let tiny = ratio(1, 1_000_000_000_000);
        let p = |x: &Rational| x.square() - (&one + b - &edge) * x + b;
        let roots = p(&-one.clone()) == whole(0) && p(&-b.clone()) == whole(0);
        let verdicts = !contracts(&edge, b) && contracts(&(&edge - &tiny), b);
        let (mut w, mut v) = (one.clone(), whole(0));
        let follows = (0..12_u32).all(|t| {
            let slow = (&one + b) * Ring::power(&-one.clone(), t);
            let fast = whole(2) * b * Ring::power(&-b.clone(), t);
            let same = w == (slow - fast) / (&one - b);
            v = b * &v - &edge * &w;
            w += &v;
            same
        });
        roots && verdicts && follows
    })
}

/// In how many of the models noise makes some moment smaller within 4 steps; `wrong` takes tau = 2 in
/// place of values up to 1.
fn lowered(wrong: bool) -> usize {
    let ratio = |top: i64, bottom: i64| whole(top) / whole(bottom);
    let rates = [(1, 1), (1, 1000), (2, 1), (19, 10), (5, 2)];
    let momenta = [(0, 1), (-1, 2), (1, 3), (9, 10), (-9, 10)];
    let noises = [(1, 1), (1, 2), (1, 1000), (1, 4), (9, 10)];
    let taus = [1, 0, -1, -5, 1];
    (0..CORNERS)
        .filter(|at| {
            let pick = |list: &[(i64, i64); 5], place: u32| {
                let (top, bottom) = list[at / 5_usize.pow(place) % 5];
                ratio(top, bottom)
            };
            let (b, gamma) = (pick(&momenta, 3), pick(&noises, 4));
            let tau = whole(if wrong { 2 } else { taus[at % 7 % 5] });
            let nodes: Vec<_> = (0..3_u32)
                .map(|k| NodeMoments {
                    eigenvalue: pick(&rates, k),
                    multiplicity: whole(1),
                    moments: [
                        [ratio(1, 1), ratio(1, 1000), whole(0)][(at + k as usize) % 3].clone(),
                        whole(0),
                        whole(0),
                    ],
                })
                .collect();
            let run = |gamma: &Rational| {
                let mut modes = SeModes::new(nodes.clone());
                for _ in 0..4 {
                    modes.step(&whole(1), &b, gamma, &tau);
                }
                modes
            };
            let (noisy, noiseless) = (run(&gamma), run(&whole(0)));
            let mut pairs = noisy.nodes().iter().zip(noiseless.nodes());
            pairs.any(|(x, y)| x.moments[0] < y.moments[0])
        })
        .count()
}

/// How many random pairs have a verdict or a radius other than the growth of the matrix, and how many
/// lie too near the edge to tell; a is multiplied by `factor` in the verdict (1, unless a test wants
/// it wrong).
fn disagreements(factor: f64) -> (usize, usize) {
    let mut random = ChaCha8Rng::seed_from_u64(251);
    let (mut wrong, mut close) = (0, 0);
    for at in 0..PAIRS {
        let mut near = || 10.0_f64.powf(random.random_range(-6.0..=-1.0));
        let sign = if at % 2 == 0 { 1.0 } else { -1.0 };
        let b = match at % 5 {
            0 => 1.0 - near(),
            1 => -1.0 + near(),
            2 => sign * near(),
            _ => random.random_range(-1.2..=1.2),
        };
        let mut near = || 10.0_f64.powf(random.random_range(-6.0..=-1.0));
        let a = match at % 3 {
            0 => 2.0 * (1.0 + b) * (1.0 + sign * near()),
            1 => sign * near(),
            _ => random.random_range(-1.0..=5.0),
        };
        let growth = log_radius(a, b);
        if growth.abs() < 1e-9 {
            close += 1;
            continue;
        }
        let radius = (spectral_radius(a, b).ln() - growth).abs() <= 1e-6 * growth.abs().max(1e-2);
        let [x, y] = characteristic_roots(a, b);
        let product = ((x * y).re - b).abs() <= 1e-13 * (1.0 + a.abs() + b.abs());
        if contracts(&(factor * a), &b) != (growth < 0.0) || !radius || !product {
            wrong += 1;
        }
    }
    (wrong, close)
}

/// ln of the spectral radius of `[[1 - a, b], [-a, b]]`, by 40 squarings (Gelfand).
fn log_radius(a: f64, b: f64) -> f64 {
    let mut m = [[1.0 - a, b], [-a, b]];
    let mut log_scale = 0.0_f64;
    for _ in 0..40 {
        let entry = |i: usize, j: usize| m[i][0] * m[0][j] + m[i][1] * m[1][j];
        let square = [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]];
        let size = square.iter().flatten().fold(0.0_f64, |s, x| s.max(x.abs()));
        log_scale = 2.0 * log_scale + size.ln();
        m = square.map(|row| row.map(|x| x / size));
    }
    log_scale / 2.0_f64.powi(40)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::Outcome;

    #[test]
    fn both_appendices_pass() {
        for check in checks().unwrap() {
            assert_eq!(check.outcome, Outcome::Passed, "{check:?}");
        }
    }

    #[test]
    fn a_wrong_state_and_a_wrong_edge_are_seen() {
        assert!(!stationary(&(whole(1001) / whole(1000))).unwrap());
        assert!(disagreements(1.0 + 1e-4).0 > 0);
        assert!(!additive_average(&(whole(101) / whole(100))).unwrap());
        assert!(!boundary(&(whole(2001) / whole(1000))));
        assert!(lowered(true) > 0);
    }
}
