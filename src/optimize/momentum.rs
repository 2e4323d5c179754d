//! Propositions 5 and 12: the best learning rate at momentum 0 and which way momentum should go.
//!
//! With `a = alpha lambda_k`, `g = gamma tau`, `D_k = 2 - (1-g) a`, C_kk the initial moments (all at
//! momentum 0, any gamma > 0 and tau):
//!
//! ```text
//! U  = gamma alpha sum lambda_k/D_k           V  = sum C_kk/(alpha D_k)
//! dU/dalpha = 2 gamma sum lambda_k/D_k^2      alpha dV/dalpha = sum C_kk/(alpha D_k) [(1-g) a/D_k - 1]
//! dU/dbeta  = 2 gamma alpha sum lambda_k (1-a)/D_k^2
//! dV/dbeta  = sum (C_kk/alpha) [(2a - 1) D_k - a (1+g)]/D_k^2
//! ```
//!
//! The asymptotic loss is (28a) or (28b); t enters as a factor only, so its logarithmic derivatives are
//!
//! ```text
//! signal:  alpha d ln L/dalpha = -zeta + alpha U_alpha/(1-U)              d ln L/dbeta = -zeta + U_beta/(1-U)
//! noise:   alpha d ln L/dalpha = alpha V_alpha/V + 1/nu + 2 alpha U_alpha/(1-U)
//!                                                   d ln L/dbeta = V_beta/V + 1/nu + 2 U_beta/(1-U)
//! E = Tr H Tr(H C0) - (1 - 1/nu) Tr H^2 Tr C0                                                  (30) = (202)
//! ```
//!
//! Signal phase: the best learning rate is unique and there `d ln L/dbeta < 0`: positive momentum always
//! helps. Noise phase at gamma = tau = 1: alpha_opt = 2 (nu-1)/((3nu-1) Tr H), and the sign of
//! d ln L/dbeta is that of E.

use super::OptimizeError;
use crate::asymptotics::{AsymptoticsError, Phase, TailLaw};
use crate::moment::Hyperparameters;
use crate::spectrum::Spectrum;
use crate::stability::{StabilityError, checked};

/// Bisections: enough for the last digit.
const BISECTIONS: usize = 200;

/// U(1), V(1) and their derivatives in learning rate and momentum, at momentum 0.
///
/// # What this does not mean
/// They are slopes at one point: a finite change of momentum may turn the other way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZeroMomentum {
    /// U(1).
    pub noise: f64,
    /// dU/dalpha.
    pub noise_by_learning_rate: f64,
    /// dU/dbeta.
    pub noise_by_momentum: f64,
    signal: Result<SignalAtZero, Missing>,
}

/// V(1) and its derivatives, at momentum 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignalAtZero {
    /// V(1).
    pub value: f64,
    /// dV/dalpha.
    pub by_learning_rate: f64,
    /// dV/dbeta.
    pub by_momentum: f64,
}

/// Why there is no V(1).
#[derive(Debug, Clone, Copy, PartialEq)]
enum Missing {
    NoSignal,
    Infinite,
}

impl ZeroMomentum {
    /// The six sums over the nodes.
    ///
    /// # Errors
    /// gamma not positive, tau > 1, an infinite Tr H, or a learning rate outside (0, 2/lambda_max)
    /// (for tau < 0: at which some D_k is not positive).
    pub fn of(
        spectrum: &Spectrum,
        learning_rate: f64,
        noise_amplitude: f64,
        tau: f64,
    ) -> Result<Self, OptimizeError> {
        admissible(spectrum, noise_amplitude, tau)?;
        let edge = checked::noiseless_critical_learning_rate(spectrum, 0.0);
        let g = noise_amplitude * tau;
        let edge = if g < 0.0 { edge / (1.0 - g) } else { edge };
        if !(learning_rate > 0.0 && learning_rate < edge) {
            return Err(AsymptoticsError::BeyondNoiselessEdge {
                learning_rate,
                edge,
            }
            .into());
        }
        Ok(Self::sums(spectrum, learning_rate, noise_amplitude, g))
    }

    /// V(1) and its derivatives.
    ///
    /// # Errors
    /// No signal; an infinite law with zeta <= 1, where all three are infinite although the sums over its
    /// nodes are not.
    pub fn signal(&self) -> Result<SignalAtZero, OptimizeError> {
        self.signal.map_err(|why| match why {
            Missing::NoSignal => OptimizeError::NoSignal,
            Missing::Infinite => StabilityError::InfiniteTraceOfCovariance.into(),
        })
    }

