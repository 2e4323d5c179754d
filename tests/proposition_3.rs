//! Proposition 3: stable iff the learning rate is below the noiseless edge and U(1) < 1; against the
//! spectral radius of the full operator (10) on random small models.

mod random_spectra;

use faer::Mat;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use random_spectra::Corners;
use tauber::certificate::Statement;
use tauber::generating::{Modes, Parameters, noise_function_at_one};
use tauber::moment::{HyperparameterError, Hyperparameters, noise_amplitude_of_batch};
use tauber::number::{Rational, parse_rational, rational_from_f64};
use tauber::spectrum::Spectrum;
use tauber::stability::{
    Lemma, StabilityError, Verdict, assess, critical_learning_rate, judge, noise_function_at_1,
    noiseless_critical_learning_rate, proposition_3,
};

struct Model {
    eigenvalues: Vec<f64>,
    alpha: f64,
    beta: f64,
    gamma: f64,
    tau: f64,
}

impl Model {
    /// F of (10), (11) on the entries (C, J, V) of every mode's symmetric 2x2 block, column by
    /// column: apply it to each basis block by matrix products.
    fn operator(&self) -> Mat<f64> {
        let n = self.eigenvalues.len();
        let mut f = Mat::<f64>::zeros(3 * n, 3 * n);
        for k in 0..n {
            for entry in 0..3 {
                let mut x = [[0.0; 2]; 2];
                match entry {
                    0 => x[0][0] = 1.0,
                    1 => (x[0][1], x[1][0]) = (1.0, 1.0),
                    _ => x[1][1] = 1.0,
                }
                let a = self.alpha * self.eigenvalues[k];
                let s = [[1.0 - a, self.beta], [-a, self.beta]];
                let mut y = [[0.0; 2]; 2];
                for (i, row) in y.iter_mut().enumerate() {
                    for (j, value) in row.iter_mut().enumerate() {
                        for (p, x_row) in x.iter().enumerate() {
                            for (q, x_pq) in x_row.iter().enumerate() {
                                *value += s[i][p] * x_pq * s[j][q];
                            }
                        }
                        *value -= self.tau * self.gamma * a * a * x[0][0];
                    }
                }
                let column = 3 * k + entry;
                f[(3 * k, column)] += y[0][0];
                f[(3 * k + 1, column)] += y[0][1];
                f[(3 * k + 2, column)] += y[1][1];
                // The rank-one noise: gamma alpha^2 <E_11 lambda, X> (1 lambda).
                let energy = a * x[0][0];
                for l in 0..n {
                    let added = self.gamma * energy * (self.alpha * self.eigenvalues[l]);
                    for row in 0..3 {
                        f[(3 * l + row, column)] += added;
                    }
                }
            }
        }
        f
    }

    fn spectral_radius(&self) -> f64 {
        let all = self.operator().eigenvalues().unwrap();
        all.iter().map(|x| x.re.hypot(x.im)).fold(0.0, f64::max)
    }

    /// Pushed into corners, see [`Corners`]: the learning rate within 1e-12 of the edge U(1) = 1, a share of
    /// the noiseless edge, or beyond it.
    fn cornered(corners: &mut Corners) -> Self {
        let eigenvalues = corners.eigenvalues(1, 5);
        let (beta, gamma) = (corners.momentum(), corners.noise_amplitude());
        let tau = corners.tau();
        let spectrum = Spectrum::new(eigenvalues.clone(), None).unwrap();
        Self {
            alpha: corners.learning_rate(&spectrum, beta, gamma, tau),
            eigenvalues,
            beta,
            gamma,
            tau,
        }
    }

    fn random(corners: &mut Corners) -> Self {
        let eigenvalues = corners.moderate(6);
        let largest = eigenvalues.iter().copied().fold(0.0, f64::max);
        let beta = corners.between(-0.98, 0.98);
        let gamma = corners.between(0.001, 1.0);
        let any = corners.between(-1.0, 1.0);
        let tau = corners.of(&[1.0, 0.0, -1.0, any, any]);
        // Half of the models near their edge, the rest anywhere, a third of them beyond the
        // noiseless edge.
        let spectrum = Spectrum::new(eigenvalues.clone(), None).unwrap();
        let edge = critical_learning_rate(&spectrum, beta, gamma, tau).unwrap();
        let near = edge * corners.between(0.8, 1.25);
        let anywhere = 2.0 * (1.0 + beta) / largest * corners.between(0.01, 1.5);
        Self {
            alpha: corners.of(&[near, anywhere]),
            eigenvalues,
            beta,
            gamma,
            tau,
        }
    }
}

