//! What `tauber fit --tau` says: its document, its words and its warnings.

use super::super::Failure;
use super::super::arguments::warning_lines;
use super::super::output::{json_number, rough, short, table};
use crate::dynamics::{NoiseQuality, Space, TauFit, TauFitConfig};
use crate::noise::DistanceError;
use crate::spectrum::LoadedSpectrum;
use serde_json::{Value, json};
use std::path::Path;

/// What a reader should be warned of.
pub(super) fn remarks(fit: &TauFit) -> Vec<String> {
    let mut warnings = Vec::new();
    for (step, error) in &fit.left_out {
        warnings.push(format!(
            "step {step} is left out of the comparison of the noise: {error}"
        ));
    }
    let undetermined: Vec<String> = (fit.quality.iter())
        .filter(|q| q.best.is_none())
        .map(|q| q.step.to_string())
        .collect();
    if !undetermined.is_empty() {
        warnings.push(format!(
            "tau_1, tau_2 and the distance there are null at step {}: X_1 and X_2 are proportional to rounding, so only one combination of them is determined; tau_2 at tau_1 = 1 is",
            undetermined.join(", ")
        ));
    }
    if fit.loss_fit.at_end {
        let [low, high] = fit.loss_fit.range;
        warnings.push(format!(
            "the tau of the loss lies at an end of its range {} .. {}",
            short(low),
            short(high)
        ));
    }
    if fit
        .quality
        .iter()
        .any(|q| q.distance.axis_ratio().is_ok_and(|ratio| ratio < 0.05))
    {
        warnings.push(
            "where the axis ratio is small only one combination of tau_1 and tau_2 is determined: tau_2 at tau_1 = 1 means more than the pair".to_owned(),
        );
    }
    if fit.null_space_loss > 1e-12 * fit.losses.first().copied().unwrap_or(0.0) {
        warnings.push(
            "part of the target cannot be reached: its additive noise is in the exact losses and not in the SE ones".to_owned(),
        );
    }
    if fit.quality.iter().any(|q| q.best_tau_at_tau_1_one > 1.0) {
        warnings.push(
            "the best tau_2 at tau_1 = 1 exceeds 1 at some step: such a noise is no covariance for every C, and the other commands refuse it".to_owned(),
        );
    }
    warnings
}

/// E at the best point (NaN without one) and at three named ones, and the axis ratio.
fn values(quality: &NoiseQuality) -> Result<[f64; 5], Failure> {
    let e = |tau_1: f64, tau_2: f64| quality.distance.at(&tau_1, &tau_2);
    let all = || -> Result<[f64; 5], DistanceError> {
        Ok([
            quality
                .best
                .map_or(Ok(f64::NAN), |[x, y]| Ok(e(x, y)?.max(0.0)))?,
            e(1.0, 1.0)?,
            e(1.0, 0.0)?,
            e(1.0, -1.0)?,
            quality.distance.axis_ratio()?,
        ])
    };
    all().map_err(Failure::input)
}

const CRITERION: &str = "root mean square of ln(L_SE(t)/L_exact(t)) over t = 1..T, at tau_1 = 1";

pub(super) fn document(
    word: &str,
    loaded: &LoadedSpectrum,
    config: &TauFitConfig,
    fit: &TauFit,
    noise: Option<&Path>,
    warnings: &[String],
) -> Result<Value, Failure> {
    let noise = noise.map(|path| path.display().to_string());
    let values: Vec<[f64; 5]> = fit.quality.iter().map(values).collect::<Result<_, _>>()?;
    let column = |f: &dyn Fn(&NoiseQuality) -> f64| -> Vec<Value> {
        fit.quality.iter().map(|q| json_number(f(q))).collect()
    };
    let value = |i: usize| -> Vec<Value> { values.iter().map(|v| json_number(v[i])).collect() };
    let named = fit.loss_fit.error_at_named.map(json_number);
    Ok(json!({
        "input": {
            "spectrum": word,
            "description": loaded.description,
            "learning_rate": config.learning_rate,
            "momentum": config.momentum,
            "batch_size": config.batch_size,
            "dataset_size": loaded.default_dataset_size,
            "noise_amplitude": fit.noise_amplitude,
            "horizon": config.steps,
        },
        "space": config.space.name(),
        "steps": fit.quality.iter().map(|q| q.step).collect::<Vec<_>>(),
        "steps_left_out": fit.left_out.iter().map(|(step, error)| json!({"step": step, "reason": error.to_string()})).collect::<Vec<_>>(),
        "noise_file": noise,
        "loss": column(&|q| q.loss),
        "tau_1": column(&|q| q.best.map_or(f64::NAN, |[tau_1, _]| tau_1)),
        "tau_2": column(&|q| q.best.map_or(f64::NAN, |[_, tau_2]| tau_2)),
        "tau_at_tau_1_one": column(&|q| q.best_tau_at_tau_1_one),
        "distance": value(0),
        "distance_at_tau_1": value(1),
        "distance_at_tau_0": value(2),
        "distance_at_tau_minus_1": value(3),
        "axis_ratio": value(4),
        "loss_fit": {
            "tau": json_number(fit.loss_fit.tau),
            "error": json_number(fit.loss_fit.error),
            "error_at_tau_1": named[0],
            "error_at_tau_0": named[1],
            "error_at_tau_minus_1": named[2],
            "range": fit.loss_fit.range.map(json_number),
            "at_end_of_range": fit.loss_fit.at_end,
            "criterion": CRITERION,
        },
        "conventions": conventions(loaded, config),
        "warnings": warnings,
    }))
}

