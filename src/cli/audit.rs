//! `tauber audit`: the verdict for a spectrum and hyperparameters, in words and numbers.

use super::Failure;
use super::arguments::{OptimiserArguments, Run, SpectrumArguments, warning_lines};
use super::output::{Output, json_number, rough, short, table};
use super::phase_numbers::{null_warnings, why_null};
use super::rigorous::RigorousArguments;
use crate::asymptotics::{Outlook, Phase, TailLaw};
use crate::stability::{Advice, StabilityReport, Verdict, advise, assess, assess_law};
use clap::Args;
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples:
  tauber audit mnist:1000 --learning-rate 0.5 --momentum 0.9 --batch-size 10
  tauber audit power-law:nu=1.5,modes=1000 --learning-rate 1 --momentum 0.9 \\
               --batch-size 10 --dataset-size 1000
  tauber audit spectrum.csv --learning-rate 2 --momentum -0.3 --noise-amplitude 0.1 --json

Exit code: 0 stable, 1 unstable, 2 bad input, 3 unknown (within rounding of the edge).";

/// The arguments of `audit`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    spectrum: SpectrumArguments,
    #[command(flatten)]
    optimiser: OptimiserArguments,
    #[command(flatten)]
    rigorous: RigorousArguments,
}

/// `tauber audit`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let run = arguments.optimiser.with(&arguments.spectrum)?;
    if arguments.rigorous.wanted() {
        return arguments
            .rigorous
            .audit(arguments.spectrum.word(), &run, output);
    }
    let (spectrum, h) = (&run.loaded.spectrum, &run.hyperparameters);
    let mut report = match &run.loaded.power_law {
        Some(law) => assess_law(law, spectrum, h),
        None => assess(spectrum, h),
    };
    let advice = advise(spectrum, h, run.dataset_size);
    let phase = phase(&run, &mut report.warnings);
    let outlook = outlook(&run, phase, &mut report.warnings);
    report
        .warnings
        .splice(0..0, run.loaded.warnings.iter().cloned());
    output.document(&document(
        arguments.spectrum.word(),
        &run,
        &report,
        &advice,
        phase,
        outlook.as_ref(),
    )?);
    output.text(&words(&run, &report, &advice, phase, outlook.as_ref()));
    Ok(match report.verdict {
        Verdict::Stable => 0,
        Verdict::Unknown => 3,
        _ => 1,
    })
}

/// The phase of an infinite law; a warning says why there is none.
pub(super) fn phase(run: &Run, warnings: &mut Vec<String>) -> Option<Phase> {
    let missing = match (&run.loaded.exact_power_law, run.loaded.power_law) {
        (Some(exact), Some(law)) if law.modes().is_none() => {
            let kappa = exact.signal_exponent.as_ref();
            match Phase::of_power_law(&exact.eigenvalue_exponent, kappa) {
                Some(phase) => return Some(phase),
                None => "the law has no signal exponent kappa",
            }
        }
        _ => "a finite spectrum has none; a fitted power law would",
    };
    let names: Vec<&str> = long_run(None).iter().map(|(name, _)| *name).collect();
    warnings.push(format!(
        "phase is null, and with it {}: {missing}",
        names.join(", ")
    ));
    None
}

/// The long run of an infinite law with a signal; a warning names what does not apply.
pub(super) fn outlook(
    run: &Run,
    phase: Option<Phase>,
    warnings: &mut Vec<String>,
) -> Option<Outlook> {
    let phase = phase?;
    let written = run
        .loaded
        .power_law
        .zip(run.loaded.exact_power_law.as_ref());
    let tail = written.and_then(|(law, exact)| TailLaw::of_written(&law, exact).ok());
    let outlook = tail.map(|tail| Outlook::of(&tail, &run.loaded.spectrum, &run.hyperparameters));
    let missing: Vec<&str> = long_run(outlook.as_ref())
        .into_iter()
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| name)
        .collect();
    warnings.extend(null_warnings(&missing, |name| match &outlook {
        Some(outlook) => why_null(name, phase, outlook),
        None => "the law has no signal exponent kappa".to_owned(),
    }));
    outlook
}