#[test]
fn the_verdict_is_that_of_the_spectral_radius_on_three_thousand_random_models() {
    let mut corners = Corners::new(3);
    let (mut stable, mut unstable, mut beyond, mut negative) = (0, 0, 0, 0);
    for trial in 0..3000 {
        let model = Model::random(&mut corners);
        let spectrum = Spectrum::new(model.eigenvalues.clone(), None).unwrap();
        let parameters =
            Hyperparameters::new(model.alpha, model.beta, model.gamma, model.tau).unwrap();
        let report = assess(&spectrum, &parameters);
        let radius = model.spectral_radius();
        let context = format!(
            "seed 3, trial {trial}: {:?} alpha {} beta {} gamma {} tau {}: radius {radius}, {}",
            model.eigenvalues, model.alpha, model.beta, model.gamma, model.tau, report.reason
        );
        negative += usize::from(model.tau < 0.0);
        match report.verdict {
            Verdict::Stable => {
                stable += 1;
                assert!(radius < 1.0, "{context}");
                assert!(model.alpha < report.critical_learning_rate, "{context}");
            }
            Verdict::Unstable => {
                unstable += 1;
                assert!(radius > 1.0, "{context}");
                assert!(model.alpha > report.critical_learning_rate, "{context}");
                let r = report.convergence_radius.unwrap();
                assert!((radius * r - 1.0).abs() < 1e-8, "{context}: r_L = {r}");
                beyond += usize::from(report.noise_function_at_1.is_none());
            }
            other => panic!("{context}: {other}"),
        }
    }
    assert!(stable > 800 && unstable > 800 && beyond > 200 && negative > 800);
}

#[test]
fn the_rule_of_the_full_batch_alone_would_be_wrong() {
    // Below the noiseless edge and yet unstable: the noise decides.
    let model = Model {
        eigenvalues: vec![1.0, 0.5, 0.25, 0.1],
        alpha: 1.5,
        beta: 0.0,
        gamma: 1.0,
        tau: 0.5,
    };
    assert!(model.spectral_radius() > 1.0);
    let quiet = Model {
        gamma: 0.0,
        ..model
    };
    assert!(quiet.spectral_radius() < 1.0);
}

#[test]
fn in_the_corners_the_verdict_is_that_of_the_spectral_radius_on_three_thousand_models() {
    let mut corners = Corners::new(303);
    let (mut stable, mut unstable, mut close, mut single) = (0, 0, 0, 0);
    for trial in 0..6000 {
        let model = Model::cornered(&mut corners);
        let spectrum = Spectrum::new(model.eigenvalues.clone(), None).unwrap();
        let parameters =
            Hyperparameters::new(model.alpha, model.beta, model.gamma, model.tau).unwrap();
        let verdict = judge(&spectrum, &parameters).verdict;
        let radius = model.spectral_radius();
        let context = format!(
            "seed 303, trial {trial}: {:?} alpha {} beta {} gamma {} tau {}: radius {radius}",
            model.eigenvalues, model.alpha, model.beta, model.gamma, model.tau
        );
        single += usize::from(model.eigenvalues.len() == 1);
        // The eigenvalues of a matrix that is far from normal are rounded like this (those of a faint mode lie at 1, b
        // and b^2), and modes far below the largest contract by less: such a model must not contradict the
        // verdict, but does not confirm it.
        let rounding = (1e-13 / (1.0 - model.beta.abs()).powi(2)).max(1e-9);
        let told = (radius - 1.0).abs() > rounding;
        match verdict {
            Verdict::Stable => {
                stable += usize::from(told);
                assert!(radius < 1.0 + rounding, "{context}");
            }
            Verdict::Unstable => {
                unstable += usize::from(told);
                assert!(radius > 1.0 - rounding, "{context}");
            }
            // On the edge within rounding.
            Verdict::Unknown => assert!(!told, "{context}"),
            other => panic!("{context}: {other}"),
        }
        close += usize::from(!told);
    }
    assert!(stable + unstable >= 3000, "{close} too close to tell");
    assert!(stable > 1000 && unstable > 1000, "{stable} {unstable}");
    assert!(close > 300 && single > 300, "{close} {single}");
}

#[test]
fn below_zero_tau_the_noiseless_edge_is_not_enough() {
    // tau = -1: U(1) as a formula is far below 1 (even negative) beyond the extended edge, and the
    // radius is above 1: only the extended rule sees it.
    let model = Model {
        eigenvalues: vec![1.0],
        alpha: 1.9,
        beta: 0.0,
        gamma: 1.0,
        tau: -1.0,
    };
    let (a, g) = (model.alpha, -1.0);
    let formula = a / (2.0 - a + g * a);
    assert!(formula < 1.0);
    assert!(model.spectral_radius() > 1.0);
    let spectrum = Spectrum::new(model.eigenvalues.clone(), None).unwrap();
    let parameters = Hyperparameters::new(1.9, 0.0, 1.0, -1.0).unwrap();
    assert_eq!(judge(&spectrum, &parameters).verdict, Verdict::Unstable);
    assert_eq!(noise_function_at_1(&spectrum, &parameters), None);
}

