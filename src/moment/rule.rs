//! Update rules as data.
//!
//! In the eigenbasis of the Hessian one step acts on the state of one eigenvalue, a vector
//! `x = (x_1, .., x_m)` with `x_1 = <u_k, w - w*>` and the rest the rule's memory:
//!
//! ```text
//! x' = s(a, b) x - alpha n(b) xi,        s(a, b) = s(0, b) - a n(b) q(b)^T
//! ```
//!
//! | symbol | meaning |
//! |---|---|
//! | a, b | alpha lambda_k and the momentum |
//! | s | the step matrix, m x m polynomials in (a, b); (2) and (11) for heavy ball |
//! | n | the noise vector: where the gradient (and its sampling noise xi) enters |
//! | q | the probe: the gradient is taken at `q . x`; heavy ball (1, 0), Nesterov (1, b) |
//!
//! s and n are given; q follows from them, since the gradient is the only thing that depends on a.
//! A rule for which no q exists is refused: its noise would not be the noise of its gradient.

use crate::polynomial::matrix::Matrix;
use crate::polynomial::{ParseError, Polynomial};
use serde::Deserialize;
use thiserror::Error;

/// Why a rule was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// The step matrix and noise vector do not fit together.
    #[error(
        "rule `{name}`: the step matrix must be {size} x {size} for a noise vector of {size} entries"
    )]
    Shape {
        /// The rule.
        name: String,
        /// The length of the noise vector.
        size: usize,
    },
    /// The rule has no memory at all.
    #[error("rule `{0}`: the noise vector is empty")]
    Empty(String),
    /// An entry is not a polynomial.
    #[error("rule `{name}`, {place}: {error}")]
    Entry {
        /// The rule.
        name: String,
        /// Which entry.
        place: String,
        /// What the parser says.
        error: ParseError,
    },
    /// An entry uses another variable than a and b (n: b only).
    #[error("rule `{name}`, {place}: only the variables {allowed} may occur, found `{found}`")]
    Variable {
        /// The rule.
        name: String,
        /// Which entry.
        place: String,
        /// What is allowed.
        allowed: &'static str,
        /// What was found.
        found: String,
    },
    /// The dependence on a is not that of a gradient entering along the noise vector.
    #[error(
        "rule `{0}`: the step matrix must depend on a as s(0, b) - a n q^T with n the noise vector: the gradient and its noise enter at one place"
    )]
    NotAGradient(String),
    /// The rule file is not TOML or lacks a key.
    #[error("rule file: {0}")]
    File(String),
}

/// One update rule: name, step matrix, noise vector and the probe derived from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateRule {
    name: String,
    step: Matrix,
    noise: Vec<Polynomial>,
    probe: Vec<Polynomial>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    name: String,
    step: Vec<Vec<String>>,
    noise: Vec<String>,
}

impl UpdateRule {
    /// A rule from its step matrix (polynomials in a, b) and noise vector (polynomials in b).
    ///
    /// # Errors
    /// See [`RuleError`]; in particular when no probe fits.
    pub fn new(name: &str, step: &[&[&str]], noise: &[&str]) -> Result<Self, RuleError> {
        let step: Vec<Vec<String>> = step
            .iter()
            .map(|row| row.iter().map(|s| (*s).to_owned()).collect())
            .collect();
        let noise: Vec<String> = noise.iter().map(|s| (*s).to_owned()).collect();
        Self::from_text(name, &step, &noise)
    }

    /// A rule from a TOML text with the keys `name`, `step` (rows of polynomials) and `noise`.
    ///
    /// # Errors
    /// See [`RuleError`].
    pub fn from_toml(text: &str) -> Result<Self, RuleError> {
        let file: RuleFile =
            toml::from_str(text).map_err(|error| RuleError::File(error.to_string()))?;
        Self::from_text(&file.name, &file.step, &file.noise)
    }

