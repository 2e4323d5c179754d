//! `--rigorous` of `audit` and `curve`: the same questions, answered by enclosures.

use super::Failure;
use super::arguments::{Run, warning_lines};
use super::output::{Output, short, table};
use crate::generating::rigorous::{
    ExactHyperparameters, RigorousError, RigorousSpectrum, enclose_loss,
};
use crate::number::{Ball, Rational, parse_rational};
use crate::stability::rigorous::{Enclosed, RigorousStability, RigorousVerdict, assess_rigorously};
use clap::Args;
use serde_json::{Value, json};

/// Beyond this nothing is gained and everything is slow.
const MOST_DIGITS: u32 = 1000;

/// The flags of rigorous evaluation.
#[derive(Debug, Args)]
pub(crate) struct RigorousArguments {
    /// Enclose the numbers: {"lower", "upper"} decimals with proved, outward-rounded ends
    #[arg(long)]
    rigorous: bool,
    /// Significant digits of the enclosures, 1..=1000
    #[arg(long, default_value_t = 20, value_name = "D", requires = "rigorous")]
    digits: u32,
    /// Relative error of the eigenvalues of a file: each lies within lambda (1 +- E), and results hold for
    /// all of them; signal from `coefficients` widens along, a given `signal` does not
    #[arg(long, value_parser = exact, value_name = "E", requires = "rigorous")]
    eigenvalue_error: Option<Rational>,
}

/// An exact number as people write it.
fn exact(text: &str) -> Result<Rational, String> {
    let value = parse_rational(text).map_err(|error| error.to_string())?;
    if num_traits::Signed::is_negative(&value) {
        return Err(format!("`{text}` is negative; an error is at least 0"));
    }
    Ok(value)
}

impl RigorousArguments {
    /// Whether enclosures are wanted.
    pub(crate) fn wanted(&self) -> bool {
        self.rigorous
    }

    fn spectrum(&self, run: &Run) -> Result<RigorousSpectrum, Failure> {
        if !(1..=MOST_DIGITS).contains(&self.digits) {
            return Err(Failure::input(format!(
                "--digits must lie in 1..={MOST_DIGITS}, got {}",
                self.digits
            )));
        }
        let error = self
            .eigenvalue_error
            .clone()
            .unwrap_or_else(|| Rational::from_integer(0.into()));
        if error >= Rational::from_integer(1.into()) {
            return Err(Failure::input(
                "--eigenvalue-error must be below 1: beyond it an eigenvalue may be negative",
            ));
        }
        RigorousSpectrum::of(&run.loaded, error).map_err(Failure::input)
    }

    /// `tauber audit --rigorous`.
    pub(crate) fn audit(&self, word: &str, run: &Run, output: &Output) -> Result<u8, Failure> {
        let spectrum = self.spectrum(run)?;
        let report = assess_rigorously(&spectrum, &run.loaded.spectrum, &run.exact, self.digits)
            .map_err(Failure::input)?;
        let mut warnings = warnings_of(run, &spectrum);
        let rows = quantities(&report);
        let mut document = serde_json::Map::new();
        document.insert("verdict".into(), json!(report.verdict.name()));
        document.insert("reason".into(), json!(reason(&report)));
        document.insert("deciding_width".into(), deciding(&report.verdict));
        let mut lines = Vec::new();
        for (name, words, value) in rows {
            let (json, text) = self.value(value);
            if let Enclosed::Absent(why) = value {
                warnings.push(format!("{name} is null: {why}"));
            }
            document.insert(name.into(), json);
            lines.push(vec![words.to_owned(), text]);
        }
        self.close(&mut document, word, run, &warnings);
        output.document(&Value::Object(document));
        let mut text = run.headline();
        text.push_str(&format!(
            "\nVerdict: {} - {}\n\n",
            report.verdict.name(),
            reason(&report)
        ));
        text.push_str(&table(&["quantity", "enclosed in"], lines));
        text.push_str(&warning_lines(&warnings));
        text.push_str(&run.conventions());
        text.push_str(&exactness(run));
        output.text(&text);
        Ok(match report.verdict {
            RigorousVerdict::ProvedStable => 0,
            RigorousVerdict::Unknown { .. } => 3,
            _ => 1,
        })
    }

    /// `tauber curve --rigorous`: exit 3 where a step was refused.
    pub(crate) fn curve(
        &self,
        word: &str,
        run: &Run,
        steps: &[u64],
        output: &Output,
    ) -> Result<u8, Failure> {
        let spectrum = self.spectrum(run)?;
        let bar = output.spinner();
        let mut warnings = warnings_of(run, &spectrum);
        let (mut losses, mut methods, mut lines) = (Vec::new(), Vec::new(), Vec::new());
        let mut refused = false;
        for &step in steps {
            bar.set_message(format!("step {step}"));
            match enclose_loss(&spectrum, &run.exact, step, self.digits) {
                Ok(found) => {
                    let (json, text) = self.ball(&found.loss);
                    losses.push(json);
                    methods.push(json!(found.method.name()));
                    lines.push(vec![step.to_string(), text, found.method.name().to_owned()]);
                }
                Err(RigorousError::NoSignal) => {
                    return Err(Failure::input(RigorousError::NoSignal));
                }
                Err(error) => {
                    refused = true;
                    warnings.push(format!("step {step} is not enclosed: {error}"));
                    losses.push(Value::Null);
                    methods.push(Value::Null);
                    lines.push(vec![step.to_string(), "-".to_owned(), "refused".to_owned()]);
                }
            }
        }
        bar.finish_and_clear();
        let mut document = serde_json::Map::new();
        document.insert("steps".into(), json!(steps));
        document.insert("loss".into(), Value::Array(losses));
        document.insert("method".into(), Value::Array(methods));
        document.insert(
            "null_space_loss".into(),
            self.ball(&spectrum.null_space_loss(self.digits * 4 + 64)).0,
        );
        self.close(&mut document, word, run, &warnings);
        output.document(&Value::Object(document));
        let mut text = run.headline();
        text.push('\n');
        text.push_str(&table(&["step", "loss enclosed in", "method"], lines));
        text.push_str(&warning_lines(&warnings));
        text.push_str(&run.conventions());
        text.push_str(&exactness(run));
        output.text(&text);
        Ok(if refused { 3 } else { 0 })
    }

