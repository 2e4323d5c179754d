//! The exact noise along the exact trajectory: against the covariance of the gradients of all batches,
//! averaged over all sequences of batches, in exact rationals; and E of (241) for Jacobians of any shape.

mod dynamics_support;
mod noise_support;

use dynamics_support::{State, gamma, q, subsets, true_update};
use noise_support::{Floats, rotation};
use tauber::dynamics::{
    ExactMoments, ExactNoise, KernelView, SecondMoments, Space, StepCoefficients, TauFitConfig,
    exact_noise_along, fit_tau_of_jacobian, trace_distance,
};
use tauber::noise::{
    Dense, TraceDistance, covariance_of_jacobian, output_space, spectrally_expressible,
};
use tauber::number::{Rational, Ring, rational_to_f64};

const POINTS: usize = 4;
const BATCH: usize = 2;
const STEPS: usize = 3;

/// Square roots of the eigenvalues of H = diag(9/4, 1, 4/9): three modes, four points.
fn roots() -> [Rational; 3] {
    ["3/2", "1", "2/3"].map(q)
}

/// `psi(x_i) = 2 (r_k Phi_ik)_k`, so that `H = 1/4 sum psi psi^T` is diagonal.
fn features() -> Vec<Vec<Rational>> {
    let phi = rotation(POINTS, 1);
    (0..POINTS)
        .map(|i| {
            let entry = |(k, r): (usize, &Rational)| q("2") * r * phi.entry(i, k);
            roots().iter().enumerate().map(entry).collect()
        })
        .collect()
}

fn start() -> Vec<Rational> {
    ["1", "-2/3", "5/4"].map(q).to_vec()
}

/// Sigma_t for t = 0..=STEPS: `1/gamma E[(g_B - H w)(g_B - H w)^T]` over all batches B and all sequences
/// of batches before it. The optimum is 0.
fn enumerated() -> Vec<Dense<Rational>> {
    let features = features();
    let target = vec![q("0"); POINTS];
    let batches = subsets(POINTS, BATCH);
    let share = q("1") / Rational::from_integer(batches.len().into());
    let (alpha, beta) = (q("1/3"), q("1/4"));
    let gradient = |w: &[Rational], batch: &[usize]| {
        let rest = State {
            w: w.to_vec(),
            v: vec![q("0"); w.len()],
        };
        let next = true_update(&features, &target, batch, &q("1"), &q("0"), &rest);
        next.v.iter().map(|v| -v).collect::<Vec<_>>()
    };
    let mut paths = vec![(
        q("1"),
        State {
            w: start(),
            v: vec![q("0"); 3],
        },
    )];
    let all: Vec<usize> = (0..POINTS).collect();
    let mut found = Vec::new();
    for step in 0..=STEPS {
        let mut sum = Dense::zeros(3, 3);
        for (p, state) in &paths {
            let mean = gradient(&state.w, &all);
            for batch in &batches {
                let noise: Vec<Rational> = (gradient(&state.w, batch).iter().zip(&mean))
                    .map(|(g, m)| g - m)
                    .collect();
                let term = Dense::outer(&noise, &noise).scaled(&(p * &share));
                sum = sum.plus(&term).unwrap();
            }
        }
        found.push(sum.scaled(&(q("1") / gamma(POINTS, BATCH))));
        if step == STEPS {
            break;
        }
        paths = paths
            .iter()
            .flat_map(|(p, state)| batches.iter().map(move |b| (p, state, b)))
            .map(|(p, state, batch)| {
                let next = true_update(&features, &target, batch, &alpha, &beta, state);
                (p * &share, next)
            })
            .collect();
    }
    found
}

/// Psi, raw residuals and features (row-major) in f64.
fn in_floats() -> (Dense<f64>, Vec<f64>, Vec<f64>) {
    let features = features();
    let psi = Dense::from_fn(3, POINTS, |k, i| 0.5 * rational_to_f64(&features[i][k]));
    let residual = features
        .iter()
        .map(|row| rational_to_f64(&dynamics_support::dot(row, &start())))
        .collect();
    let rows = features.iter().flatten().map(rational_to_f64).collect();
    (psi, residual, rows)
}

