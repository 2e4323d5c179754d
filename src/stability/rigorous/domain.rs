//! Whether the learning rate lies where U(1) and Lemma 1 speak.

use crate::closed_form::per_mode;
use crate::generating::Parameters;
use crate::generating::rigorous::{ExactHyperparameters, RigorousSpectrum};
use crate::number::Ball;
use num_traits::Signed;

/// Where the learning rate lies.
pub(super) enum Domain {
    Inside,
    Outside,
    Undecided(&'static str, Option<Ball>),
}

/// alpha against 2 (1+b)/lambda_max, and S(p_1, .) > 0 on (0, 1] for tau < 0.
pub(super) fn domain(
    spectrum: &RigorousSpectrum,
    exact: &ExactHyperparameters,
    bits: u32,
) -> Domain {
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
pub(super) fn positive_up_to(a: &Ball, b: &Ball, g: &Ball, z: &Ball) -> bool {
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
