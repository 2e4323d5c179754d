//! SMT-LIB 2, logic QF_NRA: the hypotheses and the negated claim; `unsat` means that the claim holds.
//!
//! Numbers are `p`, `(/ p q)`, `(- p)`; there is no power, so `x^3` is `(* x x x)`.

use super::ExportError;
use super::expression::{Expression, Inequality};
use super::problem::{Problem, sign};
use crate::number::Rational;
use num_traits::Signed;

/// The most symbols of an exported file.
const MAX_SYMBOLS: u64 = 1_000_000;

pub(super) fn text(problem: &Problem) -> Result<String, ExportError> {
    let both = || problem.given.iter().chain(&problem.goals);
    let sides = both().flat_map(|i| [&i.left, &i.right]);
    let symbols = sides.fold(0, |sum: u64, side| sum.saturating_add(side.unfolded_size()));
    if symbols > MAX_SYMBOLS {
        let limit = MAX_SYMBOLS;
        return Err(ExportError::TooLarge { symbols, limit });
    }
    let mut out = String::new();
    for line in problem.head() {
        out += &format!("; {line}\n");
    }
    out += "; unsat: the statement holds. sat: it fails, at the model.\n(set-logic QF_NRA)\n";
    for name in problem.spelled() {
        out += &format!("(declare-const {name} Real)\n");
    }
    for given in &problem.given {
        out += &format!("(assert {})\n", relation(problem, given));
    }
    let mut goals: Vec<String> = problem.goals.iter().map(|g| relation(problem, g)).collect();
    let claim = match (goals.len(), problem.any) {
        (1, _) => goals.remove(0),
        (_, false) => format!("(and {})", goals.join(" ")),
        (_, true) => format!("(or {})", goals.join(" ")),
    };
    out += &format!("(assert (not {claim}))\n(check-sat)\n");
    Ok(out)
}

fn relation(problem: &Problem, inequality: &Inequality) -> String {
    let (left, right) = (
        term(problem, &inequality.left),
        term(problem, &inequality.right),
    );
    format!("({} {left} {right})", sign(inequality.relation))
}

fn term(problem: &Problem, expression: &Expression) -> String {
    let list = |operator: &str, parts: Vec<String>| format!("({operator} {})", parts.join(" "));
    match expression {
        Expression::Number(value) => number(value),
        Expression::Variable(name) => problem.names.get(name).to_owned(),
        Expression::Sum(parts) => {
            let part = |(minus, part): &(bool, Expression)| match minus {
                true => format!("(- {})", term(problem, part)),
                false => term(problem, part),
            };
            let mut parts: Vec<String> = parts.iter().map(part).collect();
            if parts.len() == 1 {
                parts.remove(0)
            } else {
                list("+", parts)
            }
        }
        Expression::Product(factors) => {
            let mut parts = Vec::new();
            for factor in factors {
                match factor {
                    Expression::Power(base, exponent) => {
                        parts.extend(vec![term(problem, base); *exponent as usize]);
                    }
                    other => parts.push(term(problem, other)),
                }
            }
            list("*", parts)
        }
        Expression::Power(base, exponent) => {
            list("*", vec![term(problem, base); *exponent as usize])
        }
    }
}

fn number(value: &Rational) -> String {
    let magnitude = value.abs();
    let text = match value.is_integer() {
        true => magnitude.to_string(),
        false => format!("(/ {} {})", magnitude.numer(), magnitude.denom()),
    };
    if value.is_negative() {
        format!("(- {text})")
    } else {
        text
    }
}
