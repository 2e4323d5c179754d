//! Appendix G: additive noise. (242) averaged over all noise sequences is (243); the stationary state
//! solves (245) exactly for every momentum; (246), (247) literally.

mod dynamics_support;
mod noise_support;

use dynamics_support::{Pair, Randoms, q, second_moments};
use noise_support::{Floats, any_matrix, diagonal, distance, moments};
use tauber::dynamics::{AdditiveNoise, SecondMoments};
use tauber::noise::Dense;
use tauber::number::{Rational, Ring};

const EIGENVALUES: [&str; 3] = ["1", "1/2", "1/5"];

/// alpha inside (251) for each momentum.
const SETTINGS: [(&str, &str); 6] = [
    ("3/2", "0"),
    ("1/2", "1/2"),
    ("5/2", "1/2"),
    ("1/2", "-2/5"),
    ("1", "-2/5"),
    ("3", "9/10"),
];

fn noise(alpha: &str, beta: &str, covariance: &Dense<Rational>) -> AdditiveNoise<Rational> {
    AdditiveNoise::new(
        EIGENVALUES.map(q).to_vec(),
        covariance.clone(),
        q(alpha),
        q(beta),
    )
    .unwrap()
}

/// The state `x - y`.
fn difference(x: &SecondMoments<Rational>, y: &SecondMoments<Rational>) -> SecondMoments<Rational> {
    SecondMoments {
        positions: x.positions.minus(&y.positions).unwrap(),
        mixed: x.mixed.minus(&y.mixed).unwrap(),
        velocities: x.velocities.minus(&y.velocities).unwrap(),
    }
}

#[test]
fn the_average_over_all_noise_sequences_is_the_map_243() {
    // xi = s_1 b_1 + s_2 b_2 with independent signs has covariance B B^T.
    let mut randoms = Randoms(3);
    let b = any_matrix(3, 2, &mut randoms);
    let covariance = b.times(&b.transposed()).unwrap();
    let (alpha, beta) = (q("2/3"), q("-1/3"));
    let model = noise("2/3", "-1/3", &covariance);
    let mut states: Vec<Pair> = vec![(q("1"), randoms.vector(3), randoms.vector(3))];
    let mut expected = second_moments(&states);
    for step in 0..3 {
        let mut next = Vec::new();
        for (p, w, v) in &states {
            for signs in [["1", "1"], ["1", "-1"], ["-1", "1"], ["-1", "-1"]] {
                let drift: Vec<Rational> = (0..3)
                    .map(|k| {
                        let xi = q(signs[0]) * b.entry(k, 0) + q(signs[1]) * b.entry(k, 1);
                        &beta * &v[k] - &alpha * (q(EIGENVALUES[k]) * &w[k] + xi)
                    })
                    .collect();
                let moved = w.iter().zip(&drift).map(|(w, u)| w + u).collect();
                next.push((p * q("1/4"), moved, drift));
            }
        }
        states = next;
        expected = model.step(&expected).unwrap();
        assert_eq!(second_moments(&states), expected, "step {step}");
    }
}

#[test]
fn the_stationary_state_is_a_fixed_point_exactly_for_every_momentum() {
    for (seed, (alpha, beta)) in SETTINGS.into_iter().enumerate() {
        let covariance = moments(3, &mut Randoms(seed as u64));
        let model = noise(alpha, beta, &covariance);
        let stationary = model.stationary();
        assert_eq!(
            model.step(&stationary).unwrap(),
            stationary,
            "{alpha} {beta}"
        );
        // Its loss, two ways.
        let twice = (0..3).fold(Rational::zero(), |sum, k| {
            sum + q(EIGENVALUES[k]) * stationary.positions.entry(k, k)
        });
        assert_eq!(twice, model.stationary_loss() * q("2"), "{alpha} {beta}");
    }
}

#[test]
fn without_momentum_it_is_246_and_247() {
    let covariance = moments(3, &mut Randoms(8));
    let alpha = q("3/2");
    let model = noise("3/2", "0", &covariance);
    let c = model.stationary().positions;
    let mut loss = Rational::zero();
    for (k, l_k) in EIGENVALUES.map(q).into_iter().enumerate() {
        for (l, l_l) in EIGENVALUES.map(q).into_iter().enumerate() {
            let bottom = &l_k + &l_l - &alpha * &l_k * &l_l;
            assert_eq!(c.entry(k, l), &alpha * covariance.entry(k, l) / bottom);
        }
        loss += &alpha / q("2") * covariance.entry(k, k) / (q("2") - &alpha * l_k);
    }
    assert_eq!(model.stationary_loss(), loss);
    // The same formula with momentum is no stationary state.
    let with = noise("3/2", "1/2", &covariance);
    let wrong = SecondMoments {
        positions: c,
        ..with.stationary()
    };
    assert_ne!(with.step(&wrong).unwrap(), wrong);
}

