//! The edge: U(1), the critical learning rate, lambda_crit and the bounds (22), (23).
//!
//! ```text
//! U(1) = sum m_k lambda_k / ( (tau - delta) lambda_k + x ),
//!        delta = (1-b)/(gamma (1+b)),  x = 2/(gamma alpha_eff)                              (21)
//! sum m_k lambda_k/(tau lambda_k + lambda_crit) = 1                             (Proposition 4)
//! U(1) < 1  =>  alpha_eff < 2/(gamma lambda_crit)                                           (22)
//! alpha_eff < 2/(gamma lambda_crit + lambda_max (1-b)/(1+b))  =>  U(1) < 1                  (23)
//! ```
//!
//! Both equations read F(y) = 1 with F a sum of fractions m lambda/(linear in y). 1/F is concave and
//! increasing (a parallel sum), so Newton's iteration on 1/F - 1 from the left never overshoots and
//! converges quadratically. The start is a true lower bound: keeping the j largest modes only,
//! `y >= max_j (M_j - tau) lambda_j - delta (lambda_max - lambda_j)` with M_j = m_1 + ... + m_j.
//! A handful of passes over the modes gives the edge to the last digits.
//!
//! Ranges of the arguments: momentum in (-1, 1), noise amplitude >= 0, tau <= 1, as
//! [`Hyperparameters`] guarantees. Every function here refuses others with a [`StabilityError`].

use super::StabilityError;
use super::verdict::{Domain, domain};
use crate::generating::sums::{self, Harmonic, harmonic};
use crate::generating::{Modes, Parameters, signal_function_at_one};
use crate::moment::{HyperparameterError, Hyperparameters};
use crate::spectrum::Spectrum;

/// Newton steps before giving up; convergence takes fewer than twenty.
const MAX_STEPS: usize = 500;

/// The root y of F(y) = 1 to the right of `max(0, -tau lambda_max)`, or that left end if F is at
/// most 1 there.
fn solve_harmonic(spectrum: &Spectrum, tau: f64, delta: f64) -> f64 {
    let largest = spectrum.largest();
    let sum = Harmonic {
        modes: Modes::of(spectrum),
        tau,
        delta,
        largest,
    };
    let mut y = (-tau * largest).max(0.0);
    let mut count = 0.0;
    for (l, m) in spectrum.eigenvalues().iter().zip(spectrum.multiplicities()) {
        count += m;
        y = y.max((count - tau) * l - delta * (largest - l));
    }
    for _ in 0..MAX_STEPS {
        let [f, slope] = harmonic(&sum, y);
        let step = (f - 1.0) * f / slope;
        // From the left every true step is positive: anything else is rounding, so y has converged.
        if !(step > 0.0 && step.is_finite()) {
            break;
        }
        let next = y + step;
        let done = step <= 0.5 * f64::EPSILON * next;
        y = next;
        if done {
            break;
        }
    }
    y
}

/// The edge of plain heavy ball, `2 (1 + b)/lambda_max`, (251): no noise amplitude can push the
/// true edge beyond it.
///
/// # Errors
/// A momentum outside (-1, 1).
pub fn noiseless_critical_learning_rate(
    spectrum: &Spectrum,
    momentum: f64,
) -> Result<f64, StabilityError> {
    check_momentum(momentum)?;
    Ok(checked::noiseless_critical_learning_rate(
        spectrum, momentum,
    ))
}

fn check_momentum(momentum: f64) -> Result<(), StabilityError> {
    if momentum > -1.0 && momentum < 1.0 {
        Ok(())
    } else {
        Err(HyperparameterError::Momentum(momentum).into())
    }
}

fn check_tau(tau: f64) -> Result<(), StabilityError> {
    if tau <= 1.0 && tau.is_finite() {
        Ok(())
    } else {
        Err(HyperparameterError::Tau(tau).into())
    }
}

fn check_noise_amplitude(noise_amplitude: f64) -> Result<(), StabilityError> {
    if noise_amplitude >= 0.0 && noise_amplitude.is_finite() {
        Ok(())
    } else {
        Err(HyperparameterError::NoiseAmplitude(noise_amplitude).into())
    }
}

