//! L_t at any step by the contour, with every error bounded.
//!
//! With z = rho e^(-w/t), e^w the kernel, and the hyperbola
//!
//! ```text
//! w(u) = mu (1 - sin phi cosh u + i cos phi sinh u),     g(u) = L(z(w)) e^w w'(u)
//! L_t = rho^-t/(2 pi i t) int L(z) e^w dw
//!     = rho^-t h/(pi t) sum_{k=0}^{n-1} Im g(u_k) + error,     u_k = (k + 1/2) h
//! ```
//!
//! **Theorem.** Let 0 < phi_R < phi < phi_L < pi/2, d_L = phi_L - phi, d_R = phi - phi_R, c = -Re w(nh), and let
//! L be analytic (i) on |z| <= z0 = rho e^(-x0/t), (ii) on {-c' <= Re w <= x0, |Im w| <= pi t} except to the
//! left of the hyperbola of angle phi_L, where -c' = mu (1 - sin phi_L cosh nh) <= -c. Then |error| is at most
//! rho^-t/(2 pi t) times
//!
//! ```text
//!   int_{|u| <= nh} |g(u + i d_L)| du/(e^(2 pi d_L/h) - 1) + int_{|u| <= nh} |g(u - i d_R)| du/(e^(2 pi d_R/h) - 1)
//! + 2 int_{-d_R}^{d_L} |g(nh + i y)|/(1 + e^(2 pi |y|/h)) dy
//! + 2 e^-c int_{Im w(nh)}^{pi t} |L(-c + i y)| dy
//! ```
//!
//! *Proof.* L_t is the integral of L(z) z^(-t-1)/(2 pi i) over |z| = z0, that is over Re w = x0, |Im w| <= pi t. By (ii) and the
//! period 2 pi i t the path moves to Re w = -c above and below the hyperbola and to the hyperbola between:
//! the last line and int_{-nh}^{nh} g. Replacing u by u + iy turns phi into phi + y, so that g is analytic on
//! |Re u| <= nh, -d_R <= Im u <= d_L. The function 1/(1 + e^(-2 pi i u/h)) has residue h/(2 pi i) at every u_k and no other
//! poles: its product with g, integrated around that rectangle, is the sum h sum g(u_k). In the lower half write
//! it as 1 - 1/(1 + e^(2 pi i u/h)); the 1 gives int g. What is left are the first two lines: on the sides Re u = +-nh the
//! exponential is the real number e^(2 pi |y|/h). Symmetry, g(-conj u) = -conj g(u), gives the factors.
//!
//! (i) holds by Pringsheim if L is analytic on (0, z0], since the losses are not negative (tau <= 1).
//! Both, and all bounds on |L|, are shown by [`super::cover`] on boxes; the values at the nodes are balls. rho is a float near
//! the reciprocal of the dominant multiplier (1 for stable infinite laws): any rho is right, a bad one is refused.
//!
//! **What of (ii) need not be shown.** The hyperbola of angle phi_L is the branch x > 0 of x^2/s^2 - y^2/c^2 = 1 with x = 1 - Re w/mu,
//! y = Im w/mu, s = sin phi_L, c = cos phi_L; left of it means x > 0 and x^2/s^2 - y^2/c^2 > 1. On a box of the upper half plane x is
//! least at the right side and y largest at the top, so that the form, which rises with x > 0 and falls with |y|, is least at the right
//! upper corner: a box is skipped if it exceeds 1 + 1e-9 there. That corner is formed in floats, with s rounded up and c
//! down; a skipped box has 1 <= x/s < 2 (Re w >= -c') and |y|/c < 2, so that the errors stay below 1e-14 and the 1e-9 covers them.
//!
//! **Why the path stays where L was shown analytic.** A displaced curve is w(u + iy), -d_R <= y <= d_L, |u| <= nh: the
//! hyperbola of angle phi + y. The hyperbolas x = sin psi cosh u, y = cos psi sinh u are confocal and do not meet: a smaller
//! angle lies to the right. Re w >= -c', as sin psi cosh u <= sin phi_L cosh nh; Im w <= mu sinh nh, which is checked to be below
//! 3.1 t; what lies right of Re w = x0 is in the disc (i). Im w < 0 is the mirror image: L(conj z) = conj L(z).

