//! `tauber optimize`: the learning rate, momentum and batch size with the smallest loss.

use super::Failure;
use super::arguments::{Noise, NoiseArguments, SpectrumArguments, real, warning_lines, whole};
use super::output::{Output, json_number, rough, short, table};
use crate::asymptotics::{
    AsymptoticsError, FitConsequences, LossAsymptotics, Phase, TailLaw, transition_time,
};
use crate::moment::Hyperparameters;
use crate::optimize::{
    Goal, MomentumAdvice, Optimum, OptimumReport, Problem, linear_scaling_end_in_dataset, optimize,
    optimize_budget,
};
use crate::spectrum::{FitOptions, fit_spectrum};
use crate::stability::negative_tau_warning;
use clap::{ArgGroup, Args};
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples:
  tauber optimize mnist:1000 --batch-size 10 --at 1e4
  tauber optimize power-law:nu=2,kappa=5 --batch-size 1 --asymptotic
  tauber optimize mnist:1000 --budget 1e5
  tauber optimize spectrum.npz --noise-amplitude 0.1 --at 1000 --momentum-range -0.5,0.99 --json

Learning rates stay below the stability edge, so no answer diverges. Where there is none (1/2 < nu
<= 1 with noise) they stay below the noiseless edge: the loss at step T is finite and can be
minimised, although it diverges later. It is a search (a grid, then local searches): the second-best
local minimum is printed where there is one, and what momentum 0.9 and momentum 0 cost with their
own best learning rates. The constant C is about t -> infinity: near the border of the phases the
loss at any step of a run may want another momentum.

Exit code: 0 found, 2 bad input or nothing stable.";

/// The arguments of `optimize`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, group = ArgGroup::new("goal").required(true).args(["at", "asymptotic", "budget"]))]
pub(crate) struct Arguments {
    #[command(flatten)]
    spectrum: SpectrumArguments,
    #[command(flatten)]
    noise: NoiseArguments,
    /// Minimise the loss at this step
    #[arg(long, value_parser = whole, allow_hyphen_values = true, value_name = "T")]
    at: Option<u64>,
    /// Minimise the constant C of L_t ~ C t^-xi (a measured spectrum is fitted first)
    #[arg(long)]
    asymptotic: bool,
    /// Minimise the loss after this many samples over batch sizes b too: step SAMPLES/b
    #[arg(long, value_parser = whole, allow_hyphen_values = true, value_name = "SAMPLES", conflicts_with_all = ["batch_size", "noise_amplitude"])]
    budget: Option<u64>,
    /// Where to look for the momentum, within (-1, 1)
    #[arg(long, value_delimiter = ',', num_args = 1, value_parser = real, default_value = "-0.9,0.999", allow_hyphen_values = true, value_name = "LO,HI")]
    momentum_range: Vec<f64>,
}

