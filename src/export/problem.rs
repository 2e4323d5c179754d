//! A statement made ready to be written: its inequalities as trees, its names fit for the target.

use super::expression::{Expression, Inequality};
use super::names::Names;
use super::{ExportError, Format};
use crate::certificate::Statement;
use crate::polynomial::Relation;

/// What every exporter starts from.
pub(super) struct Problem {
    pub(super) title: String,
    pub(super) paper: Option<String>,
    pub(super) sha256: String,
    /// Names in the statement's spelling, in its order.
    pub(super) variables: Vec<String>,
    pub(super) names: Names,
    pub(super) given: Vec<Inequality>,
    pub(super) goals: Vec<Inequality>,
    /// Whether one goal is enough.
    pub(super) any: bool,
    /// For each variable, its highest degree in an inequality of the statement.
    pub(super) degrees: Vec<u16>,
}

impl Problem {
    pub(super) fn new(statement: &Statement, format: Format) -> Result<Self, ExportError> {
        let all = |texts: Vec<&str>| -> Result<Vec<Inequality>, ExportError> {
            texts.into_iter().map(inequality).collect()
        };
        let variables = statement.variables().to_vec();
        let both = || statement.given().iter().chain(statement.goals());
        let degree = |name: &String| both().map(|p| p.polynomial.degree_in(name)).max();
        Ok(Self {
            title: comment(statement.title()),
            paper: statement.paper().map(comment),
            sha256: statement.sha256(),
            names: Names::new(&variables, format),
            given: all(statement.texts("given"))?,
            goals: all(statement.goal_texts())?,
            any: statement.is_disjunction(),
            degrees: variables.iter().map(|v| degree(v).unwrap_or(0)).collect(),
            variables,
        })
    }

    /// The variables in the target's spelling.
    pub(super) fn spelled(&self) -> Vec<&str> {
        self.variables.iter().map(|v| self.names.get(v)).collect()
    }

    /// Title, paper, hash and replacements, one line each.
    pub(super) fn head(&self) -> Vec<String> {
        let mut lines = vec![self.title.clone()];
        lines.extend(self.paper.iter().map(|paper| format!("Paper: {paper}")));
        lines.push(format!("Statement sha256: {}", self.sha256));
        lines.extend(self.names.note());
        lines
    }

    /// `left relation right` with infix operators.
    pub(super) fn infix(&self, inequality: &Inequality, times: &str) -> String {
        let side = |side: &Expression| side.infix(&self.names.map, times);
        let (left, right) = (side(&inequality.left), side(&inequality.right));
        format!("{left} {} {right}", sign(inequality.relation))
    }
}

/// The sign as all four targets write it.
pub(super) fn sign(relation: Relation) -> &'static str {
    match relation {
        Relation::Greater => ">",
        Relation::GreaterOrEqual => ">=",
        Relation::Less => "<",
        Relation::LessOrEqual => "<=",
    }
}

pub(super) fn inequality(text: &str) -> Result<Inequality, ExportError> {
    Inequality::parse(text).map_err(|error| unreadable(text, error))
}

pub(super) fn expression(text: &str) -> Result<Expression, ExportError> {
    Expression::parse(text).map_err(|error| unreadable(text, error))
}

fn unreadable(text: &str, error: crate::polynomial::ParseError) -> ExportError {
    let text = text.chars().take(80).collect();
    ExportError::Unreadable { text, error }
}

/// Free text made harmless in the comments of every target: ASCII, no quotes, brackets or comment signs.
fn comment(text: &str) -> String {
    let mut harmless = String::new();
    for c in text.chars() {
        match c {
            '"' | '|' => harmless.push('\''),
            '[' | '{' => harmless.push('('),
            ']' | '}' => harmless.push(')'),
            '*' => harmless.push_str(" * "),
            c if c.is_ascii() => harmless.push(c),
            c => harmless.extend(c.escape_unicode().filter(|c| !matches!(c, '{' | '}'))),
        }
    }
    harmless
}
