//! Small operations on complex balls.

use crate::number::ball::Magnitude;
use crate::number::{Ball, Complex, ComplexBall};

/// `z r` for a real r.
pub(super) fn times(z: &ComplexBall, r: &Ball) -> ComplexBall {
    Complex::new(z.re.clone() * r.clone(), z.im.clone() * r.clone())
}

/// An upper bound of |z|.
pub(super) fn above(z: &ComplexBall) -> Magnitude {
    // |z| <= sqrt 2 max <= the sum of the parts' bounds.
    let (x, y) = (z.re.above(), z.im.above());
    let square = x.times(x).plus(y.times(y));
    // sqrt upwards: sqrt_below of the square plus one part in 2^50.
    let root = square.sqrt_below();
    root.plus(root.times(Magnitude::power_of_two(-50)))
}

/// A lower bound of |z|.
pub(super) fn below(z: &ComplexBall) -> Magnitude {
    z.norm_squared().below().sqrt_below()
}

/// With both parts wider by `radius`.
pub(super) fn widen(z: ComplexBall, radius: Magnitude) -> ComplexBall {
    Complex::new(z.re.widened(radius), z.im.widened(radius))
}

/// Near |z|.
pub(super) fn modulus(z: &ComplexBall) -> f64 {
    z.re.to_f64().hypot(z.im.to_f64())
}
