//! pi, ln 2, exp, ln, powers and complex exp, ln: own series with proved remainders.
//!
//! ```text
//! ln 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749)
//! pi   = 16 atan(1/5) - 4 atan(1/239)
//! exp x: x = k ln 2 + r, e^r = (sum_{n<N} s^n/n!)^(2^h), s = r/2^h,
//!        |remainder| <= 2 |s|^N/N! for |s| <= 1/2
//! e^(iy): the same with y = j pi/2 + r
//! ln x:  y0 a guess, q = x e^-y0 = 1 + d, ln x = y0 + 2 atanh(u), u = d/(2 + d),
//!        |remainder after M terms| <= 2 |u|^(2M+1)/(1 - |u|^2)
//! ```
//!
//! All series are summed in balls, so that rounding is in the radius as well. A ball with radius r
//! around m gives f(m) widened by `e^m (e^r - 1)` for exp, `r/(m - r)` for ln.

use super::enclosure::BallOver;
use super::float::Float;
use super::magnitude::Magnitude;
use crate::number::{Complex, Rational, Ring};
use dashu::integer::IBig;
use std::cell::RefCell;
use std::collections::HashMap;

/// Fixed-point `2^bits sum_i (+-1)^i/((2i+1) n^(2i+1))`, and how many units it may be off.
fn inverse_arctangent(n: i64, bits: usize, alternating: bool) -> (IBig, i64) {
    let mut power = (IBig::ONE << bits) / n;
    let square = n * n;
    let mut sum = IBig::ZERO;
    let mut i = 0_i64;
    while power != IBig::ZERO {
        let term = &power / (2 * i + 1);
        if alternating && i % 2 == 1 {
            sum -= term;
        } else {
            sum += term;
        }
        power /= square;
        i += 1;
    }
    // Each of the i terms lost less than 2 units, the omitted rest is below 2 units.
    (sum, 2 * i + 2)
}

type Constant = (IBig, i64);

thread_local! {
    static CONSTANTS: RefCell<HashMap<(bool, u32), Constant>> = RefCell::new(HashMap::new());
}

/// pi (`true`) or ln 2 (`false`) as `value 2^-bits`, off by less than the number of units.
fn constant(which: bool, bits: u32) -> Constant {
    CONSTANTS.with(|known| {
        known
            .borrow_mut()
            .entry((which, bits))
            .or_insert_with(|| {
                let parts: &[(i64, i64)] = if which {
                    &[(16, 5), (-4, 239)]
                } else {
                    &[(18, 26), (-2, 4801), (8, 8749)]
                };
                let mut sum = IBig::ZERO;
                let mut off = 0;
                for &(factor, n) in parts {
                    let (value, error) = inverse_arctangent(n, bits as usize, which);
                    sum += value * factor;
                    off += error * factor.abs();
                }
                (sum, off)
            })
            .clone()
    })
}

fn fixed_constant<F: Float>(which: bool, bits: u32) -> BallOver<F> {
    // Whole words, so that few different precisions are ever computed.
    let wide = (bits + 32).div_ceil(64) * 64;
    let (value, off) = constant(which, wide);
    let radius = Magnitude::from_f64(off as f64).times(Magnitude::power_of_two(-i64::from(wide)));
    BallOver::from_scaled(&value, -i64::from(wide))
        .widened(radius)
        .at(bits)
}

/// pi to `bits` bits.
pub fn pi<F: Float>(bits: u32) -> BallOver<F> {
    fixed_constant(true, bits)
}

/// ln 2 to `bits` bits.
pub fn ln_2<F: Float>(bits: u32) -> BallOver<F> {
    fixed_constant(false, bits)
}

/// An upper bound of `e^r - 1`.
fn exp_minus_one_above(r: Magnitude) -> Magnitude {
    if r.log2() <= 0.0 {
        // e^r - 1 <= r + r^2 for r <= 1.
        r.plus(r.times(r))
    } else if r.log2() <= 5.0 {
        Magnitude::from_f64(3.0).to_power(r.to_f64().ceil() as u32 + 1)
    } else {
        Magnitude::INFINITE
    }
}

/// Halvings of the argument before the series: about the square root of the precision.
fn halvings(bits: u32) -> u32 {
    (f64::from(bits).sqrt() as u32).clamp(6, 40)
}

/// Terms N and the bound `2 s^N/N!` below `2^-bits`.
fn exponential_terms(size: Magnitude, bits: u32) -> (i64, Magnitude) {
    let mut bound = Magnitude::power_of_two(1);
    let mut n = 0;
    while bound.log2() > -f64::from(bits) && n < 100_000 {
        n += 1;
        bound = bound.times(size).over(Magnitude::from_f64(n as f64));
    }
    (n, bound)
}

impl<F: Float> BallOver<F> {
    fn working_bits(&self) -> u32 {
        if self.bits() == 0 { 128 } else { self.bits() }
    }

