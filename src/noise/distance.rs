//! How far the SE noise is from the true one: the relative quadratic trace distance, (240)-(241).
//!
//! ```text
//! E(tau_1, tau_2) = Tr[(Sigma - tau_1 X_1 + tau_2 X_2)^2]/Tr[Sigma^2] = 1 - 2 l.t + t^T Q t,   t = (tau_1, tau_2)
//! Q = [[Tr X_1^2, -Tr X_1 X_2], [-Tr X_1 X_2, Tr X_2^2]]/n,   l = (Tr Sigma X_1, -Tr Sigma X_2)/n,   n = Tr Sigma^2
//! ```
//!
//! | space | X_1 | X_2 |
//! |---|---|---|
//! | parameters | Tr[HC] H | H C H |
//! | outputs | Tr[C] K^2 | K C K |
//!
//! The two spaces weigh the modes differently (by lambda_k lambda_l and by its square), so their E and
//! their best tau differ. E is not 0 even where the spectral measures agree (Proposition 2): it also
//! sees the elements off the diagonal.

use super::checks::{is_finite, roundoff};
use super::dense::{Dense, ShapeError};
use crate::number::Field;
use thiserror::Error;

/// Why a distance has no minimiser or no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DistanceError {
    /// `Tr Sigma^2 = 0`, exactly or to rounding.
    #[error(
        "the noise vanishes (Tr Sigma^2 = 0 to rounding), so no distance relative to it exists: use a state with a positive loss and more than one point"
    )]
    NoNoise,
    /// X_1 and X_2 are proportional, exactly or to rounding.
    #[error(
        "X_1 and X_2 are proportional (to rounding), so tau_1 and tau_2 cannot be told apart: use a model with at least two modes, or fix tau_1 = 1"
    )]
    Proportional,
    /// A trace that is NaN or infinite.
    #[error("a trace of the noise matrices is not a finite number: their entries must be finite")]
    NotFinite,
}

/// The quadratic function E of (241), from the traces that make it up.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceDistance<T> {
    /// n = Tr Sigma^2.
    pub noise_square: T,
    /// (Tr Sigma X_1, Tr Sigma X_2).
    pub cross: [T; 2],
    /// (Tr X_1^2, Tr X_1 X_2, Tr X_2^2).
    pub squares: [T; 3],
}

/// What counts as rounding in f64, in units of 2^-52: sums over N^2 products.
const ROUNDING: i64 = 1 << 9;

impl<T: Field + PartialOrd> TraceDistance<T> {
    /// From Sigma, X_1 and X_2, symmetric matrices of one size (which is not checked: for others the
    /// traces are `Tr[A^T B]`).
    ///
    /// # Errors
    /// Shapes that differ.
    pub fn of(sigma: &Dense<T>, x_1: &Dense<T>, x_2: &Dense<T>) -> Result<Self, ShapeError> {
        let n = sigma.rows();
        for matrix in [sigma, x_1, x_2] {
            matrix.square_of("noise matrices", n)?;
        }
        // Tr[A B] = sum A_ij B_ij for symmetric A.
        let trace = |a: &Dense<T>, b: &Dense<T>| {
            (a.entries().iter().zip(b.entries()))
                .fold(T::zero(), |sum, (x, y)| sum + x.clone() * y.clone())
        };
        Ok(Self {
            noise_square: trace(sigma, sigma),
            cross: [trace(sigma, x_1), trace(sigma, x_2)],
            squares: [trace(x_1, x_1), trace(x_1, x_2), trace(x_2, x_2)],
        })
    }

    /// Parameter space: Sigma with `X_1 = Tr[HC] H`, `X_2 = H C H`.
    ///
    /// # Errors
    /// Shapes that differ.
    pub fn in_parameter_space(
        sigma: &Dense<T>,
        h: &Dense<T>,
        c: &Dense<T>,
    ) -> Result<Self, ShapeError> {
        let hc = h.times(c)?;
        Self::of(sigma, &h.scaled(&hc.trace()), &hc.times(h)?)
    }

    /// Output space: Sigma_out with `X_1 = Tr[C] K^2`, `X_2 = K C K`.
    ///
    /// # Errors
    /// Shapes that differ.
    pub fn in_output_space(
        sigma: &Dense<T>,
        kernel: &Dense<T>,
        c: &Dense<T>,
    ) -> Result<Self, ShapeError> {
        let square = kernel.times(kernel)?;
        let x_2 = kernel.times(c)?.times(kernel)?;
        Self::of(sigma, &square.scaled(&c.trace()), &x_2)
    }

