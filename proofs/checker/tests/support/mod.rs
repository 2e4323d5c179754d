//! Building certificates by hand for the tests.
#![allow(dead_code)] // every test binary uses its own part

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tauber_checker::{Accepted, Statement, canonical, check, parse_statement_toml};

/// The statement `given => claims`, with `key` one of `claim` and `any`.
pub fn statement(variables: &[&str], given: &[&str], key: &str, goals: &[&str]) -> Statement {
    let list = |texts: &[&str]| json!(texts).to_string();
    let toml = format!(
        "title = \"by hand\"\nvariables = {}\ngiven = {}\n{key} = {}\n",
        list(variables),
        list(given),
        list(goals)
    );
    parse_statement_toml(&toml).unwrap_or_else(|e| panic!("{toml}\n{e:?}"))
}

/// The certificate object.
pub fn object(statement: &Statement, vacuous: bool, proofs: Value) -> Value {
    json!({"schema": 1, "statement": statement.json, "sha256": statement.sha256(), "vacuous": vacuous, "proofs": proofs})
}

pub fn bytes(value: &Value) -> Vec<u8> {
    canonical(value).into_bytes()
}

pub fn run(statement: &Statement, proofs: Value) -> Result<Accepted, String> {
    check(&bytes(&object(statement, false, proofs)), Some(statement))
}

pub fn accepted(statement: &Statement, proofs: Value) -> Accepted {
    run(statement, proofs).unwrap_or_else(|r| panic!("{r:?}"))
}

/// Rejected at this step, under this rule, with this among the expectations.
pub fn rejected(statement: &Statement, proofs: Value, step: &str, rule: &str, expected: &str) {
    refused(&bytes(&object(statement, false, proofs)), step, rule, expected);
}

pub fn refused(bytes: &[u8], step: &str, rule: &str, expected: &str) {
    let rejection = check(bytes, None).expect_err("must be rejected");
    let place = format!("{step} ({rule}): ");
    assert!(rejection.starts_with(&place) && rejection[place.len()..].contains(expected), "{rejection}");
}

pub fn term(coefficient: &str, factors: Value) -> Value {
    json!({"coefficient": coefficient, "factors": factors})
}

pub fn square(coefficient: &str, factors: Value, square: &str) -> Value {
    json!({"coefficient": coefficient, "factors": factors, "square": square})
}

pub fn identity(claim: usize, terms: Value) -> Value {
    json!({"rule": "identity", "claim": claim, "terms": terms})
}

pub fn times(multiplier: Value, claim: usize, terms: Value) -> Value {
    json!({"rule": "identity", "claim": claim, "multiplier": multiplier, "terms": terms})
}

pub fn absurd(terms: Value) -> Value {
    json!({"rule": "absurd", "terms": terms})
}

pub fn split(on: &str, strict: bool, above: Value, below: Value) -> Value {
    json!({"rule": "split", "on": on, "strict": strict, "above": above, "below": below})
}

pub fn fact(fact: &str, proof: Value, then: Value) -> Value {
    json!({"rule": "fact", "fact": fact, "proof": proof, "then": then})
}

/// The folder with the hand-written certificates and their statements.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates")
}
