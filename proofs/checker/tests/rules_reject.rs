//! What the rules must reject, each case with its reason as the name.
mod support;

use serde_json::{Value, json};
use support::*;
use tauber_checker::{Statement, check};

fn x_positive() -> Statement {
    statement(&["x"], &["x > 0", "x <= 1"], "claim", &["2*x > 0"])
}

#[test]
fn a_wrong_coefficient() {
    accepted(&x_positive(), json!([identity(0, json!([term("2", json!([[0, 1]]))]))]));
    let wrong = json!([identity(0, json!([term("3", json!([[0, 1]]))]))]);
    rejected(&x_positive(), wrong, "proofs[0]", "identity", "both sides");
}

#[test]
fn a_wrong_factor_power_or_square() {
    let s = x_positive();
    for wrong in [term("2", json!([[0, 2]])), term("2", json!([[1, 1]])), square("2", json!([[0, 1]]), "x")] {
        rejected(&s, json!([identity(0, json!([wrong]))]), "proofs[0]", "identity", "both sides");
    }
}

#[test]
fn a_weak_hypothesis_used_as_strict() {
    let s = statement(&["x"], &["x >= 0"], "claim", &["x > 0"]);
    rejected(&s, json!([identity(0, json!([term("1", json!([[0, 1]]))]))]), "proofs[0]", "identity", "a strict term");
}

#[test]
fn weak_times_strict_used_as_strict() {
    let s = statement(&["x", "y"], &["x >= 0", "y > 0"], "claim", &["x*y > 0"]);
    let product = json!([identity(0, json!([term("1", json!([[0, 1], [1, 1]]))]))]);
    rejected(&s, product, "proofs[0]", "identity", "a strict term");
}

#[test]
fn a_square_that_can_vanish_used_as_strict() {
    let s = statement(&["x", "y"], &["y > 0"], "claim", &["x^2*y > 0", "0*y > 0"]);
    let by = |q| identity(usize::from(q == "0"), json!([square("1", json!([[0, 1]]), q)]));
    rejected(&s, json!([by("x"), by("0")]), "proofs[0]", "identity", "a strict term");
    let s = statement(&["y"], &["y > 0"], "claim", &["0*y > 0"]);
    let zero = json!([identity(0, json!([square("1", json!([[0, 1]]), "1 - 1")]))]);
    rejected(&s, zero, "proofs[0]", "identity", "a strict term");
}

#[test]
fn no_terms_for_a_strict_claim() {
    let s = statement(&["x"], &[], "claim", &["x - x > 0"]);
    rejected(&s, json!([identity(0, json!([]))]), "proofs[0]", "identity", "a strict term");
}

#[test]
fn a_weak_multiplier() {
    // x y >= 0 and x >= 0 do not give y >= 0: x = 0, y = -1.
    let s = statement(&["x", "y"], &["x >= 0", "x*y >= 0"], "claim", &["y >= 0"]);
    let wrong = json!([times(json!([[0, 1]]), 0, json!([term("1", json!([[1, 1]]))]))]);
    rejected(&s, wrong, "proofs[0]", "identity", "strict");
}

#[test]
fn an_empty_multiplier_or_one_out_of_scope_or_order() {
    let s = x_positive();
    let two_x = json!([term("2", json!([[0, 1]]))]);
    rejected(&s, json!([times(json!([]), 0, two_x.clone())]), "proofs[0]", "identity", "not empty");
    rejected(&s, json!([times(json!([[2, 1]]), 0, two_x.clone())]), "proofs[0]", "identity", ", 1 to 64]");
    let twice = json!([term("2", json!([[0, 3]]))]);
    accepted(&s, json!([times(json!([[0, 2]]), 0, twice.clone())]));
    rejected(&s, json!([times(json!([[0, 1], [0, 1]]), 0, twice)]), "proofs[0]", "identity", " to 2, 1 to 64]");
}

#[test]
fn factors_out_of_scope_out_of_order_or_without_a_power() {
    let s = x_positive();
    let try_factors = |factors: Value, what| {
        rejected(&s, json!([identity(0, json!([term("2", factors)]))]), "proofs[0].terms[0]", "identity", what);
    };
    try_factors(json!([[2, 1]]), "[0 to 2, 1 to 64]");
    try_factors(json!([[-1, 1]]), "[0 to 2, 1 to 64]");
    try_factors(json!([[0.0, 1]]), "[0 to 2, 1 to 64]");
    try_factors(json!([["0", 1]]), "[0 to 2, 1 to 64]");
    try_factors(json!([[1, 1], [0, 1]]), " to 2, 1 to 64]");
    try_factors(json!([[0, 1], [0, 1]]), " to 2, 1 to 64]");
    try_factors(json!([[0, 0]]), "1 to 64]");
    try_factors(json!([[0, 65]]), "1 to 64]");
    try_factors(json!([[0, 18446744073709551615_u64]]), "1 to 64]");
    try_factors(json!([[0]]), "1 to 64]");
    try_factors(json!([[0, 1, 1]]), "1 to 64]");
    try_factors(json!({"0": 1}), "an array");
    try_factors(json!(null), "an array");
}

