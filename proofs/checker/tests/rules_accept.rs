//! What each rule must accept, by hand.
mod support;

use serde_json::json;
use support::*;
use tauber_checker::{Polynomial, check, parse_statement_toml};

#[test]
fn a_square_proves_a_weak_claim() {
    let s = statement(&["x", "y"], &[], "claim", &["x^2 + y^2 >= 2*x*y"]);
    let a = accepted(&s, json!([identity(0, json!([square("1", json!([]), "x - y")]))]));
    assert_eq!((a.terms, a.vacuous), (1, false));
}

#[test]
fn a_strict_hypothesis_at_any_power_proves_a_strict_claim() {
    let s = statement(&["x"], &["x > 0"], "claim", &["x^5 > 0"]);
    accepted(&s, json!([identity(0, json!([term("1", json!([[0, 5]]))]))]));
}

#[test]
fn a_non_zero_constant_square_keeps_a_term_strict() {
    let s = statement(&["x"], &["x > 0"], "claim", &["9*x > 0"]);
    accepted(&s, json!([identity(0, json!([square("1", json!([[0, 1]]), "1 - 4")]))]));
}

#[test]
fn one_strict_term_among_weak_ones_is_enough() {
    let s = statement(&["x"], &["x >= 0"], "claim", &["x + 1/1000 > 0"]);
    accepted(&s, json!([identity(0, json!([term("1", json!([[0, 1]])), term("1/1000", json!([]))]))]));
}

#[test]
fn a_strict_multiplier_is_divided_out() {
    let s = statement(&["x", "y"], &["x > 0", "y > 0", "x*y^2*(x - y) >= 0"], "claim", &["x >= y"]);
    accepted(&s, json!([times(json!([[0, 1], [1, 2]]), 0, json!([term("1", json!([[2, 1]]))]))]));
}

#[test]
fn a_fact_may_be_a_multiplier_and_strict() {
    let s = statement(&["x", "y"], &["x >= 1", "x*y > 0"], "claim", &["y > 0"]);
    let positive = identity(0, json!([term("1", json!([[0, 1]])), term("1", json!([]))]));
    let then = times(json!([[2, 1]]), 0, json!([term("1", json!([[1, 1]]))]));
    accepted(&s, json!([fact("x > 0", positive, then)]));
}

#[test]
fn less_than_is_normalised_to_the_right_side_minus_the_left() {
    let s = statement(&["x"], &["x < 2"], "claim", &["3*x < 6", "x <= 2"]);
    let (strict, weak) = (term("3", json!([[0, 1]])), term("1", json!([[0, 1]])));
    accepted(&s, json!([identity(0, json!([strict])), identity(1, json!([weak]))]));
}

#[test]
fn both_kinds_of_split_cover_every_point() {
    let s = statement(&["x"], &[], "any", &["x >= 0", "x < 0", "x <= 0"]);
    let x = |r| identity(r, json!([term("1", json!([[0, 1]]))]));
    accepted(&s, json!([split("x", false, x(0), x(2))]));
    accepted(&s, json!([split("-x", true, x(1), x(0))]));
}

#[test]
fn absurd_closes_one_branch_only_and_the_claim_is_not_vacuous() {
    let s = statement(&["x"], &["x >= 0"], "claim", &["x + 2 > 1"]);
    let above = identity(0, json!([term("1", json!([[1, 1]]))]));
    let below = absurd(json!([term("1", json!([[0, 1]])), term("1", json!([[1, 1]])), term("1", json!([]))]));
    assert!(!accepted(&s, json!([split("x + 1", true, above, below)])).vacuous);
}

#[test]
fn an_empty_domain_is_accepted_as_vacuous() {
    let s = statement(&["x"], &["x > 1", "x < 1"], "claim", &["x > 5", "x < 5"]);
    let sum = json!([term("1", json!([[0, 1]])), term("1", json!([[1, 1]]))]);
    let a = check(&bytes(&object(&s, true, json!([absurd(sum)]))), Some(&s)).expect("accepted");
    assert!(a.vacuous);
}