fn assert_noise(found: &ExactNoise, expected: &Dense<Rational>, space: Space, label: &str) {
    let lambda: Vec<f64> = roots()
        .iter()
        .map(|r| rational_to_f64(&r.square()))
        .collect();
    for k in 0..3 {
        assert!(
            (found.eigenvalues[k] / lambda[k] - 1.0).abs() < 1e-13,
            "{label}"
        );
        for l in 0..3 {
            let unit = match space {
                Space::Output => (lambda[k] * lambda[l]).sqrt(),
                Space::Parameter => 1.0,
            };
            // Eigenvectors have a sign of their own: squares off the diagonal.
            let (x, y) = (
                found.covariance.entry(k, l),
                unit * rational_to_f64(&expected.entry(k, l)),
            );
            let same = if k == l { x - y } else { x.abs() - y.abs() };
            assert!(
                same.abs() < 1e-12 * y.abs().max(1.0),
                "{label} {k} {l}: {x} {y}"
            );
        }
    }
}

#[test]
fn the_noise_at_each_step_is_the_covariance_of_all_batches_after_all_sequences() {
    let expected = enumerated();
    // Another state at each step, or the test would be empty.
    assert!(expected.windows(2).all(|pair| pair[0] != pair[1]));
    let (psi, residual, rows) = in_floats();
    let weights: Vec<f64> = start().iter().map(rational_to_f64).collect();
    let at: Vec<u64> = (0..=STEPS as u64).collect();
    for space in [Space::Output, Space::Parameter] {
        let outputs = ExactMoments::of_jacobian(&psi, &residual, BATCH as u64).unwrap();
        let parameters = ExactMoments::in_parameter_space(&rows, &weights, BATCH as u64).unwrap();
        for (label, mut moments) in [("outputs", outputs), ("parameters", parameters)] {
            let found = exact_noise_along(&mut moments, 1.0 / 3.0, 0.25, &at, space).unwrap();
            assert_eq!(found.len(), STEPS + 1);
            for (noise, expected) in found.iter().zip(&expected) {
                let label = format!("{label}, {space:?}, step {}", noise.step);
                assert_noise(noise, expected, space, &label);
                // The loss is half the trace of C_out, or of H C.
                let twice: f64 = (0..noise.eigenvalues.len())
                    .map(|k| match space {
                        Space::Output => noise.moments.entry(k, k),
                        Space::Parameter => noise.eigenvalues[k] * noise.moments.entry(k, k),
                    })
                    .sum();
                assert!((0.5 * twice / noise.loss - 1.0).abs() < 1e-12, "{label}");
                // The kernel of four points has a fourth mode, without noise.
                let components = noise.components();
                assert!(components[3..].iter().all(|x| x.abs() < 1e-13), "{label}");
            }
        }
    }
}

#[test]
fn the_fit_of_tau_reports_the_same_components_beside_their_se_form() {
    let expected = enumerated();
    let (psi, residual, _) = in_floats();
    for space in [Space::Output, Space::Parameter] {
        let config = TauFitConfig {
            learning_rate: 1.0 / 3.0,
            momentum: 0.25,
            batch_size: BATCH as u64,
            steps: STEPS as u64,
            at: vec![0, 1, 3],
            space,
        };
        let fit = fit_tau_of_jacobian(&psi, &residual, &config).unwrap();
        for quality in &fit.quality {
            let sigma = &expected[quality.step as usize];
            for k in 0..3 {
                let lambda = fit.eigenvalues[k];
                let unit = if space == Space::Output { lambda } else { 1.0 };
                let y = unit * rational_to_f64(&sigma.entry(k, k));
                let x = quality.components[k];
                assert!(
                    (x - y).abs() < 1e-12 * y.abs().max(1.0),
                    "{space:?} {k}: {x} {y}"
                );
            }
            // The SE form of a diagonal C with the same components, by the operator (81).
            let h = noise_support::diagonal(&fit.eigenvalues[..3]);
            let c = noise_support::diagonal(&quality.moments[..3]);
            let se = quality.spectrally_expressible(&fit.eigenvalues, 0.7, -0.4, space);
            if space == Space::Parameter {
                let operator = spectrally_expressible(&h, &c, &0.7, &-0.4).unwrap();
                for (k, x) in se[..3].iter().enumerate() {
                    assert!((x - operator.entry(k, k)).abs() < 1e-12);
                }
            } else {
                let trace: f64 = quality.moments.iter().sum();
                for (k, x) in se[..3].iter().enumerate() {
                    let own = 0.7 * trace + 0.4 * quality.moments[k];
                    assert!((x - fit.eigenvalues[k].powi(2) * own).abs() < 1e-12);
                }
            }
        }
    }
}

