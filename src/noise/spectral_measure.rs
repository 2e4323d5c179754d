//! The spectral measure of a matrix with respect to the Hessian, (6):
//!
//! ```text
//! Tr[phi(H) A] = int phi(lambda) rho_A(d lambda) for all phi,    rho_A = sum_k A_kk delta(lambda_k),  A_kk = <u_k, A u_k>
//! ```
//!
//! The mass on an eigenvalue is the sum over its eigenspace, so it does not depend on the basis chosen
//! there. `rho_H` has the mass `m lambda` on an eigenvalue of multiplicity m. A may be any symmetric
//! matrix (a signed measure), also J, of which only the symmetric part counts.

use super::checks::{count, is_finite};
use super::dense::{Dense, ShapeError, same};
use super::error::NoiseError;
use crate::kernel::symmetric_eigen;
use crate::number::Ring;
use std::cmp::Ordering;

/// Eigenvalues closer than this share of the largest are one eigenvalue, in f64.
const RESOLUTION: f64 = 1e-9;

/// The mass on one eigenvalue.
#[derive(Debug, Clone, PartialEq)]
pub struct Atom<T> {
    /// lambda >= 0.
    pub eigenvalue: T,
    /// The dimension of its eigenspace, >= 1.
    pub multiplicity: usize,
    /// `Tr[P_lambda A]`, the sum of A_kk over the eigenspace.
    pub mass: T,
}

/// `rho_A`: one atom for each eigenvalue of H, eigenvalues descending.
#[derive(Debug, Clone, PartialEq)]
pub struct SpectralMeasure<T> {
    atoms: Vec<Atom<T>>,
}

impl<T: Ring + PartialOrd> SpectralMeasure<T> {
    /// From the components A_kk in an eigenbasis (any sign). Eigenvalues within `resolution >= 0` of
    /// the largest of their group are the same; zero for exact numbers.
    ///
    /// # Errors
    /// Lists of different lengths; numbers that are not finite; an eigenvalue below `-resolution`; a
    /// negative resolution.
    pub fn new(eigenvalues: &[T], components: &[T], resolution: &T) -> Result<Self, NoiseError> {
        same(
            "components, one an eigenvalue",
            eigenvalues.len(),
            components.len(),
        )?;
        if !(is_finite(resolution) && *resolution >= T::zero()) {
            return Err(NoiseError::Range {
                what: "the resolution of eigenvalues",
                range: "finite and >= 0",
            });
        }
        let lowest = -resolution.clone();
        if let Some(index) = (eigenvalues.iter()).position(|l| !is_finite(l) || *l < lowest) {
            return Err(NoiseError::Item {
                what: "eigenvalue",
                index,
                range: "finite and >= 0",
            });
        }
        if let Some(index) = components.iter().position(|x| !is_finite(x)) {
            return Err(NoiseError::Item {
                what: "component",
                index,
                range: "a finite number",
            });
        }
        let mut order: Vec<usize> = (0..eigenvalues.len()).collect();
        order.sort_by(|&i, &j| {
            eigenvalues[j]
                .partial_cmp(&eigenvalues[i])
                .unwrap_or(Ordering::Equal)
        });
        let mut atoms: Vec<Atom<T>> = Vec::new();
        for k in order {
            match atoms.last_mut() {
                Some(atom) if atom.eigenvalue.clone() - eigenvalues[k].clone() <= *resolution => {
                    atom.multiplicity += 1;
                    atom.mass = atom.mass.clone() + components[k].clone();
                }
                _ => atoms.push(Atom {
                    eigenvalue: eigenvalues[k].clone(),
                    multiplicity: 1,
                    mass: components[k].clone(),
                }),
            }
        }
        Ok(Self { atoms })
    }

    /// From atoms that are distinct and in descending order.
    pub(crate) const fn from_atoms(atoms: Vec<Atom<T>>) -> Self {
        Self { atoms }
    }

    /// The atoms, eigenvalues descending.
    pub fn atoms(&self) -> &[Atom<T>] {
        &self.atoms
    }

