//! The phase diagram of Figure 3 (left): exact on its borders, and what the losses themselves show.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tauber::asymptotics::{Phase, TailLaw};
use tauber::dynamics::{SeError, SeRecursion};
use tauber::generating::contour::LossContour;
use tauber::moment::Hyperparameters;
use tauber::number::{Rational, parse_rational};
use tauber::spectrum::PowerLaw;
use tauber::stability::{Verdict, critical_learning_rate, judge};

fn q(text: &str) -> Rational {
    parse_rational(text).unwrap()
}

#[test]
fn on_a_rational_grid_the_phase_is_that_of_the_axes_zeta_and_one_over_nu() {
    // nu = n/d, kappa = k/d in whole numbers: 1/nu = d/n, zeta = k/n, zeta + 1/nu = (k + d)/n.
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..3000 {
        let (n, d, k): (i64, i64, i64) = (
            rng.random_range(1..60),
            rng.random_range(1..40),
            rng.random_range(1..120),
        );
        let expected = if d >= 2 * n {
            Phase::ImmediateDivergence
        } else if d >= n {
            Phase::EventualDivergence
        } else {
            match (k + d).cmp(&(2 * n)) {
                std::cmp::Ordering::Less => Phase::SignalDominated,
                std::cmp::Ordering::Equal => Phase::Border,
                std::cmp::Ordering::Greater => Phase::NoiseDominated,
            }
        };
        let rational = |p: i64| Rational::new(p.into(), d.into());
        let (nu, kappa) = (rational(n), rational(k));
        assert_eq!(
            Phase::of_power_law(&nu, Some(&kappa)),
            Some(expected),
            "{n} {d} {k}"
        );
        let tail = TailLaw::exact(&nu, &kappa, 1.0, 1.0).unwrap();
        assert_eq!(tail.phase(), expected);
        assert_eq!(tail.border_distance() == 0.0, k + d == 2 * n);
        assert_eq!(tail.infinite_trace_of_covariance(), k <= n);
        *seen.entry(expected.name()).or_insert(0) += 1;
    }
    assert!(seen.len() == 5 && seen["border"] > 10, "{seen:?}");
}

#[test]
fn borders_are_exact_to_the_last_of_forty_digits() {
    let below = "0.4999999999999999999999999999999999999999";
    let above = "0.5000000000000000000000000000000000000001";
    let phase = |nu: &str, kappa: &str| Phase::of_power_law(&q(nu), Some(&q(kappa))).unwrap();
    assert_eq!(phase(below, "1"), Phase::ImmediateDivergence);
    assert_eq!(phase("1/2", "1"), Phase::ImmediateDivergence);
    assert_eq!(phase(above, "1"), Phase::EventualDivergence);
    assert_eq!(phase("1", "1"), Phase::EventualDivergence);
    let above = "1.0000000000000000000000000000000000000001";
    assert_eq!(phase(above, "1"), Phase::SignalDominated);
    assert_eq!(
        phase(above, "1.0000000000000000000000000000000000000002"),
        Phase::Border
    );
    assert_eq!(
        phase(above, "1.0000000000000000000000000000000000000003"),
        Phase::NoiseDominated
    );
    assert_eq!(phase("4/3", "5/3"), Phase::Border);
    assert_eq!(
        phase("1.333333333333333333333", "5/3"),
        Phase::NoiseDominated
    );
}

#[test]
fn the_phase_is_what_the_loss_does() {
    let noisy = |alpha| Hyperparameters::new(alpha, 0.3, 0.5, 1.0).unwrap();
    // Convergent phases: the local exponent at 1e13 is the one of the phase and not the other.
    for (nu, kappa) in [
        (1.5, 0.75),
        (2.0, 1.0),
        (3.0, 3.0),
        (1.5, 3.0),
        (2.0, 5.0),
        (3.0, 7.0),
    ] {
        let spectrum = PowerLaw::new(nu, Some(kappa)).unwrap().spectrum().0;
        let tail = TailLaw::new(nu, kappa, 1.0, 1.0).unwrap();
        let h = noisy(0.5 * critical_learning_rate(&spectrum, 0.3, 0.5, 1.0).unwrap());
        let contour = LossContour::new(&spectrum, &h).unwrap();
        let loss = |t: f64| contour.at(t).unwrap().value();
        let exponent = (loss(0.9e13) / loss(1.1e13)).ln() / (1.1_f64 / 0.9).ln();
        let other = match tail.phase() {
            Phase::SignalDominated => {
                assert!((exponent - tail.zeta()).abs() < 0.01, "{exponent}");
                tail.noise_exponent()
            }
            Phase::NoiseDominated => {
                assert!(
                    (exponent - tail.noise_exponent()).abs() < 0.01,
                    "{exponent}"
                );
                tail.zeta()
            }
            other => panic!("{other:?}"),
        };
        assert!((exponent - other).abs() > 0.1);
    }
    // Eventual divergence: U(1) is infinite at any learning rate, the loss of the first steps is not.
    for nu in ["0.51", "0.7", "1"] {
        let value = tauber::number::rational_to_f64(&q(nu));
        let spectrum = PowerLaw::new(value, Some(0.4)).unwrap().spectrum().0;
        for alpha in [1e-6, 1e-2, 1.0] {
            let verdict = judge(&spectrum, &noisy(alpha)).verdict;
            assert_eq!(verdict, Verdict::EventualDivergence, "{nu} {alpha}");
        }
        let mut run = SeRecursion::new(&spectrum, &noisy(0.01)).unwrap();
        assert!(run.advance_by(10).is_finite());
        assert_eq!(
            Phase::of_power_law(&q(nu), None),
            Some(Phase::EventualDivergence)
        );
    }
    // Immediate divergence: there is no loss after one step.
    let spectrum = PowerLaw::new(0.5, Some(0.4)).unwrap().spectrum().0;
    assert_eq!(
        judge(&spectrum, &noisy(1e-6)).verdict,
        Verdict::ImmediateDivergence
    );
    assert!(matches!(
        SeRecursion::new(&spectrum, &noisy(1e-6)),
        Err(SeError::InfiniteTraceOfSquare)
    ));
}
