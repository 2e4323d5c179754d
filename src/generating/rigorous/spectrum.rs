//! Spectra as rigorous evaluation sees them: exact numbers or exact laws.
//!
//! | source | what counts as exact |
//! |---|---|
//! | numbers in memory or in a file | each `f64` is the binary number it is; `eigenvalue_error` e widens it to `lambda (1 +- e)` |
//! | a power law with finite modes | `Lambda k^-nu` and the signal law with rational parameters, k = 1..N |
//! | an infinite power law | the same for all k |

use super::RigorousError;
use super::powers::{PowerTable, power_table};
use crate::generating::{ModeError, Modes};
use crate::number::ball::{BallOver, Float, Magnitude};
use crate::number::{Rational, Ring, rational_to_f64};
use crate::spectrum::{ExactPowerLaw, LoadedSpectrum, PowerLaw, SignalLaw, Spectrum};
use num_traits::Zero;

/// Longer finite laws are refused: every mode is a term.
pub const MODES_LIMIT: u64 = 100_000;

/// A power law with rational parameters (see [`crate::spectrum::PowerLaw`] for their meaning).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RigorousLaw {
    /// nu > 0.
    pub eigenvalue_exponent: Rational,
    /// kappa > 0; `None` without signal.
    pub signal_exponent: Option<Rational>,
    /// Lambda > 0.
    pub eigenvalue_scale: Rational,
    /// K for [`SignalLaw::Tails`], c for [`SignalLaw::Terms`].
    pub given_signal_scale: Rational,
    /// Which sequence the signal is.
    pub signal_law: SignalLaw,
}

impl RigorousLaw {
    /// The law with exact tails and both scales 1.
    pub fn new(eigenvalue_exponent: Rational, signal_exponent: Option<Rational>) -> Self {
        Self {
            eigenvalue_exponent,
            signal_exponent,
            eigenvalue_scale: Rational::from_integer(1.into()),
            given_signal_scale: Rational::from_integer(1.into()),
            signal_law: SignalLaw::Tails,
        }
    }

    fn of(exact: &ExactPowerLaw, signal_law: SignalLaw) -> Self {
        Self {
            eigenvalue_exponent: exact.eigenvalue_exponent.clone(),
            signal_exponent: exact.signal_exponent.clone(),
            eigenvalue_scale: exact.eigenvalue_scale.clone(),
            given_signal_scale: exact.given_signal_scale.clone(),
            signal_law,
        }
    }

    fn near(&self, modes: Option<u64>) -> Option<Spectrum> {
        let nu = rational_to_f64(&self.eigenvalue_exponent);
        let kappa = self.signal_exponent.as_ref().map(rational_to_f64);
        let law = PowerLaw::new(nu, kappa)
            .and_then(|law| law.with_eigenvalue_scale(rational_to_f64(&self.eigenvalue_scale)))
            .and_then(|law| {
                law.with_signal(self.signal_law, rational_to_f64(&self.given_signal_scale))
            })
            .and_then(|law| modes.map_or(Ok(law), |n| law.with_modes(n)));
        law.ok().map(|law| law.spectrum().0)
    }

    /// `lambda_k`, k = 1..=n (index k - 1).
    pub(super) fn eigenvalues<F: Float>(
        &self,
        powers: &PowerTable<F>,
        bits: u32,
    ) -> Vec<BallOver<F>> {
        let scale = BallOver::enclosing(&self.eigenvalue_scale, bits);
        (1..=powers.last())
            .map(|k| scale.clone() * powers.at(k).clone())
            .collect()
    }