fn document(
    word: &str,
    run: &Run,
    report: &StabilityReport,
    advice: &Advice,
    phase: Option<Phase>,
    outlook: Option<&Outlook>,
) -> Result<Value, Failure> {
    let mut document =
        serde_json::to_value(report).map_err(|error| Failure::Internal(error.to_string()))?;
    if let Value::Object(map) = &mut document {
        map.insert("phase".into(), json!(phase.map(Phase::name)));
        for (name, value) in long_run(outlook) {
            map.insert(name.into(), value.map_or(Value::Null, json_number));
        }
        map.insert("input".into(), run.json(word));
        map.insert("conventions".into(), json!(run.loaded.conventions));
        map.insert(
            "smallest_stable_batch_size".into(),
            json!(advice.smallest_stable_batch_size),
        );
        map.insert(
            "margin".into(),
            json_number(report.critical_learning_rate / run.hyperparameters.learning_rate()),
        );
        map.insert(
            "null_space_loss".into(),
            json_number(run.loaded.spectrum.null_space_loss()),
        );
    }
    Ok(document)
}

/// What a power law has in the long run; null outside the phase that a number belongs to.
pub(super) fn long_run(outlook: Option<&Outlook>) -> [(&'static str, Option<f64>); 6] {
    let found = outlook.and_then(|outlook| outlook.convergent);
    let crossing = outlook.and_then(|outlook| outlook.crossing);
    [
        ("loss_exponent", found.map(|found| found.loss_exponent())),
        ("loss_constant", found.map(|found| found.loss_constant())),
        ("signal_constant", found.map(|found| found.signal_constant)),
        (
            "noise_constant",
            found.and_then(|found| found.noise_constant),
        ),
        (
            "transition_time",
            outlook.and_then(|outlook| outlook.transition_time),
        ),
        (
            "asymptotic_divergence_time",
            crossing.map(|crossing| crossing.divergence_time_198()),
        ),
    ]
}

fn words(
    run: &Run,
    report: &StabilityReport,
    advice: &Advice,
    phase: Option<Phase>,
    outlook: Option<&Outlook>,
) -> String {
    let mut text = run.headline();
    text.push_str(&format!(
        "\nVerdict: {} - {}\n\n",
        report.verdict, report.reason
    ));
    let optional = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), short);
    let mut rows = vec![
        row(
            "noise function U(1)",
            &optional(report.noise_function_at_1),
            "stable below 1, if the learning rate is below the noiseless edge",
        ),
        row(
            "critical learning rate",
            &short(report.critical_learning_rate),
            "the edge at this momentum and noise",
        ),
        row(
            "noiseless critical learning rate",
            &short(report.noiseless_critical_learning_rate),
            "what a full-batch rule would allow: 2 (1 + momentum)/lambda_max",
        ),
        row(
            "effective learning rate",
            &short(report.effective_learning_rate),
            "alpha/(1 - momentum)",
        ),
        row(
            "critical regularization lambda_crit",
            &short(report.critical_regularization),
            "2/(gamma lambda_crit) bounds the effective learning rate (22)",
        ),
        row(
            "convergence radius r_L",
            &radius(report),
            "loss ~ r_L^-t: 1 means no exponential divergence",
        ),
    ];
    if let Some(scale) = report.divergence_time_scale.filter(|s| s.is_finite()) {
        rows.push(row(
            "divergence time scale t_*",
            &short(scale),
            "steps in which the loss finally grows e-fold",
        ));
    }
    if let Some(time) = report.divergence_time {
        rows.push(row(
            "divergence time t_div",
            &short(time),
            "steps until the growing part equals the noiseless loss",
        ));
    }
    if let Some(phase) = phase {
        rows.push(row("phase", phase.name(), "of the infinite power law"));
    }
    rows.extend(long_run_rows(outlook));
    if report.compression_error > 0.0 {
        rows.push(row(
            "compression error",
            &rough(report.compression_error),
            "estimated, relative: the spectrum is shortened for all numbers but the verdict and U(1)",
        ));
    }
    text.push_str(&table(&["quantity", "value", "meaning"], rows));
    text.push_str("\nWhat this says\n");
    for line in explain(run, report, advice) {
        text.push_str(&format!("  {line}\n"));
    }
    if run.loaded.spectrum.null_space_loss() > 0.0 {
        text.push_str(&format!(
            "  {} of the loss lies in the null space of the Hessian and never vanishes.\n",
            short(run.loaded.spectrum.null_space_loss())
        ));
    }
    text.push_str(&warning_lines(&report.warnings));
    text.push_str(&run.conventions());
    text
}

