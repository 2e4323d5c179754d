//! Formulas as trees, so that a factorised form prints as it was written.
//!
//! An [`Expression`] is a [`Ring`]: instantiating a generic formula of [`super::per_mode`] at it
//! gives the tree of that very formula, and [`Expression::expand`] the rational function it is.

use crate::number::{Field, Rational, RationalAlgebra, Ring};
use crate::polynomial::{Polynomial, RationalFunction};
use num_traits::{One, Signed, Zero};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A formula built from numbers and symbols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// An exact number.
    Number(Rational),
    /// A variable.
    Symbol(String),
    /// A sum; negative terms are [`Expression::Negative`] or carry a negative number.
    Sum(Vec<Expression>),
    /// A product of two or more factors.
    Product(Vec<Expression>),
    /// A power with exponent >= 2.
    Power(Box<Expression>, u32),
    /// Minus a formula.
    Negative(Box<Expression>),
    /// A quotient.
    Quotient(Box<Expression>, Box<Expression>),
}

impl Expression {
    /// A variable.
    pub fn symbol(name: &str) -> Self {
        Self::Symbol(name.to_owned())
    }

    /// The rational function that the formula is; `None` where it divides by zero.
    pub fn expand(&self) -> Option<RationalFunction> {
        Some(match self {
            Self::Number(value) => RationalFunction::from_rational(value),
            Self::Symbol(name) => Polynomial::variable(name).into(),
            Self::Sum(terms) => {
                let mut sum = RationalFunction::zero();
                for term in terms {
                    sum = sum + term.expand()?;
                }
                sum
            }
            Self::Product(factors) => {
                let mut product = RationalFunction::one();
                for factor in factors {
                    product = product * factor.expand()?;
                }
                product
            }
            Self::Power(base, exponent) => base.expand()?.power(*exponent),
            Self::Negative(inner) => -inner.expand()?,
            Self::Quotient(top, bottom) => top.expand()?.checked_division(bottom.expand()?)?,
        })
    }

    /// The variables that occur, in order of first occurrence.
    pub fn symbols(&self) -> Vec<String> {
        fn walk(e: &Expression, found: &mut Vec<String>) {
            match e {
                Expression::Number(_) => {}
                Expression::Symbol(name) => {
                    if !found.contains(name) {
                        found.push(name.clone());
                    }
                }
                Expression::Sum(parts) | Expression::Product(parts) => {
                    parts.iter().for_each(|part| walk(part, found));
                }
                Expression::Power(inner, _) | Expression::Negative(inner) => walk(inner, found),
                Expression::Quotient(top, bottom) => {
                    walk(top, found);
                    walk(bottom, found);
                }
            }
        }
        let mut found = Vec::new();
        walk(self, &mut found);
        found
    }

    fn is_number(&self, value: i64) -> bool {
        matches!(self, Self::Number(n) if *n == <Rational as Ring>::from_integer(value))
    }
}

impl From<&Polynomial> for Expression {
    /// The expanded sum, highest term first.
    fn from(p: &Polynomial) -> Self {
        let term = |(exponents, coefficient): (&crate::polynomial::Exponents, &Rational)| {
            let magnitude = coefficient.abs();
            let mut factors = Vec::new();
            for (name, &power) in p.variables().iter().zip(exponents) {
                match power {
                    0 => {}
                    1 => factors.push(Self::symbol(name)),
                    _ => factors.push(Self::Power(Box::new(Self::symbol(name)), u32::from(power))),
                }
            }
            if !magnitude.is_one() || factors.is_empty() {
                factors.insert(0, Self::Number(magnitude));
            }
            let product = match factors.len() {
                1 => factors.remove(0),
                _ => Self::Product(factors),
            };
            if coefficient.is_negative() {
                Self::Negative(Box::new(product))
            } else {
                product
            }
        };
        let mut terms: Vec<Self> = p.terms().rev().map(term).collect();
        match terms.len() {
            0 => Self::zero(),
            1 => terms.remove(0),
            _ => Self::Sum(terms),
        }
    }
}

impl From<&RationalFunction> for Expression {
    fn from(f: &RationalFunction) -> Self {
        let (top, bottom) = (f.numerator(), f.denominator());
        if bottom.as_constant().is_some_and(|c| c.is_one()) {
            return top.into();
        }
        // A constant term below zero would print both parts negated.
        let constant = bottom
            .terms()
            .next()
            .filter(|(e, _)| e.iter().all(|p| *p == 0));
        let negate = constant.is_some_and(|(_, c)| c.is_negative());
        let part = |p: &Polynomial| {
            let p = if negate { -p.clone() } else { p.clone() };
            Box::new(Self::from(&p))
        };
        Self::Quotient(part(top), part(bottom))
    }
}

