//! Certificates to canonical JSON (`proofs/FORMAT.md`, 3).

use super::{Certificate, Node, Term};
use serde_json::{Map, Value, json};

impl Certificate {
    /// The canonical bytes of the certificate file, final newline included.
    pub fn to_json(&self) -> String {
        let proofs: Vec<Value> = self.proofs.iter().map(node).collect();
        tauber_checker::canonical(&json!({
            "schema": 1,
            "statement": self.statement.json(),
            "sha256": self.statement.sha256(),
            "vacuous": self.vacuous,
            "proofs": proofs,
        }))
    }
}

fn node(node: &Node) -> Value {
    match node {
        Node::Identity {
            claim,
            multiplier,
            terms,
        } => {
            let mut object = json!({"rule": "identity", "claim": claim, "terms": list(terms)});
            if let (Some(map), false) = (object.as_object_mut(), multiplier.is_empty()) {
                map.insert("multiplier".to_owned(), factors(multiplier));
            }
            object
        }
        Node::Absurd { terms } => json!({"rule": "absurd", "terms": list(terms)}),
        Node::Split {
            on,
            strict,
            above,
            below,
        } => json!({
            "rule": "split",
            "on": on.to_string(),
            "strict": strict,
            "above": self::node(above),
            "below": self::node(below),
        }),
        Node::Fact { fact, proof, then } => json!({
            "rule": "fact",
            "fact": fact.text(),
            "proof": self::node(proof),
            "then": self::node(then),
        }),
    }
}

fn list(terms: &[Term]) -> Value {
    terms
        .iter()
        .map(|term| {
            let mut object = Map::new();
            object.insert("coefficient".to_owned(), json!(term.coefficient.to_string()));
            object.insert("factors".to_owned(), factors(&term.factors));
            if let Some(square) = &term.square {
                object.insert("square".to_owned(), json!(square.to_string()));
            }
            Value::Object(object)
        })
        .collect()
}

fn factors(factors: &[(usize, u32)]) -> Value {
    factors.iter().map(|(r, p)| json!([r, p])).collect()
}
