//! An inequality as it was written: sums, products and powers are kept, only numbers are folded.
//!
//! The checker expands every text; an export should show what the author wrote. [`Expression`] is a
//! tree that the grammar of [`crate::polynomial`] can build, so the text is read by the same parser
//! that reads polynomials. As a value it equals the expanded polynomial; only its shape differs.

use crate::number::{Rational, RationalAlgebra, Ring};
use crate::polynomial::{ParseError, Relation, Target, parse_as, parse_relation_as};
use num_traits::{One, Signed, Zero};
use std::collections::BTreeMap;
use std::ops::{Add, Mul, Neg, Sub};

/// A polynomial over Q as a tree.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    /// A rational number.
    Number(Rational),
    /// A variable, by the statement's name.
    Variable(String),
    /// Parts, each added, or subtracted if marked `true`.
    Sum(Vec<(bool, Expression)>),
    /// Factors.
    Product(Vec<Expression>),
    /// A base to a power of at least 2.
    Power(Box<Expression>, u32),
}

/// `left relation right`, as written.
#[derive(Debug, Clone)]
pub(super) struct Inequality {
    pub(super) left: Expression,
    pub(super) relation: Relation,
    pub(super) right: Expression,
}

impl Inequality {
    pub(super) fn parse(text: &str) -> Result<Self, ParseError> {
        let (left, relation, right) = parse_relation_as(text)?;
        Ok(Self {
            left,
            relation,
            right,
        })
    }

    pub(super) fn strict(&self) -> bool {
        matches!(self.relation, Relation::Greater | Relation::Less)
    }
}

impl Expression {
    pub(super) fn parse(text: &str) -> Result<Self, ParseError> {
        parse_as(text)
    }

    fn number(value: i64) -> Self {
        Self::Number(Rational::from_integer(value.into()))
    }

    /// Whether this is literally the number 0.
    pub(super) fn is_zero(&self) -> bool {
        matches!(self, Self::Number(value) if value.is_zero())
    }

    /// Whether a number that is not an integer occurs.
    pub(super) fn has_fraction(&self) -> bool {
        match self {
            Self::Number(value) => !value.is_integer(),
            Self::Variable(_) => false,
            Self::Sum(parts) => parts.iter().any(|(_, part)| part.has_fraction()),
            Self::Product(factors) => factors.iter().any(Self::has_fraction),
            Self::Power(base, _) => base.has_fraction(),
        }
    }

    /// The value at the origin; of an expression that expands to a constant, its value.
    fn at_origin(&self) -> Rational {
        match self {
            Self::Number(value) => value.clone(),
            Self::Variable(_) => Rational::from_integer(0.into()),
            Self::Sum(parts) => parts
                .iter()
                .map(|(minus, part)| match minus {
                    true => -part.at_origin(),
                    false => part.at_origin(),
                })
                .sum(),
            Self::Product(factors) => factors.iter().map(Self::at_origin).product(),
            Self::Power(base, exponent) => base.at_origin().power(*exponent),
        }
    }

    /// How many symbols the tree has when powers are written as products.
    pub(super) fn unfolded_size(&self) -> u64 {
        let total = |sizes: &mut dyn Iterator<Item = u64>| sizes.fold(1, u64::saturating_add);
        match self {
            Self::Number(_) | Self::Variable(_) => 1,
            Self::Sum(parts) => total(&mut parts.iter().map(|(_, part)| part.unfolded_size())),
            Self::Product(factors) => total(&mut factors.iter().map(Self::unfolded_size)),
            Self::Power(base, exponent) => {
                base.unfolded_size().saturating_mul(u64::from(*exponent))
            }
        }
    }

    /// The text with infix operators: numbers `p` or `p/q`, `times` between factors, `^` for powers.
    ///
    /// `names` maps every variable; a name that it lacks is printed as it is.
    pub(super) fn infix(&self, names: &BTreeMap<String, String>, times: &str) -> String {
        self.infix_at(names, times, Place::Sum)
    }

    /// [`Self::infix`], in parentheses unless it can follow a minus sign.
    pub(super) fn infix_operand(&self, names: &BTreeMap<String, String>, times: &str) -> String {
        self.infix_at(names, times, Place::First)
    }

    /// [`Self::infix`], in parentheses unless it is a variable or a natural number.
    pub(super) fn infix_atom(&self, names: &BTreeMap<String, String>, times: &str) -> String {
        self.infix_at(names, times, Place::Atom)
    }

