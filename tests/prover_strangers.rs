//! Statements in the style of the theory that the prover was not built on: conjunctions of five
//! conditions, shifted and rescaled boxes, products of factors like S, Jury conditions, disjunctions,
//! empty domains, and false ones; and the statements of `proofs/` under other names.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;
use tauber::certificate::{Statement, Verdict};
use tauber::prover::{Options, prove};
use toml::Value;

fn folder(parts: &[&str]) -> BTreeMap<String, String> {
    let root = [env!("CARGO_MANIFEST_DIR")].into_iter();
    let path: PathBuf = root.chain(parts.iter().copied()).collect();
    fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn verdict(text: &str) -> Verdict {
    let statement = Statement::from_toml(text).unwrap();
    let options = Options {
        time: Some(Duration::from_secs(240)),
        ..Options::default()
    };
    prove(&statement, &options).verdict
}

fn assert_proved(name: &str, text: &str) -> bool {
    match verdict(text) {
        Verdict::Proved(certificate) => {
            certificate.check().unwrap();
            certificate.vacuous
        }
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn true_statements_of_strangers_are_proved_and_only_empty_domains_are_called_empty() {
    let list = folder(&["tests", "fixtures", "strangers", "true"]);
    assert!(list.len() >= 25);
    for (name, text) in list {
        assert_eq!(
            assert_proved(&name, &text),
            name.starts_with("vacuous"),
            "{name}"
        );
    }
}

#[test]
fn false_statements_of_strangers_are_refuted() {
    let list = folder(&["tests", "fixtures", "strangers", "false"]);
    assert!(list.len() >= 10);
    for (name, text) in list {
        let statement = Statement::from_toml(&text).unwrap();
        let Verdict::Refuted(witness) = verdict(&text) else {
            panic!("{name}");
        };
        // The claimed goal is negative (or zero where strict) at the witness, recomputed here.
        let at = |variable: &str| witness.point.get(variable).cloned();
        for given in statement.given() {
            let value = given.polynomial.evaluate(at).unwrap();
            let zero = value.numer().sign() == num_bigint::Sign::NoSign;
            assert!(value.numer().sign() != num_bigint::Sign::Minus, "{name}");
            assert!(!(zero && given.strict), "{name}");
        }
        let goals = statement.goals().iter().map(|goal| {
            let value = goal.polynomial.evaluate(at).unwrap();
            match value.numer().sign() {
                num_bigint::Sign::Plus => true,
                num_bigint::Sign::NoSign => !goal.strict,
                num_bigint::Sign::Minus => false,
            }
        });
        let holds: Vec<bool> = goals.collect();
        let holds = if statement.is_disjunction() {
            holds.contains(&true)
        } else {
            !holds.contains(&false)
        };
        assert!(!holds, "{name}: {witness}");
    }
}

/// The words of a relation replaced.
fn renamed(text: &str, names: &BTreeMap<String, String>) -> String {
    let mut result = String::new();
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        result.push_str(names.get(&word).unwrap_or(&word));
        word.clear();
        result.push(c);
    }
    result
}

#[test]
fn statements_are_proved_under_other_names_in_another_order() {
    let others = ["p", "q", "r", "s", "u", "v"];
    for (name, text) in folder(&["proofs", "statements"]) {
        let table: toml::Table = text.parse().unwrap();
        let strings = |key: &str| -> Vec<String> {
            let value = table.get(key);
            let list = match value {
                Some(Value::Array(list)) => list.clone(),
                Some(one) => vec![one.clone()],
                None => Vec::new(),
            };
            list.iter()
                .map(|v| v.as_str().unwrap().to_owned())
                .collect()
        };
        let variables = strings("variables");
        let backwards = variables.iter().rev().cloned();
        let names: BTreeMap<String, String> = backwards.zip(others.map(str::to_owned)).collect();
        let quoted = |list: Vec<String>| -> String {
            let list: Vec<String> = list.iter().map(|t| format!("{t:?}")).collect();
            format!("[{}]", list.join(", "))
        };
        let translated = |key: &str| -> Vec<String> {
            let list = strings(key);
            list.iter().map(|t| renamed(t, &names)).collect()
        };
        let mut given = translated("given");
        given.reverse();
        let key = if table.contains_key("any") {
            "any"
        } else {
            "claim"
        };
        let text = format!(
            "title = 'renamed'\nvariables = {}\ngiven = {}\n{key} = {}\n",
            quoted(names.values().cloned().collect()),
            quoted(given),
            quoted(translated(key)),
        );
        assert_proved(&name, &text);
    }
}
