//! Four ways to L_t in high precision, and the grid that they are compared on.
//!
//! They share ball arithmetic (tested against exact rationals in tests/ball.rs) and their inputs, but no formula: each writes
//! its own step or its own S, and only squaring calls the crate's step of one mode. Where the parabola runs and around which point
//! is taken from the crate's contour; a bad choice shows as disagreement, not as agreement.
//!
//! | oracle | formula | where |
//! |---|---|---|
//! | squaring | the 3N operator, squared in balls | every step |
//! | parabola | S expanded into its sixteen monomials, 60 digits, w = mu (1 + i u)^2 instead of a hyperbola | large t |
//! | secular | beta = 0: L_t = 1/2 sum_j c_j x_j^t, x_j the eigenvalues of diag(m) + gamma 1 (a^2)^T | beta = 0 |
//! | rational | the recursion in exact rationals, written from the update rule (`exact`) | t <= 200 |
//!
//! The parabola's error falls as 8.12^-n (Weideman and Trefethen 2007, doi:10.1090/S0025-5718-07-01945-X).

pub mod exact;

use tauber::dynamics::{CurveMethod, LossCurve};
use tauber::generating::contour::LossContour;
use tauber::generating::rigorous::{
    ExactHyperparameters, RigorousSpectrum, loss_by_contour, loss_by_squaring,
};
use tauber::moment::Hyperparameters;
use tauber::number::ball::complex_exp;
use tauber::number::{Ball, Complex, ComplexBall, Rational, Ring, rational_from_f64};
use tauber::spectrum::Spectrum;
use tauber::stability::noise_function_at_1;

/// 60 digits and what t = 1e12 may cancel.
const BITS: u32 = 380;

/// One point of the grid.
#[derive(Debug, Clone)]
pub struct Setting {
    pub spectrum: Spectrum,
    pub hyper: Hyperparameters,
    pub name: String,
}

/// The learning rate at which U(1) is `target`, by bisection; `None` where U(1) never gets there.
fn learning_rate(spectrum: &Spectrum, beta: f64, gamma: f64, tau: f64, target: f64) -> Option<f64> {
    let u = |alpha: f64| {
        let hyper = Hyperparameters::new(alpha, beta, gamma, tau).ok()?;
        noise_function_at_1(spectrum, &hyper)
    };
    let mut low = 1e-12;
    let mut high = 2.0 * (1.0 + beta) / spectrum.largest();
    for _ in 0..80 {
        let middle = (low * high).sqrt();
        match u(middle) {
            Some(value) if value < target => low = middle,
            _ => high = middle,
        }
    }
    let reached = u(low)?;
    ((reached / target - 1.0).abs() < 1e-3).then_some(low)
}

/// A power law of `modes` modes in `f64` at a given U(1).
pub fn setting(
    (nu, kappa): (f64, f64),
    modes: u32,
    (beta, gamma, tau): (f64, f64, f64),
    target: f64,
) -> Option<Setting> {
    let power = |s: f64| {
        (1..=modes)
            .map(|k| f64::from(k).powf(-s))
            .collect::<Vec<_>>()
    };
    let spectrum = Spectrum::new(power(nu), Some(power(kappa + 1.0))).ok()?;
    let alpha = learning_rate(&spectrum, beta, gamma, tau, target)?;
    Some(Setting {
        name: format!("nu {nu} kappa {kappa} beta {beta} gamma {gamma} tau {tau} U(1) {target}"),
        hyper: Hyperparameters::new(alpha, beta, gamma, tau).ok()?,
        spectrum,
    })
}

fn ball(x: f64) -> Ball {
    Ball::exact(x).at(BITS)
}

/// The squared operator: an enclosure.
pub fn squaring(s: &Setting, step: u64) -> Result<Ball, String> {
    let spectrum = RigorousSpectrum::listed(&s.spectrum, Rational::from_integer(0.into())).unwrap();
    loss_by_squaring(&spectrum, &ExactHyperparameters::from(&s.hyper), step, 40)
        .map_err(|error| error.to_string())
}

/// The rigorous contour; `None` where it refuses.
pub fn proved(s: &Setting, step: u64) -> Option<Ball> {
    let spectrum = RigorousSpectrum::listed(&s.spectrum, Rational::from_integer(0.into())).unwrap();
    let p = ExactHyperparameters::from(&s.hyper);
    loss_by_contour(&spectrum, &p, step, 20)
        .ok()
        .map(|proof| proof.loss)
}

