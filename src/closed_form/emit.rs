//! Formulas as text, LaTeX, code and JSON.

use super::syntax::Syntax;
use super::{Expression, Formula};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The languages of `tauber derive --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text in the grammar of [`crate::polynomial`].
    Text,
    /// A LaTeX display.
    Latex,
    /// A SymPy script.
    Sympy,
    /// Wolfram language.
    Mathematica,
    /// Rust functions of `f64`.
    Rust,
    /// C functions of `double`.
    C,
    /// Python functions.
    Python,
    /// Julia functions.
    Julia,
    /// One JSON document.
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Text,
        Self::Latex,
        Self::Sympy,
        Self::Mathematica,
        Self::Rust,
        Self::C,
        Self::Python,
        Self::Julia,
        Self::Json,
    ];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Latex => "latex",
            Self::Sympy => "sympy",
            Self::Mathematica => "mathematica",
            Self::Rust => "rust",
            Self::C => "c",
            Self::Python => "python",
            Self::Julia => "julia",
            Self::Json => "json",
        }
    }
}

/// The order of arguments in code.
const ORDER: [&str; 6] = ["a", "b", "g", "z", "e", "x"];

/// Prints formulas of one rule in one language; ends with a newline.
pub fn emit(rule: &str, formulas: &[Formula], format: Format) -> String {
    match format {
        Format::Json => json_document(rule, formulas),
        Format::Latex => formulas.iter().map(latex).collect::<Vec<_>>().join("\n"),
        Format::Text => formulas.iter().map(text).collect::<Vec<_>>().join("\n"),
        Format::Sympy => sympy(rule, formulas),
        _ => code(rule, formulas, format),
    }
}

/// `name` or `name_label`, as an identifier.
fn identifier(formula: &Formula, label: &str) -> String {
    let base = formula.name.replace('-', "_");
    if label.is_empty() {
        base
    } else {
        format!("{base}_{label}")
    }
}

fn arguments(formula: &Formula) -> Vec<&'static str> {
    let used: Vec<String> = formula
        .entries
        .iter()
        .flat_map(|(_, e)| e.symbols())
        .collect();
    ORDER
        .into_iter()
        .filter(|name| used.iter().any(|u| u == name))
        .collect()
}

fn text(formula: &Formula) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "# {}: {} [{}]",
        formula.name, formula.meaning, formula.source
    );
    for (label, e) in &formula.entries {
        let body = Syntax::Caret.write(e);
        let _ = if label.is_empty() {
            writeln!(out, "{body}")
        } else {
            writeln!(out, "{label} = {body}")
        };
    }
    out
}

/// Printed characters in a line of LaTeX: what fits the text width of an article.
const LATEX_WIDTH: usize = 56;

/// The formula in lines; a fraction keeps one line and breaks its own parts.
fn latex_lines(e: &Expression) -> Vec<String> {
    let Expression::Quotient(top, bottom) = e else {
        return Syntax::Latex.lines(e, LATEX_WIDTH);
    };
    let part = |e: &Expression| {
        let lines = Syntax::Latex.lines(e, LATEX_WIDTH);
        if lines.len() > 1 {
            // The strut keeps the first line clear of the fraction bar.
            aligned(&[lines]).replacen("& ", "& \\rule{0pt}{2.6ex}", 1)
        } else {
            lines.concat()
        }
    };
    vec![format!("\\frac{{{}}}{{{}}}", part(top), part(bottom))]
}

/// Formulas one below the other, the continuation lines of each indented.
fn aligned(formulas: &[Vec<String>]) -> String {
    let rows: Vec<String> = formulas
        .iter()
        .map(|lines| {
            let text = lines.join(" \\\\\n& \\quad ");
            if text.contains(" &= ") {
                return text;
            }
            // A minus that opens a cell would be spaced as if something stood before it.
            text.strip_prefix('-')
                .map_or_else(|| format!("& {text}"), |rest| format!("& {{-}}{rest}"))
        })
        .collect();
    format!(
        "\\begin{{aligned}}\n{}\n\\end{{aligned}}",
        rows.join(" \\\\\n")
    )
}

fn latex(formula: &Formula) -> String {
    let body = if let Some(columns) = formula.columns {
        let rows: Vec<String> = formula
            .entries
            .chunks(columns)
            .map(|row| {
                let cells: Vec<String> = row.iter().map(|(_, e)| Syntax::Latex.write(e)).collect();
                cells.join(" & ")
            })
            .collect();
        format!(
            "\\setlength{{\\arraycolsep}}{{3pt}}\n\\begin{{pmatrix}}\n{}\n\\end{{pmatrix}}",
            rows.join(" \\\\\n")
        )
    } else {
        let formulas: Vec<Vec<String>> = formula
            .entries
            .iter()
            .map(|(label, e)| {
                let mut lines = latex_lines(e);
                if let (Some((letter, index)), Some(first)) =
                    (label.split_at_checked(1), lines.first_mut())
                {
                    *first = format!("{letter}_{{{index}}} &= {first}");
                }
                lines
            })
            .collect();
        match formulas.as_slice() {
            [lines] if lines.len() == 1 => lines.concat(),
            _ => aligned(&formulas),
        }
    };
    format!(
        "% {}: {} [{}]\n\\[\n{body}\n\\]\n",
        formula.name, formula.meaning, formula.source
    )
}

fn sympy(rule: &str, formulas: &[Formula]) -> String {
    let mut out = format!(
        "# Closed forms of rule {rule}: a = alpha*lambda_k, b = momentum, g = gamma*tau, e = 1 - z.\n\
         from sympy import Rational, symbols\n\n{0} = symbols(\"{0}\")\n",
        ORDER.join(" ").replace(' ', ", ")
    );
    for formula in formulas {
        let _ = writeln!(out, "\n# {} [{}]", formula.meaning, formula.source);
        for (label, e) in &formula.entries {
            let _ = writeln!(
                out,
                "{} = {}",
                identifier(formula, label),
                Syntax::Sympy.write(e)
            );
        }
    }
    out
}

fn code(rule: &str, formulas: &[Formula], format: Format) -> String {
    let legend = format!(
        "Closed forms of rule {rule}: a = alpha*lambda_k, b = momentum, g = gamma*tau, e = 1 - z."
    );
    let mut out = match format {
        Format::Rust => format!("// {legend}\n"),
        Format::C => format!("/* {legend} */\n"),
        Format::Mathematica => format!("(* {legend} *)\n"),
        _ => format!("# {legend}\n"),
    };
    for formula in formulas {
        let note = format!("{} [{}]", formula.meaning, formula.source);
        let names = arguments(formula);
        for (label, e) in &formula.entries {
            let name = identifier(formula, label);
            let _ = match format {
                Format::Rust => {
                    let typed: Vec<String> = names.iter().map(|n| format!("{n}: f64")).collect();
                    let used = e.symbols();
                    let unused: Vec<&&str> = names
                        .iter()
                        .filter(|n| !used.iter().any(|u| u == **n))
                        .collect();
                    let ignore: String = unused
                        .iter()
                        .map(|n| format!("    let _ = {n};\n"))
                        .collect();
                    writeln!(
                        out,
                        "\n/// {note}\npub fn {name}({}) -> f64 {{\n{ignore}    {}\n}}",
                        typed.join(", "),
                        Syntax::Rust.write(e)
                    )
                }
                Format::C => {
                    let typed: Vec<String> = names.iter().map(|n| format!("double {n}")).collect();
                    writeln!(
                        out,
                        "\n/* {note} */\ndouble {name}({}) {{\n    return {};\n}}",
                        typed.join(", "),
                        Syntax::C.write(e)
                    )
                }
                Format::Mathematica => {
                    let camel: String = name
                        .split('_')
                        .enumerate()
                        .map(|(k, word)| {
                            if k == 0 {
                                word.to_owned()
                            } else {
                                capital(word)
                            }
                        })
                        .collect();
                    let patterns: Vec<String> = names.iter().map(|n| format!("{n}_")).collect();
                    writeln!(
                        out,
                        "\n(* {note} *)\n{camel}[{}] := {}",
                        patterns.join(", "),
                        Syntax::Caret.write(e)
                    )
                }
                Format::Julia => writeln!(
                    out,
                    "\n# {note}\n{name}({}) = {}",
                    names.join(", "),
                    Syntax::Caret.write(e)
                ),
                _ => writeln!(
                    out,
                    "\ndef {name}({}):\n    \"\"\"{note}\"\"\"\n    return {}\n",
                    names.join(", "),
                    Syntax::Stars.write(e)
                ),
            };
        }
    }
    out
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn json_document(rule: &str, formulas: &[Formula]) -> String {
    let formulas: Vec<Value> = formulas
        .iter()
        .map(|formula| {
            let entries: Vec<Value> = formula
                .entries
                .iter()
                .map(|(label, e)| {
                    let expanded = e.expand();
                    json!({
                        "label": label,
                        "text": Syntax::Caret.write(e),
                        "numerator": expanded.as_ref().map(|f| f.numerator().to_string()),
                        "denominator": expanded.as_ref().map(|f| f.denominator().to_string()),
                    })
                })
                .collect();
            json!({
                "quantity": formula.name,
                "meaning": formula.meaning,
                "source": formula.source,
                "variables": arguments(formula),
                "columns": formula.columns,
                "entries": entries,
            })
        })
        .collect();
    let document = json!({
        "rule": rule,
        "symbols": {
            "a": "alpha*lambda_k", "b": "momentum", "g": "gamma*tau", "z": "generating variable",
            "e": "1 - z", "x": "eigenvalue of the operator",
        },
        "formulas": formulas,
    });
    format!("{document:#}\n")
}