/// `tauber optimize`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let &[lo, hi] = arguments.momentum_range.as_slice() else {
        return Err(Failure::input(format!(
            "--momentum-range needs two numbers LO,HI, got {}",
            arguments.momentum_range.len()
        )));
    };
    let noise = arguments.noise.with(&arguments.spectrum)?;
    let mut warnings = noise.loaded.warnings.clone();
    // A budget chooses the batch, and so the noise.
    let amplitude = arguments.budget.map_or(noise.amplitude, |_| Some(1.0));
    warnings.extend(amplitude.and_then(|gamma| negative_tau_warning(gamma, noise.tau)));
    let problem = |amplitude: f64| Problem {
        spectrum: &noise.loaded.spectrum,
        noise_amplitude: amplitude,
        tau: noise.tau,
        momentum_range: (lo, hi),
    };
    let quadrature_error = noise.loaded.quadrature_error.unwrap_or(0.0);
    let spinner = output.spinner();
    spinner.set_message("searching");
    let answer = if let Some(budget) = arguments.budget {
        let found =
            optimize_budget(&problem(0.0), noise.dataset_size, budget).map_err(Failure::input)?;
        Answer {
            steps: Some(found.steps),
            batch_size: Some(found.batch_size),
            tried: Some(found.tried),
            report: found.report,
            tail: None,
            advice: None,
            scaling_end: None,
            transition_time: None,
            quadrature_error,
        }
    } else {
        let amplitude = noise.amplitude.ok_or_else(|| {
            Failure::with_help(
                "the noise is not given",
                "add --batch-size b (with --dataset-size N) or --noise-amplitude G (0 is the full batch)",
            )
        })?;
        let problem = problem(amplitude);
        let mut phase_known = true;
        let (goal, tail) = match arguments.at {
            Some(step) => (Goal::Step(step), None),
            None => {
                let (tail, sure) = tail(&noise, &mut warnings)?;
                phase_known = sure;
                (Goal::Asymptotic(tail), Some(tail))
            }
        };
        let report = optimize(&problem, goal).map_err(|error| match tail {
            Some(tail) if noise.loaded.power_law.is_none() => Failure::with_help(
                format!(
                    "of the law fitted to these modes, nu = {} and kappa = {}: {error}",
                    short(tail.eigenvalue_exponent()),
                    short(tail.signal_exponent())
                ),
                "`tauber fit` has its errors and whether it fits; the modes given have a loss at every step: --at T",
            ),
            _ => Failure::input(error),
        })?;
        let known = tail.filter(|_| phase_known);
        let advice =
            known.map(|tail| MomentumAdvice::of(&tail, problem.spectrum, amplitude, noise.tau));
        let scaling_end = known.map(|tail| {
            linear_scaling_end_in_dataset(
                &tail,
                problem.spectrum,
                noise.tau,
                hi,
                0.1,
                noise.dataset_size,
            )
        });
        let advice = or_warning(advice, "sign_of_best_momentum", &mut warnings);
        let scaling_end = or_warning(scaling_end, "linear_scaling_end", &mut warnings);
        let transition_time = known.map(|tail| transition_at(&tail, &problem, &report.best));
        let transition_time = or_warning(transition_time, "transition_time", &mut warnings);
        Answer {
            steps: arguments.at,
            batch_size: noise.batch_size,
            tried: None,
            report,
            tail,
            advice,
            scaling_end,
            transition_time,
            quadrature_error,
        }
    };
    spinner.finish_and_clear();
    if answer.vanishes() {
        warnings.push("relative_error is null: the smallest loss is 0 within rounding".to_owned());
    }
    if answer.report.second.is_none() {
        warnings.push("second_best is null: the search found no other local minimum".to_owned());
    }
    if answer.report.momentum_on_boundary {
        warnings.push(format!(
            "the best momentum lies on the end of the range {lo},{hi}: widen --momentum-range to see whether the loss falls further"
        ));
    }
    if answer.report.diverges_in_the_end {
        warnings.push(
            "Tr H is infinite: every learning rate diverges in the end, the best one after this step; shares are of the noiseless edge, the only one there is"
                .to_owned(),
        );
    }
    if answer.report.learning_rate_on_boundary {
        warnings.push(
            "the best learning rate lies at the stability edge: beyond it the loss at this step may be smaller, and diverges later"
                .to_owned(),
        );
    }
    output.document(&answer.document(arguments, &noise, (lo, hi), &warnings));
    let mut text = format!("{}\n\n", noise.loaded.description);
    text.push_str(&answer.words());
    text.push_str(&warning_lines(&warnings));
    text.push_str("\nConventions\n");
    for line in &noise.loaded.conventions {
        text.push_str(&format!("  {line}\n"));
    }
    text.push_str("  --tau is tau_2/tau_1, and the noise amplitude is gamma tau_1\n");
    output.text(&text);
    Ok(0)
}

/// t_trans of (29) at the best point.
fn transition_at(
    tail: &TailLaw,
    problem: &Problem<'_>,
    best: &Optimum,
) -> Result<f64, AsymptoticsError> {
    tail.require(Phase::NoiseDominated)?;
    let (gamma, tau) = (problem.noise_amplitude, problem.tau);
    Hyperparameters::new(best.learning_rate, best.momentum, gamma, tau)
        .map_err(|_| AsymptoticsError::Range("the best point"))
        .and_then(|h| LossAsymptotics::of(tail, problem.spectrum, &h))
        .and_then(|found| transition_time(&found))
}

/// The value of a field, or null and a warning that says why.
fn or_warning<T, E: std::fmt::Display>(
    value: Option<Result<T, E>>,
    field: &str,
    warnings: &mut Vec<String>,
) -> Option<T> {
    match value? {
        Ok(value) => Some(value),
        Err(error) => {
            warnings.push(format!("{field} is null: {error}"));
            None
        }
    }
}