fn power_law() -> Spectrum {
    Spectrum::new((1..=1000).map(|k| f64::from(k).powf(-1.5)).collect(), None).unwrap()
}

#[test]
fn a_thousand_modes_of_exponent_three_halves_have_the_edges_of_the_issue() {
    let spectrum = power_law();
    assert!((noiseless_critical_learning_rate(&spectrum, 0.9).unwrap() - 3.80).abs() < 1e-12);
    for (batch, edge) in [(10, 0.86096), (1, 0.092352)] {
        let gamma = noise_amplitude_of_batch(batch, Some(1000)).unwrap();
        let found = critical_learning_rate(&spectrum, 0.9, gamma, 1.0).unwrap();
        assert!((found / edge - 1.0).abs() < 6e-6, "{found}");
    }
}

#[test]
fn an_edge_for_what_is_no_hyperparameter_is_refused_by_name() {
    let spectrum = power_law();
    let edge = |b, gamma, tau| critical_learning_rate(&spectrum, b, gamma, tau);
    assert!(edge(0.5, 0.5, 1.0).is_ok() && edge(-0.999, 0.0, -3.0).is_ok());
    for b in [-1.0, 1.0, 2.0, f64::NAN, f64::INFINITY] {
        for refused in [
            edge(b, 0.5, 1.0),
            noiseless_critical_learning_rate(&spectrum, b),
        ] {
            assert!(matches!(
                refused,
                Err(StabilityError::Hyperparameter(
                    HyperparameterError::Momentum(_)
                ))
            ));
        }
    }
    for gamma in [-0.1, f64::NAN, f64::INFINITY] {
        assert!(matches!(
            edge(0.0, gamma, 1.0),
            Err(StabilityError::Hyperparameter(
                HyperparameterError::NoiseAmplitude(_)
            ))
        ));
    }
    for tau in [1.000_001, f64::NAN, f64::NEG_INFINITY] {
        assert!(matches!(
            edge(0.0, 0.5, tau),
            Err(StabilityError::Hyperparameter(HyperparameterError::Tau(_)))
        ));
    }
}

#[test]
fn one_part_in_a_million_across_the_edge_flips_the_verdict() {
    let mut rng = ChaCha8Rng::seed_from_u64(31);
    for trial in 0..300 {
        let n = rng.random_range(2..200);
        let exponent = rng.random_range(0.3..3.0);
        let eigenvalues = (1..=n).map(|k| f64::from(k).powf(-exponent)).collect();
        let spectrum = Spectrum::new(eigenvalues, None).unwrap();
        let beta = rng.random_range(-0.99..0.99);
        let gamma: f64 = 10_f64.powf(rng.random_range(-6.0..0.0));
        let tau = rng.random_range(-1.0..=1.0);
        let edge = critical_learning_rate(&spectrum, beta, gamma, tau).unwrap();
        for (factor, verdict) in [
            (1.0 - 1e-6, Verdict::Stable),
            (1.0 + 1e-6, Verdict::Unstable),
            (1.0 - 1e-12, Verdict::Stable),
            (1.0 + 1e-12, Verdict::Unstable),
        ] {
            let parameters = Hyperparameters::new(edge * factor, beta, gamma, tau).unwrap();
            let found = judge(&spectrum, &parameters);
            assert_eq!(
                found.verdict, verdict,
                "seed 31, trial {trial}: n {n} exponent {exponent} beta {beta} gamma {gamma} tau {tau} factor {factor}: {}",
                found.reason
            );
        }
    }
}

/// Whether every hypothesis of a lemma holds at (a, b, g) of one mode, exactly (z as 1/3).
fn hypotheses_hold(lemma: &Lemma, [a, b, g]: [&Rational; 3]) -> bool {
    let statement = Statement::from_toml(lemma.statement()).unwrap();
    let third = parse_rational("1/3").unwrap();
    statement.given().iter().all(|given| {
        let value = given.polynomial.evaluate(|name| match name {
            "a" => Some(a.clone()),
            "b" => Some(b.clone()),
            "g" => Some(g.clone()),
            "z" => Some(third.clone()),
            _ => None,
        });
        let (value, zero) = (value.unwrap(), Rational::from_integer(0.into()));
        value > zero || (!given.strict && value == zero)
    })
}

