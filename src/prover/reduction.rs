//! Reductions: facts that give a goal by one identity, built step by step.

use super::exact::positive_content;
use crate::certificate::{Inequality, Term};
use crate::number::Rational;
use crate::polynomial::Polynomial;
use num_traits::Signed;

/// A factor of a reduction: an entry of the scope or one of the new facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Factor {
    /// An entry of the scope.
    Old(usize),
    /// A fact of this reduction.
    New(usize),
}

/// A term of a reduction.
#[derive(Debug, Clone)]
pub struct Part {
    pub(super) coefficient: Rational,
    pub(super) factors: Vec<(Factor, u32)>,
    pub(super) square: Option<Polynomial>,
}

/// Facts that, once proved, give the goal by one identity.
#[derive(Debug, Clone)]
pub struct Reduction {
    /// Its name, for the record.
    pub name: &'static str,
    /// What has to be shown.
    pub facts: Vec<Inequality>,
    pub(super) multiplier: Vec<(Factor, u32)>,
    pub(super) parts: Vec<Part>,
}

impl Reduction {
    /// The identity in the numbering where the facts follow `scope_length` entries.
    pub fn identity(&self, scope_length: usize) -> (Vec<(usize, u32)>, Vec<Term>) {
        let place = |factors: &[(Factor, u32)]| {
            let mut list: Vec<(usize, u32)> = Vec::new();
            for (factor, power) in factors {
                let reference = match factor {
                    Factor::Old(k) => *k,
                    Factor::New(k) => scope_length + k,
                };
                match list.iter_mut().find(|(r, _)| *r == reference) {
                    Some((_, sum)) => *sum += power,
                    None => list.push((reference, *power)),
                }
            }
            list.sort_unstable();
            list
        };
        let terms = self.parts.iter().map(|part| Term {
            coefficient: part.coefficient.clone(),
            factors: place(&part.factors),
            square: part.square.clone(),
        });
        (place(&self.multiplier), terms.collect())
    }
}

/// Collects facts (constants become coefficients) while a reduction is built.
pub(super) struct Builder {
    pub(super) reduction: Reduction,
    impossible: bool,
}

impl Builder {
    pub(super) fn new(name: &'static str) -> Self {
        Self {
            reduction: Reduction {
                name,
                facts: Vec::new(),
                multiplier: Vec::new(),
                parts: Vec::new(),
            },
            impossible: false,
        }
    }

    /// `polynomial = coefficient * factors`, as a new fact, a constant, or nothing if it is zero.
    pub(super) fn fact(
        &mut self,
        polynomial: &Polynomial,
        strict: bool,
    ) -> Option<(Rational, Vec<(Factor, u32)>)> {
        if let Some(c) = polynomial.as_constant() {
            self.impossible |= c.is_negative();
            return c.is_positive().then(|| (c, Vec::new()));
        }
        let (content, primitive) = positive_content(polynomial);
        let place = self
            .reduction
            .facts
            .iter()
            .position(|f| f.polynomial == primitive);
        let place = match place {
            Some(place) => {
                self.reduction.facts[place].strict |= strict;
                place
            }
            None => {
                self.reduction.facts.push(Inequality {
                    polynomial: primitive,
                    strict,
                });
                self.reduction.facts.len() - 1
            }
        };
        Some((content, vec![(Factor::New(place), 1)]))
    }

    pub(super) fn part(
        &mut self,
        fact: Option<(Rational, Vec<(Factor, u32)>)>,
        scale: Rational,
        more: &[(Factor, u32)],
    ) {
        if let Some((c, mut factors)) = fact {
            factors.extend_from_slice(more);
            self.reduction.parts.push(Part {
                coefficient: c * scale,
                factors,
                square: None,
            });
        }
    }

    pub(super) fn finish(self) -> Option<Reduction> {
        (!self.impossible && self.reduction.facts.len() <= 3).then_some(self.reduction)
    }
}
