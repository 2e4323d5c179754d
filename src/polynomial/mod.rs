//! Multivariate polynomials and rational functions with exact rational coefficients.
//!
//! [`Polynomial`] is a sparse sum of terms `c x1^e1 ... xn^en`; [`RationalFunction`] a cancelled
//! quotient of two. Both parse from and print to the same text, `a^2*b*z - 1/2*z + 1`.
//!
//! | operation | where |
//! |---|---|
//! | `+ - *`, powers, coefficients | [`Polynomial`] |
//! | exact division, gcd | `division`, `gcd` |
//! | derivative, substitution, evaluation at any [`crate::number::Ring`] | `calculus` |
//! | text to polynomial, errors with line and column | `parse` |
//! | determinants and linear systems over Q(x) | [`matrix`] |

mod calculus;
mod division;
mod gcd;
mod gcd_support;
pub mod matrix;
mod parse;
mod print;
mod quotient;
mod sparse;

pub use calculus::UnknownVariable;
pub use parse::{ParseError, Relation, parse_relation};
pub(crate) use parse::{Target, parse_as, parse_relation_as};
pub use quotient::RationalFunction;
pub use sparse::{Exponents, Polynomial};
