//! U, V and S of one eigenvalue, derived from the moment operator.
//!
//! With A the operator of the rule ([`MomentOperator`]), p its probe (as a row), c its source:
//!
//! ```text
//! r (1 - z A) = p            solved exactly over Q(a, b, g, z): r = (n_1, .., n_M)/S
//! U-term = r c               noise function:  U(z) = gamma alpha^2 sum_k lambda_k^2 r c
//! V-term = r e_1             signal function: V(z) = sum_k lambda_k C_kk,0 r e_1
//! ```
//!
//! (17)-(20), (115)-(117). For heavy ball r is the first row of the resolvent,
//! `r = (n11, n12, n22)/S`. Whatever engine solved the system, its answer is accepted only if
//! `n (1 - z A) = S p` holds as polynomials, which is checked by expanding.

use crate::moment::{MomentOperator, UpdateRule};
use crate::number::Ring;
use crate::polynomial::matrix::{determinant, solve_row};
use crate::polynomial::{Polynomial, RationalFunction};
use thiserror::Error;

/// Why a derivation was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DerivationError {
    /// `1 - z A` has no inverse over Q(a, b, g, z); cannot happen for z near 0.
    #[error("the resolvent of rule `{0}` does not exist")]
    Singular(String),
    /// The engine's answer does not satisfy `n (1 - z A) = S p`.
    #[error(
        "engine `{engine}`: its row times (1 - z A) is not its denominator times the probe (column {column}): the answer is refused"
    )]
    Identity {
        /// The engine.
        engine: String,
        /// The column at which the identity fails, from 1.
        column: usize,
    },
    /// The engine itself failed.
    #[error("engine `{engine}`: {message}")]
    Engine {
        /// The engine.
        engine: String,
        /// What it said.
        message: String,
    },
}

/// What solves `r (1 - z A) = p`; its answer is never trusted.
pub trait Engine {
    /// The engine's name, for messages.
    fn name(&self) -> &str;
    /// Numerators and common denominator of r.
    ///
    /// # Errors
    /// A message of the engine.
    fn resolvent_row(
        &self,
        operator: &MomentOperator,
    ) -> Result<(Vec<Polynomial>, Polynomial), String>;
}

/// Fraction-free elimination over Q[a, b, g, z]: this crate's own engine.
struct Elimination;

impl Engine for Elimination {
    fn name(&self) -> &str {
        "elimination"
    }
    fn resolvent_row(
        &self,
        operator: &MomentOperator,
    ) -> Result<(Vec<Polynomial>, Polynomial), String> {
        solve_row(&operator.resolvent_matrix(), operator.probe())
            .ok_or_else(|| "the resolvent does not exist".to_owned())
    }
}

/// The closed forms of one rule: numerators, denominator, and what they were derived from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedForms {
    operator: MomentOperator,
    row: Vec<Polynomial>,
    denominator: Polynomial,
}

impl ClosedForms {
    /// Derives the closed forms with this crate's own elimination.
    ///
    /// # Errors
    /// See [`DerivationError`]; none is known to occur for a valid rule.
    pub fn derive(rule: &UpdateRule) -> Result<Self, DerivationError> {
        Self::derive_with(rule, &Elimination)
    }

    /// Derives the closed forms with any engine and checks its answer.
    ///
    /// # Errors
    /// An engine that fails, and an answer that does not satisfy the identity.
    pub fn derive_with(rule: &UpdateRule, engine: &dyn Engine) -> Result<Self, DerivationError> {
        let operator = MomentOperator::derive(rule);
        let (row, denominator) =
            engine
                .resolvent_row(&operator)
                .map_err(|message| DerivationError::Engine {
                    engine: engine.name().to_owned(),
                    message,
                })?;
        Self::accept(operator, row, denominator, engine.name())
    }

    /// The identity check, then cancellation of common factors and the sign that makes
    /// `S(z = 0) > 0`.
    fn accept(
        operator: MomentOperator,
        row: Vec<Polynomial>,
        denominator: Polynomial,
        engine: &str,
    ) -> Result<Self, DerivationError> {
        let refuse = |column| DerivationError::Identity {
            engine: engine.to_owned(),
            column,
        };
        if denominator.is_zero() || row.len() != operator.probe().len() {
            return Err(refuse(1));
        }
        let matrix = operator.resolvent_matrix();
        for (j, probe) in operator.probe().iter().enumerate() {
            let product = row
                .iter()
                .zip(&matrix)
                .fold(Polynomial::zero(), |sum, (r, m)| {
                    sum + r.clone() * m[j].clone()
                });
            if product != denominator.clone() * probe.clone() {
                return Err(refuse(j + 1));
            }
        }
        let common = row.iter().fold(denominator.clone(), |g, n| g.gcd(n));
        let divide = |p: &Polynomial| p.exact_division(&common).unwrap_or_else(|| p.clone());
        let (row, denominator): (Vec<_>, _) =
            (row.iter().map(divide).collect(), divide(&denominator));
        // S is normalised by its value at z = 0, which is a constant: A has no pole there.
        let at_zero = denominator
            .substitute("z", &Polynomial::zero())
            .as_constant();
        let scale = at_zero
            .filter(|c| !num_traits::Zero::is_zero(c))
            .ok_or_else(|| DerivationError::Singular(operator.rule().name().to_owned()))?
            .recip();
        Ok(Self {
            row: row.iter().map(|n| n.scale(&scale)).collect(),
            denominator: denominator.scale(&scale),
            operator,
        })
    }