/// lambda_crit of Proposition 4: depends on the eigenvalues and tau only.
///
/// Units of an eigenvalue; tau = 0 gives Tr H. Needs more than tau modes: one mode at tau = 1 gives
/// 0. Infinite where Tr H is.
///
/// # Errors
/// tau above 1 or not finite.
///
/// ```
/// use tauber::{spectrum::Spectrum, stability::critical_regularization};
/// let spectrum = Spectrum::new(vec![1.0, 0.5, 0.25, 0.1], None)?;
/// assert!((critical_regularization(&spectrum, 1.0)? - 1.196421227647).abs() < 1e-12);
/// assert!(critical_regularization(&spectrum, 1.5).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn critical_regularization(spectrum: &Spectrum, tau: f64) -> Result<f64, StabilityError> {
    check_tau(tau)?;
    Ok(checked::critical_regularization(spectrum, tau))
}

/// The edges, lambda_crit, (22) and (23) for arguments that were checked before, as those of
/// [`Hyperparameters`].
pub(crate) mod checked {
    use super::{Spectrum, solve_harmonic};

    pub(crate) fn noiseless_critical_learning_rate(spectrum: &Spectrum, momentum: f64) -> f64 {
        2.0 * (1.0 + momentum) / spectrum.largest()
    }

    pub(crate) fn critical_learning_rate(
        spectrum: &Spectrum,
        momentum: f64,
        noise_amplitude: f64,
        tau: f64,
    ) -> f64 {
        let noiseless = noiseless_critical_learning_rate(spectrum, momentum);
        if noise_amplitude == 0.0 {
            return noiseless;
        }
        if spectrum.infinite_trace() {
            return 0.0;
        }
        let (p, q) = (1.0 + momentum, 1.0 - momentum);
        let delta = q / (noise_amplitude * p);
        if !delta.is_finite() {
            // gamma below 1e-300: the edge differs from the noiseless one by less than rounding.
            return noiseless;
        }
        let y = solve_harmonic(spectrum, tau, delta);
        // x = delta lambda_max + y and alpha = 2 (1-b)/(gamma x).
        let edge = 2.0 * q / (q * spectrum.largest() / p + noise_amplitude * y);
        edge.min(noiseless)
    }

    pub(crate) fn critical_regularization(spectrum: &Spectrum, tau: f64) -> f64 {
        if spectrum.infinite_trace() {
            return f64::INFINITY;
        }
        solve_harmonic(spectrum, tau, 0.0)
    }

    pub(crate) fn upper_bound_22(noise_amplitude: f64, critical_regularization: f64) -> f64 {
        if noise_amplitude == 0.0 {
            return f64::INFINITY;
        }
        2.0 / (noise_amplitude * critical_regularization)
    }

    pub(crate) fn lower_bound_23(
        spectrum: &Spectrum,
        momentum: f64,
        noise_amplitude: f64,
        critical_regularization: f64,
    ) -> f64 {
        let noise = if noise_amplitude == 0.0 {
            0.0
        } else {
            noise_amplitude * critical_regularization
        };
        2.0 / (noise + spectrum.largest() * (1.0 - momentum) / (1.0 + momentum))
    }
}

/// The learning rate below which the loss converges, at fixed momentum and noise.
///
/// The root of U(1) = 1 in `(0, 2 (1+b)/lambda_max)`; the noiseless edge itself where U(1) stays
/// below 1 up to it (gamma = 0, or one mode at tau = 1); 0 (no edge) where Tr H is infinite and
/// there is noise. For tau < 0 the root lies below the edge of the extended rule.
///
/// # Errors
/// A momentum outside (-1, 1), a noise amplitude that is negative or not finite, tau above 1 or not finite.
///
/// ```
/// use tauber::{spectrum::Spectrum, stability::critical_learning_rate};
/// let spectrum = Spectrum::new((1..=1000).map(|k| f64::from(k).powf(-1.5)).collect(), None)?;
/// // Batches of 10 from 1,000 points.
/// let edge = critical_learning_rate(&spectrum, 0.9, 990.0 / 9990.0, 1.0)?;
/// assert!((edge - 0.86096).abs() < 5e-6);
/// assert!(critical_learning_rate(&spectrum, 1.0, 0.1, 1.0).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn critical_learning_rate(
    spectrum: &Spectrum,
    momentum: f64,
    noise_amplitude: f64,
    tau: f64,
) -> Result<f64, StabilityError> {
    check_momentum(momentum)?;
    check_noise_amplitude(noise_amplitude)?;
    check_tau(tau)?;
    Ok(checked::critical_learning_rate(
        spectrum,
        momentum,
        noise_amplitude,
        tau,
    ))
}

