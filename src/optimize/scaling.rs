//! Section 6 on hyperparameters: what the constants (28a), (28b) do with learning rate, momentum and noise.
//!
//! With alpha_eff = alpha/(1-b), x = 2/(gamma alpha_eff), `f(x) = sum lambda_k/(tau lambda_k + x)`, f(lambda_crit) = 1:
//!
//! | limit | statement | function |
//! |---|---|---|
//! | gamma alpha_eff -> 0 | `C_s ~ (K/2) Gamma(zeta+1) (2 alpha_eff Lambda)^-zeta` | [`signal_constant_far_from_edge`] |
//! | gamma alpha_eff -> 0 | `C_n ~ gamma alpha_eff^(1/nu) V(1) Gamma(2-1/nu) (2 Lambda)^(1/nu)/(8 nu)` | [`noise_constant_far_from_edge`] |
//! | alpha -> 0, b fixed | `V(1) ~ Tr C0/(2 alpha_eff)` | [`crate::asymptotics::signal_function_at_small_rate`] |
//! | alpha -> 0, b fixed | `C_n ~ gamma Tr C0 Gamma(2-1/nu) (2 Lambda)^(1/nu)/(16 nu) alpha_eff^-(1-1/nu)` | [`noise_constant_at_small_rate`] |
//! | b -> 1, alpha_eff fixed | `U(1) -> f(x)` | [`noise_function_at_large_momentum`] |
//! | b -> 1, alpha_eff fixed | `V(1) ~ 1/(1-b) sum lambda_k C_kk/(2 + gamma tau alpha_eff lambda_k)` | [`signal_function_at_large_momentum`] |
//! | alpha -> alpha_crit, b fixed | `C_s ~ c_s/(1-s)`, `C_n ~ c_n/(1-s)^2`, s = alpha/alpha_crit | [`BlowUp`] |
//! | alpha -> 0, b free | the smallest C_s is at `1 - b ~ gamma alpha x_opt/2`, x_opt >= lambda_crit | [`SignalOptimum`] |
//! | b -> 1, gamma = 1/b | `min L_t ~ constant/(b t)^zeta` | [`SignalLimit::loss_of_samples`] |
//!
//! The paper says `1 - b ~ gamma alpha lambda_crit/2` up to a factor; the factor is `x_opt/lambda_crit`, which depends on
//! spectrum, tau and zeta only (tau = 0: 1 + 1/zeta). `gamma alpha lambda_crit/2` itself is a bound: by (22) no smaller 1 - b is stable.
//!
//! So in the signal phase large alpha_eff wins and momentum near 1 with a small learning rate is best; in the
//! noise phase C_n grows for alpha_eff -> 0 (as alpha_eff^-(1-1/nu)), for b -> 1 (as 1/(1-b)) and at the edge, and
//! the best pair lies inside.

use super::OptimizeError;
use super::batch::{SignalLimit, signal_limit};
use super::momentum::{admissible, finite_covariance};
use crate::asymptotics::theorem_2::{noise_constant_28b, signal_constant_28a};
use crate::asymptotics::{AsymptoticsError, TailLaw, positive, signal_function_at_small_rate};
use crate::moment::{HyperparameterError, Hyperparameters};
use crate::spectrum::Spectrum;
use crate::stability::{StabilityError, checked, critical_regularization};

/// C_s far from the edge: `(K/2) Gamma(zeta+1) (2 alpha_eff Lambda)^-zeta`, a negative power of alpha_eff.
///
/// # Errors
/// nu <= 1, alpha_eff not positive.
///
/// # What this does not mean
/// It is smaller than C_s by the factor 1 - U(1), which is 0 at the edge.
pub fn signal_constant_far_from_edge(
    tail: &TailLaw,
    effective_learning_rate: f64,
) -> Result<f64, OptimizeError> {
    tail.convergent()?;
    Ok(signal_constant_28a(tail, 0.0, effective_learning_rate)?)
}

