//! Theorem 2: how the loss of a power law falls, with all constants.
//!
//! For tails (25) with nu > 1, a stable learning rate (Proposition 3: U(1) < 1) and
//! `x = 2 alpha_eff Lambda`:
//!
//! ```text
//! L_t ~ C_s t^-zeta,        C_s = K Gamma(zeta+1)/(2 (1 - U(1))) x^-zeta,          zeta < 2 - 1/nu     (28a)
//! L_t ~ C_n t^-(2-1/nu),    C_n = gamma V(1) Gamma(2-1/nu)/(8 nu (1 - U(1))^2) x^(1/nu),   zeta > 2 - 1/nu   (28b)
//! sum_{s=1}^t s L_s ~ C_s/(2-zeta) t^(2-zeta)   or   nu C_n t^(1/nu)                                  (26)
//! ```
//!
//! At the border zeta = 2 - 1/nu both are of one order and add. (26) is what the paper proves; (28)
//! is the same for a loss that is a power law itself, which iteration and contour confirm.
//!
//! | symbol | field | range |
//! |---|---|---|
//! | U(1) | `noise_at_1` | (0, 1) |
//! | V(1) | `signal_at_1` | > 0; infinite for zeta <= 1; `None` if the spectrum has no signal |
//! | C_s | `signal_constant` | > 0 |
//! | C_n | `noise_constant` | > 0; `None` where V(1) is infinite or unknown |
//!
//! For tau < 0 the same proof holds below the extended edge: it needs S > 0 and z U increasing on
//! (0, 1), which are certified there too, and losses that are not negative.

use super::error::positive;
use super::{AsymptoticsError, Phase, TailLaw};
use crate::moment::Hyperparameters;
use crate::spectrum::{PowerLaw, Spectrum};
use crate::stability::{StabilityError, Verdict, checked, judge, signal_function_at_1};
use statrs::function::gamma::gamma;

fn below_one(noise_at_1: f64) -> Result<f64, AsymptoticsError> {
    if noise_at_1 < 0.0 || noise_at_1.is_nan() {
        return Err(AsymptoticsError::Argument {
            name: "U(1)",
            value: noise_at_1,
            range: "[0, 1)",
        });
    }
    if noise_at_1 >= 1.0 {
        return Err(AsymptoticsError::NotConvergent(noise_at_1));
    }
    Ok(1.0 - noise_at_1)
}

/// C_s of (28a): `K Gamma(zeta+1)/(2 (1 - U(1))) (2 alpha_eff Lambda)^-zeta`.
///
/// With U(1) = 0 it is the constant of the early regime (193) and of the noiseless run, for any nu.
///
/// # Errors
/// U(1) outside [0, 1), alpha_eff not positive, a constant outside the range of `f64`.
pub fn signal_constant_28a(
    tail: &TailLaw,
    noise_at_1: f64,
    effective_learning_rate: f64,
) -> Result<f64, AsymptoticsError> {
    let gap = below_one(noise_at_1)?;
    let x = 2.0
        * positive("effective learning rate", effective_learning_rate)?
        * tail.eigenvalue_scale();
    let constant =
        tail.signal_scale() * gamma(tail.zeta() + 1.0) / (2.0 * gap) * x.powf(-tail.zeta());
    in_range(constant, "the constant of (28a), (193)")
}

/// C_n of (28b): `gamma V(1) Gamma(2-1/nu)/(8 nu (1 - U(1))^2) (2 alpha_eff Lambda)^(1/nu)`.
///
/// # Errors
/// nu <= 1, where U(1) is infinite; U(1) outside [0, 1); V(1) infinite or, like gamma and alpha_eff,
/// not positive; a constant outside the range of `f64`.
pub fn noise_constant_28b(
    tail: &TailLaw,
    [noise_at_1, signal_at_1]: [f64; 2],
    noise_amplitude: f64,
    effective_learning_rate: f64,
) -> Result<f64, AsymptoticsError> {
    tail.convergent()?;
    let nu = tail.eigenvalue_exponent();
    if signal_at_1 == f64::INFINITY {
        return Err(AsymptoticsError::InfiniteTraceOfCovariance(tail.zeta()));
    }
    if noise_amplitude == 0.0 {
        return Err(AsymptoticsError::NoNoise);
    }
    let gap = below_one(noise_at_1)?;
    let x = 2.0
        * positive("effective learning rate", effective_learning_rate)?
        * tail.eigenvalue_scale();
    let constant = positive("noise amplitude", noise_amplitude)?
        * positive("V(1)", signal_at_1)?
        * gamma(tail.noise_exponent())
        / (8.0 * nu * gap * gap)
        * x.powf(1.0 / nu);
    in_range(constant, "the constant of (28b)")
}

