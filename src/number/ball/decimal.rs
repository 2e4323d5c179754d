//! Outward-rounded decimal text.
//!
//! The ball is multiplied by a power of ten (itself a ball), and the floor of the lower and the
//! ceiling of the upper end of the product are written. Midpoint and radius are first brought to
//! multiples of 2^-64, outwards. All are exact integer operations of about the digits' length, so the
//! two decimals enclose the ball whatever the exponents of its midpoint and its radius.

use super::enclosure::BallOver;
use super::float::Float;
use dashu::integer::{IBig, UBig};
use serde::Serialize;

/// Two decimal numbers that enclose a real number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DecimalEnclosure {
    /// Not above the number.
    pub lower: String,
    /// Not below the number.
    pub upper: String,
}

/// Binary places after the point that are kept before the last digit is cut.
const GRID: i64 = 64;

/// floor or ceiling of `mantissa 2^exponent`.
fn to_integer(mantissa: &IBig, exponent: i64, up: bool) -> IBig {
    if exponent >= 0 {
        return mantissa << exponent as usize;
    }
    let shift = exponent.unsigned_abs() as usize;
    // `>>` of a negative number rounds down.
    if up {
        -((-mantissa) >> shift)
    } else {
        mantissa >> shift
    }
}

/// `digits 10^exponent` as text with one digit before the point.
fn text(digits: &IBig, exponent: i64) -> String {
    let (sign, size) = digits.clone().into_parts();
    if size == UBig::ZERO {
        return "0".to_owned();
    }
    let body = size.to_string();
    let exponent = exponent + body.len() as i64 - 1;
    let (first, rest) = body.split_at(1);
    let rest = rest.trim_end_matches('0');
    let minus = if sign == dashu::base::Sign::Negative {
        "-"
    } else {
        ""
    };
    match (rest.is_empty(), exponent) {
        (true, 0) => format!("{minus}{first}"),
        (true, _) => format!("{minus}{first}e{exponent}"),
        (false, 0) => format!("{minus}{first}.{rest}"),
        (false, _) => format!("{minus}{first}.{rest}e{exponent}"),
    }
}

/// log10 2 in units of 2^-64.
const LOG10_2: i128 = 0x4D10_4D42_7DE7_FBCC;

/// floor(log10(m 2^e)), right or one off; in integers, because an `f64` of the size of 2^60 has no units.
fn decimal_exponent((m, e): (f64, i64)) -> i64 {
    let of_power = i128::from(e) * LOG10_2;
    let whole = of_power >> 64;
    let rest = (of_power - (whole << 64)) as f64 * 2f64.powi(-64);
    whole as i64 + (rest + m.log10()).floor() as i64
}

impl<F: Float> BallOver<F> {
    /// Decimals with about `digits` significant digits around the ball; "-infinity" and "infinity"
    /// for the whole line.
    pub fn to_decimal(&self, digits: u32) -> DecimalEnclosure {
        let unknown = || DecimalEnclosure {
            lower: "-infinity".to_owned(),
            upper: "infinity".to_owned(),
        };
        if self.is_whole() {
            return unknown();
        }
        let size = self.above();
        if size.is_zero() {
            return DecimalEnclosure {
                lower: "0".to_owned(),
                upper: "0".to_owned(),
            };
        }
        let lead = size.parts().map_or(0, decimal_exponent);
        let shift = i64::from(digits.max(1)) - 1 - lead;
        // Repeated squaring loses log2 |shift| bits.
        let bits = self.bits().max((f64::from(digits) * 3.33) as u32) + 96;
        let power = Self::integer(10).at(bits).powered(shift.unsigned_abs());
        let scaled = if shift >= 0 {
            self.at(bits) * power
        } else {
            self.at(bits) / power
        };
        if scaled.is_whole() {
            return unknown();
        }
        // Everything in units of 2^-GRID, outwards; an integer stays what it is.
        let (mantissa, exponent) = scaled.midpoint().to_scaled();
        let radius = match scaled.radius().parts() {
            None => IBig::ZERO,
            Some((m, e)) => {
                let mantissa = IBig::from((m * 2f64.powi(52)) as i64);
                to_integer(&mantissa, e - 52 + GRID, true)
            }
        };
        let end = |up: bool| {
            let middle = to_integer(&mantissa, exponent + GRID, up);
            let end = if up {
                middle + &radius
            } else {
                middle - &radius
            };
            text(&to_integer(&end, -GRID, up), -shift)
        };
        DecimalEnclosure {
            lower: end(false),
            upper: end(true),
        }
    }

    /// log2 of radius over |midpoint|: minus the number of certain bits; inf where x may be zero.
    pub fn relative_radius_log2(&self) -> f64 {
        let low = self.below();
        if low.is_zero() {
            f64::INFINITY
        } else {
            self.radius().over(low).log2()
        }
    }

    /// Whether the ball is known to `digits` significant digits: `2 radius <= 10^-digits |x|`.
    pub fn has_digits(&self, digits: u32) -> bool {
        self.relative_radius_log2() + 1.0 <= -f64::from(digits) * std::f64::consts::LOG2_10
    }
}
