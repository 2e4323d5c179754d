//! The terms at K of the Euler-Maclaurin sum and the bound on what it leaves out.

use super::complex::{above, below, times};
use super::cut::Cut;
use crate::number::ball::Magnitude;
use crate::number::{Ball, Complex, ComplexBall, Ring};

/// Taylor coefficients of a, a^2 and 1/S.
pub(super) struct Jets {
    pub(super) a: Vec<Ball>,
    pub(super) a2: Vec<Ball>,
    pub(super) inverse: Vec<ComplexBall>,
}

/// The first n coefficients of (1 + xi)^-s.
pub(super) fn binomial(s: &Ball, n: usize) -> Vec<Ball> {
    let mut value = Ball::integer(1).at(s.bits());
    let mut all = vec![value.clone()];
    for i in 0..n.saturating_sub(1) as i64 {
        value = -(value * (s.clone() + Ball::integer(i))) / Ball::integer(i + 1);
        all.push(value.clone());
    }
    all
}

impl Jets {
    /// `n` coefficients in xi, x = K (1 + xi), from a_K = `at_cut`.
    pub(super) fn new(c: &[ComplexBall; 3], at_cut: &Ball, nu: &Ball, n: usize) -> Self {
        let one = binomial(nu, n);
        let two = binomial(&(nu.clone() + nu.clone()), n);
        let square = at_cut.square();
        let a: Vec<Ball> = one.iter().map(|g| at_cut.clone() * g.clone()).collect();
        let a2: Vec<Ball> = two.iter().map(|g| square.clone() * g.clone()).collect();
        let s: Vec<ComplexBall> = (0..n)
            .map(|i| {
                let varying = times(&c[1], &a[i]) + times(&c[2], &a2[i]);
                if i == 0 {
                    c[0].clone() + varying
                } else {
                    varying
                }
            })
            .collect();
        let first = ComplexBall::one() / s[0].clone();
        let mut inverse = vec![first.clone()];
        for i in 1..n {
            let mut sum = ComplexBall::zero();
            for j in 1..=i {
                sum = sum + s[j].clone() * inverse[i - j].clone();
            }
            inverse.push(-(sum * first.clone()));
        }
        Self { a, a2, inverse }
    }
}

/// `F(K)/2 - sum_j B_2j/(2j)! (2j-1)! g_(2j-1) K^(1-2j)` from the coefficients g of F.
pub(super) fn boundary(
    cut: &Cut,
    numbers: &[Ball],
    bits: u32,
    g: impl Fn(usize) -> ComplexBall,
) -> ComplexBall {
    let zeroth = g(0);
    let mut sum = Complex::new(zeroth.re.half(), zeroth.im.half());
    let k = Ball::integer(cut.k as i64).at(bits);
    let step = Ball::integer(1) / k.square();
    let mut power = Ball::integer(1) / k;
    let mut factorial = Ball::integer(1);
    for j in 1..=cut.terms {
        let n = 2 * j as i64 - 1;
        if j > 1 {
            factorial = factorial.at(bits) * Ball::integer(n * (n - 1));
        }
        let weight = numbers[j - 1].clone() * factorial.clone() * power.clone();
        sum = sum - times(&g(n as usize), &weight);
        power = power * step.clone();
    }
    sum
}

/// The bound on R for |F(u)| <= `size` x^-sigma K^sigma/|S|, sigma given.
pub(super) fn remainder(
    cut: &Cut,
    c: &[ComplexBall; 3],
    a: &Ball,
    nu: f64,
    size: Magnitude,
    sigma: f64,
) -> Option<Magnitude> {
    let n = 2 * cut.terms as u32;
    // (1-theta)^-x <= 4^(x theta) for theta <= 1/2.
    let swell = |x: f64| Magnitude::power_of_two((2.0 * x * cut.theta * 1.001).ceil() as i64);
    let c1 = below(&c[1]);
    let c0 = below(&c[0]);
    let curvature = above(&c[2]).over(c1);
    let largest = a.above().times(swell(nu));
    let s = Magnitude::from_f64(cut.s);
    let margin = s.minus_below(curvature.times(largest));
    if margin.is_zero() {
        return None;
    }
    // 2 zeta(2J) <= 3.3; 2 pi theta K >= 6.25 theta K.
    let reach = Magnitude::from_f64((6.25 * cut.theta * cut.k as f64).next_down());
    let mut growth = Magnitude::from_f64(3.3);
    for i in 1..=n {
        growth = growth.times(Magnitude::from_f64(f64::from(i))).over(reach);
    }
    let common = growth
        .times(size)
        .times(swell(sigma))
        .times(Magnitude::from_f64(cut.k as f64));
    let below_margin = |factor: Magnitude| {
        // factor * margin, downwards: a hair off an upward product.
        let up = factor.times(margin);
        up.minus_below(up.times(Magnitude::power_of_two(-40)))
    };
    let by_constant = common
        .over(Magnitude::from_f64(f64::from(n) + sigma - 1.001))
        .over(below_margin(c0));
    // |a(u)| >= a (1+theta)^-nu >= a 2^(-1.45 nu theta).
    let shrink = Magnitude::power_of_two((1.45 * nu * cut.theta).ceil() as i64);
    let by_slope = common
        .over(Magnitude::from_f64(f64::from(n) + sigma - nu - 1.001))
        .times(shrink)
        .over(below_margin(c1))
        .over(a.below());
    let usable = f64::from(n) + sigma - nu - 1.001 > 0.5;
    Some(if usable && by_slope.compare(by_constant).is_lt() {
        by_slope
    } else {
        by_constant
    })
}