    /// The operator they were derived from.
    pub const fn operator(&self) -> &MomentOperator {
        &self.operator
    }

    /// S(a, b, g, z), with S = 1 at z = 0.
    pub const fn denominator(&self) -> &Polynomial {
        &self.denominator
    }

    /// The numerators of the row, one for each basis element; heavy ball: n11, n12, n22.
    pub fn row(&self) -> &[Polynomial] {
        &self.row
    }

    /// The numerator of a term of U: the row times the source; heavy ball: 1 + b z.
    pub fn noise_numerator(&self) -> Polynomial {
        self.row
            .iter()
            .zip(self.operator.source())
            .fold(Polynomial::zero(), |sum, (n, c)| {
                sum + n.clone() * c.clone()
            })
    }

    /// The numerator of a term of V for an initial state at rest: n11.
    pub fn signal_numerator(&self) -> Polynomial {
        self.row.first().cloned().unwrap_or_else(Polynomial::zero)
    }

    /// (1 + b z)/S for heavy ball.
    pub fn noise_term(&self) -> RationalFunction {
        self.quotient(self.noise_numerator())
    }

    /// n11/S for heavy ball.
    pub fn signal_term(&self) -> RationalFunction {
        self.quotient(self.signal_numerator())
    }

    fn quotient(&self, numerator: Polynomial) -> RationalFunction {
        RationalFunction::new(numerator, self.denominator.clone())
            .unwrap_or_else(RationalFunction::zero)
    }

    /// R with `d/dz (z U-term) = R/S^2` (S the denominator of the U-term): (120)-(121). For heavy
    /// ball it does not depend on g.
    pub fn zu_derivative_numerator(&self) -> Polynomial {
        let term = self.noise_term();
        let (n, s) = (term.numerator(), term.denominator());
        let z = Polynomial::variable("z");
        let zn = n.clone() * z;
        zn.derivative("z") * s.clone() - zn * s.derivative("z")
    }

    /// det(x - A), the characteristic polynomial, in a, b, g, x.
    pub fn characteristic_polynomial(&self) -> Polynomial {
        determinant(&self.operator.characteristic_matrix()).unwrap_or_else(Polynomial::zero)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An engine that returns a fixed answer.
    struct Claim(Vec<Polynomial>, Polynomial);

    impl Engine for Claim {
        fn name(&self) -> &str {
            "claim"
        }
        fn resolvent_row(
            &self,
            _: &MomentOperator,
        ) -> Result<(Vec<Polynomial>, Polynomial), String> {
            Ok((self.0.clone(), self.1.clone()))
        }
    }

    fn forms() -> ClosedForms {
        ClosedForms::derive(&UpdateRule::heavy_ball()).unwrap()
    }

    #[test]
    fn an_engine_whose_answer_carries_a_common_factor_is_accepted_and_cancelled() {
        let own = forms();
        let factor = Polynomial::parse("-2*a + 7*z").unwrap();
        let times = |p: &Polynomial| p.clone() * factor.clone();
        let claim = Claim(
            own.row().iter().map(times).collect(),
            times(own.denominator()),
        );
        assert_eq!(
            ClosedForms::derive_with(&UpdateRule::heavy_ball(), &claim),
            Ok(own)
        );
    }

    #[test]
    fn an_engine_with_one_wrong_coefficient_is_refused() {
        let own = forms();
        let mut row = own.row().to_vec();
        row[1] = row[1].clone() + Polynomial::parse("1/1000*z^2").unwrap();
        let claim = Claim(row, own.denominator().clone());
        let error = ClosedForms::derive_with(&UpdateRule::heavy_ball(), &claim).unwrap_err();
        assert!(matches!(error, DerivationError::Identity { .. }), "{error}");
    }

    #[test]
    fn an_engine_with_a_zero_denominator_or_a_short_row_is_refused() {
        let own = forms();
        for claim in [
            Claim(vec![Polynomial::zero(); 3], Polynomial::zero()),
            Claim(own.row()[..2].to_vec(), own.denominator().clone()),
        ] {
            assert!(ClosedForms::derive_with(&UpdateRule::heavy_ball(), &claim).is_err());
        }
    }

    #[test]
    fn closed_forms_of_other_rules_satisfy_their_own_identity() {
        for name in UpdateRule::NAMES {
            let rule = UpdateRule::by_name(name).unwrap();
            assert!(ClosedForms::derive(&rule).is_ok(), "{name}");
        }
        let plain = ClosedForms::derive(&UpdateRule::plain()).unwrap();
        let expected = Polynomial::parse("1 - z*((1 - a)^2 - g*a^2)").unwrap();
        assert_eq!(plain.denominator(), &expected);
    }
}