use super::cover::{Cover, Failure, Precise, WBox};
use super::tail::LawAt;
use super::{ExactHyperparameters, RigorousError, RigorousSpectrum};
use crate::generating::contour::LossContour;
use crate::generating::{Modes, Parameters, Point, noise_function, signal_function};
use crate::number::ball::{Backend, Magnitude, complex_exp, pi};
use crate::number::{Ball, Complex, ComplexBall, Interval, Ring};
use crate::spectrum::Spectrum;
use rayon::prelude::*;

/// An enclosure of L_t by the contour with what its proof consisted of.
#[derive(Debug, Clone)]
pub struct ContourProof {
    /// Contains L_t, with the loss of the null space.
    pub loss: Ball,
    /// Nodes in the upper half plane.
    pub nodes: usize,
    /// Bits of the balls at the nodes.
    pub bits: u32,
    /// Boxes that show L to be analytic between circle and contour.
    pub boxes: usize,
    /// log10 of the bound on discretisation and truncation, relative to the loss.
    pub relative_bound_log10: f64,
}

const PHI: f64 = 1.1721;
const PHI_LEFT: f64 = 1.535;
const PHI_RIGHT: f64 = 0.1;
/// n h and mu/n of the hyperbola of Weideman and Trefethen.
const REACH: f64 = 1.0818;
const SPREAD: f64 = 4.4921;
/// e-folds of error a node.
const PER_NODE: f64 = 2.08;
/// Re w of the circle |z| = z0.
const CIRCLE: f64 = 0.5;
/// Bits of the balls that bound.
const BITS: u32 = 96;
/// Modes times nodes that are evaluated before refusing.
const LIMIT: f64 = 2e7;

/// The hyperbola with its numbers in balls.
struct Hyperbola {
    mu: f64,
    h: f64,
    n: usize,
}

impl Hyperbola {
    fn new(n: usize) -> Self {
        Self {
            mu: SPREAD * n as f64,
            h: REACH / n as f64,
            n,
        }
    }

    /// n h, exactly.
    fn end(&self) -> Ball {
        Ball::exact(self.h) * Ball::integer(self.n as i64)
    }
}

/// sin and cos of an exact `f64`.
fn sine_cosine(angle: f64, bits: u32) -> (Ball, Ball) {
    let turned = complex_exp(&Complex::new(
        Ball::integer(0).at(bits),
        Ball::exact(angle).at(bits),
    ));
    (turned.im, turned.re)
}

/// cosh and sinh.
fn hyperbolic(u: &Ball, bits: u32) -> (Ball, Ball) {
    let up = u.at(bits).exp();
    let down = Ball::integer(1) / up.clone();
    ((up.clone() + down.clone()).half(), (up - down).half())
}

/// The hull of two values of a monotone function, as an interval.
fn hull(x: &Ball, y: &Ball) -> Interval {
    x.to_interval().hull(y.to_interval())
}

