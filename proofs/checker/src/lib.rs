//! The checker of tauber's certificates: the only code a proof rests on. `proofs/FORMAT.md` is its specification.
//! It expands both sides of every identity exactly and accepts, or says which step failed. No search, no tolerance.
//! Every node is checked against a scope (relations that hold there) and goals (one of which must follow).
mod parser;
mod polynomial;
mod statement;
use crate::parser::Parser;
pub use crate::parser::Relation;
pub use crate::polynomial::Polynomial;
use crate::polynomial::pay;
use crate::statement::Place;
pub use crate::statement::{Statement, canonical, parse_statement_toml};
use num_rational::BigRational;
use num_traits::Signed;
use serde_json::Value;
use std::fmt::Display;

/// A certificate that was accepted: `statement` holds, with an empty domain if `vacuous`.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The statement proved: the one inside the certificate.
    pub statement: Statement,
    /// Whether the proof shows that no point satisfies `given`.
    pub vacuous: bool,
    /// How many terms its identities have.
    pub terms: usize,
}
type Checked<T> = Result<T, String>;
fn want<T>(found: Option<T>, expected: impl Display, got: impl Display) -> Checked<T> {
    found.ok_or_else(|| format!("expected {expected}, got {:.200}", got.to_string()))
}
fn ensure(condition: bool, expected: impl Display, got: impl Display) -> Checked<()> {
    want(condition.then_some(()), expected, got)
}

/// An object with exactly these keys; the optional one may be there too.
fn keys(value: &Value, exactly: &[&str], optional: Option<&str>) -> Checked<()> {
    let map = want(value.as_object(), "an object", value)?;
    let more = usize::from(optional.is_some_and(|key| map.contains_key(key)));
    let good = exactly.iter().all(|key| map.contains_key(*key)) && map.len() == exactly.len() + more;
    ensure(good, format_args!("the keys {exactly:?}, optional {optional:?}"), format_args!("{:?}", map.keys()))
}

/// Checks a certificate, given as the bytes of its file; with `statement`, the embedded statement must equal it.
/// A rejection reads `step (rule): expected .., got ..`, the step a path such as `proofs[0].above.terms[2]`,
/// or `certificate` above the proofs.
///
/// # What this does not mean
/// Without `statement`, acceptance says that the *embedded* statement holds: read it.
pub fn check(bytes: &[u8], statement: Option<&Statement>) -> Result<Accepted, String> {
    let mut proof = Proof { rule: "certificate".into(), ..Proof::default() };
    let accepted = proof.certificate(bytes, statement);
    let step = if proof.path.is_empty() { "certificate" } else { &proof.path };
    accepted.map_err(|reason| format!("{step} ({}): {reason}", proof.rule))
}