    fn from_text(name: &str, step: &[Vec<String>], noise: &[String]) -> Result<Self, RuleError> {
        let size = noise.len();
        if size == 0 {
            return Err(RuleError::Empty(name.to_owned()));
        }
        if step.len() != size || step.iter().any(|row| row.len() != size) {
            return Err(RuleError::Shape {
                name: name.to_owned(),
                size,
            });
        }
        let entry = |text: &String, place: String, allowed: &'static str| {
            let p = Polynomial::parse(text).map_err(|error| RuleError::Entry {
                name: name.to_owned(),
                place: place.clone(),
                error,
            })?;
            if let Some(found) = p
                .occurring()
                .into_iter()
                .find(|v| !allowed.split(", ").any(|w| w == *v))
            {
                let found = found.to_owned();
                return Err(RuleError::Variable {
                    name: name.to_owned(),
                    place,
                    allowed,
                    found,
                });
            }
            let variables = ["a", "b", "g", "z"].map(str::to_owned);
            Ok(p.over(&variables).unwrap_or(p))
        };
        let mut matrix = Matrix::new();
        for (i, row) in step.iter().enumerate() {
            let row = row
                .iter()
                .enumerate()
                .map(|(j, text)| entry(text, format!("step[{}][{}]", i + 1, j + 1), "a, b"));
            matrix.push(row.collect::<Result<_, _>>()?);
        }
        let noise: Vec<Polynomial> = noise
            .iter()
            .enumerate()
            .map(|(i, text)| entry(text, format!("noise[{}]", i + 1), "b"))
            .collect::<Result<_, _>>()?;
        let probe =
            probe_of(&matrix, &noise).ok_or_else(|| RuleError::NotAGradient(name.to_owned()))?;
        Ok(Self {
            name: name.to_owned(),
            step: matrix,
            noise,
            probe,
        })
    }

    /// Heavy ball, the rule (1) of the paper: `v' = b v - alpha grad(w)`, `w' = w + v'`.
    pub fn heavy_ball() -> Self {
        Self::built_in("heavy-ball", &[&["1 - a", "b"], &["-a", "b"]], &["1", "1"])
    }

    /// Nesterov's rule: `v' = b v - alpha grad(w + b v)`, `w' = w + v'`.
    ///
    /// Its loss series is that of the points `w + b v` at which it takes gradients.
    pub fn nesterov() -> Self {
        Self::built_in(
            "nesterov",
            &[&["1 - a", "b - a*b"], &["-a", "b - a*b"]],
            &["1", "1"],
        )
    }

    /// Plain SGD: `w' = w - alpha grad(w)`, a state of one number.
    pub fn plain() -> Self {
        Self::built_in("plain", &[&["1 - a"]], &["1"])
    }

    #[allow(clippy::expect_used)] // constants of this file; `built_in_rules_are_valid` tests each
    fn built_in(name: &str, step: &[&[&str]], noise: &[&str]) -> Self {
        Self::new(name, step, noise).expect("built-in rule")
    }

    /// The rules known by name.
    pub const NAMES: [&'static str; 3] = ["heavy-ball", "nesterov", "plain"];

    /// A rule of [`UpdateRule::NAMES`].
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "heavy-ball" => Some(Self::heavy_ball()),
            "nesterov" => Some(Self::nesterov()),
            "plain" => Some(Self::plain()),
            _ => None,
        }
    }

    /// The rule's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Length m of the state of one eigenvalue.
    pub fn size(&self) -> usize {
        self.noise.len()
    }

    /// s(a, b), m x m.
    pub const fn step(&self) -> &Matrix {
        &self.step
    }

    /// n(b), m entries.
    pub fn noise(&self) -> &[Polynomial] {
        &self.noise
    }

    /// q(b), m entries: the gradient is taken at `q . x`.
    pub fn probe(&self) -> &[Polynomial] {
        &self.probe
    }
}

