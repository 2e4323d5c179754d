//! The sparse representation and its ring operations.
//!
//! A polynomial carries the ordered list of its variables; exponent vectors are as long as that
//! list and compared lexicographically, so `terms()` run from the lowest to the highest in lex
//! order. Polynomials with different lists meet in the union of the two (left list first).

use crate::number::{Rational, RationalAlgebra, Ring};
use num_traits::Zero;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::ops::{Add, Mul, Neg, Sub};
use std::sync::Arc;

/// One exponent for each variable, in the order of [`Polynomial::variables`].
pub type Exponents = SmallVec<[u16; 8]>;

/// A polynomial over Q in named variables; zero has no terms.
#[derive(Clone, Debug)]
pub struct Polynomial {
    variables: Arc<[String]>,
    terms: BTreeMap<Exponents, Rational>,
}

impl Polynomial {
    /// A constant, in no variables.
    pub fn constant(value: Rational) -> Self {
        let mut terms = BTreeMap::new();
        if !value.is_zero() {
            terms.insert(Exponents::new(), value);
        }
        Self {
            variables: Arc::from([]),
            terms,
        }
    }

    /// One variable.
    pub fn variable(name: &str) -> Self {
        let mut terms = BTreeMap::new();
        terms.insert(Exponents::from_slice(&[1]), Ring::one());
        Self {
            variables: Arc::from([name.to_owned()]),
            terms,
        }
    }

    /// All variables of one list at once: operations among their polynomials never re-order.
    pub fn ring<const N: usize>(names: [&str; N]) -> [Self; N] {
        let variables: Arc<[String]> = names.iter().map(|s| (*s).to_owned()).collect();
        std::array::from_fn(|k| {
            let mut exponents = Exponents::from_elem(0, N);
            exponents[k] = 1;
            let terms = BTreeMap::from([(exponents, Ring::one())]);
            Self {
                variables: Arc::clone(&variables),
                terms,
            }
        })
    }

    /// From terms over a list of variables; repeated exponents add up, zeros drop out.
    ///
    /// Exponent vectors shorter than the list are filled with zeros, longer ones cut off.
    pub fn from_terms(
        variables: &[String],
        terms: impl IntoIterator<Item = (Exponents, Rational)>,
    ) -> Self {
        let mut result = Self {
            variables: variables.iter().cloned().collect(),
            terms: BTreeMap::new(),
        };
        for (mut exponents, coefficient) in terms {
            exponents.resize(variables.len(), 0);
            result.add_term(exponents, coefficient);
        }
        result
    }

    /// The variables, in order; some may not occur.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// The terms from the lowest to the highest in lex order.
    pub fn terms(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&Exponents, &Rational)> + ExactSizeIterator {
        self.terms.iter()
    }

    /// Number of terms.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether this is the zero polynomial (which has no terms).
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether this is the zero polynomial.
    pub fn is_zero(&self) -> bool {
        self.terms.is_empty()
    }

    /// The value, if the polynomial is a constant.
    pub fn as_constant(&self) -> Option<Rational> {
        match self.terms.len() {
            0 => Some(Ring::zero()),
            1 => {
                let (exponents, value) = self.terms.first_key_value()?;
                exponents.iter().all(|&e| e == 0).then(|| value.clone())
            }
            _ => None,
        }
    }

    /// The highest term in lex order.
    pub fn leading(&self) -> Option<(&Exponents, &Rational)> {
        self.terms.last_key_value()
    }

    /// The largest sum of exponents of a term; 0 for the zero polynomial.
    pub fn total_degree(&self) -> u32 {
        self.terms
            .keys()
            .map(|e| e.iter().map(|&x| u32::from(x)).sum())
            .max()
            .unwrap_or(0)
    }

    /// The degree in one variable; 0 if it does not occur.
    pub fn degree_in(&self, name: &str) -> u16 {
        match self.position(name) {
            Some(at) => self.terms.keys().map(|e| e[at]).max().unwrap_or(0),
            None => 0,
        }
    }

    /// The variables that occur, in order.
    pub fn occurring(&self) -> Vec<&str> {
        (0..self.variables.len())
            .filter(|&k| self.terms.keys().any(|e| e[k] > 0))
            .map(|k| self.variables[k].as_str())
            .collect()
    }

    /// The coefficients `c_0, c_1, ...` of the powers of one variable, as polynomials in the rest
    /// (over the same list of variables).
    pub fn coefficients_in(&self, name: &str) -> Vec<Self> {
        let Some(at) = self.position(name) else {
            return vec![self.clone()];
        };
        let mut result = vec![self.same_ring_zero(); usize::from(self.degree_in(name)) + 1];
        for (exponents, coefficient) in &self.terms {
            let mut rest = exponents.clone();
            let power = usize::from(std::mem::take(&mut rest[at]));
            result[power].terms.insert(rest, coefficient.clone());
        }
        result
    }

    /// Multiplies every coefficient.
    pub fn scale(&self, factor: &Rational) -> Self {
        if factor.is_zero() {
            return self.same_ring_zero();
        }
        let terms = self
            .terms
            .iter()
            .map(|(e, c)| (e.clone(), c * factor))
            .collect();
        Self {
            variables: Arc::clone(&self.variables),
            terms,
        }
    }

