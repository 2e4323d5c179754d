//! Power laws with an infinite Tr H: Proposition 11 and E.4, against exact roots, losses and divergence times.

use super::power_laws::{larger, loss_at};
use super::settings::{SCALES, law};
use super::{Check, VerifyError};
use crate::asymptotics::{DivergenceCrossing, EventualDivergence, TailLaw};
use crate::generating::contour::LossContour;
use crate::generating::{Modes, values};
use crate::moment::Hyperparameters;
use crate::stability::{divergence_time, dominant_root};

/// (momentum, gamma, tau) under eventual divergence.
const DIVERGENT: [(f64, f64, f64); 4] = [
    (0.0, 1.0, 1.0),
    (0.5, 0.5, 0.0),
    (-0.5, 1.0, 0.5),
    (0.9, 0.5, 1.0),
];

/// The checks of eventual divergence.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    Ok(vec![
        Check::timed(
            "proposition-11",
            "1 - r_L and U'(r_L) as alpha -> 0 where Tr H is infinite, (171), (182)",
            "nu 0.6, 0.7, 0.8, four (momentum, gamma, tau), exact roots at alpha_eff = 1e-4 and 1e-5, extrapolated; limit 1e-5",
            || {
                let worst = radius(1.0)?;
                Ok((worst < 1e-5, format!("{worst:.1e} off 1"), Vec::new()))
            },
        )?,
        Check::timed(
            "divergence-crossover",
            "from the early decay (193) to the growth (195) the loss follows one Mittag-Leffler function",
            "nu 0.7, kappa 0.4, alpha = 3e-6, (1-r_L) t from 1e-3 to 5, losses by contour; limit 5e-4",
            || {
                let worst = crossover(1.0)?;
                Ok((worst < 5e-4, format!("{worst:.1e} off 1"), Vec::new()))
            },
        )?,
        Check::timed(
            "divergence-time",
            "a small learning rate where Tr H is infinite: the loss first falls as (193) and diverges at t_div of (198), (199)",
            "nu 0.6, 0.7, 0.8, four (momentum, gamma, tau); contour losses at t = alpha_eff^-1.5 = 1e12, exact t_div at alpha_eff = 1e-5; limits 1e-4 and 2e-3",
            || {
                let [early, time] = divergence([1.0; 2])?;
                let text = format!("(193) {early:.1e}, (198) {time:.1e} off 1");
                Ok((early < 1e-4 && time < 2e-3, text, Vec::new()))
            },
        )?,
    ])
}

fn fail(error: &dyn std::fmt::Display) -> VerifyError {
    VerifyError::part("eventual divergence")(error)
}

fn hyperparameters(
    alpha: f64,
    beta: f64,
    gamma: f64,
    tau: f64,
) -> Result<Hyperparameters, VerifyError> {
    Hyperparameters::new(alpha, beta, gamma, tau).map_err(|e| fail(&e))
}

/// The worst distance from 1 of the exact 1 - r_L and U'(r_L) over (171), (182), extrapolated to alpha = 0
/// from two learning rates (both are off by a multiple of alpha), with (171) multiplied by `factor`.
fn radius(factor: f64) -> Result<f64, VerifyError> {
    let mut worst = 0.0;
    for nu in [0.6, 0.7, 0.8] {
        let spectrum = law(nu, 0.4)?.spectrum().0;
        for (beta, gamma, tau) in DIVERGENT {
            let ratios = |effective: f64| {
                let h = hyperparameters(effective * (1.0 - beta), beta, gamma, tau)?;
                let limit = EventualDivergence::of(nu, SCALES[0], &h).map_err(|e| fail(&e))?;
                let root =
                    dominant_root(&spectrum, &h).ok_or_else(|| fail(&"no root of z U = 1"))?;
                let v = values(&(&h).into(), &Modes::of(&spectrum), &root);
                Ok::<_, VerifyError>([
                    root.e() / (factor * limit.complement_of_radius),
                    v.noise_derivative / limit.noise_derivative_182(),
                ])
            };
            let (far, near) = (ratios(1e-4)?, ratios(1e-5)?);
            for (far, near) in far.into_iter().zip(near) {
                worst = larger(worst, ((10.0 * near - far) / 9.0 - 1.0).abs());
            }
        }
    }
    Ok(worst)
}

