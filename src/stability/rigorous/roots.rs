//! Roots of increasing functions: the edge, lambda_crit and r_L, each between two proved signs.

use super::domain::positive_up_to;
use super::setting::Setting;
use crate::generating::rigorous::{LawAt, RigorousError, factor_and_shift};
use crate::generating::{Parameters, Point, noise_function};
use crate::number::ball::Magnitude;
use crate::number::{Ball, Complex, Rational, Ring, rational_to_f64};
use crate::stability::{checked, dominant_root};

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

/// The critical learning rate.
pub(super) fn edge(
    setting: &Setting<'_>,
    digits: u32,
    noiseless: &Ball,
) -> Result<Ball, RigorousError> {
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

/// lambda_crit.
pub(super) fn regularization(setting: &Setting<'_>, digits: u32) -> Result<Ball, RigorousError> {
    let tau = setting.exact.tau();
    let guess = checked::critical_regularization(&setting.near, rational_to_f64(tau));
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
pub(super) fn complement_of_radius(
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
