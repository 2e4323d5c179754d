//! The SE recursion, (65) and (77): golden fractions, the exact model where it holds, the f64
//! recursion against the exact one, schedules, and what must be refused.

mod dynamics_support;

use dynamics_support::{Randoms, gamma, q, ratio};
use tauber::closed_form::per_mode;
use tauber::dynamics::{
    NodeMoments, SeError, SeModes, SeRecursion, SecondMoments, StepCoefficients,
};
use tauber::moment::Hyperparameters;
use tauber::noise::{Dense, output_space, spectrally_expressible};
use tauber::number::{Rational, Ring, rational_to_f64};
use tauber::spectrum::Spectrum;

/// Section 4.2 of the notes: alpha, beta, gamma, tau and L_0..L_4 for lambda = (1, 1/2, 1/5),
/// C_kk,0 = (1, 2/3, 3/7).
const GOLDEN: [([&str; 4], [&str; 5]); 3] = [
    (
        ["3/2", "1/2", "1/10", "1"],
        [
            "149/210",
            "2521/10500",
            "1683827/8400000",
            "346598417/3360000000",
            "89680013387/1344000000000",
        ],
    ),
    (
        ["1", "-1/3", "1/4", "0"],
        [
            "149/210",
            "143/480",
            "2715029/12096000",
            "1354400221/8709120000",
            "146260163041/1254113280000",
        ],
    ),
    (
        ["1/2", "0", "1/3", "-1"],
        [
            "149/210",
            "18901/50400",
            "2554541/12096000",
            "367286341/2903040000",
            "55867713821/696729600000",
        ],
    ),
];

fn hyperparameters(values: [&str; 4]) -> Hyperparameters {
    let [alpha, beta, gamma, tau] = values.map(|x| rational_to_f64(&q(x)));
    Hyperparameters::new(alpha, beta, gamma, tau).unwrap()
}

fn golden_spectrum() -> Spectrum {
    let signal = vec![1.0, 1.0 / 3.0, 3.0 / 35.0];
    Spectrum::new(vec![1.0, 0.5, 0.2], Some(signal)).unwrap()
}

#[test]
fn golden_losses_are_exact_fractions() {
    for (parameters, losses) in GOLDEN {
        let mut modes = SeModes::at_rest(
            ["1", "1/2", "1/5"].map(q).to_vec(),
            ["1", "2/3", "3/7"].map(q).to_vec(),
        );
        let [alpha, beta, gamma, tau] = parameters.map(q);
        for (t, expected) in losses.iter().enumerate() {
            assert_eq!(
                modes.twice_loss(),
                q(expected) * q("2"),
                "{parameters:?} t {t}"
            );
            modes.step(&alpha, &beta, &gamma, &tau);
        }
        // tau with the other sign is another model (checked where tau is not 0).
        if parameters[3] != "0" {
            let mut other = SeModes::at_rest(vec![q("1")], vec![q("1")]);
            let mut same = other.clone();
            other.step(&alpha, &beta, &gamma, &-tau.clone());
            same.step(&alpha, &beta, &gamma, &tau);
            assert_ne!(other.twice_loss(), same.twice_loss());
        }
    }
}

#[test]
fn golden_losses_hold_to_1e_14_in_f64_by_run_by_step_and_by_advance() {
    for (parameters, losses) in GOLDEN {
        let h = hyperparameters(parameters);
        let start = SeRecursion::new(&golden_spectrum(), &h).unwrap();
        let run = start.clone().run(4);
        let mut stepped = start.clone();
        for (t, expected) in losses.iter().enumerate() {
            let expected = rational_to_f64(&q(expected));
            let advanced = start.clone().advance_by(t as u64);
            for loss in [run[t], stepped.loss(), advanced] {
                assert!(
                    (loss - expected).abs() < 1e-14 * expected,
                    "{parameters:?} t {t}: {loss} {expected}"
                );
            }
            stepped.step();
        }
        assert_eq!(stepped.steps(), 5);
    }
}

