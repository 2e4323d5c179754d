//! The proof tree: four rules, and nothing else.
//!
//! | node | meaning |
//! |---|---|
//! | `identity` | `m p = sum of terms`, m a product of strict hypotheses |
//! | `absurd` | `0 = sum of terms` with a strict one: the branch is empty |
//! | `split` | cases `q > 0` (or `>= 0`) and `-q >= 0` |
//! | `fact` | an intermediate inequality, proved, then used |
//!
//! A term is `c (product of scope entries) q^2` with c > 0. References count the scope of the
//! node: the hypotheses first, then one entry for every enclosing split, and for every enclosing
//! fact entered through `then`, from the root inwards.

use super::{Inequality, Statement};
use crate::number::Rational;
use crate::polynomial::Polynomial;
use num_traits::Zero;

/// `coefficient * product of scope[reference]^power * square^2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Positive.
    pub coefficient: Rational,
    /// (reference, power), references ascending, powers from 1 to 64.
    pub factors: Vec<(usize, u32)>,
    /// The polynomial that is squared, if any.
    pub square: Option<Polynomial>,
}

impl Term {
    /// Whether the term is positive, given which entries of the scope are strict: every factor is,
    /// and there is no square, or one of a constant other than 0. Weak times strict is weak.
    pub fn is_strict(&self, strict: impl Fn(usize) -> bool) -> bool {
        let square = self.square.as_ref();
        square.is_none_or(|q| q.as_constant().is_some_and(|c| !c.is_zero()))
            && self.factors.iter().all(|(reference, _)| strict(*reference))
    }
}

/// A node of a proof tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// `multiplier * goal = sum of terms`.
    Identity {
        /// Which goal is proved.
        claim: usize,
        /// The multiplier's factors; empty means 1.
        multiplier: Vec<(usize, u32)>,
        /// The terms.
        terms: Vec<Term>,
    },
    /// `0 = sum of terms`, one of them strict.
    Absurd {
        /// The terms.
        terms: Vec<Term>,
    },
    /// A case distinction.
    Split {
        /// The polynomial whose sign is distinguished.
        on: Polynomial,
        /// Whether the upper case is `on > 0` (else `on >= 0`).
        strict: bool,
        /// The proof where `on` is positive.
        above: Box<Node>,
        /// The proof where `-on >= 0`.
        below: Box<Node>,
    },
    /// An intermediate inequality.
    Fact {
        /// What is shown first.
        fact: Inequality,
        /// Its proof.
        proof: Box<Node>,
        /// What follows with it.
        then: Box<Node>,
    },
}

impl Node {
    /// The split at the sign of `on`, neither case strict.
    pub fn split(on: Polynomial, above: Self, below: Self) -> Self {
        Self::Split {
            on,
            strict: false,
            above: Box::new(above),
            below: Box::new(below),
        }
    }

    /// This node with the facts before it, the first outermost.
    pub fn under(self, facts: &[(Inequality, Self)]) -> Self {
        facts
            .iter()
            .rev()
            .fold(self, |then, (fact, proof)| Self::Fact {
                fact: fact.clone(),
                proof: Box::new(proof.clone()),
                then: Box::new(then),
            })
    }

    /// Whether no term has a hypothesis or fact as a factor.
    pub fn uses_squares_alone(&self) -> bool {
        match self {
            Self::Identity { terms, .. } | Self::Absurd { terms } => {
                terms.iter().all(|term| term.factors.is_empty())
            }
            Self::Split { above, below, .. } => {
                above.uses_squares_alone() && below.uses_squares_alone()
            }
            Self::Fact { proof, then, .. } => {
                proof.uses_squares_alone() && then.uses_squares_alone()
            }
        }
    }

    /// How many terms stand in the leaves, those of facts included.
    pub fn terms(&self) -> usize {
        match self {
            Self::Identity { terms, .. } | Self::Absurd { terms } => terms.len(),
            Self::Split { above, below, .. } => above.terms() + below.terms(),
            Self::Fact { proof, then, .. } => proof.terms() + then.terms(),
        }
    }

    /// How deep the tree is; a leaf has depth 1.
    pub fn depth(&self) -> usize {
        match self {
            Self::Identity { .. } | Self::Absurd { .. } => 1,
            Self::Split { above, below, .. } => 1 + above.depth().max(below.depth()),
            Self::Fact { proof, then, .. } => 1 + proof.depth().max(then.depth()),
        }
    }

    /// Whether the tree proves that its scope is empty, by the rules of `proofs/FORMAT.md`.
    pub fn shows_empty(&self) -> bool {
        match self {
            Self::Identity { .. } => false,
            Self::Absurd { .. } => true,
            Self::Split { above, below, .. } => above.shows_empty() && below.shows_empty(),
            Self::Fact { proof, then, .. } => proof.shows_empty() || then.shows_empty(),
        }
    }

    /// How many splits, facts and multipliers occur.
    pub fn structure(&self) -> (usize, usize, usize) {
        match self {
            Self::Identity { multiplier, .. } => (0, 0, usize::from(!multiplier.is_empty())),
            Self::Absurd { .. } => (0, 0, 0),
            Self::Split { above, below, .. } => {
                let ((a, b, c), (d, e, f)) = (above.structure(), below.structure());
                (a + d + 1, b + e, c + f)
            }
            Self::Fact { proof, then, .. } => {
                let ((a, b, c), (d, e, f)) = (proof.structure(), then.structure());
                (a + d, b + e + 1, c + f)
            }
        }
    }
}

/// A statement with its proof. Built by the prover or read from a file; only the checker says
/// whether it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Certificate {
    /// What is proved.
    pub statement: Statement,
    /// Whether the proof shows that no point satisfies the hypotheses.
    pub vacuous: bool,
    /// One node for each claim; a single one for a disjunction or an empty domain.
    pub proofs: Vec<Node>,
}

impl Certificate {
    /// How many terms stand in all leaves.
    pub fn terms(&self) -> usize {
        self.proofs.iter().map(Node::terms).sum()
    }

    /// Asks the checker: are these bytes a proof of exactly this statement?
    ///
    /// # Errors
    /// The checker's words on the step that failed.
    ///
    /// # What this does not mean
    /// Acceptance says nothing about whether the statement says what its title says.
    pub fn check(&self) -> Result<(), String> {
        let accepted =
            tauber_checker::check(self.to_json().as_bytes(), Some(self.statement.checked()));
        accepted.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_strict_without_weak_factors_and_without_a_square_that_may_vanish() {
        let term = |factors: &[(usize, u32)], square: Option<&str>| Term {
            coefficient: Rational::from_integer(2.into()),
            factors: factors.to_vec(),
            square: square.map(|text| Polynomial::parse(text).unwrap()),
        };
        // Entries 0 and 1 are strict, entry 2 is weak.
        let strict = |term: Term| term.is_strict(|reference| reference < 2);
        assert!(strict(term(&[], None)));
        assert!(strict(term(&[(0, 1), (1, 3)], None)));
        assert!(strict(term(&[(0, 1)], Some("3"))));
        assert!(!strict(term(&[(0, 1), (2, 1)], None)));
        assert!(!strict(term(&[(0, 1)], Some("x - 1"))));
        assert!(!strict(term(&[(0, 1)], Some("x - x"))));
    }
}