/// L_t to `digits` digits, with the loss of the null space.
///
/// # Errors
/// No signal; a region that could not be shown to be free of singularities; no anchor; too early a step.
pub fn loss_by_contour(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    step: u64,
    digits: u32,
) -> Result<ContourProof, RigorousError> {
    if !spectrum.has_signal() {
        return Err(RigorousError::NoSignal);
    }
    if step == 0 {
        return Err(refuse(step, "steps from 1 are served"));
    }
    let complement = anchor(spectrum, parameters, step)?;
    let cover = Cover::new(spectrum, parameters, &complement, step)?;
    let bits = BITS + 2 * (64 - step.leading_zeros());
    let t = Ball::whole_number(step);
    // 1 - z0.
    let back = (-(Ball::exact(CIRCLE).at(bits) / t)).exp();
    let z0 = (Ball::integer(1).at(bits) - complement.clone()) * back;
    cover.disk(&(Ball::integer(1) - z0), step)?;
    let wanted = f64::from(digits) * std::f64::consts::LN_10 + 2.0;
    let mut extra = 12.0;
    let mut last = RigorousError::Contour {
        step,
        test: "no number of nodes was enough",
    };
    for _ in 0..4 {
        let n = ((wanted + extra) / PER_NODE).ceil() as usize;
        let proof = attempt(spectrum, parameters, &cover, &complement, step, n, digits)?;
        if proof.loss.has_digits(digits) {
            return Ok(proof);
        }
        if let Some(error) = RigorousError::out_of_range(&proof.loss, "L_t by the contour") {
            return Err(error);
        }
        let reached = -proof.loss.relative_radius_log2() * std::f64::consts::LN_2;
        if reached.is_finite() {
            last = RigorousError::Digits {
                what: "L_t by the contour",
                reached: reached / std::f64::consts::LN_10,
                wanted: digits,
            };
        }
        // What is missing, or (nothing known yet) a good deal more.
        let missing = if reached.is_finite() {
            wanted - reached
        } else {
            40.0
        };
        extra += missing.max(4.0) + 6.0;
    }
    Err(last)
}

fn refuse(step: u64, test: &'static str) -> RigorousError {
    RigorousError::Contour { step, test }
}

/// 1 - rho: the dominant multiplier comes to lie at w = -1, unless it is 1 to within 1/t.
fn anchor(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    step: u64,
) -> Result<Ball, RigorousError> {
    let near = near_spectrum(spectrum)?;
    let hyper = parameters.near()?;
    let rate = if parameters.is_noiseless() {
        0.0
    } else {
        LossContour::new(&near, &hyper)
            .map_err(|_| refuse(step, "no dominant multiplier was found to anchor at"))?
            .rate()
    };
    let t = step as f64;
    let infinite = spectrum.infinite_law().is_some();
    // Modes that the floats count to the null space are slower than the slowest of theirs.
    let rate = match spectrum.slowest_below_rounding() {
        Some(slowest) if rate < 0.0 => {
            rate.max(-2.0 * hyper.learning_rate() * slowest / (1.0 - hyper.momentum()))
        }
        _ => rate,
    };
    if rate.abs() * t < 0.5 || (infinite && rate <= 0.0) {
        return Ok(Ball::zero());
    }
    let float = -(-rate).exp_m1();
    let root = if rate.abs() * t > 1e6 {
        refined(spectrum, parameters, float).unwrap_or_else(|| Ball::exact(float))
    } else {
        Ball::exact(float)
    };
    // 1 - r e^(-1/t) for the root r: any number near it is right.
    let back = -(-1.0 / t).exp_m1();
    let one = Ball::integer(1).at(BITS + 64);
    Ok((root.clone() + (one - root) * Ball::exact(back)).centre())
}

/// The root of 1 - z U(z) near a float, by secant steps over all modes: the floats' spectrum may be a
/// quadrature, good to some twelve digits, and t times its error must be small.
fn refined(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    float: f64,
) -> Option<Ball> {
    let precise = Precise::new(spectrum, parameters).ok()?;
    let gap = |e: &Ball| {
        let z = Ball::integer(1).at(BITS + 64) - e.clone();
        let gap = precise.gap(Complex::real(z), Complex::real(e.clone()))?;
        Some(gap.re.centre())
    };
    let start = Ball::exact(float).at(BITS + 64);
    let mut before = (start.clone() * (Ball::integer(1) + Ball::integer(1).shifted(-36))).centre();
    let mut value_before = gap(&before)?;
    let mut e = start.clone();
    for _ in 0..5 {
        let value = gap(&e)?;
        let change = value.clone() * (e.clone() - before) / (value.clone() - value_before);
        if change.is_whole() {
            break;
        }
        before = e.clone();
        value_before = value;
        e = (e - change).centre();
    }
    let moved = (e.clone() - start.clone()).above().over(start.below());
    (moved.log2() < -30.0).then_some(e)
}

