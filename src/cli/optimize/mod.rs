//! `tauber optimize`: the learning rate, momentum and batch size with the smallest loss.

mod answer;

use super::Failure;
use super::arguments::{Noise, NoiseArguments, SpectrumArguments, real, warning_lines, whole};
use super::output::{Output, short};
use crate::asymptotics::{
    AsymptoticsError, FitConsequences, LossAsymptotics, Phase, TailLaw, transition_time,
};
use crate::moment::Hyperparameters;
use crate::optimize::{
    Goal, MomentumAdvice, Optimum, Problem, linear_scaling_end_in_dataset, optimize,
    optimize_budget,
};
use crate::spectrum::{FitOptions, fit_spectrum};
use crate::stability::negative_tau_warning;
use answer::Answer;
use clap::{ArgGroup, Args};

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
