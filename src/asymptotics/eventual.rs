//! Eventual divergence with a small learning rate (1/2 < nu < 1), Appendix E.4.
//!
//! With `x = 2 alpha_eff Lambda` and the limit alpha -> 0:
//!
//! ```text
//! 1 - r_L ~ [ gamma Gamma(2-1/nu) Gamma(1/nu-1)/(4 nu) ]^(nu/(1-nu)) x^(1/(1-nu))                 (171)
//! U'(r_L) ~ (1-nu)/(nu (1 - r_L))                                                                 (182)
//! L_t ~ (K/2) Gamma(zeta+1) (x t)^-zeta           for 1/(alpha_eff Lambda) << t << 1/(1-r_L)       (193)
//! L_t ~ (K/2) Gamma(zeta+1) Gamma(1-zeta) nu/(1-nu) x^-zeta (1-r_L)^zeta e^((1-r_L) t)      (195), (196)
//! t_div ~ a/(1-r_L),   a^zeta e^a = (1-nu)/(nu Gamma(1-zeta))                              (198), (199)
//! t_*   ~ 1/(1-r_L)                                                                               (200)
//! ```
//!
//! and, uniformly for all `t >> 1/(alpha_eff Lambda)`, with `d = 1/nu - 1`:
//!
//! ```text
//! L_t ~ (K/2) Gamma(zeta+1) Gamma(1-zeta) (x t)^-zeta E_{d,1-zeta}( ((1-r_L) t)^d )
//! ```
//!
//! E being the Mittag-Leffler function, whose two ends are (193) and (195). This last formula is not
//! in the paper: it is (16) with (174) and (189) inserted, `L(z) ~ V(z)/(2 (1 - ((1-r_L)/(1-z))^d))`,
//! expanded and inverted term by term. The paper takes beta = 0; the formulas hold for any momentum, gamma
//! and tau, which enter through alpha_eff and gamma only.
//!
//! | symbol | where | range |
//! |---|---|---|
//! | 1 - r_L | [`EventualDivergence::complement_of_radius`] | (0, 1) |
//! | a | [`DivergenceCrossing::crossing`] | (0, infinity), smaller the nearer nu is to 1 |

use super::lemma_2::noise_coupling_174;
use super::special::{ln_mittag_leffler, wright_omega};
use super::theorem_2::signal_constant_28a;
use super::{AsymptoticsError, TailLaw};
use crate::moment::Hyperparameters;
use statrs::function::gamma::{gamma, ln_gamma};

/// r_L and what goes with it as alpha -> 0: needs the eigenvalues only.
///
/// # What this does not mean
/// - It is a limit: at finite alpha compare with [`crate::stability::dominant_root`], which is exact. The
///   relative correction is of order `((1-r_L)/x)^(1/nu-1)`, that is alpha_eff.
/// - Divergence is certain but may be later than any run: see [`DivergenceCrossing`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventualDivergence {
    /// nu in (1/2, 1).
    pub eigenvalue_exponent: f64,
    /// 1 - r_L of (171), in (0, 1).
    pub complement_of_radius: f64,
}

impl EventualDivergence {
    /// (171): where z U(z) of (174) is 1.
    ///
    /// # Errors
    /// nu outside (1/2, 1) (nu = 1 diverges too, but 1 - r_L is then exponentially small in
    /// 1/(gamma alpha_eff), not a power); gamma = 0; a Lambda that is not positive; a learning rate
    /// so large that the limit exceeds 1, or so small that it is below the range of `f64`.
    pub fn of(
        eigenvalue_exponent: f64,
        eigenvalue_scale: f64,
        parameters: &Hyperparameters,
    ) -> Result<Self, AsymptoticsError> {
        let nu = eigenvalue_exponent;
        if parameters.noise_amplitude() == 0.0 {
            return Err(AsymptoticsError::NoNoise);
        }
        // z U = c e^-(1/nu - 1) is 1 at e = c^(nu/(1-nu)), c being its value at e = 1.
        let at_one = noise_coupling_174(
            nu,
            eigenvalue_scale,
            parameters.noise_amplitude(),
            parameters.effective_learning_rate(),
            1.0,
        )?;
        let complement = at_one.powf(nu / (1.0 - nu));
        if complement > 0.0 && complement < 1.0 {
            Ok(Self {
                eigenvalue_exponent: nu,
                complement_of_radius: complement,
            })
        } else {
            Err(AsymptoticsError::Argument {
                name: "1 - r_L of (171)",
                value: complement,
                range: "(0, 1): the learning rate is not small, or too small for f64",
            })
        }
    }

