//! Noise given by a 4-tensor, (8), and the SE family (80):
//!
//! ```text
//! Sigma_C = Psi [sum_ij R_ij.. (Psi^T C Psi)_ij] Psi^T - H C H                               (8), (82)
//! R_ijkl  = tau_1 d_ij d_kl - (tau_2 - 1)/2 (d_ik d_jl + d_il d_jk)                          (80)
//!   =>  Sigma_C = tau_1 Tr[HC] H - tau_2 H C H                                               (81), (83)
//! ```
//!
//! | symbol | meaning | shape |
//! |---|---|---|
//! | Psi | Jacobian, columns `Psi_i = N^(-1/2) psi(x_i)` | d x N |
//! | R | fixed tensor, symmetric in its first and in its last two indices | N^4 |
//!
//! True mini-batch SGD is `R_ijkl = N` if i = j = k = l and 0 otherwise: it is not in the family.

use super::checks::count;
use super::dense::{Dense, ShapeError, same};
use super::error::NoiseError;
use crate::number::{Field, Ring};

/// The largest N of a tensor: 1,048,576 entries.
pub const TENSOR_LIMIT: usize = 32;

/// A tensor R of (8), with its symmetries.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseTensor<T> {
    size: usize,
    /// Row-major, the last index fastest.
    entries: Vec<T>,
}

fn delta<T: Ring>(i: usize, j: usize) -> T {
    if i == j { T::one() } else { T::zero() }
}

impl<T: Ring> NoiseTensor<T> {
    /// The tensor with entries `f([i, j, k, l])`, `size` = N.
    ///
    /// # Errors
    /// N outside 1..=[`TENSOR_LIMIT`]; entries without the symmetries `R_ijkl = R_jikl = R_ijlk`, which
    /// must hold exactly (a NaN equals nothing, so it is refused).
    pub fn from_fn(size: usize, f: impl FnMut([usize; 4]) -> T) -> Result<Self, NoiseError> {
        if !(1..=TENSOR_LIMIT).contains(&size) {
            return Err(NoiseError::Size {
                what: "the size N of a tensor",
                limit: TENSOR_LIMIT,
                got: size,
            });
        }
        let tensor = Self::unchecked(size, f);
        match tensor.asymmetry() {
            None => Ok(tensor),
            Some([at, other]) => Err(NoiseError::Tensor { at, other }),
        }
    }

    fn unchecked(size: usize, mut f: impl FnMut([usize; 4]) -> T) -> Self {
        let mut entries = Vec::with_capacity(size.pow(4));
        for code in 0..size.pow(4) {
            let l = code % size;
            let k = code / size % size;
            let j = code / size.pow(2) % size;
            let i = code / size.pow(3);
            entries.push(f([i, j, k, l]));
        }
        Self { size, entries }
    }

    /// Mini-batch SGD: `N d_ij d_jk d_kl`.
    ///
    /// # Errors
    /// N outside 1..=[`TENSOR_LIMIT`].
    pub fn sgd(size: usize) -> Result<Self, NoiseError> {
        let n = count::<T>(size);
        Self::from_fn(size, |[i, j, k, l]| {
            if i == j && j == k && k == l {
                n.clone()
            } else {
                T::zero()
            }
        })
    }

    /// `d_ik e_jl + d_il e_jk + d_jk e_il + d_jl e_ik` with e_12 = -e_21 = 1 (N = 2): invariant
    /// under SO(2), not under O(2), and not in the SE family.
    pub fn invariant_under_rotations_of_the_plane() -> Self {
        let epsilon = |i: usize, j: usize| match (i, j) {
            (0, 1) => T::one(),
            (1, 0) => -T::one(),
            _ => T::zero(),
        };
        Self::unchecked(2, |[i, j, k, l]| {
            delta::<T>(i, k) * epsilon(j, l)
                + delta::<T>(i, l) * epsilon(j, k)
                + delta::<T>(j, k) * epsilon(i, l)
                + delta::<T>(j, l) * epsilon(i, k)
        })
    }

    /// N.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// R_ijkl, indices from 0. Panics outside, as slices do.
    pub fn entry(&self, [i, j, k, l]: [usize; 4]) -> &T {
        &self.entries[((i * self.size + j) * self.size + k) * self.size + l]
    }

    /// Two entries that `R_ijkl = R_jikl = R_ijlk`, the symmetries of (8), want equal and that differ.
    fn asymmetry(&self) -> Option<[[usize; 4]; 2]> {
        let n = self.size;
        (0..n.pow(4)).find_map(|code| {
            let [i, j] = [code / n.pow(3), code / n.pow(2) % n];
            let [k, l] = [code / n % n, code % n];
            let at = [i, j, k, l];
            let differs = |other: &[usize; 4]| self.entry(at) != self.entry(*other);
            [[j, i, k, l], [i, j, l, k]]
                .into_iter()
                .find(differs)
                .map(|other| [at, other])
        })
    }

    /// (85): `R'_abcd = sum R_ijkl O_ai O_bj O_ck O_dl`.
    ///
    /// # Errors
    /// O not N x N.
    pub fn rotated(&self, o: &Dense<T>) -> Result<Self, ShapeError> {
        o.square_of("O against the tensor", self.size)?;
        let n = self.size;
        let mut tensor = self.clone();
        // Four times: contract the first index and put the new one last.
        for _ in 0..4 {
            let old = tensor.entries;
            let rest = n.pow(3);
            let mut entries = Vec::with_capacity(old.len());
            for tail in 0..rest {
                for a in 0..n {
                    entries.push((0..n).fold(T::zero(), |sum, i| {
                        sum + o.entry(a, i) * old[i * rest + tail].clone()
                    }));
                }
            }
            tensor = Self { size: n, entries };
        }
        Ok(tensor)
    }

