//! The SE recursion over any ring: exact at rationals, the reference for [`super::SeRecursion`].
//!
//! Per node, in output space (x11 = lambda C_kk, x12 = lambda J_kk, x22 = lambda V_kk, totals of a
//! node of m modes), with a = alpha lambda, and `ell = sum x11` over all nodes before the step:
//!
//! ```text
//! (x11, x12, x22)' = step(a, beta, gamma tau, (x11, x12, x22)) + gamma alpha^2 m lambda^2 ell (1, 1, 1)
//! ```
//!
//! This is (65) with tau_1 = 1, tau_2 = tau; `step` is [`per_mode::step`]. `L = ell/2`.

use crate::closed_form::per_mode;
use crate::number::Ring;

/// One node: its eigenvalue, multiplicity and output-space moments.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeMoments<T> {
    /// lambda_k.
    pub eigenvalue: T,
    /// m_k, 1 for a single mode.
    pub multiplicity: T,
    /// (lambda C, lambda J, lambda V), totals of the node.
    pub moments: [T; 3],
}

/// The SE recursion with exact arithmetic of `T`.
#[derive(Debug, Clone, PartialEq)]
pub struct SeModes<T> {
    nodes: Vec<NodeMoments<T>>,
}

impl<T: Ring> SeModes<T> {
    /// Starts from any moments.
    pub fn new(nodes: Vec<NodeMoments<T>>) -> Self {
        Self { nodes }
    }

    /// Starts from simple eigenvalues with parameter-space moments C_kk and no velocity.
    ///
    /// Pairs beyond the shorter of the two lists are ignored.
    pub fn at_rest(eigenvalues: Vec<T>, coefficients: Vec<T>) -> Self {
        let nodes = eigenvalues
            .into_iter()
            .zip(coefficients)
            .map(|(eigenvalue, c)| NodeMoments {
                moments: [eigenvalue.clone() * c, T::zero(), T::zero()],
                multiplicity: T::one(),
                eigenvalue,
            })
            .collect();
        Self { nodes }
    }

    /// The nodes in their present state.
    pub fn nodes(&self) -> &[NodeMoments<T>] {
        &self.nodes
    }

    /// `2 L = sum_k lambda_k C_kk`, without the division by 2 that a ring may not have.
    pub fn twice_loss(&self) -> T {
        self.nodes
            .iter()
            .fold(T::zero(), |sum, node| sum + node.moments[0].clone())
    }

    /// One step with learning rate alpha, momentum beta, noise amplitude gamma and tau.
    pub fn step(&mut self, alpha: &T, beta: &T, gamma: &T, tau: &T) {
        let source = gamma.clone() * self.twice_loss();
        let g = gamma.clone() * tau.clone();
        for node in &mut self.nodes {
            let a = alpha.clone() * node.eigenvalue.clone();
            let forcing = source.clone() * node.multiplicity.clone() * a.square();
            node.moments = per_mode::step(a, beta.clone(), g.clone(), node.moments.clone())
                .map(|x| x + forcing.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rational, parse_rational};

    fn q(text: &str) -> Rational {
        parse_rational(text).unwrap()
    }

    #[test]
    fn a_node_of_multiplicity_two_is_two_equal_modes() {
        let node = |multiplicity: &str, x: [&str; 3]| NodeMoments {
            eigenvalue: q("1/3"),
            multiplicity: q(multiplicity),
            moments: x.map(q),
        };
        let mut one = SeModes::new(vec![node("2", ["3/2", "1/2", "2"])]);
        let mut two = SeModes::new(vec![
            node("1", ["1", "1/4", "1/2"]),
            node("1", ["1/2", "1/4", "3/2"]),
        ]);
        for alpha in ["1", "3/4", "2"] {
            for modes in [&mut one, &mut two] {
                modes.step(&q(alpha), &q("-1/3"), &q("1/2"), &q("1/5"));
            }
            assert_eq!(one.twice_loss(), two.twice_loss());
        }
        // And a different multiplicity is a different model.
        let mut other = SeModes::new(vec![node("1", ["3/2", "1/2", "2"])]);
        other.step(&q("1"), &q("-1/3"), &q("1/2"), &q("1/5"));
        let mut again = SeModes::new(vec![node("2", ["3/2", "1/2", "2"])]);
        again.step(&q("1"), &q("-1/3"), &q("1/2"), &q("1/5"));
        assert_ne!(other.twice_loss(), again.twice_loss());
    }
}
