//! What is known at a node of the search: the inequalities in force, and points that satisfy them.

use super::floats::FloatPolynomial;
use crate::certificate::Inequality;
use crate::polynomial::Polynomial;
use std::sync::Arc;

/// One inequality in force.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The inequality.
    pub inequality: Inequality,
    /// Its polynomial, rounded.
    pub float: FloatPolynomial,
}

/// The scope of a node, in the numbering of certificates.
#[derive(Debug, Clone)]
pub struct Scope {
    /// The variables, in order.
    pub variables: Arc<[String]>,
    /// The inequalities, in order.
    pub entries: Vec<Entry>,
    /// Points where every entry holds with room to spare, as far as floats can tell.
    pub samples: Arc<Vec<Vec<f64>>>,
}

/// Values below this multiple of the size of the terms count as negative.
const CLEARLY: f64 = 1e-9;

impl Scope {
    /// The scope of the hypotheses alone; no samples yet.
    pub fn new(variables: &[String], given: &[Inequality]) -> Self {
        let entries = given.iter().map(Entry::new).collect();
        Self {
            variables: variables.into(),
            entries,
            samples: Arc::default(),
        }
    }

    /// This scope and one more inequality; samples that violate it are dropped if it `cuts`.
    pub fn with(&self, inequality: Inequality, cuts: bool) -> Self {
        let mut result = self.clone();
        let entry = Entry::new(&inequality);
        if cuts {
            let kept = self.samples.iter().filter(|point| {
                let (value, size) = entry.float.value(point);
                value > 1e-12 * size
            });
            result.samples = Arc::new(kept.cloned().collect());
        }
        result.entries.push(entry);
        result
    }

    /// Whether a sample shows that `polynomial >= 0` fails (as far as floats can tell).
    pub fn disproves(&self, polynomial: &FloatPolynomial) -> bool {
        self.samples.iter().any(|point| {
            let (value, size) = polynomial.value(point);
            value < -CLEARLY * size
        })
    }

    /// Whether the samples show both signs of a polynomial.
    pub fn changes_sign(&self, polynomial: &FloatPolynomial) -> bool {
        let (mut above, mut below) = (false, false);
        for point in self.samples.iter() {
            let (value, size) = polynomial.value(point);
            above |= value > CLEARLY * size;
            below |= value < -CLEARLY * size;
        }
        above && below
    }

    /// The exact product of powers of entries.
    pub fn product(&self, factors: &[(usize, u32)]) -> Polynomial {
        use crate::number::Ring;
        let mut product = Polynomial::from_terms(&self.variables, []) + Polynomial::one();
        for &(reference, power) in factors {
            let base = &self.entries[reference].inequality.polynomial;
            for _ in 0..power {
                product = product * base.clone();
            }
        }
        product
    }

    /// Whether a product of powers of entries is strict.
    pub fn strict(&self, factors: &[(usize, u32)]) -> bool {
        factors
            .iter()
            .all(|&(r, _)| self.entries[r].inequality.strict)
    }
}

impl Entry {
    fn new(inequality: &Inequality) -> Self {
        Self {
            float: FloatPolynomial::new(&inequality.polynomial),
            inequality: inequality.clone(),
        }
    }
}