/// C_n far from the edge: `gamma alpha_eff^(1/nu) V(1) Gamma(2-1/nu) (2 Lambda)^(1/nu)/(8 nu)`.
///
/// # Errors
/// nu <= 1, zeta <= 1 (V(1) infinite), gamma, alpha_eff or V(1) not positive.
///
/// # What this does not mean
/// It is smaller than C_n by the factor (1 - U(1))^2.
pub fn noise_constant_far_from_edge(
    tail: &TailLaw,
    signal_at_1: f64,
    noise_amplitude: f64,
    effective_learning_rate: f64,
) -> Result<f64, OptimizeError> {
    finite_covariance(tail)?;
    Ok(noise_constant_28b(
        tail,
        [0.0, signal_at_1],
        noise_amplitude,
        effective_learning_rate,
    )?)
}

/// C_n as alpha -> 0 at fixed momentum: [`noise_constant_far_from_edge`] with `V(1) = Tr C0/(2 alpha_eff)`, so
/// that C_n grows like `alpha_eff^-(1-1/nu)`.
///
/// # What this does not mean
/// A small learning rate is not bad at every step: the transition time (29), after which C_n counts, goes to infinity
/// with 1/alpha_eff.
///
/// # Errors
/// As [`noise_constant_far_from_edge`], and Tr C0 not positive and finite.
pub fn noise_constant_at_small_rate(
    tail: &TailLaw,
    trace_of_covariance: f64,
    noise_amplitude: f64,
    effective_learning_rate: f64,
) -> Result<f64, OptimizeError> {
    finite_covariance(tail)?;
    let v = signal_function_at_small_rate(trace_of_covariance, effective_learning_rate)?;
    noise_constant_far_from_edge(tail, v, noise_amplitude, effective_learning_rate)
}

/// What U(1) tends to as momentum goes to 1 at fixed alpha_eff: `f(x) = sum lambda_k/(tau lambda_k + x)`, x = 2/(gamma
/// alpha_eff). It is 1 at the bound (22): `alpha_eff = 2/(gamma lambda_crit)`.
///
/// # What this does not mean
/// It is a limit: at a momentum below 1 U(1) is larger for tau <= 1, so a run with f below 1 may be unstable.
///
/// # Errors
/// gamma or alpha_eff not positive, tau > 1, an infinite Tr H, and for tau < 0 an alpha_eff at or beyond the extended
/// edge, `2/(gamma |tau| lambda_max)`.
pub fn noise_function_at_large_momentum(
    spectrum: &Spectrum,
    noise_amplitude: f64,
    tau: f64,
    effective_learning_rate: f64,
) -> Result<f64, OptimizeError> {
    let x = resolvent(spectrum, noise_amplitude, tau, effective_learning_rate)?;
    let modes = spectrum.eigenvalues().iter().zip(spectrum.multiplicities());
    Ok(modes.map(|(l, m)| m * l / (tau * l + x)).sum())
}

/// How V(1) grows as momentum goes to 1 at fixed alpha_eff:
/// `1/(1-b) sum lambda_k C_kk/(2 + gamma tau alpha_eff lambda_k)`.
///
/// # What this does not mean
/// Another part of V(1), Tr C0/(2 alpha_eff), is larger until 1 - b is small beside alpha_eff lambda of the modes that
/// hold the signal.
///
/// # Errors
/// As [`noise_function_at_large_momentum`]; no signal; a momentum outside (-1, 1); an infinite law with zeta <= 1,
/// whose V(1) is infinite at every momentum although this sum is not.
pub fn signal_function_at_large_momentum(
    spectrum: &Spectrum,
    momentum: f64,
    noise_amplitude: f64,
    tau: f64,
    effective_learning_rate: f64,
) -> Result<f64, OptimizeError> {
    resolvent(spectrum, noise_amplitude, tau, effective_learning_rate)?;
    if !(momentum > -1.0 && momentum < 1.0) {
        return Err(HyperparameterError::Momentum(momentum).into());
    }
    if spectrum.infinite_trace_of_covariance() {
        return Err(StabilityError::InfiniteTraceOfCovariance.into());
    }
    let signal = spectrum.signal().ok_or(OptimizeError::NoSignal)?;
    let step = noise_amplitude * tau * effective_learning_rate;
    let sum: f64 = signal
        .iter()
        .zip(spectrum.eigenvalues())
        .map(|(q, l)| q / (2.0 + step * l))
        .sum();
    Ok(sum / (1.0 - momentum))
}

