//! Stability, proved: the verdict, U(1), V(1), the edge, lambda_crit and r_L in balls.
//!
//! | quantity | how it is enclosed |
//! |---|---|
//! | U(1), V(1) | finite: the sum; infinite: [`LawAtOne`] |
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

use super::edge::checked::critical_regularization;
use super::{checked, dominant_root};
use crate::closed_form::per_mode;
use crate::generating::rigorous::{
    ExactHyperparameters, LawAt, LawAtOne, RigorousError, RigorousSpectrum, factor_and_shift,
};
use crate::generating::{Parameters, Point, noise_function, signal_function_at_one};
use crate::number::ball::Magnitude;
use crate::number::{Ball, Complex, Rational, Ring, rational_to_f64};
use crate::spectrum::Spectrum;
use num_traits::Signed;

/// What is proved about the loss.
#[derive(Debug, Clone, PartialEq)]
pub enum RigorousVerdict {
    /// The loss converges: a theorem with the numbers enclosed.
    ProvedStable,
    /// The loss diverges exponentially: the same.
    ProvedUnstable,
    /// nu <= 1/2 and noise: infinite after one step.
    ImmediateDivergence,
    /// nu <= 1 and noise: diverges at any learning rate.
    EventualDivergence,
    /// No sign was decided.
    Unknown {
        /// Which test.
        test: &'static str,
        /// The half-width of the enclosure of the quantity tested that would decide it: the distance
        /// of its midpoint from the critical value. 0 where the two agree to all bits tried; `None`
        /// where the test is not of this kind.
        deciding_width: Option<f64>,
    },
}

/// Bits beyond which an undecided sign is not tried again.
pub const MOST_BITS: u32 = 2048;
/// Modes times bits of one more attempt.
const MOST_WORK: f64 = 1e8;

impl RigorousVerdict {
    /// The word in JSON, as in [`super::Verdict`].
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ProvedStable => "stable",
            Self::ProvedUnstable => "unstable",
            Self::ImmediateDivergence => "immediate-divergence",
            Self::EventualDivergence => "eventual-divergence",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// A quantity that may be infinite or without meaning.
#[derive(Debug, Clone)]
pub enum Enclosed {
    /// Finite.
    Finite(Ball),
    /// Infinite, by a theorem on the exponents.
    Infinite,
    /// Without meaning here, or refused, with the reason.
    Absent(String),
}

impl Enclosed {
    fn of(result: Result<Ball, RigorousError>) -> Self {
        result.map_or_else(|error| Self::Absent(error.to_string()), Self::Finite)
    }
}

/// The verdict with everything it rests on.
#[derive(Debug, Clone)]
pub struct RigorousStability {
    /// The verdict.
    pub verdict: RigorousVerdict,
    /// U(1).
    pub noise_function_at_1: Enclosed,
    /// V(1).
    pub signal_function_at_1: Enclosed,
    /// The edge; 0 where there is none.
    pub critical_learning_rate: Enclosed,
    /// 2 (1+b)/lambda_max.
    pub noiseless_critical_learning_rate: Enclosed,
    /// lambda_crit.
    pub critical_regularization: Enclosed,
    /// r_L.
    pub convergence_radius: Enclosed,
    /// 1 - r_L, with its own digits.
    pub convergence_radius_complement: Enclosed,
}

/// What one precision says.
enum Judged {
    Decided(RigorousVerdict),
    /// The test, and the quantity tested less its critical value.
    Open(&'static str, Option<Ball>),
}

/// Where the learning rate lies.
enum Domain {
    Inside,
    Outside,
    Undecided(&'static str, Option<Ball>),
}

/// Everything that evaluations share.
struct Setting<'a> {
    spectrum: &'a RigorousSpectrum,
    exact: &'a ExactHyperparameters,
    near: Spectrum,
    bits: u32,
    at_one: Option<LawAtOne<crate::number::ball::Backend>>,
    modes: Option<crate::generating::rigorous::BallModes<crate::number::ball::Backend>>,
}

impl<'a> Setting<'a> {
    fn new(
        spectrum: &'a RigorousSpectrum,
        near: &Spectrum,
        exact: &'a ExactHyperparameters,
        bits: u32,
    ) -> Result<Self, RigorousError> {
        let (at_one, modes) = match spectrum.infinite_law() {
            Some(law) if law.eigenvalue_exponent > Rational::from_integer(1.into()) => {
                (Some(LawAtOne::new(law, bits)?), None)
            }
            Some(_) => (None, None),
            None => (None, Some(spectrum.modes(bits)?)),
        };
        Ok(Self {
            spectrum,
            exact,
            near: near.clone(),
            bits,
            at_one,
            modes,
        })
    }

