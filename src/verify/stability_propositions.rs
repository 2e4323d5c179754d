//! Section 5: Proposition 3 against spectral radii, its certificates, (21), Proposition 4 on random
//! spectra pushed into corners, Proposition 10 against iteration.

use super::{Check, VerifyError};
use crate::closed_form::per_mode;
use crate::dynamics::SeRecursion;
use crate::moment::Hyperparameters;
use crate::spectrum::{PowerLaw, Spectrum};
use crate::stability::{
    Verdict, checked, critical_regularization, divergence_constant, dominant_root, lower_bound_23,
    noise_function_at_1, proposition_3, upper_bound_22,
};
use faer::Mat;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Random models of Proposition 3, and random spectra of Proposition 4.
const MODELS: usize = 1000;
const SPECTRA: usize = 4000;

/// The checks of Section 5.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    Ok(vec![
        Check::timed(
            "proposition-3",
            "stable iff below the noiseless edge and U(1) < 1; beyond, the spectral radius is 1/r_L",
            "1,000 random models of 1 to 6 modes (seed 3), half of them near their edge, tau in [-1, 1]: eigenvalues of the full second-moment operator",
            || {
                let (worst, wrong) = spectral_radii(1.0)?;
                let text = format!(
                    "{} of {MODELS} verdicts wrong, radius {worst:.1e} relative",
                    wrong.len()
                );
                Ok((wrong.is_empty() && worst < 1e-8, text, wrong))
            },
        )?,
        Check::timed(
            "proposition-3-certificates",
            "every lemma that a verdict rests on has a certificate that the checker accepts",
            "verdicts of every kind; the certificates they name expanded against their statements",
            || {
                let lines = certificates()?;
                Ok((true, format!("{} certificates", lines.len()), lines))
            },
        )?,
        Check::timed(
            "equation-21",
            "U(1) is sum lambda/((tau - (1-b)/(gamma (1+b))) lambda + 2/(gamma alpha_eff))",
            "300 random spectra below their noiseless edge (seed 21), the printed form in f64; limit 1e-12",
            || {
                let worst = printed_21(1.0)?;
                Ok((worst < 1e-12, format!("{worst:.1e} relative"), Vec::new()))
            },
        )?,
        Check::timed(
            "proposition-4",
            "U(1) < 1 below the bound (23) and never at or above (22); neither can be improved",
            "4,000 random spectra pushed into corners (seed 22): the exact edge between both, and how near it comes",
            || {
                let [lower, upper] = bounds(1.0)?;
                let near = |share: f64| share > 0.999 && share <= 1.0 + 1e-12;
                let held = near(lower) && near(upper);
                let text = format!("(23)/edge at most {lower:.12}, edge/(22) at most {upper:.12}");
                Ok((held, text, Vec::new()))
            },
        )?,
        Check::timed(
            "proposition-10",
            "beyond the edge L_t ~ V(r_L)/(2 (1 + r_L^2 U'(r_L))) r_L^-t, (24)",
            "12 settings: nu 1.5 and 0.7, momentum -0.5, 0, 0.5, 0.9, tau 0, 1, -1; iterated over 60 time scales; limit 2e-12",
            || {
                let worst = growth(1.0)?;
                Ok((worst < 2e-12, format!("{worst:.1e} relative"), Vec::new()))
            },
        )?,
    ])
}

fn fail(error: &dyn std::fmt::Display) -> VerifyError {
    VerifyError::part("Section 5")(error)
}

fn larger(a: f64, b: f64) -> f64 {
    if b <= a { a } else { b }
}

/// The spectral radius of the operator on (x11, x12, x22) of all modes, column by column.
fn spectral_radius(spectrum: &Spectrum, h: &Hyperparameters) -> Result<f64, VerifyError> {
    let eigenvalues = spectrum.eigenvalues();
    let n = eigenvalues.len();
    let (alpha, beta) = (h.learning_rate(), h.momentum());
    let mut f = Mat::<f64>::zeros(3 * n, 3 * n);
    for (k, l) in eigenvalues.iter().enumerate() {
        for entry in 0..3 {
            let mut state = [0.0; 3];
            state[entry] = 1.0;
            let next = per_mode::step(alpha * l, beta, h.noise_tau(), state);
            for (row, value) in next.into_iter().enumerate() {
                f[(3 * k + row, 3 * k + entry)] += value;
            }
        }
        // The sum of the output-space x11 drives all three entries of every mode.
        for (j, other) in eigenvalues.iter().enumerate() {
            let a = alpha * other;
            for row in 0..3 {
                f[(3 * j + row, 3 * k)] += h.noise_amplitude() * a * a;
            }
        }
    }
    let all = f
        .eigenvalues()
        .map_err(|e| fail(&format!("eigenvalues: {e:?}")))?;
    Ok(all.iter().map(|x| x.re.hypot(x.im)).fold(0.0, f64::max))
}