    /// `lambda_k C_kk,0`, k = 1..=n, from the table of k^-kappa (tails: up to n + 1).
    pub(super) fn signal<F: Float>(
        &self,
        powers: &PowerTable<F>,
        n: u64,
        bits: u32,
    ) -> Vec<BallOver<F>> {
        let scale = BallOver::enclosing(&self.given_signal_scale, bits);
        (1..=n)
            .map(|k| {
                scale.clone()
                    * match self.signal_law {
                        SignalLaw::Tails => powers.at(k).clone() - powers.at(k + 1).clone(),
                        SignalLaw::Terms => powers.at(k).clone() / BallOver::integer(k as i64),
                    }
            })
            .collect()
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Source {
    Listed(Box<Spectrum>, Rational),
    Law(RigorousLaw, u64),
    Infinite(RigorousLaw),
}

/// What rigorous evaluation works on; see the module's head.
#[derive(Debug, Clone, PartialEq)]
pub struct RigorousSpectrum {
    source: Source,
    null_space_loss: f64,
}

/// The modes of a finite spectrum in balls.
#[derive(Debug, Clone)]
pub struct BallModes<F> {
    eigenvalues: Vec<BallOver<F>>,
    multiplicities: Vec<BallOver<F>>,
    signal: Vec<BallOver<F>>,
}

impl<F: Float> BallModes<F> {
    /// The slices.
    ///
    /// # Errors
    /// Never for modes made by [`RigorousSpectrum::modes`].
    pub fn view(&self) -> Result<Modes<'_, BallOver<F>>, ModeError> {
        Modes::new(&self.eigenvalues, &self.multiplicities, &self.signal)
    }

    /// lambda_k.
    pub fn eigenvalues(&self) -> &[BallOver<F>] {
        &self.eigenvalues
    }

    /// m_k.
    pub fn multiplicities(&self) -> &[BallOver<F>] {
        &self.multiplicities
    }

    /// lambda_k C_kk,0; empty if unknown.
    pub fn signal(&self) -> &[BallOver<F>] {
        &self.signal
    }
}

impl RigorousSpectrum {
    /// The numbers of a finite spectrum, each widened by the relative error `eigenvalue_error`.
    ///
    /// Nodes that stand for an infinite law are not exact: use [`RigorousSpectrum::law`] there. The signal
    /// counts as given.
    ///
    /// # Errors
    /// - [`RigorousError::DroppedEigenvalues`]: eigenvalues that are 0 to rounding only were split off, so
    ///   that the modes left are another spectrum;
    /// - [`RigorousError::Nodes`]: a multiplicity that is no whole number >= 1, as in compressed spectra
    ///   and quadratures.
    pub fn listed(spectrum: &Spectrum, eigenvalue_error: Rational) -> Result<Self, RigorousError> {
        if !spectrum.null_space_is_exact() {
            return Err(RigorousError::DroppedEigenvalues);
        }
        let whole = |m: &f64| *m >= 1.0 && m.fract() == 0.0;
        if !spectrum.multiplicities().iter().all(whole) {
            return Err(RigorousError::Nodes);
        }
        Ok(Self {
            null_space_loss: spectrum.null_space_loss(),
            source: Source::Listed(Box::new(spectrum.clone()), eigenvalue_error),
        })
    }

    /// A power law, finite (`modes`) or infinite.
    ///
    /// # Errors
    /// More than [`MODES_LIMIT`] modes.
    pub fn law(law: RigorousLaw, modes: Option<u64>) -> Result<Self, RigorousError> {
        let source = match modes {
            None => Source::Infinite(law),
            Some(modes) if modes <= MODES_LIMIT => Source::Law(law, modes),
            Some(modes) => return Err(RigorousError::TooManyModes { modes }),
        };
        Ok(Self {
            source,
            null_space_loss: 0.0,
        })
    }

    /// What a SPECTRUM word named.
    ///
    /// # Errors
    /// A finite law of more than [`MODES_LIMIT`] modes, an eigenvalue error for a law, numbers that were
    /// rounded on reading, and those of [`RigorousSpectrum::listed`].
    pub fn of(loaded: &LoadedSpectrum, eigenvalue_error: Rational) -> Result<Self, RigorousError> {
        match (&loaded.exact_power_law, &loaded.power_law) {
            (Some(exact), Some(law)) => {
                if !eigenvalue_error.is_zero() {
                    return Err(RigorousError::ExactLaw);
                }
                Self::law(RigorousLaw::of(exact, law.signal_law()), law.modes())
            }
            _ => match loaded.rounded {
                Some(what) => Err(RigorousError::Rounded(what)),
                None => Self::listed(&loaded.spectrum, eigenvalue_error),
            },
        }
    }