/// U(1), (21): the loss converges iff it is below 1 (and the learning rate below the noiseless
/// edge).
///
/// `None` at or beyond the noiseless edge (for tau < 0: the extended one), where the sum means
/// nothing; infinite where Tr H is infinite and there is noise.
pub fn noise_function_at_1(spectrum: &Spectrum, parameters: &Hyperparameters) -> Option<f64> {
    if domain(spectrum, parameters) != Domain::Inside {
        return None;
    }
    if parameters.noise_amplitude() == 0.0 {
        return Some(0.0);
    }
    if spectrum.infinite_trace() {
        return Some(f64::INFINITY);
    }
    Some(sums::noise_function_at_one(
        &Parameters::from(parameters),
        &Modes::of(spectrum),
    ))
}

/// V(1) = `sum signal_k [2 a b + (1-b)^2 (1+b)]/(a D(a))`.
///
/// # Errors
/// No signal; an infinite law with zeta <= 1, whose V(1) is infinite although the sum over its nodes is
/// not; where [`noise_function_at_1`] is `None`.
pub fn signal_function_at_1(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
) -> Result<f64, StabilityError> {
    if spectrum.signal().is_none() {
        return Err(StabilityError::NoSignal);
    }
    if spectrum.infinite_trace_of_covariance() {
        return Err(StabilityError::InfiniteTraceOfCovariance);
    }
    if domain(spectrum, parameters) != Domain::Inside {
        return Err(StabilityError::BeyondNoiselessEdge(
            parameters.learning_rate(),
        ));
    }
    Ok(signal_function_at_one(
        &Parameters::from(parameters),
        &Modes::of(spectrum),
    ))
}

fn bound_arguments(
    noise_amplitude: f64,
    critical_regularization: f64,
) -> Result<(), StabilityError> {
    check_noise_amplitude(noise_amplitude)?;
    if critical_regularization.is_nan() || critical_regularization < 0.0 {
        return Err(StabilityError::CriticalRegularization(
            critical_regularization,
        ));
    }
    Ok(())
}

/// (22): no effective learning rate at or above `2/(gamma lambda_crit)` is stable.
///
/// Bounds alpha_eff = alpha/(1-b). Infinite (no bound) where gamma or lambda_crit is 0.
///
/// # Errors
/// gamma or lambda_crit negative or no number.
pub fn upper_bound_22(
    noise_amplitude: f64,
    critical_regularization: f64,
) -> Result<f64, StabilityError> {
    bound_arguments(noise_amplitude, critical_regularization)?;
    Ok(checked::upper_bound_22(
        noise_amplitude,
        critical_regularization,
    ))
}

