//! The verdict: stable or not, decided by intervals where rounding could matter.
//!
//! | condition | test |
//! |---|---|
//! | inside the noiseless edge, tau >= 0 | `alpha lambda_max < 2 (1+b)` |
//! | inside the extended edge, tau < 0 | `alpha lambda_max [(1-b) + gamma abs(tau) (1+b)] < 2 (1-b)(1+b)` |
//! | noise | `U(1) < 1` |
//!
//! All inputs count as exactly the binary numbers they are. The first two are always compared in
//! outward-rounded intervals; U(1) is summed in `f64`, and summed again in intervals when it comes
//! so near to 1 that the rounding of the first sum could decide. If the interval still holds 1, the
//! verdict is [`Verdict::Unknown`].

use crate::generating::sums;
use crate::generating::{Modes, OwnedModes, Parameters, noise_function_at_one};
use crate::moment::Hyperparameters;
use crate::number::{Interval, Ring};
use crate::spectrum::Spectrum;
use serde::Serialize;
use std::cmp::Ordering;
use std::fmt;

/// What becomes of the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The loss converges to zero (to the loss of the null space, if there is one).
    Stable,
    /// The loss diverges exponentially.
    Unstable,
    /// Tr H^2 is infinite: the loss is infinite after one step.
    ImmediateDivergence,
    /// Tr H is infinite: the loss diverges exponentially at any learning rate, perhaps very late.
    EventualDivergence,
    /// Rounding does not allow a decision.
    Unknown,
}

impl Verdict {
    /// The word in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Unstable => "unstable",
            Self::ImmediateDivergence => "immediate-divergence",
            Self::EventualDivergence => "eventual-divergence",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where the learning rate lies relative to the noiseless edge (the extended one for tau < 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Surely below: U(1) has a meaning.
    Inside,
    /// Surely above: unstable whatever U(1) reads.
    Outside,
    /// On the edge within rounding.
    Undecided,
}

/// Compares the learning rate with the noiseless edge (tau < 0: the extended one) in intervals.
pub fn domain(spectrum: &Spectrum, parameters: &Hyperparameters) -> Domain {
    let p: Parameters<Interval> = parameters.into();
    let a = p.learning_rate * Interval::point(spectrum.largest());
    let two = Interval::from_integer(2);
    let (plus, minus) = (Interval::one() + p.momentum, Interval::one() - p.momentum);
    let (left, right) = if parameters.tau() >= 0.0 || parameters.noise_amplitude() == 0.0 {
        (a, two * plus)
    } else {
        let noise = -(p.noise_amplitude * p.tau);
        (a * (minus + noise * plus), two * minus * plus)
    };
    match left.partial_cmp(&right) {
        Some(Ordering::Less) => Domain::Inside,
        Some(Ordering::Greater) => Domain::Outside,
        _ => Domain::Undecided,
    }
}

/// Twice this (relative to U) is how near to 1 the `f64` sum of U(1) may come before intervals
/// decide, for well-conditioned denominators.
const CLOSE: f64 = 1e-9;

/// How much of U(1) rounding may move, estimated generously: the denominators
/// `(1-b)(2(1+b)-a) + g a (1+b)` lose `cond` = (sum of absolute values)/(value), largest at
/// lambda_max.
fn doubt(spectrum: &Spectrum, parameters: &Hyperparameters) -> f64 {
    let a = parameters.learning_rate() * spectrum.largest();
    let (p, q) = (1.0 + parameters.momentum(), 1.0 - parameters.momentum());
    let noise = parameters.noise_tau() * a * p;
    let value = q * (2.0 * p - a) + noise;
    let condition = (2.0 * p * q + q * a + noise.abs()) / value;
    let rounding = 4096.0 * f64::EPSILON * condition;
    if rounding >= 0.0 {
        CLOSE + rounding
    } else {
        f64::INFINITY
    }
}

/// U(1) with as many digits as a reader needs to see on which side of 1 it lies.
fn readable(u: f64) -> String {
    let gap = u - 1.0;
    if gap.abs() < 1e-5 {
        let sign = if gap < 0.0 { '-' } else { '+' };
        format!("1 {sign} {:.1e}", gap.abs())
    } else if (1e-3..1e6).contains(&u) {
        format!("{u:.6}")
    } else {
        format!("{u:.3e}")
    }
}

/// A verdict with its reason and the U(1) it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in a sentence.
    pub reason: String,
    /// U(1), where it has a meaning: an `f64` estimate.
    pub noise_function_at_1: Option<f64>,
}

