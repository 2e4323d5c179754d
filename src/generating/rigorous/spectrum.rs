//! Spectra as rigorous evaluation sees them: exact numbers or exact laws.
//!
//! | source | what counts as exact |
//! |---|---|
//! | numbers in memory ([`Spectrum`]) | each `f64` is the binary number it is |
//! | a file ([`GivenNumbers`]) | its numbers are; a division by N and a product `lambda_k C_kk,0` are carried out in balls. Positive eigenvalues below `N eps lambda_max` are modes like any other, only an exact 0 is the null space |
//! | a power law with finite modes | `Lambda k^-nu` and the signal law with rational parameters, k = 1..N |
//! | an infinite power law | the same for all k |
//!
//! An eigenvalue error e replaces each listed eigenvalue by the ball `lambda (1 +- e)`, and every result
//! encloses the values of all spectra in those balls. It touches what is computed from the eigenvalues:
//! the signal `lambda_k C_kk,0` of given coefficients widens with them. A signal that is given
//! itself is a number of its own and does not, nor does the null space: an exact 0 stays 0.

use super::RigorousError;
use super::powers::{PowerTable, power_table};
use crate::generating::{ModeError, Modes};
use crate::number::ball::{BallOver, Float};
use crate::number::{Rational, Ring, rational_to_f64};
use crate::spectrum::{
    ExactPowerLaw, GivenNumbers, GivenSignal, LoadedSpectrum, PowerLaw, SignalLaw, Spectrum,
};
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

/// A finite list of exact numbers.
#[derive(Debug, Clone, PartialEq)]
struct Listed {
    /// `f64` numbers near by, for guesses.
    near: Spectrum,
    /// Positive, descending; to be divided by `divisor`.
    eigenvalues: Vec<f64>,
    divisor: u64,
    multiplicities: Vec<f64>,
    beside: Option<GivenSignal>,
    /// The signal of the modes with eigenvalue 0.
    null_signal: Vec<f64>,
    eigenvalue_error: Rational,
}

impl Listed {
    fn eigenvalue<F: Float>(&self, k: usize, bits: u32) -> BallOver<F> {
        let wide = bits.max(64);
        let value = BallOver::exact(self.eigenvalues[k]).at(wide);
        let value = if self.divisor == 1 {
            value
        } else {
            value / BallOver::whole_number(self.divisor)
        };
        widen(value, &self.eigenvalue_error).at(bits)
    }

    fn signal<F: Float>(&self, k: usize, eigenvalue: &BallOver<F>, bits: u32) -> BallOver<F> {
        match &self.beside {
            None => BallOver::zero(),
            Some(GivenSignal::Signal(signal)) => BallOver::exact(signal[k]).at(bits),
            Some(GivenSignal::Coefficients(c)) => eigenvalue.clone() * BallOver::exact(c[k]),
        }
    }

