//! `tauber curve`: the loss at chosen steps.

use super::Failure;
use super::arguments::{OptimiserArguments, Run, SpectrumArguments, warning_lines, whole};
use super::audit;
use super::output::{Output, json_number, rough, short, table};
use super::phase_numbers::why_null;
use super::rigorous::RigorousArguments;
use crate::asymptotics::{Outlook, Phase};
use crate::dynamics::{CurveMethod, LossCurve};
use crate::stability::{Verdict, divergence_constant, dominant_root, judge, negative_tau_warning};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples:
  tauber curve power-law:nu=1.5,kappa=0.75 --learning-rate 0.2 --momentum 0.5 \\
               --noise-amplitude 0.5 --at 1,1e3,1e6,1e12
  tauber curve mnist:1000 --learning-rate 0.5 --batch-size 10 --at 1e3,1e4 --method series

The loss is L_t = 1/2 sum_k lambda_k C_kk,t under the SE approximation, averaged over batches.
The error estimate counts rounding, the quadrature of infinite laws, the nodes of the contour and
the multipliers it leaves out; it is an estimate, not a bound. Losses outside the range of f64 are
given as log10.";

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
    let (gamma, tau) = (
        run.hyperparameters.noise_amplitude(),
        run.hyperparameters.tau(),
    );
    let mut shown = run.loaded.warnings.clone();
    shown.extend(negative_tau_warning(gamma, tau));
    let mut warnings = shown.clone();
    let phase = audit::phase(&run, &mut warnings);
    let outlook = audit::outlook(&run, phase, &mut warnings);
    let growth = Growth::of(&run);
    let asymptote = |step: u64| match &growth {
        Some(growth) => Some(growth.at(step as f64)),
        None => outlook.as_ref().and_then(|o| o.loss(step as f64)),
    };
    let formula = match &growth {
        Some(_) => Some("(24)"),
        None => outlook.as_ref().and_then(Outlook::formula),
    };
    if formula.is_none() {
        warnings.push(format!(
            "asymptote and asymptote_formula are null: {}",
            outlook.as_ref().zip(phase).map_or_else(
                || "there is no infinite power law with a signal, and no growth by (24)".to_owned(),
                |(outlook, phase)| why_null("asymptote", phase, outlook)
            )
        ));
    }
    let mut document = json!({
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
        "phase": phase.map(Phase::name),
        "warnings": warnings,
    });
    if let Value::Object(map) = &mut document {
        for (name, value) in audit::long_run(outlook.as_ref()) {
            map.insert(name.into(), value.map_or(Value::Null, json_number));
        }
    }
    output.document(&document);
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
    if let Some(phase) = phase {
        let mut rows = vec![vec![
            "phase".to_owned(),
            phase.name().to_owned(),
            "of the infinite power law".to_owned(),
        ]];
        rows.extend(audit::long_run_rows(outlook.as_ref()));
        text.push('\n');
        text.push_str(&table(&["quantity", "value", "meaning"], rows));
    }
    // What a finite spectrum has none of is for the document only.
    let shown = match phase {
        Some(_) => &warnings,
        None => &shown,
    };
    text.push_str(&warning_lines(shown));
    text.push_str(&run.conventions());
    output.text(&text);
    Ok(0)
}

/// `c r_L^-t` of (24), for U(1) > 1 inside the noiseless edge.
struct Growth {
    constant: f64,
    /// -ln r_L.
    rate: f64,
}

impl Growth {
    fn of(run: &Run) -> Option<Self> {
        let (spectrum, h) = (&run.loaded.spectrum, &run.hyperparameters);
        let judgement = judge(spectrum, h);
        // U(1) is null beyond the noiseless edge and infinite under eventual divergence.
        judgement.noise_function_at_1.filter(|u| u.is_finite())?;
        if judgement.verdict != Verdict::Unstable {
            return None;
        }
        let root = dominant_root(spectrum, h)?;
        let rate = if root.z() < 0.5 {
            -root.z().ln()
        } else {
            -(-root.e()).ln_1p()
        };
        Some(Self {
            constant: divergence_constant(spectrum, h).ok()?,
            rate,
        })
    }

    fn at(&self, t: f64) -> f64 {
        self.constant * (self.rate * t).exp()
    }
}
