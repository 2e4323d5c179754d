//! 1 - z U(z) at a point with all modes, in balls.

use crate::generating::rigorous::{
    ExactHyperparameters, LawAt, RigorousError, RigorousLaw, RigorousSpectrum,
};
use crate::generating::{Modes, Parameters, Point, noise_function};
use crate::number::{Ball, Complex, ComplexBall, Ring};

/// U at a point with all modes.
pub(in crate::generating::rigorous) enum Precise {
    Law(Box<LawAt>, Box<Parameters<Ball>>),
    Finite(
        Vec<ComplexBall>,
        Vec<ComplexBall>,
        Box<Parameters<ComplexBall>>,
    ),
}

/// Bits of [`Precise`].
const PRECISE: u32 = 176;

impl Precise {
    pub(in crate::generating::rigorous) fn new(
        spectrum: &RigorousSpectrum,
        parameters: &ExactHyperparameters,
    ) -> Result<Self, RigorousError> {
        let p: Parameters<Ball> = parameters.balls(PRECISE);
        if let Some(law) = spectrum.infinite_law() {
            let silent = RigorousLaw {
                signal_exponent: None,
                ..law.clone()
            };
            return Ok(Self::Law(
                Box::new(LawAt::new(&silent, PRECISE)?),
                Box::new(p),
            ));
        }
        let modes = spectrum.modes(PRECISE)?;
        let lift = |x: &[Ball]| x.iter().cloned().map(Complex::real).collect();
        let p = Parameters {
            learning_rate: Complex::real(p.learning_rate),
            momentum: Complex::real(p.momentum),
            noise_amplitude: Complex::real(p.noise_amplitude),
            tau: Complex::real(p.tau),
        };
        Ok(Self::Finite(
            lift(modes.eigenvalues()),
            lift(modes.multiplicities()),
            Box::new(p),
        ))
    }

    /// 1 - z U(z).
    pub(in crate::generating::rigorous) fn gap(
        &self,
        z: ComplexBall,
        e: ComplexBall,
    ) -> Option<ComplexBall> {
        let point = Point::from_parts(z.clone(), e);
        let noise = match self {
            Self::Law(law, p) => law.values(p, &point).ok()?.noise,
            Self::Finite(l, m, p) => noise_function(p, &Modes::new(l, m, &[]).ok()?, &point),
        };
        Some(ComplexBall::one() - z * noise)
    }
}