    /// Whether the values beside the largest eigenvalue are all known to be 0.
    fn largest_is_silent(&self) -> bool {
        let values = match &self.beside {
            None => return false,
            Some(GivenSignal::Signal(values) | GivenSignal::Coefficients(values)) => values,
        };
        let largest = self.eigenvalues[0];
        let pairs = self.eigenvalues.iter().zip(values);
        pairs
            .take_while(|(l, _)| **l == largest)
            .all(|(_, value)| *value == 0.0)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Source {
    Listed(Box<Listed>),
    Law(RigorousLaw, u64),
    Infinite(RigorousLaw),
}

/// What rigorous evaluation works on; see the module's head.
#[derive(Debug, Clone, PartialEq)]
pub struct RigorousSpectrum {
    source: Source,
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
    /// The numbers of a finite spectrum; `eigenvalue_error` as in the module's head.
    ///
    /// Nodes that stand for an infinite law are not exact: use [`RigorousSpectrum::law`] there.
    ///
    /// # Errors
    /// - [`RigorousError::DroppedEigenvalues`]: eigenvalues that are 0 to rounding only were split off, so
    ///   that the modes left are another spectrum ([`RigorousSpectrum::given`] still has them);
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
            source: Source::Listed(Box::new(Listed {
                eigenvalues: spectrum.eigenvalues().to_vec(),
                divisor: 1,
                multiplicities: spectrum.multiplicities().to_vec(),
                beside: spectrum.signal().map(|q| GivenSignal::Signal(q.to_vec())),
                null_signal: spectrum.null_signal().to_vec(),
                near: spectrum.clone(),
                eigenvalue_error,
            })),
        })
    }

    /// The numbers of a file as they stand there; `near` is the spectrum that was read from it.
    ///
    /// # Errors
    /// [`RigorousError::NegativeEigenvalue`]: a Hessian has none, and what is negative by rounding is
    /// not known to be 0.
    pub fn given(
        numbers: &GivenNumbers,
        near: &Spectrum,
        eigenvalue_error: Rational,
    ) -> Result<Self, RigorousError> {
        let values = &numbers.eigenvalues;
        if let Some(index) = values.iter().position(|l| *l < 0.0) {
            return Err(RigorousError::NegativeEigenvalue {
                index,
                value: values[index],
            });
        }
        let mut order: Vec<usize> = (0..values.len()).filter(|&k| values[k] > 0.0).collect();
        order.sort_by(|&i, &j| values[j].total_cmp(&values[i]));
        let sorted = |list: &[f64]| order.iter().map(|&k| list[k]).collect::<Vec<_>>();
        let mut null_signal = Vec::new();
        let beside = numbers.beside.as_ref().map(|beside| match beside {
            GivenSignal::Signal(list) => {
                let silent = (0..values.len()).filter(|&k| values[k] == 0.0);
                null_signal = silent.map(|k| list[k]).collect();
                GivenSignal::Signal(sorted(list))
            }
            GivenSignal::Coefficients(list) => GivenSignal::Coefficients(sorted(list)),
        });
        Ok(Self {
            source: Source::Listed(Box::new(Listed {
                eigenvalues: sorted(values),
                divisor: numbers.divisor,
                multiplicities: vec![1.0; order.len()],
                beside,
                null_signal,
                near: near.clone(),
                eigenvalue_error,
            })),
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
        Ok(Self { source })
    }

    /// What a SPECTRUM word named.
    ///
    /// # Errors
    /// A finite law of more than [`MODES_LIMIT`] modes, an eigenvalue error for a law, and those of
    /// [`RigorousSpectrum::given`] (files) and [`RigorousSpectrum::listed`] (kernels).
    pub fn of(loaded: &LoadedSpectrum, eigenvalue_error: Rational) -> Result<Self, RigorousError> {
        match (&loaded.exact_power_law, &loaded.power_law) {
            (Some(exact), Some(law)) => {
                if !eigenvalue_error.is_zero() {
                    return Err(RigorousError::ExactLaw);
                }
                Self::law(RigorousLaw::of(exact, law.signal_law()), law.modes())
            }
            _ => match &loaded.given {
                Some(numbers) => Self::given(numbers, &loaded.spectrum, eigenvalue_error),
                None => Self::listed(&loaded.spectrum, eigenvalue_error),
            },
        }
    }

    /// Nearby `f64` numbers, for guesses; `None` where a law leaves the range of [`PowerLaw`].
    pub(super) fn near(&self) -> Option<Spectrum> {
        match &self.source {
            Source::Listed(list) => Some(list.near.clone()),
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
            Source::Listed(list) => Some(list.eigenvalues.len()),
            Source::Law(_, n) => Some(*n as usize),
            Source::Infinite(_) => None,
        }
    }

    /// Whether the signal is known.
    pub fn has_signal(&self) -> bool {
        match &self.source {
            Source::Listed(list) => list.beside.is_some(),
            Source::Law(law, _) | Source::Infinite(law) => law.signal_exponent.is_some(),
        }
    }

    /// Whether the signal is known and the modes of the largest eigenvalue have none.
    pub(crate) fn largest_is_silent(&self) -> bool {
        match &self.source {
            Source::Listed(list) => list.largest_is_silent(),
            Source::Law(..) | Source::Infinite(_) => false,
        }
    }

    /// How many modes are kept whose eigenvalue is positive but 0 to rounding: modes that the `f64`
    /// spectrum counts to the null space.
    pub fn kept_below_rounding(&self) -> usize {
        match &self.source {
            Source::Listed(list) => list.eigenvalues.len().saturating_sub(list.near.len()),
            Source::Law(..) | Source::Infinite(_) => 0,
        }
    }

    /// Near the smallest of them, if there are any.
    pub(super) fn slowest_below_rounding(&self) -> Option<f64> {
        let Source::Listed(list) = &self.source else {
            return None;
        };
        let last = list.eigenvalues.last()?;
        (self.kept_below_rounding() > 0).then(|| last / list.divisor as f64)
    }

    /// The loss of the null space, `1/2 sum signal` over eigenvalues that are 0.
    pub fn null_space_loss<F: Float>(&self, bits: u32) -> BallOver<F> {
        match &self.source {
            Source::Listed(list) => list
                .null_signal
                .iter()
                .fold(BallOver::zero(), |sum, q| {
                    sum + BallOver::exact(*q).at(bits)
                })
                .half(),
            Source::Law(..) | Source::Infinite(_) => BallOver::zero(),
        }
    }

    /// lambda_max.
    pub fn largest<F: Float>(&self, bits: u32) -> BallOver<F> {
        match &self.source {
            Source::Listed(list) => list.eigenvalue(0, bits),
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
            Source::Listed(list) => {
                let eigenvalues: Vec<BallOver<F>> = (0..list.eigenvalues.len())
                    .map(|k| list.eigenvalue(k, bits))
                    .collect();
                let signal = match &list.beside {
                    None => Vec::new(),
                    Some(_) => eigenvalues
                        .iter()
                        .enumerate()
                        .map(|(k, l)| list.signal(k, l, bits))
                        .collect(),
                };
                (eigenvalues, signal)
            }
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
            Source::Listed(list) => list
                .multiplicities
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

/// `value (1 +- error)`.
fn widen<F: Float>(value: BallOver<F>, error: &Rational) -> BallOver<F> {
    if error.is_zero() {
        return value;
    }
    let spread = value
        .above()
        .times(BallOver::<F>::enclosing(error, 64).above());
    value.widened(spread)
}