fn in_range(constant: f64, name: &'static str) -> Result<f64, AsymptoticsError> {
    if constant > 0.0 && constant.is_finite() {
        Ok(constant)
    } else {
        Err(AsymptoticsError::Range(name))
    }
}

/// The asymptotic loss of one run on a power law, (26), (28a), (28b).
///
/// # What this does not mean
/// - It says nothing about early steps: relative corrections are of size `t^-|zeta-2+1/nu|` and
///   `t^-(1-1/nu)`, so at t = 1e4 an error of a few percent is good and a factor of 2 near the border
///   is normal.
/// - A finite or measured spectrum follows it only for `t << 1/(2 alpha_eff lambda_min)`, and its
///   exponents are estimates.
/// - The phase is about t -> infinity: before the transition time (29) a noise-dominated law still
///   looks signal-dominated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossAsymptotics {
    /// Signal-dominated, noise-dominated or the border between them.
    pub phase: Phase,
    /// U(1) in (0, 1).
    pub noise_at_1: f64,
    /// V(1); infinite for zeta <= 1, `None` if the spectrum has no signal.
    pub signal_at_1: Option<f64>,
    /// C_s of (28a).
    pub signal_constant: f64,
    /// C_n of (28b); `None` where V(1) is infinite or not known.
    pub noise_constant: Option<f64>,
    /// zeta.
    pub zeta: f64,
    /// 2 - 1/nu.
    pub noise_exponent: f64,
    tail: TailLaw,
    noise_amplitude: f64,
    effective_learning_rate: f64,
}

impl LossAsymptotics {
    /// U(1) and V(1) from the sums of `spectrum` (finite, fitted or the nodes of an infinite law),
    /// exponents and scales from `tail`.
    ///
    /// The two must belong together: for a measured spectrum `tail` is what was fitted to it.
    ///
    /// # Errors
    /// - nu <= 1/2 or nu <= 1: [`AsymptoticsError::ImmediateDivergence`],
    ///   [`AsymptoticsError::EventualDivergence`];
    /// - gamma = 0, a learning rate not below the noiseless edge, U(1) >= 1 or within rounding of 1;
    /// - a spectrum without signal where V(1) enters (noise phase and border);
    /// - nodes of an infinite law with zeta <= 1 where `tail` has zeta > 1;
    /// - constants outside the range of `f64`.
    pub fn of(
        tail: &TailLaw,
        spectrum: &Spectrum,
        parameters: &Hyperparameters,
    ) -> Result<Self, AsymptoticsError> {
        if parameters.noise_amplitude() == 0.0 {
            return Err(AsymptoticsError::NoNoise);
        }
        tail.convergent()?;
        let noise_at_1 = convergent_noise_function_at_1(spectrum, parameters)?;
        let signal_at_1 = if tail.infinite_trace_of_covariance() {
            Some(f64::INFINITY)
        } else {
            match signal_function_at_1(spectrum, parameters) {
                Ok(v) => Some(v),
                // The nodes of a law whose zeta is at most 1, with a tail that says otherwise.
                Err(StabilityError::InfiniteTraceOfCovariance) => {
                    return Err(AsymptoticsError::InfiniteTraceOfCovariance(tail.zeta()));
                }
                Err(_) => None,
            }
        };
        if signal_at_1.is_none() && tail.phase() != Phase::SignalDominated {
            return Err(AsymptoticsError::NoSignal);
        }
        let (gamma, effective) = (
            parameters.noise_amplitude(),
            parameters.effective_learning_rate(),
        );
        let signal_constant = signal_constant_28a(tail, noise_at_1, effective)?;
        let noise_constant = signal_at_1
            .filter(|v| v.is_finite() && *v > 0.0)
            .map(|v| noise_constant_28b(tail, [noise_at_1, v], gamma, effective))
            .transpose()?;
        if noise_constant.is_none() && tail.phase() != Phase::SignalDominated {
            return Err(AsymptoticsError::Range("a constant of (28)"));
        }
        Ok(Self {
            phase: tail.phase(),
            noise_at_1,
            signal_at_1,
            signal_constant,
            noise_constant,
            zeta: tail.zeta(),
            noise_exponent: tail.noise_exponent(),
            tail: *tail,
            noise_amplitude: gamma,
            effective_learning_rate: effective,
        })
    }