    /// The same polynomial over another list, which must hold every variable that occurs;
    /// `None` otherwise.
    pub fn over(&self, variables: &[String]) -> Option<Self> {
        let mut places = Vec::with_capacity(self.variables.len());
        for (k, name) in self.variables.iter().enumerate() {
            let place = variables.iter().position(|v| v == name);
            if place.is_none() && self.terms.keys().any(|e| e[k] > 0) {
                return None;
            }
            places.push(place);
        }
        let terms = self.terms.iter().map(|(exponents, c)| {
            let mut moved = Exponents::from_elem(0, variables.len());
            for (k, place) in places.iter().enumerate() {
                if let Some(place) = place {
                    moved[*place] = exponents[k];
                }
            }
            (moved, c.clone())
        });
        Some(Self {
            variables: variables.iter().cloned().collect(),
            terms: terms.collect(),
        })
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.variables.iter().position(|v| v == name)
    }

    pub(super) fn same_ring_zero(&self) -> Self {
        Self {
            variables: Arc::clone(&self.variables),
            terms: BTreeMap::new(),
        }
    }

    /// `self += coefficient * monomial`, keeping the map free of zeros.
    pub(super) fn add_term(&mut self, exponents: Exponents, coefficient: Rational) {
        use std::collections::btree_map::Entry;
        debug_assert_eq!(exponents.len(), self.variables.len());
        if coefficient.is_zero() {
            return;
        }
        match self.terms.entry(exponents) {
            Entry::Vacant(place) => {
                place.insert(coefficient);
            }
            Entry::Occupied(mut place) => {
                add_to(place.get_mut(), coefficient);
                if place.get().is_zero() {
                    place.remove();
                }
            }
        }
    }

    /// `self - factor * monomial * other`, the inner step of division (same ring).
    pub(super) fn subtract_multiple(
        &mut self,
        other: &Self,
        monomial: &Exponents,
        factor: &Rational,
    ) {
        for (exponents, coefficient) in &other.terms {
            let shifted = exponents.iter().zip(monomial).map(|(x, y)| x + y).collect();
            self.add_term(shifted, -product(coefficient, factor));
        }
    }

    /// Both polynomials over one list of variables.
    pub(super) fn aligned(self, other: Self) -> (Self, Self) {
        if Arc::ptr_eq(&self.variables, &other.variables) || self.variables == other.variables {
            return (self, other);
        }
        let mut union: Vec<String> = self.variables.to_vec();
        for name in other.variables.iter() {
            if !union.contains(name) {
                union.push(name.clone());
            }
        }
        let list: Arc<[String]> = union.into();
        let lift = |p: Self| {
            if p.variables == list {
                return p;
            }
            let places: Vec<usize> = p
                .variables
                .iter()
                .map(|v| list.iter().position(|w| w == v).unwrap_or_default())
                .collect();
            let terms = p.terms.into_iter().map(|(exponents, c)| {
                let mut moved = Exponents::from_elem(0, list.len());
                for (place, e) in places.iter().zip(&exponents) {
                    moved[*place] = *e;
                }
                (moved, c)
            });
            Self {
                variables: Arc::clone(&list),
                terms: terms.collect(),
            }
        };
        (lift(self), lift(other))
    }
}

/// Equality as polynomials: the lists of variables may differ.
impl PartialEq for Polynomial {
    fn eq(&self, other: &Self) -> bool {
        if self.variables == other.variables {
            return self.terms == other.terms;
        }
        let (x, y) = self.clone().aligned(other.clone());
        x.terms == y.terms
    }
}

impl Eq for Polynomial {}

impl Add for Polynomial {
    type Output = Self;
    fn add(self, rhs: Self) -> Self {
        let (mut x, y) = self.aligned(rhs);
        for (exponents, coefficient) in y.terms {
            x.add_term(exponents, coefficient);
        }
        x
    }
}

impl Sub for Polynomial {
    type Output = Self;
    fn sub(self, rhs: Self) -> Self {
        self + -rhs
    }
}

impl Neg for Polynomial {
    type Output = Self;
    fn neg(mut self) -> Self {
        for coefficient in self.terms.values_mut() {
            *coefficient = -std::mem::replace(coefficient, Ring::zero());
        }
        self
    }
}

/// `x y`; integers, the usual case, skip the gcd that a product of fractions takes.
fn product(x: &Rational, y: &Rational) -> Rational {
    if x.is_integer() && y.is_integer() {
        num_rational::Ratio::from_integer(x.numer() * y.numer())
    } else {
        x * y
    }
}

/// `x += y`, the same way.
fn add_to(x: &mut Rational, y: Rational) {
    *x = if x.is_integer() && y.is_integer() {
        num_rational::Ratio::from_integer(x.numer() + y.numer())
    } else {
        &*x + y
    };
}

/// The monomial whose exponents are the sums: the product of two.
fn monomial_product(left: &Exponents, right: &Exponents) -> Exponents {
    left.iter().zip(right).map(|(i, j)| i + j).collect()
}

impl Mul for Polynomial {
    type Output = Self;
    fn mul(self, rhs: Self) -> Self {
        let (x, y) = self.aligned(rhs);
        let mut result = x.same_ring_zero();
        for (left, c) in &x.terms {
            for (right, d) in &y.terms {
                let exponents = monomial_product(left, right);
                result.add_term(exponents, product(c, d));
            }
        }
        result
    }
}

impl Ring for Polynomial {
    fn zero() -> Self {
        Self::constant(Ring::zero())
    }
    fn one() -> Self {
        Self::constant(Ring::one())
    }
    fn from_integer(value: i64) -> Self {
        Self::constant(Ring::from_integer(value))
    }
}

impl RationalAlgebra for Polynomial {
    fn from_rational(value: &Rational) -> Self {
        Self::constant(value.clone())
    }
}
