//! `tauber curve`: the loss at chosen steps.

use super::Failure;
use super::arguments::{OptimiserArguments, Run, SpectrumArguments, warning_lines, whole};
use super::output::{Output, json_number, rough, short, table};
use super::rigorous::RigorousArguments;
use crate::asymptotics::{Outlook, TailLaw};
use crate::dynamics::{CurveMethod, LossCurve};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples:
  tauber curve power-law:nu=1.5,kappa=0.75 --learning-rate 0.2 --momentum 0.5 \\
               --noise-amplitude 0.5 --at 1,1e3,1e6,1e12
  tauber curve mnist:1000 --learning-rate 0.5 --batch-size 10 --at 1e3,1e4 --method series

The loss is L_t = 1/2 sum_k lambda_k C_kk,t under the SE approximation, averaged over batches.
The error estimate counts rounding, the quadrature of infinite laws, the nodes of the contour and
the multipliers it leaves out; it is an estimate, not a bound. Losses outside the range of f64 are given as log10.";

/// How the loss is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MethodWord {
    /// Explicit without noise; with noise the contour where it is valid, else the iteration
    Auto,
    /// Inversion of the generating function: one pass over the modes a node, whatever the step
    Contour,
    /// The SE recursion, step by step: O(modes x steps)
    Iteration,
    /// U_t, V_t and the convolution (15): O(modes x steps + steps^2)
    Series,
}

/// The arguments of `curve`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    spectrum: SpectrumArguments,
    #[command(flatten)]
    optimiser: OptimiserArguments,
    #[command(flatten)]
    rigorous: RigorousArguments,
    /// Steps, separated by commas: 1,1e3,1e6
    #[arg(long, value_delimiter = ',', value_parser = whole, required = true, allow_hyphen_values = true, value_name = "STEPS")]
    at: Vec<u64>,
    /// How
    #[arg(long, value_enum, default_value = "auto")]
    method: MethodWord,
}

/// `tauber curve`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let run = arguments.optimiser.with(&arguments.spectrum)?;
    let mut steps = arguments.at.clone();
    steps.sort_unstable();
    steps.dedup();
    if arguments.rigorous.wanted() {
        let word = arguments.spectrum.word();
        return arguments.rigorous.curve(word, &run, &steps, output);
    }
    let method = match arguments.method {
        MethodWord::Auto => CurveMethod::Auto,
        MethodWord::Contour => CurveMethod::Contour,
        MethodWord::Iteration => CurveMethod::Iteration,
        MethodWord::Series => CurveMethod::Series,
    };
    let last = steps.last().copied().unwrap_or(0);
    let bar = output.progress(last, "iterating");
    let curve = LossCurve::compute(
        &run.loaded.spectrum,
        &run.hyperparameters,
        &steps,
        method,
        run.loaded.quadrature_error.unwrap_or(0.0),
        &|step| bar.set_position(step),
    )
    .map_err(Failure::input)?;
    bar.finish_and_clear();
    let numbers = |values: &mut dyn Iterator<Item = Option<f64>>| -> Vec<Value> {
        values.map(|v| v.map_or(Value::Null, json_number)).collect()
    };
    let points = curve.points();
    let outlook = outlook(&run);
    let asymptote = |step: u64| outlook.as_ref().and_then(|o| o.loss(step as f64));
    let formula = outlook.as_ref().and_then(Outlook::formula);
    output.document(&json!({
        "steps": steps,
        "loss": numbers(&mut points.iter().map(|p| p.loss())),
        "log10_loss": numbers(&mut points.iter().map(|p| Some(p.log10_loss()))),
        "error_estimate": numbers(&mut points.iter().map(|p| Some(p.error_estimate()))),
        "method": points.iter().map(|p| p.method().name()).collect::<Vec<_>>(),
        "asymptote": numbers(&mut steps.iter().map(|step| asymptote(*step))),
        "asymptote_formula": formula,
        "null_space_loss": run.loaded.spectrum.null_space_loss(),
        "input": run.json(arguments.spectrum.word()),
        "conventions": run.loaded.conventions,
        "warnings": run.loaded.warnings,
    }));
    let rows = steps
        .iter()
        .zip(points)
        .map(|(step, point)| {
            let loss = match point.loss() {
                Some(loss) => format!("{loss:.12e}"),
                None => format!("10^{:.9}", point.log10_loss()),
            };
            let error = match point.loss() {
                Some(_) => rough(point.error_estimate()),
                None => format!("{} in log10", rough(point.error_estimate())),
            };
            let mut row = vec![
                step.to_string(),
                loss,
                error,
                point.method().name().to_owned(),
            ];
            if formula.is_some() {
                row.push(asymptote(*step).map_or_else(|| "-".to_owned(), short));
            }
            row
        })
        .collect();
    let mut text = run.headline();
    text.push('\n');
    let heading = formula.map(|formula| format!("asymptote {formula}"));
    let mut headings = vec!["step", "loss", "error (estimated)", "method"];
    headings.extend(heading.as_deref());
    text.push_str(&table(&headings, rows));
    text.push_str(&warning_lines(&run.loaded.warnings));
    text.push_str(&run.conventions());
    output.text(&text);
    Ok(0)
}

/// The asymptotic loss of an infinite power law with a signal, where there is one.
fn outlook(run: &Run) -> Option<Outlook> {
    let law = run.loaded.power_law.filter(|law| law.modes().is_none())?;
    let tail = TailLaw::of_written(&law, run.loaded.exact_power_law.as_ref()?).ok()?;
    Some(Outlook::of(
        &tail,
        &run.loaded.spectrum,
        &run.hyperparameters,
    ))
}
