//! Symbolica as a second engine for the resolvent row (feature `symbolica`, off by default).
//!
//! ```text
//! r (1 - z A) = p    handed over as    (1 - z A)^T r^T = p^T    over Q(a, b, g, z)
//! ```
//!
//! Symbolica solves it over its field of rational polynomials; what it returns is brought over one
//! denominator and goes through the identity check of [`super::ClosedForms::derive_with`] like
//! every engine's answer. That check is the only judge: nothing is compared with another engine.
//!
//! What to know before use:
//!
//! - Symbolica is source-available. Without a licence key it is for non-commercial use, one
//!   process and one thread at a time; a second thread ends the process. Call the engine from one
//!   thread of a program, always the same.
//! - It prints a notice on stdout. On Unix, stdout is led to stderr while it works, so that the
//!   notice is seen and `--json` stays one document; elsewhere the notice stays on stdout.

use super::Engine;
use crate::moment::MomentOperator;
use crate::number::parse_rational;
use crate::polynomial::{Exponents, Polynomial};
use std::io::Write as _;
use std::sync::Arc;
use symbolica::prelude::{
    AtomCore, IntegerRing, Matrix, PolyVariable, Q, RationalPolynomial, RationalPolynomialField, Z,
};

/// Symbolica's polynomials, with exponents of our width.
type Fraction = RationalPolynomial<IntegerRing, u16>;

/// The Symbolica library as an [`Engine`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SymbolicaEngine;

impl SymbolicaEngine {
    /// The engine; nothing of Symbolica starts before it is asked.
    pub const fn new() -> Self {
        Self
    }
}

impl Engine for SymbolicaEngine {
    fn name(&self) -> &str {
        "symbolica"
    }

    fn resolvent_row(
        &self,
        operator: &MomentOperator,
    ) -> Result<(Vec<Polynomial>, Polynomial), String> {
        let quiet = StdoutToStderr::start()?;
        let answer = solve(operator);
        quiet.end()?;
        answer
    }
}

fn solve(operator: &MomentOperator) -> Result<(Vec<Polynomial>, Polynomial), String> {
    let names: Vec<String> = ["a", "b", "g", "z"].map(str::to_owned).to_vec();
    let variables: Arc<Vec<PolyVariable>> = Arc::new(
        ["a", "b", "g", "z"]
            .map(|name| PolyVariable::Symbol(symbolica::symbol!(name)))
            .to_vec(),
    );
    let hand_over = |p: &Polynomial| -> Fraction {
        let text = p.to_string();
        symbolica::parse!(text.as_str()).to_rational_polynomial(&Q, &Z, Some(variables.clone()))
    };
    let matrix = operator.resolvent_matrix();
    let size = matrix.len();
    let columns: Vec<Vec<Fraction>> = (0..size)
        .map(|j| matrix.iter().map(|row| hand_over(&row[j])).collect())
        .collect();
    let probe: Vec<Fraction> = operator.probe().iter().map(hand_over).collect();
    let first = probe.first().ok_or("the rule has no state")?;
    let field = RationalPolynomialField::from_poly(&first.numerator);
    let transposed =
        Matrix::from_nested_vec(columns, field.clone()).map_err(|error| format!("{error:?}"))?;
    let row = transposed
        .solve(&Matrix::new_vec(probe, field))
        .map_err(|error| format!("{error:?}"))?;
    let fractions = row
        .row_iter()
        .flatten()
        .map(|f| {
            Ok((
                take_back(&names, &f.numerator)?,
                take_back(&names, &f.denominator)?,
            ))
        })
        .collect::<Result<Vec<_>, String>>()?;
    over_one_denominator(&fractions)
}

/// Term by term, so that no printed name (with its namespace) has to be read.
fn take_back(
    names: &[String],
    p: &symbolica::prelude::MultivariatePolynomial<IntegerRing, u16>,
) -> Result<Polynomial, String> {
    let terms = p
        .into_iter()
        .map(|term| {
            let text = term.coefficient.to_string();
            let coefficient =
                parse_rational(&text).map_err(|error| format!("coefficient {text}: {error}"))?;
            Ok((Exponents::from_slice(term.exponents), coefficient))
        })
        .collect::<Result<Vec<_>, String>>()?;
    Ok(Polynomial::from_terms(names, terms))
}

/// `n_i/d_i` as `(n_i D/d_i)_i` and `D`, the least common multiple of the `d_i`.
fn over_one_denominator(
    fractions: &[(Polynomial, Polynomial)],
) -> Result<(Vec<Polynomial>, Polynomial), String> {
    let quotient = |p: &Polynomial, q: &Polynomial| {
        p.exact_division(q)
            .ok_or_else(|| format!("{q} does not divide {p}"))
    };
    let mut common = crate::number::Ring::one();
    for (_, bottom) in fractions {
        let shared = Polynomial::gcd(&common, bottom);
        common = common * quotient(bottom, &shared)?;
    }
    let row = fractions
        .iter()
        .map(|(top, bottom)| Ok(top.clone() * quotient(&common, bottom)?))
        .collect::<Result<_, String>>()?;
    Ok((row, common))
}

/// While it lives, what is written to stdout goes to stderr.
struct StdoutToStderr {
    #[cfg(unix)]
    stdout: std::os::fd::OwnedFd,
}

impl StdoutToStderr {
    #[cfg(unix)]
    fn start() -> Result<Self, String> {
        use std::os::fd::AsFd as _;
        let message = |error: std::io::Error| format!("cannot lead stdout to stderr: {error}");
        std::io::stdout().flush().map_err(message)?;
        let stdout = std::io::stdout()
            .as_fd()
            .try_clone_to_owned()
            .map_err(message)?;
        rustix::stdio::dup2_stdout(std::io::stderr()).map_err(|error| message(error.into()))?;
        Ok(Self { stdout })
    }

    #[cfg(unix)]
    fn end(self) -> Result<(), String> {
        let message = |error: std::io::Error| format!("cannot lead stdout back: {error}");
        std::io::stdout().flush().map_err(message)?;
        rustix::stdio::dup2_stdout(&self.stdout).map_err(|error| message(error.into()))
    }

    #[cfg(not(unix))]
    const fn start() -> Result<Self, String> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    fn end(self) -> Result<(), String> {
        std::io::stdout().flush().map_err(|error| error.to_string())
    }
}