#[test]
fn a_coefficient_that_is_not_a_positive_rational_in_lowest_terms() {
    let s = x_positive();
    for bad in [
        "0", "-2", "+2", "2/1", "4/2", "02", "2.0", "2 ", " 2", "2/0", "", "/", "2/", "/2", "1/2/1", "2_0", "two",
        "２", "0x2", "NaN", "-4/-2",
    ] {
        let wrong = json!([identity(0, json!([term(bad, json!([[0, 1]]))]))]);
        rejected(&s, wrong, "proofs[0].terms[0]", "identity", "in lowest terms");
    }
    for bad in [json!(2), json!(2.0), json!(null), json!(["2"]), json!({"p": 2})] {
        let wrong = json!([identity(0, json!([{"coefficient": bad, "factors": [[0, 1]]}]))]);
        rejected(&s, wrong, "proofs[0].terms[0]", "identity", "in lowest terms");
    }
}

#[test]
fn claims_out_of_range_or_of_another_proof() {
    let s = statement(&["x"], &["x > 0"], "claim", &["x >= 0", "2*x >= 0"]);
    let leaf = |i, c: &str| identity(i, json!([term(c, json!([[0, 1]]))]));
    accepted(&s, json!([leaf(0, "1"), leaf(1, "2")]));
    rejected(&s, json!([leaf(1, "2"), leaf(0, "1")]), "proofs[0]", "identity", "number of a claim");
    rejected(&s, json!([leaf(0, "1"), leaf(0, "1")]), "proofs[1]", "identity", "number of a claim");
    rejected(&s, json!([leaf(0, "1"), leaf(2, "2")]), "proofs[1]", "identity", "number of a claim");
    let s = statement(&["x"], &["x > 0"], "any", &["x >= 0", "2*x >= 0"]);
    rejected(&s, json!([leaf(2, "2")]), "proofs[0]", "identity", "number of a claim");
}

#[test]
fn a_conjunction_with_a_proof_missing_or_too_many() {
    let s = statement(&["x"], &["x > 0"], "claim", &["x >= 0", "2*x >= 0"]);
    let leaf = identity(0, json!([term("1", json!([[0, 1]]))]));
    for proofs in [json!([]), json!([leaf]), json!([leaf, leaf, leaf]), json!({"0": leaf}), json!(null)] {
        rejected(&s, proofs, "certificate", "certificate", "an array of 2");
    }
}

#[test]
fn a_disjunction_with_one_proof_for_each_disjunct() {
    let s = statement(&["x"], &["x > 0"], "any", &["x >= 0", "2*x >= 0"]);
    let leaf = |i, c: &str| identity(i, json!([term(c, json!([[0, 1]]))]));
    accepted(&s, json!([leaf(1, "2")]));
    rejected(&s, json!([leaf(0, "1"), leaf(1, "2")]), "certificate", "certificate", "an array of 1");
}

#[test]
fn a_split_with_a_branch_missing_or_one_too_many() {
    let s = x_positive();
    let leaf = identity(0, json!([term("2", json!([[0, 1]]))]));
    let good = split("x", true, leaf.clone(), leaf.clone());
    accepted(&s, json!([good]));
    for (key, value) in [("above", None), ("below", None), ("middle", Some(leaf.clone())), ("", Some(leaf.clone()))] {
        let mut bad = good.clone();
        match value {
            Some(value) => bad[key] = value,
            None => drop(bad.as_object_mut().expect("object").remove(key)),
        }
        rejected(&s, json!([bad]), "proofs[0]", "split", "the keys");
    }
    let nothing = split("x", true, leaf, Value::Null);
    rejected(&s, json!([nothing]), "proofs[0].below", "", "the rule");
}

#[test]
fn the_lower_branch_is_never_strict_and_the_upper_only_if_said() {
    let s = statement(&["x"], &[], "any", &["x > 0", "-x > 0", "x >= 0", "-x >= 0"]);
    let leaf = |i| identity(i, json!([term("1", json!([[0, 1]]))]));
    accepted(&s, json!([split("x", true, leaf(0), leaf(3))]));
    rejected(&s, json!([split("x", true, leaf(0), leaf(1))]), "proofs[0].below", "identity", "a strict term");
    rejected(&s, json!([split("x", false, leaf(0), leaf(3))]), "proofs[0].above", "identity", "a strict term");
}