    /// `int phi d rho`.
    pub fn integral(&self, phi: impl Fn(&T) -> T) -> T {
        self.atoms.iter().fold(T::zero(), |sum, atom| {
            sum + phi(&atom.eigenvalue) * atom.mass.clone()
        })
    }

    /// The SE approximation of `rho_Sigma`, from `self = rho_C`:
    ///
    /// ```text
    /// rho_Sigma = tau_1 (int lambda' rho_C(d lambda')) rho_H - tau_2 lambda^2 rho_C       (7)
    /// ```
    ///
    /// On an eigenvalue of multiplicity m this is (110), on a simple one (109).
    pub fn spectrally_expressible(&self, tau_1: &T, tau_2: &T) -> Self {
        let twice_loss = self.integral(Clone::clone);
        let atoms = self.atoms.iter().map(|atom| {
            let lambda = atom.eigenvalue.clone();
            let hessian = count::<T>(atom.multiplicity) * lambda.clone();
            Atom {
                mass: tau_1.clone() * twice_loss.clone() * hessian
                    - tau_2.clone() * lambda.square() * atom.mass.clone(),
                ..atom.clone()
            }
        });
        Self {
            atoms: atoms.collect(),
        }
    }
}

impl SpectralMeasure<f64> {
    /// `rho_A` of a symmetric H in f64: eigenvalues closer than 1e-9 of the largest are one.
    ///
    /// # Errors
    /// Shapes that differ; H not symmetric, not finite or not positive semi-definite (to 1e-9); A
    /// with entries that are not finite.
    pub fn of(h: &Dense<f64>, a: &Dense<f64>) -> Result<Self, NoiseError> {
        let n = h.rows();
        a.square_of("matrix against the Hessian", n)?;
        let eigen = symmetric_eigen(h.entries(), n)?;
        let basis = Dense::new(n, n, eigen.eigenvectors_row_major)?;
        let components = diagonal_in(&basis, a)?;
        Self::grouped(&eigen.eigenvalues, &components)
    }

    /// From components in an eigenbasis, with the resolution of [`SpectralMeasure::of`].
    ///
    /// # Errors
    /// As [`SpectralMeasure::new`].
    pub fn grouped(eigenvalues: &[f64], components: &[f64]) -> Result<Self, NoiseError> {
        let largest = eigenvalues.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        Self::new(eigenvalues, components, &(RESOLUTION * largest))
    }

    /// The largest difference of two masses; infinite if the eigenvalues (to 2e-9 of the largest) or
    /// their multiplicities are not the same.
    pub fn largest_difference(&self, other: &Self) -> f64 {
        let largest = (self.atoms.iter().chain(&other.atoms))
            .fold(0.0_f64, |most, atom| most.max(atom.eigenvalue.abs()));
        let same = |(x, y): (&Atom<f64>, &Atom<f64>)| {
            x.multiplicity == y.multiplicity
                && (x.eigenvalue - y.eigenvalue).abs() <= 2.0 * RESOLUTION * largest
        };
        if self.atoms.len() != other.atoms.len() || !self.atoms.iter().zip(&other.atoms).all(same) {
            return f64::INFINITY;
        }
        let pairs = self.atoms.iter().zip(&other.atoms);
        pairs.fold(0.0, |worst, (x, y)| {
            let difference = (x.mass - y.mass).abs();
            // NaN must not pass for a small difference.
            if difference <= worst {
                worst
            } else {
                difference
            }
        })
    }
}

