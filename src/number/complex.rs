//! Complex numbers `re + i im` over any [`Ring`].

use super::{Field, Rational, RationalAlgebra, Ring};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `re + i im`, with both parts of the same number type.
///
/// Generic, so that the generating functions can be evaluated at a complex point in `f64`,
/// exactly (`Complex<Rational>`) and in intervals by the same code.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex<T> {
    /// The real part.
    pub re: T,
    /// The imaginary part.
    pub im: T,
}

impl<T> Complex<T> {
    /// `re + i im`.
    #[inline(always)]
    pub const fn new(re: T, im: T) -> Self {
        Self { re, im }
    }
}

impl<T: Ring> Complex<T> {
    /// The real number `re`.
    #[inline(always)]
    pub fn real(re: T) -> Self {
        Self { re, im: T::zero() }
    }

    /// `re - i im`.
    #[inline(always)]
    pub fn conjugate(self) -> Self {
        Self {
            re: self.re,
            im: -self.im,
        }
    }

    /// `re^2 + im^2`.
    #[inline(always)]
    pub fn norm_squared(&self) -> T {
        self.re.square() + self.im.square()
    }
}

impl Complex<f64> {
    /// The modulus, without overflow in between.
    pub fn modulus(self) -> f64 {
        self.re.hypot(self.im)
    }

    /// `e^self`.
    pub fn exp(self) -> Self {
        let (sin, cos) = self.im.sin_cos();
        let scale = self.re.exp();
        Self::new(scale * cos, scale * sin)
    }
}

impl<T: Ring> Add for Complex<T> {
    type Output = Self;
    #[inline(always)]
    fn add(self, rhs: Self) -> Self {
        Self::new(self.re + rhs.re, self.im + rhs.im)
    }
}

impl<T: Ring> Sub for Complex<T> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, rhs: Self) -> Self {
        Self::new(self.re - rhs.re, self.im - rhs.im)
    }
}

impl<T: Ring> Neg for Complex<T> {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self::new(-self.re, -self.im)
    }
}

impl<T: Ring> Mul for Complex<T> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, rhs: Self) -> Self {
        Self::new(
            self.re.clone() * rhs.re.clone() - self.im.clone() * rhs.im.clone(),
            self.re * rhs.im + self.im * rhs.re,
        )
    }
}

impl<T: Field> Div for Complex<T> {
    type Output = Self;
    #[inline(always)]
    fn div(self, rhs: Self) -> Self {
        let norm = rhs.norm_squared();
        let product = self * rhs.conjugate();
        Self::new(product.re / norm.clone(), product.im / norm)
    }
}

impl<T: Ring> Ring for Complex<T> {
    #[inline(always)]
    fn zero() -> Self {
        Self::real(T::zero())
    }
    #[inline(always)]
    fn one() -> Self {
        Self::real(T::one())
    }
    #[inline(always)]
    fn from_integer(value: i64) -> Self {
        Self::real(T::from_integer(value))
    }
}

impl<T: RationalAlgebra> RationalAlgebra for Complex<T> {
    fn from_rational(value: &Rational) -> Self {
        Self::real(T::from_rational(value))
    }
}

impl<T: Field> Field for Complex<T> {
    fn invertible(&self) -> bool {
        self.norm_squared().invertible()
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_rational;
    use super::*;

    #[test]
    fn division_undoes_multiplication_exactly_over_the_rationals() {
        let q = |s: &str| parse_rational(s).unwrap();
        let x = Complex::new(q("2/3"), q("-5/7"));
        let y = Complex::new(q("-1/2"), q("4"));
        assert_eq!((x.clone() * y.clone()) / y, x);
    }

    #[test]
    fn zero_is_not_invertible_but_i_is() {
        assert!(!Complex::<Rational>::zero().invertible());
        assert!(Complex::new(0.0, 1.0).invertible());
    }

    #[test]
    fn exp_of_i_pi_is_minus_one() {
        let value = Complex::new(0.0, std::f64::consts::PI).exp();
        assert!((value.re + 1.0).abs() < 1e-15 && value.im.abs() < 1e-15);
    }
}
