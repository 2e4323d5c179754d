//! What the tests of rigorous evaluation share: exact inputs, and a ball against a reference of many digits.

use tauber::generating::rigorous::{ExactHyperparameters, RigorousLaw};
use tauber::number::ball::Magnitude;
use tauber::number::{Ball, Rational, parse_rational};
use tauber::spectrum::SignalLaw;
use tauber::stability::rigorous::Enclosed;

pub fn q(text: &str) -> Rational {
    parse_rational(text).unwrap()
}

pub fn exact(alpha: &str, beta: &str, gamma: &str, tau: &str) -> ExactHyperparameters {
    ExactHyperparameters::new(q(alpha), q(beta), q(gamma), q(tau)).unwrap()
}

pub fn law(nu: &str, kappa: &str, signal_law: SignalLaw) -> RigorousLaw {
    RigorousLaw {
        signal_law,
        ..RigorousLaw::new(q(nu), Some(q(kappa)))
    }
}

/// The reference, good to its own last digits, lies in the ball, and the ball is narrow.
pub fn meets(value: &Ball, reference: &str, digits: u32, what: &str) {
    let reference_value = q(reference);
    let places = reference
        .split('e')
        .next()
        .unwrap()
        .trim_start_matches(['-', '0', '.'])
        .len() as i64;
    let slack = value
        .above()
        .times(Magnitude::power_of_two(-(places - 2) * 332 / 100));
    assert!(
        value.clone().widened(slack).contains(&reference_value),
        "{what}: {:?} against {reference}",
        value.to_decimal(45)
    );
    assert!(
        value.has_digits(digits),
        "{what}: 2^{}",
        value.relative_radius_log2()
    );
}

pub fn finite(value: &Enclosed) -> &Ball {
    match value {
        Enclosed::Finite(ball) => ball,
        other => panic!("not finite: {other:?}"),
    }
}