/// U(1) at the edge is 1 up to this; rounding stays far below unless gamma is tiny.
const AT_EDGE: f64 = 1e-6;

/// How (28a) and (28b) blow up at the edge: with s = alpha/alpha_crit, `C_s ~ c_s/(1-s)` and
/// `C_n ~ c_n/(1-s)^2` as s -> 1 at fixed momentum, because `1 - U(1) ~ (1-s) alpha dU/dalpha`.
///
/// # What this does not mean
/// The loss at a given step does not blow up: the nearer the edge, the later (28) holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlowUp {
    /// alpha_crit.
    pub critical_learning_rate: f64,
    /// `alpha dU(1)/dalpha` at the edge, > 0.
    pub slope: f64,
    /// c_s.
    pub signal: f64,
    /// c_n; `None` where V(1) is infinite or not known.
    pub noise: Option<f64>,
}

impl BlowUp {
    /// Of a spectrum with the tails `tail`.
    ///
    /// # Errors
    /// nu <= 1; gamma not positive, tau > 1, a momentum outside (-1, 1); an edge that is the noiseless one (one mode at
    /// tau = 1), where U(1) does not reach 1.
    pub fn of(
        tail: &TailLaw,
        spectrum: &Spectrum,
        momentum: f64,
        noise_amplitude: f64,
        tau: f64,
    ) -> Result<Self, OptimizeError> {
        tail.convergent()?;
        admissible(spectrum, noise_amplitude, tau)?;
        Hyperparameters::new(1.0, momentum, noise_amplitude, tau)?;
        let critical = checked::critical_learning_rate(spectrum, momentum, noise_amplitude, tau);
        let (p, q) = (1.0 + momentum, 1.0 - momentum);
        let [mut value, mut slope, mut v] = [0.0; 3];
        let modes = spectrum.eigenvalues().iter().zip(spectrum.multiplicities());
        for (k, (l, m)) in modes.enumerate() {
            let a = critical * l;
            // U = sum gamma a p/D: alpha dU/dalpha has a factor 2 p q/D more.
            let d = 2.0 * p * q - a * (q - noise_amplitude * tau * p);
            let term = m * noise_amplitude * a * p / d;
            value += term;
            slope += term * 2.0 * p * q / d;
            let signal = spectrum.signal().map_or(0.0, |signal| signal[k]);
            v += signal * (2.0 * a * momentum + q * q * p) / (a * d);
        }
        if !((value - 1.0).abs() < AT_EDGE && slope.is_finite()) {
            return Err(AsymptoticsError::Argument {
                name: "U(1) at the edge",
                value,
                range: "1: the edge is the noiseless one",
            }
            .into());
        }
        let effective = critical / q;
        let noise = if tail.infinite_trace_of_covariance() || spectrum.signal().is_none() {
            None
        } else {
            let constant = noise_constant_28b(tail, [0.0, v], noise_amplitude, effective)?;
            Some(constant / (slope * slope))
        };
        Ok(Self {
            critical_learning_rate: critical,
            slope,
            signal: signal_constant_28a(tail, 0.0, effective)? / slope,
            noise,
        })
    }
}