/// `f64` numbers for guesses.
fn near_spectrum(spectrum: &RigorousSpectrum) -> Result<Spectrum, RigorousError> {
    spectrum.near().ok_or(RigorousError::NeedsFinite)
}

fn attempt(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    cover: &Cover,
    complement: &Ball,
    step: u64,
    n: usize,
    digits: u32,
) -> Result<ContourProof, RigorousError> {
    let hyperbola = Hyperbola::new(n);
    if let Some(count) = spectrum.modes_count() {
        let operations = count as f64 * n as f64;
        if operations > LIMIT {
            return Err(RigorousError::TooLong {
                method: "the contour",
                step,
                operations,
                limit: LIMIT,
            });
        }
    }
    let (error, boxes) = bounds(cover, &hyperbola, step)?;
    let t_bits = 64 - step.leading_zeros();
    // e^w grows to e^(mu (1 - sin phi)); what cancels against that and powers of t is added.
    let growth = hyperbola.mu * 0.08 * std::f64::consts::LOG2_E;
    let spare = (n as f64 * PER_NODE * std::f64::consts::LOG2_E) as u32;
    let bits = spare.max((f64::from(digits) * 3.33) as u32) + growth as u32 + t_bits + 48;
    let sum = nodes(spectrum, parameters, &hyperbola, complement, step, bits)?;
    let t = Ball::whole_number(step).at(bits);
    let turn = pi::<Backend>(bits);
    let main = Ball::exact(hyperbola.h) * sum / (turn.clone() * t.clone());
    let bound = error.over((turn * t).shifted(1).below());
    let relative = bound.over(main.below()).log2() * std::f64::consts::LOG10_2;
    let rho = Ball::integer(1).at(bits + 2 * t_bits) - complement.clone();
    let power = (Ball::integer(1) / rho).powered(step).at(bits);
    let loss = main.widened(bound) * power + spectrum.null_space_loss(bits);
    Ok(ContourProof {
        loss,
        nodes: n,
        bits,
        boxes,
        relative_bound_log10: relative,
    })
}

/// sum Im g(u_k) in balls.
fn nodes(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    hyperbola: &Hyperbola,
    complement: &Ball,
    step: u64,
    bits: u32,
) -> Result<Ball, RigorousError> {
    let p: Parameters<Ball> = parameters.balls(bits);
    let wide = bits + 2 * (64 - step.leading_zeros()) + 16;
    let law = spectrum
        .infinite_law()
        .map(|law| LawAt::new(law, bits))
        .transpose()?;
    let lift = |x: &[Ball]| -> Vec<ComplexBall> { x.iter().cloned().map(Complex::real).collect() };
    let modes = match law {
        Some(_) => None,
        None => {
            let modes = spectrum.modes(bits)?;
            Some((
                lift(modes.eigenvalues()),
                lift(modes.multiplicities()),
                lift(modes.signal()),
            ))
        }
    };
    let complex = Parameters {
        learning_rate: Complex::real(p.learning_rate.clone()),
        momentum: Complex::real(p.momentum.clone()),
        noise_amplitude: Complex::real(p.noise_amplitude.clone()),
        tau: Complex::real(p.tau.clone()),
    };
    let (sine, cosine) = sine_cosine(PHI, wide);
    let mu = Ball::exact(hyperbola.mu);
    let t = Ball::whole_number(step);
    let terms: Result<Vec<Ball>, RigorousError> = (0..hyperbola.n)
        .into_par_iter()
        .map(|k| {
            let u = Ball::exact(hyperbola.h) * (Ball::integer(2 * k as i64 + 1).at(wide)).half();
            let (cosh, sinh) = hyperbolic(&u, wide);
            let w = Complex::new(
                mu.clone() * (Ball::integer(1) - sine.clone() * cosh.clone()),
                mu.clone() * cosine.clone() * sinh.clone(),
            );
            let slope = Complex::new(
                -(mu.clone() * sine.clone() * sinh),
                mu.clone() * cosine.clone() * cosh,
            );
            let part = |x: &Ball| -(x.clone() / t.clone());
            let turned = complex_exp(&Complex::new(part(&w.re), part(&w.im)));
            let rho = Ball::integer(1).at(wide) - complement.clone();
            let z = Complex::new(turned.re * rho.clone(), turned.im * rho);
            let e = Complex::new(Ball::integer(1) - z.re.clone(), -z.im.clone());
            let cut = |z: Complex<Ball>| Complex::new(z.re.at(bits), z.im.at(bits));
            let point = Point::from_parts(cut(z), cut(e));
            let (noise, signal) = match (&law, &modes) {
                (Some(law), _) => {
                    let values = law.values(&p, &point)?;
                    (values.noise, values.signal)
                }
                (None, Some((l, m, q))) => {
                    let view = Modes::new(l, m, q).map_err(|_| RigorousError::NeedsFinite)?;
                    (
                        noise_function(&complex, &view, &point),
                        signal_function(&complex, &view, &point),
                    )
                }
                (None, None) => return Err(RigorousError::NeedsFinite),
            };
            let gap = ComplexBall::one() - point.z() * noise;
            let loss = signal / (gap.clone() + gap);
            let w = cut(w);
            Ok((loss * complex_exp(&w) * cut(slope)).im)
        })
        .collect();
    Ok(terms?
        .into_iter()
        .rev()
        .fold(Ball::zero(), |sum, term| sum + term))
}

