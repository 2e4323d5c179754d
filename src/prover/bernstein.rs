//! Polynomials in the Bernstein form of a box.
//!
//! On `l_v <= x_v <= u_v` with widths `w_v = u_v - l_v` a polynomial of degree at most `n_v` in `x_v` is
//!
//! ```text
//! p = sum over i of b_i product over v of binomial(n_v, i_v) (x_v - l_v)^i_v (u_v - x_v)^(n_v - i_v) / w_v^n_v
//! ```
//!
//! The products are non-negative on the box and add up to 1, so p lies between the smallest and the
//! largest `b_i`; the `b_i` at corners are values of p. Halving the box brings both ends closer to the
//! range of p, the error falling with the square of the width.
//!
//! Source: J. Garloff, The Bernstein algorithm, Interval Computations 2 (1993) 154-168.

use crate::number::{Rational, Ring};
use crate::polynomial::Polynomial;
use num_traits::Zero;

/// The coefficients `b_i`, the first axis running fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Bernstein<T> {
    degrees: Vec<usize>,
    values: Vec<T>,
}

impl<T: Clone> Bernstein<T> {
    /// The degree along each axis.
    pub fn degrees(&self) -> &[usize] {
        &self.degrees
    }

    /// The coefficients.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The coefficients with their indices along the axes.
    pub fn indexed(&self) -> impl Iterator<Item = (Vec<usize>, &T)> {
        self.values.iter().enumerate().map(|(place, value)| {
            let mut rest = place;
            let index = self.degrees.iter().map(|n| {
                let i = rest % (n + 1);
                rest /= n + 1;
                i
            });
            (index.collect(), value)
        })
    }

    /// Whether a place is a corner: every index 0 or the degree.
    fn is_corner(&self, mut place: usize) -> bool {
        self.degrees.iter().all(|n| {
            let i = place % (n + 1);
            place /= n + 1;
            i == 0 || i == *n
        })
    }

    /// The values at the corners, in an order that depends on the number of axes alone if no degree
    /// is 0.
    pub fn corners(&self) -> impl Iterator<Item = &T> {
        let places = self.values.iter().enumerate();
        places
            .filter(|(place, _)| self.is_corner(*place))
            .map(|(_, value)| value)
    }

    /// Replaces every line along an axis; `change` may make lines longer, all by the same amount.
    fn along(&self, axis: usize, mut change: impl FnMut(Vec<T>) -> Vec<T>) -> Self {
        let old = self.degrees[axis] + 1;
        let stride: usize = self.degrees[..axis].iter().map(|n| n + 1).product();
        let blocks = self.values.len() / (stride * old);
        let mut lines = Vec::with_capacity(blocks * stride);
        for block in 0..blocks {
            for offset in 0..stride {
                let start = block * stride * old + offset;
                let line = (0..old).map(|k| self.values[start + k * stride].clone());
                lines.push(change(line.collect()));
            }
        }
        let new = lines.first().map_or(old, Vec::len);
        let mut values = Vec::with_capacity(blocks * stride * new);
        for block in 0..blocks {
            for k in 0..new {
                let block = &lines[block * stride..(block + 1) * stride];
                values.extend(block.iter().map(|line| line[k].clone()));
            }
        }
        let mut degrees = self.degrees.clone();
        degrees[axis] = new - 1;
        Self { degrees, values }
    }
}

/// `binomial(n, k)`.
pub fn binomial(n: usize, k: usize) -> Rational {
    let mut value: Rational = Ring::one();
    for j in 0..k.min(n) {
        value = value * integer(n - j) / integer(j + 1);
    }
    value
}

fn integer(n: usize) -> Rational {
    Rational::from_integer(n.into())
}

impl Bernstein<Rational> {
    /// The form of `p` on the box `ends` of its variables `axes` (positions in its list), with the
    /// degrees of p. `None` if p has another variable.
    pub fn new(p: &Polynomial, axes: &[usize], ends: &[(Rational, Rational)]) -> Option<Self> {
        let mut degrees = vec![0; axes.len()];
        for (exponents, _) in p.terms() {
            for (degree, &axis) in degrees.iter_mut().zip(axes) {
                *degree = (*degree).max(usize::from(*exponents.get(axis)?));
            }
        }
        let size = degrees.iter().map(|n| n + 1).product();
        let mut values = vec![<Rational as Zero>::zero(); size];
        for (exponents, c) in p.terms() {
            let (mut place, mut weight) = (0, 1);
            for (n, &axis) in degrees.iter().zip(axes) {
                place += usize::from(exponents[axis]) * weight;
                weight *= n + 1;
            }
            let elsewhere = (0..exponents.len()).any(|k| exponents[k] > 0 && !axes.contains(&k));
            if elsewhere {
                return None;
            }
            values[place] = c.clone();
        }
        let mut form = Self { degrees, values };
        for (axis, (low, high)) in ends.iter().enumerate() {
            let width = high - low;
            form = form.along(axis, |line| from_powers(shifted(line, low, &width)));
        }
        Some(form)
    }

    /// The coefficients rounded.
    pub fn rounded(&self) -> Bernstein<f64> {
        Bernstein {
            degrees: self.degrees.clone(),
            values: self
                .values
                .iter()
                .map(crate::number::rational_to_f64)
                .collect(),
        }
    }
}

/// The coefficients of `p(low + width t)` in t from those of p(x) in x.
fn shifted(mut line: Vec<Rational>, low: &Rational, width: &Rational) -> Vec<Rational> {
    let n = line.len();
    for start in 0..n {
        for k in (start..n - 1).rev() {
            let more = &line[k + 1] * low;
            line[k] += more;
        }
    }
    let mut power: Rational = Ring::one();
    for c in &mut line {
        *c *= &power;
        power *= width;
    }
    line
}

