//! Stability, proved: the verdict, U(1), V(1), the edge, lambda_crit and r_L in balls.
//!
//! | quantity | how it is enclosed |
//! |---|---|
//! | U(1), V(1) | finite: the sum; infinite: [`LawAtOne`](crate::generating::rigorous::LawAtOne) |
//! | critical learning rate | U(1) = gamma/(2q) sum a/(1 - a x) rises with alpha wherever all a x < 1: its signs against 1 at both ends of a bracket |
//! | lambda_crit | sum lambda/(tau lambda + y) falls with y: the same |
//! | r_L | z U(z) rises on (0, 1) (Lemma 1.3, whose R is independent of g): signs of z U(z) - 1 |
//!
//! **Verdict.** Let p_1 = alpha lambda_max < 2 (1+b) and S(p_1, .) > 0 on (0, 1]. As a function of a,
//! S = c0 + c1 a + c2 a^2 with c0, c1 > 0 on (0, 1): where c2 >= 0 it is positive, else concave, so S(p_1, z) > 0
//! implies S(a, z) > 0 for all a in (0, p_1]. Then U has no singularity on (0, 1], z U(z) rises
//! there (R > 0 is `zu_increasing`), and L, whose coefficients are not negative (the losses; tau <= 1),
//! has its radius of convergence at its first positive singularity (Pringsheim): none on (0, 1] if
//! U(1) < 1; the root of z U = 1 in (0, 1) if U(1) > 1. For 0 <= tau this is Proposition 3, for tau < 0 the
//! same argument with positivity of S shown by the Bernstein coefficients of the cubic S(p_1, .) on pieces
//! of [0, 1]. If S(p_1, 1) < 0 and gamma > 0, S(p_1, .) vanishes inside (0, 1), z U reaches 1 before: unstable.
//!
//! **Unknown.** A sign that the digits asked for do not decide is tried again with more bits, up to
//! [`MOST_BITS`], as long as that narrows the enclosure. What is left is a setting on the critical value
//! to all those bits (deciding width 0: no enclosure decides an equality), or inputs given with an error.
//!
//! **r_L** is min(1, radius of convergence of L): a stable L is analytic beyond 1, its r_L is 1 exactly.

mod answer;
mod domain;
mod roots;
mod setting;

pub use answer::{Enclosed, RigorousStability, RigorousVerdict};

use crate::generating::Parameters;
use crate::generating::rigorous::{ExactHyperparameters, RigorousError, RigorousSpectrum};
use crate::number::{Ball, Rational, Ring};
use crate::spectrum::Spectrum;
use domain::{Domain, domain};
use roots::{complement_of_radius, edge, regularization};
use setting::Setting;

/// Bits beyond which an undecided sign is not tried again.
pub const MOST_BITS: u32 = 2048;
/// Modes times bits of one more attempt.
const MOST_WORK: f64 = 1e8;

/// What one precision says.
enum Judged {
    Decided(RigorousVerdict),
    /// The test, and the quantity tested less its critical value.
    Open(&'static str, Option<Ball>),
}

/// The verdict that U(1) and the place of the learning rate allow.
fn judge(setting: &Setting<'_>, place: Domain, u: &Enclosed) -> Judged {
    let noisy = !setting.exact.is_noiseless();
    let one = Rational::from_integer(1.into());
    let law = setting.spectrum.infinite_law();
    if noisy && law.is_some_and(|l| &l.eigenvalue_exponent + &l.eigenvalue_exponent <= one) {
        return Judged::Decided(RigorousVerdict::ImmediateDivergence);
    }
    match place {
        // Without noise a mode without signal stays at rest, however large its eigenvalue.
        Domain::Outside if !noisy && setting.spectrum.largest_is_silent() => {
            Judged::Open("signal in a mode beyond the noiseless edge", None)
        }
        Domain::Outside => Judged::Decided(RigorousVerdict::ProvedUnstable),
        Domain::Undecided(test, gap) => Judged::Open(test, gap),
        Domain::Inside if !noisy => Judged::Decided(RigorousVerdict::ProvedStable),
        Domain::Inside if setting.eventual() => {
            Judged::Decided(RigorousVerdict::EventualDivergence)
        }
        Domain::Inside => {
            let Enclosed::Finite(u) = u else {
                return Judged::Open("U(1) was not enclosed", None);
            };
            let gap = Ball::integer(1) - u.clone();
            if gap.is_positive() {
                Judged::Decided(RigorousVerdict::ProvedStable)
            } else if gap.is_negative() {
                Judged::Decided(RigorousVerdict::ProvedUnstable)
            } else {
                Judged::Open("U(1) < 1", Some(gap))
            }
        }
    }
}

/// The rigorous counterpart of [`super::judge`] and [`super::assess`].
///
/// `near` is the `f64` spectrum that guesses are made from. `digits` are significant decimal
/// digits; quantities that cannot be had to these digits are [`Enclosed::Absent`] with the reason, or wider
/// where the spectrum itself is given with an error.
///
/// # What this does not mean
/// As for [`super::judge`]: it is about the averaged loss of the SE dynamics with constant
/// parameters, and the inputs count as exact up to the eigenvalue error that was given. `Unknown` is an answer: the
/// inputs do not decide.
///
/// # Errors
/// Hyperparameters that `f64` cannot hold.
pub fn assess_rigorously(
    spectrum: &RigorousSpectrum,
    near: &Spectrum,
    exact: &ExactHyperparameters,
    digits: u32,
) -> Result<RigorousStability, RigorousError> {
    let bits = (f64::from(digits) * std::f64::consts::LOG2_10).ceil() as u32 + 64;
    let first = Attempt::new(spectrum, near, exact, bits)?;
    let decided = first.with_more_bits(near)?;
    let (verdict, u) = (decided.verdict, decided.noise_function);
    let Attempt {
        setting,
        inside,
        p,
        noiseless,
        ..
    } = first;
    let noisy = !exact.is_noiseless();
    let eventual = setting.eventual();
    let v = if inside {
        setting.signal_at_one(&p)
    } else {
        Enclosed::Absent("V(1) has no meaning at or beyond the noiseless edge".to_owned())
    };
    let edge = Enclosed::of(edge(&setting, digits, &noiseless));
    let regularization = if eventual {
        Enclosed::Infinite
    } else {
        Enclosed::of(regularization(&setting, digits))
    };
    let complement = match verdict {
        RigorousVerdict::ProvedStable => Enclosed::Finite(Ball::zero()),
        RigorousVerdict::ImmediateDivergence => Enclosed::Finite(Ball::integer(1)),
        RigorousVerdict::Unknown { .. } => Enclosed::Absent("the verdict is unknown".to_owned()),
        _ if !noisy => Enclosed::Absent(
            "without noise r_L is a zero of S at lambda_max, which is not enclosed here".to_owned(),
        ),
        _ => Enclosed::of(complement_of_radius(&setting, digits, inside)),
    };
    let radius = match &complement {
        Enclosed::Finite(e) => Enclosed::Finite(Ball::integer(1) - e.clone()),
        other => other.clone(),
    };
    Ok(RigorousStability {
        verdict,
        noise_function_at_1: u,
        signal_function_at_1: v,
        critical_learning_rate: edge,
        noiseless_critical_learning_rate: Enclosed::Finite(noiseless),
        critical_regularization: regularization,
        convergence_radius: radius,
        convergence_radius_complement: complement,
    })
}

/// The verdict's tests at one precision.
struct Attempt<'a> {
    setting: Setting<'a>,
    p: Parameters<Ball>,
    noiseless: Ball,
    inside: bool,
    noise_function: Enclosed,
    judged: Judged,
}

