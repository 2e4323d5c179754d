//! Which noise tensors do not see the rotation Psi -> Psi O (Proposition 9), by exact linear algebra.
//!
//! A tensor R of (8) is a matrix on pairs p = (i, j), i <= j. Under O the pairs turn by
//! `A_(ab),(ij) = O_ai O_bj + [i != j] O_aj O_bi`, and R is invariant iff `A R A^T = R` (85)-(88).
//! The invariant tensors of a group are those of its generators, one after the other: each linear
//! system is solved over Q, without rounding.
//!
//! | group | generators used | dimension |
//! |---|---|---|
//! | O(N), N >= 2 | a reflection, permutations, a rotation by the angle of (3/5, 4/5) | 2: the SE family (80) |
//! | SO(2) | the rotation | 3 |
//!
//! The rotation by (3/5, 4/5) has infinite order (Niven), so its powers are dense among the rotations
//! of its plane; with the permutations these generate a dense subgroup, and invariance is a closed
//! condition. Hence the dimension found is that of the whole group.

use super::checks::orthogonal;
use super::dense::Dense;
use super::error::NoiseError;
use super::orthogonal::{permutation, plane_rotation, reflection};
use crate::number::{Field, Rational, Ring};

/// The largest N whose tensors are counted: 1,296 unknowns, eliminated over Q.
pub const INVARIANTS_LIMIT: usize = 8;

fn integer(value: i64) -> Rational {
    Ring::from_integer(value)
}

/// Which group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// All orthogonal matrices.
    Orthogonal,
    /// Those of determinant 1.
    Rotations,
}

/// Generators, over Q, of a dense subgroup of the group on R^n.
pub fn dense_generators(n: usize, group: Group) -> Vec<Dense<Rational>> {
    let share = |top: i64| integer(top) / integer(5);
    let mut generators = Vec::new();
    if group == Group::Orthogonal && n > 0 {
        // Cheap ones first: they leave few unknowns for the rotation.
        generators.push(reflection(n, 0));
        for i in 1..n {
            generators.push(permutation(n, |j| match j {
                0 => i,
                j if j == i => 0,
                j => j,
            }));
        }
    }
    let planes = if group == Group::Orthogonal {
        n.min(2).saturating_sub(1)
    } else {
        n.saturating_sub(1)
    };
    for i in 0..planes {
        generators.push(plane_rotation(n, [i, i + 1], share(3), share(4)));
    }
    generators
}

/// The dimension of the space of tensors with the symmetries of (8) that all `generators` (n x n,
/// orthogonal) leave unchanged. Without generators: `(N (N + 1)/2)^2`.
///
/// # Errors
/// N outside 1..=[`INVARIANTS_LIMIT`]; a generator of another size, or one that is not orthogonal.
pub fn dimension_of_invariants(
    n: usize,
    generators: &[Dense<Rational>],
) -> Result<usize, NoiseError> {
    check(n, generators)?;
    let pairs = pairs(n);
    let size = pairs.len();
    let mut basis: Vec<Vec<Rational>> = (0..size * size).map(|k| unit(size * size, k)).collect();
    for generator in generators {
        let action = Dense::from_fn(size, size, |p, r| {
            let ([a, b], [i, j]) = (pairs[p], pairs[r]);
            let straight = generator.entry(a, i) * generator.entry(b, j);
            if i == j {
                straight
            } else {
                straight + generator.entry(a, j) * generator.entry(b, i)
            }
        });
        let moved: Vec<Vec<Rational>> = basis
            .iter()
            .map(|r| difference(&congruence(&action, r), r))
            .collect();
        basis = relations(&moved)
            .iter()
            .map(|weights| combination(weights, &basis, size * size))
            .collect();
    }
    Ok(basis.len())
}

fn check(n: usize, matrices: &[Dense<Rational>]) -> Result<(), NoiseError> {
    if !(1..=INVARIANTS_LIMIT).contains(&n) {
        return Err(NoiseError::Size {
            what: "the size N of a tensor whose invariants are counted",
            limit: INVARIANTS_LIMIT,
            got: n,
        });
    }
    for matrix in matrices {
        matrix.square_of("orthogonal matrix against N", n)?;
        orthogonal("a matrix of the group", matrix)?;
    }
    Ok(())
}

/// The dimension of the space of tensors for which the spectral components of (82) do not depend on
/// more than Proposition 9 (1) allows: for every `phi` (n x n, orthogonal) and all C,
/// `sum R_ijab (Phi G Phi^T)_ij Phi_ak Phi_bk` is what Phi = 1 and the diagonal of G give.
///
/// Each phi gives linear conditions, so the answer is an upper bound for all of O(N), and it is the
/// answer for O(N) once it is 2 (the SE family meets them all).
///
/// # Errors
/// As [`dimension_of_invariants`].
pub fn dimension_of_spectrally_determined(
    n: usize,
    phis: &[Dense<Rational>],
) -> Result<usize, NoiseError> {
    check(n, phis)?;
    let pairs = pairs(n);
    let mut echelon = Echelon::default();
    for phi in phis {
        for &[s, t] in &pairs {
            for k in 0..n {
                // G = e_s e_t^T + e_t e_s^T (e_s e_s^T if s = t); its diagonal is G or 0.
                let row = pairs.iter().flat_map(|&[i, j]| {
                    let (pairs, phi) = (&pairs, &phi);
                    pairs.iter().map(move |&[a, b]| {
                        let fold = |x: usize, y: usize| integer(if x == y { 1 } else { 2 });
                        let mut g = phi.entry(i, s) * phi.entry(j, t);
                        if s != t {
                            g += phi.entry(i, t) * phi.entry(j, s);
                        }
                        let mut value = g * phi.entry(a, k) * phi.entry(b, k);
                        if s == t && [i, j] == [s, s] && [a, b] == [k, k] {
                            value -= Rational::one();
                        }
                        fold(i, j) * fold(a, b) * value
                    })
                });
                echelon.add(row.collect());
            }
        }
    }
    Ok(pairs.len() * pairs.len() - echelon.rows.len())
}

