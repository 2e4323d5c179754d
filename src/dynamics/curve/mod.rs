//! The loss at chosen steps, also where it leaves the range of `f64`.
//!
//! | method | cost | error that grows with t |
//! |---|---|---|
//! | iteration | one fused pass over the modes a step | rounding |
//! | contour | one pass over the modes a node, whatever t | see [`crate::generating::contour`] |
//! | explicit | one pass over the modes a step; without noise only | conditioning of the roots |
//! | series | U_t, V_t by 3x3 recursions, then (15): O(t^2) | rounding |
//!
//! The dynamics are linear in the second moments, so the iteration rescales its state by a power
//! of two whenever the loss leaves `[1e-150, 1e150]` and keeps the exponent: a divergent run is
//! followed to `log10 L` far beyond 308 without losing a digit.
//!
//! | file | what |
//! |---|---|
//! | `point` | one loss with its error, and the methods |
//! | `error` | why a curve was refused |
//! | `stepwise` | the iteration and the series |
//! | `auto` | the way that is right and cheapest for each step |

mod auto;
mod error;
mod point;
mod stepwise;

pub use error::CurveError;
pub use point::{CurveMethod, LossPoint};
pub(in crate::dynamics) use stepwise::check_iteration;

use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;

/// The loss at increasing steps.
#[derive(Debug, Clone, PartialEq)]
pub struct LossCurve {
    points: Vec<LossPoint>,
}

impl LossCurve {
    /// L_t at `steps` (sorted, distinct), from the spectrum's own signal at rest.
    ///
    /// `quadrature_error` is the relative error of the spectrum's nodes, 0 for a finite list. The
    /// error estimate is
    ///
    /// ```text
    /// quadrature_error L_t + (8 + 2 sqrt(t) + 4 abs ln(E_t/L_0)) eps R_t + 2 t eps sum_k c_k E_kt + 2 eps sum_k h_k E_kt
    /// E_kt = 1/2 max(x11 + 2 abs(x12) + x22, what x11 may come back to),   E_t = sum_k E_kt + null_space_loss
    /// R_kt = 1/2 max(x11 + 2 abs(x12) + x22, what moments of this size may grow into),   R_t = sum_k R_kt + null_space_loss
    /// ```
    ///
    /// E_t is what the loss is a part of: with momentum the loss may pass near zero while the
    /// velocities, and the rounding, do not. The square root is rounding at random, the logarithm
    /// and the term after it the rounded coefficients, whose error is the same in every step: c_k is
    /// the relative change of the larger root mu of `mu^2 - (1 + b - a_k) mu + b` for relative
    /// changes of a_k and b, large near critical damping. h_k is sqrt(t n_k), n_k = eps/r_k^2 between 1 and t, with
    /// r_k the share by which x11 changes a step: a mode that hardly moves rounds alike for n_k steps. The constants cover runs in 90 digits
    /// (tests/cli.rs); it is an estimate, no bound. The series adds twice its distance
    /// from the iteration. `progress` is called with the present step now and then.
    ///
    /// # Errors
    /// [`CurveError`].
    pub fn compute(
        spectrum: &Spectrum,
        parameters: &Hyperparameters,
        steps: &[u64],
        method: CurveMethod,
        quadrature_error: f64,
        progress: &dyn Fn(u64),
    ) -> Result<Self, CurveError> {
        let points = match method {
            CurveMethod::Auto | CurveMethod::Contour | CurveMethod::Explicit => {
                auto::points(spectrum, parameters, steps, method, progress)?
                    .into_iter()
                    .map(|point| point.widened(quadrature_error))
                    .collect()
            }
            CurveMethod::Iteration => {
                stepwise::iterated(spectrum, parameters, steps, quadrature_error, progress)?
            }
            CurveMethod::Series => {
                stepwise::convolved(spectrum, parameters, steps, quadrature_error)?
            }
        };
        Ok(Self { points })
    }

    /// The points, in the order of the steps.
    pub fn points(&self) -> &[LossPoint] {
        &self.points
    }
}