/// The worst relative distance of the radius beyond the edge from 1/r_L, and the wrong verdicts, with
/// the learning rate of the verdict `factor` times that of the operator.
fn spectral_radii(factor: f64) -> Result<(f64, Vec<String>), VerifyError> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let (mut worst, mut wrong) = (0.0, Vec::new());
    for trial in 0..MODELS {
        let n = rng.random_range(1..=6);
        let exponent = rng.random_range(0.0..2.5);
        let eigenvalues: Vec<f64> = (1..=n)
            .map(|k| f64::from(k).powf(-exponent) * rng.random_range(0.3..1.0))
            .collect();
        let spectrum = Spectrum::new(eigenvalues, None).map_err(|e| fail(&e))?;
        let beta: f64 = rng.random_range(-0.98..0.98);
        let gamma = rng.random_range(0.001..1.0);
        let tau = [1.0, 0.0, -1.0, rng.random_range(-1.0..1.0)][rng.random_range(0..4)];
        let alpha = if trial % 2 == 0 {
            checked::critical_learning_rate(&spectrum, beta, gamma, tau)
                * rng.random_range(0.8..1.25)
        } else {
            2.0 * (1.0 + beta) / spectrum.largest() * rng.random_range(0.01..1.5)
        };
        let h = Hyperparameters::new(alpha, beta, gamma, tau).map_err(|e| fail(&e))?;
        let judged = h.with_learning_rate(alpha * factor).map_err(|e| fail(&e))?;
        let radius = spectral_radius(&spectrum, &h)?;
        let verdict = proposition_3(&spectrum, &judged).judgement.verdict;
        match verdict {
            Verdict::Stable if radius < 1.0 => {}
            Verdict::Unstable if radius > 1.0 => {
                let root = dominant_root(&spectrum, &judged).ok_or_else(|| fail(&"no root"))?;
                worst = larger(worst, (radius * root.z() - 1.0).abs());
            }
            other => wrong.push(format!("trial {trial}: {other}, spectral radius {radius}")),
        }
    }
    Ok((worst, wrong))
}

/// One line for each certificate that verdicts of every kind rest on.
fn certificates() -> Result<Vec<String>, VerifyError> {
    let spectrum = Spectrum::new(vec![1.0, 0.5], None).map_err(|e| fail(&e))?;
    let mut used = BTreeMap::new();
    for (alpha, gamma, tau) in [
        (0.1, 0.5, 1.0),
        (1.9, 1.0, 0.0),
        (0.1, 0.5, -1.0),
        (0.1, 1.5, 1.0),
        (0.1, 0.0, 1.0),
    ] {
        let h = Hyperparameters::new(alpha, 0.0, gamma, tau).map_err(|e| fail(&e))?;
        for lemma in proposition_3(&spectrum, &h).rests_on {
            used.insert(lemma.id, lemma);
        }
    }
    used.values()
        .map(|lemma| {
            let terms = lemma.check().map_err(|e| fail(&e))?;
            let hash = lemma.statement_sha256().map_err(|e| fail(&e))?;
            Ok(format!(
                "{}: {terms} terms, sha256 of the statement {hash}",
                lemma.id
            ))
        })
        .collect()
}

/// The worst relative distance of U(1) from (21) as printed, with alpha_eff there times `factor`.
fn printed_21(factor: f64) -> Result<f64, VerifyError> {
    let mut rng = ChaCha8Rng::seed_from_u64(21);
    let mut worst = 0.0;
    for _ in 0..300 {
        let spectrum = random_spectrum(&mut rng)?;
        let beta: f64 = rng.random_range(-0.95..0.95);
        let gamma = rng.random_range(0.01..1.0);
        let tau = rng.random_range(0.0..=1.0);
        let alpha = 2.0 * (1.0 + beta) / spectrum.largest() * rng.random_range(0.01..0.9);
        let h = Hyperparameters::new(alpha, beta, gamma, tau).map_err(|e| fail(&e))?;
        let effective = factor * h.effective_learning_rate();
        let shift = tau - (1.0 - beta) / (gamma * (1.0 + beta));
        let printed: f64 = spectrum
            .eigenvalues()
            .iter()
            .map(|l| l / (shift * l + 2.0 / (gamma * effective)))
            .sum();
        let u = noise_function_at_1(&spectrum, &h).ok_or_else(|| fail(&"no U(1)"))?;
        worst = larger(worst, (u / printed - 1.0).abs());
    }
    Ok(worst)
}