/// Bernstein coefficients on [0, 1] from powers: `b_i = sum_(k <= i) binomial(i, k)/binomial(n, k) c_k`.
fn from_powers(line: Vec<Rational>) -> Vec<Rational> {
    let n = line.len() - 1;
    let scaled = line.iter().enumerate().map(|(k, c)| c / binomial(n, k));
    let scaled: Vec<Rational> = scaled.collect();
    let one = |i: usize| {
        let parts = scaled[..=i].iter().enumerate();
        parts
            .map(|(k, c)| c * binomial(i, k))
            .fold(<Rational as Zero>::zero(), |sum, c| sum + c)
    };
    (0..=n).map(one).collect()
}

impl Bernstein<f64> {
    /// The smallest and the largest coefficient.
    pub fn range(&self) -> (f64, f64) {
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let values = self.values.iter();
        values.fold(ends, |(low, high), b| (low.min(*b), high.max(*b)))
    }

    /// The forms on the lower and the upper half along an axis (de Casteljau).
    pub fn halves(&self, axis: usize) -> [Self; 2] {
        let upper = |mut line: Vec<f64>| {
            for level in (1..line.len()).rev() {
                for i in 0..level {
                    line[i] = 0.5 * (line[i] + line[i + 1]);
                }
            }
            line
        };
        let lower = |mut line: Vec<f64>| {
            line.reverse();
            let mut line = upper(line);
            line.reverse();
            line
        };
        [self.along(axis, lower), self.along(axis, upper)]
    }

    /// The same polynomial with degrees raised to at least `degrees`.
    pub fn elevated(&self, degrees: &[usize]) -> Self {
        let mut form = self.clone();
        for (axis, &wanted) in degrees.iter().enumerate() {
            while form.degrees[axis] < wanted {
                let n = (form.degrees[axis] + 1) as f64;
                form = form.along(axis, |line| {
                    let value = |i: usize| {
                        let before = if i > 0 { line[i - 1] } else { 0.0 };
                        let own = line.get(i).copied().unwrap_or(0.0);
                        let weight = i as f64 / n;
                        own * (1.0 - weight) + before * weight
                    };
                    (0..=line.len()).map(value).collect()
                });
            }
        }
        form
    }

    /// The largest step between neighbours along an axis: how much the axis matters on this box.
    pub fn variation(&self, axis: usize) -> f64 {
        let stride: usize = self.degrees[..axis].iter().map(|n| n + 1).product();
        let n = self.degrees[axis];
        let steps = (0..self.values.len()).filter(|place| place / stride % (n + 1) < n);
        let size = |place: usize| (self.values[place + stride] - self.values[place]).abs();
        steps.map(size).fold(0.0, f64::max) * n as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::parse_rational;

    fn q(text: &str) -> Rational {
        parse_rational(text).unwrap()
    }

    fn form(text: &str, low: [&str; 2], high: [&str; 2]) -> Bernstein<Rational> {
        let names = ["x".to_owned(), "y".to_owned()];
        let p = Polynomial::parse(text).unwrap().over(&names).unwrap();
        let ends: Vec<_> = (0..2).map(|k| (q(low[k]), q(high[k]))).collect();
        Bernstein::new(&p, &[0, 1], &ends).unwrap()
    }

    #[test]
    fn corners_are_values_and_coefficients_are_those_of_the_definition() {
        // On [1, 3] x [0, 2]: x y^2 is 0 along y = 0; b_(i,1) = 0, b_(i,2) = x (y = 2) times 4.
        let b = form("x*y^2", ["1", "0"], ["3", "2"]);
        let values: Vec<String> = b.values().iter().map(ToString::to_string).collect();
        assert_eq!(values, ["0", "0", "0", "0", "4", "12"]);
        // (x - 1/2)^2 on [0, 1]: 1/4, -1/4, 1/4 although it is not negative.
        let b = form("(x - 1/2)^2 + 0*y", ["0", "0"], ["1", "1"]);
        assert_eq!(b.values(), [q("1/4"), q("-1/4"), q("1/4")]);
    }

    #[test]
    fn halves_and_elevation_are_the_form_on_the_smaller_box_and_of_the_higher_degree() {
        let text = "x^3*y - 2*x*y^2 + x - 1/3";
        let whole = form(text, ["0", "-1"], ["2", "1"]).rounded();
        let close = |a: &Bernstein<f64>, b: &Bernstein<f64>| {
            assert_eq!(a.degrees(), b.degrees());
            for (x, y) in a.values().iter().zip(b.values()) {
                assert!((x - y).abs() < 1e-12, "{x} {y}");
            }
        };
        let [below, above] = whole.halves(0);
        close(&below, &form(text, ["0", "-1"], ["1", "1"]).rounded());
        close(&above, &form(text, ["1", "-1"], ["2", "1"]).rounded());
        let [below, _] = whole.halves(1);
        close(&below, &form(text, ["0", "-1"], ["2", "0"]).rounded());
        // x^4 y^4 added and taken away again: the same polynomial as one of degree 4 in both.
        let more = form(&format!("{text} + x^4*y^4"), ["0", "-1"], ["2", "1"]).rounded();
        let less = form("x^4*y^4", ["0", "-1"], ["2", "1"]).rounded();
        let difference = more.values().iter().zip(less.values());
        let higher = Bernstein {
            degrees: vec![4, 4],
            values: difference.map(|(x, y)| x - y).collect(),
        };
        close(&whole.elevated(&[4, 4]), &higher);
    }
}