/// (65) as the authors' fast simulator writes it.
#[test]
fn the_printed_form_of_65_is_the_per_mode_step_with_forcing() {
    let mut randoms = Randoms(3);
    for _ in 0..20 {
        let [a, b, g, source] = [(); 4].map(|()| randoms.rational());
        let [c, j, p] = [(); 3].map(|()| randoms.rational());
        let two = q("2");
        let a2 = &a * &a;
        // gamma a^2 (tau_1 Sigma C - tau_2 C) with gamma tau_2 = g, gamma tau_1 Sigma C = source.
        let com = &a2 * &c - &two * &b * &a * &j + &b * &b * &p + &a2 * (&source - &g * &c);
        let expected = [
            &c - &two * &a * &c + &two * &b * &j + &com,
            &b * &j - &a * &c + &com,
            com,
        ];
        let got = per_mode::step(a, b, g, [c, j, p]).map(|x| x + &a2 * &source);
        assert_eq!(got, expected);
    }
}

/// With the SE covariance (240) the diagonal of the full map (4) is the SE recursion, whatever the
/// off-diagonal moments are.
#[test]
fn the_diagonal_of_the_full_map_with_se_noise_is_the_recursion() {
    let eigenvalues = ["1", "1/2", "1/3"].map(q);
    let h = Dense::from_fn(3, 3, |i, j| {
        if i == j {
            eigenvalues[i].clone()
        } else {
            Rational::zero()
        }
    });
    let mut randoms = Randoms(9);
    let mut symmetric = || {
        let x = Dense::new(3, 3, randoms.vector(9)).unwrap();
        x.plus(&x.transposed()).unwrap()
    };
    let (positions, velocities) = (symmetric(), symmetric());
    let mixed = Dense::new(3, 3, randoms.vector(9)).unwrap();
    let mut full = SecondMoments {
        positions,
        mixed,
        velocities,
    };
    let nodes = (0..3)
        .map(|k| NodeMoments {
            eigenvalue: eigenvalues[k].clone(),
            multiplicity: q("1"),
            moments: [&full.positions, &full.mixed, &full.velocities]
                .map(|m| &eigenvalues[k] * m.entry(k, k)),
        })
        .collect();
    let mut modes = SeModes::new(nodes);
    for (alpha, beta, gamma, tau) in [
        ("1", "1/3", "1/2", "1"),
        ("1/2", "-1/4", "1", "-1"),
        ("3/2", "0", "1/3", "2/7"),
    ] {
        let tau = q(tau);
        let sigma = spectrally_expressible(&h, &full.positions, &q("1"), &tau).unwrap();
        let c = StepCoefficients {
            learning_rate: q(alpha),
            momentum: q(beta),
            noise_amplitude: q(gamma),
        };
        full = full.step(&h, &c, &sigma).unwrap();
        modes.step(&q(alpha), &q(beta), &q(gamma), &tau);
        for (k, node) in modes.nodes().iter().enumerate() {
            let expected = [&full.positions, &full.mixed, &full.velocities]
                .map(|m| &eigenvalues[k] * m.entry(k, k));
            assert_eq!(node.moments, expected);
        }
    }
}

