//! Translation-invariant kernels on a regular grid of the torus, where the SE noise is exact
//! (Proposition 2: `tau_1 = tau_2 = 1`, any C, any degeneracy, zero eigenvalues included).
//!
//! | symbol | meaning | equation |
//! |---|---|---|
//! | `x_i = (2 pi i_1/n_1, .., 2 pi i_D/n_D)`, `N = n_1 .. n_D` | the grid, `0 <= i_j < n_j`; points are numbered row-major, the last axis fastest | Proposition 2 |
//! | `K_ij = k(x_i - x_j)/N` | kernel matrix | (96) |
//! | `phi_q(i) = N^(-1/2) e^(i q.x_i)` | eigenvectors, q on the dual grid, numbered like the points | (97) |
//! | `lambda_q = 1/N sum_i k(x_i) e^(-i q.x_i)` | eigenvalues, `lambda_q = lambda_-q` | (98), (99) |
//!
//! In the complex basis `Sigma_out,qq = lambda_q^2 (Tr C_out - C_out,qq)` holds for each q; in a real
//! basis of cosines and sines it fails for single components, and only the sums over an eigenvalue
//! agree (110).

use super::dense::Dense;
use super::error::NoiseError;
use crate::number::Complex;
use std::f64::consts::TAU;

/// The largest number of grid points: a kernel matrix of 0.8 GB.
pub const GRID_LIMIT: usize = 10_000;

/// Relative size below which a negative eigenvalue or an odd part counts as rounding.
const ROUNDING: f64 = 1e-12;

/// A translation-invariant positive semi-definite kernel on a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct TorusKernel {
    sizes: Vec<usize>,
    values: Vec<f64>,
    eigenvalues: Vec<f64>,
}

impl TorusKernel {
    /// From the sizes (n_1, .., n_D) and the values k(x_i) at the grid points.
    ///
    /// # Errors
    /// No points or more than [`GRID_LIMIT`]; a wrong number of values; values that are not finite
    /// or not even (`k(-x) = k(x)`); a kernel with a negative eigenvalue.
    pub fn from_values(sizes: &[usize], values: Vec<f64>) -> Result<Self, NoiseError> {
        let n = points(sizes)?;
        check_even("kernel value", sizes, n, &values)?;
        let mut eigenvalues = transform(sizes, &values, -1.0);
        let largest = eigenvalues.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        for (index, lambda) in eigenvalues.iter_mut().enumerate() {
            *lambda /= n as f64;
            if *lambda < -ROUNDING * largest / n as f64 {
                return Err(NoiseError::Negative {
                    index,
                    value: *lambda,
                });
            }
        }
        Ok(Self {
            sizes: sizes.to_vec(),
            values,
            eigenvalues,
        })
    }

    /// From the sizes and the eigenvalues lambda_q >= 0 on the dual grid:
    /// `k(x_i) = sum_q lambda_q e^(i q.x_i)`. Zeros and degeneracies are kept as given.
    ///
    /// # Errors
    /// As [`TorusKernel::from_values`].
    pub fn from_eigenvalues(sizes: &[usize], eigenvalues: Vec<f64>) -> Result<Self, NoiseError> {
        let n = points(sizes)?;
        check_even("eigenvalue", sizes, n, &eigenvalues)?;
        if let Some(index) = eigenvalues.iter().position(|l| *l < 0.0) {
            return Err(NoiseError::Negative {
                index,
                value: eigenvalues[index],
            });
        }
        Ok(Self {
            sizes: sizes.to_vec(),
            values: transform(sizes, &eigenvalues, 1.0),
            eigenvalues,
        })
    }

    /// (n_1, .., n_D).
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// N.
    pub fn dataset_size(&self) -> usize {
        self.values.len()
    }

    /// k(x_i).
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// lambda_q in the order of the dual grid.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// The number of the point -x_i, or of the wave vector -q.
    pub fn opposite(&self, i: usize) -> usize {
        opposite(&self.sizes, i)
    }

