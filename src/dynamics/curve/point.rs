//! The loss at one step, as a number with an exponent of its own, and how it was computed.

use crate::generating::contour::ScaledLoss;

/// How the loss is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CurveMethod {
    /// The SE recursion (65), step by step.
    Iteration,
    /// The convolution (15).
    Series,
    /// Inversion of the generating function, [`crate::generating::contour`].
    Contour,
    /// The sum (249) of the noiseless loss.
    Explicit,
    /// Explicit without noise; with noise the contour where it is valid, the iteration elsewhere.
    Auto,
}

impl CurveMethod {
    /// The word in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iteration => "iteration",
            Self::Series => "series",
            Self::Contour => "contour",
            Self::Explicit => "explicit",
            Self::Auto => "auto",
        }
    }
}

/// L_t at one step: an estimate, as `mantissa * 2^exponent`, with its error in the same unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LossPoint {
    mantissa: f64,
    exponent: i64,
    error: f64,
    method: CurveMethod,
}

/// `value * 2^exponent`, rounded once; infinite or 0 beyond the range.
pub(super) fn scaled(value: f64, exponent: i64) -> f64 {
    // Two exact factors, so that no intermediate overflows before the product does.
    let exponent = exponent.clamp(-2000, 2000);
    let half = exponent / 2;
    value * 2f64.powi(half as i32) * 2f64.powi((exponent - half) as i32)
}

impl LossPoint {
    /// How it was computed; never [`CurveMethod::Auto`].
    pub const fn method(&self) -> CurveMethod {
        self.method
    }

    /// What moves and the constant loss of the null space, together.
    pub(super) fn direct(moving: &ScaledLoss, null: f64, method: CurveMethod) -> Self {
        let (mut mantissa, mut exponent) = (moving.mantissa, moving.exponent);
        let mut relative_error = moving.relative_error;
        if null > 0.0 && exponent < 1000 {
            let value = moving.value();
            mantissa = value + null;
            exponent = 0;
            relative_error = relative_error * (value / mantissa) + f64::EPSILON;
        }
        Self {
            mantissa,
            exponent,
            error: relative_error * mantissa.abs(),
            method,
        }
    }

    /// `mantissa * 2^exponent` with an absolute error in the same unit.
    pub(super) const fn new(mantissa: f64, exponent: i64, error: f64, method: CurveMethod) -> Self {
        Self {
            mantissa,
            exponent,
            error,
            method,
        }
    }

    /// The same with a relative error more.
    pub(super) fn widened(mut self, relative: f64) -> Self {
        self.error += relative * self.mantissa.abs();
        self
    }

    /// The relative error, estimated.
    pub fn relative_error(&self) -> f64 {
        if self.error == 0.0 {
            0.0
        } else {
            self.error / self.mantissa.abs()
        }
    }

    /// L_t; `None` outside the range of normal `f64` numbers (0 stays 0).
    pub fn loss(&self) -> Option<f64> {
        if self.mantissa == 0.0 {
            return Some(0.0);
        }
        let value = scaled(self.mantissa, self.exponent);
        value.is_normal().then_some(value)
    }

    /// log10 L_t; minus infinity for 0.
    pub fn log10_loss(&self) -> f64 {
        self.mantissa.log10() + self.exponent as f64 * std::f64::consts::LOG10_2
    }

    /// Absolute error of the loss, or, where the loss is `None`, of log10 L_t. An estimate.
    pub fn error_estimate(&self) -> f64 {
        match self.loss() {
            Some(_) => scaled(self.error, self.exponent),
            None => {
                let rounding = f64::EPSILON * self.log10_loss().abs();
                self.error / self.mantissa / std::f64::consts::LN_10 + rounding
            }
        }
    }
}
