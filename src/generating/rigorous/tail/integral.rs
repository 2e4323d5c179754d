//! The integral of a tail: E(P) and the series of `tail`'s head, with their rests.

use super::complex::{above, times, widen};
use crate::number::ball::{Backend, Magnitude, complex_exp, complex_ln, pi};
use crate::number::{Ball, Complex, ComplexBall, Rational, Ring, rational_to_f64};
use num_traits::ToPrimitive;

/// An exponent P of the integral with all that does not depend on z.
#[derive(Debug, Clone)]
pub(super) struct Exponent {
    value: f64,
    pub(super) ball: Ball,
    whole: Option<i64>,
    /// 1/(P+n).
    up: Vec<Ball>,
    /// 1/(n+1-P); empty for whole P.
    down: Vec<Ball>,
    /// pi/sin(pi P); the whole line for whole P.
    reflection: Ball,
}

impl Exponent {
    pub(super) fn new(p: &Rational, bits: u32) -> Self {
        let ball = Ball::enclosing(p, bits);
        let count = i64::from(bits) + 8;
        let whole = p.is_integer().then(|| p.to_i64()).flatten();
        let reciprocal = |n: i64, sign: i64| {
            let shifted =
                Rational::from_integer(n.into()) + p * Rational::from_integer(sign.into());
            Ball::enclosing(&shifted.recip(), bits)
        };
        let (down, reflection) = if p.is_integer() {
            (Vec::new(), Ball::whole())
        } else {
            let turn = pi::<Backend>(bits + 8);
            let angle = Complex::new(Ball::integer(0), turn.clone() * ball.clone());
            let sine = complex_exp(&angle).im;
            (
                (0..count).map(|n| reciprocal(n + 1, -1)).collect(),
                turn / sine,
            )
        };
        Self {
            value: rational_to_f64(p),
            whole,
            up: (0..=count).map(|n| reciprocal(n, 1)).collect(),
            down,
            reflection,
            ball,
        }
    }
}

/// eta, delta and 1/(h (1 - delta eta)).
pub(super) struct Factors {
    pub(super) eta: ComplexBall,
    pub(super) log_eta: ComplexBall,
    delta: ComplexBall,
    inverse: ComplexBall,
}

impl Factors {
    /// At K, with ratio = c0/c1 and a = a_K; `None` where delta is too large or a logarithm is not known.
    pub(super) fn new(c: &[ComplexBall; 3], a: &Ball, ratio: &ComplexBall) -> Option<Self> {
        let one = ComplexBall::one();
        // 4 d0 d2/d1^2 = 4 (c0/c1)(c2/c1), whatever K.
        let w = ratio.clone() * c[2].clone() / c[1].clone();
        let four = ComplexBall::from_integer(4);
        let log = complex_ln(&(one.clone() - four * w));
        let half = Complex::new(log.re.half(), log.im.half());
        let root = complex_exp(&half);
        let sum = one.clone() + root;
        let h = times(&c[1], a) * Complex::new(sum.re.half(), sum.im.half());
        let eta = c[0].clone() / h.clone();
        let delta = times(&c[2], &a.square()) / h.clone();
        if above(&delta).log2() > -1.0 {
            return None;
        }
        let inverse = one.clone() / (h * (one - delta.clone() * eta.clone()));
        let log_eta = complex_ln(&eta);
        let usable = !(inverse.re.is_whole() || inverse.im.is_whole() || log_eta.im.is_whole());
        usable.then_some(Self {
            eta,
            log_eta,
            delta,
            inverse,
        })
    }

    /// E(P); `power` is eta^(P-1) where eta is small and P not whole.
    fn e(&self, p: &Exponent, power: Option<&ComplexBall>, bits: u32) -> Option<ComplexBall> {
        let size = above(&self.eta);
        if size.log2() <= -1.0 {
            if let Some(whole) = p.whole {
                let one = ComplexBall::one();
                let mut value = complex_ln(&(one + self.eta.clone())) - self.log_eta.clone();
                for j in 1..whole {
                    let next = Ball::integer(1).at(bits) / Ball::integer(j);
                    value = Complex::real(next) - self.eta.clone() * value;
                }
                return Some(value);
            }
            let per_term = -size.log2();
            let least = p.value.ceil().max(0.0) as usize + 2;
            let count = ((f64::from(bits) / per_term).ceil() as usize + 2).max(least);
            if count >= p.down.len() {
                return None;
            }
            let minus = -self.eta.clone();
            let mut sum = ComplexBall::zero();
            for coefficient in p.down[..count].iter().rev() {
                sum = Complex::real(coefficient.clone()) + minus.clone() * sum;
            }
            // The coefficients fall from here on: the rest is at most twice its first term.
            let rest = size
                .to_power(count as u32)
                .times(p.down[count].above())
                .times(Magnitude::power_of_two(1));
            return Some(times(power?, &p.reflection) - widen(sum, rest));
        }
        let inverse = ComplexBall::one() / self.eta.clone();
        let size = above(&inverse);
        if size.log2() > -1.0 {
            return None;
        }
        let count = (f64::from(bits) / -size.log2()).ceil() as usize + 2;
        if count >= p.up.len() {
            return None;
        }
        let minus = -inverse.clone();
        let mut sum = ComplexBall::zero();
        for coefficient in p.up[..count].iter().rev() {
            sum = Complex::real(coefficient.clone()) + minus.clone() * sum;
        }
        let rest = size
            .to_power(count as u32)
            .times(p.up[count].above())
            .times(Magnitude::power_of_two(1));
        Some(inverse * widen(sum, rest))
    }

    /// `sum_j (-delta)^j/(P + shift + j)`.
    fn series(&self, p: &Exponent, shift: usize, bits: u32) -> Option<ComplexBall> {
        let size = above(&self.delta);
        let count = if size.is_zero() {
            1
        } else {
            (f64::from(bits) / -size.log2()).ceil() as usize + 2
        };
        let coefficients = p.up.get(shift..=shift + count)?;
        let minus = -self.delta.clone();
        let mut sum = ComplexBall::zero();
        for coefficient in coefficients[..count].iter().rev() {
            sum = Complex::real(coefficient.clone()) + minus.clone() * sum;
        }
        let rest = size
            .to_power(count as u32)
            .times(coefficients[count].above())
            .times(Magnitude::power_of_two(1));
        Some(widen(sum, rest))
    }

    /// `h int_0^1 y^(P-1)/D dy` times 1/h, for P and P + 1.
    pub(super) fn integrals(
        &self,
        p: &Exponent,
        power: Option<&ComplexBall>,
        both: bool,
        bits: u32,
    ) -> Option<[ComplexBall; 2]> {
        let e = self.e(p, power, bits)?;
        let one = self.series(p, 0, bits)?;
        let first = (e.clone() - self.delta.clone() * one) * self.inverse.clone();
        if !both {
            return Some([first, Complex::zero()]);
        }
        let next = Complex::real(p.up[0].clone()) - self.eta.clone() * e;
        let two = self.series(p, 1, bits)?;
        Some([
            first,
            (next - self.delta.clone() * two) * self.inverse.clone(),
        ])
    }

    /// eta^(P-1), where the expansion for small eta needs it.
    pub(super) fn small_power(&self, p: &Exponent) -> Option<ComplexBall> {
        let small = above(&self.eta).log2() <= -1.0 && p.whole.is_none();
        small.then(|| {
            let exponent = p.ball.clone() - Ball::integer(1);
            complex_exp(&times(&self.log_eta, &exponent))
        })
    }
}