    fn sums(spectrum: &Spectrum, alpha: f64, gamma: f64, g: f64) -> Self {
        let mut total = [0.0; 6];
        let signal = spectrum.signal();
        for (k, (l, m)) in spectrum
            .eigenvalues()
            .iter()
            .zip(spectrum.multiplicities())
            .enumerate()
        {
            let a = alpha * l;
            let d = 2.0 - (1.0 - g) * a;
            let c = signal.map_or(0.0, |q| q[k] / l);
            total[0] += m * l / d;
            total[1] += m * l / (d * d);
            total[2] += m * l * (1.0 - a) / (d * d);
            total[3] += c / d;
            total[4] += c / d * ((1.0 - g) * a / d - 1.0);
            total[5] += c * ((2.0 * a - 1.0) * d - a * (1.0 + g)) / (d * d);
        }
        Self {
            noise: gamma * alpha * total[0],
            noise_by_learning_rate: 2.0 * gamma * total[1],
            noise_by_momentum: 2.0 * gamma * alpha * total[2],
            signal: match (signal, spectrum.infinite_trace_of_covariance()) {
                (None, _) => Err(Missing::NoSignal),
                (Some(_), true) => Err(Missing::Infinite),
                (Some(_), false) => Ok(SignalAtZero {
                    value: total[3] / alpha,
                    by_learning_rate: total[4] / (alpha * alpha),
                    by_momentum: total[5] / alpha,
                }),
            },
        }
    }

    /// `alpha d ln L/dalpha` and `d ln L/dbeta` of (28a) or (28b).
    fn slopes(&self, tail: &TailLaw, alpha: f64) -> Result<[f64; 2], OptimizeError> {
        let gap = 1.0 - self.noise;
        let by_rate = alpha * self.noise_by_learning_rate / gap;
        let by_momentum = self.noise_by_momentum / gap;
        if tail.phase() == Phase::SignalDominated {
            return Ok([by_rate - tail.zeta(), by_momentum - tail.zeta()]);
        }
        let inverse = 1.0 / tail.eigenvalue_exponent();
        let v = self.signal()?;
        Ok([
            alpha * v.by_learning_rate / v.value + inverse + 2.0 * by_rate,
            v.by_momentum / v.value + inverse + 2.0 * by_momentum,
        ])
    }
}

/// nu > 1 and zeta > 1, where V(1) or Tr C0 enters.
pub(super) fn finite_covariance(tail: &TailLaw) -> Result<(), OptimizeError> {
    tail.convergent()?;
    if tail.infinite_trace_of_covariance() {
        return Err(AsymptoticsError::InfiniteTraceOfCovariance(tail.zeta()).into());
    }
    Ok(())
}

pub(super) fn admissible(
    spectrum: &Spectrum,
    noise_amplitude: f64,
    tau: f64,
) -> Result<(), OptimizeError> {
    if noise_amplitude == 0.0 {
        return Err(AsymptoticsError::NoNoise.into());
    }
    // The ranges of gamma and tau.
    Hyperparameters::new(1.0, 0.0, noise_amplitude, tau)?;
    if spectrum.infinite_trace() {
        return Err(OptimizeError::nothing_stable(spectrum));
    }
    Ok(())
}

/// `E = Tr H Tr(H C0) - (1 - 1/nu) Tr H^2 Tr C0`, (30) = (202), of the modes or nodes of `spectrum`,
/// whose tails are `tail`.
///
/// In the noise-dominated phase at gamma = tau = 1 its sign is that of dL/dbeta at the best learning
/// rate of momentum 0: E > 0 favours negative momentum, E < 0 positive.
///
/// # What this does not mean
/// It is about t -> infinity: near the border the loss prefers positive momentum until the
/// transition time (29), which may be astronomically late. C_kk,0 are the *parameter-space* moments,
/// signal/eigenvalue.
///
/// # Errors
/// nu <= 1; zeta <= 1, where Tr C0 is infinite; any phase but the noise-dominated one; no signal, or one of zeros.
pub fn characteristic_30(tail: &TailLaw, spectrum: &Spectrum) -> Result<f64, OptimizeError> {
    finite_covariance(tail)?;
    tail.require(Phase::NoiseDominated)?;
    let nu = tail.eigenvalue_exponent();
    let signal = spectrum.signal().ok_or(OptimizeError::NoSignal)?;
    let covariance = spectrum
        .trace_of_covariance()
        .filter(|trace| trace.is_finite())
        .ok_or(StabilityError::InfiniteTraceOfCovariance)?;
    let output: f64 = signal.iter().sum();
    if output == 0.0 {
        return Err(OptimizeError::NoSignal);
    }
    let share = 1.0 - 1.0 / nu;
    Ok(spectrum.trace() * output - share * spectrum.trace_of_square() * covariance)
}