    /// H(s, x) = sum s lambda/(1 - s lambda x).
    fn harmonic(&self, s: &Ball, x: &Ball) -> Result<Ball, RigorousError> {
        if let Some(law) = &self.at_one {
            return law.harmonic(s, x);
        }
        let modes = self.modes.as_ref().ok_or(RigorousError::InfiniteTrace)?;
        let one = Ball::integer(1);
        // a/(1 - a x) as 1/(1/a - x): an eigenvalue known to +-e is used once, and widens the sum by no more.
        Ok(modes
            .eigenvalues()
            .iter()
            .zip(modes.multiplicities())
            .rev()
            .fold(Ball::zero(), |sum, (l, m)| {
                let a = s.clone() * l.clone();
                sum + m.clone() / (one.clone() / a - x.clone())
            }))
    }

    fn noise_at_one(&self, p: &Parameters<Ball>) -> Result<Ball, RigorousError> {
        match (&self.at_one, &self.modes) {
            (Some(law), _) => law.noise_function(p),
            (None, Some(_)) => {
                let (factor, x) = factor_and_shift(p);
                Ok(factor * self.harmonic(&p.learning_rate, &x)?)
            }
            _ => Err(RigorousError::InfiniteTrace),
        }
    }

    /// Whether nu <= 1.
    fn eventual(&self) -> bool {
        let law = self.spectrum.infinite_law();
        law.is_some_and(|l| l.eigenvalue_exponent <= Rational::from_integer(1.into()))
    }

