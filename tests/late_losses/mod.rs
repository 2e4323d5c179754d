//! Logarithms of losses at late steps and of their asymptotic constants, and their slopes at momentum 0:
//! shared by the tests of Propositions 5 and 12.

use tauber::asymptotics::{LossAsymptotics, TailLaw};
use tauber::generating::contour::LossContour;
use tauber::moment::Hyperparameters;
use tauber::spectrum::Spectrum;

/// (gamma, tau) of the finite differences.
pub const NOISE: [(f64, f64); 5] = [(1.0, 1.0), (0.3, 0.0), (0.1, 1.0), (1.0, 0.5), (0.5, -1.0)];

/// ln of something at (learning rate, momentum), for one noise.
pub struct Slopes<F: Fn(f64, f64) -> f64>(pub F);

impl<F: Fn(f64, f64) -> f64> Slopes<F> {
    /// d/d ln(learning rate) at (alpha, 0), by a central difference of relative width `h`.
    pub fn by_learning_rate(&self, alpha: f64, h: f64) -> f64 {
        (self.0(alpha * (1.0 + h), 0.0) - self.0(alpha * (1.0 - h), 0.0)) / (2.0 * h)
    }

    /// d/d(momentum) at (alpha, 0), by a central difference of width `h`.
    pub fn by_momentum(&self, alpha: f64, h: f64) -> f64 {
        (self.0(alpha, h) - self.0(alpha, -h)) / (2.0 * h)
    }
}

/// ln L_t of the SE dynamics by contour inversion.
pub fn late_loss(
    spectrum: &Spectrum,
    (gamma, tau): (f64, f64),
    step: f64,
) -> Slopes<impl Fn(f64, f64) -> f64> {
    Slopes(move |alpha, beta| {
        let p = Hyperparameters::new(alpha, beta, gamma, tau).unwrap();
        let at = LossContour::new(spectrum, &p).unwrap().at(step).unwrap();
        at.value().ln()
    })
}

/// ln C of (28a) or (28b).
pub fn loss_constant(
    tail: &TailLaw,
    spectrum: &Spectrum,
    (gamma, tau): (f64, f64),
) -> Slopes<impl Fn(f64, f64) -> f64> {
    Slopes(move |alpha, beta| {
        let p = Hyperparameters::new(alpha, beta, gamma, tau).unwrap();
        let loss = LossAsymptotics::of(tail, spectrum, &p).unwrap();
        loss.loss_constant().ln()
    })
}