#[test]
fn a_trajectory_is_the_stationary_state_plus_noiseless_dynamics() {
    let mut randoms = Randoms(12);
    let covariance = moments(3, &mut randoms);
    for (alpha, beta) in [("3/2", "0"), ("1/2", "1/2"), ("1", "-2/5")] {
        let model = noise(alpha, beta, &covariance);
        let mut state = SecondMoments {
            positions: moments(3, &mut randoms),
            mixed: any_matrix(3, 3, &mut randoms),
            velocities: moments(3, &mut randoms),
        };
        let stationary = model.stationary();
        let mut rest = difference(&state, &stationary);
        for step in 0..4 {
            state = model.step(&state).unwrap();
            rest = model.noiseless_step(&rest).unwrap();
            assert_eq!(difference(&state, &stationary), rest, "step {step}");
        }
        assert_ne!(rest.positions, Dense::zeros(3, 3));
    }
}

#[test]
fn iteration_in_another_basis_tends_to_the_stationary_state() {
    let mut floats = Floats::new(7);
    let b = floats.matrix(4, 4);
    let h = floats.moments(4).plus(&diagonal(&[0.3; 4])).unwrap();
    let covariance = b.times(&b.transposed()).unwrap();
    for (alpha, beta) in [(0.1, 0.0), (0.2, 0.5), (0.15, -0.4)] {
        let (model, basis) = AdditiveNoise::of_hessian(&h, &covariance, alpha, beta).unwrap();
        let stationary = basis
            .times(&model.stationary().positions)
            .unwrap()
            .times(&basis.transposed())
            .unwrap();
        // The crate's own step in f64, for as long: an antisymmetric rounding error must not grow.
        let mut own = SecondMoments::at_rest(Dense::<f64>::zeros(4, 4));
        for _ in 0..4000 {
            own = model.step(&own).unwrap();
        }
        let off = distance(&own.positions, &model.stationary().positions);
        assert!(off < 1e-11, "{alpha} {beta}: {off:e}");
        // (242) on the moments, written out: C and J of w' = w + u, u = -alpha H w + beta v - alpha xi.
        let (mut c, mut j, mut v) = (
            Dense::zeros(4, 4),
            Dense::zeros(4, 4),
            Dense::<f64>::zeros(4, 4),
        );
        let p = h.scaled(&alpha);
        for _ in 0..4000 {
            let w_u = j.scaled(&beta).minus(&c.times(&p).unwrap()).unwrap();
            let cross = p.times(&j).unwrap().scaled(&beta);
            let u_u = p
                .times(&c)
                .unwrap()
                .times(&p)
                .unwrap()
                .minus(&cross)
                .unwrap()
                .minus(&cross.transposed())
                .unwrap()
                .plus(&v.scaled(&(beta * beta)))
                .unwrap()
                .plus(&covariance.scaled(&(alpha * alpha)))
                .unwrap();
            c = c
                .plus(&w_u)
                .unwrap()
                .plus(&w_u.transposed())
                .unwrap()
                .plus(&u_u)
                .unwrap();
            // Rounding must not leave an antisymmetric part: this form lets it grow.
            c = c.plus(&c.transposed()).unwrap().scaled(&0.5);
            j = w_u.plus(&u_u).unwrap();
            v = u_u.plus(&u_u.transposed()).unwrap().scaled(&0.5);
        }
        let off = distance(&c, &stationary);
        assert!(off < 1e-11, "{alpha} {beta}: {off:e}");
        let loss = 0.5 * h.times(&c).unwrap().trace();
        assert!((loss / model.stationary_loss() - 1.0).abs() < 1e-11);
    }
}

#[test]
fn at_a_fixed_effective_learning_rate_more_momentum_leaves_less_loss() {
    // L_inf = alpha_eff/2 sum Q_kk/(2 - alpha_eff lambda_k (1 - b)/(1 + b)), exactly.
    let covariance = moments(3, &mut Randoms(4));
    let effective = q("3/4");
    let mut before = None;
    for beta in ["-2/5", "0", "1/2", "9/10"] {
        let b = q(beta);
        let alpha = &effective * (q("1") - &b);
        let model = AdditiveNoise::new(
            EIGENVALUES.map(q).to_vec(),
            covariance.clone(),
            alpha,
            b.clone(),
        )
        .unwrap();
        let share = (q("1") - &b) / (q("1") + &b);
        let sum = (0..3).fold(Rational::zero(), |sum, k| {
            let bottom = q("2") - &effective * q(EIGENVALUES[k]) * &share;
            sum + covariance.entry(k, k) / bottom
        });
        let loss = model.stationary_loss();
        assert_eq!(loss, &effective / q("2") * sum);
        assert!(before.is_none_or(|earlier| loss < earlier), "{beta}");
        before = Some(loss);
    }
}

