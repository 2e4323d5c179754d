//! r_L: the radius of convergence of the loss's generating function.
//!
//! | regime | r_L |
//! |---|---|
//! | stable | 1 |
//! | inside the noiseless edge, U(1) > 1 | the root of z U(z) = 1 in (0, 1), where z U increases (Lemma 1) |
//! | beyond it, with noise | the root of z U(z) = 1 in (0, z_p), z_p the smallest positive zero of any S_k, at most 1 |
//! | beyond it, without noise | z_p |
//!
//! z_p is a zero of S at lambda_max: as a polynomial in a, S = c0 + c1 a + c2 a^2 has c0, c1 > 0 on
//! (0, 1), so its zero appears at the largest a first.
//!
//! Both r_L and 1 - r_L come out with full relative accuracy, down to 1 - r_L of 1e-290 (see
//! [`crate::generating::root`]). An r_L below 1e-290 (a learning rate 1e140 times too large) comes out as 0.

use crate::generating::Point;
use crate::generating::root::dominant_root_below;
pub use crate::generating::root::smallest_pole;
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;

use super::verdict::{Domain, Verdict, domain, judge};

/// The smallest root of z U(z) = 1 in (0, 1), as a point with e = 1 - z beside z.
///
/// `None` where there is none, as in the stable regime, and where it differs from 1 by less than
/// 1e-290. Looked for below [`smallest_pole`] when the learning rate is beyond the noiseless edge.
/// For an infinite law it is a root of the sums over its nodes, which end at [`Spectrum::lumped_below`]: see [`resolves`].
/// Beyond that edge with tiny gamma the root lies within gamma of the pole; the accuracy of r_L
/// itself does not suffer, that of U'(r_L) does.
pub fn dominant_root(spectrum: &Spectrum, parameters: &Hyperparameters) -> Option<Point<f64>> {
    if parameters.noise_amplitude() == 0.0 {
        return None;
    }
    let pole = match domain(spectrum, parameters) {
        Domain::Inside => None,
        _ => smallest_pole(spectrum, parameters),
    };
    dominant_root_below(spectrum, parameters, pole)
}

/// Whether the nodes of an infinite law still tell `complement` = 1 - r_L: whether it is at least 1e12 times
/// `2 alpha_eff lambda` of the largest eigenvalue that they lump. True for a spectrum without lumps.
///
/// The lumps carry the right `sum lambda^2`, so that z U is then off by about 1e-12, relative, at most (nu > 1/2).
pub fn resolves(spectrum: &Spectrum, parameters: &Hyperparameters, complement: f64) -> bool {
    let rate = 2.0 * parameters.effective_learning_rate();
    complement > 0.0 && complement >= 1e12 * rate * spectrum.lumped_below()
}

/// r_L in [0, 1]: 1 when stable, 0 under immediate divergence; `None` when the verdict is unknown.
///
/// The loss grows as `r_L^-t`. It rounds to 1 where the loss grows slowly: [`dominant_root`] has 1 - r_L.
pub fn convergence_radius(spectrum: &Spectrum, parameters: &Hyperparameters) -> Option<f64> {
    radius_point(spectrum, parameters, judge(spectrum, parameters).verdict).map(|point| point.z())
}

/// r_L with 1 - r_L, given the verdict.
pub(crate) fn radius_point(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
    verdict: Verdict,
) -> Option<Point<f64>> {
    match verdict {
        Verdict::Stable => Some(Point::from_complement(0.0)),
        Verdict::ImmediateDivergence => Some(Point::at(0.0)),
        Verdict::Unknown => None,
        Verdict::Unstable | Verdict::EventualDivergence => {
            if parameters.noise_amplitude() == 0.0 {
                smallest_pole(spectrum, parameters)
            } else {
                // No root: eventual divergence later than 1e290 steps.
                dominant_root(spectrum, parameters).or_else(|| Some(Point::from_complement(0.0)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_minus_r_keeps_its_digits_down_to_a_billionth_of_a_billionth_of_rounding() {
        // b = 0, tau = 0, one node of m modes at a: z U = 1 at 1/z = (1-a)^2 + gamma m a^2, so
        // e = d/(1 + d) with d = a ((1 + gamma m) a - 2). With gamma m a = 3: d = a (1 + a).
        for exponent in [7, 14, 28, 100, 250] {
            let a = 0.5_f64.powi(exponent * 3);
            let s = Spectrum::from_nodes(vec![1.0], vec![3.0 / a], None, false, false);
            let h = Hyperparameters::new(a, 0.0, 1.0, 0.0).unwrap();
            let e = dominant_root(&s, &h).unwrap().e();
            let exact = a * (1.0 + a) / (1.0 + a * (1.0 + a));
            assert!((e / exact - 1.0).abs() < 1e-14, "{e} {exact}");
            assert!((convergence_radius(&s, &h).unwrap() - (1.0 - exact)).abs() <= 1e-16);
        }
    }

    #[test]
    fn a_tiny_radius_keeps_its_digits_too() {
        // The same formula with a = 1: 1/z = gamma m.
        let s = Spectrum::from_nodes(vec![1.0], vec![1e12], None, false, false);
        let h = Hyperparameters::new(1.0, 0.0, 1.0, 0.0).unwrap();
        let r = convergence_radius(&s, &h).unwrap();
        assert!((r * 1e12 - 1.0).abs() < 1e-14, "{r}");
    }

    #[test]
    fn a_radius_below_the_range_is_zero_and_not_the_end_of_the_search() {
        // One step multiplies the loss by about (1 + gamma) a^2.
        let s = Spectrum::new(vec![1.0], None).unwrap();
        for (gamma, tau) in [(0.5, 0.0), (0.5, 1.0), (0.0, 0.0)] {
            for (a, zero) in [(1e100, false), (1e140, false), (1e150, true), (1e300, true)] {
                let h = Hyperparameters::new(a, 0.0, gamma, tau).unwrap();
                let r = convergence_radius(&s, &h).unwrap();
                let factor = (1.0 + gamma * (1.0 - tau)) * a;
                let off = (r * a * factor - 1.0).abs();
                assert!(
                    if zero { r == 0.0 } else { off < 1e-13 },
                    "{gamma} {a}: {r:e}"
                );
            }
        }
    }

    #[test]
    fn faint_noise_beyond_the_edge_does_not_stop_the_search_early() {
        for gamma in [1e-3, 1e-12, 1e-40, 1e-200] {
            let s = Spectrum::new(vec![1.0], None).unwrap();
            let h = Hyperparameters::new(3.0, 0.0, gamma, 0.0).unwrap();
            let z = dominant_root(&s, &h).unwrap().z();
            assert!((z * (4.0 + 9.0 * gamma) - 1.0).abs() < 1e-14, "{z}");
        }
    }

    #[test]
    fn the_pole_is_that_of_the_heavy_ball_and_there_is_none_below_the_edge() {
        // g = 0, b = 0: S = 1 - z (1-a)^2.
        let s = Spectrum::new(vec![1.0, 0.5], None).unwrap();
        for a in [2.01, 2.5, 7.0] {
            let h = Hyperparameters::new(a, 0.0, 0.3, 0.0).unwrap();
            let z = smallest_pole(&s, &h).unwrap().z();
            assert!((z * (1.0 - a) * (1.0 - a) - 1.0).abs() < 1e-14, "{z}");
        }
        let h = Hyperparameters::new(1.9, 0.0, 0.3, 0.0).unwrap();
        assert!(smallest_pole(&s, &h).is_none());
    }
}