#[test]
fn the_hypothesis_of_one_branch_used_in_the_other() {
    let s = statement(&["x"], &[], "any", &["x >= 0", "x <= 0"]);
    let leaf = |i| identity(i, json!([term("1", json!([[0, 1]]))]));
    accepted(&s, json!([split("x", false, leaf(0), leaf(1))]));
    rejected(&s, json!([split("x", false, leaf(0), leaf(0))]), "proofs[0].below", "identity", "both sides");
    let both = identity(0, json!([term("1", json!([[1, 1]]))]));
    rejected(&s, json!([split("x", false, leaf(0), both)]), "proofs[0].below.terms[0]", "identity", ", 1 to 64]");
}

#[test]
fn a_fact_used_in_its_own_proof() {
    let s = statement(&["x"], &["x >= 0"], "claim", &["x - 1 >= 0"]);
    let itself = identity(0, json!([term("1", json!([[1, 1]]))]));
    rejected(
        &s,
        json!([fact("x - 1 >= 0", itself.clone(), itself)]),
        "proofs[0].proof.terms[0]",
        "identity",
        ", 1 to 64]",
    );
}

#[test]
fn a_fact_proved_by_a_later_fact() {
    let s = statement(&["x"], &["x >= 0"], "claim", &["x - 1 >= 0"]);
    let leaf = |r: usize| identity(0, json!([term("1", json!([[r, 1]]))]));
    let circle = fact("x - 1 >= 0", leaf(2), fact("2*x - 2 >= 0", leaf(1), leaf(1)));
    rejected(&s, json!([circle]), "proofs[0].proof.terms[0]", "identity", ", 1 to 64]");
}

#[test]
fn a_fact_used_outside_its_scope() {
    let s = statement(&["x"], &["x >= 1"], "claim", &["x >= 0", "x + 1 >= 1"]);
    let proof = identity(0, json!([term("1", json!([[0, 1]])), term("1", json!([]))]));
    let use_fact = |i| identity(i, json!([term("1", json!([[1, 1]]))]));
    let with_fact = |i| fact("x >= 0", proof.clone(), use_fact(i));
    accepted(&s, json!([with_fact(0), with_fact(1)]));
    rejected(&s, json!([with_fact(0), use_fact(1)]), "proofs[1].terms[0]", "identity", ", 1 to 64]");
    let inside = fact("2*x >= 0", with_fact(0), use_fact(0));
    rejected(&s, json!([inside, use_fact(1)]), "proofs[0].proof.then", "identity", "both sides");
}

#[test]
fn a_fact_of_one_branch_used_in_the_other() {
    let s = statement(&["x"], &[], "claim", &["x + 1 >= 0"]);
    let prove = identity(0, json!([term("1", json!([[0, 1]])), term("1", json!([]))]));
    let with_fact = fact("x + 1 >= 0", prove, identity(0, json!([term("1", json!([[1, 1]]))])));
    let other = identity(0, json!([term("1", json!([[1, 1]]))]));
    rejected(&s, json!([split("x", false, with_fact, other)]), "proofs[0].below.terms[0]", "identity", ", 1 to 64]");
}

#[test]
fn a_fact_that_is_false_or_weaker_than_used() {
    let s = statement(&["x"], &["x >= 0"], "claim", &["x > 0"]);
    let leaf = |r: usize| identity(0, json!([term("1", json!([[r, 1]]))]));
    rejected(&s, json!([fact("x > 0", leaf(0), leaf(1))]), "proofs[0].proof", "identity", "a strict term");
    rejected(&s, json!([fact("x >= 0", leaf(0), leaf(1))]), "proofs[0].then", "identity", "a strict term");
    rejected(&s, json!([fact("x", leaf(0), leaf(1))]), "proofs[0]", "fact", "one of > >= < <=");
    rejected(&s, json!([fact("x = 0", leaf(0), leaf(1))]), "proofs[0]", "fact", "one of > >= < <=");
}

#[test]
fn a_goal_proved_inside_the_proof_of_a_fact() {
    let s = statement(&["x"], &["x > 0"], "claim", &["2*x > 0", "3*x > 0"]);
    let leaf = |i, c: &str| identity(i, json!([term(c, json!([[0, 1]]))]));
    let wrong = fact("x > 5", leaf(1, "3"), leaf(1, "3"));
    rejected(&s, json!([leaf(0, "2"), wrong]), "proofs[1].proof", "identity", "number of a claim");
    let wrong = fact("x > 5", leaf(0, "2"), leaf(1, "3"));
    rejected(&s, json!([leaf(0, "2"), wrong]), "proofs[1].proof", "identity", "both sides");
}

