//! The operator of a rule on second moments, derived: congruence, then the rank-one tau term.
//!
//! For the symmetric matrix X = (c_ij) of second moments of one eigenvalue (basis c_ij, i <= j;
//! for heavy ball c11, c12, c22 of (9)-(11)):
//!
//! ```text
//! A X = s X s^T - g a^2 (q^T X q) n n^T,      g = gamma tau
//! ```
//!
//! and a full step adds the coupling of all eigenvalues, `gamma alpha^2 lambda_k (sum_l lambda_l q^T X_l q) n n^T`.
//! Source: (10), (11), with n = (1, 1), q = (1, 0).

use super::UpdateRule;
use crate::number::Ring;
use crate::polynomial::Polynomial;
use crate::polynomial::matrix::Matrix;

/// The operator A of one eigenvalue as a matrix over Q[a, b, g], with its source and probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MomentOperator {
    rule: UpdateRule,
    basis: Vec<(usize, usize)>,
    matrix: Matrix,
    source: Vec<Polynomial>,
    probe: Vec<Polynomial>,
}

impl MomentOperator {
    /// Derives the operator of a rule.
    pub fn derive(rule: &UpdateRule) -> Self {
        let size = rule.size();
        let basis: Vec<(usize, usize)> = (0..size)
            .flat_map(|i| (i..size).map(move |j| (i, j)))
            .collect();
        let [a, _, g, _] = Polynomial::ring(["a", "b", "g", "z"]);
        let (s, n, q) = (rule.step(), rule.noise(), rule.probe());
        // The functional X -> q^T X q in the basis: an off-diagonal entry counts twice.
        let probe: Vec<Polynomial> = basis
            .iter()
            .map(|&(k, l)| {
                let product = q[k].clone() * q[l].clone();
                if k == l {
                    product
                } else {
                    product.clone() + product
                }
            })
            .collect();
        let source: Vec<Polynomial> = basis
            .iter()
            .map(|&(i, j)| n[i].clone() * n[j].clone())
            .collect();
        let noise = g * a.square();
        let matrix = basis
            .iter()
            .zip(&source)
            .map(|(&(i, j), source)| {
                basis
                    .iter()
                    .zip(&probe)
                    .map(|(&(k, l), probe)| {
                        let mut entry = s[i][k].clone() * s[j][l].clone();
                        if k != l {
                            entry = entry + s[i][l].clone() * s[j][k].clone();
                        }
                        entry - noise.clone() * source.clone() * probe.clone()
                    })
                    .collect()
            })
            .collect();
        Self {
            rule: rule.clone(),
            basis,
            matrix,
            source,
            probe,
        }
    }

    /// The rule it belongs to.
    pub const fn rule(&self) -> &UpdateRule {
        &self.rule
    }

    /// The pairs (i, j), i <= j, counted from 0, that index rows and columns.
    pub fn basis(&self) -> &[(usize, usize)] {
        &self.basis
    }

    /// A, over Q[a, b, g].
    pub const fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// n n^T in the basis: what one unit of noise adds.
    pub fn source(&self) -> &[Polynomial] {
        &self.source
    }

    /// The functional `X -> q^T X q` in the basis: what the noise is proportional to.
    pub fn probe(&self) -> &[Polynomial] {
        &self.probe
    }

    /// `1 - z A`, over Q[a, b, g, z].
    pub fn resolvent_matrix(&self) -> Matrix {
        let z = Polynomial::variable("z");
        self.shifted(&Polynomial::one(), &z)
    }

    /// `x - A`, over Q[a, b, g, x].
    pub fn characteristic_matrix(&self) -> Matrix {
        self.shifted(&Polynomial::variable("x"), &Polynomial::one())
    }

    /// `diagonal * 1 - factor * A`.
    fn shifted(&self, diagonal: &Polynomial, factor: &Polynomial) -> Matrix {
        let row = |(i, row): (usize, &Vec<Polynomial>)| {
            row.iter()
                .enumerate()
                .map(|(j, entry)| {
                    // The entry first, so that the variables keep the order a, b, g, z.
                    let minus = -(entry.clone() * factor.clone());
                    if i == j {
                        minus + diagonal.clone()
                    } else {
                        minus
                    }
                })
                .collect()
        };
        self.matrix.iter().enumerate().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_ball_gives_the_matrix_of_section_4_1() {
        let derived = MomentOperator::derive(&UpdateRule::heavy_ball());
        let written = [
            ["(1-a)^2 - g*a^2", "2*b*(1-a)", "b^2"],
            ["-a*(1-a) - g*a^2", "b*(1-2*a)", "b^2"],
            ["a^2 - g*a^2", "-2*a*b", "b^2"],
        ];
        for (row, expected) in derived.matrix().iter().zip(written) {
            for (entry, text) in row.iter().zip(expected) {
                assert_eq!(*entry, Polynomial::parse(text).unwrap());
            }
        }
        assert_eq!(derived.basis(), [(0, 0), (0, 1), (1, 1)]);
    }

    #[test]
    fn another_noise_vector_gives_another_operator() {
        // The gradient enters the velocity with weight 2: not heavy ball.
        let rule =
            UpdateRule::new("scaled", &[&["1 - a", "b"], &["-2*a", "b"]], &["1", "2"]).unwrap();
        let heavy = MomentOperator::derive(&UpdateRule::heavy_ball());
        assert_ne!(MomentOperator::derive(&rule).matrix(), heavy.matrix());
    }
}