    /// Nearby `f64` numbers, for guesses; `None` where a law leaves the range of [`PowerLaw`].
    pub(super) fn near(&self) -> Option<Spectrum> {
        match &self.source {
            Source::Listed(spectrum, _) => Some((**spectrum).clone()),
            Source::Law(law, n) => law.near(Some(*n)),
            Source::Infinite(law) => law.near(None),
        }
    }

    /// The law, if the spectrum is infinite.
    pub fn infinite_law(&self) -> Option<&RigorousLaw> {
        match &self.source {
            Source::Infinite(law) => Some(law),
            _ => None,
        }
    }

    /// Number of modes; `None` if infinite.
    pub fn modes_count(&self) -> Option<usize> {
        match &self.source {
            Source::Listed(spectrum, _) => Some(spectrum.len()),
            Source::Law(_, n) => Some(*n as usize),
            Source::Infinite(_) => None,
        }
    }

    /// Whether the signal is known.
    pub fn has_signal(&self) -> bool {
        match &self.source {
            Source::Listed(spectrum, _) => spectrum.signal().is_some(),
            Source::Law(law, _) | Source::Infinite(law) => law.signal_exponent.is_some(),
        }
    }

    /// The loss of the null space: an `f64` sum of non-negative numbers, enclosed generously.
    pub fn null_space_loss<F: Float>(&self) -> BallOver<F> {
        let value = BallOver::exact(self.null_space_loss);
        if self.null_space_loss == 0.0 {
            return value;
        }
        // n roundings of 2^-53 each, n < 2^20.
        let spread = value.above().times(Magnitude::power_of_two(-33));
        value.widened(spread)
    }

    /// lambda_max.
    pub fn largest<F: Float>(&self, bits: u32) -> BallOver<F> {
        match &self.source {
            Source::Listed(spectrum, error) => widen(spectrum.largest(), error, bits),
            Source::Law(law, _) | Source::Infinite(law) => {
                BallOver::enclosing(&law.eigenvalue_scale, bits)
            }
        }
    }

    /// All modes in balls of `bits` bits.
    ///
    /// # Errors
    /// An infinite spectrum.
    pub fn modes<F: Float>(&self, bits: u32) -> Result<BallModes<F>, RigorousError> {
        let (eigenvalues, signal) = match &self.source {
            Source::Infinite(_) => return Err(RigorousError::NeedsFinite),
            Source::Listed(spectrum, error) => (
                spectrum
                    .eigenvalues()
                    .iter()
                    .map(|&l| widen(l, error, bits))
                    .collect::<Vec<_>>(),
                spectrum.signal().map_or_else(Vec::new, |signal| {
                    signal
                        .iter()
                        .map(|&q| BallOver::exact(q).at(bits))
                        .collect()
                }),
            ),
            Source::Law(law, n) => {
                let powers = power_table(&law.eigenvalue_exponent, *n, bits);
                let signal = match &law.signal_exponent {
                    None => Vec::new(),
                    Some(kappa) => {
                        let wide = bits + 64 - n.leading_zeros();
                        law.signal(&power_table(kappa, n + 1, wide), *n, bits)
                    }
                };
                (law.eigenvalues(&powers, bits), signal)
            }
        };
        let multiplicities = match &self.source {
            Source::Listed(spectrum, _) => spectrum
                .multiplicities()
                .iter()
                .map(|&m| BallOver::exact(m))
                .collect(),
            _ => vec![BallOver::one(); eigenvalues.len()],
        };
        Ok(BallModes {
            eigenvalues,
            multiplicities,
            signal,
        })
    }
}

fn widen<F: Float>(value: f64, error: &Rational, bits: u32) -> BallOver<F> {
    let exact = BallOver::exact(value).at(bits.max(64));
    if error.is_zero() {
        return exact.at(bits);
    }
    let spread = exact
        .above()
        .times(BallOver::<F>::enclosing(error, 64).above());
    exact.at(bits).widened(spread)
}