    fn infix_at(&self, names: &BTreeMap<String, String>, times: &str, place: Place) -> String {
        let (text, needs) = match self {
            Self::Number(value) if value.is_negative() => (value.to_string(), Place::Sum),
            Self::Number(value) if value.is_integer() => (value.to_string(), Place::Atom),
            Self::Number(value) => (value.to_string(), Place::First),
            Self::Variable(name) => (names.get(name).unwrap_or(name).clone(), Place::Atom),
            Self::Sum(parts) => {
                let mut text = String::new();
                for (index, (minus, part)) in parts.iter().enumerate() {
                    text += match (index, minus) {
                        (0, true) => "-",
                        (0, false) => "",
                        (_, true) => " - ",
                        (_, false) => " + ",
                    };
                    // A part that begins with a sign of its own is put in parentheses.
                    let bare = index == 0 && !minus;
                    let place = if bare { Place::Sum } else { Place::First };
                    text += &part.infix_at(names, times, place);
                }
                (text, Place::Sum)
            }
            Self::Product(factors) => {
                let mut parts = Vec::new();
                for (index, factor) in factors.iter().enumerate() {
                    let place = if index == 0 {
                        Place::First
                    } else {
                        Place::Factor
                    };
                    parts.push(factor.infix_at(names, times, place));
                }
                (parts.join(times), Place::First)
            }
            Self::Power(base, exponent) => {
                let base = base.infix_at(names, times, Place::Atom);
                (format!("{base}^{exponent}"), Place::Factor)
            }
        };
        if needs >= place {
            text
        } else {
            format!("({text})")
        }
    }
}

/// How tightly the surroundings bind: a text made for a looser place needs parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Anything may stand here.
    Sum,
    /// The first factor of a product, or after a sign.
    First,
    /// A later factor.
    Factor,
    /// The base of a power.
    Atom,
}

impl Add for Expression {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        join(self, false, other)
    }
}

impl Sub for Expression {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        join(self, true, other)
    }
}

fn join(left: Expression, minus: bool, right: Expression) -> Expression {
    match (left, right) {
        (Expression::Number(p), Expression::Number(q)) => {
            Expression::Number(if minus { p - q } else { p + q })
        }
        (Expression::Sum(mut parts), right) => {
            parts.push((minus, right));
            Expression::Sum(parts)
        }
        (left, right) => Expression::Sum(vec![(false, left), (minus, right)]),
    }
}

impl Neg for Expression {
    type Output = Self;
    fn neg(self) -> Self {
        match self {
            Self::Number(value) => Self::Number(-value),
            other => Self::Sum(vec![(true, other)]),
        }
    }
}

impl Mul for Expression {
    type Output = Self;
    /// Folds numbers, drops a leading 1, and turns repetition into a power.
    fn mul(self, other: Self) -> Self {
        match (self, other) {
            (Self::Number(p), Self::Number(q)) => Self::Number(p * q),
            (Self::Number(p), other) if p.is_one() => other,
            (Self::Power(base, exponent), other) if *base == other => {
                Self::Power(base, exponent + 1)
            }
            (left, other) if left == other => Self::Power(Box::new(other), 2),
            (Self::Product(mut factors), other) => {
                let last = factors.pop().unwrap_or_else(Self::one);
                match (last, other) {
                    (Self::Power(base, exponent), other) if *base == other => {
                        factors.push(Self::Power(base, exponent + 1));
                    }
                    (last, other) if last == other => {
                        factors.push(Self::Power(Box::new(other), 2));
                    }
                    (last, other) => factors.extend([last, other]),
                }
                Self::Product(factors)
            }
            (left, other) => Self::Product(vec![left, other]),
        }
    }
}

impl Ring for Expression {
    fn zero() -> Self {
        Self::number(0)
    }
    fn one() -> Self {
        Self::number(1)
    }
    fn from_integer(value: i64) -> Self {
        Self::number(value)
    }
}

impl RationalAlgebra for Expression {
    fn from_rational(value: &Rational) -> Self {
        Self::Number(value.clone())
    }
}

impl Target for Expression {
    fn symbol(name: &str) -> Self {
        Self::Variable(name.to_owned())
    }
    fn quotient(self, divisor: Self) -> Result<Self, &'static str> {
        let value = divisor.at_origin();
        if value.is_zero() {
            return Err("division by zero");
        }
        Ok(self * Self::Number(value.recip()))
    }
    fn size(&self) -> usize {
        1
    }
}
