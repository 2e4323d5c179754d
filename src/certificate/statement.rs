//! Statements: `given` implies all goals (`claim`), or at each point one of them (`any`).

use super::Inequality;
use crate::number::Rational;
use crate::polynomial::{Exponents, Polynomial};
use serde_json::Value;
use thiserror::Error;

/// Where and why a statement file is refused.
///
/// Reads `line 4, column 14: expected ..`, both counted from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct StatementError(pub String);

/// A statement, read and expanded. Built only by reading, so the texts and the polynomials agree.
#[derive(Clone, Debug)]
pub struct Statement {
    checked: tauber_checker::Statement,
    given: Vec<Inequality>,
    goals: Vec<Inequality>,
}

fn convert(relation: &tauber_checker::Relation, variables: &[String]) -> Inequality {
    let terms = relation.polynomial.terms().map(|(exponents, c)| {
        let exponents: Exponents = exponents[..variables.len()]
            .iter()
            .map(|&e| u16::from(e))
            .collect();
        (
            exponents,
            Rational::new(c.numer().clone(), c.denom().clone()),
        )
    });
    Inequality {
        polynomial: Polynomial::from_terms(variables, terms),
        strict: relation.strict,
    }
}

impl Statement {
    /// Reads the text of a statement file (`proofs/FORMAT.md`, 1).
    ///
    /// # Errors
    /// Whatever the format does not allow, with line and column.
    ///
    /// ```
    /// use tauber::certificate::Statement;
    /// let statement = Statement::from_toml(
    ///     "title = \"t\"\nvariables = [\"x\"]\ngiven = [\"x > 1\"]\nclaim = \"x^2 > 1\"",
    /// )?;
    /// assert_eq!(statement.goals()[0].text(), "x^2 - 1 > 0");
    /// # Ok::<(), tauber::certificate::StatementError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, StatementError> {
        tauber_checker::parse_statement_toml(text)
            .map(Self::from_checked)
            .map_err(StatementError)
    }

    /// From the checker's own reading.
    pub fn from_checked(checked: tauber_checker::Statement) -> Self {
        let list = |relations: &[tauber_checker::Relation]| {
            relations
                .iter()
                .map(|r| convert(r, &checked.variables))
                .collect()
        };
        let (given, goals) = (list(&checked.given), list(&checked.goals));
        Self {
            given,
            goals,
            checked,
        }
    }

    /// The statement as the checker reads it.
    pub fn checked(&self) -> &tauber_checker::Statement {
        &self.checked
    }

    /// The statement object of `proofs/FORMAT.md`, 2.
    pub fn json(&self) -> &Value {
        &self.checked.json
    }

    /// SHA-256 of the canonical bytes of the statement object, in hex.
    pub fn sha256(&self) -> String {
        self.checked.sha256()
    }

    /// The title.
    pub fn title(&self) -> &str {
        self.text("title").unwrap_or_default()
    }

    /// The reference, if there is one.
    pub fn paper(&self) -> Option<&str> {
        self.text("paper")
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.checked.json.get(key).and_then(Value::as_str)
    }

    /// The variables, in order.
    pub fn variables(&self) -> &[String] {
        &self.checked.variables
    }

    /// The hypotheses: a conjunction.
    pub fn given(&self) -> &[Inequality] {
        &self.given
    }

    /// The relations of `claim` or `any`.
    pub fn goals(&self) -> &[Inequality] {
        &self.goals
    }

    /// Whether at each point one goal has to hold (`any`), or all of them (`claim`).
    pub fn is_disjunction(&self) -> bool {
        self.checked.any
    }

    /// The texts of `given`, `claim` or `any`, as written.
    pub fn texts(&self, key: &str) -> Vec<&str> {
        let list = self.checked.json.get(key).and_then(Value::as_array);
        list.map(|l| l.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }

    /// The texts of the goals, as written.
    pub fn goal_texts(&self) -> Vec<&str> {
        self.texts(if self.is_disjunction() {
            "any"
        } else {
            "claim"
        })
    }
}

impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        self.checked.json == other.checked.json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_arrive_with_sign_strength_and_exact_decimals() {
        let s = Statement::from_toml(
            "title = 'x'\nvariables = ['x', 'y']\ngiven = ['x <= 0.25']\nany = ['x < y', 'y >= x^2']",
        )
        .unwrap();
        assert_eq!(s.given()[0].text(), "-x + 1/4 >= 0");
        assert_eq!(s.goals()[0].text(), "-x + y > 0");
        assert!(s.is_disjunction());
        assert_eq!(s.goal_texts(), ["x < y", "y >= x^2"]);
    }

    #[test]
    fn errors_carry_line_and_column() {
        let error =
            Statement::from_toml("title = 'x'\nvariables = ['x']\ngiven = []\nclaim = 'x > w'")
                .unwrap_err();
        assert!(error.0.starts_with("line 4, column 14: "), "{error}");
    }
}