/// Two modes or many, nearly equal, spread over decades, or one that dominates.
fn random_spectrum(rng: &mut ChaCha8Rng) -> Result<Spectrum, VerifyError> {
    let n = [2, rng.random_range(2..8), rng.random_range(2..60)][rng.random_range(0..3)];
    let kind = rng.random_range(0..4);
    let exponent = rng.random_range(0.1..5.0);
    let eigenvalues = (1..=n)
        .map(|k| match kind {
            0 => 1.0 + 1e-9 * rng.random_range(0.0..1.0),
            1 => 10_f64.powf(-rng.random_range(0.0..8.0)),
            2 => f64::from(k).powf(-exponent),
            _ if k == 1 => 1.0,
            _ => 1e-6 * rng.random_range(0.1..1.0),
        })
        .collect();
    Spectrum::new(eigenvalues, None).map_err(|e| fail(&e))
}

/// The largest (23)/edge and edge/(22) over random spectra: they must come close to 1 and not pass
/// it. lambda_crit is multiplied by `factor`.
fn bounds(factor: f64) -> Result<[f64; 2], VerifyError> {
    let mut rng = ChaCha8Rng::seed_from_u64(22);
    let (mut lower, mut upper) = (0.0, 0.0);
    for _ in 0..SPECTRA {
        let spectrum = random_spectrum(&mut rng)?;
        let beta: f64 = match rng.random_range(0..3) {
            0 => 1.0 - 10_f64.powf(-rng.random_range(0.0..5.0)),
            1 => -1.0 + 10_f64.powf(-rng.random_range(0.0..5.0)),
            _ => rng.random_range(-1.0..1.0),
        };
        let beta = beta.clamp(-0.999_99, 0.999_99);
        let gamma = 10_f64.powf(-rng.random_range(0.0..4.0));
        let tau = [0.0, 1.0, rng.random_range(0.0..1.0)][rng.random_range(0..3)];
        let crit = factor * critical_regularization(&spectrum, tau).map_err(|e| fail(&e))?;
        let edge = checked::critical_learning_rate(&spectrum, beta, gamma, tau) / (1.0 - beta);
        lower = larger(
            lower,
            lower_bound_23(&spectrum, beta, gamma, crit).map_err(|e| fail(&e))? / edge,
        );
        upper = larger(
            upper,
            edge / upper_bound_22(gamma, crit).map_err(|e| fail(&e))?,
        );
    }
    Ok([lower, upper])
}

/// The worst relative distance of the iterated loss from (24) after 60 time scales, the constant
/// multiplied by `factor`.
fn growth(factor: f64) -> Result<f64, VerifyError> {
    let mut worst = 0.0;
    for nu in [1.5, 0.7] {
        let spectrum = PowerLaw::new(nu, Some(0.6))
            .and_then(|law| law.with_modes(200))
            .map_err(|e| fail(&e))?
            .spectrum()
            .0;
        for (beta, gamma, tau) in [
            (0.0, 1.0, 0.0),
            (0.5, 0.5, 1.0),
            (-0.5, 0.3, 1.0),
            (0.9, 0.2, 0.0),
            (0.9, 0.2, 1.0),
            (0.3, 0.4, -1.0),
        ] {
            let edge = checked::critical_learning_rate(&spectrum, beta, gamma, tau);
            let h = Hyperparameters::new(1.1 * edge, beta, gamma, tau).map_err(|e| fail(&e))?;
            let root = dominant_root(&spectrum, &h).ok_or_else(|| fail(&"no root"))?;
            let constant = divergence_constant(&spectrum, &h).map_err(|e| fail(&e))?;
            let rate = -(-root.e()).ln_1p();
            let steps = (60.0 / rate) as u64;
            let mut run = SeRecursion::new(&spectrum, &h).map_err(|e| fail(&e))?;
            let loss = run.advance_by(steps);
            let predicted = (factor * constant).ln() + rate * steps as f64;
            worst = larger(worst, (loss.ln() - predicted).abs());
        }
    }
    Ok(worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn right_formulas_pass_and_slightly_wrong_ones_fail() {
        let (worst, wrong) = spectral_radii(1.0).unwrap();
        assert!(worst < 1e-8 && wrong.is_empty(), "{worst:e} {wrong:?}");
        assert!(!spectral_radii(1.05).unwrap().1.is_empty());
        assert!(printed_21(1.0).unwrap() < 1e-12 && printed_21(1.0 + 1e-9).unwrap() > 1e-12);
        let [lower, upper] = bounds(1.0).unwrap();
        assert!(lower <= 1.0 + 1e-12 && lower > 0.999, "{lower}");
        assert!(upper <= 1.0 + 1e-12 && upper > 0.999, "{upper}");
        assert!(bounds(0.99).unwrap()[0] > 1.001 && bounds(1.01).unwrap()[1] > 1.001);
        assert!(growth(1.0).unwrap() < 2e-12 && growth(1.0 + 1e-11).unwrap() > 2e-12);
        assert_eq!(certificates().unwrap().len(), 7);
    }
}