/// The state of a check. After an error, `path` and `rule` are those of the step that failed.
#[derive(Default)]
struct Proof {
    variables: Vec<String>,
    scope: Vec<Relation>,
    work: u64,
    terms: usize,
    path: String,
    rule: String,
}
impl Proof {
    /// Runs `check` one step deeper.
    fn step<T>(&mut self, place: impl Display, check: impl FnOnce(&mut Self) -> Checked<T>) -> Checked<T> {
        let outside = self.path.len();
        self.path += &place.to_string();
        let value = check(self)?;
        self.path.truncate(outside);
        Ok(value)
    }
    fn certificate(&mut self, bytes: &[u8], named: Option<&Statement>) -> Checked<Accepted> {
        ensure(bytes.len() <= 1 << 24, "at most 16 MiB", bytes.len())?;
        let json: Value = serde_json::from_slice(bytes).map_err(|e| format!("expected JSON, got {e}"))?;
        ensure(canonical(&json).as_bytes() == bytes, "canonical bytes: sorted keys, no spaces, a newline", "others")?;
        keys(&json, &["proofs", "schema", "sha256", "statement", "vacuous"], None)?;
        ensure(json["schema"].as_u64() == Some(1), "schema 1", &json["schema"])?;
        let mut place = Place::default();
        let statement = Statement::from_json(&json["statement"], &mut self.work, &mut place);
        let statement = statement.map_err(|reason| format!("statement.{}[{}]: {reason}", place.0, place.1))?;
        let sha256 = statement.sha256();
        ensure(json["sha256"] == sha256.as_str(), format_args!("sha256 {sha256}"), &json["sha256"])?;
        let same = named.is_none_or(|named| named.json == statement.json);
        ensure(same, "the statement named", format_args!("another statement, {}", statement.json["title"]))?;
        let vacuous = want(json["vacuous"].as_bool(), "`vacuous`, true or false", &json["vacuous"])?;
        self.variables.clone_from(&statement.variables);
        let all: Vec<_> = statement.goals.iter().enumerate().collect();
        let goals =
            if vacuous { vec![&[][..]] } else { all.chunks(if statement.any { all.len() } else { 1 }).collect() };
        let nodes = json["proofs"].as_array().filter(|nodes| nodes.len() == goals.len());
        let nodes = want(nodes, format_args!("`proofs`, an array of {}", goals.len()), "another")?;
        self.scope.clone_from(&statement.given); // a node that is accepted leaves the scope as it was
        for (i, (node, goals)) in nodes.iter().zip(goals).enumerate() {
            let empty = self.step(format_args!("proofs[{i}]"), |proof| proof.node(node, goals, 1))?;
            self.rule = "certificate".into();
            ensure(empty == vacuous, format_args!("vacuous: {empty}"), vacuous)?;
        }
        Ok(Accepted { statement, vacuous, terms: self.terms })
    }
    /// Checks that one of the numbered `goals` holds wherever the scope does; true if the scope is shown empty.
    fn node(&mut self, v: &Value, goals: &[(usize, &Relation)], depth: usize) -> Checked<bool> {
        ensure(depth <= 64, "at most 64 nested nodes", "more")?;
        self.rule = v["rule"].as_str().unwrap_or_default().into();
        match self.rule.as_str() {
            // m > 0 and m p = a sum of terms >= 0 give p >= 0; with a term > 0 they give p > 0.
            "identity" => {
                keys(v, &["claim", "rule", "terms"], Some("multiplier"))?;
                let goal = v["claim"].as_u64().and_then(|i| goals.binary_search_by_key(&i, |goal| goal.0 as u64).ok());
                let goal = goals[want(goal, "the number of a claim that is to be proved here", &v["claim"])?].1;
                let (one, multiplier) = (Value::Array(Vec::new()), v.get("multiplier"));
                let (m, strict) = self.product(multiplier.unwrap_or(&one))?;
                ensure(strict && multiplier != Some(&one), "a multiplier that is strict and not empty", "another")?;
                let left = m.times(&goal.polynomial, &mut self.work)?;
                self.equal(left, &v["terms"], goal.strict).map(|()| false)
            }
            // 0 = a sum of terms >= 0, one of them > 0: no point satisfies the scope.
            "absurd" => {
                keys(v, &["rule", "terms"], None)?;
                self.equal(Polynomial::monomial(0, 0, 1), &v["terms"], true).map(|()| true)
            }
            // Everywhere q > 0 or -q >= 0; and q >= 0 or -q >= 0.
            "split" => {
                keys(v, &["above", "below", "on", "rule", "strict"], None)?;
                let strict = want(v["strict"].as_bool(), "`strict`, true or false", &v["strict"])?;
                let above = self.read(&v["on"], |p| p.polynomial())?;
                let below = Polynomial::monomial(0, 0, 1).add(&above, true, &mut self.work)?;
                let mut empty = true;
                for (key, polynomial, strict) in [("above", above, strict), ("below", below, false)] {
                    self.scope.push(Relation { polynomial, strict });
                    empty &= self.step(format_args!(".{key}"), |proof| proof.node(&v[key], goals, depth + 1))?;
                    self.scope.pop();
                }
                Ok(empty)
            }
            // What holds wherever the scope does may be added to it.
            "fact" => {
                keys(v, &["fact", "proof", "rule", "then"], None)?;
                let fact = self.read(&v["fact"], |p| p.relation())?;
                let empty = self.step(".proof", |proof| proof.node(&v["proof"], &[(0, &fact)], depth + 1))?;
                self.scope.push(fact);
                let then = self.step(".then", |proof| proof.node(&v["then"], goals, depth + 1))?;
                self.scope.pop();
                Ok(empty || then)
            }
            _ => want(None, "the rule identity, absurd, split or fact", &v["rule"]),
        }
    }
    /// Requires left = sum of the terms, one of them strict if `strict`.
    fn equal(&mut self, mut left: Polynomial, terms: &Value, strict: bool) -> Checked<()> {
        let mut positive = false;
        for (i, v) in want(terms.as_array(), "an array of terms", terms)?.iter().enumerate() {
            let (term, strict) = self.step(format_args!(".terms[{i}]"), |proof| proof.term(v))?;
            positive |= strict;
            left = left.add(&term, true, &mut self.work)?;
            self.terms += 1;
        }
        let rest = left.terms().next().map(|(m, c)| format!("a difference, {c} at exponents {m:?}"));
        ensure(rest.is_none(), "both sides to be equal", rest.unwrap_or_default())?;
        ensure(positive || !strict, "a strict term", "weak terms only")
    }
    /// A term and whether it is strict.
    fn term(&mut self, v: &Value) -> Checked<(Polynomial, bool)> {
        keys(v, &["coefficient", "factors"], Some("square"))?;
        let text = v["coefficient"].as_str().unwrap_or_default();
        let short = text.split('/').all(|digits| digits.len() <= 4_000);
        let read = if short { text.parse().ok() } else { None };
        let exact = read.filter(|c: &BigRational| c.is_positive() && c.to_string() == text);
        let c = want(exact, "a coefficient p or p/q, positive, in lowest terms, of at most 4000 digits each", text)?;
        pay(&mut self.work, 4 * (2 + c.numer().bits() / 64 + c.denom().bits() / 64).pow(2))?;
        let (mut term, mut strict) = self.product(&v["factors"])?;
        if let Some(square) = v.get("square") {
            let root = self.read(square, |p| p.polynomial())?;
            strict &= root.inverse().is_some();
            term = term.times_power(&root, 2, &mut self.work)?;
        }
        let c = Polynomial::monomial(0, c.numer().clone(), c.denom().clone());
        Ok((term.times(&c, &mut self.work)?, strict))
    }
    /// The product of scope[ref]^power, and whether all of them are strict.
    fn product(&mut self, list: &Value) -> Checked<(Polynomial, bool)> {
        let (mut product, mut strict, mut next) = (Polynomial::monomial(0, 1, 1), true, 0);
        for pair in want(list.as_array(), "an array of [ref, power]", list)? {
            let read = pair.as_array().filter(|pair| pair.len() == 2);
            let read = read.and_then(|pair| Some((usize::try_from(pair[0].as_u64()?).ok()?, pair[1].as_u64()?)));
            let good = read.filter(|(i, power)| (next..self.scope.len()).contains(i) && (1..=64).contains(power));
            let (i, power) = want(good, format_args!("[{next} to {}, 1 to 64]", self.scope.len()), pair)?;
            next = i + 1;
            strict &= self.scope[i].strict;
            product = product.times_power(&self.scope[i].polynomial, power, &mut self.work)?;
        }
        Ok((product, strict))
    }
    fn read<T>(&mut self, text: &Value, read: impl FnOnce(&mut Parser<'_>) -> Checked<T>) -> Checked<T> {
        let text = want(text.as_str(), "a string", text)?;
        read(&mut Parser { text, variables: &self.variables, work: &mut self.work, at: 0, nesting: 0 })
    }
}