    /// E(tau_1, tau_2) >= 0 (in f64 to some `1e-15 (1 + tau_1^2 Q_11 + tau_2^2 Q_22)`).
    ///
    /// # Errors
    /// [`DistanceError::NoNoise`], [`DistanceError::NotFinite`].
    pub fn at(&self, tau_1: &T, tau_2: &T) -> Result<T, DistanceError> {
        let q = self.quadratic_form()?;
        let [l_1, l_2] = self.linear_form()?;
        let two = T::from_integer(2);
        let linear = l_1 * tau_1.clone() + l_2 * tau_2.clone();
        let square = q[0][0].clone() * tau_1.square()
            + two.clone() * q[0][1].clone() * tau_1.clone() * tau_2.clone()
            + q[1][1].clone() * tau_2.square();
        Ok(T::one() - two * linear + square)
    }

    /// Q, symmetric positive semi-definite.
    ///
    /// # Errors
    /// [`DistanceError::NoNoise`], [`DistanceError::NotFinite`].
    pub fn quadratic_form(&self) -> Result<[[T; 2]; 2], DistanceError> {
        let [x_11, x_12, x_22] = self.relative(&self.squares)?;
        Ok([[x_11, -x_12.clone()], [-x_12, x_22]])
    }

    /// l.
    ///
    /// # Errors
    /// [`DistanceError::NoNoise`], [`DistanceError::NotFinite`].
    pub fn linear_form(&self) -> Result<[T; 2], DistanceError> {
        let [l_1, l_2] = self.relative(&self.cross)?;
        Ok([l_1, -l_2])
    }

    /// The (tau_1, tau_2) of smallest E: `Q^-1 l`.
    ///
    /// In f64 a determinant below 1.1e-13 of `Q_11 Q_22` (an angle below 3e-7 between X_1 and X_2)
    /// counts as proportional; of an angle phi, the pair has some eps/phi^2 of relative error.
    ///
    /// # Errors
    /// [`DistanceError::NoNoise`], [`DistanceError::Proportional`], [`DistanceError::NotFinite`].
    pub fn minimiser(&self) -> Result<[T; 2], DistanceError> {
        let [[a, b], [_, d]] = self.quadratic_form()?;
        let [l_1, l_2] = self.linear_form()?;
        let determinant = a.clone() * d.clone() - b.square();
        // det/(a d) is the square of the sine of the angle between X_1 and X_2.
        let limit = T::from_integer(ROUNDING) * roundoff::<T>() * a.clone() * d.clone();
        if determinant <= limit {
            return Err(DistanceError::Proportional);
        }
        Ok([
            (d * l_1.clone() - b.clone() * l_2.clone()) / determinant.clone(),
            (a * l_2 - b * l_1) / determinant,
        ])
    }

    /// The tau_2 of smallest E at tau_1 = 1: `(Tr X_1 X_2 - Tr Sigma X_2)/Tr X_2^2`.
    ///
    /// # Errors
    /// [`DistanceError::NoNoise`] if the noise or X_2 vanishes, [`DistanceError::NotFinite`].
    pub fn minimiser_at_tau_1_one(&self) -> Result<T, DistanceError> {
        let [_, x_12, x_22] = self.squares.clone();
        self.check()?;
        if !x_22.invertible() {
            return Err(DistanceError::NoNoise);
        }
        Ok((x_12 - self.cross[1].clone()) / x_22)
    }

    /// Finite traces, and a noise above the rounding of X_1 and X_2 from which it comes.
    fn check(&self) -> Result<(), DistanceError> {
        let traces = self.cross.iter().chain(&self.squares);
        if !traces.chain([&self.noise_square]).all(is_finite) {
            return Err(DistanceError::NotFinite);
        }
        let unit = T::from_integer(ROUNDING) * roundoff::<T>();
        let [x_11, _, x_22] = self.squares.clone();
        if self.noise_square <= unit.square() * (x_11 + x_22) {
            return Err(DistanceError::NoNoise);
        }
        Ok(())
    }

    fn relative<const M: usize>(&self, traces: &[T; M]) -> Result<[T; M], DistanceError> {
        self.check()?;
        Ok(traces.clone().map(|x| x / self.noise_square.clone()))
    }
}

