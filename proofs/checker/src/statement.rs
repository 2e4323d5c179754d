//! Statements: `given` implies all goals, or one of them. Read from TOML, or from the object inside a certificate.
use crate::parser::{Parser, Relation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use toml::de::{DeTable, DeValue};
/// A statement that was read and expanded.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The statement object of FORMAT.md, 2: `title`, `paper`, and the texts of all relations.
    pub json: Value,
    /// The variables, in the order of the exponents of the polynomials.
    pub variables: Vec<String>,
    /// The hypotheses: a conjunction.
    pub given: Vec<Relation>,
    /// The relations of `claim` or `any`.
    pub goals: Vec<Relation>,
    /// Whether one goal has to hold at each point (`any`), or all of them (`claim`).
    pub any: bool,
}
/// Where a statement is being read: key, index in its array, byte offset in the text. After an error: where it is.
pub(crate) type Place = (String, usize, usize);
impl Statement {
    pub(crate) fn from_json(json: &Value, work: &mut u64, place: &mut Place) -> Result<Self, String> {
        let any = json.get("any").is_some();
        for (key, value) in json.as_object().ok_or("expected an object")? {
            *place = (key.clone(), 0, 0);
            let printable = |s: &str| s.bytes().all(|c| c >= b' ' && c != 0x7f) && (key == "paper" || !s.is_empty());
            let good = match key.as_str() {
                "title" | "paper" => value.as_str().is_some_and(printable),
                key => ["variables", "given", if any { "any" } else { "claim" }].contains(&key),
            };
            good.then_some(()).ok_or_else(|| format!("{key:?} is no key of a statement, or its value is wrong"))?;
        }
        json.get("title").ok_or("expected a `title`")?;
        let variables = texts(json, "variables", 1, place)?;
        for (i, name) in variables.iter().enumerate() {
            place.1 = i;
            let mut bytes = name.bytes();
            let word = bytes.all(|c| c.is_ascii_alphanumeric() || c == b'_') && (1..=32).contains(&name.len());
            if i > 15 || !word || name.starts_with(|c: char| c.is_ascii_digit()) || variables[..i].contains(name) {
                return Err("expected at most 16 different names [A-Za-z_][A-Za-z0-9_]* of 1 to 32 characters".into());
            }
        }
        let mut relations = |key: &str, least: usize| -> Result<Vec<Relation>, String> {
            let mut relation = |(i, text): (usize, &String), place: &mut Place| {
                let mut parser = Parser { text, variables: &variables, work, at: 0, nesting: 0 };
                let relation = parser.relation();
                (place.1, place.2) = (i, parser.at);
                relation
            };
            texts(json, key, least, place)?.iter().enumerate().map(|text| relation(text, place)).collect()
        };
        let (given, goals) = (relations("given", 0)?, relations(if any { "any" } else { "claim" }, 1)?);
        Ok(Self { json: json.clone(), variables, given, goals, any })
    }
    /// SHA-256 of the canonical bytes of the statement object, in hex.
    pub fn sha256(&self) -> String {
        Sha256::digest(canonical(&self.json)).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
/// The array of strings under `key`, at least so many.
fn texts(json: &Value, key: &str, least: usize, place: &mut Place) -> Result<Vec<String>, String> {
    *place = (key.into(), 0, 0);
    let strings = |list: &Vec<Value>| list.iter().map(|v| v.as_str().map(str::to_string)).collect();
    let found = json[key].as_array().filter(|list| list.len() >= least).and_then(strings);
    found.ok_or_else(|| format!("expected `{key}`, an array of {least} or more strings"))
}
/// Canonical bytes (FORMAT.md, 2): sorted keys, no spaces, one final newline.
pub fn canonical(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    format!("{value}\n")
}
/// Reads a statement file (FORMAT.md, 1). An error reads `line 1, column 2: expected ..`, columns in characters.
pub fn parse_statement_toml(text: &str) -> Result<Statement, String> {
    let error = |at: usize, message: String| {
        let before = text.get(..at).unwrap_or(text);
        let column = before.rsplit('\n').next().unwrap_or(before).chars().count() + 1;
        format!("line {}, column {column}: {message}", before.matches('\n').count() + 1)
    };
    if text.len() > 1 << 20 || text.starts_with('\u{feff}') {
        return Err(error(0, "expected at most 1 MiB without a byte order mark".into()));
    }
    let table = DeTable::parse(text).map_err(|e| error(e.span().map_or(0, |s| s.start), e.message().into()))?;
    let convert = |key: &str, value: &DeValue<'_>| match value {
        DeValue::String(s) if key == "claim" => json!([s]),
        DeValue::String(s) => json!(s),
        DeValue::Array(list) => list.iter().map(|item| item.get_ref().as_str()).collect(),
        _ => Value::Null,
    };
    let pairs = table.get_ref().iter().map(|(k, v)| (k.get_ref().to_string(), convert(k.get_ref(), v.get_ref())));
    let mut place = Place::default();
    Statement::from_json(&pairs.collect(), &mut 0, &mut place).map_err(|message| {
        let value = table.get_ref().get(place.0.as_str());
        let value = value.map(|v| v.get_ref().as_array().and_then(|list| list.get(place.1)).unwrap_or(v));
        let span = value.map_or(text.len()..text.len(), |v| v.span());
        // The text starts after its quotes; if it was written with escapes, point to the string.
        let inner = value.and_then(|v| text.get(span.clone())?.find(v.get_ref().as_str()?));
        error(span.start + inner.map_or(0, |start| start + place.2), message)
    })
}