/// The tails: those of a law, or fitted; and whether their phase is known.
fn tail(noise: &Noise, warnings: &mut Vec<String>) -> Result<(TailLaw, bool), Failure> {
    if let Some(law) = &noise.loaded.power_law {
        return Ok((TailLaw::of(law).map_err(Failure::input)?, true));
    }
    let fit =
        fit_spectrum(&noise.loaded.spectrum, &FitOptions::default()).map_err(Failure::input)?;
    let signal = fit.signal.as_ref().ok_or_else(|| {
        Failure::input(
            fit.signal_refusal
                .clone()
                .unwrap_or_else(|| "the asymptotic loss needs a signal exponent kappa".to_owned()),
        )
    })?;
    warnings.extend(fit.warnings.iter().cloned());
    warnings.push(format!(
        "the asymptotic constant rests on fitted exponents, nu = {} and kappa = {}: see tauber fit for their errors",
        short(fit.eigenvalues.exponent.value),
        short(signal.exponent.value)
    ));
    let phases =
        FitConsequences::of(&fit, &noise.loaded.spectrum, noise.tau).map_err(Failure::input)?;
    let names: Vec<&str> = phases.phases_touched.iter().map(|p| p.name()).collect();
    let misfit = fit.eigenvalues.lack_of_fit || signal.lack_of_fit;
    let sure = names.len() == 1 && !misfit;
    if !sure {
        let why = if misfit {
            "the spectrum is no power law on the window of the fit; "
        } else {
            ""
        };
        warnings.push(format!(
            "sign_of_best_momentum, linear_scaling_end and transition_time are null: they depend on the phase, and {why}the intervals of the fit touch: {}",
            names.join(", ")
        ));
    }
    let tail = TailLaw::new(
        fit.eigenvalues.exponent.value,
        signal.exponent.value,
        fit.eigenvalues.scale.value,
        signal.scale.value,
    )
    .map_err(Failure::input)?;
    Ok((tail, sure))
}

struct Answer {
    steps: Option<u64>,
    batch_size: Option<u64>,
    tried: Option<Vec<(u64, f64)>>,
    report: OptimumReport,
    tail: Option<TailLaw>,
    advice: Option<MomentumAdvice>,
    scaling_end: Option<f64>,
    /// t_trans of (29) at the best point.
    transition_time: Option<f64>,
    /// Relative error of the nodes that stand for an infinite law.
    quadrature_error: f64,
}

impl Answer {
    fn point(&self, point: &Optimum) -> Value {
        let value = point.value();
        let finite = value.is_normal() || value == 0.0;
        json!({
            "learning_rate": json_number(point.learning_rate),
            "momentum": json_number(point.momentum),
            "effective_learning_rate": json_number(point.learning_rate / (1.0 - point.momentum)),
            "share_of_edge": json_number(point.share_of_edge),
            self.value_name(): if finite { json_number(value) } else { Value::Null },
            "log10_value": json_number(point.log10_value),
            "relative_error": self.relative_error(point).map(json_number),
            "price": json_number(self.report.price(point)),
        })
    }

    /// Whether the smallest loss is 0 within rounding.
    fn vanishes(&self) -> bool {
        self.report.best.log10_value == f64::NEG_INFINITY
    }

    /// Estimated relative error of the value, that of the spectrum's nodes included; none for a constant and where the
    /// value is 0.
    fn relative_error(&self, point: &Optimum) -> Option<f64> {
        let error = point.relative_error? + self.quadrature_error;
        (point.log10_value > f64::NEG_INFINITY).then_some(error)
    }