    fn close(
        &self,
        document: &mut serde_json::Map<String, Value>,
        word: &str,
        run: &Run,
        warnings: &[String],
    ) {
        document.insert("rigorous".into(), json!(true));
        document.insert("digits".into(), json!(self.digits));
        document.insert("input".into(), run.json(word));
        document.insert("exact_input".into(), exact_input(&run.exact));
        document.insert("conventions".into(), json!(run.loaded.conventions));
        document.insert("warnings".into(), json!(warnings));
    }

    fn ball(&self, ball: &Ball) -> (Value, String) {
        let text = ball.to_decimal(self.digits + 3);
        let shown = if text.lower == text.upper {
            text.lower.clone()
        } else {
            format!("[{}, {}]", text.lower, text.upper)
        };
        (json!({ "lower": text.lower, "upper": text.upper }), shown)
    }

    fn value(&self, value: &Enclosed) -> (Value, String) {
        match value {
            Enclosed::Finite(ball) => self.ball(ball),
            Enclosed::Infinite => (json!("infinity"), "infinity".to_owned()),
            Enclosed::Absent(_) => (Value::Null, "-".to_owned()),
        }
    }
}

/// What loading had to say, and where this evaluation differs.
fn warnings_of(run: &Run, spectrum: &RigorousSpectrum) -> Vec<String> {
    let mut warnings = run.loaded.warnings.clone();
    let kept = spectrum.kept_below_rounding();
    if kept > 0 {
        warnings.push(format!(
            "--rigorous takes the numbers exactly: {kept} eigenvalue{} that count as zero to rounding elsewhere are positive and kept as modes here",
            if kept == 1 { "" } else { "s" }
        ));
    }
    warnings
}

fn exact_input(exact: &ExactHyperparameters) -> Value {
    json!({
        "learning_rate": exact.learning_rate().to_string(),
        "momentum": exact.momentum().to_string(),
        "noise_amplitude": exact.noise_amplitude().to_string(),
        "tau": exact.tau().to_string(),
    })
}

fn exactness(run: &Run) -> String {
    let numbers = if run.loaded.exact_power_law.is_some() {
        "the law's parameters are the rationals written"
    } else {
        "the numbers of a file are the binary numbers read; eigenvalues lie within (1 +- --eigenvalue-error), if given, and with them the signal that coefficients give"
    };
    format!("  rigorous: hyperparameters are the rationals written, {numbers}\n")
}

type Row<'a> = (&'static str, &'static str, &'a Enclosed);

fn quantities(report: &RigorousStability) -> [Row<'_>; 7] {
    [
        (
            "noise_function_at_1",
            "noise function U(1)",
            &report.noise_function_at_1,
        ),
        (
            "signal_function_at_1",
            "signal function V(1)",
            &report.signal_function_at_1,
        ),
        (
            "critical_learning_rate",
            "critical learning rate",
            &report.critical_learning_rate,
        ),
        (
            "noiseless_critical_learning_rate",
            "noiseless critical learning rate",
            &report.noiseless_critical_learning_rate,
        ),
        (
            "critical_regularization",
            "critical regularization lambda_crit",
            &report.critical_regularization,
        ),
        (
            "convergence_radius",
            "convergence radius r_L",
            &report.convergence_radius,
        ),
        (
            "convergence_radius_complement",
            "1 - r_L",
            &report.convergence_radius_complement,
        ),
    ]
}

fn deciding(verdict: &RigorousVerdict) -> Value {
    match verdict {
        RigorousVerdict::Unknown { deciding_width, .. } => json!(deciding_width),
        _ => Value::Null,
    }
}

fn reason(report: &RigorousStability) -> String {
    match &report.verdict {
        RigorousVerdict::ProvedStable => {
            "proved: U(1) is enclosed below 1 and the learning rate below the noiseless edge".to_owned()
        }
        RigorousVerdict::ProvedUnstable => match &report.noise_function_at_1 {
            Enclosed::Finite(u) if (Ball::integer(1) - u.clone()).is_negative() => {
                "proved: U(1) is enclosed above 1".to_owned()
            }
            _ => "proved: the learning rate lies above the noiseless edge (tau < 0: its extension)".to_owned(),
        },
        RigorousVerdict::ImmediateDivergence => {
            "proved: nu <= 1/2, Tr H^2 is infinite, and one noisy step makes the loss infinite".to_owned()
        }
        RigorousVerdict::EventualDivergence => {
            "proved: nu <= 1, Tr H is infinite, and with noise every learning rate diverges in the end".to_owned()
        }
        RigorousVerdict::Unknown { test, deciding_width } => match deciding_width {
            None => format!("not decided: {test}"),
            Some(width) if *width > 0.0 => format!(
                "not decided: {test}; an enclosure of half-width below about {} would decide (better eigenvalues)",
                short(*width)
            ),
            Some(_) => format!(
                "not decided: {test}; the two agree to all bits tried, and no enclosure decides an equality"
            ),
        },
    }
}