#[test]
fn every_verdict_rests_on_certificates_that_check_and_whose_hypotheses_hold() {
    let mut corners = Corners::new(33);
    let mut used = std::collections::BTreeMap::new();
    for trial in 0..600 {
        let mut model = Model::random(&mut corners);
        if trial % 10 == 0 {
            model.gamma = 0.0;
        }
        if trial % 10 == 1 {
            (model.gamma, model.tau) = (1.5, 1.0);
        }
        let spectrum = Spectrum::new(model.eigenvalues.clone(), None).unwrap();
        let h = Hyperparameters::new(model.alpha, model.beta, model.gamma, model.tau).unwrap();
        let found = proposition_3(&spectrum, &h);
        let inside = found.judgement.noise_function_at_1.is_some();
        assert_eq!(
            inside,
            !found.rests_on.is_empty(),
            "seed 33, trial {trial}: {}",
            found.argument
        );
        let exact = |x| rational_from_f64(x).unwrap();
        let b = exact(model.beta);
        let g = exact(model.gamma) * exact(model.tau);
        for lemma in &found.rests_on {
            used.entry(lemma.id).or_insert(*lemma);
            for l in spectrum.eigenvalues() {
                let a = exact(model.alpha) * exact(*l);
                assert!(
                    hypotheses_hold(lemma, [&a, &b, &g]),
                    "seed 33, trial {trial}: {} does not apply at a = {a}, b = {b}, g = {g}",
                    lemma.id
                );
            }
        }
    }
    let ids: Vec<&str> = used.keys().copied().collect();
    assert_eq!(
        ids,
        [
            "jury_conditions_noiseless_operator",
            "noiseless_factor_positive",
            "s_positive_for_negative_tau",
            "s_positive_on_stable_box",
            "u_at_one_denominator_positive",
            "u_numerator_positive",
            "zu_increasing",
        ]
    );
    for lemma in used.values() {
        assert!(lemma.check().unwrap() > 0, "{}", lemma.id);
        // The hash is that of the statement as the program's own reader has it.
        let read = Statement::from_toml(lemma.statement()).unwrap();
        assert_eq!(lemma.statement_sha256().unwrap(), read.sha256());
    }
}

#[test]
fn outside_the_edge_no_lemma_is_claimed_and_a_wrong_one_would_not_apply() {
    let spectrum = Spectrum::new(vec![1.0, 0.5], None).unwrap();
    let at = |alpha| {
        let h = Hyperparameters::new(alpha, 0.5, 0.5, 1.0).unwrap();
        proposition_3(&spectrum, &h)
    };
    let beyond = at(3.5);
    assert_eq!(beyond.judgement.verdict, Verdict::Unstable);
    assert!(beyond.rests_on.is_empty());
    let [a, b, g] = ["7/2", "1/2", "1/2"].map(|t| parse_rational(t).unwrap());
    for lemma in at(0.1).rests_on {
        assert!(!hypotheses_hold(&lemma, [&a, &b, &g]), "{}", lemma.id);
    }
}

#[test]
fn the_two_forms_of_21_are_one_function_in_exact_rationals() {
    // sum lambda/((tau - (1-b)/(gamma (1+b))) lambda + 2/(gamma alpha_eff)), as printed, against the
    // generic function that every verdict calls, and S(1) by its expanded polynomial.
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    for trial in 0..200 {
        let mut q =
            |low: i64, high: i64| Rational::new(rng.random_range(low..high).into(), 1000.into());
        let (alpha, b, gamma, tau) = (q(1, 1500), q(-499, 999), q(1, 1000), q(-1000, 1000));
        let lambdas: Vec<Rational> = (0..4).map(|_| q(1, 1000)).collect();
        let one = Rational::from_integer(1.into());
        let two = Rational::from_integer(2.into());
        let effective = &alpha / (&one - &b);
        let shift = &tau - (&one - &b) / (&gamma * (&one + &b));
        let printed: Rational = lambdas
            .iter()
            .map(|l| l / (&shift * l + &two / (&gamma * &effective)))
            .fold(Rational::from_integer(0.into()), |x, y| x + y);
        let multiplicities = vec![one.clone(); 4];
        let modes = Modes::new(&lambdas, &multiplicities, &[]).unwrap();
        let parameters = Parameters {
            learning_rate: alpha.clone(),
            momentum: b.clone(),
            noise_amplitude: gamma.clone(),
            tau: tau.clone(),
        };
        assert_eq!(
            noise_function_at_one(&parameters, &modes),
            printed,
            "seed 21, trial {trial}"
        );
        // (18) at z = 1 with S expanded: a [2 (1-b^2) - a (1-b) + g a (1+b)].
        let third: Rational = lambdas
            .iter()
            .map(|l| {
                let a = &alpha * l;
                let s = &a
                    * (&two * (&one - &b * &b) - &a * (&one - &b)
                        + &gamma * &tau * &a * (&one + &b));
                &gamma * &a * &a * (&one + &b) / s
            })
            .fold(Rational::from_integer(0.into()), |x, y| x + y);
        assert_eq!(third, printed, "seed 21, trial {trial}");
    }
}