/// L_0, ..., L_steps in exact rationals, as balls.
pub fn rational(s: &Setting, steps: usize) -> Vec<Ball> {
    let lift = |x: f64| rational_from_f64(x).unwrap();
    let hyper = [
        lift(s.hyper.learning_rate()),
        lift(s.hyper.momentum()),
        lift(s.hyper.noise_amplitude()),
        lift(s.hyper.tau()),
    ];
    let signal = s.spectrum.signal().unwrap();
    let nodes: Vec<exact::Node> = s
        .spectrum
        .eigenvalues()
        .iter()
        .zip(signal)
        .map(|(l, q)| [lift(*l), lift(1.0), lift(*q)])
        .collect();
    exact::losses(&hyper, &nodes, &lift(0.0), steps)
        .iter()
        .map(|loss| Ball::enclosing(loss, BITS))
        .collect()
}

/// S multiplied out.
fn expanded(a: &ComplexBall, b: &ComplexBall, g: &ComplexBall, z: &ComplexBall) -> ComplexBall {
    let n = ComplexBall::from_integer;
    let m = |c: i64, i: u32, j: u32, k: u32, l: u32| {
        n(c) * a.power(i) * b.power(j) * g.power(k) * z.power(l)
    };
    m(1, 2, 1, 1, 2) + m(1, 2, 1, 0, 2) + m(1, 2, 0, 1, 1)
        - m(1, 2, 0, 0, 1)
        - m(2, 1, 2, 0, 2)
        - m(2, 1, 1, 0, 2)
        + m(2, 1, 1, 0, 1)
        + m(2, 1, 0, 0, 1)
        - m(1, 0, 3, 0, 3)
        + m(1, 0, 3, 0, 2)
        + m(1, 0, 2, 0, 2)
        - m(1, 0, 2, 0, 1)
        + m(1, 0, 1, 0, 2)
        - m(1, 0, 1, 0, 1)
        - m(1, 0, 0, 0, 1)
        + n(1)
}

/// Whether the multipliers that a contour drops are below 10^-70 at this step.
pub fn parabola_serves(s: &Setting, step: u64) -> bool {
    LossContour::new(&s.spectrum, &s.hyper)
        .is_ok_and(|contour| contour.first_step() * 5.0 <= step as f64 && step >= 400)
}

/// The unsimplified S on a parabola.
pub fn parabola(s: &Setting, step: u64) -> Option<Ball> {
    let rate = LossContour::new(&s.spectrum, &s.hyper).ok()?.rate();
    let nodes = 56_i64;
    let t = Ball::integer(step as i64);
    // z = e^-(s1 + w/t), with s1 a float a little to the right of the dominant root.
    let s1 = ball(rate + 1.0 / step as f64);
    let real = |x: f64| Complex::real(ball(x));
    let (alpha, b) = (real(s.hyper.learning_rate()), real(s.hyper.momentum()));
    let gamma = real(s.hyper.noise_amplitude());
    let g = gamma.clone() * real(s.hyper.tau());
    let one = ComplexBall::one();
    let pi = tauber::number::ball::pi::<tauber::number::ball::Backend>(BITS);
    let mu = pi.clone() * Ball::integer(nodes) / Ball::integer(12);
    let h = Ball::integer(3).at(BITS) / Ball::integer(nodes);
    let mut sum = Ball::zero();
    for k in (0..nodes).rev() {
        let u = h.clone() * Ball::integer(2 * k + 1).half();
        let line = Complex::new(Ball::integer(1).at(BITS), u);
        let scale = |z: ComplexBall, x: &Ball| Complex::new(z.re * x.clone(), z.im * x.clone());
        let w = scale(line.square(), &mu);
        // dw/du = 2 i mu (1 + i u)
        let slope = scale(line * Complex::new(Ball::zero(), Ball::integer(2)), &mu);
        let s_point = Complex::new(
            w.re.clone() / t.clone() + s1.clone(),
            w.im.clone() / t.clone(),
        );
        let z = complex_exp(&-s_point);
        let (mut noise, mut signal) = (ComplexBall::zero(), ComplexBall::zero());
        for (l, q) in s.spectrum.eigenvalues().iter().zip(s.spectrum.signal()?) {
            let a = alpha.clone() * real(*l);
            let bottom = expanded(&a, &b, &g, &z);
            noise = noise + a.square() * (one.clone() + b.clone() * z.clone()) / bottom.clone();
            let bz = b.clone() * z.clone();
            let top = (a.clone() + a.clone()) * bz.clone() + bz.clone() * bz.clone() * b.clone()
                - bz.clone() * b.clone()
                - bz
                + one.clone();
            signal = signal + real(*q) * top / bottom;
        }
        let gap = one.clone() - z * gamma.clone() * noise;
        let loss = signal / (gap.clone() + gap);
        sum = sum + (loss * complex_exp(&w) * slope).im;
    }
    let power = s1 * t.clone();
    let growth = if power.to_f64().abs() < 1e4 {
        power.exp()
    } else {
        // e^(s1 t) by repeated squaring.
        (power / t.clone()).exp().powered(step)
    };
    Some(sum * h * growth / (pi * t))
}