    /// (82): `Psi [sum_ij R_ij.. (Psi^T C Psi)_ij] Psi^T`, which is Sigma + H C H.
    ///
    /// # Errors
    /// Psi without N columns; C not d x d.
    pub fn sigma_hat(&self, jacobian: &Dense<T>, c: &Dense<T>) -> Result<Dense<T>, ShapeError> {
        same(
            "columns of the Jacobian, one an index of the tensor",
            self.size,
            jacobian.columns(),
        )?;
        let outputs = jacobian.transposed().times(c)?.times(jacobian)?;
        let n = self.size;
        let middle = Dense::from_fn(n, n, |k, l| {
            let mut sum = T::zero();
            for i in 0..n {
                for j in 0..n {
                    sum = sum + self.entry([i, j, k, l]).clone() * outputs.entry(i, j);
                }
            }
            sum
        });
        jacobian.times(&middle)?.times(&jacobian.transposed())
    }

    /// (8): Sigma of this tensor.
    ///
    /// # Errors
    /// As [`NoiseTensor::sigma_hat`].
    pub fn covariance(&self, jacobian: &Dense<T>, c: &Dense<T>) -> Result<Dense<T>, ShapeError> {
        let h = jacobian.times(&jacobian.transposed())?;
        self.sigma_hat(jacobian, c)?.minus(&h.times(c)?.times(&h)?)
    }
}

impl<T: Field> NoiseTensor<T> {
    /// (80), the SE family. For N = 1 only `tau_1 + 1 - tau_2` matters.
    ///
    /// # Errors
    /// N outside 1..=[`TENSOR_LIMIT`]; parameters that are NaN.
    pub fn spectrally_expressible(size: usize, tau_1: &T, tau_2: &T) -> Result<Self, NoiseError> {
        let half = (T::one() - tau_2.clone()) / T::from_integer(2);
        Self::from_fn(size, |[i, j, k, l]| {
            let exchange = delta::<T>(i, k) * delta(j, l) + delta::<T>(i, l) * delta(j, k);
            tau_1.clone() * delta(i, j) * delta(k, l) + half.clone() * exchange
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::{plane_rotation, spectrally_expressible};
    use crate::number::{Rational, parse_rational};

    fn q(text: &str) -> Rational {
        parse_rational(text).unwrap()
    }

    #[test]
    fn the_family_gives_its_operator_form() {
        let psi = Dense::new(2, 2, ["1", "2", "-1/2", "3"].map(q).to_vec()).unwrap();
        let c = Dense::new(2, 2, ["2", "1", "1", "3"].map(q).to_vec()).unwrap();
        let h = psi.times(&psi.transposed()).unwrap();
        for (tau_1, tau_2) in [("1", "1"), ("1", "-1"), ("2/3", "0")] {
            let (tau_1, tau_2) = (q(tau_1), q(tau_2));
            let tensor = NoiseTensor::spectrally_expressible(2, &tau_1, &tau_2).unwrap();
            assert_eq!(
                tensor.covariance(&psi, &c).unwrap(),
                spectrally_expressible(&h, &c, &tau_1, &tau_2).unwrap()
            );
        }
    }

    #[test]
    fn a_rotated_tensor_moves_each_index_by_o() {
        // R with the single entry R_0101 = 1, O a quarter turn: e_0 -> e_1, e_1 -> -e_0.
        let single = NoiseTensor::unchecked(2, |at| {
            delta::<Rational>(usize::from(at != [0, 1, 0, 1]), 0)
        });
        let turn = plane_rotation(2, [0, 1], q("0"), q("1"));
        let turned = single.rotated(&turn).unwrap();
        assert_eq!(*turned.entry([1, 0, 1, 0]), q("1"));
        assert_eq!(turned.entries.iter().filter(|x| **x != q("0")).count(), 1);
        assert!(single.rotated(&Dense::identity(3)).is_err());
    }

    #[test]
    fn tensors_without_the_symmetries_of_8_and_sizes_out_of_range_are_refused() {
        let with = |places: &'static [[usize; 4]]| {
            NoiseTensor::from_fn(2, |at| if places.contains(&at) { 1.0 } else { 0.0 })
        };
        assert_eq!(with(&[[0, 1, 0, 0], [1, 0, 0, 0]]).map(|t| t.size()), Ok(2));
        assert_eq!(
            with(&[[0, 1, 0, 0]]),
            Err(NoiseError::Tensor {
                at: [0, 1, 0, 0],
                other: [1, 0, 0, 0]
            })
        );
        let error = with(&[[0, 0, 0, 1]]).unwrap_err();
        assert!(error.to_string().contains("[0, 0, 1, 0]"), "{error}");
        assert!(NoiseTensor::from_fn(2, |_| f64::NAN).is_err());
        for size in [0, TENSOR_LIMIT + 1, usize::MAX] {
            assert!(NoiseTensor::<f64>::sgd(size).is_err());
            assert!(NoiseTensor::spectrally_expressible(size, &1.0, &1.0).is_err());
        }
        assert!(NoiseTensor::spectrally_expressible(2, &f64::NAN, &1.0).is_err());
        // The tensor of the plane has them, by the same test.
        let plane = NoiseTensor::<f64>::invariant_under_rotations_of_the_plane();
        assert!(NoiseTensor::from_fn(2, |at| *plane.entry(at)).is_ok());
    }
}