/// The worst distance from 1 of the loss over its crossover function, multiplied by `factor`, at
/// equal multiples of 1/(1 - r_L).
fn crossover(factor: f64) -> Result<f64, VerifyError> {
    let law = law(0.7, 0.4)?;
    let tail = TailLaw::of(&law).map_err(|e| fail(&e))?;
    let spectrum = law.spectrum().0;
    let mut worst = 0.0;
    for (beta, gamma, tau) in DIVERGENT {
        let h = hyperparameters(3e-6, beta, gamma, tau)?;
        let found = DivergenceCrossing::of(&tail, &h).map_err(|e| fail(&e))?;
        let root = dominant_root(&spectrum, &h).ok_or_else(|| fail(&"no root of z U = 1"))?;
        let contour = LossContour::new(&spectrum, &h).map_err(|e| fail(&e))?;
        let limit = found.divergence.complement_of_radius;
        let scale = factor * (root.e() / limit).powf(found.zeta);
        for x in [1e-3, 1e-2, 0.1, 0.5, 1.0, 2.0, 5.0] {
            let loss = loss_at(&contour, (x / root.e()).floor())?;
            let predicted = found.crossover_loss(x / limit).map_err(|e| fail(&e))?;
            worst = larger(worst, (loss / (predicted * scale) - 1.0).abs());
        }
    }
    Ok(worst)
}

/// The worst distances from 1 of the early loss over (193) and of the exact t_div over (198), these multiplied by
/// `factors`.
fn divergence(factors: [f64; 2]) -> Result<[f64; 2], VerifyError> {
    let mut worst = [0.0; 2];
    for (nu, kappa) in [(0.6, 0.3), (0.7, 0.4), (0.8, 0.5)] {
        let law = law(nu, kappa)?;
        let tail = TailLaw::of(&law).map_err(|e| fail(&e))?;
        let spectrum = law.spectrum().0;
        for (beta, gamma, tau) in DIVERGENT {
            let at = |effective: f64| {
                let h = hyperparameters(effective * (1.0 - beta), beta, gamma, tau)?;
                let found = DivergenceCrossing::of(&tail, &h).map_err(|e| fail(&e))?;
                Ok::<_, VerifyError>((h, found))
            };
            let (h, found) = at(1e-8)?;
            let contour = LossContour::new(&spectrum, &h).map_err(|e| fail(&e))?;
            let early = loss_at(&contour, 1e12)? / found.early_loss_193(1e12);
            worst[0] = larger(worst[0], (early / factors[0] - 1.0).abs());
            let (h, found) = at(1e-5)?;
            let time = divergence_time(&spectrum, &h).map_err(|e| fail(&e))?;
            let ratio = time / (factors[1] * found.divergence_time_198());
            worst[1] = larger(worst[1], (ratio - 1.0).abs());
        }
    }
    Ok(worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_formulas_pass_and_wrong_constants_fail() {
        assert!(radius(1.0).unwrap() < 1e-5 && radius(1.0001).unwrap() > 1e-5);
        assert!(crossover(1.0).unwrap() < 5e-4 && crossover(1.01).unwrap() > 5e-4);
        let [early, time] = divergence([1.0; 2]).unwrap();
        assert!(early < 1e-4 && time < 2e-3, "{early:e} {time:e}");
        let [early, time] = divergence([1.001, 1.01]).unwrap();
        assert!(early > 1e-4 && time > 2e-3, "{early:e} {time:e}");
    }
}
