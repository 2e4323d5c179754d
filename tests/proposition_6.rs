//! Proposition 6, (55)-(57): second moments in output space; (52), (53), (64); and the fast f64
//! dynamics of a kernel against the exact map.

mod dynamics_support;

use dynamics_support::{
    Model, State, gamma, q, ratio, second_moments, subsets, true_update, tuples,
};
use tauber::dynamics::{ExactMoments, KernelView, SecondMoments, StepCoefficients};
use tauber::noise::{Dense, hessian, output_space, output_space_weighted, parameter_space};
use tauber::number::{Rational, rational_to_f64};

fn gram(model: &Model) -> Dense<Rational> {
    let features = model.feature_matrix();
    features.times(&features.transposed()).unwrap()
}

fn output_moments(model: &Model, states: &[State]) -> SecondMoments<Rational> {
    let weight = ratio(1, states.len());
    let pairs: Vec<_> = states
        .iter()
        .map(|state| {
            let (x, v) = model.output_pair(state);
            (weight.clone(), x, v)
        })
        .collect();
    second_moments(&pairs)
}

fn coefficients(alpha: &str, beta: &str, gamma: Rational) -> StepCoefficients<Rational> {
    StepCoefficients {
        learning_rate: q(alpha),
        momentum: q(beta),
        noise_amplitude: gamma,
    }
}

fn all_updates(
    model: &Model,
    states: &[State],
    batches: &[Vec<usize>],
    alpha: &str,
    beta: &str,
) -> Vec<State> {
    states
        .iter()
        .flat_map(|state| {
            batches.iter().map(move |batch| {
                true_update(
                    &model.features,
                    &model.target,
                    batch,
                    &q(alpha),
                    &q(beta),
                    state,
                )
            })
        })
        .collect()
}

#[test]
fn average_over_all_batches_is_the_map_for_every_n_up_to_5_and_every_b() {
    for n in 1..=5 {
        for b in 1..=n {
            // More parameters than points, as many, and fewer.
            for d in [1, 3] {
                let model = Model::random(n, d, (n * 100 + b * 10 + d) as u64);
                let k = gram(&model).scaled(&ratio(1, n));
                let before = output_moments(&model, &model.states);
                let after = all_updates(&model, &model.states, &subsets(n, b), "2/3", "-1/4");
                let sigma = output_space(&k, &before.positions).unwrap();
                let c = coefficients("2/3", "-1/4", gamma(n, b));
                assert_eq!(
                    output_moments(&model, &after),
                    before.step(&k, &c, &sigma).unwrap(),
                    "N {n}, b {b}, d {d}"
                );
            }
        }
    }
}

/// (55) needs no reachable target: with one that no w attains, the residuals still obey it.
#[test]
fn unreachable_targets_obey_the_output_space_map_too() {
    let mut model = Model::random(4, 2, 3);
    model.target = vec![q("1"), q("-2"), q("1/2"), q("3")];
    let k = gram(&model).scaled(&q("1/4"));
    let before = output_moments(&model, &model.states);
    let after = all_updates(&model, &model.states, &subsets(4, 2), "1/2", "1/5");
    let sigma = output_space(&k, &before.positions).unwrap();
    let c = coefficients("1/2", "1/5", gamma(4, 2));
    assert_eq!(
        output_moments(&model, &after),
        before.step(&k, &c, &sigma).unwrap()
    );
}