/// Whether the loss of SE dynamics with these constant parameters converges.
///
/// For 0 <= tau <= 1 this is Proposition 3; for tau < 0 its extension (tested, not proved here).
///
/// # What this does not mean
/// - It is about the *averaged* loss of the SE dynamics. Where SE is an approximation of the
///   sampled dynamics, the edge of those differs.
/// - `Stable` says nothing about how slowly, and nothing about a single run's fluctuations.
/// - `Unstable` and `EventualDivergence` may show only after very many steps: see the divergence
///   time.
/// - For a spectrum with a null space the loss converges to the null space's share, not to 0.
/// - Additive gradient noise (labels not reachable by the model) is not in the model.
/// - Inputs count as exact: an eigenvalue known to four digits leaves the edge known to four.
pub fn judge(spectrum: &Spectrum, parameters: &Hyperparameters) -> Judgement {
    let noisy = parameters.noise_amplitude() > 0.0;
    let say = |verdict, reason: String, u| Judgement {
        verdict,
        reason,
        noise_function_at_1: u,
    };
    if noisy && spectrum.infinite_trace_of_square() {
        return say(
            Verdict::ImmediateDivergence,
            "Tr H^2 is infinite: the sampling noise makes the loss infinite after one step"
                .to_owned(),
            Some(f64::INFINITY),
        );
    }
    let edge = if parameters.tau() < 0.0 && noisy {
        "the edge for tau < 0, alpha lambda_max [(1-b) + gamma |tau| (1+b)] = 2 (1-b^2)"
    } else {
        "the noiseless edge, alpha = 2 (1+b)/lambda_max"
    };
    match domain(spectrum, parameters) {
        Domain::Outside => {
            let reason = format!("the learning rate lies above {edge}");
            return say(Verdict::Unstable, reason, None);
        }
        Domain::Undecided => {
            let reason = format!("the learning rate lies within rounding of {edge}");
            return say(Verdict::Unknown, reason, None);
        }
        Domain::Inside if !noisy => {
            let reason = format!("there is no noise and the learning rate lies below {edge}");
            return say(Verdict::Stable, reason, Some(0.0));
        }
        Domain::Inside => {}
    }
    if spectrum.infinite_trace() {
        return say(
            Verdict::EventualDivergence,
            "Tr H is infinite: with noise every learning rate diverges in the end".to_owned(),
            Some(f64::INFINITY),
        );
    }
    let u = sums::noise_function_at_one(&parameters.into(), &Modes::of(spectrum));
    let gap = doubt(spectrum, parameters) * (1.0 + u.abs());
    let (verdict, reason) = if u + gap < 1.0 {
        (
            Verdict::Stable,
            format!("U(1) = {} is below 1", readable(u)),
        )
    } else if u - gap > 1.0 {
        (
            Verdict::Unstable,
            format!("U(1) = {} is above 1", readable(u)),
        )
    } else {
        let modes = OwnedModes::lift(spectrum, Interval::point);
        let enclosure = noise_function_at_one(&parameters.into(), &modes.view());
        let (low, high) = (enclosure.lower(), enclosure.upper());
        if high < 1.0 {
            (
                Verdict::Stable,
                format!("U(1) is enclosed in [{low}, {high}], below 1"),
            )
        } else if low > 1.0 {
            (
                Verdict::Unstable,
                format!("U(1) is enclosed in [{low}, {high}], above 1"),
            )
        } else {
            (
                Verdict::Unknown,
                format!("U(1) is 1 within rounding: enclosed in [{low}, {high}]"),
            )
        }
    };
    say(verdict, reason, Some(u))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stability::checked;

    #[test]
    fn the_verdict_flips_at_the_edge_and_is_unknown_on_it() {
        let s = Spectrum::new((1..=1000).map(|k| f64::from(k).powf(-1.5)).collect(), None).unwrap();
        for (b, gamma, tau) in [
            (0.9, 0.1, 1.0),
            (-0.4, 1.0, 0.0),
            (0.5, 0.3, -1.0),
            (0.0, 1e-9, 1.0),
        ] {
            let edge = checked::critical_learning_rate(&s, b, gamma, tau);
            let at =
                |alpha| judge(&s, &Hyperparameters::new(alpha, b, gamma, tau).unwrap()).verdict;
            for near in [1e-6, 1e-9, 1e-12] {
                assert_eq!(
                    at(edge * (1.0 - near)),
                    Verdict::Stable,
                    "{b} {gamma} {near}"
                );
                assert_eq!(
                    at(edge * (1.0 + near)),
                    Verdict::Unstable,
                    "{b} {gamma} {near}"
                );
            }
            assert_eq!(at(edge), Verdict::Unknown, "{b} {gamma} {tau}");
        }
    }

    #[test]
    fn on_the_noiseless_edge_nothing_is_claimed() {
        let s = Spectrum::new(vec![1.0, 0.5], None).unwrap();
        let h = |alpha| Hyperparameters::new(alpha, 0.5, 0.0, 1.0).unwrap();
        assert_eq!(judge(&s, &h(3.0)).verdict, Verdict::Unknown);
        assert_eq!(judge(&s, &h(3.0 - 1e-12)).verdict, Verdict::Stable);
        let beyond = judge(&s, &h(3.0 + 1e-12));
        assert_eq!(beyond.verdict, Verdict::Unstable);
        assert_eq!(beyond.noise_function_at_1, None);
    }

    #[test]
    fn infinite_traces_diverge_only_with_noise() {
        let nodes =
            |square| Spectrum::from_nodes(vec![1.0, 0.1], vec![1.0, 10.0], None, true, square);
        let h = |gamma| Hyperparameters::new(0.1, 0.0, gamma, 1.0).unwrap();
        assert_eq!(
            judge(&nodes(false), &h(0.1)).verdict,
            Verdict::EventualDivergence
        );
        assert_eq!(
            judge(&nodes(true), &h(0.1)).verdict,
            Verdict::ImmediateDivergence
        );
        assert_eq!(judge(&nodes(true), &h(0.0)).verdict, Verdict::Stable);
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        for v in [
            Verdict::Stable,
            Verdict::Unstable,
            Verdict::ImmediateDivergence,
            Verdict::EventualDivergence,
            Verdict::Unknown,
        ] {
            assert_eq!(serde_json::to_string(&v).unwrap(), format!("\"{v}\""));
        }
    }
}