#[test]
fn absurd_without_a_strict_term_or_without_zero() {
    let s = statement(&["x"], &["x >= 0", "x <= 0", "x < 7"], "claim", &["x > 1"]);
    let weak = json!([term("1", json!([[0, 1]])), term("1", json!([[1, 1]]))]);
    rejected(&s, json!([absurd(weak)]), "proofs[0]", "absurd", "a strict term");
    rejected(&s, json!([absurd(json!([]))]), "proofs[0]", "absurd", "a strict term");
    let not_zero = json!([term("1", json!([[0, 1]])), term("1", json!([[2, 1]]))]);
    rejected(&s, json!([absurd(not_zero)]), "proofs[0]", "absurd", "both sides");
}

#[test]
fn an_empty_domain_that_is_not_called_vacuous() {
    let s = statement(&["x"], &["x > 0", "x < 0"], "claim", &["x > 1"]);
    let nothing = absurd(json!([term("1", json!([[0, 1]])), term("1", json!([[1, 1]]))]));
    let leaf = identity(0, json!([]));
    rejected(&s, json!([nothing]), "certificate", "certificate", "vacuous: true");
    rejected(
        &s,
        json!([split("x", true, nothing.clone(), nothing.clone())]),
        "certificate",
        "certificate",
        "vacuous: true",
    );
    let minus = statement(&["x"], &["x > 0", "x < 0"], "claim", &["x - x >= 0"]);
    accepted(&minus, json!([leaf]));
    rejected(&minus, json!([fact("x > 9", nothing, leaf)]), "certificate", "certificate", "vacuous: true");
}

#[test]
fn a_domain_called_vacuous_that_is_not_shown_empty() {
    let s = statement(&["x"], &["x > 0"], "claim", &["x > 0"]);
    let leaf = identity(0, json!([term("1", json!([[0, 1]]))]));
    let vacuous = |proofs| bytes(&object(&s, true, proofs));
    refused(&vacuous(json!([leaf])), "proofs[0]", "identity", "number of a claim");
    let below = absurd(json!([term("1", json!([[0, 1]])), term("1", json!([[1, 1]]))]));
    refused(
        &vacuous(json!([split("x", true, leaf.clone(), below)])),
        "proofs[0].above",
        "identity",
        "number of a claim",
    );
    refused(&vacuous(json!([])), "certificate", "certificate", "an array of 1");
    // Inside the proof of a fact there is a goal, but the fact does not make the domain empty.
    refused(&vacuous(json!([fact("x > 0", leaf.clone(), leaf)])), "proofs[0].then", "identity", "number of a claim");
}

#[test]
fn an_unknown_rule_or_key_or_a_missing_one() {
    let s = x_positive();
    let leaf = identity(0, json!([term("2", json!([[0, 1]]))]));
    for rule in [json!("Identity"), json!("identity "), json!("sos"), json!(""), json!(1), json!(null)] {
        let mut bad = leaf.clone();
        bad["rule"] = rule.clone();
        refused(
            &bytes(&object(&s, false, json!([bad]))),
            "proofs[0]",
            rule.as_str().unwrap_or_default(),
            "identity, absurd, split or fact",
        );
    }
    for key in ["name", "", "square", "comment"] {
        let mut bad = leaf.clone();
        bad[key] = json!("x");
        rejected(&s, json!([bad]), "proofs[0]", "identity", "the keys");
    }
    for key in ["claim", "terms"] {
        let mut bad = leaf.clone();
        drop(bad.as_object_mut().expect("object").remove(key));
        rejected(&s, json!([bad]), "proofs[0]", "identity", "the keys");
    }
    let mut bad = leaf;
    bad["terms"][0]["sqare"] = json!("1");
    rejected(&s, json!([bad]), "proofs[0].terms[0]", "identity", "the keys");
}

#[test]
fn more_than_sixty_four_nested_nodes() {
    let s = x_positive();
    let leaf = identity(0, json!([term("2", json!([[0, 1]]))]));
    let tree = (0..64).fold(leaf.clone(), |node, _| split("x", false, node, leaf.clone()));
    let r = check(&bytes(&object(&s, false, json!([tree]))), None).expect_err("too deep");
    assert!(r.contains("at most 64 nested nodes"), "{r:?}");
}
