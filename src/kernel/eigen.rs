//! Eigenpairs of a real symmetric matrix: `K = Phi diag(lambda) Phi^T`, lambda descending.

use super::KernelError;
use faer::{MatRef, Side};

/// Eigenvalues in descending order with orthonormal eigenvectors.
#[derive(Debug, Clone, PartialEq)]
pub struct SymmetricEigen {
    /// lambda_k, descending.
    pub eigenvalues: Vec<f64>,
    /// Phi, row-major N x N: column k is the eigenvector of lambda_k.
    pub eigenvectors_row_major: Vec<f64>,
}

/// |K_ij - K_ji| may be this much of the largest |K_ij|.
const ASYMMETRY_LIMIT: f64 = 1e-12;

/// Checks that a row-major `size` x `size` matrix is finite and symmetric to `1e-12` of its largest
/// entry.
///
/// # Errors
/// [`KernelError::NotSquare`], [`KernelError::NotFinite`], [`KernelError::NotSymmetric`] with the
/// worst pair.
pub(super) fn check_symmetric(matrix: &[f64], size: usize) -> Result<(), KernelError> {
    if size == 0 || size.checked_mul(size) != Some(matrix.len()) {
        return Err(KernelError::NotSquare {
            entries: matrix.len(),
            targets: size,
        });
    }
    if let Some((at, &value)) = matrix.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(KernelError::NotFinite {
            row: at / size,
            column: at % size,
            value,
        });
    }
    let largest = matrix.iter().fold(0.0_f64, |a, x| a.max(x.abs()));
    let limit = ASYMMETRY_LIMIT * largest;
    let mut worst = (0, 0, 0.0);
    for i in 0..size {
        for j in 0..i {
            let difference = (matrix[i * size + j] - matrix[j * size + i]).abs();
            if difference > worst.2 {
                worst = (i, j, difference);
            }
        }
    }
    let (row, column, difference) = worst;
    if difference > limit {
        return Err(KernelError::NotSymmetric {
            row,
            column,
            difference,
            limit,
        });
    }
    Ok(())
}

/// All eigenpairs of a symmetric matrix given row-major; O(N^3) (about 1 s at N = 2000).
///
/// The lower triangle is read, after the check that the upper one agrees.
///
/// # Errors
/// See `KernelError`: not square, not finite, not symmetric (by how much), no convergence.
pub fn symmetric_eigen(matrix: &[f64], size: usize) -> Result<SymmetricEigen, KernelError> {
    check_symmetric(matrix, size)?;
    let view = MatRef::from_row_major_slice(matrix, size, size);
    let solved = view
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| KernelError::NoConvergence { size })?;
    let ascending = solved.S().column_vector();
    let vectors = solved.U();
    let eigenvalues: Vec<f64> = (0..size).rev().map(|k| ascending[k]).collect();
    if !eigenvalues.iter().all(|l| l.is_finite()) {
        return Err(KernelError::NoConvergence { size });
    }
    let mut eigenvectors_row_major = vec![0.0; size * size];
    for (i, row) in eigenvectors_row_major.chunks_exact_mut(size).enumerate() {
        for (k, slot) in row.iter_mut().enumerate() {
            *slot = vectors[(i, size - 1 - k)];
        }
    }
    Ok(SymmetricEigen {
        eigenvalues,
        eigenvectors_row_major,
    })
}