    /// `e^x`; the whole line for |x| beyond 2^40 (powers by repeated squaring reach farther).
    pub fn exp(&self) -> Self {
        let bits = self.working_bits();
        let (x, r) = (self.centre(), self.radius());
        if r.is_infinite() || x.above().log2() > 40.0 {
            return Self::whole();
        }
        let size_bits = x.above().log2().max(0.0) as u32;
        let h = halvings(bits);
        let work = bits + 2 * h + size_bits + 16;
        let k = (x.to_f64() * std::f64::consts::LOG2_E).round() as i64;
        let reduced = x.at(work) - Self::integer(k) * ln_2(work);
        let s = reduced.shifted(-i64::from(h));
        let (terms, bound) = exponential_terms(s.above(), work);
        let mut sum = Self::integer(1).at(work);
        for n in (1..terms).rev() {
            sum = Self::integer(1) + s.clone() * sum / Self::integer(n);
        }
        let mut value = sum.widened(bound);
        for _ in 0..h {
            value = value.square();
        }
        let value = value.shifted(k).at(bits);
        let spread = value.above().times(exp_minus_one_above(r));
        value.widened(spread)
    }

    /// The natural logarithm; the whole line where x may be 0 or negative.
    pub fn ln(&self) -> Self {
        if !self.is_positive() || self.is_whole() {
            return Self::whole();
        }
        let bits = self.working_bits();
        let work = bits + 24;
        let top = self.midpoint().top().unwrap_or(0);
        // f in [1/2, 1), or [1/sqrt 2, sqrt 2) so that numbers near 1 keep exponent 0.
        let mut shift = top;
        let mut f = self.centre().at(work.max(bits + 24)).shifted(-shift);
        if f.to_f64() < std::f64::consts::FRAC_1_SQRT_2 {
            shift -= 1;
            f = f.shifted(1);
        }
        let guess = Self::exact(f.to_f64().ln()).at(work);
        let q = f * (-guess.clone()).exp();
        let d = q - Self::integer(1);
        let value = guess + ln_1_plus(&d, work);
        let value = (value + Self::integer(shift) * ln_2(work)).at(bits);
        let low = self.below();
        value.widened(self.radius().over(low))
    }

    /// `x^y` for x > 0; the whole line otherwise.
    pub fn pow(&self, exponent: &Self) -> Self {
        (self.ln() * exponent.clone()).exp()
    }

    /// `x^(p/q)` for x > 0 and an exact rational exponent.
    pub fn pow_rational(&self, exponent: &Rational) -> Self {
        let bits = self.working_bits();
        if exponent.is_integer()
            && let Some(power) = num_traits::ToPrimitive::to_i64(exponent.numer())
        {
            let size = self.at(bits).powered(power.unsigned_abs());
            return if power < 0 {
                Self::integer(1) / size
            } else {
                size
            };
        }
        let wide = self.at(bits + 16);
        if let Some(roots) = square_roots(exponent)
            && let Some(power) = num_traits::ToPrimitive::to_i64(exponent.numer())
            && power.unsigned_abs() <= 256
            && self.is_positive()
        {
            // x^(p/2^r) by r square roots, much cheaper than a logarithm.
            let size = (0..roots).fold(wide.powered(power.unsigned_abs()), |x, _| x.sqrt());
            let value = if power < 0 {
                Self::integer(1) / size
            } else {
                size
            };
            return value.at(bits);
        }
        let exponent = Self::enclosing(exponent, bits + 16);
        wide.pow(&exponent).at(bits)
    }
}

/// r where the denominator is 2^r, r <= 6.
fn square_roots(exponent: &Rational) -> Option<u32> {
    let denominator = num_traits::ToPrimitive::to_u64(exponent.denom())?;
    (denominator.is_power_of_two() && denominator <= 64).then(|| denominator.trailing_zeros())
}

/// `ln(1 + d)` for |d| < 1/2: `2 atanh(d/(2 + d))`; the whole line otherwise.
fn ln_1_plus<F: Float>(d: &BallOver<F>, bits: u32) -> BallOver<F> {
    if d.above().log2() >= -1.0 {
        return BallOver::whole();
    }
    let u = d.clone() / (BallOver::integer(2) + d.clone());
    let size = u.above();
    if size.is_zero() {
        return BallOver::integer(0);
    }
    let square = u.square();
    let (terms, bound) = atanh_terms(size, bits);
    let mut sum = BallOver::integer(0);
    for i in (0..terms).rev() {
        let coefficient = BallOver::integer(1).at(bits) / BallOver::integer(2 * i + 1);
        sum = coefficient + square.clone() * sum;
    }
    (u * sum).shifted(1).widened(bound)
}

