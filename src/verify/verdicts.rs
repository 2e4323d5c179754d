//! Stability verdicts: both sides of the edge, known edges, and the growth that is predicted.

use super::{Check, VerifyError};
use crate::dynamics::SeRecursion;
use crate::kernel;
use crate::moment::{Hyperparameters, noise_amplitude_of_batch};
use crate::spectrum::Spectrum;
use crate::stability::{Verdict, checked, convergence_radius, judge};

/// How far from the edge the verdict must have flipped.
const STEP_FROM_EDGE: f64 = 1e-6;

/// The largest relative distance of the growth from the predicted one.
const GROWTH_LIMIT: f64 = 1e-8;

/// The checks of the verdicts.
pub(super) fn checks() -> Result<Vec<Check>, VerifyError> {
    let fail = VerifyError::part("verdicts");
    let law = Spectrum::new((1..=1000).map(|k| f64::from(k).powf(-1.5)).collect(), None)
        .map_err(|e| fail(&e))?;
    let digits = kernel::mnist(200)?.spectrum().map_err(|e| fail(&e))?;
    let flips = Check::timed(
        "verdict-flips-at-the-edge",
        "stable just below the critical learning rate, unstable just above (Proposition 3)",
        "edge times 1 -+ 1e-6; k^-1.5 with 1,000 modes and mnist:200; momentum 0.9, 0.5, 0, -0.3, -0.9; batch 1, 10, 100; tau 1, 0, -1",
        || {
            let (cases, wrong) = wrong_verdicts(&[("k^-1.5", &law), ("mnist:200", &digits)], 1.0)?;
            let deviation = format!("{} of {cases} settings wrong", wrong.len());
            Ok((wrong.is_empty(), deviation, wrong))
        },
    )?;
    let known = Check::timed(
        "noise-moves-the-edge",
        "k^-1.5, 1,000 modes, momentum 0.9: full-batch edge 3.80, batch 10 of 1,000: 0.86096, batch 1: 0.092352",
        "compared with edges computed elsewhere, to their printed digits",
        || {
            let edge = |batch| {
                noise_amplitude_of_batch(batch, Some(1000))
                    .map(|gamma| checked::critical_learning_rate(&law, 0.9, gamma, 1.0))
                    .map_err(|e| fail(&e))
            };
            let found = [
                checked::noiseless_critical_learning_rate(&law, 0.9),
                edge(10)?,
                edge(1)?,
            ];
            let expected = [(3.80, 1e-9), (0.86096, 5e-6), (0.092352, 5e-7)];
            let held = found
                .iter()
                .zip(expected)
                .all(|(f, (e, digits))| (f - e).abs() <= digits);
            let deviation = found.map(|f| format!("{f:.7}")).join(", ");
            Ok((held, deviation, Vec::new()))
        },
    )?;
    let growth = Check::timed(
        "growth-rate",
        "beyond the edge the loss grows like r_L^-t (Proposition 10)",
        "mnist:200, 1.2 times the edge, against the growth of the iterated loss; limit 1e-8 relative",
        || {
            let worst = growth_distance(&digits, 1.0)?;
            Ok((
                worst <= GROWTH_LIMIT,
                format!("{worst:.1e} relative"),
                Vec::new(),
            ))
        },
    )?;
    Ok(vec![flips, known, growth])
}

/// How many settings were tried, and those whose verdict does not flip at `factor` times the edge
/// (1, unless a test wants it wrong).
fn wrong_verdicts(
    spectra: &[(&str, &Spectrum)],
    factor: f64,
) -> Result<(usize, Vec<String>), VerifyError> {
    let fail = VerifyError::part("verdicts");
    let mut cases = 0;
    let mut wrong = Vec::new();
    for &(name, spectrum) in spectra {
        for momentum in [0.9, 0.5, 0.0, -0.3, -0.9] {
            for batch in [1, 10, 100] {
                for tau in [1.0, 0.0, -1.0] {
                    let gamma =
                        noise_amplitude_of_batch(batch, Some(1000)).map_err(|e| fail(&e))?;
                    let edge =
                        factor * checked::critical_learning_rate(spectrum, momentum, gamma, tau);
                    let at = |share: f64| {
                        Hyperparameters::new(edge * share, momentum, gamma, tau)
                            .map(|p| judge(spectrum, &p).verdict)
                            .map_err(|e| fail(&e))
                    };
                    cases += 1;
                    if at(1.0 - STEP_FROM_EDGE)? != Verdict::Stable
                        || at(1.0 + STEP_FROM_EDGE)? != Verdict::Unstable
                    {
                        wrong.push(format!(
                            "{name}: momentum {momentum}, batch {batch}, tau {tau}"
                        ));
                    }
                }
            }
        }
    }
    Ok((cases, wrong))
}

/// The largest relative distance of the iterated growth beyond the edge from 1/r_L, with r_L
/// multiplied by `factor` (1, unless a test wants it wrong).
fn growth_distance(spectrum: &Spectrum, factor: f64) -> Result<f64, VerifyError> {
    let fail = VerifyError::part("verdicts");
    let mut worst = 0.0_f64;
    for momentum in [0.5, 0.0, -0.3] {
        let gamma = noise_amplitude_of_batch(1, Some(200)).map_err(|e| fail(&e))?;
        let edge = checked::critical_learning_rate(spectrum, momentum, gamma, 1.0);
        let p = Hyperparameters::new(1.2 * edge, momentum, gamma, 1.0).map_err(|e| fail(&e))?;
        let radius = convergence_radius(spectrum, &p)
            .ok_or_else(|| fail(&"no convergence radius beyond the edge"))?;
        let mut run = SeRecursion::new(spectrum, &p).map_err(|e| fail(&e))?;
        let before = run.advance_by(2000);
        let after = run.step();
        let distance = (after / before * radius * factor - 1.0).abs();
        // NaN must not pass.
        worst = if distance <= worst { worst } else { distance };
    }
    Ok(worst)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits() -> Spectrum {
        kernel::mnist(100).unwrap().spectrum().unwrap()
    }

    #[test]
    fn an_edge_off_by_a_hundred_thousandth_is_wrong_everywhere() {
        let digits = digits();
        let named = [("digits", &digits)];
        assert_eq!(wrong_verdicts(&named, 1.0).unwrap().1, Vec::<String>::new());
        for factor in [1.0 - 1e-5, 1.0 + 1e-5] {
            let (cases, wrong) = wrong_verdicts(&named, factor).unwrap();
            assert_eq!(wrong.len(), cases);
        }
    }

    #[test]
    fn a_radius_off_by_a_millionth_is_seen() {
        let digits = digits();
        assert!(growth_distance(&digits, 1.0).unwrap() <= GROWTH_LIMIT);
        assert!(growth_distance(&digits, 1.0 + 1e-6).unwrap() > GROWTH_LIMIT);
    }
}
