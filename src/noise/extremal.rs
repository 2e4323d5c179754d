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

use super::checks::{absolute, count, non_negative, positive_semi_definite, roundoff};
use super::dense::Dense;
use super::error::NoiseError;
use super::orthogonal::towards_flat_column;
use super::spectrum::{check_eigenvalues, jacobian_of, spectral_components};
use crate::number::Field;

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

/// (66), (67) for a component with eigenvalue `lambda >= 0`, moment `c = C_kk >= 0` and
/// `trace = Tr[HC] >= lambda c`, of `points >= 1` data points (N). Units of Sigma: lambda times loss.
///
/// # Errors
/// A number outside its range or not finite; one point with a trace other than `lambda c`, which is
/// all there is then.
///
/// # What this does not mean
/// The interval between `overlapping` and `orthogonal` is reached, but it is not the range of
/// Sigma_kk over all models; only `0 ..= upper_bound` contains that.
pub fn component_range<T: Field + PartialOrd>(
    points: usize,
    lambda: &T,
    c: &T,
    trace: &T,
) -> Result<ComponentRange<T>, NoiseError> {
    const FINITE: &str = "finite and >= 0";
    if points == 0 {
        return Err(NoiseError::Range {
            what: "the number of points",
            range: "at least 1",
        });
    }
    for (what, value) in [("lambda_k", lambda), ("C_kk", c), ("Tr[HC]", trace)] {
        if !non_negative(value) {
            return Err(NoiseError::Range {
                what,
                range: FINITE,
            });
        }
    }
    let share = lambda.clone() * c.clone();
    let slack = T::from_integer(64) * roundoff::<T>() * trace.clone();
    if share > trace.clone() + slack.clone() {
        return Err(NoiseError::Range {
            what: "Tr[HC]",
            range: "at least lambda_k C_kk, which is one of its terms",
        });
    }
    if points == 1 && absolute(&(trace.clone() - share)) > slack {
        return Err(NoiseError::Range {
            what: "Tr[HC]",
            range: "lambda_k C_kk for a single point, which has one mode",
        });
    }
    let n = count::<T>(points);
    let own = lambda.square() * c.clone();
    let mean_field = lambda.clone() * trace.clone();
    Ok(ComponentRange {
        upper_bound: n.clone() * mean_field.clone() - own.clone(),
        overlapping: mean_field - own.clone(),
        orthogonal: (n - T::one()) * own,
    })
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

/// A model with eigenvalues `eigenvalues` (N of them, >= 0), output moments `g` (G of (68), symmetric
/// positive semi-definite) and `Sigma_kk = target` for the mode `k` (from 0), for any target in (67).
///
/// Bisection to the last bit of the place on the path; the component is continuous there.
///
/// # Errors
/// Shapes; eigenvalues that are negative or not finite; G that is no matrix of second moments; a mode
/// that does not exist; a target outside (67).
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
    check_eigenvalues(eigenvalues)?;
    g.square_of("G against the eigenvalues", n)?;
    positive_semi_definite("G", g)?;
    let at = |share: f64| -> Result<f64, NoiseError> {
        let phi = towards_flat_column(n, k, share)?;
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
    let phi = towards_flat_column(n, k, share)?;
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
        let first = component_range(5, &q("1"), &q("1"), &q("1.33")).unwrap();
        assert_eq!(
            [first.overlapping, first.orthogonal, first.upper_bound],
            ["0.33", "4", "5.65"].map(q)
        );
        let second = component_range(5, &q("0.5"), &q("0.5"), &q("1.33")).unwrap();
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

    #[test]
    fn numbers_that_belong_to_no_model_are_refused_by_name() {
        let q = |text| parse_rational(text).unwrap();
        let text = |points, lambda, c, trace| {
            component_range(points, &q(lambda), &q(c), &q(trace))
                .unwrap_err()
                .to_string()
        };
        assert!(text(0, "1", "1", "1").contains("the number of points must be at least 1"));
        assert!(text(2, "-1", "1", "1").contains("lambda_k must be finite and >= 0"));
        assert!(text(2, "1", "-1", "1").contains("C_kk"));
        assert!(text(2, "1", "1", "99/100").contains("at least lambda_k C_kk"));
        assert!(text(1, "1", "1", "2").contains("single point"));
        assert!(component_range(1, &q("1"), &q("1"), &q("1")).is_ok());
        assert!(component_range(2, &q("1"), &q("1"), &q("1")).is_ok());
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(component_range(2, &bad, &1.0, &1.0).is_err());
            assert!(component_range(2, &1.0, &bad, &1.0).is_err());
            assert!(component_range(2, &1.0, &1.0, &bad).is_err());
        }
        // Rounding in Tr[HC] is no mistake: 0.1 * 3 > 0.3 in f64.
        assert!(component_range(2, &0.1, &3.0, &0.3).is_ok());
    }

    #[test]
    fn moments_and_eigenvalues_that_belong_to_no_model_are_refused() {
        let text = |lambda: [f64; 2], g: [f64; 4]| {
            let g = Dense::new(2, 2, g.to_vec()).unwrap();
            match realise_component(&lambda, &g, 0, 1.0) {
                Ok(_) => "accepted".to_owned(),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(text([1.0, 0.5], [1.0, 0.5, 0.5, 1.0]), "accepted");
        assert_eq!(text([1.0, 0.0], [1.0, 0.0, 0.0, 0.0]), "accepted");
        assert!(text([1.0, -0.5], [1.0, 0.0, 0.0, 1.0]).contains("eigenvalue 1 must be finite"));
        assert!(text([f64::NAN, 0.5], [1.0, 0.0, 0.0, 1.0]).contains("eigenvalue 0"));
        assert!(text([1.0, 0.5], [1.0, 0.5, 0.2, 1.0]).contains("symmetric"));
        assert!(text([1.0, 0.5], [1.0, 2.0, 2.0, 1.0]).contains("semi-definite"));
        assert!(text([1.0, 0.5], [1.0, 0.0, 0.0, f64::NAN]).contains("not a finite number"));
    }
}
