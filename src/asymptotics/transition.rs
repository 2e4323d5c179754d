//! The transition time (29): until when a noise-dominated law looks signal-dominated.
//!
//! ```text
//! t_trans = (C_s/C_n)^(1/(zeta - 2 + 1/nu))
//!         = [ 4 nu K Gamma(zeta+1) (1-U(1)) / (gamma V(1) Gamma(2-1/nu)) (2 alpha_eff Lambda)^-(zeta+1/nu) ]
//!           ^ (1/(zeta + 1/nu - 2))                                                                  (29)
//! ```
//!
//! For small alpha_eff (U(1) -> 0, V(1) ~ Tr C0/(2 alpha_eff)):
//!
//! ```text
//! t_trans ~ [ 8 nu K Gamma(zeta+1) alpha_eff/(gamma Tr C0 Gamma(2-1/nu)) (2 alpha_eff Lambda)^-(zeta+1/nu) ]
//!           ^ (1/(zeta + 1/nu - 2))     ~ (gamma alpha_eff^(zeta+1/nu-1))^(-1/(zeta+1/nu-2))
//! ```

use super::error::positive;
use super::theorem_2::{noise_constant_28b, signal_constant_28a};
use super::{AsymptoticsError, LossAsymptotics, Phase, TailLaw};

fn noise_dominated(tail: &TailLaw) -> Result<f64, AsymptoticsError> {
    tail.require(Phase::NoiseDominated)?;
    Ok(tail.border_distance())
}

/// `(C_s/C_n)^(1/d)`, by logarithms: near the border d is tiny and the time may exceed `f64`.
fn crossing(signal: f64, noise: f64, distance: f64) -> f64 {
    ((signal.ln() - noise.ln()) / distance).exp()
}

/// t_trans of (29), steps, from the constants of one run; infinite beyond the range of `f64`.
///
/// # Errors
/// Any phase but the noise-dominated one.
///
/// # What this does not mean
/// - It is where two asymptotes cross: the change is gradual, over a decade or more near the border.
/// - A value below 1 or so says that the signal never dominates, not that anything happens there.
pub fn transition_time(asymptotics: &LossAsymptotics) -> Result<f64, AsymptoticsError> {
    let tail = asymptotics.tail();
    let distance = noise_dominated(tail)?;
    // There is one: without V(1) there are no asymptotics in this phase.
    let noise = asymptotics
        .noise_constant
        .ok_or(AsymptoticsError::NoSignal)?;
    Ok(crossing(asymptotics.signal_constant, noise, distance))
}

/// t_trans for small alpha_eff: Tr C0 stands for V(1), and U(1) is neglected.
///
/// It depends on the spectrum through Tr C0 = sum lambda_k^-1 signal_k alone.
///
/// # Errors
/// Any phase but the noise-dominated one; gamma = 0; a Tr C0, gamma or alpha_eff that is not positive.
///
/// # What this does not mean
/// It is the limit alpha_eff -> 0 at fixed exponents, off by the size of U(1) before.
pub fn transition_time_at_small_learning_rate(
    tail: &TailLaw,
    trace_of_covariance: f64,
    noise_amplitude: f64,
    effective_learning_rate: f64,
) -> Result<f64, AsymptoticsError> {
    let distance = noise_dominated(tail)?;
    if noise_amplitude == 0.0 {
        return Err(AsymptoticsError::NoNoise);
    }
    positive("noise amplitude", noise_amplitude)?;
    let signal_at_1 = signal_function_at_small_rate(trace_of_covariance, effective_learning_rate)?;
    let noise = noise_constant_28b(
        tail,
        [0.0, signal_at_1],
        noise_amplitude,
        effective_learning_rate,
    )?;
    let signal = signal_constant_28a(tail, 0.0, effective_learning_rate)?;
    Ok(crossing(signal, noise, distance))
}

/// `V(1) ~ Tr C0/(2 alpha_eff)` as alpha_eff -> 0 (Section 6), Tr C0 = sum C_kk,0.
///
/// # Errors
/// Tr C0 or alpha_eff not positive and finite: for zeta <= 1 both Tr C0 and V(1) are infinite.
///
/// # What this does not mean
/// At a finite alpha_eff it is off by the relative size of alpha_eff lambda_max and of 1 - momentum:
/// the limit is alpha -> 0 at fixed momentum.
pub fn signal_function_at_small_rate(
    trace_of_covariance: f64,
    effective_learning_rate: f64,
) -> Result<f64, AsymptoticsError> {
    let trace = positive("Tr C0", trace_of_covariance)?;
    Ok(trace / (2.0 * positive("effective learning rate", effective_learning_rate)?))
}
