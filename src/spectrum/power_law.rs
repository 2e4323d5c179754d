//! The power law of (25): eigenvalues and signal as functions of the mode number.
//!
//! | symbol | field | range |
//! |---|---|---|
//! | nu | `eigenvalue_exponent` | (0, 100] |
//! | kappa | `signal_exponent` | (0, 100], or absent: no signal |
//! | Lambda | `eigenvalue_scale` | [1e-100, 1e100] |
//! | K | `signal_scale` | [1e-100, 1e100] |
//! | zeta = kappa/nu | `zeta` | |
//! | N | `modes` | 1..=10^15, or infinite |
//!
//! ```text
//! lambda_k = Lambda k^-nu
//! tails:  lambda_k C_kk,0 = K (k^-kappa - (k+1)^-kappa),   so sum_{l >= k} = K k^-kappa exactly
//! terms:  lambda_k C_kk,0 = c k^(-kappa-1),                so sum_{l >= k} ~ (c/kappa) k^-kappa, K = c/kappa
//! ```
//!
//! A finite number of modes keeps the same terms and cuts them off.

use super::power_sum::{finite_sum, tail_sum};
use thiserror::Error;

/// Which sequence the signal is; see the module's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalLaw {
    /// Exact tails `K k^-kappa`.
    Tails,
    /// Exact terms `c k^(-kappa-1)`.
    Terms,
}

/// Why numbers are not a power law.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PowerLawError {
    /// An exponent is outside (0, 100].
    #[error("{name} must lie in (0, 100], got {value}")]
    Exponent {
        /// `nu` or `kappa`.
        name: &'static str,
        /// The value.
        value: f64,
    },
    /// A scale is outside [1e-100, 1e100].
    #[error("{name} must lie in [1e-100, 1e100], got {value:e}")]
    Scale {
        /// `scale` or `signal-scale`.
        name: &'static str,
        /// The value.
        value: f64,
    },
    /// No modes, or more than are counted exactly.
    #[error("modes must lie in 1..=1e15, got {0} (leave `modes` out for an infinite spectrum)")]
    Modes(u64),
}

/// A power law with checked parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PowerLaw {
    nu: f64,
    kappa: Option<f64>,
    eigenvalue_scale: f64,
    given_signal_scale: f64,
    signal_law: SignalLaw,
    modes: Option<u64>,
}

/// Mode numbers up to here are exact in f64 with room to spare.
pub const MODES_LIMIT: u64 = 1_000_000_000_000_000;

fn exponent(name: &'static str, value: f64) -> Result<f64, PowerLawError> {
    if value > 0.0 && value <= 100.0 {
        Ok(value)
    } else {
        Err(PowerLawError::Exponent { name, value })
    }
}

fn scale(name: &'static str, value: f64) -> Result<f64, PowerLawError> {
    if (1e-100..=1e100).contains(&value) {
        Ok(value)
    } else {
        Err(PowerLawError::Scale { name, value })
    }
}

impl PowerLaw {
    /// The infinite law with exact tails and both scales 1; without `kappa` there is no signal.
    ///
    /// # Errors
    /// An exponent outside (0, 100].
    pub fn new(nu: f64, kappa: Option<f64>) -> Result<Self, PowerLawError> {
        Ok(Self {
            nu: exponent("nu", nu)?,
            kappa: kappa.map(|kappa| exponent("kappa", kappa)).transpose()?,
            eigenvalue_scale: 1.0,
            given_signal_scale: 1.0,
            signal_law: SignalLaw::Tails,
            modes: None,
        })
    }

    /// The same law cut off after `modes` modes.
    ///
    /// # Errors
    /// `modes` outside `1..=10^15`.
    pub fn with_modes(self, modes: u64) -> Result<Self, PowerLawError> {
        if !(1..=MODES_LIMIT).contains(&modes) {
            return Err(PowerLawError::Modes(modes));
        }
        Ok(Self {
            modes: Some(modes),
            ..self
        })
    }

    /// The same law with lambda_1 = `eigenvalue_scale`.
    ///
    /// # Errors
    /// A scale outside [1e-100, 1e100].
    pub fn with_eigenvalue_scale(self, eigenvalue_scale: f64) -> Result<Self, PowerLawError> {
        Ok(Self {
            eigenvalue_scale: scale("scale", eigenvalue_scale)?,
            ..self
        })
    }

    /// The same law with the signal sequence `law` scaled by `value`: K for tails, c for terms.
    ///
    /// # Errors
    /// A scale outside [1e-100, 1e100].
    pub fn with_signal(self, law: SignalLaw, value: f64) -> Result<Self, PowerLawError> {
        Ok(Self {
            given_signal_scale: scale("signal-scale", value)?,
            signal_law: law,
            ..self
        })
    }

