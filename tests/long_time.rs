//! Exact second moments at long times: the contour with GMRES against iteration, against powers of the
//! full moment operator, and what must be refused.

use std::ops::ControlFlow;
use tauber::dynamics::{
    ExactMoments, KernelView, LongTimeError, LongTimeLosses, LongTimeMoments, SecondMoments,
    StepCoefficients,
};
use tauber::kernel::{KernelProblem, bike, mnist};
use tauber::noise::{Dense, output_space};

fn go() -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn exact(problem: &KernelProblem, batch: u64) -> ExactMoments {
    let view = KernelView::new(problem.dataset_size(), problem.kernel_row_major()).unwrap();
    ExactMoments::new(view, &problem.initial_residual(), batch).unwrap()
}

fn long(start: &ExactMoments, alpha: f64, beta: f64, steps: &[u64]) -> LongTimeLosses {
    LongTimeMoments::new(start.clone(), alpha, beta)
        .unwrap()
        .losses(steps, &go)
        .unwrap()
}

#[test]
fn digits_agree_with_iteration_for_any_momentum() {
    let problem = mnist(40).unwrap();
    let steps = [50, 100, 1000, 4000];
    for (batch, alpha, beta) in [
        (1, 0.2, 0.0),
        (10, 0.5, 0.0),
        (10, 0.2, 0.6),
        (5, 0.5, -0.5),
        (40, 0.5, 0.5),
    ] {
        let start = exact(&problem, batch);
        let found = long(&start, alpha, beta, &steps);
        let mut iterated = start;
        let all = iterated.run(alpha, beta, 4000).unwrap();
        for point in &found.points {
            let expected = all[point.step as usize];
            let error = (point.loss / expected - 1.0).abs();
            let what = format!("b {batch}, beta {beta}, {point:?}, error {error:e}");
            println!("{what} products {} anchor {}", found.products, found.anchor);
            assert!(error < 1e-8, "{what}");
            assert!(
                error <= point.relative_error + 1e-12,
                "estimate too small: {what}"
            );
            assert!(point.relative_error < 1e-6, "estimate useless: {what}");
            assert_eq!(point.iterated, point.step <= found.iterations, "{what}");
        }
        assert!(found.iterations < 1000);
    }
}

#[test]
fn exponential_decay_and_growth_are_followed_relatively() {
    // No small eigenvalues: the loss falls as 0.97^t, or grows beyond the edge.
    let n = 12;
    let kernel: Vec<f64> = (0..n * n)
        .map(|e| {
            let (i, j) = (e / n, e % n);
            let wave = 0.02 * ((i + j) as f64 * 0.7).cos();
            wave + if i == j { 0.3 } else { 0.0 }
        })
        .collect();
    let residual: Vec<f64> = (0..n).map(|i| (1.3 * i as f64).sin() + 0.2).collect();
    let view = KernelView::new(n, &kernel).unwrap();
    for (batch, alpha, beta) in [(1, 0.05, 0.0), (1, 0.04, -0.3), (1, 0.9, 0.0)] {
        let start = ExactMoments::new(view, &residual, batch).unwrap();
        let found = long(&start, alpha, beta, &[400, 1000]);
        let mut iterated = start;
        let all = iterated.run(alpha, beta, 1000).unwrap();
        for point in &found.points {
            let expected = all[point.step as usize];
            let error = (point.loss / expected - 1.0).abs();
            println!("{point:?} {expected:e} {error:e} anchor {}", found.anchor);
            assert!(
                error < 1e-7 && error <= point.relative_error + 1e-12,
                "{point:?} {expected:e}"
            );
        }
        let falling = all[1000] < all[0];
        assert_eq!(falling, found.anchor < 0.0);
    }
}

/// The 3 N^2-dimensional linear map of (C, J, V) as a matrix, by applying the reference step to unit
/// vectors, and its powers by repeated squaring: shares nothing with the contour.
#[test]
fn a_hundred_thousand_steps_agree_with_powers_of_the_full_operator() {
    let n = 3;
    let kernel = vec![0.5, 0.2, 0.1, 0.2, 0.4, 0.1, 0.1, 0.1, 0.3];
    let residual = [1.0, -1.0, 0.5];
    let (alpha, beta, batch) = (0.000_2, 0.4, 1);
    let h = Dense::new(n, n, kernel.clone()).unwrap();
    let coefficients = StepCoefficients {
        learning_rate: alpha,
        momentum: beta,
        noise_amplitude: 1.0,
    };
    let dimension = 3 * n * n;
    let matrix_of = |x: &[f64]| Dense::new(n, n, x.to_vec()).unwrap();
    let step = |x: &[f64]| -> Vec<f64> {
        let state = SecondMoments {
            positions: matrix_of(&x[..9]),
            mixed: matrix_of(&x[9..18]),
            velocities: matrix_of(&x[18..]),
        };
        let sigma = output_space(&h, &state.positions).unwrap();
        let next = state.step(&h, &coefficients, &sigma).unwrap();
        [next.positions, next.mixed, next.velocities]
            .iter()
            .flat_map(|m| m.entries().to_vec())
            .collect()
    };
    // Unit vectors, symmetrised where the state is symmetric, give the columns.
    let mut power = vec![vec![0.0; dimension]; dimension];
    for column in 0..dimension {
        let mut x = vec![0.0; dimension];
        x[column] = 1.0;
        for (row, value) in step(&x).into_iter().enumerate() {
            power[row][column] = value;
        }
    }
    let times = |a: &[Vec<f64>], b: &[Vec<f64>]| -> Vec<Vec<f64>> {
        (0..dimension)
            .map(|i| {
                (0..dimension)
                    .map(|j| (0..dimension).map(|k| a[i][k] * b[k][j]).sum())
                    .collect()
            })
            .collect()
    };
    let mut state: Vec<f64> = residual
        .iter()
        .flat_map(|x| residual.iter().map(move |y| x * y))
        .collect();
    state.resize(dimension, 0.0);
    let t = 100_000_u64;
    let mut left = t;
    while left > 0 {
        if left & 1 == 1 {
            state = power
                .iter()
                .map(|row| row.iter().zip(&state).map(|(a, x)| a * x).sum())
                .collect();
        }
        power = times(&power, &power);
        left >>= 1;
    }
    let expected = (state[0] + state[4] + state[8]) / (2.0 * n as f64);
    let view = KernelView::new(n, &kernel).unwrap();
    let start = ExactMoments::new(view, &residual, batch).unwrap();
    let found = long(&start, alpha, beta, &[t]);
    let error = (found.points[0].loss / expected - 1.0).abs();
    assert!(error < 1e-8, "{error:e} {found:?} {expected:e}");
    // Another batch size has another loss there.
    let start = ExactMoments::new(view, &residual, 2).unwrap();
    let other = long(&start, alpha, beta, &[t]).points[0].loss;
    assert!((other / expected - 1.0).abs() > 1e-6);
}