/// A random Jacobian, a deviation in its range, and the raw residuals `sqrt N Psi^T w`.
fn model(rows: usize, points: usize, seed: u64) -> (Dense<f64>, Vec<f64>, Vec<f64>) {
    let mut floats = Floats::new(seed);
    let psi = floats.matrix(rows, points).scaled(&0.5);
    let free: Vec<f64> = (0..points).map(|_| floats.next()).collect();
    // In the range of Psi, so that it moves.
    let w: Vec<f64> = (0..rows)
        .map(|a| (0..points).map(|i| psi.entry(a, i) * free[i]).sum())
        .collect();
    let scale = (points as f64).sqrt();
    let residual = (0..points)
        .map(|i| scale * (0..rows).map(|a| psi.entry(a, i) * w[a]).sum::<f64>())
        .collect();
    (psi, w, residual)
}

fn config(space: Space) -> TauFitConfig {
    TauFitConfig {
        learning_rate: 0.2,
        momentum: 0.3,
        batch_size: 2,
        steps: 4,
        at: vec![0, 1, 2, 3, 4],
        space,
    }
}

#[test]
fn jacobians_with_fewer_or_more_parameters_than_points_have_the_distances_of_the_dense_matrices() {
    for (seed, (rows, points)) in [(3, 5), (2, 6), (5, 3), (7, 4), (1, 4)]
        .into_iter()
        .enumerate()
    {
        let (psi, w, residual) = model(rows, points, seed as u64);
        let label = format!("d = {rows}, N = {points}");
        let h = psi.times(&psi.transposed()).unwrap();
        let kernel = psi.transposed().times(&psi).unwrap();
        let coefficients = StepCoefficients {
            learning_rate: 0.2,
            momentum: 0.3,
            noise_amplitude: (points - 2) as f64 / (2 * (points - 1)) as f64,
        };
        let mut state = SecondMoments::at_rest(Dense::outer(&w, &w));
        let by_outputs = fit_tau_of_jacobian(&psi, &residual, &config(Space::Output));
        let by_parameters = fit_tau_of_jacobian(&psi, &residual, &config(Space::Parameter));
        if rows == 1 {
            // One mode: X_1 and X_2 are proportional, and no pair of numbers is the best.
            for fit in [by_outputs, by_parameters] {
                let quality = fit.unwrap().quality;
                assert!(!quality.is_empty() && quality.iter().all(|q| q.best.is_none()));
            }
            continue;
        }
        let (outputs, parameters) = (by_outputs.unwrap(), by_parameters.unwrap());
        assert!(
            outputs.null_space_loss < 1e-14 * outputs.losses[0],
            "{label}"
        );
        for step in 0..5 {
            let c = &state.positions;
            let loss = 0.5 * h.times(c).unwrap().trace();
            let sigma = covariance_of_jacobian(&psi, c).unwrap();
            let c_out = psi.transposed().times(c).unwrap().times(&psi).unwrap();
            let sigma_out = output_space(&kernel, &c_out).unwrap();
            let literal = [
                TraceDistance::in_output_space(&sigma_out, &kernel, &c_out).unwrap(),
                TraceDistance::in_parameter_space(&sigma, &h, c).unwrap(),
            ];
            for (fit, literal) in [&outputs, &parameters].into_iter().zip(&literal) {
                assert!((fit.losses[step] / loss - 1.0).abs() < 1e-11, "{label}");
                let found = &fit.quality[step];
                for (x, y) in found.best.unwrap().iter().zip(literal.minimiser().unwrap()) {
                    assert!((x - y).abs() < 1e-8 * y.abs().max(1.0), "{label}: {x} {y}");
                }
                let (x, y) = (
                    found.distance.at(&1.0, &-0.5).unwrap(),
                    literal.at(&1.0, &-0.5).unwrap(),
                );
                assert!((x / y - 1.0).abs() < 1e-9, "{label}: {x} {y}");
                let (x, y) = (
                    found.distance.axis_ratio().unwrap(),
                    literal.axis_ratio().unwrap(),
                );
                assert!((x / y - 1.0).abs() < 1e-6, "{label}: {x} {y}");
            }
            state = state.step(&h, &coefficients, &sigma).unwrap();
        }
    }
}