/// (23): every effective learning rate below `2/(gamma lambda_crit + lambda_max (1-b)/(1+b))` is
/// stable. Bounds alpha_eff = alpha/(1-b); 0 (no guarantee) where lambda_crit is infinite.
///
/// # Errors
/// gamma or lambda_crit negative or no number, a momentum outside (-1, 1).
pub fn lower_bound_23(
    spectrum: &Spectrum,
    momentum: f64,
    noise_amplitude: f64,
    critical_regularization: f64,
) -> Result<f64, StabilityError> {
    bound_arguments(noise_amplitude, critical_regularization)?;
    check_momentum(momentum)?;
    Ok(checked::lower_bound_23(
        spectrum,
        momentum,
        noise_amplitude,
        critical_regularization,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn power_law(modes: u32, exponent: f64) -> Spectrum {
        let eigenvalues = (1..=modes).map(|k| f64::from(k).powf(-exponent)).collect();
        Spectrum::new(eigenvalues, None).unwrap()
    }

    #[test]
    fn critical_regularization_has_the_values_of_bisection_in_forty_digits() {
        let s = power_law(1000, 1.5);
        for (tau, value) in [
            (1.0, 2.147_721_680_123_397),
            (0.5, 2.331_592_683_671_18),
            (0.0, 2.549_145_602_917_575),
        ] {
            let found = critical_regularization(&s, tau).unwrap();
            assert!((found / value - 1.0).abs() < 1e-14, "{tau}: {found}");
        }
    }

    #[test]
    fn the_edge_has_the_values_of_bisection_in_forty_digits() {
        let s = power_law(1000, 1.5);
        let gamma = |b: f64| (1000.0 - b) / (999.0 * b);
        for (batch, momentum, tau, value) in [
            (10.0, 0.9, 1.0, 0.860_963_847_746_483_9),
            (10.0, 0.9, 0.0, 0.715_372_609_472_949_6),
            (10.0, 0.9, 0.5, 0.787_158_054_621_834_4),
            (1.0, 0.9, 1.0, 0.092_351_832_215_939_68),
            (1.0, 0.9, 0.0, 0.077_694_866_241_506_61),
            (10.0, -0.3, 1.0, 1.392_112_287_101_081_7),
            (10.0, -0.3, 0.5, 1.356_341_979_581_73),
        ] {
            let found = critical_learning_rate(&s, momentum, gamma(batch), tau).unwrap();
            assert!((found / value - 1.0).abs() < 1e-13, "{found} for {value}");
        }
    }

    #[test]
    fn one_mode_at_tau_one_has_the_noiseless_edge_and_no_regularization() {
        let s = Spectrum::new(vec![0.7], None).unwrap();
        assert_eq!(critical_regularization(&s, 1.0), Ok(0.0));
        let edge = critical_learning_rate(&s, 0.3, 0.25, 1.0).unwrap();
        assert!((edge / (2.6 / 0.7) - 1.0).abs() < 1e-15, "{edge}");
        // At tau < 1 one mode has an edge of its own: (1 - tau) gamma a p = q (2 p - a).
        let edge = critical_learning_rate(&s, 0.3, 0.25, 0.0).unwrap();
        let a = 2.0 * 1.3 * 0.7 / (0.25 * 1.3 + 0.7);
        assert!((edge * 0.7 / a - 1.0).abs() < 1e-14, "{edge}");
    }

    #[test]
    fn vanishing_noise_moves_the_edge_to_the_noiseless_one_without_losing_digits() {
        let s = power_law(50, 1.2);
        let noiseless = noiseless_critical_learning_rate(&s, 0.5).unwrap();
        assert_eq!(
            critical_learning_rate(&s, 0.5, 0.0, 1.0).unwrap(),
            noiseless
        );
        for gamma in [1e-6, 1e-12, 1e-18, 1e-200, 1e-308] {
            let edge = critical_learning_rate(&s, 0.5, gamma, 0.0).unwrap();
            assert!(edge <= noiseless && edge > noiseless * (1.0 - 10.0 * gamma - 1e-15));
        }
    }

    #[test]
    fn an_infinite_trace_leaves_no_edge() {
        let s = Spectrum::from_nodes(vec![1.0, 0.1], vec![1.0, 1e3], None, true, false);
        assert_eq!(critical_learning_rate(&s, 0.0, 0.1, 1.0).unwrap(), 0.0);
        assert_eq!(critical_learning_rate(&s, 0.0, 0.0, 1.0).unwrap(), 2.0);
        assert_eq!(critical_regularization(&s, 1.0), Ok(f64::INFINITY));
        assert_eq!(lower_bound_23(&s, 0.0, 0.1, f64::INFINITY), Ok(0.0));
    }
}