#[test]
fn nested_facts_are_numbered_from_the_root_inwards() {
    let s = statement(&["x"], &["x >= 1"], "claim", &["x^4 >= 1"]);
    // x^2 - 1 = (x-1)^2 + 2 (x-1); x^4 - 1 = (x^2-1)^2 + 2 (x^2-1)
    let first = identity(0, json!([term("1", json!([[0, 2]])), term("2", json!([[0, 1]]))]));
    let second = identity(0, json!([term("1", json!([[1, 2]])), term("2", json!([[1, 1]]))]));
    accepted(&s, json!([fact("x^2 >= 1", first, second)]));
}

#[test]
fn no_terms_prove_that_zero_is_not_negative() {
    let s = statement(&["x"], &[], "claim", &["(x + 1)^2 >= x^2 + 2*x + 1"]);
    accepted(&s, json!([identity(0, json!([]))]));
}

#[test]
fn decimals_fractions_and_quotients_are_exact() {
    let s = statement(&["x"], &["x >= 0.1"], "claim", &["10*x/(2 + 1) - 1/3 >= 0.000*x"]);
    accepted(&s, json!([identity(0, json!([term("10/3", json!([[0, 1]]))]))]));
}

#[test]
fn polynomials_can_be_read_term_by_term() {
    let s = statement(&["x", "y"], &[], "claim", &["-x^2*y/2 + 3*y^3 - 0.5 > 0"]);
    let p: &Polynomial = &s.goals[0].polynomial;
    let mut terms: Vec<_> = p.terms().map(|(e, c)| (e[..2].to_vec(), c.to_string())).collect();
    terms.sort();
    let expected = [(vec![0, 0], "-1/2"), (vec![0, 3], "3"), (vec![2, 1], "-1/2")];
    assert_eq!(terms, expected.map(|(e, c)| (e, c.to_string())));
    assert_eq!(p.degree(), 3);
}

#[test]
fn sixty_four_levels_of_everything_are_allowed() {
    let deep = format!("{}x{} >= 0", "(".repeat(64), ")".repeat(64));
    let s = statement(&["x"], &["x >= 0"], "claim", &[&deep, "x^64 >= 0"]);
    let leaf = identity(0, json!([term("1", json!([[0, 1]]))]));
    let tree = (0..63).fold(leaf.clone(), |node, _| split("x", false, leaf.clone(), node));
    accepted(&s, json!([tree, identity(1, json!([term("1", json!([[0, 64]]))]))]));
}

#[test]
fn the_statement_file_may_use_single_strings_comments_and_continued_lines() {
    let s = parse_statement_toml(
        "# a comment\ntitle = 'é'\nvariables = [\"x\"]\ngiven = []\nclaim = \"\"\"\\\n  x^2 \\\n  >= 0\"\"\"\n",
    )
    .expect("read");
    assert_eq!(s.json["claim"], json!(["x^2 >= 0"]));
    assert_eq!(s.json.get("paper"), None);
    accepted(&s, json!([identity(0, json!([square("1", json!([]), "x")]))]));
}

#[test]
fn not_vacuous_does_not_promise_a_point() {
    // x (-1) = (-x) proves -1 >= 0 from x > 0 and -x > 0, and 0 (-1) = 0 from 0 > 0: true, since there is no point.
    let s = statement(&["x"], &["x > 0", "-x > 0"], "claim", &["-1 >= 0"]);
    let leaf = times(json!([[0, 1]]), 0, json!([term("1", json!([[1, 1]]))]));
    assert!(!accepted(&s, json!([leaf])).vacuous);
    let s = statement(&["x"], &["0 > 0"], "claim", &["-1 >= 0"]);
    assert!(!accepted(&s, json!([times(json!([[0, 1]]), 0, json!([]))])).vacuous);
    // With weak hypotheses, which hold at x = 0, the same does not work.
    let s = statement(&["x"], &["x >= 0", "-x >= 0"], "claim", &["-1 >= 0"]);
    let leaf = times(json!([[0, 1]]), 0, json!([term("1", json!([[1, 1]]))]));
    rejected(&s, json!([leaf]), "proofs[0]", "identity", "strict");
}