/// What [`Attempt::with_more_bits`] ends with.
struct Decision {
    verdict: RigorousVerdict,
    noise_function: Enclosed,
}

impl<'a> Attempt<'a> {
    fn new(
        spectrum: &'a RigorousSpectrum,
        near: &Spectrum,
        exact: &'a ExactHyperparameters,
        bits: u32,
    ) -> Result<Self, RigorousError> {
        let setting = Setting::new(spectrum, near, exact, bits)?;
        let p = exact.balls(bits);
        let one = Rational::from_integer(1.into());
        let plus = Ball::enclosing(&(&one + exact.momentum()), bits);
        let noiseless = (plus.clone() + plus) / spectrum.largest(bits);
        let place = domain(spectrum, exact, bits);
        let inside = matches!(place, Domain::Inside);
        let noise_function = if exact.is_noiseless() {
            Enclosed::Finite(Ball::zero())
        } else if setting.eventual() {
            Enclosed::Infinite
        } else if inside {
            Enclosed::of(setting.noise_at_one(&p))
        } else {
            Enclosed::Absent("U(1) has no meaning at or beyond the noiseless edge".to_owned())
        };
        let judged = judge(&setting, place, &noise_function);
        Ok(Self {
            setting,
            p,
            noiseless,
            inside,
            noise_function,
            judged,
        })
    }

    /// The verdict, with more bits as long as they narrow what is open.
    fn with_more_bits(&self, near: &Spectrum) -> Result<Decision, RigorousError> {
        let (mut test, mut gap) = match &self.judged {
            Judged::Decided(verdict) => {
                return Ok(Decision {
                    verdict: verdict.clone(),
                    noise_function: self.noise_function.clone(),
                });
            }
            Judged::Open(test, gap) => (*test, gap.clone()),
        };
        let (spectrum, exact) = (self.setting.spectrum, self.setting.exact);
        let modes = spectrum.modes_count().unwrap_or(1000) as f64;
        let mut noise_function = self.noise_function.clone();
        let mut bits = self.setting.bits;
        let mut narrowing = true;
        while let Some(known) = gap.as_ref().filter(|_| narrowing) {
            bits *= 2;
            if bits > MOST_BITS || modes * f64::from(bits) > MOST_WORK {
                break;
            }
            let next = Attempt::new(spectrum, near, exact, bits)?;
            match next.judged {
                Judged::Decided(verdict) => {
                    return Ok(Decision {
                        verdict,
                        noise_function: next.noise_function,
                    });
                }
                Judged::Open(which, found) => {
                    narrowing = found
                        .as_ref()
                        .is_some_and(|found| found.radius().log2() < known.radius().log2() - 1.0);
                    (test, gap) = (which, found);
                    noise_function = next.noise_function;
                }
            }
        }
        let deciding_width = gap.map(|gap| if narrowing { 0.0 } else { gap.to_f64().abs() });
        Ok(Decision {
            verdict: RigorousVerdict::Unknown {
                test,
                deciding_width,
            },
            noise_function,
        })
    }
}