/// What the paper's public notebook computes in place of (30), for reproducing its figure only.
///
/// `sum lambda sum c - (1 - 1/nu) sum lambda^2 sum c/lambda` with `lambda_k = k^-nu` and
/// `c_k = k^(nu-kappa-1)`, k = 1..=modes. That c is the moment of *parameter* space where the formula needs the one of output space,
/// so it is not (30): its sign changes near kappa = 2 nu where that of (30) does not.
pub fn notebook_characteristic(nu: f64, kappa: f64, modes: u32) -> f64 {
    let mut sums = [0.0; 4];
    for k in 1..=modes {
        let k = f64::from(k);
        let (lambda, c) = (k.powf(-nu), k.powf(nu - kappa - 1.0));
        for (sum, term) in sums
            .iter_mut()
            .zip([lambda, lambda * lambda, c, c / lambda])
        {
            *sum += term;
        }
    }
    sums[0] * sums[2] - (1.0 - 1.0 / nu) * sums[1] * sums[3]
}

/// Which way momentum should go from 0, at the best learning rate of momentum 0: see [`MomentumAdvice::of`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MomentumAdvice {
    /// Signal- or noise-dominated.
    pub phase: Phase,
    /// alpha_opt: minimises the asymptotic loss at momentum 0.
    pub learning_rate: f64,
    /// alpha_crit at momentum 0.
    pub critical_learning_rate: f64,
    /// d ln L/dbeta at (alpha_opt, 0): negative where positive momentum helps.
    pub derivative: f64,
    /// E of (30), in the noise-dominated phase at gamma = tau = 1, where its sign decides.
    pub characteristic: Option<f64>,
}

impl MomentumAdvice {
    /// Propositions 5 and 12, general gamma > 0 and tau.
    ///
    /// In the noise-dominated phase uniqueness of alpha_opt is proved for gamma = tau = 1; for other
    /// values a zero of the derivative is found where it changes from negative to positive.
    ///
    /// # What this does not mean
    /// See [`characteristic_30`]: the statement is about the asymptotic loss, and about small
    /// momenta. The best pair of learning rate and momentum is [`super::optimize`]'s business.
    ///
    /// # Errors
    /// nu <= 1, the border, gamma not positive, tau > 1, gamma tau > 1 in the signal-dominated phase (uniqueness
    /// needs gamma tau <= 1), no signal where V enters.
    pub fn of(
        tail: &TailLaw,
        spectrum: &Spectrum,
        noise_amplitude: f64,
        tau: f64,
    ) -> Result<Self, OptimizeError> {
        tail.convergent()?;
        let phase = tail.phase();
        if phase == Phase::Border {
            return Err(OptimizeError::Border);
        }
        // A signal of zeros on every mode that moves is none: V(1) = 0, and ln L has no slope.
        if phase == Phase::NoiseDominated
            && !spectrum
                .signal()
                .is_some_and(|q| q.iter().any(|q| *q > 0.0))
        {
            return Err(OptimizeError::NoSignal);
        }
        admissible(spectrum, noise_amplitude, tau)?;
        let g = noise_amplitude * tau;
        if phase == Phase::SignalDominated && g > 1.0 {
            return Err(OptimizeError::NoiseTau(g));
        }
        let critical = checked::critical_learning_rate(spectrum, 0.0, noise_amplitude, tau);
        let at = |alpha: f64| ZeroMomentum::sums(spectrum, alpha, noise_amplitude, g);
        // Negative near 0, +infinity at the edge.
        let (mut low, mut high) = (0.0, critical);
        for _ in 0..BISECTIONS {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            let values = at(middle);
            if values.noise < 1.0 && values.slopes(tail, middle)?[0] < 0.0 {
                low = middle;
            } else {
                high = middle;
            }
        }
        let learning_rate = 0.5 * (low + high);
        Ok(Self {
            phase,
            learning_rate,
            critical_learning_rate: critical,
            derivative: at(learning_rate).slopes(tail, learning_rate)?[1],
            characteristic: (phase == Phase::NoiseDominated
                && noise_amplitude == 1.0
                && tau == 1.0)
                .then(|| characteristic_30(tail, spectrum))
                .transpose()?,
        })
    }
}