/// Proposition 2: on a regular grid with a translation-invariant kernel, SE with tau = 1 is exact.
/// Four points on the circle have rational eigenvalues: c0 + 2 c1 + c2, c0 - c2 (twice),
/// c0 - 2 c1 + c2.
#[test]
fn on_four_points_of_a_circle_tau_1_is_exact() {
    let c = ["3/8", "1/8", "1/16"].map(q);
    let k = Dense::from_fn(4, 4, |i, j| {
        let distance = i.abs_diff(j);
        c[distance.min(4 - distance)].clone()
    });
    let residual = ["1", "-2", "1/2", "3"].map(q);
    // (phi_k . f)^2/4 with phi = (1,1,1,1)/2, {(1,0,-1,0), (0,1,0,-1)}/sqrt 2, (1,-1,1,-1)/2.
    let along = |weights: [i64; 4], norm: &str| {
        let projection = residual
            .iter()
            .zip(weights)
            .fold(Rational::zero(), |s, (f, w)| s + f * q(&w.to_string()));
        projection.square() * q(norm) * q("1/4")
    };
    let pair = along([1, 0, -1, 0], "1/2") + along([0, 1, 0, -1], "1/2");
    let node = |eigenvalue: Rational, multiplicity: &str, signal: Rational| NodeMoments {
        eigenvalue,
        multiplicity: q(multiplicity),
        moments: [signal, q("0"), q("0")],
    };
    let two = q("2");
    let start = SeModes::new(vec![
        node(
            &c[0] + &two * &c[1] + &c[2],
            "1",
            along([1, 1, 1, 1], "1/4"),
        ),
        node(&c[0] - &c[2], "2", pair),
        node(
            &c[0] - &two * &c[1] + &c[2],
            "1",
            along([1, -1, 1, -1], "1/4"),
        ),
    ]);
    for b in 1..=4 {
        let mut modes = start.clone();
        let mut neutral = start.clone();
        let mut exact = SecondMoments::at_rest(Dense::outer(&residual, &residual));
        let mut differs = false;
        for (alpha, beta) in [
            ("1", "1/2"),
            ("3/4", "-1/3"),
            ("2", "0"),
            ("1/2", "1/4"),
            ("1", "0"),
        ] {
            let coefficients = StepCoefficients {
                learning_rate: q(alpha),
                momentum: q(beta),
                noise_amplitude: gamma(4, b),
            };
            let sigma = output_space(&k, &exact.positions).unwrap();
            exact = exact.step(&k, &coefficients, &sigma).unwrap();
            modes.step(&q(alpha), &q(beta), &gamma(4, b), &q("1"));
            neutral.step(&q(alpha), &q(beta), &gamma(4, b), &q("0"));
            assert_eq!(
                modes.twice_loss(),
                exact.positions.trace() * q("1/4"),
                "b {b}"
            );
            differs |= neutral.twice_loss() != modes.twice_loss();
        }
        // tau = 0 is not exact here, except without noise.
        assert_eq!(differs, b < 4);
    }
}

/// Many modes, multiplicities, any J and V, every parameter changing: f64 against rationals.
#[test]
fn the_f64_recursion_follows_the_exact_one_under_a_schedule() {
    let count = 21;
    let spectrum = Spectrum::new((1..=count).map(|k| 1.0 / k as f64).collect(), None).unwrap();
    let mut randoms = Randoms(12);
    let mut nodes = Vec::new();
    for k in 1..=count {
        let (x, v) = (randoms.rational(), randoms.rational());
        nodes.push(NodeMoments {
            eigenvalue: ratio(1, k),
            multiplicity: q("1"),
            moments: [&x * &x, &x * &v, &v * &v],
        });
    }
    let moments = |i: usize| -> Vec<f64> {
        nodes
            .iter()
            .map(|n| rational_to_f64(&n.moments[i]))
            .collect()
    };
    let schedule = [
        ["1", "1/2", "1/4", "1"],
        ["1", "-1/2", "1/4", "1"],
        ["1/2", "0", "1/4", "0"],
        ["1/2", "0", "1/2", "-1"],
        ["3/4", "3/4", "0", "1"],
        ["1", "1/4", "1", "1/2"],
    ];
    let first = hyperparameters(schedule[0]);
    let mut fast =
        SeRecursion::with_moments(&spectrum, &first, &moments(0), &moments(1), &moments(2))
            .unwrap();
    let losses = fast.run_schedule(&schedule.map(hyperparameters)).unwrap();
    let mut exact = SeModes::new(nodes);
    for (t, loss) in losses.iter().enumerate() {
        let expected = 0.5 * rational_to_f64(&exact.twice_loss());
        assert!(
            (loss - expected).abs() < 1e-13 * expected,
            "t {t}: {loss} {expected}"
        );
        if let Some([alpha, beta, gamma, tau]) = schedule.get(t).map(|row| row.map(q)) {
            exact.step(&alpha, &beta, &gamma, &tau);
        }
    }
    let scale = losses[schedule.len()];
    for (i, got) in fast.moments().iter().enumerate() {
        for (x, node) in got.iter().zip(exact.nodes()) {
            assert!((x - rational_to_f64(&node.moments[i])).abs() < 1e-13 * scale);
        }
    }
}