#[test]
fn moments_of_parameters_and_of_outputs_have_the_same_distance_in_either_space() {
    for (rows, points) in [(3, 5), (5, 3), (4, 4)] {
        let (psi, w, residual) = model(rows, points, 9);
        let scale = (points as f64).sqrt();
        let features: Vec<f64> = (0..points)
            .flat_map(|i| (0..rows).map(move |a| (i, a)))
            .map(|(i, a)| scale * psi.entry(a, i))
            .collect();
        for space in [Space::Output, Space::Parameter] {
            let mut outputs = ExactMoments::of_jacobian(&psi, &residual, 1).unwrap();
            let mut parameters = ExactMoments::in_parameter_space(&features, &w, 1).unwrap();
            for _ in 0..3 {
                let found = [&mut outputs, &mut parameters]
                    .map(|moments| trace_distance(moments, space).minimiser().unwrap());
                for (x, y) in found[0].iter().zip(&found[1]) {
                    assert!(
                        (x - y).abs() < 1e-7 * y.abs().max(1.0),
                        "{space:?}: {x} {y}"
                    );
                }
                outputs.step(0.2, 0.3).unwrap();
                parameters.step(0.2, 0.3).unwrap();
            }
        }
    }
}

#[test]
fn a_target_out_of_reach_has_the_losses_of_the_output_map_with_its_additive_noise() {
    // d = 2 < N = 5 and any residual: a part lies in the null space of K.
    let (psi, _, _) = model(2, 5, 21);
    let mut floats = Floats::new(22);
    let residual: Vec<f64> = (0..5).map(|_| floats.next()).collect();
    let fit = fit_tau_of_jacobian(&psi, &residual, &config(Space::Output)).unwrap();
    assert!(fit.null_space_loss > 0.05 * fit.losses[0]);
    let kernel = psi.transposed().times(&psi).unwrap();
    let coefficients = StepCoefficients {
        learning_rate: 0.2,
        momentum: 0.3,
        noise_amplitude: 3.0 / 8.0,
    };
    let mut state = SecondMoments::at_rest(Dense::outer(&residual, &residual));
    for loss in &fit.losses {
        let literal = 0.1 * state.positions.trace();
        assert!((loss / literal - 1.0).abs() < 1e-11, "{loss} {literal}");
        let sigma = output_space(&kernel, &state.positions).unwrap();
        state = state.step(&kernel, &coefficients, &sigma).unwrap();
    }
    // A Jacobian that is no table of numbers, or of another width, is refused.
    let broken = Dense::from_fn(2, 5, |a, i| if a + i == 3 { f64::NAN } else { 1.0 });
    assert!(fit_tau_of_jacobian(&broken, &residual, &config(Space::Output)).is_err());
    assert!(fit_tau_of_jacobian(&psi, &residual[..4], &config(Space::Output)).is_err());
    let none = Dense::<f64>::zeros(2, 0);
    assert!(fit_tau_of_jacobian(&none, &[], &config(Space::Output)).is_err());
    assert!(KernelView::new(0, &[]).is_err());
}
