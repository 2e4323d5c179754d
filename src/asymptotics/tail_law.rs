//! The assumption (25): exponents and scales of the tails, whatever the first modes are.
//!
//! ```text
//! lambda_k = Lambda k^-nu (1 + o(1)),   sum_{l >= k} lambda_l C_ll,0 = K k^-kappa (1 + o(1)),   zeta = kappa/nu    (25)
//! ```
//!
//! | symbol | method | range |
//! |---|---|---|
//! | nu | `eigenvalue_exponent` | > 0 |
//! | kappa | `signal_exponent` | > 0 |
//! | Lambda | `eigenvalue_scale` | > 0, an eigenvalue |
//! | K | `signal_scale` | > 0, a loss; for terms `lambda_k C_kk,0 = c k^(-kappa-1)` it is **c/kappa**, not c |
//!
//! The phase depends on strict comparisons of exponents, which rounded numbers cannot make: it is
//! decided on rationals. [`TailLaw::new`] reads an `f64` as the shortest decimal that gives it (1.3
//! means 13/10, as whoever wrote 1.3 meant), [`TailLaw::exact`] takes the rationals themselves.

use super::error::positive;
use super::{AsymptoticsError, Phase};
use crate::number::{Rational, Ring, parse_rational, rational_from_f64, rational_to_f64};
use crate::spectrum::{ExactPowerLaw, PowerLaw};

/// nu, kappa, Lambda and K of (25) with their phase.
///
/// # What this does not mean
/// Four numbers are no law: that a spectrum has these tails, and goes on with them, is the caller's claim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TailLaw {
    nu: f64,
    kappa: f64,
    eigenvalue_scale: f64,
    signal_scale: f64,
    zeta: f64,
    border_distance: f64,
    infinite_trace_of_covariance: bool,
    phase: Phase,
}

/// The rational that the shortest decimal of `value` names.
fn as_written(value: f64) -> Option<Rational> {
    parse_rational(&format!("{value:e}"))
        .ok()
        .or_else(|| rational_from_f64(value))
}

impl TailLaw {
    /// From numbers, measured or written; see the module's head for how the phase is decided.
    ///
    /// # Errors
    /// An exponent or scale that is not positive and finite.
    pub fn new(
        eigenvalue_exponent: f64,
        signal_exponent: f64,
        eigenvalue_scale: f64,
        signal_scale: f64,
    ) -> Result<Self, AsymptoticsError> {
        let nu = positive("eigenvalue exponent nu", eigenvalue_exponent)?;
        let kappa = positive("signal exponent kappa", signal_exponent)?;
        let (Some(exact_nu), Some(exact_kappa)) = (as_written(nu), as_written(kappa)) else {
            return Err(AsymptoticsError::Range("an exponent"));
        };
        Self::exact(&exact_nu, &exact_kappa, eigenvalue_scale, signal_scale)
    }

    /// From exact exponents.
    ///
    /// # Errors
    /// An exponent or scale that is not positive and finite.
    pub fn exact(
        eigenvalue_exponent: &Rational,
        signal_exponent: &Rational,
        eigenvalue_scale: f64,
        signal_scale: f64,
    ) -> Result<Self, AsymptoticsError> {
        let nu = positive(
            "eigenvalue exponent nu",
            rational_to_f64(eigenvalue_exponent),
        )?;
        let kappa = positive("signal exponent kappa", rational_to_f64(signal_exponent))?;
        let phase = Phase::of_power_law(eigenvalue_exponent, Some(signal_exponent))
            .ok_or(AsymptoticsError::NoSignal)?;
        let (one, two) = (
            <Rational as Ring>::one(),
            <Rational as Ring>::from_integer(2),
        );
        let distance = (signal_exponent + &one) / eigenvalue_exponent - two;
        Ok(Self {
            nu,
            kappa,
            eigenvalue_scale: positive("eigenvalue scale Lambda", eigenvalue_scale)?,
            signal_scale: positive("signal scale K", signal_scale)?,
            zeta: rational_to_f64(&(signal_exponent / eigenvalue_exponent)),
            border_distance: rational_to_f64(&distance),
            infinite_trace_of_covariance: signal_exponent <= eigenvalue_exponent,
            phase,
        })
    }

    /// The tails of a power law (of the same law without end, if it has a last mode).
    ///
    /// # Errors
    /// [`AsymptoticsError::NoSignal`] without kappa.
    pub fn of(law: &PowerLaw) -> Result<Self, AsymptoticsError> {
        let (Some(kappa), Some(signal_scale)) = (law.signal_exponent(), law.signal_scale()) else {
            return Err(AsymptoticsError::NoSignal);
        };
        Self::new(
            law.eigenvalue_exponent(),
            kappa,
            law.eigenvalue_scale(),
            signal_scale,
        )
    }

    /// The tails of a power law whose exponents are known as written.
    ///
    /// # Errors
    /// [`AsymptoticsError::NoSignal`] without kappa.
    pub fn of_written(law: &PowerLaw, exact: &ExactPowerLaw) -> Result<Self, AsymptoticsError> {
        let (Some(kappa), Some(signal_scale)) = (&exact.signal_exponent, law.signal_scale()) else {
            return Err(AsymptoticsError::NoSignal);
        };
        Self::exact(
            &exact.eigenvalue_exponent,
            kappa,
            law.eigenvalue_scale(),
            signal_scale,
        )
    }

