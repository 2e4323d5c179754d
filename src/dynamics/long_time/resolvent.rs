//! The resolvent of one pair of modes (k, l), in closed form, for any momentum.
//!
//! The pair's moments x = (C_kl, J_kl, J_lk, V_kl) obey `x' = A x + gamma alpha^2 f_k f_l S_kl (1,1,1,1)`,
//! with `A = s_k (x) s_l - g (1,1,1,1) e_C^T`, `s_k = [[1-a_k, b], [-a_k, b]]` and `g = gamma a_k a_l`.
//! The first row of `(1 - zA)^-1` has the two entries that a start at rest needs:
//!
//! ```text
//! M0 = e_C^T (1-zA)^-1 e_C       = (1-bz) [(1-bz)(1-b^2 z) + b z (a_k+a_l)] / D
//! M1 = e_C^T (1-zA)^-1 (1,1,1,1) = (1-b^2 z^2) / D
//! D  = (1-bz)^2 [e (1-b^2 z) + z ((1+b)(a_k+a_l) - a_k a_l)] + b z^2 (a_k-a_l)^2 + z g (1-b^2 z^2)
//! ```
//!
//! with e = 1 - z passed itself, so that nothing cancels near z = 1. For k = l, D is (1-bz) S of (18).
//! Where it comes from: without noise the two rows are the generating functions of products
//! h_t(k) h_t(l) of two sequences with one product of roots b; the noise term is a rank-one change.

use crate::number::Field;

/// What does not depend on the pair: computed once a point.
#[derive(Debug, Clone)]
pub(super) struct PairResolvent<T> {
    b: T,
    z: T,
    gamma: T,
    /// 1 - bz.
    gap: T,
    /// e (1 - b^2 z).
    base: T,
    /// 1 - b^2 z.
    gap_squared: T,
    /// 1 - b^2 z^2.
    numerator: T,
}

impl<T: Field> PairResolvent<T> {
    pub(super) fn new(b: T, gamma: T, z: T, e: T) -> Self {
        let one = T::one;
        let gap = one() - b.clone() * z.clone();
        let gap_squared = one() - b.square() * z.clone();
        Self {
            numerator: one() - b.square() * z.square(),
            base: e * gap_squared.clone(),
            b,
            z,
            gamma,
            gap,
            gap_squared,
        }
    }

    /// D.
    pub(super) fn denominator(&self, a_k: T, a_l: T) -> T {
        let product = a_k.clone() * a_l.clone();
        let sum = a_k.clone() + a_l.clone();
        let falling = (T::one() + self.b.clone()) * sum - product.clone();
        let difference = a_k - a_l;
        self.gap.square() * (self.base.clone() + self.z.clone() * falling)
            + self.b.clone() * self.z.square() * difference.square()
            + self.z.clone() * self.gamma.clone() * product * self.numerator.clone()
    }

    /// M0.
    pub(super) fn start(&self, a_k: T, a_l: T) -> T {
        let sum = a_k.clone() + a_l.clone();
        let bracket =
            self.gap.clone() * self.gap_squared.clone() + self.b.clone() * self.z.clone() * sum;
        self.gap.clone() * bracket / self.denominator(a_k, a_l)
    }

    /// M1.
    pub(super) fn forced(&self, a_k: T, a_l: T) -> T {
        self.numerator.clone() / self.denominator(a_k, a_l)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rational, parse_rational};

    fn q(text: &str) -> Rational {
        parse_rational(text).unwrap()
    }

    /// Solves `y (1 - zA) = row` by Gaussian elimination on the transposed system.
    fn row_of_inverse(matrix: &[Vec<Rational>]) -> Vec<Rational> {
        let n = matrix.len();
        let zero = q("0");
        // Transposed system with right side e_C.
        let mut m: Vec<Vec<Rational>> = (0..n)
            .map(|i| {
                let mut row: Vec<Rational> = (0..n).map(|j| matrix[j][i].clone()).collect();
                row.push(if i == 0 { q("1") } else { zero.clone() });
                row
            })
            .collect();
        for i in 0..n {
            let pivot = (i..n).find(|&r| m[r][i] != zero).unwrap();
            m.swap(i, pivot);
            let p = m[i][i].clone();
            for x in &mut m[i] {
                *x /= &p;
            }
            let scaled = m[i].clone();
            for (r, row) in m.iter_mut().enumerate() {
                if r != i {
                    let f = row[i].clone();
                    for (x, y) in row.iter_mut().zip(&scaled) {
                        *x -= &f * y;
                    }
                }
            }
        }
        m.into_iter().map(|mut row| row.remove(n)).collect()
    }

    #[test]
    fn the_closed_forms_are_the_solution_of_the_4x4_system_exactly() {
        for (a, c, b, gamma, z) in [
            ("1/3", "1/5", "1/2", "1/10", "3/4"),
            ("3/2", "1/7", "-1/3", "1", "1"),
            ("1/2", "1/2", "9/10", "0", "5/4"),
            ("2/5", "0", "0", "1/4", "-2/3"),
        ] {
            let (a, c, b, gamma, z) = (q(a), q(c), q(b), q(gamma), q(z));
            let step = |a: &Rational| [[q("1") - a, b.clone()], [-a.clone(), b.clone()]];
            let (left, right) = (step(&a), step(&c));
            let g = &gamma * &a * &c;
            // Index (i, j): i of mode k, j of mode l; 0 position, 1 velocity.
            let matrix: Vec<Vec<Rational>> = (0..4)
                .map(|row| {
                    (0..4)
                        .map(|column| {
                            let (i, j, m, n) = (row / 2, row % 2, column / 2, column % 2);
                            let noise = if column == 0 { g.clone() } else { q("0") };
                            let entry = &left[i][m] * &right[j][n] - noise;
                            let identity = if row == column { q("1") } else { q("0") };
                            identity - &z * entry
                        })
                        .collect()
                })
                .collect();
            let row = row_of_inverse(&matrix);
            let pair = PairResolvent::new(b.clone(), gamma.clone(), z.clone(), q("1") - &z);
            assert_eq!(pair.start(a.clone(), c.clone()), row[0]);
            let sum = row.iter().fold(q("0"), |s, x| s + x);
            assert_eq!(pair.forced(a.clone(), c.clone()), sum);
            // Another momentum is another resolvent.
            let other = PairResolvent::new(b + q("1/100"), gamma, z.clone(), q("1") - &z);
            assert_ne!(other.start(a, c), row[0]);
        }
    }
}
