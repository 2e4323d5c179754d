//! Exact rational numbers, and the one place where decimal text becomes a number.
//!
//! `0.25` is exactly 1/4 and `1e-3` exactly 1/1000: no decimal literal passes through binary.

use super::{Field, RationalAlgebra, Ring};
use num_bigint::BigInt;
use num_traits::{One, Pow, Zero};
use thiserror::Error;

/// An exact rational number in lowest terms with a positive denominator.
pub type Rational = num_rational::BigRational;

impl Ring for Rational {
    fn zero() -> Self {
        Zero::zero()
    }
    fn one() -> Self {
        One::one()
    }
    fn from_integer(value: i64) -> Self {
        num_rational::Ratio::from_integer(BigInt::from(value))
    }
}

impl RationalAlgebra for Rational {
    fn from_rational(value: &Rational) -> Self {
        value.clone()
    }
}

impl Field for Rational {
    fn invertible(&self) -> bool {
        !self.is_zero()
    }
}

/// Why a text is not a rational number.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a number: write 3, -1/2, 0.25 or 1e-3 ({reason})")]
pub struct ParseRationalError {
    text: String,
    reason: &'static str,
}

/// The largest power of ten a literal may carry; beyond it the exact value would be huge.
const MAX_DECIMAL_EXPONENT: i64 = 4_000;

/// Reads `3`, `-1/2`, `0.25` (exactly 1/4), `1.5e3`, `1e-3`; surrounding blanks are ignored.
///
/// # Errors
/// Anything else, a zero denominator, and exponents beyond ±4,000.
///
/// ```
/// use tauber::number::parse_rational;
/// assert_eq!(parse_rational("0.25")?, parse_rational("1/4")?);
/// assert!(parse_rational("1/0").is_err());
/// # Ok::<(), tauber::number::ParseRationalError>(())
/// ```
pub fn parse_rational(text: &str) -> Result<Rational, ParseRationalError> {
    let fail = |reason| ParseRationalError {
        text: text.trim().to_owned(),
        reason,
    };
    let trimmed = text.trim();
    if let Some((numerator, denominator)) = trimmed.split_once('/') {
        let top = parse_decimal(numerator.trim()).map_err(fail)?;
        let bottom = parse_decimal(denominator.trim()).map_err(fail)?;
        if bottom.is_zero() {
            return Err(fail("the denominator is zero"));
        }
        return Ok(top / bottom);
    }
    parse_decimal(trimmed).map_err(fail)
}

fn parse_decimal(text: &str) -> Result<Rational, &'static str> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => {
            let exponent: i64 = text[at + 1..]
                .parse()
                .map_err(|_| "the exponent is not an integer")?;
            (&text[..at], exponent)
        }
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err("no digits");
    }
    if !whole
        .bytes()
        .chain(fraction.bytes())
        .all(|c| c.is_ascii_digit())
    {
        return Err("unexpected character");
    }
    let all: BigInt = format!("{whole}{fraction}")
        .parse()
        .map_err(|_| "no digits")?;
    let shift = exponent
        .checked_sub(fraction.len() as i64)
        .ok_or("the exponent is too large")?;
    if shift.abs() > MAX_DECIMAL_EXPONENT {
        return Err("the exponent is beyond 4000");
    }
    let scale = BigInt::from(10).pow(shift.unsigned_abs() as u32);
    let magnitude = if shift >= 0 {
        Rational::from_integer(all * scale)
    } else {
        Rational::new(all, scale)
    };
    Ok(if negative { -magnitude } else { magnitude })
}

/// The `f64` nearest to a rational (an estimate: the type says so).
///
/// Correct to one unit in the last place, also when numerator and denominator each overflow `f64`.
pub fn rational_to_f64(value: &Rational) -> f64 {
    num_traits::ToPrimitive::to_f64(value).unwrap_or(f64::NAN)
}

/// The rational that a finite `f64` is, exactly; `None` for infinities and NaN.
pub fn rational_from_f64(value: f64) -> Option<Rational> {
    Rational::from_float(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let q = |s| parse_rational(s).unwrap();
        assert_eq!(q("0.1") * q("10"), q("1"));
        assert_eq!(q("-1.5e3"), q("-1500"));
        assert_eq!(q("1e-3"), q("1/1000"));
        assert_eq!(q(" 2/6 "), q("1/3"));
        assert_eq!(q(".5"), q("1/2"));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "1/0",
            "1/2/3",
            "0x10",
            "1e",
            "1e99999999",
            "nan",
            "inf",
            "1_000",
            "٣",
        ] {
            assert!(parse_rational(text).is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn conversion_to_f64_survives_huge_parts() {
        let huge = Rational::new(BigInt::from(3).pow(2000_u32), BigInt::from(3).pow(2001_u32));
        assert!((rational_to_f64(&huge) - 1.0 / 3.0).abs() < 1e-16);
        assert_eq!(
            rational_from_f64(0.1).map(|q| rational_to_f64(&q)),
            Some(0.1)
        );
        assert_eq!(rational_from_f64(f64::NAN), None);
    }
}