/// The pass that steps C alone at momentum 0 must leave J and V right for a later momentum.
#[test]
fn momentum_switched_on_after_a_run_without_sees_the_right_velocities() {
    let spectrum = golden_spectrum();
    let off = Hyperparameters::new(0.75, 0.0, 0.25, 1.0).unwrap();
    let on = Hyperparameters::new(0.75, 0.5, 0.25, 1.0).unwrap();
    let mut by_run = SeRecursion::new(&spectrum, &off).unwrap();
    let mut by_step = by_run.clone();
    by_run.run(40);
    (0..40).for_each(|_| {
        by_step.step();
    });
    for recursion in [&mut by_run, &mut by_step] {
        recursion.set_hyperparameters(&on).unwrap();
    }
    let (a, b) = (by_run.run(5), by_step.run(5));
    for (x, y) in a.iter().zip(&b) {
        assert!((x - y).abs() < 1e-13 * x);
    }
    // Had V been left at zero, the losses would differ: momentum would do nothing in one step.
    let mut at_rest = SeRecursion::new(&spectrum, &off).unwrap();
    at_rest.run(40);
    let [positions, _, _] = at_rest.moments();
    let zeros = [0.0; 3];
    let mut forgot = SeRecursion::with_moments(&spectrum, &on, &positions, &zeros, &zeros).unwrap();
    assert!((forgot.run(1)[1] - a[1]).abs() > 1e-3 * a[1]);
}

#[test]
fn the_null_space_loss_never_vanishes() {
    let spectrum = Spectrum::new(vec![1.0, 0.0], Some(vec![1.0, 4.0])).unwrap();
    let h = Hyperparameters::new(1.0, 0.0, 0.0, 1.0).unwrap();
    let mut run = SeRecursion::new(&spectrum, &h).unwrap();
    assert_eq!(run.run(2), [2.5, 2.0, 2.0]);
}

#[test]
fn a_diverging_loss_becomes_infinite_and_never_nan() {
    let spectrum = Spectrum::new(vec![1.0, 0.1], Some(vec![1.0, 1.0])).unwrap();
    for momentum in [0.0, 0.5] {
        let h = Hyperparameters::new(30.0, momentum, 1.0, 1.0).unwrap();
        let mut run = SeRecursion::new(&spectrum, &h).unwrap();
        let losses = run.run(400);
        assert!(losses.iter().all(|loss| !loss.is_nan()));
        assert_eq!(losses[400], f64::INFINITY);
        assert!(losses[20].is_finite());
    }
}

#[test]
fn a_vanishing_loss_reads_zero_not_denormal() {
    let spectrum = Spectrum::new(vec![1.0], Some(vec![1.0])).unwrap();
    let h = Hyperparameters::new(0.5, 0.0, 0.0, 1.0).unwrap();
    let mut run = SeRecursion::new(&spectrum, &h).unwrap();
    // L = 4^-t/2: 2^-960 is passed at t = 480, the flush comes at the next multiple of 64, 512.
    assert!(run.advance_by(479) > 0.0);
    assert_eq!(run.advance_by(33), 0.0);
}

#[test]
fn what_has_no_loss_is_refused() {
    let h = Hyperparameters::new(1.0, 0.0, 0.1, 1.0).unwrap();
    let bare = Spectrum::new(vec![1.0, 0.5], None).unwrap();
    assert_eq!(SeRecursion::new(&bare, &h).unwrap_err(), SeError::NoSignal);
    let with = |c: &[f64], j: &[f64], v: &[f64]| SeRecursion::with_moments(&bare, &h, c, j, v);
    assert!(with(&[1.0, 1.0], &[0.0, -1.0], &[0.0, 1.0]).is_ok());
    let error = with(&[1.0], &[0.0, 0.0], &[0.0, 0.0]).unwrap_err();
    assert!(error.to_string().contains("expected 2"), "{error}");
    let error = with(&[1.0, -1.0], &[0.0, 0.0], &[0.0, 0.0]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("position moment (lambda C) 1 is -1"),
        "{error}"
    );
    assert!(with(&[1.0, 1.0], &[0.0, f64::NAN], &[0.0, 0.0]).is_err());
    assert!(with(&[1.0, 1.0], &[0.0, 0.0], &[f64::INFINITY, 0.0]).is_err());
}