    /// K, row-major N x N (96), exactly symmetric.
    pub fn kernel_row_major(&self) -> Vec<f64> {
        let n = self.dataset_size();
        let coordinates: Vec<Vec<usize>> = (0..n).map(|i| coordinates(&self.sizes, i)).collect();
        let mut kernel = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..=i {
                let difference: Vec<usize> = (coordinates[i].iter().zip(&coordinates[j]))
                    .zip(&self.sizes)
                    .map(|((x, y), size)| (x + size - y) % size)
                    .collect();
                let value = self.values[number(&self.sizes, &difference)] / n as f64;
                kernel[i * n + j] = value;
                kernel[j * n + i] = value;
            }
        }
        kernel
    }

    /// `phi_q^* A phi_q` in the complex basis (97), for a real symmetric A (N x N), where it is real; for
    /// another real A its real part, which is that of the symmetric part of A.
    ///
    /// # Errors
    /// A not N x N; q not below N.
    pub fn fourier_component(&self, a: &Dense<f64>, q: usize) -> Result<f64, NoiseError> {
        let n = self.dataset_size();
        a.square_of("matrix on the grid", n)?;
        if q >= n {
            return Err(NoiseError::Mode {
                mode: q,
                last: n - 1,
            });
        }
        let phase = self.phases(q);
        let mut sum = 0.0;
        for (i, x) in phase.iter().enumerate() {
            for (j, y) in phase.iter().enumerate() {
                // Re(conj(x) y): the imaginary parts cancel for symmetric A.
                sum += a.entry(i, j) * (x.re * y.re + x.im * y.im);
            }
        }
        Ok(sum / n as f64)
    }

    /// `e^(i q.x_i)` at all points.
    fn phases(&self, q: usize) -> Vec<Complex<f64>> {
        let wave = coordinates(&self.sizes, q);
        (0..self.dataset_size())
            .map(|i| {
                let turns: f64 = (wave.iter().zip(coordinates(&self.sizes, i)))
                    .zip(&self.sizes)
                    .map(|((k, x), size)| ((k * x) % size) as f64 / *size as f64)
                    .sum();
                let (sin, cos) = (TAU * turns.fract()).sin_cos();
                Complex::new(cos, sin)
            })
            .collect()
    }
}

/// N, checked.
fn points(sizes: &[usize]) -> Result<usize, NoiseError> {
    let product = sizes
        .iter()
        .try_fold(1_usize, |n, size| n.checked_mul(*size))
        .filter(|n| (1..=GRID_LIMIT).contains(n) && !sizes.is_empty());
    product.ok_or_else(|| NoiseError::GridSizes {
        sizes: sizes.to_vec(),
        limit: GRID_LIMIT,
    })
}

fn check_even(
    what: &'static str,
    sizes: &[usize],
    n: usize,
    list: &[f64],
) -> Result<(), NoiseError> {
    if list.len() != n {
        return Err(NoiseError::GridLength {
            what: if what == "eigenvalue" {
                "eigenvalues"
            } else {
                "kernel values"
            },
            points: n,
            got: list.len(),
        });
    }
    if let Some(index) = list.iter().position(|x| !x.is_finite()) {
        return Err(NoiseError::NotFinite {
            what,
            index,
            value: list[index],
        });
    }
    let largest = list.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    for (index, &value) in list.iter().enumerate() {
        let opposite = opposite(sizes, index);
        let other = list[opposite];
        if (value - other).abs() > ROUNDING * largest {
            return Err(NoiseError::NotEven {
                what,
                index,
                opposite,
                value,
                other,
            });
        }
    }
    Ok(())
}

/// The coordinates of a point, last axis fastest.
fn coordinates(sizes: &[usize], mut index: usize) -> Vec<usize> {
    let mut found = vec![0; sizes.len()];
    for (slot, size) in found.iter_mut().zip(sizes).rev() {
        *slot = index % size;
        index /= size;
    }
    found
}

/// The inverse of [`coordinates`].
fn number(sizes: &[usize], coordinates: &[usize]) -> usize {
    sizes
        .iter()
        .zip(coordinates)
        .fold(0, |index, (size, x)| index * size + x)
}