#[test]
fn iid_points_with_unequal_weights_obey_57() {
    let weights = [q("1/2"), q("1/3"), q("1/6")];
    for b in 1..=3 {
        let model = Model::random(3, 2, 40 + b as u64);
        let mut pairs = Vec::new();
        for state in &model.states {
            for batch in tuples(3, b) {
                let probability = batch.iter().fold(q("1/3"), |p, &i| p * weights[i].clone());
                let next = true_update(
                    &model.features,
                    &model.target,
                    &batch,
                    &q("1/2"),
                    &q("1/3"),
                    state,
                );
                let (x, v) = model.output_pair(&next);
                pairs.push((probability, x, v));
            }
        }
        let before = output_moments(&model, &model.states);
        let g = gram(&model);
        let sigma = output_space_weighted(&g, &weights, &before.positions).unwrap();
        // (K f)(x) = sum_i p_i k(x, x_i) f(x_i): the columns carry the weights.
        let k = Dense::from_fn(3, 3, |i, j| g.entry(i, j) * weights[j].clone());
        let c = coefficients("1/2", "1/3", ratio(1, b));
        assert_eq!(
            second_moments(&pairs),
            before.step(&k, &c, &sigma).unwrap(),
            "b {b}"
        );
    }
}

#[test]
fn three_steps_over_all_batch_sequences_and_the_relation_52() {
    let schedule = [("1/2", "1/3"), ("1", "-1/4"), ("1/3", "2/3")];
    let (n, b) = (3, 2);
    let model = Model::random(n, 2, 21);
    let features = model.feature_matrix();
    let weights = vec![ratio(1, n); n];
    let h = hessian(&features, &weights).unwrap();
    let k = gram(&model).scaled(&ratio(1, n));
    let mut states = model.states.clone();
    let mut output = output_moments(&model, &states);
    let pairs: Vec<_> = states
        .iter()
        .map(|state| {
            let (x, v) = model.parameter_pair(state);
            (q("1/3"), x, v)
        })
        .collect();
    let mut parameter = second_moments(&pairs);
    for (alpha, beta) in schedule {
        let c = coefficients(alpha, beta, gamma(n, b));
        states = all_updates(&model, &states, &subsets(n, b), alpha, beta);
        let sigma = output_space(&k, &output.positions).unwrap();
        output = output.step(&k, &c, &sigma).unwrap();
        let sigma = parameter_space(&features, &weights, &parameter.positions).unwrap();
        parameter = parameter.step(&h, &c, &sigma).unwrap();
        assert_eq!(output_moments(&model, &states), output);
        // (52): M_out(x, x') = <psi(x), M psi(x')> for each of C, J, V.
        let image = |m: &Dense<Rational>| {
            features
                .times(m)
                .unwrap()
                .times(&features.transposed())
                .unwrap()
        };
        assert_eq!(image(&parameter.positions), output.positions);
        assert_eq!(image(&parameter.mixed), output.mixed);
        assert_eq!(image(&parameter.velocities), output.velocities);
    }
}

/// A model with rational eigenvectors and rational sqrt(lambda_k): Phi from the quaternion
/// (1, 2, 2, 4)/5, lambda = (1, 4/9, 1/4, 1/25), N = d = 4, psi(x_i) = 2 Lambda^{1/2} Phi^T e_i.
#[test]
fn eigenbasis_components_obey_53_and_64() {
    let five = q("1/5");
    let phi = Dense::new(
        4,
        4,
        [1, -2, -2, -4, 2, 1, -4, 2, 2, 4, 1, -2, 4, -2, 2, 1]
            .map(|x: i64| q(&x.to_string()) * &five)
            .to_vec(),
    )
    .unwrap();
    let phi_t = phi.transposed();
    assert_eq!(phi_t.times(&phi).unwrap(), Dense::identity(4));
    let roots = ["1", "2/3", "1/2", "1/5"].map(q);
    let features: Vec<Vec<Rational>> = (0..4)
        .map(|i| {
            (0..4)
                .map(|k| q("2") * &roots[k] * phi.entry(i, k))
                .collect()
        })
        .collect();
    let mut model = Model::random(4, 4, 17);
    model.target = features
        .iter()
        .map(|psi| dynamics_support::dot(psi, &model.optimum))
        .collect();
    model.features = features;
    let mut states = model.states.clone();
    for (alpha, beta) in [("1/2", "1/3"), ("1", "-1/4")] {
        states = all_updates(&model, &states, &subsets(4, 3), alpha, beta);
        let output = output_moments(&model, &states);
        let weight = ratio(1, states.len());
        let pairs: Vec<_> = states
            .iter()
            .map(|state| {
                let (x, v) = model.parameter_pair(state);
                (weight.clone(), x, v)
            })
            .collect();
        // u_k are the coordinate vectors: H = diag(lambda).
        let parameter = second_moments(&pairs);
        for (m_out, m) in [
            (&output.positions, &parameter.positions),
            (&output.mixed, &parameter.mixed),
            (&output.velocities, &parameter.velocities),
        ] {
            let rotated = phi_t.times(m_out).unwrap().times(&phi).unwrap();
            for k in 0..4 {
                for l in 0..4 {
                    assert_eq!(
                        rotated.entry(k, l) * q("1/4"),
                        m.entry(k, l) * &roots[k] * &roots[l],
                        "({k}, {l})"
                    );
                }
            }
        }
    }
}