    fn judge(&self, place: Domain, u: &Enclosed) -> Judged {
        let noisy = !self.exact.is_noiseless();
        let one = Rational::from_integer(1.into());
        let law = self.spectrum.infinite_law();
        if noisy && law.is_some_and(|l| &l.eigenvalue_exponent + &l.eigenvalue_exponent <= one) {
            return Judged::Decided(RigorousVerdict::ImmediateDivergence);
        }
        match place {
            // Without noise a mode without signal stays at rest, however large its eigenvalue.
            Domain::Outside if !noisy && self.spectrum.largest_is_silent() => {
                Judged::Open("signal in a mode beyond the noiseless edge", None)
            }
            Domain::Outside => Judged::Decided(RigorousVerdict::ProvedUnstable),
            Domain::Undecided(test, gap) => Judged::Open(test, gap),
            Domain::Inside if !noisy => Judged::Decided(RigorousVerdict::ProvedStable),
            Domain::Inside if self.eventual() => {
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

    fn undecided(&self, what: &'static str) -> RigorousError {
        RigorousError::Undecided {
            what,
            bits: self.bits,
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
        signal_at_one(&setting, &p)
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
        let judged = setting.judge(place, &noise_function);
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

fn signal_at_one(setting: &Setting<'_>, p: &Parameters<Ball>) -> Enclosed {
    if !setting.spectrum.has_signal() {
        return Enclosed::Absent("the spectrum has no signal".to_owned());
    }
    if let Some(law) = setting.spectrum.infinite_law() {
        let infinite = law
            .signal_exponent
            .as_ref()
            .is_some_and(|kappa| *kappa <= law.eigenvalue_exponent);
        if infinite {
            return Enclosed::Infinite;
        }
        return match &setting.at_one {
            None => Enclosed::Absent("V(1) is not enclosed for nu <= 1".to_owned()),
            Some(law) => match law.signal_function(p) {
                Ok(Some(value)) => Enclosed::Finite(value),
                Ok(None) => Enclosed::Infinite,
                Err(error) => Enclosed::Absent(error.to_string()),
            },
        };
    }
    match setting.modes.as_ref().map(|modes| modes.view()) {
        Some(Ok(view)) => Enclosed::Finite(signal_function_at_one(p, &view)),
        _ => Enclosed::Absent("no modes".to_owned()),
    }
}

/// alpha against 2 (1+b)/lambda_max, and S(p_1, .) > 0 on (0, 1] for tau < 0.
fn domain(spectrum: &RigorousSpectrum, exact: &ExactHyperparameters, bits: u32) -> Domain {
    let p: Parameters<Ball> = exact.balls(bits);
    let a = p.learning_rate.clone() * spectrum.largest(bits);
    let edge = Ball::integer(2) * (Ball::integer(1) + p.momentum.clone());
    let room = edge - a.clone();
    if room.is_negative() {
        return Domain::Outside;
    }
    if !room.is_positive() {
        let test = "learning rate below the noiseless edge";
        return Domain::Undecided(test, Some(room));
    }
    if exact.is_noiseless() || !exact.tau().is_negative() {
        return Domain::Inside;
    }
    let g = p.noise_tau();
    let [_, at_one] = per_mode::noise_term_at_one(a.clone(), p.momentum.clone(), g.clone());
    if at_one.is_negative() {
        return Domain::Outside;
    }
    if !at_one.is_positive() {
        let test = "learning rate below the edge of tau < 0";
        return Domain::Undecided(test, Some(at_one));
    }
    if positive_up_to(&a, &p.momentum, &g, &Ball::integer(1).at(bits)) {
        Domain::Inside
    } else {
        Domain::Undecided("S(alpha lambda_max, .) > 0 on [0, 1]", None)
    }
}

/// Whether S(a, b, g, .) > 0 on [0, z] is shown by Bernstein coefficients on pieces of it.
fn positive_up_to(a: &Ball, b: &Ball, g: &Ball, z: &Ball) -> bool {
    // A cubic f has the Bernstein coefficients f(0), f(0) + f'(0)/3, f(1) - f'(1)/3, f(1) on [0, 1];
    // three more values fix the inner ones: exact for cubics.
    let s = |x: &Ball| {
        let point = x.clone() * z.clone();
        let e = Ball::integer(1) - point.clone();
        let c = per_mode::denominator_coefficients(b.clone(), g.clone(), point, e);
        per_mode::denominator(&c, a.clone())
    };
    let value =
        |numerator: i64| s(&(Ball::integer(numerator).at(z.bits().max(64)) / Ball::integer(3)));
    let (f0, f1, f2, f3) = (value(0), value(1), value(2), value(3));
    let n = |x: &Ball, k: i64| x.clone() * Ball::integer(k);
    let six = Ball::integer(6);
    let b1 = (n(&f1, 18) - n(&f0, 5) - n(&f2, 9) + n(&f3, 2)) / six.clone();
    let b2 = (n(&f2, 18) - n(&f3, 5) - n(&f1, 9) + n(&f0, 2)) / six;
    let mut stack = vec![([f0, b1, b2, f3], 0)];
    while let Some((c, depth)) = stack.pop() {
        if c.iter().all(Ball::is_positive) {
            continue;
        }
        if depth > 60 || c[0].is_negative() || c[3].is_negative() {
            return false;
        }
        let mid = |x: &Ball, y: &Ball| (x.clone() + y.clone()).half();
        let (p, q, r) = (mid(&c[0], &c[1]), mid(&c[1], &c[2]), mid(&c[2], &c[3]));
        let (u, v) = (mid(&p, &q), mid(&q, &r));
        let w = mid(&u, &v);
        let [first, _, _, last] = c;
        stack.push(([first, p, u, w.clone()], depth + 1));
        stack.push(([w, v, r, last], depth + 1));
    }
    true
}

/// The root of an increasing function near `guess`: secant steps on midpoints, then signs at both
/// ends of a bracket, from narrow to wide.
fn increasing_root(
    what: &'static str,
    guess: &Ball,
    digits: u32,
    bits: u32,
    f: impl Fn(&Ball) -> Result<Ball, RigorousError>,
) -> Result<Ball, RigorousError> {
    let mut x = guess.centre().at(bits);
    let mut previous = (x.clone() * (Ball::integer(1) + Ball::integer(1).shifted(-30))).centre();
    let mut before = f(&previous)?.centre();
    for _ in 0..12 {
        let here = f(&x)?;
        let value = here.centre();
        let step = value.clone() * (x.clone() - previous.clone()) / (value.clone() - before);
        if step.is_whole() {
            break;
        }
        let next = (x.clone() - step.clone()).centre();
        previous = x;
        before = value;
        x = next;
        if step.above().log2() < x.above().log2() - f64::from(bits) + 12.0 || !here_decides(&here) {
            break;
        }
    }
    let size = x.above().log2();
    let finest = -(f64::from(digits) * std::f64::consts::LOG2_10) - 8.0;
    let mut exponent = (size + finest).floor() as i64;
    // Wider brackets serve spectra that are known less well than the digits asked for.
    while (exponent as f64) < size - 2.0 {
        let step = Ball::integer(1).shifted(exponent);
        let (low, high) = (x.clone() - step.clone(), x.clone() + step);
        if let (Ok(l), Ok(h)) = (f(&low), f(&high))
            && l.is_negative()
            && h.is_positive()
        {
            return Ok(x.widened(Magnitude::power_of_two(exponent)));
        }
        exponent += 2;
    }
    Err(RigorousError::Undecided { what, bits })
}

/// Whether a value still differs from zero beyond its radius: else secant steps are noise.
fn here_decides(value: &Ball) -> bool {
    value.is_positive() || value.is_negative()
}

fn edge(setting: &Setting<'_>, digits: u32, noiseless: &Ball) -> Result<Ball, RigorousError> {
    let exact = setting.exact;
    if exact.is_noiseless() {
        return Ok(noiseless.clone());
    }
    if setting.at_one.is_none() && setting.modes.is_none() {
        // nu <= 1: no learning rate is stable.
        return Ok(Ball::zero());
    }
    let p: Parameters<Ball> = exact.balls(setting.bits);
    let (factor, x) = factor_and_shift(&p);
    let one = Ball::integer(1);
    let single = setting.modes.as_ref().is_some_and(|modes| {
        let total = modes.multiplicities().iter().cloned();
        let total = total.fold(Ball::zero(), |sum, m| sum + m);
        total.partial_cmp(&one) == Some(std::cmp::Ordering::Equal)
    });
    if single && exact.tau() == &Rational::from_integer(1.into()) {
        // One mode at tau = 1: U(1) = 1/tau = 1 exactly at the noiseless edge, below 1 before it.
        return Ok(noiseless.clone());
    }
    let near = exact.near()?;
    let guess = checked::critical_learning_rate(
        &setting.near,
        near.momentum(),
        near.noise_amplitude(),
        near.tau(),
    );
    let largest = setting.spectrum.largest(setting.bits);
    let f = |alpha: &Ball| {
        // Only where alpha lambda_max x < 1 and below the noiseless edge is U(1) what it says.
        let inside = one.clone() - alpha.clone() * largest.clone() * x.clone();
        if !inside.is_positive() {
            return Err(setting.undecided("the domain of U(1)"));
        }
        Ok(factor.clone() * setting.harmonic(alpha, &x)? - one.clone())
    };
    if let Ok(at_noiseless) = f(noiseless)
        && at_noiseless.is_negative()
    {
        return Ok(noiseless.clone());
    }
    let root = increasing_root(
        "the critical learning rate",
        &Ball::exact(guess),
        digits,
        setting.bits,
        f,
    )?;
    if (noiseless.clone() - root.clone()).is_negative() {
        return Ok(noiseless.clone());
    }
    Ok(root)
}

fn regularization(setting: &Setting<'_>, digits: u32) -> Result<Ball, RigorousError> {
    let tau = setting.exact.tau();
    let guess = critical_regularization(&setting.near, rational_to_f64(tau));
    if guess == 0.0 {
        let single = setting
            .modes
            .as_ref()
            .is_some_and(|modes| modes.eigenvalues().len() == 1);
        return if single && tau == &Rational::from_integer(1.into()) {
            Ok(Ball::zero())
        } else {
            Err(setting.undecided("lambda_crit"))
        };
    }
    let x = -Ball::enclosing(tau, setting.bits);
    let one = Ball::integer(1);
    let largest = setting.spectrum.largest(setting.bits);
    // 1 - H(1/y, -tau) rises with y where y + tau lambda_max > 0.
    increasing_root(
        "lambda_crit",
        &Ball::exact(guess),
        digits,
        setting.bits,
        |y| {
            let inside = y.clone() - largest.clone() * x.clone();
            if !inside.is_positive() || !y.is_positive() {
                return Err(setting.undecided("the domain of lambda_crit"));
            }
            Ok(one.clone() - setting.harmonic(&(one.clone() / y.clone()), &x)?)
        },
    )
}

/// z U(z) - 1 at a real z in (0, 1), given as e = 1 - z.
fn coupling_excess(
    setting: &Setting<'_>,
    p: &Parameters<Ball>,
    law: Option<&LawAt>,
    e: &Ball,
) -> Result<Ball, RigorousError> {
    let point = Point::from_complement(e.clone());
    let u = match (law, &setting.modes) {
        (Some(law), _) => {
            let complex = Point::from_complement(Complex::real(e.clone()));
            law.values(p, &complex)?.noise.re
        }
        (None, Some(modes)) => {
            let view = modes.view().map_err(|_| RigorousError::NeedsFinite)?;
            noise_function(p, &view, &point)
        }
        _ => return Err(RigorousError::NeedsFinite),
    };
    Ok(point.z() * u - Ball::integer(1))
}

/// e = 1 - z where z U(z) = 1 has its first root in (0, 1).
fn complement_of_radius(
    setting: &Setting<'_>,
    digits: u32,
    inside: bool,
) -> Result<Ball, RigorousError> {
    let bits = setting.bits;
    let near = setting.exact.near()?;
    let guess =
        dominant_root(&setting.near, &near).ok_or_else(|| setting.undecided("a guess of r_L"))?;
    let p = setting.exact.balls(bits);
    let law = setting
        .spectrum
        .infinite_law()
        .map(|law| LawAt::new(law, bits))
        .transpose()?;
    // e falls as z rises: -(z U - 1) rises with e. S must stay positive up to the upper z.
    let a = p.learning_rate.clone() * setting.spectrum.largest(bits);
    let e = increasing_root("r_L", &Ball::exact(guess.e()), digits, bits, |e| {
        Ok(-coupling_excess(setting, &p, law.as_ref(), e)?)
    })?;
    let low = e.clone() - Ball::zero().widened(e.radius());
    let z = Ball::integer(1) - low;
    if !positive_up_to(&a, &p.momentum, &p.noise_tau(), &z.at(bits)) {
        return Err(setting.undecided("S > 0 up to r_L"));
    }
    if !inside {
        // Lemma 1 does not reach here: that there is no earlier root is shown piece by piece.
        no_root_before(setting, &p, law.as_ref(), &e)?;
    }
    Ok(e)
}

/// Shows z U(z) < 1 on (0, 1 - e] except in the ball of the root itself.
fn no_root_before(
    setting: &Setting<'_>,
    p: &Parameters<Ball>,
    law: Option<&LawAt>,
    root: &Ball,
) -> Result<(), RigorousError> {
    let end = (Ball::integer(1) - root.clone()).centre();
    let width = root.radius();
    // Pieces of (0, 1 - e): 1 - z U falls to 0 at the end, so they shrink towards it.
    let mut stack = vec![(
        Rational::from_integer(0.into()),
        Rational::from_integer(1.into()),
    )];
    let mut pieces = 0;
    while let Some((low, high)) = stack.pop() {
        pieces += 1;
        if pieces > 4000 {
            return Err(setting.undecided("that z U(z) has no earlier root"));
        }
        let two = Rational::from_integer(2.into());
        let (middle, half) = ((&low + &high) / &two, (&high - &low) / &two);
        let z = end.clone() * Ball::enclosing(&middle, setting.bits);
        let spread = end.above().times(Ball::enclosing(&half, 64).above());
        let e = (Ball::integer(1) - z).widened(spread);
        if let Ok(excess) = coupling_excess(setting, p, law, &e)
            && excess.is_negative()
        {
            continue;
        }
        let reach = end
            .above()
            .times(Ball::enclosing(&(&high - &low), 64).above());
        if high == Rational::from_integer(1.into()) && reach.compare(width).is_le() {
            // Inside the bracket, where the signs at its ends speak.
            continue;
        }
        stack.push((low, middle.clone()));
        stack.push((middle, high));
    }
    Ok(())
}