/// Two modes, a noise and a momentum in corners; alpha is a share of the edge (251).
fn corner_model(at: usize) -> (AdditiveNoise<Rational>, [Rational; 2], Rational, Rational) {
    let corner = |list: [&str; 5], digit: usize| q(list[at / digit % 5]);
    // A few of them 300 decades apart: long numbers take long.
    let second = match at % 50 {
        7 => q("1e-300"),
        _ => corner(["1", "1/2", "1/1000", "999/1000", "1/7"], 1),
    };
    let lambda = [q("1"), second];
    let b = corner(["0", "-1/2", "1/3", "99/100", "-99/100"], 5);
    let share = corner(["1/2", "1/1000", "999/1000", "1/7", "9/10"], 25);
    let alpha = share * q("2") * (q("1") + &b);
    // Full rank, rank one, one mode only.
    let (x, y) = (
        corner(["1", "1/1000", "0", "-3", "2"], 125),
        corner(["0", "1", "1/1000", "2", "-1"], 625),
    );
    let own = if at.is_multiple_of(3) {
        q("1/100")
    } else {
        q("0")
    };
    let covariance = Dense::outer(&[x.clone(), y.clone()], &[x, y])
        .plus(&diagonal(&[own.clone(), own]))
        .unwrap();
    let model = AdditiveNoise::new(lambda.to_vec(), covariance, alpha.clone(), b.clone()).unwrap();
    (model, lambda, alpha, b)
}

#[test]
fn stationary_moments_are_those_of_a_distribution_on_3125_models() {
    let mut losses = 0;
    for at in 0..3125 {
        let (model, lambda, alpha, b) = corner_model(at);
        let state = model.stationary();
        let minor = |x: &Rational, y: &Rational, mixed: &Rational| x * y - mixed.square();
        let (c, j, v) = (&state.positions, &state.mixed, &state.velocities);
        for k in 0..2 {
            // E[w_k^2], E[v_k^2] >= 0 and Cauchy-Schwarz between them.
            let own = minor(&c.entry(k, k), &v.entry(k, k), &j.entry(k, k));
            assert!(c.entry(k, k) >= q("0") && v.entry(k, k) >= q("0") && own >= q("0"));
            // E[w'^2] = E[w^2] with w = w' - v': 2 E[w' v'] = E[v'^2].
            assert_eq!(q("2") * j.entry(k, k), v.entry(k, k), "model {at}");
        }
        let across = minor(&c.entry(0, 0), &c.entry(1, 1), &c.entry(0, 1));
        assert!(across >= q("0"), "model {at}");
        // L_inf >= alpha_eff Tr Q/4, its value for small learning rates.
        let loss = model.stationary_loss();
        let twice: Rational = (0..2).map(|k| &lambda[k] * c.entry(k, k)).sum();
        assert_eq!(&loss * q("2"), twice);
        let small: Rational = (0..2)
            .map(|k| {
                // Q_kk back from C_kk.
                let bottom = &alpha * (q("1") + &b);
                let edge = q("2") * (q("1") + &b) - &alpha * &lambda[k];
                c.entry(k, k) * (q("1") - &b) * &lambda[k] * edge / bottom
            })
            .sum();
        assert!(
            loss >= &alpha / (q("1") - &b) * small / q("4"),
            "model {at}"
        );
        losses += usize::from(loss > q("0"));
    }
    assert!(losses > 2900, "{losses}");
}

#[test]
fn at_a_fixed_effective_learning_rate_the_loss_falls_with_momentum_on_3125_models() {
    for at in 0..3125 {
        let (model, lambda, alpha, b) = corner_model(at);
        let effective = &alpha / (q("1") - &b);
        let more = (&b + q("1")) / q("2");
        let c = model.stationary().positions;
        let covariance = Dense::from_fn(2, 2, |k, l| {
            // Q_kk as above; the loss does not see the rest.
            let edge = q("2") * (q("1") + &b) - &alpha * &lambda[k];
            let own = c.entry(k, k) * (q("1") - &b) * &lambda[k] * edge / (&alpha * (q("1") + &b));
            if k == l { own } else { q("0") }
        });
        let other = AdditiveNoise::new(
            lambda.to_vec(),
            covariance,
            effective * (q("1") - &more),
            more,
        )
        .unwrap();
        let (before, after) = (model.stationary_loss(), other.stationary_loss());
        assert!(after < before || before == q("0"), "model {at}");
    }
}

#[test]
fn beyond_the_edge_there_is_no_stationary_state() {
    let unit = Dense::<Rational>::identity(3);
    for (alpha, beta) in [("2", "0"), ("3", "1/2"), ("6/5", "-2/5")] {
        let result =
            AdditiveNoise::new(EIGENVALUES.map(q).to_vec(), unit.clone(), q(alpha), q(beta));
        assert!(result.is_err(), "{alpha} {beta}");
    }
}
