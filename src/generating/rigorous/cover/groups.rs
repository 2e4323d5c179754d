//! A spectrum as groups of neighbouring modes, in intervals.
//!
//! Groups of an infinite law: the first modes one by one, then k in [m, M): sums of convex decreasing
//! f(k) lie between `int_m^M f + (f(m) - f(M))/2` and `int_(m-1/2)^(M-1/2) f`; the last group is
//! [m, inf) with a in [0, a_m].

use crate::generating::rigorous::{RigorousError, RigorousLaw, RigorousSpectrum};
use crate::number::{Ball, Interval, Rational, Ring};
use crate::spectrum::SignalLaw;

/// Bits of the balls that feed intervals.
pub(super) const BITS: u32 = 96;
/// Modes of a law that are groups of their own.
const SINGLE: u64 = 48;
/// Ratio of the first to the last index of a group.
const GROUP: f64 = 1.2;

/// Modes that are summed as one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// alpha lambda.
    pub(super) a: Interval,
    /// sum m a^2.
    pub(super) weight: Interval,
    pub(super) signal: Interval,
}

/// The groups of a finite spectrum.
pub(super) fn finite_groups(
    spectrum: &RigorousSpectrum,
    learning_rate: &Ball,
) -> Result<Vec<Group>, RigorousError> {
    let modes = spectrum.modes(BITS)?;
    let single: Vec<Group> = modes
        .eigenvalues()
        .iter()
        .zip(modes.multiplicities())
        .zip(modes.signal())
        .map(|((l, m), q)| {
            let a = learning_rate.clone() * l.clone();
            Group {
                weight: (m.clone() * a.square()).to_interval(),
                a: a.to_interval(),
                signal: q.to_interval(),
            }
        })
        .collect();
    Ok(merge(single))
}

/// Long finite spectra: neighbours within 2 % share a group beyond the first 64.
fn merge(single: Vec<Group>) -> Vec<Group> {
    if single.len() <= 256 {
        return single;
    }
    let mut groups: Vec<Group> = single[..64].to_vec();
    let mut open: Option<Group> = None;
    for next in &single[64..] {
        open = Some(match open {
            Some(group) if group.a.upper() <= 1.02 * next.a.lower() => Group {
                a: group.a.hull(next.a),
                weight: group.weight + next.weight,
                signal: group.signal + next.signal,
            },
            Some(group) => {
                groups.push(group);
                *next
            }
            None => *next,
        });
    }
    groups.extend(open);
    groups
}

/// Powers of one index that the bounds need.
struct At {
    /// a, a^2 x/(2 nu - 1) and c x^-kappa/kappa.
    a: Ball,
    noise: Ball,
    signal: Ball,
}

/// The groups of an infinite law, fine enough for step `step`.
pub(super) fn law_groups(law: &RigorousLaw, learning_rate: &Ball, step: f64) -> Vec<Group> {
    let scale = learning_rate.clone() * Ball::enclosing(&law.eigenvalue_scale, BITS);
    let nu = law.eigenvalue_exponent.clone();
    let minus_nu = -nu.clone();
    let two_nu = Ball::enclosing(&(&nu + &nu - Rational::from_integer(1.into())), BITS);
    let kappa = law.signal_exponent.clone();
    let kappa_ball = kappa.as_ref().map(|k| Ball::enclosing(k, BITS));
    let signal_scale = Ball::enclosing(&law.given_signal_scale, BITS);
    let at = |x: &Ball| {
        let x = x.at(BITS);
        let a = scale.clone() * x.pow_rational(&minus_nu);
        let signal = match &kappa {
            Some(kappa) => signal_scale.clone() * x.pow_rational(&-kappa.clone()),
            None => Ball::zero(),
        };
        At {
            noise: a.square() * x / two_nu.clone(),
            signal,
            a,
        }
    };
    // Sum of the signal over [m, M) from the values at m, M (tails), or at the half-integers (terms).
    let between = |low: &Ball, high: &Ball| {
        let (l, h) = (low.to_interval(), high.to_interval());
        Interval::new(l.lower().max(0.0), h.upper().max(l.lower()).max(0.0))
            .unwrap_or(Interval::WHOLE)
    };
    let group = |first: f64, last: Option<f64>| {
        let half = Ball::integer(1).half();
        let m = Ball::exact(first);
        let here = at(&m);
        let here_half = at(&(m.at(BITS) - half.clone()));
        let f_here = here.a.square();
        let (end, end_half, f_end, n_end) = match last {
            Some(last) => {
                let n = Ball::exact(last);
                let end = at(&n);
                let end_half = at(&(n.at(BITS) - half));
                let f = end.a.square();
                (Some(end), Some(end_half), f, Some(n))
            }
            None => (None, None, Ball::zero(), None),
        };
        let tail = |x: &Option<At>, f: &dyn Fn(&At) -> Ball| x.as_ref().map_or_else(Ball::zero, f);
        let low = here.noise.clone() - tail(&end, &|x| x.noise.clone()) + (f_here - f_end).half();
        let high = here_half.noise.clone() - tail(&end_half, &|x| x.noise.clone());
        let signal = match (&kappa_ball, law.signal_law) {
            (None, _) => Interval::point(0.0),
            (Some(_), SignalLaw::Tails) => {
                let sum = here.signal.clone() - tail(&end, &|x| x.signal.clone());
                between(&sum, &sum)
            }
            (Some(kappa), SignalLaw::Terms) => {
                // f(x) = c x^(-kappa-1), int_x^inf f = c x^-kappa/kappa.
                let f_here = here.signal.clone() / m;
                let f_end = match (&end, n_end) {
                    (Some(end), Some(n)) => end.signal.clone() / n,
                    _ => Ball::zero(),
                };
                let low = (here.signal.clone() - tail(&end, &|x| x.signal.clone())) / kappa.clone()
                    + (f_here - f_end).half();
                let high = (here_half.signal.clone() - tail(&end_half, &|x| x.signal.clone()))
                    / kappa.clone();
                between(&low, &high)
            }
        };
        let a_low = end.map_or_else(|| Interval::point(0.0), |end| end.a.to_interval());
        Group {
            a: a_low.hull(here.a.to_interval()),
            weight: between(&low, &high),
            signal,
        }
    };
    let mut groups = Vec::new();
    for k in 1..SINGLE {
        let x = Ball::integer(k as i64);
        let here = at(&x);
        let signal = match (&kappa, law.signal_law) {
            (None, _) => Ball::zero(),
            (Some(_), SignalLaw::Terms) => here.signal.clone() / x,
            (Some(_), SignalLaw::Tails) => {
                here.signal.clone() - at(&Ball::integer(k as i64 + 1)).signal
            }
        };
        groups.push(Group {
            weight: here.a.square().to_interval(),
            a: here.a.to_interval(),
            signal: signal.to_interval(),
        });
    }
    let mut first = SINGLE as f64;
    // Until a is a thousandth of the smallest 1 - z of interest, 1/t.
    while at(&Ball::exact(first)).a.to_f64() > 1e-3 / step && groups.len() < 3000 {
        let last = (first * GROUP).ceil();
        groups.push(group(first, Some(last)));
        first = last;
    }
    groups.push(group(first, None));
    groups
}