fn opposite(sizes: &[usize], index: usize) -> usize {
    let mirrored: Vec<usize> = coordinates(sizes, index)
        .iter()
        .zip(sizes)
        .map(|(x, size)| (size - x) % size)
        .collect();
    number(sizes, &mirrored)
}

/// `sum_i f(i) e^(sign i q.x_i)` for every q, one axis after the other; real because f is even.
fn transform(sizes: &[usize], f: &[f64], sign: f64) -> Vec<f64> {
    let mut data: Vec<Complex<f64>> = f.iter().map(|x| Complex::real(*x)).collect();
    let mut stride = f.len();
    for &size in sizes {
        stride /= size;
        let turn: Vec<Complex<f64>> = (0..size)
            .map(|m| {
                let (sin, cos) = (TAU * m as f64 / size as f64).sin_cos();
                Complex::new(cos, sign * sin)
            })
            .collect();
        let old = data.clone();
        for (at, slot) in data.iter_mut().enumerate() {
            let q = at / stride % size;
            let base = at - q * stride;
            *slot = (0..size).fold(Complex::new(0.0, 0.0), |sum, x| {
                sum + old[base + x * stride] * turn[q * x % size]
            });
        }
    }
    data.into_iter().map(|z| z.re).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_of_four_by_hand() {
        // k = (4, 1, 0, 1): lambda = (6, 4, 2, 4)/4.
        let ring = TorusKernel::from_values(&[4], vec![4.0, 1.0, 0.0, 1.0]).unwrap();
        for (found, expected) in ring.eigenvalues().iter().zip([1.5, 1.0, 0.5, 1.0]) {
            assert!((found - expected).abs() < 1e-15);
        }
        assert_eq!(ring.opposite(1), 3);
        assert_eq!(ring.kernel_row_major()[..4], [1.0, 0.25, 0.0, 0.25]);
    }

    #[test]
    fn values_and_eigenvalues_determine_each_other_in_two_dimensions() {
        let sizes = [3, 4];
        let mut lambda = vec![0.0; 12];
        for (i, slot) in lambda.iter_mut().enumerate() {
            let pair = i.min(opposite(&sizes, i));
            *slot = f64::from(u8::try_from(pair % 5).unwrap());
        }
        let kernel = TorusKernel::from_eigenvalues(&sizes, lambda.clone()).unwrap();
        let back = TorusKernel::from_values(&sizes, kernel.values().to_vec()).unwrap();
        for (found, expected) in back.eigenvalues().iter().zip(&lambda) {
            assert!((found - expected).abs() < 1e-13);
        }
    }

    #[test]
    fn what_is_no_kernel_on_a_grid_is_refused_with_its_place() {
        let text = |sizes: &[usize], values: Vec<f64>| {
            TorusKernel::from_values(sizes, values)
                .unwrap_err()
                .to_string()
        };
        assert!(text(&[], vec![]).contains("grid sizes"));
        assert!(text(&[3, 0], vec![]).contains("grid sizes"));
        assert!(text(&[1 << 40, 1 << 40], vec![]).contains("grid sizes"));
        assert!(text(&[3], vec![1.0; 4]).contains("needs 3 kernel values, got 4"));
        assert!(text(&[3], vec![1.0, f64::NAN, 0.0]).contains("kernel value 1 is NaN"));
        assert!(text(&[3], vec![1.0, 0.5, 0.25]).contains("opposite"));
        assert!(text(&[2], vec![1.0, 2.0]).contains("eigenvalue 1 of the kernel is -0.5"));
        let error = TorusKernel::from_eigenvalues(&[2], vec![1.0, -1.0]).unwrap_err();
        assert!(error.to_string().contains("eigenvalue 1"));
        let ring = TorusKernel::from_values(&[2], vec![2.0, 1.0]).unwrap();
        assert!(ring.fourier_component(&Dense::identity(3), 0).is_err());
        assert!(ring.fourier_component(&Dense::identity(2), 2).is_err());
    }
}
