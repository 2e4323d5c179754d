//! Balls: a real number known to lie within `radius` of `midpoint`, at any precision.
//!
//! ```text
//! x = m + d, |d| <= r,   m = mantissa 2^exponent of at most `bits` bits,   r an upward-rounded magnitude
//! x + y:  r = r_x + r_y + u          x y:  r = |m_x| r_y + |m_y| r_x + r_x r_y + u
//! x / y:  r = (r_x + |m_x/m_y| r_y)/(|m_y| - r_y) + u      sqrt x:  r = r_x/sqrt(m_x) + u
//! ```
//!
//! u is one unit in the last of the `bits` bits of the new midpoint, counted only where rounding
//! took place. A ball of infinite radius is the whole line, "no information"; a division by a ball
//! that holds zero gives it. NaN does not exist here.
//!
//! | file | what |
//! |---|---|
//! | `magnitude` | radii: upward-rounded numbers with a 64-bit exponent |
//! | `float` | what a backend must offer: exact or once-rounded + - x / sqrt |
//! | `binary` | the default backend on `dashu`'s integers |
//! | `mpfr` | the backend of the feature `mpfr` |
//! | `enclosure` | the ball and its arithmetic |
//! | `elementary` | pi, ln 2, exp, ln, powers; complex exp and ln: series with proved remainders |
//! | `decimal` | outward-rounded decimal text |
//!
//! # Precision
//! A ball carries the number of bits its operations round to; integers and the constants of
//! [`Ring`](super::Ring) carry none and take that of the other operand. The result has the larger.

mod binary;
mod decimal;
mod elementary;
mod enclosure;
mod float;
mod magnitude;
#[cfg(feature = "mpfr")]
mod mpfr;

pub use binary::Binary;
pub use decimal::DecimalEnclosure;
pub use elementary::{complex_exp, complex_ln, ln_2, pi};
pub use enclosure::BallOver;
pub use float::Float;
pub use magnitude::Magnitude;
#[cfg(feature = "mpfr")]
pub use mpfr::Mpfr;

/// The backend that [`Ball`] rests on: MPFR with the feature `mpfr`, else [`Binary`].
#[cfg(feature = "mpfr")]
pub type Backend = Mpfr;
/// The backend that [`Ball`] rests on: MPFR with the feature `mpfr`, else [`Binary`].
#[cfg(not(feature = "mpfr"))]
pub type Backend = Binary;

/// A real ball on the backend of this build.
pub type Ball = BallOver<Backend>;
/// A rectangle in the complex plane: one ball for each part.
pub type ComplexBall = super::Complex<Ball>;