/// The pairs i <= j below n.
fn pairs(n: usize) -> Vec<[usize; 2]> {
    (0..n).flat_map(|i| (i..n).map(move |j| [i, j])).collect()
}

fn unit(size: usize, k: usize) -> Vec<Rational> {
    (0..size).map(|i| integer(i64::from(i == k))).collect()
}

fn difference(x: &[Rational], y: &[Rational]) -> Vec<Rational> {
    x.iter().zip(y).map(|(a, b)| a - b).collect()
}

/// `A R A^T` for a row-major R; zeros are skipped, for they are most of it.
fn congruence(a: &Dense<Rational>, r: &[Rational]) -> Vec<Rational> {
    let n = a.rows();
    let mut result = vec![Rational::zero(); n * n];
    for (at, value) in r.iter().enumerate().filter(|(_, x)| x.invertible()) {
        let (row, column) = (at / n, at % n);
        for p in (0..n).filter(|&p| a.entry(p, row).invertible()) {
            let left = a.entry(p, row) * value;
            for s in (0..n).filter(|&s| a.entry(s, column).invertible()) {
                result[p * n + s] += &left * a.entry(s, column);
            }
        }
    }
    result
}

fn combination(weights: &[Rational], vectors: &[Vec<Rational>], length: usize) -> Vec<Rational> {
    let mut sum = vec![Rational::zero(); length];
    for (weight, vector) in weights.iter().zip(vectors).filter(|(w, _)| w.invertible()) {
        for (slot, x) in sum.iter_mut().zip(vector).filter(|(_, x)| x.invertible()) {
            *slot += weight * x;
        }
    }
    sum
}

/// Rows in echelon form: each has 1 at its pivot, later rows have 0 there.
#[derive(Debug, Default)]
struct Echelon {
    rows: Vec<(usize, Vec<Rational>)>,
}

impl Echelon {
    /// Reduces `row` by the rows so far; what is left becomes a new row. Returns whether it did.
    fn add(&mut self, mut row: Vec<Rational>) -> bool {
        for (pivot, other) in &self.rows {
            if row[*pivot].invertible() {
                let factor = row[*pivot].clone();
                for (x, y) in row.iter_mut().zip(other).filter(|(_, y)| y.invertible()) {
                    *x -= &factor * y;
                }
            }
        }
        let Some(pivot) = row.iter().position(Field::invertible) else {
            return false;
        };
        let scale = row[pivot].clone();
        for x in &mut row {
            *x /= &scale;
        }
        self.rows.push((pivot, row));
        true
    }
}

/// A basis of the weights w with `sum_i w_i vectors_i = 0`.
fn relations(vectors: &[Vec<Rational>]) -> Vec<Vec<Rational>> {
    let count = vectors.len();
    let length = vectors.first().map_or(0, Vec::len);
    let mut echelon = Echelon::default();
    let mut found = Vec::new();
    // Carry the weights beside each vector; a vector that reduces to zero leaves a relation.
    for (i, vector) in vectors.iter().enumerate() {
        let mut row = vector.clone();
        row.extend(unit(count, i));
        for (pivot, other) in &echelon.rows {
            if row[*pivot].invertible() {
                let factor = row[*pivot].clone();
                for (x, y) in row.iter_mut().zip(other).filter(|(_, y)| y.invertible()) {
                    *x -= &factor * y;
                }
            }
        }
        if row[..length].iter().any(Field::invertible) {
            echelon.add(row);
        } else {
            found.push(row.split_off(length));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_generators_every_tensor_is_invariant() {
        assert_eq!(dimension_of_invariants(3, &[]), Ok(36));
        assert_eq!(dimension_of_spectrally_determined(2, &[]), Ok(9));
    }

    #[test]
    fn sizes_out_of_range_and_matrices_that_are_not_orthogonal_are_refused() {
        let unit = Dense::<Rational>::identity(2);
        let both = |n: usize, matrices: &[Dense<Rational>]| {
            let first = dimension_of_invariants(n, matrices);
            assert_eq!(
                first.is_err(),
                dimension_of_spectrally_determined(n, matrices).is_err()
            );
            first.map_err(|error| error.to_string())
        };
        for n in [0, INVARIANTS_LIMIT + 1, usize::MAX] {
            assert!(both(n, &[]).unwrap_err().contains("must lie in 1..=8"));
        }
        assert!(both(3, std::slice::from_ref(&unit)).is_err());
        let twice = unit.scaled(&integer(2));
        assert!(both(2, &[twice]).unwrap_err().contains("not orthogonal"));
        assert_eq!(both(2, &[unit]), Ok(9));
        assert!(dense_generators(0, Group::Orthogonal).is_empty());
    }

    #[test]
    fn relations_of_three_vectors_in_the_plane() {
        let v = |x: i64, y: i64| vec![integer(x), integer(y)];
        let vectors = [v(1, 2), v(2, 4), v(0, 1)];
        let found = relations(&vectors);
        assert_eq!(found.len(), 1);
        assert_eq!(combination(&found[0], &vectors, 2), v(0, 0));
        assert!(relations(&vectors[1..]).is_empty());
    }
}
