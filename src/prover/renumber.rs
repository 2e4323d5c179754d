//! Trees moved into another scope: every reference renamed, or every leaf multiplied.

use crate::certificate::{Node, Term};

/// The tree with every reference `r` replaced by `place(r)`, which must keep their order.
pub fn renumber(node: Node, place: &dyn Fn(usize) -> usize) -> Node {
    let list = |factors: Vec<(usize, u32)>| -> Vec<(usize, u32)> {
        factors.into_iter().map(|(r, p)| (place(r), p)).collect()
    };
    let all = |terms: Vec<Term>| -> Vec<Term> {
        let moved = |t: Term| Term {
            factors: list(t.factors),
            ..t
        };
        terms.into_iter().map(moved).collect()
    };
    let child = |node: Box<Node>| Box::new(renumber(*node, place));
    match node {
        Node::Identity {
            claim,
            multiplier,
            terms,
        } => Node::Identity {
            claim,
            multiplier: list(multiplier),
            terms: all(terms),
        },
        Node::Absurd { terms } => Node::Absurd { terms: all(terms) },
        Node::Split {
            on,
            strict,
            above,
            below,
        } => Node::Split {
            on,
            strict,
            above: child(above),
            below: child(below),
        },
        Node::Fact { fact, proof, then } => Node::Fact {
            fact,
            proof: child(proof),
            then: child(then),
        },
    }
}

/// Products of powers: the sum of the exponents, references ascending.
pub fn joined(left: &[(usize, u32)], right: &[(usize, u32)]) -> Vec<(usize, u32)> {
    let mut list = left.to_vec();
    for &(reference, power) in right {
        match list.iter_mut().find(|(r, _)| *r == reference) {
            Some((_, sum)) => *sum += power,
            None => list.push((reference, power)),
        }
    }
    list.sort_unstable();
    list
}

/// A proof of `p` made a proof of `h p`, h a product of entries: every term of every leaf that
/// proves the claim is multiplied by h.
pub fn times(node: Node, factors: &[(usize, u32)]) -> Node {
    if factors.is_empty() {
        return node;
    }
    match node {
        Node::Identity {
            claim,
            multiplier,
            terms,
        } => {
            let more = |t: Term| Term {
                factors: joined(&t.factors, factors),
                ..t
            };
            Node::Identity {
                claim,
                multiplier,
                terms: terms.into_iter().map(more).collect(),
            }
        }
        Node::Absurd { terms } => Node::Absurd { terms },
        Node::Split {
            on,
            strict,
            above,
            below,
        } => Node::Split {
            on,
            strict,
            above: Box::new(times(*above, factors)),
            below: Box::new(times(*below, factors)),
        },
        Node::Fact { fact, proof, then } => Node::Fact {
            fact,
            proof,
            then: Box::new(times(*then, factors)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Ring;

    #[test]
    fn a_common_factor_joins_the_powers_that_are_there() {
        let leaf = Node::Identity {
            claim: 2,
            multiplier: vec![(1, 1)],
            terms: vec![Term {
                coefficient: Ring::one(),
                factors: vec![(0, 1), (3, 2)],
                square: None,
            }],
        };
        let Node::Identity {
            multiplier, terms, ..
        } = times(leaf, &[(1, 1), (3, 1)])
        else {
            panic!("a leaf stays a leaf");
        };
        assert_eq!(multiplier, [(1, 1)]);
        assert_eq!(terms[0].factors, [(0, 1), (1, 1), (3, 3)]);
    }
}
