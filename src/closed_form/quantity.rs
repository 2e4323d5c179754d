//! The named quantities of `tauber derive`.
//!
//! Each is a list of labelled formulas with one sentence that says what it is. Factorised and
//! cancellation-free forms are written once in [`per_mode`]; here they are instantiated as trees
//! and accepted only if they expand to what was derived.

use super::per_mode;
use super::{ClosedForms, Expression};
use crate::number::Ring;
use crate::polynomial::{Polynomial, RationalFunction};
use thiserror::Error;

/// Why a quantity is not available.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuantityError {
    /// No such name.
    #[error("there is no quantity `{0}`; there are: {list}", list = Quantity::ALL.map(Quantity::name).join(", "))]
    Unknown(String),
    /// The written form is that of heavy ball and does not equal this rule's derivation.
    #[error(
        "`{quantity}` is a form of heavy ball; it does not equal what was derived for rule `{rule}`: ask for `{instead}`"
    )]
    OtherRule {
        /// The quantity asked for.
        quantity: &'static str,
        /// The rule.
        rule: String,
        /// What is available for every rule.
        instead: &'static str,
    },
}

/// A quantity that `tauber derive` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// The operator on second moments.
    Operator,
    /// det(x - A).
    CharacteristicPolynomial,
    /// S expanded.
    Denominator,
    /// S factorised.
    DenominatorFactorised,
    /// S free of cancellation in e = 1 - z.
    DenominatorNearOne,
    /// S at z = 1.
    DenominatorAtOne,
    /// The numerator of U.
    NoiseNumerator,
    /// The numerator of V.
    SignalNumerator,
    /// The general row n11, n12, n22.
    FirstRow,
    /// The term of U.
    NoiseTerm,
    /// The term of V.
    SignalTerm,
    /// The term of U(1).
    NoiseTermAtOne,
    /// The term of V(1).
    SignalTermAtOne,
    /// R1 expanded.
    ZuDerivativeNumerator,
}

/// A labelled list of formulas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// The quantity's name.
    pub name: &'static str,
    /// What the symbols mean.
    pub meaning: &'static str,
    /// Where the paper has it.
    pub source: &'static str,
    /// The formulas: one, or one for each labelled entry.
    pub entries: Vec<(String, Expression)>,
    /// For a matrix, the number of columns (entries run row by row).
    pub columns: Option<usize>,
}

