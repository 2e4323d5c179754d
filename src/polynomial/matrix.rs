//! Matrices of polynomials: determinant and the solution of linear systems over Q(x), exactly.
//!
//! Fraction-free (Bareiss) elimination: every intermediate entry is a minor of the matrix, so all
//! divisions are exact and no rational function appears before the end.

use super::Polynomial;
use crate::number::Ring;

/// A square system of polynomials: rows of equal length.
pub type Matrix = Vec<Vec<Polynomial>>;

/// The determinant of a square matrix; 1 for the empty one, `None` if rows differ in length.
pub fn determinant(matrix: &Matrix) -> Option<Polynomial> {
    let n = matrix.len();
    if matrix.iter().any(|row| row.len() != n) {
        return None;
    }
    let (rows, sign) = eliminate(matrix.clone(), n)?;
    let last = rows
        .last()
        .map_or_else(Polynomial::one, |row| row[n - 1].clone());
    Some(if sign { -last } else { last })
}

/// Solves `x M = c` for a row vector: `x = numerators / determinant` (not cancelled).
///
/// `None` if `M` is singular or the shapes do not fit.
pub fn solve_row(matrix: &Matrix, c: &[Polynomial]) -> Option<(Vec<Polynomial>, Polynomial)> {
    let n = matrix.len();
    if c.len() != n || matrix.iter().any(|row| row.len() != n) {
        return None;
    }
    // Cramer: x_i = det(M with row i replaced by c)/det M.
    let det = determinant(matrix)?;
    if det.is_zero() {
        return None;
    }
    let numerators = (0..n)
        .map(|i| {
            let mut replaced = matrix.clone();
            replaced[i] = c.to_vec();
            determinant(&replaced)
        })
        .collect::<Option<_>>()?;
    Some((numerators, det))
}

/// Bareiss elimination to upper triangular form; the last diagonal entry is the determinant up to
/// the sign (`true` = negative). A singular matrix ends with a zero there.
fn eliminate(mut rows: Matrix, n: usize) -> Option<(Matrix, bool)> {
    let mut negative = false;
    let mut previous = Polynomial::one();
    for k in 0..n.saturating_sub(1) {
        let Some(pivot) = (k..n).find(|&i| !rows[i][k].is_zero()) else {
            rows[n - 1][n - 1] = Polynomial::zero();
            return Some((rows, negative));
        };
        if pivot != k {
            rows.swap(pivot, k);
            negative = !negative;
        }
        for i in k + 1..n {
            for j in k + 1..n {
                let minor = rows[k][k].clone() * rows[i][j].clone()
                    - rows[i][k].clone() * rows[k][j].clone();
                rows[i][j] = minor.exact_division(&previous)?;
            }
            rows[i][k] = Polynomial::zero();
        }
        previous = rows[k][k].clone();
    }
    Some((rows, negative))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: &[&[&str]]) -> Matrix {
        rows.iter()
            .map(|r| r.iter().map(|t| Polynomial::parse(t).unwrap()).collect())
            .collect()
    }

    #[test]
    fn the_vandermonde_determinant_factors() {
        let m = matrix(&[&["1", "x", "x^2"], &["1", "y", "y^2"], &["1", "z", "z^2"]]);
        let expected = Polynomial::parse("(y - x)*(z - x)*(z - y)").unwrap();
        assert_eq!(determinant(&m), Some(expected));
    }

    #[test]
    fn a_zero_pivot_swaps_rows_and_keeps_the_sign() {
        let m = matrix(&[&["0", "a"], &["b", "c"]]);
        assert_eq!(determinant(&m), Some(Polynomial::parse("-a*b").unwrap()));
        assert_eq!(determinant(&vec![]), Some(Polynomial::one()));
    }

    #[test]
    fn a_solved_row_satisfies_its_system() {
        let m = matrix(&[
            &["1 - a", "b", "2"],
            &["-a", "b*z", "1"],
            &["z", "0", "a + b"],
        ]);
        let c = matrix(&[&["1", "z", "0"]]).remove(0);
        let (x, det) = solve_row(&m, &c).unwrap();
        for j in 0..3 {
            let product = (0..3).fold(Polynomial::zero(), |sum, i| {
                sum + x[i].clone() * m[i][j].clone()
            });
            assert_eq!(product, c[j].clone() * det.clone());
        }
    }

    #[test]
    fn singular_and_ragged_systems_are_refused() {
        let m = matrix(&[&["a", "2*a"], &["b", "2*b"]]);
        assert!(determinant(&m).unwrap().is_zero());
        assert!(solve_row(&m, &matrix(&[&["1", "0"]])[0]).is_none());
        assert!(determinant(&matrix(&[&["a", "b"], &["a"]])).is_none());
    }
}
