//! A borrowed, checked kernel matrix `K_ij = k(x_i, x_j)/N` (38), row-major, N x N.
//!
//! Units: eigenvalues of K are the Hessian's; residuals `Delta f(x_i)` are raw, so that
//! `L = |Delta f|^2/(2N)`.

use thiserror::Error;

/// Relative asymmetry above which a matrix is refused: far above rounding, far below a mistake.
const SYMMETRY_LIMIT: f64 = 1e-9;

/// Why numbers are not a kernel matrix with a target.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum KernelViewError {
    /// No points.
    #[error("a kernel matrix needs at least one point, got 0")]
    Empty,
    /// The length is not N^2.
    #[error(
        "a kernel matrix of {dataset_size} points has {expected} entries (N^2, row-major), got {got}"
    )]
    NotSquare {
        /// N.
        dataset_size: usize,
        /// N^2.
        expected: usize,
        /// Length found.
        got: usize,
    },
    /// A NaN or infinite entry.
    #[error("kernel entry ({row}, {column}) is {value}: entries must be finite numbers")]
    NotFinite {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The value found.
        value: f64,
    },
    /// K is not symmetric.
    #[error(
        "kernel entries ({row}, {column}) and ({column}, {row}) differ by {difference:e} (limit {limit:e}): a kernel matrix is symmetric"
    )]
    NotSymmetric {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// Absolute difference.
        difference: f64,
        /// The largest difference accepted.
        limit: f64,
    },
    /// The residual has another length than N.
    #[error("the initial residual has {got} entries but the kernel has {expected} points")]
    ResidualLength {
        /// N.
        expected: usize,
        /// Length found.
        got: usize,
    },
    /// A residual is NaN or infinite.
    #[error("initial residual {index} is {value}: residuals must be finite numbers")]
    ResidualNotFinite {
        /// Position, from 0.
        index: usize,
        /// The value found.
        value: f64,
    },
}

/// A checked view of a kernel matrix.
#[derive(Debug, Clone, Copy)]
pub struct KernelView<'a> {
    dataset_size: usize,
    entries: &'a [f64],
}

impl<'a> KernelView<'a> {
    /// Checks size, finiteness and symmetry (to 1e-9 of the largest entry). O(N^2).
    ///
    /// # Errors
    /// See [`KernelViewError`].
    pub fn new(dataset_size: usize, entries: &'a [f64]) -> Result<Self, KernelViewError> {
        let n = dataset_size;
        if n == 0 {
            return Err(KernelViewError::Empty);
        }
        if n.checked_mul(n) != Some(entries.len()) {
            return Err(KernelViewError::NotSquare {
                dataset_size: n,
                expected: n.saturating_mul(n),
                got: entries.len(),
            });
        }
        if let Some(at) = entries.iter().position(|x| !x.is_finite()) {
            return Err(KernelViewError::NotFinite {
                row: at / n,
                column: at % n,
                value: entries[at],
            });
        }
        let limit = SYMMETRY_LIMIT * entries.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        for row in 0..n {
            for column in 0..row {
                let difference = (entries[row * n + column] - entries[column * n + row]).abs();
                if difference > limit {
                    return Err(KernelViewError::NotSymmetric {
                        row,
                        column,
                        difference,
                        limit,
                    });
                }
            }
        }
        Ok(Self {
            dataset_size,
            entries,
        })
    }

    /// N.
    pub const fn dataset_size(&self) -> usize {
        self.dataset_size
    }

    /// The entries of K, row-major.
    pub const fn entries(&self) -> &'a [f64] {
        self.entries
    }

    /// Row `i` of K, which is column `i` too. Panics beyond the last row, as slices do.
    pub fn row(&self, i: usize) -> &'a [f64] {
        &self.entries[i * self.dataset_size..(i + 1) * self.dataset_size]
    }

    /// Checks a raw residual vector against the kernel.
    ///
    /// # Errors
    /// Wrong length, or an entry that is not finite.
    pub fn check_residual(&self, residual: &[f64]) -> Result<(), KernelViewError> {
        if residual.len() != self.dataset_size {
            return Err(KernelViewError::ResidualLength {
                expected: self.dataset_size,
                got: residual.len(),
            });
        }
        match residual.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(index) => Err(KernelViewError::ResidualNotFinite {
                index,
                value: residual[index],
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symmetric_finite_square_matrix_is_accepted() {
        let k = [1.0, 0.5, 0.5, 2.0];
        let view = KernelView::new(2, &k).unwrap();
        assert_eq!(view.row(1), [0.5, 2.0]);
        assert!(view.check_residual(&[1.0, 2.0]).is_ok());
    }

    #[test]
    fn what_is_no_kernel_is_refused_with_its_place() {
        let text = |r: Result<KernelView, KernelViewError>| r.unwrap_err().to_string();
        assert!(text(KernelView::new(0, &[])).contains("at least one point"));
        assert!(text(KernelView::new(2, &[1.0; 3])).contains("4 entries"));
        assert!(text(KernelView::new(2, &[1.0, 0.0, f64::NAN, 1.0])).contains("(1, 0) is NaN"));
        assert!(text(KernelView::new(2, &[1.0, 0.1, 0.2, 1.0])).contains("symmetric"));
        let k = [1.0];
        let view = KernelView::new(1, &k).unwrap();
        assert!(view.check_residual(&[]).is_err());
        assert!(view.check_residual(&[f64::INFINITY]).is_err());
    }
}