    /// nu.
    pub const fn eigenvalue_exponent(&self) -> f64 {
        self.nu
    }

    /// kappa.
    pub const fn signal_exponent(&self) -> f64 {
        self.kappa
    }

    /// Lambda.
    pub const fn eigenvalue_scale(&self) -> f64 {
        self.eigenvalue_scale
    }

    /// K.
    pub const fn signal_scale(&self) -> f64 {
        self.signal_scale
    }

    /// zeta = kappa/nu: the loss exponent of the signal.
    pub const fn zeta(&self) -> f64 {
        self.zeta
    }

    /// 2 - 1/nu: the loss exponent of the noise (for nu > 1).
    pub fn noise_exponent(&self) -> f64 {
        2.0 - 1.0 / self.nu
    }

    /// `zeta - (2 - 1/nu)`, free of cancellation: negative where the signal dominates.
    pub const fn border_distance(&self) -> f64 {
        self.border_distance
    }

    /// The phase, decided on exact exponents.
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The assumption nu > 1 of Theorem 2 and Section 6, decided exactly.
    ///
    /// # Errors
    /// [`AsymptoticsError::ImmediateDivergence`] for nu <= 1/2, [`AsymptoticsError::EventualDivergence`] for
    /// 1/2 < nu <= 1.
    pub fn convergent(&self) -> Result<(), AsymptoticsError> {
        match self.phase {
            Phase::ImmediateDivergence => Err(AsymptoticsError::ImmediateDivergence(self.nu)),
            Phase::EventualDivergence => Err(AsymptoticsError::EventualDivergence(self.nu)),
            Phase::SignalDominated | Phase::NoiseDominated | Phase::Border => Ok(()),
        }
    }

    /// That the phase is `needed`, one of the three with nu > 1.
    ///
    /// # Errors
    /// As [`TailLaw::convergent`]; [`AsymptoticsError::WrongPhase`] in another of the three.
    pub fn require(&self, needed: Phase) -> Result<(), AsymptoticsError> {
        self.convergent()?;
        if self.phase == needed {
            return Ok(());
        }
        Err(AsymptoticsError::WrongPhase {
            found: self.phase,
            needed,
        })
    }

    /// Whether Tr C0 = sum C_kk,0, and with it V(1), is infinite: zeta <= 1, decided exactly.
    pub const fn infinite_trace_of_covariance(&self) -> bool {
        self.infinite_trace_of_covariance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::SignalLaw;

    #[test]
    fn a_decimal_is_read_as_written_so_the_border_is_hit() {
        // 2 nu - 1 = 1.6 exactly, although 1.3_f64 and 1.6_f64 are not.
        let border = TailLaw::new(1.3, 1.6, 1.0, 1.0).unwrap();
        assert_eq!(border.phase(), Phase::Border);
        assert_eq!(border.border_distance(), 0.0);
        let below = TailLaw::new(1.3, 1.599_999_999_999, 1.0, 1.0).unwrap();
        assert_eq!(below.phase(), Phase::SignalDominated);
        assert!(below.border_distance() < 0.0 && below.border_distance() > -1e-12);
    }

    #[test]
    fn the_scale_of_terms_is_divided_by_kappa() {
        let law = PowerLaw::new(1.5, Some(3.0))
            .and_then(|law| law.with_signal(SignalLaw::Terms, 6.0))
            .unwrap();
        assert_eq!(TailLaw::of(&law).unwrap().signal_scale(), 2.0);
        let silent = PowerLaw::new(1.5, None).unwrap();
        assert_eq!(TailLaw::of(&silent), Err(AsymptoticsError::NoSignal));
    }

    #[test]
    fn each_phase_meets_its_own_requirement_only() {
        let phases = [
            (0.5, 1.0, Phase::ImmediateDivergence),
            (1.0, 1.0, Phase::EventualDivergence),
            (1.5, 1.0, Phase::SignalDominated),
            (1.5, 2.0, Phase::Border),
            (1.5, 3.0, Phase::NoiseDominated),
        ];
        for (nu, kappa, phase) in phases {
            let tail = TailLaw::new(nu, kappa, 1.0, 1.0).unwrap();
            assert_eq!(tail.convergent().is_ok(), nu > 1.0, "{nu}");
            for (_, _, needed) in &phases[2..] {
                let expected = match phase {
                    Phase::ImmediateDivergence => Err(AsymptoticsError::ImmediateDivergence(0.5)),
                    Phase::EventualDivergence => Err(AsymptoticsError::EventualDivergence(1.0)),
                    found if found == *needed => Ok(()),
                    found => Err(AsymptoticsError::WrongPhase {
                        found,
                        needed: *needed,
                    }),
                };
                assert_eq!(tail.require(*needed), expected, "{phase:?} {needed:?}");
            }
        }
    }

    #[test]
    fn what_is_not_positive_is_named() {
        for (nu, kappa, scale, signal, word) in [
            (0.0, 1.0, 1.0, 1.0, "nu"),
            (1.0, -1.0, 1.0, 1.0, "kappa"),
            (1.0, 1.0, f64::NAN, 1.0, "Lambda"),
            (1.0, 1.0, 1.0, f64::INFINITY, "signal scale K"),
        ] {
            let error = TailLaw::new(nu, kappa, scale, signal).unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
    }
}
