//! A small dense matrix over any ring, row-major: the language of the reference formulas.
//!
//! Products are plain triple loops in a fixed order: exact over exact rings, and slow on purpose.

use crate::number::Ring;
use thiserror::Error;

/// Shapes that do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{operation}: expected {expected}, got {got}")]
pub struct ShapeError {
    /// What was attempted.
    pub operation: &'static str,
    /// The length or dimension that would be right.
    pub expected: usize,
    /// The length or dimension found.
    pub got: usize,
}

/// Checks one dimension of an operation.
pub(crate) fn same(operation: &'static str, expected: usize, got: usize) -> Result<(), ShapeError> {
    if expected == got {
        Ok(())
    } else {
        Err(ShapeError {
            operation,
            expected,
            got,
        })
    }
}

/// A `rows x columns` matrix, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense<T> {
    rows: usize,
    columns: usize,
    entries: Vec<T>,
}

impl<T: Ring> Dense<T> {
    /// The matrix with the given entries, row after row.
    ///
    /// # Errors
    /// `entries.len() != rows * columns`.
    pub fn new(rows: usize, columns: usize, entries: Vec<T>) -> Result<Self, ShapeError> {
        same(
            "entries of a matrix",
            rows.saturating_mul(columns),
            entries.len(),
        )?;
        Ok(Self {
            rows,
            columns,
            entries,
        })
    }

    /// The matrix with entry `f(row, column)`.
    pub fn from_fn(rows: usize, columns: usize, mut f: impl FnMut(usize, usize) -> T) -> Self {
        let mut entries = Vec::with_capacity(rows * columns);
        for i in 0..rows {
            for j in 0..columns {
                entries.push(f(i, j));
            }
        }
        Self {
            rows,
            columns,
            entries,
        }
    }

    /// The zero matrix.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self::from_fn(rows, columns, |_, _| T::zero())
    }

    /// The identity.
    pub fn identity(size: usize) -> Self {
        Self::from_fn(size, size, |i, j| if i == j { T::one() } else { T::zero() })
    }

    /// `x y^T`.
    pub fn outer(x: &[T], y: &[T]) -> Self {
        Self::from_fn(x.len(), y.len(), |i, j| x[i].clone() * y[j].clone())
    }

    /// Number of rows.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// The entries, row after row.
    pub fn entries(&self) -> &[T] {
        &self.entries
    }

    /// Row `i`, from 0. Panics beyond the last row, as slices do.
    pub fn row(&self, i: usize) -> &[T] {
        &self.entries[i * self.columns..(i + 1) * self.columns]
    }

    /// Entry (i, j), from 0. Panics outside, as slices do.
    pub fn entry(&self, i: usize, j: usize) -> T {
        self.row(i)[j].clone()
    }

    /// The transposed matrix.
    pub fn transposed(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |i, j| self.entry(j, i))
    }

    /// The matrix product.
    ///
    /// # Errors
    /// `self.columns() != other.rows()`.
    pub fn times(&self, other: &Self) -> Result<Self, ShapeError> {
        same("rows of the right factor", self.columns, other.rows)?;
        Ok(Self::from_fn(self.rows, other.columns, |i, j| {
            self.row(i)
                .iter()
                .enumerate()
                .fold(T::zero(), |sum, (k, x)| sum + x.clone() * other.entry(k, j))
        }))
    }

    /// The sum.
    ///
    /// # Errors
    /// Different shapes.
    pub fn plus(&self, other: &Self) -> Result<Self, ShapeError> {
        self.entrywise(other, |x, y| x + y)
    }

    /// The difference.
    ///
    /// # Errors
    /// Different shapes.
    pub fn minus(&self, other: &Self) -> Result<Self, ShapeError> {
        self.entrywise(other, |x, y| x - y)
    }

    /// Every entry times `factor`.
    pub fn scaled(&self, factor: &T) -> Self {
        Self::from_fn(self.rows, self.columns, |i, j| {
            factor.clone() * self.entry(i, j)
        })
    }

    /// The upper triangle over the lower one: what a symmetric matrix is, without the antisymmetric
    /// part that rounding leaves.
    pub fn mirrored(&self) -> Self {
        Self::from_fn(self.rows, self.columns, |i, j| {
            if i <= j {
                self.entry(i, j)
            } else {
                self.entry(j, i)
            }
        })
    }

    /// The sum of the diagonal (of the square part).
    pub fn trace(&self) -> T {
        (0..self.rows.min(self.columns)).fold(T::zero(), |sum, i| sum + self.entry(i, i))
    }

    /// Checks that the matrix is `size x size`.
    pub(crate) fn square_of(&self, operation: &'static str, size: usize) -> Result<(), ShapeError> {
        same(operation, size, self.rows)?;
        same(operation, size, self.columns)
    }

    fn entrywise(&self, other: &Self, f: impl Fn(T, T) -> T) -> Result<Self, ShapeError> {
        same("rows of both matrices", self.rows, other.rows)?;
        same("columns of both matrices", self.columns, other.columns)?;
        Ok(Self::from_fn(self.rows, self.columns, |i, j| {
            f(self.entry(i, j), other.entry(i, j))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_of_a_known_pair() {
        let a = Dense::new(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        let b = a.transposed();
        assert_eq!(a.times(&b).unwrap().entries(), [14.0, 32.0, 32.0, 77.0]);
        assert_eq!(Dense::<f64>::identity(2).times(&a).unwrap(), a);
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused_with_both_numbers() {
        assert!(Dense::new(2, 2, vec![1.0; 3]).is_err());
        let a = Dense::<f64>::zeros(2, 3);
        let error = a.times(&a).unwrap_err();
        assert_eq!((error.expected, error.got), (3, 2));
        assert!(a.plus(&a.transposed()).is_err());
    }
}