/// Terms M and `2 |u|^(2M+1)/(1 - |u|^2)`, below `2^-bits |u|`; |u| <= 1/2.
fn atanh_terms(size: Magnitude, bits: u32) -> (i64, Magnitude) {
    let per_term = -2.0 * size.log2();
    let terms = (f64::from(bits) / per_term).ceil().max(1.0) as i64;
    let power = size.to_power(2 * terms as u32 + 1);
    // 2/(1 - 1/4) < 3.
    (terms, power.times(Magnitude::from_f64(3.0)))
}

/// `e^z`.
pub fn complex_exp<F: Float>(z: &Complex<BallOver<F>>) -> Complex<BallOver<F>> {
    let whole = || Complex::new(BallOver::whole(), BallOver::whole());
    let bits = z.re.working_bits().max(z.im.working_bits());
    let scale = z.re.at(bits).exp();
    let (y, r) = (z.im.centre(), z.im.radius());
    if r.is_infinite() || y.above().log2() > 40.0 {
        return whole();
    }
    let size_bits = y.above().log2().max(0.0) as u32;
    let h = halvings(bits);
    let work = bits + 2 * h + size_bits + 16;
    let quarter = pi::<F>(work).half();
    let j = (y.to_f64() / std::f64::consts::FRAC_PI_2).round() as i64;
    let s = (y.at(work) - BallOver::integer(j) * quarter).shifted(-i64::from(h));
    let (terms, bound) = exponential_terms(s.above(), work);
    // cos and sin of s by their series: the terms of e^(is) one by one.
    let square = -s.square();
    let horner = |first: i64| {
        // sum_m (-s^2)^m first!/(2m + first)!
        let mut sum = BallOver::integer(1).at(work);
        let last = terms / 2 + 1;
        for m in (1..=last).rev() {
            let d = (2 * m + first) * (2 * m + first - 1);
            sum = BallOver::integer(1) + square.clone() * sum / BallOver::integer(d);
        }
        sum
    };
    let cos = horner(0).widened(bound);
    let sin = (s.clone() * horner(1)).widened(bound);
    let mut value = Complex::new(cos, sin);
    for _ in 0..h {
        value = Complex::new(
            value.re.square() - value.im.square(),
            (value.re * value.im).shifted(1),
        );
    }
    let turned = match j.rem_euclid(4) {
        0 => value,
        1 => Complex::new(-value.im, value.re),
        2 => Complex::new(-value.re, -value.im),
        _ => Complex::new(value.im, -value.re),
    };
    let turned = Complex::new(turned.re.at(bits).widened(r), turned.im.at(bits).widened(r));
    Complex::new(scale.clone() * turned.re, scale * turned.im)
}

/// The principal logarithm; the whole plane where z may be 0 or touch the negative real axis.
pub fn complex_ln<F: Float>(z: &Complex<BallOver<F>>) -> Complex<BallOver<F>> {
    let whole = || Complex::new(BallOver::whole(), BallOver::whole());
    let bits = z.re.working_bits().max(z.im.working_bits());
    let work = bits + 24;
    let top = z.re.midpoint().top().max(z.im.midpoint().top());
    let Some(shift) = top else { return whole() };
    let f = Complex::new(z.re.at(work).shifted(-shift), z.im.at(work).shifted(-shift));
    let (x, y) = (f.re.to_f64(), f.im.to_f64());
    let guess = Complex::new(
        BallOver::exact(x.hypot(y).ln()).at(work),
        BallOver::exact(y.atan2(x)).at(work),
    );
    let q = f * complex_exp(&-guess.clone());
    let d = q - Complex::<BallOver<F>>::one();
    let size = d.re.above().plus(d.im.above());
    if size.log2() >= -1.0 {
        return whole();
    }
    // |u| <= |d|/(2 - |d|) <= (2/3)|d|: below 1/2.
    let two = Complex::<BallOver<F>>::from_integer(2);
    let u = d.clone() / (two + d);
    let size = u.re.above().plus(u.im.above());
    let mut value = guess;
    if !size.is_zero() {
        let square = u.square();
        let (terms, bound) = atanh_terms(size.max(Magnitude::power_of_two(-i64::from(work))), work);
        let mut sum = Complex::<BallOver<F>>::zero();
        for i in (0..terms).rev() {
            let coefficient = BallOver::integer(1).at(work) / BallOver::integer(2 * i + 1);
            sum = Complex::real(coefficient) + square.clone() * sum;
        }
        let series = u * sum;
        value = Complex::new(
            value.re + series.re.shifted(1).widened(bound),
            value.im + series.im.shifted(1).widened(bound),
        );
    }
    let value = Complex::new(
        (value.re + BallOver::integer(shift) * ln_2(work)).at(bits),
        value.im.at(bits),
    );
    // Continuity: every z of the ball has its logarithm in `value`, the principal one if the
    // imaginary part stays inside (-pi, pi).
    let turn = pi::<F>(work);
    if (turn.clone() - value.im.clone()).is_positive() && (turn + value.im.clone()).is_positive() {
        value
    } else {
        whole()
    }
}
