//! Certificates from JSON: accepted by the checker first, then rebuilt as a tree.

use super::{Certificate, Inequality, Node, Statement, Term};
use crate::number::parse_rational;
use crate::polynomial::Polynomial;
use serde_json::Value;
use thiserror::Error;

/// Why a certificate file was not read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// The checker refuses it: its words.
    #[error("{0}")]
    Rejected(String),
    /// Accepted by the checker, yet not understood here: an error of this program.
    #[error("internal inconsistency: accepted, but `{0}` was not understood")]
    Shape(&'static str),
}

impl Certificate {
    /// Reads and checks the bytes of a certificate file.
    ///
    /// # Errors
    /// The checker's rejection.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ReadError> {
        let accepted = tauber_checker::check(bytes, None).map_err(ReadError::Rejected)?;
        let json: Value =
            serde_json::from_slice(bytes).map_err(|e| ReadError::Rejected(e.to_string()))?;
        let statement = Statement::from_checked(accepted.statement);
        let nodes = json["proofs"]
            .as_array()
            .ok_or(ReadError::Shape("proofs"))?;
        let read = nodes.iter().map(|v| node(v, statement.variables()));
        let proofs = read.collect::<Result<_, _>>()?;
        Ok(Self {
            vacuous: accepted.vacuous,
            proofs,
            statement,
        })
    }
}

fn node(value: &Value, variables: &[String]) -> Result<Node, ReadError> {
    let child = |key: &str| node(&value[key], variables).map(Box::new);
    match value["rule"].as_str() {
        Some("identity") => Ok(Node::Identity {
            claim: value["claim"]
                .as_u64()
                .and_then(|n| usize::try_from(n).ok())
                .ok_or(ReadError::Shape("claim"))?,
            multiplier: match value.get("multiplier") {
                Some(list) => factors(list)?,
                None => Vec::new(),
            },
            terms: terms(&value["terms"], variables)?,
        }),
        Some("absurd") => Ok(Node::Absurd {
            terms: terms(&value["terms"], variables)?,
        }),
        Some("split") => Ok(Node::Split {
            on: polynomial(&value["on"], variables)?,
            strict: value["strict"]
                .as_bool()
                .ok_or(ReadError::Shape("strict"))?,
            above: child("above")?,
            below: child("below")?,
        }),
        Some("fact") => {
            let text = value["fact"].as_str().ok_or(ReadError::Shape("fact"))?;
            Ok(Node::Fact {
                fact: Inequality::parse(text, variables).map_err(|_| ReadError::Shape("fact"))?,
                proof: child("proof")?,
                then: child("then")?,
            })
        }
        _ => Err(ReadError::Shape("rule")),
    }
}

fn polynomial(value: &Value, variables: &[String]) -> Result<Polynomial, ReadError> {
    value
        .as_str()
        .and_then(|text| Polynomial::parse(text).ok()?.over(variables))
        .ok_or(ReadError::Shape("polynomial"))
}

fn factors(value: &Value) -> Result<Vec<(usize, u32)>, ReadError> {
    let pair = |v: &Value| {
        let reference = usize::try_from(v.get(0)?.as_u64()?).ok()?;
        Some((reference, u32::try_from(v.get(1)?.as_u64()?).ok()?))
    };
    let list = value.as_array().ok_or(ReadError::Shape("factors"))?;
    let pairs: Option<Vec<_>> = list.iter().map(pair).collect();
    pairs.ok_or(ReadError::Shape("factors"))
}

fn terms(value: &Value, variables: &[String]) -> Result<Vec<Term>, ReadError> {
    let term = |v: &Value| {
        let coefficient = v["coefficient"]
            .as_str()
            .and_then(|t| parse_rational(t).ok());
        let square = v.get("square").map(|q| polynomial(q, variables));
        Ok(Term {
            coefficient: coefficient.ok_or(ReadError::Shape("coefficient"))?,
            factors: factors(&v["factors"])?,
            square: square.transpose()?,
        })
    };
    let list = value.as_array().ok_or(ReadError::Shape("terms"))?;
    list.iter().map(term).collect()
}