    /// U'(r_L), (182).
    pub fn noise_derivative_182(&self) -> f64 {
        let nu = self.eigenvalue_exponent;
        (1.0 - nu) / (nu * self.complement_of_radius)
    }

    /// t_* of (200), steps.
    pub fn time_scale_200(&self) -> f64 {
        1.0 / self.complement_of_radius
    }
}

/// The course of the loss from its early decay to its divergence, for zeta < 1.
///
/// # What this does not mean
/// - t_div is an order of magnitude for "the loss starts to deviate": a is small, so the asymptotes
///   cross well before the visible minimum of the loss, which sits at t (1 - r_L) of 0.15-0.25.
/// - (193) does not hold at the very first steps, t < 1/(alpha_eff Lambda).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DivergenceCrossing {
    /// r_L and its companions.
    pub divergence: EventualDivergence,
    /// zeta in (0, 1).
    pub zeta: f64,
    /// C of (193): the loss first falls as `C t^-zeta`.
    pub early_constant: f64,
    /// a of (199).
    pub crossing: f64,
}

impl DivergenceCrossing {
    /// From the tails of a law.
    ///
    /// # Errors
    /// As [`EventualDivergence::of`], and zeta >= 1.
    pub fn of(tail: &TailLaw, parameters: &Hyperparameters) -> Result<Self, AsymptoticsError> {
        let divergence = EventualDivergence::of(
            tail.eigenvalue_exponent(),
            tail.eigenvalue_scale(),
            parameters,
        )?;
        if tail.infinite_trace_of_covariance() && tail.zeta() < 1.0 {
            let effective = parameters.effective_learning_rate();
            let early_constant = signal_constant_28a(tail, 0.0, effective)?;
            Ok(Self {
                divergence,
                zeta: tail.zeta(),
                early_constant,
                crossing: crossing_199(tail.eigenvalue_exponent(), tail.zeta())?,
            })
        } else {
            Err(AsymptoticsError::ZetaNotBelowOne(tail.zeta()))
        }
    }

    /// (193): the early loss, for t << 1/(1-r_L).
    pub fn early_loss_193(&self, t: f64) -> f64 {
        self.early_constant * t.powf(-self.zeta)
    }

    /// (195) with (196): the growing loss, for t >> 1/(1-r_L). Infinite beyond the range of `f64`.
    pub fn late_loss_195(&self, t: f64) -> f64 {
        let nu = self.divergence.eigenvalue_exponent;
        let e = self.divergence.complement_of_radius;
        let ratio = nu / (1.0 - nu) * gamma(1.0 - self.zeta);
        self.early_constant * ratio * e.powf(self.zeta) * (e * t).exp()
    }

    /// t_div of (198), steps: where (193) and (195) are equal.
    pub fn divergence_time_198(&self) -> f64 {
        self.crossing / self.divergence.complement_of_radius
    }

    /// The loss at any t >> 1/(alpha_eff Lambda), by the Mittag-Leffler function.
    ///
    /// # Errors
    /// A negative or infinite t, or nu so near to 1 that the series is too long.
    pub fn crossover_loss(&self, t: f64) -> Result<f64, AsymptoticsError> {
        let nu = self.divergence.eigenvalue_exponent;
        let d = 1.0 / nu - 1.0;
        let x = self.divergence.complement_of_radius * t;
        let log = ln_mittag_leffler(d, 1.0 - self.zeta, x)? + ln_gamma(1.0 - self.zeta);
        Ok(self.early_constant * (log - self.zeta * t.ln()).exp())
    }
}

/// a of (199): the positive solution of `a^zeta e^a = (1-nu)/(nu Gamma(1-zeta))`,
/// `a = zeta W( R^(1/zeta)/zeta )` with R the right side, in logarithms.
///
/// # Errors
/// nu outside (1/2, 1), zeta outside (0, 1).
pub fn crossing_199(eigenvalue_exponent: f64, zeta: f64) -> Result<f64, AsymptoticsError> {
    let nu = eigenvalue_exponent;
    if !(nu > 0.5 && nu < 1.0) {
        return Err(AsymptoticsError::NotEventualDivergence(nu));
    }
    if !(zeta > 0.0 && zeta < 1.0) {
        return Err(AsymptoticsError::ZetaNotBelowOne(zeta));
    }
    let log = ((1.0 - nu) / nu).ln() - ln_gamma(1.0 - zeta);
    Ok(zeta * wright_omega(log / zeta - zeta.ln()))
}