/// r_L, as 1 - e where its first digits are nines.
fn radius(report: &StabilityReport) -> String {
    match (
        report.convergence_radius,
        report.convergence_radius_complement,
    ) {
        (Some(_), Some(e)) if e > 0.0 && e < 1e-3 => format!("1 - {}", short(e)),
        (Some(r), None) => format!("{} by rounding", short(r)),
        (r, _) => r.map_or_else(|| "-".to_owned(), short),
    }
}

/// The rows of [`long_run`] for people.
pub(super) fn long_run_rows(outlook: Option<&Outlook>) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (name, value) in long_run(outlook) {
        let Some(value) = value else { continue };
        let (name, meaning) = match name {
            "loss_exponent" => ("loss exponent xi", "L_t ~ C t^-xi in the long run"),
            "loss_constant" => ("loss constant C", "(28a), (28b)"),
            "transition_time" => ("transition time", "steps until noise dominates (29)"),
            "asymptotic_divergence_time" => (
                "divergence time, asymptotic",
                "for small learning rates (198)",
            ),
            _ => continue,
        };
        rows.push(row(name, &short(value), meaning));
    }
    rows
}

fn row(name: &str, value: &str, meaning: &str) -> Vec<String> {
    [name, value, meaning].map(str::to_owned).to_vec()
}

/// What the numbers mean for this run, a sentence each.
fn explain(run: &Run, report: &StabilityReport, advice: &Advice) -> Vec<String> {
    let alpha = run.hyperparameters.learning_rate();
    let mut lines = Vec::new();
    let (edge, noiseless) = (
        report.critical_learning_rate,
        report.noiseless_critical_learning_rate,
    );
    match report.verdict {
        Verdict::Stable => lines.push(format!(
            "The learning rate is {} of the edge: it can grow {}-fold before the loss diverges.",
            percent(alpha / edge),
            rough(edge / alpha)
        )),
        Verdict::Unstable if edge > 0.0 => lines.push(format!(
            "The learning rate is {} times the edge: at this momentum and noise it must fall below {}.",
            rough(alpha / edge),
            short(edge)
        )),
        Verdict::Unstable => {
            lines.push("No learning rate is stable at this momentum and noise.".to_owned());
        }
        Verdict::EventualDivergence => lines.push(
            "The eigenvalues decay too slowly (Tr H is infinite): any learning rate diverges in the end; a smaller one postpones it.".to_owned(),
        ),
        Verdict::ImmediateDivergence => lines.push(
            "The eigenvalues decay so slowly (Tr H^2 is infinite) that one noisy step makes the loss infinite.".to_owned(),
        ),
        Verdict::Unknown => lines.push(
            "The learning rate is at the edge within rounding; change it in the last digits to get a verdict.".to_owned(),
        ),
    }
    if edge > 0.0 && edge < noiseless * (1.0 - 1e-9) {
        let hidden = alpha >= edge && alpha < noiseless;
        let ratio = noiseless / edge;
        let much = if ratio < 1.1 {
            format!("by {} %", rough(100.0 * (1.0 - 1.0 / ratio)))
        } else {
            format!("{}-fold", rough(ratio))
        };
        lines.push(format!(
            "Gradient noise lowers the edge {much}, from {} to {}{}.",
            short(noiseless),
            short(edge),
            if hidden {
                ": a full-batch rule would call this learning rate stable, and it is not"
            } else {
                ""
            }
        ));
    }
    if report.verdict != Verdict::Stable {
        if let Some(batch) = advice.smallest_stable_batch_size {
            lines.push(format!(
                "At this learning rate and momentum the smallest stable batch size is {batch}."
            ));
        } else if run.batch_size.is_some() && alpha >= noiseless {
            lines.push("No batch size helps: the full batch diverges too.".to_owned());
        }
    }
    lines
}

fn percent(share: f64) -> String {
    format!("{} %", short((share * 1000.0).round() / 10.0))
}