/// Signal phase: where momentum belongs at a small learning rate.
///
/// # What this does not mean
/// It minimises the constant of (28a), for t -> infinity; a run of few steps wants another momentum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignalOptimum {
    /// x_opt of E.5.
    pub x: f64,
    /// lambda_crit; 0 for one mode at tau = 1.
    pub critical_regularization: f64,
}

impl SignalOptimum {
    /// Of a spectrum with the tails `tail`.
    ///
    /// # Errors
    /// As [`signal_limit`].
    pub fn of(tail: &TailLaw, spectrum: &Spectrum, tau: f64) -> Result<Self, OptimizeError> {
        Ok(Self {
            x: signal_limit(tail, spectrum, tau)?.x,
            critical_regularization: critical_regularization(spectrum, tau)?,
        })
    }

    /// `x_opt/lambda_crit` >= 1: the factor that `1 - b ~ gamma alpha lambda_crit/2` leaves open.
    pub fn factor(&self) -> f64 {
        self.x / self.critical_regularization
    }

    /// `1 - b` of the smallest C_s at this learning rate, as alpha -> 0: `gamma alpha x_opt/2`.
    ///
    /// # Errors
    /// gamma or alpha not positive; a value of 2 or more, which no momentum has.
    ///
    /// # What this does not mean
    /// It is the limit alpha -> 0, off by the relative size of alpha lambda_max before.
    pub fn momentum_complement(
        &self,
        noise_amplitude: f64,
        learning_rate: f64,
    ) -> Result<f64, OptimizeError> {
        complement(noise_amplitude, learning_rate, self.x)
    }

    /// By (22) no `1 - b` at or below `gamma alpha lambda_crit/2` is stable: at a fixed learning rate
    /// momentum cannot go to 1.
    ///
    /// # Errors
    /// As [`SignalOptimum::momentum_complement`].
    pub fn smallest_momentum_complement(
        &self,
        noise_amplitude: f64,
        learning_rate: f64,
    ) -> Result<f64, OptimizeError> {
        complement(noise_amplitude, learning_rate, self.critical_regularization)
    }
}

impl SignalLimit {
    /// E.5: the smallest loss after `batch_size * steps` samples with gamma = 1/batch_size, `constant/(b t)^zeta`;
    /// up to the factor `minimum/lambda_crit^zeta` it is `(K/2) Gamma(zeta+1) (lambda_crit/(4 Lambda b t))^zeta`.
    ///
    /// # What this does not mean
    /// No run attains it: it is the limit of momentum -> 1, and of steps -> infinity at a fixed batch size.
    ///
    /// # Errors
    /// A number of samples that is not positive and finite.
    pub fn loss_of_samples(&self, tail: &TailLaw, samples: f64) -> Result<f64, OptimizeError> {
        Ok(self.constant * positive("number of samples", samples)?.powf(-tail.zeta()))
    }
}

fn complement(gamma: f64, alpha: f64, x: f64) -> Result<f64, OptimizeError> {
    let value = 0.5 * positive("noise amplitude", gamma)? * positive("learning rate", alpha)? * x;
    if value < 2.0 {
        Ok(value)
    } else {
        Err(AsymptoticsError::Argument {
            name: "1 - momentum",
            value,
            range: "(0, 2): the learning rate is not small",
        }
        .into())
    }
}

/// x = 2/(gamma alpha_eff), with all `tau lambda_k + x` positive.
fn resolvent(
    spectrum: &Spectrum,
    noise_amplitude: f64,
    tau: f64,
    effective_learning_rate: f64,
) -> Result<f64, OptimizeError> {
    admissible(spectrum, noise_amplitude, tau)?;
    let x = 2.0 / (noise_amplitude * positive("effective learning rate", effective_learning_rate)?);
    if tau * spectrum.largest() + x > 0.0 {
        return Ok(x);
    }
    Err(AsymptoticsError::Argument {
        name: "effective learning rate",
        value: effective_learning_rate,
        range: "(0, 2/(gamma |tau| lambda_max)), the extended edge for tau < 0",
    }
    .into())
}