#[test]
fn parameter_space_gives_the_same_losses() {
    let (n, d) = (8, 4);
    let features: Vec<f64> = (0..n * d).map(|e| ((e * e) as f64 * 1.7).sin()).collect();
    let deviation = [0.5, -1.0, 0.3, 0.8];
    let start = ExactMoments::in_parameter_space(&features, &deviation, 2).unwrap();
    let found = long(&start, 0.02, 0.3, &[100, 2000]);
    let mut iterated = start;
    let all = iterated.run(0.02, 0.3, 2000).unwrap();
    for point in &found.points {
        assert!(
            (point.loss / all[point.step as usize] - 1.0).abs() < 1e-7,
            "{point:?}"
        );
    }
}

#[test]
fn what_never_vanishes_stays() {
    // Rank 1 of 2: the residual outside the range of K stays, and drives noise.
    let kernel = [0.5, 0.5, 0.5, 0.5];
    let view = KernelView::new(2, &kernel).unwrap();
    let start = ExactMoments::new(view, &[1.0, 0.5], 1).unwrap();
    let found = long(&start, 0.2, 0.0, &[1000, 1_000_000]);
    let mut iterated = start;
    let limit = iterated.run(0.2, 0.0, 1000).unwrap()[1000];
    assert!(limit > 0.01);
    for point in &found.points {
        assert!((point.loss / limit - 1.0).abs() < 1e-8, "{point:?} {limit}");
    }
}

#[test]
fn a_curve_over_decades_shares_its_nodes_and_agrees_with_single_steps() {
    let problem = bike(40).unwrap();
    let start = exact(&problem, 4);
    let steps: Vec<u64> = vec![100, 200, 400, 700, 1000, 20_000];
    let found = long(&start, 0.05, 0.0, &steps);
    for step in [400, 20_000] {
        let alone = long(&start, 0.05, 0.0, &[step]).points[0];
        let shared = found.points.iter().find(|p| p.step == step).unwrap();
        assert!(
            (alone.loss / shared.loss - 1.0).abs() < 1e-8,
            "{alone:?} {shared:?}"
        );
    }
}

#[test]
fn what_is_out_of_range_is_refused_with_what_would_be_right() {
    let kernel = [1.0, 0.0, 0.0, 0.5];
    let view = KernelView::new(2, &kernel).unwrap();
    let start = ExactMoments::new(view, &[1.0, 1.0], 1).unwrap();
    assert!(LongTimeMoments::new(start.clone(), 0.0, 0.0).is_err());
    assert!(LongTimeMoments::new(start.clone(), 0.1, 1.0).is_err());
    let mut stepped = start.clone();
    stepped.step(0.1, 0.0).unwrap();
    assert_eq!(
        LongTimeMoments::new(stepped, 0.1, 0.0).unwrap_err(),
        LongTimeError::NotAtRest(1)
    );
    let long = LongTimeMoments::new(start, 0.1, 0.0).unwrap();
    let text = long.losses(&[5, 5], &go).unwrap_err().to_string();
    assert!(text.contains("increase strictly"), "{text}");
    let cancelled = long.losses(&[1000], &|| ControlFlow::Break(()));
    assert_eq!(cancelled, Err(LongTimeError::Cancelled));
    let indefinite = [1.0, 0.0, 0.0, -0.5];
    let view = KernelView::new(2, &indefinite).unwrap();
    let start = ExactMoments::new(view, &[1.0, 1.0], 1).unwrap();
    let text = LongTimeMoments::new(start, 0.1, 0.0)
        .unwrap_err()
        .to_string();
    assert!(text.contains("positive semi-definite"), "{text}");
}

#[test]
fn momentum_near_one_is_refused_where_oscillations_have_not_died_out() {
    // beta = 0.9999: products of oscillating modes fall as 0.9999^t only.
    let kernel = [1.0, 0.1, 0.1, 0.5];
    let view = KernelView::new(2, &kernel).unwrap();
    let start = ExactMoments::new(view, &[1.0, -1.0], 2).unwrap();
    let long = LongTimeMoments::new(start, 0.1, 0.9999).unwrap();
    let error = long.losses(&[10_000], &go).unwrap_err();
    assert!(
        matches!(error, LongTimeError::Unsettled { window: 4096, .. }),
        "{error}"
    );
}
