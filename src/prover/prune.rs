//! Facts that nobody uses are removed, and the references renumbered.

use super::renumber::renumber;
use crate::certificate::{Node, Term};

/// The tree without unused facts; `length` is the number of entries in its scope.
pub fn prune(node: Node, length: usize) -> Node {
    match node {
        Node::Fact { fact, proof, then } => {
            let then = prune(*then, length + 1);
            if uses(&then, length) {
                Node::Fact {
                    fact,
                    proof: Box::new(prune(*proof, length)),
                    then: Box::new(then),
                }
            } else {
                renumber(then, &|r| if r > length { r - 1 } else { r })
            }
        }
        Node::Split {
            on,
            strict,
            above,
            below,
        } => {
            let above = prune(*above, length + 1);
            let below = prune(*below, length + 1);
            Node::Split {
                on,
                strict,
                above: Box::new(above),
                below: Box::new(below),
            }
        }
        leaf => leaf,
    }
}

fn in_terms(terms: &[Term], entry: usize) -> bool {
    let mut factors = terms.iter().flat_map(|t| &t.factors);
    factors.any(|(reference, _)| *reference == entry)
}

/// Whether an entry of the scope is referred to.
pub fn uses(node: &Node, entry: usize) -> bool {
    match node {
        Node::Identity {
            multiplier, terms, ..
        } => multiplier.iter().any(|(r, _)| *r == entry) || in_terms(terms, entry),
        Node::Absurd { terms } => in_terms(terms, entry),
        Node::Split { above, below, .. } => uses(above, entry) || uses(below, entry),
        Node::Fact { proof, then, .. } => uses(proof, entry) || uses(then, entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::Inequality;
    use crate::number::Ring;

    fn leaf(references: &[usize]) -> Node {
        Node::Identity {
            claim: 0,
            multiplier: Vec::new(),
            terms: vec![Term {
                coefficient: Ring::one(),
                factors: references.iter().map(|r| (*r, 1)).collect(),
                square: None,
            }],
        }
    }

    fn fact(proof: Node, then: Node) -> Node {
        let names = ["x".to_owned()];
        Node::Fact {
            fact: Inequality::parse("x > 0", &names).unwrap(),
            proof: Box::new(proof),
            then: Box::new(then),
        }
    }

    #[test]
    fn an_unused_fact_goes_and_later_references_move() {
        // Scope 0, 1; fact 2 unused, fact 3 used.
        let tree = fact(leaf(&[0]), fact(leaf(&[1]), leaf(&[0, 3])));
        assert_eq!(prune(tree, 2), fact(leaf(&[1]), leaf(&[0, 2])));
    }

    #[test]
    fn a_fact_used_by_a_later_fact_stays() {
        let tree = fact(leaf(&[0]), fact(leaf(&[2]), leaf(&[3])));
        assert_eq!(prune(tree.clone(), 2), tree);
    }
}
