//! The phase of a power law (Section 6, Figure 3 left), decided in exact arithmetic.
//!
//! For `lambda_k ~ Lambda k^-nu` and `sum_{l>=k} lambda_l C_ll ~ K k^-kappa`, zeta = kappa/nu:
//!
//! | region | phase |
//! |---|---|
//! | nu <= 1/2 (Tr H^2 infinite) | immediate divergence |
//! | 1/2 < nu <= 1 (Tr H infinite) | eventual divergence |
//! | nu > 1, zeta < 2 - 1/nu | signal-dominated, `L_t ~ t^-zeta` if U(1) < 1 |
//! | nu > 1, zeta = 2 - 1/nu | border |
//! | nu > 1, zeta > 2 - 1/nu | noise-dominated, `L_t ~ t^-(2 - 1/nu)` if U(1) < 1 |

use crate::number::{Rational, Ring};
use serde::Serialize;
use std::cmp::Ordering;

/// Where a power law lies in the phase diagram.
///
/// # What this does not mean
/// A phase says nothing about stability: the two convergent phases need U(1) < 1. It is a
/// statement about an infinite law; a finite spectrum follows it only for
/// `t << 1/(2 alpha_eff lambda_min)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The loss is driven by the slow modes of the target.
    SignalDominated,
    /// The loss is driven by the gradient noise.
    NoiseDominated,
    /// Both at once: the two constants add.
    Border,
    /// Tr H is infinite: every learning rate diverges in the end.
    EventualDivergence,
    /// Tr H^2 is infinite: the loss is infinite after one step.
    ImmediateDivergence,
}

impl Phase {
    /// The phase of exponents nu > 0 and kappa > 0; `None` if nu > 1 and kappa is not known.
    pub fn of_power_law(nu: &Rational, kappa: Option<&Rational>) -> Option<Self> {
        let one = <Rational as Ring>::one();
        let two = <Rational as Ring>::from_integer(2);
        if nu * &two <= one {
            return Some(Self::ImmediateDivergence);
        }
        if *nu <= one {
            return Some(Self::EventualDivergence);
        }
        // zeta < 2 - 1/nu  <=>  kappa < 2 nu - 1.
        Some(match kappa?.cmp(&(two * nu - one)) {
            Ordering::Less => Self::SignalDominated,
            Ordering::Equal => Self::Border,
            Ordering::Greater => Self::NoiseDominated,
        })
    }

    /// The word in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignalDominated => "signal-dominated",
            Self::NoiseDominated => "noise-dominated",
            Self::Border => "border",
            Self::EventualDivergence => "eventual-divergence",
            Self::ImmediateDivergence => "immediate-divergence",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::parse_rational;

    fn phase(nu: &str, kappa: &str) -> Option<Phase> {
        let kappa = parse_rational(kappa).ok();
        Phase::of_power_law(&parse_rational(nu).unwrap(), kappa.as_ref())
    }

    #[test]
    fn the_borders_belong_where_the_harmonic_series_puts_them() {
        assert_eq!(phase("0.5", "1"), Some(Phase::ImmediateDivergence));
        assert_eq!(phase("0.500001", "1"), Some(Phase::EventualDivergence));
        assert_eq!(phase("1", "1"), Some(Phase::EventualDivergence));
        assert_eq!(phase("1.5", "1.999999"), Some(Phase::SignalDominated));
        assert_eq!(phase("1.5", "2"), Some(Phase::Border));
        assert_eq!(phase("1.5", "2.000001"), Some(Phase::NoiseDominated));
        // The MNIST exponents of the paper: nu = 1.3, zeta = 0.25.
        assert_eq!(phase("1.3", "0.325"), Some(Phase::SignalDominated));
    }

    #[test]
    fn without_a_signal_only_divergence_is_known() {
        assert_eq!(phase("2", "unknown"), None);
        assert_eq!(phase("0.9", "unknown"), Some(Phase::EventualDivergence));
    }
}
