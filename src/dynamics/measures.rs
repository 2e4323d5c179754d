//! Evolution of the spectral measures of C, J, V under SE noise (Proposition 8):
//!
//! ```text
//! rho_t = G_t(lambda) rho_0 + g_t(lambda) rho_H                                              (74)
//! G_(t+1) = T_t(lambda) G_t,                                     G_0 = 1                     (75)
//! g_(t+1) = T_t(lambda) g_t + gamma tau_1 alpha^2 ell_t (1, 1, 1), g_0 = 0                   (76)
//! ell_t = Tr[H C_t] = int lambda [(G_t rho_0)_1 + (g_t)_1 rho_H](d lambda)
//! ```
//!
//! | symbol | meaning |
//! |---|---|
//! | `rho_t = (rho_C, rho_J, rho_V)` | masses on each eigenvalue of H, summed over its eigenspace; rho_J is signed |
//! | T_t(lambda) | the 3x3 map of one mode, [`per_mode::step`] at `a = alpha lambda`, `g = gamma tau_2` (77)-(78) |
//!
//! alpha, beta and gamma may change from step to step; eigenvalues may be degenerate or zero. Only the
//! products gamma tau_1 and gamma tau_2 enter.

use crate::closed_form::per_mode;
use crate::noise::checks::count;
use crate::noise::{Atom, SpectralMeasure};
use crate::number::Ring;
use thiserror::Error;

/// Why three measures are no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MeasureError {
    /// The measures live on different eigenvalues.
    #[error(
        "the measures of C, J and V must have the same eigenvalues with the same multiplicities; atom {atom} differs"
    )]
    Support {
        /// Position of the first difference, from 0.
        atom: usize,
    },
}

/// The state of one eigenvalue.
#[derive(Debug, Clone, PartialEq)]
struct Node<T> {
    eigenvalue: T,
    multiplicity: usize,
    /// m lambda.
    hessian_mass: T,
    initial: [T; 3],
    /// G_t, columns: the images of the three unit vectors.
    propagator: [[T; 3]; 3],
    /// g_t.
    forcing: [T; 3],
}

impl<T: Ring> Node<T> {
    /// `G_t rho_0 + g_t rho_H`.
    fn masses(&self) -> [T; 3] {
        std::array::from_fn(|row| {
            let driven = self.forcing[row].clone() * self.hessian_mass.clone();
            (self.propagator.iter().zip(&self.initial)).fold(driven, |sum, (column, x)| {
                sum + column[row].clone() * x.clone()
            })
        })
    }
}

/// The spectral measures in their present state, with the maps that led there.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureDynamics<T> {
    nodes: Vec<Node<T>>,
}

impl<T: Ring + PartialOrd> MeasureDynamics<T> {
    /// Starts from the measures of C_0, J_0 and V_0.
    ///
    /// # Errors
    /// Measures on different eigenvalues.
    pub fn new(
        positions: &SpectralMeasure<T>,
        mixed: &SpectralMeasure<T>,
        velocities: &SpectralMeasure<T>,
    ) -> Result<Self, MeasureError> {
        let (c, j, v) = (positions.atoms(), mixed.atoms(), velocities.atoms());
        let key = |atoms: &[Atom<T>], i: usize| {
            atoms.get(i).map(|a| (a.eigenvalue.clone(), a.multiplicity))
        };
        let longest = c.len().max(j.len()).max(v.len());
        if let Some(atom) = (0..longest).find(|&i| key(c, i) != key(j, i) || key(c, i) != key(v, i))
        {
            return Err(MeasureError::Support { atom });
        }
        let unit =
            |at: usize| std::array::from_fn(|row| if row == at { T::one() } else { T::zero() });
        let nodes = (c.iter().zip(j).zip(v))
            .map(|((c, j), v)| Node {
                eigenvalue: c.eigenvalue.clone(),
                multiplicity: c.multiplicity,
                hessian_mass: count::<T>(c.multiplicity) * c.eigenvalue.clone(),
                initial: [c.mass.clone(), j.mass.clone(), v.mass.clone()],
                propagator: [unit(0), unit(1), unit(2)],
                forcing: [T::zero(), T::zero(), T::zero()],
            })
            .collect();
        Ok(Self { nodes })
    }

    /// One step with alpha, beta, gamma tau_1 and gamma tau_2 (any numbers: the map is a polynomial;
    /// the theory is about alpha > 0, |beta| < 1 and gamma tau_2 <= gamma tau_1).
    pub fn step(&mut self, alpha: &T, beta: &T, gamma_tau_1: &T, gamma_tau_2: &T) {
        let source = gamma_tau_1.clone() * alpha.square() * self.twice_loss();
        for node in &mut self.nodes {
            let a = alpha.clone() * node.eigenvalue.clone();
            let map = |x: [T; 3]| per_mode::step(a.clone(), beta.clone(), gamma_tau_2.clone(), x);
            node.propagator = node.propagator.clone().map(map);
            node.forcing = map(node.forcing.clone()).map(|x| x + source.clone());
        }
    }

    /// `ell_t = Tr[H C_t] = 2 L_t`.
    pub fn twice_loss(&self) -> T {
        self.nodes.iter().fold(T::zero(), |sum, node| {
            let [c, _, _] = node.masses();
            sum + node.eigenvalue.clone() * c
        })
    }

    /// (rho_C, rho_J, rho_V) at the present step. rho_J is signed; rho_C and rho_V are measures as long
    /// as the noise is a covariance (`gamma tau_2 <= gamma tau_1`).
    pub fn measures(&self) -> [SpectralMeasure<T>; 3] {
        std::array::from_fn(|which| {
            let atoms = self.nodes.iter().map(|node| Atom {
                eigenvalue: node.eigenvalue.clone(),
                multiplicity: node.multiplicity,
                mass: node.masses()[which].clone(),
            });
            SpectralMeasure::from_atoms(atoms.collect())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_on_different_eigenvalues_are_refused() {
        let on = |eigenvalues: &[f64]| {
            SpectralMeasure::new(eigenvalues, &vec![1.0; eigenvalues.len()], &0.0).unwrap()
        };
        let (a, b, c) = (on(&[2.0, 1.0]), on(&[2.0, 0.5]), on(&[2.0]));
        assert!(MeasureDynamics::new(&a, &a, &a).is_ok());
        let atom = |x, y, z| MeasureDynamics::new(x, y, z).unwrap_err();
        assert_eq!(atom(&a, &b, &a), MeasureError::Support { atom: 1 });
        assert_eq!(atom(&a, &a, &c), MeasureError::Support { atom: 1 });
        assert!(MeasureDynamics::new(&a, &a, &on(&[2.0, 2.0])).is_err());
    }

    #[test]
    fn one_step_by_hand() {
        // lambda = 1, m = 2, C = 4, J = V = 0, alpha = 1/2, beta = 0, gamma (tau_1, tau_2) = (1, 1/2):
        // C' = (1/4 - 1/8) 4 + 1/4 * 4 * 2 = 5/2.
        let at = |mass: f64| SpectralMeasure::new(&[1.0, 1.0], &[mass, 0.0], &0.0).unwrap();
        let mut state = MeasureDynamics::new(&at(4.0), &at(0.0), &at(0.0)).unwrap();
        state.step(&0.5, &0.0, &1.0, &0.5);
        let [c, _, _] = state.measures();
        assert_eq!((c.atoms()[0].mass, c.atoms()[0].multiplicity), (2.5, 2));
        assert_eq!(state.twice_loss(), 2.5);
    }
}
