//! Proposition 1, (4)-(5): the map of second moments in parameter space is the average of the true
//! update over all batches. Everything in exact rationals; the averages are enumerated.

mod dynamics_support;

use dynamics_support::{Model, gamma, q, ratio, second_moments, subsets, true_update, tuples};
use tauber::dynamics::{SecondMoments, StepCoefficients};
use tauber::noise::{hessian, parameter_space};
use tauber::number::{Rational, Ring};

/// The moments of the model's states themselves.
fn initial(model: &Model) -> SecondMoments<Rational> {
    let third = q("1/3");
    let pairs: Vec<_> = model
        .states
        .iter()
        .map(|state| {
            let (x, v) = model.parameter_pair(state);
            (third.clone(), x, v)
        })
        .collect();
    second_moments(&pairs)
}

/// One step of (4) with (5).
fn mapped(
    model: &Model,
    moments: &SecondMoments<Rational>,
    weights: &[Rational],
    coefficients: &StepCoefficients<Rational>,
) -> SecondMoments<Rational> {
    let features = model.feature_matrix();
    let h = hessian(&features, weights).unwrap();
    let sigma = parameter_space(&features, weights, &moments.positions).unwrap();
    moments.step(&h, coefficients, &sigma).unwrap()
}

fn coefficients(alpha: &str, beta: &str, gamma: Rational) -> StepCoefficients<Rational> {
    StepCoefficients {
        learning_rate: q(alpha),
        momentum: q(beta),
        noise_amplitude: gamma,
    }
}

#[test]
fn average_over_all_batches_is_the_map_for_every_n_up_to_5_and_every_b() {
    for n in 1..=5 {
        for b in 1..=n {
            for (alpha, beta) in [("1/2", "1/3"), ("3/2", "-2/5"), ("1", "0")] {
                let seed = (n * 10 + b) as u64;
                let model = Model::random(n, 2, seed);
                let batches = subsets(n, b);
                let weight = ratio(1, 3 * batches.len());
                let mut pairs = Vec::new();
                for state in &model.states {
                    for batch in &batches {
                        let next = true_update(
                            &model.features,
                            &model.target,
                            batch,
                            &q(alpha),
                            &q(beta),
                            state,
                        );
                        let (x, v) = model.parameter_pair(&next);
                        pairs.push((weight.clone(), x, v));
                    }
                }
                let weights = vec![ratio(1, n); n];
                let c = coefficients(alpha, beta, gamma(n, b));
                assert_eq!(
                    second_moments(&pairs),
                    mapped(&model, &initial(&model), &weights, &c),
                    "N {n}, b {b}, alpha {alpha}, beta {beta}, seed {seed}"
                );
            }
        }
    }
}

#[test]
fn iid_points_with_unequal_weights_have_gamma_1_over_b() {
    let weights = [q("1/2"), q("1/3"), q("1/6")];
    for b in 1..=3 {
        let model = Model::random(3, 2, 100 + b as u64);
        let mut pairs = Vec::new();
        for state in &model.states {
            for batch in tuples(3, b) {
                let probability = batch.iter().fold(q("1/3"), |p, &i| p * weights[i].clone());
                let next = true_update(
                    &model.features,
                    &model.target,
                    &batch,
                    &q("2/3"),
                    &q("-1/2"),
                    state,
                );
                let (x, v) = model.parameter_pair(&next);
                pairs.push((probability, x, v));
            }
        }
        let c = coefficients("2/3", "-1/2", ratio(1, b));
        assert_eq!(
            second_moments(&pairs),
            mapped(&model, &initial(&model), &weights, &c),
            "b {b}"
        );
    }
}

#[test]
fn three_steps_over_all_batch_sequences_with_rates_and_momenta_in_time() {
    let schedule = [("1/2", "1/3"), ("1", "-1/4"), ("1/3", "2/3")];
    for (n, b) in [(3, 1), (3, 2), (4, 2)] {
        let model = Model::random(n, 2, 7);
        let batches = subsets(n, b);
        let mut moments = initial(&model);
        let mut states = model.states.clone();
        let weights = vec![ratio(1, n); n];
        for (t, (alpha, beta)) in schedule.iter().enumerate() {
            states = states
                .iter()
                .flat_map(|state| {
                    batches.iter().map(|batch| {
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
                .collect();
            moments = mapped(
                &model,
                &moments,
                &weights,
                &coefficients(alpha, beta, gamma(n, b)),
            );
            let weight = ratio(1, states.len());
            let pairs: Vec<_> = states
                .iter()
                .map(|state| {
                    let (x, v) = model.parameter_pair(state);
                    (weight.clone(), x, v)
                })
                .collect();
            assert_eq!(second_moments(&pairs), moments, "N {n}, b {b}, step {t}");
        }
    }
}

#[test]
fn the_loss_is_half_the_trace_of_h_c() {
    let model = Model::random(4, 2, 11);
    let weights = vec![q("1/4"); 4];
    let h = hessian(&model.feature_matrix(), &weights).unwrap();
    let literal = model.states.iter().fold(Rational::zero(), |sum, state| {
        let (residual, _) = model.output_pair(state);
        sum + dynamics_support::dot(&residual, &residual) * q("1/24")
    });
    let trace = h.times(&initial(&model).positions).unwrap().trace();
    assert_eq!(literal, trace * q("1/2"));
}

#[test]
fn a_wrong_noise_amplitude_or_a_sigma_without_hch_is_noticed() {
    let (n, b) = (4, 2);
    let model = Model::random(n, 2, 5);
    let weights = vec![ratio(1, n); n];
    let right = coefficients("1/2", "1/3", gamma(n, b));
    let moments = initial(&model);
    let expected = mapped(&model, &moments, &weights, &right);
    // (N - b)/(N b), the frequent mistake.
    let wrong = coefficients("1/2", "1/3", ratio(n - b, n * b));
    assert_ne!(expected, mapped(&model, &moments, &weights, &wrong));
    let features = model.feature_matrix();
    let h = hessian(&features, &weights).unwrap();
    let sigma = parameter_space(&features, &weights, &moments.positions).unwrap();
    let hch = h.times(&moments.positions).unwrap().times(&h).unwrap();
    let without = moments
        .step(&h, &right, &sigma.plus(&hch).unwrap())
        .unwrap();
    assert_ne!(expected, without);
}
