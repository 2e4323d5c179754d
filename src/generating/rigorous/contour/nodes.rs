//! The sum over the nodes.

use super::hyperbola::{Hyperbola, PHI, hyperbolic, sine_cosine};
use crate::generating::rigorous::{ExactHyperparameters, LawAt, RigorousError, RigorousSpectrum};
use crate::generating::{Modes, Parameters, Point, noise_function, signal_function};
use crate::number::ball::complex_exp;
use crate::number::{Ball, Complex, ComplexBall, Ring};
use rayon::prelude::*;

/// sum Im g(u_k) in balls.
pub(super) fn nodes(
    spectrum: &RigorousSpectrum,
    parameters: &ExactHyperparameters,
    hyperbola: &Hyperbola,
    complement: &Ball,
    step: u64,
    bits: u32,
) -> Result<Ball, RigorousError> {
    let p: Parameters<Ball> = parameters.balls(bits);
    let wide = bits + 2 * (64 - step.leading_zeros()) + 16;
    let law = spectrum
        .infinite_law()
        .map(|law| LawAt::new(law, bits))
        .transpose()?;
    let lift = |x: &[Ball]| -> Vec<ComplexBall> { x.iter().cloned().map(Complex::real).collect() };
    let modes = match law {
        Some(_) => None,
        None => {
            let modes = spectrum.modes(bits)?;
            Some((
                lift(modes.eigenvalues()),
                lift(modes.multiplicities()),
                lift(modes.signal()),
            ))
        }
    };
    let complex = Parameters {
        learning_rate: Complex::real(p.learning_rate.clone()),
        momentum: Complex::real(p.momentum.clone()),
        noise_amplitude: Complex::real(p.noise_amplitude.clone()),
        tau: Complex::real(p.tau.clone()),
    };
    let (sine, cosine) = sine_cosine(PHI, wide);
    let mu = Ball::exact(hyperbola.mu);
    let t = Ball::whole_number(step);
    let terms: Result<Vec<Ball>, RigorousError> = (0..hyperbola.n)
        .into_par_iter()
        .map(|k| {
            let u = Ball::exact(hyperbola.h) * (Ball::integer(2 * k as i64 + 1).at(wide)).half();
            let (cosh, sinh) = hyperbolic(&u, wide);
            let w = Complex::new(
                mu.clone() * (Ball::integer(1) - sine.clone() * cosh.clone()),
                mu.clone() * cosine.clone() * sinh.clone(),
            );
            let slope = Complex::new(
                -(mu.clone() * sine.clone() * sinh),
                mu.clone() * cosine.clone() * cosh,
            );
            let part = |x: &Ball| -(x.clone() / t.clone());
            let turned = complex_exp(&Complex::new(part(&w.re), part(&w.im)));
            let rho = Ball::integer(1).at(wide) - complement.clone();
            let z = Complex::new(turned.re * rho.clone(), turned.im * rho);
            let e = Complex::new(Ball::integer(1) - z.re.clone(), -z.im.clone());
            let cut = |z: Complex<Ball>| Complex::new(z.re.at(bits), z.im.at(bits));
            let point = Point::from_parts(cut(z), cut(e));
            let (noise, signal) = match (&law, &modes) {
                (Some(law), _) => {
                    let values = law.values(&p, &point)?;
                    (values.noise, values.signal)
                }
                (None, Some((l, m, q))) => {
                    let view = Modes::new(l, m, q).map_err(|_| RigorousError::NeedsFinite)?;
                    (
                        noise_function(&complex, &view, &point),
                        signal_function(&complex, &view, &point),
                    )
                }
                (None, None) => return Err(RigorousError::NeedsFinite),
            };
            let gap = ComplexBall::one() - point.z() * noise;
            let loss = signal / (gap.clone() + gap);
            let w = cut(w);
            Ok((loss * complex_exp(&w) * cut(slope)).im)
        })
        .collect();
    Ok(terms?
        .into_iter()
        .rev()
        .fold(Ball::zero(), |sum, term| sum + term))
}
