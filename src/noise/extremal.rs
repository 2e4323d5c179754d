//! Proposition 7: one component of the noise, at fixed H and C, over all models with these.
//!
//! | quantity | formula | equation |
//! |---|---|---|
//! | bounds for every Phi | `0 <= Sigma_kk <= N lambda_k Tr[HC] - lambda_k^2 C_kk` | (66) |
//! | strongly overlapping psi(x_i) | `lambda_k Tr[HC] - lambda_k^2 C_kk`, at a flat column `Phi_ik = N^(-1/2)` | (67), (69) |
//! | orthogonal psi(x_i) | `(N - 1) lambda_k^2 C_kk`, at Phi = 1 | (67), (70) |
//!
//! Every value between the two is reached by some Phi; here by a point on the path
//! [`super::towards_flat_column`], found by bisection. The two are *not* the ends of the range of
//! Sigma_kk over all Phi: that is wider in general (`docs/findings.md`).

use super::dense::{Dense, ShapeError};
use super::error::NoiseError;
use super::orthogonal::towards_flat_column;
use super::spectrum::{jacobian_of, spectral_components};
use crate::number::Ring;

/// What Proposition 7 says of one component; see the module's head.
#[derive(Debug, Clone, PartialEq)]
pub struct ComponentRange<T> {
    /// The upper bound (66); the lower is 0.
    pub upper_bound: T,
    /// Sigma^(1): the flat column.
    pub overlapping: T,
    /// Sigma^(2): Phi = 1.
    pub orthogonal: T,
}

/// (66), (67) for a component with eigenvalue `lambda`, moment `c = C_kk` and `trace = Tr[HC]`, of
/// `points` data points (N).
///
/// # What this does not mean
/// The interval between `overlapping` and `orthogonal` is reached, but it is not the range of
/// Sigma_kk over all models; only `0 ..= upper_bound` contains that.
pub fn component_range<T: Ring>(points: usize, lambda: &T, c: &T, trace: &T) -> ComponentRange<T> {
    let n = T::from_integer(i64::try_from(points).unwrap_or(i64::MAX));
    let own = lambda.square() * c.clone();
    let mean_field = lambda.clone() * trace.clone();
    ComponentRange {
        upper_bound: n.clone() * mean_field.clone() - own.clone(),
        overlapping: mean_field - own.clone(),
        orthogonal: (n - T::one()) * own,
    }
}

/// A model with a prescribed component of the noise.
#[derive(Debug, Clone, PartialEq)]
pub struct Realisation {
    /// The place on the path, from 0 (Phi = 1) to 1 (flat column).
    pub share: f64,
    /// Phi in SO(N).
    pub phi: Dense<f64>,
    /// The Jacobian `Lambda^(1/2) Phi^T` in the eigenbasis of H.
    pub jacobian: Dense<f64>,
    /// Sigma_kk of this model.
    pub component: f64,
}

/// A model with eigenvalues `eigenvalues` (N of them), output moments `g` (G of (68)) and
/// `Sigma_kk = target` for the mode `k` (from 0), for any target in the interval (67).
///
/// Bisection to the last bit of the place on the path; the component is continuous there.
///
/// # Errors
/// Shapes; a mode that does not exist; a target outside (67).
pub fn realise_component(
    eigenvalues: &[f64],
    g: &Dense<f64>,
    k: usize,
    target: f64,
) -> Result<Realisation, NoiseError> {
    let n = eigenvalues.len();
    if k >= n {
        return Err(NoiseError::Mode {
            mode: k,
            last: n.saturating_sub(1),
        });
    }
    let at = |share: f64| -> Result<f64, ShapeError> {
        let phi = towards_flat_column(n, k, share);
        Ok(spectral_components(eigenvalues, &phi, g)?[k])
    };
    let (orthogonal, overlapping) = (at(0.0)?, at(1.0)?);
    let (lower, upper) = (orthogonal.min(overlapping), orthogonal.max(overlapping));
    // The ends of the path are those of (67) up to rounding: an end of (67) is no target outside it.
    let slack = 16.0 * n as f64 * f64::EPSILON * (eigenvalues[k] * g.trace()).abs();
    if !(lower - slack <= target && target <= upper + slack) {
        return Err(NoiseError::Target {
            target,
            lower,
            upper,
        });
    }
    let rising = overlapping >= orthogonal;
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if (at(middle)? < target) == rising {
            low = middle;
        } else {
            high = middle;
        }
    }
    // Of the two neighbours, the one that is nearer to the target.
    let share = if (at(low)? - target).abs() <= (at(high)? - target).abs() {
        low
    } else {
        high
    };
    let phi = towards_flat_column(n, k, share);
    Ok(Realisation {
        share,
        component: spectral_components(eigenvalues, &phi, g)?[k],
        jacobian: jacobian_of(eigenvalues, &phi)?,
        phi,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::parse_rational;

    #[test]
    fn golden_values_of_the_diagonal_example() {
        // N = d = 5, lambda = (1, .5, .25, .2, .1), C = diag(1, .5, .2, .1, .1): Tr[HC] = 1.33.
        let q = |text| parse_rational(text).unwrap();
        let first = component_range(5, &q("1"), &q("1"), &q("1.33"));
        assert_eq!(
            [first.overlapping, first.orthogonal, first.upper_bound],
            ["0.33", "4", "5.65"].map(q)
        );
        let second = component_range(5, &q("0.5"), &q("0.5"), &q("1.33"));
        assert_eq!(
            [second.overlapping, second.orthogonal, second.upper_bound],
            ["0.54", "0.5", "3.2"].map(q)
        );
    }

    #[test]
    fn a_target_outside_the_interval_is_refused_with_the_interval() {
        let g = Dense::new(2, 2, vec![1.0, 0.0, 0.0, 3.0]).unwrap();
        let text = |k, target| {
            realise_component(&[1.0, 0.5], &g, k, target)
                .unwrap_err()
                .to_string()
        };
        assert!(text(0, 3.5).contains("and 3.5 is outside"));
        assert!(text(0, f64::NAN).contains("outside"));
        assert!(text(2, 1.0).contains("mode 2 does not exist"));
        assert!(realise_component(&[1.0], &g, 0, 1.0).is_err());
    }
}
