//! A certificate as a tree of steps that a page can set: formulas as text in the grammar of
//! statements, reasons as references.
//!
//! The numbering is that of [`explain_text`](super::explain_text): hypotheses are (1), (2), ...;
//! a fact or a case continues. Two branches may use a number twice, so every assumption has a key
//! of its own as well.

use super::{Certificate, Inequality, Node, Term};
use crate::polynomial::Polynomial;
use num_traits::One;

/// A reference to an assumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// Its number as people read it, from 1.
    pub number: usize,
    /// Its key, unique in the certificate.
    pub key: usize,
}

/// An inequality that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assumption {
    /// Its name.
    pub reference: Reference,
    /// The inequality, as written (hypotheses) or expanded.
    pub relation: String,
}

/// A term of an identity with the reason for its sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedTerm {
    /// The term.
    pub formula: String,
    /// Positive; otherwise not negative.
    pub strict: bool,
    /// The assumptions its factors come from.
    pub because: Vec<Reference>,
    /// Whether a square takes part.
    pub square: bool,
}

/// A step of a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `left = sum of terms`.
    Identity {
        /// The left side: the goal, times a positive factor where `divided_by` is not empty.
        left: String,
        /// The terms.
        terms: Vec<SignedTerm>,
        /// Which goal follows, from 1.
        goal: usize,
        /// Whether the goal is strict.
        strict: bool,
        /// Where the positive factor on the left comes from.
        divided_by: Vec<Reference>,
    },
    /// `0 = sum of terms`, one of them positive: there is no such point.
    Empty {
        /// The terms.
        terms: Vec<SignedTerm>,
    },
    /// One case of two.
    Case {
        /// What holds in it.
        assumption: Assumption,
        /// Its proof.
        steps: Vec<Step>,
    },
    /// An inequality that is shown first.
    Fact {
        /// What is shown.
        assumption: Assumption,
        /// Its proof.
        steps: Vec<Step>,
    },
}

/// The hypotheses and the proofs of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// The hypotheses.
    pub hypotheses: Vec<Assumption>,
    /// One proof for each claim; a single one for a disjunction or an empty domain.
    pub proofs: Vec<Vec<Step>>,
}

/// The certificate as steps.
///
/// # What this does not mean
/// The steps repeat what the certificate says; only the checker says whether it holds.
pub fn outline(certificate: &Certificate) -> Outline {
    let statement = &certificate.statement;
    let given = statement.given();
    let scope: Vec<(Inequality, usize)> = given.iter().cloned().zip(0..).collect();
    let mut writer = Writer {
        keys: scope.len(),
        scope,
    };
    let texts = statement.texts("given");
    let hypotheses = texts.iter().enumerate().map(|(k, text)| Assumption {
        reference: writer.reference(k),
        relation: (*text).to_owned(),
    });
    Outline {
        hypotheses: hypotheses.collect(),
        proofs: certificate
            .proofs
            .iter()
            .map(|node| writer.steps(node, statement.goals()))
            .collect(),
    }
}

struct Writer {
    scope: Vec<(Inequality, usize)>,
    keys: usize,
}

impl Writer {
    fn reference(&self, entry: usize) -> Reference {
        Reference {
            number: entry + 1,
            key: self.scope.get(entry).map_or(entry, |(_, key)| *key),
        }
    }

    fn assume(&mut self, inequality: &Inequality) -> (Assumption, usize) {
        let key = self.keys;
        self.keys += 1;
        let reference = Reference {
            number: self.scope.len() + 1,
            key,
        };
        let relation = inequality.text();
        (
            Assumption {
                reference,
                relation,
            },
            key,
        )
    }

    fn steps(&mut self, node: &Node, goals: &[Inequality]) -> Vec<Step> {
        match node {
            Node::Identity {
                claim,
                multiplier,
                terms,
            } => {
                let Some(goal) = goals.get(*claim) else {
                    return Vec::new();
                };
                let p = goal.polynomial.to_string();
                let left = if multiplier.is_empty() {
                    p
                } else {
                    format!("{}*({p})", self.product(multiplier))
                };
                vec![Step::Identity {
                    left,
                    terms: self.terms(terms),
                    goal: claim + 1,
                    strict: goal.strict,
                    divided_by: multiplier.iter().map(|(r, _)| self.reference(*r)).collect(),
                }]
            }
            Node::Absurd { terms } => vec![Step::Empty {
                terms: self.terms(terms),
            }],
            Node::Split {
                on,
                strict,
                above,
                below,
            } => {
                let mut cases = Vec::new();
                for (case, node) in Inequality::cases(on, *strict)
                    .into_iter()
                    .zip([above, below])
                {
                    let (assumption, key) = self.assume(&case);
                    self.scope.push((case, key));
                    let steps = self.steps(node, goals);
                    self.scope.pop();
                    cases.push(Step::Case { assumption, steps });
                }
                cases
            }
            Node::Fact { fact, proof, then } => {
                let (assumption, key) = self.assume(fact);
                let steps = self.steps(proof, std::slice::from_ref(fact));
                self.scope.push((fact.clone(), key));
                let mut all = vec![Step::Fact { assumption, steps }];
                all.extend(self.steps(then, goals));
                self.scope.pop();
                all
            }
        }
    }

    fn terms(&self, terms: &[Term]) -> Vec<SignedTerm> {
        terms.iter().map(|term| self.term(term)).collect()
    }

    fn term(&self, term: &Term) -> SignedTerm {
        let mut parts = Vec::new();
        if !term.coefficient.is_one() {
            parts.push(term.coefficient.to_string());
        }
        if !term.factors.is_empty() {
            parts.push(self.product(&term.factors));
        }
        if let Some(square) = &term.square {
            parts.push(power(square, 2));
        }
        let strict = |entry: usize| self.scope.get(entry).is_some_and(|(i, _)| i.strict);
        SignedTerm {
            formula: if parts.is_empty() {
                "1".to_owned()
            } else {
                parts.join("*")
            },
            strict: term.is_strict(strict),
            because: term
                .factors
                .iter()
                .map(|(r, _)| self.reference(*r))
                .collect(),
            square: term.square.is_some(),
        }
    }

    fn product(&self, factors: &[(usize, u32)]) -> String {
        let list: Vec<String> = factors
            .iter()
            .filter_map(|(r, p)| Some(power(&self.scope.get(*r)?.0.polynomial, *p)))
            .collect();
        list.join("*")
    }
}

fn power(base: &Polynomial, power: u32) -> String {
    let text = base.to_string();
    let name =
        base.as_constant().is_none() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let text = if name { text } else { format!("({text})") };
    if power == 1 {
        text
    } else {
        format!("{text}^{power}")
    }
}
