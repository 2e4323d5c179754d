//! Least squares on N points in output space: kernel matrix, eigenpairs, target.
//!
//! | symbol | accessor | shape |
//! |---|---|---|
//! | K = Theta/N | `kernel_row_major` | N x N, symmetric |
//! | lambda_k | `eigenvalues` | N, descending; the Hessian's (rounding may leave tiny negative ones) |
//! | Phi | `eigenvectors_row_major` | N x N, column k = phi_k |
//! | y | `target` | N |
//! | f_0 - y = -y | `initial_residual` | N: training starts from f_0 = 0 |
//! | lambda_k C_kk,0 = (phi_k . y)^2 / N | `signal` | N, >= 0; L_0 = 1/2 sum = |y|^2/(2N) |

use super::eigen::{check_symmetric, symmetric_eigen};
use super::{KernelError, SymmetricEigen};

/// K with its eigenpairs and the target; see the module's head.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelProblem {
    kernel: Vec<f64>,
    eigen: SymmetricEigen,
    target: Vec<f64>,
    signal: Vec<f64>,
}

impl KernelProblem {
    /// From K = Theta/N (row-major N x N) and the N targets.
    ///
    /// K is made exactly symmetric by averaging with its transpose, after a check that this
    /// changes nothing beyond rounding.
    ///
    /// # Errors
    /// K not N x N, not finite or not symmetric (by how much); a target not finite; the
    /// eigensolver's failure. Negative eigenvalues are the business of `spectrum()`.
    pub fn from_kernel(mut kernel: Vec<f64>, target: Vec<f64>) -> Result<Self, KernelError> {
        let n = target.len();
        if let Some((index, &value)) = target.iter().enumerate().find(|(_, y)| !y.is_finite()) {
            return Err(KernelError::Target { index, value });
        }
        check_symmetric(&kernel, n)?;
        for i in 0..n {
            for j in 0..i {
                let mean = f64::midpoint(kernel[i * n + j], kernel[j * n + i]);
                kernel[i * n + j] = mean;
                kernel[j * n + i] = mean;
            }
        }
        let eigen = symmetric_eigen(&kernel, n)?;
        let mut projections = vec![0.0; n];
        for (row, y) in eigen.eigenvectors_row_major.chunks_exact(n).zip(&target) {
            for (projection, phi) in projections.iter_mut().zip(row) {
                *projection += phi * y;
            }
        }
        let signal = projections.iter().map(|p| p * p / n as f64).collect();
        Ok(Self {
            kernel,
            eigen,
            target,
            signal,
        })
    }

    /// The same problem with K replaced by its positive part (negative eigenvalues set to 0): for
    /// kernels whose rounding is coarser than that of f64.
    ///
    /// # Errors
    /// The eigensolver's failure.
    pub fn without_negative_eigenvalues(&self) -> Result<Self, KernelError> {
        let n = self.dataset_size();
        let mut kernel = vec![0.0; n * n];
        let phi = &self.eigen.eigenvectors_row_major;
        for i in 0..n {
            for j in 0..=i {
                let rows = phi[i * n..(i + 1) * n].iter().zip(&phi[j * n..(j + 1) * n]);
                let value = rows
                    .zip(&self.eigen.eigenvalues)
                    .map(|((x, y), l)| x * y * l.max(0.0))
                    .sum();
                kernel[i * n + j] = value;
                kernel[j * n + i] = value;
            }
        }
        Self::from_kernel(kernel, self.target.clone())
    }

    /// N >= 1.
    pub fn dataset_size(&self) -> usize {
        self.target.len()
    }

    /// K = Theta/N, row-major N x N, exactly symmetric.
    pub fn kernel_row_major(&self) -> &[f64] {
        &self.kernel
    }

    /// lambda_k of K, descending, N of them; the null space appears as values near zero of either
    /// sign.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigen.eigenvalues
    }

    /// Phi, row-major N x N: entry `i * N + k` is component i of the eigenvector of lambda_k.
    pub fn eigenvectors_row_major(&self) -> &[f64] {
        &self.eigen.eigenvectors_row_major
    }

    /// y.
    pub fn target(&self) -> &[f64] {
        &self.target
    }

    /// f_0 - y with f_0 = 0, that is -y.
    pub fn initial_residual(&self) -> Vec<f64> {
        self.target.iter().map(|y| -y).collect()
    }

    /// lambda_k C_kk,0 = (phi_k . y)^2 / N, in the order of the eigenvalues.
    pub fn signal(&self) -> &[f64] {
        &self.signal
    }
}