/// The bracket of the theorem, and the number of boxes.
fn bounds(
    cover: &Cover,
    hyperbola: &Hyperbola,
    step: u64,
) -> Result<(Magnitude, usize), RigorousError> {
    let (mu, h) = (hyperbola.mu, hyperbola.h);
    let end = hyperbola.end();
    let (cosh_end, sinh_end) = hyperbolic(&end, BITS);
    let (cosh_i, sinh_i) = (cosh_end.to_interval(), sinh_end.to_interval());
    let highest = mu * sinh_i.upper() * 1.01;
    if highest > 3.1 * step as f64 {
        return Err(refuse(
            step,
            "the hyperbola does not fit below Im s = pi: the step is too early for these digits",
        ));
    }
    let m = Interval::point(mu);
    let one = Interval::point(1.0);
    // (ii): the region.
    let (sine_left, cosine_left) = sine_cosine(PHI_LEFT, BITS);
    let (sl, cl) = (sine_left.to_interval(), cosine_left.to_interval());
    let left = (m * (one - sl * cosh_i)).lower() - 1e-6;
    let skip = |w: WBox| {
        let x = (mu - (w.re + w.half_re)) / mu;
        let y = (w.im + w.half_im) / mu;
        let (x, y) = (x / sl.upper(), y / cl.lower());
        x > 0.0 && x * x - y * y > 1.0 + 1e-9
    };
    let boxes = cover.region(left, CIRCLE, step, skip)?;
    // The displaced hyperbolas.
    let kernel = |distance: f64, reference: f64| {
        // e^(2 pi d/h) - 1, downwards.
        let d = (Ball::exact(distance).at(BITS) - Ball::exact(reference)).abs();
        let exponent = pi::<Backend>(BITS).shifted(1) * d / Ball::exact(h);
        (exponent.exp() - Ball::integer(1)).below()
    };
    let failed = |failure: Failure| {
        refuse(
            step,
            match failure {
                Failure::Pole => "S of a mode may vanish on a displaced contour",
                Failure::Root | Failure::Budget => "1 - z U(z) may vanish on a displaced contour",
            },
        )
    };
    let mut total = Magnitude::ZERO;
    for angle in [PHI_LEFT, PHI_RIGHT] {
        let (sine, cosine) = sine_cosine(angle, BITS);
        let (s, c) = (sine.to_interval(), cosine.to_interval());
        let piece = |low: &Ball, high: &Ball| {
            let ((c0, s0), (c1, s1)) = (hyperbolic(low, BITS), hyperbolic(high, BITS));
            let (cosh, sinh) = (hull(&c0, &c1), hull(&s0, &s1));
            let w = (m * (one - s * cosh), m * c * sinh);
            let slope = m * (s * sinh + c * cosh);
            (w, slope)
        };
        let integral = integrate(cover, &Ball::zero(), &end, 64, &piece).map_err(failed)?;
        // Both signs of u.
        let twice = integral.times(Magnitude::power_of_two(1));
        total = total.plus(twice.over(kernel(angle, PHI)));
    }
    // The ends.
    for (from, to) in [(PHI_RIGHT, PHI), (PHI, PHI_LEFT)] {
        let piece = |low: &Ball, high: &Ball| {
            let turn = |x: &Ball| complex_exp(&Complex::new(Ball::integer(0).at(BITS), x.at(BITS)));
            let (l, r) = (turn(low), turn(high));
            let (s, c) = (hull(&l.im, &r.im), hull(&l.re, &r.re));
            let w = (m * (one - s * cosh_i), m * c * sinh_i);
            // The kernel at the end of the piece that is nearer to phi.
            let phi = Ball::exact(PHI);
            let near = if from < PHI {
                phi - high.clone()
            } else {
                low.clone() - phi
            };
            let exponent = pi::<Backend>(BITS).shifted(1) * near.at(BITS) / Ball::exact(h);
            let weight = (Ball::integer(1) / (Ball::integer(1) + exponent.exp())).to_interval();
            (w, m * (s * sinh_i + c * cosh_i) * weight)
        };
        let integral =
            integrate(cover, &Ball::exact(from), &Ball::exact(to), 32, &piece).map_err(failed)?;
        total = total.plus(integral.times(Magnitude::power_of_two(1)));
    }
    // The line Re w = -c from the hyperbola to the circle's end.
    let (sine, cosine) = sine_cosine(PHI, BITS);
    let re = m * (one - sine.to_interval() * cosh_i);
    let start = (m * cosine.to_interval() * sinh_i).lower();
    let stop = 22.0 / 7.0 * step as f64;
    let mut low = start;
    while low < stop {
        let high = (1.25 * low).min(stop);
        let piece = |l: &Ball, r: &Ball| ((re, hull(l, r)), one);
        let integral =
            integrate(cover, &Ball::exact(low), &Ball::exact(high), 1, &piece).map_err(failed)?;
        total = total.plus(integral.times(Magnitude::power_of_two(1)));
        low = high;
    }
    Ok((total, boxes))
}

