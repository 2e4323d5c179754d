//! The hyperbola in balls.

use crate::generating::rigorous::RigorousError;
use crate::number::ball::complex_exp;
use crate::number::{Ball, Complex, Interval};

/// phi of the hyperbola that is summed on.
pub(super) const PHI: f64 = 1.1721;
/// phi_L.
pub(super) const PHI_LEFT: f64 = 1.535;
/// phi_R.
pub(super) const PHI_RIGHT: f64 = 0.1;
/// n h and mu/n of the hyperbola of Weideman and Trefethen.
const REACH: f64 = 1.0818;
const SPREAD: f64 = 4.4921;
/// Bits of the balls that bound.
pub(super) const BITS: u32 = 96;

/// The hyperbola with its numbers in balls.
pub(super) struct Hyperbola {
    pub(super) mu: f64,
    pub(super) h: f64,
    pub(super) n: usize,
}

impl Hyperbola {
    /// With n nodes.
    pub(super) fn new(n: usize) -> Self {
        Self {
            mu: SPREAD * n as f64,
            h: REACH / n as f64,
            n,
        }
    }

    /// n h, exactly.
    pub(super) fn end(&self) -> Ball {
        Ball::exact(self.h) * Ball::integer(self.n as i64)
    }
}

/// sin and cos of an exact `f64`.
pub(super) fn sine_cosine(angle: f64, bits: u32) -> (Ball, Ball) {
    let turned = complex_exp(&Complex::new(
        Ball::integer(0).at(bits),
        Ball::exact(angle).at(bits),
    ));
    (turned.im, turned.re)
}

/// cosh and sinh.
pub(super) fn hyperbolic(u: &Ball, bits: u32) -> (Ball, Ball) {
    let up = u.at(bits).exp();
    let down = Ball::integer(1) / up.clone();
    ((up.clone() + down.clone()).half(), (up - down).half())
}

/// The hull of two values of a monotone function, as an interval.
pub(super) fn hull(x: &Ball, y: &Ball) -> Interval {
    x.to_interval().hull(y.to_interval())
}

/// The refusal of a stage.
pub(super) fn refuse(step: u64, test: &'static str) -> RigorousError {
    RigorousError::Contour { step, test }
}