/// The fast f64 dynamics in the eigenbasis against the exact rational map, every batch size,
/// negative and positive momentum, a schedule, an unreachable target.
#[test]
fn exact_moments_in_f64_follow_the_rational_map() {
    let n = 5;
    // Rank 3 < N: a null space whose residual stays.
    let model = Model::random(n, 3, 77);
    let k = gram(&model).scaled(&ratio(1, n));
    let residual = ["1", "-2", "1/2", "3", "1/4"].map(q);
    let entries: Vec<f64> = k.entries().iter().map(rational_to_f64).collect();
    let start: Vec<f64> = residual.iter().map(rational_to_f64).collect();
    let view = KernelView::new(n, &entries).unwrap();
    for b in 1..=n {
        let mut fast = ExactMoments::new(view, &start, b as u64).unwrap();
        let mut exact = SecondMoments::at_rest(Dense::outer(&residual, &residual));
        for (alpha, beta) in [
            ("1/16", "1/2"),
            ("1/8", "-3/4"),
            ("1/8", "0"),
            ("1/4", "1/4"),
        ] {
            let c = coefficients(alpha, beta, gamma(n, b));
            let sigma = output_space(&k, &exact.positions).unwrap();
            exact = exact.step(&k, &c, &sigma).unwrap();
            let loss = fast
                .step(rational_to_f64(&q(alpha)), rational_to_f64(&q(beta)))
                .unwrap();
            let expected = rational_to_f64(&(exact.positions.trace() * q("1/10")));
            assert!(
                (loss - expected).abs() < 1e-13 * expected,
                "b {b}: {loss} against {expected}"
            );
            let scale = exact.positions.entries().iter().map(rational_to_f64);
            let scale = scale.fold(0.0_f64, |m, x| m.max(x.abs()));
            for (i, x) in fast.point_moments().iter().enumerate() {
                let expected = rational_to_f64(&exact.positions.entry(i, i));
                assert!((x - expected).abs() < 1e-13 * scale, "b {b}, point {i}");
            }
        }
        let signal: f64 = fast.mode_signal().iter().sum();
        assert!((0.5 * signal - fast.loss()).abs() < 1e-13 * fast.loss());
    }
}

#[test]
fn a_kernel_that_is_no_kernel_is_refused() {
    assert!(KernelView::new(2, &[1.0, 0.0, 0.0]).is_err());
    assert!(KernelView::new(2, &[1.0, f64::NAN, f64::NAN, 1.0]).is_err());
    assert!(KernelView::new(2, &[1.0, 0.5, 0.4, 1.0]).is_err());
    let k = [1.0, 0.5, 0.5, 1.0];
    let view = KernelView::new(2, &k).unwrap();
    assert!(ExactMoments::new(view, &[1.0, 2.0, 3.0], 1).is_err());
    assert!(ExactMoments::new(view, &[1.0, 2.0], 3).is_err());
    assert!(ExactMoments::with_replacement(view, &[1.0, 2.0], 3).is_ok());
    assert!(ExactMoments::with_replacement(view, &[1.0, 2.0], 0).is_err());
}
