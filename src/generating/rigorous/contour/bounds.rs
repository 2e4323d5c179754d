//! The bracket of the theorem: discretisation and truncation.

use super::hyperbola::{
    BITS, Hyperbola, PHI, PHI_LEFT, PHI_RIGHT, hull, hyperbolic, refuse, sine_cosine,
};
use crate::generating::rigorous::RigorousError;
use crate::generating::rigorous::cover::{Cover, Failure, WBox};
use crate::number::ball::{Backend, Magnitude, complex_exp, pi};
use crate::number::{Ball, Complex, Interval, Ring};

/// Re w of the circle |z| = z0.
pub(super) const CIRCLE: f64 = 0.5;

/// The bracket of the theorem, and the number of boxes.
pub(super) fn bounds(
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