/// q with `s(a) - s(0) = -a n q^T`, or `None` if there is none.
fn probe_of(step: &Matrix, noise: &[Polynomial]) -> Option<Vec<Polynomial>> {
    let zero = Polynomial::parse("0").ok()?;
    let a = Polynomial::variable("a");
    let gradient: Matrix = step
        .iter()
        .map(|row| {
            row.iter()
                .map(|s| s.substitute("a", &zero) - s.clone())
                .collect()
        })
        .collect();
    let pivot = noise.iter().position(|n| !n.is_zero())?;
    let scale = a.clone() * noise[pivot].clone();
    let probe: Vec<Polynomial> = gradient[pivot]
        .iter()
        .map(|d| d.exact_division(&scale))
        .collect::<Option<_>>()?;
    let fits = gradient.iter().zip(noise).all(|(row, n)| {
        row.iter()
            .zip(&probe)
            .all(|(d, q)| *d == a.clone() * n.clone() * q.clone())
    });
    let free_of_a = probe.iter().all(|q| q.degree_in("a") == 0);
    let not_zero = probe.iter().any(|q| !q.is_zero());
    (fits && free_of_a && not_zero).then_some(probe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_rules_are_valid_and_found_by_name() {
        for name in UpdateRule::NAMES {
            assert_eq!(UpdateRule::by_name(name).unwrap().name(), name);
        }
        assert!(UpdateRule::by_name("adam").is_none());
    }

    #[test]
    fn the_probe_is_where_the_gradient_is_taken() {
        let text = |rule: UpdateRule| -> Vec<String> {
            rule.probe().iter().map(ToString::to_string).collect()
        };
        assert_eq!(text(UpdateRule::heavy_ball()), ["1", "0"]);
        assert_eq!(text(UpdateRule::nesterov()), ["1", "b"]);
    }

    #[test]
    fn a_rule_with_two_memories_is_a_rule() {
        let text = r#"
            name = "two momenta"
            step = [["1 - a", "b", "1/2*b^2"], ["-a", "b", "0"], ["-a", "0", "1/2*b^2"]]
            noise = ["1", "1", "1"]
        "#;
        assert_eq!(UpdateRule::from_toml(text).unwrap().size(), 3);
    }

    #[test]
    fn rules_whose_noise_is_not_their_gradients_are_refused() {
        let not_gradient = |step: &[&[&str]], noise: &[&str]| {
            matches!(
                UpdateRule::new("bad", step, noise),
                Err(RuleError::NotAGradient(_))
            )
        };
        assert!(
            not_gradient(&[&["1 - a", "b"], &["-2*a", "b"]], &["1", "1"]),
            "two gradients"
        );
        assert!(
            not_gradient(&[&["1 - a^2", "b"], &["-a^2", "b"]], &["1", "1"]),
            "quadratic in a"
        );
        assert!(
            not_gradient(&[&["1", "b"], &["0", "b"]], &["1", "1"]),
            "no gradient"
        );
        assert!(not_gradient(&[&["1 - a"]], &["0"]), "no noise");
    }

    #[test]
    fn malformed_rules_say_where() {
        let error = |step: &[&[&str]], noise: &[&str]| {
            UpdateRule::new("bad", step, noise).unwrap_err().to_string()
        };
        assert!(error(&[&["1 - a", "b"]], &["1", "1"]).contains("2 x 2"));
        assert!(error(&[], &[]).contains("empty"));
        assert!(error(&[&["1 - a*c"]], &["1"]).contains("`c`"));
        assert!(error(&[&["1 -"]], &["1"]).contains("step[1][1]"));
        assert!(error(&[&["1 - a"]], &["a"]).contains("noise[1]"));
        assert!(UpdateRule::from_toml("name = 3").is_err());
        assert!(UpdateRule::from_toml("name = 'x'\nstep = []\nnoise = []\nmore = 1").is_err());
    }
}
