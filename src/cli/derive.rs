//! `tauber derive`: closed forms derived from an update rule, in nine languages.

use super::Failure;
use super::output::Output;
use crate::closed_form::{ClosedForms, Format, Formula, Quantity, QuantityError, emit};
use crate::moment::UpdateRule;
use clap::{Args, ValueEnum};
use serde_json::Value;

const EXAMPLES: &str = "\
Examples:
  tauber derive                                          every quantity of heavy ball, as text
  tauber derive --quantity denominator --format latex    S(a, b, g, z)
  tauber derive --rule nesterov --quantity noise-term
  tauber derive --rule my-rule.toml --format rust > closed_forms.rs

A rule file (TOML) gives the step of one eigenvalue's state and where the gradient enters:
  name  = \"heavy-ball\"
  step  = [[\"1 - a\", \"b\"], [\"-a\", \"b\"]]      a = learning rate x eigenvalue, b = momentum
  noise = [\"1\", \"1\"]

Symbols: a = alpha lambda_k, b = momentum, g = noise amplitude x tau, z = generating variable,
e = 1 - z.";

/// The languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatWord {
    Text,
    Latex,
    Sympy,
    Mathematica,
    Rust,
    C,
    Python,
    Julia,
    Json,
}

impl FormatWord {
    const fn format(self) -> Format {
        match self {
            Self::Text => Format::Text,
            Self::Latex => Format::Latex,
            Self::Sympy => Format::Sympy,
            Self::Mathematica => Format::Mathematica,
            Self::Rust => Format::Rust,
            Self::C => Format::C,
            Self::Python => Format::Python,
            Self::Julia => Format::Julia,
            Self::Json => Format::Json,
        }
    }
}

/// Who derives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum EngineWord {
    /// Fraction-free elimination of this crate
    Elimination,
    /// The Symbolica library (needs a build with the feature `symbolica`)
    Symbolica,
}

/// The arguments of `derive`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// heavy-ball, nesterov, plain, or a rule file ending in .toml
    #[arg(long, default_value = "heavy-ball", value_name = "RULE")]
    rule: String,
    /// Which quantity, or `all`; `--quantity help` lists them
    #[arg(long, default_value = "all", value_name = "QUANTITY")]
    quantity: String,
    /// The language
    #[arg(long, value_enum, default_value = "text")]
    format: FormatWord,
    /// Who derives; every engine's answer is accepted only by the identity check
    #[arg(long, value_enum, default_value = "elimination")]
    engine: EngineWord,
}

/// `tauber derive`.
pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    if arguments.quantity == "help" {
        for quantity in Quantity::ALL {
            output.text(&format!("{:26} {}\n", quantity.name(), quantity.meaning()));
        }
        return Ok(0);
    }
    let rule = rule(&arguments.rule)?;
    let forms = derive(&rule, arguments.engine)?;
    let formulas = formulas(&forms, &arguments.quantity)?;
    let format = if output.is_json() {
        Format::Json
    } else {
        arguments.format.format()
    };
    let text = emit(rule.name(), &formulas, format);
    if format == Format::Json {
        // Parsed once more: what goes out is one valid document.
        let document: Value =
            serde_json::from_str(&text).map_err(|error| Failure::Internal(error.to_string()))?;
        output.raw(&format!("{document:#}\n"));
    } else {
        output.raw(&text);
    }
    Ok(0)
}

fn rule(word: &str) -> Result<UpdateRule, Failure> {
    if let Some(rule) = UpdateRule::by_name(word) {
        return Ok(rule);
    }
    if !word.ends_with(".toml") {
        return Err(Failure::input(format!(
            "there is no rule `{word}`: known are {}, or give a file ending in .toml",
            UpdateRule::NAMES.join(", ")
        )));
    }
    let text = super::bounded::read_text(word.as_ref(), "rule file")?;
    UpdateRule::from_toml(&text).map_err(|error| Failure::input(format!("{word}: {error}")))
}

fn derive(rule: &UpdateRule, engine: EngineWord) -> Result<ClosedForms, Failure> {
    let result = match engine {
        EngineWord::Elimination => ClosedForms::derive(rule),
        #[cfg(feature = "symbolica")]
        EngineWord::Symbolica => {
            ClosedForms::derive_with(rule, &crate::closed_form::SymbolicaEngine::new())
        }
        #[cfg(not(feature = "symbolica"))]
        EngineWord::Symbolica => {
            return Err(Failure::with_help(
                "this build has no Symbolica engine",
                "build with `cargo build --release --features symbolica` (mind its licence: see README)",
            ));
        }
    };
    result.map_err(|error| Failure::Internal(error.to_string()))
}

fn formulas(forms: &ClosedForms, word: &str) -> Result<Vec<Formula>, Failure> {
    if word == "all" {
        // Forms written for heavy ball are left out for other rules.
        return Ok(Quantity::ALL
            .iter()
            .filter_map(|q| q.of(forms).ok())
            .collect());
    }
    let quantity = Quantity::by_name(word).map_err(Failure::input)?;
    quantity
        .of(forms)
        .map(|formula| vec![formula])
        .map_err(|error| match error {
            QuantityError::OtherRule { .. } | QuantityError::Unknown(_) => Failure::input(error),
        })
}