    /// nu.
    pub const fn eigenvalue_exponent(&self) -> f64 {
        self.nu
    }

    /// kappa, if there is a signal.
    pub const fn signal_exponent(&self) -> Option<f64> {
        self.kappa
    }

    /// zeta = kappa/nu, if there is a signal.
    pub fn zeta(&self) -> Option<f64> {
        self.kappa.map(|kappa| kappa / self.nu)
    }

    /// Lambda.
    pub const fn eigenvalue_scale(&self) -> f64 {
        self.eigenvalue_scale
    }

    /// K of (25): the tails are `K k^-kappa (1 + o(1))`. For [`SignalLaw::Terms`] it is c/kappa.
    pub fn signal_scale(&self) -> Option<f64> {
        self.kappa.map(|kappa| match self.signal_law {
            SignalLaw::Tails => self.given_signal_scale,
            SignalLaw::Terms => self.given_signal_scale / kappa,
        })
    }

    /// Which of the two sequences the signal is.
    pub const fn signal_law(&self) -> SignalLaw {
        self.signal_law
    }

    /// The number of modes; `None` is infinite.
    pub const fn modes(&self) -> Option<u64> {
        self.modes
    }

    /// `lambda_k = Lambda k^-nu`, k >= 1 (any real).
    pub fn eigenvalue(&self, k: f64) -> f64 {
        self.eigenvalue_scale * k.powf(-self.nu)
    }

    /// `lambda_k C_kk,0`, k >= 1 (any real), to a few units in the last place also for k = 1e30;
    /// 0 without signal.
    pub fn signal(&self, k: f64) -> f64 {
        let Some(kappa) = self.kappa else { return 0.0 };
        self.given_signal_scale
            * match self.signal_law {
                // k^-kappa (1 - (1 + 1/k)^-kappa), free of cancellation.
                SignalLaw::Tails => k.powf(-kappa) * -(-kappa * k.recip().ln_1p()).exp_m1(),
                SignalLaw::Terms => k.powf(-kappa) / k,
            }
    }

    /// `sum_{l >= k} lambda_l C_ll,0` of the infinite law, for a whole `k >= 1`.
    pub fn signal_tail(&self, k: f64) -> f64 {
        let Some(kappa) = self.kappa else { return 0.0 };
        self.given_signal_scale
            * match self.signal_law {
                SignalLaw::Tails => k.powf(-kappa),
                SignalLaw::Terms => tail_sum(kappa + 1.0, k),
            }
    }

    /// `Tr H = sum lambda_k`; infinite for an infinite law with nu <= 1.
    pub fn trace(&self) -> f64 {
        self.eigenvalue_scale * self.sum_of_powers(self.nu)
    }

    /// `Tr H^2 = sum lambda_k^2`; infinite for an infinite law with nu <= 1/2.
    pub fn trace_of_square(&self) -> f64 {
        self.eigenvalue_scale * self.eigenvalue_scale * self.sum_of_powers(2.0 * self.nu)
    }

    fn sum_of_powers(&self, s: f64) -> f64 {
        self.modes
            .map_or_else(|| tail_sum(s, 1.0), |n| finite_sum(s, n))
    }

    /// `sum lambda_k C_kk,0 = 2 L_0`; 0 without signal.
    pub fn total_signal(&self) -> f64 {
        let (Some(n), Some(kappa)) = (self.modes, self.kappa) else {
            return self.signal_tail(1.0);
        };
        self.given_signal_scale
            * match self.signal_law {
                SignalLaw::Tails => -(-kappa * (n as f64).ln_1p()).exp_m1(),
                SignalLaw::Terms => finite_sum(kappa + 1.0, n),
            }
    }
}

impl std::fmt::Display for PowerLaw {
    /// The law as the command line reads it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "power-law:nu={}", self.nu)?;
        if let Some(kappa) = self.kappa {
            write!(f, ",kappa={kappa}")?;
        }
        if let Some(modes) = self.modes {
            write!(f, ",modes={modes}")?;
        }
        if self.eigenvalue_scale != 1.0 {
            write!(f, ",scale={:e}", self.eigenvalue_scale)?;
        }
        if self.given_signal_scale != 1.0 {
            write!(f, ",signal-scale={:e}", self.given_signal_scale)?;
        }
        if self.signal_law == SignalLaw::Terms {
            f.write_str(",signal=terms")?;
        }
        Ok(())
    }
}