impl Quantity {
    /// All of them, in the order of the derivation.
    pub const ALL: [Self; 14] = [
        Self::Operator,
        Self::CharacteristicPolynomial,
        Self::Denominator,
        Self::DenominatorFactorised,
        Self::DenominatorNearOne,
        Self::DenominatorAtOne,
        Self::FirstRow,
        Self::NoiseNumerator,
        Self::SignalNumerator,
        Self::NoiseTerm,
        Self::SignalTerm,
        Self::NoiseTermAtOne,
        Self::SignalTermAtOne,
        Self::ZuDerivativeNumerator,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::CharacteristicPolynomial => "characteristic-polynomial",
            Self::Denominator => "denominator",
            Self::DenominatorFactorised => "denominator-factorised",
            Self::DenominatorNearOne => "denominator-near-one",
            Self::DenominatorAtOne => "denominator-at-one",
            Self::FirstRow => "first-row",
            Self::NoiseNumerator => "noise-numerator",
            Self::SignalNumerator => "signal-numerator",
            Self::NoiseTerm => "noise-term",
            Self::SignalTerm => "signal-term",
            Self::NoiseTermAtOne => "noise-term-at-one",
            Self::SignalTermAtOne => "signal-term-at-one",
            Self::ZuDerivativeNumerator => "zu-derivative-numerator",
        }
    }

    /// The quantity of that name.
    ///
    /// # Errors
    /// An unknown name; the message lists all.
    pub fn by_name(name: &str) -> Result<Self, QuantityError> {
        Self::ALL
            .into_iter()
            .find(|q| q.name() == name)
            .ok_or_else(|| QuantityError::Unknown(name.to_owned()))
    }

    /// One sentence: what the formula is. `a = alpha lambda_k, b = momentum, g = gamma tau`.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Operator => {
                "A on the second moments of one eigenvalue (heavy ball: c11, c12, c22), without the coupling of eigenvalues"
            }
            Self::CharacteristicPolynomial => "det(x - A)",
            Self::Denominator => {
                "S(a, b, g, z) = det(1 - z A), cancelled against the row, with S = 1 at z = 0"
            }
            Self::DenominatorFactorised => "S, factorised",
            Self::DenominatorNearOne => "S without cancellation near z = 1, with e = 1 - z given",
            Self::DenominatorAtOne => "S at z = 1",
            Self::FirstRow => {
                "numerators over S of the row r with r (1 - z A) = probe; V(z) = sum lambda_k (n11 C_kk + n12 J_kk + n22 V_kk)/S"
            }
            Self::NoiseNumerator => "numerator over S of a term of U",
            Self::SignalNumerator => "numerator over S of a term of V, initial state at rest",
            Self::NoiseTerm => "U(z) = gamma alpha^2 sum_k lambda_k^2 (this)",
            Self::SignalTerm => "V(z) = sum_k lambda_k C_kk,0 (this)",
            Self::NoiseTermAtOne => "U(1) = gamma sum_k (this)",
            Self::SignalTermAtOne => "V(1) = sum_k lambda_k C_kk,0 (this)",
            Self::ZuDerivativeNumerator => "R with d/dz (z U-term) = R/S^2",
        }
    }

    /// Where the paper has it.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Operator => "(11)",
            Self::CharacteristicPolynomial => "Section 4, Appendix E.1",
            Self::Denominator | Self::DenominatorFactorised | Self::DenominatorNearOne => {
                "(18), (118)"
            }
            Self::DenominatorAtOne => "(21)",
            Self::FirstRow => "(116)-(117)",
            Self::NoiseNumerator | Self::NoiseTerm => "(18)",
            Self::SignalNumerator | Self::SignalTerm => "(20)",
            Self::NoiseTermAtOne => "(21)",
            Self::SignalTermAtOne => "(20) at z = 1",
            Self::ZuDerivativeNumerator => "(120)-(121)",
        }
    }

    /// The quantity of a derivation.
    ///
    /// # Errors
    /// A written form that is not that of this rule.
    pub fn of(self, forms: &ClosedForms) -> Result<Formula, QuantityError> {
        let one = |p: &Polynomial| vec![(String::new(), Expression::from(p))];
        let at_one = |f: RationalFunction| {
            f.substitute("z", &Polynomial::one())
                .map_or_else(Vec::new, |f| vec![(String::new(), Expression::from(&f))])
        };
        let basis = forms.operator().basis();
        let mut columns = None;
        let entries = match self {
            Self::Operator => {
                columns = Some(basis.len());
                let mut entries = Vec::new();
                for (row, left) in forms.operator().matrix().iter().zip(basis) {
                    for (entry, right) in row.iter().zip(basis) {
                        let label = format!("{}_{}", moment(*left), moment(*right));
                        entries.push((label, Expression::from(entry)));
                    }
                }
                entries
            }
            Self::CharacteristicPolynomial => one(&forms.characteristic_polynomial()),
            Self::Denominator => one(forms.denominator()),
            Self::DenominatorFactorised => {
                let [a, b, g, z] = ["a", "b", "g", "z"].map(Expression::symbol);
                let tree = per_mode::denominator_factorised(a, b, g, z);
                vec![(String::new(), self.accepted(forms, tree, "z")?)]
            }
            Self::DenominatorNearOne => {
                let [a, b, g, z, e] = ["a", "b", "g", "z", "e"].map(Expression::symbol);
                let tree =
                    per_mode::denominator(&per_mode::denominator_coefficients(b, g, z, e), a);
                vec![(String::new(), self.accepted(forms, tree, "1 - e")?)]
            }
            Self::DenominatorAtOne => at_one(forms.denominator().clone().into()),
            Self::FirstRow => basis
                .iter()
                .zip(forms.row())
                .map(|(pair, n)| (moment(*pair).replace('c', "n"), Expression::from(n)))
                .collect(),
            Self::NoiseNumerator => one(&forms.noise_numerator()),
            Self::SignalNumerator => one(&forms.signal_numerator()),
            Self::NoiseTerm => vec![(String::new(), Expression::from(&forms.noise_term()))],
            Self::SignalTerm => vec![(String::new(), Expression::from(&forms.signal_term()))],
            Self::NoiseTermAtOne => {
                let a = RationalFunction::from(Polynomial::variable("a"));
                at_one(forms.noise_term() * a.square())
            }
            Self::SignalTermAtOne => at_one(forms.signal_term()),
            Self::ZuDerivativeNumerator => one(&forms.zu_derivative_numerator()),
        };
        Ok(Formula {
            name: self.name(),
            meaning: self.meaning(),
            source: self.source(),
            entries,
            columns,
        })
    }

    /// The tree, if with `z = z_is` and `e = 1 - z` it expands to the derived S.
    fn accepted(
        self,
        forms: &ClosedForms,
        tree: Expression,
        z_is: &str,
    ) -> Result<Expression, QuantityError> {
        let z = Polynomial::parse(z_is).unwrap_or_else(|_| Polynomial::zero());
        let written = tree.expand().and_then(|f| f.substitute("z", &z));
        let derived = RationalFunction::from(forms.denominator().substitute("z", &z));
        if written == Some(derived) {
            return Ok(tree);
        }
        Err(QuantityError::OtherRule {
            quantity: self.name(),
            rule: forms.operator().rule().name().to_owned(),
            instead: Self::Denominator.name(),
        })
    }
}

/// `c11`, `c12`, ...: the moment of a basis pair, counted from 1.
fn moment((i, j): (usize, usize)) -> String {
    format!("c{}{}", i + 1, j + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment::UpdateRule;

    #[test]
    fn every_quantity_of_heavy_ball_has_a_formula_and_its_name_finds_it() {
        let forms = ClosedForms::derive(&UpdateRule::heavy_ball()).unwrap();
        for quantity in Quantity::ALL {
            assert_eq!(Quantity::by_name(quantity.name()), Ok(quantity));
            assert!(
                !quantity.of(&forms).unwrap().entries.is_empty(),
                "{}",
                quantity.name()
            );
        }
    }

    #[test]
    fn the_written_forms_of_heavy_ball_are_refused_for_nesterov() {
        let forms = ClosedForms::derive(&UpdateRule::nesterov()).unwrap();
        assert!(Quantity::Denominator.of(&forms).is_ok());
        for quantity in [
            Quantity::DenominatorFactorised,
            Quantity::DenominatorNearOne,
        ] {
            assert!(matches!(
                quantity.of(&forms),
                Err(QuantityError::OtherRule { .. })
            ));
        }
        assert!(
            Quantity::by_name("s")
                .unwrap_err()
                .to_string()
                .contains("denominator-at-one")
        );
    }
}