    /// The same for a power law with its own nodes (of a law cut off at `modes`: the same law
    /// without end, whose asymptotics the finite one follows up to `1/(2 alpha_eff lambda_min)`;
    /// U(1) and V(1) are those of its own modes).
    ///
    /// # Errors
    /// As [`LossAsymptotics::of`], and a law without kappa.
    pub fn of_power_law(
        law: &PowerLaw,
        parameters: &Hyperparameters,
    ) -> Result<Self, AsymptoticsError> {
        Self::of(&TailLaw::of(law)?, &law.spectrum().0, parameters)
    }

    /// Exponents and scales.
    pub const fn tail(&self) -> &TailLaw {
        &self.tail
    }

    /// gamma.
    pub const fn noise_amplitude(&self) -> f64 {
        self.noise_amplitude
    }

    /// alpha_eff.
    pub const fn effective_learning_rate(&self) -> f64 {
        self.effective_learning_rate
    }

    /// The exponent xi of `L_t ~ C t^-xi`: zeta, or 2 - 1/nu in the noise-dominated phase.
    pub const fn loss_exponent(&self) -> f64 {
        match self.phase {
            Phase::NoiseDominated => self.noise_exponent,
            _ => self.zeta,
        }
    }

    /// The constant C of `L_t ~ C t^-xi`; at the border the sum of both.
    pub fn loss_constant(&self) -> f64 {
        let noise = self.noise_constant.unwrap_or(0.0);
        match self.phase {
            Phase::SignalDominated => self.signal_constant,
            Phase::NoiseDominated => noise,
            _ => self.signal_constant + noise,
        }
    }

    /// `C t^-xi`, (28a), (28b); meant for t >> 1.
    pub fn loss(&self, t: f64) -> f64 {
        self.loss_constant() * t.powf(-self.loss_exponent())
    }

    /// `C_s t^-zeta + C_n t^-(2-1/nu)`: the leading term with the other phase's beside it, closer at
    /// moderate t. Only (28a) where C_n does not exist.
    pub fn two_term_loss(&self, t: f64) -> f64 {
        let noise = self.noise_constant.unwrap_or(0.0);
        self.signal_constant * t.powf(-self.zeta) + noise * t.powf(-self.noise_exponent)
    }

    /// The right side of (26) for `sum_{s=1}^t s L_s`.
    pub fn partial_sum(&self, t: f64) -> f64 {
        // t L_t integrated: C t^(2-xi)/(2-xi), and 2 - xi = 1/nu on the noise side.
        let rest = 2.0 - self.loss_exponent();
        self.loss_constant() / rest * t.powf(rest)
    }
}

/// U(1) where convergence is certain; the error says why it is not.
pub(crate) fn convergent_noise_function_at_1(
    spectrum: &Spectrum,
    parameters: &Hyperparameters,
) -> Result<f64, AsymptoticsError> {
    let judgement = judge(spectrum, parameters);
    match (judgement.verdict, judgement.noise_function_at_1) {
        (Verdict::Stable, Some(u)) => Ok(u),
        (Verdict::Unknown, Some(u)) => Err(AsymptoticsError::Undecided(u)),
        (_, Some(u)) => Err(AsymptoticsError::NotConvergent(u)),
        (_, None) => {
            let noiseless =
                checked::noiseless_critical_learning_rate(spectrum, parameters.momentum());
            let noise = -parameters.noise_tau().min(0.0);
            let (p, q) = (1.0 + parameters.momentum(), 1.0 - parameters.momentum());
            Err(AsymptoticsError::BeyondNoiselessEdge {
                learning_rate: parameters.learning_rate(),
                edge: noiseless * q / (q + noise * p),
            })
        }
    }
}