/// `<u_k, A u_k>` for the columns u_k of `basis`.
///
/// # Errors
/// Shapes that differ.
pub fn diagonal_in<T: Ring>(basis: &Dense<T>, a: &Dense<T>) -> Result<Vec<T>, ShapeError> {
    let image = a.times(basis)?;
    Ok((0..basis.columns())
        .map(|k| {
            (0..basis.rows()).fold(T::zero(), |sum, i| {
                sum + basis.entry(i, k) * image.entry(i, k)
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::{Rational, parse_rational};

    fn q(text: &str) -> Rational {
        parse_rational(text).unwrap()
    }

    #[test]
    fn masses_are_sums_over_eigenspaces_in_any_order() {
        let eigenvalues = ["1/2", "2", "1/2", "0"].map(q);
        let measure =
            SpectralMeasure::new(&eigenvalues, &["1", "3", "5", "7"].map(q), &q("0")).unwrap();
        let found: Vec<_> = measure
            .atoms()
            .iter()
            .map(|a| (a.eigenvalue.clone(), a.multiplicity, a.mass.clone()))
            .collect();
        assert_eq!(
            found,
            [
                (q("2"), 1, q("3")),
                (q("1/2"), 2, q("6")),
                (q("0"), 1, q("7"))
            ]
        );
        // int lambda d rho = 6 + 3 + 0, and (7) by hand on the degenerate eigenvalue:
        // tau_1 9 (2 * 1/2) - tau_2 1/4 * 6 with tau = (2, -1).
        assert_eq!(measure.integral(Clone::clone), q("9"));
        let noise = measure.spectrally_expressible(&q("2"), &q("-1"));
        assert_eq!(noise.atoms()[1].mass, q("39/2"));
        assert_eq!(noise.atoms()[2].mass, q("0"));
        assert!(SpectralMeasure::new(&eigenvalues, &[q("1")], &q("0")).is_err());
    }

    #[test]
    fn eigenvalues_and_masses_that_are_no_numbers_are_refused_with_their_place() {
        let text = |eigenvalues: [f64; 2], components: [f64; 2], resolution: f64| {
            match SpectralMeasure::new(&eigenvalues, &components, &resolution) {
                Ok(_) => "accepted".to_owned(),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(text([1.0, -1e-12], [1.0, -2.0], 1e-9), "accepted");
        assert!(text([1.0, -1e-6], [1.0, 2.0], 1e-9).contains("eigenvalue 1 must be"));
        assert!(text([f64::NAN, 1.0], [1.0, 2.0], 0.0).contains("eigenvalue 0 must be"));
        assert!(text([2.0, 1.0], [1.0, f64::INFINITY], 0.0).contains("component 1 must be"));
        assert!(text([2.0, 1.0], [1.0, 1.0], -1.0).contains("resolution"));
        assert!(text([2.0, 1.0], [1.0, 1.0], f64::NAN).contains("resolution"));
        let zero = SpectralMeasure::new(&[q("-1/1000")], &[q("1")], &q("0"));
        assert!(zero.is_err());
        let h = Dense::<f64>::identity(2);
        assert!(SpectralMeasure::of(&h, &h.scaled(&f64::NAN)).is_err());
    }

    #[test]
    fn a_rotation_inside_an_eigenspace_changes_components_but_not_the_measure() {
        let h = Dense::new(3, 3, vec![2.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]).unwrap();
        let a = Dense::new(3, 3, vec![1.0, 0.5, 0.2, 0.5, 3.0, 0.7, 0.2, 0.7, 5.0]).unwrap();
        let measure = SpectralMeasure::of(&h, &a).unwrap();
        let masses: Vec<f64> = measure.atoms().iter().map(|atom| atom.mass).collect();
        assert!((masses[0] - 1.0).abs() < 1e-14 && (masses[1] - 8.0).abs() < 1e-14);
        // Another multiplicity is another measure, whatever the masses.
        let split = SpectralMeasure::grouped(&[2.0, 1.0, 0.9], &[1.0, 8.0, 0.0]).unwrap();
        assert_eq!(measure.largest_difference(&split), f64::INFINITY);
        assert!(measure.largest_difference(&measure.clone()) == 0.0);
        // A zero eigenvalue that another way gives as rounding is the same eigenvalue.
        let zero = |lambda: f64| SpectralMeasure::grouped(&[2.0, lambda], &[1.0, 3.0]).unwrap();
        assert_eq!(zero(0.0).largest_difference(&zero(3e-16)), 0.0);
        assert_eq!(zero(0.0).largest_difference(&zero(1e-3)), f64::INFINITY);
    }
}