impl TraceDistance<f64> {
    /// The ratio of the short to the long axis of the ellipses E = const: `sqrt(q_min/q_max)` of the
    /// eigenvalues of Q, in [0, 1]. Near 0, one combination of tau_1 and tau_2 hardly matters.
    ///
    /// # Errors
    /// [`DistanceError::NoNoise`], [`DistanceError::NotFinite`].
    pub fn axis_ratio(&self) -> Result<f64, DistanceError> {
        let [[a, b], [_, d]] = self.quadratic_form()?;
        let root = (a - d).hypot(2.0 * b);
        let largest = 0.5 * (a + d + root);
        // det/q_max: its relative error is some eps/ratio^2, so a ratio below 1e-6 is only known to
        // be that small.
        let smallest = ((a * d - b * b) / largest).max(0.0);
        Ok((smallest / largest).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_of_a_known_ellipse() {
        // Q = diag(4, 1): axis ratio 1/2, and the minimiser is Q^-1 l.
        let distance = TraceDistance {
            noise_square: 1.0,
            cross: [2.0, -0.5],
            squares: [4.0, 0.0, 1.0],
        };
        assert_eq!(distance.axis_ratio(), Ok(0.5));
        // Q = [[5, -3], [-3, 5]]/2 has the eigenvalues 4 and 1.
        let turned = TraceDistance {
            noise_square: 2.0,
            cross: [0.0; 2],
            squares: [5.0, 3.0, 5.0],
        };
        assert!((turned.axis_ratio().unwrap() - 0.5).abs() < 1e-15);
        assert_eq!(distance.minimiser(), Ok([0.5, 0.5]));
        // E = 1 - 2 (2 * 0.5 + 0.5 * 0.5) + 4 * 0.25 + 0.25.
        assert_eq!(distance.at(&0.5, &0.5), Ok(-0.25));
    }

    #[test]
    fn no_noise_and_proportional_matrices_are_refused() {
        let nothing = TraceDistance {
            noise_square: 0.0,
            cross: [0.0; 2],
            squares: [1.0, 0.0, 0.0],
        };
        assert_eq!(nothing.at(&1.0, &1.0), Err(DistanceError::NoNoise));
        assert_eq!(
            nothing.minimiser_at_tau_1_one(),
            Err(DistanceError::NoNoise)
        );
        let one = Dense::new(1, 1, vec![1.0]).unwrap();
        let single = TraceDistance::in_parameter_space(&one, &one, &one).unwrap();
        assert_eq!(single.minimiser(), Err(DistanceError::Proportional));
    }

    #[test]
    fn matrices_that_are_proportional_only_to_rounding_are_refused_too() {
        // C = 1: X_2 = H^2 is proportional to X_1 iff all eigenvalues are equal. H is turned by angles
        // that leave rounding errors.
        let of = |levels: [f64; 3], angle: f64| {
            let (s, c) = angle.sin_cos();
            let turn = Dense::new(3, 3, vec![c, -s, 0.0, s, c, 0.0, 0.0, 0.0, 1.0]).unwrap();
            let h = Dense::from_fn(3, 3, |i, j| if i == j { levels[i] } else { 0.0 });
            let h = turn.times(&h).unwrap().times(&turn.transposed()).unwrap();
            let x_2 = h.times(&h).unwrap();
            let x_1 = h.scaled(&h.trace());
            TraceDistance::of(&x_1.minus(&x_2).unwrap(), &x_1, &x_2).unwrap()
        };
        let mut inexact = 0;
        for step in 1..=100 {
            let rounded = of([1.1; 3], 0.1 * f64::from(step));
            let [a, b, d] = rounded.squares;
            inexact += usize::from(a * d - b * b != 0.0);
            assert_eq!(rounded.minimiser(), Err(DistanceError::Proportional));
        }
        assert!(inexact > 0, "no rounding error to look at");
        let [tau_1, tau_2] = of([0.1, 0.1, 0.1001], 0.7).minimiser().unwrap();
        assert!((tau_1 - 1.0).abs() < 1e-6 && (tau_2 - 1.0).abs() < 1e-6);
        // Over Q only true proportionality is refused.
        let tiny = |text: &str| crate::number::parse_rational(text).unwrap();
        let exact = TraceDistance {
            noise_square: tiny("1"),
            cross: [tiny("1"), tiny("1")],
            squares: [
                tiny("1"),
                tiny("1"),
                tiny("1000000000000000000001/1000000000000000000000"),
            ],
        };
        assert_eq!(exact.minimiser(), Ok([tiny("1"), tiny("0")]));
    }

    #[test]
    fn noise_that_is_rounding_and_traces_that_are_no_numbers_are_refused() {
        let at = |noise_square, cross| TraceDistance {
            noise_square,
            cross: [cross, 0.0],
            squares: [1.0, 0.5, 1.0],
        };
        assert_eq!(at(1e-30, 0.0).at(&1.0, &1.0), Err(DistanceError::NoNoise));
        assert!(at(1e-20, 0.0).at(&1.0, &1.0).is_ok());
        for bad in [f64::NAN, f64::INFINITY] {
            assert_eq!(at(1.0, bad).minimiser(), Err(DistanceError::NotFinite));
            assert_eq!(at(bad, 1.0).axis_ratio(), Err(DistanceError::NotFinite));
            assert_eq!(
                at(1.0, bad).minimiser_at_tau_1_one(),
                Err(DistanceError::NotFinite)
            );
        }
    }
}