impl Add for Expression {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        match (self, rhs) {
            (x, y) if x.is_number(0) => y,
            (x, y) if y.is_number(0) => x,
            (Self::Number(x), Self::Number(y)) => Self::Number(x + y),
            (Self::Sum(mut x), Self::Sum(y)) => {
                x.extend(y);
                Self::Sum(x)
            }
            (Self::Sum(mut x), y) => {
                x.push(y);
                Self::Sum(x)
            }
            (x, y) => Self::Sum(vec![x, y]),
        }
    }
}

impl Sub for Expression {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        self + -rhs
    }
}

impl Neg for Expression {
    type Output = Self;
    fn neg(self) -> Self {
        match self {
            Self::Number(value) => Self::Number(-value),
            Self::Negative(inner) => *inner,
            other => Self::Negative(Box::new(other)),
        }
    }
}

impl Mul for Expression {
    type Output = Self;
    fn mul(self, rhs: Self) -> Self {
        match (self, rhs) {
            (x, _) if x.is_number(0) => x,
            (_, y) if y.is_number(0) => y,
            (x, y) if x.is_number(1) => y,
            (x, y) if y.is_number(1) => x,
            (Self::Number(x), Self::Number(y)) => Self::Number(x * y),
            (Self::Negative(x), y) => -(*x * y),
            (x, Self::Negative(y)) => -(x * *y),
            (Self::Product(mut x), Self::Product(y)) => {
                x.extend(y);
                Self::Product(x)
            }
            (Self::Product(mut x), y) => {
                x.push(y);
                Self::Product(x)
            }
            (x, Self::Product(mut y)) => {
                y.insert(0, x);
                Self::Product(y)
            }
            (x, y) => Self::Product(vec![x, y]),
        }
    }
}

impl Div for Expression {
    type Output = Self;
    fn div(self, rhs: Self) -> Self {
        if rhs.is_number(1) {
            self
        } else {
            Self::Quotient(Box::new(self), Box::new(rhs))
        }
    }
}

impl Ring for Expression {
    fn zero() -> Self {
        Self::Number(Zero::zero())
    }
    fn one() -> Self {
        Self::Number(One::one())
    }
    fn from_integer(value: i64) -> Self {
        Self::Number(<Rational as Ring>::from_integer(value))
    }
    fn square(&self) -> Self {
        self.power(2)
    }
    fn power(&self, exponent: u32) -> Self {
        match (exponent, self) {
            (0, _) => Self::one(),
            (1, _) => self.clone(),
            (n, Self::Number(value)) => Self::Number(Ring::power(value, n)),
            (n, _) => Self::Power(Box::new(self.clone()), n),
        }
    }
}

impl RationalAlgebra for Expression {
    fn from_rational(value: &Rational) -> Self {
        Self::Number(value.clone())
    }
}

impl Field for Expression {
    /// Whether it is not the zero function.
    fn invertible(&self) -> bool {
        self.expand().is_some_and(|f| !f.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_expands_to_the_function_it_writes() {
        let (a, b) = (Expression::symbol("a"), Expression::symbol("b"));
        let tree = (Expression::one() - a.clone() * b.clone()).square() / (a.clone() - b);
        assert_eq!(
            tree.expand(),
            Some(RationalFunction::parse("(1 - a*b)^2/(a - b)").unwrap())
        );
        assert_eq!((a.clone() / (a.clone() - a)).expand(), None);
    }

    #[test]
    fn a_quotient_prints_with_a_positive_constant_below() {
        let f = RationalFunction::parse("(b + 1)/(1 - a^2*z)").unwrap();
        let Expression::Quotient(top, bottom) = Expression::from(&f) else {
            panic!("a quotient");
        };
        assert_eq!(
            top.expand(),
            Some(RationalFunction::parse("b + 1").unwrap())
        );
        assert_eq!(
            bottom.expand(),
            Some(RationalFunction::parse("1 - a^2*z").unwrap())
        );
    }

    #[test]
    fn a_polynomial_survives_the_way_through_a_tree() {
        let p = Polynomial::parse("-1/2*a^2*b + b - 3").unwrap();
        assert_eq!(Expression::from(&p).expand(), Some(p.into()));
        assert_eq!(Expression::from(&Polynomial::zero()), Expression::zero());
    }
}