    fn value_name(&self) -> &'static str {
        if self.tail.is_some() {
            "loss_constant"
        } else {
            "loss"
        }
    }

    fn document(
        &self,
        arguments: &Arguments,
        noise: &Noise,
        (lo, hi): (f64, f64),
        warnings: &[String],
    ) -> Value {
        let report = &self.report;
        json!({
            "goal": match (arguments.budget, self.tail) {
                (Some(_), _) => "budget",
                (None, Some(_)) => "asymptotic",
                (None, None) => "step",
            },
            "steps": self.steps,
            "best": self.point(&report.best),
            "second_best": report.second.as_ref().map(|point| self.point(point)),
            "momentum_0_9": self.point(&report.usual),
            "momentum_0": self.point(&report.plain),
            "batch_size": self.batch_size,
            "momentum_on_boundary": report.momentum_on_boundary,
            "learning_rate_on_boundary": report.learning_rate_on_boundary,
            "compression_error": json_number(report.compression_error),
            "quadrature_error": json_number(self.quadrature_error),
            "evaluations": report.evaluations,
            "batch_sizes_tried": self.tried.as_ref().map(|tried| {
                tried
                    .iter()
                    .map(|(batch, value)| json!({"batch_size": batch, "log10_loss": json_number(*value)}))
                    .collect::<Vec<_>>()
            }),
            "phase": self.tail.map(|tail| tail.phase().name()),
            "sign_of_best_momentum": self.advice.map(|advice| json!({
                "learning_rate": json_number(advice.learning_rate),
                "derivative": json_number(advice.derivative),
                "characteristic": advice.characteristic.map(json_number),
            })),
            "linear_scaling_end": self.scaling_end.map(json_number),
            "transition_time": self.transition_time.map(json_number),
            "input": {
                "spectrum": arguments.spectrum.word(),
                "description": noise.loaded.description,
                "dataset_size": noise.dataset_size,
                "noise_amplitude": noise.amplitude.map(json_number),
                "tau": noise.tau,
                "momentum_range": [lo, hi],
                "budget": arguments.budget,
            },
            "conventions": noise.loaded.conventions,
            "warnings": warnings,
        })
    }

    fn words(&self) -> String {
        let report = &self.report;
        let named = [
            ("best", Some(&report.best)),
            ("second-best minimum", report.second.as_ref()),
            ("momentum 0.9", Some(&report.usual)),
            ("momentum 0", Some(&report.plain)),
        ];
        let rows = named
            .into_iter()
            .filter_map(|(name, point)| Some((name, point?)))
            .map(|(name, point)| {
                vec![
                    name.to_owned(),
                    short(point.learning_rate),
                    short(point.momentum),
                    format!("{} %", rough(100.0 * point.share_of_edge)),
                    of_log10(point.log10_value),
                    short(report.price(point)),
                ]
            })
            .collect();
        let value = if self.tail.is_some() {
            "constant"
        } else {
            "loss"
        };
        let mut text = String::new();
        match (self.steps, self.batch_size) {
            (Some(steps), Some(batch)) => text.push_str(&format!(
                "Smallest loss at step {steps} with batches of {batch}\n\n"
            )),
            (Some(steps), None) => text.push_str(&format!("Smallest loss at step {steps}\n\n")),
            (None, _) => text.push_str("Smallest constant C of L_t ~ C t^-xi\n\n"),
        }
        text.push_str(&table(
            &[
                "",
                "learning rate",
                "momentum",
                "of the edge",
                value,
                "times the best",
            ],
            rows,
        ));
        if self.vanishes() {
            text.push_str("\nThe smallest loss is 0 within rounding.\n");
        } else if let Some(error) = self.relative_error(&report.best) {
            let parts: Vec<String> = [
                ("the compressed spectrum", report.compression_error),
                ("the nodes of the law", self.quadrature_error),
            ]
            .into_iter()
            .filter(|(_, part)| *part > 0.0)
            .map(|(name, part)| format!("{} from {name}", rough(part)))
            .collect();
            text.push_str(&format!(
                "\nEstimated relative error of the smallest loss: {}{}\n",
                rough(error),
                if parts.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", parts.join(", "))
                }
            ));
        }
        if let Some(advice) = &self.advice {
            let word = if advice.derivative < 0.0 {
                "positive"
            } else {
                "negative"
            };
            text.push_str(&format!(
                "\nAt momentum 0 the best learning rate is {}; there d ln L/d momentum is {}: {word} momentum helps",
                short(advice.learning_rate),
                short(advice.derivative)
            ));
            text.push_str(match advice.phase {
                Phase::SignalDominated => " (signal-dominated: it always does).\n",
                _ if advice.characteristic.is_some() => {
                    " (noise-dominated: the sign of E, (30)).\n"
                }
                _ => " (noise-dominated).\n",
            });
        }
        if let Some(time) = self.transition_time {
            text.push_str(&format!(
                "The constant counts well after step {} (29): until then the signal term is the larger one at the best point, and another momentum may be better (--at T).\n",
                short(time)
            ));
        }
        if let Some(end) = self.scaling_end {
            text.push_str(&format!(
                "Doubling the batch halves the steps up to batches of about {} (10 % lost there at the largest momentum).\n",
                short(end)
            ));
        }
        if let Some(tried) = &self.tried {
            text.push('\n');
            let rows = tried
                .iter()
                .map(|(batch, value)| vec![batch.to_string(), of_log10(*value)])
                .collect();
            text.push_str(&table(&["batch size", "best loss"], rows));
        }
        text
    }
}

/// A value given by its logarithm: as it is, or as a power of ten outside the range of `f64`.
fn of_log10(log10: f64) -> String {
    let value = 10f64.powf(log10);
    if value.is_normal() || log10 == f64::NEG_INFINITY {
        short(value)
    } else {
        format!("10^{log10:.6}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_as_it_is_where_f64_has_it() {
        for (log10, text) in [
            (-6.5, "3.16228e-7"),
            (0.0, "1"),
            (f64::NEG_INFINITY, "0"),
            (-1000.25, "10^-1000.250000"),
            (400.0, "10^400.000000"),
        ] {
            assert_eq!(of_log10(log10), text);
        }
    }
}