fn conventions(loaded: &LoadedSpectrum, config: &TauFitConfig) -> Vec<String> {
    let mut lines = loaded.conventions.clone();
    lines.push(format!(
        "distance is E = Tr[(Sigma - Sigma_SE)^2]/Tr[Sigma^2] in {} space, Sigma_SE = tau_1 Tr[HC] H - tau_2 HCH",
        config.space.name()
    ));
    lines.push(format!("the tau of the loss has the smallest {CRITERION}"));
    lines.push(match config.space {
        Space::Output => "--noise: C and Sigma of the residuals divided by sqrt N, in the eigenbasis of K; half the sum of the moments is the loss".to_owned(),
        Space::Parameter => "--noise: C and Sigma of the parameters, in the eigenbasis of H; half the sum of eigenvalue x moment is the loss without the null space".to_owned(),
    });
    lines
}

pub(super) fn text(
    loaded: &LoadedSpectrum,
    config: &TauFitConfig,
    fit: &TauFit,
    warnings: &[String],
) -> Result<String, Failure> {
    let mut text = format!(
        "{}\nlearning rate {}, momentum {}, batch size {} (noise amplitude {}), {} steps\n\n",
        loaded.description,
        short(config.learning_rate),
        short(config.momentum),
        config.batch_size,
        short(fit.noise_amplitude),
        config.steps
    );
    let mut rows = Vec::new();
    for quality in &fit.quality {
        let [best, at_one, at_zero, at_minus_one, ratio] = values(quality)?;
        let [tau_1, tau_2] = quality.best.unwrap_or([f64::NAN; 2]);
        let mut row = vec![quality.step.to_string()];
        row.extend(
            [
                quality.loss,
                tau_1,
                tau_2,
                best,
                quality.best_tau_at_tau_1_one,
                at_one,
                at_zero,
                at_minus_one,
                ratio,
            ]
            .map(|x| if x.is_nan() { "-".to_owned() } else { short(x) }),
        );
        rows.push(row);
    }
    text.push_str(&format!(
        "Noise in {} space: E(tau_1, tau_2), smallest at (tau_1, tau_2)\n",
        config.space.name()
    ));
    text.push_str(&table(
        &[
            "step",
            "loss",
            "tau_1",
            "tau_2",
            "E there",
            "tau_2 at tau_1 = 1",
            "E(1, 1)",
            "E(1, 0)",
            "E(1, -1)",
            "axis ratio",
        ],
        rows,
    ));
    let loss = &fit.loss_fit;
    let [one, zero, minus_one] = loss.error_at_named;
    let percent = |error: f64| rough(100.0 * error);
    text.push_str(&format!(
        "\nLoss over steps 1 to {}: tau = {} is nearest, {} % off (root mean square of the log ratio);\n  tau = 1: {} %, tau = 0: {} %, tau = -1: {} %\n",
        config.steps,
        short(loss.tau),
        percent(loss.error),
        percent(one),
        percent(zero),
        percent(minus_one)
    ));
    text.push_str(&warning_lines(warnings));
    text.push_str("\nConventions\n");
    for line in conventions(loaded, config) {
        text.push_str(&format!("  {line}\n"));
    }
    Ok(text)
}