type Piece = ((Interval, Interval), Interval);

/// An upper bound of `int |L e^w| factor` along a curve whose pieces are given as (box of w, factor).
fn integrate(
    cover: &Cover,
    from: &Ball,
    to: &Ball,
    pieces: i64,
    piece: &dyn Fn(&Ball, &Ball) -> Piece,
) -> Result<Magnitude, Failure> {
    let length = to.at(BITS) - from.clone();
    let at = |i: i64| {
        (from.clone() + length.clone() * Ball::integer(i) / Ball::integer(pieces)).centre()
    };
    let mut stack: Vec<(Ball, Ball, u32)> = (0..pieces)
        .map(|i| {
            let low = if i == 0 { from.clone() } else { at(i) };
            let high = if i + 1 == pieces {
                to.clone()
            } else {
                at(i + 1)
            };
            (low, high, 0)
        })
        .collect();
    let mut total = Magnitude::ZERO;
    while let Some((low, high, depth)) = stack.pop() {
        let ((re, im), factor) = piece(&low, &high);
        match cover.loss_bound(WBox::around(re, im)) {
            Ok(bound) => {
                let power = Ball::exact(re.upper()).at(64).exp().above();
                let width = (high - low).above();
                total = total.plus(
                    Magnitude::from_f64(bound)
                        .times(power)
                        .times(width)
                        .times(Magnitude::from_f64(factor.upper())),
                );
            }
            Err(failure) if depth >= 14 => return Err(failure),
            Err(_) => {
                let middle = (low.at(BITS) + high.clone()).half().centre();
                stack.push((low, middle.clone(), depth + 1));
                stack.push((middle, high, depth + 1));
            }
        }
    }
    Ok(total)
}
