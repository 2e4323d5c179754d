//! Four high-precision ways to L_t agree (what they share: tests/high_precision), and the fast value lies within its estimate.
//!
//! A reduced, corner-biased part of the grid; the whole grid is `cargo run --release --example oracles`.

mod high_precision;

use high_precision::{
    Setting, digits, fast_ratio, parabola, parabola_serves, proved, rational, secular, setting,
    squaring,
};
use tauber::number::{Rational, Ring};

fn corners() -> Vec<Setting> {
    [
        ((1.5, 0.75), (0.0, 0.5, 1.0), 0.5),
        ((1.5, 4.0), (0.0, 1.0, 0.0), 0.999),
        ((4.0, 0.5), (0.0, 0.25, 0.5), 1e-3),
        ((2.0, 1.0), (0.0, 0.5, -1.0), 1.5),
        ((1.5, 0.75), (0.9, 0.5, 0.0), 1e-6),
        ((1.1, 3.0), (0.5, 1.0, 1.0), 1.001),
        ((4.0, 7.5), (0.5, 0.25, 1.0), 0.1),
        ((2.0, 1.0), (-0.5, 0.5, -1.0), 0.9),
        ((1.5, 0.75), (-0.95, 1.0, 0.5), 0.5),
        ((1.1, 0.5), (0.99, 0.125, 0.0), 0.3),
    ]
    .into_iter()
    .map(|(law, noise, target)| setting(law, 4, noise, target).expect("U(1) is reached"))
    .collect()
}

#[test]
fn exact_rationals_lie_in_the_squared_operator_up_to_forty_steps() {
    for s in &corners()[..6] {
        let losses = rational(s, 41);
        for t in [0, 1, 2, 17, 40] {
            let ball = squaring(s, t as u64).unwrap();
            let (low, high) = losses[t].ends().unwrap();
            let middle = (low + high) / Rational::from_integer(2.into());
            assert!(
                ball.widened(losses[t].radius()).contains(&middle),
                "{} t = {t}",
                s.name
            );
        }
    }
}

#[test]
fn secular_residues_agree_to_thirty_eight_digits_up_to_a_trillion_steps() {
    for s in corners().iter().filter(|s| s.hyper.momentum() == 0.0) {
        for t in [1, 100, 1_000_000, 1_000_000_000_000] {
            let (a, b) = (secular(s, t).unwrap(), squaring(s, t).unwrap());
            assert!(
                digits(&a, &b) > 38.0,
                "{} t = {t}: {}",
                s.name,
                digits(&a, &b)
            );
        }
    }
}

#[test]
fn the_parabola_with_the_unsimplified_s_agrees_where_nothing_is_dropped() {
    let mut compared = 0;
    for s in &corners() {
        for t in [10_000, 1_000_000_000_000] {
            if !parabola_serves(s, t) {
                continue;
            }
            let (a, b) = (parabola(s, t).unwrap(), squaring(s, t).unwrap());
            assert!(
                digits(&a, &b) > 30.0,
                "{} t = {t}: {}",
                s.name,
                digits(&a, &b)
            );
            compared += 1;
        }
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn proved_contours_overlap_the_squared_operator_wherever_they_do_not_refuse() {
    let mut compared = 0;
    for s in &corners() {
        for t in [2_000, 1_000_000_000] {
            let Some(a) = proved(s, t) else { continue };
            let ratio = a / squaring(s, t).unwrap();
            assert!(
                ratio.contains(&Rational::one()) && ratio.has_digits(18),
                "{} t = {t}",
                s.name
            );
            compared += 1;
        }
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn the_fast_value_lies_within_its_estimate_and_the_estimate_is_no_thousandfold() {
    let mut ratios = Vec::new();
    for s in &corners() {
        for t in [1, 60, 1_000, 1_000_000_000_000] {
            let exact = squaring(s, t).unwrap();
            let (ratio, method) = fast_ratio(s, t, &exact).unwrap();
            assert!(
                ratio <= 1.0,
                "{} t = {t} by {method}: error/estimate {ratio}",
                s.name
            );
            ratios.push(ratio);
        }
    }
    ratios.sort_by(f64::total_cmp);
    assert!(
        ratios[ratios.len() / 2] >= 1e-3,
        "median {}",
        ratios[ratios.len() / 2]
    );
}

#[test]
fn a_wrong_formula_does_not_agree() {
    // The same settings with tau changed in one oracle only.
    let s = setting((1.5, 0.75), 4, (0.0, 0.5, 1.0), 0.5).unwrap();
    let mut other = s.clone();
    other.hyper =
        tauber::moment::Hyperparameters::new(s.hyper.learning_rate(), 0.0, 0.5, 0.999_999).unwrap();
    let (a, b) = (secular(&other, 1000).unwrap(), squaring(&s, 1000).unwrap());
    assert!(digits(&a, &b) < 8.0);
}