/// Poles and residues at beta = 0: roots by bisection between the m_k.
pub fn secular(s: &Setting, step: u64) -> Option<Ball> {
    if s.hyper.momentum() != 0.0 || s.hyper.noise_amplitude() == 0.0 {
        return None;
    }
    let gamma = ball(s.hyper.noise_amplitude());
    let g = gamma.clone() * ball(s.hyper.tau());
    let mut modes: Vec<(Ball, Ball, Ball)> = s
        .spectrum
        .eigenvalues()
        .iter()
        .zip(s.spectrum.signal()?)
        .map(|(l, q)| {
            let a = ball(s.hyper.learning_rate()) * ball(*l);
            let m = (Ball::integer(1) - a.clone()).square() - g.clone() * a.square();
            (m, gamma.clone() * a.square(), ball(*q))
        })
        .collect();
    modes.sort_by(|x, y| x.0.partial_cmp(&y.0).unwrap_or(std::cmp::Ordering::Equal));
    let f = |x: &Ball| {
        modes.iter().fold(Ball::integer(1), |sum, (m, w, _)| {
            sum - w.clone() / (x.clone() - m.clone())
        })
    };
    let total = modes
        .iter()
        .fold(Ball::zero(), |sum, (_, w, _)| sum + w.clone());
    let mut loss = Ball::zero();
    for (j, (m, _, _)) in modes.iter().enumerate() {
        // f rises from -inf at m_j to +inf at the next pole, or to 1 beyond m_N + sum of weights.
        let mut low = m.centre();
        let mut high = match modes.get(j + 1) {
            Some((next, _, _)) => next.centre(),
            None => (m.clone() + total.clone()).centre(),
        };
        for _ in 0..BITS + 40 {
            let middle = (low.clone() + high.clone()).half().centre();
            if f(&middle).is_negative() {
                low = middle;
            } else {
                high = middle;
            }
        }
        let x = low.hull(&high);
        let (mut top, mut bottom) = (Ball::zero(), Ball::zero());
        for (m, w, q) in &modes {
            let d = x.clone() - m.clone();
            top = top + q.clone() / d.clone();
            bottom = bottom + w.clone() / d.square();
        }
        loss = loss + x.powered(step) * top / bottom;
    }
    Some(loss.half())
}

/// |x/y - 1| as a number of digits that agree.
pub fn digits(x: &Ball, y: &Ball) -> f64 {
    let off = (x.centre().at(BITS) / y.centre() - Ball::integer(1)).above();
    if off.is_zero() {
        200.0
    } else {
        -off.log2() * std::f64::consts::LOG10_2
    }
}

/// (true error)/(estimate) of the fast `f64` value, in log10 L where L leaves the range of `f64`.
pub fn fast_ratio(s: &Setting, step: u64, exact: &Ball) -> Result<(f64, &'static str), String> {
    let curve = LossCurve::compute(
        &s.spectrum,
        &s.hyper,
        &[step],
        CurveMethod::Auto,
        0.0,
        &|_| {},
    )
    .map_err(|error| error.to_string())?;
    let point = &curve.points()[0];
    let name = point.method().name();
    match point.loss() {
        Some(loss) => {
            // Both relative: differences of tiny losses are below what a bound in `f64` can say.
            let difference = Ball::exact(loss).at(BITS) - exact.clone();
            let off = (difference / exact.clone()).above().to_f64();
            Ok((off / point.relative_error(), name))
        }
        None => {
            // log10 of the exact loss to 50 digits; its own rounding to `f64` is no error of the method.
            let ln10 = Ball::integer(10).at(BITS).ln();
            let off = (exact.at(BITS).ln() / ln10 - Ball::exact(point.log10_loss())).above();
            let rounded = f64::EPSILON * point.log10_loss().abs();
            let off = (off.to_f64() - rounded).max(0.0);
            Ok((off / point.error_estimate(), name))
        }
    }
}
