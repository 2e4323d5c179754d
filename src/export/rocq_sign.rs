//! Signs of products and sums as Rocq proof terms: applications of lemmas of the standard library.
//!
//! | expression | sign | proof |
//! |---|---|---|
//! | `a * b` | `0 <` | `Rmult_lt_0_compat` |
//! | `a * b` | `0 <=` | `Rmult_le_pos`, strict factors weakened by `Rlt_le` |
//! | `a^n` | `0 <`, `0 <=` | `pow_lt`, `pow_le` |
//! | `q^2` | `0 <=` | `pow2_ge_0` |
//! | `a + b` | either | `Rplus_lt_0_compat` and its three relatives |
//! | a number | either | `lra` |

use super::ExportError;
use super::names::Names;
use super::problem::expression;
use crate::certificate::Term;
use num_traits::{One, Zero};

/// A relation known to hold: `scope_k : 0 < text` if strict, else `0 <= text`.
#[derive(Clone)]
pub(super) struct Entry {
    /// As a factor: an atom, or in parentheses.
    pub(super) factor: String,
    pub(super) strict: bool,
    pub(super) fraction: bool,
}

/// A proof term and whether it shows `0 < ...` (else `0 <= ...`).
pub(super) struct Sign {
    pub(super) proof: String,
    pub(super) strict: bool,
}

impl Sign {
    /// A proof of `0 <= ...`.
    pub(super) fn weak(self) -> String {
        match self.strict {
            true => format!("(Rlt_le _ _ {})", self.proof),
            false => self.proof,
        }
    }
}

/// An expression, the proof of its sign, and whether a fraction occurs in it.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) sign: Sign,
    pub(super) fraction: bool,
}

impl Shown {
    pub(super) fn plus(self, other: Self) -> Self {
        let lemma = match (self.sign.strict, other.sign.strict) {
            (true, true) => "Rplus_lt_0_compat",
            (true, false) => "Rplus_lt_le_0_compat",
            (false, true) => "Rplus_le_lt_0_compat",
            (false, false) => "Rplus_le_le_0_compat",
        };
        Self {
            text: format!("{} + {}", self.text, other.text),
            sign: Sign {
                proof: format!("({lemma} _ _ {} {})", self.sign.proof, other.sign.proof),
                strict: self.sign.strict || other.sign.strict,
            },
            fraction: self.fraction || other.fraction,
        }
    }
}

impl Entry {
    /// `factor^power`, with its sign weakened unless `strict` is asked for.
    fn to_power(&self, k: usize, power: u32, strict: bool) -> Shown {
        let known = Sign {
            proof: format!("scope_{k}"),
            strict: self.strict,
        };
        let base = if strict { known.proof } else { known.weak() };
        let (text, proof) = match (power, strict) {
            (1, _) => (self.factor.clone(), base),
            (_, true) => (
                format!("{}^{power}", self.factor),
                format!("(pow_lt _ {power}%nat {base})"),
            ),
            (_, false) => (
                format!("{}^{power}", self.factor),
                format!("(pow_le _ {power}%nat {base})"),
            ),
        };
        Shown {
            text,
            sign: Sign { proof, strict },
            fraction: self.fraction,
        }
    }
}

/// Appends a factor; both signs have the same strength.
fn times(left: Option<Shown>, right: Shown) -> Shown {
    let Some(left) = left else { return right };
    let lemma = if right.sign.strict {
        "Rmult_lt_0_compat"
    } else {
        "Rmult_le_pos"
    };
    Shown {
        text: format!("{} * {}", left.text, right.text),
        sign: Sign {
            proof: format!("({lemma} _ _ {} {})", left.sign.proof, right.sign.proof),
            strict: right.sign.strict,
        },
        fraction: left.fraction || right.fraction,
    }
}

/// The sign of an expression that is a positive number.
fn positive_number(text: String, fraction: bool, strict: bool) -> Shown {
    let relation = less(strict);
    Shown {
        sign: Sign {
            proof: format!("(ltac:(lra) : 0 {relation} {text})"),
            strict,
        },
        fraction,
        text,
    }
}

/// The product of powers of entries.
pub(super) fn product(
    factors: &[(usize, u32)],
    scope: &[Entry],
    strict: bool,
) -> Result<Shown, ExportError> {
    let mut shown = None;
    for (entry, k, power) in entries(factors, scope)? {
        shown = Some(times(shown, entry.to_power(k, power, strict)));
    }
    shown.ok_or_else(|| ExportError::Dangling("a multiplier".to_owned()))
}

/// Looks the references up.
fn entries<'a>(
    factors: &[(usize, u32)],
    scope: &'a [Entry],
) -> Result<Vec<(&'a Entry, usize, u32)>, ExportError> {
    let find = |&(k, power): &(usize, u32)| {
        let missing = || ExportError::Dangling(format!("scope entry {k}"));
        Ok((scope.get(k).ok_or_else(missing)?, k, power))
    };
    factors.iter().map(find).collect()
}

/// `coefficient * product of entries * square^2` and its sign.
pub(super) fn term(names: &Names, term: &Term, scope: &[Entry]) -> Result<Shown, ExportError> {
    let square = match &term.square {
        None => None,
        Some(q) => {
            let constant = q.as_constant().is_some_and(|value| !value.is_zero());
            Some((expression(&q.to_string())?, constant))
        }
    };
    let entries = entries(&term.factors, scope)?;
    let strict = entries.iter().all(|(entry, ..)| entry.strict)
        && square.as_ref().is_none_or(|(_, constant)| *constant);
    let mut shown: Option<Shown> = None;
    let coefficient = &term.coefficient;
    if !coefficient.is_one() || (entries.is_empty() && square.is_none()) {
        shown = Some(positive_number(
            coefficient.to_string(),
            !coefficient.is_integer(),
            strict,
        ));
    }
    for (entry, k, power) in entries {
        let next = entry.to_power(k, power, strict);
        shown = Some(times(shown, next));
    }
    if let Some((q, _)) = square {
        let base = q.infix_atom(&names.map, "*");
        let text = format!("{base}^2");
        let next = match strict {
            true => positive_number(text, q.has_fraction(), true),
            false => Shown {
                sign: Sign {
                    proof: format!("(pow2_ge_0 {base})"),
                    strict: false,
                },
                fraction: q.has_fraction(),
                text,
            },
        };
        shown = Some(times(shown, next));
    }
    shown.ok_or_else(|| ExportError::Dangling("a term".to_owned()))
}

pub(super) fn less(strict: bool) -> &'static str {
    if strict { "<" } else { "<=" }
}
